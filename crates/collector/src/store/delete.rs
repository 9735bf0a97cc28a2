//! Deleting by proof: excluded from everything at once, taken out of the files in one batch a day,
//! and only then confirmed.
//!
//! A batch first counts what it will remove and makes that durable, then writes over the rows of
//! open logs and writes columns anew, then forgets who asked. Whoever asks between the first and
//! the last of these is told to come back. A batch that was cut short begins again, and keeps the
//! numbers of the first count.

use std::collections::BTreeMap;

use contract::calendar::{Period, PeriodKind, add_days};
use contract::id::{ChannelId, PartId, ProgramId};
use contract::limits::CLOCK_SKEW_DAYS;
use contract::manifest::Channel;
use contract::release::Window;
use disk::Disk;
use envelope::{Deletion, Tag};
use jiff::civil::Date;

use super::error::{StoreError, Trouble};
use super::log_file::About;
use super::markers::Marker;
use super::{ChannelStore, Store};
use crate::limits::{DELETIONS_ALARM_SHARE, DELETIONS_ALARM_TAGS, DELETIONS_PENDING_MAX};

/// A file of this name says that a person let go a batch of deletions that was held back: a running
/// server finds it, runs the batch and removes it.
pub const LET_GO: &str = "deletions.let-go";

/// What became of a request to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Every tag's rows are gone from the files.
    Done(Vec<Deleted>),
    /// Nothing shows or counts them any more; the next batch takes them out.
    Pending,
}

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

/// What a batch did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Tags whose deletion is confirmed now.
    pub tags: u64,
    /// Rows that were removed from the files.
    pub rows: u64,
    /// Tags that wait because there are unusually many: a person lets them go.
    pub held_back: u64,
    /// Tags that wait because their channel's files are being written anew.
    pub postponed: u64,
}

impl Deleted {
    /// What a tombstone states of it.
    pub fn deletion<'a>(&'a self, program: &'a ProgramId, channel: &'a Channel) -> Deletion<'a> {
        let days = i32::try_from(channel.retention_days).unwrap_or(i32::MAX);
        Deletion {
            backups_expire: add_days(self.deleted_on, days),
            channel: channel.id.as_str(),
            deleted_on: self.deleted_on,
            part: self.part.as_ref().map_or("", PartId::as_str),
            program: program.as_str(),
            published_before_stays: Window::next_release(channel, self.deleted_on),
            removed: self.removed,
            tag: self.tag,
        }
    }
}

impl<D: Disk> Store<D> {
    /// Deletes every part held under these tags. When it returns, they are shown, counted and taken
    /// by nobody any more, durably; [`Store::settle_deletions`] takes them out of the files. What
    /// was deleted before is told again with the number of that time.
    ///
    /// # Errors
    /// If it is not durable, or too many wait already.
    pub fn delete(
        &mut self,
        (program, channel): (&ProgramId, &ChannelId),
        tags: &[Tag],
        today: Date,
    ) -> Result<Answer, Trouble> {
        let (disk, channel) = self.channel(program, channel).map_err(|error| trouble_of(&error))?;
        let mut new: Vec<Tag> = tags.to_vec();
        new.sort_unstable();
        new.dedup();
        new.retain(|tag| !channel.pending.contains(*tag) && channel.markers.of(*tag).is_empty());
        if channel.pending.len() + new.len() > DELETIONS_PENDING_MAX {
            return Err(Trouble::Crowded);
        }
        if !new.is_empty() {
            let added = channel.ask(disk, &new, today);
            added.map_err(|error| trouble_of(&error))?;
            self.changes += 1;
            return Ok(Answer::Pending);
        }
        if tags.iter().any(|tag| channel.pending.contains(*tag)) {
            return Ok(Answer::Pending);
        }
        Ok(Answer::Done(tags.iter().flat_map(|tag| channel.deleted(*tag)).collect()))
    }

    /// How many tags wait for their deletion.
    pub fn deletions_pending(&self) -> u64 {
        let channels = self.programs.values().flat_map(BTreeMap::values);
        channels.map(|channel| channel.pending.len() as u64).sum()
    }

    /// Takes out of the files what was asked to be deleted: the daily batch. In a channel in which
    /// unusually many ask, nothing is done unless `let_go`.
    ///
    /// `retention` says for how long markers are kept, so that a backup that is put back loses what
    /// was deleted after it.
    ///
    /// # Errors
    /// If the disk fails: the batch goes on at the next call or start.
    pub fn settle_deletions(
        &mut self,
        retention: impl Fn(&ProgramId, &ChannelId) -> Option<(PeriodKind, u32)>,
        (today, let_go): (Date, bool),
    ) -> Result<Settled, StoreError> {
        let Self { disk, programs, changes, .. } = self;
        let mut settled = Settled::default();
        for channel in programs.values_mut().flat_map(BTreeMap::values_mut) {
            if channel.pending.is_empty() {
                continue;
            }
            let waiting = channel.pending.len() as u64;
            if !channel.closing.is_empty() {
                settled.postponed += waiting;
                continue;
            }
            let counts = channel.count_pending(disk)?;
            if !let_go && channel.is_unusual(counts.len()) {
                settled.held_back += waiting;
                continue;
            }
            let kept = retention(&channel.program, &channel.channel);
            channel.confirm(disk, &counts, (kept, today))?;
            settled.rows += channel.take_out(disk)?;
            let path = channel.pending_path();
            channel.pending.clear(disk, &path)?;
            settled.tags += waiting;
            *changes += 1;
        }
        Ok(settled)
    }
}

/// How many rows each tag has, by the name of their part.
type Counts = BTreeMap<Tag, BTreeMap<PartId, u64>>;

impl ChannelStore {
    pub(super) fn ask(
        &mut self,
        disk: &dyn Disk,
        tags: &[Tag],
        today: Date,
    ) -> Result<(), StoreError> {
        let path = self.pending_path();
        let (program, channel) = (&self.program, &self.channel);
        let about = About { program, channel, period: None, forget_by: None };
        self.pending.add(disk, &path, &about, (tags, today))
    }

    fn count_pending(&self, disk: &dyn Disk) -> Result<Counts, StoreError> {
        let mut counts = Counts::new();
        let tags: Vec<Tag> = self.pending.tags().collect();
        for tag in &tags {
            for file in self.periods.values() {
                for part in file.count_tag(*tag)? {
                    *counts.entry(*tag).or_default().entry(part).or_default() += 1;
                }
            }
        }
        for closed in self.closed.values() {
            closed.count(disk, &tags, &mut counts)?;
        }
        Ok(counts)
    }

    /// Whether so many tags with rows are more than people usually take back in a day. Invented
    /// ones have no rows: they neither hold back others nor cost a rewrite.
    fn is_unusual(&self, tags: usize) -> bool {
        let held = self.len();
        tags > DELETIONS_ALARM_TAGS && tags as u64 > held / DELETIONS_ALARM_SHARE
    }

    /// Makes durable what is about to be removed. Where a batch was cut short its numbers stand: of
    /// what it removed nothing is left to count.
    fn confirm(
        &mut self,
        disk: &dyn Disk,
        counts: &Counts,
        (kept, today): (Option<(PeriodKind, u32)>, Date),
    ) -> Result<(), StoreError> {
        let mut markers = Vec::new();
        for tag in self.pending.tags() {
            let known = self.markers.of(tag);
            if !known.is_empty() {
                let late = known.iter().filter(|marker| marker.deleted_on != today);
                markers.extend(late.map(|marker| Marker { deleted_on: today, ..marker.clone() }));
                continue;
            }
            let digest = tag.tombstone_marker();
            let new =
                |part, removed, until| Marker { deleted_on: today, digest, part, removed, until };
            match counts.get(&tag) {
                None => markers.push(new(None, 0, intake_until(kept, today))),
                Some(parts) => {
                    let until = retained_until(kept, today);
                    let rows = parts.iter();
                    markers.extend(rows.map(|(part, rows)| new(Some(part.clone()), *rows, until)));
                }
            }
        }
        let path = self.markers_path();
        let about =
            About { program: &self.program, channel: &self.channel, period: None, forget_by: None };
        self.markers.add(disk, &path, &about, markers)
    }

    /// Takes the rows of every pending tag out of the files.
    fn take_out(&mut self, disk: &dyn Disk) -> Result<u64, StoreError> {
        let tags: Vec<Tag> = self.pending.tags().collect();
        // What a failed rename or removal left is looked up first, and what a failed conversion
        // left would hold what is about to go.
        self.settle(disk)?;
        self.remove_leftovers(disk)?;
        let before = self.len();
        for file in self.periods.values_mut() {
            for tag in &tags {
                file.exclude(*tag)?;
            }
        }
        self.settle(disk)?;
        for closed in self.closed.values_mut() {
            closed.take_out(disk, &tags)?;
        }
        let empty: Vec<Period> = self
            .closed
            .values()
            .filter(|c| c.len() == 0)
            .map(super::ClosedPeriod::period)
            .collect();
        for period in empty {
            if let Some(closed) = self.closed.get(&period) {
                disk.remove_folder(closed.folder())?;
            }
            self.closed.remove(&period);
        }
        Ok(before.saturating_sub(self.len()))
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

/// The last day on which a copy of what arrives today could still be taken.
fn intake_until(kept: Option<(PeriodKind, u32)>, today: Date) -> Date {
    let kind = kept.map_or(PeriodKind::Week, |(kind, _)| kind);
    Period::containing(kind, add_days(today, CLOCK_SKEW_DAYS)).intake_until()
}

/// The last day on which a backup may still hold what was removed today.
fn retained_until(kept: Option<(PeriodKind, u32)>, today: Date) -> Date {
    let days = kept.map_or(contract::limits::RETENTION_DAYS_MAX, |(_, days)| days);
    let days = i32::try_from(days).unwrap_or(i32::MAX);
    intake_until(kept, today).max(add_days(today, days))
}

fn trouble_of(error: &StoreError) -> Trouble {
    tracing::error!(error = crate::failure::with_causes(error), "a deletion was not taken");
    error.trouble()
}
