//! JSON Schema (2020-12) of each part, exactly as it is written on the wire.
//!
//! A part that is valid by its schema, in RFC 8785 form and of an open period is one that `check`
//! accepts; what a schema cannot say is said in its descriptions.

use serde_json::{Map, Value, json};

use crate::calendar::{Identity, PeriodKind};
use crate::definition::{Definition, FieldShape};
use crate::id::Choice;
use crate::kind::{Kind, MOVE};
use crate::limits::{PART_BYTES_MAX, VERSION_DIGITS_MAX, VERSION_NUMBERS_MAX};
use crate::manifest::{Channel, Manifest, OTHER, Part};

/// The schema of one part.
pub fn of_part(manifest: &Manifest, channel: &Channel, part: &Part) -> Value {
    let definition = Definition::new(&manifest.program.id, channel, part);
    let mut answers = Map::new();
    for shape in &definition.fields {
        let mut schema = answer(shape);
        if let (Some(field), Some(map)) = (channel.field(shape.id.as_str()), schema.as_object_mut())
        {
            map.insert("description".into(), field.question.to_string().into());
        }
        answers.insert(shape.id.to_string(), schema);
    }
    let mut members = json!({
        "answers": {
            "type": "object",
            "description": "Questions without an answer are left out; there is at least one.",
            "properties": answers,
            "additionalProperties": false,
            "minProperties": 1,
        },
        "channel": { "const": channel.id.as_str() },
        "definition": {
            "const": definition.hash().to_string(),
            "description": "SHA-256 over the RFC 8785 form of the part's definition.",
        },
        "part": { "const": part.id.as_str() },
        "period": period(channel.period),
        "program": { "const": manifest.program.id.as_str() },
    });
    if let Some(map) = members.as_object_mut()
        && definition.identity != Identity::None
    {
        map.insert("tag".into(), tag());
    }
    let required: Vec<String> =
        members.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{}: the part {} of {}", manifest.program.title, part.id, channel.id),
        "description": description(part),
        "type": "object",
        "properties": members,
        "required": required,
        "additionalProperties": false,
    })
}

fn description(part: &Part) -> String {
    let form = format!("On the wire in RFC 8785 form, at most {PART_BYTES_MAX} bytes.");
    match &part.records {
        Some(records) => {
            format!("One of up to {} {} of a machine. {form}", records.max, records.unit)
        }
        None => form,
    }
}

/// The schemas of all parts as one document: a part is valid if it is one of them.
pub fn of_manifest(manifest: &Manifest) -> Value {
    let mut definitions = Map::new();
    for channel in &manifest.channels {
        for part in &channel.parts {
            let name = format!("{}.{}", channel.id, part.id);
            let mut schema = of_part(manifest, channel, part);
            if let Some(map) = schema.as_object_mut() {
                map.remove("$schema");
            }
            definitions.insert(name, schema);
        }
    }
    let one_of: Vec<Value> =
        definitions.keys().map(|name| json!({ "$ref": format!("#/$defs/{name}") })).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{}: everything that may be sent", manifest.program.title),
        "oneOf": one_of,
        "$defs": definitions,
    })
}

/// [`of_manifest`] as a file: indented, so that a person can read it.
pub fn file(manifest: &Manifest) -> String {
    let mut text = serde_json::to_string_pretty(&of_manifest(manifest)).unwrap_or_default();
    text.push('\n');
    text
}

fn period(kind: PeriodKind) -> Value {
    match kind {
        PeriodKind::Day => json!({
            "type": "string",
            "description": "A day of the calendar, in UTC.",
            "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
            "format": "date",
        }),
        PeriodKind::Week => json!({
            "type": "string",
            "description": "An ISO 8601 week, in UTC.",
            "pattern": "^[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])$",
        }),
    }
}

fn tag() -> Value {
    json!({
        "type": "string",
        "description": "32 lower-case hexadecimal digits; all zero in drafts, which are refused.",
        "pattern": "^[0-9a-f]{32}$",
        "not": { "const": "00000000000000000000000000000000" },
    })
}

fn answer(shape: &FieldShape) -> Value {
    let kind = &shape.kind;
    match kind {
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Choice { choices } => json!({ "enum": with_other(choices) }),
        Kind::Version { suffixes } => version(suffixes),
        Kind::Count { .. } | Kind::Size { .. } | Kind::Duration { .. } => {
            json!({ "enum": labels(kind) })
        }
        Kind::Set { choices } => json!({
            "type": "array",
            "items": { "enum": with_other(choices) },
            "uniqueItems": true,
            "$comment": "Sorted by bytes.",
        }),
        Kind::Counts { choices, .. } => {
            let buckets = json!({ "enum": labels(kind) });
            let entries: Map<String, Value> = with_other(choices)
                .into_iter()
                .map(|choice| (choice.to_owned(), buckets.clone()))
                .collect();
            json!({ "type": "object", "properties": entries, "additionalProperties": false })
        }
        Kind::Flow { steps, .. } => {
            let steps: Vec<_> = with_other(steps).into_iter().map(literal).collect();
            let step = format!("({})", steps.join("|"));
            json!({
                "type": "object",
                "propertyNames": { "pattern": format!("^{step}{MOVE}{step}$") },
                "maxProperties": kind.things_max(),
                "additionalProperties": { "enum": labels(kind) },
            })
        }
        Kind::Sample { bytes_max, buckets } => {
            let value = json!({
                "type": "string",
                "minLength": 1,
                "maxLength": bytes_max,
                "$comment": "The bound counts bytes of UTF-8. No control or invisible characters, \
                             no space at either end.",
            });
            if buckets.is_none() {
                return value;
            }
            json!({
                "type": "object",
                "properties": { "count": { "enum": labels(kind) }, "value": value },
                "required": ["count", "value"],
                "additionalProperties": false,
            })
        }
    }
}

fn with_other(choices: &[Choice]) -> Vec<&str> {
    choices.iter().map(Choice::as_str).chain([OTHER]).collect()
}

fn labels(kind: &Kind) -> Vec<String> {
    (0..).map_while(|index| kind.bucket_label(index)).collect()
}

fn version(suffixes: &[Choice]) -> Value {
    let number = format!("(0|[1-9][0-9]{{0,{}}})", VERSION_DIGITS_MAX - 1);
    let mut pattern = format!("^(other|{number}(\\.{number}){{0,{}}}", VERSION_NUMBERS_MAX - 1);
    if !suffixes.is_empty() {
        let names: Vec<_> = suffixes.iter().map(|suffix| literal(suffix.as_str())).collect();
        pattern = format!("{pattern}(-({}))?", names.join("|"));
    }
    pattern.push_str(")$");
    json!({ "type": "string", "pattern": pattern })
}

/// A text as a pattern that matches it alone.
fn literal(text: &str) -> String {
    let escape = |c: char| match c {
        '.' | '+' => format!("\\{c}"),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}
