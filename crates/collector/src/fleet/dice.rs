//! Chance that can be repeated: every roll follows from what was rolled before.

/// One state of chance. Nothing secret is made from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(scramble(seed))
    }

    /// The same for the same name, in every run.
    pub(super) fn of_name(name: &str) -> Self {
        let bytes = name.bytes().fold(0, |state, byte| scramble(state ^ u64::from(byte)));
        Self(scramble(bytes))
    }

    /// Another state for each number.
    pub(super) fn roll(self, number: u64) -> Self {
        Self(scramble(self.0 ^ scramble(number)))
    }

    pub(super) fn mix(self, other: Self) -> Self {
        self.roll(other.0)
    }

    /// From 0 up to and without 1.
    pub(super) fn part(self, number: u64) -> f64 {
        (self.roll(number).0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: mean 0, deviation 1.
    pub(super) fn around(self, number: u64) -> f64 {
        let dice = self.roll(number);
        (0..4).map(|n| dice.part(n)).sum::<f64>() * 3f64.sqrt() - 2.0 * 3f64.sqrt()
    }

    /// An index, each as likely as its weight says; `None` of no weights.
    pub(super) fn pick(self, number: u64, weights: &[f64]) -> Option<usize> {
        let mut left = self.part(number) * weights.iter().sum::<f64>();
        let found = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        found.or(weights.len().checked_sub(1))
    }
}

/// `SplitMix64`: one step.
fn scramble(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
