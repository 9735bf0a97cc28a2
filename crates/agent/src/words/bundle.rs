//! `candor-agent bundle`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::number;
use crate::bundle::{Carried, Returned};
use crate::command::Output;

/// What was written, and what whoever carries it has to know.
pub fn exported(carried: &Carried, file: &Path, json: bool) -> Output {
    let (parts, key) = (carried.parts, carried.key);
    if json {
        return Output::json(&json!({"parts": parts, "bundle": key, "file": file}));
    }
    Output::text(format!(
        "{} in {}, signed by the key {key}.\nIt can be read like any text; the operator's guide \
         says how to check it. Whoever imports it\nsees that its parts came together. Where the \
         vendor reads it: candor-collector import {}\n",
        number(parts, "part"),
        file.display(),
        file.display()
    ))
}

/// What receipts said. 1 where something was refused or is not believed.
pub fn returned(returned: &Returned, json: bool) -> Output {
    let Returned { acknowledged, known, refused, doubtful } = returned;
    let code = u8::from(!refused.is_empty() || !doubtful.is_empty());
    if json {
        let value = json!({
            "acknowledged": acknowledged,
            "known": known,
            "refused": refused,
            "not_believed": doubtful,
        });
        return Output { code, ..Output::json(&value) };
    }
    let mut text = format!("{} verified and in the ledger.\n", number(*acknowledged, "receipt"));
    if *known > 0 {
        let _ = writeln!(text, "{} known before.", number(*known, "receipt"));
    }
    for why in refused {
        let _ = writeln!(text, "refused: {why}");
    }
    for why in doubtful {
        let _ = writeln!(text, "not believed: {why}");
    }
    Output { code, ..Output::text(text) }
}
