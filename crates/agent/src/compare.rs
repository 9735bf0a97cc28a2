//! You against the world: downloads what was published, verifies it, and holds this machine's own
//! answers beside it. The question is the same for everybody; nothing of this machine is in it.

use std::collections::BTreeMap;

use contract::release::{Number, Release, Row, Table};
use envelope::DetachedSignature;
use serde_json::Value;

use crate::agent::Agent;
use crate::limits::{RELEASE_BYTES_MAX, RELEASES_MAX};
use crate::ports::{Fetch, NoReply};
use crate::trouble::Trouble;

/// A release, verified, with this machine's answers beside it.
pub struct Comparison {
    /// What was published.
    pub release: Release,
    /// One entry for each answer that can be compared, in the release's order.
    pub lines: Vec<Line>,
}

/// One answer of this machine, and how many gave the same.
pub struct Line {
    /// The question.
    pub question: String,
    /// This machine's answer, for people.
    pub yours: String,
    /// How many gave it.
    pub world: World,
}

/// What is published about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// So many in a hundred gave it, within so many points.
    Share {
        /// In a hundred.
        percent: u64,
        /// At least 95 of 100 such shares are within this much of the truth.
        error: u64,
    },
    /// Too few gave it for it to be shown.
    Rare,
    /// Too few answered at all.
    TooFew,
}

impl Agent<'_> {
    /// Downloads the newest release of a channel and compares.
    ///
    /// # Errors
    /// Inside the air gap, if there is no release, or if it is not signed as the manifest says.
    pub fn compare(&self, channel: &str, net: &dyn Fetch) -> Result<Comparison, Trouble> {
        let id = self.find(channel)?.id.clone();
        if self.read()?.record.airgap() {
            return Err(nothing(
                "this machine is in the air gap, and nobody is asked from there".to_owned(),
                "download the release elsewhere, or candor-agent airgap off",
            ));
        }
        let program = &self.manifest.program.id;
        let folder = format!("{}/{program}/{id}/releases", self.destination.collector);
        let number = newest(&folder, net)?;
        let url = format!("{folder}/release-{number}.json");
        let bytes = get(&url, net)?.ok_or_else(|| gone(&url))?;
        let signature = get(&format!("{url}.sig"), net)?.ok_or_else(|| gone(&url))?;
        let doubt = |why: String| {
            let to_do = "tell the vendor; nothing of it is shown";
            nothing(format!("{url} is not to be believed: {why}"), to_do)
        };
        let signature: DetachedSignature = serde_json::from_slice(&signature)
            .map_err(|_| doubt("its signature cannot be read".to_owned()))?;
        let believed = signature.verify(&self.roots()?, program.as_str(), &bytes);
        believed.map_err(|error| doubt(error.to_string()))?;
        let release = Release::from_frozen(&bytes).map_err(|error| doubt(error.to_string()))?;
        // Signed, and another program's or channel's: somebody serves it in the wrong place.
        if release.program.id != *program || release.channel.id != id || release.number != number {
            return Err(doubt("it is about something else".to_owned()));
        }
        let preview = self.preview(channel, None, false)?;
        let lines = lines(&release, &answers(&preview.parts));
        Ok(Comparison { release, lines })
    }
}

/// The number of the newest release: they are counted from 1 without gaps, so a few questions find
/// the last.
fn newest(folder: &str, net: &dyn Fetch) -> Result<u64, Trouble> {
    let is_there = |number: u64| -> Result<bool, Trouble> {
        Ok(get(&format!("{folder}/release-{number}.json"), net)?.is_some())
    };
    if !is_there(1)? {
        let why = "the collector has published nothing of this channel yet".to_owned();
        return Err(nothing(why, "try again after the next release; the site says when it is"));
    }
    let (mut last, mut step) = (1, 1);
    while last + step <= RELEASES_MAX && is_there(last + step)? {
        last += step;
        step *= 2;
    }
    while step > 0 {
        if last + step <= RELEASES_MAX && is_there(last + step)? {
            last += step;
        }
        step /= 2;
    }
    Ok(last)
}

fn get(url: &str, net: &dyn Fetch) -> Result<Option<Vec<u8>>, Trouble> {
    let reply = net.get(url, RELEASE_BYTES_MAX).map_err(|error| {
        let (NoReply::Silent(why) | NoReply::Unproven(why)) = error;
        nothing(why, "see that the collector can be reached; nothing was sent to it")
    })?;
    match reply.status {
        200 => Ok(Some(reply.body)),
        404 => Ok(None),
        status => {
            let why = format!("{url} was answered with {status}");
            Err(nothing(why, "try again later; perhaps a log-in page of the network answers"))
        }
    }
}

fn gone(url: &str) -> Trouble {
    nothing(format!("{url} was there a moment ago, or has no signature"), "try again later")
}

fn nothing(why: String, to_do: &str) -> Trouble {
    Trouble::new("there is nothing to compare.", why, "everything; nothing was sent", to_do)
}

/// This machine's answers, by field.
fn answers(parts: &[Vec<u8>]) -> BTreeMap<String, Value> {
    let parts = parts.iter().filter_map(|part| serde_json::from_slice::<Value>(part).ok());
    let answers = parts.filter_map(|part| part.get("answers")?.as_object().cloned());
    answers.flatten().collect()
}

fn lines(release: &Release, answers: &BTreeMap<String, Value>) -> Vec<Line> {
    let mut lines = Vec::new();
    for field in &release.fields {
        let Some(answer) = answers.get(field.id.as_str()) else { continue };
        let given: Vec<String> = match answer {
            Value::Array(several) => several.iter().filter_map(text).collect(),
            Value::Object(counts) => counts.keys().cloned().collect(),
            one => text(one).into_iter().collect(),
        };
        for value in given {
            let (title, world) = beside(&field.table, field.answered, &value);
            lines.push(Line { question: field.question.clone(), yours: title, world });
        }
    }
    lines
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// How a value of this machine is called, and how many gave it.
fn beside(table: &Table, answered: Number, value: &str) -> (String, World) {
    let of = |rows: &[Row]| {
        let row = rows.iter().find(|row| row.value == value);
        row.map(|row| (row.title.clone(), share(row.count, answered)))
    };
    let found = match table {
        Table::TooFew => return (value.to_owned(), World::TooFew),
        Table::Shares { rows, .. }
        | Table::Set { rows, .. }
        | Table::Histogram { rows, .. }
        | Table::Catalogue { rows, .. } => of(rows),
        Table::Versions { full, .. } => of(full),
        Table::Grid { lines, .. } | Table::Flow { lines, .. } => {
            let line = lines.iter().find(|line| line.value == value);
            line.map(|line| (line.title.clone(), share(line.installations, answered)))
        }
        // A table of a newer Candor.
        _ => None,
    };
    found.unwrap_or_else(|| (value.to_owned(), World::Rare))
}

fn share(count: Number, answered: Number) -> World {
    let all = u64::try_from(answered.value).unwrap_or(0);
    if all == 0 {
        return World::TooFew;
    }
    let percent = |part: u64| (part.saturating_mul(100) + all / 2) / all;
    let count_shown = u64::try_from(count.value).unwrap_or(0);
    World::Share { percent: percent(count_shown).min(100), error: percent(count.error_95).min(100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: i64, error_95: u64) -> Number {
        serde_json::from_value(serde_json::json!({"value": value, "error_95": error_95})).unwrap()
    }

    fn table() -> Table {
        let row = |value: &str, count: i64| {
            serde_json::json!({"value": value, "title": value.to_uppercase(),
                               "count": {"value": count, "error_95": 20}})
        };
        serde_json::from_value(serde_json::json!({
            "kind": "shares",
            "rows": [row("debian", 430), row("ubuntu", -3)],
            "folded": {"values": 2, "count": {"value": 10, "error_95": 20}},
        }))
        .unwrap()
    }

    #[test]
    fn an_answer_stands_beside_its_share_and_a_rare_one_beside_nothing() {
        let beside = |value| beside(&table(), number(1_000, 20), value);
        assert_eq!(beside("debian"), ("DEBIAN".into(), World::Share { percent: 43, error: 2 }));
        // Noise may be below zero; a share is not.
        assert_eq!(beside("ubuntu").1, World::Share { percent: 0, error: 2 });
        assert_eq!(beside("plan9"), ("plan9".into(), World::Rare));
        assert_eq!(super::beside(&Table::TooFew, number(0, 20), "debian").1, World::TooFew);
        assert_eq!(super::beside(&table(), number(0, 20), "debian").1, World::TooFew);
    }
}
