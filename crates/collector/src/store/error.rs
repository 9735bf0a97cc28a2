//! What can go wrong with stored parts.

use disk::{DiskError, ErrorKind};

/// Why the store cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk refused it.
    #[error("the disk refused it")]
    Disk(#[from] DiskError),
    /// A file holds something that was once durable and no longer reads back.
    #[error("{path} is damaged at byte {offset}")]
    Damaged {
        /// The file.
        path: String,
        /// Where the first unreadable record begins.
        offset: u64,
    },
    /// A file was written by a newer Candor.
    #[error("{path} has format {format}, this program reads up to {}", crate::record::FORMAT)]
    Newer {
        /// The file.
        path: String,
        /// Its format.
        format: u32,
    },
    /// The folder is a backup, in which there may be what was deleted after it was made.
    #[error("this folder is a backup")]
    Backup,
    /// A rewrite failed at its last step: either file may have the name, so it is read again.
    #[error("{path} must be read again before it is used")]
    Unsettled {
        /// The file.
        path: String,
    },
}

/// Why the store does not take anything at the moment; whoever asks may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Too little space is left on the disk.
    Full,
    /// The disk failed; what was written last is being cut off before anything else is written.
    Disk,
    /// No key is certified for receipts of this program today.
    Key,
    /// Too many deletions of tags that were never seen.
    Crowded,
}

impl StoreError {
    /// What it means for whoever asked.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Disk(error) if error.kind() == ErrorKind::Full => Trouble::Full,
            _ => Trouble::Disk,
        }
    }
}
