//! The seed's decisions.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// Seeded decisions: the same seed, the same decisions.
#[derive(Debug, Clone)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Other decisions, that follow from these and the number.
    pub(crate) fn parted(&self, number: u64) -> Self {
        Self::new(self.0.clone().next_u64().wrapping_add(number))
    }

    /// A number below this one; 0 below 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // A remainder favours small numbers by less than one in 2^32 here: no matter for faults.
        self.0.next_u64().checked_rem(end).unwrap_or(0)
    }

    /// The same for lengths.
    pub(crate) fn length_below(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap_or(0)
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(crate) fn garbage(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}
