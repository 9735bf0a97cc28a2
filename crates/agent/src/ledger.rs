//! The ledger: every part that was sent, byte for byte, with the collector's receipt. Each line
//! names the hash of the line before it.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::id::{ChannelId, FieldId, PartId};
use contract::manifest::Relay;
use disk::{Disk, DiskError};
use envelope::oblivious::CapsuleKey;
use envelope::{Digest, Receipt, RootPublic, Tag, Tombstone};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::LEDGER_BYTES_MAX;
use crate::trouble::Trouble;

mod prune;
mod verify;

pub use prune::{Folded, Place, Unreachable, removable, without_oldest};
pub use verify::{Finding, Proof, verify};

/// The ledger's file.
pub(crate) const LEDGER: &str = "ledger.jsonl";

/// Bytes of one line at most: a part of 16 KiB, escaped in JSON, and its surroundings.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// One line of the ledger.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When it was written.
    pub at: Timestamp,
    /// What it records.
    pub entry: Entry,
    /// The hash of the line before, without its line break; of nothing for the first.
    pub previous: Digest,
}

/// What a line records.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Entry {
    /// A person decided about a channel.
    Decided {
        /// The channel.
        channel: ChannelId,
        /// "yes, basic", "no", or "notice shown" with the end of its grace.
        decision: String,
    },
    /// A part is about to be sent. Written before the first try, so nothing leaves unrecorded.
    Sending {
        /// The channel.
        channel: ChannelId,
        /// The period.
        period: Period,
        /// The part.
        part: PartId,
        /// Exactly the bytes.
        bytes: String,
        /// Where to.
        to: String,
        /// The root keys that were pinned then: whoever says that it deleted this signs under one.
        roots: Vec<RootPublic>,
        /// The relays that it may go through, sealed; none where it goes directly.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        relays: Vec<Relay>,
    },
    /// Something was sealed for a relay. Written before the capsule is handed to anybody, so that
    /// whatever is caught on its way out can be opened here.
    Sealed {
        /// SHA-256 of the capsule's bytes.
        capsule: Digest,
        /// What opens it once more.
        key: CapsuleKey,
        /// SHA-256 of the part's bytes; none for a question about what is held.
        part: Option<Digest>,
    },
    /// The collector's signed receipt for a part, verified when it came.
    Receipt {
        /// SHA-256 of the part's bytes.
        digest: Digest,
        /// The receipt.
        receipt: Box<Receipt>,
    },
    /// The collector refused a part for good.
    Refused {
        /// SHA-256 of the part's bytes.
        digest: Digest,
        /// The HTTP status.
        status: u16,
    },
    /// Questions that stayed without an answer in a report, and why.
    LeftOut {
        /// The channel.
        channel: ChannelId,
        /// The period.
        period: Period,
        /// Why, by question.
        fields: BTreeMap<FieldId, String>,
    },
    /// A person took a channel back: what was sent of it is to be deleted.
    Withdrawn {
        /// The channel.
        channel: ChannelId,
        /// How many tags are to be deleted.
        tags: usize,
    },
    /// A collector is about to be asked to delete a tag. Written before the key is shown.
    Deleting {
        /// The channel.
        channel: ChannelId,
        /// The part.
        part: PartId,
        /// The tag.
        tag: Tag,
        /// Where to.
        to: String,
    },
    /// The collector's signed statement that it deleted a tag, verified when it came.
    Tombstone {
        /// The tombstone.
        tombstone: Box<Tombstone>,
    },
    /// Somebody agreed again, and what was not yet asked for is not deleted.
    Kept {
        /// The channel.
        channel: ChannelId,
        /// How many tags stay.
        tags: usize,
    },
    /// The machine entered the air gap, or left it.
    Airgap {
        /// Whether it is in it now.
        on: bool,
    },
    /// Parts were written into a file that a person carries; each has its own line before this.
    Carried {
        /// How many.
        parts: usize,
        /// The fingerprint of the file's key.
        key: Digest,
    },
    /// An unfinished or damaged end of the ledger was cut off: power was lost while it was written.
    CutOff {
        /// How many bytes.
        bytes: u64,
    },
    /// Parts of removed lines that may still be held: a withdrawal reaches them. Stands before the
    /// checkpoint.
    Folded {
        /// What they have in common.
        place: Place,
        /// Each of them.
        tags: Vec<Folded>,
    },
    /// Older lines were removed to keep the ledger bounded.
    Checkpoint {
        /// How many lines were removed, in all.
        removed: u64,
        /// The hash of the last line removed.
        last: Digest,
        /// The root keys that were pinned in removed lines: answers to these parts may come later.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        roots: Vec<RootPublic>,
        /// Parts for whose tags no room was left.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unreachable: Vec<Unreachable>,
    },
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Line {
    fn to_bytes(&self) -> Vec<u8> {
        contract::canonical::to_bytes(self).unwrap_or_default()
    }
}

/// Appends entries, durably; returns how many bytes the ledger has then. Callers hold the lock.
///
/// # Errors
/// If the file cannot be read or written; nothing may be sent then.
pub fn append(disk: &dyn Disk, now: Timestamp, entries: Vec<Entry>) -> Result<u64, Trouble> {
    let trouble = |error| Trouble::disk("writing the ledger", &error);
    let (mut previous, cut_off) = repair(disk)?;
    let cut_off = (cut_off > 0).then_some(Entry::CutOff { bytes: cut_off });
    // One write and one sync for each line: a power failure can then damage the last one only.
    for entry in cut_off.into_iter().chain(entries) {
        let mut line = Line { at: now, entry, previous }.to_bytes();
        previous = Digest::of(&line);
        line.push(b'\n');
        let mut file = disk.open_append(LEDGER).map_err(trouble)?;
        let good = file.len();
        if let Err(error) = file.append(&line).and_then(|()| file.sync()) {
            // What failed to reach the medium may still read back: the next line would name one
            // that is gone after the next loss of power. Its own error adds nothing to the first.
            drop(file);
            let _ = cut(disk, good);
            return Err(trouble(error));
        }
    }
    Ok(disk.open_read(LEDGER).map_err(trouble)?.map_or(0, |file| file.len()))
}

/// Puts another content in place of the whole ledger, durably. Callers hold the lock.
///
/// # Errors
/// If the file cannot be written; the old content is then still there.
pub fn replace(disk: &dyn Disk, bytes: &[u8]) -> Result<(), Trouble> {
    disk.replace(LEDGER, bytes).map_err(|error| Trouble::disk("pruning the ledger", &error))
}

/// Cuts off a last line that power or a full disk left unfinished, or turned into something else,
/// and makes the last whole one durable. Returns its hash, and how many bytes went.
fn repair(disk: &dyn Disk) -> Result<(Digest, u64), Trouble> {
    let trouble = |error| Trouble::disk("reading the ledger", &error);
    let Some(file) = disk.open_read(LEDGER).map_err(trouble)? else {
        return Ok((Digest::of(b""), 0));
    };
    let length = file.len();
    let from = length.saturating_sub(2 * LINE_BYTES_MAX);
    let mut tail = vec![0; usize::try_from(length - from).unwrap_or(0)];
    let filled = file.read_at(from, &mut tail).map_err(trouble)?;
    tail.truncate(filled);
    let mut whole = tail.as_slice();
    let last = loop {
        let end = whole.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        whole = whole.get(..end).unwrap_or_default();
        let Some(lines) = whole.strip_suffix(b"\n") else { break &b""[..] };
        let last = lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        if serde_json::from_slice::<Line>(last).is_ok() {
            break last;
        }
        whole = lines;
    };
    let bytes = (tail.len() - whole.len()) as u64;
    if bytes > 0 {
        cut(disk, from + whole.len() as u64).map_err(trouble)?;
    }
    if !last.is_empty() {
        // Whoever wrote it may have died right after a sync that failed: it reads back, and a sync
        // of now says nothing of it. No other line can be such a one.
        let begins = from + (whole.len() - last.len() - 1) as u64;
        disk.write_again(LEDGER, begins).map_err(trouble)?;
    }
    Ok((Digest::of(last), bytes))
}

/// Durably shortens the ledger. A handle of its own: the one that failed takes no more calls.
fn cut(disk: &dyn Disk, length: u64) -> Result<(), DiskError> {
    let mut file = disk.open_append(LEDGER)?;
    file.truncate(length.min(file.len())).and_then(|()| file.sync())
}

/// The ledger's lines as they stand in the file, oldest first. An unfinished last line is not one.
/// They are durable by then, as far as the disk can make them so.
///
/// # Errors
/// If the file cannot be read.
pub fn lines(disk: &dyn Disk) -> Result<Vec<Vec<u8>>, Trouble> {
    // Twice the bound: the file grows past it before it is pruned.
    let bytes = disk.read(LEDGER, 2 * LEDGER_BYTES_MAX);
    let bytes = bytes.map_err(|error| Trouble::disk("reading the ledger", &error))?;
    // Whoever wrote the last line may have been killed before its sync. Looking works anyhow.
    let _ = disk.settle(LEDGER);
    let bytes = bytes.unwrap_or_default();
    let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    lines.pop();
    Ok(lines)
}

/// The entries that can be read, oldest first.
///
/// # Errors
/// If the file cannot be read.
pub fn entries(disk: &dyn Disk) -> Result<Vec<Line>, Trouble> {
    let lines = lines(disk)?;
    Ok(lines.iter().filter_map(|line| serde_json::from_slice(line).ok()).collect())
}
