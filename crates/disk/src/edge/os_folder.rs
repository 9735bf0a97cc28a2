//! Folders and files held open, so that nobody can swap one for a symbolic link between check and
//! use.

use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::Entry;
use crate::system::{Access, File, Folder, Opened};

/// Files: for this user alone, whatever the umask.
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
/// Folders: for this user alone, whatever the umask.
pub(super) const FOLDER_MODE: Mode = Mode::RWXU;
const FOLDER_FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// A pipe or a device under a file's name must neither hang us nor become our terminal.
const FILE_FLAGS: OFlags =
    OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
/// Bytes from which on the space of a file is freed on a thread of its own: ext4 takes half a
/// second for 840 MB, with what is cached of it.
const LARGE_BYTES: i64 = 8 * 1024 * 1024;
const APPEND_FLAGS: OFlags = OFlags::WRONLY.union(OFlags::APPEND);

/// An open folder.
#[derive(Debug)]
pub struct OsFolder(OwnedFd);

/// An open file.
#[derive(Debug)]
pub struct OsFile(std::fs::File);

impl OsFolder {
    pub(super) fn new(folder: OwnedFd) -> Self {
        Self(folder)
    }
}

impl Folder for OsFolder {
    type File = OsFile;

    fn below(&self, names: &[&str]) -> io::Result<Self> {
        let mut folder = rustix::fs::openat(&self.0, ".", FOLDER_FLAGS, Mode::empty())?;
        for name in names {
            folder = rustix::fs::openat(&folder, *name, FOLDER_FLAGS, Mode::empty())?;
        }
        Ok(Self(folder))
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Opened<OsFile>> {
        let flags = match access {
            Access::Read => OFlags::RDONLY,
            Access::Append => APPEND_FLAGS,
            Access::Overwrite => OFlags::RDWR,
        };
        let fd = match rustix::fs::openat(&self.0, name, flags | FILE_FLAGS, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(Opened::Nothing),
            // A symbolic link, a pipe or socket without a reader, a folder opened for writing.
            Err(Errno::LOOP | Errno::NXIO | Errno::ISDIR) => return Ok(Opened::NotRegular),
            Err(error) => return Err(error.into()),
        };
        let stat = rustix::fs::fstat(&fd)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
            Ok(Opened::File(OsFile(fd.into()), u64::try_from(stat.st_size).unwrap_or(0)))
        } else {
            Ok(Opened::NotRegular)
        }
    }

    fn create(&self, name: &str) -> io::Result<OsFile> {
        let flags = APPEND_FLAGS | FILE_FLAGS | OFlags::CREATE | OFlags::EXCL;
        let fd = rustix::fs::openat(&self.0, name, flags, FILE_MODE)?;
        rustix::fs::fchmod(&fd, FILE_MODE)?;
        Ok(OsFile(fd.into()))
    }

    fn create_folder(&self, name: &str) -> io::Result<()> {
        match rustix::fs::mkdirat(&self.0, name, FOLDER_MODE) {
            Ok(()) => Ok(rustix::fs::fchmod(&self.below(&[name])?.0, FOLDER_MODE)?),
            // Something has the name: it must be a folder.
            Err(Errno::EXIST) => self.below(&[name]).map(drop),
            Err(error) => Err(error.into()),
        }
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        let large = self.large(name);
        unlink(&self.0, name, AtFlags::empty())?;
        free(large);
        Ok(())
    }

    fn unlink_folder(&self, name: &str) -> io::Result<()> {
        unlink(&self.0, name, AtFlags::REMOVEDIR)
    }

    fn rename(&self, name: &str, to: &Self, to_name: &str) -> io::Result<()> {
        let large = to.large(to_name);
        rustix::fs::renameat(&self.0, name, &to.0, to_name)?;
        free(large);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.0)?)
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
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
                Err(error) => return Err(error.into()),
            }
        }
        entries.sort();
        Ok(entries)
    }

    fn bytes_free(&self) -> io::Result<u64> {
        let stat = rustix::fs::fstatvfs(&self.0)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

impl File for OsFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.0).write_all(bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        // fdatasync: the content and the length, without the times.
        self.0.sync_data()
    }

    fn try_lock(&self) -> io::Result<bool> {
        match rustix::fs::flock(&self.0, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn unlock(&self) {
        // It ends with the last copy of the descriptor at the latest.
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}

impl OsFolder {
    /// Holds a large file, so that its space is not freed while somebody waits for its removal.
    fn large(&self, name: &str) -> Option<OwnedFd> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.0, name, flags, Mode::empty()).ok()?;
        let stat = rustix::fs::fstat(&file).ok()?;
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        (is_file && stat.st_size >= LARGE_BYTES).then_some(file)
    }
}

/// Frees the space of a file that has lost its name. A machine that fails meanwhile frees it when
/// it starts again, as the system does with every file that somebody had open.
fn free(large: Option<OwnedFd>) {
    let Some(file) = large else { return };
    // Where no thread can be had, it is freed here and now.
    let _ = std::thread::Builder::new().name("freeing".to_owned()).spawn(move || drop(file));
}

fn unlink(folder: &OwnedFd, name: &str, flags: AtFlags) -> io::Result<()> {
    match rustix::fs::unlinkat(folder, name, flags) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
