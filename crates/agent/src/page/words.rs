//! Small words of the page: moments, numbers, lists.

use contract::calendar::{Period, PeriodKind, day_in_words};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::ports::day_of;

/// "14:02 UTC" on the day itself, else "14:02 UTC on 21 November".
pub(super) fn moment(at: Timestamp, now: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(at);
    let clock = format!("{:02}:{:02} UTC", time.hour(), time.minute());
    let day = day_of(at);
    if day == day_of(now) { clock } else { format!("{clock} on {}", day_near(day, now)) }
}

/// "21 November", with the year where it is another.
pub(super) fn day_near(day: Date, now: Timestamp) -> String {
    let words = day_in_words(day);
    let year = format!(" {}", day.year());
    if day.year() == day_of(now).year() {
        words.strip_suffix(&year).unwrap_or(&words).to_owned()
    } else {
        words
    }
}

/// "20 November", "the week of 16 November".
pub(super) fn period(period: Period, now: Timestamp) -> String {
    match period.kind() {
        PeriodKind::Day => day_near(period.first_day(), now),
        PeriodKind::Week => format!("the week of {}", day_near(period.first_day(), now)),
    }
}

/// "1,204".
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// "a, b and c".
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
