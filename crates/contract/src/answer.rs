//! From a fact to an answer: the only way in which what a machine knows becomes something that may
//! leave.
//!
//! Answers are positions in the field's own lists wherever there are lists. What a list does not
//! have is `other`; numbers become buckets; text exists only in samples.

use std::collections::BTreeMap;

use crate::id::Choice;
use crate::kind::{Buckets, Kind, Moves};
use crate::manifest::Field;
use crate::version::Version;

/// A raw local value. It never leaves the machine; its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Fact {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(u64),
    /// Text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
    /// Numbers by name.
    Numbers(BTreeMap<String, u64>),
    /// A fact of each record, `None` where one has none.
    Each(Vec<Option<Fact>>),
}

impl std::fmt::Debug for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fact(..)")
    }
}

/// One answer to one field.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// Yes or no.
    Flag(bool),
    /// An entry of the list.
    Choice(Entry),
    /// A version; `None` is `other`.
    Version(Option<Version>),
    /// The index of a bucket.
    Bucket(u8),
    /// Entries of the list, ascending.
    Set(Vec<Entry>),
    /// Buckets by entry, of a flow by the place of a move ([`crate::kind::Moves`]), ascending.
    Counts(Vec<(Entry, u8)>),
    /// A cleaned value, and the bucket of how often it occurs, where that is asked.
    Sample(String, Option<u8>),
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer(..)")
    }
}

/// An entry of a closed list by its index; the index right after the last one is `other`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry(pub u16);

impl Entry {
    /// The entry of this text, `other` where the list has none.
    pub fn of(text: &str, choices: &[Choice]) -> Self {
        let index = choices.iter().position(|choice| choice.as_str() == text);
        Self::at(index.unwrap_or(choices.len()))
    }

    /// The entry at an index.
    pub fn at(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// The index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The entry's text.
    pub fn text(self, choices: &[Choice]) -> &str {
        choices.get(self.index()).map_or(crate::manifest::OTHER, Choice::as_str)
    }
}

/// Why a fact gives no answer. It names the rule, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The source gave text, a list or a number where the field's kind needs something else.
    #[error("the source gave another shape than the field's kind needs")]
    Shape,
    /// Text that should be a number is none.
    #[error("what the source gave is no whole number")]
    Number,
    /// There was nothing.
    #[error("the source gave nothing")]
    Nothing,
    /// A sample is longer than its bound after cleaning.
    #[error("the cleaned value is longer than its bound")]
    Long,
    /// A sample has control or invisible characters: nobody could see in a preview what it says.
    #[error("the cleaned value has characters that nobody can see")]
    Hidden,
}

/// Makes the answer to a field from a fact. A `sample` field takes one value at a time.
///
/// # Errors
/// Says why there is no answer; the field is then left out and the report goes on.
pub fn answer(field: &Field, fact: &Fact) -> Result<Answer, NoAnswer> {
    match &field.kind {
        Kind::Flag => flag(fact).map(Answer::Flag),
        Kind::Choice { choices } => Ok(Answer::Choice(entry(field, choices, text(fact)?.as_str()))),
        Kind::Version { suffixes } => Ok(Answer::Version(Version::extract(&text(fact)?, suffixes))),
        Kind::Count { buckets, .. } | Kind::Size { buckets } | Kind::Duration { buckets } => {
            Ok(Answer::Bucket(bucket(buckets, number(fact)?)))
        }
        Kind::Set { choices } => {
            let mut entries: Vec<_> =
                list(fact)?.iter().map(|item| entry(field, choices, item)).collect();
            entries.sort_unstable();
            entries.dedup();
            Ok(Answer::Set(entries))
        }
        Kind::Counts { buckets, .. } | Kind::Flow { buckets, .. } => {
            let mut sums: BTreeMap<Entry, u64> = BTreeMap::new();
            for (name, number) in numbers(fact)? {
                let sum = sums.entry(thing(field, &name)).or_default();
                *sum = sum.saturating_add(number);
            }
            let counts = most(sums, field.kind.things_max().unwrap_or(0)).into_iter();
            Ok(Answer::Counts(counts.map(|(entry, sum)| (entry, bucket(buckets, sum))).collect()))
        }
        Kind::Sample { bytes_max, buckets } => {
            let (value, number) = match fact {
                Fact::Text(text) => (text, 1),
                Fact::Numbers(numbers) => {
                    numbers.first_key_value().map(|(t, n)| (t, *n)).ok_or(NoAnswer::Nothing)?
                }
                _ => return Err(NoAnswer::Shape),
            };
            let value = value.trim();
            check_sample(value, *bytes_max)?;
            let bucket = buckets.as_ref().map(|buckets| bucket(buckets, number));
            Ok(Answer::Sample(value.to_owned(), bucket))
        }
    }
}

/// The one rule for a sample's text, on the machine and in the collector: there is something, it is
/// within its bound, all of it can be seen, and it has one spelling.
pub(crate) fn check_sample(value: &str, bytes_max: u32) -> Result<(), NoAnswer> {
    if value.trim().is_empty() || value.trim() != value {
        return Err(NoAnswer::Nothing);
    }
    if value.len() > usize::try_from(bytes_max).unwrap_or(0) {
        return Err(NoAnswer::Long);
    }
    if value.chars().any(crate::text::is_hidden) { Err(NoAnswer::Hidden) } else { Ok(()) }
}

/// The entry of a raw value in the field's closed list, or its move, as [`answer`] would have it;
/// `None` where the kind has no list.
pub fn entry_text(field: &Field, raw: &str) -> Option<String> {
    let choices = field.kind.choices()?;
    Some(match field.kind.things() {
        Some(_) => field.kind.thing_text(thing(field, raw)),
        None => entry(field, choices, raw).text(choices).to_owned(),
    })
}

/// The most frequent of the sums; of equals those that stand first in the list.
fn most(sums: BTreeMap<Entry, u64>, room: usize) -> Vec<(Entry, u64)> {
    let mut most: Vec<_> = sums.into_iter().collect();
    if most.len() > room {
        most.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
        most.truncate(room);
        most.sort_unstable();
    }
    most
}

/// The place of a raw value among what an answer counts: an entry of `counts`, or a move.
fn thing(field: &Field, raw: &str) -> Entry {
    match &field.kind {
        Kind::Flow { steps, .. } => Moves(steps).of(raw, |steps, raw| entry(field, steps, raw)),
        kind => entry(field, kind.choices().unwrap_or_default(), raw),
    }
}

/// The entry of a raw value: as the field's map says, else as the list has it, in any case.
fn entry(field: &Field, choices: &[Choice], raw: &str) -> Entry {
    let raw = raw.trim();
    if let Some(choice) = field.map.get(raw) {
        return Entry::of(choice.as_str(), choices);
    }
    let found = choices.iter().position(|choice| choice.as_str().eq_ignore_ascii_case(raw));
    Entry::at(found.unwrap_or(choices.len()))
}

fn bucket(buckets: &Buckets, number: u64) -> u8 {
    u8::try_from(buckets.index_of(number)).unwrap_or(u8::MAX)
}

fn flag(fact: &Fact) -> Result<bool, NoAnswer> {
    match fact {
        Fact::Flag(flag) => Ok(*flag),
        Fact::Number(number) => Ok(*number > 0),
        Fact::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" | "enabled" | "active" => Ok(true),
            "0" | "false" | "no" | "off" | "disabled" | "inactive" => Ok(false),
            "" => Err(NoAnswer::Nothing),
            _ => Err(NoAnswer::Shape),
        },
        Fact::List(list) => Ok(!list.is_empty()),
        Fact::Numbers(_) | Fact::Each(_) => Err(NoAnswer::Shape),
    }
}

fn text(fact: &Fact) -> Result<String, NoAnswer> {
    let text = match fact {
        Fact::Text(text) => text.trim().to_owned(),
        Fact::Number(number) => number.to_string(),
        Fact::Flag(flag) => flag.to_string(),
        Fact::List(list) => list.first().cloned().unwrap_or_default(),
        Fact::Numbers(_) | Fact::Each(_) => return Err(NoAnswer::Shape),
    };
    if text.is_empty() { Err(NoAnswer::Nothing) } else { Ok(text) }
}

fn number(fact: &Fact) -> Result<u64, NoAnswer> {
    match fact {
        Fact::Number(number) => Ok(*number),
        Fact::List(list) => Ok(list.len() as u64),
        Fact::Text(text) if text.trim().is_empty() => Err(NoAnswer::Nothing),
        Fact::Text(text) => {
            // "1234.56" as /proc/uptime prints it: the fraction never matters to a bucket.
            let whole = text.trim().split('.').next().unwrap_or_default();
            whole.parse().map_err(|_| NoAnswer::Number)
        }
        Fact::Flag(_) | Fact::Numbers(_) | Fact::Each(_) => Err(NoAnswer::Shape),
    }
}

fn list(fact: &Fact) -> Result<Vec<String>, NoAnswer> {
    match fact {
        Fact::List(list) => Ok(list.clone()),
        Fact::Text(text) => Ok(vec![text.clone()]),
        Fact::Numbers(numbers) => Ok(numbers.keys().cloned().collect()),
        Fact::Flag(_) | Fact::Number(_) | Fact::Each(_) => Err(NoAnswer::Shape),
    }
}

fn numbers(fact: &Fact) -> Result<BTreeMap<String, u64>, NoAnswer> {
    match fact {
        Fact::Numbers(numbers) => Ok(numbers.clone()),
        Fact::List(list) => {
            let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
            for item in list {
                *numbers.entry(item.trim().to_owned()).or_default() += 1;
            }
            Ok(numbers)
        }
        Fact::Text(text) => Ok(BTreeMap::from([(text.trim().to_owned(), 1)])),
        Fact::Flag(_) | Fact::Number(_) | Fact::Each(_) => Err(NoAnswer::Shape),
    }
}
