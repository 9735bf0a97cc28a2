//! Keys as files: the root wherever its owner wants it, dated keys in the data folder.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use contract::calendar::add_days;
use contract::id::ProgramId;
use disk::{Disk, DiskError, path::join};
use envelope::{DatedKey, KeyFileError, KeyPurpose, RootKey};
use jiff::civil::Date;

use super::random;
use crate::limits::KEY_FILE_BYTES_MAX;

/// The folder of dated keys.
const FOLDER: &str = "keys";
const SUFFIX: &str = ".json";

/// Why a key was not made, written or read.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A root's file could not be written.
    #[error("the root's file cannot be written")]
    WriteRoot(#[source] std::io::Error),
    /// A root's file could not be read.
    #[error("the root's file cannot be read")]
    ReadRoot(#[source] std::io::Error),
    /// A root's file holds no root.
    #[error("the file holds no root key")]
    Root(#[source] KeyFileError),
    /// A dated key's file holds none.
    #[error("{path} holds no dated key")]
    Dated {
        /// The file, below the data folder.
        path: String,
        /// Why.
        source: KeyFileError,
    },
    /// The disk refused it.
    #[error("the data folder cannot be used")]
    Disk(#[from] DiskError),
}

/// Makes a root and writes it into a new file that only its owner may read.
///
/// # Errors
/// If the file exists or cannot be written.
pub fn create_root(path: &Path) -> Result<RootKey, KeysError> {
    let root = RootKey::generate(&mut random::system());
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(KeysError::WriteRoot)?;
    let written = file.write_all(root.to_file_text().as_bytes()).and_then(|()| file.sync_all());
    written.map_err(KeysError::WriteRoot)?;
    Ok(root)
}

/// Reads a root's file.
///
/// # Errors
/// If it cannot be read or holds none.
pub fn read_root(path: &Path) -> Result<RootKey, KeysError> {
    let mut text = String::new();
    let file = OpenOptions::new().read(true).open(path).map_err(KeysError::ReadRoot)?;
    file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).map_err(KeysError::ReadRoot)?;
    RootKey::from_file_text(&text).map_err(KeysError::Root)
}

/// Has a root certify a new key from today on, and writes it into the data folder. Says where.
///
/// # Errors
/// If the data folder cannot be written.
pub fn issue(
    disk: &dyn Disk,
    root: &RootKey,
    (program, purpose): (&ProgramId, KeyPurpose),
    (today, days): (Date, u16),
) -> Result<(String, DatedKey), KeysError> {
    let last_day = add_days(today, i32::from(days.max(1)) - 1);
    let key = root.issue(&mut random::system(), purpose, program.as_str(), (today, last_day));
    let folder = join(FOLDER, program.as_str());
    disk.create_folder(FOLDER)?;
    disk.create_folder(&folder)?;
    let mut public = key.certificate().public.to_string();
    public.truncate(12);
    let path = join(&folder, &format!("{}-{today}-{public}{SUFFIX}", word(purpose)));
    disk.replace(&path, key.to_file_text().as_bytes())?;
    Ok((path, key))
}

/// Every dated key of the data folder, with its file.
///
/// # Errors
/// If a file cannot be read, or holds no key.
pub fn read_all(disk: &dyn Disk) -> Result<Vec<(String, DatedKey)>, KeysError> {
    let mut keys = Vec::new();
    if !disk.list("")?.iter().any(|entry| entry.name == FOLDER) {
        return Ok(keys);
    }
    for program in disk.list(FOLDER)?.iter().filter(|entry| entry.is_folder) {
        let folder = join(FOLDER, &program.name);
        for file in disk.list(&folder)?.iter().filter(|file| file.name.ends_with(SUFFIX)) {
            let path = join(&folder, &file.name);
            let bytes = disk.read(&path, KEY_FILE_BYTES_MAX)?.unwrap_or_default();
            let text = String::from_utf8(bytes).unwrap_or_default();
            let key = DatedKey::from_file_text(&text)
                .map_err(|source| KeysError::Dated { path: path.clone(), source })?;
            keys.push((path, key));
        }
    }
    Ok(keys)
}

/// The word for a purpose.
pub fn word(purpose: KeyPurpose) -> &'static str {
    match purpose {
        KeyPurpose::Receipt => "receipt",
        KeyPurpose::Release => "release",
        KeyPurpose::Ohttp => "ohttp",
    }
}
