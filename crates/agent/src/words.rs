//! What a person reads in the terminal: one sentence first, then what stands behind it.

pub mod ask;
pub mod bundle;
pub mod compare;
pub mod held;
pub mod ledger;
pub mod opening;
pub mod policy;
pub mod sent;
pub mod status;
pub mod why;
pub mod withdraw;

use contract::calendar::day_in_words;
use contract::manifest::Channel;
use jiff::Timestamp;

use crate::ports::day_of;

/// "3 November 2026".
pub fn day(moment: Timestamp) -> String {
    day_in_words(day_of(moment))
}

/// "3 November 2026, 14:05 UTC".
pub fn moment(moment: Timestamp) -> String {
    let time = jiff::tz::Offset::UTC.to_datetime(moment);
    format!("{}, {:02}:{:02} UTC", day(moment), time.hour(), time.minute())
}

/// "1 question", "22 questions".
pub fn number(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// "22 questions in 9 parts, once a day".
pub fn extent(channel: &Channel) -> String {
    let questions = number(channel.fields().count(), "question");
    let parts = number(channel.parts.len(), "part");
    format!("{questions} in {parts}, {}", channel.period.once())
}
