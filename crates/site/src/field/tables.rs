//! The tables behind the charts: every number, with its doubt.

use contract::release::{FieldTable, GridLine, Number, Row, Table};

use super::history::{Earlier, Rows, earlier};
use super::{Context, Sheet, SheetLine, everyone, whole};
use crate::limits::TABLE_LINES_MAX;
use crate::number::{Whole, clamped, doubted, grouped, percent, ratio, short_day};
use crate::text::shown;

/// The tables of a field, the most general first.
pub(super) fn sheets(context: Context<'_>, field: &FieldTable) -> Vec<Sheet> {
    let before = earlier(context.history, field);
    let of = |head: &str, rows: &[Row], whole: u64, which: Rows| {
        let heads = [head, &counted(field)];
        rows_sheet(context, heads, rows, whole, before.as_ref().map(|before| (before, which)))
    };
    match &field.table {
        Table::Shares { rows, folded, .. } => {
            vec![of("Answer", rows, whole(rows, *folded), Rows::All)]
        }
        Table::Set { rows, .. } => {
            vec![of("Answer", rows, everyone(field.answered, rows), Rows::All)]
        }
        Table::Catalogue { rows, .. } => {
            vec![of("Value", rows, everyone(field.answered, rows), Rows::All)]
        }
        Table::Histogram { rows, unit, folded, .. } => {
            vec![of(&capital(&shown(unit)), rows, whole(rows, *folded), Rows::All)]
        }
        Table::Versions { minor, .. } => {
            let minors = everyone(field.answered, minor).max(whole(minor, None));
            vec![of("Version", minor, minors, Rows::Minor)]
        }
        Table::Grid { buckets, lines, unit, .. } => {
            vec![grid_sheet((context, ["Entry", &counted(field)]), buckets, lines, &shown(unit))]
        }
        Table::Flow { buckets, lines, unit, .. } => {
            vec![grid_sheet((context, ["Move", &counted(field)]), buckets, lines, &shown(unit))]
        }
        _ => Vec::new(),
    }
}

/// The full versions, which have a page of their own.
pub(crate) fn in_full(context: Context<'_>, field: &FieldTable) -> Option<Sheet> {
    let Table::Versions { full, folded, .. } = &field.table else { return None };
    let before = earlier(context.history, field);
    let before = before.as_ref().map(|before| (before, Rows::All));
    let heads = ["Version", &counted(field)];
    Some(rows_sheet(context, heads, full, whole(full, *folded), before))
}

/// What the numbers of a field count: "Installations", or records such as "Disks".
pub(super) fn counted(field: &FieldTable) -> String {
    field.records.as_deref().map_or_else(|| "Installations".to_owned(), |of| capital(&shown(of)))
}

fn rows_sheet(
    context: Context<'_>,
    [head, counted]: [&str; 2],
    rows: &[Row],
    whole: u64,
    before: Option<(&Earlier<'_>, Rows)>,
) -> Sheet {
    let doubt = Doubt::of(rows.iter().map(|row| row.count));
    let mut heads = vec![head.to_owned(), counted.to_owned()];
    let is_few = Whole::of(context.release, whole).is_few;
    // A share of a handful says less than the number itself.
    let before = before.filter(|_| !is_few);
    if !is_few {
        heads.push("Share, %".to_owned());
    }
    if let Some((before, _)) = before {
        heads.push(format!("Since {}", short_day(before.day, false)));
    }
    let line = |row: &Row| {
        let value = clamped(row.count);
        let mut cells = vec![doubt.cell(row.count)];
        if !is_few {
            cells.push(percent(value, whole));
        }
        if let Some((before, which)) = before {
            let now = [ratio(value, whole), ratio(row.count.error_95, whole)];
            cells.push(change(now, before.share(&row.value, which)));
        }
        SheetLine { title: shown(&row.title), cells }
    };
    Sheet {
        caption: doubt.caption(context, counted),
        head: heads,
        lines: rows.iter().take(TABLE_LINES_MAX).map(line).collect(),
        left_out: rows.len().saturating_sub(TABLE_LINES_MAX),
    }
}

/// "+6" points, if both numbers together are less in doubt than that.
fn change(now: [f64; 2], before: Option<[f64; 2]>) -> String {
    let Some(before) = before else {
        return "new".to_owned();
    };
    let points = (now[0] - before[0]) * 100.0;
    let doubt = now[1].hypot(before[1]) * 100.0;
    if points.abs() <= doubt || points.abs() < 0.5 {
        "=".to_owned()
    } else {
        format!("{points:+.0}").replace('-', "\u{2212}")
    }
}

fn grid_sheet(
    (context, [head, counted]): (Context<'_>, [&str; 2]),
    buckets: &[String],
    lines: &[GridLine],
    unit: &str,
) -> Sheet {
    let numbers = |line: &GridLine| {
        let counts = line.counts.iter().copied();
        std::iter::once(line.installations).chain(counts).collect::<Vec<_>>()
    };
    let doubt = Doubt::of(lines.iter().flat_map(numbers));
    let mut head = vec![head.to_owned(), "Have any".to_owned()];
    head.extend(buckets.iter().map(|bucket| shown(bucket)));
    let totals = lines.iter().any(|line| line.total.is_some());
    if totals {
        head.push(format!("{} in all", capital(unit)));
    }
    let line = |line: &GridLine| {
        let mut cells = vec![doubt.cell(line.installations)];
        cells.extend(line.counts.iter().map(|count| doubt.cell(*count)));
        // Where a bucket has too few, none of the line's is shown.
        cells.resize(1 + buckets.len(), String::new());
        if totals {
            let total = line.total.map(|total| crate::number::interval(total, unit));
            cells.push(total.unwrap_or_default());
        }
        SheetLine { title: shown(&line.title), cells }
    };
    Sheet {
        caption: doubt.caption(context, counted),
        head,
        lines: lines.iter().take(TABLE_LINES_MAX).map(line).collect(),
        left_out: lines.len().saturating_sub(TABLE_LINES_MAX),
    }
}

/// What the numbers of a table are, and their error if all have the same: said once, it leaves room
/// for the numbers.
struct Doubt {
    common: Option<u64>,
}

impl Doubt {
    fn of(mut numbers: impl Iterator<Item = Number>) -> Self {
        let first = numbers.next().map(|number| number.error_95);
        let same = numbers.all(|number| Some(number.error_95) == first);
        Self { common: first.filter(|_| same) }
    }

    fn cell(&self, number: Number) -> String {
        if self.common.is_some() { grouped(clamped(number)) } else { doubted(number) }
    }

    fn caption(&self, context: Context<'_>, counted: &str) -> String {
        let each = match context.release.window.periods {
            0 | 1 => "",
            _ => ", on average for each period",
        };
        let doubt = match self.common {
            None | Some(0) => String::new(),
            Some(error) => format!(", each ±\u{202F}{}", grouped(error)),
        };
        format!("{counted}{each}{doubt}")
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let capital = letters.next().map(char::to_uppercase);
    capital.into_iter().flatten().chain(letters).collect()
}
