//! The simulation's own parts, tested through their public interface.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod disk;
