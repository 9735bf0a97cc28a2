//! The bytes of one file: those on the medium, those a reader sees, and what lies between.

use super::chance::Chance;
use super::fault::{Survival, Torn};

/// One file.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    durable: Vec<u8>,
    cached: Vec<u8>,
    /// What leads from `durable` to `cached`, unless a failed sync dropped it.
    pending: Vec<Change>,
    /// Handles open on it.
    pub(super) open: usize,
}

#[derive(Debug, Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { len: usize },
}

/// How much of one write is on the medium after a power failure.
struct Fate {
    kept: usize,
    rest: Rest,
}

/// What stands where the lost part of a write would be.
enum Rest {
    /// The file's old content or its old end.
    Old,
    /// Zeros: the file has its length, and no bytes to it.
    Zeros,
    /// What the block held before.
    Garbage,
}

impl Content {
    pub(super) fn cached(&self) -> &[u8] {
        &self.cached
    }

    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.pending.push(Change::Write { offset, bytes: bytes.to_vec() });
        overlay(&mut self.cached, offset, bytes);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.pending.push(Change::Truncate { len });
        self.cached.resize(len, 0);
    }

    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            match change {
                Change::Write { offset, bytes } => overlay(&mut self.durable, offset, &bytes),
                Change::Truncate { len } => self.durable.truncate(len),
            }
        }
    }

    /// A sync that fails: the pages are marked clean, still read back, and are never written.
    pub(super) fn fail_sync(&mut self) {
        self.pending.retain(|change| matches!(change, Change::Truncate { .. }));
    }

    /// Power fails. `torn` is what becomes of the last write, if that is what power failed in.
    pub(super) fn lose_power(
        &mut self,
        survival: Survival,
        torn: Option<Torn>,
        chance: &mut Chance,
    ) {
        let changes = std::mem::take(&mut self.pending);
        let last = changes.len().saturating_sub(1);
        for (number, change) in changes.into_iter().enumerate() {
            match change {
                Change::Write { offset, bytes } => {
                    let torn = torn.filter(|_| number == last);
                    let fate = fate(bytes.len(), survival, torn, chance);
                    self.write_partly(offset, bytes, &fate, chance);
                }
                Change::Truncate { len } => {
                    if content_survives(survival, chance) {
                        self.durable.truncate(len);
                    }
                }
            }
        }
        self.cached.clone_from(&self.durable);
        self.open = 0;
    }

    /// Whether the bytes are anywhere: on the medium, in the cache, or on the way.
    pub(super) fn holds(&self, sought: &[u8]) -> bool {
        let written = self.pending.iter().filter_map(|change| match change {
            Change::Write { bytes, .. } => Some(bytes.as_slice()),
            Change::Truncate { .. } => None,
        });
        [self.durable.as_slice(), self.cached.as_slice()]
            .into_iter()
            .chain(written)
            .any(|bytes| bytes.windows(sought.len().max(1)).any(|window| window == sought))
    }

    fn write_partly(
        &mut self,
        offset: usize,
        mut bytes: Vec<u8>,
        fate: &Fate,
        chance: &mut Chance,
    ) {
        // What is written over has its block already: there the old bytes stand, or the new ones.
        let over = self.durable.len().saturating_sub(offset).clamp(fate.kept, bytes.len());
        let old = self.durable.get(offset + fate.kept..offset + over);
        if let (Some(lost), Some(old)) = (bytes.get_mut(fate.kept..over), old) {
            lost.copy_from_slice(old);
        }
        match fate.rest {
            Rest::Old => bytes.truncate(over),
            Rest::Zeros => bytes.iter_mut().skip(over).for_each(|byte| *byte = 0),
            Rest::Garbage => chance.garbage(bytes.get_mut(over..).unwrap_or_default()),
        }
        if !bytes.is_empty() {
            overlay(&mut self.durable, offset, &bytes);
        }
    }
}

/// What becomes of a write of so many bytes that was not synced.
fn fate(bytes: usize, survival: Survival, torn: Option<Torn>, chance: &mut Chance) -> Fate {
    let rest = match survival {
        Survival::Nothing | Survival::Contents => Rest::Old,
        // Names survive, and lengths with them: both are what file systems write to a journal.
        Survival::Everything | Survival::Names => Rest::Zeros,
        Survival::Random => match chance.below(4) {
            0 => Rest::Zeros,
            1 => Rest::Garbage,
            _ => Rest::Old,
        },
    };
    let kept = match (torn, survival) {
        (Some(torn), _) => torn.of(bytes),
        (None, Survival::Nothing | Survival::Names) => 0,
        (None, Survival::Everything | Survival::Contents) => bytes,
        (None, Survival::Random) => match chance.below(8) {
            0..3 => bytes,
            3 => Torn::Nothing.of(bytes),
            4 => Torn::OneByte.of(bytes),
            5 => Torn::Half.of(bytes),
            6 => Torn::AllButOne.of(bytes),
            _ => chance.length_below(bytes),
        },
    };
    Fate { kept, rest }
}

fn content_survives(survival: Survival, chance: &mut Chance) -> bool {
    match survival {
        Survival::Nothing | Survival::Names => false,
        Survival::Everything | Survival::Contents => true,
        Survival::Random => chance.coin(),
    }
}

/// Writes at the offset; what the file lacks before it is a hole of zeros.
fn overlay(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset.saturating_add(bytes.len());
    if file.len() < end {
        file.resize(end, 0);
    }
    for (byte, new) in file.iter_mut().skip(offset).zip(bytes) {
        *byte = *new;
    }
}
