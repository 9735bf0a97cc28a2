//! What the index finds, in memory and on the disk.

use disk::OsDisk;

use super::*;

fn tag(number: u64) -> Tag {
    let mut tag = [0; 16];
    tag[8..].copy_from_slice(&number.to_be_bytes());
    Tag(tag)
}

fn place(number: u64) -> Place {
    Place { offset: number * 7, bytes: u32::try_from(number + 1).unwrap() }
}

#[test]
fn a_small_memory_finds_what_a_large_one_finds() {
    let folder = tempfile::tempdir().unwrap();
    let disk = OsDisk::open(folder.path()).unwrap();
    let mut small = Index::new("2026-11-20.log", 100);
    // In an order that is none, with several parts of some tags.
    for number in 0..5_000_u64 {
        let scattered = number * 7_919 % 5_000;
        small.insert(&disk, (Some(tag(scattered / 2)), (scattered % 2) as u16), place(scattered));
    }
    small.insert(&disk, (None, 0), place(1));
    assert_eq!((small.runs.len(), small.len()), (50, 5_001));
    assert!(small.memory.len() < 100);
    for number in 0..5_000_u64 {
        let found = small.get(tag(number / 2), (number % 2) as u16).unwrap();
        assert_eq!(found, Some(place(number)), "{number}");
    }
    for number in 2_500..9_000 {
        assert_eq!(small.get(tag(number), 0).unwrap(), None);
    }
    assert_eq!(small.of_tag(tag(9)).unwrap().len(), 2);
    assert_eq!(small.remove_tag(tag(9)).unwrap().len(), 2);
    assert_eq!((small.get(tag(9), 1).unwrap(), small.len()), (None, 4_999));

    // Also the first and the last of a page, and all of one.
    let taken: Vec<u64> = (40..95).chain([0, 2_499]).collect();
    for number in &taken {
        small.remove_tag(tag(*number)).unwrap();
    }
    small.wipe(&disk).unwrap();
    assert!(small.gone.is_empty());
    for number in (0..2_500).filter(|number| *number != 9) {
        let found = small.of_tag(tag(number)).unwrap();
        assert_eq!(found.len(), if taken.contains(&number) { 0 } else { 2 }, "{number}");
    }
    let files = disk.list("").unwrap();
    let all: Vec<u8> =
        files.iter().flat_map(|file| disk.read(&file.name, 1 << 20).unwrap().unwrap()).collect();
    let entries = all.as_chunks::<30>().0;
    let is_there = |number| entries.iter().any(|entry| entry.starts_with(&tag(number).0));
    assert!(!is_there(9) && !is_there(2_499) && !is_there(60) && is_there(10));

    small.discard(&disk).unwrap();
    assert!(disk.list("").unwrap().is_empty());
}

#[test]
fn what_an_earlier_process_left_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let disk = OsDisk::open(folder.path()).unwrap();
    let mut index = Index::new("2026-11-20.log", 1);
    index.insert(&disk, (Some(tag(1)), 0), place(1));
    assert_eq!(disk.list("").unwrap()[0].name, "2026-11-20.0.tags");
    remove_runs(&disk, "").unwrap();
    assert!(disk.list("").unwrap().is_empty());
}

#[test]
fn an_unknown_tag_seldom_passes_the_filter_also_where_tags_are_simple() {
    let folder = tempfile::tempdir().unwrap();
    let disk = OsDisk::open(folder.path()).unwrap();
    let mut index = Index::new("2026-11-20.log", 10_000);
    for number in 0..10_000 {
        index.insert(&disk, (Some(tag(number)), 0), place(1));
    }
    let passed = (10_000..110_000).filter(|number| index.runs[0].may_hold(tag(*number))).count();
    assert!(passed < 1_000, "{passed} of 100,000");
    assert!((0..10_000).all(|number| index.runs[0].may_hold(tag(number))));
}
