//! The clock, as far as the collector looks at it: which day it is, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil::Date;

/// Where a day comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The system's clock.
    System,
    /// One day that does not pass, for rehearsals.
    Fixed(Date),
}

impl Clock {
    /// The hour of the day, in UTC. A day that does not pass stands at midnight.
    pub fn hour(self) -> u64 {
        match self {
            Self::Fixed(_) => 0,
            Self::System => now_seconds() / (60 * 60) % 24,
        }
    }

    /// The day, in UTC.
    pub fn today(self) -> Date {
        match self {
            Self::Fixed(day) => day,
            Self::System => {
                let days = now_seconds() / (24 * 60 * 60);
                crate::record::day_of(i32::try_from(days).unwrap_or(i32::MAX))
            }
        }
    }
}

/// Seconds of Unix time: when this process began, and never when anything arrived.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(super) fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
