//! `keys`: make, issue, list.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use contract::calendar::day_in_words;
use envelope::KeyPurpose;
use serde_json::json;

use super::{of_disk, open_disk, open_existing, print};
use crate::config;
use crate::edge::clock::Clock;
use crate::edge::keys::{self, KeysError, word};
use crate::failure::{Failure, with_causes};

pub(super) fn run(
    data: impl FnOnce() -> Result<PathBuf, Failure>,
    command: config::Keys,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    match command {
        config::Keys::Root { out: path } => root(&path, json, out)?,
        config::Keys::Issue { root, program, purpose, days } => {
            let data = data()?;
            let headline = "no key was issued.";
            let root = keys::read_root(&root).map_err(|error| of_keys(headline, &data, &error))?;
            let disk = open_disk(&data, headline)?;
            let for_what = (&program, KeyPurpose::from(purpose));
            let when = (Clock::System.today(), days);
            let issued = keys::issue(&disk, &root, for_what, when);
            let (path, key) = issued.map_err(|error| of_keys(headline, &data, &error))?;
            let certificate = key.certificate();
            if json {
                print(out, &format!("{}\n", json!({"file": path, "certificate": certificate})));
            } else {
                let text = format!(
                    "A key for {program} ({}), valid from {} to {}.\n\n  file       {}/{path}\n  \
                     certified  by {}\n\nA running server takes it up at its next day, or now with \
                     SIGHUP.\n",
                    word(certificate.purpose),
                    day_in_words(certificate.first_day),
                    day_in_words(certificate.last_day),
                    data.display(),
                    root.public(),
                );
                print(out, &text);
            }
        }
        config::Keys::List => list(&data()?, json, out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn root(path: &Path, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let root = keys::create_root(path).map_err(|error| {
        Failure::new(
            "no root was made.",
            format!("{}: {}", path.display(), with_causes(&error)),
            "whatever has that name is untouched",
            "name a new file in a folder that you can write to",
        )
    })?;
    let public = root.public();
    if json {
        print(out, &format!("{}\n", json!({"file": path, "public": public})));
    } else {
        // The line alone goes to a manifest; the rest tells a person what it is.
        let text = format!(
            "{public}\n\nPin this line in the manifest:  root_keys = [\"{public}\"]\nKeep {} \
             offline: whoever has it can speak for the vendor.\n",
            path.display(),
        );
        print(out, &text);
    }
    Ok(())
}

fn list(data: &Path, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let headline = "the keys were not listed.";
    let disk = open_existing(data, headline)?;
    let keys = keys::read_all(&disk).map_err(|error| of_keys(headline, data, &error))?;
    let today = Clock::System.today();
    let mut text = String::new();
    let mut listed = Vec::new();
    for (path, key) in &keys {
        let certificate = key.certificate();
        let state = match (today < certificate.first_day, today > certificate.last_day) {
            (true, _) => "not yet",
            (_, true) => "ended",
            _ => "valid",
        };
        let (first, last) = (certificate.first_day, certificate.last_day);
        let (program, purpose) = (&certificate.program, word(certificate.purpose));
        let _ = writeln!(text, "  {program:<20} {purpose:<8} {first} to {last}  {state:<8} {path}");
        listed.push(json!({"file": path, "certificate": certificate, "state": state}));
    }
    if json {
        print(out, &format!("{}\n", serde_json::Value::from(listed)));
    } else if keys.is_empty() {
        print(out, "No keys.\n");
    } else {
        print(out, &text);
    }
    Ok(())
}

pub(super) fn of_keys(headline: &str, data: &Path, error: &KeysError) -> Failure {
    match error {
        KeysError::Disk(error) => of_disk(headline, data, error),
        KeysError::ReadRoot(_) | KeysError::Root(_) | KeysError::WriteRoot(_) => Failure::new(
            headline,
            with_causes(error),
            "everything as it was",
            "name the file that candor-collector keys root --out FILE made",
        ),
        KeysError::Dated { path, .. } => Failure::new(
            headline,
            format!("{}: {}", data.display(), with_causes(error)),
            "everything as it was",
            format!("move {}/{path} away and issue a new key", data.display()),
        ),
    }
}
