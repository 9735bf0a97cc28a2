//! The simulation's own parts, tested through their public interface.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed step is a failed test"
)]

mod conformance;
mod disk;
mod store;
