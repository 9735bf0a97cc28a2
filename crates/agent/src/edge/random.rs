//! The operating system's randomness.

use crate::ports::Random;

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(clippy::disallowed_methods, reason = "this is where the agent draws")]
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness a secret would be none: better no program at all.
        assert!(getrandom::fill(bytes).is_ok(), "the operating system gives no randomness");
    }
}
