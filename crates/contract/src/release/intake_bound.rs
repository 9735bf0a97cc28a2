//! How far somebody who invents installations can move a published count.

use super::Window;
use crate::calendar::days_between;
use crate::limits::{CLOCK_SKEW_DAYS, INTEGER_MAX};

/// What a collector's intake lets through from those whom it cannot tell from one another: the
/// senders of one network over direct transport, and all senders behind relays.
///
/// A part adds at most one to any count of any field (clipping), and every part needs a request.
/// So requests × time is the bound, and it holds for whoever controls one network or one relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntakeBound {
    /// Requests within an hour that are let through.
    pub requests_per_hour: u64,
}

impl IntakeBound {
    /// The most by which a count of a window, which is an average per period, can be moved. Parts
    /// of a window are taken from the day before it, for senders whose clock is ahead, until its
    /// intake closes. Counts begin anew with every hour, so one more hour may fall into that time.
    pub fn counts_moved(self, window: Window) -> u64 {
        let days = days_between(window.first, window.finished_from()) + CLOCK_SKEW_DAYS;
        let hours = u64::try_from(days).unwrap_or(0).saturating_mul(24).saturating_add(1);
        let requests = self.requests_per_hour.saturating_mul(hours);
        requests.div_ceil(u64::from(window.periods.max(1))).min(INTEGER_MAX)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::calendar::{Period, PeriodKind};

    #[test]
    fn a_day_is_open_for_four_days_and_an_hour() {
        let day = Period::containing(PeriodKind::Day, date(2026, 11, 20));
        let window = Window::new(day, day).unwrap();
        // Taken from the 19th, when a clock may be a day ahead, to the end of the 22nd.
        assert_eq!(window.finished_from(), date(2026, 11, 23));
        assert_eq!(IntakeBound { requests_per_hour: 100 }.counts_moved(window), 100 * (4 * 24 + 1));
    }

    #[test]
    fn an_average_over_a_week_is_moved_by_a_seventh_of_what_came() {
        let day = |day| Period::containing(PeriodKind::Day, date(2026, 11, day));
        let window = Window::new(day(16), day(22)).unwrap();
        let bound = IntakeBound { requests_per_hour: 7 }.counts_moved(window);
        assert_eq!(bound, 10 * 24 + 1);
        assert_eq!(IntakeBound { requests_per_hour: u64::MAX }.counts_moved(window), INTEGER_MAX);
    }
}
