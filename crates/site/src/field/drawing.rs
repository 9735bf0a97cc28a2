//! Which chart fits which table.

use contract::kind::MOVE;
use contract::release::{FieldTable, GridLine, Number, Row, Step, Table};

use super::highlight::{self, Highlight};
use super::history::layers;
use super::tables::counted;
use super::{Context, error_ratio, everyone, whole};
use crate::chart::{Band, Bar, Layer, Layout, Line, bars, flow, grid, split, stack};
use crate::limits::{
    BAND_PARTS_MAX, BANDS_MAX, BARS_MAX, LONG_BARS_MAX, MOVES_SAID_MAX, VALUES_SAID_MAX,
};
use crate::number::{Whole, clamped, days, ratio, roughly};
use crate::text::{self, Markup, shown};

/// Characters of a label from which it stands above its bar.
const LONG_FROM_CHARS: usize = 28;

/// A chart and what it needs.
pub(super) struct Chart {
    pub(super) markup: Markup,
    /// The value that a reader should meet first.
    pub(super) top: Option<Highlight>,
}

/// Draws the field; nothing if too few answered.
pub(super) fn chart(context: Context<'_>, field: &FieldTable) -> askama::Result<Option<Chart>> {
    let of = |count| Whole::of(context.release, count);
    Ok(Some(match &field.table {
        Table::Shares { rows, folded, .. } => shares(rows, of(whole(rows, *folded)))?,
        Table::Set { rows, .. } => bar_chart(rows, of(everyone(field.answered, rows)))?,
        Table::Histogram { rows, folded, total, unit, .. } => Chart {
            // A sum that may as well be nothing is no figure to begin with.
            top: total
                .filter(|total| total.low > 0)
                .map(|total| highlight::of_total(total, &shown(unit))),
            ..columns(rows, of(whole(rows, *folded)))?
        },
        Table::Versions { minor, .. } => versions(context, field, minor)?,
        Table::Grid { buckets, lines, unit, .. } => spreads(context, field, buckets, lines, unit)?,
        Table::Flow { steps, lines, .. } => moves(context, field, steps, lines)?,
        Table::Catalogue { rows, .. } => catalogue(rows, of(everyone(field.answered, rows)))?,
        _ => return Ok(None),
    }))
}

fn shares(rows: &[Row], whole: Whole) -> askama::Result<Chart> {
    if whole.is_one() {
        let given: Vec<&Row> = rows.iter().filter(|row| clamped(row.count) > 0).collect();
        return draw(&given, whole, Layout::Rows);
    }
    let flag = |value| rows.iter().find(|row| row.value == value);
    if let (2, Some(yes), Some(no)) = (rows.len(), flag("true"), flag("false")) {
        let [first, second] = [bar(yes, whole), bar(no, whole)];
        let summary = summary(&[yes, no], whole);
        let markup = split(&summary, &first, &second)?;
        return Ok(Chart { markup, top: None });
    }
    bar_chart(rows, whole)
}

fn bar_chart(rows: &[Row], whole: Whole) -> askama::Result<Chart> {
    let rows = most(rows, BARS_MAX);
    let long = rows.iter().any(|row| row.title.chars().count() > LONG_FROM_CHARS);
    let layout = if long { Layout::Long } else { Layout::Rows };
    draw(&rows, whole, layout)
}

fn columns(rows: &[Row], whole: Whole) -> askama::Result<Chart> {
    let rows: Vec<&Row> = rows.iter().collect();
    let letters: usize = rows.iter().map(|row| row.title.chars().count().max(5)).sum();
    // 640 pixels hold about 80 letters of 12 pixels beside each other.
    let layout = if letters > 80 { Layout::Rows } else { Layout::Columns };
    draw(&rows, whole, layout)
}

fn draw(rows: &[&Row], whole: Whole, layout: Layout) -> askama::Result<Chart> {
    let drawn: Vec<Bar> = rows.iter().map(|row| bar(row, whole)).collect();
    let markup = bars(&summary(rows, whole), &drawn, layout)?;
    Ok(Chart { markup, top: highlight::of_rows(rows, whole) })
}

fn versions(context: Context<'_>, field: &FieldTable, minor: &[Row]) -> askama::Result<Chart> {
    let (days, layers) = layers(context.history, &field.id, None);
    let all = everyone(field.answered, minor).max(whole(minor, None));
    let all = Whole::of(context.release, all);
    if days.len() < 2 || layers.iter().all(|layer: &Layer| layer.values.iter().all(|v| *v == 0)) {
        return bar_chart(minor, all);
    }
    let shown_rows: Vec<&Row> = minor.iter().take(BARS_MAX).collect();
    let summary =
        format!("Area chart over {} releases. Now: {}", days.len(), values(&shown_rows, all));
    let markup = stack(&summary, &days, &layers)?;
    Ok(Chart { markup, top: highlight::of_rows(&shown_rows, all) })
}

/// The full versions beneath each of the most used ones, over time; nothing before the second
/// release.
pub(crate) fn beneath(
    context: Context<'_>,
    field: &FieldTable,
) -> askama::Result<Vec<(String, Markup)>> {
    let Table::Versions { minor, .. } = &field.table else { return Ok(Vec::new()) };
    let named: Vec<&Row> = minor.iter().filter(|row| row.value != "other").collect();
    let mut drawn = Vec::new();
    for above in named.into_iter().take(BARS_MAX) {
        let (days, layers) = layers(context.history, &field.id, Some(&above.value));
        if days.len() < 2 || layers.iter().all(|layer| layer.values.iter().all(|v| *v == 0)) {
            continue;
        }
        let now = layers.iter().map(|layer| format!("{} {}", layer.label, layer.text));
        let now = now.collect::<Vec<_>>().join(", ");
        let summary = format!("Area chart over {} releases. Now: {now}.", days.len());
        drawn.push((shown(&above.title), stack(&summary, &days, &layers)?));
    }
    Ok(drawn)
}

fn spreads(
    context: Context<'_>,
    field: &FieldTable,
    buckets: &[String],
    lines: &[GridLine],
    unit: &str,
) -> askama::Result<Chart> {
    let unit = shown(unit);
    let everyone = Whole::of(context.release, clamped(field.answered).max(1));
    let mut lines: Vec<&GridLine> = lines.iter().collect();
    if lines.len() > BARS_MAX {
        lines.sort_by_key(|line| std::cmp::Reverse(clamped(line.installations)));
        lines.truncate(BARS_MAX);
    }
    let line = |line: &&GridLine| Line {
        label: shown(&line.title),
        share: match clamped(line.installations) {
            many if everyone.is_one() => if many > 0 { "yes" } else { "no" }.to_owned(),
            many => everyone.part(many),
        },
        total: line.total.map(|total| roughly(total, &unit)).unwrap_or_default(),
        counts: line.counts.iter().map(|count| clamped(*count)).collect(),
    };
    let drawn: Vec<Line> = lines.iter().map(line).collect();
    let each: Vec<String> = drawn.iter().map(|l| format!("{} {}", l.label, l.share)).collect();
    let window = context.release.window;
    let summary = format!(
        "Small column charts of {} entries, {}. {} that have any: {}.",
        drawn.len(),
        days(window.first, window.last),
        counted(field),
        each.join(", ")
    );
    let end = |label: Option<&String>| label.map(|label| shown(label)).unwrap_or_default();
    let ends = [end(buckets.first()), format!("{} {unit}", end(buckets.last()))];
    let markup = grid(&summary, [&ends[0], &ends[1]], &drawn)?;
    Ok(Chart { markup, top: None })
}

/// The moves that a drawing has room for, the most frequent first.
pub(super) fn frequent(lines: &[GridLine]) -> Vec<&GridLine> {
    let mut lines: Vec<&GridLine> = lines.iter().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(clamped(line.installations)));
    lines.truncate(BANDS_MAX);
    let least = lines.first().map_or(0, |line| clamped(line.installations)) / BAND_PARTS_MAX;
    lines.retain(|line| clamped(line.installations) > least);
    lines
}

/// Bands for the most frequent moves, and the first of them with their numbers.
fn moves(
    context: Context<'_>,
    field: &FieldTable,
    steps: &[Step],
    lines: &[GridLine],
) -> askama::Result<Chart> {
    let whole = Whole::of(context.release, clamped(field.answered).max(1));
    let mut lines = frequent(lines);
    let place = |value: &str| steps.iter().position(|step| step.value == value);
    let band = |line: &&GridLine| {
        let (from, to) = line.value.split_once(MOVE)?;
        let many = clamped(line.installations);
        let text = format!("{}: {}", shown(&line.title), whole.part(many));
        Some(Band { ends: [place(from)?, place(to)?], width: many, text })
    };
    let bands: Vec<Band> = lines.iter().filter_map(band).collect();
    let names: Vec<String> = steps.iter().map(|step| text::step(&step.title)).collect();
    lines.truncate(MOVES_SAID_MAX);
    let drawn: Vec<Bar> = lines
        .iter()
        .map(|line| bar_of(&line.title, line.installations, whole))
        .filter(|bar| bar.share > 0.0)
        .collect();
    let most = lines.first().map_or(String::new(), |line| {
        let many = whole.part(clamped(line.installations));
        format!(" The most frequent: {}, {many}.", shown(&line.title))
    });
    let summary = format!("Bands for {} moves from step to step.{most}", bands.len());
    let bars = bars("", &drawn, Layout::Long)?;
    Ok(Chart { markup: flow(&summary, &names, &bands, bars)?, top: None })
}

fn catalogue(rows: &[Row], whole: Whole) -> askama::Result<Chart> {
    let rows = most(rows, LONG_BARS_MAX);
    draw(&rows, whole, Layout::Long)
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

fn bar(row: &Row, whole: Whole) -> Bar {
    bar_of(&row.title, row.count, whole)
}

fn bar_of(title: &str, count: Number, whole: Whole) -> Bar {
    let value = clamped(count);
    Bar {
        label: shown(title),
        share: ratio(value, whole.count),
        error: error_ratio(count, whole.count),
        // Without any text a bar has no height.
        text: if whole.is_one() { "\u{A0}".to_owned() } else { whole.part(value) },
    }
}

/// What a chart says, for those who do not see it.
fn summary(rows: &[&Row], whole: Whole) -> String {
    format!("Bar chart. {}", values(rows, whole))
}

/// The first values, or the most frequent where there are many: a summary is to be heard at once.
fn values(rows: &[&Row], whole: Whole) -> String {
    let mut said = rows.to_vec();
    if whole.is_one() {
        said.retain(|row| clamped(row.count) > 0);
    }
    let more = said.len().saturating_sub(VALUES_SAID_MAX);
    if more > 0 {
        said.sort_by_key(|row| std::cmp::Reverse(clamped(row.count)));
        said.truncate(VALUES_SAID_MAX);
    }
    let one = |row: &&Row| {
        let part = whole.part(clamped(row.count));
        format!("{} {part}", shown(&row.title)).trim_end().to_owned()
    };
    let each = said.iter().map(one).collect::<Vec<_>>().join(", ");
    match more {
        0 => format!("{each}."),
        more => format!("{each}; {more} more."),
    }
}
