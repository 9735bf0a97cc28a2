//! `forget`: what is past its retention goes.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::{clock, of_store, open_existing, print};
use crate::catalogue::Catalogue;
use crate::config::Forget;
use crate::edge::manifests;
use crate::failure::{Failure, with_causes};
use crate::store::{Forgotten, Store};

pub(super) fn run(
    data: &Path,
    options: &Forget,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let headline = "nothing was forgotten.";
    let disk = open_existing(data, headline)?;
    let retention = catalogue(&disk, data, headline)?.retention();
    let today = clock(options.today).today();
    let failed = |error| of_store(headline, data, &error);
    let mut store = Store::open(disk, 0).map_err(failed)?;
    let forgotten = store.forget(&retention, today, options.dry_run).map_err(failed)?;
    if json {
        let lines: Vec<_> = forgotten
            .iter()
            .map(|gone| {
                json!({"program": gone.program, "channel": gone.channel, "period": gone.period,
                       "parts": gone.parts, "forget_by": gone.forget_by.to_string()})
            })
            .collect();
        let answer = json!({"forgotten": lines, "today": today.to_string(),
                            "dry_run": options.dry_run});
        print(out, &format!("{answer}\n"));
    } else {
        print(out, &sentences(&forgotten, options.dry_run));
    }
    Ok(ExitCode::SUCCESS)
}

/// What is served, from the manifests that the data folder keeps.
pub(super) fn catalogue(
    disk: &dyn disk::Disk,
    data: &Path,
    headline: &str,
) -> Result<Catalogue, Failure> {
    manifests::stored(disk).map_err(|error| {
        Failure::new(
            headline,
            format!("{}: {}", data.display(), with_causes(&error)),
            "everything as it was",
            "bring the folder's manifests back by serving them: serve --manifest FILE",
        )
    })
}

fn sentences(forgotten: &[Forgotten], dry_run: bool) -> String {
    let (none, some) = if dry_run {
        ("Nothing would be forgotten.\n", "Would be forgotten:\n\n")
    } else {
        ("Nothing was past its retention.\n", "Forgotten:\n\n")
    };
    if forgotten.is_empty() {
        return none.to_owned();
    }
    let mut text = some.to_owned();
    for Forgotten { program, channel, period, parts, forget_by } in forgotten {
        let channel = format!("{program}/{channel}");
        let period = period.to_string();
        let _ =
            writeln!(text, "  {channel:<30} {period:<10} {parts:>9} parts, kept until {forget_by}");
    }
    text
}
