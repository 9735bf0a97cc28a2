//! The channel `samples` of the fixture, which cannot count installations.

use contract::release::Release;
use serde_json::{Value, json};

use crate::fixture::{Mode, Plan, Week, field, read, release};

/// How devices describe themselves.
pub(crate) fn samples(plan: Plan) -> Vec<Release> {
    let one = |at| {
        let mut release = release(plan, "samples", "Device descriptions", at, &catalogue);
        release.as_object_mut().unwrap().remove("installations");
        read(&release)
    };
    (0..plan.releases).map(one).collect()
}

/// The descriptions that one installation sent.
pub(crate) fn of_one() -> Vec<Release> {
    let mut release = release(Plan::ALONE, "samples", "Device descriptions", 0, &catalogue);
    release.as_object_mut().unwrap().remove("installations");
    let field = &mut release["fields"][0];
    let rows = field["table"]["rows"].as_array_mut().unwrap();
    for row in rows {
        row["count"] = json!({"value": 1, "error_95": 0});
    }
    field["answered"] = json!({"value": 4, "error_95": 0});
    vec![read(&release)]
}

fn catalogue(week: Week) -> Vec<Value> {
    let rows = week.rows(&[
        (
            "a",
            "Linux <host> 6.8.0-48-generic #48-Ubuntu SMP x86_64 · 1.3.6.1.4.1.8072.3.2.10",
            0.34,
        ),
        ("b", "RouterOS RB5009UG+S+ · 1.3.6.1.4.1.14988.1", 0.21),
        ("c", "Example Networks EX-24P, software 8.1.2 · 1.3.6.1.4.1.99999.1.24", 0.06),
        ("d", "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.9.6) · 1.3.6.1.4.1.318.1.3.27", 0.05),
    ]);
    // With noise, nothing is said of values that are not shown.
    let (all, folded) = match week.plan.mode {
        Mode::Exact => (1.07, week.folded(None, 0.41)),
        _ => (0.66, Value::Null),
    };
    vec![field(
        week,
        "pairs",
        ["How do devices describe themselves?", "So that new devices are recognised"],
        all,
        &json!({"kind": "catalogue", "rows": rows, "folded": folded}),
    )]
}
