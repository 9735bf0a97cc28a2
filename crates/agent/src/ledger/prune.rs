//! Older lines are removed to keep the ledger bounded. What a withdrawal needs of them is folded
//! into a few lines before the checkpoint: the tags of all parts that may still be held.

use contract::calendar::Period;
use contract::id::{ChannelId, PartId};
use contract::manifest::Relay;
use envelope::{Digest, RootPublic, Tag};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Entry, Line};
use crate::held::SentPart;
use crate::limits::{LEDGER_BYTES_MAX, LEDGER_FOLDED_BYTES_MAX};

/// Bytes of tags in one folded line: with the longest sample it stays below a line's bound.
const FOLDED_LINE_BYTES: usize = 24 * 1024;

/// What is kept of a part whose lines were removed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folded {
    /// The tag.
    pub tag: Tag,
    /// The period.
    pub period: Period,
    /// The epoch of the tag.
    pub epoch: String,
    /// The value of a sample, from which its tag was derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
    /// The day it was received, by a receipt that was believed; `None` while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Date>,
    /// The day after which it is forgotten anyway.
    pub forget_by: Date,
    /// SHA-256 of the part's bytes, where an answer may still come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

impl std::fmt::Debug for Folded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Folded").field("period", &self.period).finish_non_exhaustive()
    }
}

/// What all parts in one folded line have in common.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The channel.
    pub channel: ChannelId,
    /// The part.
    pub part: PartId,
    /// The collector that they were sent to.
    pub to: String,
    /// The relays that they may have gone through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relays: Vec<Relay>,
    /// The root keys that were pinned then.
    pub roots: Vec<RootPublic>,
}

impl Place {
    /// Where a part was sent.
    pub fn of(part: &SentPart) -> Self {
        Self {
            channel: part.channel.clone(),
            part: part.part.clone(),
            to: part.to.clone(),
            relays: part.relays.clone(),
            roots: part.roots.clone(),
        }
    }
}

/// Parts of removed lines for which no room was left; they are forgotten with their retention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unreachable {
    /// Their channel.
    pub channel: ChannelId,
    /// How many.
    pub parts: usize,
    /// The day after which the last of them is forgotten.
    pub forget_by: Date,
}

/// How many of the oldest lines are removed, so that what is left takes half of the bound. The last
/// one stays: the next names its hash.
pub fn removable(lines: &[Vec<u8>]) -> usize {
    let mut left: u64 = 0;
    let kept = lines.iter().rev().take_while(|line| {
        left += line.len() as u64 + 1;
        left <= LEDGER_BYTES_MAX / 2
    });
    (lines.len() - kept.count()).min(lines.len().saturating_sub(1))
}

/// The whole ledger without its oldest lines. `held` are the parts of the removed lines that may
/// still be held; those that are forgotten last are kept first.
pub fn without_oldest(
    lines: &[Vec<u8>],
    remove: usize,
    now: Timestamp,
    held: Vec<(Place, Folded)>,
) -> Vec<u8> {
    let (removed, kept) = lines.split_at_checked(remove).unwrap_or_default();
    let before = removed.iter().filter_map(|line| serde_json::from_slice::<Line>(line).ok());
    let mut count = removed.len() as u64;
    let (mut roots, mut unreachable) = (Vec::new(), Vec::new());
    for line in before {
        let named = match line.entry {
            Entry::Sending { roots, .. } => roots,
            Entry::Folded { place, .. } => {
                // A line of pruning's own: what it stands for was counted when it was removed.
                count -= 1;
                place.roots
            }
            Entry::Checkpoint { removed, roots, unreachable: earlier, .. } => {
                count += removed - 1;
                unreachable.extend(earlier);
                roots
            }
            _ => continue,
        };
        for root in named {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
    }
    let (groups, without_room) = fold(held);
    unreachable.extend(without_room);
    unreachable.retain(|lost| lost.forget_by >= crate::ports::day_of(now));
    let mut file = File { now, bytes: Vec::new(), previous: Digest::of(b"") };
    for (place, tags) in groups {
        file.add(Entry::Folded { place, tags });
    }
    if let Some(last) = removed.last() {
        let last = Digest::of(last);
        file.add(Entry::Checkpoint { removed: count, last, roots, unreachable });
    }
    for line in kept {
        file.bytes.extend(line);
        file.bytes.push(b'\n');
    }
    file.bytes
}

struct File {
    now: Timestamp,
    bytes: Vec<u8>,
    previous: Digest,
}

impl File {
    fn add(&mut self, entry: Entry) {
        let line = Line { at: self.now, entry, previous: self.previous }.to_bytes();
        self.previous = Digest::of(&line);
        self.bytes.extend(line);
        self.bytes.push(b'\n');
    }
}

type Groups = Vec<(Place, Vec<Folded>)>;

/// Puts parts of one place together, in lines of a bounded length, as long as there is room.
fn fold(mut held: Vec<(Place, Folded)>) -> (Groups, Vec<Unreachable>) {
    held.sort_by_key(|(_, folded)| std::cmp::Reverse(folded.forget_by));
    let mut groups: Vec<(Place, Vec<Folded>, usize)> = Vec::new();
    let mut unreachable: Vec<Unreachable> = Vec::new();
    let mut room = LEDGER_FOLDED_BYTES_MAX;
    for (place, folded) in held {
        let size = serde_json::to_vec(&folded).map_or(0, |bytes| bytes.len() + 1);
        let open = |(known, _, bytes): &&mut (Place, Vec<Folded>, usize)| {
            *bytes + size <= FOLDED_LINE_BYTES && *known == place
        };
        let group = groups.iter_mut().find(open);
        // A new line also names the place, its time and the line before.
        let new_line = || serde_json::to_vec(&place).map_or(0, |bytes| bytes.len() + 256);
        let needed = size + if group.is_some() { 0 } else { new_line() };
        if needed > room {
            lose(&mut unreachable, &place.channel, folded.forget_by);
            continue;
        }
        room -= needed;
        match group {
            Some((_, tags, bytes)) => {
                tags.push(folded);
                *bytes += size;
            }
            None => groups.push((place, vec![folded], size)),
        }
    }
    (groups.into_iter().map(|(place, tags, _)| (place, tags)).collect(), unreachable)
}

fn lose(unreachable: &mut Vec<Unreachable>, channel: &ChannelId, forget_by: Date) {
    match unreachable.iter_mut().find(|lost| lost.channel == *channel) {
        Some(lost) => {
            lost.parts += 1;
            lost.forget_by = lost.forget_by.max(forget_by);
        }
        None => unreachable.push(Unreachable { channel: channel.clone(), parts: 1, forget_by }),
    }
}
