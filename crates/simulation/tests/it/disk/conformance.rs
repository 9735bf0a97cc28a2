//! What every disk does: the same checks on the operating system's and on the simulated one.

use disk::path::unfinished;
use disk::{Disk, DiskError, ErrorKind, OsDisk};
use simulation::disk::SimDisk;

macro_rules! on_both_disks {
    ($($check:ident),* $(,)?) => {
        mod on_the_real_disk {
            $(#[test] fn $check() {
                let folder = tempfile::tempdir().unwrap();
                super::$check(&super::OsDisk::open(folder.path()).unwrap());
            })*
        }
        mod on_the_simulated_disk {
            $(#[test] fn $check() {
                super::$check(&super::SimDisk::new(1));
            })*
        }
    };
}

on_both_disks!(
    what_was_written_is_read,
    a_file_longer_than_the_bound_is_refused,
    what_is_absent_is_none_and_no_error,
    a_replacement_leaves_nothing_unfinished,
    a_leftover_of_a_replacement_is_no_obstacle_and_can_be_removed,
    removing_twice_is_no_error,
    a_rename_replaces_its_target,
    a_rename_moves_files_and_folders_between_folders,
    a_rename_does_not_mix_files_and_folders,
    folders_are_made_once_and_hold_files,
    a_folder_goes_with_its_files_but_not_with_folders,
    a_list_is_by_name_and_leaves_nothing_out,
    appending_goes_on_at_the_end,
    a_truncated_file_goes_on_where_it_was_cut,
    a_failed_truncation_poisons_the_handle,
    writing_the_end_again_changes_nothing_that_is_read,
    what_is_written_over_has_its_place_and_the_file_its_length,
    a_reader_sees_what_is_appended_meanwhile,
    a_removed_file_can_still_be_read_by_whoever_has_it_open,
    a_file_is_no_folder_and_a_folder_is_no_file,
    a_lock_is_held_once,
    whatever_stands_at_a_path_can_be_settled,
    no_path_leads_out,
);

fn kind<T>(result: Result<T, DiskError>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

fn read(disk: &dyn Disk, path: &str) -> Option<Vec<u8>> {
    disk.read(path, 1000).unwrap()
}

fn names(disk: &dyn Disk, folder: &str) -> Vec<String> {
    disk.list(folder).unwrap().into_iter().map(|entry| entry.name).collect()
}

fn what_was_written_is_read(disk: &dyn Disk) {
    disk.replace("a", b"one").unwrap();
    disk.replace("a", b"two, longer").unwrap();
    disk.replace("b", b"").unwrap();
    assert_eq!(read(disk, "a").unwrap(), b"two, longer");
    assert_eq!(read(disk, "b").unwrap(), b"");
    let file = disk.open_read("a").unwrap().unwrap();
    let mut buffer = [0; 6];
    assert_eq!((file.read_at(5, &mut buffer).unwrap(), &buffer), (6, b"longer"));
    assert_eq!((file.read_at(9, &mut buffer).unwrap(), &buffer[..2]), (2, b"er".as_slice()));
    assert_eq!(file.read_at(11, &mut buffer).unwrap(), 0);
    assert_eq!(file.read_at(1 << 40, &mut buffer).unwrap(), 0);
    assert_eq!((file.len(), file.is_empty()), (11, false));
}

fn a_file_longer_than_the_bound_is_refused(disk: &dyn Disk) {
    disk.replace("a", b"12345").unwrap();
    assert_eq!(disk.read("a", 5).unwrap().unwrap(), b"12345");
    assert_eq!(kind(disk.read("a", 4)), Some(ErrorKind::TooLarge));
}

fn what_is_absent_is_none_and_no_error(disk: &dyn Disk) {
    assert_eq!(read(disk, "a"), None);
    assert_eq!(read(disk, "no/such/a"), None);
    assert!(disk.open_read("a").unwrap().is_none());
    assert_eq!(kind(disk.replace("no/a", b"x")), Some(ErrorKind::Other));
    assert_eq!(kind(disk.open_append("no/a")), Some(ErrorKind::Other));
    assert_eq!(kind(disk.list("no")), Some(ErrorKind::Other));
    assert_eq!(kind(disk.rename("a", "b")), Some(ErrorKind::Other));
}

fn a_replacement_leaves_nothing_unfinished(disk: &dyn Disk) {
    disk.replace("a", b"x").unwrap();
    assert_eq!(names(disk, ""), ["a"]);
}

fn a_leftover_of_a_replacement_is_no_obstacle_and_can_be_removed(disk: &dyn Disk) {
    for path in ["a", "b"] {
        disk.open_append(&unfinished(path)).unwrap().append(b"half").unwrap();
    }
    disk.create_folder("c.unfinished").unwrap();
    disk.replace("a", b"whole").unwrap();
    assert_eq!(names(disk, ""), ["a", "b.unfinished", "c.unfinished"]);
    disk::remove_unfinished(disk, "").unwrap();
    assert_eq!(names(disk, ""), ["a", "c.unfinished"]);
    assert_eq!(read(disk, "a").unwrap(), b"whole");
}

fn removing_twice_is_no_error(disk: &dyn Disk) {
    disk.create_folder("folder").unwrap();
    disk.replace("folder/a", b"x").unwrap();
    for _ in 0..2 {
        disk.remove("folder/a").unwrap();
        assert_eq!(read(disk, "folder/a"), None);
    }
    for _ in 0..2 {
        disk.remove_folder("folder").unwrap();
        assert!(names(disk, "").is_empty());
    }
    disk.remove("folder/a").unwrap();
}

fn a_rename_replaces_its_target(disk: &dyn Disk) {
    disk.replace("a", b"new").unwrap();
    disk.replace("b", b"old").unwrap();
    disk.rename("a", "b").unwrap();
    assert_eq!(names(disk, ""), ["b"]);
    disk.rename("b", "b").unwrap();
    assert_eq!(read(disk, "b").unwrap(), b"new");
}

fn a_rename_moves_files_and_folders_between_folders(disk: &dyn Disk) {
    disk.create_folder("one").unwrap();
    disk.create_folder("two").unwrap();
    disk.replace("one/a", b"x").unwrap();
    disk.rename("one/a", "two/b").unwrap();
    disk.rename("two", "one/two").unwrap();
    assert_eq!(names(disk, ""), ["one"]);
    assert_eq!(read(disk, "one/two/b").unwrap(), b"x");
}

fn a_rename_does_not_mix_files_and_folders(disk: &dyn Disk) {
    disk.create_folder("folder").unwrap();
    disk.create_folder("full").unwrap();
    disk.replace("full/a", b"x").unwrap();
    disk.replace("a", b"x").unwrap();
    assert_eq!(kind(disk.rename("a", "folder")), Some(ErrorKind::NotRegular));
    assert_eq!(kind(disk.rename("folder", "a")), Some(ErrorKind::NotRegular));
    assert_eq!(kind(disk.rename("folder", "full")), Some(ErrorKind::Other));
    disk.remove("full/a").unwrap();
    disk.rename("folder", "full").unwrap();
    assert_eq!(names(disk, ""), ["a", "full"]);
}

fn folders_are_made_once_and_hold_files(disk: &dyn Disk) {
    disk.create_folder("one").unwrap();
    disk.create_folder("one/two").unwrap();
    disk.replace("one/two/a", b"x").unwrap();
    disk.create_folder("one/two").unwrap();
    assert_eq!(read(disk, "one/two/a").unwrap(), b"x");
    assert_eq!(kind(disk.create_folder("no/two")), Some(ErrorKind::Other));
    assert_eq!(kind(disk.create_folder("one/two/a")), Some(ErrorKind::NotRegular));
}

fn a_folder_goes_with_its_files_but_not_with_folders(disk: &dyn Disk) {
    disk.create_folder("one").unwrap();
    disk.replace("one/a", b"x").unwrap();
    disk.create_folder("one/two").unwrap();
    assert_eq!(kind(disk.remove_folder("one")), Some(ErrorKind::Other));
    assert_eq!(names(disk, "one"), ["a", "two"]);
    disk.remove_folder("one/two").unwrap();
    disk.remove_folder("one").unwrap();
    assert!(names(disk, "").is_empty());
}

fn a_list_is_by_name_and_leaves_nothing_out(disk: &dyn Disk) {
    disk.create_folder("m").unwrap();
    for (path, bytes) in [("z", 1), (".hidden", 2), ("B", 3), ("a b", 4), ("m/inner", 5)] {
        disk.replace(path, &vec![0; bytes]).unwrap();
    }
    let listed = disk.list("").unwrap();
    let listed: Vec<_> = listed
        .iter()
        .map(|entry| (entry.name.as_str(), entry.is_folder || entry.bytes > 0, entry.is_folder))
        .collect();
    assert_eq!(
        listed,
        [
            (".hidden", true, false),
            ("B", true, false),
            ("a b", true, false),
            ("m", true, true),
            ("z", true, false)
        ]
    );
    assert_eq!(disk.list("m").unwrap().first().unwrap().bytes, 5);
}

fn appending_goes_on_at_the_end(disk: &dyn Disk) {
    let mut file = disk.open_append("log").unwrap();
    assert!(file.is_empty());
    file.append(b"one").unwrap();
    file.append(b"").unwrap();
    file.sync().unwrap();
    drop(file);
    let mut file = disk.open_append("log").unwrap();
    assert_eq!(file.len(), 3);
    file.append(b"two").unwrap();
    assert_eq!(file.len(), 6);
    assert_eq!(read(disk, "log").unwrap(), b"onetwo");
}

fn a_truncated_file_goes_on_where_it_was_cut(disk: &dyn Disk) {
    let mut file = disk.open_append("log").unwrap();
    file.append(b"record, torn").unwrap();
    file.truncate(8).unwrap();
    file.append(b"whole").unwrap();
    file.sync().unwrap();
    assert_eq!(read(disk, "log").unwrap(), b"record, whole");
    assert_eq!(file.len(), 13);
}

fn a_failed_truncation_poisons_the_handle(disk: &dyn Disk) {
    let mut file = disk.open_append("log").unwrap();
    file.append(b"one").unwrap();
    assert_eq!(kind(file.truncate(4)), Some(ErrorKind::Other));
    for outcome in [file.append(b"x"), file.sync(), file.truncate(1)] {
        assert_eq!(kind(outcome), Some(ErrorKind::Poisoned));
    }
    disk.open_append("log").unwrap().append(b"two").unwrap();
    assert_eq!(read(disk, "log").unwrap(), b"onetwo");
}

fn writing_the_end_again_changes_nothing_that_is_read(disk: &dyn Disk) {
    assert_eq!(kind(disk.write_again("log", 0)), Some(ErrorKind::Other));
    let long: Vec<u8> = (0..600_000_u32).map(|at| (at % 251) as u8).collect();
    disk.replace("log", &long).unwrap();
    for from in [0, 1, 262_144, 599_999, 600_000, 600_001] {
        disk.write_again("log", from).unwrap();
        assert_eq!(disk.read("log", 600_000).unwrap().unwrap(), long, "from {from}");
    }
    disk.create_folder("folder").unwrap();
    assert_eq!(kind(disk.write_again("folder", 0)), Some(ErrorKind::NotRegular));
}

fn what_is_written_over_has_its_place_and_the_file_its_length(disk: &dyn Disk) {
    assert_eq!(kind(disk.write_over("log", &[])), Some(ErrorKind::Other));
    disk.replace("log", b"one two three").unwrap();
    let reader = disk.open_read("log").unwrap().unwrap();
    disk.write_over("log", &[(4, b"TWO"), (12, b"E"), (0, b"")]).unwrap();
    assert_eq!(read(disk, "log").unwrap(), b"one TWO threE");
    let mut buffer = [0; 3];
    assert_eq!((reader.read_at(4, &mut buffer).unwrap(), &buffer), (3, b"TWO"));
    for beyond in [12, 13, u64::MAX] {
        let pieces: [(u64, &[u8]); 2] = [(0, b"O"), (beyond, b"xy")];
        assert_eq!(kind(disk.write_over("log", &pieces)), Some(ErrorKind::Other), "{beyond}");
    }
    assert_eq!(read(disk, "log").unwrap(), b"one TWO threE");
    disk.create_folder("folder").unwrap();
    assert_eq!(kind(disk.write_over("folder", &[])), Some(ErrorKind::NotRegular));
}

fn a_reader_sees_what_is_appended_meanwhile(disk: &dyn Disk) {
    let mut writer = disk.open_append("log").unwrap();
    let reader = disk.open_read("log").unwrap().unwrap();
    writer.append(b"later").unwrap();
    let mut buffer = [0; 9];
    assert_eq!(reader.read_at(0, &mut buffer).unwrap(), 5);
    assert_eq!((reader.len(), &buffer[..5]), (0, b"later".as_slice()));
}

fn a_removed_file_can_still_be_read_by_whoever_has_it_open(disk: &dyn Disk) {
    disk.replace("a", b"old").unwrap();
    disk.replace("b", b"old").unwrap();
    let open = [disk.open_read("a").unwrap().unwrap(), disk.open_read("b").unwrap().unwrap()];
    disk.remove("a").unwrap();
    disk.replace("b", b"new").unwrap();
    for file in open {
        let mut buffer = [0; 3];
        assert_eq!((file.read_at(0, &mut buffer).unwrap(), &buffer), (3, b"old"));
    }
}

fn a_file_is_no_folder_and_a_folder_is_no_file(disk: &dyn Disk) {
    disk.create_folder("folder").unwrap();
    disk.replace("file", b"x").unwrap();
    let wrong = [
        kind(disk.read("folder", 1)),
        kind(disk.open_append("folder")),
        kind(disk.open_read("folder")),
        kind(disk.replace("folder", b"x")),
        kind(disk.remove("folder")),
        kind(disk.remove_folder("file")),
        kind(disk.read("file/x", 1)),
        kind(disk.list("file")),
        kind(disk.replace("file/x", b"x")),
    ];
    assert_eq!(wrong, [Some(ErrorKind::NotRegular); 9]);
    assert_eq!(names(disk, ""), ["file", "folder"]);
}

fn a_lock_is_held_once(disk: &dyn Disk) {
    let guard = disk.try_lock("lock").unwrap();
    assert_eq!(kind(disk.try_lock("lock")), Some(ErrorKind::Locked));
    drop(disk.try_lock("another").unwrap());
    drop(guard);
    drop(disk.try_lock("lock").unwrap());
    assert_eq!(names(disk, ""), ["another", "lock"]);
}

fn whatever_stands_at_a_path_can_be_settled(disk: &dyn Disk) {
    disk.create_folder("folder").unwrap();
    disk.replace("folder/a", b"a").unwrap();
    for path in ["", "folder", "folder/a", "absent", "folder/absent", "absent/absent"] {
        disk.settle(path).unwrap();
    }
    assert_eq!(read(disk, "folder/a").unwrap(), b"a");
}

fn no_path_leads_out(disk: &dyn Disk) {
    for path in ["/etc/hostname", "../a", "a/../../b", "", ".", "a//b"] {
        let refused = [
            disk.read(path, 1000).map(drop),
            disk.replace(path, b"x"),
            disk.remove(path),
            disk.rename(path, "b"),
            disk.rename("b", path),
            disk.create_folder(path),
            disk.remove_folder(path),
            disk.open_append(path).map(drop),
            disk.open_read(path).map(drop),
            disk.try_lock(path).map(drop),
        ];
        for outcome in refused {
            assert!(matches!(outcome, Err(DiskError::BadPath { .. })), "{path:?}: {outcome:?}");
        }
    }
    assert!(matches!(disk.list(".."), Err(DiskError::BadPath { .. })));
    assert!(names(disk, "").is_empty());
}
