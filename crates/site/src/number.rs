//! Numbers and days as people read them.

use contract::release::{Interval, Mode, Number, Release};
use jiff::civil::Date;

use crate::limits::FEW;

/// A narrow space that does not break: "63 %" stays together.
const THIN: char = '\u{202F}';

/// The number a page shows: noise may have taken it below zero, people never are.
pub(crate) fn clamped(number: Number) -> u64 {
    u64::try_from(number.value).unwrap_or(0)
}

/// "3,468".
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// "3,468 ± 9"; "3,468" when it is exact.
pub(crate) fn doubted(number: Number) -> String {
    with_doubt(clamped(number), number.error_95)
}

/// As [`doubted`], of a number that is ready to be shown.
pub(crate) fn with_doubt(value: u64, error_95: u64) -> String {
    let value = grouped(value);
    match error_95 {
        0 => value,
        error => format!("{value}{THIN}±{THIN}{}", grouped(error)),
    }
}

/// How much of the whole a part is, from 0 to 1; nothing of nothing is 0.
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).min(1.0) }
}

/// "63 %".
pub(crate) fn share(part: u64, whole: u64) -> String {
    let percent = percent(part, whole);
    if whole == 0 { percent } else { format!("{percent}{THIN}%") }
}

/// What shares are shares of, and how a part of it is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole {
    pub(crate) count: u64,
    /// So few that they are counted: only in a rehearsal.
    pub(crate) is_few: bool,
}

impl Whole {
    pub(crate) fn of(release: &Release, count: u64) -> Self {
        Self { count, is_few: release.mode == Mode::Rehearsal && count < FEW }
    }

    /// Whether there is one alone: what it answered is all there is to say.
    pub(crate) fn is_one(self) -> bool {
        self.is_few && self.count <= 1
    }

    /// "63 %", "3 of 4", and nothing of one.
    pub(crate) fn part(self, part: u64) -> String {
        match self.count {
            count if !self.is_few => share(part, count),
            0 | 1 => String::new(),
            count => format!("{part} of {count}"),
        }
    }
}

/// "63", "<1" and ">99" where all or nothing would not be true.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let percent = ratio(part, whole) * 100.0;
    if whole == 0 {
        "–".to_owned()
    } else if percent > 0.0 && percent < 0.5 {
        "<1".to_owned()
    } else if part < whole && percent >= 99.5 {
        ">99".to_owned()
    } else {
        format!("{percent:.0}")
    }
}

/// "181,000", "1.25 million": three digits are all that an estimate can promise.
pub(crate) fn about(number: u64) -> String {
    let digits = number.checked_ilog10().unwrap_or(0);
    let step = 10_u64.saturating_pow(digits.saturating_sub(2));
    let rounded = number.saturating_add(step / 2) / step * step;
    let named = [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")];
    match named.into_iter().find(|(size, _)| rounded as f64 >= *size) {
        Some((size, name)) => format!("{} {name}", three_digits(rounded as f64 / size)),
        None => grouped(rounded),
    }
}

/// An amount with its unit in a size that people know: "181,000 devices", "1.4 PB", "62 years".
pub(crate) fn amount(number: u64, unit: &str) -> String {
    match unit {
        "bytes" => bytes(number),
        "seconds" => seconds(number),
        _ => format!("{} {unit}", about(number)),
    }
}

/// "about 181,000 devices in all, between 120,000 and 260,000"; "at most 260,000 devices in all"
/// where they may as well be none.
pub(crate) fn in_all(total: Interval, unit: &str) -> String {
    let Interval { estimate, low, high, .. } = total;
    if low == 0 {
        return format!("at most {} in all", amount(high, unit));
    }
    let [low, high] = [low, high].map(|number| estimated(number, unit));
    format!("about {} in all, between {low} and {high}", amount(estimate, unit))
}

/// An amount whose unit stands elsewhere, unless it is one that changes with the size.
pub(crate) fn estimated(number: u64, unit: &str) -> String {
    match unit {
        "bytes" | "seconds" => amount(number, unit),
        _ => about(number),
    }
}

/// "40,000 to 90,000".
pub(crate) fn range(total: Interval, unit: &str) -> String {
    format!("{} to {}", estimated(total.low, unit), estimated(total.high, unit))
}

/// "about 61,000" where little room is: an estimate that may as well be nothing is "≤ 90,000".
pub(crate) fn roughly(total: Interval, unit: &str) -> String {
    match total.low {
        0 => format!("≤\u{A0}{}", estimated(total.high, unit)),
        _ => estimated(total.estimate, unit),
    }
}

/// The label of a bucket as people write ranges: `2GiB-4GiB` is "2–4 GiB", `1000-4999` is
/// "1,000–4,999", `1h-1d` is "1 h – 1 d", `5000+` is "5,000+". What is no such label stays.
pub(crate) fn bucket(label: &str) -> String {
    let split = |bound: &str| {
        let digits = bound.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = bound.split_at_checked(digits)?;
        let unit = Some(unit).filter(|u| u.bytes().all(|c| c.is_ascii_alphabetic()))?.to_owned();
        Some((grouped(number.parse().ok()?), unit))
    };
    let spaced = |(number, unit): (String, String)| match &*unit {
        "" => number,
        unit => format!("{number}\u{A0}{unit}"),
    };
    let written = match (label.split_once('-'), label.strip_suffix('+')) {
        (Some((low, high)), _) => split(low).zip(split(high)).map(|(low, high)| {
            // Nothing is so many of any unit.
            if low.1 == high.1 || low.0 == "0" {
                format!("{}–{}", low.0, spaced(high))
            } else {
                format!("{} – {}", spaced(low), spaced(high))
            }
        }),
        (None, Some(low)) => split(low).map(|low| spaced(low) + "+"),
        (None, None) => split(label).map(spaced),
    };
    written.unwrap_or_else(|| label.to_owned())
}

/// "61,000 (40,000 to 90,000)": for a table.
pub(crate) fn interval(total: Interval, unit: &str) -> String {
    format!("{} ({})", estimated(total.estimate, unit), range(total, unit))
}

fn bytes(number: u64) -> String {
    let named = [(1e18, "EB"), (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match named.into_iter().find(|(size, _)| number as f64 >= *size) {
        Some((size, name)) => format!("{} {name}", three_digits(number as f64 / size)),
        None => format!("{number} bytes"),
    }
}

fn seconds(number: u64) -> String {
    let named = [(31_557_600, "years"), (86_400, "days"), (3_600, "hours"), (60, "minutes")];
    // Two of a unit at least: "36 hours" says more than "1.5 days".
    match named.into_iter().find(|(size, _)| number >= 2 * size) {
        Some((size, name)) => format!("{} {name}", about(number / size)),
        None => format!("{number} seconds"),
    }
}

fn three_digits(number: f64) -> String {
    let text = match number {
        n if n >= 99.95 => format!("{n:.0}"),
        n if n >= 9.995 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Thousandths as a plain decimal: 1500 is "1.5".
pub(crate) fn thousandths(number: u32) -> String {
    three_digits_or_more(number / 1_000, number % 1_000)
}

fn three_digits_or_more(whole: u32, rest: u32) -> String {
    match rest {
        0 => whole.to_string(),
        rest => format!("{whole}.{rest:03}").trim_end_matches('0').to_owned(),
    }
}

/// "9 Nov", and "Nov 2026" where years matter more than days.
pub(crate) fn short_day(day: Date, years: bool) -> String {
    if years { day.strftime("%b %Y").to_string() } else { day.strftime("%-d %b").to_string() }
}

/// "15 November 2026", "9 to 15 November 2026", "26 October to 1 November 2026".
pub(crate) fn days(first: Date, last: Date) -> String {
    let whole = "%-d %B %Y";
    let begins = if first == last {
        return last.strftime(whole).to_string();
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        "%-d"
    } else if first.year() == last.year() {
        "%-d %B"
    } else {
        whole
    };
    format!("{} to {}", first.strftime(begins), last.strftime(whole))
}

#[cfg(test)]
mod tests;
