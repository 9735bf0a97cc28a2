//! Which parts a period holds: from tag and part to their place in the log, in bounded memory.
//!
//! The newest are in a tree in memory; when it is full it becomes a sorted run on the disk, of
//! which memory keeps a filter and the first tag of each page: two bytes and a fraction for each
//! part. A tree and sorted runs have no slow case, though tags are chosen by whoever sends them.
//! The filter has one: invented tags can be made to pass it, and each then costs one read of a
//! page per run, as a copy of a known part does.
//!
//! Runs are no record of anything: they are made anew from the log at every start, and whatever has
//! their names then is removed first. Nothing waits for their sync.

use std::collections::{BTreeMap, BTreeSet};

use disk::{Disk, DiskError};
use envelope::Tag;

use self::run::Run;

mod run;

/// The end of the name of a run.
pub const SUFFIX: &str = ".tags";

/// Where a part lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Where its record begins.
    pub(super) offset: u64,
    /// The record's length.
    pub(super) bytes: u32,
}

/// A tag, and a part's name as its number in the file's own list.
type Key = (Tag, u16);

/// The parts of one period. Its `Debug` shows how many, and no tag.
pub(super) struct Index {
    /// The path of its runs, before their number.
    stem: String,
    /// The number of the next run.
    next: u32,
    /// Parts that memory holds at most before they become a run.
    rows_max: usize,
    /// As many as memory held when a run could not be written: it is not tried for each part.
    failed_at: usize,
    memory: BTreeMap<Key, Place>,
    runs: Vec<Run>,
    /// Tags that were taken out and whose entries may still be in runs, until [`Index::wipe`].
    gone: BTreeSet<Tag>,
    tagged: u64,
    /// Parts without a tag cannot be told apart, so each that arrives counts.
    untagged: u64,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("parts", &self.len()).finish_non_exhaustive()
    }
}

impl Index {
    /// An empty index beside a log.
    pub(super) fn new(log: &str, rows_max: usize) -> Self {
        let stem = log.strip_suffix(super::period::SUFFIX).unwrap_or(log).to_owned();
        Self {
            stem,
            next: 0,
            rows_max: rows_max.max(1),
            failed_at: 0,
            memory: BTreeMap::new(),
            runs: Vec::new(),
            gone: BTreeSet::new(),
            tagged: 0,
            untagged: 0,
        }
    }

    /// The part with this tag and name.
    pub(super) fn get(&self, tag: Tag, part: u16) -> Result<Option<Place>, DiskError> {
        if let Some(place) = self.memory.get(&(tag, part)) {
            return Ok(Some(*place));
        }
        if self.gone.contains(&tag) {
            return Ok(None);
        }
        for run in self.runs.iter().filter(|run| run.may_hold(tag)) {
            let found = run.of_tag(tag)?.into_iter().find(|(number, _)| *number == part);
            if let Some((_, place)) = found {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Takes a part; one of the same tag and name must not be there.
    pub(super) fn insert(
        &mut self,
        disk: &dyn Disk,
        (tag, part): (Option<Tag>, u16),
        place: Place,
    ) {
        let Some(tag) = tag else {
            self.untagged += 1;
            return;
        };
        self.tagged += 1;
        self.memory.insert((tag, part), place);
        if self.memory.len() >= self.rows_max.max(self.failed_at + self.rows_max / 8) {
            self.spill(disk);
        }
    }

    /// Makes a run of what is in memory. Where that fails it stays there: the log holds it, and on
    /// a full disk no more parts come.
    fn spill(&mut self, disk: &dyn Disk) {
        let path = format!("{}.{}{SUFFIX}", self.stem, self.next);
        match Run::write(disk, path.clone(), &self.memory) {
            Ok(run) => {
                self.runs.push(run);
                self.memory.clear();
                (self.next, self.failed_at) = (self.next + 1, 0);
            }
            Err(error) => {
                self.failed_at = self.memory.len();
                let error = crate::failure::with_causes(&error);
                tracing::warn!(error, "the index of tags stays in memory");
                // Half of it is of no use. Its own error adds nothing.
                let _ = disk.remove(&path);
            }
        }
    }

    /// Every part with this tag.
    pub(super) fn of_tag(&self, tag: Tag) -> Result<Vec<(u16, Place)>, DiskError> {
        let range = self.memory.range((tag, 0)..=(tag, u16::MAX));
        let mut found: Vec<_> = range.map(|((_, part), place)| (*part, *place)).collect();
        if !self.gone.contains(&tag) {
            for run in self.runs.iter().filter(|run| run.may_hold(tag)) {
                found.extend(run.of_tag(tag)?);
            }
        }
        Ok(found)
    }

    /// Forgets every part with this tag and says where they lie.
    pub(super) fn remove_tag(&mut self, tag: Tag) -> Result<Vec<(u16, Place)>, DiskError> {
        let found = self.of_tag(tag)?;
        for (part, _) in &found {
            self.memory.remove(&(tag, *part));
        }
        // A tag that is not here may come later, when nobody remembers its deletion any more.
        if !found.is_empty() {
            self.gone.insert(tag);
        }
        self.tagged = self.tagged.saturating_sub(found.len() as u64);
        Ok(found)
    }

    /// How many parts there are.
    pub(super) fn len(&self) -> u64 {
        self.tagged + self.untagged
    }

    /// How many parts memory holds at most.
    pub(super) fn rows_max(&self) -> usize {
        self.rows_max
    }

    /// Takes what was taken out of it out of its runs, durably: no file names these tags any more.
    ///
    /// # Errors
    /// If the disk fails. What reads back may not be on the medium then: discard it.
    pub(super) fn wipe(&mut self, disk: &dyn Disk) -> Result<(), DiskError> {
        for run in &self.runs {
            run.wipe(disk, &self.gone)?;
        }
        self.gone.clear();
        Ok(())
    }

    /// Removes its runs, because another index takes its place or the log is gone.
    pub(super) fn discard(&mut self, disk: &dyn Disk) -> Result<(), DiskError> {
        while let Some(run) = self.runs.last() {
            disk.remove(run.path())?;
            self.runs.pop();
        }
        Ok(())
    }
}

/// Removes the runs that an earlier process left in a channel's folder.
pub(super) fn remove_runs(disk: &dyn Disk, folder: &str) -> Result<(), DiskError> {
    for entry in disk.list(folder)? {
        if !entry.is_folder && entry.name.ends_with(SUFFIX) {
            disk.remove(&disk::path::join(folder, &entry.name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
