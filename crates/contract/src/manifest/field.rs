//! From a field's table to a question: its kind with every bound, and its source.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::reader::{Found, Node};
use super::source::{Amount, Format, SYSTEM_FACTS, Source, Take};
use super::{Field, OTHER, Sensitivity};
use crate::id::{Choice, FieldId, PurposeId};
use crate::kind::{Buckets, Kind, Measure, SAMPLE_BYTES_DEFAULT, read_bound};
use crate::limits::{CHOICES_MAX, INTEGER_MAX, SAMPLE_BYTES_MAX};
use crate::text::Text;

pub(super) fn field(node: Node<'_, '_>, purposes: &BTreeMap<PurposeId, Text>) -> Option<Field> {
    let id = node.parsed("id", "name the field", FieldId::parse);
    let question = node.text("question", "ask in plain words what an operator is told you ask");
    let purpose = node.parsed("purpose", "name the purpose that needs it", PurposeId::parse);
    if let Some(purpose) = &purpose
        && !purposes.contains_key(purpose)
    {
        let what = format!("there is no purpose `{purpose}`");
        node.note("purpose", what, "say what will be decided with the answer in a [[purpose]]");
    }
    let fix = "write the day after which it need not be asked any more; you can move it later";
    let expires: Option<Date> = node.day("expires", fix);
    let kind = kind(&node);
    let sensitivities = [
        ("technical", Sensitivity::Technical),
        ("usage", Sensitivity::Usage),
        ("open-text", Sensitivity::OpenText),
    ];
    let sensitivity = node.word("sensitivity", &sensitivities).unwrap_or(
        if matches!(kind, Some(Kind::Sample { .. })) {
            Sensitivity::OpenText
        } else {
            Sensitivity::Technical
        },
    );
    let publish = node.flag("publish").unwrap_or(true);
    let titles = titles(&node, kind.as_ref());
    let map = map(&node, kind.as_ref());
    let fix = "say where the answer comes from, as in `source = { system = \"os.id\" }`";
    let source = node.table("source", "`source`", fix).and_then(source);
    node.finish();
    Some(Field {
        id: id?,
        question: question?,
        purpose: purpose?,
        kind: kind?,
        titles,
        source: source?,
        map,
        sensitivity,
        expires: expires?,
        publish,
    })
}

/// The kinds of the manifest, and what each needs beside its name.
const KINDS: &str = "flag, choice (choices), version (suffixes), count (unit, buckets, max), \
                     size (buckets, max), duration (buckets, max), set (choices), \
                     counts (choices, unit, buckets, max), sample (bytes_max, buckets, max)";

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
        "sample" => {
            let bytes_max = node.number("bytes_max", 1..SAMPLE_BYTES_MAX as u64 + 1);
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

fn unit(node: &Node<'_, '_>) -> Option<String> {
    node.string("unit", "say in the plural what is counted, as in `unit = \"devices\"`")
}

fn choices(node: &Node<'_, '_>) -> Option<Vec<Choice>> {
    if !node.has("choices") {
        let fix = "list the answers that may leave; everything else is sent as `other`";
        node.note("choices", "the field has no `choices`", fix);
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
            Ok(choice) => list.push(choice),
            Err(error) => node.reader.note(&at, error.to_string(), "write it so"),
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
            node.note(key, format!("the field has no `{key}`"), fix.as_str());
        }
    }
    let read = |value: &toml::Spanned<toml::de::DeValue<'_>>| {
        let number = match value.get_ref() {
            toml::de::DeValue::Integer(number) => number.as_str().parse().ok(),
            toml::de::DeValue::String(text) => read_bound(text, measure),
            _ => None,
        };
        let number = number.filter(|number| *number <= INTEGER_MAX);
        if number.is_none() {
            node.reader.note(&value.span(), "this is no bound", fix.as_str());
        }
        number
    };
    let from: Vec<u64> = node.items("buckets")?.into_iter().filter_map(read).collect();
    let max = node.value("max").and_then(read)?;
    Buckets::new(from, max).map_err(|e| node.note("buckets", e.to_string(), fix.as_str())).ok()
}

fn titles(node: &Node<'_, '_>, kind: Option<&Kind>) -> BTreeMap<Choice, String> {
    let mut titles = BTreeMap::new();
    for (name, title) in node.entries("titles") {
        match known_choice(kind, &name.value) {
            Some(choice) => drop(titles.insert(choice, title.value)),
            None => not_listed(node, &name),
        }
    }
    titles
}

fn map(node: &Node<'_, '_>, kind: Option<&Kind>) -> BTreeMap<String, Choice> {
    let mut map = BTreeMap::new();
    for (raw, choice) in node.entries("map") {
        match known_choice(kind, &choice.value) {
            Some(choice) => drop(map.insert(raw.value, choice)),
            None => not_listed(node, &choice),
        }
    }
    map
}

fn known_choice(kind: Option<&Kind>, text: &str) -> Option<Choice> {
    kind?.choices()?.iter().find(|choice| choice.as_str() == text).cloned()
}

fn not_listed(node: &Node<'_, '_>, name: &Found<String>) {
    let what = format!("`{}` is not among the field's choices", name.value);
    node.reader.note(&name.at, what, "list it there, or remove it here");
}

/// The sources of the manifest.
const SOURCES: &str = "{ system = \"os.id\" }, { command = [\"program\", \"argument\"] }, \
                       { file = \"/absolute/path\" }";

fn source(node: Node<'_, '_>) -> Option<Source> {
    let source = if node.has("system") {
        node.word("system", SYSTEM_FACTS).map(|fact| Source::System { fact })
    } else if node.has("command") {
        let argv = node.strings("command").unwrap_or_default();
        let argv: Vec<String> = argv.into_iter().map(|found| found.value).collect();
        let take = take(&node);
        (!argv.is_empty()).then_some(Source::Command { argv, take })
    } else if node.has("file") {
        let formats = [
            ("text", Format::Text),
            ("json", Format::Json),
            ("toml", Format::Toml),
            ("ini", Format::Ini),
        ];
        let format = node.word("format", &formats).unwrap_or(Format::Text);
        let take = take(&node);
        node.optional_string("file").map(|path| Source::File { path, format, take })
    } else {
        node.note("", "the source names nothing to read", format!("write one of {SOURCES}"));
        None
    };
    if let Some(source) = &source {
        super::lint::source(&node, source);
    }
    node.finish();
    source
}

fn take(node: &Node<'_, '_>) -> Take {
    let pattern = node.optional_string("pattern");
    if let Some(pattern) = &pattern
        && let Err(error) = regex_lite::Regex::new(pattern)
    {
        node.note("pattern", format!("the pattern cannot be read: {error}"), "mend it");
    }
    let amounts = [("first", Amount::First), ("all", Amount::All), ("number", Amount::Number)];
    Take {
        pattern,
        pointer: node.optional_string("pointer"),
        amount: node.word("take", &amounts).unwrap_or(Amount::First),
        times: node.number("times", 1..1 << 41).unwrap_or(1),
    }
}
