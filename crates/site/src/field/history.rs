//! What earlier releases said about the same question.

use contract::id::FieldId;
use contract::release::{FieldTable, Number, Release, Row, Table};
use jiff::civil::Date;

use super::{everyone, whole};
use crate::chart::Layer;
use crate::limits::{HIDDEN_PARTS_MAX, LAYERS_MAX, POINTS_MAX};
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

/// The versions that one release tells of.
struct Told<'a> {
    day: Date,
    rows: Vec<&'a Row>,
    /// Answers that are in none of these rows, where that is more than their noise.
    hidden: u64,
}

impl<'a> Told<'a> {
    /// By major.minor, or in full beneath one of these.
    fn of(release: &'a Release, id: &FieldId, beneath: Option<&str>) -> Option<Self> {
        let Table::Versions { minor, full, folded_minor, .. } = &of(release, id)?.table else {
            return None;
        };
        let (rows, hidden): (Vec<&Row>, _) = match beneath {
            None => (minor.iter().collect(), folded_minor.map(|folded| folded.count)),
            Some(above) => {
                let rows: Vec<_> = full.iter().filter(|row| is_beneath(above, row)).collect();
                let all = minor.iter().find(|row| row.value == above).map(|row| row.count);
                (rows.clone(), all.map(|all| without(all, &rows)))
            }
        };
        // Fewer than their error may be nobody at all.
        let hidden = hidden.filter(|hidden| clamped(*hidden) > hidden.error_95);
        Some(Self { day: release.window.last, rows, hidden: hidden.map_or(0, clamped) })
    }

    /// Whether what is not shown is enough to be drawn.
    fn hides_much(&self) -> bool {
        self.hidden.saturating_mul(HIDDEN_PARTS_MAX) > self.count(&|_| true)
    }

    fn count(&self, wanted: &dyn Fn(&Row) -> bool) -> u64 {
        let rows = self.rows.iter().filter(|row| wanted(row)).map(|row| clamped(row.count));
        rows.fold(0, u64::saturating_add)
    }
}

/// Whether a version in full belongs to a major.minor.
fn is_beneath(minor: &str, row: &Row) -> bool {
    let after = row.value.strip_prefix(minor);
    after.is_some_and(|after| after.is_empty() || after.starts_with(['.', '-']))
}

/// What is left of a number without some of its rows. The sum of their errors is wide enough.
fn without(mut all: Number, rows: &[&Row]) -> Number {
    for row in rows {
        all.value = all.value.saturating_sub(row.count.value);
        all.error_95 = all.error_95.saturating_add(row.count.error_95);
    }
    all
}

/// Versions over the recent releases, by major.minor or in full beneath one of these: the layers of
/// a chart, the newest first, with what is not among the most used in one grey layer below, and
/// what is not shown beneath that: else a version that falls below the smallest group would look as
/// if its installations were gone.
pub(super) fn layers(
    history: &[Release],
    id: &FieldId,
    beneath: Option<&str>,
) -> (Vec<Date>, Vec<Layer>) {
    let recent = recent(history).iter();
    let recent: Vec<Told<'_>> =
        recent.filter_map(|release| Told::of(release, id, beneath)).collect();
    let named = most_used(&recent);
    let all = recent.last().map_or(0, |told| told.count(&|_| true).saturating_add(told.hidden));
    // The same as of the table and of the figure above.
    let latest = match (history.last().and_then(|release| of(release, id)), beneath) {
        (Some(field), None) => clamped(field.answered).max(all),
        _ => all,
    };
    let layer = |title: &str, colour: usize, value: &dyn Fn(&Told<'_>) -> u64| {
        let values: Vec<u64> = recent.iter().map(value).collect();
        let now = values.last().copied().unwrap_or(0);
        Layer { label: label(title), text: share(now, latest), colour, values }
    };
    let mut layers: Vec<Layer> = named
        .iter()
        .enumerate()
        .map(|(at, named)| {
            let is_it = |row: &Row| row.value == named.value;
            layer(&named.title, at + 1, &|told| told.count(&is_it))
        })
        .collect();
    let is_other = |row: &Row| named.iter().all(|named| named.value != row.value);
    if recent.iter().any(|told| told.rows.iter().any(|row| is_other(row))) {
        layers.push(layer("others", LAYERS_MAX + 1, &|told| told.count(&is_other)));
    }
    if recent.iter().any(Told::hides_much) {
        layers.push(layer("hidden", LAYERS_MAX + 2, &|told| told.hidden));
    }
    (recent.iter().map(|told| told.day).collect(), layers)
}

/// The versions with the highest peaks, newest first.
fn most_used<'a>(recent: &[Told<'a>]) -> Vec<&'a Row> {
    let mut seen: Vec<(&Row, u64)> = Vec::new();
    // Releases list versions newest first; those that are gone from the latest are older.
    for told in recent.iter().rev() {
        for row in told.rows.iter().filter(|row| row.value != "other") {
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
