//! Two questions of one part, counted together.

use crate::answer::Answer;
use crate::definition::Definition;
use crate::id::PartId;
use crate::manifest::{self, Channel, Field};

use super::counter;
use super::route::Mapping;

/// A cross-table and its counters.
#[derive(Clone, PartialEq)]
pub(crate) struct CrossTally {
    pub(crate) part: PartId,
    pub(crate) rows: Field,
    pub(crate) columns: Field,
    pub(crate) counter: CrossCounter,
    /// As of a field.
    pub(crate) records: Option<(String, u32)>,
}

/// How often each pair of answers was given, and how often one without the other.
#[derive(Clone, PartialEq)]
pub(crate) struct CrossCounter {
    height: usize,
    width: usize,
    /// Line by line, each with one more cell for those who did not answer the second question; and
    /// one more line for those who did not answer the first.
    cells: Vec<u64>,
}

/// Where the answers of one definition go.
#[derive(Clone)]
pub(super) struct CrossRoute {
    pub(super) cross: usize,
    rows: Option<Side>,
    columns: Option<Side>,
}

/// The place of a question in the definition, and how its answers are mapped.
#[derive(Clone)]
struct Side {
    place: usize,
    mapping: Mapping,
}

impl CrossTally {
    /// The cross-tables of a part.
    pub(super) fn of<'a>(
        channel: &'a Channel,
        part: &'a manifest::Part,
    ) -> impl Iterator<Item = Self> + 'a {
        part.crosses.iter().filter_map(move |cross| {
            let [rows, columns] = cross
                .fields()
                .map(|id| channel.fields_of(part).find(|field| field.id == *id).cloned());
            let (rows, columns) = (rows?, columns?);
            Some(Self {
                part: part.id.clone(),
                counter: CrossCounter::new(rows.kind.cells()?, columns.kind.cells()?),
                rows,
                columns,
                records: part.records.as_ref().map(|of| (of.unit.clone(), of.max)),
            })
        })
    }

    /// Whether both count the same, whatever they counted.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.part, &self.rows, &self.columns) == (&other.part, &other.rows, &other.columns)
    }
}

impl CrossCounter {
    fn new(height: usize, width: usize) -> Self {
        Self { height, width, cells: vec![0; (height + 1) * (width + 1)] }
    }

    /// Counts one pair; `None` is no answer.
    pub(super) fn add(&mut self, row: Option<usize>, column: Option<usize>) {
        let (row, column) = (row.unwrap_or(self.height), column.unwrap_or(self.width));
        if let Some(cell) = self.cells.get_mut(row * (self.width + 1) + column) {
            *cell += 1;
        }
    }

    pub(super) fn clear(&mut self) {
        self.cells.fill(0);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.cells.iter_mut().zip(&other.cells) {
            *mine += theirs;
        }
    }

    /// Lines of cells; the last line and the last cell of each are those without an answer.
    pub(crate) fn lines(&self) -> Vec<Vec<i64>> {
        let signed = |count: &u64| i64::try_from(*count).unwrap_or(i64::MAX);
        self.cells.chunks(self.width + 1).map(|line| line.iter().map(signed).collect()).collect()
    }

    /// Everything that a noisy release makes public of it, before noise: the cells of those who
    /// answered both.
    pub(crate) fn answered(&self) -> Vec<Vec<i64>> {
        let mut lines = self.lines();
        lines.truncate(self.height);
        for line in &mut lines {
            line.truncate(self.width);
        }
        lines
    }
}

impl CrossRoute {
    pub(super) fn new(cross: usize, tally: &CrossTally, definition: &Definition) -> Self {
        let side = |field: &Field| {
            let place = definition.index_of(field.id.as_str())?;
            let mapping = Mapping::between(&definition.fields.get(place)?.kind, &field.kind)?;
            Some(Side { place, mapping })
        };
        Self { cross, rows: side(&tally.rows), columns: side(&tally.columns) }
    }

    /// The places in the definition of both questions.
    pub(super) fn places(&self) -> [Option<usize>; 2] {
        [&self.rows, &self.columns].map(|side| side.as_ref().map(|side| side.place))
    }

    /// The cell of an answer on each side.
    pub(super) fn cells(
        &self,
        tally: &CrossTally,
        [row, column]: [Option<&Answer>; 2],
    ) -> [Option<usize>; 2] {
        let cell = |side: &Option<Side>, answer: Option<&Answer>, field: &Field| {
            counter::cell(&side.as_ref()?.mapping, answer?, field.kind.cells()?)
        };
        [cell(&self.rows, row, &tally.rows), cell(&self.columns, column, &tally.columns)]
    }
}
