//! Δ: the most that one installation can move all numbers made from one field, by the field's kind.
//!
//! Neighbouring worlds differ by the presence of one installation's answers to one field. All
//! numbers here are of one period; in a window of n periods an installation answers up to n times,
//! whatever its identity, and Δ is n times as large. Totals that are sums of noised numbers cost
//! nothing and are not in Δ.

use crate::kind::Kind;
use crate::limits::SAMPLES_PER_PERIOD_MAX;

/// Δ of the number of installations, where they can be counted: each counts once.
pub const HEADLINE_SENSITIVITY: u32 = 1;

/// Δ of a field of this kind, for one period.
///
/// * `flag`, `choice`, `count`, `size`, `duration`: an answer is in one cell, and those who
///   answered are the sum of all cells. Δ = 1. (A number of its own for those who answered would
///   make Δ 2 and every cell's error twice as large; the sum's error is only √cells as large.)
/// * `version`: an answer is in one cell by major.minor, in one cell in full, and among those who
///   answered, which no sum can give as rare versions are not shown. Δ = 3.
/// * `set`: an answer is in each of its entries or in "none", and among those who answered, which
///   no sum can give as answers overlap. Δ = entries + `other` + 1.
/// * `counts`: an answer is in one bucket of each of its entries, and among those who answered.
///   Δ = entries + `other` + 1. Those who have any of an entry are the sum of its buckets.
/// * `flow`: the same, but an answer has no more moves than the field's bound. Δ = that bound + 1.
/// * `sample`: an installation gives at most [`SAMPLES_PER_PERIOD_MAX`] values, each its own part.
///   Only values are published: neither their buckets nor a total. Δ = that many.
pub fn sensitivity(kind: &Kind) -> u32 {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    match kind {
        Kind::Flag
        | Kind::Choice { .. }
        | Kind::Count { .. }
        | Kind::Size { .. }
        | Kind::Duration { .. } => 1,
        Kind::Version { .. } => 3,
        Kind::Set { choices } => number(choices.len() + 1) + 1,
        Kind::Counts { .. } | Kind::Flow { .. } => number(kind.things_max().unwrap_or(0)) + 1,
        Kind::Sample { .. } => number(SAMPLES_PER_PERIOD_MAX),
    }
}
