//! Drafts that were shown a moment ago, so that a reload does not read every source again.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::id::ChannelId;
use jiff::{SignedDuration, Timestamp};

use super::Page;
use super::limits::DRAFT_SECONDS_MAX;
use crate::agent::Agent;
use crate::report::Preview;
use crate::trouble::Trouble;

/// The newest draft of each channel.
#[derive(Default)]
pub(super) struct Drafts(BTreeMap<ChannelId, Draft>);

/// What would be sent of a channel, as it was gathered.
#[derive(Clone)]
pub(super) struct Draft {
    /// The bytes, one part each.
    pub(super) parts: Vec<String>,
    /// Questions without an answer, and why.
    pub(super) left_out: Vec<(String, String)>,
    /// When.
    pub(super) made: Timestamp,
    period: Period,
}

impl Page {
    /// The draft of a channel's largest tier; gathered unless one is at hand.
    pub(super) fn draft(
        &self,
        agent: &Agent<'_>,
        channel: &ChannelId,
        period: Period,
        now: Timestamp,
    ) -> Result<Draft, Trouble> {
        if let Some(draft) = self.drafts().0.get(channel) {
            let age = now.duration_since(draft.made);
            let young =
                age >= SignedDuration::ZERO && age <= SignedDuration::from_secs(DRAFT_SECONDS_MAX);
            if young && draft.period == period {
                return Ok(draft.clone());
            }
        }
        let largest = agent.find(channel.as_str())?.tiers.last().map(|tier| tier.id.to_string());
        // With a tier named it is a draft, whatever was decided meanwhile: nothing is frozen here.
        let Preview { parts, left_out, .. } =
            agent.preview(channel.as_str(), largest.as_deref(), false)?;
        let parts = parts.iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        let draft = Draft { parts, left_out, made: now, period };
        self.drafts().0.insert(channel.clone(), draft.clone());
        Ok(draft)
    }

    /// Forgets a draft, so that the next look gathers anew.
    pub(super) fn forget_draft(&self, channel: &ChannelId) {
        self.drafts().0.remove(channel);
    }
}
