//! The drivers on a small program: the right one keeps every promise at every point, and each
//! planted mistake is noticed.

use std::collections::BTreeSet;

use simulation::disk::{
    Broken, Covered, Flaw, SimDisk, every_crash_point, every_error_point, every_full_point,
    random_crash_points,
};

use super::log::{Log, MISTAKES, Mistake};

/// What the program acknowledged.
#[derive(Debug, Default, Clone)]
struct Promised {
    ids: Vec<u8>,
    number: Option<u8>,
}

/// Everything the program was ever given.
const GIVEN: [u8; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/// A disk on which a program without faults acknowledged the records 1 and 2.
fn start(seed: u64, flaw: Option<Flaw>) -> SimDisk {
    let disk = flaw.map_or_else(|| SimDisk::new(seed), |flaw| SimDisk::flawed(seed, flaw));
    let mut log = Log::open(&disk, None).unwrap();
    log.append(&[1, 2]).unwrap();
    disk
}

fn run(disk: &SimDisk, mistake: Option<Mistake>) -> Promised {
    let mut promised = Promised { ids: vec![1, 2], number: None };
    // A program that cannot open leaves; so does this one at its first lasting error.
    let _ = day(disk, mistake, &mut promised);
    promised
}

fn day(
    disk: &SimDisk,
    mistake: Option<Mistake>,
    promised: &mut Promised,
) -> Result<(), disk::DiskError> {
    let mut log = Log::open(disk, mistake)?;
    for ids in [&[3][..], &[4, 5, 6]] {
        log.append(ids)?;
        promised.ids.extend(ids);
    }
    log.keep(1)?;
    promised.number = Some(1);
    log.close()?;
    log.append(&[7, 8])?;
    promised.ids.extend([7, 8]);
    log.keep(2)?;
    promised.number = Some(2);
    Ok(())
}

fn check(disk: &SimDisk, mistake: Option<Mistake>, promised: &Promised) -> Result<(), String> {
    let said = |error: disk::DiskError| error.to_string();
    let log = Log::open(disk, mistake).map_err(said)?;
    let ids = log.ids().map_err(said)?;
    let once: BTreeSet<u8> = ids.iter().copied().collect();
    if once.len() < ids.len() {
        return Err(format!("a record is there twice: {ids:?}"));
    }
    if let Some(lost) = promised.ids.iter().find(|id| !once.contains(id)) {
        return Err(format!("record {lost} was acknowledged and is lost: {ids:?}"));
    }
    if let Some(foreign) = once.iter().find(|id| !GIVEN.contains(id)) {
        return Err(format!("nobody wrote record {foreign}"));
    }
    if log.kept()? < promised.number {
        return Err("an older number is kept".to_owned());
    }
    goes_on(disk, mistake, log, ids)
}

/// After recovery the program must be able to go on, and keep its new promise without power.
fn goes_on(
    disk: &SimDisk,
    mistake: Option<Mistake>,
    mut log: Log<'_>,
    mut ids: Vec<u8>,
) -> Result<(), String> {
    let said = |error: disk::DiskError| error.to_string();
    // A recovery that was cut short after this line has appended it already.
    if !ids.contains(&9) {
        log.append(&[9]).map_err(said)?;
        ids.push(9);
    }
    drop(log);
    let left = disk.copy();
    left.crash(simulation::disk::Survival::Nothing);
    let left = left.restart();
    let found = Log::open(&left, mistake).and_then(|log| log.ids()).map_err(said)?;
    if found == ids { Ok(()) } else { Err(format!("after recovery {ids:?}, later {found:?}")) }
}

fn at_every_point(mistake: Option<Mistake>, flaw: Option<Flaw>) -> [Result<Covered, Broken>; 3] {
    let start = start(1, flaw);
    let run = |disk: &SimDisk| run(disk, mistake);
    let check = |disk: &SimDisk, promised: &Promised| check(disk, mistake, promised);
    [
        every_crash_point(&start, run, check),
        every_error_point(&start, run, check),
        every_full_point(&start, run, check),
    ]
}

#[test]
fn the_right_program_keeps_its_promises_at_every_point() {
    for covered in at_every_point(None, None) {
        let covered = covered.unwrap();
        assert!(covered.points >= covered.steps && covered.steps > 30);
    }
}

#[test]
fn each_mistake_of_a_program_is_noticed() {
    for mistake in MISTAKES {
        let caught = at_every_point(Some(mistake), None).into_iter().find_map(Result::err);
        assert!(caught.is_some(), "{mistake:?} was not noticed");
    }
}

#[test]
fn each_lie_of_a_disk_is_noticed() {
    for flaw in Flaw::ALL {
        let caught = at_every_point(None, Some(flaw)).into_iter().find_map(Result::err);
        assert!(caught.is_some(), "{flaw:?} was not noticed");
    }
}

#[test]
fn random_points_spare_the_right_program_and_find_the_wrong_one() {
    let attempt = |mistake| {
        random_crash_points(
            0..300,
            |seed| start(seed, None),
            |disk, _| run(disk, mistake),
            |disk, promised| check(disk, mistake, promised),
        )
    };
    assert_eq!(attempt(None).unwrap().points, 300);
    let broken = attempt(Some(Mistake::AcknowledgesBeforeSync)).unwrap_err();
    assert!(broken.point.starts_with("seed "), "{broken}");
}

#[test]
fn a_program_that_differs_from_run_to_run_is_told_so() {
    let runs = std::cell::Cell::new(0);
    let run = |disk: &SimDisk| {
        runs.set(runs.get() + 1);
        if runs.get() == 1 {
            let _ = disk::Disk::replace(disk, "a", b"x");
        }
    };
    let broken = every_crash_point(&SimDisk::new(1), run, |_, ()| Ok(())).unwrap_err();
    assert!(broken.said.contains("the same each time"), "{broken}");
}
