//! What is left of deleted tags: markers, by which late copies are refused and the same tombstone
//! can be given again. A marker names no tag.

use std::collections::BTreeMap;

use contract::id::PartId;
use disk::Disk;
use envelope::{Digest, Tag};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::log_file::{About, Body, LogFile};
use crate::record::RecordKind;

/// The name of a channel's file of markers.
pub(super) const FILE: &str = "deleted.log";

/// A deleted tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marker {
    /// The day of the deletion.
    pub(super) deleted_on: Date,
    /// `Tag::tombstone_marker`.
    pub(super) digest: Digest,
    /// The part whose rows were removed; `None` where nothing was held.
    pub(super) part: Option<PartId>,
    /// How many rows were removed.
    pub(super) removed: u64,
    /// The last day on which a copy could still be accepted.
    pub(super) until: Date,
}

/// The markers of one channel.
#[derive(Debug, Default)]
pub(super) struct Markers {
    log: Option<LogFile>,
    /// One tag may have been used for several parts.
    of_tag: BTreeMap<Digest, Vec<Marker>>,
}

impl Markers {
    pub(super) fn open(disk: &dyn Disk, path: String) -> Result<Self, StoreError> {
        let mut markers = Self::default();
        markers.log = LogFile::open(disk, path, |_, kind, body, _| {
            if let (RecordKind::Marker, Ok(marker)) = (kind, serde_json::from_slice(body)) {
                markers.keep(marker);
            }
        })?;
        Ok(markers)
    }

    /// Reads the markers without changing anything.
    pub(super) fn read(disk: &dyn Disk, path: &str) -> Result<Self, StoreError> {
        let mut markers = Self::default();
        super::log_file::scan(disk, path, |_, record| {
            if let (RecordKind::Marker, Ok(marker)) =
                (record.kind, serde_json::from_slice(record.body))
            {
                markers.keep(marker);
            }
        })?;
        Ok(markers)
    }

    /// What was deleted of this tag; nothing where it was not.
    pub(super) fn of(&self, tag: Tag) -> &[Marker] {
        // Asked for every part that arrives: where nothing was deleted, nothing is hashed.
        if self.of_tag.is_empty() {
            return &[];
        }
        self.of_tag.get(&tag.tombstone_marker()).map_or(&[], Vec::as_slice)
    }

    /// Every marker, by the digest of its tag.
    pub(super) fn all(&self) -> impl Iterator<Item = &Marker> {
        self.of_tag.values().flatten()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.of_tag.is_empty()
    }

    /// Makes markers durable.
    pub(super) fn add(
        &mut self,
        disk: &dyn Disk,
        path: &str,
        about: &About<'_>,
        markers: Vec<Marker>,
    ) -> Result<(), StoreError> {
        if markers.is_empty() {
            return Ok(());
        }
        self.make_ready(disk)?;
        let mut log = match self.log.take() {
            Some(log) => log,
            None => LogFile::create(disk, path.to_owned(), about)?,
        };
        let record = |marker: &Marker| {
            (RecordKind::Marker, Body::Bytes(serde_json::to_vec(marker).unwrap_or_default()))
        };
        let records: Vec<_> = markers.iter().map(record).collect();
        let appended = log.append(disk, &records);
        self.log = Some(log);
        appended?;
        for marker in markers {
            self.keep(marker);
        }
        Ok(())
    }

    /// Removes the markers whose last day has passed, and says how many.
    pub(super) fn forget(&mut self, disk: &dyn Disk, today: Date) -> Result<u64, StoreError> {
        self.make_ready(disk)?;
        let past = |marker: &Marker| marker.until < today;
        let gone = self.of_tag.values().flatten().filter(|marker| past(marker)).count() as u64;
        let Some(log) = self.log.as_mut().filter(|_| gone > 0) else { return Ok(0) };
        let mut spans = BTreeMap::new();
        super::log_file::scan(disk, log.path(), |offset, record| {
            let marker = serde_json::from_slice::<Marker>(record.body);
            if record.kind == RecordKind::Marker && marker.is_ok_and(|marker| past(&marker)) {
                spans.insert(offset, u32::try_from(record.frame.len()).unwrap_or(u32::MAX));
            }
        })?;
        log.rewrite(disk, &spans)?;
        let kept: Vec<Marker> =
            self.of_tag.values().flatten().filter(|marker| !past(marker)).cloned().collect();
        self.of_tag = BTreeMap::new();
        for marker in kept {
            self.keep(marker);
        }
        Ok(gone)
    }

    /// Cuts off what a failed append left, so that the next one can succeed.
    pub(super) fn make_ready(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        match &mut self.log {
            Some(log) if log.is_unsettled() => {
                *self = Self::open(disk, log.path().to_owned())?;
                Ok(())
            }
            Some(log) => log.make_ready(disk),
            None => Ok(()),
        }
    }

    /// A later marker of the same tag and part takes the place of an earlier one.
    fn keep(&mut self, marker: Marker) {
        let known = self.of_tag.entry(marker.digest).or_default();
        known.retain(|known| known.part != marker.part);
        known.push(marker);
    }
}
