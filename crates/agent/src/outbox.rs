//! Frozen reports: what the first gathering of a period found, waiting for its moments, and kept
//! until its period is closed so that a preview always shows what was sent.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::draft::LeftOut;
use contract::id::{ChannelId, FieldId, PartId};
use contract::manifest::Relay;
use disk::Disk;
use envelope::Digest;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::limits::{OUTBOX_FILE_BYTES_MAX, OUTBOX_FILES_MAX};
use crate::sealed::{self, Sealed};
use crate::trouble::Trouble;

/// The folder of what is frozen.
pub(crate) const FOLDER: &str = "outbox";

/// The parts of one channel and period, frozen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    /// The channel.
    pub channel: ChannelId,
    /// The period.
    pub period: Period,
    /// The parts that were gathered, by their definitions; also those that answered nothing.
    pub gathered: BTreeMap<PartId, Digest>,
    /// What is sent.
    pub parts: Vec<FrozenPart>,
    /// Questions without an answer, and why.
    pub left_out: BTreeMap<FieldId, String>,
}

/// One part, frozen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenPart {
    /// The part.
    pub part: PartId,
    /// Exactly the bytes.
    pub bytes: String,
    /// When it is sent, or tried again.
    pub due: Timestamp,
    /// How often it was tried. Counted before each try: what may have left is never replaced.
    pub tries: u32,
    /// The collector it was last sent to, as the ledger has it.
    #[serde(default)]
    pub to: Option<String>,
    /// The relays that it was last meant to go through, as the ledger has it.
    #[serde(default)]
    pub relays: Vec<Relay>,
    /// Whether its moment was missed once and drawn again: that is done once.
    #[serde(default)]
    pub is_redrawn: bool,
    /// How far it is.
    pub state: PartState,
}

/// How far a frozen part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartState {
    /// Not yet acknowledged.
    Waiting,
    /// Acknowledged with a verified receipt.
    Sent,
    /// Refused for good.
    Refused,
}

impl std::fmt::Debug for Frozen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frozen").field("period", &self.period).finish_non_exhaustive()
    }
}

impl Frozen {
    /// Nothing gathered yet.
    pub fn new(channel: ChannelId, period: Period) -> Self {
        let (gathered, left_out) = (BTreeMap::new(), BTreeMap::new());
        Self { channel, period, gathered, parts: Vec::new(), left_out }
    }

    /// Notes the questions without an answer; returns those that were not noted before.
    pub fn leave_out(&mut self, notes: &[LeftOut]) -> BTreeMap<FieldId, String> {
        let fresh: BTreeMap<_, _> = notes
            .iter()
            .filter(|note| !self.left_out.contains_key(&note.field))
            .map(|note| (note.field.clone(), note.why.clone()))
            .collect();
        self.left_out.extend(fresh.clone());
        fresh
    }

    fn path(&self) -> String {
        path(&self.channel, self.period)
    }
}

fn path(channel: &ChannelId, period: Period) -> String {
    format!("{FOLDER}/{channel}.{period}.json")
}

/// The frozen report of a channel and period.
///
/// # Errors
/// If it cannot be read. A damaged one counts as none: it is gathered anew.
pub fn load(
    disk: &dyn Disk,
    channel: &ChannelId,
    period: Period,
) -> Result<Option<Frozen>, Trouble> {
    let bytes = disk.read(&path(channel, period), OUTBOX_FILE_BYTES_MAX);
    let bytes = bytes.map_err(|error| Trouble::disk("reading the outbox", &error))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Writes a frozen report.
///
/// # Errors
/// If it cannot be written, or if the outbox is full.
pub fn save(disk: &dyn Disk, frozen: &Frozen) -> Result<(), Trouble> {
    let trouble = |error| Trouble::disk("writing the outbox", &error);
    disk.create_folder(FOLDER).map_err(trouble)?;
    let path = frozen.path();
    let others = names(disk)?.into_iter().filter(|name| format!("{FOLDER}/{name}") != path).count();
    let bytes = serde_json::to_vec(frozen).unwrap_or_default();
    if others >= OUTBOX_FILES_MAX || bytes.len() as u64 > OUTBOX_FILE_BYTES_MAX {
        return Err(Trouble::new(
            "the outbox is full.",
            format!("it holds {others} reports, {OUTBOX_FILES_MAX} are allowed"),
            "the reports that wait",
            "candor-agent tick sends or drops what is too old; candor-agent status shows why not",
        ));
    }
    disk.replace(&path, &bytes).map_err(trouble)?;
    // What waits no longer, or was gathered anew, must not wait sealed either.
    let waits = |digest: &Digest| {
        let waiting = frozen.parts.iter().filter(|part| part.state == PartState::Waiting);
        waiting.into_iter().any(|part| Digest::of(part.bytes.as_bytes()) == *digest)
    };
    Sealed::keep(disk, (&frozen.channel, frozen.period), waits)
}

/// All frozen reports, oldest period first.
///
/// # Errors
/// If the outbox cannot be read.
pub fn all(disk: &dyn Disk) -> Result<Vec<Frozen>, Trouble> {
    let mut reports = Vec::new();
    for name in names(disk)? {
        if let Some((channel, period)) = read_name(&name) {
            reports.extend(load(disk, &channel, period)?);
        }
    }
    reports.sort_by_key(|frozen| frozen.period);
    Ok(reports)
}

/// Destroys what waits of a channel, or of all channels.
///
/// # Errors
/// If a file cannot be removed.
pub fn destroy(disk: &dyn Disk, channel: Option<&ChannelId>) -> Result<(), Trouble> {
    remove_where(disk, |name| match (channel, read_name(name)) {
        (Some(wanted), Some((found, _))) => *wanted == found,
        // A file that is no report, such as one that was cut short, may hold a copy of one.
        _ => true,
    })
}

/// Takes away from a channel's reports the parts that nothing covers any more.
///
/// # Errors
/// If a file cannot be written.
pub fn keep_covered(
    disk: &dyn Disk,
    channel: &ChannelId,
    covers: impl Fn(&PartId) -> bool,
) -> Result<(), Trouble> {
    for mut frozen in all(disk)?.into_iter().filter(|frozen| frozen.channel == *channel) {
        if frozen.gathered.keys().chain(frozen.parts.iter().map(|p| &p.part)).all(&covers) {
            continue;
        }
        frozen.parts.retain(|part| covers(&part.part) || part.state != PartState::Waiting);
        frozen.gathered.retain(|part, _| covers(part));
        save(disk, &frozen)?;
    }
    Ok(())
}

/// Removes the reports whose period no collector takes any more.
///
/// # Errors
/// If a file cannot be removed.
pub fn drop_closed(disk: &dyn Disk, today: Date) -> Result<(), Trouble> {
    remove_where(disk, |name| {
        read_name(name).is_none_or(|(_, period)| period.intake_until() < today)
    })
}

/// Removes reports, and what is sealed of them.
fn remove_where(disk: &dyn Disk, unwanted: impl Fn(&str) -> bool) -> Result<(), Trouble> {
    for folder in [sealed::FOLDER, FOLDER] {
        for name in names_in(disk, folder)?.iter().filter(|name| unwanted(name)) {
            let removed = disk.remove(&format!("{folder}/{name}"));
            removed.map_err(|error| Trouble::disk("clearing the outbox", &error))?;
        }
    }
    Ok(())
}

fn names(disk: &dyn Disk) -> Result<Vec<String>, Trouble> {
    names_in(disk, FOLDER)
}

fn names_in(disk: &dyn Disk, folder: &str) -> Result<Vec<String>, Trouble> {
    let trouble = |error| Trouble::disk("reading the outbox", &error);
    let root = disk.list("").map_err(trouble)?;
    if !root.iter().any(|entry| entry.is_folder && entry.name == folder) {
        return Ok(Vec::new());
    }
    let entries = disk.list(folder).map_err(trouble)?;
    Ok(entries.into_iter().filter(|entry| !entry.is_folder).map(|entry| entry.name).collect())
}

fn read_name(name: &str) -> Option<(ChannelId, Period)> {
    let (channel, period) = name.strip_suffix(".json")?.split_once('.')?;
    Some((channel.parse().ok()?, period.parse().ok()?))
}
