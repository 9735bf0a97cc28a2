//! What intake let through and from when on, so that a release can say how far it could be moved.
//!
//! `intake.json` in the data folder: an array of days and bounds, oldest first. It is written when
//! a server starts, and read when something is published, by whichever process.

use contract::calendar::add_days;
use contract::limits::CLOCK_SKEW_DAYS;
use contract::release::{IntakeBound, Window};
use disk::{Disk, DiskError};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::limits::{INTAKE_CHANGES_MAX, INTAKE_LOG_BYTES_MAX};

const FILE: &str = "intake.json";

/// What held from a day on, until the next entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    from: Date,
    /// Requests within an hour; `None` where nothing was bounded.
    requests_per_hour: Option<u64>,
}

/// Notes what intake lets through from today on.
///
/// # Errors
/// If the disk fails.
pub fn note(disk: &dyn Disk, requests_per_hour: Option<u64>, today: Date) -> Result<(), DiskError> {
    let mut log = read(disk)?;
    let entry = Entry { from: today, requests_per_hour };
    if log.last().is_some_and(|last| last.requests_per_hour == requests_per_hour) {
        return Ok(());
    }
    log.push(entry);
    // What is dropped is unknown from then on, and no bound is stated for its days.
    log.drain(..log.len().saturating_sub(INTAKE_CHANGES_MAX));
    disk.replace(FILE, &serde_json::to_vec(&log).unwrap_or_default())
}

/// The loosest bound while parts of a window were taken; `None` if at some time there was none, or
/// nobody knows.
///
/// # Errors
/// If the disk fails.
pub fn during(disk: &dyn Disk, window: Window) -> Result<Option<IntakeBound>, DiskError> {
    let (first, last) = (add_days(window.first, -CLOCK_SKEW_DAYS), window.finished_from());
    let log = read(disk)?;
    let Some(begin) = log.iter().rposition(|entry| entry.from <= first) else { return Ok(None) };
    let during = log.iter().skip(begin).take_while(|entry| entry.from <= last);
    let loosest = during
        .map(|entry| entry.requests_per_hour)
        .try_fold(0, |loosest: u64, next| next.map(|requests| loosest.max(requests)));
    Ok(loosest.map(|requests_per_hour| IntakeBound { requests_per_hour }))
}

/// A file that is not readable is as good as none: no bound is stated then.
fn read(disk: &dyn Disk) -> Result<Vec<Entry>, DiskError> {
    let bytes = disk.read(FILE, INTAKE_LOG_BYTES_MAX)?.unwrap_or_default();
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}
