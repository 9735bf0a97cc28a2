//! Noise as publishing needs it: who draws it, and its scale as an exact fraction.

use std::num::NonZeroU32;

/// Somebody who draws noise.
///
/// The collector draws it exactly, from the operating system's randomness; tests script it. Whoever
/// implements it keeps nothing: a seed that survives a release undoes its protection.
pub trait Noise {
    /// One draw of the discrete Laplace distribution: an integer x with a probability in proportion
    /// to e^(-|x|/scale).
    fn discrete_laplace(&mut self, scale: Scale) -> i64;
}

/// The scale of a discrete Laplace distribution, a fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scale {
    numerator: u64,
    denominator: u64,
}

impl Scale {
    /// Δ/ε, with ε in thousandths.
    pub fn new(delta: u64, epsilon_milli: NonZeroU32) -> Self {
        let numerator = delta.saturating_mul(1_000);
        let denominator = u64::from(epsilon_milli.get());
        let divisor = greatest_common_divisor(numerator, denominator);
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    /// The fraction's numerator.
    pub fn numerator(self) -> u64 {
        self.numerator
    }

    /// The fraction's denominator, at least 1.
    pub fn denominator(self) -> u64 {
        self.denominator
    }

    /// The fraction as a number: for errors and thresholds, never for drawing.
    pub(super) fn value(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

/// At least 1, as `b` is.
fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    let (mut a, mut b) = (a, b.max(1));
    while a != 0 {
        (a, b) = (b % a, a);
    }
    b
}
