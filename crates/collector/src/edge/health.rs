//! Whether parts can be accepted durably, and what a person should look at soon.

use contract::calendar::days_between;
use hyper::StatusCode;
use serde_json::json;

use super::handler::{Answer, Shared, with_type};
use super::writer::Job;
use crate::intake;
use crate::limits::HEALTH_TIMEOUT;
use crate::metrics::Now;
use crate::problem::Reason;

/// 200 while parts are taken, 503 with the reason while they are not. An overdue release is said
/// and stops nothing: whoever routes requests by the status goes on sending parts here.
pub(super) async fn answer(shared: &Shared) -> Answer {
    let (writer, disk) = probe(shared).await;
    let keys = has_keys(shared);
    let releases = shared.metrics.releases_overdue() == 0;
    let status = match (writer, disk, keys, releases) {
        (Some(reason), ..) | (_, Some(reason), ..) => reason.word(),
        (_, _, false, _) => Reason::Key.word(),
        (_, _, _, false) => "overdue",
        _ => "ok",
    };
    let code = match status {
        "ok" | "overdue" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let word = |reason: Option<Reason>| reason.map_or("ok", Reason::word);
    let checks = json!({
        "disk": if writer.is_some() { "unknown" } else { word(disk) },
        "keys": if keys { "ok" } else { Reason::Key.word() },
        "releases": if releases { "ok" } else { "overdue" },
        "writer": word(writer),
    });
    let body = json!({"status": status, "checks": checks}).to_string();
    with_type(code, "application/json", body)
}

/// What is wrong with the writer, and with the disk as the writer finds it.
async fn probe(shared: &Shared) -> (Option<Reason>, Option<Reason>) {
    let probe = tokio::time::timeout(HEALTH_TIMEOUT, shared.writer.ask(Job::Probe)).await;
    match probe {
        Ok(Some(Ok(()))) => (None, None),
        Ok(Some(Err(trouble))) => (None, Some(intake::unavailable(trouble).reason)),
        Ok(None) => (Some(Reason::Internal), None),
        Err(_) => (Some(Reason::Busy), None),
    }
}

fn has_keys(shared: &Shared) -> bool {
    let signers = shared.signers();
    shared.catalogue().programs().all(|(id, _)| signers.receipts(id.as_str()).is_some())
}

/// What is looked up when metrics are asked for.
pub(super) fn now(shared: &Shared) -> Now {
    let (signers, today) = (shared.signers(), shared.clock.today());
    let left = |program: &str| {
        let signer = signers.receipts(program);
        signer.map_or(-1, |signer| days_between(today, signer.key().certificate().last_day))
    };
    let catalogue = shared.catalogue();
    let programs = catalogue.programs();
    let key_days_left = programs.map(|(id, _)| (id.to_string(), left(id.as_str()))).collect();
    Now { key_days_left, disk_bytes_free: shared.site.disk().bytes_free().ok() }
}
