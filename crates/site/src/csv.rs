//! One field over its releases as CSV (RFC 4180), safe to open in a spreadsheet.

use contract::release::{FieldTable, Folded, Interval, Number, Release, Row, Table};

use crate::count::Count;
use crate::limits::CSV_RELEASES_MAX;

const HEAD: &str = "release,first_day,last_day,kind,value,title,bucket,number,error_95";
const REHEARSAL: &str = ",rehearsal: never publish this";
const SIMULATED: &str = ",simulated: these installations are invented";

/// All releases of one field, oldest first. Numbers are as published: noise may take them below
/// zero, and whoever adds them up needs them so.
pub(crate) fn field(history: &[Release], latest: &FieldTable, rehearsal: bool) -> String {
    let mut sheet = Sheet::new(note(history, rehearsal));
    // An open vocabulary is long and its old values are in the old releases.
    let releases = match latest.table {
        Table::Catalogue { .. } => 1,
        _ => CSV_RELEASES_MAX,
    };
    for release in history.iter().skip(history.len().saturating_sub(releases)) {
        if let Some(field) = release.fields.iter().find(|field| field.id == latest.id) {
            sheet.release(release);
            sheet.number("answered", field.answered);
            table(&mut sheet, &field.table);
        }
    }
    sheet.text
}

/// The headline over all releases.
pub(crate) fn counts(history: &[Release], rehearsal: bool) -> String {
    let mut sheet = Sheet::new(note(history, rehearsal));
    for release in history {
        let count = Count::of(release);
        sheet.release(release);
        let numbers = [count.value.to_string(), count.error_95.to_string()];
        sheet.write(count.noun.name(), ["", ""], "", &numbers);
    }
    sheet.text
}

/// What stands at the end of each line, so that no line can be taken for what it is not.
fn note(history: &[Release], rehearsal: bool) -> &'static str {
    match (rehearsal, history.iter().any(|release| release.simulated)) {
        (true, _) => REHEARSAL,
        (false, true) => SIMULATED,
        (false, false) => "",
    }
}

fn table(sheet: &mut Sheet, table: &Table) {
    match table {
        Table::Shares { rows, folded, .. } | Table::Catalogue { rows, folded, .. } => {
            sheet.rows("answer", rows);
            sheet.folded(*folded);
        }
        Table::Set { rows, folded, hidden, .. } => {
            sheet.rows("answer", rows);
            sheet.folded(*folded);
            sheet.hidden(*hidden);
        }
        Table::Histogram { rows, total, folded, .. } => {
            sheet.rows("bucket", rows);
            sheet.folded(*folded);
            sheet.total(["", ""], *total);
        }
        Table::Versions { minor, full, folded, folded_minor, .. } => {
            sheet.rows("minor", minor);
            sheet.rows("full", full);
            if let Some(folded) = folded_minor {
                sheet.line("minor_not_shown", ["", "versions not shown"], "", folded.count);
            }
            sheet.folded(*folded);
        }
        Table::Grid { buckets, lines, hidden, .. } => {
            sheet.hidden(*hidden);
            for line in lines {
                let name = [line.value.as_str(), line.title.as_str()];
                sheet.line("installations", name, "", line.installations);
                for (bucket, count) in buckets.iter().zip(&line.counts) {
                    sheet.line("bucket", name, bucket, *count);
                }
                sheet.total(name, line.total);
            }
        }
        _ => {}
    }
}

struct Sheet {
    text: String,
    release: String,
    note: &'static str,
}

impl Sheet {
    fn new(note: &'static str) -> Self {
        let last = if note.is_empty() { "\r\n" } else { ",note\r\n" };
        Self { text: format!("{HEAD}{last}"), release: String::new(), note }
    }

    fn release(&mut self, release: &Release) {
        let window = release.window;
        self.release = format!("{},{},{}", release.number, window.first, window.last);
    }

    fn rows(&mut self, kind: &str, rows: &[Row]) {
        for row in rows {
            self.line(kind, [&row.value, &row.title], "", row.count);
        }
    }

    fn number(&mut self, kind: &str, number: Number) {
        self.line(kind, ["", ""], "", number);
    }

    fn folded(&mut self, folded: Option<Folded>) {
        if let Some(folded) = folded {
            let values = folded.values.map(|values| values.to_string()).unwrap_or_default();
            self.line("not_shown", [&values, "values not shown"], "", folded.count);
        }
    }

    /// How many entries have no row. How many installations gave them is not published.
    fn hidden(&mut self, entries: u32) {
        if entries > 0 {
            let name = [entries.to_string(), "entries not shown".to_owned()];
            self.write("not_shown", name.each_ref().map(String::as_str), "", &Default::default());
        }
    }

    fn line(&mut self, kind: &str, name: [&str; 2], bucket: &str, number: Number) {
        let numbers = [number.value.to_string(), number.error_95.to_string()];
        self.write(kind, name, bucket, &numbers);
    }

    fn total(&mut self, name: [&str; 2], total: Option<Interval>) {
        if let Some(Interval { estimate, low, high, .. }) = total {
            let named = [("total_estimate", estimate), ("total_low", low), ("total_high", high)];
            for (kind, number) in named {
                self.write(kind, name, "", &[number.to_string(), String::new()]);
            }
        }
    }

    fn write(&mut self, kind: &str, name: [&str; 2], bucket: &str, numbers: &[String; 2]) {
        let [value, title] = name.map(cell);
        let [number, error] = numbers;
        let (note, release) = (self.note, &self.release);
        let bucket = cell(bucket);
        let line = [release, kind, &value, &title, &bucket, number, error].join(",");
        self.text.extend([line.as_str(), note, "\r\n"]);
    }
}

/// One text as a cell: what a spreadsheet would take for a formula is led by an apostrophe, and
/// what would end the cell is quoted.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['\t', '\r', '\n'])
        || text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let guard = if formula { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n', '\t']) || text != text.trim() {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests;
