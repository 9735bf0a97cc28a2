//! The collector's store under failing power, failing disks and full disks: what was acknowledged
//! is there once, what was deleted is gone.

use collector::store::{Answer, Arrival, Outcome, scan};
use envelope::Tag;
use jiff::civil::{Date, date};
use simulation::collector::{Collector, tag_of};
use simulation::disk::{
    SimDisk, every_crash_point, every_error_point, every_failed_sync, every_full_point,
};

mod backups;
mod closed;
mod format;
mod full;
mod planted;
mod promises;

const TODAY: Date = date(2026, 11, 20);
const PERIOD: &str = "2026-11-20";

/// What the collector promised to others.
#[derive(Default, Clone)]
struct Promises {
    /// Parts whose receipts left, and the receipts.
    held: Vec<(Arrival, String)>,
    /// Tags whose deletion was answered.
    deleted: Vec<Tag>,
    /// Tags whose deletion was begun and not answered: there or not, both are right.
    unsure: Vec<Tag>,
    /// Whether columns were made of the period, or half of them were.
    may_be_closed: bool,
    /// What contradicts an earlier answer.
    lies: Vec<String>,
}

impl Promises {
    fn note(&mut self, arrivals: &[Arrival], outcomes: Vec<Outcome>) {
        for (arrival, outcome) in arrivals.iter().zip(outcomes) {
            match outcome {
                Outcome::Accepted(receipt) => self.held.push((arrival.clone(), receipt)),
                Outcome::Duplicate(receipt) => {
                    let known = self.held.iter().find(|(held, _)| held.part == arrival.part);
                    match known {
                        Some((_, first)) if *first != receipt => {
                            self.lies.push("another receipt for the same bytes".into());
                        }
                        Some(_) => {}
                        // An earlier process took it: it is told that it is there.
                        None => self.held.push((arrival.clone(), receipt)),
                    }
                }
                _ => {}
            }
        }
    }
}

/// A scripted day: three batches, copies, a conflict, a deletion, and one more batch.
fn a_day(collector: &Collector, disk: &SimDisk) -> Promises {
    some_of_a_day(collector, disk, &[&[1], &[2, 3, 4], &[5, 6]])
}

fn some_of_a_day(collector: &Collector, disk: &SimDisk, batches: &[&[u32]]) -> Promises {
    let mut promises = Promises::default();
    let Ok(mut store) = collector.store(disk) else { return promises };
    send(collector, &mut promises, &mut store, batches);
    delete(collector, &mut promises, &mut store, (tag_of(3, PERIOD), TODAY));
    let more = [collector.arrival(7, PERIOD, "ubuntu")];
    let outcomes = collector.accept(&mut store, &more, TODAY);
    promises.note(&more, outcomes);
    promises
}

fn send<D: disk::Disk>(
    collector: &Collector,
    promises: &mut Promises,
    store: &mut collector::store::Store<D>,
    batches: &[&[u32]],
) {
    for batch in batches {
        let arrivals: Vec<_> =
            batch.iter().map(|n| collector.arrival(*n, PERIOD, "debian")).collect();
        let outcomes = collector.accept(store, &arrivals, TODAY);
        promises.note(&arrivals, outcomes);
        // A copy in the next batch, and other bytes under the same tag.
        let again = [arrivals[0].clone(), collector.arrival(batch[0], PERIOD, "ubuntu")];
        let outcomes = collector.accept(store, &again, TODAY);
        if matches!(outcomes[1], Outcome::Accepted(_))
            && matches!(outcomes[0], Outcome::Duplicate(_))
        {
            promises.lies.push("two parts under one tag were taken".into());
        }
        promises.note(&again, outcomes);
    }
}

fn delete<D: disk::Disk>(
    collector: &Collector,
    promises: &mut Promises,
    store: &mut collector::store::Store<D>,
    (tag, today): (Tag, Date),
) {
    promises.unsure.push(tag);
    if matches!(collector.delete(store, tag, today), Ok(Answer::Done(_))) {
        // One that was asked for before may be done by now too: both are right.
        promises.unsure.retain(|unsure| *unsure != tag);
        promises.deleted.push(tag);
        promises.held.retain(|(arrival, _)| arrival.part.tag() != Some(tag));
    }
}

/// Starts the collector on what is left and compares it with what was promised.
fn kept(collector: &Collector, disk: &SimDisk, promises: &Promises) -> Result<(), String> {
    if let Some(lie) = promises.lies.first() {
        return Err(lie.clone());
    }
    // Before a start, which would take out what is left.
    for tag in &promises.deleted {
        let places = [disk.find(tag.as_bytes()), disk.find(tag.to_string().as_bytes())].concat();
        if !places.is_empty() {
            return Err(format!("a deleted tag is still in {places:?}"));
        }
    }
    let mut store = collector.store(disk).map_err(|error| format!("does not start: {error}"))?;
    let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
    let mut found: Vec<Vec<u8>> = Vec::new();
    let period = PERIOD.parse().unwrap();
    let scanned =
        scan(disk, (&program, &channel, period), |stored| found.push(stored.bytes.to_vec()));
    if !scanned.map_err(|error| error.to_string())?.is_whole {
        return Err("something is half there".into());
    }
    for (arrival, receipt) in &promises.held {
        if arrival.part.tag().is_some_and(|tag| promises.unsure.contains(&tag)) {
            continue;
        }
        let times = found.iter().filter(|bytes| *bytes == arrival.part.bytes()).count();
        if times != 1 {
            let files = disk::Disk::list(disk, "parts/larkspur/usage");
            return Err(format!("an acknowledged part is there {times} times: {files:?}"));
        }
        match collector.accept(&mut store, std::slice::from_ref(arrival), TODAY).remove(0) {
            Outcome::Duplicate(again) if again == *receipt => {}
            Outcome::Closed if promises.may_be_closed => {}
            other => return Err(format!("the same bytes again: {}", name(&other))),
        }
    }
    let mut unique = found.clone();
    unique.sort();
    unique.dedup();
    if unique.len() != found.len() {
        return Err("a part is there twice".into());
    }
    if !promises.deleted.is_empty() {
        let late = collector.arrival(3, PERIOD, "debian");
        match collector.accept(&mut store, &[late], TODAY).remove(0) {
            Outcome::Deleted => {}
            Outcome::Closed if promises.may_be_closed => {}
            other => return Err(format!("a late copy of what was deleted: {}", name(&other))),
        }
    }
    Ok(())
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted(_) => "accepted anew",
        Outcome::Duplicate(_) => "another receipt",
        Outcome::Conflict => "a conflict",
        Outcome::Deleted => "deleted",
        Outcome::Forgotten => "forgotten",
        Outcome::Closed => "closed",
        Outcome::Unavailable(_) => "unavailable",
    }
}

fn collector() -> Collector {
    // So few that the index is on the disk too.
    Collector { index_rows: 2, ..Collector::new(1).unwrap() }
}

#[test]
fn what_was_acknowledged_survives_power_failure_at_every_step() {
    let collector = collector();
    let covered = every_crash_point(
        &SimDisk::new(1),
        |disk| a_day(&collector, disk),
        |disk, promises| kept(&collector, disk, promises),
    );
    let covered = covered.unwrap();
    println!("{} steps, {} crash points", covered.steps, covered.points);
    assert!(covered.steps > 20, "{covered:?}");
}

#[test]
fn what_was_acknowledged_survives_every_error_of_the_disk() {
    let collector = collector();
    let covered = every_error_point(
        &SimDisk::new(2),
        |disk| a_day(&collector, disk),
        |disk, promises| kept(&collector, disk, promises),
    );
    println!("{:?}", covered.unwrap());
}

#[test]
fn what_a_failed_sync_left_is_on_the_medium_before_a_successor_acknowledges_it() {
    let collector = collector();
    let start = SimDisk::new(5);
    let check = |disk: &SimDisk, promises: &Promises| kept(&collector, disk, promises);
    let covered = every_failed_sync(&start, |disk| a_day(&collector, disk), check).unwrap();
    assert!(covered.points > 10, "{covered:?}");
    // A deletion syncs the log more often, and would hide what was missing in it.
    let batches = |disk: &SimDisk| {
        let mut promises = Promises::default();
        if let Ok(mut store) = collector.store(disk) {
            send(&collector, &mut promises, &mut store, &[&[1], &[2, 3, 4], &[5, 6]]);
        }
        promises
    };
    let covered = every_failed_sync(&start, batches, check).unwrap();
    assert!(covered.points > 3, "{covered:?}");
}

#[test]
fn what_was_acknowledged_survives_a_disk_full_at_every_byte() {
    let collector = collector();
    let covered = every_full_point(
        &SimDisk::new(3),
        // Every byte is a run of its own: a short day.
        |disk| some_of_a_day(&collector, disk, &[&[3]]),
        |disk, promises| kept(&collector, disk, promises),
    );
    println!("{} bytes at which the disk was full", covered.unwrap().points);
}

#[test]
fn a_disk_that_lies_about_syncing_is_caught() {
    use simulation::disk::Flaw;
    let collector = collector();
    for flaw in [Flaw::FileSyncSkipped, Flaw::FolderSyncSkipped] {
        let covered = every_crash_point(
            &SimDisk::flawed(4, flaw),
            |disk| a_day(&collector, disk),
            |disk, promises| kept(&collector, disk, promises),
        );
        assert!(covered.is_err(), "{flaw:?} went unnoticed");
    }
}
