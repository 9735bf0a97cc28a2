//! How answers are written on the wire, and read back by exactly the same rules.

use serde_json::{Map, Value};

use crate::answer::{Answer, Entry, check_sample};
use crate::id::Choice;
use crate::kind::{Kind, Moves};
use crate::manifest::OTHER;
use crate::version::Version;

/// The JSON of an answer. `None` if the answer does not fit the kind, which no caller can bring
/// about through the public interface.
pub(crate) fn write(kind: &Kind, answer: &Answer) -> Option<Value> {
    let text = |entry: &Entry, choices| Value::from(entry.text(choices));
    Some(match (kind, answer) {
        (Kind::Flag, Answer::Flag(flag)) => Value::Bool(*flag),
        (Kind::Choice { choices }, Answer::Choice(entry)) => text(entry, choices),
        (Kind::Version { suffixes }, Answer::Version(version)) => {
            version.map_or_else(|| OTHER.into(), |version| version.write(suffixes).into())
        }
        (_, Answer::Bucket(bucket)) => kind.bucket_label(usize::from(*bucket))?.into(),
        (Kind::Set { choices }, Answer::Set(entries)) => {
            let mut texts: Vec<_> = entries.iter().map(|entry| entry.text(choices)).collect();
            texts.sort_unstable();
            texts.into()
        }
        (Kind::Counts { .. } | Kind::Flow { .. }, Answer::Counts(counts)) => {
            let mut map = Map::new();
            for (entry, bucket) in counts {
                let label = kind.bucket_label(usize::from(*bucket))?;
                map.insert(kind.thing_text(*entry), label.into());
            }
            map.into()
        }
        (Kind::Sample { buckets: None, .. }, Answer::Sample(value, None)) => value.clone().into(),
        (Kind::Sample { .. }, Answer::Sample(value, Some(bucket))) => {
            let label = kind.bucket_label(usize::from(*bucket))?;
            let pairs = [("count", Value::from(label)), ("value", Value::from(value.clone()))];
            pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
        }
        _ => return None,
    })
}

/// Why a value is no answer of a kind; it never echoes the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    /// The JSON type is another.
    #[error("has the wrong JSON type")]
    Type,
    /// The text is neither in the closed list nor `other`.
    #[error("is not among the choices")]
    Choice,
    /// More moves than the field's bound.
    #[error("has more moves than its bound")]
    Moves,
    /// The text is no version in its own spelling.
    #[error("is no version of at most four numbers in their own spelling")]
    Version,
    /// The text is no label of a bucket.
    #[error("is none of the buckets")]
    Bucket,
    /// An entry is there twice, or entries are not sorted.
    #[error("has entries that are not sorted, or are there twice")]
    Order,
    /// A sample is empty, longer than its bound, or has characters that nobody can see.
    #[error("is empty, too long, begins or ends with a space, or has invisible characters")]
    Sample,
}

/// Reads an answer of a kind.
pub(crate) fn read(kind: &Kind, value: &Value) -> Result<Answer, WireError> {
    let text = || value.as_str().ok_or(WireError::Type);
    match kind {
        Kind::Flag => value.as_bool().map(Answer::Flag).ok_or(WireError::Type),
        Kind::Choice { choices } => read_entry(choices, text()?).map(Answer::Choice),
        Kind::Version { suffixes } => match text()? {
            OTHER => Ok(Answer::Version(None)),
            text => {
                let version = Version::parse(text, suffixes).ok_or(WireError::Version)?;
                Ok(Answer::Version(Some(version)))
            }
        },
        Kind::Count { .. } | Kind::Size { .. } | Kind::Duration { .. } => {
            read_bucket(kind, text()?).map(Answer::Bucket)
        }
        Kind::Set { choices } => read_set(choices, value).map(Answer::Set),
        Kind::Counts { .. } | Kind::Flow { .. } => read_counts(kind, value).map(Answer::Counts),
        Kind::Sample { bytes_max, buckets } => {
            let (text, label) = if buckets.is_some() {
                let map = value.as_object().filter(|map| map.len() == 2);
                let member = |key| map?.get(key)?.as_str();
                let text = member("value").ok_or(WireError::Type)?;
                (text, Some(member("count").ok_or(WireError::Type)?))
            } else {
                (text()?, None)
            };
            check_sample(text, *bytes_max).map_err(|_| WireError::Sample)?;
            let bucket = label.map(|label| read_bucket(kind, label)).transpose()?;
            Ok(Answer::Sample(text.to_owned(), bucket))
        }
    }
}

fn read_set(choices: &[Choice], value: &Value) -> Result<Vec<Entry>, WireError> {
    let items = value.as_array().ok_or(WireError::Type)?;
    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    let texts = texts.ok_or(WireError::Type)?;
    // One set has one spelling: sorted as text, each entry once.
    if !texts.is_sorted_by(|a, b| a < b) {
        return Err(WireError::Order);
    }
    let entries = texts.into_iter().map(|text| read_entry(choices, text));
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    entries.sort_unstable();
    Ok(entries)
}

fn read_counts(kind: &Kind, value: &Value) -> Result<Vec<(Entry, u8)>, WireError> {
    let map = value.as_object().ok_or(WireError::Type)?;
    if Some(map.len()) > kind.things_max() {
        return Err(WireError::Moves);
    }
    let read = |(name, label): (&String, &Value)| {
        let label = label.as_str().ok_or(WireError::Type)?;
        Ok((read_thing(kind, name)?, read_bucket(kind, label)?))
    };
    let mut counts = map.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    counts.sort_unstable();
    Ok(counts)
}

pub(crate) fn read_entry(choices: &[Choice], text: &str) -> Result<Entry, WireError> {
    let entry = Entry::of(text, choices);
    if entry.text(choices) == text { Ok(entry) } else { Err(WireError::Choice) }
}

/// An entry of `counts`, or a move.
pub(crate) fn read_thing(kind: &Kind, text: &str) -> Result<Entry, WireError> {
    match kind {
        Kind::Flow { steps, .. } => Moves(steps).read(text).ok_or(WireError::Choice),
        _ => read_entry(kind.choices().unwrap_or_default(), text),
    }
}

fn read_bucket(kind: &Kind, text: &str) -> Result<u8, WireError> {
    let index = (0..kind.buckets().map_or(0, crate::kind::Buckets::len))
        .find(|index| kind.bucket_label(*index).as_deref() == Some(text));
    index.and_then(|index| u8::try_from(index).ok()).ok_or(WireError::Bucket)
}
