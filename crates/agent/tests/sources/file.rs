//! Files that are, and everything else that can lie under a file's name.

use std::fs::File;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use agent::gather::ReadSource as _;
use rustix::fs::{CWD, FileType, Mode};

use crate::{sources, write};

/// The file's length, or why it gives nothing.
fn read(path: &Path) -> Result<usize, String> {
    let bytes = sources().file(path.to_str().unwrap());
    bytes.map(|bytes| bytes.len()).map_err(|error| error.to_string())
}

#[track_caller]
fn check_refused(path: &Path, why: &str) {
    assert_eq!(read(path), Err(why.to_owned()), "{}", path.display());
}

fn make_pipe(path: &Path) {
    rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
}

#[test]
fn a_file_is_read_up_to_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    for length in [0, 1, 999, 1000] {
        let path = write(folder.path(), "file", vec![b'x'; length]);
        assert_eq!(read(&path), Ok(length));
    }
    let path = write(folder.path(), "file", vec![b'x'; 1001]);
    check_refused(&path, "gives more than 1000 bytes");
    File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    check_refused(&path, "gives more than 1000 bytes");
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "file", "x");
    check_refused(&folder.path().join("none"), "is not there");
    check_refused(&file.join("below"), "is not there");
}

#[test]
fn a_relative_path_is_refused() {
    for path in ["Cargo.toml", "./Cargo.toml", ""] {
        check_refused(Path::new(path), "is not named by an absolute path");
    }
}

#[test]
fn a_symbolic_link_leads_to_a_file_or_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "file", "xyz");
    let link = |name: &str, target: &str| {
        let path = folder.path().join(name);
        symlink(target, &path).unwrap();
        path
    };
    assert_eq!(read(&link("link", "file")), Ok(3));
    assert_eq!(read(&link("link-to-link", "link")), Ok(3));
    check_refused(&link("dangling", "none"), "is not there");
    check_refused(&link("circle", "circle"), "could not be read");
    check_refused(&link("folder", "."), "is no regular file");
    make_pipe(&folder.path().join("pipe"));
    check_refused(&link("link-to-pipe", "pipe"), "is no regular file");
    check_refused(&link("link-to-device", "/dev/zero"), "is no regular file");
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    let socket = folder.path().join("socket");
    let _listening = UnixListener::bind(&socket).unwrap();
    for path in [&pipe, &socket, folder.path()] {
        check_refused(path, "is no regular file");
    }
    for path in ["/dev/zero", "/dev/null", "/dev/tty", "/", "/proc"] {
        check_refused(Path::new(path), "is no regular file");
    }
}

#[test]
fn a_file_that_was_replaced_by_a_pipe_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "file", "x");
    assert_eq!(read(&path), Ok(1));
    std::fs::remove_file(&path).unwrap();
    make_pipe(&path);
    check_refused(&path, "is no regular file");
}

#[test]
fn a_file_that_may_not_be_read_is_an_error() {
    // An administrator may read everything, so there is nothing to see.
    if rustix::process::geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "file", "x");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    check_refused(&path, "is not open to the user that this program runs as");
}

#[test]
fn a_file_of_the_kernel_that_says_it_is_empty_is_read() {
    assert!(read(Path::new("/proc/self/comm")).unwrap() > 0);
}
