//! Drivers that let a scenario fail at every point, or at random ones, and check what it promised.
//!
//! A scenario is two functions. `run` works on a disk until it is done or something fails, and
//! returns what it *promised* to others by then: an acknowledgement is an obligation. `check`
//! starts the program again on what is left, lets it recover, and says which promise is broken.
//! Both must do the same each time they are given the same disk.

use std::fmt;
use std::ops::Range;

use super::chance::Chance;
use super::{Fault, Moment, SimDisk, Step, Survival, Torn};

/// How often [`every_crash_point`] tries [`Survival::Random`] beyond the first time.
const RANDOM_MORE: usize = 3;

/// How much a driver tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covered {
    /// Steps of the scenario without a fault; for random points, of all its runs.
    pub steps: u64,
    /// Faults tried, each in a run of its own.
    pub points: u64,
}

/// A promise that was not kept, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{point}: {said}")]
pub struct Broken {
    /// The fault and its place: enough to see it again.
    pub point: String,
    /// What `check` said.
    pub said: String,
}

/// Lets power fail at every step: before it, after it, and in a write after 0 bytes, 1, half and
/// all but one; each with every [`Survival`] of what was not synced. After each, power fails once
/// more during the recovery, at a step that the seed chooses, and the check must hold after that
/// too. Every run begins with a copy of `start`.
///
/// # Errors
///
/// The first promise that is broken.
pub fn every_crash_point<P>(
    start: &SimDisk,
    run: impl Fn(&SimDisk) -> P,
    check: impl Fn(&SimDisk, &P) -> Result<(), String>,
) -> Result<Covered, Broken> {
    let steps = steps_of(start, &run);
    let mut points = 0;
    for (number, step) in (0..).zip(&steps) {
        let survivals = Survival::ALL.into_iter().chain([Survival::Random; RANDOM_MORE]);
        for (survival, moment) in survivals.flat_map(|s| moments(*step).map(move |m| (s, m))) {
            // A number of its own, or chance would decide the same everywhere.
            points += 1;
            let start = start.copy_with_chance(points);
            let place = format!("step {number}, {step:?}");
            crash_at(&start, &place, number, (moment, survival), &run, &check)?;
        }
    }
    Ok(Covered { steps: steps.len() as u64, points })
}

/// Has every step fail once with a broken medium and once with a full one, and every read once.
/// The scenario goes on as it will, or is killed at its next step; in the end the program is
/// killed, or power fails with every [`Survival`].
///
/// # Errors
///
/// The first promise that is broken.
pub fn every_error_point<P>(
    start: &SimDisk,
    run: impl Fn(&SimDisk) -> P,
    check: impl Fn(&SimDisk, &P) -> Result<(), String>,
) -> Result<Covered, Broken> {
    let counted = start.copy();
    counted.keep_journal();
    run(&counted);
    let mut points = 0;
    for (number, step) in (0..).zip(counted.journal()) {
        for (fault, killed) in [
            (Fault::Broken, false),
            (Fault::Broken, true),
            (Fault::Full, false),
            (Fault::Full, true),
        ] {
            let disk = start.copy();
            disk.arm(number, fault);
            if killed {
                disk.arm(number + 1, Fault::Killed);
            }
            let promised = run(&disk);
            let next = if killed { ", killed at the next step" } else { "" };
            let place = format_args!("step {number}, {step:?}, {fault}{next}");
            was_reached(disk.steps() > number, &place)?;
            check_every_end(&disk, &promised, &check, &place)?;
            points += 1;
        }
    }
    for number in 0..counted.reads() {
        let disk = start.copy();
        disk.arm_read(number);
        let promised = run(&disk);
        let place = format_args!("read {number} fails");
        was_reached(disk.reads() > number, &place)?;
        check_every_end(&disk, &promised, &check, &place)?;
        points += 1;
    }
    Ok(Covered { steps: counted.steps(), points })
}

/// Has every sync of a file fail and the program be killed at its next step; then another one does
/// the same work on what it reads back, which is not on the medium, and is told the same or less.
/// In the end that one is killed, or power fails with every [`Survival`].
///
/// # Errors
///
/// The first promise of the second program that is broken.
pub fn every_failed_sync<P>(
    start: &SimDisk,
    run: impl Fn(&SimDisk) -> P,
    check: impl Fn(&SimDisk, &P) -> Result<(), String>,
) -> Result<Covered, Broken> {
    let steps = steps_of(start, &run);
    let mut points = 0;
    for (number, _) in (0..).zip(&steps).filter(|(_, step)| **step == Step::SyncFile) {
        let disk = start.copy();
        disk.arm(number, Fault::Broken);
        disk.arm(number + 1, Fault::Killed);
        run(&disk);
        let place = format_args!("step {number}, a sync, {}, killed, and again", Fault::Broken);
        was_reached(disk.steps() > number, &place)?;
        let next = disk.kill();
        let promised = run(&next);
        check_every_end(&next, &promised, &check, &place)?;
        points += 1;
    }
    Ok(Covered { steps: steps.len() as u64, points })
}

/// Runs the scenario on a disk that is full at each byte up to what it needs, then frees the disk;
/// at the end the program is killed, or power fails with every [`Survival`].
///
/// # Errors
///
/// The first promise that is broken.
pub fn every_full_point<P>(
    start: &SimDisk,
    run: impl Fn(&SimDisk) -> P,
    check: impl Fn(&SimDisk, &P) -> Result<(), String>,
) -> Result<Covered, Broken> {
    let first = start.bytes_used();
    let written = steps_of(start, &run).into_iter().map(|step| match step {
        Step::Write { bytes } => bytes as u64,
        _ => 0,
    });
    // More than it ever holds at one time, if it removes anything: the rest is never full.
    let last = first.saturating_add(written.sum());
    for bytes_max in first..last {
        let disk = start.copy();
        disk.limit_bytes(Some(bytes_max));
        let promised = run(&disk);
        disk.limit_bytes(None);
        let place = format_args!("full at byte {bytes_max}");
        check_every_end(&disk, &promised, &check, &place)?;
    }
    Ok(Covered { steps: last - first, points: last - first })
}

/// For each seed, one crash at a random step of the scenario that `start` and `run` make of it.
///
/// # Errors
///
/// The first promise that is broken, with its seed.
pub fn random_crash_points<P>(
    seeds: Range<u64>,
    start: impl Fn(u64) -> SimDisk,
    run: impl Fn(&SimDisk, u64) -> P,
    check: impl Fn(&SimDisk, &P) -> Result<(), String>,
) -> Result<Covered, Broken> {
    let mut covered = Covered { steps: 0, points: 0 };
    for seed in seeds {
        let start = start(seed);
        let mut chance = Chance::new(seed);
        let steps = steps_of(&start, &|disk: &SimDisk| run(disk, seed));
        let number = chance.below(steps.len() as u64);
        let Some(step) = usize::try_from(number).ok().and_then(|number| steps.get(number)) else {
            continue;
        };
        let moments: Vec<Moment> = moments(*step).collect();
        let moment = moments.get(chance.length_below(moments.len()));
        let fault = (moment.copied().unwrap_or(Moment::After), Survival::Random);
        let place = format!("seed {seed}, step {number}, {step:?}");
        let run = |disk: &SimDisk| run(disk, seed);
        crash_at(&start, &place, number, fault, run, &check)?;
        covered.steps += steps.len() as u64;
        covered.points += 1;
    }
    Ok(covered)
}

/// The steps of the scenario when nothing fails.
fn steps_of<P>(start: &SimDisk, run: &impl Fn(&SimDisk) -> P) -> Vec<Step> {
    let disk = start.copy();
    disk.keep_journal();
    run(&disk);
    disk.journal()
}

fn moments(step: Step) -> impl Iterator<Item = Moment> {
    let torn = Torn::ALL.into_iter().filter(move |_| matches!(step, Step::Write { .. }));
    [Moment::Before, Moment::After].into_iter().chain(torn.map(Moment::During))
}

fn crash_at<P>(
    start: &SimDisk,
    place: &str,
    step: u64,
    (moment, survival): (Moment, Survival),
    run: impl Fn(&SimDisk) -> P,
    check: impl Fn(&SimDisk, &P) -> Result<(), String>,
) -> Result<(), Broken> {
    let disk = start.copy();
    let fault = Fault::PowerLost { moment, survival };
    disk.arm(step, fault);
    let promised = run(&disk);
    was_reached(disk.is_off(), &format_args!("{place}, {fault}"))?;
    let left = disk.restart();

    let once = left.copy();
    broken_at(&format_args!("{place}, {fault}"), check(&once, &promised))?;

    // Recovery is interrupted too. What it says while the power is off is no matter.
    if once.steps() > 0 {
        let mut chance = left.machine.state().chance.parted(step);
        let step = chance.below(once.steps());
        let moments = [Moment::Before, Moment::After, Moment::During(Torn::Half)];
        let moment = moments.get(chance.length_below(moments.len())).copied();
        let moment = moment.unwrap_or(Moment::After);
        let twice = left.copy();
        twice.arm(step, Fault::PowerLost { moment, survival });
        drop(check(&twice, &promised));
        let again = format_args!("{place}, {fault}, again at step {step} of the check, {moment:?}");
        broken_at(&again, check(&twice.restart(), &promised))?;
    }
    Ok(())
}

fn check_every_end<P>(
    disk: &SimDisk,
    promised: &P,
    check: impl Fn(&SimDisk, &P) -> Result<(), String>,
    place: &dyn fmt::Display,
) -> Result<(), Broken> {
    let killed = format_args!("{place}, then killed");
    broken_at(&killed, check(&disk.copy(), promised))?;
    for survival in Survival::ALL {
        let crashed = disk.copy();
        crashed.crash(survival);
        let place = format_args!("{place}, then power fails (survives: {survival:?})");
        broken_at(&place, check(&crashed.restart(), promised))?;
    }
    Ok(())
}

fn was_reached(reached: bool, place: &dyn fmt::Display) -> Result<(), Broken> {
    let said = "never reached: the scenario does not do the same each time".to_owned();
    broken_at(place, if reached { Ok(()) } else { Err(said) })
}

fn broken_at(place: &dyn fmt::Display, outcome: Result<(), String>) -> Result<(), Broken> {
    outcome.map_err(|said| Broken { point: place.to_string(), said })
}
