//! What every store promises, one promise after the other: here of parts that come and stay.

mod leaving;

use collector::keep::Outcome;
use collector::signers::Signers;
use collector::store::{Answer, Trouble};
use contract::calendar::add_days;
use contract::id::{ChannelId, PartId};
use envelope::{Digest, Receipt};
use simulation::disk::SimDisk;

use self::leaving::{
    a_backup_is_not_served_and_comes_back_without_what_was_deleted,
    a_deleted_part_is_gone_for_everybody_at_once,
    a_deletion_is_told_with_its_numbers_again_and_again, a_deletion_reaches_a_closed_period,
    a_dry_run_says_the_same_and_does_nothing, a_late_copy_of_a_deleted_part_is_not_taken,
    a_shorter_retention_counts_and_a_longer_one_does_not, an_unknown_tag_is_deleted_as_well,
    deletions_wait_while_a_period_takes_its_last_form,
    forgetting_takes_what_is_past_its_day_and_no_more,
    no_byte_of_a_deleted_part_is_left_after_the_batch,
    too_many_deletions_are_refused_and_nothing_of_them_is_done,
    unusually_many_deletions_wait_for_a_person,
};
use super::Subject;
use super::reference::Reference;
use super::subjects::Files;
use super::trial::{
    RETENTION_DAYS, Sent, TODAY, Trial, blue, channel, held, period, program, receipt, scanned,
    settle, tag,
};

/// One promise: fails where the store does not keep it.
pub(super) type Promise = fn(&Trial, &mut dyn Subject);

macro_rules! of_every_store {
    ($($promise:ident),* $(,)?) => {
        /// Every promise, by name.
        pub(super) const ALL: &[(&str, Promise)] = &[$((stringify!($promise), $promise)),*];

        mod in_files_on_a_real_disk {
            use super::{Files, Trial};
            $(#[test] fn $promise() {
                super::$promise(&Trial::new(), &mut Files::on(tempfile::tempdir().unwrap()));
            })*
        }
        mod in_files_on_a_simulated_disk {
            use super::{Files, SimDisk, Trial};
            $(#[test] fn $promise() {
                super::$promise(&Trial::new(), &mut Files::on(SimDisk::new(1)));
            })*
        }
        mod in_memory {
            use super::{Reference, Trial};
            $(#[test] fn $promise() {
                super::$promise(&Trial::new(), &mut Reference::default());
            })*
        }
    };
}

of_every_store!(
    what_was_accepted_is_held_counted_and_found_by_its_tag,
    a_receipt_states_what_is_kept_and_until_when,
    the_same_bytes_again_get_the_same_receipt,
    the_first_accepted_part_stands,
    parts_without_a_tag_count_each,
    without_a_key_nothing_is_kept,
    what_is_past_its_retention_is_not_taken,
    a_deleted_part_is_gone_for_everybody_at_once,
    a_deletion_is_told_with_its_numbers_again_and_again,
    no_byte_of_a_deleted_part_is_left_after_the_batch,
    a_late_copy_of_a_deleted_part_is_not_taken,
    an_unknown_tag_is_deleted_as_well,
    unusually_many_deletions_wait_for_a_person,
    too_many_deletions_are_refused_and_nothing_of_them_is_done,
    a_closed_period_holds_the_same_and_takes_nothing,
    a_closed_period_does_not_tell_the_order_of_arrival,
    a_deletion_reaches_a_closed_period,
    deletions_wait_while_a_period_takes_its_last_form,
    a_closing_that_failed_changes_nothing,
    forgetting_takes_what_is_past_its_day_and_no_more,
    a_shorter_retention_counts_and_a_longer_one_does_not,
    a_dry_run_says_the_same_and_does_nothing,
    the_number_of_changes_moves_with_what_is_held,
    what_no_definition_fits_is_said_to_be_uncounted,
    an_installation_counts_once_however_often_it_reported,
    a_backup_is_not_served_and_comes_back_without_what_was_deleted,
);

const GREEN: Sent = Sent { answer: "green", ..blue(1) };

fn what_was_accepted_is_held_counted_and_found_by_its_tag(trial: &Trial, store: &mut dyn Subject) {
    let square = Sent { part: "shape", answer: "square", ..blue(1) };
    let batch = [blue(1), square, blue(2), Sent { day: 1, ..blue(1) }];
    let outcomes = trial.send(store.keep(), &batch, TODAY);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))));
    for _ in 0..2 {
        assert_eq!(store.keep().len(), 4);
        let periods = [period(0), period(1)].map(|period| (program(), channel(), period));
        assert_eq!(store.look().periods().unwrap(), periods);
        let (tally, uncounted) = trial.count(store.look(), &channel(), period(0)).unwrap();
        let mut other = Reference::default();
        trial.send(&mut other, &batch, TODAY);
        assert!(tally == trial.count(&other, &channel(), period(0)).unwrap().0 && uncounted == 0);
        let found = held_by(store, 1, 0);
        let bytes: Vec<_> = [batch[0], square].map(|sent| bytes_of(trial, sent)).into();
        assert_eq!(found, bytes, "both parts of the tag, and no other tag's or period's");
        store.restart();
    }
}

fn a_receipt_states_what_is_kept_and_until_when(trial: &Trial, store: &mut dyn Subject) {
    let outcomes = trial.send(store.keep(), &[blue(1), blue(2), blue(3)], TODAY);
    for (outcome, installation) in outcomes.iter().zip(1..) {
        let arrival = trial.arrival(blue(installation));
        let receipt: Receipt = receipt(outcome);
        let digest = Digest::of(arrival.part.bytes());
        let stated = receipt.verify(&[trial.collector.root], &digest).unwrap();
        assert_eq!(stated.received, TODAY);
        assert_eq!(stated.forget_by, period(0).forget_by(RETENTION_DAYS));
        assert_eq!(stated.definition, arrival.definition.hash());
        let names = [&stated.program, &stated.channel, &stated.part, &stated.period];
        assert_eq!(names, ["larkspur", "trial", "colour", "2026-11-20"]);
    }
}

fn the_same_bytes_again_get_the_same_receipt(trial: &Trial, store: &mut dyn Subject) {
    let outcomes = trial.send(store.keep(), &[blue(1), blue(2), blue(1)], TODAY);
    let Outcome::Accepted(first) = &outcomes[0] else { panic!("{outcomes:?}") };
    let again = Outcome::Duplicate(first.clone());
    assert_eq!(outcomes[2], again, "within a batch");
    let tomorrow = add_days(TODAY, 1);
    assert_eq!(trial.send_one(store.keep(), blue(1), tomorrow), again, "in a later one");
    store.restart();
    assert_eq!(trial.send_one(store.keep(), blue(1), tomorrow), again, "after a restart");
    assert_eq!(store.keep().len(), 2);
}

fn the_first_accepted_part_stands(trial: &Trial, store: &mut dyn Subject) {
    let outcomes = trial.send(store.keep(), &[blue(1), GREEN], TODAY);
    assert_eq!(outcomes[1], Outcome::Conflict, "within a batch");
    assert_eq!(trial.send_one(store.keep(), GREEN, TODAY), Outcome::Conflict);
    store.restart();
    assert_eq!(trial.send_one(store.keep(), GREEN, TODAY), Outcome::Conflict);
    assert_eq!(held_by(store, 1, 0), [bytes_of(trial, blue(1))]);
    // Another part, and another period, are no conflict.
    let others = [Sent { part: "shape", answer: "oval", ..blue(1) }, Sent { day: 1, ..GREEN }];
    let outcomes = trial.send(store.keep(), &others, TODAY);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))));
}

fn parts_without_a_tag_count_each(trial: &Trial, store: &mut dyn Subject) {
    let dark = Sent { part: "shade", answer: "dark", ..blue(0) };
    let outcomes = trial.send(store.keep(), &[dark, dark], TODAY);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))));
    assert!(matches!(trial.send_one(store.keep(), dark, TODAY), Outcome::Accepted(_)));
    let open: ChannelId = "open".parse().unwrap();
    for _ in 0..2 {
        assert_eq!(scanned(store.look(), &open, period(0)).unwrap().len(), 3);
        close(trial, store, 10);
        store.restart();
    }
}

fn without_a_key_nothing_is_kept(trial: &Trial, store: &mut dyn Subject) {
    let arrival = trial.arrival(blue(1));
    let outcomes = store.keep().accept(&[arrival], &Signers::default(), TODAY);
    assert_eq!(outcomes, [Outcome::Unavailable(Trouble::Key)]);
    assert!(store.keep().is_empty());
    assert!(matches!(trial.send_one(store.keep(), blue(1), TODAY), Outcome::Accepted(_)));
}

fn what_is_past_its_retention_is_not_taken(trial: &Trial, store: &mut dyn Subject) {
    let last = period(0).forget_by(RETENTION_DAYS);
    assert!(matches!(trial.send_one(store.keep(), blue(1), last), Outcome::Accepted(_)));
    assert_eq!(trial.send_one(store.keep(), blue(2), add_days(last, 1)), Outcome::Forgotten);
}

fn a_closed_period_holds_the_same_and_takes_nothing(trial: &Trial, store: &mut dyn Subject) {
    let batch = [blue(1), GREEN, blue(2), Sent { part: "shape", answer: "oval", ..blue(1) }];
    trial.send(store.keep(), &batch, TODAY);
    let counted = trial.count(store.look(), &channel(), period(0)).unwrap().0;
    assert_eq!(close(trial, store, 2), 0, "intake is open for two days more");
    assert_eq!(close(trial, store, 3), 1);
    assert_eq!(close(trial, store, 3), 0, "once");
    for _ in 0..2 {
        assert_eq!(store.keep().len(), 3);
        let again = trial.count(store.look(), &channel(), period(0)).unwrap();
        assert!(again.0 == counted && again.1 == 0);
        let shape = Sent { part: "shape", answer: "oval", ..blue(1) };
        assert_eq!(held_by(store, 1, 0), [bytes_of(trial, blue(1)), bytes_of(trial, shape)]);
        // Also a copy, and also where the clock has gone back.
        let late = trial.send(store.keep(), &[blue(1), blue(9)], TODAY);
        assert_eq!(late, [Outcome::Closed, Outcome::Closed]);
        store.restart();
    }
}

fn a_closed_period_does_not_tell_the_order_of_arrival(trial: &Trial, store: &mut dyn Subject) {
    let mut order: Vec<Sent> = (0..40).map(blue).collect();
    order.sort_by_key(|sent| std::cmp::Reverse(tag(sent.installation, 0)));
    for batch in order.chunks(7) {
        trial.send(store.keep(), batch, TODAY);
    }
    close(trial, store, 3);
    let mut sorted: Vec<_> = order.iter().map(|sent| bytes_of(trial, *sent)).collect();
    sorted.reverse();
    assert!(scanned(store.look(), &channel(), period(0)).unwrap() == sorted, "by tag");
}

fn a_closing_that_failed_changes_nothing(trial: &Trial, store: &mut dyn Subject) {
    trial.send(store.keep(), &[blue(1)], TODAY);
    let closing = store.keep().closable(add_days(TODAY, 3)).remove(0);
    store.keep().abandon(&closing);
    assert!(matches!(trial.send_one(store.keep(), blue(2), TODAY), Outcome::Accepted(_)));
    assert_eq!(held_by(store, 1, 0).len(), 1);
    // Also where its process ended halfway.
    let closing = store.keep().closable(add_days(TODAY, 3)).remove(0);
    let find = |hash: &Digest| trial.collector.catalogue.definition(hash).cloned();
    store.look().close(&closing, &find).unwrap();
    store.restart();
    assert!(matches!(trial.send_one(store.keep(), blue(3), TODAY), Outcome::Accepted(_)));
    assert_eq!(close(trial, store, 3), 1);
    assert_eq!(store.keep().len(), 3);
}

fn the_number_of_changes_moves_with_what_is_held(trial: &Trial, store: &mut dyn Subject) {
    let mut seen = vec![store.keep().changes()];
    trial.send(store.keep(), &[blue(1), blue(2)], TODAY);
    seen.push(store.keep().changes());
    delete(store, &[1]);
    seen.push(store.keep().changes());
    settle(store.keep(), TODAY);
    seen.push(store.keep().changes());
    let day = add_days(period(0).forget_by(RETENTION_DAYS), 1);
    store.keep().forget(&trial.retention, day, false).unwrap();
    seen.push(store.keep().changes());
    assert!(seen.is_sorted_by(|before, after| before < after), "{seen:?}");
}

fn what_no_definition_fits_is_said_to_be_uncounted(trial: &Trial, store: &mut dyn Subject) {
    trial.send(store.keep(), &[blue(1), blue(2)], TODAY);
    let window = contract::release::Window::new(period(0), period(0)).unwrap();
    let manifest = &trial.collector.catalogue.program("larkspur").unwrap().manifest;
    // Larkspur's own channel: it has none of these parts.
    let mut tally = contract::tally::Tally::new(manifest, "usage", window, []).unwrap();
    for _ in 0..2 {
        let place = (&program(), &channel(), period(0));
        let counted = store.look().count(place, &|_| None, &mut tally).unwrap();
        assert_eq!((counted.uncounted, counted.is_whole), (2, true));
        close(trial, store, 3);
    }
}

fn an_installation_counts_once_however_often_it_reported(trial: &Trial, store: &mut dyn Subject) {
    let size = |installation, day| Sent { part: "size", installation, day, answer: "small" };
    let age = |installation| Sent { part: "age", installation, day: 1, answer: "old" };
    trial.send(store.keep(), &[size(1, 0), size(2, 0), size(3, 0)], TODAY);
    trial.send(store.keep(), &[size(2, 1), size(3, 1), size(4, 1), age(5), age(1)], TODAY);
    let (program, lasting) = (program(), "lasting".parse().unwrap());
    let place = (&program, &lasting);
    let parts: Vec<PartId> = ["size", "age", "none"].map(|part| part.parse().unwrap()).into();
    let count = |store: &mut dyn Subject, parts: &[PartId], days: &[u8]| {
        let days: Vec<_> = days.iter().map(|day| period(*day)).collect();
        store.look().distinct(place, parts, &days).unwrap()
    };
    // As logs, as a log beside columns, as columns; and as each after a restart.
    for days in [0, 3, 4] {
        close(trial, store, days);
        for _ in 0..2 {
            // Parts cannot be joined: nobody knows whether the fifth is one of the four.
            assert_eq!(count(store, &parts, &[0, 1, 2]), 4);
            assert_eq!(count(store, &parts, &[1]), 3);
            assert_eq!(count(store, &parts[1..], &[0, 1]), 2);
            assert_eq!(count(store, &parts[2..], &[0, 1]), 0);
            assert_eq!(count(store, &parts, &[2]), 0);
            store.restart();
        }
    }
    let deleted = store.keep().delete(place, &[tag(2, 0)], TODAY).unwrap();
    assert_eq!((deleted, count(store, &parts, &[0, 1])), (Answer::Pending, 3), "at once");
    settle(store.keep(), TODAY);
    assert_eq!(count(store, &parts, &[0, 1]), 3);
}

fn delete(store: &mut dyn Subject, installations: &[u32]) -> Answer {
    let tags: Vec<_> = installations.iter().map(|number| tag(*number, 0)).collect();
    store.keep().delete((&program(), &channel()), &tags, TODAY).unwrap()
}

/// Closes what can be closed so many days after today.
fn close(trial: &Trial, store: &mut dyn Subject, days: i32) -> u64 {
    trial.close(store, add_days(TODAY, days)).unwrap()
}

fn held_by(store: &mut dyn Subject, installation: u32, day: u8) -> Vec<Vec<u8>> {
    let held = held(store, &[tag(installation, day)]).unwrap();
    held.into_iter().map(|held| held.bytes).collect()
}

fn bytes_of(trial: &Trial, sent: Sent) -> Vec<u8> {
    trial.arrival(sent).part.bytes().to_vec()
}
