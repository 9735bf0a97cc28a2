//! `simulate`: an invented fleet answers a manifest's questions, and its releases go the real way.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use contract::calendar::add_days;
use contract::manifest::{Channel, Manifest};
use contract::publish::{Plan, PlanError, publish};
use contract::release::Window;
use disk::{Disk as _, DiskError, OsDisk};
use envelope::{DatedKey, KeyPurpose, RootKey};
use jiff::civil::Date;
use serde_json::json;

use super::keys::of_keys;
use super::{clock, of_disk, open_disk, print};
use crate::catalogue::{Catalogue, ReservedName};
use crate::config::Simulate;
use crate::edge::{keys, manifests, publication, random};
use crate::failure::{Failure, with_causes};
use crate::fleet::Fleet;
use crate::noise::Laplace;
use crate::releases::{self, ReleasesError};

const HEADLINE: &str = "nothing was simulated.";

/// Days that the keys of a simulation last beyond its history.
const KEY_DAYS: u16 = 90;

/// Why a simulation ended early.
#[derive(Debug, thiserror::Error)]
enum SimulateError {
    #[error("a release is not allowed")]
    Plan(#[from] PlanError),
    #[error("a release cannot be frozen")]
    Releases(#[from] ReleasesError),
    #[error("the data folder cannot be used")]
    Disk(#[from] DiskError),
    #[error("a release cannot be made")]
    Publish(#[from] contract::publish::PublishError),
    #[error(transparent)]
    Name(#[from] ReservedName),
}

pub(super) fn run(
    data: &Path,
    options: &Simulate,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let (manifest, text, root) = pinned(&options.manifest)?;
    let disk = open_disk(data, HEADLINE)?;
    // Invented installations are never mixed with real ones.
    let held = disk.list("").map_err(|error| of_disk(HEADLINE, data, &error))?;
    if !held.is_empty() {
        return Err(Failure::new(
            HEADLINE,
            format!("{} is not empty", data.display()),
            "everything in it; nothing was written",
            "name a new folder with --data: invented installations are kept apart from real ones",
        ));
    }
    let today = clock(options.today).today();
    let first = add_days(today, -i32::from(options.days));
    let key = issue(&disk, &manifest, &root, (first, options.days))
        .map_err(|error| of_keys(HEADLINE, data, &error))?;
    let made = simulate(&disk, (&manifest, &text), options, &key, (first, today));
    let releases = made.map_err(|error| of_simulation(data, &error))?;
    let mut files = None;
    if let Some(folder) = &options.site {
        let written =
            Catalogue::new([manifest]).map_err(|error| with_causes(&error)).and_then(|catalogue| {
                publication::published_site(&disk, &catalogue)
                    .and_then(|pages| publication::write_site(&pages, folder))
                    .map_err(|error| with_causes(&error))
            });
        files = Some(written.map_err(|happened| {
            Failure::new(
                "the site was not written.",
                happened,
                "every simulated release, in the data folder",
                "name a folder that you can write to with --site",
            )
        })?);
    }
    print(out, &said(data, options, &releases, files, json));
    Ok(ExitCode::SUCCESS)
}

/// The manifest, with a new root pinned: what is simulated is signed, and by nobody's real key.
fn pinned(path: &Path) -> Result<(Manifest, String, RootKey), Failure> {
    let wrong = |happened: String| {
        Failure::new(
            HEADLINE,
            happened,
            "everything as it was",
            "name a manifest that candor-agent lint finds nothing in, with --manifest",
        )
    };
    let name = path.display();
    let text = manifests::read(path).map_err(|error| wrong(with_causes(&error)))?;
    let manifest =
        Manifest::parse(&text).map_err(|problems| wrong(format!("{name}: {problems}")))?;
    let root = RootKey::generate(&mut random::system());
    let text = match manifest.program.root_keys.first() {
        Some(pinned) => text.replace(&pinned.to_string(), &root.public().to_string()),
        None => text,
    };
    let manifest =
        Manifest::parse(&text).map_err(|problems| wrong(format!("{name}: {problems}")))?;
    Ok((manifest, text, root))
}

/// Keys for receipts and releases, so that a server can show the folder; says the latter.
fn issue(
    disk: &OsDisk,
    manifest: &Manifest,
    root: &RootKey,
    (first, days): (Date, u16),
) -> Result<DatedKey, keys::KeysError> {
    let program = &manifest.program.id;
    let when = (first, days.saturating_add(KEY_DAYS));
    keys::issue(disk, root, (program, KeyPurpose::Receipt), when)?;
    keys::issue(disk, root, (program, KeyPurpose::Release), when).map(|(_, key)| key)
}

fn simulate(
    disk: &OsDisk,
    (manifest, text): (&Manifest, &str),
    options: &Simulate,
    key: &DatedKey,
    (first, today): (Date, Date),
) -> Result<Vec<(String, u64)>, SimulateError> {
    Catalogue::new([manifest.clone()])?;
    manifests::keep(disk, manifest, text)?;
    let fleet = Fleet::new(options.seed, options.installations, (first, today));
    let mut noise = Laplace::new(random::system());
    let mut made = Vec::new();
    for channel in &manifest.channels {
        let mut number = 0;
        for window in windows(channel, first, today) {
            let day = window.finished_from();
            let ledger = releases::ledger(disk, &manifest.program.id)?;
            let plan = Plan::finished(channel, window, number + 1, day, &ledger)?.simulated();
            let Some(tally) = fleet.count(manifest, channel.id.as_str(), window) else { continue };
            let release = publish(&tally, &plan, &mut noise)?;
            releases::freeze(disk, &release, (Some(key), day))?;
            number += 1;
        }
        made.push((channel.id.to_string(), number));
    }
    Ok(made)
}

/// The finished windows of a channel that lie in the time, oldest first.
fn windows(channel: &Channel, first: Date, today: Date) -> Vec<Window> {
    let mut window = Window::last_finished(channel, today);
    let mut windows = Vec::new();
    while window.first >= first {
        windows.push(window);
        window = Window::of_release(channel, add_days(window.first, -1));
    }
    windows.reverse();
    windows
}

fn said(
    data: &Path,
    options: &Simulate,
    releases: &[(String, u64)],
    files: Option<usize>,
    json: bool,
) -> String {
    if json {
        let releases: Vec<_> = releases
            .iter()
            .map(|(channel, count)| json!({"channel": channel, "releases": count}))
            .collect();
        let said = json!({"simulated": true, "installations": options.installations,
            "days": options.days, "channels": releases, "site_files": files});
        return format!("{said}\n");
    }
    let mut text = format!(
        "A simulated fleet of {} installations over {} days. Every page and file says that it is \
         invented.\n\n",
        options.installations, options.days
    );
    for (channel, count) in releases {
        let _ = writeln!(text, "  {channel:<20} {count} releases");
    }
    if let (Some(files), Some(site)) = (files, &options.site) {
        let _ = writeln!(text, "\n{files} files of the site are in {}.", site.display());
    }
    let _ = writeln!(
        text,
        "\nTo see it:  candor-collector --data {} serve --listen 127.0.0.1:8711",
        data.display()
    );
    text
}

fn of_simulation(data: &Path, error: &SimulateError) -> Failure {
    let todo = match error {
        SimulateError::Plan(_) => {
            "simulate fewer days with --days, or declare a larger budget of ε for a year"
        }
        SimulateError::Name(_) => "give the program another id in the manifest",
        _ => "name a new folder on a working disk with --data",
    };
    let kept = "what was simulated until then; remove the folder to begin again";
    Failure::new(HEADLINE, format!("{}: {}", data.display(), with_causes(error)), kept, todo)
}
