//! From a field of the kind `records` to a part whose questions are about each record.

use super::declared::Declared;
use super::field::{self, Asked};
use super::lint::{self, FieldPlace};
use super::read_source;
use super::reader::Node;
use super::source::{Amount, Format, Source, Take};
use super::{Field, Records};
use crate::id::FieldId;
use crate::limits::RECORDS_MAX;

/// Whether the field's kind is `records`.
pub(super) fn is_records(node: &Node<'_, '_>) -> bool {
    node.value("kind").is_some_and(|kind| kind.get_ref().as_str() == Some("records"))
}

/// Reads the field and its columns.
pub(super) fn records(
    node: Node<'_, '_>,
    declared: &Declared,
) -> Option<(Records, Vec<(Field, FieldPlace)>)> {
    let id = node.parsed("id", "name the field", FieldId::parse);
    let question = node.text("question", "ask in plain words what an operator is told you ask");
    let purpose = field::purpose(&node, declared);
    let expires = field::expires(&node);
    let unit = field::unit(&node);
    let max = node.number("records_max", 1..u64::from(RECORDS_MAX) + 1);
    if !node.has("records_max") {
        let fix = "write how many of one machine may travel, as in `records_max = 16`";
        node.missing("records_max", fix);
    }
    let fix = "say where the records are, as in `source = { command = [\"program\", \"--json\"], \
               pointer = \"/disks/*\" }`";
    let table = node.table("source", "`source`", fix);
    let rows = table.and_then(|table| read_source::source(table, false));
    if let Some(rows) = &rows {
        if let Some(what) = declared.stranger(rows) {
            node.note("source", what, "declare it in a [[database]]");
        }
        if !holds_records(rows) {
            let fix =
                "read JSON or TOML with a `pointer` alone, as in `\"/disks/*\"`, or put a query";
            node.note("source", "the source gives no records", fix);
        }
    }
    let columns = node.tables("column", "column");
    if columns.is_empty() {
        node.missing("column", "add a [[channel.part.field.column]] for each question about one");
    }
    let asked = purpose.zip(expires).map(|(purpose, expires)| Asked { purpose, expires });
    let mut fields: Vec<(Field, FieldPlace)> = Vec::new();
    for column in columns {
        let read = asked.as_ref().zip(rows.as_ref());
        match read {
            Some((asked, rows)) => fields.extend(self::column(column, asked, rows)),
            // What every column needs is missing and was noted: one thing at a time.
            None => column.pass_over(KEYS),
        }
    }
    let own = |(field, _): &(Field, FieldPlace)| id.as_ref() == Some(&field.id);
    if fields.iter().any(own) {
        node.note("id", "a column has the field's own id", "give each its own id");
    }
    node.finish();
    let max = u32::try_from(max?).ok()?;
    Some((Records { id: id?, question: question?, unit: unit?, max }, fields))
}

/// The keys of a column.
const KEYS: &[&str] = &[
    "id",
    "question",
    "kind",
    "choices",
    "suffixes",
    "unit",
    "buckets",
    "max",
    "bytes_max",
    "titles",
    "map",
    "sensitivity",
    "publish",
    "value",
];

fn column(node: Node<'_, '_>, asked: &Asked, rows: &Source) -> Option<(Field, FieldPlace)> {
    let fix = "say what of each record it is, as in `value = { pointer = \"/type\" }`";
    let value = node.table("value", "`value`", fix).map(|table| {
        let value = read_source::take(&table);
        lint::column(&table, &value);
        table.finish();
        value
    });
    let source = value.map(|value| Source::Record { rows: Box::new(rows.clone()), value });
    field::question(node, asked.clone(), source)
}

/// Whether a source gives records. More than a pointer would say something of a single value.
fn holds_records(source: &Source) -> bool {
    let is_plain = |take: &Take| {
        take.pointer.is_some()
            && take.pattern.is_none()
            && take.times == 1
            && take.amount == Amount::First
    };
    match source {
        Source::Sql { .. } => true,
        Source::File { format: Format::Json | Format::Toml, take, .. }
        | Source::Command { take, .. }
        | Source::Http { take, .. } => is_plain(take),
        _ => false,
    }
}
