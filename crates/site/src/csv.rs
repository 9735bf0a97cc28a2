//! A field over its releases as CSV (RFC 4180), safe to open in a spreadsheet.

use contract::release::{CrossTable, FieldTable, Release, Table};

use crate::limits::CSV_RELEASES_MAX;
use crate::lines::{Line, headlines, of_cross, of_field};

const HEAD: &str = "release,first_day,last_day,kind,value,title,bucket,number,error_95";
const REHEARSAL: &str = "rehearsal: never publish this";
const SIMULATED: &str = "simulated: these installations are invented";

/// All releases of one field, oldest first. Numbers are as published: noise may take them below
/// zero, and whoever adds them up needs them so.
pub(crate) fn field(history: &[Release], latest: &FieldTable, rehearsal: bool) -> String {
    // An open vocabulary is long and its old values are in the old releases.
    let releases = match latest.table {
        Table::Catalogue { .. } => 1,
        _ => CSV_RELEASES_MAX,
    };
    let newest = history.iter().skip(history.len().saturating_sub(releases));
    let lines = newest.flat_map(|release| {
        let field = release.fields.iter().find(|field| field.id == latest.id);
        field.map(|field| of_field(release, field)).unwrap_or_default()
    });
    sheet(lines, note(history, rehearsal).unwrap_or_default())
}

/// All releases of one cross-table, oldest first.
pub(crate) fn cross(history: &[Release], latest: &CrossTable, rehearsal: bool) -> String {
    let newest = history.iter().skip(history.len().saturating_sub(CSV_RELEASES_MAX));
    let same = |cross: &&CrossTable| {
        (&cross.rows.id, &cross.columns.id) == (&latest.rows.id, &latest.columns.id)
    };
    let lines = newest.flat_map(|release| {
        let cross = release.crosses.iter().find(same);
        cross.map(|cross| of_cross(release, cross)).unwrap_or_default()
    });
    sheet(lines, note(history, rehearsal).unwrap_or_default())
}

/// The headline over all releases.
pub(crate) fn counts(history: &[Release], rehearsal: bool) -> String {
    sheet(history.iter().flat_map(headlines), note(history, rehearsal).unwrap_or_default())
}

/// What stands at the end of each line, so that no line can be taken for what it is not.
pub(crate) fn note(history: &[Release], rehearsal: bool) -> Option<&'static str> {
    match (rehearsal, history.iter().any(|release| release.simulated)) {
        (true, _) => Some(REHEARSAL),
        (false, true) => Some(SIMULATED),
        (false, false) => None,
    }
}

fn sheet<'a>(lines: impl Iterator<Item = Line<'a>>, note: &str) -> String {
    let [comma, last] = if note.is_empty() { ["", "\r\n"] } else { [",", ",note\r\n"] };
    let mut text = format!("{HEAD}{last}");
    for line in lines {
        let Release { number, window, .. } = line.release;
        let release = format!("{number},{},{}", window.first, window.last);
        let [value, title, bucket] = [&*line.value, &*line.title, line.bucket].map(cell);
        let number = line.number.map(|number| number.to_string()).unwrap_or_default();
        let error = line.error_95.map(|error| error.to_string()).unwrap_or_default();
        let cells = [&*release, line.kind, &value, &title, &bucket, &number, &error].join(",");
        text.extend([cells.as_str(), comma, note, "\r\n"]);
    }
    text
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
