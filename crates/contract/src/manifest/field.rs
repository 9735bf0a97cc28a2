//! From a field's table to a question: its kind with every bound, and its source.

use std::collections::BTreeMap;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::DeValue;

use super::declared::Declared;
use super::lint::{self, FieldPlace};
use super::read_source::{SYSTEM_EXAMPLE, source};
use super::reader::{Found, Node};
use super::source::Source;
use super::{Field, OTHER, Sensitivity};
use crate::id::{Choice, FieldId, PurposeId};
use crate::kind::{Buckets, Kind, Measure, Moves, SAMPLE_BYTES_DEFAULT, read_bound};
use crate::limits::{CHOICES_MAX, EXPIRY_YEAR_MAX, INTEGER_MAX, SAMPLE_BYTES_MAX, STEPS_MAX};

/// Why and until when a question is asked.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) purpose: PurposeId,
    pub(super) expires: Date,
}

pub(super) fn field(node: Node<'_, '_>, declared: &Declared) -> Option<(Field, FieldPlace)> {
    let (purpose, expires) = (purpose(&node, declared), expires(&node));
    let fix = format!("say where the answer comes from, as in `source = {SYSTEM_EXAMPLE}`");
    let source = node.table("source", "`source`", &fix).and_then(|table| source(table, false));
    if let Some(what) = source.as_ref().and_then(|source| declared.stranger(source)) {
        node.note("source", what, "declare it in a [[database]]");
    }
    let is_asked = purpose.is_some() && expires.is_some();
    // The rest is looked at all the same, so that everything is told at once.
    let purpose = purpose.or_else(|| PurposeId::parse("none").ok())?;
    let asked = Asked { purpose, expires: expires.unwrap_or(Date::MIN) };
    question(node, asked, source).filter(|_| is_asked)
}

/// Reads what a question and a column have in common.
pub(super) fn question(
    node: Node<'_, '_>,
    asked: Asked,
    source: Option<Source>,
) -> Option<(Field, FieldPlace)> {
    let place = FieldPlace { field: node.at.clone(), question: node.place("question") };
    let id = node.parsed("id", "name the field", FieldId::parse);
    let question = node.text("question", "ask in plain words what an operator is told you ask");
    let kind = kind(&node);
    if kind.is_none() {
        // Its own keys would only be called unknown now.
        node.pass_over(&[
            "choices",
            "suffixes",
            "unit",
            "buckets",
            "max",
            "bytes_max",
            "steps",
            "moves_max",
        ]);
    }
    let sensitivity = sensitivity(&node, kind.as_ref());
    let publish = node.flag("publish").unwrap_or(true);
    let titles = titles(&node, kind.as_ref());
    let map = map(&node, kind.as_ref());
    if let (Some(kind), Some(source)) = (&kind, &source) {
        lint::fits(&node, kind, source);
    }
    node.finish();
    let field = Field {
        id: id?,
        question: question?,
        purpose: asked.purpose,
        kind: kind?,
        titles,
        source: source?,
        map,
        sensitivity,
        expires: asked.expires,
        publish,
    };
    Some((field, place))
}

pub(super) fn purpose(node: &Node<'_, '_>, declared: &Declared) -> Option<PurposeId> {
    let purpose = node.parsed("purpose", "name the purpose that needs it", PurposeId::parse)?;
    if !declared.uses(&purpose) {
        let what = format!("there is no purpose `{purpose}`");
        node.note("purpose", what, "say what will be decided with the answer in a [[purpose]]");
    }
    Some(purpose)
}

pub(super) fn expires(node: &Node<'_, '_>) -> Option<Date> {
    let fix = "write the day after which it need not be asked any more, as in \
               `expires = 2027-12-31`; you can move it later";
    let day = node.day("expires", fix)?;
    if day.year() > EXPIRY_YEAR_MAX {
        let fix = "write when you will look at the question again; you can move it later";
        node.note("expires", format!("a question until {day} never expires"), fix);
    }
    Some(day)
}

fn sensitivity(node: &Node<'_, '_>, kind: Option<&Kind>) -> Sensitivity {
    let words = [
        ("technical", Sensitivity::Technical),
        ("usage", Sensitivity::Usage),
        ("open-text", Sensitivity::OpenText),
    ];
    let named = node.word("sensitivity", &words);
    if !matches!(kind, Some(Kind::Sample { .. })) {
        return named.unwrap_or(Sensitivity::Technical);
    }
    if named.is_some_and(|named| named != Sensitivity::OpenText) {
        let fix = "write `sensitivity = \"open-text\"`, or leave it out";
        node.note("sensitivity", "a sample is open text, whatever it is about", fix);
    }
    Sensitivity::OpenText
}

/// The kinds of the manifest, and what each needs beside its name.
const KINDS: &str = "flag, choice (choices), version (suffixes), count (unit, buckets, max), \
                     size (buckets, max), duration (buckets, max), set (choices), \
                     counts (choices, unit, buckets, max), \
                     flow (steps, moves_max, unit, buckets, max), \
                     sample (bytes_max, buckets, max), \
                     records (unit, records_max, column)";

fn kind(node: &Node<'_, '_>) -> Option<Kind> {
    let name = node.string("kind", &format!("write one of: {KINDS}"))?;
    match name.as_str() {
        "flag" => Some(Kind::Flag),
        "choice" => choices(node).map(|choices| Kind::Choice { choices }),
        "version" => Some(Kind::Version { suffixes: choice_list(node, "suffixes") }),
        "count" => {
            let unit = unit(node);
            let buckets = buckets(node, Measure::Things);
            Some(Kind::Count { unit: unit?, buckets: buckets? })
        }
        "size" => buckets(node, Measure::Bytes).map(|buckets| Kind::Size { buckets }),
        "duration" => buckets(node, Measure::Seconds).map(|buckets| Kind::Duration { buckets }),
        "set" => choices(node).map(|choices| Kind::Set { choices }),
        "counts" => {
            let choices = choices(node);
            let unit = unit(node);
            let buckets = buckets(node, Measure::Things);
            Some(Kind::Counts { choices: choices?, unit: unit?, buckets: buckets? })
        }
        "flow" => flow(node),
        "sample" => {
            let bytes_max = node.number("bytes_max", 1..u64::from(SAMPLE_BYTES_MAX) + 1);
            let bytes_max = bytes_max.and_then(|n| u32::try_from(n).ok());
            let buckets = node.has("buckets").then(|| buckets(node, Measure::Things)).flatten();
            Some(Kind::Sample { bytes_max: bytes_max.unwrap_or(SAMPLE_BYTES_DEFAULT), buckets })
        }
        "text" | "string" | "free-text" => {
            let fix = "there is no free-text kind: list the choices, or use `sample`, which is \
                       cleaned and published only when many have the same value";
            node.note("kind", format!("`{name}` is no kind"), fix);
            None
        }
        _ => {
            node.note("kind", format!("`{name}` is no kind"), format!("write one of: {KINDS}"));
            None
        }
    }
}

pub(super) fn unit(node: &Node<'_, '_>) -> Option<String> {
    let fix = "say in the plural what is counted, as in `unit = \"devices\"`";
    let unit = node.string("unit", fix)?;
    // It stands beside numbers on pages: a few plain words.
    if Choice::parse(&unit).is_err() {
        node.note("unit", "the unit is no plain word", fix);
        return None;
    }
    Some(unit)
}

fn flow(node: &Node<'_, '_>) -> Option<Kind> {
    let fix = "list the steps that may leave, as in `steps = [\"search\", \"result\"]`; every \
               other one is sent as `other`";
    if !node.has("steps") {
        node.missing("steps", fix);
    }
    let steps = choice_list(node, "steps");
    if steps.len() > STEPS_MAX {
        let fix = format!("keep to {STEPS_MAX}: there is a number for each move between two steps");
        node.note("steps", format!("there are {} steps", steps.len()), fix);
    }
    let moves = u64::try_from(Moves(&steps).len()).unwrap_or(u64::MAX);
    let moves_max = node.number("moves_max", 1..moves.saturating_add(1));
    let (unit, buckets) = (unit(node), buckets(node, Measure::Things));
    if steps.is_empty() || steps.len() > STEPS_MAX {
        return None;
    }
    let moves_max = moves_max.and_then(|most| u32::try_from(most).ok());
    Some(Kind::Flow { steps, moves_max, unit: unit?, buckets: buckets? })
}

fn choices(node: &Node<'_, '_>) -> Option<Vec<Choice>> {
    if !node.has("choices") {
        let fix = "list the answers that may leave, as in `choices = [\"ext4\", \"xfs\"]`; \
                   everything else is sent as `other`";
        node.missing("choices", fix);
        return None;
    }
    let choices = choice_list(node, "choices");
    (!choices.is_empty()).then_some(choices)
}

fn choice_list(node: &Node<'_, '_>, key: &'static str) -> Vec<Choice> {
    let mut list: Vec<Choice> = Vec::new();
    let found = node.strings(key).unwrap_or_default();
    if found.len() > CHOICES_MAX || (found.is_empty() && node.has(key)) {
        let what = format!("`{key}` has {} entries", found.len());
        node.note(key, what, format!("write 1 to {CHOICES_MAX}"));
    }
    for Found { value, at } in found {
        match Choice::parse(&value) {
            Ok(choice) if list.contains(&choice) => {
                node.reader.note(&at, format!("`{choice}` is there twice"), "remove one");
            }
            Ok(choice) if choice.as_str() == OTHER => {
                let fix = "remove it: everything that is not listed is `other` already";
                node.reader.note(&at, "`other` is listed", fix);
            }
            Ok(choice) => {
                let same = |known: &&Choice| known.as_str().eq_ignore_ascii_case(&value);
                if let Some(known) = list.iter().find(same) {
                    let what = format!("`{choice}` and `{known}` differ in case alone");
                    node.reader.note(&at, what, "keep one: answers are compared without case");
                }
                list.push(choice);
            }
            Err(error) => {
                let fix = "write it so here, and what the source says in `map`";
                node.reader.note(&at, error.to_string(), fix);
            }
        }
    }
    list
}

fn buckets(node: &Node<'_, '_>, measure: Measure) -> Option<Buckets> {
    let example = match measure {
        Measure::Things => "buckets = [0, 1, 10, 100]` and `max = 10000",
        Measure::Bytes => "buckets = [\"1 GiB\", \"4 GiB\"]` and `max = \"1 TiB\"",
        Measure::Seconds => "buckets = [\"1 h\", \"1 d\"]` and `max = \"365 d\"",
    };
    let fix = format!("write `{example}`: only the bucket is sent, never the number");
    for key in ["buckets", "max"] {
        if !node.has(key) {
            node.missing(key, &fix);
        }
    }
    let from: Vec<Option<u64>> =
        node.items("buckets")?.into_iter().map(|value| bound(node, value, measure)).collect();
    let max = bound(node, node.value("max")?, measure)?;
    let from: Vec<u64> = from.into_iter().collect::<Option<_>>()?;
    Buckets::new(from, max).map_err(|e| node.note("buckets", e.to_string(), fix.as_str())).ok()
}

fn bound(node: &Node<'_, '_>, value: &Spanned<DeValue<'_>>, measure: Measure) -> Option<u64> {
    let (number, said) = match value.get_ref() {
        DeValue::Integer(number) => (number.as_str().parse().ok(), number.as_str().to_owned()),
        DeValue::String(text) => (read_bound(text, measure), text.to_string()),
        _ => (None, "this".to_owned()),
    };
    let number = number.filter(|number| *number <= INTEGER_MAX);
    if number.is_none() {
        let fix = match measure {
            Measure::Things => "write a whole number, as in `10`",
            Measure::Bytes => "write a whole number of B, KiB, MiB, GiB or TiB, as in `\"4 GiB\"`",
            Measure::Seconds => "write a whole number of s, min, h or d, as in `\"90 min\"`",
        };
        node.reader.note(&value.span(), format!("`{said}` is no bound of a bucket"), fix);
    }
    number
}

fn titles(node: &Node<'_, '_>, kind: Option<&Kind>) -> BTreeMap<Choice, String> {
    let mut titles = BTreeMap::new();
    for (name, title) in node.entries("titles") {
        match known_choice(kind, &name.value) {
            Some(choice) => drop(titles.insert(choice, title.value)),
            None => not_listed(node, kind, &name),
        }
    }
    titles
}

fn map(node: &Node<'_, '_>, kind: Option<&Kind>) -> BTreeMap<String, Choice> {
    let mut map = BTreeMap::new();
    for (raw, choice) in node.entries("map") {
        if !raw.value.is_ascii() {
            let what = format!("`{}` has a letter outside ASCII", raw.value);
            node.reader.note(&raw.at, what, "choose a source whose words have none");
        }
        match known_choice(kind, &choice.value) {
            Some(choice) => drop(map.insert(raw.value, choice)),
            None => not_listed(node, kind, &choice),
        }
    }
    map
}

fn known_choice(kind: Option<&Kind>, text: &str) -> Option<Choice> {
    kind?.choices()?.iter().find(|choice| choice.as_str() == text).cloned()
}

fn not_listed(node: &Node<'_, '_>, kind: Option<&Kind>, name: &Found<String>) {
    if kind.is_none() {
        return;
    }
    let what = format!("`{}` is not among the field's choices", name.value);
    node.reader.note(&name.at, what, "list it there, or remove it here");
}
