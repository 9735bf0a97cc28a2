//! Publishing: which windows are due, what they hold, and what becomes of it.

use contract::calendar::{Period, add_days};
use contract::definition::Definition;
use contract::id::ProgramId;
use contract::manifest::Channel;
use contract::publish::{Noise, Plan, PlanError, PublishError, Rehearsal, publish};
use contract::release::{Release, Window};
use contract::tally::Tally;
use disk::Disk;
use jiff::civil::Date;

use crate::catalogue::{Catalogue, Served};
use crate::intake_log;
use crate::keep::Look;
use crate::releases::{self, ReleasesError};
use crate::signers::Signers;
use crate::store::StoreError;

/// Periods that a rehearsal shows: enough for a curve.
const REHEARSAL_PERIODS_MAX: usize = 14;

/// The data folder, in which releases are, and what is held.
pub type Folder<'d> = (&'d dyn Disk, &'d dyn Look);

/// Why a channel was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    /// What is held cannot be read.
    #[error("what is held cannot be read")]
    Store(#[from] StoreError),
    /// A finished period cannot be read to its end.
    #[error("the period {0} cannot be read to its end: run verify")]
    Damaged(Period),
    /// Frozen releases cannot be read or written.
    #[error("releases cannot be read or written")]
    Releases(#[from] ReleasesError),
    /// There is no plan for the release.
    #[error("the release is not allowed")]
    Plan(#[from] PlanError),
    /// The release could not be made.
    #[error("the release cannot be made")]
    Publish(#[from] PublishError),
}

/// A release that was published.
#[derive(Debug, Clone)]
pub struct Published {
    /// It.
    pub release: Release,
    /// Parts that were not counted, because no manifest at hand has their definition.
    pub uncounted: u64,
}

/// Publishes every window of a channel that is finished and not yet published, oldest first.
/// Windows that were published are left as they are frozen.
///
/// # Errors
/// Names the first step that failed; what was published before it stands.
pub fn publish_due(
    (disk, look): Folder<'_>,
    catalogue: &Catalogue,
    (served, channel): (&Served, &Channel),
    signers: &Signers,
    noise: &mut impl Noise,
    today: Date,
) -> Result<Vec<Published>, PublicationError> {
    let program = &served.manifest.program.id;
    let key = (signers.releases(program.as_str()), today);
    releases::finish(disk, (program, &channel.id), key)?;
    let frozen = releases::read(disk, program, &channel.id)?;
    let held = held(look, program, channel)?;
    let last = frozen.last().map(|frozen| frozen.release.window);
    let mut number = frozen.len() as u64;
    let mut published = Vec::new();
    for window in due(channel, &held, last, today) {
        number += 1;
        // Before anything is counted: counting may take long.
        if key.0.is_none() {
            return Err(ReleasesError::Key { program: program.clone(), day: today }.into());
        }
        let ledger = releases::ledger(disk, program)?;
        let intake = intake_log::during(disk, window).map_err(ReleasesError::from)?;
        let plan = Plan::finished(channel, window, number, today, &ledger)?.with_intake(intake);
        let (tally, uncounted) = count(look, catalogue, (served, channel), window, true)?;
        let within = within_28_days(look, (program, channel), (window, today))?;
        let tally = tally.within_28_days(within);
        let release = publish(&tally, &plan, noise)?;
        releases::freeze(disk, &release, key)?;
        published.push(Published { release, uncounted });
    }
    Ok(published)
}

/// The last periods of a channel as a rehearsal: exact, also the open one, frozen nowhere.
///
/// # Errors
/// If what is held cannot be read.
pub fn rehearse(
    look: &dyn Look,
    catalogue: &Catalogue,
    (served, channel): (&Served, &Channel),
    (right, today): (Rehearsal, Date),
) -> Result<Vec<Release>, PublicationError> {
    let held = held(look, &served.manifest.program.id, channel)?;
    let skipped = held.len().saturating_sub(REHEARSAL_PERIODS_MAX);
    let mut releases = Vec::new();
    for period in held.into_iter().skip(skipped) {
        let Some(window) = Window::new(period, period) else { continue };
        let number = releases.len() as u64 + 1;
        let plan = Plan::rehearsal(channel, window, number, today, right)?;
        let (tally, _) = count(look, catalogue, (served, channel), window, false)?;
        releases.push(publish(&tally, &plan, &mut NoNoise)?);
    }
    Ok(releases)
}

/// A rehearsal draws none.
struct NoNoise;

impl Noise for NoNoise {
    fn discrete_laplace(&mut self, _: contract::publish::Scale) -> i64 {
        0
    }
}

/// The windows to publish: from the one after the last, or the first that holds anything, to the
/// last that is finished. Windows whose parts were already forgotten are not published as empty.
fn due(channel: &Channel, held: &[Period], last: Option<Window>, today: Date) -> Vec<Window> {
    let Some(first_held) = held.first() else { return Vec::new() };
    let oldest = Window::of_release(channel, first_held.first_day());
    let mut window = match last {
        Some(last) => Window::of_release(channel, add_days(last.last, 1)),
        None => oldest,
    };
    if window.last < oldest.first {
        window = oldest;
    }
    let mut due = Vec::new();
    while window.finished_on(today) {
        due.push(window);
        window = Window::of_release(channel, add_days(window.last, 1));
    }
    due
}

/// The channel's periods that are held, oldest first.
fn held(
    look: &dyn Look,
    program: &ProgramId,
    channel: &Channel,
) -> Result<Vec<Period>, StoreError> {
    let files = look.periods()?.into_iter();
    let own = files.filter(|(of, id, period)| {
        of == program && *id == channel.id && period.kind() == channel.period
    });
    Ok(own.map(|(_, _, period)| period).collect())
}

/// Installations within the 28 days up to a window's end, each counted once. None where tags do not
/// last as long, and where some of those days are forgotten already: the number would be too small.
fn within_28_days(
    look: &dyn Look,
    (program, channel): (&ProgramId, &Channel),
    (window, today): (Window, Date),
) -> Result<Option<u64>, PublicationError> {
    let Some(rolling) = window.of_28_days(channel) else { return Ok(None) };
    let first = Period::containing(channel.period, rolling.first);
    if first.forget_by(channel.retention_days) < today {
        return Ok(None);
    }
    let next = |period: &Period| Some(period.next());
    let periods = std::iter::successors(Some(first), next);
    let periods: Vec<Period> =
        periods.take_while(|period| period.last_day() <= rolling.last).collect();
    let parts: Vec<_> = channel.counted_parts().map(|part| part.id.clone()).collect();
    Ok(Some(look.distinct((program, &channel.id), &parts, &periods)?))
}

/// Counts a window. Also says how many parts no definition at hand fits.
fn count(
    look: &dyn Look,
    catalogue: &Catalogue,
    (served, channel): (&Served, &Channel),
    window: Window,
    is_finished: bool,
) -> Result<(Tally, u64), PublicationError> {
    let program = &served.manifest.program.id;
    let definitions: Vec<Definition> =
        served.older.iter().flat_map(contract::manifest::Manifest::definitions).collect();
    let tally = Tally::new(&served.manifest, channel.id.as_str(), window, &definitions);
    let mut tally = tally.ok_or(PublishError::OtherTally)?;
    let find = |hash: &_| catalogue.definition(hash).map(std::sync::Arc::as_ref);
    let mut uncounted = 0;
    let mut period = Period::containing(channel.period, window.first);
    while period.last_day() <= window.last {
        let counted = look.count((program, &channel.id, period), &find, &mut tally)?;
        uncounted += counted.uncounted;
        if is_finished && !counted.is_whole {
            return Err(PublicationError::Damaged(period));
        }
        period = period.next();
    }
    Ok((tally, uncounted))
}

#[cfg(test)]
mod tests;
