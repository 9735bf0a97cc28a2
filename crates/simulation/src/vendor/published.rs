//! What a release must say, computed once more from the accepted parts: counted by text, and by
//! none of the code that counts for a release.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::release::{FieldTable, Mode, Release, Row, Table};
use serde_json::Value;

/// How often each answer was given in a release's window, by question.
struct Counts {
    answered: BTreeMap<String, i64>,
    given: BTreeMap<(String, String), i64>,
}

/// Compares a release without noise with the parts that were held when it was made. `uncounted` are
/// questions whose older answers mean something else now.
pub(super) fn compare(
    release: &Release,
    held: &[Vec<u8>],
    uncounted: &[&str],
) -> Result<(), String> {
    let counts = Counts::of(release, held);
    for field in &release.fields {
        if !uncounted.contains(&field.id.as_str()) {
            counts.compare(release, field)?;
        }
    }
    Ok(())
}

impl Counts {
    fn of(release: &Release, held: &[Vec<u8>]) -> Self {
        let mut counts = Self { answered: BTreeMap::new(), given: BTreeMap::new() };
        for bytes in held {
            let part: Value = serde_json::from_slice(bytes).unwrap_or_default();
            let says = |key: &str| part.get(key).and_then(Value::as_str).unwrap_or_default();
            let window = &release.window;
            let is_inside = says("period").parse::<Period>().is_ok_and(|period| {
                period.first_day() >= window.first && period.last_day() <= window.last
            });
            if !is_inside || says("channel") != release.channel.id.as_str() {
                continue;
            }
            let answers = part.get("answers").and_then(Value::as_object);
            for (field, answer) in answers.into_iter().flatten() {
                *counts.answered.entry(field.clone()).or_default() += 1;
                for given in texts(answer) {
                    *counts.given.entry((field.clone(), given)).or_default() += 1;
                }
            }
        }
        counts
    }

    fn compare(&self, release: &Release, field: &FieldTable) -> Result<(), String> {
        let (periods, id) = (i64::from(release.window.periods), field.id.to_string());
        let smallest = i64::from(release.group_min) * periods;
        let answered = self.answered.get(&id).copied().unwrap_or(0);
        let wrong = |what: &str, said: i64, counted: i64| {
            let (channel, number) = (&release.channel.id, release.number);
            Err(format!("release {number} of {channel}: {id}: {what}: {said}, oracle: {counted}"))
        };
        let given =
            |value: &str| self.given.get(&(id.clone(), value.to_owned())).copied().unwrap_or(0);
        let Some(rows) = rows(&field.table) else {
            // Without noise the smallest value that is large enough hides the small ones.
            let large =
                self.given.iter().filter(|((of, _), count)| *of == id && **count >= smallest);
            let is_hidden = release.mode == Mode::Exact && large.count() < 2;
            let fits = answered < smallest || is_hidden;
            return if fits { Ok(()) } else { wrong("too few", 0, answered) };
        };
        // Of samples, those whose values are not shown are in no number unless they are many.
        let told = match &field.table {
            Table::Catalogue { folded: None, .. } => rows.iter().map(|row| given(&row.value)).sum(),
            _ => answered,
        };
        if field.answered.value != average(told, periods) {
            return wrong("answered", field.answered.value, average(told, periods));
        }
        // Whoever gives what the list no longer has is counted with the others.
        for row in rows.iter().filter(|row| !["other", "none"].contains(&row.value.as_str())) {
            let counted = average(given(&row.value), periods);
            if row.count.value != counted {
                return wrong(&row.value, row.count.value, counted);
            }
            if given(&row.value) < smallest {
                return wrong("a group that is too small", row.count.value, counted);
            }
        }
        // With noise, every declared value that is large enough is shown.
        if matches!(release.mode, Mode::Noisy { .. }) {
            let is_shown = |value: &str| rows.iter().any(|row| row.value == value);
            let hidden = self.given.iter().find(|((field, value), count)| {
                let is_listed = !WITHDRAWN.contains(&value.as_str());
                *field == id && **count >= smallest && is_listed && !is_shown(value)
            });
            if let Some(((_, value), count)) = hidden {
                return wrong(&format!("{value} is not shown"), 0, *count);
            }
        }
        Ok(())
    }
}

/// What the newest manifest of the simulation may not have on its list: counted as other.
const WITHDRAWN: [&str; 3] = ["other", "fedora", "ubuntu"];

/// The rows of a table; `None` where too few answered.
fn rows(table: &Table) -> Option<&[Row]> {
    match table {
        Table::Shares { rows, .. }
        | Table::Set { rows, .. }
        | Table::Histogram { rows, .. }
        | Table::Catalogue { rows, .. } => Some(rows),
        _ => None,
    }
}

fn texts(answer: &Value) -> Vec<String> {
    match answer {
        Value::String(text) => vec![text.clone()],
        Value::Bool(yes) => vec![yes.to_string()],
        Value::Array(entries) => entries.iter().flat_map(texts).collect(),
        Value::Object(sample) => sample.get("value").map(texts).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Per period, halves rounded up.
fn average(sum: i64, periods: i64) -> i64 {
    (2 * sum + periods).div_euclid(2 * periods)
}
