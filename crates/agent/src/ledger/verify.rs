//! What a ledger can prove: receipted bytes by the collector's signature, the order by the chain.

use std::collections::BTreeMap;

use envelope::{Digest, Receipt, RootPublic};

use super::{Entry, Folded, LINE_BYTES_MAX, Line};

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
    /// Receipts and tombstones under a root key that was pinned when the part was sent, as the
    /// ledger itself says, and is not any more.
    pub former: usize,
    /// Tombstones that a pinned root key stands behind.
    pub deleted: usize,
    /// Parts without an answer yet. That these stand as they were sent cannot be proven.
    pub unanswered: usize,
    /// Lines removed by pruning.
    pub pruned: u64,
    /// Parts of these that a withdrawal still reaches.
    pub folded: usize,
    /// Whether the last line is none: power was lost while it was written. What leaves stands in a
    /// whole line before, and the next line takes the place of this one.
    pub is_torn: bool,
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
    let (lines, is_torn) = without_torn_end(lines);
    let proof = Proof { lines: lines.len(), is_torn, ..Proof::default() };
    let (parts, former) = (BTreeMap::new(), Vec::new());
    let mut check = Check { roots, proof, parts, former, line: 0, is_head: true };
    let mut expected = Digest::of(b"");
    for (index, bytes) in lines.iter().enumerate() {
        check.line = index + 1;
        let Ok(line) = serde_json::from_slice::<Line>(bytes) else {
            check.note("is damaged: it is not what Candor wrote");
            expected = Digest::of(bytes);
            continue;
        };
        if line.to_bytes() != *bytes {
            check.note("was written by something else: it is not in canonical form");
        }
        if line.previous != expected {
            check
                .note("does not follow from the line before: a line was changed, removed or added");
        }
        expected = Digest::of(bytes);
        let is_head = std::mem::replace(&mut check.is_head, false);
        match line.entry {
            Entry::Folded { place, tags } => {
                check.is_head = is_head;
                check.folded(&place.roots, tags, is_head);
            }
            Entry::Checkpoint { removed, last, roots, .. } => {
                if !is_head {
                    check.note("removes lines in the middle of the ledger");
                }
                check.proof.pruned = removed;
                check.pinned(&roots);
                expected = last;
            }
            entry => check.entry(entry),
        }
    }
    if check.proof.folded > 0 && check.proof.pruned == 0 {
        check.note("folds lines, and no checkpoint removes them");
    }
    let mut proof = check.proof;
    proof.sent = check.parts.len();
    proof.unanswered = check.parts.values().filter(|answered| !**answered).count();
    proof
}

/// The lines before an end that is none, if that can be what power left of one line. What it turned
/// that into may hold line breaks.
fn without_torn_end(lines: &[Vec<u8>]) -> (&[Vec<u8>], bool) {
    let is_line = |bytes: &Vec<u8>| serde_json::from_slice::<Line>(bytes).is_ok();
    let whole = lines.iter().rposition(is_line).map_or(0, |at| at + 1);
    let (whole, end) = lines.split_at_checked(whole).unwrap_or((lines, &[]));
    let bytes: u64 = end.iter().map(|line| line.len() as u64 + 1).sum();
    if end.is_empty() || bytes > LINE_BYTES_MAX { (lines, false) } else { (whole, true) }
}

struct Check<'a> {
    roots: &'a [RootPublic],
    proof: Proof,
    /// Sent parts, and whether they were answered.
    parts: BTreeMap<Digest, bool>,
    /// Root keys that the ledger says were pinned once.
    former: Vec<RootPublic>,
    line: usize,
    /// Whether nothing but folded lines came before.
    is_head: bool,
}

impl Check<'_> {
    fn note(&mut self, what: &str) {
        self.proof.findings.push(Finding { line: self.line, what: what.to_owned() });
    }

    fn pinned(&mut self, roots: &[RootPublic]) {
        for root in roots {
            if !self.former.contains(root) {
                self.former.push(*root);
            }
        }
    }

    fn folded(&mut self, roots: &[RootPublic], tags: Vec<Folded>, is_head: bool) {
        if !is_head {
            self.note("folds lines in the middle of the ledger");
        }
        self.proof.folded += tags.len();
        self.pinned(roots);
        // An answer that comes later is an answer to one of these.
        self.parts.extend(tags.into_iter().filter_map(|folded| Some((folded.digest?, false))));
    }

    fn entry(&mut self, entry: Entry) {
        match entry {
            // The same bytes again, after power was lost or to another collector, are one part.
            Entry::Sending { bytes, roots, .. } => {
                self.parts.entry(Digest::of(bytes.as_bytes())).or_insert(false);
                self.pinned(&roots);
            }
            Entry::Receipt { digest, receipt } => self.receipt(digest, &receipt),
            Entry::Tombstone { tombstone } => match tombstone.verify(self.roots, &tombstone.tag) {
                Ok(_) => self.proof.deleted += 1,
                Err(_) if tombstone.verify(&self.former, &tombstone.tag).is_ok() => {
                    self.proof.former += 1;
                }
                Err(error) => {
                    self.note(&format!("holds a tombstone that is not believed: {error}"));
                }
            },
            Entry::Refused { digest, .. } => {
                self.parts.entry(digest).and_modify(|answered| *answered = true);
                self.proof.refused += 1;
            }
            _ => {}
        }
    }

    fn receipt(&mut self, digest: Digest, receipt: &Receipt) {
        let is_current = match receipt.verify(self.roots, &digest) {
            Ok(_) => true,
            Err(_) if receipt.verify(&self.former, &digest).is_ok() => false,
            Err(error) => {
                return self.note(&format!("holds a receipt that is not believed: {error}"));
            }
        };
        let Some(answered) = self.parts.get_mut(&digest) else {
            if self.proof.pruned == 0 {
                self.note("is a receipt for bytes that the ledger does not hold");
            }
            return;
        };
        let is_first = !std::mem::replace(answered, true);
        self.proof.receipted += usize::from(is_first && is_current);
        self.proof.former += usize::from(is_first && !is_current);
    }
}
