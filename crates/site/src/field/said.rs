//! What is said about a question beside its chart: who answered, and what is not shown.

use contract::release::{FieldTable, Folded, Mode, Release, Table};

use super::drawing::frequent;
use crate::number::{Whole, clamped, doubted, grouped, in_all};
use crate::text::shown;

/// "3,410 answered, ± 9 (98 % of all)".
pub(super) fn answered(release: &Release, field: &FieldTable) -> String {
    let many = clamped(field.answered);
    let doubt = match field.answered.error_95 {
        0 => String::new(),
        error => format!(", ±\u{202F}{}", grouped(error)),
    };
    match &field.table {
        Table::TooFew => String::new(),
        // An installation has several: they are no part of the installations.
        _ if field.records.is_some() => {
            let what = field.records.as_deref().map(shown).unwrap_or_default();
            format!("{} {what}{doubt}; one installation may have several", grouped(many))
        }
        Table::Catalogue { folded, .. } => {
            let what = if many == 1 { "answer" } else { "answers" };
            let all = folded.is_some() || release.mode == Mode::Rehearsal;
            let which = if all { "" } else { " frequent enough to be shown" };
            format!("{} {what}{which}{doubt}; one installation may give several", grouped(many))
        }
        _ => match release.installations {
            None => format!("{} answered{doubt}", grouped(many)),
            Some(number) => match Whole::of(release, clamped(number)) {
                whole if whole.is_one() => String::new(),
                whole if whole.is_few => format!("{} answered", whole.part(many)),
                whole => format!("{} answered{doubt} ({} of all)", grouped(many), whole.part(many)),
            },
        },
    }
}

/// What the chart does not say.
pub(super) fn notes(release: &Release, field: &FieldTable) -> Vec<String> {
    let mut group = grouped(release.group_min.into());
    if field.records.is_some() && matches!(release.mode, Mode::Noisy { .. }) {
        // So many of them must stand behind a number, whatever each of them has.
        group = format!("what {group} installations may have");
    }
    let mut notes = Vec::new();
    match &field.table {
        Table::TooFew => notes.push(too_few(release, &group)),
        Table::Shares { folded, .. } => notes.extend(folded.map(|f| declared(release, f, &group))),
        Table::Histogram { unit, total, folded, .. } => {
            let sentence = total.map(|total| in_all(total, &shown(unit)));
            notes.extend(sentence.as_deref().map(first));
            notes.extend(folded.map(|folded| declared(release, folded, &group)));
        }
        Table::Set { folded, hidden, .. } => {
            notes.extend(folded.map(|folded| declared(release, folded, &group)));
            notes.extend(hidden_entries(*hidden, ENTRIES, &group));
        }
        Table::Versions { folded, folded_minor, .. } => {
            notes.extend(versions(release, *folded_minor, *folded, &group));
        }
        Table::Grid { lines, hidden, .. } | Table::Flow { lines, hidden, .. } => {
            let is_flow = matches!(field.table, Table::Flow { .. });
            let what = if is_flow { ["move", "moves"] } else { ENTRIES };
            notes.extend(match release.mode {
                Mode::Exact => hidden_entries(*hidden, what, &group),
                _ => noisy_lines(*hidden, what, &group),
            });
            let more = lines.len().saturating_sub(frequent(lines).len());
            if is_flow && more > 0 {
                notes.push(format!("{} rarer moves are in the table alone.", grouped(more as u64)));
            }
            if lines.iter().any(|line| line.counts.is_empty()) {
                notes.push(format!(
                    "Where one of the sizes has fewer than {group} installations, only those that \
                     have any are shown."
                ));
            }
        }
        Table::Catalogue { folded, .. } => {
            notes.extend(folded.map(|folded| together("values", &doubted(folded.count), &group)));
        }
        _ => {}
    }
    notes
}

fn too_few(release: &Release, group: &str) -> String {
    match release.mode {
        Mode::Noisy { .. } => {
            format!("Too few yet: with its noise, the number of answers is below {group}.")
        }
        _ => format!("Too few yet: fewer than {group} installations answered."),
    }
}

/// Values of a declared list that are counted together. Without noise the least frequent of those
/// that are large enough is among them, so nothing may be said about each.
fn declared(release: &Release, folded: Folded, group: &str) -> String {
    let values = match folded.values {
        Some(1) => "1 value".to_owned(),
        Some(values) => format!("{} values", grouped(values.into())),
        None => "values".to_owned(),
    };
    let answers = doubted(folded.count);
    match release.mode {
        Mode::Noisy { .. } => {
            let each = if folded.values == Some(1) { "" } else { " each" };
            format!("Not shown: {values} below {group}{each}, with noise; {answers} answers.")
        }
        _ => together(&values, &answers, group),
    }
}

/// Versions that are in no row, of the chart and in full.
fn versions(
    release: &Release,
    minor: Option<Folded>,
    full: Option<Folded>,
    group: &str,
) -> Option<String> {
    let [minor, full] = [minor, full].map(|folded| folded.map(|folded| doubted(folded.count)));
    let answers = match (minor, full) {
        (None, None) => return None,
        (Some(minor), None) => format!("{minor} answers in the chart"),
        (None, Some(full)) => format!("{full} answers in full"),
        (Some(minor), Some(full)) => format!("{minor} answers in the chart, {full} in full"),
    };
    Some(match release.mode {
        Mode::Noisy { .. } => format!("Too rare to be shown: {answers}."),
        _ => format!("Not shown: {answers}. {}", why_together(group)),
    })
}

/// What may be said of values that are counted together without noise: not how many gave each.
fn together(values: &str, answers: &str, group: &str) -> String {
    format!("Counted together: {values} with {answers} answers. {}", why_together(group))
}

fn why_together(group: &str) -> String {
    format!(
        "At least one was given by fewer than {group} installations; a larger one is with it, \
         as that would give it away."
    )
}

/// One entry of a list, and several.
const ENTRIES: [&str; 2] = ["entry", "entries"];

/// Entries of which too few installations have it, or too few have it not.
fn hidden_entries(hidden: u32, what: [&str; 2], group: &str) -> Option<String> {
    let entries = entries(hidden, what)?;
    Some(format!(
        "Not shown: {entries} that fewer than {group} installations gave, or that all but fewer \
         than {group} gave."
    ))
}

fn noisy_lines(hidden: u32, what: [&str; 2], group: &str) -> Option<String> {
    let entries = entries(hidden, what)?;
    Some(format!("Not shown: {entries} with a number below {group}, with its noise."))
}

fn entries(hidden: u32, [one, several]: [&str; 2]) -> Option<String> {
    match hidden {
        0 => None,
        1 => Some(format!("1 {one}")),
        many => Some(format!("{} {several}", grouped(many.into()))),
    }
}

/// With a capital letter and a full stop.
fn first(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let capital = letters.next().map(char::to_uppercase);
    capital.into_iter().flatten().chain(letters).chain(['.']).collect()
}
