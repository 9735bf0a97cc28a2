//! What earlier releases said about the same question.

use contract::id::FieldId;
use contract::release::{FieldTable, Release, Row, Table};
use jiff::civil::Date;

use super::{everyone, whole};
use crate::chart::Layer;
use crate::limits::{LAYERS_MAX, POINTS_MAX};
use crate::number::{clamped, ratio, share};
use crate::text::label;

/// The releases that a chart over time shows: the newest.
pub(crate) fn recent(history: &[Release]) -> &[Release] {
    history.get(history.len().saturating_sub(POINTS_MAX)..).unwrap_or_default()
}

/// The field in a release.
fn of<'a>(release: &'a Release, id: &FieldId) -> Option<&'a FieldTable> {
    release.fields.iter().find(|field| field.id == *id)
}

/// The oldest recent release that tells the same kind of thing about the field.
pub(super) fn earlier<'a>(history: &'a [Release], field: &FieldTable) -> Option<Earlier<'a>> {
    let (_, before) = recent(history).split_last()?;
    before.iter().find_map(|release| {
        let old = of(release, &field.id)?;
        let same = std::mem::discriminant(&old.table) == std::mem::discriminant(&field.table);
        same.then_some(Earlier { day: release.window.last, field: old })
    })
}

/// The same field some releases ago.
pub(super) struct Earlier<'a> {
    pub(super) day: Date,
    field: &'a FieldTable,
}

impl Earlier<'_> {
    /// The share and its error that a value had, if it was shown.
    pub(super) fn share(&self, value: &str, rows: Rows) -> Option<[f64; 2]> {
        let (rows, whole) = match (&self.field.table, rows) {
            (Table::Shares { rows, folded, .. } | Table::Histogram { rows, folded, .. }, _) => {
                (rows, whole(rows, *folded))
            }
            (Table::Set { rows, .. } | Table::Catalogue { rows, .. }, _) => {
                (rows, everyone(self.field.answered, rows))
            }
            (Table::Versions { minor, .. }, Rows::Minor) => {
                (minor, everyone(self.field.answered, minor).max(whole(minor, None)))
            }
            (Table::Versions { full, folded, .. }, _) => (full, whole(full, *folded)),
            _ => return None,
        };
        let row = rows.iter().find(|row| row.value == value)?;
        let part = |number| ratio(number, whole);
        Some([part(clamped(row.count)), part(row.count.error_95)])
    }
}

/// Which rows of a table are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    All,
    Minor,
}

/// Versions over the recent releases, by major.minor or in full beneath one of these: the layers of
/// a chart, the newest first, with what is not among the most used in one grey layer below.
pub(super) fn layers(
    history: &[Release],
    id: &FieldId,
    beneath: Option<&str>,
) -> (Vec<Date>, Vec<Layer>) {
    let chosen = |minor: &'_ str, row: &Row| {
        let after = row.value.strip_prefix(minor);
        after.is_some_and(|after| after.is_empty() || after.starts_with(['.', '-']))
    };
    let recent: Vec<(Date, Vec<&Row>)> = recent(history)
        .iter()
        .filter_map(|release| match (&of(release, id)?.table, beneath) {
            (Table::Versions { minor, .. }, None) => {
                Some((release.window.last, minor.iter().collect()))
            }
            (Table::Versions { full, .. }, Some(above)) => {
                let rows = full.iter().filter(|row| chosen(above, row));
                Some((release.window.last, rows.collect()))
            }
            _ => None,
        })
        .collect();
    let named = most_used(&recent);
    let count = |rows: &[&Row], wanted: &dyn Fn(&Row) -> bool| {
        let rows = rows.iter().filter(|row| wanted(row)).map(|row| clamped(row.count));
        rows.fold(0, u64::saturating_add)
    };
    let shown = recent.last().map_or(0, |(_, rows)| count(rows, &|_| true));
    // The same as of the table and of the figure above: too rare versions are in nobody's share.
    let latest = match (history.last().and_then(|release| of(release, id)), beneath) {
        (Some(field), None) => clamped(field.answered).max(shown),
        _ => shown,
    };
    let layer = |title: &str, colour: usize, wanted: &dyn Fn(&Row) -> bool| {
        let values: Vec<u64> = recent.iter().map(|(_, rows)| count(rows, wanted)).collect();
        let now = values.last().copied().unwrap_or(0);
        Layer { label: label(title), text: share(now, latest), colour, values }
    };
    let mut layers: Vec<Layer> = named
        .iter()
        .enumerate()
        .map(|(at, named)| layer(&named.title, at + 1, &|row| row.value == named.value))
        .collect();
    let is_other = |row: &Row| named.iter().all(|named| named.value != row.value);
    if recent.iter().any(|(_, rows)| rows.iter().any(|row| is_other(row))) {
        layers.push(layer("others", LAYERS_MAX + 1, &is_other));
    }
    (recent.into_iter().map(|(day, _)| day).collect(), layers)
}

/// The versions with the highest peaks, newest first.
fn most_used<'a>(recent: &[(Date, Vec<&'a Row>)]) -> Vec<&'a Row> {
    let mut seen: Vec<(&Row, u64)> = Vec::new();
    // Releases list versions newest first; those that are gone from the latest are older.
    for (_, rows) in recent.iter().rev() {
        for row in rows.iter().filter(|row| row.value != "other") {
            let count = clamped(row.count);
            match seen.iter_mut().find(|(known, _)| known.value == row.value) {
                Some((_, peak)) => *peak = count.max(*peak),
                None => seen.push((row, count)),
            }
        }
    }
    let mut peaks: Vec<u64> = seen.iter().map(|(_, peak)| *peak).collect();
    peaks.sort_unstable_by(|a, b| b.cmp(a));
    let least = peaks.get(LAYERS_MAX - 1).copied().unwrap_or(0);
    seen.retain(|(_, peak)| *peak >= least);
    seen.truncate(LAYERS_MAX);
    seen.into_iter().map(|(row, _)| row).collect()
}
