//! The fleet's total of a bucketed number: an estimate, and the interval that is certain.
//!
//! Nobody was asked for an exact number, so the sum lies between Σ installations · lower bound and
//! Σ installations · upper bound; the noise's error widens both ends. The last bucket ends at the
//! declared maximum, at which numbers were clipped.
//!
//! The estimate puts every installation at the middle of its bucket: the geometric one,
//! √(low·high), because bounds such as 10, 100, 1000 are chosen where sizes spread by factors, and
//! the arithmetic middle of 100 to 999 would overstate most of them. A bucket that begins at 0 has
//! no such middle; there it is high/2.

use super::doubt::Doubt;
use crate::release::Interval;

/// Installations in a bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighed {
    pub(super) count: i64,
    pub(super) low: u64,
    pub(super) high: u64,
}

impl Weighed {
    /// Both together, when it is not known who is in which.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    fn middle(self) -> u64 {
        if self.low == 0 {
            return self.high / 2;
        }
        let root = (u128::from(self.low) * u128::from(self.high)).isqrt();
        u64::try_from(root).unwrap_or(self.high)
    }
}

/// `None` where a number would be 2^64 or more, which no release can hold.
pub(super) fn interval(buckets: &[Weighed], doubt: &Doubt) -> Option<Interval> {
    let sum = |weight: fn(&Weighed) -> u64| {
        let terms =
            buckets.iter().map(|bucket| i128::from(bucket.count) * i128::from(weight(bucket)));
        terms.sum::<i128>()
    };
    let error = |weight: fn(&Weighed) -> u64| {
        ceiling(doubt.weighted(&buckets.iter().map(weight).collect::<Vec<_>>()))
    };
    let periods = i128::from(doubt.periods());
    let low = (sum(|bucket| bucket.low) - error(|bucket| bucket.low)).max(0).div_euclid(periods);
    let high = sum(|bucket| bucket.high) + error(|bucket| bucket.high);
    let high = (high.max(0) + periods - 1).div_euclid(periods).max(low);
    let estimate = sum(|bucket| bucket.middle()).div_euclid(periods).clamp(low, high);
    let published = |number: i128| u64::try_from(number).ok();
    Some(Interval { estimate: published(estimate)?, low: published(low)?, high: published(high)? })
}

#[expect(clippy::cast_possible_truncation, reason = "a cast of a float holds at the type's ends")]
fn ceiling(error: f64) -> i128 {
    // Far above every sum that a release can hold, and far from overflowing.
    error.ceil().min(2f64.powi(100)) as i128
}
