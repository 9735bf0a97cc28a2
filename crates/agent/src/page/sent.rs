//! What was sent, from the ledger: reports of parts, each with what became of it. "Verified" is
//! said only of receipts whose signatures were checked a moment ago.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::id::{ChannelId, PartId};
use envelope::{Digest, Receipt, RootPublic, Statement, Tag, Tombstone};
use jiff::Timestamp;

use crate::agent::Agent;
use crate::ledger::{Entry, Line};
use crate::trouble::Trouble;

/// All of the ledger that the page shows.
#[derive(Default)]
pub(super) struct Sent {
    /// By period and channel, oldest first.
    pub(super) reports: BTreeMap<(Period, ChannelId), Vec<SentPart>>,
    /// Decisions, oldest first: when, about what, what.
    pub(super) decisions: Vec<(Timestamp, ChannelId, String)>,
}

/// One part that left.
pub(super) struct SentPart {
    pub(super) part: PartId,
    /// Exactly the bytes.
    pub(super) bytes: String,
    /// When it was tried first.
    pub(super) at: Timestamp,
    /// Where to.
    pub(super) to: String,
    pub(super) digest: Digest,
    pub(super) outcome: Outcome,
    tombstone: Option<Tombstone>,
}

/// What the ledger says became of a part.
pub(super) enum Outcome {
    Unanswered,
    Refused(u16),
    /// A receipt that was believed when it came.
    Receipted(Box<Receipt>),
}

/// Reads the ledger.
pub(super) fn read(agent: &Agent<'_>) -> Result<Sent, Trouble> {
    agent.lines().map(arrange)
}

fn arrange(lines: Vec<Line>) -> Sent {
    let mut sent = Sent::default();
    let mut place: BTreeMap<Digest, (Period, ChannelId, usize)> = BTreeMap::new();
    let mut tombstones: BTreeMap<Tag, Tombstone> = BTreeMap::new();
    for line in lines {
        match line.entry {
            Entry::Decided { channel, decision } => {
                sent.decisions.push((line.at, channel, decision));
            }
            Entry::Sending { channel, period, part, bytes, to, .. } => {
                let digest = Digest::of(bytes.as_bytes());
                let parts = sent.reports.entry((period, channel.clone())).or_default();
                // The same bytes again, after power was lost or to another collector, are one part.
                if place.contains_key(&digest) {
                    continue;
                }
                place.insert(digest, (period, channel, parts.len()));
                let (outcome, tombstone) = (Outcome::Unanswered, None);
                parts.push(SentPart { part, bytes, at: line.at, to, digest, outcome, tombstone });
            }
            Entry::Receipt { digest, receipt } => {
                settle(&mut sent, &place, &digest, Outcome::Receipted(receipt));
            }
            Entry::Refused { digest, status } => {
                settle(&mut sent, &place, &digest, Outcome::Refused(status));
            }
            Entry::Tombstone { tombstone } => {
                tombstones.insert(tombstone.tag, *tombstone);
            }
            _ => {}
        }
    }
    for part in sent.reports.values_mut().flatten() {
        part.tombstone = tag_of(&part.bytes).and_then(|tag| tombstones.get(&tag).cloned());
    }
    sent
}

fn tag_of(bytes: &str) -> Option<Tag> {
    let part: serde_json::Value = serde_json::from_str(bytes).ok()?;
    part.get("tag")?.as_str()?.parse().ok()
}

fn settle(
    sent: &mut Sent,
    place: &BTreeMap<Digest, (Period, ChannelId, usize)>,
    digest: &Digest,
    outcome: Outcome,
) {
    let Some((period, channel, index)) = place.get(digest) else { return };
    let parts = sent.reports.get_mut(&(*period, channel.clone()));
    if let Some(part) = parts.and_then(|parts| parts.get_mut(*index)) {
        part.outcome = outcome;
    }
}

impl SentPart {
    /// The collector's statement about this part, if its receipt is believed now: for these bytes,
    /// under a root key that the manifest pins, about the same channel and period.
    pub(super) fn verified(
        &self,
        roots: &[RootPublic],
        channel: &ChannelId,
        period: Period,
    ) -> Option<&Statement> {
        let Outcome::Receipted(receipt) = &self.outcome else { return None };
        let statement = receipt.verify(roots, &self.digest).ok()?;
        let same = statement.channel == channel.as_str()
            && statement.part == self.part.as_str()
            && statement.period == period.to_string();
        same.then_some(statement)
    }

    /// The collector's statement that this part is deleted, if it is believed now.
    pub(super) fn deleted(&self, roots: &[RootPublic], channel: &ChannelId) -> Option<&Tombstone> {
        let tombstone = self.tombstone.as_ref()?;
        let same = tombstone.channel == channel.as_str() && tombstone.part == self.part.as_str();
        let believed = tombstone.verify(roots, &tombstone.tag).is_ok();
        (same && believed).then_some(tombstone)
    }
}
