//! Files that survive a power failure, behind a trait that a simulation can implement.
//!
//! [`Disk`] is all that Candor knows of a file system: a few operations below one root folder.
//! What returned `Ok` is on the medium, except where an operation says that it waits for
//! [`AppendFile::sync`]. [`Durable`] does them with the system calls of a [`system::Folder`]:
//! [`OsDisk`] with the operating system's, the simulation with others that lose whatever was not
//! synced.
//!
//! Paths are relative and written with `/` (`"open/2026-11-20.log"`); `""` is the root folder. No
//! symbolic link is followed below the root, on any part of the path.

mod durable;
mod edge;
mod error;
pub mod path;
pub mod system;

use std::any::Any;
use std::fmt;

pub use durable::Durable;
pub use edge::{OsDisk, OsFile, OsFolder};
pub use error::{Attempt, DiskError, ErrorKind};

/// A file or folder as [`Disk::list`] shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The last part of its path.
    pub name: String,
    /// Its length; meaningless for a folder.
    pub bytes: u64,
    /// Whether it is a folder. Whatever is neither file nor folder is listed as a file.
    pub is_folder: bool,
}

/// One root folder and what may be done below it.
///
/// # Errors
///
/// Every operation fails with a [`DiskError`] that names what was attempted and the path. After an
/// error of an operation that changes something, the change may or may not have happened; doing it
/// again is always safe.
#[expect(clippy::missing_errors_doc, reason = "said once above, the same for every operation")]
pub trait Disk: fmt::Debug + Send + Sync {
    /// The whole file, or `None` where there is none. A file longer than `bytes_max` is refused,
    /// and so is whatever is not a regular file, without waiting for it.
    fn read(&self, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, DiskError>;

    /// Gives the file this content: a reader, and a machine that lost power, sees the whole old
    /// content or the whole new one. The file need not exist; its folder must.
    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError>;

    /// Removes the file, if there is one.
    fn remove(&self, path: &str) -> Result<(), DiskError>;

    /// Renames a file or folder, replacing the file `to`. It says nothing of the content: sync
    /// first what was appended.
    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError>;

    /// Makes a folder that only this user may enter, unless it exists. Its parent must exist.
    fn create_folder(&self, path: &str) -> Result<(), DiskError>;

    /// Removes the folder, if there is one, and the files in it. A folder that holds folders is
    /// refused, so that a wrong path cannot cost more than one level.
    fn remove_folder(&self, path: &str) -> Result<(), DiskError>;

    /// Everything in the folder, by name. Unfinished files are listed too ([`path::UNFINISHED`]).
    fn list(&self, folder: &str) -> Result<Vec<Entry>, DiskError>;

    /// Opens the file for appending and makes it if there is none.
    fn open_append(&self, path: &str) -> Result<Box<dyn AppendFile>, DiskError>;

    /// Writes what stands in the file from this place on once more, and makes it durable. What is
    /// read back after a failed sync may not be on the medium, and no later sync would bring it
    /// there: see [`AppendFile`]. What the medium has of it already is not touched by anything but
    /// the same bytes, as each append does with the block in which the one before it ended.
    fn write_again(&self, path: &str, from: u64) -> Result<(), DiskError>;

    /// Writes bytes over what stands in the file at these places, and makes them durable. The file
    /// keeps its length: a piece that would reach beyond its end is refused before anything is
    /// written. A power failure in between keeps all, some or none of the bytes, in any order;
    /// after an error write them again, all of them, as with [`Disk::write_again`].
    fn write_over(&self, path: &str, pieces: &[(u64, &[u8])]) -> Result<(), DiskError>;

    /// Opens the file for reading at any place, or `None` where there is none.
    fn open_read(&self, path: &str) -> Result<Option<Box<dyn ReadFile>>, DiskError>;

    /// Takes the file as a sign that this folder is in use, and makes it if there is none. Ends
    /// with the guard, and with the process however that ends. [`DiskError::Locked`] where another
    /// holds it.
    fn try_lock(&self, path: &str) -> Result<LockGuard, DiskError>;

    /// Makes durable what stands at the path as it reads now, whoever left it there: a file's
    /// content, or the names in a folder, `""` for the root's. A program that was killed between a
    /// rename and its sync leaves a name that everybody sees, and that a power failure takes back.
    /// Needs the right to read alone; nothing to do where nothing is there.
    fn settle(&self, path: &str) -> Result<(), DiskError>;

    /// How many bytes this user may still write.
    fn bytes_free(&self) -> Result<u64, DiskError>;
}

/// A file that grows at its end. One writer at a time: hold a lock.
///
/// The first failure of an append, a sync or a truncation poisons the handle: every later call
/// returns [`DiskError::Poisoned`]. After a failed fsync the system may have dropped the pages that
/// it could not write and marked them clean, so a second fsync succeeds and means nothing. What was
/// appended since the last successful [`sync`](AppendFile::sync) still *reads* back, and may never
/// reach the medium. Whoever goes on reopens the file and truncates it to the length last synced,
/// or begins another file; who does not know that length has the end written again
/// ([`Disk::write_again`]).
#[expect(clippy::missing_errors_doc, reason = "as for `Disk`, and poisoning is told above")]
pub trait AppendFile: fmt::Debug + Send {
    /// Writes the bytes at the end. They are durable after the next [`sync`](AppendFile::sync); a
    /// power failure before it keeps all, some or none of them, in any order, or leaves garbage.
    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError>;

    /// Makes everything appended and truncated so far durable.
    fn sync(&mut self) -> Result<(), DiskError>;

    /// Cuts the file off. Durable after the next [`sync`](AppendFile::sync). A length beyond the
    /// end is an error.
    fn truncate(&mut self, len: u64) -> Result<(), DiskError>;

    /// Its length in bytes, with what is not yet synced.
    fn len(&self) -> u64;

    /// Whether nothing is in it.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A file to be read at any place, also while another handle appends to it.
#[expect(clippy::missing_errors_doc, reason = "as for `Disk`")]
pub trait ReadFile: fmt::Debug + Send + Sync {
    /// Fills the buffer from this offset on and says how much it filled: less than the whole only
    /// where the file ends.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError>;

    /// Its length in bytes at the moment when it was opened.
    fn len(&self) -> u64;

    /// Whether nothing was in it.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A lock, until it is dropped.
#[must_use = "the lock ends when this is dropped"]
pub struct LockGuard(#[expect(dead_code, reason = "held for its drop")] Box<dyn Any + Send + Sync>);

impl LockGuard {
    /// A lock that lasts as long as this value: for implementations of [`Disk`].
    pub fn holding(held: impl Any + Send + Sync) -> Self {
        Self(Box::new(held))
    }
}

impl fmt::Debug for LockGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LockGuard")
    }
}

/// Removes from one folder what a replacement left behind that power or a signal cut short. Call it
/// when a program starts, under its lock: such files hold a copy of what a person may have had
/// deleted since.
///
/// # Errors
///
/// Where listing or removing fails.
pub fn remove_unfinished(disk: &dyn Disk, folder: &str) -> Result<(), DiskError> {
    for entry in disk.list(folder)? {
        if !entry.is_folder && entry.name.ends_with(path::UNFINISHED) {
            disk.remove(&path::join(folder, &entry.name))?;
        }
    }
    Ok(())
}
