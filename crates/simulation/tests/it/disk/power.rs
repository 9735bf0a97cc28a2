//! What a power failure keeps and what it takes.

use std::collections::BTreeSet;

use disk::{AppendFile, Disk, ErrorKind};
use simulation::disk::{Fault, Flaw, Moment, SimDisk, Step, Survival, Torn};

fn read(disk: &SimDisk, path: &str) -> Option<Vec<u8>> {
    disk.read(path, 1000).unwrap()
}

/// A disk with a log of which `synced` was synced and `unsynced` was not.
fn disk_with_log(seed: u64) -> (SimDisk, Box<dyn AppendFile>) {
    let disk = SimDisk::new(seed);
    let mut log = disk.open_append("log").unwrap();
    log.append(b"synced ").unwrap();
    log.sync().unwrap();
    log.append(b"unsynced").unwrap();
    (disk, log)
}

fn crashed(disk: &SimDisk, survival: Survival) -> SimDisk {
    let copy = disk.copy();
    copy.crash(survival);
    copy.restart()
}

#[test]
fn what_was_synced_survives_and_the_rest_as_chance_has_it() {
    let (disk, _log) = disk_with_log(1);
    let left = |survival| read(&crashed(&disk, survival), "log").unwrap();
    assert_eq!(left(Survival::Nothing), b"synced ");
    assert_eq!(left(Survival::Contents), b"synced unsynced");
    assert_eq!(left(Survival::Everything), b"synced unsynced");
    assert_eq!(left(Survival::Names), b"synced \0\0\0\0\0\0\0\0");

    let mut seen = BTreeSet::new();
    for seed in 0..200 {
        let (disk, _log) = disk_with_log(seed);
        let bytes = read(&disk.restart(), "log").unwrap();
        assert!(bytes.starts_with(b"synced ") && bytes.len() <= 15, "seed {seed}: {bytes:?}");
        seen.insert(bytes);
    }
    for expected in [&b"synced "[..], b"synced unsynced", b"synced u", b"synced unsy"] {
        assert!(seen.contains(expected), "never {expected:?}");
    }
    assert!(seen.len() > 20, "no garbage in {} outcomes", seen.len());
}

#[test]
fn an_unsynced_write_may_survive_the_one_before_it() {
    let holes = (0..200).filter(|seed| {
        let (disk, mut log) = disk_with_log(*seed);
        log.append(b"last").unwrap();
        let bytes = read(&disk.restart(), "log").unwrap();
        bytes.ends_with(b"last") && bytes.get(7..15).unwrap() != b"unsynced"
    });
    assert!(holes.count() > 5);
}

#[test]
fn an_unsynced_truncation_may_come_undone() {
    let disk = SimDisk::new(1);
    disk.replace("log", b"12345").unwrap();
    let mut log = disk.open_append("log").unwrap();
    log.truncate(2).unwrap();
    assert_eq!(read(&disk, "log").unwrap(), b"12");
    assert_eq!(read(&crashed(&disk, Survival::Nothing), "log").unwrap(), b"12345");
    log.sync().unwrap();
    assert_eq!(read(&crashed(&disk, Survival::Nothing), "log").unwrap(), b"12");
}

#[test]
fn everything_but_appending_is_durable_when_it_returns() {
    let disk = SimDisk::new(1);
    disk.create_folder("folder").unwrap();
    disk.replace("folder/a", b"old").unwrap();
    disk.replace("folder/a", b"new").unwrap();
    disk.replace("b", b"b").unwrap();
    disk.rename("b", "folder/c").unwrap();
    disk.replace("gone", b"x").unwrap();
    disk.remove("gone").unwrap();
    disk.create_folder("emptied").unwrap();
    disk.replace("emptied/x", b"x").unwrap();
    disk.remove_folder("emptied").unwrap();
    drop(disk.open_append("folder/log").unwrap());
    for survival in Survival::ALL {
        let left = crashed(&disk, survival);
        let entries = left.list("").unwrap().into_iter().chain(left.list("folder").unwrap());
        let names: Vec<_> = entries.map(|entry| entry.name).collect();
        assert_eq!(names, ["folder", "a", "c", "log"], "{survival:?}");
        assert_eq!(read(&left, "folder/a").unwrap(), b"new");
        assert_eq!(read(&left, "folder/c").unwrap(), b"b");
    }
}

#[test]
fn what_a_killed_program_left_unsynced_is_settled_by_whoever_comes_next() {
    let disk = SimDisk::new(1);
    disk.create_folder("folder").unwrap();
    disk.replace("folder/a", b"old").unwrap();
    disk.replace("b", b"old").unwrap();
    let left_by = |change: &dyn Fn(&SimDisk), steps: u64| {
        let disk = disk.copy();
        disk.arm(steps, Fault::Killed);
        change(&disk);
        disk.kill()
    };
    // Everything but the last step: a file that is renamed, removed or appended to, without a sync.
    let replaced = |path| left_by(&move |disk| drop(disk.replace(path, b"new")), 5);
    let removed = left_by(&|disk| drop(disk.remove("folder/a")), 1);
    let log = disk.copy();
    log.open_append("b").unwrap().append(b"er").unwrap();
    let cases: [(&SimDisk, &str, &str, Option<&[u8]>); 4] = [
        (&replaced("folder/a"), "folder", "folder/a", Some(b"new")),
        (&replaced("b"), "", "b", Some(b"new")),
        (&removed, "folder", "folder/a", None),
        (&log, "b", "b", Some(b"older")),
    ];
    for (disk, settled, path, expected) in cases {
        assert_eq!(read(disk, path).as_deref(), expected, "{path} is not there at all");
        assert_eq!(read(&crashed(disk, Survival::Nothing), path).unwrap(), b"old");
        disk.settle(settled).unwrap();
        assert_eq!(read(&crashed(disk, Survival::Nothing), path).as_deref(), expected);
    }
}

#[test]
fn each_operation_makes_its_own_names_durable() {
    let check = |change: &dyn Fn(&SimDisk), left: &[&str]| {
        let disk = SimDisk::new(1);
        disk.create_folder("one").unwrap();
        disk.create_folder("two").unwrap();
        disk.replace("one/a", b"x").unwrap();
        change(&disk);
        let disk = crashed(&disk, Survival::Nothing);
        let mut paths = Vec::new();
        for folder in disk.list("").unwrap() {
            let inside = disk.list(&folder.name).unwrap();
            paths.extend(inside.iter().map(|entry| format!("{}/{}", folder.name, entry.name)));
            paths.push(folder.name);
        }
        assert_eq!(paths, left);
    };
    check(&|_| {}, &["one/a", "one", "two"]);
    check(&|disk| disk.create_folder("new").unwrap(), &["new", "one/a", "one", "two"]);
    check(&|disk| disk.remove_folder("one").unwrap(), &["two"]);
    check(&|disk| disk.remove("one/a").unwrap(), &["one", "two"]);
    check(&|disk| disk.rename("one/a", "two/b").unwrap(), &["one", "two/b", "two"]);
    check(&|disk| disk.rename("one", "two").unwrap(), &["two/a", "two"]);
    check(&|disk| drop(disk.open_append("two/log")), &["one/a", "one", "two/log", "two"]);
    check(&|disk| disk.replace("two/b", b"x").unwrap(), &["one/a", "one", "two/b", "two"]);
}

#[test]
fn changes_of_one_name_keep_their_order() {
    let mut seen = BTreeSet::new();
    for seed in 0..100 {
        let disk = SimDisk::flawed(seed, Flaw::FolderSyncSkipped);
        disk.replace("a", b"old").unwrap();
        disk.rename("a", "b").unwrap();
        disk.replace("a", b"new").unwrap();
        let left = disk.restart();
        // The content was synced each time; only the names are open.
        seen.insert((read(&left, "a"), read(&left, "b")));
    }
    let (old, new) = (Some(b"old".to_vec()), Some(b"new".to_vec()));
    let orders = [(None, None), (old.clone(), None), (None, old.clone()), (new, old)];
    assert_eq!(seen, BTreeSet::from(orders));
}

#[test]
fn each_flaw_takes_what_it_should() {
    let after = |flaw, survival| {
        let disk = SimDisk::flawed(1, flaw);
        disk.replace("a", b"old").unwrap();
        disk.replace("a", b"new").unwrap();
        read(&crashed(&disk, survival), "a")
    };
    assert_eq!(after(Flaw::FolderSyncSkipped, Survival::Nothing), None);
    assert_eq!(after(Flaw::FolderSyncSkipped, Survival::Everything).unwrap(), b"new");
    assert_eq!(after(Flaw::FileSyncSkipped, Survival::Nothing).unwrap(), b"");
    assert_eq!(after(Flaw::FileSyncSkipped, Survival::Names).unwrap(), b"\0\0\0");
    assert_eq!(after(Flaw::FileSyncSkipped, Survival::Everything).unwrap(), b"new");
}

#[test]
fn an_unsynced_rename_leaves_the_old_or_the_new_and_never_neither() {
    let mut seen = BTreeSet::new();
    for seed in 0..50 {
        let disk = SimDisk::new(seed);
        disk.replace("a", b"old").unwrap();
        // Create, write, sync, rename: power fails before the folder's sync.
        let before = disk.steps();
        let fault = Fault::PowerLost { moment: Moment::Before, survival: Survival::Random };
        disk.arm(before + 5, fault);
        disk.replace("a", b"new").unwrap_err();
        seen.insert(read(&disk.restart(), "a").unwrap());
    }
    assert_eq!(seen, BTreeSet::from([b"old".to_vec(), b"new".to_vec()]));
}

#[test]
fn a_torn_write_leaves_its_beginning() {
    let left = |torn| {
        let (disk, mut log) = disk_with_log(1);
        log.sync().unwrap();
        let moment = Moment::During(torn);
        disk.arm(disk.steps(), Fault::PowerLost { moment, survival: Survival::Nothing });
        log.append(b"123456").unwrap_err();
        read(&disk.restart(), "log").unwrap()
    };
    assert_eq!(left(Torn::Nothing), b"synced unsynced");
    assert_eq!(left(Torn::OneByte), b"synced unsynced1");
    assert_eq!(left(Torn::Half), b"synced unsynced123");
    assert_eq!(left(Torn::AllButOne), b"synced unsynced12345");
}

#[test]
fn without_power_nothing_works_until_the_restart() {
    let (disk, mut log) = disk_with_log(1);
    let guard = disk.try_lock("lock").unwrap();
    disk.crash(Survival::Everything);
    assert!(disk.is_off());
    disk.read("log", 100).unwrap_err();
    disk.replace("a", b"x").unwrap_err();
    disk.list("").unwrap_err();
    log.sync().unwrap_err();
    let restarted = disk.restart();
    assert!(!restarted.is_off());
    drop(restarted.try_lock("lock").unwrap());
    drop(guard);
    disk.read("log", 100).unwrap_err();
}

#[test]
fn a_killed_program_loses_its_handles_and_not_the_cache() {
    let (disk, mut log) = disk_with_log(1);
    let killed = disk.kill();
    log.append(b"x").unwrap_err();
    assert_eq!(read(&killed, "log").unwrap(), b"synced unsynced");
    assert_eq!(read(&crashed(&killed, Survival::Nothing), "log").unwrap(), b"synced ");
}

#[test]
fn after_a_failed_sync_the_next_one_succeeds_and_means_nothing() {
    let (disk, mut log) = disk_with_log(1);
    disk.arm(disk.steps(), Fault::Broken);
    log.sync().unwrap_err();
    assert_eq!(log.sync().unwrap_err().kind(), ErrorKind::Poisoned);
    let mut log = disk.open_append("log").unwrap();
    log.append(b"!").unwrap();
    log.sync().unwrap();
    assert_eq!(read(&disk, "log").unwrap(), b"synced unsynced!");
    let left = read(&crashed(&disk, Survival::Everything), "log").unwrap();
    assert_eq!(left, b"synced \0\0\0\0\0\0\0\0!");
}

#[test]
fn what_is_written_again_after_a_failed_sync_is_on_the_medium() {
    let (disk, mut log) = disk_with_log(1);
    disk.arm(disk.steps(), Fault::Broken);
    log.sync().unwrap_err();
    disk.write_again("log", 7).unwrap();
    let left = read(&crashed(&disk, Survival::Nothing), "log").unwrap();
    assert_eq!(left, b"synced unsynced");
}

#[test]
fn what_is_on_the_medium_stays_there_while_it_is_written_again() {
    for seed in 0..100 {
        for torn in Torn::ALL {
            for survival in Survival::ALL {
                let (disk, mut log) = disk_with_log(seed);
                log.sync().unwrap();
                let moment = Moment::During(torn);
                disk.arm(disk.steps(), Fault::PowerLost { moment, survival });
                disk.write_again("log", 3).unwrap_err();
                let left = read(&disk.restart(), "log").unwrap();
                assert_eq!(left, b"synced unsynced", "{seed} {torn:?} {survival:?}");
            }
        }
    }
}

#[test]
fn what_was_written_over_is_on_the_medium_once_it_returned() {
    let (disk, mut log) = disk_with_log(1);
    log.sync().unwrap();
    disk.write_over("log", &[(0, b"S"), (7, b"UN")]).unwrap();
    let left = read(&crashed(&disk, Survival::Nothing), "log").unwrap();
    assert_eq!(left, b"Synced UNsynced");
}

#[test]
fn a_full_disk_takes_what_fits_says_so_and_goes_on_once_freed() {
    let disk = SimDisk::new(1);
    disk.limit_bytes(Some(10));
    disk.replace("state", b"old").unwrap();
    assert_eq!(disk.replace("state", b"too much").unwrap_err().kind(), ErrorKind::Full);
    assert_eq!((disk.bytes_used(), disk.bytes_free().unwrap()), (3, 7));
    let mut log = disk.open_append("log").unwrap();
    assert_eq!(log.append(b"0123456789").unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(read(&disk, "log").unwrap(), b"0123456");
    disk.limit_bytes(None);
    let mut log = disk.open_append("log").unwrap();
    log.truncate(0).unwrap();
    log.append(b"0123456789").unwrap();
    log.sync().unwrap();
    assert_eq!(read(&disk, "state").unwrap(), b"old");
}

#[test]
fn a_search_finds_bytes_wherever_they_may_still_be() {
    let disk = SimDisk::flawed(1, Flaw::FolderSyncSkipped);
    disk.create_folder("folder").unwrap();
    disk.replace("folder/a", b"the secret is here").unwrap();
    assert_eq!(disk.find(b"secret"), ["folder/a"]);
    assert!(disk.find(b"secrets").is_empty());
    let kept = crashed(&disk, Survival::Everything);
    kept.remove("folder/a").unwrap();
    assert_eq!(kept.find(b"secret"), ["folder/a"], "its name was removed, but not durably");

    let (disk, mut log) = disk_with_log(1);
    assert_eq!(disk.find(b"synced unsynced"), ["log"]);
    log.truncate(7).unwrap();
    assert_eq!(disk.find(b"unsynced"), ["log"], "it may be on the medium");
    log.sync().unwrap();
    assert!(disk.find(b"unsynced").is_empty());
    disk.replace("log", b"").unwrap();
    drop(log);
    assert!(disk.find(b"synced").is_empty());
}

#[test]
fn the_same_seed_leaves_the_same() {
    let left = |seed| read(&disk_with_log(seed).0.restart(), "log").unwrap();
    assert!((0..50).all(|seed| left(seed) == left(seed)));
}

#[test]
fn a_replacement_takes_these_steps() {
    let disk = SimDisk::new(1);
    disk.keep_journal();
    disk.replace("a", b"new").unwrap();
    let steps = [
        Step::Unlink,
        Step::CreateFile,
        Step::Write { bytes: 3 },
        Step::SyncFile,
        Step::Rename,
        Step::SyncFolder,
    ];
    assert_eq!(disk.journal(), steps);
}
