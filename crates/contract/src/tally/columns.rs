//! Counting whole columns: the same counters as for single parts, without making the parts.

use crate::answer::Answer;
use crate::calendar::Period;
use crate::columns::{Block, Column, Numbers};
use crate::definition::Definition;

use super::counter::Counter;
use super::cross::{CrossRoute, CrossTally};
use super::route::FieldRoute;
use super::{NotCounted, Tally};

impl Tally {
    /// Counts the rows of a block, without those that are kept as exact bytes and those at the
    /// places of `without`; says how many were counted. It is as if each row's part had been given
    /// to [`Tally::count`].
    ///
    /// # Errors
    /// As [`Tally::count`]; nothing is counted then.
    pub fn count_block(
        &mut self,
        definition: &Definition,
        period: Period,
        block: &Block<'_>,
        without: &[usize],
    ) -> Result<u64, NotCounted> {
        if !self.takes(period) {
            return Err(NotCounted::Period);
        }
        let hash = definition.hash();
        let route = self.routes.iter().find(|route| route.definition == hash);
        let route = route.ok_or(NotCounted::Definition)?;
        let mut left_out: Vec<usize> = without.to_vec();
        left_out.extend(block.exact().iter().map(|(row, _)| *row));
        left_out.sort_unstable();
        left_out.dedup();
        let rows: Rows<'_> = Rows { all: block.rows(), left_out: &left_out };
        let shapes = definition.fields.iter().zip(block.columns());
        for (route, (shape, column)) in route.fields.iter().zip(shapes) {
            if let Some(route) = route
                && let Some(field) = self.fields.get_mut(route.field)
                && let Some(answers) = column.answers(&shape.kind)
            {
                count_column(&mut field.counter, route, (column, &answers), &rows);
            }
        }
        for route in &route.crosses {
            if let Some(cross) = self.crosses.get_mut(route.cross) {
                count_pairs(cross, route, (definition, block), &rows);
            }
        }
        let counted = rows.all.saturating_sub(left_out.len()) as u64;
        if let Some(part) = self.parts.get_mut(route.part) {
            part.count += counted;
        }
        Ok(counted)
    }
}

/// Which rows are counted.
struct Rows<'a> {
    all: usize,
    /// Ascending.
    left_out: &'a [usize],
}

/// First how often each number stands there, then each answer as often: a column of a block has few
/// different answers and thousands of rows.
fn count_column(
    counter: &mut Counter,
    route: &FieldRoute,
    (column, answers): (&Column<'_>, &[Option<Answer>]),
    rows: &Rows<'_>,
) {
    let mut counts = vec![0_u64; answers.len().max(1)];
    let mut bump = |number: usize, by: i64| {
        if let Some(count) = counts.get_mut(number) {
            *count = count.saturating_add_signed(by);
        }
    };
    match column.numbers() {
        Numbers::Same => bump(0, i64::try_from(rows.all).unwrap_or(i64::MAX)),
        Numbers::Bytes(numbers) => {
            for number in numbers {
                bump(usize::from(*number), 1);
            }
        }
        Numbers::Shorts(numbers) => {
            for number in numbers {
                bump(usize::from(u16::from_le_bytes(*number)), 1);
            }
        }
    }
    for row in rows.left_out {
        if let Some(number) = column.number(*row) {
            bump(number, -1);
        }
    }
    for (answer, count) in answers.iter().zip(counts) {
        if let Some(answer) = answer {
            (0..count).for_each(|_| counter.add(&route.mapping, answer));
        }
    }
}

/// Pairs of answers, row by row: each dictionary is mapped to cells once, and two numbers are
/// looked up for each row.
fn count_pairs(
    cross: &mut CrossTally,
    route: &CrossRoute,
    (definition, block): (&Definition, &Block<'_>),
    rows: &Rows<'_>,
) {
    let side = |place: Option<usize>| {
        let place = place?;
        let column = block.columns().get(place)?;
        Some((column, column.answers(&definition.fields.get(place)?.kind)?))
    };
    let [lines, columns] = route.places().map(side);
    let cells_of = |answers: &[Option<Answer>], which: usize| -> Vec<Option<usize>> {
        let cell = |answer: &Option<Answer>| {
            let mut pair = [None; 2];
            *pair.get_mut(which)? = answer.as_ref();
            route.cells(cross, pair).into_iter().flatten().next()
        };
        answers.iter().map(cell).collect()
    };
    let line_cells = lines.as_ref().map(|(_, answers)| cells_of(answers, 0)).unwrap_or_default();
    let column_cells =
        columns.as_ref().map(|(_, answers)| cells_of(answers, 1)).unwrap_or_default();
    let mut left_out = rows.left_out.iter().peekable();
    for row in 0..rows.all {
        if left_out.next_if_eq(&&row).is_some() {
            continue;
        }
        let cell = |side: &Option<(&Column<'_>, _)>, cells: &[Option<usize>]| {
            cells.get(side.as_ref()?.0.number(row)?).copied().flatten()
        };
        cross.counter.add(cell(&lines, &line_cells), cell(&columns, &column_cells));
    }
}
