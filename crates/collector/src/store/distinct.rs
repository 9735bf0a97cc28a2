//! Counting installations over several periods: each tag once, however often it reported.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use contract::calendar::Period;
use contract::id::{ChannelId, PartId, ProgramId};
use disk::{Disk, path::join};
use envelope::Tag;

use super::close::closed_periods;
use super::closed;
use super::columns::{ColumnsFile, SUFFIX};
use super::error::StoreError;
use super::folder_of;
use super::pending::{self, Pending};
use super::scan::{has_log, scan};

/// How many installations reported within these periods: the tags of whichever of these parts has
/// most, as parts cannot be joined. Tags must last as long as all of the periods do.
///
/// Columns are in the order of tags, so they are merged and no tag is kept. Of periods that are
/// logs still, the tags are kept in memory: a period becomes columns before it is published.
///
/// # Errors
/// If the disk fails, or columns are damaged.
pub fn distinct(
    disk: &dyn Disk,
    (program, channel): (&ProgramId, &ChannelId),
    (parts, periods): (&[PartId], &[Period]),
) -> Result<u64, StoreError> {
    let folder = folder_of(program, channel);
    let pending = Pending::read(disk, &join(&folder, pending::FILE))?;
    let mut most = 0;
    for part in parts {
        let mut in_logs = BTreeSet::new();
        let mut files = Vec::new();
        for period in periods {
            if has_log(disk, &folder, *period)? {
                scan(disk, (program, channel, *period), |stored| {
                    in_logs.extend(stored.tag.filter(|_| stored.part == part));
                })?;
            } else if closed_periods(disk, &folder)?.contains(period) {
                let all = closed::files(disk, &join(&folder, &format!("{period}{SUFFIX}")))?;
                files.extend(all.into_iter().filter(|file| {
                    file.definition.as_ref().is_some_and(|found| found.part == *part)
                }));
            }
        }
        most = most.max(merged(&files, in_logs, &pending)?);
    }
    Ok(most)
}

/// How many different tags there are in the files and the set.
fn merged(
    files: &[ColumnsFile],
    in_logs: BTreeSet<Tag>,
    pending: &Pending,
) -> Result<u64, StoreError> {
    let mut cursors: Vec<Cursor<'_>> = files.iter().map(Cursor::new).collect();
    let mut heads = BinaryHeap::new();
    for (number, cursor) in cursors.iter_mut().enumerate() {
        heads.extend(cursor.next()?.map(|tag| Reverse((tag, number))));
    }
    let mut in_logs = in_logs.into_iter().peekable();
    let (mut last, mut count) = (None, 0);
    let mut add = |tag: Tag| {
        if last != Some(tag) && !pending.contains(tag) {
            count += 1;
        }
        last = Some(tag);
    };
    while let Some(Reverse((tag, number))) = heads.pop() {
        while let Some(earlier) = in_logs.next_if(|in_log| *in_log <= tag) {
            add(earlier);
        }
        add(tag);
        if let Some(cursor) = cursors.get_mut(number) {
            heads.extend(cursor.next()?.map(|tag| Reverse((tag, number))));
        }
    }
    in_logs.for_each(add);
    Ok(count)
}

/// The tags of a file, in their order, a block at a time.
struct Cursor<'f> {
    file: &'f ColumnsFile,
    block: usize,
    tags: std::vec::IntoIter<Tag>,
}

impl<'f> Cursor<'f> {
    fn new(file: &'f ColumnsFile) -> Self {
        Self { file, block: 0, tags: Vec::new().into_iter() }
    }

    fn next(&mut self) -> Result<Option<Tag>, StoreError> {
        loop {
            if let Some(tag) = self.tags.next() {
                return Ok(Some(tag));
            }
            let Some(tags) = self.file.tags(self.block)? else { return Ok(None) };
            self.block += 1;
            self.tags = tags.into_iter();
        }
    }
}
