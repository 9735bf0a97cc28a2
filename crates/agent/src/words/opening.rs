//! `candor-agent ledger open`.

use serde_json::{Value, json};

use super::day;
use crate::opening::{Content, Opened};

/// What a capsule turned out to be, for people.
pub fn text(opened: &Opened) -> String {
    let Opened { capsule, at, method, host, path, content } = opened;
    let head = format!(
        "Sealed here on {}.\n  SHA-256   {capsule}\n  inside    {method} {path}, for {host}\n",
        day(*at)
    );
    match content {
        Content::Question => format!(
            "{head}\nA question about what is held under one tag, or its deletion, with the key \
             that proves the right to it. It holds no answer.\n"
        ),
        Content::Part { bytes, entry } => {
            let matched = match entry {
                Some(found) => format!(
                    "Byte for byte what line {} of the ledger has: part {} of {}, {}{}.",
                    found.line,
                    found.part,
                    found.channel,
                    found.period,
                    if found.is_receipted { ", with a signed receipt" } else { "" }
                ),
                None => "The ledger has no such part any more, or it never left.".to_owned(),
            };
            format!("{head}\n{bytes}\n\n{matched}\n")
        }
    }
}

/// The same as JSON.
pub fn json(opened: &Opened) -> Value {
    let Opened { capsule, at, method, host, path, content } = opened;
    let (kind, bytes, entry) = match content {
        Content::Question => ("question", None, None),
        Content::Part { bytes, entry } => ("part", Some(bytes), entry.as_ref()),
    };
    let entry = entry.map(|found| {
        json!({
            "line": found.line,
            "channel": found.channel,
            "period": found.period,
            "part": found.part,
            "receipted": found.is_receipted,
        })
    });
    json!({
        "capsule": capsule,
        "sealed": at,
        "method": method,
        "host": host,
        "path": path,
        "kind": kind,
        "bytes": bytes,
        "same_as": entry,
    })
}
