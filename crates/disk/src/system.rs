//! The system calls that a disk is made of. What makes files durable, the order of these calls, is
//! written once on top of them ([`Durable`](crate::Durable)), so that a simulation which supplies
//! them tests the very code that runs on a person's machine.

use std::fmt;
use std::io;

use crate::Entry;

/// What has a name in a folder.
#[derive(Debug)]
pub enum Opened<F> {
    /// Nothing.
    Nothing,
    /// A regular file and its length.
    File(F, u64),
    /// Something else; it was not opened, or not for long.
    NotRegular,
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading.
    Read,
    /// Writing at its end, and truncating.
    Append,
    /// Reading, and writing over what is there.
    Overwrite,
}

/// An open folder. Nothing here makes a name durable but [`sync`](Folder::sync).
#[expect(clippy::missing_errors_doc, reason = "each fails where the system refuses")]
pub trait Folder: fmt::Debug + Send + Sync + Sized + 'static {
    /// An open file of this system.
    type File: File;

    /// The folder below this one to which the names lead, through no symbolic link.
    fn below(&self, names: &[&str]) -> io::Result<Self>;
    /// Opens what has the name.
    fn open(&self, name: &str, access: Access) -> io::Result<Opened<Self::File>>;
    /// Makes an empty file for appending; an error if anything has the name, be it a link.
    fn create(&self, name: &str) -> io::Result<Self::File>;
    /// Makes a folder, unless there is one.
    fn create_folder(&self, name: &str) -> io::Result<()>;
    /// Takes a file's name away; no error where nothing has it.
    fn unlink(&self, name: &str) -> io::Result<()>;
    /// Removes an empty folder; no error where nothing has the name.
    fn unlink_folder(&self, name: &str) -> io::Result<()>;
    /// Moves what has the name to another folder and name, in one step.
    fn rename(&self, name: &str, to: &Self, to_name: &str) -> io::Result<()>;
    /// Makes the names in this folder durable.
    fn sync(&self) -> io::Result<()>;
    /// What is in it, by name.
    fn list(&self) -> io::Result<Vec<Entry>>;
    /// How many bytes this user may still write.
    fn bytes_free(&self) -> io::Result<u64>;
}

/// An open file. Nothing here makes content durable but [`sync`](File::sync).
#[expect(clippy::missing_errors_doc, reason = "each fails where the system refuses")]
pub trait File: fmt::Debug + Send + Sync + 'static {
    /// Reads some bytes from this offset on; 0 is the end of the file.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes all the bytes at the end; after an error, any part of them may be there.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;
    /// Writes all the bytes at this offset, over what is there; after an error, any part of them
    /// may be there.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file off.
    fn truncate(&self, len: u64) -> io::Result<()>;
    /// Makes the content and the length durable.
    fn sync(&self) -> io::Result<()>;
    /// Locks the file; `false` where another open file holds the lock.
    fn try_lock(&self) -> io::Result<bool>;
    /// Lets the lock go. Closing alone is not enough: a child that was forked meanwhile and has not
    /// begun its own program yet has the file open too.
    fn unlock(&self);
}
