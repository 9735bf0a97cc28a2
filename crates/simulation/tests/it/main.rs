//! The simulation's own parts, tested through their public interface.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed step is a failed test")]

mod disk;
mod store;
