//! `candor-agent ledger` and `candor-agent ledger verify`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use contract::calendar::Period;
use envelope::Digest;
use serde_json::{Value, json};

use super::{day, number};
use crate::ledger::{Entry, Line, Proof};

/// What was sent, one line for each report, newest first.
pub fn text(lines: &[Line]) -> String {
    let mut out = String::new();
    let mut reports: BTreeMap<(Period, String), (usize, usize, usize)> = BTreeMap::new();
    let mut where_of: BTreeMap<Digest, (Period, String)> = BTreeMap::new();
    let mut pruned = 0;
    for line in lines {
        match &line.entry {
            Entry::Sending { channel, period, bytes, .. } => {
                let key = (*period, channel.to_string());
                let report = reports.entry(key.clone()).or_default();
                report.0 += 1;
                report.1 += bytes.len();
                where_of.insert(Digest::of(bytes.as_bytes()), key);
            }
            Entry::Receipt { digest, .. } => {
                if let Some(report) = where_of.get(digest).and_then(|key| reports.get_mut(key)) {
                    report.2 += 1;
                }
            }
            Entry::Checkpoint { removed, .. } => pruned = *removed,
            _ => {}
        }
    }
    if reports.is_empty() && pruned == 0 {
        return "Nothing was ever sent from here.\n".to_owned();
    }
    let _ = writeln!(
        out,
        "  {:12} {:14} {:>5} {:>7}   receipts",
        "period", "channel", "parts", "bytes"
    );
    for ((period, channel), (parts, bytes, receipts)) in reports.iter().rev() {
        let word =
            if receipts == parts { "all signed".to_owned() } else { format!("{receipts} signed") };
        let _ = writeln!(
            out,
            "  {:12} {channel:14} {parts:>5} {bytes:>7}   {word}",
            period.to_string()
        );
    }
    if pruned > 0 {
        let _ = writeln!(
            out,
            "\nOlder lines were removed to keep the ledger bounded ({pruned} of them). What may \
             still be\nheld of these parts is known: candor-agent held."
        );
    }
    let last = lines.last().map_or_else(String::new, |line| day(line.at));
    let _ =
        writeln!(out, "\nThe last line is of {last}. Byte for byte: candor-agent ledger --json");
    out
}

/// Every line, as it stands in the file.
pub fn json(lines: &[Line]) -> Value {
    serde_json::to_value(lines).unwrap_or_default()
}

/// What the ledger can prove.
pub fn proof(proof: &Proof) -> String {
    let mut out = String::new();
    let sentence = match proof.findings.len() {
        0 => "The ledger is whole.".to_owned(),
        findings => {
            format!("The ledger was changed, or is damaged: {}.", number(findings, "finding"))
        }
    };
    let _ = writeln!(out, "{sentence}\n");
    if proof.is_torn {
        out.push_str(
            "The last line is torn, as where power fails while it is written. Nothing that left \
             is missing:\nwhat leaves stands in a whole line first, and the next line takes the \
             place of this one.\n\n",
        );
    }
    for finding in &proof.findings {
        let _ = writeln!(out, "  line {} {}", finding.line, finding.what);
    }
    if !proof.findings.is_empty() {
        out.push('\n');
    }
    let lines = [
        (proof.lines, "lines, each naming the hash of the one before"),
        (proof.receipted, "parts proven by the collector's signature under a pinned root key"),
        (proof.deleted, "deletions proven by the collector's signed tombstone"),
        (proof.refused, "parts refused by the collector"),
        (proof.unanswered, "parts without an answer: that they stand as sent cannot be proven"),
    ];
    let former = (proof.former, "more under a root key that was pinned then, and is not any more");
    for (number, what) in lines.into_iter().chain((proof.former > 0).then_some(former)) {
        let _ = writeln!(out, "  {number:>6}  {what}");
    }
    if proof.pruned > 0 {
        let _ = writeln!(
            out,
            "  {:>6}  older lines were removed to keep the ledger bounded\n  {:>6}  parts of these \
             may still be held; a withdrawal reaches them",
            proof.pruned, proof.folded
        );
    }
    let _ = writeln!(
        out,
        "\nWhoever may write the state folder could have removed whole entries at the end;\n\
         receipted bytes cannot be altered without being noticed."
    );
    out
}

/// The same as JSON.
pub fn proof_json(proof: &Proof) -> Value {
    let findings: Vec<_> = proof
        .findings
        .iter()
        .map(|finding| json!({"line": finding.line, "what": finding.what}))
        .collect();
    json!({
        "whole": proof.findings.is_empty(),
        "lines": proof.lines,
        "sent": proof.sent,
        "receipted": proof.receipted,
        "refused": proof.refused,
        "deleted": proof.deleted,
        "under_former_roots": proof.former,
        "unanswered": proof.unanswered,
        "pruned": proof.pruned,
        "folded": proof.folded,
        "torn": proof.is_torn,
        "findings": findings,
    })
}
