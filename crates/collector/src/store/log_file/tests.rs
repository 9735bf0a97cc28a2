//! What a log keeps and what it cuts off.

use disk::OsDisk;
use tempfile::TempDir;

use super::*;

const PATH: &str = "a.log";

struct Log {
    folder: TempDir,
    disk: OsDisk,
}

impl Log {
    /// A log with batches of two records each, of which the file keeps this many bytes less.
    fn new(batches: usize, cut: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = OsDisk::open(folder.path()).unwrap();
        let (program, channel) = (ProgramId::parse("p").unwrap(), ChannelId::parse("c").unwrap());
        let about = About { program: &program, channel: &channel, period: None, forget_by: None };
        let mut log = LogFile::create(&disk, PATH.to_owned(), &about).unwrap();
        for _ in 0..batches {
            let record = || (RecordKind::Marker, Body::Bytes(b"record".to_vec()));
            log.append(&disk, &[record(), record()]).unwrap();
        }
        let log = Self { folder, disk };
        log.file().set_len(log.len() - cut).unwrap();
        log
    }

    fn file(&self) -> std::fs::File {
        std::fs::File::options().write(true).open(self.folder.path().join(PATH)).unwrap()
    }

    fn len(&self) -> u64 {
        self.file().metadata().unwrap().len()
    }

    /// How many records are there when it is opened, or where it is damaged.
    fn open(&self) -> Result<u64, u64> {
        let mut records = 0;
        match LogFile::open(&self.disk, PATH.to_owned(), |_, _, _, _| records += 1) {
            Ok(_) => Ok(records),
            Err(StoreError::Damaged { offset, .. }) => Err(offset),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_batch_of_which_a_part_is_missing_is_cut_off_as_a_whole() {
    let whole = Log::new(1, 0).len();
    for cut in [1, 20, 21, 40] {
        let log = Log::new(2, cut);
        assert_eq!(log.open(), Ok(2), "{cut} bytes missing");
        assert_eq!(log.len(), whole);
        assert_eq!(log.open(), Ok(2));
    }
}

#[test]
fn a_broken_record_before_a_later_batch_is_damage_and_nothing_is_cut_off() {
    use std::os::unix::fs::FileExt as _;
    let log = Log::new(3, 0);
    let length = log.len();
    let second_batch = Log::new(1, 0).len();
    log.file().write_at(b"?", second_batch + 17).unwrap();
    assert_eq!(log.open(), Err(second_batch));
    assert_eq!(log.len(), length);
    // In the last batch it may be what a power failure left of it.
    let log = Log::new(2, 0);
    log.file().write_at(b"?", second_batch + 17).unwrap();
    assert_eq!(log.open(), Ok(2));
}

#[test]
fn what_was_rewritten_is_whole_or_damaged() {
    let log = Log::new(2, 0);
    let mut places = Vec::new();
    let open = LogFile::open(&log.disk, PATH.to_owned(), |at, _, _, bytes| {
        places.push((at, bytes));
    });
    let gone = places.into_iter().skip(1).take(1).collect();
    open.unwrap().unwrap().rewrite(&log.disk, &gone).unwrap();
    assert_eq!(log.open(), Ok(3));
    // No append was under way, so even its last byte was durable.
    log.file().set_len(log.len() - 1).unwrap();
    assert!(log.open().is_err());
}

#[test]
fn a_newer_format_is_left_alone() {
    let log = Log::new(1, 0);
    let header = br#"{"format":4,"more":true}"#;
    let mut bytes = Vec::new();
    record::push(&mut bytes, RecordKind::Header, 0, 0, header);
    log.disk.replace(PATH, &bytes).unwrap();
    let opened = LogFile::open(&log.disk, PATH.to_owned(), |_, _, _, _| {});
    assert!(matches!(opened, Err(StoreError::Newer { format: 4, .. })));
}
