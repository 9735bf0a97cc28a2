//! Which chart fits which table.

use contract::release::{FieldTable, GridLine, Row, Table};

use super::history::layers;
use super::{Context, Highlight, error_ratio, everyone, whole};
use crate::chart::{Bar, Layer, Layout, Line, bars, grid, split, stack};
use crate::limits::{BARS_MAX, LONG_BARS_MAX};
use crate::number::{about, amount, clamped, days, grouped, ratio, share};
use crate::text::{Markup, shown};

/// Characters of a label from which it stands above its bar.
const LONG_FROM_CHARS: usize = 28;

/// A chart and what it needs.
pub(super) struct Chart {
    pub(super) markup: Markup,
    pub(super) wide: bool,
    /// The value that a reader should meet first, with its share.
    top: Option<(String, String)>,
}

impl Chart {
    pub(super) fn highlight(&self, field: &FieldTable) -> Option<Highlight> {
        if let Table::Histogram { unit, total: Some(total), .. } = &field.table {
            let figure = match unit.as_str() {
                "bytes" | "seconds" => amount(total.estimate, unit),
                _ => about(total.estimate),
            };
            let unit = if unit == "bytes" || unit == "seconds" { "" } else { unit.as_str() };
            return Some(Highlight { figure, about: shown(unit) });
        }
        let (about, figure) = self.top.clone()?;
        Some(Highlight { figure, about })
    }
}

/// Draws the field; nothing if too few answered.
pub(super) fn chart(context: Context<'_>, field: &FieldTable) -> askama::Result<Option<Chart>> {
    Ok(Some(match &field.table {
        Table::Shares { rows, folded, .. } => shares(field, rows, whole(rows, *folded))?,
        Table::Set { rows, .. } => bar_chart(field, rows, everyone(field.answered, rows))?,
        Table::Histogram { rows, folded, .. } => columns(field, rows, whole(rows, *folded))?,
        Table::Versions { minor, .. } => versions(context, field, minor)?,
        Table::Grid { buckets, lines, unit, .. } => spreads(context, field, buckets, lines, unit)?,
        Table::Catalogue { rows, .. } => catalogue(field, rows)?,
        _ => return Ok(None),
    }))
}

fn shares(field: &FieldTable, rows: &[Row], whole: u64) -> askama::Result<Chart> {
    let flag = |value| rows.iter().find(|row| row.value == value);
    if let (2, Some(yes), Some(no)) = (rows.len(), flag("true"), flag("false")) {
        let [first, second] = [bar(yes, whole), bar(no, whole)];
        let summary = summary(field, &[yes, no], whole);
        let markup = split(&summary, &first, &second)?;
        return Ok(Chart { markup, wide: false, top: None });
    }
    bar_chart(field, rows, whole)
}

fn bar_chart(field: &FieldTable, rows: &[Row], whole: u64) -> askama::Result<Chart> {
    let rows = most(rows, BARS_MAX);
    let long = rows.iter().any(|row| row.title.chars().count() > LONG_FROM_CHARS);
    let layout = if long { Layout::Long } else { Layout::Rows };
    draw(field, &rows, whole, layout)
}

fn columns(field: &FieldTable, rows: &[Row], whole: u64) -> askama::Result<Chart> {
    let rows: Vec<&Row> = rows.iter().collect();
    let letters: usize = rows.iter().map(|row| row.title.chars().count().max(5)).sum();
    // 640 pixels hold about 80 letters of 12 pixels beside each other.
    let layout = if letters > 80 { Layout::Rows } else { Layout::Columns };
    draw(field, &rows, whole, layout)
}

fn draw(field: &FieldTable, rows: &[&Row], whole: u64, layout: Layout) -> askama::Result<Chart> {
    let drawn: Vec<Bar> = rows.iter().map(|row| bar(row, whole)).collect();
    let markup = bars(&summary(field, rows, whole), &drawn, layout)?;
    Ok(Chart { markup, wide: false, top: top(rows, whole) })
}

fn versions(context: Context<'_>, field: &FieldTable, minor: &[Row]) -> askama::Result<Chart> {
    let (days, layers) = layers(context.history, &field.id);
    let all = everyone(field.answered, minor).max(whole(minor, None));
    if days.len() < 2 || layers.iter().all(|layer: &Layer| layer.values.iter().all(|v| *v == 0)) {
        return bar_chart(field, minor, all);
    }
    let shown_rows: Vec<&Row> = minor.iter().take(BARS_MAX).collect();
    let summary =
        format!("Area chart over {} releases. Now: {}", days.len(), values(&shown_rows, all));
    let markup = stack(&summary, &days, &layers)?;
    Ok(Chart { markup, wide: true, top: top(&shown_rows, all) })
}

fn spreads(
    context: Context<'_>,
    field: &FieldTable,
    buckets: &[String],
    lines: &[GridLine],
    unit: &str,
) -> askama::Result<Chart> {
    let unit = shown(unit);
    let everyone = clamped(field.answered).max(1);
    let mut lines: Vec<&GridLine> = lines.iter().collect();
    if lines.len() > BARS_MAX {
        lines.sort_by_key(|line| std::cmp::Reverse(clamped(line.installations)));
        lines.truncate(BARS_MAX);
    }
    let line = |line: &&GridLine| Line {
        label: shown(&line.title),
        share: share(clamped(line.installations), everyone),
        total: line.total.map(|total| amount_in_all(total.estimate, &unit)).unwrap_or_default(),
        counts: line.counts.iter().map(|count| clamped(*count)).collect(),
    };
    let drawn: Vec<Line> = lines.iter().map(line).collect();
    let each: Vec<String> = drawn.iter().map(|l| format!("{} {}", l.label, l.share)).collect();
    let window = context.release.window;
    let summary = format!(
        "Small column charts of {} entries, {}. Installations that have any: {}.",
        drawn.len(),
        days(window.first, window.last),
        each.join(", ")
    );
    let end = |label: Option<&String>| label.map(|label| shown(label)).unwrap_or_default();
    let ends = [end(buckets.first()), format!("{} {unit}", end(buckets.last()))];
    let markup = grid(&summary, [&ends[0], &ends[1]], &drawn)?;
    Ok(Chart { markup, wide: false, top: None })
}

/// Without a unit that the column's head names already.
fn amount_in_all(estimate: u64, unit: &str) -> String {
    match unit {
        "bytes" | "seconds" => amount(estimate, unit),
        _ => about(estimate),
    }
}

fn catalogue(field: &FieldTable, rows: &[Row]) -> askama::Result<Chart> {
    let whole = everyone(field.answered, rows);
    let rows = most(rows, LONG_BARS_MAX);
    draw(field, &rows, whole, Layout::Long)
}

/// The rows that a chart has room for: all in their order, or the most frequent.
fn most(rows: &[Row], room: usize) -> Vec<&Row> {
    let mut most: Vec<&Row> = rows.iter().collect();
    if most.len() > room {
        most.sort_by_key(|row| std::cmp::Reverse(clamped(row.count)));
        most.truncate(room);
    }
    most
}

fn bar(row: &Row, whole: u64) -> Bar {
    let value = clamped(row.count);
    Bar {
        label: shown(&row.title),
        share: ratio(value, whole),
        error: error_ratio(row.count, whole),
        text: share(value, whole),
    }
}

fn top(rows: &[&Row], whole: u64) -> Option<(String, String)> {
    let named = rows.iter().filter(|row| !matches!(row.value.as_str(), "other" | "none"));
    let row = named.max_by_key(|row| clamped(row.count))?;
    let value = clamped(row.count);
    (value > 0).then(|| (shown(&row.title), share(value, whole)))
}

/// What a chart says, for those who do not see it.
fn summary(field: &FieldTable, rows: &[&Row], whole: u64) -> String {
    let answered = grouped(clamped(field.answered));
    format!("Bar chart of {answered} answers. {}", values(rows, whole))
}

fn values(rows: &[&Row], whole: u64) -> String {
    let each = rows
        .iter()
        .map(|row| format!("{} {}", shown(&row.title), share(clamped(row.count), whole)));
    format!("{}.", each.collect::<Vec<_>>().join(", "))
}
