//! Reads a manifest or a configuration file: regular, and no larger than it may be.

use std::fs::OpenOptions;
use std::io::{Read, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use crate::trouble::Trouble;

/// Writes a file that must not exist, for this user alone.
///
/// # Errors
/// If it exists or cannot be written; what was written of it is removed again.
pub fn write_new(path: &Path, text: &str) -> Result<(), Trouble> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let is_made = made.is_ok();
    let written = made.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| {
        if is_made {
            let _ = std::fs::remove_file(path);
        }
        Trouble::new(
            "the file was not written.",
            format!("{}: {error}", path.display()),
            "everything else; a file that is there is never written over",
            "name a file that does not exist, in a folder with space that you may write",
        )
    })
}

/// The text of a file that a person named.
///
/// # Errors
/// If it cannot be read, is no regular file, is too large, or is not UTF-8.
pub fn read_text(path: &Path, what: &str, bytes_max: usize) -> Result<String, Trouble> {
    let bytes = read_bytes(path, what, bytes_max)?;
    String::from_utf8(bytes)
        .map_err(|_| unread(path, what, "it is no text in UTF-8", "save it as UTF-8 text"))
}

fn unread(path: &Path, what: &str, happened: &str, to_do: &str) -> Trouble {
    Trouble::new(
        format!("{what} cannot be read."),
        format!("{}: {happened}", path.display()),
        "everything as it was",
        to_do,
    )
}

/// The bytes of a file that a person named.
///
/// # Errors
/// If it cannot be read, is no regular file, or is too large.
pub fn read_bytes(path: &Path, what: &str, bytes_max: usize) -> Result<Vec<u8>, Trouble> {
    let trouble = |happened: String, to_do: &str| unread(path, what, &happened, to_do);
    // Opening a pipe would wait for a writer.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = file.map_err(|e| trouble(e.to_string(), "name a file that is there"))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(trouble("it is no file".into(), "name a file"));
    }
    let mut bytes = Vec::new();
    let read = file.take(bytes_max as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|e| trouble(e.to_string(), "name a file that is there"))?;
    if bytes.len() > bytes_max {
        return Err(trouble(format!("it is larger than {bytes_max} bytes"), "shorten it"));
    }
    Ok(bytes)
}
