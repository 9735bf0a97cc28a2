//! [`Disk`] on any [`Folder`]: the order of system calls that makes files durable.

mod file;

use std::io;
use std::sync::{Mutex, PoisonError};

use self::file::{Appending, Reading};
use crate::path::{folder_and_name, names, unfinished};
use crate::system::{Access, File, Folder, Opened};
use crate::{AppendFile, Attempt, Disk, DiskError, Entry, LockGuard, ReadFile};

/// Bytes that are read and written again at once.
const PIECE_BYTES: usize = 256 * 1024;

/// Durable files below one folder.
#[derive(Debug)]
pub struct Durable<F> {
    root: F,
    /// Two replacements of one file at once would share its unfinished file.
    replacing: Mutex<()>,
}

impl<F: Folder> Durable<F> {
    /// Everything below this folder.
    pub fn new(root: F) -> Self {
        Self { root, replacing: Mutex::new(()) }
    }
}

impl<F: Folder> Disk for Durable<F> {
    fn read(&self, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, DiskError> {
        let Some((file, len)) = self.open_existing(path, Attempt::Read)? else {
            return Ok(None);
        };
        let too_large = || DiskError::TooLarge { path: path.to_owned(), bytes_max };
        if len > bytes_max {
            return Err(too_large());
        }
        // As long as it was when it was opened: what is appended meanwhile is for the next reader.
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| too_large())?];
        let filled = file::fill(&file, 0, &mut bytes);
        let filled = filled.map_err(DiskError::failed(Attempt::Read, path))?;
        bytes.truncate(filled);
        Ok(Some(bytes))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let failed = DiskError::failed::<io::Error>(Attempt::Replace, path);
        let (folder, name) = self.folder_of(path, Attempt::Replace)?;
        let _one_at_a_time = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let new = unfinished(name);
        // A leftover of an earlier attempt that was cut short.
        folder.unlink(&new).map_err(&failed)?;
        let file = folder.create(&new).map_err(&failed)?;
        // The content before the name, or a power failure could leave the name with no content.
        let renamed = file
            .append(bytes)
            .and_then(|()| file.sync())
            .and_then(|()| folder.rename(&new, &folder, name));
        if let Err(error) = renamed {
            // On a full disk it would take the place that is missing. Its own error adds nothing.
            let _ = folder.unlink(&new);
            return Err(failed(error));
        }
        folder.sync().map_err(failed)
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.unlink_durably(path, Attempt::Remove, F::unlink)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let failed = DiskError::failed::<io::Error>(Attempt::Rename, from);
        let (from_folder, from_name) = self.folder_of(from, Attempt::Rename)?;
        let (to_folder, to_name) = self.folder_of(to, Attempt::Rename)?;
        from_folder.rename(from_name, &to_folder, to_name).map_err(&failed)?;
        // The new name first: with power lost in between there may be two names, never none.
        to_folder.sync().map_err(&failed)?;
        from_folder.sync().map_err(failed)
    }

    fn create_folder(&self, path: &str) -> Result<(), DiskError> {
        let failed = DiskError::failed::<io::Error>(Attempt::CreateFolder, path);
        let (folder, name) = self.folder_of(path, Attempt::CreateFolder)?;
        folder.create_folder(name).map_err(&failed)?;
        // Also where it existed: whoever made it may have died before this line.
        folder.sync().map_err(failed)
    }

    fn remove_folder(&self, path: &str) -> Result<(), DiskError> {
        self.unlink_durably(path, Attempt::RemoveFolder, |folder, name| {
            let inside = match folder.below(&[name]) {
                Ok(inside) => inside,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            };
            let entries = inside.list()?;
            if entries.iter().any(|entry| entry.is_folder) {
                return Err(io::ErrorKind::DirectoryNotEmpty.into());
            }
            for entry in entries {
                inside.unlink(&entry.name)?;
            }
            // No sync of the inner folder: once the outer one has lost it, its names lead nowhere.
            folder.unlink_folder(name)
        })
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, DiskError> {
        let names = names(folder)?;
        let listed = self.root.below(&names).and_then(|folder| folder.list());
        listed.map_err(DiskError::failed(Attempt::List, folder))
    }

    fn open_append(&self, path: &str) -> Result<Box<dyn AppendFile>, DiskError> {
        let (folder, name) = self.folder_of(path, Attempt::OpenAppend)?;
        let (file, len) = open_or_create(&folder, name, path, Attempt::OpenAppend)?;
        // A log whose name is lost is lost with it. Also where it existed: see `create_folder`.
        folder.sync().map_err(DiskError::failed(Attempt::OpenAppend, path))?;
        Ok(Box::new(Appending::new(file, path, len)))
    }

    fn write_again(&self, path: &str, from: u64) -> Result<(), DiskError> {
        let failed = DiskError::failed::<io::Error>(Attempt::WriteAgain, path);
        let (file, len) = self.open_over(path, Attempt::WriteAgain)?;
        let mut piece = vec![0; PIECE_BYTES];
        let mut at = from;
        while at < len {
            let filled = file::fill(&file, at, &mut piece).map_err(&failed)?;
            file.write_at(at, piece.get(..filled).unwrap_or_default()).map_err(&failed)?;
            at = at.saturating_add(filled.max(1) as u64);
        }
        file.sync().map_err(failed)
    }

    fn write_over(&self, path: &str, pieces: &[(u64, &[u8])]) -> Result<(), DiskError> {
        let failed = DiskError::failed::<io::Error>(Attempt::WriteOver, path);
        let (file, len) = self.open_over(path, Attempt::WriteOver)?;
        let is_within = |(at, bytes): &(u64, &[u8])| at.saturating_add(bytes.len() as u64) <= len;
        if !pieces.iter().all(is_within) {
            return Err(failed(io::ErrorKind::InvalidInput.into()));
        }
        for (at, bytes) in pieces {
            file.write_at(*at, bytes).map_err(&failed)?;
        }
        file.sync().map_err(failed)
    }

    fn open_read(&self, path: &str) -> Result<Option<Box<dyn ReadFile>>, DiskError> {
        let Some((file, len)) = self.open_existing(path, Attempt::OpenRead)? else {
            return Ok(None);
        };
        Ok(Some(Box::new(Reading::new(file, path, len))))
    }

    fn try_lock(&self, path: &str) -> Result<LockGuard, DiskError> {
        let (folder, name) = self.folder_of(path, Attempt::Lock)?;
        let (file, _) = open_or_create(&folder, name, path, Attempt::Lock)?;
        if file.try_lock().map_err(DiskError::failed(Attempt::Lock, path))? {
            Ok(LockGuard::holding(Locked(file)))
        } else {
            Err(DiskError::Locked { path: path.to_owned() })
        }
    }

    fn settle(&self, path: &str) -> Result<(), DiskError> {
        let failed = DiskError::failed::<io::Error>(Attempt::Settle, path);
        if path.is_empty() {
            return self.root.sync().map_err(failed);
        }
        let Some((folder, name)) = self.existing_folder_of(path, Attempt::Settle)? else {
            return Ok(());
        };
        let synced = match folder.open(name, Access::Read).map_err(&failed)? {
            Opened::File(file, _) => file.sync(),
            Opened::NotRegular => folder.below(&[name]).and_then(|inside| inside.sync()),
            Opened::Nothing => Ok(()),
        };
        synced.map_err(failed)
    }

    fn bytes_free(&self) -> Result<u64, DiskError> {
        self.root.bytes_free().map_err(DiskError::failed(Attempt::BytesFree, ""))
    }
}

impl<F: Folder> Durable<F> {
    fn folder_of<'p>(&self, path: &'p str, attempt: Attempt) -> Result<(F, &'p str), DiskError> {
        let (folder, name) = folder_and_name(path)?;
        let folder = self.root.below(&folder).map_err(DiskError::failed(attempt, path))?;
        Ok((folder, name))
    }

    /// The same, or `None` where the folder is missing.
    fn existing_folder_of<'p>(
        &self,
        path: &'p str,
        attempt: Attempt,
    ) -> Result<Option<(F, &'p str)>, DiskError> {
        match self.folder_of(path, attempt) {
            Ok(found) => Ok(Some(found)),
            Err(DiskError::Failed { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Opens a regular file for reading; `None` where it or its folder is missing.
    fn open_existing(
        &self,
        path: &str,
        attempt: Attempt,
    ) -> Result<Option<(F::File, u64)>, DiskError> {
        match self.existing_folder_of(path, attempt)? {
            Some((folder, name)) => open_regular(&folder, name, Access::Read, path, attempt),
            None => Ok(None),
        }
    }

    /// Opens a regular file to be written over.
    fn open_over(&self, path: &str, attempt: Attempt) -> Result<(F::File, u64), DiskError> {
        let (folder, name) = self.folder_of(path, attempt)?;
        let found = open_regular(&folder, name, Access::Overwrite, path, attempt)?;
        let missing = io::Error::from(io::ErrorKind::NotFound);
        found.ok_or_else(|| DiskError::failed(attempt, path)(missing))
    }

    /// Takes a name away and makes that durable; done already where its folder is missing.
    fn unlink_durably(
        &self,
        path: &str,
        attempt: Attempt,
        unlink: impl FnOnce(&F, &str) -> io::Result<()>,
    ) -> Result<(), DiskError> {
        let Some((folder, name)) = self.existing_folder_of(path, attempt)? else {
            return Ok(());
        };
        // Synced also where nothing had the name: an earlier attempt may have failed right there.
        let unlinked = unlink(&folder, name).and_then(|()| folder.sync());
        unlinked.map_err(DiskError::failed(attempt, path))
    }
}

fn open_regular<F: Folder>(
    folder: &F,
    name: &str,
    access: Access,
    path: &str,
    attempt: Attempt,
) -> Result<Option<(F::File, u64)>, DiskError> {
    match folder.open(name, access).map_err(DiskError::failed(attempt, path))? {
        Opened::File(file, len) => Ok(Some((file, len))),
        Opened::Nothing => Ok(None),
        Opened::NotRegular => Err(DiskError::NotRegular { path: path.to_owned() }),
    }
}

fn open_or_create<F: Folder>(
    folder: &F,
    name: &str,
    path: &str,
    attempt: Attempt,
) -> Result<(F::File, u64), DiskError> {
    if let Some(found) = open_regular(folder, name, Access::Append, path, attempt)? {
        return Ok(found);
    }
    match folder.create(name) {
        Ok(file) => Ok((file, 0)),
        // Another program raced us, for a lock say.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let gone = || DiskError::failed(attempt, path)(error);
            open_regular(folder, name, Access::Append, path, attempt)?.ok_or_else(gone)
        }
        Err(error) => Err(DiskError::failed(attempt, path)(error)),
    }
}

/// A file whose lock ends with it.
struct Locked<F: File>(F);

impl<F: File> Drop for Locked<F> {
    fn drop(&mut self) {
        self.0.unlock();
    }
}
