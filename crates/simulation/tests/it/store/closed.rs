//! Closed periods under failing power and disks: at every step log or columns are whole, and
//! deletions and forgetting reach both.

use std::sync::Arc;

use collector::store::{Answer, Outcome, Retention, count, verify};
use contract::calendar::Period;
use contract::release::Window;
use contract::tally::Tally;
use disk::Disk as _;
use envelope::Digest;
use jiff::civil::{Date, date};
use simulation::collector::{Collector, tag_of};
use simulation::disk::{SimDisk, every_crash_point, every_error_point};

use super::{PERIOD, Promises, TODAY, collector, delete, kept};

/// The first day on which nothing of the period is taken any more.
pub(super) const CLOSED: Date = date(2026, 11, 23);

fn retention() -> Retention {
    Retention::new([("larkspur".parse().unwrap(), "usage".parse().unwrap(), 30)])
}

/// A disk with a day's parts in a log, and what was promised for them.
pub(super) fn a_day_before(collector: &Collector, seed: u64) -> (SimDisk, Promises) {
    let disk = SimDisk::new(seed);
    let mut store = collector.store(&disk).unwrap();
    let mut promises = Promises::default();
    let systems = ["debian", "ubuntu", "debian"];
    let arrivals: Vec<_> =
        (1..=9).map(|n| collector.arrival(n, PERIOD, systems[n as usize % 3])).collect();
    let outcomes = collector.accept(&mut store, &arrivals, TODAY);
    promises.note(&arrivals, outcomes);
    assert_eq!(promises.held.len(), 9);
    (disk, promises)
}

/// Closes the period, and deletes one tag before and one after that.
fn closing(collector: &Collector, disk: &SimDisk, before: &Promises) -> Promises {
    let mut promises = Promises { may_be_closed: true, ..before.clone() };
    let Ok(mut store) = collector.store(disk) else { return promises };
    let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
    // Asked for before, taken out after.
    promises.unsure.push(tag_of(3, PERIOD));
    let _ = store.delete((&program, &channel), &[tag_of(3, PERIOD)], TODAY);
    let _ = collector.close(&mut store, CLOSED);
    delete(collector, &mut promises, &mut store, (tag_of(3, PERIOD), CLOSED));
    delete(collector, &mut promises, &mut store, (tag_of(5, PERIOD), CLOSED));
    promises
}

pub(super) fn kept_when_closed(
    collector: &Collector,
    disk: &SimDisk,
    promises: &Promises,
) -> Result<(), String> {
    kept(collector, disk, promises)?;
    let report = verify(disk, &retention(), CLOSED).map_err(|error| error.to_string())?;
    match report.findings.first() {
        Some(finding) => Err(format!("{}: {}", finding.path, finding.what)),
        None => Ok(()),
    }
}

#[test]
fn closing_a_period_survives_power_failure_at_every_step() {
    let collector = collector();
    let (start, before) = a_day_before(&collector, 5);
    let covered = every_crash_point(
        &start,
        |disk| closing(&collector, disk, &before),
        |disk, promises| kept_when_closed(&collector, disk, promises),
    );
    let covered = covered.unwrap();
    println!("{} steps, {} crash points", covered.steps, covered.points);
    assert!(covered.steps > 40, "{covered:?}");
}

#[test]
fn closing_a_period_survives_every_error_of_the_disk() {
    let collector = collector();
    let (start, before) = a_day_before(&collector, 6);
    let covered = every_error_point(
        &start,
        |disk| closing(&collector, disk, &before),
        |disk, promises| kept_when_closed(&collector, disk, promises),
    );
    println!("{:?}", covered.unwrap());
}

#[test]
fn a_closed_period_takes_nothing_more_also_when_the_clock_goes_back() {
    let collector = collector();
    let (disk, promises) = a_day_before(&collector, 7);
    let mut store = collector.store(&disk).unwrap();
    assert_eq!(collector.close(&mut store, date(2026, 11, 22)).unwrap(), 0, "intake is open");
    assert_eq!(collector.close(&mut store, CLOSED).unwrap(), 1);
    assert_eq!(store.len(), 9);
    let folder = "parts/larkspur/usage/2026-11-20.columns";
    assert_eq!(disk.list(folder).unwrap().len(), 1);
    for store in [&mut store, &mut collector.store(&disk.kill()).unwrap()] {
        let more = [promises.held[0].0.clone(), collector.arrival(20, PERIOD, "debian")];
        let outcomes = collector.accept(store, &more, TODAY);
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Closed));
    }
}

#[test]
fn neither_tag_nor_answers_of_a_deleted_part_are_left_in_columns() {
    let collector = collector();
    let (disk, _) = a_day_before(&collector, 8);
    let mut store = collector.store(&disk).unwrap();
    collector.close(&mut store, CLOSED).unwrap();
    let tag = tag_of(4, PERIOD);
    assert!(!disk.find(tag.as_bytes()).is_empty());
    let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
    assert_eq!(store.held(&program, &channel, &[tag]).unwrap().len(), 1);
    let Answer::Done(deleted) = collector.delete(&mut store, tag, CLOSED).unwrap() else {
        panic!("it is not done")
    };
    assert_eq!((deleted.len(), deleted[0].removed), (1, 1));
    assert_eq!(store.len(), 8);
    assert!(store.held(&program, &channel, &[tag]).unwrap().is_empty());
    for bytes in [tag.as_bytes().as_slice(), tag.to_string().as_bytes()] {
        assert!(disk.find(bytes).is_empty(), "{:?}", disk.find(bytes));
    }
    // Again, and after a restart: the same answer.
    assert_eq!(collector.delete(&mut store, tag, CLOSED).unwrap(), Answer::Done(deleted.clone()));
    drop(store);
    let mut store = collector.store(&disk.kill()).unwrap();
    assert_eq!(collector.delete(&mut store, tag, CLOSED).unwrap(), Answer::Done(deleted));
}

#[test]
fn forgetting_a_closed_period_removes_all_its_files() {
    let collector = collector();
    let (disk, _) = a_day_before(&collector, 9);
    let mut store = collector.store(&disk).unwrap();
    collector.close(&mut store, CLOSED).unwrap();
    let before = disk.bytes_used();
    let last = date(2026, 12, 20);
    assert!(store.forget(&retention(), last, false).unwrap().is_empty());
    let would = store.forget(&retention(), date(2026, 12, 21), true).unwrap();
    assert_eq!((would.len(), would[0].parts), (1, 9));
    assert_eq!(disk.bytes_used(), before);
    assert_eq!(store.forget(&retention(), date(2026, 12, 21), false).unwrap(), would);
    assert!(disk.bytes_used() < before);
    assert!(disk.find(b"debian").is_empty() && store.is_empty());
}

#[test]
fn columns_that_decayed_are_found_by_verify() {
    let collector = collector();
    let (disk, _) = a_day_before(&collector, 10);
    let mut store = collector.store(&disk).unwrap();
    collector.close(&mut store, CLOSED).unwrap();
    let folder = "parts/larkspur/usage/2026-11-20.columns";
    let path = format!("{folder}/{}", disk.list(folder).unwrap()[0].name);
    let whole = disk.read(&path, 1 << 20).unwrap().unwrap();
    assert!(verify(&disk, &retention(), CLOSED).unwrap().findings.is_empty());
    for at in (0..whole.len()).step_by(7) {
        let mut broken = whole.clone();
        broken[at] ^= 1;
        disk.replace(&path, &broken).unwrap();
        let report = verify(&disk, &retention(), CLOSED).unwrap();
        assert!(!report.findings.is_empty(), "byte {at}");
    }
    disk.replace(&path, &whole).unwrap();
    disk.replace(&format!("{folder}/stranger"), b"?").unwrap();
    assert_eq!(verify(&disk, &retention(), CLOSED).unwrap().findings.len(), 1);
}

/// Parts of a period that fill ten blocks of columns.
const ROWS: u32 = 40_000;

/// So many blocks that threads share them, and the rows of one installation fall to one of them.
#[test]
fn a_period_of_many_blocks_is_counted_as_its_log_was() {
    let collector = Collector { index_rows: ROWS as usize, ..collector() };
    let disk = SimDisk::new(9);
    let mut store = collector.store(&disk).unwrap();
    let systems = ["debian", "ubuntu", "debian"];
    for first in (0..ROWS).step_by(1_000) {
        let batch: Vec<_> = (first..first + 1_000)
            .map(|n| collector.arrival(n, PERIOD, systems[n as usize % 3]))
            .collect();
        collector.accept(&mut store, &batch, TODAY);
    }
    let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
    let tags: Vec<_> = [5, 20_000, 39_999].map(|n| tag_of(n, PERIOD)).to_vec();
    store.delete((&program, &channel), &tags, TODAY).unwrap();
    let period: Period = PERIOD.parse().unwrap();
    let counted = || {
        let manifest = &collector.catalogue.program("larkspur").unwrap().manifest;
        let window = Window::new(period, period).unwrap();
        let mut tally = Tally::new(manifest, "usage", window, []).unwrap();
        let find = |hash: &Digest| collector.catalogue.definition(hash).map(Arc::as_ref);
        let counted = count(&disk, (&program, &channel, period), find, &mut tally).unwrap();
        (tally, counted)
    };
    let of_log = counted();
    assert_eq!(collector.close(&mut store, CLOSED).unwrap(), 1);
    let of_columns = counted();
    assert!(of_log == of_columns, "{:?} {:?}", of_log.1, of_columns.1);
    // Who is counted once too often would be counted twice more.
    let (mut twice, _) = counted();
    twice.merge(of_log.0.clone()).unwrap();
    assert!(twice != of_log.0);
}
