//! The commands: what each opens, does and prints.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use disk::{DiskError, ErrorKind, OsDisk};
use jiff::civil::Date;

use super::clock::Clock;
use crate::config::{Command, Config};
use crate::failure::{Failure, with_causes};
use crate::store::StoreError;

mod backup;
mod forget;
mod import;
mod keys;
mod publish;
mod serve;
mod simulate;
mod verify;

/// Runs a command and prints its result to `out`.
///
/// # Errors
/// With what happened, what is kept, what to do.
pub fn run(config: Config, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let Config { data, json, command, .. } = config;
    let data = || {
        data.ok_or_else(|| {
            Failure::new(
                "no data folder was named.",
                "neither --data nor CANDOR_DATA is set",
                "nothing was touched",
                "say where everything is kept: candor-collector --data DIR …",
            )
        })
    };
    match command {
        Command::Serve(options) => serve::run(&data()?, *options, out),
        Command::Publish(options) => publish::run(&data()?, &options, json, out),
        Command::Simulate(options) => simulate::run(&data()?, &options, json, out),
        Command::Forget(options) => forget::run(&data()?, &options, json, out),
        Command::Import(options) => import::run(&data()?, &options, json, out),
        Command::Verify(day) => verify::run(&data()?, clock(day.today), json, out),
        Command::Backup(options) => backup::run(&data()?, &options, json, out),
        Command::Export(options) => backup::export(&data()?, &options, json, out),
        Command::Restore(options) => backup::restore(&data()?, &options, json, out),
        Command::Keys(command) => keys::run(data, command, json, out),
    }
}

fn clock(today: Option<Date>) -> Clock {
    today.map_or(Clock::System, Clock::Fixed)
}

/// Opens a data folder that is there. A slip of the pen must not make an empty one, of which
/// everything would be as promised.
fn open_existing(data: &Path, headline: &str) -> Result<OsDisk, Failure> {
    if !data.exists() {
        return Err(Failure::new(
            headline,
            format!("there is no folder {}", data.display()),
            "nothing was touched",
            "name the folder that candor-collector serve was given, with --data",
        ));
    }
    open_disk(data, headline)
}

fn open_disk(data: &Path, headline: &str) -> Result<OsDisk, Failure> {
    OsDisk::open(data).map_err(|error| of_disk(headline, data, &error))
}

/// What a person is told of an error of the disk.
fn of_disk(headline: &str, data: &Path, error: &DiskError) -> Failure {
    let folder = data.display();
    let kept = "everything that was acknowledged is kept";
    let todo = match error.kind() {
        ErrorKind::Locked => {
            return Failure::new(
                headline,
                format!("another candor-collector is at work in {folder}"),
                kept,
                "stop that one first, or name another folder with --data",
            );
        }
        ErrorKind::Full => "make space on the disk; nothing else is needed".to_owned(),
        ErrorKind::ReadOnly => format!("mount the file system of {folder} for writing"),
        ErrorKind::Denied => format!(
            "run it as the user who owns {folder}, and let no other user write there (chmod 700)"
        ),
        _ => format!("see that {folder} is a folder on a working disk, and try again"),
    };
    Failure::new(headline, format!("{folder}: {}", with_causes(error)), kept, todo)
}

/// What a person is told of an error of the store.
fn of_store(headline: &str, data: &Path, error: &StoreError) -> Failure {
    let folder = data.display();
    match error {
        StoreError::Disk(error) => of_disk(headline, data, error),
        StoreError::Backup => Failure::new(
            headline,
            format!("{folder} is a backup: it may hold what was deleted after it was made"),
            "everything; nothing was changed",
            "put it back with the deletions since: candor-collector --data NEW restore --from \
             BACKUP --deletions FILE",
        ),
        StoreError::Newer { .. } => Failure::new(
            headline,
            format!("{folder}: {error}"),
            "everything; nothing was changed",
            "use the candor-collector that wrote it, or a newer one",
        ),
        StoreError::Damaged { path, .. } | StoreError::Unsettled { path } => Failure::new(
            headline,
            format!("{folder}: {error}; it was whole once, so this is no power failure's work"),
            "everything else; nothing was cut off",
            format!(
                "look at the disk, run candor-collector --data {folder} verify, and bring \
                 {folder}/{path} back from a backup or move it away"
            ),
        ),
    }
}

/// "1 part", "3 parts".
fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What cannot be printed is of no use; the reader has gone.
fn print(out: &mut impl Write, text: &str) {
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
