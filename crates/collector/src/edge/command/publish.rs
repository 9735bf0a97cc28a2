//! `publish`: what is due becomes a release, and the site is written where it is wanted.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use contract::calendar::day_in_words;
use disk::ErrorKind;
use jiff::civil::Date;
use serde_json::json;

use super::forget::catalogue;
use super::keys::of_keys;
use super::{clock, of_disk, of_store, open_existing, print};
use crate::catalogue::Catalogue;
use crate::config::Publish;
use crate::edge::keys;
use crate::edge::publication::{self, ChannelPublished};
use crate::failure::{Failure, with_causes};
use crate::publisher::PublicationError;
use crate::releases::ReleasesError;
use crate::signers::Signers;
use crate::store::{Store, StoreError};

const HEADLINE: &str = "not everything was published.";

/// Closed periods are counted faster as columns; a running server has made them already.
fn close_periods(data: &Path, catalogue: &Catalogue, today: Date) -> Result<(), Failure> {
    let mut store = match Store::open(open_existing(data, HEADLINE)?, 0) {
        Ok(store) => store,
        Err(StoreError::Disk(error)) if error.kind() == ErrorKind::Locked => return Ok(()),
        Err(error) => return Err(of_store(HEADLINE, data, &error)),
    };
    let find = |hash: &_| catalogue.definition(hash).cloned();
    let closed = store.close_periods(&find, today);
    closed.map(drop).map_err(|error| of_store(HEADLINE, data, &error))
}

pub(super) fn run(
    data: &Path,
    options: &Publish,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let disk = open_existing(data, HEADLINE)?;
    let catalogue = catalogue(&disk, data, HEADLINE)?;
    if catalogue.programs().next().is_none() {
        return Err(Failure::new(
            HEADLINE,
            format!("{} has no manifest: nothing was ever served from it", data.display()),
            "everything as it was",
            "name the folder that candor-collector serve was given, with --data",
        ));
    }
    let today = clock(options.today).today();
    let keys = keys::read_all(&disk).map_err(|error| of_keys(HEADLINE, data, &error))?;
    let keys = keys.into_iter().map(|(_, key)| key).collect();
    let signers = Signers::choose(catalogue.roots(), keys, today);
    close_periods(data, &catalogue, today)?;
    let channels = publication::publish_all((&disk, &disk), &catalogue, &signers, today);
    let channels = channels.map_err(|error| of_disk(HEADLINE, data, &error))?;
    let mut files = None;
    if let Some(folder) = &options.site {
        let written = publication::published_site(&disk, &catalogue)
            .and_then(|pages| publication::write_site(&pages, folder));
        files = Some(written.map_err(|error| {
            Failure::new(
                "the site was not written.",
                with_causes(&error),
                "every release, in the data folder",
                "name a folder that you can write to with --site",
            )
        })?);
    }
    if json {
        print(out, &format!("{}\n", as_json(&channels, files)));
    } else {
        print(out, &sentences(&channels, files, options.site.as_deref()));
    }
    for ChannelPublished { program, channel, result } in channels {
        if let Err(error) = result {
            let name = format!("{program}/{channel}");
            return Err(of_publication(&name, program.as_str(), data, &error));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(channels: &[ChannelPublished], files: Option<usize>) -> serde_json::Value {
    let published = channels.iter().flat_map(|done| {
        done.result.iter().flatten().map(|published| {
            json!({"program": done.program, "channel": done.channel,
                   "number": published.release.number,
                   "first": published.release.window.first.to_string(),
                   "last": published.release.window.last.to_string(),
                   "uncounted": published.uncounted})
        })
    });
    json!({"published": published.collect::<Vec<_>>(), "site_files": files})
}

fn sentences(channels: &[ChannelPublished], files: Option<usize>, site: Option<&Path>) -> String {
    let mut text = String::new();
    for done in channels {
        for published in done.result.iter().flatten() {
            let window = published.release.window;
            let channel = format!("{}/{}", done.program, done.channel);
            let _ = writeln!(
                text,
                "  {channel:<30} release {}, {} to {}",
                published.release.number,
                day_in_words(window.first),
                day_in_words(window.last),
            );
            if published.uncounted > 0 {
                let _ = writeln!(
                    text,
                    "      {} parts were not counted: no manifest at hand has their definition",
                    published.uncounted,
                );
            }
        }
    }
    if text.is_empty() {
        text.push_str("Nothing new is due. What was published stays as it is.\n");
    } else {
        text.insert_str(0, "Published, and from now on unchangeable:\n\n");
    }
    if let (Some(files), Some(site)) = (files, site) {
        let _ = writeln!(text, "\n{files} files of the site are in {}.", site.display());
    }
    text
}

fn of_publication(name: &str, program: &str, data: &Path, error: &PublicationError) -> Failure {
    let kept = "every part, every release that was published before, and the ledger";
    let folder = data.display();
    let todo = match error {
        PublicationError::Releases(ReleasesError::Key { .. }) => format!(
            "candor-collector --data {folder} keys issue --root ROOT-FILE --program {program} \
             --purpose release"
        ),
        PublicationError::Plan(_) => {
            "wait for the next year's budget, or change the channel's publication in the manifest \
             (operators are asked again)"
                .to_owned()
        }
        _ => format!("candor-collector --data {folder} verify shows what is wrong"),
    };
    Failure::new(HEADLINE, format!("{name}: {}", with_causes(error)), kept, todo)
}
