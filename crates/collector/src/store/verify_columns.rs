//! Checks the columns of a closed period: every block, every row, its digest, place and order.

use std::collections::BTreeSet;

use contract::calendar::Period;
use contract::columns::Block;
use contract::id::{ChannelId, ProgramId};
use disk::{Disk, DiskError, path::join};
use envelope::{Digest, Tag};
use jiff::civil::Date;

use super::closed;
use super::columns::{BlockAt, ColumnsFile, SUFFIX};
use super::convert::is_of;
use super::error::StoreError;
use super::verify::{Counted, Report, belongs, counted};
use super::{Retention, folder_of};

/// What the rows of a file tell.
#[derive(Default)]
struct Rows {
    parts: u64,
    unreadable: u64,
    digests: u64,
    misplaced: u64,
    unsorted: u64,
    deleted: u64,
    last: Option<Tag>,
}

pub(super) fn read(
    disk: &dyn Disk,
    (program, channel, period): (&ProgramId, &ChannelId, Period),
    deleted: &BTreeSet<Digest>,
    (retention, today): (&Retention, Date),
    report: &mut Report,
) -> Result<(), DiskError> {
    let folder = join(&folder_of(program, channel), &format!("{period}{SUFFIX}"));
    let mut whole = Counted {
        program: program.clone(),
        channel: channel.clone(),
        period,
        parts: 0,
        bytes: 0,
        forget_by: Date::MAX,
    };
    for entry in disk.list(&folder)? {
        let path = join(&folder, &entry.name);
        if entry.is_folder || !entry.name.ends_with(SUFFIX) {
            report.note(&path, super::verify::stranger(&path));
            continue;
        }
        whole.bytes += entry.bytes;
        let file = match ColumnsFile::open(disk, path.clone()) {
            Ok(Some(file)) => file,
            Ok(None) => continue,
            Err(StoreError::Disk(error)) => return Err(error),
            Err(error) => {
                report.note(&path, error.to_string());
                continue;
            }
        };
        let footer = &file.footer;
        let is_own = footer.program == *program
            && footer.channel == *channel
            && footer.period == period
            && entry.name.starts_with(&footer.definition_hash.to_string());
        if !is_own {
            report.note(&path, "its footer is that of another file");
        }
        whole.forget_by = whole.forget_by.min(footer.forget_by);
        whole.parts += rows(&file, (program, channel, period), deleted, report)?;
    }
    whole.forget_by = retention.forget_by(program, channel, period, whole.forget_by);
    if whole.forget_by < today {
        report.note(&folder, format!("it was to be forgotten by {}", whole.forget_by));
    }
    report.periods.push(whole);
    Ok(())
}

fn rows(
    file: &ColumnsFile,
    place: (&ProgramId, &ChannelId, Period),
    deleted: &BTreeSet<Digest>,
    report: &mut Report,
) -> Result<u64, DiskError> {
    let mut rows = Rows::default();
    let read = file.each_block(|at, block| {
        rows.read(file, (at, block), place, deleted);
        Ok(())
    });
    match read {
        Ok(()) => {}
        Err(StoreError::Disk(error)) => return Err(error),
        Err(error) => report.note(file.path(), error.to_string()),
    }
    let path = file.path();
    counted(report, path, rows.unreadable, "parts cannot be read");
    counted(report, path, rows.digests, "parts are not those that were acknowledged");
    counted(report, path, rows.misplaced, "parts belong to another file");
    counted(
        report,
        path,
        rows.unsorted,
        "parts are not in the order of their tags, or there twice",
    );
    counted(report, path, rows.deleted, "parts were deleted and are still in the file");
    if rows.parts != file.footer.rows {
        let (there, said) = (rows.parts, file.footer.rows);
        report.note(path, format!("it holds {there} parts and says {said}"));
    }
    Ok(rows.parts)
}

impl Rows {
    fn read(
        &mut self,
        file: &ColumnsFile,
        (at, block): (&BlockAt, &Block<'_>),
        place: (&ProgramId, &ChannelId, Period),
        deleted: &BTreeSet<Digest>,
    ) {
        self.unsorted += u64::from(block.tag(0) != at.first);
        for row in 0..block.rows() {
            self.parts += 1;
            let tag = block.tag(row);
            self.unsorted += u64::from(tag.is_some() && tag <= self.last);
            self.last = tag;
            let is_deleted = tag.is_some_and(|tag| deleted.contains(&tag.tombstone_marker()));
            self.deleted += u64::from(is_deleted);
            let bytes = block.part(file.definition.as_ref(), place.2, row);
            let part = bytes.as_deref().and_then(|bytes| closed::part_of(file, bytes));
            match (bytes, block.check(row), part) {
                (Some(bytes), Some(check), Some(part)) => {
                    self.digests += u64::from(!is_of(check, &bytes));
                    self.misplaced += u64::from(!belongs((&bytes, tag, &part), place));
                }
                _ => self.unreadable += 1,
            }
        }
    }
}
