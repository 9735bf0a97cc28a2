//! Reads a manifest or a configuration file: regular, and no larger than it may be.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use crate::trouble::Trouble;

/// The text of a file that a person named.
///
/// # Errors
/// If it cannot be read, is no regular file, is too large, or is not UTF-8.
pub fn read_text(path: &Path, what: &str, bytes_max: usize) -> Result<String, Trouble> {
    let trouble = |happened: String, to_do: &str| {
        Trouble::new(
            format!("{what} cannot be read."),
            format!("{}: {happened}", path.display()),
            "everything as it was",
            to_do,
        )
    };
    // Opening a pipe would wait for a writer.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = file.map_err(|e| trouble(e.to_string(), "name a file that is there"))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(trouble("it is no file".into(), "name a file"));
    }
    let mut text = String::new();
    let read = file.take(bytes_max as u64 + 1).read_to_string(&mut text);
    read.map_err(|e| trouble(e.to_string(), "save it as UTF-8 text"))?;
    if text.len() > bytes_max {
        return Err(trouble(format!("it is larger than {bytes_max} bytes"), "shorten it"));
    }
    Ok(text)
}
