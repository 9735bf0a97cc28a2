//! [`Disk`] on the operating system's file system.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::file::{OsAppendFile, OsReadFile};
use super::folder::{FOLDER_MODE, Folder};
use crate::path::{folder_and_name, names, unfinished};
use crate::{AppendFile, Attempt, Disk, DiskError, Entry, LockGuard, ReadFile};

/// A folder of the operating system, held open.
#[derive(Debug)]
pub struct OsDisk {
    root: Folder,
    /// Two replacements of one file at once would share its unfinished file.
    replacing: Mutex<()>,
}

impl OsDisk {
    /// Opens the root folder and makes it if only the last name of its path is missing. The path
    /// itself may lead through symbolic links: that is the administrator's choice.
    ///
    /// # Errors
    ///
    /// Where it cannot be opened, and where every user may write to it.
    pub fn open(root: &Path) -> Result<Self, DiskError> {
        let failed = DiskError::failed(Attempt::OpenRoot, "");
        match rustix::fs::mkdir(root, FOLDER_MODE) {
            Ok(()) => rustix::fs::chmod(root, FOLDER_MODE).map_err(&failed)?,
            // It exists; or, on a read-only system, opening it tells.
            Err(Errno::EXIST | Errno::ROFS) => {}
            Err(error) => return Err(failed(error)),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(root, flags, Mode::empty()).map_err(&failed)?;
        let mode = Mode::from_raw_mode(rustix::fs::fstat(&root).map_err(&failed)?.st_mode);
        if mode.contains(Mode::WOTH) && !mode.contains(Mode::SVTX) {
            return Err(DiskError::OpenToOthers);
        }
        Ok(Self {
            root: Folder(root),
            replacing: Mutex::new(()),
        })
    }
}

impl Disk for OsDisk {
    fn read(&self, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, DiskError> {
        let Some((file, len)) = self.open_existing(path, Attempt::Read)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        if len <= bytes_max {
            // One more than allowed: the file may grow while it is read.
            file.take(bytes_max.saturating_add(1))
                .read_to_end(&mut bytes)
                .map_err(DiskError::failed(Attempt::Read, path))?;
        }
        if len.max(bytes.len() as u64) > bytes_max {
            return Err(DiskError::TooLarge {
                path: path.to_owned(),
                bytes_max,
            });
        }
        Ok(Some(bytes))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let failed = DiskError::failed::<Errno>(Attempt::Replace, path);
        let (folder, name) = folder_and_name(path)?;
        let folder = self.root.below(&folder).map_err(&failed)?;
        let _one_at_a_time = self
            .replacing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let new = unfinished(name);
        // A leftover of an earlier attempt that was cut short.
        folder.unlink(&new, AtFlags::empty()).map_err(&failed)?;
        let mut file = folder.create(&new, OFlags::WRONLY).map_err(&failed)?;
        let renamed = file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| Ok(rustix::fs::renameat(&folder.0, &new, &folder.0, name)?));
        if let Err(error) = renamed {
            // On a full disk it would take the place that is missing. Its own error adds nothing.
            let _ = folder.unlink(&new, AtFlags::empty());
            return Err(DiskError::failed(Attempt::Replace, path)(error));
        }
        folder.sync().map_err(failed)
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.unlink_durably(path, Attempt::Remove, |folder, name| {
            folder.unlink(name, AtFlags::empty())
        })
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let failed = DiskError::failed::<Errno>(Attempt::Rename, from);
        let (from_folder, from_name) = folder_and_name(from)?;
        let (to_folder, to_name) = folder_and_name(to)?;
        let same_folder = from_folder == to_folder;
        let from_folder = self.root.below(&from_folder).map_err(&failed)?;
        let to_folder = self.root.below(&to_folder).map_err(&failed)?;
        rustix::fs::renameat(&from_folder.0, from_name, &to_folder.0, to_name).map_err(&failed)?;
        to_folder.sync().map_err(&failed)?;
        if same_folder {
            Ok(())
        } else {
            from_folder.sync().map_err(failed)
        }
    }

    fn create_folder(&self, path: &str) -> Result<(), DiskError> {
        let failed = DiskError::failed::<Errno>(Attempt::CreateFolder, path);
        let (folder, name) = folder_and_name(path)?;
        let folder = self.root.below(&folder).map_err(&failed)?;
        folder.create_folder(name).map_err(&failed)?;
        // Also where it existed: whoever made it may have died before this line.
        folder.sync().map_err(failed)
    }

    fn remove_folder(&self, path: &str) -> Result<(), DiskError> {
        self.unlink_durably(path, Attempt::RemoveFolder, |folder, name| {
            let inside = match folder.below(&[name]) {
                Ok(inside) => inside,
                Err(Errno::NOENT) => return Ok(()),
                Err(error) => return Err(error),
            };
            let entries = inside.list()?;
            if entries.iter().any(|entry| entry.is_folder) {
                return Err(Errno::NOTEMPTY);
            }
            for entry in entries {
                inside.unlink(&entry.name, AtFlags::empty())?;
            }
            folder.unlink(name, AtFlags::REMOVEDIR)
        })
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, DiskError> {
        let failed = DiskError::failed::<Errno>(Attempt::List, folder);
        let open = self.root.below(&names(folder)?).map_err(&failed)?;
        open.list().map_err(failed)
    }

    fn open_append(&self, path: &str) -> Result<Box<dyn AppendFile>, DiskError> {
        let failed = DiskError::failed::<Errno>(Attempt::OpenAppend, path);
        let (folder, name) = folder_and_name(path)?;
        let folder = self.root.below(&folder).map_err(&failed)?;
        let flags = OFlags::WRONLY | OFlags::APPEND;
        let (file, len) = folder.open_or_create(name, flags, Attempt::OpenAppend, path)?;
        // A log whose name is lost is lost with it. Also where it existed: see `create_folder`.
        folder.sync().map_err(failed)?;
        Ok(Box::new(OsAppendFile::new(file, path, len)))
    }

    fn open_read(&self, path: &str) -> Result<Option<Box<dyn ReadFile>>, DiskError> {
        let Some((file, len)) = self.open_existing(path, Attempt::OpenRead)? else {
            return Ok(None);
        };
        Ok(Some(Box::new(OsReadFile {
            file,
            path: path.to_owned(),
            len,
        })))
    }

    fn try_lock(&self, path: &str) -> Result<LockGuard, DiskError> {
        let failed = DiskError::failed::<Errno>(Attempt::Lock, path);
        let (folder, name) = folder_and_name(path)?;
        let folder = self.root.below(&folder).map_err(&failed)?;
        let (file, _) = folder.open_or_create(name, OFlags::RDWR, Attempt::Lock, path)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(LockGuard::holding(file)),
            Err(Errno::WOULDBLOCK) => Err(DiskError::Locked {
                path: path.to_owned(),
            }),
            Err(error) => Err(failed(error)),
        }
    }

    fn bytes_free(&self) -> Result<u64, DiskError> {
        let failed = DiskError::failed::<Errno>(Attempt::BytesFree, "");
        let stat = rustix::fs::fstatvfs(&self.root.0).map_err(failed)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

impl OsDisk {
    /// Opens a regular file for reading; `None` where it or its folder is missing.
    fn open_existing(
        &self,
        path: &str,
        attempt: Attempt,
    ) -> Result<Option<(std::fs::File, u64)>, DiskError> {
        let (folder, name) = folder_and_name(path)?;
        match self.root.below(&folder) {
            Ok(folder) => folder.open(name, OFlags::RDONLY, attempt, path),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(DiskError::failed(attempt, path)(error)),
        }
    }

    /// Takes a name away and makes that durable; done already where its folder is missing.
    fn unlink_durably(
        &self,
        path: &str,
        attempt: Attempt,
        unlink: impl FnOnce(&Folder, &str) -> Result<(), Errno>,
    ) -> Result<(), DiskError> {
        let failed = DiskError::failed::<Errno>(attempt, path);
        let (folder, name) = folder_and_name(path)?;
        let folder = match self.root.below(&folder) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        unlink(&folder, name).map_err(&failed)?;
        // Also where nothing had the name: an earlier attempt may have failed right here.
        folder.sync().map_err(failed)
    }
}
