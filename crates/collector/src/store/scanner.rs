//! Reads a log from front to back, a piece at a time.

use disk::{Disk, DiskError, ReadFile};

use super::error::StoreError;
use crate::limits::{READ_BYTES, RECORD_BYTES_MAX, TAIL_BYTES_MAX};
use crate::record::{self, FORMAT, Found, Header, Record, RecordKind};

/// A log that is being read. It reads as far as the file went when it was opened.
#[derive(Debug)]
pub(super) struct Scanner {
    file: Box<dyn ReadFile>,
    buffer: Vec<u8>,
    /// Where the buffer begins in the file.
    base: u64,
    /// How far the buffer was read.
    at: usize,
    ended: bool,
}

/// What comes next.
pub(super) enum Next<'a> {
    Record(Record<'a>),
    End,
    /// Neither: the end of an append that was cut short, or damage.
    Broken,
}

impl Scanner {
    /// Opens a log; `None` where there is none.
    pub(super) fn open(disk: &dyn Disk, path: &str) -> Result<Option<Self>, DiskError> {
        let file = disk.open_read(path)?;
        let start = |file| Self { file, buffer: Vec::new(), base: 0, at: 0, ended: false };
        Ok(file.map(start))
    }

    /// Reads the header and says where it ends.
    pub(super) fn header(&mut self, path: &str) -> Result<(Header, u64), StoreError> {
        let damaged = || StoreError::Damaged { path: path.to_owned(), offset: 0 };
        let header = match self.next()? {
            Next::Record(record) if record.kind == RecordKind::Header => {
                let value: serde_json::Value =
                    serde_json::from_slice(record.body).map_err(|_| damaged())?;
                // The format before the rest: a newer header may have other members.
                let format = value.get("format").and_then(serde_json::Value::as_u64);
                let format = format.and_then(|format| u32::try_from(format).ok());
                let format = format.ok_or_else(damaged)?;
                if format > FORMAT {
                    return Err(StoreError::Newer { path: path.to_owned(), format });
                }
                serde_json::from_value(value).map_err(|_| damaged())?
            }
            _ => return Err(damaged()),
        };
        Ok((header, self.offset()))
    }

    /// Where the next record begins.
    pub(super) fn offset(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    /// The next record.
    pub(super) fn next(&mut self) -> Result<Next<'_>, DiskError> {
        if matches!(record::read(self.rest()), Found::Short) {
            self.fill(RECORD_BYTES_MAX + 8)?;
        }
        if matches!(record::read(self.rest()), Found::Broken) {
            // A row may have become void between the piece that has its head and the next one. In
            // the file it can be read at every moment, so once more is enough.
            self.buffer.truncate(self.at);
            self.ended = false;
            self.fill(RECORD_BYTES_MAX + 8)?;
        }
        let at = self.at;
        // Moved on before the record is handed out, which borrows the buffer.
        if let Found::Whole(record) = record::read(self.rest()) {
            self.at += record.frame.len();
        }
        Ok(match record::read(self.buffer.get(at..).unwrap_or_default()) {
            Found::Whole(record) => Next::Record(record),
            Found::Short if self.buffer.len() == at => Next::End,
            Found::Short | Found::Broken => Next::Broken,
        })
    }

    /// Whether anywhere behind this place a whole record of a later batch than this one stands.
    /// More bytes than an append can have are taken for such a record.
    pub(super) fn later_batch_follows(&mut self, batch: u32) -> Result<bool, StoreError> {
        if self.file.len().saturating_sub(self.offset()) > TAIL_BYTES_MAX {
            return Ok(true);
        }
        self.fill(usize::try_from(TAIL_BYTES_MAX).unwrap_or(usize::MAX))?;
        let tail = self.rest();
        let later = |at: usize| {
            let found = record::read(tail.get(at..).unwrap_or_default());
            matches!(found, Found::Whole(record) if record.batch > batch)
        };
        Ok((0..tail.len()).any(later))
    }

    /// Hands out everything from here on, as it stands in the file.
    pub(super) fn drain(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), DiskError>,
    ) -> Result<(), DiskError> {
        while !self.rest().is_empty() {
            each(self.rest())?;
            self.at = self.buffer.len();
            self.fill(1)?;
        }
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// Has this many bytes at hand, or all that are left.
    fn fill(&mut self, bytes: usize) -> Result<(), DiskError> {
        self.buffer.drain(..self.at);
        self.base = self.base.saturating_add(self.at as u64);
        self.at = 0;
        while !self.ended && self.buffer.len() < bytes {
            let before = self.buffer.len();
            let left = self.file.len().saturating_sub(self.base.saturating_add(before as u64));
            let piece = usize::try_from(left).unwrap_or(usize::MAX).min(READ_BYTES);
            self.buffer.resize(before + piece, 0);
            let offset = self.base.saturating_add(before as u64);
            let into = self.buffer.get_mut(before..).unwrap_or_default();
            let filled = self.file.read_at(offset, into)?;
            self.buffer.truncate(before + filled);
            self.ended = filled == 0;
        }
        Ok(())
    }
}
