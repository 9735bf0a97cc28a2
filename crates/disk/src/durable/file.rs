//! Open files: the poisoning of writers, the whole reads of readers.

use std::io;

use crate::system::File;
use crate::{AppendFile, Attempt, DiskError, ReadFile};

/// A file opened for appending.
#[derive(Debug)]
pub(super) struct Appending<F> {
    file: F,
    path: String,
    len: u64,
    poisoned: bool,
}

/// A file opened for reading.
#[derive(Debug)]
pub(super) struct Reading<F> {
    file: F,
    path: String,
    len: u64,
}

impl<F: File> Appending<F> {
    pub(super) fn new(file: F, path: &str, len: u64) -> Self {
        Self { file, path: path.to_owned(), len, poisoned: false }
    }

    /// Does it unless the handle is poisoned, and poisons the handle if it fails.
    fn attempt(
        &mut self,
        attempt: Attempt,
        work: impl FnOnce(&F) -> io::Result<()>,
    ) -> Result<(), DiskError> {
        if self.poisoned {
            return Err(DiskError::Poisoned { path: self.path.clone() });
        }
        work(&self.file).map_err(|error| {
            self.poisoned = true;
            DiskError::failed(attempt, &self.path)(error)
        })
    }
}

impl<F: File> AppendFile for Appending<F> {
    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        self.attempt(Attempt::Append, |file| file.append(bytes))?;
        self.len = self.len.saturating_add(bytes.len() as u64);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        self.attempt(Attempt::Sync, F::sync)
    }

    fn truncate(&mut self, len: u64) -> Result<(), DiskError> {
        let longest = self.len;
        self.attempt(Attempt::Truncate, |file| {
            if len > longest {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            file.truncate(len)
        })?;
        self.len = len;
        Ok(())
    }

    fn len(&self) -> u64 {
        self.len
    }
}

impl<F: File> Reading<F> {
    pub(super) fn new(file: F, path: &str, len: u64) -> Self {
        Self { file, path: path.to_owned(), len }
    }
}

impl<F: File> ReadFile for Reading<F> {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        let filled = fill(&self.file, offset, buffer);
        filled.map_err(DiskError::failed(Attempt::ReadAt, &self.path))
    }

    fn len(&self) -> u64 {
        self.len
    }
}

/// Reads until the buffer is full or the file ends, and says how much.
pub(super) fn fill(file: &impl File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(offset.saturating_add(filled as u64), rest) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
