//! The finished periods that a release covers, and when the next one is due.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{Period, PeriodKind, add_days, days_between, monday_of};
use crate::limits::WINDOW_PERIODS_MAX;
use crate::manifest::Channel;
use crate::publish::shares;

/// The finished periods that a release covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Window {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
    /// Periods in it; counts are averages per period.
    pub periods: u32,
}

impl Window {
    /// All periods from one to another; `None` if they are not of one kind and in order, or more
    /// than [`WINDOW_PERIODS_MAX`].
    pub fn new(first: Period, last: Period) -> Option<Self> {
        let mut periods = 1;
        let mut period = first;
        while period != last {
            period = period.next();
            periods += 1;
            if periods > WINDOW_PERIODS_MAX {
                return None;
            }
        }
        Some(Self { first: first.first_day(), last: last.last_day(), periods })
    }

    /// The window of the release of a channel that covers the day: one day or one ISO week.
    pub fn of_release(channel: &Channel, day: Date) -> Self {
        let covered = Period::containing(channel.release.max(channel.period), day);
        let periods = match (covered.kind(), channel.period) {
            (PeriodKind::Week, PeriodKind::Day) => 7,
            _ => 1,
        };
        Self { first: covered.first_day(), last: covered.last_day(), periods }
    }

    /// The last window of a channel's releases whose parts were all taken in before the day.
    pub fn last_finished(channel: &Channel, today: Date) -> Self {
        let mut window = Self::of_release(channel, today);
        while !window.finished_on(today) {
            window = Self::of_release(channel, add_days(window.first, -1));
        }
        window
    }

    /// The day after this one on which the next release of a channel is due; `None` where nothing
    /// of the channel is published.
    pub fn next_release(channel: &Channel, today: Date) -> Option<Date> {
        let next = Self::last_finished(channel, today).next();
        (shares(channel) > 0).then(|| next.finished_from())
    }

    /// The window right after this one, of the same length.
    pub fn next(self) -> Self {
        let days = days_between(self.first, self.last) + 1;
        Self { first: add_days(self.first, days), last: add_days(self.last, days), ..self }
    }

    /// The first day on which no part of the window is taken in any more.
    pub fn finished_from(self) -> Date {
        let last = Period::containing(PeriodKind::Day, self.last);
        add_days(last.intake_until(), 1)
    }

    /// Whether no part of the window is taken in any more on this day.
    pub fn finished_on(self, today: Date) -> bool {
        today >= self.finished_from()
    }

    /// Whether it is made of whole periods of this kind, and of as many as it says.
    pub fn consists_of(self, kind: PeriodKind) -> bool {
        let days = days_between(self.first, self.last) + 1;
        let whole = i64::from(days) == i64::from(self.periods) * i64::from(kind.days());
        whole && (kind == PeriodKind::Day || monday_of(self.first) == self.first)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::manifest::Manifest;

    const MANIFEST: &str = include_str!("../../tests/publish/manifest.toml");

    #[test]
    fn the_next_release_is_known_in_advance() {
        let manifest = Manifest::parse(MANIFEST).unwrap_or_else(|problems| panic!("{problems}"));
        let mut channel = manifest.channel("usage").unwrap().clone();
        // The week from 16 to 22 November is published on Wednesday, the 25th.
        for (today, next) in [(18, 25), (20, 25), (24, 25)] {
            let next = Some(date(2026, 11, next));
            assert_eq!(Window::next_release(&channel, date(2026, 11, today)), next, "{today}");
        }
        let later = Window::next_release(&channel, date(2026, 11, 25));
        assert_eq!(later, Some(date(2026, 12, 2)), "what is due today may be out already");
        (channel.period, channel.release) = (PeriodKind::Day, PeriodKind::Day);
        let daily = Window::next_release(&channel, date(2026, 11, 20));
        assert_eq!(daily, Some(date(2026, 11, 21)));
        channel.parts.clear();
        assert_eq!(Window::next_release(&channel, date(2026, 11, 20)), None);
    }
}
