//! What a ledger can prove: receipted bytes by the collector's signature, the order by the chain.

use std::collections::BTreeMap;

use envelope::{Digest, RootPublic};

use super::{Entry, Line};

/// What was found out about a ledger.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Lines in all.
    pub lines: usize,
    /// Parts sent.
    pub sent: usize,
    /// Parts proven by a receipt that a pinned root key stands behind.
    pub receipted: usize,
    /// Parts that the collector refused.
    pub refused: usize,
    /// Tombstones that a pinned root key stands behind.
    pub deleted: usize,
    /// Parts without an answer yet. That these stand as they were sent cannot be proven.
    pub unanswered: usize,
    /// Lines removed by pruning.
    pub pruned: u64,
    /// What does not fit.
    pub findings: Vec<Finding>,
}

/// A line that does not fit, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line's number, from 1.
    pub line: usize,
    /// What does not fit.
    pub what: String,
}

/// Checks the lines of a ledger against each other and against the pinned root keys.
pub fn verify(lines: &[Vec<u8>], roots: &[RootPublic]) -> Proof {
    let mut proof = Proof { lines: lines.len(), ..Proof::default() };
    let mut expected = Digest::of(b"");
    // Sent parts, and whether they were answered.
    let mut parts: BTreeMap<Digest, bool> = BTreeMap::new();
    for (index, bytes) in lines.iter().enumerate() {
        let mut note = |what: &str| {
            proof.findings.push(Finding { line: index + 1, what: what.to_owned() });
        };
        let Ok(line) = serde_json::from_slice::<Line>(bytes) else {
            note("is damaged: it is not what Candor wrote");
            expected = Digest::of(bytes);
            continue;
        };
        if line.to_bytes() != *bytes {
            note("was written by something else: it is not in canonical form");
        }
        if line.previous != expected {
            note("does not follow from the line before: a line was changed, removed or added");
        }
        expected = Digest::of(bytes);
        match line.entry {
            Entry::Decided { .. }
            | Entry::LeftOut { .. }
            | Entry::Withdrawn { .. }
            | Entry::Deleting { .. }
            | Entry::Kept { .. }
            | Entry::Airgap { .. } => {}
            // The same bytes again, after power was lost or to another collector, are one part.
            Entry::Sending { bytes, .. } => {
                parts.entry(Digest::of(bytes.as_bytes())).or_insert(false);
            }
            Entry::Tombstone { tombstone } => match tombstone.verify(roots, &tombstone.tag) {
                Ok(_) => proof.deleted += 1,
                Err(error) => note(&format!("holds a tombstone that is not believed: {error}")),
            },
            Entry::Receipt { digest, receipt } => match receipt.verify(roots, &digest) {
                Ok(_) => {
                    if let Some(answered) = parts.get_mut(&digest) {
                        proof.receipted += usize::from(!*answered);
                        *answered = true;
                    } else if proof.pruned == 0 {
                        note("is a receipt for bytes that the ledger does not hold");
                    }
                }
                Err(error) => note(&format!("holds a receipt that is not believed: {error}")),
            },
            Entry::Refused { digest, .. } => {
                if let Some(answered) = parts.get_mut(&digest) {
                    *answered = true;
                }
                proof.refused += 1;
            }
            Entry::Checkpoint { removed, last } => {
                if index > 0 {
                    note("removes lines in the middle of the ledger");
                }
                proof.pruned = removed;
                expected = last;
            }
        }
    }
    proof.sent = parts.len();
    proof.unanswered = parts.values().filter(|answered| !**answered).count();
    proof
}
