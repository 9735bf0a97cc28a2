//! The whole system, seed after seed, for as long as one likes; stops at the first that fails.
//!
//! `cargo run --release -p simulation --example system [SECONDS] [FIRST_SEED]`; with 0 seconds, one
//! seed alone.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "for whoever runs it")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut next = |otherwise| arguments.next().and_then(|a| a.parse().ok()).unwrap_or(otherwise);
    let (seconds, first): (u64, u64) = (next(60), next(1));
    let began = Instant::now();
    for seed in first.. {
        // Also where the run ends in a panic, the last line names its seed.
        println!("seed {seed}");
        match simulation::system::run(seed) {
            Ok(summary) => println!("  {summary:?}"),
            Err(error) => {
                println!("failed: {error}");
                return ExitCode::FAILURE;
            }
        }
        if began.elapsed() >= Duration::from_secs(seconds) {
            println!("seeds that held: {}", seed - first + 1);
            break;
        }
    }
    ExitCode::SUCCESS
}
