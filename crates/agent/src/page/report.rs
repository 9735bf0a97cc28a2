//! A report, question by question: what leaves, or would, read from its very bytes.

use contract::manifest::{Channel, Field, Manifest};
use contract::statement::possible_answers;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::words::{day_near, grouped, moment};
use super::{answers, difference};
use crate::agent::Agent;
use crate::limits::SCHEDULE_AFTER_SECONDS;
use crate::outbox::{FrozenPart, PartState};
use crate::ports::day_of;
use crate::trouble::Trouble;
use crate::words::number;

/// A report as it is shown.
pub(super) struct Report {
    /// Its parts, in the order in which they are printed.
    pub(super) parts: Vec<PartView>,
    /// Questions without an answer: the question, and why.
    pub(super) left_out: Vec<(String, String)>,
    /// Each question, and every answer that it allows.
    pub(super) possible: Vec<(String, String)>,
    /// Exactly the bytes, one part per line.
    pub(super) bytes: String,
    /// "9 parts, 2,340 bytes".
    pub(super) size: String,
    /// Against the report before; nothing for a draft.
    pub(super) difference: Option<difference::Difference>,
}

/// A part as it is shown.
pub(super) struct PartView {
    pub(super) number: usize,
    /// What stands in the last column: when it leaves, what became of it, or its tier.
    pub(super) last: String,
    pub(super) rows: Vec<Row>,
}

/// A question in a part.
pub(super) struct Row {
    pub(super) question: String,
    pub(super) answer: String,
    pub(super) purpose: String,
}

/// What is known of a part besides its bytes.
pub(super) struct Made<'a> {
    pub(super) bytes: &'a str,
    /// What stands in the last column.
    pub(super) last: String,
}

impl Report {
    /// A report from its parts' bytes.
    pub(super) fn new(
        manifest: &Manifest,
        channel: &Channel,
        parts: &[Made<'_>],
        left_out: &[(String, String)],
    ) -> Self {
        let views = parts.iter().enumerate().map(|(n, made)| part(manifest, channel, n + 1, made));
        let views: Vec<_> = views.collect();
        let fields = channel.fields().filter(|field| views.iter().any(|view| view.asks(field)));
        let possible = fields.map(|field| (field.question.to_string(), possible_answers(field)));
        let possible = possible.collect();
        let question = |field: &str| channel.field(field).map(|field| field.question.to_string());
        let left_out = left_out
            .iter()
            .map(|(field, why)| (question(field).unwrap_or_else(|| field.clone()), why.clone()));
        let bytes: String = parts.iter().flat_map(|made| [made.bytes, "\n"]).collect();
        let size = format!(
            "{}, {} bytes",
            number(parts.len(), "part"),
            grouped(parts.iter().map(|made| made.bytes.len()).sum())
        );
        let left_out = left_out.collect();
        Self { parts: views, left_out, possible, bytes, size, difference: None }
    }
}

impl PartView {
    fn asks(&self, field: &Field) -> bool {
        self.rows.iter().any(|row| row.question == field.question.in_language("en"))
    }
}

fn part(manifest: &Manifest, channel: &Channel, number: usize, made: &Made<'_>) -> PartView {
    let id = id_of(made.bytes);
    let defined = channel.part(&id);
    let answers = answers::of(made.bytes);
    let fields: Vec<&Field> = defined.map(|p| channel.fields_of(p).collect()).unwrap_or_default();
    let row = |field: &&Field| Row {
        question: field.question.to_string(),
        answer: answers
            .get(field.id.as_str())
            .map_or_else(|| "No answer".to_owned(), |answer| answers::in_words(field, answer)),
        purpose: manifest.purpose(&field.purpose).to_owned(),
    };
    let mut rows: Vec<Row> = fields.iter().map(row).collect();
    // What the manifest no longer explains is shown as it stands in the bytes.
    let unknown = answers.iter().filter(|(key, _)| fields.iter().all(|f| f.id.as_str() != *key));
    rows.extend(unknown.map(|(key, answer)| Row {
        question: key.clone(),
        answer: answer.as_str().map_or_else(|| answer.to_string(), str::to_owned),
        purpose: "The question is no longer in the manifest".to_owned(),
    }));
    PartView { number, last: made.last.clone(), rows }
}

/// The title of the smallest tier in which a part travels.
pub(super) fn tier_of(channel: &Channel, bytes: &str) -> String {
    let part = channel.part(&id_of(bytes));
    let tier = part.and_then(|part| channel.tiers.iter().find(|tier| tier.id == part.tier));
    tier.map(|tier| tier.title.to_string()).unwrap_or_default()
}

/// The part's name in its bytes.
pub(super) fn id_of(bytes: &str) -> String {
    let part: Value = serde_json::from_str(bytes).unwrap_or_default();
    part.get("part").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// When sending on schedule begins, if it has not yet.
pub(super) fn begins(agent: &Agent<'_>) -> Result<Option<Timestamp>, Trouble> {
    let Some(since) = agent.state().since()? else { return Ok(None) };
    let wait = SignedDuration::from_secs(SCHEDULE_AFTER_SECONDS);
    let begins = since.began.saturating_add(wait).unwrap_or(Timestamp::MAX);
    Ok(Some(begins).filter(|begins| *begins > agent.now()))
}

/// What becomes of a frozen part.
pub(super) fn when(part: &FrozenPart, begins: Option<Timestamp>, now: Timestamp) -> String {
    match part.state {
        PartState::Sent => "left; the collector has signed for it".to_owned(),
        PartState::Refused => "refused by the collector; not sent again".to_owned(),
        PartState::Waiting if part.tries > 0 => {
            let tries = if part.tries == 1 { "once" } else { "several times" };
            format!("tried {tries}; again at {}", moment(part.due.max(now), now))
        }
        PartState::Waiting => match begins {
            Some(begins) if part.due < begins => {
                format!("not before {}", day_near(day_of(begins), now))
            }
            _ if part.due <= now => "any moment now".to_owned(),
            _ => format!("at {}", moment(part.due, now)),
        },
    }
}
