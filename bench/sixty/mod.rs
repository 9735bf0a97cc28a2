//! A fictional vendor's manifest of one part of 60 fields, and such parts: shared by measurements.

use std::fmt::Write as _;

use contract::definition::Definition;
use serde_json::{Map, Value, json};

/// Fields of the part, of which a third each are flags, numbers and choices.
pub(crate) const FIELDS: usize = 60;

/// The manifest's text.
pub(crate) fn manifest(root: &str) -> String {
    let mut text = include_str!("manifest.toml").replace("ROOT", root);
    for field in 0..FIELDS {
        let name = name(field);
        let kind = match field % 3 {
            0 => "kind = \"flag\"".to_owned(),
            1 => "kind = \"count\"\nunit = \"things\"\nbuckets = [0, 1, 10, 100, 1000]\n\
                  max = 100000"
                .to_owned(),
            _ => {
                let choices: Vec<String> = (0..8).map(|n| format!("\"choice-{n}\"")).collect();
                format!("kind = \"choice\"\nchoices = [{}]", choices.join(", "))
            }
        };
        let _ = write!(
            text,
            "\n[[channel.part.field]]\nid = \"{name}\"\nquestion = \"How is setting {field} \
             set?\"\npurpose = \"support\"\n{kind}\nsource = {{ command = [\"larkspur\", \
             \"{name}\"] }}\nexpires = 2031-12-31\n",
        );
    }
    text
}

/// The part of a period under a tag, with answers to the first fields, drawn by these numbers.
pub(crate) fn part(
    definition: &Definition,
    (period, tag): (&str, &str),
    fields: usize,
    mixed: impl Fn(usize) -> usize,
) -> Vec<u8> {
    let answer = |field: usize| {
        let mixed = mixed(field);
        match field % 3 {
            0 => Value::from(mixed.is_multiple_of(2)),
            1 => ["0", "1-9", "10-99", "100-999", "1000+"][mixed % 5].into(),
            _ => format!("choice-{}", mixed % 8).into(),
        }
    };
    let answers: Map<String, Value> =
        (0..fields).map(|field| (name(field), answer(field))).collect();
    let part = json!({
        "answers": answers,
        "channel": "usage",
        "definition": definition.hash().to_string(),
        "part": definition.part.as_str(),
        "period": period,
        "program": "larkspur",
        "tag": tag,
    });
    contract::canonical::to_bytes(&part).unwrap()
}

fn name(field: usize) -> String {
    format!("setting-of-module-{field:02}")
}
