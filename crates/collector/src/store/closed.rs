//! A closed period: a folder of columns, one file for each definition.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::id::{ChannelId, PartId, ProgramId};
use disk::{Disk, DiskError, path::UNFINISHED, path::join};
use envelope::Tag;
use jiff::civil::Date;

use super::columns::{ColumnsFile, SUFFIX};
use super::error::StoreError;
use super::folder_of;
use super::period::HeldPart;
use crate::keep::{Held, Place};

/// A closed period that is held. What it holds is read when it is asked for.
#[derive(Debug)]
pub(super) struct ClosedPeriod {
    folder: String,
    period: Period,
    forget_by: Date,
    rows: u64,
}

impl ClosedPeriod {
    /// Opens a period's folder.
    pub(super) fn open(
        disk: &dyn Disk,
        folder: String,
        period: Period,
    ) -> Result<Self, StoreError> {
        disk::remove_unfinished(disk, &folder)?;
        let mut closed = Self { folder, period, forget_by: Date::MAX, rows: 0 };
        for file in closed.files(disk)? {
            closed.forget_by = closed.forget_by.min(file.footer.forget_by);
            closed.rows += file.footer.rows;
        }
        Ok(closed)
    }

    /// None where its folder is gone: removing it failed at the end, and is done again.
    pub(super) fn files(&self, disk: &dyn Disk) -> Result<Vec<ColumnsFile>, StoreError> {
        match files(disk, &self.folder) {
            Err(error) if is_missing(&error) => Ok(Vec::new()),
            files => files,
        }
    }

    /// Adds how many rows of which part each tag has.
    pub(super) fn count(
        &self,
        disk: &dyn Disk,
        tags: &[Tag],
        counts: &mut BTreeMap<Tag, BTreeMap<PartId, u64>>,
    ) -> Result<(), StoreError> {
        for file in self.files(disk)? {
            for tag in tags {
                for (_, bytes) in file.rows_of(*tag)? {
                    let Some(part) = part_of(&file, &bytes) else { continue };
                    *counts.entry(*tag).or_default().entry(part).or_default() += 1;
                }
            }
        }
        Ok(())
    }

    /// Takes the rows of these tags (ascending) out of its files. Says how many they were.
    pub(super) fn take_out(&mut self, disk: &dyn Disk, tags: &[Tag]) -> Result<u64, StoreError> {
        let mut rows = 0;
        for file in self.files(disk)? {
            let mut is_in = false;
            for tag in tags {
                is_in |= !file.rows_of(*tag)?.is_empty();
            }
            let left = if is_in { file.without(disk, tags)?.1 } else { file.footer.rows };
            // Also where an earlier batch was cut short between the two.
            if left == 0 {
                disk.remove(file.path())?;
            }
            rows += left;
        }
        // Counted anew: an earlier batch may have failed after its rows were gone.
        let removed = self.rows.saturating_sub(rows);
        self.rows = rows;
        Ok(removed)
    }

    pub(super) fn forget_by(&self) -> Date {
        self.forget_by
    }

    /// How many parts are held.
    pub(super) fn len(&self) -> u64 {
        self.rows
    }

    pub(super) fn period(&self) -> Period {
        self.period
    }

    pub(super) fn folder(&self) -> &str {
        &self.folder
    }
}

/// Every part that closed periods hold under some tags. It needs no store: a period that was
/// forgotten meanwhile, or lost its last part, is none.
pub(super) fn held(
    disk: &dyn Disk,
    (program, channel): Place<'_>,
    left: &Held,
) -> Result<Vec<HeldPart>, StoreError> {
    let mut held = Vec::new();
    for period in &left.closed {
        let folder = join(&folder_of(program, channel), &format!("{period}{SUFFIX}"));
        let files = match files(disk, &folder) {
            Err(error) if is_missing(&error) => continue,
            files => files?,
        };
        let forget_by = files.iter().map(|file| file.footer.forget_by).min().unwrap_or(Date::MAX);
        for (file, tag) in
            files.iter().flat_map(|file| left.tags.iter().map(move |tag| (file, tag)))
        {
            for (_, bytes) in file.rows_of(*tag)? {
                let Some(part) = part_of(file, &bytes) else { continue };
                held.push(HeldPart { tag: *tag, part, period: *period, forget_by, bytes });
            }
        }
    }
    Ok(held)
}

/// How many parts a closed period holds, and until when; `None` where it is gone.
pub(super) fn rows(
    disk: &dyn Disk,
    (program, channel, period): (&ProgramId, &ChannelId, Period),
) -> Result<Option<(u64, Date)>, StoreError> {
    let folder = join(&folder_of(program, channel), &format!("{period}{SUFFIX}"));
    let files = match files(disk, &folder) {
        Err(error) if is_missing(&error) => return Ok(None),
        files => files?,
    };
    let rows = files.iter().map(|file| file.footer.rows).sum();
    Ok(files.iter().map(|file| file.footer.forget_by).min().map(|forget_by| (rows, forget_by)))
}

fn is_missing(error: &StoreError) -> bool {
    let StoreError::Disk(DiskError::Failed { source, .. }) = error else { return false };
    source.kind() == std::io::ErrorKind::NotFound
}

/// The files of a closed period's folder.
pub(super) fn files(disk: &dyn Disk, folder: &str) -> Result<Vec<ColumnsFile>, StoreError> {
    let mut files = Vec::new();
    for entry in disk.list(folder)? {
        if entry.name.ends_with(SUFFIX) && !entry.name.ends_with(UNFINISHED) {
            files.extend(ColumnsFile::open(disk, join(folder, &entry.name))?);
        }
    }
    Ok(files)
}

/// The name of a row's part: its definition's, or its own where no definition was at hand.
pub(super) fn part_of(file: &ColumnsFile, bytes: &[u8]) -> Option<PartId> {
    #[derive(serde::Deserialize)]
    struct Named {
        part: String,
    }
    match &file.definition {
        Some(definition) => Some(definition.part.clone()),
        None => PartId::parse(&serde_json::from_slice::<Named>(bytes).ok()?.part).ok(),
    }
}
