//! What random histories have found, each as the few steps that show it.

use simulation::disk::{Fault, Moment, Survival};

use super::history::{Step, failing};
use super::trial::{RETENTION_DAYS, Sent, Trial};

const POWER: Fault = Fault::PowerLost { moment: Moment::Before, survival: Survival::Random };

/// One history that was found to fail.
fn once(steps: Vec<(Step, Option<(u64, Fault)>)>) {
    failing(&Trial::new(), steps);
}

fn blue(installation: u32, day: u8) -> Sent {
    Sent { part: "colour", installation, day, answer: "blue" }
}

/// The folders of a channel were made by a process that was killed
/// before they were durable; its successor took parts into them, and the power failed.
#[test]
fn folders_that_a_killed_process_made_are_durable_before_parts_lie_in_them() {
    once(vec![
        (Step::Pass(1), Some((3, Fault::Killed))),
        (Step::Send(vec![blue(0, 0)], RETENTION_DAYS), None),
        (Step::Send(vec![blue(0, 0)], RETENTION_DAYS), Some((0, POWER))),
        (Step::Send(vec![blue(1, 0)], RETENTION_DAYS), None),
    ]);
}

/// An empty log's name was gone and its removal had failed: the next part went
/// into a file without a name.
#[test]
fn nothing_is_appended_to_a_log_whose_removal_failed() {
    once(vec![
        (Step::Delete(vec![1], 0), Some((29, Fault::Broken))),
        (Step::Send(vec![blue(0, 0), blue(0, 1)], RETENTION_DAYS), Some((24, Fault::Broken))),
    ]);
}

/// Columns had their place, and their rename was not durable: the log could never
/// become columns after that.
#[test]
fn columns_whose_rename_failed_are_made_again() {
    once(vec![
        (Step::Send(vec![blue(0, 1), blue(0, 0)], RETENTION_DAYS), None),
        (Step::Pass(3), None),
        (Step::Close, Some((15, Fault::Broken))),
    ]);
}

/// Rows were gone and the batch failed after that: the store went on counting them.
#[test]
fn a_batch_that_failed_after_its_rows_were_gone_counts_anew() {
    once(vec![
        (Step::Pass(3), None),
        (Step::Send(vec![blue(0, 0)], RETENTION_DAYS), None),
        (Step::Delete(vec![0], 0), None),
        (Step::Close, None),
        (Step::Close, Some((6, Fault::Broken))),
        (Step::Settle, Some((21, Fault::Broken))),
        (Step::Send(vec![blue(0, 0)], RETENTION_DAYS), None),
    ]);
}

/// A log's removal had failed and was found done; the power brought the log back, beside
/// the columns that had been told of.
#[test]
fn a_log_whose_removal_failed_does_not_come_back_once_its_columns_are_told_of() {
    once(vec![
        (Step::Send(vec![blue(0, 0), blue(1, 0)], RETENTION_DAYS), None),
        (Step::Pass(3), Some((0, Fault::Broken))),
        (Step::Close, Some((20, Fault::Broken))),
        (Step::Settle, Some((0, POWER))),
        (Step::Pass(1), None),
        (Step::Send(vec![blue(0, 0)], RETENTION_DAYS), None),
        (Step::Send(vec![blue(0, 1), blue(0, 0)], RETENTION_DAYS), None),
    ]);
}

/// The forgetting of a closed period was cut short: its columns were gone and its folder was not.
/// Nothing of it is held, and nothing of it is told as held.
#[test]
fn a_period_whose_forgetting_was_cut_short_holds_nothing() {
    let sent = |day| Sent { day, ..blue(0, 0) };
    once(vec![
        (Step::Pass(3), None),
        (Step::Send(vec![sent(2), sent(1), sent(0)], 4), None),
        (Step::Send(vec![blue(1, 0)], RETENTION_DAYS), Some((7, POWER))),
        (Step::Close, None),
        (Step::Pass(2), None),
        (
            Step::Forget(RETENTION_DAYS),
            Some((0, Fault::PowerLost { moment: Moment::After, survival: Survival::Random })),
        ),
    ]);
}

/// Removing the folder of a period without rows failed at its end. Whoever came next did not find
/// the folder, and no deletion was done until the next start.
#[test]
fn a_batch_that_failed_at_an_empty_folder_is_done_without_a_restart() {
    let one = |installation, day| Sent { installation, day, ..blue(0, 0) };
    let broken = |after| Some((after, Fault::Broken));
    once(vec![
        (Step::Pass(4), None),
        (Step::Send(vec![one(4, 0), one(2, 1)], RETENTION_DAYS), None),
        (Step::Pass(-1), None),
        (Step::Close, None),
        (Step::Delete(vec![4], 0), Some((0, POWER))),
        (Step::Send(vec![one(0, 1), one(2, 2)], RETENTION_DAYS), broken(29)),
        (Step::Delete(vec![0], 2), broken(14)),
        (Step::Settle, broken(28)),
    ]);
}

/// A part was written and not synced, and neither cutting it off nor removing its log succeeded. It
/// was read back after the same part had been judged new, and then stood there twice.
#[test]
fn a_part_that_was_left_by_three_failures_is_there_once() {
    let broken = |after| Some((after, Fault::Broken));
    once(vec![
        (Step::Pass(1), broken(24)),
        (Step::Delete(vec![0], 0), broken(25)),
        (Step::Send(vec![Sent { day: 1, ..blue(0, 0) }], RETENTION_DAYS), broken(9)),
    ]);
}

/// Every period was forgotten by a process that was killed before that was durable. The next one
/// found nothing to forget, and then the power brought all of it back.
#[test]
fn what_a_killed_process_forgot_does_not_come_back_with_the_power() {
    let one = |installation, day| Sent { installation, day, ..blue(0, 0) };
    once(vec![
        (Step::Send(vec![one(1, 2), one(0, 0)], RETENTION_DAYS), None),
        (Step::Send(vec![one(0, 1), one(2, 0), one(0, 0), one(0, 2)], RETENTION_DAYS), None),
        (Step::Pass(3_650), None),
        (Step::Forget(RETENTION_DAYS), Some((9, Fault::Killed))),
        (Step::Send(vec![one(0, 0)], RETENTION_DAYS), Some((0, POWER))),
        (Step::Delete(vec![0], 0), None),
    ]);
}

/// All rows of a log were deleted, and removing it failed: the next part was promised the shorter
/// retention of one that was gone.
#[test]
fn a_log_that_was_emptied_promises_nothing_to_the_next_part() {
    let shape = Sent { part: "shape", answer: "oval", ..blue(2, 0) };
    once(vec![
        (Step::Delete(vec![0], 1), None),
        (Step::Send(vec![blue(0, 0)], RETENTION_DAYS), None),
        (Step::Send(vec![blue(2, 0)], RETENTION_DAYS), None),
        (Step::Send(vec![shape], 4), None),
        (Step::Settle, None),
        (Step::Delete(vec![2, 0], 0), None),
        (Step::Settle, Some((16, Fault::Broken))),
        (Step::Send(vec![blue(1, 0)], RETENTION_DAYS), None),
    ]);
}

/// The same, and then an old part: a store that holds nothing of a period knows nothing of it.
#[test]
fn a_period_whose_forgetting_was_cut_short_is_as_if_it_had_never_been() {
    once(vec![
        (Step::Pass(3), None),
        (Step::Send(vec![blue(0, 0)], 4), None),
        (Step::Pass(2), None),
        (Step::Close, None),
        (Step::Settle, Some((1, Fault::Killed))),
        (Step::Forget(RETENTION_DAYS), None),
        (Step::Send(vec![blue(0, 0)], RETENTION_DAYS), None),
    ]);
}
