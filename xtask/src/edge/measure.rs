//! Runs the commands behind figures, one after the other, and says on what machine.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::tree;
use crate::figures::{List, Ran, Setting, with_data};

/// Runs every command whose text holds `only`. What each prints is passed on as it ends.
///
/// # Errors
/// When a shell cannot be started.
pub fn run(
    list: &List,
    (is_quick, only, data): (bool, Option<&str>, Option<&str>),
    tell: impl Fn(&str) -> Result<()>,
) -> Result<BTreeMap<String, Ran>> {
    let mut ran = BTreeMap::new();
    for command in list.commands(is_quick) {
        let outcome = match with_data(command, data) {
            _ if only.is_some_and(|only| !command.contains(only)) => {
                Ran::Not("it was left out".to_owned())
            }
            Err(why) => Ran::Not(why),
            Ok(whole) => {
                tell(&format!("$ {whole}"))?;
                let outcome = one(&whole)?;
                if let Ran::Well(text) = &outcome {
                    tell(text.trim_end())?;
                }
                outcome
            }
        };
        ran.insert(command.to_owned(), outcome);
    }
    Ok(ran)
}

fn one(command: &str) -> Result<Ran> {
    let mut shell = Command::new("bash");
    shell.args(["-c", command]).current_dir(tree::root());
    shell.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = shell.output().with_context(|| format!("starting bash for {command}"))?;
    if !output.status.success() {
        return Ok(Ran::Failed);
    }
    Ok(Ran::Well(String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The day, the commit and the machine.
///
/// # Errors
/// When the system does not say.
pub fn setting() -> Result<Setting> {
    let cores = std::thread::available_parallelism().context("counting cores")?;
    let load = tree::text("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    let processor = tree::text("/proc/cpuinfo").unwrap_or_default();
    let named = |line: &str| Some(line.strip_prefix("model name")?.split_once(": ")?.1.to_owned());
    let processor = processor.lines().find_map(named).unwrap_or_else(|| "a processor".to_owned());
    let machine = format!("{cores} cores of {processor}, load {load} before it");
    Ok(Setting { date: tree::today()?, commit: tree::commit()?, machine })
}
