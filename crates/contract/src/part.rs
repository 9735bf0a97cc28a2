//! A part: fields that travel together, as canonical bytes.
//!
//! A part can be made in two ways only: from a decision on the machine (see `draft`), and by
//! [`check`] in the collector. Both use the same code.

use envelope::{Digest, Tag};
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::calendar::{Identity, Period};
use crate::canonical;
use crate::definition::Definition;
use crate::limits::PART_BYTES_MAX;
use crate::problem::{Problem, Problems};
use crate::wire;

mod straight;

/// Fields that travel together: what a collector counts. It is what is kept of it, and its answers.
///
/// Its `Debug` shows neither tag nor answers.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    kept: KeptPart,
    answers: Vec<Option<Answer>>,
}

impl std::ops::Deref for Part {
    type Target = KeptPart;

    fn deref(&self) -> &KeptPart {
        &self.kept
    }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("period", &self.kept.period).finish_non_exhaustive()
    }
}

impl Part {
    /// Private to the crate: [`check`] and a draft that was agreed to are the only callers.
    pub(crate) fn new(
        definition: &Definition,
        period: Period,
        tag: Option<Tag>,
        answers: Vec<Option<Answer>>,
    ) -> Option<Self> {
        let bytes = write(definition, period, tag, &answers)?;
        Some(Self::of_bytes(definition, (period, tag, answers), bytes))
    }

    /// The bytes are those that [`fn@write`] makes of the members.
    fn of_bytes(definition: &Definition, members: Members, bytes: Vec<u8>) -> Self {
        let (period, tag, answers) = members;
        let digest = Digest::of(&bytes);
        let kept = KeptPart { definition: definition.hash(), period, tag, bytes, digest };
        Self { kept, answers }
    }

    /// Its answers, in the order of the definition's fields; `None` where there is none.
    pub fn answers(&self) -> &[Option<Answer>] {
        &self.answers
    }

    /// What is kept of it.
    pub fn into_kept(self) -> KeptPart {
        self.kept
    }
}

/// A part on its way into a store: its bytes, without the answers that were read from them. They
/// were needed to check it; to hand dozens of them to another thread costs more than the rest.
///
/// Its `Debug` shows neither tag nor answers.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptPart {
    definition: Digest,
    period: Period,
    tag: Option<Tag>,
    bytes: Vec<u8>,
    digest: Digest,
}

impl std::fmt::Debug for KeptPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptPart").field("period", &self.period).finish_non_exhaustive()
    }
}

impl KeptPart {
    /// The canonical bytes: what is previewed, sent, kept in the ledger and receipted.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 over the bytes: what a receipt names.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The hash of its definition.
    pub fn definition(&self) -> Digest {
        self.definition
    }

    /// The period it is about.
    pub fn period(&self) -> Period {
        self.period
    }

    /// Its tag; `None` where the channel's identity is `none`.
    pub fn tag(&self) -> Option<Tag> {
        self.tag
    }
}

pub(crate) fn write(
    definition: &Definition,
    period: Period,
    tag: Option<Tag>,
    answers: &[Option<Answer>],
) -> Option<Vec<u8>> {
    let mut map = Map::new();
    for (shape, answer) in definition.fields.iter().zip(answers) {
        if let Some(answer) = answer {
            map.insert(shape.id.to_string(), wire::write(&shape.kind, answer)?);
        }
    }
    let mut part = Map::new();
    part.insert("answers".into(), map.into());
    part.insert("channel".into(), definition.channel.as_str().into());
    part.insert("definition".into(), definition.hash().to_string().into());
    part.insert("part".into(), definition.part.as_str().into());
    part.insert("period".into(), period.to_string().into());
    part.insert("program".into(), definition.program.as_str().into());
    if let Some(tag) = tag {
        part.insert("tag".into(), tag.to_string().into());
    }
    let bytes = canonical::to_bytes(&Value::Object(part)).ok()?;
    // The manifest's lint keeps every part below this; a collector takes nothing longer.
    (bytes.len() <= PART_BYTES_MAX).then_some(bytes)
}

/// Why bytes are no part that a collector takes.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The definition is unknown: the vendor has to load the manifest that has it.
    #[error("the collector knows no such definition")]
    UnknownDefinition,
    /// The bytes break rules; every broken one is listed, no value is echoed.
    #[error("the bytes are no part as its definition says")]
    Invalid(#[source] Problems),
    /// The period is closed, or lies ahead.
    #[error("the period is closed, or lies ahead")]
    Period,
}

/// Checks bytes against the definition they name: the same rules by which a part is made.
///
/// `channel` is the program and channel to which the bytes were addressed, `find` looks a
/// definition up by its hash, `today` is the collector's day.
///
/// # Errors
/// Every problem at once, or that the definition or the period is not served here.
pub fn check<'d>(
    bytes: &[u8],
    channel: (&str, &str),
    find: impl Fn(&Digest) -> Option<&'d Definition>,
    today: Date,
) -> Result<(Part, &'d Definition), Refusal> {
    if let Some(known) = check_straight(bytes, channel, &find) {
        return if known.0.period.accepts_on(today) { Ok(known) } else { Err(Refusal::Period) };
    }
    check_fully(bytes, channel, find, today)
}

/// Accepts what is written exactly as it should be; whatever is not is left to [`check_fully`].
fn check_straight<'d>(
    bytes: &[u8],
    channel: (&str, &str),
    find: impl Fn(&Digest) -> Option<&'d Definition>,
) -> Option<(Part, &'d Definition)> {
    if bytes.len() > PART_BYTES_MAX {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let definition = find(&straight::definition_of(text)?)?;
    let members = straight::members(text, definition, channel)?;
    Some((Part::of_bytes(definition, members, bytes.to_vec()), definition))
}

fn check_fully<'d>(
    bytes: &[u8],
    channel: (&str, &str),
    find: impl Fn(&Digest) -> Option<&'d Definition>,
    today: Date,
) -> Result<(Part, &'d Definition), Refusal> {
    let one = |what: &str, fix: &str| Refusal::Invalid(Problems::one(what, fix));
    if bytes.len() > PART_BYTES_MAX {
        let fix = format!("a part has at most {PART_BYTES_MAX} bytes");
        return Err(one("the part is too large", &fix));
    }
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|_| one("the body is no JSON text", "send one part as a JSON object"))?;
    let map =
        value.as_object().ok_or_else(|| one("the body is no JSON object", "send one part"))?;
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let hash = text("definition").and_then(|hash| hash.parse().ok()).ok_or_else(|| {
        one("`definition` is no SHA-256 in lower-case hex", "name the part's definition")
    })?;
    let definition = find(&hash).ok_or(Refusal::UnknownDefinition)?;
    let (period, tag, answers) = check_members(map, definition, channel).map_err(|problems| {
        match Problems::none_or(problems) {
            Err(problems) => Refusal::Invalid(problems),
            Ok(()) => one("the part is incomplete", "send every member"),
        }
    })?;
    if !period.accepts_on(today) {
        return Err(Refusal::Period);
    }
    let part = Part::new(definition, period, tag, answers)
        .ok_or_else(|| one("the part cannot be written", "report this as a fault of Candor"))?;
    // Catches duplicate keys, spaces, other escapes and anything else that has two spellings.
    if part.bytes != bytes {
        let fix = "send the RFC 8785 form, with each key once";
        return Err(one("the body is not in canonical form", fix));
    }
    Ok((part, definition))
}

type Members = (Period, Option<Tag>, Vec<Option<Answer>>);

fn check_members(
    map: &Map<String, Value>,
    definition: &Definition,
    addressed: (&str, &str),
) -> Result<Members, Vec<Problem>> {
    let mut problems = Notes::default();
    check_address(&mut problems, map, definition, addressed);
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let period = text("period").and_then(|period| period.parse::<Period>().ok());
    let period = period.filter(|period| period.kind() == definition.period);
    if period.is_none() {
        problems.note("`period` is no period of this channel", "send a day or an ISO week");
    }
    let tagged = definition.identity != Identity::None;
    let tag = text("tag").and_then(|tag| tag.parse::<Tag>().ok());
    if map.contains_key("tag") != tagged || tag.is_some() != tagged {
        let fix = "send 32 lower-case hex digits, and no `tag` where identity is `none`";
        problems.note("`tag` does not fit the channel's identity", fix);
    }
    if tag == Some(Tag::ZERO) {
        let fix = "only a report that was agreed to has a tag";
        problems.note("`tag` is that of a draft", fix);
    }
    let answers = check_answers(&mut problems, map, definition);
    match (problems.0.is_empty(), period) {
        (true, Some(period)) => Ok((period, tag, answers)),
        _ => Err(problems.0),
    }
}

/// Problems found so far.
#[derive(Default)]
struct Notes(Vec<Problem>);

impl Notes {
    fn note(&mut self, what: impl Into<String>, fix: &str) {
        self.0.push(Problem { position: None, what: what.into(), fix: fix.to_owned() });
    }
}

fn check_address(
    problems: &mut Notes,
    map: &Map<String, Value>,
    definition: &Definition,
    (program, channel): (&str, &str),
) {
    let expected = [
        ("program", definition.program.as_str(), program),
        ("channel", definition.channel.as_str(), channel),
        ("part", definition.part.as_str(), definition.part.as_str()),
    ];
    for (key, defined, addressed) in expected {
        if map.get(key).and_then(Value::as_str) != Some(defined) || defined != addressed {
            let what = format!("`{key}` is not that of the definition");
            problems.note(what, "send the part where it belongs");
        }
    }
    let known = ["answers", "channel", "definition", "part", "period", "program", "tag"];
    // The unknown name itself is not echoed: it came from outside.
    if map.keys().any(|key| !known.contains(&key.as_str())) {
        let fix = "send only the members defined";
        problems.note("the part has a member that it must not have", fix);
    }
}

fn check_answers(
    problems: &mut Notes,
    map: &Map<String, Value>,
    definition: &Definition,
) -> Vec<Option<Answer>> {
    let answers = map.get("answers").and_then(Value::as_object);
    if answers.is_none_or(Map::is_empty) {
        let what = "`answers` is no object with at least one answer";
        problems.note(what, "send nothing instead");
    }
    let empty = Map::new();
    let answers = answers.unwrap_or(&empty);
    if answers.keys().any(|key| definition.index_of(key).is_none()) {
        let what = "an answer is to no question of the definition";
        problems.note(what, "send only what was asked");
    }
    let mut read = Vec::with_capacity(definition.fields.len());
    for shape in &definition.fields {
        let answer = answers.get(shape.id.as_str()).map(|value| wire::read(&shape.kind, value));
        if let Some(Err(error)) = &answer {
            let what = format!("the answer `{}` {error}", shape.id);
            problems.note(what, "send it as the definition says");
        }
        read.push(answer.and_then(Result::ok));
    }
    read
}
