//! What a channel's headline counts: installations, or descriptions where nobody can be counted.

use contract::calendar::PeriodKind;
use contract::release::{FieldTable, Mode, Number, Release, Table};

use crate::number::{grouped, with_doubt};

/// The number of a headline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count {
    pub(crate) noun: Noun,
    /// As it was published: noise may have taken it below zero.
    pub(crate) value: i64,
    pub(crate) error_95: u64,
    /// All that is said is that there are fewer than `error_95`.
    is_below: bool,
    /// Only what is frequent enough to be shown is counted.
    is_part: bool,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noun {
    Installations,
    /// One installation sends several, and nothing says which come from the same one.
    Descriptions,
}

impl Noun {
    /// In files and addresses, and for many.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Installations => "installations",
            Self::Descriptions => "descriptions",
        }
    }

    /// At the head of a column.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Installations => "Installations",
            Self::Descriptions => "Descriptions",
        }
    }
}

impl Count {
    /// Of one release.
    pub(crate) fn of(release: &Release) -> Self {
        match release.installations {
            Some(number) => Self::new(release, Noun::Installations, [number]),
            None => Self::new(release, Noun::Descriptions, release.fields.iter().map(described)),
        }
    }

    fn new(release: &Release, noun: Noun, numbers: impl IntoIterator<Item = Number>) -> Self {
        // The sum of errors is wide enough for a sum of numbers with independent noise.
        let (value, error_95) = numbers.into_iter().fold((0_i64, 0_u64), |(value, error), one| {
            (value.saturating_add(one.value), error.saturating_add(one.error_95))
        });
        Self {
            noun,
            value,
            error_95,
            is_below: release.mode == Mode::Exact && error_95 > 0 && value == 0,
            is_part: noun == Noun::Descriptions && release.mode != Mode::Rehearsal,
        }
    }

    /// The number a page shows.
    pub(crate) fn shown(self) -> u64 {
        u64::try_from(self.value).unwrap_or(0)
    }

    /// "3,468", "<20".
    pub(crate) fn figure(self) -> String {
        if self.is_below { format!("<{}", grouped(self.error_95)) } else { grouped(self.shown()) }
    }

    /// "3,468 ± 9", "fewer than 20".
    pub(crate) fn doubted(self) -> String {
        if self.is_below {
            format!("fewer than {}", grouped(self.error_95))
        } else {
            with_doubt(self.shown(), self.error_95)
        }
    }

    /// Whether there is a number to compare with others.
    pub(crate) fn is_number(self) -> bool {
        !self.is_below
    }

    /// What stands beside the figure: "installations reported each day, ± 9".
    pub(crate) fn headline(self, release: &Release) -> String {
        let one = self.shown() == 1 && !self.is_below;
        let what = match (self.noun, self.is_part, one) {
            (Noun::Installations, _, true) => "installation reported",
            (Noun::Installations, _, false) => "installations reported",
            (_, true, true) => "description frequent enough to be shown",
            (_, true, false) => "descriptions frequent enough to be shown",
            (_, false, true) => "description reported",
            (_, false, false) => "descriptions reported",
        };
        let each = match (release.window.periods, release.channel.period) {
            (0 | 1, _) => "",
            (_, PeriodKind::Day) => " each day",
            (_, PeriodKind::Week) => " each week",
        };
        match self.error_95 {
            error if error > 0 && !self.is_below => {
                format!("{what}{each}, ±\u{202F}{}", grouped(error))
            }
            _ => format!("{what}{each}"),
        }
    }
}

/// The descriptions of one question that are in a row.
fn described(field: &FieldTable) -> Number {
    let mut number = field.answered;
    if let Table::Catalogue { folded: Some(folded), .. } = &field.table {
        number.value = number.value.saturating_sub(folded.count.value);
    }
    number
}
