//! The state folder of one program: decisions, the secret, and small notes. One file for each
//! thing, each replaced atomically.

use std::collections::BTreeMap;

use contract::decision::Record;
use contract::environment::Environment;
use contract::id::{ChannelId, ProgramId};
use disk::{Disk, DiskError, LockGuard};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cli::Role;
use crate::ledger::LEDGER;
use crate::limits::{LOCK_SECONDS_MAX, RECORD_BYTES_MAX, STATE_FILE_BYTES_MAX};
use crate::ports::Clock;
use crate::trouble::Trouble;
use crate::{outbox, sealed};

mod secret;

/// The one record of all decisions.
const DECISIONS: &str = "decisions.json";
/// When this state began, and when it was last looked after.
const SINCE: &str = "since.json";
/// Held for as long as a change to the folder takes.
const LOCK: &str = "lock";

/// What the environment of a service's process says about telemetry.
fn service_file(role: Role) -> &'static str {
    match role {
        Role::All => "service.json",
        Role::Gather | Role::Seal => "service-gather.json",
        Role::Send => "service-send.json",
        Role::Page => "service-page.json",
    }
}

/// The state folder of one program. It may not exist yet: then everything in it is empty.
#[derive(Clone, Copy)]
pub struct State<'w> {
    disk: Option<&'w dyn Disk>,
    clock: &'w dyn Clock,
}

/// When a state began, and how it was looked after since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The first decision.
    pub began: Timestamp,
    /// The last `tick`, or the last look of the service.
    pub ticked: Option<Timestamp>,
    /// Seconds between the last two ticks: the next one is expected as far away.
    #[serde(default)]
    pub gap_seconds: u64,
    /// Since when each channel is on; its earlier moments were not missed, they never were.
    #[serde(default)]
    pub channels: BTreeMap<ChannelId, Timestamp>,
    /// Until when the collector is left alone, and how often in a row it could not be used.
    #[serde(default)]
    pub pause: Option<Pause>,
}

/// How long a collector that could not be used is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Nothing is sent on schedule before.
    pub until: Timestamp,
    /// Tries in a row that came to nothing.
    pub tries: u32,
}

impl<'w> State<'w> {
    /// The state in a folder, or an empty one where there is none.
    pub fn new(disk: Option<&'w dyn Disk>, clock: &'w dyn Clock) -> Self {
        Self { disk, clock }
    }

    /// The folder, for whatever writes.
    ///
    /// # Errors
    /// If there is none.
    pub fn disk(&self) -> Result<&'w dyn Disk, Trouble> {
        self.disk.ok_or_else(|| {
            Trouble::new(
                "there is no state folder.",
                "the folder does not exist and was not made",
                "nothing: there is nothing yet",
                "make the folder, or name another with --state",
            )
        })
    }

    fn read(&self, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, Trouble> {
        let Some(disk) = self.disk else { return Ok(None) };
        disk.read(path, bytes_max).map_err(|error| Trouble::disk("reading the state", &error))
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), Trouble> {
        let written = self.disk()?.replace(path, bytes);
        written.map_err(|error| Trouble::disk("writing the state", &error))
    }

    /// The record of decisions. A record that cannot be read is an error: nothing is sent on a
    /// guess.
    ///
    /// # Errors
    /// If the file cannot be read, or is damaged, or is about another program.
    pub fn record(&self, program: &ProgramId) -> Result<Record, Trouble> {
        let Some(bytes) = self.read(DECISIONS, RECORD_BYTES_MAX)? else {
            return Ok(Record::new(program.clone()));
        };
        let damaged = |happened: String| {
            Trouble::new(
                "nothing is sent: the record of decisions cannot be used.",
                happened,
                "the file as it is, the ledger and the secret",
                format!(
                    "restore {DECISIONS} from a backup; or move it away, which means that \
                     nothing is decided, and run candor-agent ask"
                ),
            )
        };
        let record = Record::from_bytes(&bytes).map_err(|error| damaged(error.to_string()))?;
        if record.program() != program {
            let happened = format!(
                "the state folder belongs to `{}`, the manifest to `{program}`",
                record.program()
            );
            return Err(damaged(happened));
        }
        Ok(record)
    }

    /// Writes the record of decisions; it is in force when this returns.
    ///
    /// # Errors
    /// If it cannot be written; the old one is then still in force.
    pub fn write_record(&self, record: &Record) -> Result<(), Trouble> {
        self.write(DECISIONS, &record.to_bytes())
    }

    /// When this state began; `None` before the first decision.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn since(&self) -> Result<Option<Since>, Trouble> {
        self.read_json(SINCE, STATE_FILE_BYTES_MAX)
    }

    /// Notes the first decision, once; returns how the state was looked after since. Callers hold
    /// the lock.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn begin(&self) -> Result<Since, Trouble> {
        let now = self.clock.now();
        let new = Since {
            began: now,
            ticked: None,
            gap_seconds: 0,
            channels: BTreeMap::new(),
            pause: None,
        };
        match self.since()? {
            // Where the clock was ahead, the state would seem to begin in years.
            Some(since) if since.began <= now => Ok(since),
            _ => {
                self.write_since(&new)?;
                Ok(new)
            }
        }
    }

    /// Writes how the state was looked after. Callers hold the lock.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_since(&self, since: &Since) -> Result<(), Trouble> {
        self.write_json(SINCE, since)
    }

    /// What the environments of the service's processes say, as each of them recorded it.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn services(&self) -> Result<Vec<Environment>, Trouble> {
        let read = |role| self.read_json(service_file(role), STATE_FILE_BYTES_MAX).transpose();
        Role::ALL.into_iter().filter_map(read).collect()
    }

    /// Records what a process's environment says, so that every command can combine it with its
    /// own. One process for all takes the place of three, and three that of one.
    ///
    /// # Errors
    /// If a file cannot be written or removed.
    pub fn write_service(&self, role: Role, environment: &Environment) -> Result<(), Trouble> {
        self.write_json(service_file(role), environment)?;
        for other in Role::ALL.into_iter().filter(|other| *other != role) {
            if role == Role::All || other == Role::All {
                let removed = self.disk()?.remove(service_file(other));
                removed.map_err(|error| Trouble::disk("writing the state", &error))?;
            }
        }
        Ok(())
    }

    pub(crate) fn read_json<T: for<'a> Deserialize<'a>>(
        &self,
        path: &str,
        bytes_max: u64,
    ) -> Result<Option<T>, Trouble> {
        let Some(bytes) = self.read(path, bytes_max)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|_| {
            Trouble::new(
                "nothing is sent: a file of the state folder is damaged.",
                format!("{path} is not what Candor wrote"),
                "the file as it is, and everything beside it",
                format!("restore {path} from a backup, or move it away; then try again"),
            )
        })
    }

    pub(crate) fn write_json<T: Serialize>(&self, path: &str, value: &T) -> Result<(), Trouble> {
        let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
        bytes.push(b'\n');
        self.write(path, &bytes)
    }

    /// Holds the folder while something in it changes; waits a little for another command. What
    /// that left is durable then: nobody acts on what a power failure takes back.
    ///
    /// # Errors
    /// If another process holds it for too long, or the disk fails.
    pub fn lock(&self) -> Result<LockGuard, Trouble> {
        let held = self.lock_as(LOCK, LOCK_SECONDS_MAX)?;
        let settled = self.settle();
        settled.map(|()| held).map_err(|error| Trouble::disk("holding the state", &error))
    }

    /// Makes durable what everybody reads here by now. A command that was killed right after a
    /// rename, or before the sync of a line, leaves what a power failure takes back.
    fn settle(&self) -> Result<(), DiskError> {
        let Some(disk) = self.disk else { return Ok(()) };
        // The folders first: a sync of the root then settles whatever the others stand on.
        [outbox::FOLDER, sealed::FOLDER, LEDGER, ""]
            .into_iter()
            .try_for_each(|path| disk.settle(path))
    }

    /// The same for somebody who only looks: it is settled before it is shown. Where it cannot be,
    /// it is shown all the same, as looking works in every state.
    pub fn settle_to_look(&self) {
        let _ = self.settle();
    }

    /// Takes a lock, waiting for it at most this long.
    ///
    /// # Errors
    /// If another process holds it for longer.
    pub fn lock_as(&self, path: &str, seconds_max: u64) -> Result<LockGuard, Trouble> {
        let disk = self.disk()?;
        for _ in 0..seconds_max {
            match disk.try_lock(path) {
                Err(DiskError::Locked { .. }) => self.clock.wait(1),
                other => return other.map_err(|e| Trouble::disk("holding the state", &e)),
            }
        }
        disk.try_lock(path).map_err(|error| Trouble::disk("holding the state", &error))
    }
}
