//! Tags whose deletion was asked for and is not done: excluded from everything at once, taken out
//! of the files by the next batch. The file names the tags, and goes when the batch is done.

use std::collections::BTreeMap;

use disk::Disk;
use envelope::Tag;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::log_file::{About, Body, LogFile};
use crate::record::RecordKind;

/// The name of a channel's file of pending deletions.
pub(super) const FILE: &str = "pending.log";

/// A deletion that was asked for. It has no `Debug`: a tag is nobody's business.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// The day on which it was.
    pub(super) on: Date,
    /// Whose rows go.
    pub(super) tag: Tag,
}

/// The pending deletions of one channel.
#[derive(Default)]
pub(super) struct Pending {
    log: Option<LogFile>,
    tags: BTreeMap<Tag, Date>,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").field("tags", &self.tags.len()).finish_non_exhaustive()
    }
}

impl Pending {
    pub(super) fn open(disk: &dyn Disk, path: String) -> Result<Self, StoreError> {
        let mut tags = BTreeMap::new();
        let log = LogFile::open(disk, path, |_, kind, body, _| keep(&mut tags, kind, body))?;
        Ok(Self { log, tags })
    }

    /// Reads them without changing anything.
    pub(super) fn read(disk: &dyn Disk, path: &str) -> Result<Self, StoreError> {
        let mut tags = BTreeMap::new();
        super::log_file::scan(disk, path, |_, record| keep(&mut tags, record.kind, record.body))?;
        Ok(Self { log: None, tags })
    }

    pub(super) fn contains(&self, tag: Tag) -> bool {
        // Asked for every part that arrives: most of the time nothing waits.
        !self.tags.is_empty() && self.tags.contains_key(&tag)
    }

    pub(super) fn len(&self) -> usize {
        self.tags.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    pub(super) fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.tags.keys().copied()
    }

    /// Makes tags durable.
    pub(super) fn add(
        &mut self,
        disk: &dyn Disk,
        path: &str,
        about: &About<'_>,
        (tags, today): (&[Tag], Date),
    ) -> Result<(), StoreError> {
        self.make_ready(disk)?;
        let mut log = match self.log.take() {
            Some(log) => log,
            None => LogFile::create(disk, path.to_owned(), about)?,
        };
        let record = |tag: &Tag| {
            let asked = Asked { on: today, tag: *tag };
            (RecordKind::Pending, Body::Bytes(serde_json::to_vec(&asked).unwrap_or_default()))
        };
        let appended = log.append(disk, &tags.iter().map(record).collect::<Vec<_>>());
        log.rest();
        self.log = Some(log);
        appended?;
        self.tags.extend(tags.iter().map(|tag| (*tag, today)));
        Ok(())
    }

    /// Forgets all of them, and their file: the batch is done.
    pub(super) fn clear(&mut self, disk: &dyn Disk, path: &str) -> Result<(), StoreError> {
        // If it fails, the file may be gone or not: it is read again before it is used.
        if let Some(log) = &mut self.log {
            log.unsettle();
        }
        disk.remove(path)?;
        *self = Self::default();
        Ok(())
    }

    /// Cuts off what a failed append left, so that the next one can succeed.
    pub(super) fn make_ready(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        match &mut self.log {
            Some(log) if log.is_unsettled() => {
                let path = log.path().to_owned();
                let left = Self::open(disk, path.clone())?;
                if left.log.is_none() {
                    // Its name is gone, and stays so when the power fails.
                    disk.remove(&path)?;
                }
                *self = left;
                Ok(())
            }
            Some(log) => log.make_ready(disk),
            None => Ok(()),
        }
    }
}

fn keep(tags: &mut BTreeMap<Tag, Date>, kind: RecordKind, body: &[u8]) {
    if let (RecordKind::Pending, Ok(asked)) = (kind, serde_json::from_slice::<Asked>(body)) {
        tags.insert(asked.tag, asked.on);
    }
}
