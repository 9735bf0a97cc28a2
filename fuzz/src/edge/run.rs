//! The loop, and what is printed when a target panics.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use crate::{Mutator, Target};

/// One input that takes longer is a way to make a server slow.
const SLOW: Duration = Duration::from_millis(50);

thread_local! {
    /// What the target was called with.
    static INPUT: RefCell<(String, Vec<u8>)> = const { RefCell::new((String::new(), Vec::new())) };
}

/// What a run came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// Inputs that were tried.
    pub executions: u64,
    /// The time that it took.
    pub spent: Duration,
    /// The longest that one input took.
    pub slowest: Duration,
    /// Inputs that took more than 50 ms.
    pub slow: u64,
}

/// Prints the input of a target that panics, in hexadecimal, before the process ends.
pub fn watch() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        INPUT.with_borrow(|(name, input)| println!("{name}: {}", hex(input)));
        before(panic);
    }));
}

/// Calls a target with its seeds as they are, and then with changed ones, while `goes_on` says so
/// of the number of inputs and the time.
pub fn run(target: &Target, seed: u64, goes_on: impl Fn(u64, Duration) -> bool) -> Outcome {
    let seeds = (target.seeds)();
    let mut mutator = Mutator::new(seed, &seeds);
    let mut outcome = Outcome::default();
    let began = Instant::now();
    let mut pristine = seeds.iter();
    while goes_on(outcome.executions, began.elapsed()) {
        let input = pristine.next().cloned().unwrap_or_else(|| mutator.next(&seeds));
        INPUT.with_borrow_mut(|(name, kept)| {
            target.name.clone_into(name);
            kept.clone_from(&input);
        });
        let mut took = timed(target, &input);
        // Slow in three runs, it is the input; slow in one, another process had the core.
        for _ in 0..2 {
            if took > SLOW {
                took = took.min(timed(target, &input));
            }
        }
        outcome.executions += 1;
        outcome.slowest = outcome.slowest.max(took);
        if took > SLOW {
            outcome.slow += 1;
            println!("{}: {} ms for {}", target.name, took.as_millis(), hex(&input));
        }
    }
    outcome.spent = began.elapsed();
    outcome
}

fn timed(target: &Target, input: &[u8]) -> Duration {
    let before = Instant::now();
    (target.call)(input);
    before.elapsed()
}

fn hex(input: &[u8]) -> String {
    use std::fmt::Write as _;
    input.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
