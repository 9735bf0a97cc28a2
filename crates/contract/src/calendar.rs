//! Days, ISO weeks, periods and epochs. Always UTC: two machines that disagree on the time zone
//! agree here.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::limits::{CLOCK_SKEW_DAYS, INTAKE_GRACE_DAYS};

/// How long a channel's period lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodKind {
    /// A UTC day.
    Day,
    /// An ISO 8601 week, Monday to Sunday.
    Week,
}

impl PeriodKind {
    /// Days in one period.
    pub fn days(self) -> i32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
        }
    }

    /// "a day", "a week": for sentences.
    pub fn once(self) -> &'static str {
        match self {
            Self::Day => "once a day",
            Self::Week => "once a week",
        }
    }
}

/// One UTC day or ISO week, written `2026-11-20` or `2026-W47`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    first: Date,
    last: Date,
}

/// The text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period is a day such as 2026-11-20 or an ISO week such as 2026-W47")]
pub struct PeriodError;

impl Period {
    /// The period of this kind that contains the day.
    pub fn containing(kind: PeriodKind, day: Date) -> Self {
        match kind {
            PeriodKind::Day => Self { first: day, last: day },
            PeriodKind::Week => {
                let first = monday_of(day);
                Self { first, last: add_days(first, 6) }
            }
        }
    }

    /// The first day.
    pub fn first_day(self) -> Date {
        self.first
    }

    /// The last day.
    pub fn last_day(self) -> Date {
        self.last
    }

    /// Day or week.
    pub fn kind(self) -> PeriodKind {
        if self.first == self.last { PeriodKind::Day } else { PeriodKind::Week }
    }

    /// The period right after this one.
    pub fn next(self) -> Self {
        Self::containing(self.kind(), add_days(self.last, 1))
    }

    /// The period right before this one.
    pub fn previous(self) -> Self {
        Self::containing(self.kind(), add_days(self.first, -1))
    }

    /// Whether the day lies in this period.
    pub fn contains(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }

    /// The last day on which a collector takes parts of this period (design, section 10).
    pub fn intake_until(self) -> Date {
        add_days(self.last, INTAKE_GRACE_DAYS)
    }

    /// Whether a collector takes a part of this period on this day: it contains today ± 1 day, or
    /// ended at most two days ago.
    pub fn accepts_on(self, today: Date) -> bool {
        add_days(self.first, -CLOCK_SKEW_DAYS) <= today && today <= self.intake_until()
    }

    /// The day after which everything of this period is forgotten.
    pub fn forget_by(self, retention_days: u32) -> Date {
        add_days(self.last, i32::try_from(retention_days).unwrap_or(i32::MAX))
    }

    /// "20 November 2026" or "the week of 16 November 2026": for people.
    pub fn in_words(self) -> String {
        match self.kind() {
            PeriodKind::Day => day_in_words(self.first),
            PeriodKind::Week => format!("the week of {}", day_in_words(self.first)),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            PeriodKind::Day => write!(f, "{}", self.first),
            PeriodKind::Week => {
                let week = self.first.iso_week_date();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let period = match text.split_once("-W") {
            Some((year, week)) => {
                let year = year.parse().map_err(|_| PeriodError)?;
                let week = week.parse().map_err(|_| PeriodError)?;
                let monday =
                    ISOWeekDate::new(year, week, Weekday::Monday).map_err(|_| PeriodError)?;
                Self::containing(PeriodKind::Week, monday.date())
            }
            None => Self::containing(PeriodKind::Day, text.parse().map_err(|_| PeriodError)?),
        };
        // One period has one spelling, or the same part would have two digests.
        if period.to_string() == text { Ok(period) } else { Err(PeriodError) }
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;
    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> String {
        period.to_string()
    }
}

/// How long one tag names an installation in one part (design, section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Identity {
    /// No tag: cannot be listed or deleted, and is the only one that may be called anonymous.
    #[serde(rename = "none")]
    None,
    /// A tag lasts one period.
    #[serde(rename = "period")]
    Period,
    /// A tag lasts four ISO weeks counted from Monday 1970-01-05.
    #[serde(rename = "28d")]
    Days28,
    /// A tag lasts until withdrawal.
    #[serde(rename = "stable")]
    Stable,
}

impl Identity {
    /// The name of the epoch that the period lies in; it enters the derivation of a tag's key.
    /// `None` where parts carry no tag.
    pub fn epoch(self, period: Period) -> Option<String> {
        match self {
            Self::None => None,
            Self::Period => Some(period.to_string()),
            Self::Days28 => {
                let days = days_between(Date::constant(1970, 1, 5), monday_of(period.first));
                Some(format!("28d-{}", days.div_euclid(28)))
            }
            Self::Stable => Some("stable".to_owned()),
        }
    }
}

/// The Monday of the day's ISO week.
pub fn monday_of(day: Date) -> Date {
    add_days(day, -i32::from(day.weekday().to_monday_zero_offset()))
}

/// The day `days` later (or earlier), held at the calendar's ends.
pub fn add_days(day: Date, days: i32) -> Date {
    let days = days.clamp(-CALENDAR_DAYS, CALENDAR_DAYS);
    day.saturating_add(i64::from(days).days())
}

/// Days from one end of the calendar to the other: a span of more is refused by panicking.
const CALENDAR_DAYS: i32 = 7_304_484;

/// Days from one date to another; negative when `to` lies before `from`.
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// "20 November 2026".
pub fn day_in_words(day: Date) -> String {
    let months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = usize::try_from(day.month() - 1).ok().and_then(|m| months.get(m));
    format!("{} {} {}", day.day(), month.copied().unwrap_or("?"), day.year())
}

#[cfg(test)]
mod tests;
