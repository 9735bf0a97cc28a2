//! `candor-collector`: puts the pieces together and prints what people read.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use collector::edge::{command, journal, options};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let ran = options::read().and_then(|config| {
        log();
        command::run(config, &mut std::io::stdout())
    });
    match ran {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "{failure}");
            ExitCode::FAILURE
        }
    }
}

fn log() {
    let filter = EnvFilter::try_from_env("CANDOR_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if journal::is_read() {
        lines.event_format(journal::JournalLines::default()).init();
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).init();
    }
}
