//! One question on a channel's page: its chart, its table, and what is to be said about both.

mod drawing;
mod highlight;
mod history;
mod said;
mod tables;

use contract::release::{FieldTable, Folded, Number, Release, Table};

pub(crate) use drawing::beneath;
pub(crate) use highlight::Highlight;
pub(crate) use history::recent;
pub(crate) use tables::in_full;

use crate::number::{bucket, clamped, ratio};
use crate::text::{Markup, shown};

/// A question as the page shows it.
pub(crate) struct Field {
    pub(crate) id: String,
    pub(crate) question: String,
    pub(crate) purpose: String,
    /// Who answered, as a sentence.
    pub(crate) answered: String,
    /// None when too few answered.
    pub(crate) chart: Option<Markup>,
    /// A page about what lies beneath its values.
    pub(crate) more: Option<String>,
    /// What the chart does not say.
    pub(crate) notes: Vec<String>,
    pub(crate) tables: Vec<Sheet>,
    pub(crate) csv: String,
    /// The one number of this question, for the top of the page.
    pub(crate) highlight: Option<Highlight>,
}

/// A table of numbers.
pub(crate) struct Sheet {
    pub(crate) caption: String,
    pub(crate) head: Vec<String>,
    pub(crate) lines: Vec<SheetLine>,
    /// Lines that are only in the CSV.
    pub(crate) left_out: usize,
}

/// One line of a table.
pub(crate) struct SheetLine {
    pub(crate) title: String,
    pub(crate) cells: Vec<String>,
}

/// What a field is shown with: the release it is from, and those before it, oldest first.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) release: &'a Release,
    pub(crate) history: &'a [Release],
}

/// Makes the view of one field.
pub(crate) fn field(
    context: Context<'_>,
    field: &FieldTable,
    csv: String,
) -> askama::Result<Field> {
    let field = &readable(field);
    let drawn = drawing::chart(context, field)?;
    let (chart, highlight) = drawn.map(|chart| (chart.markup, chart.top)).unzip();
    Ok(Field {
        id: field.id.to_string(),
        question: shown(&field.question),
        purpose: shown(&field.purpose),
        answered: said::answered(context.release, field),
        notes: said::notes(context.release, field),
        tables: tables::sheets(context, field),
        highlight: highlight.flatten(),
        more: None,
        chart,
        csv,
    })
}

/// The same with ranges as people write them. Files for programs have them as they were published.
fn readable(field: &FieldTable) -> FieldTable {
    let mut field = field.clone();
    match &mut field.table {
        Table::Histogram { rows, .. } => {
            for row in rows {
                row.title = bucket(&row.title);
            }
        }
        Table::Grid { buckets, .. } | Table::Flow { buckets, .. } => {
            for label in buckets {
                *label = bucket(label);
            }
        }
        _ => {}
    }
    field
}

/// What shares of this table are shares of. Rows that add up are measured by their own sum, so
/// that shares add up to the whole in spite of noise.
fn whole(rows: &[contract::release::Row], folded: Option<Folded>) -> u64 {
    let rows = rows.iter().map(|row| clamped(row.count));
    let folded = folded.map(|folded| clamped(folded.count));
    rows.chain(folded).fold(0, u64::saturating_add)
}

/// What several answers each are shares of: those who answered, or the most frequent answer where
/// noise has put it above.
fn everyone(answered: Number, rows: &[contract::release::Row]) -> u64 {
    let most = rows.iter().map(|row| clamped(row.count)).max().unwrap_or(0);
    clamped(answered).max(most)
}

/// A number's error as a part of the whole.
fn error_ratio(number: Number, whole: u64) -> f64 {
    ratio(number.error_95, whole)
}
