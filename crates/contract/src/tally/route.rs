//! Where an answer of a definition goes: the field that counts it now, and how it is mapped.

use crate::answer::Entry;
use crate::id::Choice;
use crate::kind::{Buckets, Kind, Moves};

/// The field that counts an answer, and how.
#[derive(Clone)]
pub(crate) struct FieldRoute {
    pub(super) field: usize,
    pub(super) mapping: Mapping,
}

/// How an answer of an older or newer definition is counted under the current one.
#[derive(Clone)]
pub(crate) enum Mapping {
    /// As it is.
    Same,
    /// By the new index of each list entry, the last one being `other`'s.
    Entries(Vec<Entry>),
    /// By the new index of each bucket.
    Buckets(Vec<Option<u8>>),
    /// Both.
    Counts(Vec<Entry>, Vec<Option<u8>>),
    /// By the text of the suffix: those of the definition, and those of the field now.
    Suffixes(Vec<Choice>, Vec<Choice>),
    /// Not at all, but there was an answer.
    Other,
}

impl FieldRoute {
    /// `None` if nothing of it can be counted.
    pub(super) fn new(field: usize, from: &Kind, to: &Kind) -> Option<Self> {
        Mapping::between(from, to).map(|mapping| Self { field, mapping })
    }
}

impl Mapping {
    /// How an answer of one kind is counted as one of another; `None` if it is not.
    pub(super) fn between(from: &Kind, to: &Kind) -> Option<Self> {
        mapping(from, to)
    }
}

fn mapping(from: &Kind, to: &Kind) -> Option<Mapping> {
    if from == to {
        return Some(Mapping::Same);
    }
    match (from, to) {
        (Kind::Choice { choices: old }, Kind::Choice { choices: new })
        | (Kind::Set { choices: old }, Kind::Set { choices: new }) => {
            Some(Mapping::Entries(entries(old, new)))
        }
        (Kind::Version { suffixes: old }, Kind::Version { suffixes: new }) => {
            Some(Mapping::Suffixes(old.clone(), new.clone()))
        }
        // Another unit is another question.
        (Kind::Count { unit: a, buckets: old }, Kind::Count { unit: b, buckets: new })
            if a == b =>
        {
            Some(Mapping::Buckets(buckets(old, new)))
        }
        (Kind::Size { buckets: old }, Kind::Size { buckets: new })
        | (Kind::Duration { buckets: old }, Kind::Duration { buckets: new }) => {
            Some(Mapping::Buckets(buckets(old, new)))
        }
        (
            Kind::Counts { choices: old, unit: a, buckets: from },
            Kind::Counts { choices: new, unit: b, buckets: to },
        ) if a == b => Some(Mapping::Counts(entries(old, new), buckets(from, to))),
        (
            Kind::Flow { steps: old, unit: a, buckets: from_buckets, .. },
            Kind::Flow { steps: new, unit: b, buckets: to_buckets, moves_max },
        ) if a == b && (moves_max.is_none() || from.things_max() <= to.things_max()) => {
            // Noise is enough for as many moves as the manifest says now, and for no more.
            Some(Mapping::Counts(moves(old, new), buckets(from_buckets, to_buckets)))
        }
        // Longer values are cut off by nobody: what an older bound let through is a value still.
        (Kind::Sample { .. }, Kind::Sample { .. }) => Some(Mapping::Same),
        (_, Kind::Choice { .. } | Kind::Version { .. }) => Some(Mapping::Other),
        _ => None,
    }
}

fn entries(old: &[Choice], new: &[Choice]) -> Vec<Entry> {
    let mapped = old.iter().map(|choice| Entry::of(choice.as_str(), new));
    mapped.chain([Entry::at(new.len())]).collect()
}

fn moves(old: &[Choice], new: &[Choice]) -> Vec<Entry> {
    let steps = entries(old, new);
    let step = |old: Entry| steps.get(old.index()).copied().unwrap_or(Entry::at(new.len()));
    (0..Moves(old).len())
        .map(|place| Moves(new).at(Moves(old).ends(Entry::at(place)).map(step)))
        .collect()
}

/// The new bucket that holds all of an old one.
fn buckets(old: &Buckets, new: &Buckets) -> Vec<Option<u8>> {
    let map = |index| {
        let (low, high) = old.bounds(index)?;
        let found = new.index_of(low);
        let last = found + 1 == new.len();
        // The last bucket has no upper bound: a number above the maximum counts as the maximum.
        (last || new.index_of(high) == found && index + 1 < old.len())
            .then(|| u8::try_from(found).ok())
            .flatten()
    };
    (0..old.len()).map(map).collect()
}
