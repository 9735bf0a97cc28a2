//! The options as they come: command line, environment, configuration file.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use clap::Parser as _;

use crate::config::{Config, file};
use crate::failure::{Failure, with_causes};
use crate::limits::CONFIG_BYTES_MAX;

/// Reads them all. What the command line gets wrong is printed by its parser, which ends the
/// process.
///
/// # Errors
/// If a file was named and cannot be read, or says something that is no option.
pub fn read() -> Result<Config, Failure> {
    let given: Vec<OsString> = std::env::args_os().collect();
    let Some(path) = file::named(&given).or_else(|| variable(file::VARIABLE)) else {
        return Ok(Config::parse_from(given));
    };
    let path = Path::new(&path);
    let text = text_of(path).map_err(|error| {
        failure(path, &error.to_string(), "name a file that this user may read with --config")
    })?;
    let words = file::arguments(&text, &given, |name| variable(name).is_some());
    let words = words.map_err(|error| {
        let todo = "candor-collector serve --help names every option; the file has them without --";
        failure(path, &with_causes(&error), todo)
    })?;
    Ok(Config::parse_from(words))
}

#[expect(clippy::disallowed_methods, reason = "the one place that looks for options")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn text_of(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(CONFIG_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

fn failure(path: &Path, happened: &str, todo: &str) -> Failure {
    let happened = format!("{}: {happened}", path.display());
    Failure::new("nothing was started.", happened, "everything as it was", todo)
}
