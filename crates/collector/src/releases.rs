//! Frozen releases on the disk: numbered, signed, entered in the public ledger of ε, never changed.
//!
//! ```text
//! releases/{program}/ledger.json
//! releases/{program}/{channel}/release-{number}.json        canonical JSON, frozen
//! releases/{program}/{channel}/release-{number}.json.sig    its detached signature
//! ```
//!
//! A release is durable before it is signed or entered; what a power failure leaves undone between
//! these steps is done by the next run, so the ledger never knows less than was shown.

use contract::canonical;
use contract::id::{ChannelId, ProgramId};
use contract::publish::Ledger;
use contract::release::Release;
use disk::{Disk, DiskError, path::join};
use envelope::{DatedKey, DetachedSignature, RootPublic, sign_release};
use jiff::civil::Date;

use crate::limits::RELEASE_BYTES_MAX;

const FOLDER: &str = "releases";
const LEDGER: &str = "ledger.json";
const SIGNATURE: &str = ".sig";

/// A frozen release.
#[derive(Debug, Clone)]
pub struct Frozen {
    /// What it says.
    pub release: Release,
    /// Its bytes, which its signature covers.
    pub bytes: Vec<u8>,
    /// The signature's JSON; `None` until the program has a key for releases.
    pub signature: Option<Vec<u8>>,
}

/// Why frozen releases cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ReleasesError {
    /// The disk refused it.
    #[error("the data folder cannot be used")]
    Disk(#[from] DiskError),
    /// A file is not what its name says.
    #[error("{path} is not what its name says")]
    Content {
        /// The file, below the data folder.
        path: String,
    },
    /// No key may sign releases of the program on that day.
    #[error("no key may sign releases of {program} on {day}")]
    Key {
        /// The program.
        program: ProgramId,
        /// The day.
        day: Date,
    },
}

/// The releases of a channel, oldest first.
///
/// # Errors
/// If the disk fails, a file is no release, or a number is missing.
pub fn read(
    disk: &dyn Disk,
    program: &ProgramId,
    channel: &ChannelId,
) -> Result<Vec<Frozen>, ReleasesError> {
    let folder = folder_of(program, channel);
    let mut frozen = Vec::new();
    for number in 1.. {
        let path = release_path(&folder, number);
        let Some(bytes) = disk.read(&path, RELEASE_BYTES_MAX)? else { break };
        let release = Release::from_frozen(&bytes).ok();
        let release = release.filter(|release| {
            release.number == number
                && release.program.id == *program
                && release.channel.id == *channel
        });
        let release = release.ok_or(ReleasesError::Content { path: path.clone() })?;
        let signature = disk.read(&format!("{path}{SIGNATURE}"), RELEASE_BYTES_MAX)?;
        frozen.push(Frozen { release, bytes, signature });
    }
    Ok(frozen)
}

/// The program's public ledger of ε.
///
/// # Errors
/// If the disk fails or the file is no ledger.
pub fn ledger(disk: &dyn Disk, program: &ProgramId) -> Result<Ledger, ReleasesError> {
    let path = join(&join(FOLDER, program.as_str()), LEDGER);
    match disk.read(&path, RELEASE_BYTES_MAX)? {
        None => Ok(Ledger::default()),
        Some(bytes) => Ledger::from_bytes(&bytes).map_err(|_| ReleasesError::Content { path }),
    }
}

/// Freezes a release: writes it, and finishes it as [`finish`] does.
///
/// # Errors
/// If the disk fails, or no key may sign.
pub fn freeze(
    disk: &dyn Disk,
    release: &Release,
    (key, today): (Option<&DatedKey>, Date),
) -> Result<(), ReleasesError> {
    let (program, channel) = (&release.program.id, &release.channel.id);
    let no_key = || ReleasesError::Key { program: program.clone(), day: today };
    // Before anything is spent.
    let key = key.ok_or_else(no_key)?;
    let folder = folder_of(program, channel);
    disk.create_folder(FOLDER)?;
    disk.create_folder(&join(FOLDER, program.as_str()))?;
    disk.create_folder(&folder)?;
    let path = release_path(&folder, release.number);
    let bytes =
        canonical::to_bytes(release).map_err(|_| ReleasesError::Content { path: path.clone() })?;
    disk.replace(&path, &bytes)?;
    finish(disk, (program, channel), (Some(key), today))
}

/// Signs and enters what an earlier run froze and did not get to sign or enter.
///
/// # Errors
/// If the disk fails, or no key may sign.
pub fn finish(
    disk: &dyn Disk,
    (program, channel): (&ProgramId, &ChannelId),
    (key, today): (Option<&DatedKey>, Date),
) -> Result<(), ReleasesError> {
    let folder = folder_of(program, channel);
    let mut ledger = ledger(disk, program)?;
    let before = ledger.entries().len();
    for Frozen { release, bytes, signature } in read(disk, program, channel)? {
        let entered = ledger.entries().iter();
        let mut entered = entered.filter(|e| e.channel == *channel && e.release == release.number);
        if entered.next().is_none() {
            ledger.enter(&release);
        }
        if signature.is_none() {
            let signed = key.and_then(|key| sign_release(key, &bytes, today).ok());
            let signed =
                signed.ok_or(ReleasesError::Key { program: program.clone(), day: today })?;
            let path = format!("{}{SIGNATURE}", release_path(&folder, release.number));
            disk.replace(&path, signed.to_json().as_bytes())?;
        }
    }
    if ledger.entries().len() > before {
        let path = join(&join(FOLDER, program.as_str()), LEDGER);
        let bytes = ledger.to_bytes().map_err(|_| ReleasesError::Content { path: path.clone() })?;
        disk.replace(&path, &bytes)?;
    }
    Ok(())
}

/// How many releases a channel has, and what is wrong with them, each with its file.
///
/// # Errors
/// If the disk fails.
pub fn check(
    disk: &dyn Disk,
    (program, channel): (&ProgramId, &ChannelId),
    roots: &[RootPublic],
) -> Result<(u64, Vec<(String, String)>), DiskError> {
    let folder = folder_of(program, channel);
    let mut wrong = Vec::new();
    let frozen = match read(disk, program, channel) {
        Ok(frozen) => frozen,
        Err(ReleasesError::Disk(error)) => return Err(error),
        Err(error) => return Ok((0, vec![(folder, error.to_string())])),
    };
    let releases = frozen.len() as u64;
    for Frozen { release, bytes, signature } in frozen {
        let path = release_path(&folder, release.number);
        let signature =
            signature.and_then(|json| serde_json::from_slice::<DetachedSignature>(&json).ok());
        match signature.map(|signature| signature.verify(roots, program.as_str(), &bytes)) {
            Some(Ok(())) => {}
            Some(Err(error)) => wrong.push((path, error.to_string())),
            None => wrong.push((path, "it has no signature".to_owned())),
        }
    }
    Ok((releases, wrong))
}

/// What the folder of releases looks like: changes when anything in it is added.
///
/// # Errors
/// If the disk fails.
pub fn outline(disk: &dyn Disk) -> Result<Vec<disk::Entry>, DiskError> {
    let mut outline = Vec::new();
    if !disk.list("")?.iter().any(|entry| entry.name == FOLDER) {
        return Ok(outline);
    }
    for program in disk.list(FOLDER)? {
        let folder = join(FOLDER, &program.name);
        for channel in disk.list(&folder)? {
            if channel.is_folder {
                outline.extend(disk.list(&join(&folder, &channel.name))?);
            }
            outline.push(channel);
        }
    }
    Ok(outline)
}

fn folder_of(program: &ProgramId, channel: &ChannelId) -> String {
    join(&join(FOLDER, program.as_str()), channel.as_str())
}

fn release_path(folder: &str, number: u64) -> String {
    join(folder, &format!("release-{number}.json"))
}
