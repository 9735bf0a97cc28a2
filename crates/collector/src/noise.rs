//! The noise of releases: exact discrete Laplace, drawn from whatever generator is given.
//!
//! Exact means without floating point: rounding there has shown protected numbers before (Mironov,
//! 2012). `prio` follows Canonne, Kamath and Steinke (2020).

use contract::publish::{Noise, Scale};
use prio::dp::Rational;
use prio::dp::distributions::DiscreteLaplace;
use rand::distr::Distribution as _;
use rand_core::CryptoRng;

/// Draws noise and keeps nothing of it.
pub struct Laplace<R>(R);

impl<R: CryptoRng> Laplace<R> {
    /// Noise from a generator fit for keys: whoever can foresee it can take it off again.
    pub fn new(random: R) -> Self {
        Self(random)
    }
}

impl<R> std::fmt::Debug for Laplace<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Laplace(..)")
    }
}

impl<R: CryptoRng> Noise for Laplace<R> {
    fn discrete_laplace(&mut self, scale: Scale) -> i64 {
        let (numerator, denominator) = (scale.numerator(), scale.denominator());
        let distribution =
            Rational::from_unsigned(numerator, denominator).and_then(DiscreteLaplace::new);
        match distribution {
            // Beyond 2^63 the scale is beyond any use; held there it is still noise.
            Ok(distribution) => {
                let drawn = distribution.sample(&mut self.0);
                i64::try_from(&drawn).unwrap_or(i64::MAX)
            }
            // A scale of zero: nobody can move the number, so it needs no noise.
            Err(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    /// Counts up: enough to draw different numbers, and the same ones in every run.
    struct Steps(u64);

    impl rand_core::TryRng for Steps {
        type Error = std::convert::Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            self.try_next_u64().map(|number| (number >> 32) as u32)
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            // SplitMix64.
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            Ok(z ^ (z >> 31))
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            for byte in bytes {
                [*byte, ..] = self.try_next_u64()?.to_le_bytes();
            }
            Ok(())
        }
    }

    impl rand_core::TryCryptoRng for Steps {}

    #[test]
    fn noise_spreads_as_its_scale_says() {
        // Scale 2: the mean of |x| is 2q/(1-q²) with q = e^(-1/2), which is 1.9190.
        let scale = Scale::new(1, NonZeroU32::new(500).unwrap());
        let mut noise = Laplace::new(Steps(1));
        let draws: Vec<i64> = (0..20_000).map(|_| noise.discrete_laplace(scale)).collect();
        let mean = draws.iter().sum::<i64>() as f64 / 20_000.0;
        let spread = draws.iter().map(|x| x.abs()).sum::<i64>() as f64 / 20_000.0;
        assert!(mean.abs() < 0.1, "{mean}");
        assert!((spread - 1.919).abs() < 0.06, "{spread}");
    }

    /// Every integer as often as the distribution says: e^(-|x|/scale) · (1 - q) / (1 + q), with
    /// q = e^(-1/scale), by the sum of squared deviations.
    #[test]
    fn every_number_is_drawn_as_often_as_it_should_be() {
        const DRAWS: usize = 50_000;
        // Δ/ε of a choice, of a set of eight, of samples, and of a week of days.
        for (delta, epsilon_milli) in [(1, 400), (10, 400), (20, 1_000), (7, 285)] {
            let scale = Scale::new(delta, NonZeroU32::new(epsilon_milli).unwrap());
            let q = (-f64::from(epsilon_milli) / 1_000.0 / delta as f64).exp();
            let chance = |x: i64| (1.0 - q) / (1.0 + q) * q.powf(x.unsigned_abs() as f64);
            let mut noise = Laplace::new(Steps(delta));
            let mut seen = std::collections::BTreeMap::<i64, f64>::new();
            for _ in 0..DRAWS {
                *seen.entry(noise.discrete_laplace(scale)).or_default() += 1.0;
            }
            // Those that are expected ten times at least; all others together.
            let often: Vec<i64> =
                (-400..=400).filter(|x| chance(*x) * DRAWS as f64 >= 10.0).collect();
            let pairs = often.iter().map(|x| (seen.get(x).copied().unwrap_or(0.0), chance(*x)));
            let (mut squares, mut rest) = (0.0, (DRAWS as f64, 1.0));
            for (found, chance) in pairs {
                let expected = chance * DRAWS as f64;
                squares += (found - expected).powi(2) / expected;
                rest = (rest.0 - found, rest.1 - chance);
            }
            let expected = rest.1 * DRAWS as f64;
            squares += (rest.0 - expected).powi(2) / expected;
            // Six deviations above what it is on average.
            let free = often.len() as f64;
            assert!(squares < free + 6.0 * (2.0 * free).sqrt(), "{squares} of {free}, Δ {delta}");
        }
    }
}
