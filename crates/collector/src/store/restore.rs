//! What was deleted, to be kept apart from backups; and taking it out of a backup that is put back.

use std::collections::{BTreeMap, BTreeSet};

use contract::calendar::PeriodKind;
use contract::id::{ChannelId, PartId, ProgramId};
use disk::{Disk, path::join};
use envelope::{Digest, Tag};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::log_file::About;
use super::markers::{self, Marker, Markers};
use super::pending::{self, Pending};
use super::{PARTS, Retention, Settled, Store, channels, files, folder_of, scan};

/// The file whose presence makes a folder a backup, which is not served.
pub const BACKUP: &str = "backup.json";

/// Everything that was deleted and may still be in a backup. It names no tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deletions {
    /// The day until which it is complete.
    pub as_of: Date,
    deleted: Vec<Exported>,
    format: u32,
}

/// One deleted tag in one part.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exported {
    /// The channel.
    pub channel: ChannelId,
    /// [`Tag::tombstone_marker`].
    pub digest: Digest,
    /// What was confirmed; `None` where it was asked for and waits for the batch.
    pub done: Option<Done>,
    /// The program.
    pub program: ProgramId,
}

/// What was confirmed of a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// The day on which the rows were removed.
    pub deleted_on: Date,
    /// Their part; `None` where nothing was held.
    pub part: Option<PartId>,
    /// How many they were.
    pub removed: u64,
    /// The last day on which this is needed: no copy is taken any more, and no backup is kept.
    pub until: Date,
}

impl std::fmt::Debug for Exported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exported").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// The version of the list.
const FORMAT: u32 = 1;

impl Deletions {
    /// The list of a store: what is asked for, and what was done.
    pub fn new(as_of: Date, deleted: Vec<Exported>) -> Self {
        Self { as_of, deleted, format: FORMAT }
    }

    /// Every entry.
    pub fn entries(&self) -> impl Iterator<Item = &Exported> {
        self.deleted.iter()
    }

    /// Reads the list of a data folder; a server may be at work in it.
    ///
    /// # Errors
    /// If the disk fails or a file is damaged.
    pub fn of(disk: &dyn Disk, today: Date) -> Result<Self, StoreError> {
        let mut deleted = Vec::new();
        let has_parts = disk.list("")?.iter().any(|entry| entry.name == PARTS);
        for (program, channel) in if has_parts { channels(disk)? } else { Vec::new() } {
            let folder = folder_of(&program, &channel);
            let exported = |digest, done| {
                let (program, channel) = (program.clone(), channel.clone());
                Exported { channel, digest, done, program }
            };
            // What waits first: a batch may end in between, and then it is in both.
            let pending = Pending::read(disk, &join(&folder, pending::FILE))?;
            deleted.extend(pending.tags().map(|tag| exported(tag.tombstone_marker(), None)));
            let markers = Markers::read(disk, &join(&folder, markers::FILE))?;
            deleted.extend(markers.all().map(|marker| {
                let Marker { deleted_on, digest, part, removed, until } = marker.clone();
                exported(digest, Some(Done { deleted_on, part, removed, until }))
            }));
        }
        Ok(Self::new(today, deleted))
    }

    /// Reads the list from its bytes; `None` where they are none that this program reads.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_slice(bytes).ok()?;
        (read.format == FORMAT).then_some(read)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.deleted.len()
    }

    /// Whether nothing was deleted.
    pub fn is_empty(&self) -> bool {
        self.deleted.is_empty()
    }
}

/// Takes out of a backup that was put back what was deleted since and what is past its retention.
/// Only then the folder is no backup any more, and can be served.
///
/// # Errors
/// If the disk fails; the folder stays a backup then, and this can be done again.
pub fn restore<D: Disk>(
    disk: D,
    deletions: &Deletions,
    (retention, kinds): (&Retention, impl Fn(&ProgramId, &ChannelId) -> Option<(PeriodKind, u32)>),
    today: Date,
) -> Result<Settled, StoreError> {
    let mut store = Store::open_backup(disk)?;
    let mut by_channel: BTreeMap<(ProgramId, ChannelId), Vec<&Exported>> = BTreeMap::new();
    for deleted in &deletions.deleted {
        let address = (deleted.program.clone(), deleted.channel.clone());
        by_channel.entry(address).or_default().push(deleted);
    }
    for ((program, channel), deleted) in by_channel {
        let digests: BTreeSet<Digest> = deleted.iter().map(|deleted| deleted.digest).collect();
        // Before the markers are known, by which rows are not shown any more.
        let tags = store.tags_of((&program, &channel), &digests)?;
        store.note_deleted((&program, &channel), &tags, &deleted, today)?;
    }
    let settled = store.settle_deletions(kinds, (today, true))?;
    store.forget(retention, today, false)?;
    store.disk().remove(BACKUP)?;
    Ok(settled)
}

impl<D: Disk> Store<D> {
    /// The tags of rows that are held and were deleted.
    fn tags_of(
        &self,
        (program, channel): (&ProgramId, &ChannelId),
        digests: &BTreeSet<Digest>,
    ) -> Result<Vec<Tag>, StoreError> {
        let mut tags = BTreeSet::new();
        for (of, id, period) in files(self.disk())? {
            if of == *program && id == *channel {
                scan(self.disk(), (program, channel, period), |stored| {
                    let is_deleted = |tag: &Tag| digests.contains(&tag.tombstone_marker());
                    tags.extend(stored.tag.filter(is_deleted));
                })?;
            }
        }
        Ok(tags.into_iter().collect())
    }

    fn note_deleted(
        &mut self,
        (program, channel): (&ProgramId, &ChannelId),
        tags: &[Tag],
        deleted: &[&Exported],
        today: Date,
    ) -> Result<(), StoreError> {
        let (disk, channel) = self.channel(program, channel)?;
        if !tags.is_empty() {
            channel.ask(disk, tags, today)?;
        }
        let markers = deleted.iter().filter_map(|deleted| {
            let Done { deleted_on, part, removed, until } = deleted.done.clone()?;
            Some(Marker { deleted_on, digest: deleted.digest, part, removed, until })
        });
        let path = channel.markers_path();
        let (of, id) = (&channel.program, &channel.channel);
        let about = About { program: of, channel: id, period: None, forget_by: None };
        channel.markers.add(disk, &path, &about, markers.collect())
    }
}
