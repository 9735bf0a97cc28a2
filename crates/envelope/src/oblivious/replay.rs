//! A generator that gives bytes drawn before, so that a capsule can be made once more.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// Gives each byte once, then only zeros: see [`Replay::ran_out`].
pub(super) struct Replay<'a> {
    rest: &'a [u8],
    ran_out: bool,
}

impl<'a> Replay<'a> {
    pub(super) fn new(drawn: &'a [u8]) -> Self {
        Self { rest: drawn, ran_out: false }
    }

    /// Whether more was asked for than was drawn. What was made of it must not be used.
    pub(super) fn ran_out(&self) -> bool {
        self.ran_out
    }
}

impl TryRng for Replay<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        if let Some((now, later)) = self.rest.split_at_checked(bytes.len()) {
            bytes.copy_from_slice(now);
            self.rest = later;
        } else {
            bytes.fill(0);
            self.ran_out = true;
        }
        Ok(())
    }
}

impl TryCryptoRng for Replay<'_> {}
