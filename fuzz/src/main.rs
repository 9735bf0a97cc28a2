//! `fuzz TARGET|all [--seconds N] [--seed N]`: runs one target or all, one after the other.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "what a developer starts prints what it did, and ends where it was told nonsense"
)]

use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str, default: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).map_or(default, |value| value.parse().unwrap())
    };
    let name = arguments.first().map_or("", String::as_str);
    let time = Duration::from_secs(option("--seconds", 60));
    let chosen: Vec<_> =
        fuzz::TARGETS.iter().filter(|target| name == "all" || target.name == name).collect();
    if chosen.is_empty() {
        println!("fuzz TARGET|all [--seconds N] [--seed N]");
        for target in fuzz::TARGETS {
            println!("  {:<20} {}", target.name, target.what);
        }
        return ExitCode::from(2);
    }
    fuzz::watch();
    println!(
        "{:<20} {:>12} {:>8} {:>10} {:>11}",
        "target", "executions", "seconds", "slowest", "over 50 ms"
    );
    for target in chosen {
        let outcome = fuzz::run(target, option("--seed", 1), |_, spent| spent < time);
        println!(
            "{:<20} {:>12} {:>8.1} {:>7.2} ms {:>11}",
            target.name,
            outcome.executions,
            outcome.spent.as_secs_f64(),
            outcome.slowest.as_secs_f64() * 1e3,
            outcome.slow,
        );
    }
    ExitCode::SUCCESS
}
