//! A field's table: rows with their words, what is folded, and totals.

use super::doubt::Doubt;
use super::shown::Rule;
use super::suppress::Line;
use super::total::{self, Weighed};
use crate::answer::Entry;
use crate::id::Choice;
use crate::kind::{Kind, Moves};
use crate::manifest::{Field, OTHER};
use crate::release::{Folded, GridLine, Number, Row, Step, Table};
use crate::tally::Cells;
use crate::version::Version;

/// Everything that a table is made with.
#[derive(Clone, Copy)]
struct Maker<'a> {
    field: &'a Field,
    rule: Rule,
    doubt: &'a Doubt,
}

/// Those who answered (`None` where even that would say too much), and the table.
pub(super) fn table(
    field: &Field,
    cells: &Cells,
    rule: Rule,
    doubt: &Doubt,
) -> (Option<Number>, Table) {
    let maker = Maker { field, rule, doubt };
    let (sum, draws) = match cells {
        Cells::Partition(cells) => (cells.iter().sum(), cells.len()),
        Cells::Set { answered, .. }
        | Cells::Grid { answered, .. }
        | Cells::Versions { answered, .. } => (*answered, 1),
        Cells::Values(values) => return maker.catalogue(values),
    };
    let answered = doubt.number(sum, draws);
    if rule.too_few(sum) {
        return (Some(answered).filter(|_| !rule.is_exact()), Table::TooFew);
    }
    let table = match cells {
        Cells::Partition(cells) if field.kind.buckets().is_some() => maker.histogram(cells),
        Cells::Partition(cells) => maker.shares(cells),
        Cells::Set { none, entries, .. } => maker.set(sum, *none, entries),
        Cells::Grid { lines, .. } => maker.grid(sum, lines),
        Cells::Versions { other, minor, full, .. } => maker.versions(sum, *other, minor, full),
        Cells::Values(_) => Table::TooFew,
    };
    (Some(answered), table)
}

impl Maker<'_> {
    fn shares(self, cells: &[i64]) -> Table {
        let shown = self.rule.partition(cells);
        // A long list has many entries that nobody gave; both answers to a flag are always there.
        let all = !self.rule.is_exact() || self.field.kind == Kind::Flag;
        let rows = self.rows(cells, &shown, all);
        Table::Shares { rows, folded: self.folded(cells, &shown) }
    }

    fn histogram(self, cells: &[i64]) -> Table {
        let shown = self.rule.partition(cells);
        Table::Histogram {
            rows: self.rows(cells, &shown, true),
            unit: self.field.kind.unit().to_owned(),
            total: self.total(cells, &shown),
            folded: self.folded(cells, &shown),
        }
    }

    fn set(self, answered: i64, none: i64, entries: &[i64]) -> Table {
        let (shown, none_shown) = self.rule.set(answered, none, entries);
        let mut rows = self.rows(entries, &shown, !self.rule.is_exact());
        if none_shown && (none > 0 || !self.rule.is_exact()) {
            rows.push(row("none", "None", self.doubt.number(none, 1)));
        }
        let exact = self.rule.is_exact();
        let hidden = shown.iter().filter(|shown| !**shown).count();
        Table::Set {
            rows,
            folded: if exact { None } else { self.folded(entries, &shown) },
            hidden: if exact { number(hidden) } else { 0 },
        }
    }

    fn grid(self, answered: i64, cells: &[Vec<i64>]) -> Table {
        let kind = &self.field.kind;
        let mut lines = Vec::new();
        let mut hidden = 0;
        for (index, buckets) in cells.iter().enumerate() {
            let any: i64 = buckets.iter().sum();
            let shown = self.rule.line(answered, buckets);
            if shown == Line::Nothing {
                hidden += 1;
                continue;
            }
            if any == 0 && self.rule.is_exact() {
                continue;
            }
            let counts = if shown == Line::Buckets { buckets.as_slice() } else { &[] };
            let value = kind.thing_text(Entry::at(index));
            lines.push(GridLine {
                title: self.title_of_thing(index, &value),
                value,
                installations: self.doubt.number(any, buckets.len()),
                counts: counts.iter().map(|count| self.doubt.number(*count, 1)).collect(),
                total: (shown == Line::Buckets)
                    .then(|| self.total(buckets, &vec![true; buckets.len()]))
                    .flatten(),
            });
        }
        let buckets = (0..).map_while(|index| kind.bucket_label(index)).collect();
        let unit = kind.unit().to_owned();
        let Kind::Flow { steps, .. } = kind else {
            return Table::Grid { buckets, unit, lines, hidden };
        };
        let step = |index| {
            let value = choice(steps, index);
            Step { value: value.to_owned(), title: self.field.title_of(value).to_owned() }
        };
        let steps = (0..Moves(steps).steps()).map(step).collect();
        Table::Flow { steps, buckets, unit, lines, hidden }
    }

    /// An entry of `counts` or a move, for people.
    fn title_of_thing(self, index: usize, value: &str) -> String {
        let Kind::Flow { steps, .. } = &self.field.kind else {
            return self.field.title_of(value).to_owned();
        };
        let ends = Moves(steps).ends(Entry::at(index));
        ends.map(|step| self.field.title_of(step.text(steps))).join(" \u{2192} ")
    }

    fn versions(
        self,
        answered: i64,
        other: i64,
        minor: &[(Version, i64)],
        full: &[(Version, i64)],
    ) -> Table {
        let Kind::Version { suffixes } = &self.field.kind else { return Table::TooFew };
        let shown = self.rule.versions(other, minor, full);
        let last = (shown.other && (other > 0 || !self.rule.is_exact()))
            .then(|| row(OTHER, self.field.title_of(OTHER), self.doubt.number(other, 1)));
        let rows = |cells: &[(Version, i64)], shown: &[bool]| {
            let shown = cells.iter().zip(shown).filter(|(_, shown)| **shown);
            let rows = shown.map(|((version, count), _)| {
                let text = version.write(suffixes);
                row(&text, &text, self.doubt.number(*count, 1))
            });
            rows.chain(last.clone()).collect::<Vec<_>>()
        };
        // Those who answered and are in no row: what anyone could compute, with its error.
        let rest = |cells: &[(Version, i64)], shown: &[bool]| {
            let counts = cells.iter().zip(shown).filter(|(_, shown)| **shown);
            let counts = counts.map(|((_, count), _)| *count).chain(last.as_ref().map(|_| other));
            let (sum, draws) = counts.fold((0, 0), |(sum, n), count| (sum + count, n + 1));
            let (rest, draws) = (answered - sum, draws + 1);
            (rest > 0).then(|| Folded { values: None, count: self.doubt.number(rest, draws) })
        };
        Table::Versions {
            folded: rest(full, &shown.full),
            folded_minor: rest(minor, &shown.minor),
            minor: rows(minor, &shown.minor),
            full: rows(full, &shown.full),
        }
    }

    /// Answers, not installations: parts of samples cannot be joined.
    fn catalogue(self, values: &[(String, i64)]) -> (Option<Number>, Table) {
        let counts: Vec<_> = values.iter().map(|(_, count)| *count).collect();
        let shown = self.rule.open(&counts);
        let all: i64 = counts.iter().sum();
        let mut found: Vec<_> = values
            .iter()
            .zip(&shown)
            .filter(|(_, shown)| **shown)
            .map(|(value, _)| value)
            .collect();
        found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let rows: Vec<_> = found
            .iter()
            .map(|(value, count)| row(value, value, self.doubt.number(*count, 1)))
            .collect();
        let sum: i64 = found.iter().map(|(_, count)| count).sum();
        let rest = all - sum;
        let folded = (rest > 0 && self.rule.shows_other_samples(rest))
            .then(|| Folded { values: None, count: self.doubt.number(rest, 0) });
        let answered = if folded.is_some() { all } else { sum };
        if self.rule.is_exact() && self.rule.too_few(answered) {
            return (None, Table::TooFew);
        }
        (Some(self.doubt.number(answered, found.len())), Table::Catalogue { rows, folded })
    }

    fn rows(self, cells: &[i64], shown: &[bool], zeros: bool) -> Vec<Row> {
        let shown = cells.iter().zip(shown).enumerate();
        let rows = shown.filter(|(_, (count, shown))| **shown && (zeros || **count != 0));
        rows.map(|(index, (count, _))| {
            let (value, title) = words(self.field, index);
            row(&value, &title, self.doubt.number(*count, 1))
        })
        .collect()
    }

    fn folded(self, cells: &[i64], shown: &[bool]) -> Option<Folded> {
        let hidden = cells.iter().zip(shown).filter(|(_, shown)| !**shown);
        let (sum, draws) = hidden.fold((0, 0), |(sum, n), (count, _)| (sum + count, n + 1));
        (draws > 0)
            .then(|| Folded { values: Some(number(draws)), count: self.doubt.number(sum, draws) })
    }

    /// The fleet's total. Without noise it is made of what is shown and of nothing else: a total of
    /// the true buckets would be one more equation about the folded ones. With noise every bucket
    /// may be used, as the noise protects it already.
    fn total(self, cells: &[i64], shown: &[bool]) -> Option<crate::release::Interval> {
        let buckets = self.field.kind.buckets()?;
        let mut weighed: Vec<Weighed> = Vec::new();
        let mut folded: Option<Weighed> = None;
        for (index, (count, shown)) in cells.iter().zip(shown).enumerate() {
            let (low, high) = buckets.bounds(index)?;
            let bucket = Weighed { count: *count, low, high };
            if *shown || !self.rule.is_exact() {
                weighed.push(bucket);
            } else {
                folded = Some(folded.map_or(bucket, |folded| folded.with(bucket)));
            }
        }
        weighed.extend(folded);
        total::interval(&weighed, self.doubt)
    }
}

/// A cell's value as it was sent, and for people.
pub(super) fn words(field: &Field, index: usize) -> (String, String) {
    if field.kind == Kind::Flag {
        let (value, title) = if index == 0 { ("true", "Yes") } else { ("false", "No") };
        return (value.to_owned(), title.to_owned());
    }
    if let Some(choices) = field.kind.choices() {
        let value = choice(choices, index);
        return (value.to_owned(), field.title_of(value).to_owned());
    }
    let label = field.kind.bucket_label(index).unwrap_or_default();
    (label.clone(), label)
}

fn choice(choices: &[Choice], index: usize) -> &str {
    choices.get(index).map_or(OTHER, Choice::as_str)
}

fn row(value: &str, title: &str, count: Number) -> Row {
    Row { value: value.to_owned(), title: title.to_owned(), count }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
