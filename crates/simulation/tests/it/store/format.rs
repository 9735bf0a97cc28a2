//! What older programs wrote: read, brought up, and kept to the letter.

use collector::store::{Answer, Outcome, scan};
use disk::Disk as _;
use simulation::collector::tag_of;
use simulation::disk::{SimDisk, every_crash_point};

use super::{PERIOD, TODAY, collector};

const LOG: &[u8] = include_bytes!("format-1-2026-11-20.log");
const DELETED: &[u8] = include_bytes!("format-1-deleted.log");
const RECEIPTS: &str = include_str!("format-1-receipts.jsonl");

fn written_by_format_1(seed: u64) -> SimDisk {
    let day = format!("{PERIOD}.log");
    written(seed, &[(&day, LOG), ("deleted.log", DELETED)])
}

/// By a store of format 2: five parts, the third under a shorter retention, the fourth deleted, the
/// deletion of the fifth asked for.
fn written_by_format_2(seed: u64) -> SimDisk {
    let day = format!("{PERIOD}.log");
    let files: [(&str, &[u8]); 3] = [
        (&day, include_bytes!("format-2-2026-11-20.log")),
        ("deleted.log", include_bytes!("format-2-deleted.log")),
        ("pending.log", include_bytes!("format-2-pending.log")),
    ];
    written(seed, &files)
}

fn written(seed: u64, files: &[(&str, &[u8])]) -> SimDisk {
    let disk = SimDisk::new(seed);
    let mut folder = String::new();
    for name in ["parts", "larkspur", "usage"] {
        folder = disk::path::join(&folder, name);
        disk.create_folder(&folder).unwrap();
    }
    for (name, bytes) in files {
        disk.replace(&format!("{folder}/{name}"), bytes).unwrap();
    }
    disk
}

/// Opens what was written by the older program and says what is not as it promised.
fn kept(disk: &SimDisk) -> Result<(), String> {
    kept_with(disk, RECEIPTS)
}

fn kept_with(disk: &SimDisk, receipts: &str) -> Result<(), String> {
    let collector = collector();
    let mut store = collector.store(disk).map_err(|error| error.to_string())?;
    for (number, receipt) in (1..).zip(receipts.lines().take(3)) {
        let arrival = collector.arrival(number, PERIOD, "debian");
        let outcome = collector.accept(&mut store, &[arrival], TODAY).remove(0);
        if outcome != Outcome::Duplicate(receipt.to_owned()) {
            return Err(format!("part {number} has another receipt"));
        }
    }
    let deleted = collector.arrival(4, PERIOD, "debian");
    if collector.accept(&mut store, &[deleted], TODAY) != [Outcome::Deleted] {
        return Err("a deletion was forgotten".into());
    }
    match collector.delete(&mut store, tag_of(4, PERIOD), TODAY) {
        Ok(Answer::Done(deleted)) if deleted[0].removed == 1 => Ok(()),
        other => Err(format!("another deletion: {other:?}")),
    }
}

#[test]
fn files_of_format_1_are_brought_up_and_give_the_same_receipts() {
    let disk = written_by_format_1(11);
    kept(&disk).unwrap();
    let path = format!("parts/larkspur/usage/{PERIOD}.log");
    let log = disk.read(&path, 1 << 20).unwrap().unwrap();
    assert!(log.windows(10).any(|piece| piece == b"\"format\":3"));
    let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
    let mut parts = 0;
    scan(&disk, (&program, &channel, PERIOD.parse().unwrap()), |_| parts += 1).unwrap();
    assert_eq!(parts, 3);
}

#[test]
fn bringing_up_format_1_survives_power_failure_at_every_step() {
    let open = |disk: &SimDisk| drop(collector().store(disk));
    let covered = every_crash_point(&written_by_format_1(12), open, |disk, ()| kept(disk));
    let covered = covered.unwrap();
    println!("{} steps, {} crash points", covered.steps, covered.points);
    assert!(covered.steps > 4);
}

#[test]
fn files_of_format_2_are_brought_up_and_the_deletion_that_waited_is_done() {
    let receipts = include_str!("format-2-receipts.jsonl");
    let done = |disk: &SimDisk| {
        kept_with(disk, receipts)?;
        let collector = collector();
        let mut store = collector.store(disk).map_err(|error| error.to_string())?;
        let tag = tag_of(5, PERIOD);
        match collector.delete(&mut store, tag, TODAY) {
            Ok(Answer::Done(deleted)) if deleted[0].removed == 1 => {}
            other => return Err(format!("the deletion that waited: {other:?}")),
        }
        let places = [disk.find(tag.as_bytes()), disk.find(tag.to_string().as_bytes())].concat();
        if places.is_empty() { Ok(()) } else { Err(format!("still in {places:?}")) }
    };
    done(&written_by_format_2(14)).unwrap();
    let open = |disk: &SimDisk| drop(collector().store(disk));
    let check = |disk: &SimDisk, (): &()| done(disk);
    assert!(every_crash_point(&written_by_format_2(15), open, check).unwrap().steps > 4);
}

#[test]
fn a_file_of_a_newer_format_is_left_alone() {
    let disk = written_by_format_1(13);
    let path = format!("parts/larkspur/usage/{PERIOD}.log");
    drop(collector().store(&disk).unwrap());
    let mut newer = Vec::new();
    let header = format!(
        "{{\"channel\":\"usage\",\"forget_by\":null,\"format\":99,\"period\":\"{PERIOD}\",\
         \"program\":\"larkspur\",\"whole_bytes\":0}}"
    );
    collector::record::push(
        &mut newer,
        collector::record::RecordKind::Header,
        0,
        0,
        header.as_bytes(),
    );
    disk.replace(&path, &newer).unwrap();
    let error = collector().store(&disk).map(drop).unwrap_err().to_string();
    assert!(error.contains("format 99"), "{error}");
    assert_eq!(disk.read(&path, 1 << 20).unwrap().unwrap(), newer);
}
