//! What is taken out of a file of several blocks, and what stays as it was.

use disk::OsDisk;

use super::*;

const PATH: &str = "a.columns";
const ROWS: u32 = 10_000;

fn tag(number: u32) -> Tag {
    let mut tag = [0; 16];
    tag[..4].copy_from_slice(&number.to_be_bytes());
    Tag(tag)
}

fn row(number: u32) -> Row {
    let said = Said::Exact(format!("row {number}").into_bytes());
    Row { tag: Some(tag(number)), check: [1; 8], said }
}

/// A file of all the numbers.
fn written(disk: &OsDisk) -> ColumnsFile {
    let about = Footer {
        blocks: Vec::new(),
        channel: "usage".parse().unwrap(),
        definition: None,
        definition_hash: Digest::of(b""),
        forget_by: Date::constant(2026, 12, 31),
        format: FORMAT,
        period: "2026-11-20".parse().unwrap(),
        program: "larkspur".parse().unwrap(),
        rows: 0,
        tagged: true,
    };
    let mut writer = ColumnsWriter::create(disk, PATH.to_owned(), about).unwrap();
    (0..ROWS).for_each(|number| writer.push(&row(number)).unwrap());
    writer.finish(disk).unwrap();
    ColumnsFile::open(disk, PATH.to_owned()).unwrap().unwrap()
}

#[test]
fn blocks_of_which_nothing_goes_are_copied_and_the_others_lose_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let disk = OsDisk::open(folder.path()).unwrap();
    let all = u64::from(ROWS);
    // In the second block of three, at the ends, everywhere, nowhere.
    let every: Vec<u32> = (0..ROWS).collect();
    for gone in [&[5_000, 5_001][..], &[0, ROWS - 1], &every, &[ROWS]] {
        let file = written(&disk);
        let tags: Vec<Tag> = gone.iter().map(|number| tag(*number)).collect();
        let removed = gone.iter().filter(|number| **number < ROWS).count() as u64;
        assert_eq!(file.without(&disk, &tags).unwrap(), (removed, all - removed));
        let left = ColumnsFile::open(&disk, PATH.to_owned()).unwrap().unwrap();
        let mut found = Vec::new();
        let read = left.each_block(|at, block| {
            assert_eq!(block.tag(0), at.first);
            found.extend((0..block.rows()).map(|number| block.row(number).unwrap()));
            Ok(())
        });
        read.unwrap();
        let expected = (0..ROWS).filter(|number| !gone.contains(number)).map(row);
        assert!(found == expected.collect::<Vec<_>>(), "without {} rows", gone.len());
        assert_eq!(left.footer.rows, all - removed);
        for number in [0, 4_999, 5_000, ROWS - 1] {
            let is_there = left.blocks_of(tag(number)).iter().any(|at| {
                let bytes = left.bytes(at).unwrap();
                !left.block(at, &bytes).unwrap().rows_of(tag(number)).is_empty()
            });
            assert_eq!(is_there, !gone.contains(&number), "{number}");
        }
    }
}
