//! `candor-relay`: puts the pieces together and prints what people read.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use relay::config::{Command, Config};
use relay::edge::serve;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

#[expect(clippy::disallowed_methods, reason = "the environment is read here, once")]
fn main() -> ExitCode {
    let Config { command: Command::Serve(options) } = Config::parse();
    // What libraries say of connections could name an address: they are not listened to, whatever
    // the level.
    let level = std::env::var("CANDOR_RELAY_LOG").unwrap_or_default();
    let level = level.parse().unwrap_or(LevelFilter::INFO);
    let filter = EnvFilter::new(format!("relay={level}"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    match serve::run(&options, &mut std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "{failure}");
            ExitCode::FAILURE
        }
    }
}
