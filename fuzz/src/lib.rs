//! Fuzzing on stable Rust: each target is a function over bytes, each has seeds, and one loop
//! changes seeds at random.
//!
//! `cargo run --release -p fuzz -- TARGET --seconds 1800`. This loop is not guided by coverage; it
//! starts from valid inputs of every kind and knows the words of each format, so that most of what
//! it makes gets past the first check. `fuzz/guided TARGET` gives the same targets to libFuzzer,
//! which is guided by coverage and keeps what it learned for the next run. A target is called with
//! one input at a time and must return: whatever panics prints its input, whatever is slow is named
//! with its time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::must_use_candidate,
    reason = "a fuzzer ends where something is not as it must be, and prints what it found"
)]

mod edge;
pub mod entries;
mod mutation;
mod seeds;
mod targets;

pub use edge::{Outcome, run, watch};
pub use mutation::Mutator;
pub use targets::{TARGETS, Target};
