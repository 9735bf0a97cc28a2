//! One question on a channel's page: its chart, its table, and what is to be said about both.

mod drawing;
mod highlight;
mod history;
mod tables;

use contract::release::{FieldTable, Folded, Number, Release, Table};

pub(crate) use highlight::Highlight;
pub(crate) use history::recent;

use crate::number::{clamped, doubted, grouped, in_all, ratio, share};
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
    let drawn = drawing::chart(context, field)?;
    let (chart, highlight) = drawn.map(|chart| (chart.markup, chart.top)).unzip();
    Ok(Field {
        id: field.id.to_string(),
        question: shown(&field.question),
        purpose: shown(&field.purpose),
        answered: answered(context.release, field),
        notes: notes(context.release, field),
        tables: tables::sheets(context, field),
        highlight: highlight.flatten(),
        chart,
        csv,
    })
}

/// "3,410 of them answered, ± 9".
fn answered(release: &Release, field: &FieldTable) -> String {
    if matches!(field.table, Table::TooFew) {
        return String::new();
    }
    let many = grouped(clamped(field.answered));
    let doubt = match field.answered.error_95 {
        0 => String::new(),
        error => format!(", ±\u{202F}{}", grouped(error)),
    };
    let of = share(clamped(field.answered), clamped(release.installations));
    format!("{many} answered{doubt} ({of} of all)")
}

fn notes(release: &Release, field: &FieldTable) -> Vec<String> {
    let mut notes = Vec::new();
    let folded = match &field.table {
        Table::TooFew => {
            notes.push(too_few(release.group_min));
            None
        }
        Table::Histogram { unit, total, folded, .. } => {
            let sentence = total.map(|total| in_all(total, &shown(unit)));
            notes.extend(sentence.as_deref().map(first));
            *folded
        }
        Table::Shares { folded, .. }
        | Table::Set { folded, .. }
        | Table::Versions { folded, .. }
        | Table::Catalogue { folded, .. } => *folded,
        _ => None,
    };
    notes.extend(folded.map(|folded| not_shown(release, folded)));
    notes
}

/// "Too few yet: fewer than 20 installations answered."
fn too_few(group_min: u32) -> String {
    format!("Too few yet: fewer than {} installations answered.", grouped(group_min.into()))
}

/// "Not shown: 3 values given by fewer than 20 installations each, 31 ± 9 answers together."
fn not_shown(release: &Release, folded: Folded) -> String {
    let values = match folded.values {
        Some(1) => "1 value".to_owned(),
        Some(values) => format!("{} values", grouped(values.into())),
        None => "values".to_owned(),
    };
    let each = if folded.values == Some(1) { "" } else { " each" };
    format!(
        "Not shown: {values} given by fewer than {} installations{each}; {} answers together.",
        grouped(release.group_min.into()),
        doubted(folded.count),
    )
}

/// With a capital letter and a full stop.
fn first(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let capital = letters.next().map(char::to_uppercase);
    capital.into_iter().flatten().chain(letters).chain(['.']).collect()
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
