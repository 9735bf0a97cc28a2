//! Checks a data folder's parts against what was promised, and changes nothing.

use std::collections::BTreeSet;

use contract::calendar::Period;
use contract::id::{ChannelId, ProgramId};
use disk::{Disk, DiskError, path::UNFINISHED, path::join};
use envelope::Digest;
use jiff::civil::Date;
use serde::Serialize;

use super::error::StoreError;
use super::log_file;
use super::markers::{self, Marker};
use super::pending::{self, Pending};
use super::period::SUFFIX;
use super::{PARTS, Retention, channels, columns, folder_of, verify_columns};
use crate::record::{Header, Record, RecordKind, Row};

/// What was found in a data folder's parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every period that is held.
    pub periods: Vec<Counted>,
    /// Markers of deleted tags that are still kept.
    pub markers: u64,
    /// Tags whose deletion was asked for and waits for the daily batch.
    pub pending: u64,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
}

/// A period and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The program.
    pub program: ProgramId,
    /// The channel.
    pub channel: ChannelId,
    /// The period.
    pub period: Period,
    /// How many parts.
    pub parts: u64,
    /// Bytes of its file.
    pub bytes: u64,
    /// The day after which it is removed.
    pub forget_by: Date,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file or folder, below the data folder.
    pub path: String,
    /// What is wrong with it, as a sentence without its full stop.
    pub what: String,
}

impl Report {
    pub(super) fn note(&mut self, path: &str, what: impl Into<String>) {
        self.findings.push(Finding { path: path.to_owned(), what: what.into() });
    }
}

/// Reads every record of every file: checksums, digests, names, retention, and that nothing else
/// lies there. While a server runs, its last append may be seen half written.
///
/// # Errors
/// If the disk fails; what is wrong with the content is in the report instead.
pub fn verify(disk: &dyn Disk, retention: &Retention, today: Date) -> Result<Report, DiskError> {
    let mut report = Report::default();
    if !disk.list("")?.iter().any(|entry| entry.name == PARTS && entry.is_folder) {
        return Ok(report);
    }
    let known = channels(disk)?;
    strangers(disk, PARTS, &mut report, |name, is_folder| {
        is_folder && ProgramId::parse(name).is_ok()
    })?;
    let programs: BTreeSet<_> = known.iter().map(|(program, _)| program).collect();
    for program in programs {
        strangers(disk, &join(PARTS, program.as_str()), &mut report, |name, is_folder| {
            is_folder && ChannelId::parse(name).is_ok()
        })?;
    }
    for (program, channel) in &known {
        let folder = folder_of(program, channel);
        strangers(disk, &folder, &mut report, |name, is_folder| {
            let period = |suffix| {
                name.strip_suffix(suffix).is_some_and(|name| name.parse::<Period>().is_ok())
            };
            let is_index = name.ends_with(super::index::SUFFIX);
            let is_own = is_index || name == markers::FILE || name == pending::FILE;
            if is_folder { period(columns::SUFFIX) } else { is_own || period(SUFFIX) }
        })?;
        let mut deleted = read_markers(disk, (program, channel), today, &mut report)?;
        // Their rows are still there, and the markers of a batch that was cut short may be too.
        let pending = Pending::read(disk, &join(&folder, pending::FILE));
        match pending {
            Ok(pending) => {
                report.pending += pending.len() as u64;
                for tag in pending.tags() {
                    deleted.remove(&tag.tombstone_marker());
                }
            }
            Err(StoreError::Disk(error)) => return Err(error),
            Err(error) => report.note(&join(&folder, pending::FILE), error.to_string()),
        }
        let logs = super::periods(disk, &folder)?;
        for period in &logs {
            let about = (program, channel, *period);
            read_period(disk, about, &deleted, (retention, today), &mut report)?;
        }
        for period in closed(disk, &folder)?.into_iter().filter(|period| !logs.contains(period)) {
            let about = (program, channel, period);
            verify_columns::read(disk, about, &deleted, (retention, today), &mut report)?;
        }
    }
    report.findings.sort();
    Ok(report)
}

fn closed(disk: &dyn Disk, folder: &str) -> Result<Vec<Period>, DiskError> {
    match super::close::closed_periods(disk, folder) {
        Err(StoreError::Disk(error)) => Err(error),
        other => Ok(other.unwrap_or_default()),
    }
}

/// What is said of a name that is none of ours, or that a server gives while it writes.
pub(super) fn stranger(name: &str) -> &'static str {
    if name.ends_with(UNFINISHED) {
        "it is half made: by a server that is at work now, or was ended then; look again in a \
         while, or after its next start"
    } else {
        "it does not belong here"
    }
}

fn strangers(
    disk: &dyn Disk,
    folder: &str,
    report: &mut Report,
    belongs: impl Fn(&str, bool) -> bool,
) -> Result<(), DiskError> {
    for entry in disk.list(folder)? {
        if !belongs(&entry.name, entry.is_folder) {
            report.note(&join(folder, &entry.name), stranger(&entry.name));
        }
    }
    Ok(())
}

fn read_markers(
    disk: &dyn Disk,
    (program, channel): (&ProgramId, &ChannelId),
    today: Date,
    report: &mut Report,
) -> Result<BTreeSet<Digest>, DiskError> {
    let path = join(&folder_of(program, channel), markers::FILE);
    let mut deleted = BTreeSet::new();
    let (mut unreadable, mut late) = (0_u64, 0_u64);
    let scanned = log_file::scan(disk, &path, |_, record| {
        match serde_json::from_slice::<Marker>(record.body) {
            Ok(marker) if record.kind == RecordKind::Marker => {
                late += u64::from(marker.until < today);
                deleted.insert(marker.digest);
            }
            _ => unreadable += 1,
        }
    });
    report.markers += deleted.len() as u64;
    counted(report, &path, unreadable, "records cannot be read");
    counted(report, &path, late, "markers are older than the intake that they were kept for");
    ended(report, &path, scanned, |header| {
        header.program == *program && header.channel == *channel && header.period.is_none()
    })?;
    Ok(deleted)
}

/// What the rows of a file tell.
#[derive(Default)]
struct Rows {
    parts: u64,
    bytes: u64,
    unreadable: u64,
    digests: u64,
    misplaced: u64,
    twice: u64,
    deleted: u64,
    keys: usize,
    unsigned: u64,
    /// Void records that still hold what they held.
    legible: u64,
    forget_by: Option<Date>,
}

fn read_period(
    disk: &dyn Disk,
    (program, channel, period): (&ProgramId, &ChannelId, Period),
    deleted: &BTreeSet<Digest>,
    (retention, today): (&Retention, Date),
    report: &mut Report,
) -> Result<(), DiskError> {
    let path = join(&folder_of(program, channel), &format!("{period}{SUFFIX}"));
    let mut rows = Rows::default();
    let mut seen = BTreeSet::new();
    let scanned = log_file::scan(disk, &path, |offset, record| {
        rows.bytes = offset.saturating_add(record.frame.len() as u64);
        rows.read(&record, (program, channel, period), deleted, &mut seen);
    });
    counted(report, &path, rows.unreadable, "records cannot be read");
    counted(report, &path, rows.digests, "parts are not those that were acknowledged");
    counted(report, &path, rows.misplaced, "parts belong to another file");
    counted(report, &path, rows.twice, "parts are there twice");
    counted(report, &path, rows.deleted, "parts were deleted and are still in the file");
    counted(report, &path, rows.legible, "deleted parts are not written over to their end");
    counted(report, &path, rows.unsigned, "parts name a key that the file does not hold");
    let header = ended(report, &path, scanned, |header| {
        header.program == *program && header.channel == *channel && header.period == Some(period)
    })?;
    let promised = header.and_then(|header| header.forget_by).unwrap_or(Date::MIN);
    let promised = rows.forget_by.map_or(promised, |earlier| promised.min(earlier));
    let forget_by = retention.forget_by(program, channel, period, promised);
    if forget_by < today {
        report.note(&path, format!("it was to be forgotten by {forget_by}"));
    }
    report.periods.push(Counted {
        program: program.clone(),
        channel: channel.clone(),
        period,
        parts: rows.parts,
        bytes: rows.bytes,
        forget_by,
    });
    Ok(())
}

impl Rows {
    fn read(
        &mut self,
        record: &Record<'_>,
        place: (&ProgramId, &ChannelId, Period),
        deleted: &BTreeSet<Digest>,
        seen: &mut BTreeSet<(envelope::Tag, contract::id::PartId)>,
    ) {
        match (record.kind, Row::read(record.body)) {
            (RecordKind::Key, _) => self.keys += 1,
            (RecordKind::Void, _) => {
                self.legible += u64::from(record.body.iter().any(|byte| *byte != 0));
            }
            (RecordKind::ForgetBy, _) => {
                let day = std::str::from_utf8(record.body).ok().and_then(|day| day.parse().ok());
                self.unreadable += u64::from(day.is_none());
                self.forget_by = day.or(self.forget_by);
            }
            (RecordKind::Row, Some(row)) => {
                self.parts += 1;
                self.digests += u64::from(Digest::of(row.bytes) != row.digest);
                self.misplaced += u64::from(!belongs((row.bytes, row.tag, &row.part), place));
                self.unsigned += u64::from(usize::from(row.proof.key) >= self.keys);
                if let Some(tag) = row.tag {
                    self.deleted += u64::from(deleted.contains(&tag.tombstone_marker()));
                    self.twice += u64::from(!seen.insert((tag, row.part)));
                }
            }
            _ => self.unreadable += 1,
        }
    }
}

/// Whether the part's own bytes say what the row and the file say.
pub(super) fn belongs(
    (bytes, tag, name): (&[u8], Option<envelope::Tag>, &contract::id::PartId),
    (program, channel, period): (&ProgramId, &ChannelId, Period),
) -> bool {
    let Ok(part) = serde_json::from_slice::<serde_json::Value>(bytes) else { return false };
    let says = |key: &str, value: &str| part.get(key).and_then(|v| v.as_str()) == Some(value);
    let tag = tag.map(|tag| tag.to_string());
    says("program", program.as_str())
        && says("channel", channel.as_str())
        && says("period", &period.to_string())
        && says("part", name.as_str())
        && part.get("tag").and_then(|tag| tag.as_str()) == tag.as_deref()
}

pub(super) fn counted(report: &mut Report, path: &str, count: u64, what: &str) {
    if count > 0 {
        report.note(path, format!("{count} {what}"));
    }
}

/// Notes how a file ended. An error of the disk is passed on, one of the content is noted.
fn ended(
    report: &mut Report,
    path: &str,
    scanned: Result<Option<log_file::Scanned>, StoreError>,
    belongs: impl Fn(&Header) -> bool,
) -> Result<Option<Header>, DiskError> {
    match scanned {
        Ok(None) => Ok(None),
        Ok(Some(scanned)) => {
            if let Some(offset) = scanned.broken_at {
                report.note(path, format!("it cannot be read from byte {offset} on"));
            }
            if !belongs(&scanned.header) {
                report.note(path, "its header is that of another file");
            }
            Ok(Some(scanned.header))
        }
        Err(StoreError::Disk(error)) => Err(error),
        Err(error) => {
            report.note(path, error.to_string());
            Ok(None)
        }
    }
}
