//! A small program on a disk: a log of records, a closed file, a state file. It can be given one
//! mistake, so that the drivers can show that they notice it.

use disk::path::unfinished;
use disk::{AppendFile, Disk, DiskError};

/// What a program can get wrong. Each was somebody's bug once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mistake {
    AcknowledgesBeforeSync,
    BelievesEveryRecord,
    KeepsTheTornTail,
    RetriesAFailedSync,
    GoesOnInTheOldLog,
    RenamesBeforeSync,
    RemovesBeforeRename,
    CountsTwice,
    TakesAReadErrorForAnEmptyLog,
    ReplacesInPlace,
}

pub(super) const MISTAKES: [Mistake; 10] = [
    Mistake::AcknowledgesBeforeSync,
    Mistake::BelievesEveryRecord,
    Mistake::KeepsTheTornTail,
    Mistake::RetriesAFailedSync,
    Mistake::GoesOnInTheOldLog,
    Mistake::RenamesBeforeSync,
    Mistake::RemovesBeforeRename,
    Mistake::CountsTwice,
    Mistake::TakesAReadErrorForAnEmptyLog,
    Mistake::ReplacesInPlace,
];

const BYTES_MAX: u64 = 10_000;
const RECORD_BYTES: usize = 8;

/// The open program.
pub(super) struct Log<'d> {
    disk: &'d dyn Disk,
    mistake: Option<Mistake>,
    file: Box<dyn AppendFile>,
    synced: u64,
}

impl<'d> Log<'d> {
    /// Recovers and opens.
    pub(super) fn open(disk: &'d dyn Disk, mistake: Option<Mistake>) -> Result<Self, DiskError> {
        disk::remove_unfinished(disk, "")?;
        let log = match disk.read("log", BYTES_MAX) {
            Err(_) if mistake == Some(Mistake::TakesAReadErrorForAnEmptyLog) => None,
            log => log?,
        };
        let mut log = log.unwrap_or_default();
        let (ids, whole) = scan(&log, mistake);
        if mistake != Some(Mistake::KeepsTheTornTail) {
            log.truncate(whole);
        }
        // A crash between closing and removing the log leaves its records in both.
        let closed = disk.read("closed", BYTES_MAX)?.unwrap_or_default();
        let (closed, _) = scan(&closed, mistake);
        if mistake != Some(Mistake::CountsTwice) && ids.iter().any(|id| closed.contains(id)) {
            log.clear();
        }
        // Written anew: after a failed sync, what reads back may not be on the medium.
        if mistake == Some(Mistake::GoesOnInTheOldLog) {
            disk.open_append("log")?.truncate(log.len() as u64)?;
        } else {
            disk.replace("log", &log)?;
        }
        let mut file = disk.open_append("log")?;
        file.sync()?;
        Ok(Self { disk, mistake, synced: file.len(), file })
    }

    /// Appends the records durably; on an error it recovers and tries once more.
    pub(super) fn append(&mut self, ids: &[u8]) -> Result<(), DiskError> {
        if self.write(ids).is_ok() {
            return Ok(());
        }
        self.file = self.disk.open_append("log")?;
        if self.mistake == Some(Mistake::RetriesAFailedSync) {
            return self.file.sync();
        }
        self.file.truncate(self.synced)?;
        self.file.sync()?;
        self.write(ids)
    }

    /// Moves the log into the closed file.
    pub(super) fn close(&mut self) -> Result<(), DiskError> {
        let mut all = self.disk.read("closed", BYTES_MAX)?.unwrap_or_default();
        all.extend(self.disk.read("log", BYTES_MAX)?.unwrap_or_default());
        let new = unfinished("closed");
        let mut file = self.disk.open_append(&new)?;
        file.truncate(0)?;
        for piece in all.chunks(20) {
            file.append(piece)?;
        }
        if self.mistake == Some(Mistake::RemovesBeforeRename) {
            self.disk.remove("log")?;
        }
        if self.mistake == Some(Mistake::RenamesBeforeSync) {
            self.disk.rename(&new, "closed")?;
            file.sync()?;
        } else {
            file.sync()?;
            self.disk.rename(&new, "closed")?;
        }
        self.disk.remove("log")?;
        self.file = self.disk.open_append("log")?;
        self.synced = 0;
        Ok(())
    }

    /// Keeps a number.
    pub(super) fn keep(&self, number: u8) -> Result<(), DiskError> {
        let text = format!("number {number}");
        if self.mistake == Some(Mistake::ReplacesInPlace) {
            let mut file = self.disk.open_append("state")?;
            file.truncate(0)?;
            file.append(text.as_bytes())?;
            return file.sync();
        }
        self.disk.replace("state", text.as_bytes())
    }

    /// The number kept last.
    pub(super) fn kept(&self) -> Result<Option<u8>, String> {
        let Some(bytes) = self.disk.read("state", BYTES_MAX).map_err(|error| error.to_string())?
        else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&bytes);
        let number = text.strip_prefix("number ").and_then(|number| number.parse().ok());
        number.map(Some).ok_or_else(|| format!("the state is {text:?}"))
    }

    /// Every record, closed and open.
    pub(super) fn ids(&self) -> Result<Vec<u8>, DiskError> {
        let mut ids = Vec::new();
        for path in ["closed", "log"] {
            let bytes = self.disk.read(path, BYTES_MAX)?.unwrap_or_default();
            ids.extend(scan(&bytes, self.mistake).0);
        }
        Ok(ids)
    }

    fn write(&mut self, ids: &[u8]) -> Result<(), DiskError> {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| record(*id)).collect();
        self.file.append(&bytes)?;
        if self.mistake != Some(Mistake::AcknowledgesBeforeSync) {
            self.file.sync()?;
        }
        self.synced = self.file.len();
        Ok(())
    }
}

fn record(id: u8) -> [u8; RECORD_BYTES] {
    let [a, b] = checksum(&[b'R', id, id, id, id, id]);
    [b'R', id, id, id, id, id, a, b]
}

/// The records up to the first that is none, and their length.
fn scan(bytes: &[u8], mistake: Option<Mistake>) -> (Vec<u8>, usize) {
    let believe = mistake == Some(Mistake::BelievesEveryRecord);
    let id = |found: &[u8]| match *found {
        [b'R', _, _, _, id, ..] if believe => Some(id),
        [_, id, ..] if record(id) == *found => Some(id),
        _ => None,
    };
    let ids: Vec<u8> = bytes.chunks_exact(RECORD_BYTES).map_while(id).collect();
    let whole = ids.len() * RECORD_BYTES;
    (ids, whole)
}

fn checksum(bytes: &[u8]) -> [u8; 2] {
    let start: u16 = 0xACE1;
    let sum = bytes.iter().fold(start, |sum, byte| sum.rotate_left(3) ^ u16::from(*byte));
    sum.to_be_bytes()
}
