//! The same as JSON: for the product's own pages, and for programs.

use contract::gate::Verdict;
use serde_json::{Value, json};

use super::request::Response;
use super::{Page, Visit, door};
use crate::agent::Agent;
use crate::trouble::Trouble;
use crate::words;

/// Reads something, as JSON.
pub(super) fn read(page: &Page, agent: &Agent<'_>, visit: &Visit<'_>) -> Result<Response, Trouble> {
    let queried = visit.request.queried("channel");
    match (visit.route, queried) {
        ("" | "status", _) => {
            let mut status = words::status::json(agent)?;
            // Forms and requests of this session carry it; a program at the socket needs none.
            if let (Some(pass), Some(status)) = (&visit.pass, status.as_object_mut()) {
                status.insert("csrf".into(), pass.csrf.clone().into());
            }
            Ok(Response::json(200, &status))
        }
        ("channel", Some(channel_id)) => channel(agent, &channel_id),
        ("why", Some(channel)) => Ok(Response::json(200, &words::why::json(agent, &channel)?)),
        ("preview", Some(_)) => preview(agent, visit),
        ("draft", Some(channel)) => {
            let found = agent.find(&channel)?;
            let period = agent.period_now(found);
            let draft = page.draft(agent, &found.id, period, visit.now)?;
            let parts: Vec<Value> =
                draft.parts.iter().filter_map(|part| serde_json::from_str(part).ok()).collect();
            Ok(Response::json(200, &json!({"parts": parts, "can_be_sent": false})))
        }
        ("sent", _) => Ok(Response::json(200, &words::ledger::json(&agent.lines()?))),
        ("held", _) => Ok(Response::json(200, &words::held::json(&agent.held()?))),
        ("statement", _) => {
            let html = contract::statement::html_fragment(&agent.manifest);
            let hash = agent.manifest.hash();
            Ok(Response::json(200, &json!({"manifest": hash, "html": html})))
        }
        _ => Ok(door::nothing_here(visit, 404)),
    }
}

/// Exactly the bytes that `candor-agent preview CHANNEL` prints.
pub(super) fn preview(agent: &Agent<'_>, visit: &Visit<'_>) -> Result<Response, Trouble> {
    let channel = visit.request.queried("channel").unwrap_or_default();
    let tier = visit.request.queried("tier");
    let preview = agent.preview(&channel, tier.as_deref(), false)?;
    let mut bytes = Vec::new();
    for part in &preview.parts {
        bytes.extend_from_slice(part);
        bytes.push(b'\n');
    }
    let name = format!("attachment; filename=\"{channel}.ndjson\"");
    Ok(Response::new(200, "application/x-ndjson", bytes).with("content-disposition", name))
}

/// A channel as it stands: also what a decision is answered with.
pub(super) fn channel(agent: &Agent<'_>, channel: &str) -> Result<Response, Trouble> {
    let reading = agent.read()?;
    let verdict = agent.verdict(&reading, channel)?;
    let mut value = words::why::json(agent, channel)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("questions".into(), questions(agent, &verdict));
    }
    Ok(Response::json(200, &value))
}

fn questions(agent: &Agent<'_>, verdict: &Verdict<'_>) -> Value {
    let parts = verdict.channel().parts.iter();
    let fields = parts.flat_map(|part| part.fields.iter().map(move |field| (part, field)));
    fields
        .map(|(part, field)| {
            json!({
                "id": field.id,
                "question": field.question.to_string(),
                "purpose": agent.manifest.purpose(&field.purpose),
                "part": part.id,
                "tier": part.tier,
                "answers": contract::statement::possible_answers(field),
            })
        })
        .collect()
}
