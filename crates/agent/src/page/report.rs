//! A report, question by question: what leaves, or would, read from its very bytes.

use contract::manifest::{Channel, Field, Manifest};
use contract::statement::possible_answers;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::words::{grouped, moment};
use super::{answers, difference};
use crate::agent::Agent;
use crate::limits::SCHEDULE_AFTER_SECONDS;
use crate::outbox::{FrozenPart, PartState};
use crate::trouble::Trouble;
use crate::words::number;

/// A report as it is shown.
pub(super) struct Report {
    /// Its parts, in the order in which they are printed.
    pub(super) parts: Vec<PartView>,
    /// Questions without an answer: the question, and why.
    pub(super) left_out: Vec<(String, String)>,
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
    pub(super) id: String,
    /// When it leaves, or what became of it.
    pub(super) when: String,
    /// In which tier it travels, where there are several.
    pub(super) tier: String,
    pub(super) rows: Vec<Row>,
}

/// A question in a part.
pub(super) struct Row {
    pub(super) question: String,
    pub(super) answer: String,
    /// Every answer that the question allows.
    pub(super) possible: String,
    pub(super) purpose: String,
}

/// What is known of a part besides its bytes.
pub(super) struct Made<'a> {
    pub(super) bytes: &'a str,
    pub(super) when: String,
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
        Self { parts: views, left_out: left_out.collect(), bytes, size, difference: None }
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
        possible: possible_answers(field),
        purpose: manifest.purpose(&field.purpose).to_owned(),
    };
    let mut rows: Vec<Row> = fields.iter().map(row).collect();
    // What the manifest no longer explains is shown as it stands in the bytes.
    let unknown = answers.iter().filter(|(key, _)| fields.iter().all(|f| f.id.as_str() != *key));
    rows.extend(unknown.map(|(key, answer)| Row {
        question: key.clone(),
        answer: answer.as_str().map_or_else(|| answer.to_string(), str::to_owned),
        possible: String::new(),
        purpose: "The question is no longer in the manifest".to_owned(),
    }));
    let tier = defined.and_then(|part| channel.tiers.iter().find(|tier| tier.id == part.tier));
    let tier = tier.filter(|_| channel.tiers.len() > 1);
    PartView {
        number,
        id,
        when: made.when.clone(),
        tier: tier.map(|tier| tier.title.to_string()).unwrap_or_default(),
        rows,
    }
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
            Some(begins) if part.due < begins => format!("not before {}", moment(begins, now)),
            _ if part.due <= now => "any moment now".to_owned(),
            _ => format!("at {}", moment(part.due, now)),
        },
    }
}
