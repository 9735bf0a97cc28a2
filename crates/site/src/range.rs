//! How much of a channel's history a page shows: chosen by a link, so that no script is needed.

use contract::calendar::add_days;
use contract::id::{ChannelId, ProgramId};
use contract::release::Release;

use crate::link;

/// A part of the history, up to the newest release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// As much as a chart holds.
    All,
    FourWeeks,
    Quarter,
    Year,
}

/// The ranges that differ from each other in this history, the longest first. A range of a single
/// release shows no time.
pub(crate) fn of(history: &[Release]) -> Vec<Range> {
    let mut ranges = vec![Range::All];
    let mut shown = history.len();
    for range in [Range::Year, Range::Quarter, Range::FourWeeks] {
        let releases = range.within(history).len();
        if (2..shown).contains(&releases) {
            ranges.push(range);
            shown = releases;
        }
    }
    ranges
}

impl Range {
    fn days(self) -> Option<i32> {
        match self {
            Self::All => None,
            Self::FourWeeks => Some(28),
            Self::Quarter => Some(13 * 7),
            Self::Year => Some(52 * 7),
        }
    }

    /// For a link.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::FourWeeks => "4 weeks",
            Self::Quarter => "3 months",
            Self::Year => "a year",
        }
    }

    /// Where the page of this range lies: the longest is the channel's own.
    pub(crate) fn path(self, program: &ProgramId, channel: &ChannelId) -> String {
        match self {
            Self::All => link::channel_page(program, channel),
            Self::FourWeeks => link::range_page(program, channel, "4-weeks"),
            Self::Quarter => link::range_page(program, channel, "3-months"),
            Self::Year => link::range_page(program, channel, "year"),
        }
    }

    /// The releases of the range.
    pub(crate) fn within(self, history: &[Release]) -> &[Release] {
        let (Some(days), Some(latest)) = (self.days(), history.last()) else { return history };
        let since = add_days(latest.window.last, -days);
        let before = history.iter().take_while(|release| release.window.last <= since).count();
        history.get(before..).unwrap_or_default()
    }
}
