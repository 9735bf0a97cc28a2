//! The one number of a question that stands at the top of the page, with its doubt.

use contract::release::{Interval, Row};

use crate::number::{clamped, estimated, range, ratio, share};
use crate::text::shown;

/// A number worth a large figure.
pub(crate) struct Highlight {
    pub(crate) figure: String,
    /// How far it may be off; empty if by less than the figure's last digit.
    pub(crate) doubt: String,
    pub(crate) about: String,
    /// The interval of an estimate.
    pub(crate) between: String,
}

/// The most frequent answer that says something.
pub(super) fn of_rows(rows: &[&Row], whole: u64) -> Option<Highlight> {
    let named = rows.iter().filter(|row| !matches!(row.value.as_str(), "other" | "none"));
    let row = named.max_by_key(|row| clamped(row.count))?;
    let value = clamped(row.count);
    let points = ratio(row.count.error_95, whole) * 100.0;
    (value > 0).then(|| Highlight {
        figure: share(value, whole),
        doubt: if points < 0.5 { String::new() } else { format!("±\u{202F}{points:.0}") },
        about: shown(&row.title),
        between: String::new(),
    })
}

/// The sum over all installations.
pub(super) fn of_total(total: Interval, unit: &str) -> Highlight {
    Highlight {
        figure: estimated(total.estimate, unit),
        doubt: String::new(),
        about: if matches!(unit, "bytes" | "seconds") { String::new() } else { unit.to_owned() },
        between: range(total, unit),
    }
}
