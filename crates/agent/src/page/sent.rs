//! What was sent, from the ledger: reports of parts, each with what became of it. "Verified" is said
//! only of receipts whose signatures were checked a moment ago.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::id::{ChannelId, PartId};
use envelope::{Digest, Receipt, RootPublic, Statement};
use jiff::Timestamp;

use crate::agent::Agent;
use crate::ledger::{self, Entry, Line};
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
    match agent.state().disk() {
        Ok(disk) => Ok(arrange(ledger::entries(disk)?)),
        // There is no folder: nothing was ever sent.
        Err(_) => Ok(Sent::default()),
    }
}

fn arrange(lines: Vec<Line>) -> Sent {
    let mut sent = Sent::default();
    let mut place: BTreeMap<Digest, (Period, ChannelId, usize)> = BTreeMap::new();
    for line in lines {
        match line.entry {
            Entry::Decided { channel, decision } => {
                sent.decisions.push((line.at, channel, decision));
            }
            Entry::Sending { channel, period, part, bytes, to, .. } => {
                let digest = Digest::of(bytes.as_bytes());
                let parts = sent.reports.entry((period, channel.clone())).or_default();
                place.entry(digest).or_insert((period, channel, parts.len()));
                let outcome = Outcome::Unanswered;
                parts.push(SentPart { part, bytes, at: line.at, to, digest, outcome });
            }
            Entry::Receipt { digest, receipt } => {
                settle(&mut sent, &place, &digest, Outcome::Receipted(receipt));
            }
            Entry::Refused { digest, status } => {
                settle(&mut sent, &place, &digest, Outcome::Refused(status));
            }
            _ => {}
        }
    }
    sent
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
}
