//! `forget`: what is past its retention goes.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use contract::id::{ChannelId, ProgramId};
use disk::ErrorKind;
use jiff::civil::Date;
use serde_json::json;

use super::{clock, counted, of_disk, of_store, open_existing, print};
use crate::catalogue::Catalogue;
use crate::config::Forget;
use crate::edge::manifests;
use crate::failure::{Failure, with_causes};
use crate::store::{self, Forgotten, LET_GO, Settled, Store, StoreError};

pub(super) fn run(
    data: &Path,
    options: &Forget,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let headline = "nothing was forgotten.";
    let disk = open_existing(data, headline)?;
    let catalogue = catalogue(&disk, data, headline)?;
    let retention = catalogue.retention();
    let today = clock(options.today).today();
    let failed = |error| of_store(headline, data, &error);
    if options.let_go {
        // Also where a server runs: it finds the file.
        disk::Disk::replace(&disk, LET_GO, today.to_string().as_bytes())
            .map_err(|error| of_disk(headline, data, &error))?;
    }
    if options.dry_run {
        let forgotten = store::overdue(&disk, &retention, today).map_err(failed)?;
        let done = Done { forgotten, settled: Settled::default(), closed: 0, dry_run: true };
        print(out, &if json { done.to_json(today) } else { done.sentences() });
        return Ok(ExitCode::SUCCESS);
    }
    let mut store = match Store::open(disk, 0) {
        Err(StoreError::Disk(error)) if options.let_go && error.kind() == ErrorKind::Locked => {
            let said = "The running server takes the deletions out within ten seconds.\n";
            print(out, &if json { "{\"let_go\":true}\n".to_owned() } else { said.to_owned() });
            return Ok(ExitCode::SUCCESS);
        }
        store => store.map_err(failed)?,
    };
    let forgotten = store.forget(&retention, today, false).map_err(failed)?;
    let kept = |program: &ProgramId, channel: &ChannelId| {
        let channel = catalogue.channel(program.as_str(), channel.as_str())?;
        Some((channel.period, channel.retention_days))
    };
    let settled = store.settle_deletions(kept, (today, options.let_go)).map_err(failed)?;
    let find = |hash: &_| catalogue.definition(hash).cloned();
    let closed = store.close_periods(&find, today).map_err(failed)?;
    let removed = disk::Disk::remove(store.disk(), LET_GO);
    removed.map_err(|error| of_disk(headline, data, &error))?;
    let done = Done { forgotten, settled, closed, dry_run: false };
    let text = if json { done.to_json(today) } else { done.sentences() };
    print(out, &text);
    // A batch that waits for a person is no success: whoever runs this by a timer is told.
    Ok(if settled.held_back > 0 { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

/// What was done, or would be.
struct Done {
    forgotten: Vec<Forgotten>,
    settled: Settled,
    closed: u64,
    dry_run: bool,
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

impl Done {
    fn to_json(&self, today: Date) -> String {
        let line = |gone: &Forgotten| {
            json!({"program": gone.program, "channel": gone.channel, "period": gone.period,
                   "parts": gone.parts, "forget_by": gone.forget_by.to_string()})
        };
        let Settled { tags, rows, held_back, postponed } = self.settled;
        let answer = json!({
            "forgotten": self.forgotten.iter().map(line).collect::<Vec<_>>(),
            "deletions": {"tags": tags, "rows": rows, "held_back": held_back,
                          "postponed": postponed},
            "closed": self.closed,
            "today": today.to_string(),
            "dry_run": self.dry_run,
        });
        format!("{answer}\n")
    }

    fn sentences(&self) -> String {
        let (none, some) = if self.dry_run {
            ("Nothing would be forgotten.\n", "Would be forgotten:\n\n")
        } else {
            ("Nothing was past its retention.\n", "Forgotten:\n\n")
        };
        let mut text = if self.forgotten.is_empty() { none } else { some }.to_owned();
        for Forgotten { program, channel, period, parts, forget_by } in &self.forgotten {
            let channel = format!("{program}/{channel}");
            let period = period.to_string();
            let _ = writeln!(
                text,
                "  {channel:<30} {period:<10} {parts:>9} parts, kept until {forget_by}"
            );
        }
        let Settled { tags, rows, held_back, .. } = self.settled;
        if tags > 0 {
            let (tags, rows) = (counted(tags, "tag", "tags"), counted(rows, "part", "parts"));
            let _ = writeln!(text, "Deleted on request: {tags}, {rows}.");
        }
        if held_back > 0 {
            let _ = writeln!(
                text,
                "Held back: {}, unusually many for one day. Look whether people asked for them; \
                 then: candor-collector forget --let-go",
                counted(held_back, "deletion", "deletions"),
            );
        }
        if self.closed > 0 {
            let closed = counted(self.closed, "period is", "periods are");
            let _ = writeln!(text, "Closed: {closed} columns now.");
        }
        text
    }
}
