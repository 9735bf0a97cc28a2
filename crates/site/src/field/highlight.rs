//! The one number of a question that stands at the top of the page, with its doubt.

use contract::release::{Interval, Row};

use crate::limits::FIGURE_CHARS_MAX;
use crate::number::{Whole, clamped, estimated, range, ratio};
use crate::text::{caption, shown};

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
pub(super) fn of_rows(rows: &[&Row], whole: Whole) -> Option<Highlight> {
    let named = rows.iter().filter(|row| !matches!(row.value.as_str(), "other" | "none"));
    let row = named.max_by_key(|row| clamped(row.count))?;
    let value = clamped(row.count);
    let points = ratio(row.count.error_95, whole.count) * 100.0;
    if whole.is_few {
        // Of few, the answer itself says more than its share.
        let figure = shown(&row.title);
        let as_many = rows.iter().filter(|other| clamped(other.count) == value).count();
        let fits = value > 0 && as_many == 1 && figure.chars().count() <= FIGURE_CHARS_MAX;
        let (doubt, about, between) = (String::new(), whole.part(value), String::new());
        return fits.then_some(Highlight { figure, doubt, about, between });
    }
    (value > 0).then(|| Highlight {
        figure: whole.part(value),
        doubt: if points < 0.5 { String::new() } else { format!("±\u{202F}{points:.0}") },
        about: caption(&row.title),
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
