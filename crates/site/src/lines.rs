//! Every published number as one line of a long table: what the files for machines are made of.

use contract::id::FieldId;
use contract::release::{
    CrossTable, Crossed, FieldTable, Folded, Interval, Number, Release, Row, Table,
};

use crate::count::Count;

/// One number, or one statement without a number.
pub(crate) struct Line<'a> {
    pub(crate) release: &'a Release,
    /// Nothing for the headline.
    pub(crate) field: Option<&'a FieldId>,
    /// The second question of a cross-table, whose answers are in `bucket`.
    pub(crate) by: Option<&'a FieldId>,
    /// What the number counts.
    pub(crate) kind: &'static str,
    /// The value as it was sent, and for people.
    pub(crate) value: String,
    pub(crate) title: String,
    pub(crate) bucket: &'a str,
    /// As published: noise may take it below zero, and whoever adds numbers up needs them so.
    pub(crate) number: Option<i128>,
    pub(crate) error_95: Option<u64>,
}

/// The headline of a release, and its installations within 28 days where they are counted.
pub(crate) fn headlines(release: &Release) -> Vec<Line<'_>> {
    let count = Count::of(release);
    let mut lines = Lines { about: (release, None), all: Vec::new() };
    let headline = Number::new(count.value, count.error_95);
    lines.number(count.noun.name(), ["", ""], "", headline);
    if let Some(within) = release.installations_28_days {
        lines.number("installations_28_days", ["", ""], "", within);
    }
    lines.all
}

/// The numbers of one field of a release.
pub(crate) fn of_field<'a>(release: &'a Release, field: &'a FieldTable) -> Vec<Line<'a>> {
    let mut lines = Lines { about: (release, Some(&field.id)), all: Vec::new() };
    lines.number("answered", ["", ""], "", field.answered);
    lines.table(&field.table);
    lines.all
}

/// The numbers of one cross-table of a release. Answers that stand together have no name.
pub(crate) fn of_cross<'a>(release: &'a Release, cross: &'a CrossTable) -> Vec<Line<'a>> {
    let mut lines = Lines { about: (release, Some(&cross.rows.id)), all: Vec::new() };
    lines.number("answered", ["", ""], "", cross.answered);
    if let Crossed::Cells { columns, lines: rows, folded, .. } = &cross.table {
        for row in rows {
            for (column, count) in columns.iter().zip(&row.counts) {
                if let Some(count) = count {
                    let name = [row.label.value.as_str(), row.label.title.as_str()];
                    lines.number("pair", name, &column.value, *count);
                }
            }
        }
        lines.folded(*folded);
    }
    lines.all.iter_mut().for_each(|line| line.by = Some(&cross.columns.id));
    lines.all
}

struct Lines<'a> {
    about: (&'a Release, Option<&'a FieldId>),
    all: Vec<Line<'a>>,
}

impl<'a> Lines<'a> {
    fn table(&mut self, table: &'a Table) {
        match table {
            Table::Shares { rows, folded, .. } | Table::Catalogue { rows, folded, .. } => {
                self.rows("answer", rows);
                self.folded(*folded);
            }
            Table::Set { rows, folded, hidden, .. } => {
                self.rows("answer", rows);
                self.folded(*folded);
                self.hidden(*hidden);
            }
            Table::Histogram { rows, total, folded, .. } => {
                self.rows("bucket", rows);
                self.folded(*folded);
                self.total(["", ""], *total);
            }
            Table::Versions { minor, full, folded, folded_minor, .. } => {
                self.rows("minor", minor);
                self.rows("full", full);
                if let Some(folded) = folded_minor {
                    let name = ["", "versions not shown"];
                    self.number("minor_not_shown", name, "", folded.count);
                }
                self.folded(*folded);
            }
            Table::Grid { buckets, lines, hidden, .. }
            | Table::Flow { buckets, lines, hidden, .. } => {
                self.hidden(*hidden);
                for line in lines {
                    let name = [line.value.as_str(), line.title.as_str()];
                    self.number("installations", name, "", line.installations);
                    for (bucket, count) in buckets.iter().zip(&line.counts) {
                        self.number("bucket", name, bucket, *count);
                    }
                    self.total(name, line.total);
                }
            }
            _ => {}
        }
    }

    fn rows(&mut self, kind: &'static str, rows: &'a [Row]) {
        for row in rows {
            self.number(kind, [&row.value, &row.title], "", row.count);
        }
    }

    fn folded(&mut self, folded: Option<Folded>) {
        if let Some(folded) = folded {
            let values = folded.values.map(|values| values.to_string()).unwrap_or_default();
            self.number("not_shown", [&values, "values not shown"], "", folded.count);
        }
    }

    /// How many entries have no row. How many installations gave them is not published.
    fn hidden(&mut self, entries: u32) {
        if entries > 0 {
            let name = [&*entries.to_string(), "entries not shown"];
            self.all.push(line(self.about, "not_shown", name, "", (None, None)));
        }
    }

    fn total(&mut self, name: [&str; 2], total: Option<Interval>) {
        if let Some(Interval { estimate, low, high, .. }) = total {
            let named = [("total_estimate", estimate), ("total_low", low), ("total_high", high)];
            for (kind, number) in named {
                let number = (Some(i128::from(number)), None);
                self.all.push(line(self.about, kind, name, "", number));
            }
        }
    }

    fn number(&mut self, kind: &'static str, name: [&str; 2], bucket: &'a str, number: Number) {
        let number = (Some(i128::from(number.value)), Some(number.error_95));
        self.all.push(line(self.about, kind, name, bucket, number));
    }
}

fn line<'a>(
    (release, field): (&'a Release, Option<&'a FieldId>),
    kind: &'static str,
    name: [&str; 2],
    bucket: &'a str,
    (number, error_95): (Option<i128>, Option<u64>),
) -> Line<'a> {
    let [value, title] = name.map(str::to_owned);
    Line { release, field, by: None, kind, value, title, bucket, number, error_95 }
}
