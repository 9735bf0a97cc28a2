//! Files that a person names, outside of the data folder: whoever else may write beside them must
//! not choose what is written to.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// For its owner alone, whatever the umask adds.
pub const OWNER: u32 = 0o600;
/// For whoever the umask lets read it: pages for a web server.
pub const EVERYBODY: u32 = 0o666;

/// A new file beside `path`, to be renamed to it once it is whole. A symbolic link that waits
/// there is removed and not followed.
///
/// # Errors
/// If it cannot be made.
pub fn beside(path: &Path, mode: u32) -> io::Result<(File, PathBuf)> {
    let new = path.with_extension("unfinished");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
    Ok((file, new))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_link_that_waits_beside_a_file_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (path, victim) = (folder.path().join("list.json"), folder.path().join("victim"));
        File::create(&victim).unwrap().write_all(b"kept").unwrap();
        std::os::unix::fs::symlink(&victim, path.with_extension("unfinished")).unwrap();
        let (mut file, new) = beside(&path, OWNER).unwrap();
        file.write_all(b"a list").unwrap();
        std::fs::rename(&new, &path).unwrap();
        let made = path.symlink_metadata().unwrap();
        assert_eq!((victim.metadata().unwrap().len(), made.len()), (4, 6));
        assert_eq!((made.is_file(), made.permissions().mode() & 0o777), (true, OWNER));
    }
}
