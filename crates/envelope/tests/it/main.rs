//! The envelope through its public interface.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

mod by_hand;
mod fixture;
mod keys;
mod oblivious;
mod receipts;
mod releases;
mod tags;
mod tombstones;
mod vectors;
