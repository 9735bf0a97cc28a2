//! Counting a period for a release: columns as columns, a log part by part.

use contract::calendar::Period;
use contract::definition::Definition;
use contract::id::{ChannelId, ProgramId};
use contract::part::check;
use contract::tally::Tally;
use disk::{Disk, path::join};
use envelope::{Digest, Tag};

use super::close::closed_periods;
use super::closed;
use super::columns::{ColumnsFile, SUFFIX};
use super::error::StoreError;
use super::folder_of;
use super::pending::{self, Pending};
use super::scan::{has_log, scan};

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Parts that were not counted, because no definition at hand fits them.
    pub uncounted: u64,
    /// As [`super::Scan::is_whole`].
    pub is_whole: bool,
}

/// Counts every part of a period, by the same rules as at intake.
///
/// # Errors
/// If the disk fails, or columns are damaged.
pub fn count<'d>(
    disk: &dyn Disk,
    (program, channel, period): (&ProgramId, &ChannelId, Period),
    find: impl Fn(&Digest) -> Option<&'d Definition>,
    tally: &mut Tally,
) -> Result<Counted, StoreError> {
    let address = (program.as_str(), channel.as_str());
    let folder = folder_of(program, channel);
    let mut uncounted = 0;
    // On a day on which the part was taken.
    let day = period.last_day();
    if has_log(disk, &folder, period)? || !closed_periods(disk, &folder)?.contains(&period) {
        let scan = scan(disk, (program, channel, period), |stored| {
            let part = check(stored.bytes, address, &find, day);
            let counted = part.is_ok_and(|(part, _)| tally.count(&part).is_ok());
            uncounted += u64::from(!counted);
        })?;
        return Ok(Counted { uncounted, is_whole: scan.is_whole });
    }
    let pending = Pending::read(disk, &join(&folder, pending::FILE))?;
    let excluded: Vec<Tag> = pending.tags().collect();
    for file in closed::files(disk, &join(&folder, &format!("{period}{SUFFIX}")))? {
        let mut one = |bytes: &[u8]| {
            let part = check(bytes, address, &find, day);
            part.is_ok_and(|(part, _)| tally.count(&part).is_ok())
        };
        uncounted += count_exact(&file, &excluded, &mut one)?;
        uncounted += count_columns(&file, period, &excluded, tally)?;
    }
    Ok(Counted { uncounted, is_whole: true })
}

fn count_columns(
    file: &ColumnsFile,
    period: Period,
    excluded: &[Tag],
    tally: &mut Tally,
) -> Result<u64, StoreError> {
    let Some(definition) = &file.definition else { return Ok(0) };
    let mut uncounted = 0;
    file.each_block(|_, block| {
        let without: Vec<usize> = excluded.iter().flat_map(|tag| block.rows_of(*tag)).collect();
        if tally.count_block(definition, period, block, &without).is_err() {
            let exact = block.exact().iter().filter(|(row, _)| !without.contains(row)).count();
            uncounted += (block.rows() - without.len() - exact) as u64;
        }
        Ok(())
    })?;
    Ok(uncounted)
}

fn count_exact(
    file: &ColumnsFile,
    excluded: &[Tag],
    one: &mut impl FnMut(&[u8]) -> bool,
) -> Result<u64, StoreError> {
    let mut uncounted = 0;
    file.each_block(|_, block| {
        for (row, bytes) in block.exact() {
            let is_excluded =
                block.tag(*row).is_some_and(|tag| excluded.binary_search(&tag).is_ok());
            uncounted += u64::from(!is_excluded && !one(bytes));
        }
        Ok(())
    })?;
    Ok(uncounted)
}
