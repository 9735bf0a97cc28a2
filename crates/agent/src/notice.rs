//! The notice of an opt-out channel: recorded when a person saw it, and by nothing else.

use contract::decision::{How, State};
use contract::gate::{Reason, Verdict};
use contract::manifest::Channel;
use jiff::{SignedDuration, Timestamp};

use crate::agent::Agent;
use crate::schedule::later;
use crate::trouble::Trouble;

impl Agent<'_> {
    /// Records that a person saw a channel's notice just now: somebody at a terminal who answered,
    /// somebody on the page who said so, or the product's own program, which answers for it. From
    /// then on its grace runs. Nothing that is only printed or logged calls this.
    ///
    /// # Errors
    /// If the channel does not exist, asks first, or was answered, or the state cannot be written.
    pub fn notice(&self, channel: &str, how: How, language: &str) -> Result<(), Trouble> {
        let state = self.state();
        let id = self.find(channel)?.id.clone();
        let _held = state.lock()?;
        let mut record = state.record(&self.manifest.program.id)?;
        let before = record.clone();
        let noticed = record.notice(channel, &self.showing(how, language));
        noticed.map_err(|error| Self::undecided(&error))?;
        if record == before {
            return Ok(());
        }
        state.begin()?;
        state.write_record(&record)?;
        self.note_decision(&record, &id)
    }
}

/// What a notice of a channel says, if somebody should still see it: nobody answered, and either no
/// notice was shown, or something is asked again since.
pub fn to_show(verdict: &Verdict<'_>) -> bool {
    let seen = match verdict.decision().map(|decision| &decision.state) {
        None => false,
        Some(State::Noticed { .. }) => verdict.waiting().is_empty(),
        Some(_) => return false,
    };
    verdict.channel().covered_by_notice().is_some() && !seen
}

/// From when on a channel is sent if its notice is seen now.
pub fn effective(channel: &Channel, now: Timestamp) -> Timestamp {
    later(now, SignedDuration::from_hours(i64::from(channel.grace_hours())))
}

/// The tier that a notice covers, in quotes, where the channel has several.
pub fn covered(channel: &Channel) -> String {
    let tier = channel.covered_by_notice();
    let tier = channel.tiers.iter().find(|known| Some(&known.id) == tier);
    let tier = tier.filter(|_| channel.tiers.len() > 1);
    tier.map(|tier| format!(" at “{}”", tier.title)).unwrap_or_default()
}

/// Until when a notice is in its grace; `None` where none is.
pub fn grace(verdict: &Verdict<'_>) -> Option<Timestamp> {
    verdict.reasons().iter().find_map(|reason| match reason {
        Reason::Grace(until) => Some(*until),
        _ => None,
    })
}

/// Whether what stands is a notice: nobody agreed.
pub fn stands(verdict: &Verdict<'_>) -> bool {
    matches!(verdict.decision().map(|decision| &decision.state), Some(State::Noticed { .. }))
}
