//! A copy of the data folder that can be put back: made beside a running server, put back only
//! together with what was deleted since.
//!
//! Parts are copied before the records of deletions, so a backup's deletions are never older than
//! its parts. A copy has a list of its files, which makes it a backup: no server opens a folder
//! with that list, so nobody serves a backup that still holds what was deleted after it.

use disk::{Disk, DiskError, path::UNFINISHED, path::join};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::limits::{BACKUP_LIST_BYTES_MAX, READ_BYTES};
use crate::store::{BACKUP, Deletions, INDEX_SUFFIX, log_pieces};

/// The version of a backup's list.
const FORMAT: u32 = 1;
/// How often a folder that changes while it is copied is looked at again.
const PASSES_MAX: usize = 8;
/// What is copied, in this order: parts, then what is made of them. Private keys only where asked,
/// and what senders seal to never: its keys are destroyed after days so that nobody can read later
/// what was sent.
const FOLDERS: [&str; 3] = ["parts", "manifests", "releases"];
const KEYS: &str = "keys";
/// The files of a channel that must not be older than its parts.
const LAST: [&str; 2] = ["pending.log", "deleted.log"];

/// The list of a backup's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    files: Vec<ListedFile>,
    format: u32,
    /// The day on which it was made.
    pub taken_on: Date,
    /// Whether private keys are in it.
    pub with_keys: bool,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedFile {
    bytes: u64,
    crc: u32,
    path: String,
}

impl Listed {
    /// How many files there are.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// Their bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Why no backup was made or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A disk refused it.
    #[error("the disk refused it")]
    Disk(#[from] DiskError),
    /// The folder holds something already.
    #[error("the folder is not empty")]
    NotEmpty,
    /// The folder has no list of a backup, or one of another version.
    #[error("the folder is no whole backup that this program reads")]
    NoBackup,
    /// A file is not what the list says.
    #[error("{0} is not as it was when the backup was made")]
    Changed(String),
    /// The list of deletions is older than the backup.
    #[error("the deletions are of {as_of}, the backup of {taken_on}")]
    Old {
        /// The day of the deletions.
        as_of: Date,
        /// The day of the backup.
        taken_on: Date,
    },
    /// The folder changed faster than it could be copied.
    #[error("the folder changed all the time")]
    Restless,
}

/// Copies a data folder into an empty one. A server may be at work in the first.
///
/// # Errors
/// If a disk fails, or the second folder is not empty; what was copied then is no backup.
pub fn backup(
    from: &dyn Disk,
    to: &dyn Disk,
    (with_keys, today): (bool, Date),
) -> Result<Listed, BackupError> {
    if !to.list("")?.is_empty() {
        return Err(BackupError::NotEmpty);
    }
    let mut files = Vec::new();
    let names: Vec<String> = from.list("")?.into_iter().map(|entry| entry.name).collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    for folder in FOLDERS.into_iter().filter(|folder| has(folder)) {
        copy_folder(from, to, folder, &mut files)?;
    }
    if with_keys && has(KEYS) {
        copy_folder(from, to, KEYS, &mut files)?;
    }
    let listed = Listed { files, format: FORMAT, taken_on: today, with_keys };
    to.replace(BACKUP, &serde_json::to_vec(&listed).unwrap_or_default())?;
    Ok(listed)
}

/// Puts a backup into an empty folder, which is still a backup afterwards: it is served after
/// [`crate::store::restore`] took out what was deleted since.
///
/// # Errors
/// If a disk fails, the backup is not whole, or the deletions are older than it.
pub fn put_back(
    from: &dyn Disk,
    to: &dyn Disk,
    deletions: &Deletions,
) -> Result<Listed, BackupError> {
    let listed = read_list(from)?;
    let (as_of, taken_on) = (deletions.as_of, listed.taken_on);
    if as_of < taken_on {
        return Err(BackupError::Old { as_of, taken_on });
    }
    if !to.list("")?.is_empty() {
        return Err(BackupError::NotEmpty);
    }
    // First of all: a folder in which this was cut short is served by nobody.
    to.replace(BACKUP, &serde_json::to_vec(&listed).unwrap_or_default())?;
    for file in &listed.files {
        make_folders(to, &file.path)?;
        let copied = copy(from, to, &file.path)?;
        if copied.as_ref() != Some(file) {
            return Err(BackupError::Changed(file.path.clone()));
        }
    }
    Ok(listed)
}

fn read_list(from: &dyn Disk) -> Result<Listed, BackupError> {
    let bytes = from.read(BACKUP, BACKUP_LIST_BYTES_MAX)?.ok_or(BackupError::NoBackup)?;
    let listed: Listed = serde_json::from_slice(&bytes).map_err(|_| BackupError::NoBackup)?;
    if listed.format == FORMAT { Ok(listed) } else { Err(BackupError::NoBackup) }
}

/// Copies what is in a folder until nothing new is found in it: a log may become columns meanwhile.
fn copy_folder(
    from: &dyn Disk,
    to: &dyn Disk,
    folder: &str,
    files: &mut Vec<ListedFile>,
) -> Result<(), BackupError> {
    to.create_folder(folder)?;
    for _ in 0..PASSES_MAX {
        let mut is_whole = true;
        for entry in from.list(folder)? {
            let path = join(folder, &entry.name);
            let is_passing = entry.name.ends_with(UNFINISHED) || entry.name.ends_with(INDEX_SUFFIX);
            if is_passing || files.iter().any(|file| file.path == path) {
                continue;
            }
            if entry.is_folder {
                is_whole &= copied_below(from, to, &path, files)?;
            } else if !LAST.contains(&entry.name.as_str()) {
                let copied = copy(from, to, &path)?;
                is_whole &= copied.is_some();
                files.extend(copied);
            }
        }
        if is_whole {
            // Looked for now: the first deletion of a channel makes them, maybe of a part that was
            // about to be copied. A batch may also have ended since, and a file with it.
            for entry in from.list(folder)? {
                if !entry.is_folder && LAST.contains(&entry.name.as_str()) {
                    files.extend(copy(from, to, &join(folder, &entry.name))?);
                }
            }
            return Ok(());
        }
    }
    Err(BackupError::Restless)
}

/// A folder that goes while it is copied is missing, and is looked for under its other name.
fn copied_below(
    from: &dyn Disk,
    to: &dyn Disk,
    path: &str,
    files: &mut Vec<ListedFile>,
) -> Result<bool, BackupError> {
    match copy_folder(from, to, path, files) {
        Ok(()) => Ok(true),
        Err(BackupError::Disk(DiskError::Failed { source, .. }))
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Copies a file as long as it was when it was opened; `None` where it is gone. Rows of a log
/// become void in their places while it is copied, so it is copied by whole records.
fn copy(from: &dyn Disk, to: &dyn Disk, path: &str) -> Result<Option<ListedFile>, DiskError> {
    to.remove(path)?;
    let mut copy = to.open_append(path)?;
    let mut hasher = crc32fast::Hasher::new();
    let (mut length, mut waiting) = (0, Vec::with_capacity(READ_BYTES));
    let is_there = log_pieces(from, path, |bytes| {
        hasher.update(bytes);
        length += bytes.len() as u64;
        waiting.extend_from_slice(bytes);
        if waiting.len() >= READ_BYTES {
            copy.append(&waiting)?;
            waiting.clear();
        }
        Ok(())
    })?;
    if !is_there {
        drop(copy);
        to.remove(path)?;
        return Ok(None);
    }
    copy.append(&waiting)?;
    copy.sync()?;
    Ok(Some(ListedFile { bytes: length, crc: hasher.finalize(), path: path.to_owned() }))
}

fn make_folders(to: &dyn Disk, path: &str) -> Result<(), DiskError> {
    let names = disk::path::names(path)?;
    let mut folder = String::new();
    for name in names.iter().take(names.len().saturating_sub(1)) {
        folder = join(&folder, name);
        to.create_folder(&folder)?;
    }
    Ok(())
}
