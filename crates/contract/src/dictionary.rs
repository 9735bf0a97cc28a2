//! The data dictionary: one line for each question, for whoever works with the data.

use serde::Serialize;

use crate::calendar::PeriodKind;
use crate::kind::Kind;
use crate::manifest::{Channel, Field, Manifest, OTHER, Part, Sensitivity};
use crate::statement::markdown_cell;

/// Everything there is to know about one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The field's identifier: the key on the wire.
    pub field: String,
    /// The part it travels in.
    pub part: String,
    /// How many of the part one machine sends in a period at most, where each is a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records_max: Option<u32>,
    /// Its channel.
    pub channel: String,
    /// The smallest tier in which it is sent.
    pub tier: String,
    /// The question in plain words.
    pub question: String,
    /// The kind of its answers.
    pub kind: &'static str,
    /// Every possible value as it is written on the wire, of a flow its steps; of a version or a
    /// sample, none.
    pub values: Vec<String>,
    /// Buckets as they are written on the wire.
    pub buckets: Vec<String>,
    /// Numbers above this count as this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// What is counted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Why it is asked.
    pub purpose: String,
    /// What the answer tells about: `technical`, `usage` or `open-text`.
    pub sensitivity: &'static str,
    /// The last day on which it is asked.
    pub expires: String,
    /// Where it comes from.
    pub source: String,
    /// Whether releases show it.
    pub published: bool,
    /// How often it is sent: `day` or `week`.
    pub period: &'static str,
    /// Days that answers are kept.
    pub retention_days: u32,
}

/// All entries, in the manifest's order.
pub fn entries(manifest: &Manifest) -> Vec<Entry> {
    let mut entries = Vec::new();
    for channel in &manifest.channels {
        for part in &channel.parts {
            entries.extend(part.fields.iter().map(|field| entry(manifest, channel, part, field)));
        }
    }
    entries
}

fn entry(manifest: &Manifest, channel: &Channel, part: &Part, field: &Field) -> Entry {
    let kind = &field.kind;
    let mut values: Vec<String> = match kind {
        Kind::Flag => vec!["true".to_owned(), "false".to_owned()],
        _ => kind.choices().unwrap_or_default().iter().map(ToString::to_string).collect(),
    };
    if kind.choices().is_some() {
        values.push(OTHER.to_owned());
    }
    Entry {
        field: field.id.to_string(),
        part: part.id.to_string(),
        records_max: part.records.as_ref().map(|records| records.max),
        channel: channel.id.to_string(),
        tier: part.tier.to_string(),
        question: field.question.to_string(),
        kind: kind.name(),
        values,
        buckets: (0..).map_while(|index| kind.bucket_label(index)).collect(),
        max: kind.buckets().map(crate::kind::Buckets::max),
        unit: kind.unit().to_owned(),
        purpose: manifest.purpose(&field.purpose).to_owned(),
        sensitivity: match field.sensitivity {
            Sensitivity::Technical => "technical",
            Sensitivity::Usage => "usage",
            Sensitivity::OpenText => "open-text",
        },
        expires: field.expires.to_string(),
        source: field.source.in_words(),
        published: field.publish,
        period: match channel.period {
            PeriodKind::Day => "day",
            PeriodKind::Week => "week",
        },
        retention_days: channel.retention_days,
    }
}

/// The dictionary as JSON, for programs.
pub fn json(manifest: &Manifest) -> String {
    let mut text = serde_json::to_string_pretty(&entries(manifest)).unwrap_or_default();
    text.push('\n');
    text
}

/// The dictionary as a Markdown table, for people.
pub fn markdown(manifest: &Manifest) -> String {
    let head = [
        "field",
        "part",
        "channel",
        "tier",
        "kind",
        "possible values",
        "buckets",
        "unit",
        "question",
        "purpose",
        "sensitivity",
        "asked until",
        "read from",
    ];
    let mut text = format!(
        "# Data dictionary of {}\n\n\
         Made from the manifest {}. Numbers are sent as buckets alone; everything that a list does \
         not have is sent as `{OTHER}`.\n\n",
        markdown_cell(&manifest.program.title),
        manifest.hash(),
    );
    let mut row = |cells: &[String]| {
        text.push_str("| ");
        text.push_str(&cells.join(" | "));
        text.push_str(" |\n");
    };
    row(&head.map(ToOwned::to_owned));
    row(&head.map(|_| "---".to_owned()));
    for entry in entries(manifest) {
        let each = entry.records_max.map(|max| format!(" (up to {max} records)"));
        let published = if entry.published { "" } else { " (not published)" };
        row(&[
            code(&entry.field),
            code(&entry.part) + &each.unwrap_or_default(),
            code(&entry.channel),
            code(&entry.tier),
            format!("{}{published}", entry.kind),
            entry.values.iter().map(|value| code(value)).collect::<Vec<_>>().join(" "),
            entry.buckets.iter().map(|bucket| code(bucket)).collect::<Vec<_>>().join(" "),
            markdown_cell(&entry.unit),
            markdown_cell(&entry.question),
            markdown_cell(&entry.purpose),
            entry.sensitivity.to_owned(),
            entry.expires,
            markdown_cell(&entry.source),
        ]);
    }
    text
}

/// An identifier, a choice or a label has no character that needs escaping in a code span.
fn code(word: &str) -> String {
    format!("`{word}`")
}
