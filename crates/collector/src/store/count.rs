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
    let folder = folder_of(program, channel);
    let rules = Rules { address: (program.as_str(), channel.as_str()), period, find };
    let mut uncounted = 0;
    if has_log(disk, &folder, period)? || !closed_periods(disk, &folder)?.contains(&period) {
        let scan = scan(disk, (program, channel, period), |stored| {
            uncounted += u64::from(!rules.count(stored.bytes, tally));
        })?;
        return Ok(Counted { uncounted, is_whole: scan.is_whole });
    }
    let pending = Pending::read(disk, &join(&folder, pending::FILE))?;
    let excluded: Vec<Tag> = pending.tags().collect();
    for file in closed::files(disk, &join(&folder, &format!("{period}{SUFFIX}")))? {
        uncounted += count_file(&file, (&rules, &excluded), tally)?;
    }
    Ok(Counted { uncounted, is_whole: true })
}

/// By which a part's bytes are counted, as at intake.
struct Rules<'r, F> {
    address: (&'r str, &'r str),
    period: Period,
    find: F,
}

impl<'d, F: Fn(&Digest) -> Option<&'d Definition>> Rules<'_, F> {
    /// Counts a part, unless no definition at hand fits it.
    fn count(&self, bytes: &[u8], tally: &mut Tally) -> bool {
        // On a day on which the part was taken.
        let part = check(bytes, self.address, &self.find, self.period.last_day());
        part.is_ok_and(|(part, _)| tally.count(&part).is_ok())
    }
}

/// Counts the blocks of a file without the rows of these tags; where there are many blocks, with a
/// thread for each core.
fn count_file<'d, F>(
    file: &ColumnsFile,
    (rules, excluded): (&Rules<'_, F>, &[Tag]),
    tally: &mut Tally,
) -> Result<u64, StoreError>
where
    F: Fn(&Digest) -> Option<&'d Definition> + Sync,
{
    let blocks = &file.footer.blocks[..];
    let count = |blocks, tally: &mut _| count_blocks(file, blocks, (rules, excluded), tally);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let each = blocks.len().div_ceil(cores).max(BLOCKS_PER_THREAD);
    if blocks.len() <= each {
        return count(blocks, tally);
    }
    let mut shares: Vec<_> =
        blocks.chunks(each).map(|blocks| (blocks, tally.emptied(), None)).collect();
    thread::scope(|scope| {
        for (blocks, tally, uncounted) in &mut shares {
            let counted = || *uncounted = Some(count(blocks, tally));
            // Where the system has no thread for it, it is counted below.
            let _ = thread::Builder::new().spawn_scoped(scope, counted);
        }
    });
    let mut uncounted = 0;
    for (blocks, mut counted, more) in shares {
        uncounted += more.unwrap_or_else(|| count(blocks, &mut counted))?;
        // They are of one kind: emptied copies of it.
        let _ = tally.merge(counted);
    }
    Ok(uncounted)
}

fn count_blocks<'d, F>(
    file: &ColumnsFile,
    blocks: &[BlockAt],
    (rules, excluded): (&Rules<'_, F>, &[Tag]),
    tally: &mut Tally,
) -> Result<u64, StoreError>
where
    F: Fn(&Digest) -> Option<&'d Definition>,
{
    let mut uncounted = 0;
    file.each_of(blocks, |_, block| {
        let without: Vec<usize> = excluded.iter().flat_map(|tag| block.rows_of(*tag)).collect();
        let mut in_columns = block.rows() - without.len();
        for (_, bytes) in block.exact().iter().filter(|(row, _)| !without.contains(row)) {
            in_columns -= 1;
            uncounted += u64::from(!rules.count(bytes, tally));
        }
        let counted = file.definition.as_ref().is_some_and(|definition| {
            tally.count_block(definition, rules.period, block, &without).is_ok()
        });
        if !counted {
            uncounted += in_columns as u64;
        }
        Ok(())
    })?;
    Ok(uncounted)
}
