//! Commands for developers: `cargo xtask lines`.

use std::io::Write;

use anyhow::{Context, Result, bail};
use xtask::{edge, lines};

const USAGE: &str = "\
cargo xtask lines    lines of code by crate, the largest files, packages in Cargo.lock

The house rules are a test: cargo test -p xtask";

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let text = match (arguments.next().as_deref(), arguments.next()) {
        (Some("lines"), None) => {
            lines::table(&edge::tree::read().context("reading the repository's files")?)
        }
        (None | Some("help" | "--help" | "-h"), _) => USAGE.to_owned(),
        (Some(unknown), _) => bail!("no such command: {unknown}\n\n{USAGE}"),
    };
    writeln!(std::io::stdout(), "{text}").context("printing")
}
