//! Sealed parts that wait: what is handed to a relay. Whoever has these files alone can send and
//! hear the answer, and cannot read what is sent.

use contract::calendar::Period;
use contract::id::{ChannelId, PartId};
use disk::Disk;
use envelope::Digest;
use envelope::oblivious::{Capsule, Opener};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::limits::OUTBOX_FILE_BYTES_MAX;
use crate::trouble::Trouble;

/// The folder, beside the outbox.
pub const FOLDER: &str = "sealed";

/// The sealed parts of one channel and period.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// Each part's, as far as it is sealed.
    pub parts: Vec<SealedPart>,
}

/// One part, sealed. What opens the capsule is not here: it stands in the ledger.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedPart {
    /// The part.
    pub part: PartId,
    /// SHA-256 of the part's bytes: what the receipt names.
    pub digest: Digest,
    /// The collector that it is addressed to, inside.
    pub to: String,
    /// The bytes for the relay.
    pub capsule: Capsule,
    /// Opens the answer, and nothing else.
    pub opener: Opener,
    /// The last day on which the key is offered that it was sealed to.
    pub last_day: Date,
}

impl std::fmt::Debug for SealedPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedPart").field("part", &self.part).finish_non_exhaustive()
    }
}

impl Sealed {
    /// What is sealed of a channel and period. A damaged file counts as none: it is sealed anew.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn load(disk: &dyn Disk, channel: &ChannelId, period: Period) -> Result<Self, Trouble> {
        let bytes = disk.read(&path(channel, period), OUTBOX_FILE_BYTES_MAX);
        let bytes = bytes.map_err(|error| Trouble::disk("reading what is sealed", &error))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Writes it. Callers hold the lock.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(
        &self,
        disk: &dyn Disk,
        channel: &ChannelId,
        period: Period,
    ) -> Result<(), Trouble> {
        let trouble = |error| Trouble::disk("writing what is sealed", &error);
        disk.create_folder(FOLDER).map_err(trouble)?;
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        disk.replace(&path(channel, period), &bytes).map_err(trouble)
    }

    /// Destroys the capsules of parts that are not wanted any more.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn keep(
        disk: &dyn Disk,
        (channel, period): (&ChannelId, Period),
        is_wanted: impl Fn(&Digest) -> bool,
    ) -> Result<(), Trouble> {
        let mut sealed = Self::load(disk, channel, period)?;
        let before = sealed.parts.len();
        sealed.parts.retain(|part| is_wanted(&part.digest));
        if sealed.parts.len() == before { Ok(()) } else { sealed.save(disk, channel, period) }
    }

    /// Takes out the capsule of a part, if it can be sent today.
    pub fn take(&mut self, digest: &Digest, to: &str, today: Date) -> Option<SealedPart> {
        let fits = |sealed: &SealedPart| {
            sealed.digest == *digest && sealed.to == to && sealed.last_day >= today
        };
        let at = self.parts.iter().position(fits)?;
        Some(self.parts.remove(at))
    }
}

fn path(channel: &ChannelId, period: Period) -> String {
    format!("{FOLDER}/{channel}.{period}.json")
}
