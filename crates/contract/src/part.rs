//! A part: fields that travel together, as canonical bytes.
//!
//! A part can be made in two ways only: from a decision on the machine (see `draft`), and by
//! [`check`] in the collector. Both use the same code.

use envelope::{Digest, Tag};
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::calendar::Period;
use crate::canonical;
use crate::definition::Definition;
use crate::limits::PART_BYTES_MAX;
use crate::problem::{Problem, Problems};
use crate::wire;

/// Fields that travel together: what a collector counts.
///
/// Its `Debug` shows neither tag nor answers.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    definition: Digest,
    period: Period,
    tag: Option<Tag>,
    answers: Vec<Option<Answer>>,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("period", &self.period).finish_non_exhaustive()
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
        Some(Self { definition: definition.hash(), period, tag, answers, bytes })
    }

    /// The canonical bytes: what is previewed, sent, kept in the ledger and receipted.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 over the bytes: what a receipt names.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
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

    /// Its answers, in the order of the definition's fields; `None` where there is none.
    pub fn answers(&self) -> &[Option<Answer>] {
        &self.answers
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
    canonical::to_bytes(&Value::Object(part)).ok()
}

/// Why bytes are no part that a collector takes.
#[derive(Debug)]
pub enum Refusal {
    /// The definition is unknown: the vendor has to load the manifest that has it.
    UnknownDefinition,
    /// The bytes break rules; every broken one is listed, no value is echoed.
    Invalid(Problems),
    /// The period is closed, or lies ahead.
    Period,
}

/// Checks bytes against the definition they name: the same rules by which a part is made.
///
/// `channel` is the program and channel to which the bytes were addressed, `find` looks a definition
/// up by its hash, `today` is the collector's day.
///
/// # Errors
/// Every problem at once, or that the definition or the period is not served here.
pub fn check<'d>(
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
    (program, channel): (&str, &str),
) -> Result<Members, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut note = |what: String, fix: &str| {
        problems.push(Problem { position: None, what, fix: fix.to_owned() });
    };
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let expected = [
        ("program", definition.program.as_str(), program),
        ("channel", definition.channel.as_str(), channel),
        ("part", definition.part.as_str(), definition.part.as_str()),
    ];
    for (key, defined, addressed) in expected {
        if text(key) != Some(defined) || defined != addressed {
            note(
                format!("`{key}` is not that of the definition"),
                "send the part where it belongs",
            );
        }
    }
    let period = text("period").and_then(|period| period.parse::<Period>().ok());
    let period = period.filter(|period| period.kind() == definition.period);
    if period.is_none() {
        note("`period` is no period of this channel".into(), "send a day or an ISO week");
    }
    let epoch = definition.identity != crate::calendar::Identity::None;
    let tag = text("tag").and_then(|tag| tag.parse::<Tag>().ok());
    if map.contains_key("tag") != epoch || tag.is_some() != epoch {
        note("`tag` does not fit the channel's identity".into(), "send 32 lower-case hex digits");
    }
    if tag == Some(Tag::ZERO) {
        note("`tag` is that of a draft".into(), "only a report that was agreed to has a tag");
    }
    let known = ["answers", "channel", "definition", "part", "period", "program", "tag"];
    // The unknown name itself is not echoed: it came from outside.
    if map.keys().any(|key| !known.contains(&key.as_str())) {
        note("the part has a member that it must not have".into(), "send only the members defined");
    }
    let answers = map.get("answers").and_then(Value::as_object);
    if answers.is_none_or(Map::is_empty) {
        note("`answers` is no object with at least one answer".into(), "send nothing instead");
    }
    let empty = Map::new();
    let answers = answers.unwrap_or(&empty);
    if answers.keys().any(|key| definition.index_of(key).is_none()) {
        note("an answer is to no question of the definition".into(), "send only what was asked");
    }
    let mut read = Vec::with_capacity(definition.fields.len());
    for shape in &definition.fields {
        let answer = answers.get(shape.id.as_str()).map(|value| wire::read(&shape.kind, value));
        if let Some(Err(error)) = &answer {
            note(format!("the answer `{}` {error}", shape.id), "send it as the definition says");
        }
        read.push(answer.and_then(Result::ok));
    }
    match (problems.is_empty(), period) {
        (true, Some(period)) => Ok((period, tag, read)),
        _ => Err(problems),
    }
}
