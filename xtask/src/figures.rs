//! The figures: what was aimed at, and what one command measures and prints beside it.
//!
//! They stand in `docs/figures.toml`, each with the command that measures it and the place of the
//! number in what that prints; `docs/figures.md` is written from them and from one full run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::tidy::Source;

#[cfg(test)]
mod tests;

/// Where they are written down.
pub const LIST: &str = "docs/figures.toml";
/// The page that people read.
pub const PAGE: &str = "docs/figures.md";
/// Stands in a command for the folder of data that is given by `--data`.
const DATA: &str = "DATA";

/// All figures.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The figures, in the page's order.
    #[serde(rename = "figure")]
    pub figures: Vec<Figure>,
}

/// One figure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What it is about, with everything that the number depends on.
    pub title: String,
    /// What was aimed at, for people.
    pub target: String,
    /// What measures it. `DATA` in it stands for a folder that is not in the repository.
    pub command: String,
    /// The same in small, to see that it runs; absent where it is small already.
    pub quick: Option<String>,
    /// Where the numbers stand; none where the command only passes or fails.
    #[serde(default, rename = "number")]
    pub numbers: Vec<Number>,
    /// What a reader has to know beside the numbers.
    pub note: Option<String>,
}

/// A number in what a command prints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// The words with which its line begins; `*` is any word.
    #[serde(default)]
    pub begins: String,
    /// The words with which its line ends.
    #[serde(default)]
    pub ends: String,
    /// Which word of the line it is: from 1, or from the end, where it is below zero.
    pub word: i32,
    /// What follows it for people.
    #[serde(default)]
    pub unit: String,
    /// It must be so large.
    pub at_least: Option<f64>,
    /// It must be so small.
    pub at_most: Option<f64>,
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It ended well and printed this.
    Well(String),
    /// It failed.
    Failed,
    /// It was not started, and why.
    Not(String),
}

/// On what the figures were measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The day, UTC.
    pub date: String,
    /// The commit, shortened.
    pub commit: String,
    /// Processor, number of cores and load.
    pub machine: String,
}

/// Reads the list.
///
/// # Errors
/// When it is missing or malformed.
pub fn list(files: &[Source]) -> Result<List> {
    let file = files.iter().find(|file| file.path == LIST).with_context(|| format!("no {LIST}"))?;
    toml::from_str(&file.text).with_context(|| format!("reading {LIST}"))
}

impl List {
    /// Every command once, in order: one may measure several figures.
    pub fn commands(&self, is_quick: bool) -> Vec<&str> {
        let mut commands: Vec<&str> = Vec::new();
        for figure in &self.figures {
            let command = figure.command(is_quick);
            if !commands.contains(&command) {
                commands.push(command);
            }
        }
        commands
    }
}

impl Figure {
    /// What is run for it.
    pub fn command(&self, is_quick: bool) -> &str {
        self.quick.as_deref().filter(|_| is_quick).unwrap_or(&self.command)
    }

    /// What was measured, for people.
    pub fn measured(&self, ran: &Ran) -> String {
        let text = match ran {
            Ran::Not(why) => return format!("not run: {why}"),
            Ran::Failed => return "**its command failed**".to_owned(),
            Ran::Well(text) => text,
        };
        let mut said: Vec<String> = self.numbers.iter().map(|number| number.said(text)).collect();
        if said.is_empty() {
            said.push("held".to_owned());
        }
        let note = self.note.iter().map(|note| format!("({note})"));
        let mut words = said.join("; ");
        note.for_each(|note| words = format!("{words} {note}"));
        words
    }
}

impl Number {
    /// Every value of it, smallest first.
    fn values(&self, text: &str) -> Vec<f64> {
        let begins: Vec<&str> = self.begins.split_whitespace().collect();
        let ends: Vec<&str> = self.ends.split_whitespace().collect();
        let mut values = Vec::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let begun =
                begins.iter().zip(&words).all(|(wanted, word)| *wanted == "*" || wanted == word);
            if begun && words.len() >= begins.len() && words.ends_with(&ends) {
                values.extend(self.place(words.len()).and_then(|at| value(words.get(at)?)));
            }
        }
        values.sort_by(f64::total_cmp);
        values
    }

    /// Where the word is among so many.
    fn place(&self, words: usize) -> Option<usize> {
        let word = usize::try_from(self.word.unsigned_abs()).ok()?;
        if self.word < 0 { words.checked_sub(word) } else { word.checked_sub(1) }
    }

    fn said(&self, text: &str) -> String {
        let values = self.values(text);
        let (Some(low), Some(high)) = (values.first(), values.last()) else {
            return "**its number is not in what the command printed**".to_owned();
        };
        let range = if same(*low, *high) {
            shown(*low)
        } else {
            format!("{} to {}", shown(*low), shown(*high))
        };
        let is_missed = self.at_least.is_some_and(|least| *low < least)
            || self.at_most.is_some_and(|most| *high > most);
        let missed = if is_missed { ": **missed**" } else { "" };
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        format!("{range}{unit}{missed}")
    }
}

fn same(a: f64, b: f64) -> bool {
    shown(a) == shown(b)
}

/// A word's number: "×1.05", "12.9MB", "4,096".
fn value(word: &str) -> Option<f64> {
    let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','));
    let digits = digits.get(..end.unwrap_or(digits.len()))?.trim_end_matches(['.', ',']);
    digits.replace(',', "").parse().ok()
}

/// With as many digits as mean anything.
fn shown(value: f64) -> String {
    if value < 10.0 {
        let text = format!("{value:.2}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    if value < 1_000.0 {
        return format!("{value:.1}").trim_end_matches(".0").to_owned();
    }
    let whole = format!("{value:.0}");
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A command with the folder of data in it.
///
/// # Errors
/// Why it cannot be run.
pub fn with_data(command: &str, data: Option<&str>) -> Result<String, String> {
    if !command.split_whitespace().any(|word| word == DATA) {
        return Ok(command.to_owned());
    }
    let data = data.ok_or("it needs --data FOLDER")?;
    let words = command.split_whitespace().map(|word| if word == DATA { data } else { word });
    Ok(words.collect::<Vec<_>>().join(" "))
}

/// The page of one full run.
pub fn page(list: &List, ran: &BTreeMap<String, Ran>, setting: &Setting) -> String {
    let Setting { date, commit, machine } = setting;
    let mut text = format!(
        "# Figures\n\nWhat was aimed at, and what was measured, by commands that anyone can run \
         from a clean checkout:\n`cargo xtask figures` prints this table anew, and `--record` \
         writes it. The list is `docs/figures.toml`.\nSeeds are fixed in the commands. A figure \
         that misses its target says so. What is not in this table was\nnot measured.\n\n\
         Last full run: {date}, commit {commit}, {machine}, with the load on the same machine.\n\n"
    );
    text.push_str(&table(list, ran, false));
    text
}

/// The table alone.
pub fn table(list: &List, ran: &BTreeMap<String, Ran>, is_quick: bool) -> String {
    let mut text = "| figure | target | measured | command |\n|---|---|---|---|\n".to_owned();
    for figure in &list.figures {
        let command = figure.command(is_quick);
        let not = Ran::Not("it was left out".to_owned());
        let measured = figure.measured(ran.get(command).unwrap_or(&not));
        let _ = writeln!(text, "{} {measured} | `{command}` |", row_begins(figure));
    }
    text
}

/// How a figure's row begins, in every version of the page.
pub fn row_begins(figure: &Figure) -> String {
    format!("| {} | {} |", figure.title, figure.target)
}
