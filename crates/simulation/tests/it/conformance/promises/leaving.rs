//! What every store promises of parts that go: deletions, forgetting, and coming back without them.

use collector::keep::Outcome;
use collector::store::{Answer, Trouble};
use contract::calendar::add_days;
use envelope::Digest;

use super::{GREEN, bytes_of, close, delete, held_by};
use crate::conformance::Subject;
use crate::conformance::reference::Reference;
use crate::conformance::trial::{
    RETENTION_DAYS, Sent, TODAY, Trial, blue, channel, kept, period, program, receipt, scanned,
    settle, tag,
};

pub(super) fn a_deleted_part_is_gone_for_everybody_at_once(trial: &Trial, store: &mut dyn Subject) {
    trial.send(store.keep(), &[blue(1), blue(2)], TODAY);
    assert_eq!(delete(store, &[1]), Answer::Pending);
    for _ in 0..2 {
        assert!(held_by(store, 1, 0).is_empty());
        let left = [bytes_of(trial, blue(2))];
        assert_eq!(scanned(store.look(), &channel(), period(0)).unwrap(), left);
        let mut other = Reference::default();
        trial.send(&mut other, &[blue(2)], TODAY);
        let counted = trial.count(store.look(), &channel(), period(0)).unwrap().0;
        assert!(counted == trial.count(&other, &channel(), period(0)).unwrap().0);
        assert_eq!(trial.send_one(store.keep(), blue(1), TODAY), Outcome::Deleted);
        assert_eq!(store.keep().deletions_pending(), 1);
        assert_eq!(delete(store, &[1]), Answer::Pending, "until the batch");
        store.restart();
    }
}

pub(super) fn a_deletion_is_told_with_its_numbers_again_and_again(
    trial: &Trial,
    store: &mut dyn Subject,
) {
    let oval = Sent { part: "shape", answer: "oval", ..blue(1) };
    trial.send(store.keep(), &[blue(1), oval, blue(2)], TODAY);
    delete(store, &[1]);
    let done = store.keep().settle_deletions(kept(), (TODAY, false)).unwrap();
    assert_eq!((done.tags, done.rows), (1, 2));
    for today in 0..3 {
        let place = (&program(), &channel());
        let answer = store.keep().delete(place, &[tag(1, 0)], add_days(TODAY, today)).unwrap();
        let Answer::Done(deleted) = answer else { panic!("it is not done") };
        let told: Vec<_> = deleted
            .iter()
            .map(|of| (of.tag, of.part.as_ref().unwrap().as_str(), of.removed, of.deleted_on))
            .collect();
        let tag = tag(1, 0);
        assert!(told == [(tag, "colour", 1, TODAY), (tag, "shape", 1, TODAY)]);
        store.restart();
    }
    assert_eq!(store.keep().len(), 1);
    assert_eq!(store.keep().deletions_pending(), 0);
}

pub(super) fn no_byte_of_a_deleted_part_is_left_after_the_batch(
    trial: &Trial,
    store: &mut dyn Subject,
) {
    trial.send(store.keep(), &[blue(1), Sent { answer: "green", ..blue(2) }], TODAY);
    let tag = tag(1, 0);
    let sought = [tag.as_bytes().to_vec(), tag.to_string().into_bytes(), b"blue".to_vec()];
    assert!(sought.iter().any(|bytes| store.has_bytes(bytes)), "the search can find it");
    delete(store, &[1]);
    settle(store.keep(), TODAY);
    for bytes in &sought {
        assert!(!store.has_bytes(bytes));
    }
    assert!(store.has_bytes(b"green"), "others are still there");
}

pub(super) fn a_late_copy_of_a_deleted_part_is_not_taken(trial: &Trial, store: &mut dyn Subject) {
    trial.send(store.keep(), &[blue(1)], TODAY);
    delete(store, &[1]);
    settle(store.keep(), TODAY);
    for _ in 0..2 {
        assert_eq!(trial.send_one(store.keep(), blue(1), TODAY), Outcome::Deleted);
        assert_eq!(trial.send_one(store.keep(), GREEN, TODAY), Outcome::Deleted);
        store.restart();
    }
    assert!(store.keep().is_empty());
}

pub(super) fn an_unknown_tag_is_deleted_as_well(trial: &Trial, store: &mut dyn Subject) {
    delete(store, &[7]);
    settle(store.keep(), TODAY);
    let Answer::Done(deleted) = delete(store, &[7]) else { panic!("it is not done") };
    assert_eq!((deleted.len(), deleted[0].removed), (1, 0));
    assert_eq!(deleted[0].part, None);
    assert_eq!(trial.send_one(store.keep(), blue(7), TODAY), Outcome::Deleted);
}

pub(super) fn unusually_many_deletions_wait_for_a_person(trial: &Trial, store: &mut dyn Subject) {
    let many: Vec<u32> = (0..=1_000).collect();
    let sent: Vec<Sent> = many.iter().map(|number| blue(*number)).collect();
    for batch in sent.chunks(512) {
        trial.send(store.keep(), batch, TODAY);
    }
    delete(store, &many);
    let held_back = store.keep().settle_deletions(kept(), (TODAY, false)).unwrap();
    assert_eq!((held_back.held_back, held_back.rows), (1_001, 0));
    assert!(scanned(store.look(), &channel(), period(0)).unwrap().is_empty(), "excluded already");
    let done = store.keep().settle_deletions(kept(), (TODAY, true)).unwrap();
    assert_eq!((done.held_back, done.rows), (0, 1_001));
}

pub(super) fn too_many_deletions_are_refused_and_nothing_of_them_is_done(
    trial: &Trial,
    store: &mut dyn Subject,
) {
    trial.send(store.keep(), &[blue(1)], TODAY);
    let too_many: Vec<_> = (1..=65_537).map(|number| tag(number, 0)).collect();
    let place = (&program(), &channel());
    let refused = store.keep().delete(place, &too_many, TODAY);
    assert_eq!(refused, Err(Trouble::Crowded));
    assert_eq!(store.keep().deletions_pending(), 0);
    assert_eq!(held_by(store, 1, 0).len(), 1);
}

pub(super) fn a_deletion_reaches_a_closed_period(trial: &Trial, store: &mut dyn Subject) {
    trial.send(store.keep(), &[blue(1), Sent { answer: "green", ..blue(2) }], TODAY);
    close(trial, store, 3);
    delete(store, &[1]);
    assert!(held_by(store, 1, 0).is_empty());
    assert_eq!(scanned(store.look(), &channel(), period(0)).unwrap().len(), 1);
    // Nobody counts it from then on, although it waits for the batch.
    let mut other = Reference::default();
    trial.send(&mut other, &[Sent { answer: "green", ..blue(2) }], TODAY);
    let counted = trial.count(store.look(), &channel(), period(0)).unwrap().0;
    assert!(counted == trial.count(&other, &channel(), period(0)).unwrap().0);
    settle(store.keep(), TODAY);
    let tag = tag(1, 0);
    assert!(!store.has_bytes(tag.as_bytes()) && !store.has_bytes(tag.to_string().as_bytes()));
    // The last one takes the period with it.
    delete(store, &[2]);
    settle(store.keep(), TODAY);
    assert!(store.keep().is_empty() && store.look().periods().unwrap().is_empty());
}

pub(super) fn deletions_wait_while_a_period_takes_its_last_form(
    trial: &Trial,
    store: &mut dyn Subject,
) {
    trial.send(store.keep(), &[blue(1), blue(2)], TODAY);
    let closing = store.keep().closable(add_days(TODAY, 3)).remove(0);
    delete(store, &[1]);
    let done = store.keep().settle_deletions(kept(), (TODAY, false)).unwrap();
    assert_eq!((done.tags, done.postponed), (0, 1));
    assert!(held_by(store, 1, 0).is_empty(), "excluded all the same");
    assert_eq!(trial.send_one(store.keep(), blue(3), TODAY), Outcome::Closed);
    let find = |hash: &Digest| trial.collector.catalogue.definition(hash).cloned();
    store.look().close(&closing, &find).unwrap();
    store.keep().adopt(&closing).unwrap();
    let done = store.keep().settle_deletions(kept(), (TODAY, false)).unwrap();
    assert_eq!((done.tags, done.rows), (1, 1));
    assert_eq!(held_by(store, 2, 0).len(), 1);
}

pub(super) fn forgetting_takes_what_is_past_its_day_and_no_more(
    trial: &Trial,
    store: &mut dyn Subject,
) {
    let sent: Vec<_> = (0..3).map(|day| Sent { day, ..blue(1) }).collect();
    trial.send(store.keep(), &sent, TODAY);
    close(trial, store, 3);
    let last = period(1).forget_by(RETENTION_DAYS);
    let none = store.keep().forget(&trial.retention, period(0).forget_by(RETENTION_DAYS), false);
    assert!(none.unwrap().is_empty(), "its last day is not over");
    let gone = store.keep().forget(&trial.retention, add_days(last, 1), false).unwrap();
    let told: Vec<_> = gone.iter().map(|gone| (gone.period, gone.parts)).collect();
    assert_eq!(told, [(period(0), 1), (period(1), 1)]);
    assert_eq!(gone[1].forget_by, last);
    for (day, is_left) in [(0, false), (1, false), (2, true)] {
        assert_eq!(held_by(store, 1, day).len(), usize::from(is_left));
        assert_eq!(store.has_bytes(tag(1, day).as_bytes()), is_left, "day {day}");
    }
    store.restart();
    assert_eq!(store.keep().len(), 1);
}

pub(super) fn a_shorter_retention_counts_and_a_longer_one_does_not(
    trial: &Trial,
    store: &mut dyn Subject,
) {
    let day = period(0).forget_by(10);
    for is_closed in [false, true] {
        let short = trial.arrival_kept(blue(1), 10);
        let long = trial.arrival(blue(2));
        for arrival in [short, long] {
            let signers = &trial.collector.signers;
            let outcome = store.keep().accept(&[arrival], signers, TODAY).remove(0);
            assert_eq!(receipt(&outcome).statement.forget_by, day, "they go together");
        }
        if is_closed {
            assert_eq!(close(trial, store, 3), 1);
        }
        assert!(store.keep().forget(&trial.retention, day, false).unwrap().is_empty());
        let gone = store.keep().forget(&trial.retention, add_days(day, 1), false).unwrap();
        assert_eq!(gone.len(), 1);
        assert!(store.keep().is_empty());
    }
}

pub(super) fn a_dry_run_says_the_same_and_does_nothing(trial: &Trial, store: &mut dyn Subject) {
    trial.send(store.keep(), &[blue(1)], TODAY);
    let day = add_days(period(0).forget_by(RETENTION_DAYS), 1);
    let would = store.keep().forget(&trial.retention, day, true).unwrap();
    assert_eq!(held_by(store, 1, 0).len(), 1);
    assert_eq!(store.keep().forget(&trial.retention, day, false).unwrap(), would);
    assert!(store.keep().is_empty());
}

pub(super) fn a_backup_is_not_served_and_comes_back_without_what_was_deleted(
    trial: &Trial,
    store: &mut dyn Subject,
) {
    trial.send(store.keep(), &[blue(1), blue(2), blue(3)], TODAY);
    delete(store, &[3]);
    let backup = store.back_up(TODAY);
    assert!(!backup.can_be_served());
    delete(store, &[1]);
    settle(store.keep(), TODAY);
    let Answer::Done(first) = delete(store, &[1]) else { panic!("it is not done") };
    let deletions = store.look().deletions(TODAY).unwrap();
    assert!(!deletions.is_empty());
    let mut back = backup.restore(&deletions, (&trial.retention, kept()), TODAY);
    assert_eq!(held_by(back.as_mut(), 2, 0), [bytes_of(trial, blue(2))]);
    assert_eq!(back.keep().len(), 1);
    for installation in [1, 3] {
        assert!(!back.has_bytes(tag(installation, 0).as_bytes()));
        assert_eq!(trial.send_one(back.keep(), blue(installation), TODAY), Outcome::Deleted);
    }
    assert!(delete(back.as_mut(), &[1]) == Answer::Done(first), "the same tombstone");
    let report = back.look().verify(&trial.retention, TODAY).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    // Nor is it a way around the retention.
    let backup = store.back_up(TODAY);
    let day = add_days(period(0).forget_by(RETENTION_DAYS), 1);
    let deletions = store.look().deletions(day).unwrap();
    let mut back = backup.restore(&deletions, (&trial.retention, kept()), day);
    assert!(back.keep().is_empty());
}
