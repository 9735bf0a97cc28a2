//! Installations within 28 days: only where a tag lasts as long, so that each is counted once.
//!
//! A tag of identity `28d` lasts four ISO weeks, the same four for everybody: a window of 28 days
//! has one number where it is those weeks, and none where tags changed within it. A `stable` tag
//! lasts until it is withdrawn, so every window has one.

use super::Window;
use crate::calendar::{Identity, Period, add_days};
use crate::limits::INTAKE_GRACE_DAYS;
use crate::manifest::Channel;
use crate::tally::counts_installations;

/// Days of the rolling window.
const DAYS: i32 = 28;

/// Whether a channel's releases have, some of them at least, a number of installations within 28
/// days: its tags last as long, its installations can be counted, and the first of the 28 days is
/// still held when the window is published.
pub fn counts_28_days(channel: &Channel) -> bool {
    let held = i64::from(channel.retention_days) + i64::from(channel.period.days());
    channel.identity >= Identity::Days28
        && counts_installations(channel)
        && held > i64::from(DAYS + INTAKE_GRACE_DAYS)
}

impl Window {
    /// The 28 days that end with this window, if its installations are counted over them.
    pub fn of_28_days(self, channel: &Channel) -> Option<Self> {
        let first = Period::containing(channel.period, add_days(self.last, 1 - DAYS));
        let last = Period::containing(channel.period, self.last);
        let lasts = channel.identity.epoch(first) == channel.identity.epoch(last);
        (counts_28_days(channel) && lasts).then(|| Self::new(first, last)).flatten()
    }
}

#[cfg(test)]
mod tests;
