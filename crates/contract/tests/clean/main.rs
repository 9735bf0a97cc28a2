//! Cleaning and the leak guard, through the public interface. All texts are invented.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

mod guard;
mod known;
mod lines;
mod properties;
mod rules;
