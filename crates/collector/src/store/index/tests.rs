//! What the index finds, in memory and on the disk.

use disk::OsDisk;

use super::*;

fn tag(number: u64) -> Tag {
    let mut tag = [0; 16];
    tag[8..].copy_from_slice(&number.to_be_bytes());
    Tag(tag)
}

fn place(number: u64) -> Place {
    Place { offset: number * 7, bytes: u32::try_from(number).unwrap() }
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
