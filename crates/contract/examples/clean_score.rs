//! Scores cleaning on a folder of real descriptions, both ways: what leaks and what is destroyed.
//!
//! `cargo run --release -p contract --example clean_score -- FOLDER [misses]`. The folder is
//! not part
//! of the project; the format of its files stands in `docs/guide/cleaning.md`.

#![expect(clippy::print_stdout, reason = "the result of this program is what it prints")]
#![expect(clippy::disallowed_methods, reason = "an example reads a folder; no program does")]

use std::collections::BTreeMap;
use std::path::Path;

use contract::clean::guard::LeakGuard;
use contract::clean::{Class, Cleaner, Known, Outputs};
use serde::Deserialize;

/// A description, and what is known about its device by other means.
#[derive(Deserialize)]
struct Row {
    file: String,
    #[serde(rename = "sysDescr")]
    text: Option<String>,
    #[serde(rename = "sysName")]
    name: Option<String>,
    #[serde(rename = "sysLocation")]
    location: Option<String>,
    #[serde(rename = "sysContact")]
    contact: Option<String>,
    serial: Option<String>,
}

/// A description with a piece that must not leave.
struct Label {
    file: String,
    class: String,
    piece: String,
    text: String,
}

/// Hits of a number of tries, by class, and what was missed.
#[derive(Default)]
struct Score {
    by_class: BTreeMap<String, (usize, usize)>,
    misses: Vec<String>,
}

impl Score {
    fn count(&mut self, class: &str, bad: bool, miss: impl FnOnce() -> String) {
        let entry = self.by_class.entry(class.to_owned()).or_default();
        entry.1 += 1;
        if bad {
            entry.0 += 1;
            self.misses.push(miss());
        }
    }

    fn print(&self, title: &str, limit: &str, misses: bool) {
        let bad: usize = self.by_class.values().map(|(bad, _)| bad).sum();
        let all: usize = self.by_class.values().map(|(_, all)| all).sum();
        let share = 100.0 * bad as f64 / all.max(1) as f64;
        println!("{title}: {bad} of {all} ({share:.2} %); wanted: {limit}");
        for (class, (bad, all)) in &self.by_class {
            println!("    {class}: {bad} of {all}");
        }
        for miss in self.misses.iter().filter(|_| misses) {
            println!("    - {miss}");
        }
    }
}

fn main() -> anyhow_free::Result {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("say the folder of the data")?;
    let misses = arguments.next().is_some();
    let folder = Path::new(&folder);
    let corpus = std::fs::read_to_string(folder.join("librenms-corpus.jsonl"))?;
    let rows: Vec<Row> = corpus.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let labels = std::fs::read_to_string(folder.join("librenms-sensitive.tsv"))?;
    let labels: Vec<Label> = labels.lines().skip(1).filter_map(label).collect();
    known_values(&rows).print("known values that survive", "none", misses);
    labelled(&labels).print("labelled pieces that survive", "at most 5 %", misses);
    changed(&rows, &labels).print("innocent rows that change", "at most 3 %", misses);
    versions(&rows, &labels).print("versions that are lost", "at most 0.5 %", misses);
    speed(&rows);
    streaming(&rows);
    Ok(())
}

/// The result of a program whose errors are read by the person who started it.
mod anyhow_free {
    pub(crate) type Result = std::result::Result<(), Box<dyn std::error::Error>>;
}

fn label(line: &str) -> Option<Label> {
    let mut columns = line.split('\t').map(str::to_owned);
    let (file, class, piece) = (columns.next()?, columns.next()?, columns.next()?);
    let text = columns.nth(2)?;
    Some(Label { file, class, piece, text })
}

/// The known values of a row that count: as the design excepts them, judged here once more.
fn own_values(row: &Row) -> Vec<(&'static str, &str)> {
    let all = [
        ("sysName", &row.name),
        ("location", &row.location),
        ("contact", &row.contact),
        ("serial", &row.serial),
    ];
    let given =
        all.into_iter().filter_map(|(class, value)| Some((class, value.as_deref()?.trim())));
    given
        .filter(|(_, value)| {
            value.chars().count() >= 4
                && *value != "<private>"
                && value.chars().any(|c| c.is_alphanumeric() && c != '0')
        })
        .collect()
}

fn without_knowledge(text: &str) -> String {
    let none = Known::default();
    Cleaner::new(&none).clean(text).text.unwrap_or_default()
}

fn known_values(rows: &[Row]) -> Score {
    let mut score = Score::default();
    for row in rows {
        let text = row.text.as_deref().unwrap_or_default();
        let mut known = Known::default();
        for (_, value) in own_values(row) {
            known.add(value);
        }
        let cleaned = Cleaner::new(&known).clean(text);
        let shown = cleaned.text.unwrap_or_default();
        for (class, value) in own_values(row) {
            if holds(text, value) {
                score.count(class, holds(&shown, value), || {
                    format!("{}: {value} | {shown}", row.file)
                });
            }
        }
        if cleaned.removed.contains(&Class::ProductWord) {
            score.count("dropped for a product word", false, String::new);
        }
    }
    score
}

/// Whether a text holds a value, in any case; a short one as a whole token.
fn holds(text: &str, value: &str) -> bool {
    let (text, value) = (text.to_lowercase(), value.to_lowercase());
    let whole = value.chars().count() < 8;
    text.match_indices(&value).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let after = text[at + value.len()..].chars().next().is_some_and(char::is_alphanumeric);
        !whole || (!before && !after)
    })
}

fn labelled(labels: &[Label]) -> Score {
    let mut score = Score::default();
    for label in labels {
        let shown = without_knowledge(&label.text);
        let leaks = shown.contains(&label.piece);
        score.count(&label.class, leaks, || format!("{}: {} | {shown}", label.file, label.piece));
    }
    score
}

/// Whether nothing in a row asks for a change.
fn is_innocent(row: &Row, labels: &[Label]) -> bool {
    let text = row.text.as_deref().unwrap_or_default();
    let lower = text.to_lowercase();
    let mut words = lower.split([' ', ':', ',', '(', ';', '#', '.', '=']);
    let serial = words.any(|word| matches!(word, "sn" | "s/n" | "serial" | "ser"));
    let systems = ["linux ", "freebsd ", "openbsd ", "netbsd ", "sunos ", "aix ", "darwin "];
    let named = systems.iter().any(|system| {
        let second = lower.strip_prefix(system).and_then(|rest| rest.split_whitespace().nth(1));
        second.is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '#'))
    });
    let uname = lower.contains("freebsd") && lower.contains("-release");
    !text.is_empty()
        && !serial
        && !named
        && !uname
        && !labels.iter().any(|label| label.file == row.file || label.text == text)
        && !own_values(row).iter().any(|(_, value)| holds(text, value))
}

fn changed(rows: &[Row], labels: &[Label]) -> Score {
    let mut score = Score::default();
    let none = Known::default();
    for row in rows.iter().filter(|row| is_innocent(row, labels)) {
        let text = row.text.as_deref().unwrap_or_default();
        let cleaned = Cleaner::new(&none).clean(text);
        let class = cleaned.removed.first().map_or("unchanged", |class| class.name());
        let shown = cleaned.text.unwrap_or_default();
        score.count(class, shown != text, || format!("{}: {text:?} | {shown:?}", row.file));
    }
    score
}

/// Numbers joined by dots that stand in a text, each as often as it does.
fn versions_of(text: &str) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for run in text.split(|c: char| !c.is_ascii_digit() && c != '.') {
        let run = run.trim_matches('.');
        if run.contains('.') {
            *found.entry(run).or_default() += 1;
        }
    }
    found
}

fn versions(rows: &[Row], labels: &[Label]) -> Score {
    let mut score = Score::default();
    for row in rows {
        let text = row.text.as_deref().unwrap_or_default();
        let shown = without_knowledge(text);
        let kept = versions_of(&shown);
        for (version, times) in versions_of(text) {
            let labelled = labels.iter().any(|label| label.piece == version);
            if labelled {
                continue;
            }
            let left = kept.get(version).copied().unwrap_or(0);
            for time in 0..times {
                score.count("versions", time >= left, || {
                    format!("{}: {version} | {shown}", row.file)
                });
            }
        }
    }
    score
}

/// Seconds for which this program had a core: other programs do not count.
fn seconds_on_cpu() -> f64 {
    let state = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    state.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}

/// Megabytes per second over the corpus, repeated, on one core.
fn speed(rows: &[Row]) {
    let texts: Vec<&str> = rows.iter().filter_map(|row| row.text.as_deref()).collect();
    let none = Known::default();
    let mut known = Known::default();
    for number in 0..300_000_u32 {
        known.add(&format!("device-{number:06}.example.org"));
    }
    for (title, known) in [("no known values", &none), ("300,000 known values", &known)] {
        let cleaner = Cleaner::new(known);
        let start = seconds_on_cpu();
        let mut bytes = 0;
        let mut removed = 0;
        while bytes < 30_000_000 {
            for text in &texts {
                removed += cleaner.clean(text).removed.len();
                bytes += text.len();
            }
        }
        let speed = bytes as f64 / 1e6 / (seconds_on_cpu() - start);
        println!("speed with {title}: {speed:.0} MB/s ({removed} pieces removed)");
    }
}

/// Seconds for twenty texts past which the values of 50,000 devices stream, in both directions.
fn streaming(rows: &[Row]) {
    let texts =
        || rows.iter().filter_map(|row| row.text.clone()).filter(|text| text.len() > 60).take(20);
    let values = || {
        let columns = ["", "at-", "ip-", "serial-", "place-", "contact-"];
        (0..50_000_u32)
            .flat_map(move |device| columns.map(|c| format!("{c}{device:06}.example.org")))
    };
    let start = seconds_on_cpu();
    let mut outputs = Outputs::new(texts());
    values().for_each(|value| outputs.known(&value));
    let cleaned = outputs.samples(256);
    let middle = seconds_on_cpu();
    let kept: Vec<String> = cleaned.into_iter().filter_map(|cleaned| cleaned.text).collect();
    let mut guard = LeakGuard::new(kept.iter().map(String::as_str));
    values().for_each(|value| guard.known(&value));
    let leaks = guard.leaks().len();
    let end = seconds_on_cpu();
    println!(
        "300,000 known values past 20 texts: removal {:.2} s, guard {:.2} s",
        middle - start,
        end - middle
    );
    println!("texts kept: {}, stopped by the guard: {leaks}", kept.len());
}
