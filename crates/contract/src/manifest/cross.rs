//! Cross-tables: two questions of a part whose answers are published together, and their rules.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::lint::PartPlace;
use super::reader::{Node, Reader};
use super::{Channel, Part, Publication};
use crate::id::FieldId;
use crate::limits::{CROSS_CELLS_MAX, CROSSES_MAX};

/// Two questions that travel together and are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Cross {
    /// The field whose answers are the lines of the table.
    pub rows: FieldId,
    /// The field whose answers are its columns.
    pub columns: FieldId,
}

impl Cross {
    /// Its two fields.
    pub fn fields(&self) -> [&FieldId; 2] {
        [&self.rows, &self.columns]
    }

    /// Whether both are about the same two questions, in whatever order.
    pub fn is_of_same_fields(&self, other: &Self) -> bool {
        self == other || (&self.rows, &self.columns) == (&other.columns, &other.rows)
    }
}

/// Reads the cross-tables of a part.
pub(super) fn read(part: &Node<'_, '_>) -> Vec<(Cross, Range<usize>)> {
    let read = |node: Node<'_, '_>| {
        let rows = node.parsed("rows", "name a field of the part", FieldId::parse);
        let columns = node.parsed("columns", "name another field of the part", FieldId::parse);
        let at = node.at.clone();
        node.finish();
        Some((Cross { rows: rows?, columns: columns? }, at))
    };
    part.tables("cross", "cross-table").into_iter().filter_map(read).collect()
}

/// What the cross-tables of a channel must keep.
pub(super) fn lint(reader: &Reader<'_>, channel: &Channel, places: &[PartPlace]) {
    let parts = channel.parts.iter().zip(places);
    let all =
        parts.flat_map(|(part, at)| part.crosses.iter().zip(&at.crosses).map(move |c| (part, c)));
    let mut seen: Vec<&Cross> = Vec::new();
    let mut crossed = BTreeSet::new();
    for (part, (cross, at)) in all {
        if seen.iter().any(|known| known.is_of_same_fields(cross)) {
            reader.note(at, "this cross-table is there twice", "remove one of them");
        }
        seen.push(cross);
        if seen.len() == CROSSES_MAX + 1 {
            let what = format!("the channel has more than {CROSSES_MAX} cross-tables");
            reader.note(at, what, "each takes its share of ε: keep those that decide something");
        }
        fields(reader, channel, (part, cross), at);
        if channel.publication != Publication::Exact {
            continue;
        }
        for field in cross.fields().into_iter().filter(|id| channel.anchor.as_ref() != Some(id)) {
            if !crossed.insert(field) {
                let what = format!("`{field}` is in two cross-tables, without noise");
                let fix = "keep one of them, or publish with noise: two exact tables can say \
                           together what neither says alone";
                reader.note(at, what, fix);
            }
        }
    }
}

fn fields(
    reader: &Reader<'_>,
    channel: &Channel,
    (part, cross): (&Part, &Cross),
    at: &Range<usize>,
) {
    if cross.rows == cross.columns {
        let what = format!("`{}` is crossed with itself", cross.rows);
        reader.note(at, what, "name two fields");
        return;
    }
    let mut cells = Some(1_usize);
    for id in cross.fields() {
        let Some(field) = channel.fields_of(part).find(|field| field.id == *id) else {
            let what = format!("the part `{}` has no field `{id}`", part.id);
            let fix = "name fields of this part: what travels apart cannot be counted together";
            reader.note(at, what, fix);
            return;
        };
        let width = field.kind.cells();
        cells = cells.zip(width).map(|(cells, width)| cells.saturating_mul(width));
        if width.is_none() {
            let what = format!("`{id}` is a `{}`, which no cross-table holds", field.kind.name());
            let fix =
                "cross a `flag`, `choice`, `count`, `size` or `duration`: one answer of a list";
            reader.note(at, what, fix);
        }
        if !field.publish {
            let what = format!("`{id}` is not published, and a cross-table would publish it");
            reader.note(at, what, "publish it, or remove the cross-table");
        }
    }
    if let Some(cells) = cells.filter(|cells| *cells > CROSS_CELLS_MAX) {
        let what = format!("the cross-table has {cells} cells");
        let fix = format!("nobody reads more than {CROSS_CELLS_MAX}: shorten a list");
        reader.note(at, what, fix);
    }
}
