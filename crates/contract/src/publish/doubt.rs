//! How far a published number may be from the truth: computed from the noise it really got.
//!
//! The noise of a number is the sum of m independent discrete Laplace variables of one scale. Its
//! 95 % error is computed for m = 1 from the closed form of the tail, and for larger m from the
//! characteristic function, summed over a grid: for integers that is an identity and no
//! approximation, as long as the grid is wider than the noise. For sums with weights (totals over
//! buckets) there is no such grid; there two proven bounds are computed, and the smaller is taken.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::f64::consts::PI;

use super::noise::Scale;
use crate::limits::{DELTA_EXPONENT, INTEGER_MAX};
use crate::release::Number;

/// The part of cases in which a number may be farther from the truth than its error says.
const MISSES: f64 = 0.05;

/// The noise of one field's numbers.
pub(super) struct Doubt {
    scale: Option<Scale>,
    periods: u32,
    /// Errors of sums, by their number of draws: tables ask for the same ones again and again.
    known: RefCell<BTreeMap<u32, u64>>,
}

impl Doubt {
    /// Without a scale there is no noise. Published numbers are averages over the periods.
    pub(super) fn new(scale: Option<Scale>, periods: u32) -> Self {
        Self { scale, periods: periods.max(1), known: RefCell::default() }
    }

    pub(super) fn periods(&self) -> u32 {
        self.periods
    }

    /// A published number: the average per period of a sum that has the noise of `draws` draws.
    pub(super) fn number(&self, sum: i64, draws: usize) -> Number {
        let draws = u32::try_from(draws).unwrap_or(u32::MAX);
        let value = average(sum, self.periods);
        match self.scale {
            None => Number { value, error_95: 0 },
            Some(scale) => {
                let mut known = self.known.borrow_mut();
                let error = *known.entry(draws).or_insert_with(|| error_95(scale, draws));
                Number { value, error_95: per_period(error, self.periods) }
            }
        }
    }

    /// The 95 % error of a sum over a window whose draws are multiplied by these weights.
    pub(super) fn weighted(&self, weights: &[u64]) -> f64 {
        self.scale.map_or(0.0, |scale| weighted_error_95(scale, weights))
    }
}

/// Rounded half up; a division of what is public already, so it costs nothing.
fn average(sum: i64, periods: u32) -> i64 {
    let (sum, periods) = (i128::from(sum), i128::from(periods));
    let value = (2 * sum + periods).div_euclid(2 * periods);
    let most = i128::from(INTEGER_MAX);
    i64::try_from(value.clamp(-most, most)).unwrap_or(0)
}

/// An average's error, with up to a half for its rounding.
fn per_period(error: u64, periods: u32) -> u64 {
    let rounding = u64::from(periods > 1);
    (error.div_ceil(u64::from(periods)) + rounding).min(INTEGER_MAX)
}

/// The smallest q with P(|X1 + … + Xm| ≤ q) ≥ 95 %.
pub(super) fn error_95(scale: Scale, draws: u32) -> u64 {
    match draws {
        0 => 0,
        1 => single_error(scale.value(), MISSES),
        _ => sum_error(scale.value(), draws),
    }
}

/// The smallest q with P(|X| > q) ≤ misses. With p = e^(-1/scale), P(|X| > q) = 2 p^(q+1) / (1+p).
fn single_error(scale: f64, misses: f64) -> u64 {
    let p = (-1.0 / scale).exp();
    whole(scale * (2.0 / (misses * (1.0 + p))).ln() - 1.0)
}

/// The smallest t with `values` · P(X ≥ t) ≤ 10^-[`DELTA_EXPONENT`], where P(X ≥ t) = p^t / (1+p)
/// for t ≥ 1.
pub(super) fn improbable(scale: Scale, values: u64) -> u64 {
    let p = (-1.0 / scale.value()).exp();
    let ln_delta = -f64::from(DELTA_EXPONENT) * std::f64::consts::LN_10;
    whole(scale.value() * ((values as f64 / (1.0 + p)).ln() - ln_delta)).max(1)
}

fn sum_error(scale: f64, draws: u32) -> u64 {
    let p = (-1.0 / scale).exp();
    let one_minus_p = -(-1.0 / scale).exp_m1();
    let draws = f64::from(draws);
    let deviation = (2.0 * p * draws).sqrt() / one_minus_p;
    // Beyond 64 deviations (and a few more, for tiny ones) there is no noise to speak of.
    let grid = (64.0 * deviation).ceil() + 128.0;
    let mut waves = Vec::new();
    let mut index = 1.0;
    while index <= grid / 2.0 {
        let half = PI * index / grid;
        let sine = half.sin();
        // φ(θ) = (1-p)² / ((1-p)² + 4p sin²(θ/2)) of one draw.
        let ratio = 4.0 * p * (sine / one_minus_p).powi(2);
        let weight = (-draws * ratio.ln_1p()).exp() / sine;
        if weight < 1e-12 * grid {
            break;
        }
        // Of an even grid the last point has no twin.
        let twins = if index * 2.0 < grid { 2.0 } else { 1.0 };
        waves.push((half, twins * weight));
        index += 1.0;
    }
    let within = |q: f64| {
        let width = 2.0 * q + 1.0;
        let sum: f64 = waves.iter().map(|(half, weight)| weight * (width * half).sin()).sum();
        (width + sum) / grid
    };
    // A hair above 95 %, for what the floating point may have lost.
    let enough = 1.0 - MISSES + 1e-6;
    let (mut low, mut high) = (-1.0, (20.0 * deviation).ceil() + 20.0);
    while high - low > 1.0 {
        let middle = f64::midpoint(low, high).floor();
        if within(middle) >= enough { high = middle } else { low = middle }
    }
    // Already whole: nothing is to be rounded up.
    whole(high - 0.5)
}

/// A t with P(|Σ w·X| > t) ≤ 5 %, by the smaller of two bounds.
fn weighted_error_95(scale: Scale, weights: &[u64]) -> f64 {
    let weights: Vec<f64> = weights.iter().filter(|w| **w > 0).map(|w| *w as f64).collect();
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return 0.0;
    }
    chernoff(scale.value(), &weights, largest).min(union(scale.value(), &weights))
}

/// Each draw keeps within its own bound, and the chances of a miss add up to 5 %. They are divided
/// in proportion to the weights, which makes the sum of the bounds smallest.
fn union(scale: f64, weights: &[f64]) -> f64 {
    let all: f64 = weights.iter().sum();
    weights.iter().map(|w| w * single_error(scale, MISSES * w / all) as f64).sum()
}

/// P(S ≥ t) ≤ E e^(λS) / e^(λt) for every λ (Chernoff); on both sides of zero.
fn chernoff(scale: f64, weights: &[f64], largest: f64) -> f64 {
    let one_minus_p = -(-1.0 / scale).exp_m1();
    // ln E e^(λX) = ln (1-p)² / ((1 - p e^λ)(1 - p e^-λ)), with λ·scale = s.
    let moment = |s: f64| {
        let up = -((s - 1.0) / scale).exp_m1();
        let down = -((-s - 1.0) / scale).exp_m1();
        2.0 * one_minus_p.ln() - up.ln() - down.ln()
    };
    let bound = |step: u32| {
        let s = f64::from(step) / 256.0;
        let moments: f64 = weights.iter().map(|w| moment(s * w / largest)).sum();
        (moments - (MISSES / 2.0).ln()) * scale * largest / s
    };
    (1..256).map(bound).fold(f64::INFINITY, f64::min)
}

/// The next whole number, at least 0. An error in the last digit cannot make it too small by more
/// than the noise of floating point, which the hair above covers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is held within 0 and 2^53 first"
)]
fn whole(number: f64) -> u64 {
    (number * (1.0 + 1e-12)).ceil().clamp(0.0, INTEGER_MAX as f64) as u64
}

#[cfg(test)]
mod tests;
