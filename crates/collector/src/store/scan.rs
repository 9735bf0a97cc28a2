//! Reading a period for those who count it: without the store, its lock or its index.
//!
//! A finished period is written no more but for deletions and forgetting. These change or take a
//! file's name in one step, or make single rows of a log void, each of which is read as it was or
//! as void.

use contract::calendar::Period;
use contract::id::{ChannelId, PartId, ProgramId};
use disk::{Disk, path::join};
use envelope::Tag;

use super::close::closed_periods;
use super::closed;
use super::error::StoreError;
use super::log_file;
use super::markers::{self, Markers};
use super::pending::{self, Pending};
use super::period::SUFFIX;
use super::{PARTS, channels, folder_of, periods};
use crate::record::{RecordKind, Row};

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scan {
    /// How many parts there were.
    pub parts: u64,
    /// Whether everything could be read. In a period that is still written to, the last append may
    /// be seen half; in a finished one it is damage.
    pub is_whole: bool,
}

/// A part as it is stored. Its `Debug` shows neither tag nor answers.
#[derive(Clone, Copy)]
pub struct Stored<'a> {
    /// The name of its definition.
    pub part: &'a PartId,
    /// Its tag, where the channel has tags.
    pub tag: Option<Tag>,
    /// Its canonical bytes.
    pub bytes: &'a [u8],
}

impl std::fmt::Debug for Stored<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stored").field("part", self.part).finish_non_exhaustive()
    }
}

/// Hands every part of a period to `each`, in no order that means anything.
///
/// # Errors
/// If the disk fails or the file's header is damaged.
pub fn scan(
    disk: &dyn Disk,
    (program, channel, period): (&ProgramId, &ChannelId, Period),
    mut each: impl FnMut(Stored<'_>),
) -> Result<Scan, StoreError> {
    let folder = folder_of(program, channel);
    let path = join(&folder, &format!("{period}{SUFFIX}"));
    // A deletion that was cut short is excluded, as everywhere.
    let markers = Markers::read(disk, &join(&folder, markers::FILE))?;
    let pending = Pending::read(disk, &join(&folder, pending::FILE))?;
    let is_deleted = |tag| pending.contains(tag) || !markers.of(tag).is_empty();
    let mut parts = 0;
    let scanned = log_file::scan(disk, &path, |_, record| {
        if record.kind == RecordKind::Row
            && let Some(row) = Row::read(record.body)
            && !row.tag.is_some_and(is_deleted)
        {
            parts += 1;
            each(Stored { part: &row.part, tag: row.tag, bytes: row.bytes });
        }
    })?;
    if scanned.is_none() {
        let columns = join(&folder, &format!("{period}{}", super::columns::SUFFIX));
        if closed_periods(disk, &folder)?.contains(&period) {
            scan_columns(disk, &columns, &pending, |stored| {
                parts += 1;
                each(stored);
            })?;
        }
    }
    let broken_at = scanned.and_then(|scanned| scanned.broken_at);
    Ok(Scan { parts, is_whole: broken_at.is_none() })
}

/// Whether a period is a log still.
pub(super) fn has_log(disk: &dyn Disk, folder: &str, period: Period) -> Result<bool, StoreError> {
    Ok(disk.open_read(&join(folder, &format!("{period}{SUFFIX}")))?.is_some())
}

fn scan_columns(
    disk: &dyn Disk,
    folder: &str,
    pending: &Pending,
    mut each: impl FnMut(Stored<'_>),
) -> Result<(), StoreError> {
    for file in closed::files(disk, folder)? {
        file.each_block(|at, block| {
            for row in 0..block.rows() {
                let tag = block.tag(row);
                if tag.is_some_and(|tag| pending.contains(tag)) {
                    continue;
                }
                let bytes = block.part(file.definition.as_ref(), file.footer.period, row);
                let part = bytes.as_deref().and_then(|bytes| closed::part_of(&file, bytes));
                let (Some(bytes), Some(part)) = (&bytes, &part) else {
                    let (path, offset) = (file.path().to_owned(), at.offset);
                    return Err(StoreError::Damaged { path, offset });
                };
                each(Stored { part, tag, bytes });
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Every period that is held.
///
/// # Errors
/// If the disk fails.
pub fn files(disk: &dyn Disk) -> Result<Vec<(ProgramId, ChannelId, Period)>, StoreError> {
    let mut found = Vec::new();
    if !disk.list("")?.iter().any(|entry| entry.name == PARTS) {
        return Ok(found);
    }
    for (program, channel) in channels(disk)? {
        let folder = folder_of(&program, &channel);
        let mut all = periods(disk, &folder)?;
        all.extend(closed_periods(disk, &folder)?);
        all.sort_unstable();
        all.dedup();
        for period in all {
            found.push((program.clone(), channel.clone(), period));
        }
    }
    Ok(found)
}
