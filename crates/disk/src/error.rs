//! What can go wrong on a disk, told so that a person can be told what to do.

use std::fmt;
use std::io;

/// Why an operation failed. Paths are relative to the root folder; who shows the error knows the
/// root.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The system refused it.
    #[error("cannot {attempt} {path}")]
    Failed {
        /// What was attempted.
        attempt: Attempt,
        /// With what; `.` is the root folder.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Another program, or another part of this one, holds the lock.
    #[error("{path} is held by another program")]
    Locked {
        /// The lock.
        path: String,
    },
    /// The file is longer than the caller takes.
    #[error("{path} is longer than {bytes_max} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// The bound it breaks.
        bytes_max: u64,
    },
    /// A symbolic link, a folder, a pipe, a socket or a device where a file should be.
    #[error("{path} is not a regular file")]
    NotRegular {
        /// What is none.
        path: String,
    },
    /// An earlier append, sync or truncation through this handle failed: see
    /// [`AppendFile`](crate::AppendFile).
    #[error("{path} failed earlier and must be reopened")]
    Poisoned {
        /// The file.
        path: String,
    },
    /// The path is not one of those that [`path::names`](crate::path::names) takes.
    #[error("{path:?} is not a path below the root folder")]
    BadPath {
        /// The path as it was given.
        path: String,
    },
    /// Everyone on the machine may put files into the root folder, or take them away.
    #[error("the folder is writable by every user: take that right away with chmod o-w")]
    OpenToOthers,
}

/// What was attempted, as it completes "cannot …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the operation of `Disk` or a file that has its name")]
pub enum Attempt {
    OpenRoot,
    Read,
    Replace,
    Remove,
    Rename,
    CreateFolder,
    RemoveFolder,
    List,
    OpenAppend,
    OpenRead,
    Lock,
    BytesFree,
    Append,
    Sync,
    Truncate,
    WriteAgain,
    WriteOver,
    ReadAt,
    Settle,
}

/// What a person can do about an error: one kind, one advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// No space, or the user's share of it is used up.
    Full,
    /// The file system is mounted read-only.
    ReadOnly,
    /// The user may not.
    Denied,
    /// Another program is at work in the folder.
    Locked,
    /// A file is longer than it can rightly be.
    TooLarge,
    /// Something else lies where a file or folder should be.
    NotRegular,
    /// The handle must be reopened.
    Poisoned,
    /// Anything else: a broken medium, a missing folder, a bad path.
    Other,
}

impl DiskError {
    /// Makes the system's answer an error: `.map_err(DiskError::failed(Attempt::Read, path))`.
    pub fn failed<E: Into<io::Error>>(attempt: Attempt, path: &str) -> impl Fn(E) -> Self {
        let path = if path.is_empty() { "." } else { path };
        move |source| Self::Failed { attempt, path: path.to_owned(), source: source.into() }
    }

    /// What a person can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Failed { source, .. } => kind_of(source.kind()),
            Self::Locked { .. } => ErrorKind::Locked,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::NotRegular { .. } => ErrorKind::NotRegular,
            Self::Poisoned { .. } => ErrorKind::Poisoned,
            Self::OpenToOthers => ErrorKind::Denied,
            Self::BadPath { .. } => ErrorKind::Other,
        }
    }
}

fn kind_of(kind: io::ErrorKind) -> ErrorKind {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Full,
        io::ErrorKind::ReadOnlyFilesystem => ErrorKind::ReadOnly,
        io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        // A link or a file stands where a folder should be, or a folder where a file should be.
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => ErrorKind::NotRegular,
        _ => ErrorKind::Other,
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenRoot => "open the root folder",
            Self::Read | Self::ReadAt => "read",
            Self::Replace => "replace",
            Self::Remove => "remove",
            Self::Rename => "rename",
            Self::CreateFolder => "make the folder",
            Self::RemoveFolder => "remove the folder",
            Self::List => "list the folder",
            Self::OpenAppend => "open for appending",
            Self::OpenRead => "open for reading",
            Self::Lock => "lock",
            Self::BytesFree => "measure the free space of",
            Self::Append => "append to",
            Self::Sync => "sync",
            Self::Truncate => "truncate",
            Self::WriteAgain => "write again the end of",
            Self::WriteOver => "write over",
            Self::Settle => "make durable",
        })
    }
}
