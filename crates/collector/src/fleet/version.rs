//! Which version an invented installation runs on a day: a new one every month, corrected twice,
//! and taken up as fast as its owner is.

use contract::calendar::add_days;
use contract::version::Version;
use jiff::civil::Date;

use super::dice::Dice;

/// Days from one correction to the next.
const PATCH_DAYS: i8 = 10;

/// `None` is what no version can be read from.
pub(super) fn of(own: Dice, today: Date) -> Option<Version> {
    if own.part(30) < 0.008 {
        return None;
    }
    // Some stay where they are for good.
    let seen = if own.part(31) < 0.07 { Date::constant(2026, 3, 1) } else { today };
    let seen = add_days(seen.min(today), -lag(own));
    let (year, month) = (i32::from(seen.year()) - 2_000, seen.month());
    let patch = ((seen.day() - 1) / PATCH_DAYS).min(2);
    Version::parse(&format!("{}.{month}.{patch}", year.max(1)), &[])
}

/// Days until a new version is taken up: half of them within a week, the slowest after months.
fn lag(own: Dice) -> i32 {
    let slowness = own.part(32);
    let steps = [(0.25, 1), (0.5, 6), (0.7, 16), (0.85, 35), (0.95, 80), (1.0, 200)];
    let mut below = (0.0, 0);
    for step in steps {
        if slowness < step.0 {
            let along = (slowness - below.0) / (step.0 - below.0);
            return below.1 + days_along(along, step.1 - below.1);
        }
        below = step;
    }
    below.1
}

/// The share of so many days, in whole ones.
fn days_along(along: f64, days: i32) -> i32 {
    (0..days)
        .filter(|day| f64::from(*day) < along * f64::from(days))
        .count()
        .try_into()
        .unwrap_or(0)
}
