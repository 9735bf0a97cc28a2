//! A disk that fills up while a period becomes columns, or while the day's deletions are taken out:
//! it is said clearly, nothing is lost, and it is done when there is room again.

use collector::edge::manifests;
use collector::store::{Answer, Outcome, Store, StoreError, Trouble, scan};
use contract::calendar::PeriodKind;
use disk::ErrorKind;
use simulation::collector::{Collector, tag_of};
use simulation::disk::SimDisk;
use simulation::larkspur::FIRST;

use super::closed::{CLOSED, a_day_before, kept_when_closed};
use super::{PERIOD, Promises, TODAY, collector};

/// Bytes between one filling and the next: no divisor of a record's or a block's length.
const STRIDE: usize = 41;

/// Does something with ever more room, until there is enough. After each failure everything is as
/// before; with room again the same call succeeds.
fn full_at_every_stride(
    (start, promises): &(SimDisk, Promises),
    collector: &Collector,
    work: impl Fn(&mut Store<SimDisk>) -> Result<(), StoreError>,
) -> usize {
    let mut failures = 0;
    for room in (0..).step_by(STRIDE) {
        let disk = start.copy();
        let mut store = collector.store(&disk).unwrap();
        disk.limit_bytes(Some(disk.bytes_used() + room));
        let worked = work(&mut store);
        let is_enough = worked.is_ok();
        if let Err(error) = worked {
            failures += 1;
            assert_eq!(error.trouble(), Trouble::Full, "{room} bytes: {error}");
            all_there(&disk, promises, room);
            // What is read is answered also where nothing can be written.
            let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
            assert_eq!(store.held(&program, &channel, &[tag_of(1, PERIOD)]).unwrap().len(), 1);
            disk.limit_bytes(None);
            assert!(store.probe().is_ok(), "{room} bytes");
            work(&mut store).unwrap();
        }
        all_there(&disk, promises, room);
        drop(store);
        disk.limit_bytes(None);
        kept_when_closed(collector, &disk.kill(), promises).unwrap();
        if is_enough {
            return failures;
        }
    }
    failures
}

fn all_there(disk: &SimDisk, promises: &Promises, room: u64) {
    let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
    let mut found = Vec::new();
    let place = (&program, &channel, PERIOD.parse().unwrap());
    let scanned = scan(disk, place, |stored| found.push(stored.bytes.to_vec())).unwrap();
    assert!(scanned.is_whole, "{room} bytes");
    found.sort();
    let mut held: Vec<_> =
        promises.held.iter().map(|(arrival, _)| arrival.part.bytes().to_vec()).collect();
    held.sort();
    assert!(found == held, "{room} bytes: {} of {} parts", found.len(), held.len());
}

#[test]
fn a_period_becomes_columns_when_a_full_disk_has_room_again() {
    let collector = collector();
    let (disk, promises) = a_day_before(&collector, 41);
    let start = (disk, Promises { may_be_closed: true, ..promises });
    let failures =
        full_at_every_stride(&start, &collector, |store| collector.close(store, CLOSED).map(drop));
    println!("{failures} failures");
    assert!(failures > 10, "{failures}");
}

#[test]
fn a_batch_of_deletions_is_done_when_a_full_disk_has_room_again() {
    let collector = collector();
    for close_first in [false, true] {
        let (disk, mut promises) = a_day_before(&collector, 42);
        let mut store = collector.store(&disk).unwrap();
        if close_first {
            collector.close(&mut store, CLOSED).unwrap();
        }
        let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
        let tag = tag_of(3, PERIOD);
        let asked = store.delete((&program, &channel), &[tag], TODAY).unwrap();
        assert_eq!(asked, Answer::Pending);
        drop(store);
        promises.held.retain(|(arrival, _)| arrival.part.tag() != Some(tag));
        promises.may_be_closed = close_first;
        let kept = |_: &_, _: &_| Some((PeriodKind::Day, 30));
        let start = (disk.kill(), promises);
        let failures = full_at_every_stride(&start, &collector, |store| {
            store.settle_deletions(kept, (TODAY, false)).map(drop)?;
            let done = store.delete((&program, &channel), &[tag], TODAY);
            assert!(matches!(done, Ok(Answer::Done(_))));
            Ok(())
        });
        println!("{failures} failures");
        assert!(failures > 5, "{failures}");
    }
}

#[test]
fn a_full_disk_is_told_to_whoever_sends_and_no_more_when_there_is_room() {
    let collector = collector();
    let (disk, promises) = a_day_before(&collector, 43);
    let mut store = collector.store(&disk).unwrap();
    disk.limit_bytes(Some(disk.bytes_used()));
    let new = [promises.held[0].0.clone(), collector.arrival(30, PERIOD, "debian")];
    let outcomes = collector.accept(&mut store, &new, TODAY);
    assert_eq!(outcomes[0], Outcome::Duplicate(promises.held[0].1.clone()));
    assert_eq!(outcomes[1], Outcome::Unavailable(Trouble::Full));
    assert_eq!(store.probe(), Err(Trouble::Full));
    disk.limit_bytes(None);
    let outcomes = collector.accept(&mut store, &new[1..], TODAY);
    assert!(matches!(outcomes[0], Outcome::Accepted(_)));
}

#[test]
fn a_start_on_a_full_disk_needs_no_room_for_a_manifest_that_is_there() {
    let collector = collector();
    let (disk, promises) = a_day_before(&collector, 12);
    let manifest = &collector.catalogue.program("larkspur").unwrap().manifest;
    let keep = |text: &str| manifests::keep(&disk, manifest, text);
    keep(FIRST).unwrap();
    disk.limit_bytes(Some(disk.bytes_used()));
    keep(FIRST).unwrap();
    // What is not there is not called kept.
    assert_eq!(keep("another").unwrap_err().kind(), ErrorKind::Full);
    // Receipts are given again before there is room.
    let mut store = collector.store(&disk).unwrap();
    let (arrival, receipt) = promises.held[0].clone();
    let outcome = collector.accept(&mut store, &[arrival], TODAY).remove(0);
    assert!(matches!(outcome, Outcome::Duplicate(again) if again == receipt));
}
