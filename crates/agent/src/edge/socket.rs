//! A socket in a folder, for its owner and group.

use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Owner and group may open it: neither a decision nor a counter is anybody else's.
const MODE: u32 = 0o660;

/// Makes the socket under another name first: nobody connects before it has its permissions, and
/// one that a killed process left behind is replaced.
///
/// # Errors
/// If it cannot be made there.
pub fn bind<S>(path: &Path, make: impl FnOnce(&Path) -> io::Result<S>) -> io::Result<S> {
    let unfinished = path.with_extension("new");
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let socket = make(&unfinished)?;
    std::fs::set_permissions(&unfinished, std::fs::Permissions::from_mode(MODE))?;
    std::fs::rename(&unfinished, path)?;
    Ok(socket)
}
