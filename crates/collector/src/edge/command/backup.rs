//! `backup`, `export` and `restore`: a copy that can be put back, and what must be put back with
//! it.

use std::fs::File;
use std::io::{Read as _, Write};
use std::path::Path;
use std::process::ExitCode;

use contract::calendar::day_in_words;
use contract::id::{ChannelId, ProgramId};
use disk::{Disk as _, OsDisk};
use serde_json::json;

use super::forget::catalogue;
use super::{clock, counted, of_disk, of_store, open_disk, open_existing, print};
use crate::backup::{self, BackupError};
use crate::config;
use crate::edge::named;
use crate::failure::{Failure, with_causes};
use crate::limits::DELETIONS_LIST_BYTES_MAX;
use crate::store::{self, Deletions};

pub(super) fn run(
    data: &Path,
    options: &config::Backup,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let headline = "no backup was made.";
    let from = open_existing(data, headline)?;
    let to = open_disk(&options.to, headline)?;
    let today = clock(options.today).today();
    let made = backup::backup(&from, &to, (options.with_keys, today));
    let made = made.map_err(|error| of_backup(headline, &options.to, &error))?;
    let (files, bytes) = (made.files(), made.bytes());
    let text = if json {
        let keys = made.with_keys;
        let answer = json!({"backup": options.to, "files": files, "bytes": bytes,
                            "taken_on": today.to_string(), "with_keys": keys});
        format!("{answer}\n")
    } else {
        format!(
            "A backup of {}: {}, {bytes} bytes, {}.\n\nRemove it when the retention is \
             over: tombstones name that day. To put it back you need the deletions since, so keep \
             them apart from it, every day:\n  candor-collector --data {} export --deletions \
             FILE\n",
            day_in_words(today),
            counted(files as u64, "file", "files"),
            if made.with_keys { "with the private keys" } else { "without private keys" },
            data.display(),
        )
    };
    print(out, &text);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn export(
    data: &Path,
    options: &config::Export,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let headline = "the deletions were not exported.";
    let disk = open_existing(data, headline)?;
    let today = clock(options.today).today();
    let list = Deletions::of(&disk, today).map_err(|error| of_store(headline, data, &error))?;
    let bytes = serde_json::to_vec(&list).unwrap_or_default();
    // Whoever reads it sees the old list or the new one.
    let made = named::beside(&options.deletions, named::OWNER);
    let written = made.and_then(|(mut file, new)| {
        file.write_all(&bytes).and_then(|()| file.sync_all())?;
        std::fs::rename(&new, &options.deletions)
    });
    written.map_err(|error| of_file(headline, &options.deletions, &error))?;
    let many = list.len();
    let text = if json {
        format!("{}\n", json!({"deletions": many, "as_of": today.to_string()}))
    } else {
        format!(
            "{many} deletions as of {}, in {}.\n",
            day_in_words(today),
            options.deletions.display()
        )
    };
    print(out, &text);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(
    data: &Path,
    options: &config::Restore,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let headline = "nothing can be served yet.";
    let from = open_existing(&options.from, headline)?;
    let deletions = read(&options.deletions, headline)?;
    let to = open_disk(data, headline)?;
    // A second attempt goes on where the first one left a whole copy.
    let is_copied =
        to.list("").is_ok_and(|entries| entries.iter().any(|e| e.name == store::BACKUP))
            && options.again;
    if !is_copied {
        let copied = backup::put_back(&from, &to, &deletions);
        copied.map_err(|error| of_backup(headline, data, &error))?;
    }
    let settled = take_out(to, data, &deletions, options)?;
    let text = if json {
        format!("{}\n", json!({"deleted": settled.rows, "deletions": deletions.len()}))
    } else {
        format!(
            "Put back, without {} deleted since, and without what is past its retention. It can be \
             served now.\nKeys are issued anew if the backup has none: candor-collector keys \
             issue.\n",
            counted(settled.rows, "part that was", "parts that were")
        )
    };
    print(out, &text);
    Ok(ExitCode::SUCCESS)
}

fn take_out(
    to: OsDisk,
    data: &Path,
    deletions: &Deletions,
    options: &config::Restore,
) -> Result<store::Settled, Failure> {
    let headline = "nothing can be served yet.";
    let catalogue = catalogue(&to, data, headline)?;
    let kinds = |program: &ProgramId, channel: &ChannelId| {
        let channel = catalogue.channel(program.as_str(), channel.as_str())?;
        Some((channel.period, channel.retention_days))
    };
    let today = clock(options.today).today();
    store::restore(to, deletions, (&catalogue.retention(), kinds), today)
        .map_err(|error| of_store(headline, data, &error))
}

fn read(path: &Path, headline: &str) -> Result<Deletions, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(DELETIONS_LIST_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(|error| of_file(headline, path, &error))?;
    Deletions::read(&bytes).ok_or_else(|| {
        Failure::new(
            headline,
            format!("{} holds no deletions that this program reads", path.display()),
            "everything as it was",
            "name the newest file that candor-collector export --deletions FILE made",
        )
    })
}

fn of_file(headline: &str, path: &Path, error: &std::io::Error) -> Failure {
    let happened = format!("{}: {error}", path.display());
    Failure::new(headline, happened, "everything as it was", "name a file in a folder of yours")
}

fn of_backup(headline: &str, folder: &Path, error: &BackupError) -> Failure {
    let happened = format!("{}: {}", folder.display(), with_causes(error));
    let todo = match error {
        BackupError::Disk(error) => return of_disk(headline, folder, error),
        BackupError::NotEmpty => "name a new or an empty folder",
        BackupError::NoBackup => "name a folder that candor-collector backup made, whole",
        BackupError::Changed(_) => "take another backup; this one has decayed",
        BackupError::Old { .. } => {
            "name the newest list of deletions: an older one would bring back what was deleted"
        }
        BackupError::Restless => "try again at a quieter moment",
    };
    Failure::new(headline, happened, "everything as it was", todo)
}
