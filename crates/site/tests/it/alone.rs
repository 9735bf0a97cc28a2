//! What a rehearsal of one installation really looks like: one answer to each question.

use contract::release::Release;
use serde_json::{Value, json};

use crate::fixture::{Plan, fields, history};

/// Its channel `usage`.
pub(crate) fn usage() -> Vec<Release> {
    history(Plan::ALONE, "usage", "Usage", &|week| {
        let mut fields = fields(week);
        fields.retain(|field| field["table"]["kind"] != "too-few");
        for field in &mut fields {
            alone_in(&mut field["table"]);
            field["answered"] = json!({"value": 1, "error_95": 0});
        }
        fields
    })
}

/// Leaves the answers of one installation: without noise, what nobody gave is only in a row where
/// it belongs to a scale or is the other half.
fn alone_in(table: &mut Value) {
    let number = |many: u8| json!({"value": many, "error_95": 0});
    let kind = table["kind"].as_str().unwrap().to_owned();
    for name in ["rows", "minor", "full"] {
        let Some(rows) = table.get_mut(name).and_then(Value::as_array_mut) else { continue };
        let is_flag = rows[0]["value"] == "true";
        let mut at = 0;
        rows.retain_mut(|row| {
            at += 1;
            let given = if kind == "set" { at % 2 == 0 } else { at == 2 };
            row["count"] = number(given.into());
            given || is_flag || kind == "histogram"
        });
    }
    for line in table.get_mut("lines").and_then(Value::as_array_mut).into_iter().flatten() {
        line["installations"] = number(1);
        let counts = line["counts"].as_array_mut().unwrap().iter_mut().enumerate();
        counts.for_each(|(at, count)| *count = number((at == 1).into()));
    }
}
