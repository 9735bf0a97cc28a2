//! Open files of the operating system.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;

use crate::{AppendFile, Attempt, DiskError, ReadFile};

/// A file opened for appending.
#[derive(Debug)]
pub(super) struct OsAppendFile {
    file: File,
    path: String,
    len: u64,
    poisoned: bool,
}

/// A file opened for reading.
#[derive(Debug)]
pub(super) struct OsReadFile {
    pub(super) file: File,
    pub(super) path: String,
    pub(super) len: u64,
}

impl OsAppendFile {
    /// The file must be open with `O_APPEND`.
    pub(super) fn new(file: File, path: &str, len: u64) -> Self {
        Self {
            file,
            path: path.to_owned(),
            len,
            poisoned: false,
        }
    }

    /// Does it unless the handle is poisoned, and poisons the handle if it fails.
    fn attempt(
        &mut self,
        attempt: Attempt,
        work: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), DiskError> {
        if self.poisoned {
            return Err(DiskError::Poisoned {
                path: self.path.clone(),
            });
        }
        work(&mut self.file).map_err(|error| {
            self.poisoned = true;
            DiskError::failed(attempt, &self.path)(error)
        })
    }
}

impl AppendFile for OsAppendFile {
    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        self.attempt(Attempt::Append, |file| file.write_all(bytes))?;
        self.len = self.len.saturating_add(bytes.len() as u64);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        // fdatasync: with the length, without the times.
        self.attempt(Attempt::Sync, |file| file.sync_data())
    }

    fn truncate(&mut self, len: u64) -> Result<(), DiskError> {
        let longest = self.len;
        self.attempt(Attempt::Truncate, |file| {
            if len > longest {
                return Err(io::Error::from(io::ErrorKind::InvalidInput));
            }
            file.set_len(len)
        })?;
        self.len = len;
        Ok(())
    }

    fn len(&self) -> u64 {
        self.len
    }
}

impl ReadFile for OsReadFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self
                .file
                .read_at(rest, offset.saturating_add(filled as u64))
            {
                Ok(0) => break,
                Ok(bytes) => filled += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(DiskError::failed(Attempt::ReadAt, &self.path)(error)),
            }
        }
        Ok(filled)
    }

    fn len(&self) -> u64 {
        self.len
    }
}
