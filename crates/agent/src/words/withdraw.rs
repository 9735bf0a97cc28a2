//! `candor-agent withdraw`: what happens now, what stays, how to undo it.

use std::fmt::Write as _;

use contract::calendar::day_in_words;
use contract::release::Window;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{moment, number, sent};
use crate::agent::Agent;
use crate::ports::day_of;
use crate::withdraw::Progress;

/// Said where everything is deleted at once.
pub const NOW_WARNING: &str = "Deleted together, these tags can be joined by their moment: the \
     collector can see that they were one machine's.\n";

/// What a withdrawal did and will do.
pub fn text(agent: &Agent<'_>, channel: &str, progress: &Progress) -> String {
    let mut out = format!("{channel} is withdrawn. Nothing more of it leaves this machine.\n");
    let mut line = |label: &str, text: &str| {
        let _ = writeln!(out, "  {label:20}{}", text.replace('\n', "\n                      "));
    };
    line("what is deleted", &deleted(progress));
    if let Some(obstacle) = &progress.obstacle {
        let happened = sent::happened(obstacle);
        line("what is in the way", &format!("{happened}; it is tried again by itself"));
    }
    if progress.without_key > 0 {
        let parts = number(progress.without_key, "part");
        let days = agent.manifest.channel(channel).map_or(0, |channel| channel.retention_days);
        line(
            "what cannot be",
            &format!("{parts} without a tag or its key: forgotten after {days} days, as promised"),
        );
    }
    line("what stays", &published(agent, channel));
    if progress.pending > progress.asked {
        let undo = format!("candor-agent agree {channel}: keeps whatever is not deleted by then");
        line("to undo", &undo);
    }
    out
}

/// The day of a channel's next release; `None` where nothing of it is published.
fn next_release(agent: &Agent<'_>, channel: &str) -> Option<Date> {
    Window::next_release(agent.manifest.channel(channel)?, day_of(agent.now()))
}

/// What becomes of published numbers.
pub fn published(agent: &Agent<'_>, channel: &str) -> String {
    match next_release(agent, channel) {
        Some(day) => format!(
            "Numbers already published stay: one machine cannot be taken out of a sum.\n\
             The next release comes on {} and counts nothing that is deleted by then.",
            day_in_words(day)
        ),
        None => "No answer of it is published.".to_owned(),
    }
}

fn deleted(progress: &Progress) -> String {
    match (progress.pending, progress.last) {
        (0, _) if progress.confirmed == 0 => "nothing: no collector holds any of it".to_owned(),
        (0, _) => {
            let tags = number(progress.confirmed, "tag");
            format!("everything: {tags}, each with a signed tombstone, verified, in the ledger")
        }
        (pending, Some(last)) => format!(
            "{}, one by one until {}, each\n\
             counted as deleted when its signed tombstone was verified",
            number(pending, "tag"),
            moment(last)
        ),
        (pending, None) => number(pending, "tag"),
    }
}

/// One line for `status`, while deletions are on their way.
pub fn in_a_line(channel: &str, progress: &Progress) -> Option<String> {
    let last = progress.last.filter(|_| progress.pending > 0)?;
    Some(format!(
        "{channel} is being deleted: {} of {} tags confirmed, the last one is asked for by {}.",
        progress.confirmed,
        progress.confirmed + progress.pending,
        moment(last)
    ))
}

/// The same as JSON.
pub fn json(agent: &Agent<'_>, channel: &str, progress: &Progress) -> Value {
    json!({
        "channel": channel,
        "confirmed": progress.confirmed,
        "pending": progress.pending,
        "asked": progress.asked,
        "last": progress.last,
        "next_release": next_release(agent, channel).map(|day| day.to_string()),
        "without_key": progress.without_key,
        "obstacle": progress.obstacle.as_ref().map(sent::happened),
    })
}
