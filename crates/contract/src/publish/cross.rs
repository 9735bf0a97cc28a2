//! A cross-table: noise on every cell, or none and lines that are shown only whole.
//!
//! **With noise** an answer sheet is in one cell, so Δ is 1 and a cross-table is a table like any
//! other: it has its own share of ε and its own lines in the ledger. Whoever looks at one question
//! alone adds up the shares of its own table and of every cross-table that names it.
//!
//! **Without noise** the tables of both questions are its margins, and each published number is one
//! more equation about the cells. So columns that a question's own table folds are one column
//! here too, and lines are shown from the most frequent on as long as each of their cells, those
//! without an answer to the other question among them, is empty or large enough. What is left is
//! shown as one line, which must be so as well and stand for two answers at least: else the table
//! is not shown. Every published cell is then empty or large, and within the last line no cell can
//! be computed.

use super::plan::Plan;
use super::shown::Rule;
use super::table::words;
use super::{Doubt, Noise, noisy, scale};
use crate::manifest::Field;
use crate::release::{Axis, CrossLine, CrossTable, Crossed, Folded, Label, Number};
use crate::tally::{Cells, CrossTally, Tally};

/// Δ of a cross-table for one period: a pair of answers is in one cell.
pub const CROSS_SENSITIVITY: u32 = 1;

/// Makes a cross-table.
pub(super) fn table(
    cross: &CrossTally,
    tally: &Tally,
    plan: &Plan,
    noise: &mut impl Noise,
) -> CrossTable {
    let contributions = cross.records.as_ref().map_or(1, |(_, max)| *max);
    let delta = CROSS_SENSITIVITY.saturating_mul(contributions);
    let rule = Rule::of_several(plan, delta, contributions);
    let scale = scale(delta, plan);
    let doubt = Doubt::new(scale, plan.window().periods);
    let mut cells = cross.counter.answered();
    if let Some(scale) = scale {
        for cell in cells.iter_mut().flatten() {
            *cell = noisy(*cell, noise.discrete_laplace(scale));
        }
    }
    let draws = cells.iter().flatten().count();
    let sum = cells.iter().flatten().sum();
    let table = match rule {
        Rule::Suppress { smallest } if sum >= smallest => exact(cross, tally, (rule, plan), &doubt),
        Rule::Threshold { closed, .. } if sum >= closed => {
            Some(of_cells(cross, &cells, closed, &doubt))
        }
        Rule::All => Some(of_cells(cross, &cells, i64::MIN, &doubt)),
        _ => None,
    };
    let answered = match (&table, rule) {
        (None, Rule::Suppress { .. }) => Number::below(plan.group()),
        _ => doubt.number(sum, draws),
    };
    CrossTable {
        part: cross.part.clone(),
        rows: axis(&cross.rows),
        columns: axis(&cross.columns),
        records: cross.records.as_ref().map(|(unit, _)| unit.clone()),
        answered,
        table: table.unwrap_or(Crossed::TooFew),
    }
}

fn axis(field: &Field) -> Axis {
    let unit = field.kind.unit().to_owned();
    Axis { id: field.id.clone(), question: field.question.to_string(), unit }
}

/// Every cell from a number on; the others together.
fn of_cells(cross: &CrossTally, cells: &[Vec<i64>], from: i64, doubt: &Doubt) -> Crossed {
    let line = |(index, cells): (usize, &Vec<i64>)| CrossLine {
        label: label(&cross.rows, index),
        counts: cells.iter().map(|n| (*n >= from).then(|| doubt.number(*n, 1))).collect(),
    };
    let hidden: Vec<i64> = cells.iter().flatten().copied().filter(|n| *n < from).collect();
    let folded = (!hidden.is_empty()).then(|| Folded {
        values: u32::try_from(hidden.len()).ok(),
        count: doubt.number(hidden.iter().sum(), hidden.len()),
    });
    let width = cells.first().map_or(0, Vec::len);
    Crossed::Cells {
        columns: (0..width).map(|index| label(&cross.columns, index)).collect(),
        lines: cells.iter().enumerate().map(line).collect(),
        folded,
    }
}

/// Answers that stand together: the places of one, or of several that cannot be told apart.
type Group = Vec<usize>;

/// Lines that are shown, and what is left as one line; nothing if no line can be.
fn exact(
    cross: &CrossTally,
    tally: &Tally,
    (rule, plan): (Rule, &Plan),
    doubt: &Doubt,
) -> Option<Crossed> {
    let cells = cross.counter.lines();
    let (rows, folded_rows) = groups(&cross.rows, tally, plan)?;
    let (mut columns, folded_columns) = groups(&cross.columns, tally, plan)?;
    columns.extend((!folded_columns.is_empty()).then_some(folded_columns));
    // Those who answered one question and not the other stand at the end of both.
    let unanswered = cells.first()?.len().checked_sub(1)?;
    let line = |rows: &[usize]| -> Vec<i64> {
        let sum = |column: &[usize]| {
            let pairs = rows.iter().flat_map(|row| column.iter().map(move |column| (row, column)));
            pairs.filter_map(|(row, column)| cells.get(*row)?.get(*column)).sum()
        };
        columns.iter().map(|column| sum(column)).chain([sum(&[unanswered])]).collect()
    };
    let is_clean = |line: &[i64]| line.iter().all(|n| *n == 0 || !rule.too_few(*n));
    if !is_clean(&line(&[cells.len().checked_sub(1)?])) {
        return None;
    }
    let mut lines: Vec<(Group, Vec<i64>)> =
        rows.into_iter().map(|rows| (rows.clone(), line(&rows))).collect();
    // The most frequent first; of equals the one that is declared first.
    lines.sort_by_key(|(_, line)| std::cmp::Reverse(line.iter().sum::<i64>()));
    let clean = lines.iter().take_while(|(_, line)| is_clean(line)).count();
    let mut rest = folded_rows;
    rest.extend(lines.drain(clean..).flat_map(|(rows, _)| rows));
    loop {
        let given = rest.iter().filter(|row| line(&[**row]).iter().any(|n| *n > 0)).count();
        if given == 0 || given > 1 && is_clean(&line(&rest)) {
            break;
        }
        rest.extend(lines.pop()?.0);
    }
    if lines.is_empty() {
        return None;
    }
    lines.sort();
    lines.extend((!rest.is_empty()).then(|| (rest.clone(), line(&rest))));
    let lines = lines.into_iter().map(|(rows, line)| CrossLine {
        label: joint(&cross.rows, &rows),
        counts: line.iter().take(columns.len()).map(|n| Some(doubt.number(*n, 1))).collect(),
    });
    let columns = columns.iter().map(|column| joint(&cross.columns, column));
    Some(Crossed::Cells { columns: columns.collect(), lines: lines.collect(), folded: None })
}

/// The answers that the question's own table shows, and those that it folds. `None` where it shows
/// nothing.
fn groups(field: &Field, tally: &Tally, plan: &Plan) -> Option<(Vec<Group>, Group)> {
    let own = tally.fields.iter().find(|own| own.field.id == field.id)?;
    let Cells::Partition(cells) = own.counter.cells() else { return None };
    let rule = Rule::of_several(plan, 1, own.records.as_ref().map_or(1, |(_, max)| *max));
    if rule.too_few(cells.iter().sum()) {
        return None;
    }
    let shown = rule.partition(&cells);
    let of = |wanted: bool| {
        shown.iter().enumerate().filter(move |(_, shown)| **shown == wanted).map(|(at, _)| at)
    };
    Some((of(true).map(|at| vec![at]).collect(), of(false).collect()))
}

fn label(field: &Field, index: usize) -> Label {
    let (value, title) = words(field, index);
    Label { value, title, together: 0 }
}

/// One answer, or several without their names.
fn joint(field: &Field, group: &[usize]) -> Label {
    match group {
        [one] => label(field, *one),
        several => Label {
            value: String::new(),
            title: String::new(),
            together: u32::try_from(several.len()).unwrap_or(u32::MAX),
        },
    }
}
