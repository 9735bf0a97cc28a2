//! Pushed numbers on disk: one text file that grows by a line for each push and is written anew,
//! as a whole, when it has grown too long.
//!
//! What was appended survives the end of this process however it ends; a power failure may cost
//! what was appended since the last [`Store::settle`].

use disk::{AppendFile, Disk, DiskError};

use super::{Hour, Pushed, Refused};
use crate::limits::{PUSH_FILE_BYTES_MAX, PUSH_FILE_BYTES_USUAL};
use push::line::Line;

/// The file's name in the state folder.
pub const FILE: &str = "pushed";

/// Pushed numbers and their file. Whoever has one holds the lock.
#[derive(Debug)]
pub struct Store<'d> {
    disk: &'d dyn Disk,
    pushed: Pushed,
    /// `None` after an error: then the whole is written anew.
    file: Option<Box<dyn AppendFile>>,
    waiting: Vec<u8>,
    is_unsettled: bool,
}

impl<'d> Store<'d> {
    /// Takes up what an earlier process wrote down.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn open(disk: &'d dyn Disk, mut pushed: Pushed, now: Hour) -> Result<Self, DiskError> {
        if let Some(bytes) = disk.read(FILE, PUSH_FILE_BYTES_MAX)? {
            pushed.take_up(&bytes, now);
        }
        let (file, waiting) = (None, Vec::new());
        let mut store = Self { disk, pushed, file, waiting, is_unsettled: true };
        store.settle(now)?;
        Ok(store)
    }

    /// Takes a line; [`Store::append`] writes it down.
    ///
    /// # Errors
    /// If the line is refused.
    pub fn take(&mut self, line: &Line<'_>, hour: Hour) -> Result<(), Refused> {
        let taken = match self.pushed.take(line, hour) {
            // What is too old may be what makes it full.
            Err(Refused::Full) => {
                self.pushed.forget(hour);
                self.pushed.take(line, hour)
            }
            taken => taken,
        };
        self.waiting.extend(taken?.as_bytes());
        self.is_unsettled = true;
        Ok(())
    }

    /// Writes down what was taken. After this it survives the end of the process.
    ///
    /// # Errors
    /// If the disk refuses; nothing is lost while the process lives, and the next
    /// [`Store::settle`] tries again.
    pub fn append(&mut self) -> Result<(), DiskError> {
        let appended = self.file.as_mut().map(|file| file.append(&self.waiting));
        self.waiting.clear();
        if let Some(Err(error)) = appended {
            self.file = None;
            return Err(error);
        }
        Ok(())
    }

    /// Whether something would be lost with the power.
    pub fn is_unsettled(&self) -> bool {
        self.is_unsettled
    }

    /// Makes everything durable. A file that has grown long is written anew.
    ///
    /// # Errors
    /// If the disk refuses; the next call tries again.
    pub fn settle(&mut self, now: Hour) -> Result<(), DiskError> {
        let settled = self.sync().unwrap_or_else(|| self.write_anew(now));
        self.is_unsettled = settled.is_err();
        if settled.is_err() {
            self.file = None;
        }
        settled
    }

    /// `None` where the file must be written anew.
    fn sync(&mut self) -> Option<Result<(), DiskError>> {
        let file = self.file.as_mut().filter(|file| file.len() < PUSH_FILE_BYTES_USUAL)?;
        Some(file.sync())
    }

    fn write_anew(&mut self, now: Hour) -> Result<(), DiskError> {
        self.pushed.forget(now);
        self.file = None;
        self.disk.replace(FILE, self.pushed.write().as_bytes())?;
        self.file = Some(self.disk.open_append(FILE)?);
        Ok(())
    }
}
