//! `import`: takes the parts of a bundle that somebody carried here, by the same checks and into
//! the same store as those that are sent, and writes the receipts to be carried back.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write};
use std::path::Path;
use std::process::ExitCode;

use contract::bundle::{self, BUNDLE_BYTES_MAX, Bundle, Fate};
use contract::id::ChannelId;
use disk::OsDisk;
use envelope::Digest;
use jiff::civil::Date;
use serde_json::json;

use super::forget::catalogue;
use super::serve::open_keys;
use super::{clock, of_store, open_disk, open_existing, print};
use crate::catalogue::Catalogue;
use crate::config::Import;
use crate::failure::{Failure, with_causes};
use crate::intake;
use crate::limits::{BATCH_PARTS_MAX, DISK_RESERVE_BYTES};
use crate::problem::Refused;
use crate::signers::Signers;
use crate::store::{Arrival, Store};

const HEADLINE: &str = "nothing was imported.";

pub(super) fn run(
    data: &Path,
    options: &Import,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let text = read(&options.bundle)?;
    let (body, fingerprint) =
        envelope::bundle::open(&text).map_err(|error| unusable(&options.bundle, &error))?;
    if options.expect.is_some_and(|expected| expected != fingerprint) {
        let why = format!("it was signed by the key {fingerprint}, and another was expected");
        return Err(unusable(&options.bundle, &why));
    }
    let bundle = bundle::read_parts(body).map_err(|error| unusable(&options.bundle, &error))?;
    if options.receipts.exists() {
        let happened = format!("{} is there already", options.receipts.display());
        let to_do = "name a file that does not exist";
        return Err(Failure::new(HEADLINE, happened, "everything as it was", to_do));
    }
    let today = clock(options.today).today();
    let fates = take(data, &bundle, today)?;
    let answer = bundle::receipts(&bundle.program, today, &fates);
    let receipts = OpenOptions::new().write(true).create_new(true).open(&options.receipts);
    let written = receipts.and_then(|mut file| {
        file.write_all(answer.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| {
        Failure::new(
            "the parts were imported, and their receipts could not be written.",
            format!("{}: {error}", options.receipts.display()),
            "every part that was taken",
            "import the same bundle again into another file: the same receipts are given again",
        )
    })?;
    tell(&fates, &fingerprint, json, out);
    Ok(ExitCode::from(u8::from(fates.iter().any(|fate| fate.receipt.is_none()))))
}

fn take(data: &Path, bundle: &Bundle<'_>, today: Date) -> Result<Vec<Fate>, Failure> {
    let disk = open_existing(data, HEADLINE)?;
    let reader: OsDisk = open_disk(data, HEADLINE)?;
    let store = Store::open(disk, DISK_RESERVE_BYTES);
    let mut store = store.map_err(|error| of_store(HEADLINE, data, &error))?;
    let catalogue = catalogue(&reader, data, HEADLINE)?;
    let signers = open_keys(&reader, data, &catalogue, today)?;
    let mut fates = Vec::with_capacity(bundle.parts.len());
    for parts in bundle.parts.chunks(BATCH_PARTS_MAX) {
        fates.extend(batch(&mut store, parts, bundle, &catalogue, (&signers, today)));
    }
    Ok(fates)
}

fn batch(
    store: &mut Store<OsDisk>,
    parts: &[&str],
    bundle: &Bundle<'_>,
    catalogue: &Catalogue,
    (signers, today): (&Signers, Date),
) -> Vec<Fate> {
    let checked: Vec<Result<Arrival, Refused>> =
        parts.iter().map(|part| check(part, bundle, catalogue, today)).collect();
    let arrivals: Vec<Arrival> = checked.iter().flatten().cloned().collect();
    let mut outcomes = store.accept(&arrivals, signers, today).into_iter();
    let mut fates = Vec::with_capacity(parts.len());
    for (part, checked) in parts.iter().zip(checked) {
        let taken =
            checked.and_then(|_| outcomes.next().ok_or_else(intake::busy).and_then(intake::answer));
        let digest = Digest::of(part.as_bytes());
        let receipt = taken.as_ref().ok().and_then(|(text, _)| serde_json::from_str(text).ok());
        let refused = taken.err().map(|refused| refused.detail.clone());
        fates.push(Fate { digest, receipt, refused });
    }
    fates
}

/// Which channel a part is for, the part itself says; everything else is checked as on arrival.
fn check(
    part: &str,
    bundle: &Bundle<'_>,
    catalogue: &Catalogue,
    today: Date,
) -> Result<Arrival, Refused> {
    let value = serde_json::from_str::<serde_json::Value>(part).ok();
    let channel = value.and_then(|value| ChannelId::parse(value.get("channel")?.as_str()?).ok());
    let channel = channel.ok_or_else(intake::unknown_channel)?;
    intake::check(part.as_bytes(), (&bundle.program, &channel), catalogue, today)
}

fn tell(fates: &[Fate], fingerprint: &Digest, json: bool, out: &mut impl Write) {
    let taken = fates.iter().filter(|fate| fate.receipt.is_some()).count();
    let refused: Vec<_> = fates.iter().filter_map(|fate| fate.refused.as_deref()).collect();
    if json {
        let answer = json!({"taken": taken, "refused": refused, "bundle": fingerprint});
        return print(out, &format!("{answer}\n"));
    }
    print(out, &format!("{taken} of {} parts taken.\nbundle {fingerprint}\n", fates.len()));
    for why in refused {
        print(out, &format!("  refused: {why}\n"));
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let file = File::open(path).map_err(|error| unusable(path, &with_causes(&error)))?;
    let mut text = String::new();
    let read = file.take(BUNDLE_BYTES_MAX as u64 + 1).read_to_string(&mut text);
    read.map_err(|error| unusable(path, &with_causes(&error)))?;
    if text.len() > BUNDLE_BYTES_MAX {
        return Err(unusable(path, &format!("it is larger than {BUNDLE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

fn unusable(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        HEADLINE,
        format!("{}: {why}", path.display()),
        "everything as it was",
        "carry the file again, as candor-agent bundle export wrote it, and compare its key",
    )
}
