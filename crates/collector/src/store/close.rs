//! Closing: the log of a period whose intake has ended becomes columns.
//!
//! While a log has its name it is the truth: columns beside it are those of a conversion that was
//! cut short, and are removed at the next start.

use std::collections::BTreeMap;

use contract::calendar::Period;
use disk::{Disk, path::join, path::unfinished};
use jiff::civil::Date;

use super::closed::ClosedPeriod;
use super::columns::SUFFIX;
use super::convert::{Closing, FindDefinition, convert};
use super::error::StoreError;
use super::period::PeriodFile;
use super::{ChannelStore, Store, index};

impl<D: Disk> Store<D> {
    /// The periods that can become columns today. Each waits for [`Store::adopt`] or
    /// [`Store::abandon`]; its deletions wait for that too.
    pub fn closable(&mut self, today: Date) -> Vec<Closing> {
        let mut all = Vec::new();
        for channel in self.programs.values_mut().flat_map(BTreeMap::values_mut) {
            for (period, file) in &channel.periods {
                if period.intake_until() >= today || channel.closing.contains(period) {
                    continue;
                }
                all.extend(file.is_settled().then(|| Closing {
                    program: channel.program.clone(),
                    channel: channel.channel.clone(),
                    period: *period,
                    forget_by: file.forget_by(),
                    rows: file.len(),
                }));
            }
            let ours = |closing: &&Closing| {
                closing.program == channel.program && closing.channel == channel.channel
            };
            channel.closing.extend(all.iter().filter(ours).map(|closing| closing.period));
        }
        all
    }

    /// Takes the columns that [`convert`] wrote in place of the log.
    ///
    /// # Errors
    /// If the disk fails; the log is still there then, or the columns are, or both.
    pub fn adopt(&mut self, closing: &Closing) -> Result<(), StoreError> {
        let (disk, channel) = self.channel(&closing.program, &closing.channel)?;
        channel.closing.remove(&closing.period);
        let (log_path, folder) = (closing.log(), closing.folder());
        let new = unfinished(&folder);
        if !channel.periods.contains_key(&closing.period) {
            // It was forgotten meanwhile.
            disk.remove_folder(&new)?;
            return Ok(());
        }
        // Columns of an earlier time, whose rename was done and could not be made durable.
        disk.remove_folder(&folder)?;
        disk.rename(&new, &folder)?;
        let closed = ClosedPeriod::open(disk, folder.clone(), closing.period)?;
        if closed.len() != closing.rows {
            return Err(StoreError::Damaged { path: folder, offset: 0 });
        }
        if let Err(error) = disk.remove(&log_path) {
            // It may be gone or not: it is looked up before anything else is done with it.
            if let Some(file) = channel.periods.get_mut(&closing.period) {
                file.unsettle();
            }
            return Err(error.into());
        }
        let log = channel.periods.remove(&closing.period);
        channel.closed.insert(closing.period, closed);
        // Whatever is left of its index is removed at the next start, if not now.
        log.map_or(Ok(()), |mut log| log.discard(disk))
    }

    /// Leaves the log as it is, because its columns could not be written.
    pub fn abandon(&mut self, closing: &Closing) {
        if let Ok((_, channel)) = self.channel(&closing.program, &closing.channel) {
            channel.closing.remove(&closing.period);
        }
    }

    /// Makes columns of every period that can become columns today, here and now. Says how many.
    ///
    /// # Errors
    /// Names the first that failed; those before it are done.
    pub fn close_periods(
        &mut self,
        find: FindDefinition<'_>,
        today: Date,
    ) -> Result<u64, StoreError> {
        let mut done = 0;
        let mut failed = None;
        for closing in self.closable(today) {
            let closed = convert(&self.disk, &closing, find).and_then(|()| self.adopt(&closing));
            match closed {
                Ok(()) => done += 1,
                Err(error) => {
                    self.abandon(&closing);
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(done), Err)
    }
}

impl ChannelStore {
    pub(super) fn closed_path(&self, period: Period) -> String {
        join(&self.folder, &format!("{period}{SUFFIX}"))
    }

    /// Reads again what a failed rename or removal left: a log, or the columns that took its place.
    pub(super) fn look_up(&mut self, disk: &dyn Disk, period: Period) -> Result<(), StoreError> {
        let about = (period, self.index_rows);
        let path = self.period_path(period);
        if let Some(file) = PeriodFile::open(disk, path.clone(), about, self.excluded())? {
            self.periods.insert(period, file);
            disk.remove_folder(&self.closed_path(period))?;
        } else {
            // Gone from the folder, and maybe not from the medium: a removal syncs all names.
            disk.remove(&path)?;
            self.without_log(disk, period)?;
        }
        Ok(())
    }

    /// Takes a period whose log is gone for what it is now: columns, or nothing.
    fn without_log(&mut self, disk: &dyn Disk, period: Period) -> Result<(), StoreError> {
        if closed_periods(disk, &self.folder)?.contains(&period) {
            let closed = ClosedPeriod::open(disk, self.closed_path(period), period)?;
            self.closed.insert(period, closed);
        } else if !self.periods.get(&period).is_some_and(PeriodFile::is_empty) {
            return Err(StoreError::Damaged { path: self.period_path(period), offset: 0 });
        }
        self.periods.remove(&period);
        Ok(())
    }

    /// Removes what conversions have left that were cut short or failed: columns without their
    /// name, such as have it beside a log, which is the truth, and the index of a log that is gone.
    /// None may be at work.
    pub(super) fn remove_leftovers(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        for entry in disk.list(&self.folder)? {
            let path = join(&self.folder, &entry.name);
            let period = entry.name.split('.').next().and_then(|name| name.parse().ok());
            let has_log = period.is_some_and(|period| self.periods.contains_key(&period));
            if entry.is_folder && (has_log || entry.name.ends_with(disk::path::UNFINISHED)) {
                disk.remove_folder(&path)?;
            } else if !entry.is_folder && !has_log && entry.name.ends_with(index::SUFFIX) {
                disk.remove(&path)?;
            }
        }
        Ok(())
    }

    /// Opens the closed periods, and removes what conversions that were cut short have left.
    pub(super) fn open_closed(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        self.remove_leftovers(disk)?;
        for period in closed_periods(disk, &self.folder)? {
            let folder = self.closed_path(period);
            if !self.pending.is_empty() {
                // A batch was cut short, maybe right after a file was written anew: before its tags
                // are forgotten, the new name must be durable. A removal syncs all names.
                disk.remove(&join(&folder, &unfinished("columns")))?;
            }
            let closed = ClosedPeriod::open(disk, folder, period)?;
            if closed.len() == 0 {
                // Whoever removed it was killed when its columns were gone.
                disk.remove_folder(closed.folder())?;
                continue;
            }
            self.closed.insert(period, closed);
        }
        Ok(())
    }
}

/// The closed periods of a channel's folder.
pub(super) fn closed_periods(disk: &dyn Disk, folder: &str) -> Result<Vec<Period>, StoreError> {
    let entries = entries_of(disk, folder)?;
    let period = |entry: &disk::Entry| entry.name.strip_suffix(SUFFIX)?.parse().ok();
    Ok(entries.iter().filter(|entry| entry.is_folder).filter_map(period).collect())
}

/// What is in a folder; nothing where there is none.
fn entries_of(disk: &dyn Disk, folder: &str) -> Result<Vec<disk::Entry>, StoreError> {
    let mut at = String::new();
    for name in folder.split('/') {
        if !disk.list(&at)?.iter().any(|entry| entry.is_folder && entry.name == name) {
            return Ok(Vec::new());
        }
        at = join(&at, name);
    }
    Ok(disk.list(&at)?)
}
