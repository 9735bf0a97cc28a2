//! Folders held open, so that nobody can swap one for a symbolic link between check and use.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::{Attempt, DiskError, Entry};

/// Files: for this user alone, whatever the umask.
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
/// Folders: for this user alone, whatever the umask.
pub(super) const FOLDER_MODE: Mode = Mode::RWXU;
const FOLDER_FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);
/// A pipe or a device under a file's name must neither hang us nor become our terminal.
const FILE_FLAGS: OFlags = OFlags::NOFOLLOW
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder(pub(super) OwnedFd);

impl Folder {
    /// The folder below this one to which the names lead.
    pub(super) fn below(&self, names: &[&str]) -> Result<Self, Errno> {
        let mut at = rustix::fs::openat(&self.0, ".", FOLDER_FLAGS, Mode::empty())?;
        for name in names {
            at = rustix::fs::openat(&at, *name, FOLDER_FLAGS, Mode::empty())?;
        }
        Ok(Self(at))
    }

    /// Opens a regular file that exists; `None` where nothing has the name. Errors say what was
    /// attempted with which path.
    pub(super) fn open(
        &self,
        name: &str,
        flags: OFlags,
        attempt: Attempt,
        path: &str,
    ) -> Result<Option<(File, u64)>, DiskError> {
        let fd = match rustix::fs::openat(&self.0, name, flags | FILE_FLAGS, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            // A symbolic link, a pipe or socket without a reader, a folder opened for writing.
            Err(Errno::LOOP | Errno::NXIO | Errno::ISDIR) => {
                return Err(DiskError::NotRegular {
                    path: path.to_owned(),
                });
            }
            Err(error) => return Err(DiskError::failed(attempt, path)(error)),
        };
        let stat = rustix::fs::fstat(&fd).map_err(DiskError::failed(attempt, path))?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
            Ok(Some((
                File::from(fd),
                u64::try_from(stat.st_size).unwrap_or(0),
            )))
        } else {
            Err(DiskError::NotRegular {
                path: path.to_owned(),
            })
        }
    }

    /// Makes a file that must not exist, under a name that nothing has: not even a link.
    pub(super) fn create(&self, name: &str, flags: OFlags) -> Result<File, Errno> {
        let flags = flags | FILE_FLAGS | OFlags::CREATE | OFlags::EXCL;
        let fd = rustix::fs::openat(&self.0, name, flags, FILE_MODE)?;
        rustix::fs::fchmod(&fd, FILE_MODE)?;
        Ok(File::from(fd))
    }

    /// Opens a regular file, and makes it where nothing has the name.
    pub(super) fn open_or_create(
        &self,
        name: &str,
        flags: OFlags,
        attempt: Attempt,
        path: &str,
    ) -> Result<(File, u64), DiskError> {
        match self.create(name, flags) {
            Ok(file) => return Ok((file, 0)),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(DiskError::failed(attempt, path)(error)),
        }
        // Gone again in between: whoever removes files at the same time holds no lock.
        let gone = || DiskError::failed(attempt, path)(Errno::NOENT);
        self.open(name, flags, attempt, path)?.ok_or_else(gone)
    }

    /// Makes a folder unless it exists.
    pub(super) fn create_folder(&self, name: &str) -> Result<(), Errno> {
        match rustix::fs::mkdirat(&self.0, name, FOLDER_MODE) {
            Ok(()) => rustix::fs::fchmod(&self.below(&[name])?.0, FOLDER_MODE),
            // Something has the name: it must be a folder.
            Err(Errno::EXIST) => self.below(&[name]).map(drop),
            Err(error) => Err(error),
        }
    }

    /// Removes a name; it is no error where nothing has it.
    pub(super) fn unlink(&self, name: &str, flags: AtFlags) -> Result<(), Errno> {
        match rustix::fs::unlinkat(&self.0, name, flags) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes the names in this folder durable.
    pub(super) fn sync(&self) -> Result<(), Errno> {
        rustix::fs::fsync(self.0.as_fd())
    }

    /// What is in it, by name.
    pub(super) fn list(&self) -> Result<Vec<Entry>, Errno> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            match rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => entries.push(Entry {
                    name: name.to_string_lossy().into_owned(),
                    bytes: u64::try_from(stat.st_size).unwrap_or(0),
                    is_folder: FileType::from_raw_mode(stat.st_mode) == FileType::Directory,
                }),
                // Removed while we were listing.
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error),
            }
        }
        entries.sort();
        Ok(entries)
    }
}
