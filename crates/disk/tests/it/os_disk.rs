//! What only a real file system has: links, pipes, modes, other users, a full device.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use disk::{Disk, DiskError, ErrorKind, OsDisk};
use tempfile::TempDir;

fn folder_and_disk() -> (TempDir, OsDisk) {
    let folder = tempfile::tempdir().unwrap();
    let disk = OsDisk::open(folder.path()).unwrap();
    (folder, disk)
}

fn kind<T>(result: Result<T, DiskError>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Every way of opening a file that is none.
fn check_not_regular(disk: &OsDisk, path: &str) {
    assert_eq!(kind(disk.read(path, 10)), Some(ErrorKind::NotRegular));
    assert_eq!(kind(disk.open_read(path)), Some(ErrorKind::NotRegular));
    assert_eq!(kind(disk.open_append(path)), Some(ErrorKind::NotRegular));
    assert_eq!(kind(disk.try_lock(path)), Some(ErrorKind::NotRegular));
}

#[test]
fn a_symbolic_link_is_refused() {
    let (folder, disk) = folder_and_disk();
    let outside = tempfile::NamedTempFile::new().unwrap();
    symlink(outside.path(), folder.path().join("link")).unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    check_not_regular(&disk, "link");
    check_not_regular(&disk, "dangling");
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn a_symbolic_link_to_a_folder_leads_nowhere() {
    let (folder, disk) = folder_and_disk();
    let outside = tempfile::tempdir().unwrap();
    symlink(outside.path(), folder.path().join("link")).unwrap();
    assert_eq!(kind(disk.replace("link/file", b"x")), Some(ErrorKind::NotRegular));
    assert_eq!(kind(disk.read("link/file", 10)), Some(ErrorKind::NotRegular));
    assert_eq!(kind(disk.create_folder("link")), Some(ErrorKind::NotRegular));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn replacing_a_link_replaces_the_link_and_not_what_it_points_at() {
    let (folder, disk) = folder_and_disk();
    disk.replace("kept", b"kept").unwrap();
    symlink("kept", folder.path().join("link")).unwrap();
    symlink("kept", folder.path().join("link.unfinished")).unwrap();
    disk.replace("link", b"new").unwrap();
    assert_eq!(disk.read("kept", 10).unwrap().unwrap(), b"kept");
    assert_eq!(disk.read("link", 10).unwrap().unwrap(), b"new");
}

#[test]
fn a_pipe_is_refused_without_waiting_for_its_other_end() {
    let (folder, disk) = folder_and_disk();
    let made = Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
    assert!(made.success());
    check_not_regular(&disk, "pipe");
}

#[test]
fn a_folder_is_no_file() {
    let (_folder, disk) = folder_and_disk();
    disk.create_folder("folder").unwrap();
    check_not_regular(&disk, "folder");
}

#[test]
fn files_are_for_their_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    // Under a hard umask, see the next test, even this folder would be closed to us.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let root = folder.path().join("root");
    let disk = OsDisk::open(&root).unwrap();
    disk.create_folder("folder").unwrap();
    disk.replace("folder/replaced", b"x").unwrap();
    disk.open_append("folder/appended").unwrap().append(b"x").unwrap();
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join("folder")), 0o700);
    assert_eq!(mode(&root.join("folder/replaced")), 0o600);
    assert_eq!(mode(&root.join("folder/appended")), 0o600);
}

#[test]
fn files_are_for_their_user_alone_whatever_the_umask() {
    // The umask belongs to the whole process, so the test above runs again in another.
    for umask in ["000", "777"] {
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "umask {umask}; exec \"$0\" --exact os_disk::files_are_for_their_user_alone"
            ))
            .arg(std::env::current_exe().unwrap())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "umask {umask}: {said}");
    }
}

#[test]
fn a_root_that_everyone_may_write_to_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let set = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    set(0o777);
    let error = OsDisk::open(folder.path()).unwrap_err();
    assert!(matches!(error, DiskError::OpenToOthers));
    assert!(error.to_string().contains("chmod o-w"), "{error}");
    set(0o1777);
    OsDisk::open(folder.path()).unwrap();
    set(0o750);
    OsDisk::open(folder.path()).unwrap();
}

#[test]
fn a_root_may_be_reached_through_a_link_and_must_be_a_folder() {
    let (folder, disk) = folder_and_disk();
    disk.create_folder("root").unwrap();
    disk.replace("file", b"x").unwrap();
    symlink("root", folder.path().join("link")).unwrap();
    OsDisk::open(&folder.path().join("link")).unwrap();
    assert_eq!(kind(OsDisk::open(&folder.path().join("file"))), Some(ErrorKind::NotRegular));
    assert!(OsDisk::open(&folder.path().join("missing/root")).is_err());
}

#[test]
fn a_lock_is_noticed_by_another_process_and_ends_with_its_guard() {
    let (folder, disk) = folder_and_disk();
    let other = OsDisk::open(folder.path()).unwrap();
    let flock = || {
        let path = folder.path().join("lock");
        Command::new("flock").arg("-n").arg(path).arg("true").status().map(|s| s.success())
    };
    let guard = disk.try_lock("lock").unwrap();
    assert_eq!(kind(other.try_lock("lock")), Some(ErrorKind::Locked));
    assert!(!flock().unwrap_or(false));
    drop(guard);
    assert!(flock().unwrap_or(true));
    drop(other.try_lock("lock").unwrap());
}

// As a child has it that was forked and has not begun its own program yet.
#[test]
fn a_lock_ends_with_its_guard_although_the_open_file_has_another_holder() {
    let (folder, disk) = folder_and_disk();
    let other = OsDisk::open(folder.path()).unwrap();
    let guard = disk.try_lock("lock").unwrap();
    let path = folder.path().join("lock");
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let number = open
        .filter(|file| fs::read_link(file.path()).is_ok_and(|to| to == path))
        .find_map(|file| file.file_name().to_str()?.parse().ok())
        .unwrap();
    let this = rustix::process::getpid();
    let this = rustix::process::pidfd_open(this, rustix::process::PidfdFlags::empty()).unwrap();
    let none = rustix::process::PidfdGetfdFlags::empty();
    let shared = rustix::process::pidfd_getfd(this, number, none).unwrap();
    assert_eq!(kind(other.try_lock("lock")), Some(ErrorKind::Locked));
    drop(guard);
    drop(other.try_lock("lock").unwrap());
    drop(shared);
}

#[test]
fn a_folder_that_may_not_be_written_to_says_so() {
    let (folder, disk) = folder_and_disk();
    disk.create_folder("folder").unwrap();
    let path = folder.path().join("folder");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o500)).unwrap();
    if rustix::process::geteuid().is_root() {
        // Modes do not bind root; the immutable attribute does, where the file system has it.
        let chattr =
            |flag| Command::new("chattr").arg(flag).arg(&path).status().is_ok_and(|s| s.success());
        if !chattr("+i") {
            println!("skipped: running as root and the folder cannot be made immutable");
            return;
        }
        let result = disk.replace("folder/file", b"x");
        chattr("-i");
        assert_eq!(kind(result), Some(ErrorKind::Denied));
    } else {
        assert_eq!(kind(disk.replace("folder/file", b"x")), Some(ErrorKind::Denied));
    }
}

#[test]
fn the_kind_tells_what_a_person_can_do() {
    let of = |errno: rustix::io::Errno| {
        DiskError::failed(disk::Attempt::Append, "log")(std::io::Error::from(errno)).kind()
    };
    assert_eq!(of(rustix::io::Errno::NOSPC), ErrorKind::Full);
    assert_eq!(of(rustix::io::Errno::DQUOT), ErrorKind::Full);
    assert_eq!(of(rustix::io::Errno::ROFS), ErrorKind::ReadOnly);
    assert_eq!(of(rustix::io::Errno::ACCESS), ErrorKind::Denied);
    assert_eq!(of(rustix::io::Errno::PERM), ErrorKind::Denied);
    assert_eq!(of(rustix::io::Errno::IO), ErrorKind::Other);
}

#[test]
fn an_error_names_the_path_below_the_root_and_keeps_its_cause_apart() {
    let (_folder, disk) = folder_and_disk();
    let error = disk.replace("missing/file", b"x").unwrap_err();
    assert_eq!(error.to_string(), "cannot replace missing/file");
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(disk.list("missing").unwrap_err().to_string(), "cannot list the folder missing");
}

/// A file system of a few pages, unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "none"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|output| output.status.success()) {
            Some(Self(folder))
        } else {
            println!("skipped: a small file system cannot be mounted here");
            None
        }
    }

    fn mount_again(&self, options: &str) {
        let options = format!("remount,{options}");
        let mut mount = Command::new("mount");
        assert!(mount.args(["-o", &options]).arg(self.0.path()).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_keeps_the_old_content_and_works_again_once_freed() {
    let Some(small) = SmallDisk::mount("size=64k,mode=0700") else {
        return;
    };
    let disk = OsDisk::open(small.0.path()).unwrap();
    disk.replace("state", b"old").unwrap();
    assert_eq!(kind(disk.replace("state", &vec![1; 100_000])), Some(ErrorKind::Full));
    assert_eq!(disk.read("state", 10).unwrap().unwrap(), b"old");
    assert_eq!(disk.list("").unwrap().len(), 1, "no unfinished file takes the place");

    // A child that another test has just forked has the unfinished file open until its program
    // begins: the space comes back then.
    assert!((0..1_000_000).any(|_| disk.bytes_free().unwrap() > 0));
    let mut log = disk.open_append("log").unwrap();
    log.append(b"record").unwrap();
    assert_eq!(kind(log.append(&vec![1; 100_000])), Some(ErrorKind::Full));
    assert!(matches!(log.sync(), Err(DiskError::Poisoned { .. })));
    assert_eq!(disk.bytes_free().unwrap(), 0);

    let mut log = disk.open_append("log").unwrap();
    log.truncate(6).unwrap();
    log.append(b", next").unwrap();
    log.sync().unwrap();
    assert_eq!(disk.read("log", 20).unwrap().unwrap(), b"record, next");
    assert!(disk.bytes_free().unwrap() > 0);
}

#[test]
fn a_read_only_disk_says_so_and_still_reads() {
    let Some(small) = SmallDisk::mount("size=64k,mode=0700") else {
        return;
    };
    OsDisk::open(small.0.path()).unwrap().replace("state", b"old").unwrap();
    small.mount_again("ro");
    let disk = OsDisk::open(small.0.path()).unwrap();
    assert_eq!(disk.read("state", 10).unwrap().unwrap(), b"old");
    assert_eq!(kind(disk.replace("state", b"new")), Some(ErrorKind::ReadOnly));
    assert_eq!(kind(disk.open_append("state")), Some(ErrorKind::ReadOnly));
    assert_eq!(kind(disk.remove("state")), Some(ErrorKind::ReadOnly));
}
