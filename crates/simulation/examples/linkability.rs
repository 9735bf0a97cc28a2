//! Figure S7: how often a collector could join what it was sent, on a simulated fleet of 10,000.
//!
//! `cargo run --release -p simulation --example linkability [INSTALLATIONS] [SEED]`
#![expect(clippy::print_stdout, reason = "what it measures is for whoever runs it")]

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().and_then(|argument| argument.parse::<u32>().ok());
    let (installations, seed) = (next().unwrap_or(10_000), next().unwrap_or(7));
    print!("{}", simulation::linkability::report(installations, u64::from(seed)));
}
