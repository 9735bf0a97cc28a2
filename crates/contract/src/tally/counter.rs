//! The counters of one field, by its kind.

use std::collections::BTreeMap;

use crate::answer::{Answer, Entry};
use crate::kind::{Buckets, Kind};
use crate::version::Version;

use super::open::Open;
use super::route::Mapping;

/// The counters of one field.
#[derive(Clone, PartialEq)]
pub(crate) enum Counter {
    /// `flag` (yes, no), `choice` (the list, `other`), and bucketed numbers: one cell per answer.
    Cells(Vec<u64>),
    /// `set`: how many answered, how many gave no entry, how many gave each.
    Set { answered: u64, none: u64, entries: Vec<u64> },
    /// `counts` and `flow`: how many answered, and a row of buckets for each entry or move.
    Counts { answered: u64, width: usize, cells: Vec<u64> },
    /// `version`.
    Version { answered: u64, other: u64, versions: Open<Version> },
    /// `sample`.
    Sample(Open<String>),
}

/// What a release makes public of one field, before noise and suppression: every number once.
///
/// Noise visits exactly these numbers ([`Cells::map`]), and the test of each kind's Δ measures
/// exactly these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cells {
    /// One of these for each answer.
    Partition(Vec<i64>),
    /// Independent entries.
    Set { answered: i64, none: i64, entries: Vec<i64> },
    /// A row of buckets for each entry.
    Grid { answered: i64, lines: Vec<Vec<i64>> },
    /// The same answers twice, by the first two numbers and in full; newest first.
    Versions { answered: i64, other: i64, minor: Vec<(Version, i64)>, full: Vec<(Version, i64)> },
    /// Values of an open vocabulary, in the order of their text.
    Values(Vec<(String, i64)>),
}

impl Counter {
    pub(super) fn new(kind: &Kind, bound: usize) -> Self {
        let width = kind.buckets().map_or(0, Buckets::len);
        match kind {
            Kind::Flag
            | Kind::Choice { .. }
            | Kind::Count { .. }
            | Kind::Size { .. }
            | Kind::Duration { .. } => Self::Cells(vec![0; kind.cells().unwrap_or(0)]),
            Kind::Set { choices } => {
                Self::Set { answered: 0, none: 0, entries: vec![0; choices.len() + 1] }
            }
            Kind::Counts { .. } | Kind::Flow { .. } => {
                let things = kind.things().unwrap_or(0);
                Self::Counts { answered: 0, width, cells: vec![0; width * things] }
            }
            Kind::Version { .. } => {
                Self::Version { answered: 0, other: 0, versions: Open::new(bound) }
            }
            Kind::Sample { .. } => Self::Sample(Open::new(bound)),
        }
    }

    /// Counts one answer. Nothing is allocated for closed kinds.
    pub(super) fn add(&mut self, mapping: &Mapping, answer: &Answer) {
        match (self, answer, mapping) {
            (Self::Cells(cells), answer, mapping) => {
                if let Some(cell) = cell(mapping, answer, cells.len()) {
                    bump(cells, cell);
                }
            }
            (Self::Set { answered, none, entries }, Answer::Set(given), _) => {
                *answered += 1;
                *none += u64::from(given.is_empty());
                add_set(entries, mapping, given);
            }
            (Self::Counts { answered, width, cells }, Answer::Counts(given), _) => {
                *answered += 1;
                add_counts(cells, *width, mapping, given);
            }
            (Self::Version { answered, other, versions }, answer, _) => {
                *answered += 1;
                match mapped_version(answer, mapping) {
                    Some(version) => versions.add(&version, 1),
                    None => *other += 1,
                }
            }
            (Self::Sample(values), Answer::Sample(value, _), _) => values.add(value.as_str(), 1),
            // The answer is of another kind than its definition says: `part::check` lets none pass.
            _ => {}
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Cells(cells) => cells.fill(0),
            Self::Set { answered, none, entries } => {
                (*answered, *none) = (0, 0);
                entries.fill(0);
            }
            Self::Counts { answered, cells, .. } => {
                *answered = 0;
                cells.fill(0);
            }
            Self::Version { answered, other, versions } => {
                (*answered, *other) = (0, 0);
                versions.clear();
            }
            Self::Sample(values) => values.clear(),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Cells(mine), Self::Cells(theirs)) => add_all(mine, &theirs),
            (
                Self::Set { answered, none, entries },
                Self::Set { answered: more, none: nones, entries: theirs },
            ) => {
                *answered += more;
                *none += nones;
                add_all(entries, &theirs);
            }
            (
                Self::Counts { answered, cells, .. },
                Self::Counts { answered: more, cells: theirs, .. },
            ) => {
                *answered += more;
                add_all(cells, &theirs);
            }
            (
                Self::Version { answered, other, versions },
                Self::Version { answered: more, other: others, versions: theirs },
            ) => {
                *answered += more;
                *other += others;
                versions.merge(theirs);
            }
            (Self::Sample(values), Self::Sample(theirs)) => values.merge::<str>(theirs),
            // `Tally::merge` compares the fields first, so their counters are of one kind.
            _ => {}
        }
    }

    /// Everything that a release makes public of it, before noise.
    pub(crate) fn cells(&self) -> Cells {
        match self {
            Self::Cells(cells) => Cells::Partition(cells.iter().copied().map(signed).collect()),
            Self::Set { answered, none, entries } => Cells::Set {
                answered: signed(*answered),
                none: signed(*none),
                entries: entries.iter().copied().map(signed).collect(),
            },
            Self::Counts { answered, width, cells } => Cells::Grid {
                answered: signed(*answered),
                lines: cells
                    .chunks((*width).max(1))
                    .map(|line| line.iter().copied().map(signed).collect())
                    .collect(),
            },
            Self::Version { answered, other, versions } => {
                let (minor, full) = version_cells(versions);
                Cells::Versions { answered: signed(*answered), other: signed(*other), minor, full }
            }
            Self::Sample(values) => {
                let mut values: Vec<_> =
                    values.values().map(|(value, n)| (value.clone(), signed(n))).collect();
                values.sort_unstable();
                Cells::Values(values)
            }
        }
    }
}

impl Cells {
    /// The same cells with every number changed: the only way in which noise reaches them.
    pub(crate) fn map(&self, mut change: impl FnMut(i64) -> i64) -> Self {
        match self {
            Self::Partition(cells) => Self::Partition(cells.iter().map(|n| change(*n)).collect()),
            Self::Set { answered, none, entries } => Self::Set {
                answered: change(*answered),
                none: change(*none),
                entries: entries.iter().map(|n| change(*n)).collect(),
            },
            Self::Grid { answered, lines } => Self::Grid {
                answered: change(*answered),
                lines: lines.iter().map(|line| line.iter().map(|n| change(*n)).collect()).collect(),
            },
            Self::Versions { answered, other, minor, full } => Self::Versions {
                answered: change(*answered),
                other: change(*other),
                minor: minor.iter().map(|(version, n)| (*version, change(*n))).collect(),
                full: full.iter().map(|(version, n)| (*version, change(*n))).collect(),
            },
            Self::Values(values) => {
                Self::Values(values.iter().map(|(text, n)| (text.clone(), change(*n))).collect())
            }
        }
    }
}

/// Which of so many cells an answer is in, where answers exclude each other.
pub(super) fn cell(mapping: &Mapping, answer: &Answer, cells: usize) -> Option<usize> {
    match (answer, mapping) {
        // Only a list is mapped so, and its last cell is `other`.
        (_, Mapping::Other) => Some(cells.saturating_sub(1)),
        (Answer::Flag(flag), _) => Some(usize::from(!*flag)),
        (Answer::Choice(entry), Mapping::Entries(entries)) => Some(mapped(entries, *entry).index()),
        (Answer::Choice(entry), _) => Some(entry.index()),
        (Answer::Bucket(bucket), Mapping::Buckets(buckets)) => {
            mapped_bucket(buckets, *bucket).map(usize::from)
        }
        (Answer::Bucket(bucket), _) => Some(usize::from(*bucket)),
        // The answer is of another kind than its definition says: `part::check` lets none pass.
        _ => None,
    }
}

type VersionCells = Vec<(Version, i64)>;

/// By the first two numbers, and in full; both newest first.
fn version_cells(versions: &Open<Version>) -> (VersionCells, VersionCells) {
    let mut full: Vec<_> = versions.values().map(|(v, n)| (*v, signed(n))).collect();
    full.sort_unstable_by(|a, b| b.cmp(a));
    let mut minor: Vec<(Version, i64)> = Vec::new();
    for (version, count) in &full {
        match minor.last_mut() {
            Some((last, sum)) if *last == version.minor() => *sum += count,
            _ => minor.push((version.minor(), *count)),
        }
    }
    (minor, full)
}

/// `None` is `other`.
fn mapped_version(answer: &Answer, mapping: &Mapping) -> Option<Version> {
    let Answer::Version(Some(version)) = answer else { return None };
    match mapping {
        Mapping::Suffixes(old, new) if version.suffix().is_some() => {
            Version::parse(&version.write(old), new)
        }
        Mapping::Other => None,
        _ => Some(*version),
    }
}

fn add_set(entries: &mut [u64], mapping: &Mapping, given: &[Entry]) {
    let Mapping::Entries(map) = mapping else {
        return given.iter().for_each(|entry| bump(entries, entry.index()));
    };
    // Several old entries may have become `other`, which one answer counts once.
    let other = entries.len().saturating_sub(1);
    let mut other_seen = false;
    for entry in given {
        let index = mapped(map, *entry).index();
        if index < other {
            bump(entries, index);
        } else {
            other_seen = true;
        }
    }
    if other_seen {
        bump(entries, other);
    }
}

fn add_counts(cells: &mut [u64], width: usize, mapping: &Mapping, given: &[(Entry, u8)]) {
    let Mapping::Counts(entries, buckets) = mapping else {
        for (entry, bucket) in given {
            bump(cells, entry.index() * width + usize::from(*bucket));
        }
        return;
    };
    // Old entries that have become one, such as `other`, count once, in the largest of their
    // buckets: their sum is not known.
    let mut largest: BTreeMap<Entry, u8> = BTreeMap::new();
    for (entry, bucket) in given {
        if let Some(bucket) = mapped_bucket(buckets, *bucket) {
            let kept = largest.entry(mapped(entries, *entry)).or_default();
            *kept = bucket.max(*kept);
        }
    }
    for (entry, bucket) in largest {
        bump(cells, entry.index() * width + usize::from(bucket));
    }
}

fn mapped(entries: &[Entry], entry: Entry) -> Entry {
    let other = entries.last().copied().unwrap_or(entry);
    entries.get(entry.index()).copied().unwrap_or(other)
}

fn mapped_bucket(buckets: &[Option<u8>], bucket: u8) -> Option<u8> {
    buckets.get(usize::from(bucket)).copied().flatten()
}

fn bump(cells: &mut [u64], index: usize) {
    if let Some(cell) = cells.get_mut(index) {
        *cell += 1;
    }
}

fn add_all(mine: &mut [u64], theirs: &[u64]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine += theirs;
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
