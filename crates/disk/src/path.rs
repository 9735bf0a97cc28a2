//! Paths below the root: which are well formed, and how they come apart.

use crate::DiskError;

/// The end of the name under which a file is written before it gets its own name. A constant, not a
/// random name: a leftover is overwritten by the next attempt and cannot pile up.
pub const UNFINISHED: &str = ".unfinished";

/// Longest path in bytes; Linux takes 4,096 with the root before it.
const PATH_BYTES_MAX: usize = 1024;
/// Longest name in bytes: what ext4, XFS and btrfs take, less [`UNFINISHED`].
const NAME_BYTES_MAX: usize = 255 - UNFINISHED.len();

/// The names that lead to the place, none for `""`.
///
/// # Errors
///
/// [`DiskError::BadPath`] for an absolute path, for an empty name, `.`, `..`, a name with a control
/// character, and for what is too long.
pub fn names(path: &str) -> Result<Vec<&str>, DiskError> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = path.split('/').collect();
    if path.len() <= PATH_BYTES_MAX && names.iter().all(|name| is_name(name)) {
        Ok(names)
    } else {
        Err(DiskError::BadPath { path: path.to_owned() })
    }
}

/// The names that lead to the folder, and the name in it.
///
/// # Errors
///
/// As [`names`], and for `""`, which lies in no folder.
pub fn folder_and_name(path: &str) -> Result<(Vec<&str>, &str), DiskError> {
    let mut folder = names(path)?;
    match folder.pop() {
        Some(name) => Ok((folder, name)),
        None => Err(DiskError::BadPath { path: path.to_owned() }),
    }
}

/// The name in the folder, as a path.
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Where a file is written before it gets its own name. Large files are appended to it piece by
/// piece, synced and renamed; small ones go through [`Disk::replace`](crate::Disk::replace).
pub fn unfinished(path: &str) -> String {
    format!("{path}{UNFINISHED}")
}

fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(UNFINISHED).unwrap_or(name);
    !matches!(stem, "" | "." | "..")
        && stem.len() <= NAME_BYTES_MAX
        && !stem.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
