//! Plants each fault in a copy of the repository, runs its test there, and expects it to fail.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::tree;
use crate::promises::{Flaw, Test};
use crate::tidy::Source;

/// What came of one planted fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The test failed, as it should.
    Noticed,
    /// The test passed over broken code.
    Missed,
    /// The broken code does not compile, so nothing was tested.
    Unbuilt,
}

/// A copy of the working tree under `target/sabotage`, with a target folder of its own.
///
/// # Errors
/// When the copy cannot be written.
pub fn copy(files: &[Source]) -> Result<()> {
    for file in files {
        write_if_other(&file.path, &file.text)?;
    }
    Ok(())
}

/// Plants `flaw`, runs `test`, and puts the code back.
///
/// # Errors
/// When the fault does not fit the code, or cargo cannot be run.
pub fn attempt(test: &Test, flaw: &Flaw, files: &[Source]) -> Result<Outcome> {
    let sound = files.iter().find(|file| file.path == flaw.file);
    let sound = sound.with_context(|| format!("{} is not there", flaw.file))?;
    write_if_other(&flaw.file, &flaw.planted(files)?)?;
    let outcome = run(test);
    write_if_other(&flaw.file, &sound.text)?;
    outcome
}

fn run(test: &Test) -> Result<Outcome> {
    let target: &[&str] = match test.target.as_str() {
        "lib" => &["--lib"],
        name => &["--test", name],
    };
    let cargo = |last: &[&str]| {
        let mut command = Command::new("cargo");
        command.args(["test", "--offline", "-q", "-p", &test.package]).args(target).args(last);
        command.current_dir(folder()).env("CARGO_TARGET_DIR", folder().join("target"));
        command.stdin(Stdio::null()).output().context("running cargo")
    };
    if !cargo(&["--no-run"])?.status.success() {
        return Ok(Outcome::Unbuilt);
    }
    let output = cargo(&["--", "--exact", &test.name])?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(said.contains("running 1 test"), "{} is no test of {}", test.name, test.package);
    Ok(if output.status.success() { Outcome::Missed } else { Outcome::Noticed })
}

/// Leaves a file alone that says the same already, so that cargo builds nothing anew for it.
fn write_if_other(path: &str, text: &str) -> Result<()> {
    let path = folder().join(path);
    #[expect(clippy::disallowed_methods, reason = "a copy of this repository, for a developer")]
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).context("making the copy's folders")?;
    }
    #[expect(clippy::disallowed_methods, reason = "a copy of this repository, for a developer")]
    fs::write(&path, text).with_context(|| format!("writing {}", Path::new(&path).display()))
}

fn folder() -> std::path::PathBuf {
    tree::root().join("target/sabotage")
}
