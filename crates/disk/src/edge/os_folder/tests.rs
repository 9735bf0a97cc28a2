//! That each call reaches the system: what no test of durable files can see from outside.

use super::*;

fn open(path: &str) -> OwnedFd {
    rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

#[test]
fn a_sync_is_asked_of_the_system() {
    // Neither can be synced, and only the system knows.
    let file = OsFile(open("/dev/null").into());
    assert_eq!(file.sync().unwrap_err().kind(), io::ErrorKind::InvalidInput);
    let folder = OsFolder::new(open("/proc"));
    assert_eq!(folder.sync().unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn what_is_created_was_not_there() {
    let path = tempfile::tempdir().unwrap();
    let folder = OsFolder::new(open(path.path().to_str().unwrap()));
    folder.create("file").unwrap();
    rustix::fs::symlinkat("nowhere", &folder.0, "link").unwrap();
    for name in ["file", "link"] {
        assert_eq!(folder.create(name).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
    assert_eq!(folder.list().unwrap().len(), 2);
}

#[test]
fn the_space_of_a_large_file_is_given_back_after_its_name_is_gone() {
    let path = tempfile::tempdir().unwrap();
    let folder = OsFolder::new(open(path.path().to_str().unwrap()));
    let large = |name| folder.create(name).unwrap().0.set_len(LARGE_BYTES as u64).unwrap();
    let held = || {
        let files = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let mut files = files.filter_map(|file| std::fs::read_link(file.path()).ok());
        files.any(|file| file.starts_with(path.path()) && file != path.path())
    };
    large("removed");
    large("replaced");
    large("new");
    folder.unlink("removed").unwrap();
    folder.rename("new", &folder, "replaced").unwrap();
    assert_eq!(folder.list().unwrap().len(), 1);
    while held() {
        std::thread::yield_now();
    }
}
