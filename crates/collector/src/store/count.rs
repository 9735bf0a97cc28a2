//! Counting a period for a release: columns as columns, a log part by part.

use std::num::NonZero;
use std::thread;

use contract::calendar::Period;
use contract::definition::Definition;
use contract::id::{ChannelId, ProgramId};
use contract::part::check;
use contract::tally::Tally;
use disk::{Disk, path::join};
use envelope::{Digest, Tag};

use super::close::closed_periods;
use super::closed;
use super::columns::{BlockAt, ColumnsFile, SUFFIX};
use super::error::StoreError;
use super::folder_of;
use super::pending::{self, Pending};
use super::scan::{has_log, scan};

/// Blocks for which a thread is worth its start: counting one of 4,096 rows of 60 fields takes
/// about a millisecond.
const BLOCKS_PER_THREAD: usize = 8;

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
    find: impl Fn(&Digest) -> Option<&'d Definition> + Sync,
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
    let share = Share { excluded: &excluded, period, address, find: &find };
    for file in closed::files(disk, &join(&folder, &format!("{period}{SUFFIX}")))? {
        uncounted += count_file(&file, &share, tally)?;
    }
    Ok(Counted { uncounted, is_whole: true })
}

/// What threads share that count one period's columns.
struct Share<'s, F> {
    /// The tags of rows that are about to be deleted, ascending.
    excluded: &'s [Tag],
    period: Period,
    address: (&'s str, &'s str),
    find: &'s F,
}

/// Counts the blocks of a file, where there are many of them with a thread for each core.
fn count_file<'d, F>(
    file: &ColumnsFile,
    share: &Share<'_, F>,
    tally: &mut Tally,
) -> Result<u64, StoreError>
where
    F: Fn(&Digest) -> Option<&'d Definition> + Sync,
{
    let blocks = &file.footer.blocks[..];
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let each = blocks.len().div_ceil(cores).max(BLOCKS_PER_THREAD);
    if blocks.len() <= each {
        return count_blocks(file, blocks, share, tally);
    }
    let mut counts: Vec<_> =
        blocks.chunks(each).map(|blocks| (blocks, tally.emptied(), Ok(0))).collect();
    thread::scope(|scope| {
        for (blocks, tally, uncounted) in &mut counts {
            scope.spawn(move || *uncounted = count_blocks(file, blocks, share, tally));
        }
    });
    let mut uncounted = 0;
    for (_, counted, more) in counts {
        uncounted += more?;
        // They are of one kind: emptied copies of it.
        let _ = tally.merge(counted);
    }
    Ok(uncounted)
}

fn count_blocks<'d, F>(
    file: &ColumnsFile,
    blocks: &[BlockAt],
    Share { excluded, period, address, find }: &Share<'_, F>,
    tally: &mut Tally,
) -> Result<u64, StoreError>
where
    F: Fn(&Digest) -> Option<&'d Definition>,
{
    let mut uncounted = 0;
    file.each_of(blocks, |_, block| {
        let without: Vec<usize> = excluded.iter().flat_map(|tag| block.rows_of(*tag)).collect();
        let exact = block.exact().iter().filter(|(row, _)| !without.contains(row));
        let mut columns = block.rows() - without.len();
        for (_, bytes) in exact {
            columns -= 1;
            let part = check(bytes, *address, *find, period.last_day());
            let counted = part.is_ok_and(|(part, _)| tally.count(&part).is_ok());
            uncounted += u64::from(!counted);
        }
        let definition = file.definition.as_ref();
        let counted =
            definition.is_some_and(|d| tally.count_block(d, *period, block, &without).is_ok());
        if !counted {
            uncounted += columns as u64;
        }
        Ok(())
    })?;
    Ok(uncounted)
}
