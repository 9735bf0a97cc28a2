//! One channel of the store: its logs, its columns, its deletions.

use std::collections::{BTreeMap, BTreeSet};

use contract::calendar::Period;
use contract::id::{ChannelId, ProgramId};
use disk::{Disk, path::join};
use envelope::Tag;

use super::closed::ClosedPeriod;
use super::error::StoreError;
use super::log_file::About;
use super::markers::{self, Markers};
use super::pending::{self, Pending};
use super::period::{PeriodFile, SUFFIX};
use super::{folder_of, index, periods};

/// One channel.
#[derive(Debug)]
pub(super) struct ChannelStore {
    pub(super) program: ProgramId,
    pub(super) channel: ChannelId,
    pub(super) folder: String,
    /// Parts of which one index keeps the places in memory.
    pub(super) index_rows: usize,
    /// Logs.
    pub(super) periods: BTreeMap<Period, PeriodFile>,
    /// Columns.
    pub(super) closed: BTreeMap<Period, ClosedPeriod>,
    /// Logs of which columns are being made.
    pub(super) closing: BTreeSet<Period>,
    pub(super) markers: Markers,
    pub(super) pending: Pending,
}

impl ChannelStore {
    pub(super) fn new((program, channel): (ProgramId, ChannelId), index_rows: usize) -> Self {
        let folder = folder_of(&program, &channel);
        Self {
            program,
            channel,
            folder,
            index_rows,
            periods: BTreeMap::new(),
            closed: BTreeMap::new(),
            closing: BTreeSet::new(),
            markers: Markers::default(),
            pending: Pending::default(),
        }
    }

    pub(super) fn len(&self) -> u64 {
        let open = self.periods.values().map(PeriodFile::len);
        open.chain(self.closed.values().map(ClosedPeriod::len)).sum()
    }

    pub(super) fn open(
        disk: &dyn Disk,
        address: (ProgramId, ChannelId),
        index_rows: usize,
    ) -> Result<Self, StoreError> {
        let mut store = Self::new(address, index_rows);
        // A copy that was cut short holds what may have been deleted since.
        disk::remove_unfinished(disk, &store.folder)?;
        index::remove_runs(disk, &store.folder)?;
        store.make_durable(disk)?;
        store.markers = Markers::open(disk, store.markers_path())?;
        store.pending = Pending::open(disk, store.pending_path())?;
        for period in periods(disk, &store.folder)? {
            let path = store.period_path(period);
            let about = (period, store.index_rows);
            let file = PeriodFile::open(disk, path, about, store.excluded())?;
            store.periods.extend(file.map(|file| (period, file)));
        }
        store.open_closed(disk)?;
        Ok(store)
    }

    /// Syncs what is about to be read: whoever wrote it may have been killed before its own sync,
    /// and what is told to be there must outlive the power.
    fn make_durable(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        // Also what is not there any more: what was forgotten must not come back with the power.
        disk.settle(&self.folder)?;
        for entry in disk.list(&self.folder)?.iter().filter(|entry| !entry.is_folder) {
            let name = entry.name.as_str();
            if name.ends_with(SUFFIX) || [pending::FILE, markers::FILE].contains(&name) {
                disk.open_append(&join(&self.folder, name))?.sync()?;
            }
        }
        Ok(())
    }

    /// What is no longer to be in a file.
    pub(super) fn excluded(&self) -> Excluded<'_> {
        Excluded { markers: &self.markers, pending: &self.pending }
    }

    pub(super) fn pending_path(&self) -> String {
        join(&self.folder, pending::FILE)
    }

    pub(super) fn markers_path(&self) -> String {
        join(&self.folder, markers::FILE)
    }

    pub(super) fn period_path(&self, period: Period) -> String {
        join(&self.folder, &format!("{period}{SUFFIX}"))
    }

    /// The file of a period, made if there is none.
    pub(super) fn period(
        &mut self,
        disk: &dyn Disk,
        period: Period,
        retention_days: u32,
    ) -> Result<&mut PeriodFile, StoreError> {
        let path = self.period_path(period);
        match self.periods.entry(period) {
            std::collections::btree_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let about = About {
                    program: &self.program,
                    channel: &self.channel,
                    period: Some(period),
                    forget_by: Some(period.forget_by(retention_days)),
                };
                let file = PeriodFile::create(disk, path, &about, (period, self.index_rows))?;
                Ok(entry.insert(file))
            }
        }
    }

    /// Takes out of the files what was excluded.
    pub(super) fn settle(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        let unsettled = self.periods.iter().filter(|(_, file)| file.is_unsettled());
        for period in unsettled.map(|(period, _)| *period).collect::<Vec<_>>() {
            self.look_up(disk, period)?;
        }
        let excluded = Excluded { markers: &self.markers, pending: &self.pending };
        for file in self.periods.values_mut() {
            file.settle(disk, excluded)?;
        }
        self.periods.retain(|_, file| {
            if !file.is_empty() {
                return true;
            }
            // A file without parts says nothing. Whether its name is gone is not known where that
            // fails: nothing is appended before it was looked up.
            file.unsettle();
            !(file.discard(disk).is_ok() && disk.remove(file.path()).is_ok())
        });
        Ok(())
    }
}

/// Which tags' rows a log must not hold any more: those with a marker. A batch that was cut short
/// has written markers for tags that are still pending; it counts their rows again, so they stay.
#[derive(Clone, Copy)]
pub(super) struct Excluded<'c> {
    pub(super) markers: &'c Markers,
    pub(super) pending: &'c Pending,
}

impl Excluded<'_> {
    pub(super) fn contains(&self, tag: Tag) -> bool {
        let is_deleted = !self.markers.is_empty() && !self.markers.of(tag).is_empty();
        is_deleted && !self.pending.contains(tag)
    }
}
