//! Deleting by proof: excluded at once, gone from the files before anybody is told so.

use std::collections::BTreeMap;

use contract::calendar::{Period, PeriodKind, add_days};
use contract::id::{ChannelId, PartId, ProgramId};
use contract::limits::CLOCK_SKEW_DAYS;
use disk::Disk;
use envelope::{Deletion, Tag};
use jiff::civil::Date;

use super::error::{StoreError, Trouble};
use super::log_file::About;
use super::markers::Marker;
use super::{ChannelStore, Store};
use crate::limits::MARKERS_UNSEEN_MAX;

/// What was deleted of one tag in one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The tag.
    pub tag: Tag,
    /// The part; `None` where nothing was held under the tag.
    pub part: Option<PartId>,
    /// How many rows were removed.
    pub removed: u64,
    /// The day on which they were.
    pub deleted_on: Date,
}

impl Deleted {
    /// What a tombstone states of it.
    pub fn deletion<'a>(
        &'a self,
        program: &'a ProgramId,
        channel: &'a ChannelId,
        retention_days: u32,
    ) -> Deletion<'a> {
        let days = i32::try_from(retention_days).unwrap_or(i32::MAX);
        Deletion {
            backups_expire: add_days(self.deleted_on, days),
            channel: channel.as_str(),
            deleted_on: self.deleted_on,
            part: self.part.as_ref().map_or("", PartId::as_str),
            program: program.as_str(),
            removed: self.removed,
            tag: self.tag,
        }
    }
}

impl<D: Disk> Store<D> {
    /// Deletes every part held under these tags. When it returns, no file holds the tags or their
    /// answers; later copies are refused until their period's intake has closed. What was deleted
    /// before is told again with the number of that time.
    ///
    /// # Errors
    /// The parts may then still be in a file; they are shown to nobody, and the next call or start
    /// takes them out.
    pub fn delete(
        &mut self,
        (program, channel, kind): (&ProgramId, &ChannelId, PeriodKind),
        tags: &[Tag],
        today: Date,
    ) -> Result<Vec<Deleted>, Trouble> {
        let (disk, channel) = self.channel(program, channel).map_err(|error| trouble_of(&error))?;
        let markers = channel.new_markers(tags, kind, today)?;
        let changed = !markers.is_empty();
        channel.mark(disk, markers).map_err(|error| trouble_of(&error))?;
        for tag in tags {
            channel.periods.values_mut().for_each(|file| file.exclude(*tag));
        }
        let settled = channel.settle(disk).map_err(|error| trouble_of(&error));
        let deleted = tags.iter().flat_map(|tag| channel.deleted(*tag)).collect();
        self.changes += u64::from(changed);
        settled.map(|()| deleted)
    }
}

impl ChannelStore {
    /// Markers of the tags that have none yet.
    fn new_markers(
        &self,
        tags: &[Tag],
        kind: PeriodKind,
        today: Date,
    ) -> Result<Vec<Marker>, Trouble> {
        // The latest period that would be accepted today ends its intake last.
        let latest = Period::containing(kind, add_days(today, CLOCK_SKEW_DAYS));
        let mut markers: Vec<Marker> = Vec::new();
        for tag in tags {
            let digest = tag.tombstone_marker();
            let again = markers.iter().any(|known| known.digest == digest);
            if again || !self.markers.of(*tag).is_empty() {
                continue;
            }
            let new = |part, removed| Marker {
                deleted_on: today,
                digest,
                part,
                removed,
                until: latest.intake_until(),
            };
            let mut counts: BTreeMap<&PartId, u64> = BTreeMap::new();
            for part in self.periods.values().flat_map(|file| file.count_tag(*tag)) {
                *counts.entry(part).or_default() += 1;
            }
            if counts.is_empty() {
                markers.push(new(None, 0));
            }
            markers.extend(counts.into_iter().map(|(part, count)| new(Some(part.clone()), count)));
        }
        let unseen = markers.iter().filter(|marker| marker.part.is_none()).count();
        if unseen > 0 && self.markers.unseen() + unseen > MARKERS_UNSEEN_MAX {
            return Err(Trouble::Crowded);
        }
        Ok(markers)
    }

    fn mark(&mut self, disk: &dyn Disk, markers: Vec<Marker>) -> Result<(), StoreError> {
        let path = self.markers_path();
        let about =
            About { program: &self.program, channel: &self.channel, period: None, forget_by: None };
        self.markers.add(disk, &path, &about, markers)
    }

    fn deleted(&self, tag: Tag) -> impl Iterator<Item = Deleted> {
        self.markers.of(tag).iter().map(move |marker| Deleted {
            tag,
            part: marker.part.clone(),
            removed: marker.removed,
            deleted_on: marker.deleted_on,
        })
    }
}

fn trouble_of(error: &StoreError) -> Trouble {
    tracing::error!(error = crate::failure::with_causes(error), "a deletion is not finished");
    error.trouble()
}
