//! What a product pushes: which questions take it, and how it adds up until it is asked for.
//!
//! Words become entries of the question's list, or `other`, before anything is kept: what is kept
//! has no text that the manifest does not have.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use contract::answer::{Fact, entry_text};
use contract::calendar::PeriodKind;
use contract::kind::Kind;
use contract::manifest::{Field, Keeps, Manifest, OTHER, Source};
use contract::version::Version;
use push::line::{self, Line, NUMBER_MAX};

use crate::limits::{PUSH_CELLS_MAX, PUSH_SLICES};

mod store;

pub use store::{FILE, Store};

#[cfg(test)]
mod tests;

/// Hours since the beginning of 1970, in UTC.
pub type Hour = u32;

/// Numbers that were pushed, by question, word and time. `Debug` shows nothing of them.
pub struct Pushed {
    questions: BTreeMap<String, Question>,
    cells: BTreeMap<Cell, u64>,
}

struct Question {
    field: Field,
    keeps: Keeps,
    /// How many hours are one slice: a period has [`PUSH_SLICES`] of them.
    slice_hours: Hour,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    field: String,
    word: String,
    slice: Hour,
}

/// Why a line was not taken. It names the rule, and nothing of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refused {
    /// Not a name, a number and a word.
    #[error("is no line of a name, a number and a word")]
    Line,
    /// No question of the manifest has this name and the source `push`.
    #[error("names no question that is pushed")]
    Question,
    /// The question needs a word and there is none, or the other way round.
    #[error("has a word where the question takes none, or none where it needs one")]
    Word,
    /// There are too many different things already.
    #[error("came after {PUSH_CELLS_MAX} different ones")]
    Full,
}

/// Nothing was pushed for a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("told nothing in the last period")]
pub struct NotPushed;

impl std::fmt::Debug for Pushed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pushed({} questions)", self.questions.len())
    }
}

impl Pushed {
    /// Nothing yet, for the questions of a manifest.
    pub fn new(manifest: &Manifest) -> Self {
        let mut questions = BTreeMap::new();
        for channel in &manifest.channels {
            let slice_hours = match channel.period {
                PeriodKind::Day => 1,
                PeriodKind::Week => 7,
            };
            for field in channel.fields() {
                if let Source::Push { keeps } = field.source {
                    let question = Question { field: field.clone(), keeps, slice_hours };
                    questions.insert(field.id.to_string(), question);
                }
            }
        }
        Self { questions, cells: BTreeMap::new() }
    }

    /// Whether the manifest has a question that is pushed.
    pub fn is_wanted(&self) -> bool {
        !self.questions.is_empty()
    }

    /// The questions that are pushed.
    pub fn questions(&self) -> impl Iterator<Item = &str> {
        self.questions.keys().map(String::as_str)
    }

    /// Takes a line, and gives what is written down of it.
    ///
    /// # Errors
    /// If it is refused; nothing is kept of it then.
    pub fn take(&mut self, line: &Line<'_>, hour: Hour) -> Result<String, Refused> {
        let question = self.questions.get(line.field).ok_or(Refused::Question)?;
        let word = word_of(&question.field, line.word)?;
        let slice = hour - hour % question.slice_hours;
        let cell = Cell { field: line.field.to_owned(), word, slice };
        if !self.cells.contains_key(&cell) && self.cells.len() >= PUSH_CELLS_MAX {
            return Err(Refused::Full);
        }
        if question.keeps == Keeps::Last {
            let before: Vec<Cell> =
                cells_of(&self.cells, line.field).map(|(c, _)| c.clone()).collect();
            for cell in &before {
                self.cells.remove(cell);
            }
        }
        let written = written(&cell, line.number);
        let kept = self.cells.entry(cell).or_default();
        *kept = match question.keeps {
            Keeps::Sum => kept.saturating_add(line.number).min(NUMBER_MAX),
            Keeps::Largest => line.number.max(*kept),
            Keeps::Last => line.number,
        };
        Ok(written)
    }

    /// Takes up what was written down, as far as it is whole and its questions are still asked.
    /// Says how many lines were passed over.
    pub fn take_up(&mut self, bytes: &[u8], now: Hour) -> usize {
        let mut passed_over = 0;
        // The last line has no end where power or a signal cut it short.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for line in bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n') {
            if !line.is_empty() && self.take_up_line(line).is_none() {
                passed_over += 1;
            }
        }
        self.forget(now);
        passed_over
    }

    fn take_up_line(&mut self, bytes: &[u8]) -> Option<()> {
        let at = bytes.iter().position(|byte| *byte == b' ')?;
        let (hour, line) = bytes.split_at_checked(at)?;
        let hour = std::str::from_utf8(hour).ok()?.parse().ok()?;
        let line = line::read(line.get(1..)?)?;
        self.take(&line, hour).ok().map(drop)
    }

    /// Everything as it is written down.
    pub fn write(&self) -> String {
        self.cells.iter().map(|(cell, number)| written(cell, *number)).collect()
    }

    /// Forgets what is older than a period, and what a clock that was wrong dated ahead.
    pub fn forget(&mut self, now: Hour) {
        let questions = &self.questions;
        self.cells.retain(|cell, _| {
            questions.get(&cell.field).is_some_and(|question| question.is_in_period(cell, now))
        });
    }

    /// What was pushed for a question, in the last period up to now.
    ///
    /// # Errors
    /// If that is nothing at all; a pushed 0 is something.
    pub fn fact(&self, field: &str, now: Hour) -> Result<Fact, NotPushed> {
        let question = self.questions.get(field).ok_or(NotPushed)?;
        let cells: Vec<_> = cells_of(&self.cells, field)
            .filter(|(cell, _)| question.is_in_period(cell, now))
            .collect();
        let (last, _) = cells.last().ok_or(NotPushed)?;
        let numbers = || cells.iter().map(|(_, number)| **number);
        Ok(match (&question.field.kind, question.keeps) {
            (Kind::Choice { .. } | Kind::Version { .. }, _) => Fact::Text(last.word.clone()),
            (Kind::Counts { .. } | Kind::Flow { .. } | Kind::Set { .. }, _) => {
                let mut sums: BTreeMap<String, u64> = BTreeMap::new();
                for (cell, number) in cells.iter().filter(|(_, number)| **number > 0) {
                    let sum = sums.entry(cell.word.clone()).or_default();
                    *sum = sum.saturating_add(**number);
                }
                Fact::Numbers(sums)
            }
            (_, Keeps::Sum) => Fact::Number(numbers().fold(0, u64::saturating_add)),
            (_, Keeps::Largest | Keeps::Last) => Fact::Number(numbers().max().unwrap_or(0)),
        })
    }
}

impl Question {
    fn is_in_period(&self, cell: &Cell, now: Hour) -> bool {
        let ahead = now.saturating_add(self.slice_hours * PUSH_SLICES);
        let oldest =
            now.saturating_sub(now % self.slice_hours + self.slice_hours * (PUSH_SLICES - 1));
        // What holds until something else is said has no age.
        cell.slice <= ahead && (self.keeps == Keeps::Last || cell.slice >= oldest)
    }
}

/// The cells of one question.
fn cells_of<'c>(
    cells: &'c BTreeMap<Cell, u64>,
    field: &'c str,
) -> impl Iterator<Item = (&'c Cell, &'c u64)> {
    let first = Cell { field: field.to_owned(), word: String::new(), slice: 0 };
    cells.range(first..).take_while(move |(cell, _)| cell.field == field)
}

/// A word as the question's list has it.
fn word_of(field: &Field, word: Option<&str>) -> Result<String, Refused> {
    match (&field.kind, word) {
        (
            Kind::Choice { .. } | Kind::Set { .. } | Kind::Counts { .. } | Kind::Flow { .. },
            Some(word),
        ) => Ok(entry_text(field, word).unwrap_or_else(|| OTHER.to_owned())),
        (Kind::Version { suffixes }, Some(word)) => {
            let version = Version::extract(word, suffixes);
            Ok(version.map_or_else(|| OTHER.to_owned(), |version| version.write(suffixes)))
        }
        (Kind::Flag | Kind::Count { .. } | Kind::Size { .. } | Kind::Duration { .. }, None) => {
            Ok(String::new())
        }
        _ => Err(Refused::Word),
    }
}

fn written(cell: &Cell, number: u64) -> String {
    let mut line = format!("{} {} {number}", cell.slice, cell.field);
    if !cell.word.is_empty() {
        let _ = write!(line, " {}", cell.word);
    }
    line.push('\n');
    line
}
