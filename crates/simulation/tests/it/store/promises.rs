//! What receipts promise when circumstances change: a shorter retention, a failed rename, unusual
//! numbers of deletions.

use collector::signers::Signers;
use collector::store::{Arrival, Deleted, Outcome, Retention, Settled};
use contract::calendar::PeriodKind;
use envelope::{Digest, KeyPurpose, Receipt, RootKey};
use jiff::civil::date;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use simulation::collector::{Collector, tag_of};
use simulation::disk::{Fault, SimDisk, Step};

use super::{PERIOD, TODAY, collector};

fn receipt(outcome: &Outcome) -> Receipt {
    let json = match outcome {
        Outcome::Accepted(json) | Outcome::Duplicate(json) => json.as_str(),
        _ => "no receipt",
    };
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_receipt_says_the_day_that_is_enforced_also_where_the_retention_was_shortened() {
    let collector = collector();
    let disk = SimDisk::new(20);
    let mut store = collector.store(&disk).unwrap();
    let within = |number, retention_days| Arrival {
        retention_days,
        ..collector.arrival(number, PERIOD, "debian")
    };
    let days = [(1, 30), (2, 10), (3, 30), (4, 5), (5, 10)];
    let mut receipts = Vec::new();
    for (number, retention_days) in days {
        let outcomes = collector.accept(&mut store, &[within(number, retention_days)], TODAY);
        let receipt = receipt(&outcomes[0]);
        let arrival = within(number, retention_days);
        receipt.verify(&[collector.root], &Digest::of(arrival.part.bytes())).unwrap();
        receipts.push(receipt);
    }
    let promised: Vec<_> = receipts.iter().map(|r| r.statement.forget_by.to_string()).collect();
    // What came after a shorter promise lies in the same file, and goes with it.
    assert_eq!(promised, ["2026-12-20", "2026-11-30", "2026-11-30", "2026-11-25", "2026-11-25"]);
    drop(store);
    let mut store = collector.store(&disk.kill()).unwrap();
    for ((number, retention_days), first) in days.into_iter().zip(&receipts) {
        let again = collector.accept(&mut store, &[within(number, retention_days)], TODAY);
        assert_eq!(receipt(&again[0]), *first, "part {number}");
    }
    // Also where the manifest has the longer retention again.
    let retention = Retention::new([("larkspur".parse().unwrap(), "usage".parse().unwrap(), 30)]);
    assert!(store.forget(&retention, date(2026, 11, 25), false).unwrap().is_empty());
    assert_eq!(store.forget(&retention, date(2026, 11, 26), false).unwrap().len(), 1);
}

// While manifests are read again, parts that were checked by the older one are still under way.
#[test]
fn in_a_batch_of_two_manifests_nobody_is_promised_more_than_the_shorter_retention() {
    let collector = collector();
    let mut store = collector.store(&SimDisk::new(24)).unwrap();
    let days = [(1, 30), (2, 10), (3, 30)];
    let arrivals = days.map(|(number, retention_days)| Arrival {
        retention_days,
        ..collector.arrival(number, PERIOD, "debian")
    });
    let outcomes = collector.accept(&mut store, &arrivals, TODAY);
    let promised = outcomes.iter().map(|outcome| receipt(outcome).statement.forget_by);
    assert_eq!(promised.collect::<Vec<_>>(), [date(2026, 11, 30); 3]);
    let retention = Retention::new([("larkspur".parse().unwrap(), "usage".parse().unwrap(), 30)]);
    assert_eq!(store.forget(&retention, date(2026, 12, 1), false).unwrap().len(), 1);
}

#[test]
fn the_store_accepts_again_in_the_same_process_after_any_one_failure() {
    let collector = collector();
    let place = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
    let run = |disk: &SimDisk| {
        let mut store = collector.store(disk).unwrap();
        let first =
            [collector.arrival(1, PERIOD, "debian"), collector.arrival(2, PERIOD, "debian")];
        collector.accept(&mut store, &first, TODAY);
        let _ = store.delete((&place.0, &place.1), &[tag_of(2, PERIOD)], TODAY);
        let kept = |_: &_, _: &_| Some((PeriodKind::Day, 30));
        let _ = store.settle_deletions(kept, (TODAY, false));
        // A failure may last for one call, and be noticed at the next.
        let more = [collector.arrival(3, PERIOD, "debian")];
        collector.accept(&mut store, &more, TODAY);
        let _ = store.probe();
        let outcome = collector.accept(&mut store, &more, TODAY).remove(0);
        assert!(
            matches!(outcome, Outcome::Accepted(_) | Outcome::Duplicate(_)),
            "it does not accept again: {}",
            super::name(&outcome)
        );
        assert!(store.probe().is_ok());
        let _ = store.settle_deletions(kept, (TODAY, false));
    };
    let counted = SimDisk::new(21);
    drop(collector.store(&counted).unwrap());
    let start = counted.kill();
    let counted = start.copy();
    counted.keep_journal();
    run(&counted);
    let journal = counted.journal();
    assert!(journal.contains(&Step::Rename));
    // The first steps are those of opening it.
    let opening = start.copy();
    drop(collector.store(&opening).unwrap());
    for step in opening.steps()..journal.len() as u64 {
        let disk = start.copy();
        disk.arm(step, Fault::Broken);
        run(&disk);
    }
}

// Whoever could not be reached for days asks again, and the collector has its next key by then.
#[test]
fn a_deletion_is_confirmed_also_with_a_key_that_was_made_after_it() {
    let mut random = ChaCha8Rng::seed_from_u64(23);
    let root = RootKey::generate(&mut random);
    let days = (date(2026, 12, 1), date(2027, 3, 1));
    let key = root.issue(&mut random, KeyPurpose::Receipt, "larkspur", days);
    let manifest = simulation::larkspur::manifest(simulation::larkspur::FIRST, &root.public());
    let (program, channel) = ("larkspur".parse().unwrap(), manifest.channel("usage").unwrap());
    let (roots, today) = ([root.public()], date(2026, 12, 4));
    let signers = Signers::choose([(&program, roots.as_slice())], vec![key], today);
    let tag = tag_of(1, PERIOD);
    let deleted_on = date(2026, 11, 29);
    let deleted = Deleted { tag, part: Some("system".parse().unwrap()), removed: 1, deleted_on };
    let deletion = deleted.deletion(&program, channel);
    let tombstone = signers.tombstone(deletion, today).unwrap();
    let stated = tombstone.verify(&roots, &tag).unwrap();
    // The files do not hold the rows on that day either; backups expire when they always did.
    assert_eq!((stated.deleted_on, stated.removed), (today, 1));
    assert_eq!(stated.backups_expire, deletion.backups_expire);
    let earlier = Signers::default();
    assert!(earlier.tombstone(deletion, today).is_none());
}

#[test]
fn an_unusual_number_of_deletions_waits_for_a_person() {
    let collector = Collector { index_rows: 1_000, ..collector() };
    let disk = SimDisk::new(22);
    let mut store = collector.store(&disk).unwrap();
    let many = 1_001;
    let arrivals: Vec<_> = (0..many + 3).map(|n| collector.arrival(n, PERIOD, "debian")).collect();
    for batch in arrivals.chunks(512) {
        collector.accept(&mut store, batch, TODAY);
    }
    let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
    let tags: Vec<_> = (0..many).map(|n| tag_of(n, PERIOD)).collect();
    store.delete((&program, &channel), &tags, TODAY).unwrap();
    let kept = |_: &_, _: &_| Some((PeriodKind::Day, 30));
    let held = store.settle_deletions(kept, (TODAY, false)).unwrap();
    assert_eq!(held, Settled { held_back: 1_001, ..Settled::default() });
    // They are excluded all the same.
    assert!(store.held(&program, &channel, &tags[..9]).unwrap().is_empty());
    let done = store.settle_deletions(kept, (TODAY, true)).unwrap();
    assert_eq!(done, Settled { tags: 1_001, rows: 1_001, ..Settled::default() });
    assert_eq!(store.len(), 3);

    // Invented tags hold nobody's deletion back, and cost no rewrite.
    let invented: Vec<_> = (5_000..9_000).map(|n| tag_of(n, PERIOD)).collect();
    store.delete((&program, &channel), &invented, TODAY).unwrap();
    disk.keep_journal();
    let done = store.settle_deletions(kept, (TODAY, false)).unwrap();
    assert_eq!(done, Settled { tags: 4_000, ..Settled::default() });
    assert!(!disk.journal().contains(&Step::Rename), "nothing was to be written anew");
}
