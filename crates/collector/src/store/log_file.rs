//! One log on the disk: replayed when it is opened, appended to in synced batches, written over
//! where something is deleted from it.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::id::{ChannelId, ProgramId};
use disk::{AppendFile, Disk, DiskError, ReadFile};
use jiff::civil::Date;

use super::error::StoreError;
use super::scanner::{Next, Scanner};
use crate::limits::READ_BYTES;
use crate::record::{self, FORMAT, Found, Header, Record, RecordKind, Row};

/// A log that is open.
#[derive(Debug)]
pub(super) struct LogFile {
    path: String,
    pub(super) header: Header,
    /// Where the records after the header begin.
    start: u64,
    /// Up to here everything is durable.
    len: u64,
    batch_next: u32,
    /// `None` before the first append, and after one that failed.
    appender: Option<Box<dyn AppendFile>>,
    reader: Option<Box<dyn ReadFile>>,
    /// Whether it must be opened anew: a rewrite failed at its last step, so that either file may
    /// have the name, or what was written over a row may not be on the medium.
    unsettled: bool,
    /// Room for the next batch, kept so that it is not made for each; empty in between.
    buffer: Vec<u8>,
}

/// What a new log is about.
pub(super) struct About<'a> {
    pub(super) program: &'a ProgramId,
    pub(super) channel: &'a ChannelId,
    pub(super) period: Option<Period>,
    pub(super) forget_by: Option<Date>,
}

/// The body of a record that is about to be appended.
pub(super) enum Body<'a> {
    Bytes(Vec<u8>),
    Row(Row<'a>),
}

impl Body<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bytes(bytes) => out.extend_from_slice(bytes),
            Self::Row(row) => row.write(out),
        }
    }
}

/// A record's place: where it begins and how long it is.
pub(super) type Span = (u64, u32);

impl LogFile {
    /// Makes a log with nothing in it but its header. It gets its name in one step, so there is
    /// never a file without one.
    pub(super) fn create(
        disk: &dyn Disk,
        path: String,
        about: &About<'_>,
    ) -> Result<Self, StoreError> {
        let header = Header {
            channel: about.channel.clone(),
            forget_by: about.forget_by,
            format: FORMAT,
            period: about.period,
            program: about.program.clone(),
            whole_bytes: 0,
        };
        let bytes = header_bytes(&header);
        disk.replace(&path, &bytes)?;
        let start = bytes.len() as u64;
        Ok(Self::at_rest(path, header, start, (start, 1)))
    }

    /// Opens a log, hands every record after the header to `each` with its offset, cuts off what
    /// the last append left torn, and ends what was begun on void records.
    ///
    /// A log of an older format is written anew in this one first. Its records are the same; what
    /// it may hold from now on is not, so an older program must see the number and stop.
    pub(super) fn open(
        disk: &dyn Disk,
        path: String,
        each: impl FnMut(u64, RecordKind, &[u8], u32),
    ) -> Result<Option<Self>, StoreError> {
        let Some(mut scanner) = Scanner::open(disk, &path)? else { return Ok(None) };
        if scanner.header(&path)?.0.format < FORMAT {
            let old = Self::replay(disk, path.clone(), |_, _, _, _| {})?;
            old.map_or(Ok(()), |mut old| old.rewrite(disk, &BTreeMap::new()))?;
        }
        Self::replay(disk, path, each)
    }

    fn replay(
        disk: &dyn Disk,
        path: String,
        mut each: impl FnMut(u64, RecordKind, &[u8], u32),
    ) -> Result<Option<Self>, StoreError> {
        let Some(mut scanner) = Scanner::open(disk, &path)? else { return Ok(None) };
        let (header, start) = scanner.header(&path)?;
        let whole = start.saturating_add(header.whole_bytes);
        // A batch counts when its last record is there: until then nobody was told of it.
        let mut batch: Vec<(u64, RecordKind, Vec<u8>, u32)> = Vec::new();
        let (mut last, mut len, mut batch_next) = (start, start, 1);
        let mut voids = BTreeMap::new();
        let broken = loop {
            let offset = scanner.offset();
            let record = match scanner.next()? {
                Next::End => break false,
                Next::Broken => break true,
                Next::Record(record) => record,
            };
            let bytes = u32::try_from(record.frame.len()).unwrap_or(u32::MAX);
            let end = offset.saturating_add(u64::from(bytes));
            let is_last = record.remaining == 0 || end <= whole;
            let number = record.batch;
            if record.kind == RecordKind::Void {
                voids.insert(offset, bytes);
            }
            batch.push((offset, record.kind, record.body.to_vec(), bytes));
            if is_last {
                batch.drain(..).for_each(|(at, kind, body, bytes)| each(at, kind, &body, bytes));
                (last, len, batch_next) = (len, end, number.saturating_add(1));
            }
        };
        let offset = scanner.offset();
        if offset < whole || (broken && scanner.later_batch_follows(batch_next)?) {
            return Err(StoreError::Damaged { path, offset });
        }
        let mut log = Self::at_rest(path, header, start, (len, batch_next));
        // Also where nothing is torn: what a killed process wrote last may not be on the medium,
        // and from now on this log says that it holds it.
        log.make_ready(disk)?;
        log.rest();
        // Nor is it after a sync that failed before: the sync of now says nothing of it. Only the
        // last batch can be such a one, because no other is begun before it is known to be there.
        disk.write_again(&log.path, last)?;
        // The same holds for what was written over rows: also where it reads as done.
        voids.split_off(&len);
        if !voids.is_empty() {
            log.void(disk, &voids)?;
            log.rest();
        }
        Ok(Some(log))
    }

    fn at_rest(path: String, header: Header, start: u64, (len, batch_next): (u64, u32)) -> Self {
        let (appender, reader, unsettled, buffer) = (None, None, false, Vec::new());
        Self { path, header, start, len, batch_next, appender, reader, unsettled, buffer }
    }

    /// Appends one batch and makes it durable. Says where each record lies.
    ///
    /// After an error nothing of the batch is there: it is cut off at once, or before the next
    /// append.
    pub(super) fn append(
        &mut self,
        disk: &dyn Disk,
        records: &[(RecordKind, Body<'_>)],
    ) -> Result<Vec<Span>, StoreError> {
        self.make_ready(disk)?;
        let mut bytes = std::mem::take(&mut self.buffer);
        let mut places = Vec::with_capacity(records.len());
        for (at, (kind, body)) in records.iter().enumerate() {
            let before = bytes.len();
            let remaining = u16::try_from(records.len() - at - 1).unwrap_or(u16::MAX);
            let number = (self.batch_next, remaining);
            record::push_written(&mut bytes, *kind, number, |out| body.write(out));
            let length = u32::try_from(bytes.len() - before).unwrap_or(u32::MAX);
            places.push((self.len.saturating_add(before as u64), length));
        }
        let length = bytes.len() as u64;
        let written = match &mut self.appender {
            Some(file) => file.append(&bytes).and_then(|()| file.sync()),
            None => Ok(()),
        };
        bytes.clear();
        bytes.shrink_to(READ_BYTES);
        self.buffer = bytes;
        if let Err(error) = written {
            // The handle is poisoned and so is what it wrote. If cutting it off fails too, the
            // next append begins with it.
            self.appender = None;
            let _ = self.make_ready(disk);
            return Err(error.into());
        }
        self.len = self.len.saturating_add(length);
        self.batch_next = self.batch_next.saturating_add(1);
        Ok(places)
    }

    /// Opens the file for appending, and cuts off whatever was not acknowledged.
    pub(super) fn make_ready(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        if self.unsettled {
            return Err(StoreError::Unsettled { path: self.path.clone() });
        }
        if self.appender.is_some() {
            return Ok(());
        }
        let mut file = disk.open_append(&self.path)?;
        if file.len() < self.len {
            return Err(StoreError::Damaged { path: self.path.clone(), offset: file.len() });
        }
        if file.len() > self.len {
            file.truncate(self.len)?;
        }
        file.sync()?;
        self.appender = Some(file);
        Ok(())
    }

    /// Closes the file until it is used again.
    pub(super) fn rest(&mut self) {
        (self.appender, self.reader, self.buffer) = (None, None, Vec::new());
    }

    /// Reads one record.
    pub(super) fn read<T>(
        &mut self,
        disk: &dyn Disk,
        (offset, bytes): Span,
        then: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T, StoreError> {
        let mut buffer = vec![0; usize::try_from(bytes).unwrap_or(0)];
        let filled = self.reader(disk, offset)?.read_at(offset, &mut buffer)?;
        let damaged = || StoreError::Damaged { path: self.path.clone(), offset };
        match record::read(buffer.get(..filled).unwrap_or_default()) {
            Found::Whole(record) => then(record.body).ok_or_else(damaged),
            _ => Err(damaged()),
        }
    }

    fn reader(&mut self, disk: &dyn Disk, offset: u64) -> Result<&dyn ReadFile, StoreError> {
        if self.reader.is_none() {
            self.reader = disk.open_read(&self.path)?;
        }
        let damaged = || StoreError::Damaged { path: self.path.clone(), offset };
        self.reader.as_deref().ok_or_else(damaged)
    }

    /// Writes the log anew without the records at these offsets (with their lengths). The old file
    /// is in place until the new one is whole and durable.
    pub(super) fn rewrite(
        &mut self,
        disk: &dyn Disk,
        gone: &BTreeMap<u64, u32>,
    ) -> Result<(), StoreError> {
        let unfinished = disk::path::unfinished(&self.path);
        let bytes_gone = gone.values().map(|bytes| u64::from(*bytes)).sum::<u64>();
        let whole_bytes = (self.len - self.start).saturating_sub(bytes_gone);
        let header = Header { whole_bytes, format: FORMAT, ..self.header.clone() };
        let copied = self.copy(disk, &unfinished, &header, gone);
        let (len, batch_next) = match copied {
            Ok(copied) => copied,
            Err(error) => {
                // It would take place on a disk that may be full. Its own error adds nothing.
                let _ = disk.remove(&unfinished);
                return Err(error);
            }
        };
        self.rest();
        self.unsettled = true;
        disk.rename(&unfinished, &self.path)?;
        self.unsettled = false;
        self.start = header_bytes(&header).len() as u64;
        (self.header, self.len, self.batch_next) = (header, len, batch_next);
        Ok(())
    }

    fn copy(
        &self,
        disk: &dyn Disk,
        to: &str,
        header: &Header,
        gone: &BTreeMap<u64, u32>,
    ) -> Result<(u64, u32), StoreError> {
        let damaged = |offset| StoreError::Damaged { path: self.path.clone(), offset };
        disk.remove(to)?;
        let mut copy = disk.open_append(to)?;
        let mut bytes = header_bytes(header);
        let (mut at, mut batch_next) = (bytes.len() as u64, 1);
        let mut scanner = Scanner::open(disk, &self.path)?.ok_or_else(|| damaged(0))?;
        scanner.header(&self.path)?;
        while scanner.offset() < self.len {
            let offset = scanner.offset();
            let Next::Record(record) = scanner.next()? else { return Err(damaged(offset)) };
            if gone.contains_key(&offset) {
                continue;
            }
            bytes.extend_from_slice(record.frame);
            at = at.saturating_add(record.frame.len() as u64);
            batch_next = record.batch.saturating_add(1);
            if bytes.len() >= READ_BYTES {
                copy.append(&bytes)?;
                bytes.clear();
            }
        }
        copy.append(&bytes)?;
        copy.sync()?;
        Ok((at, batch_next))
    }

    /// It must be opened anew before it is used.
    pub(super) fn unsettle(&mut self) {
        self.rest();
        self.unsettled = true;
    }

    /// Whether it must be opened anew before it is used.
    pub(super) fn is_unsettled(&self) -> bool {
        self.unsettled
    }

    /// The path below the data folder.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

/// Hands every whole record of a log to `each`, without changing anything, and says how it ended.
pub(super) fn scan(
    disk: &dyn Disk,
    path: &str,
    mut each: impl FnMut(u64, Record<'_>),
) -> Result<Option<Scanned>, StoreError> {
    let Some(mut scanner) = Scanner::open(disk, path)? else { return Ok(None) };
    let (header, _) = scanner.header(path)?;
    loop {
        let offset = scanner.offset();
        match scanner.next()? {
            Next::Record(record) => each(offset, record),
            Next::End => return Ok(Some(Scanned { header, broken_at: None })),
            Next::Broken => return Ok(Some(Scanned { header, broken_at: Some(offset) })),
        }
    }
}

/// Hands a log's bytes to `each`, record by record, so that a row which becomes void meanwhile is
/// handed out as it was or void, and never half; and what cannot be read as it stands. Says whether
/// there is such a file.
pub(crate) fn log_pieces(
    disk: &dyn Disk,
    path: &str,
    mut each: impl FnMut(&[u8]) -> Result<(), DiskError>,
) -> Result<bool, DiskError> {
    let Some(mut scanner) = Scanner::open(disk, path)? else { return Ok(false) };
    while let Next::Record(record) = scanner.next()? {
        each(record.frame)?;
    }
    scanner.drain(each)?;
    Ok(true)
}

/// A log that was read to its end.
pub(super) struct Scanned {
    pub(super) header: Header,
    /// Where the first unreadable record begins.
    pub(super) broken_at: Option<u64>,
}

/// The header's record. Its own batch is 0.
fn header_bytes(header: &Header) -> Vec<u8> {
    let body = serde_json::to_vec(header).unwrap_or_default();
    let mut bytes = Vec::new();
    record::push(&mut bytes, RecordKind::Header, 0, 0, &body);
    bytes
}

mod voiding;

#[cfg(test)]
mod tests;
