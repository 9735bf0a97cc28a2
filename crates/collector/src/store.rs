//! The store: what was acknowledged is in it, what was deleted is not.
//!
//! It is driven by one thread and knows neither clock nor randomness: `today` and the keys are
//! arguments, all files go through [`disk::Disk`]. The same list of calls on the same disk gives
//! the same bytes, so a simulation can drive it through power failures.
//!
//! ```text
//! lock                                     held while a store is open
//! parts/{program}/{channel}/{period}.log      parts of an open period, with their proofs
//! parts/{program}/{channel}/{period}.columns/ a closed period: one file a definition, by tag
//! parts/{program}/{channel}/{period}.0.tags    the log's index, made anew at each start
//! parts/{program}/{channel}/pending.log       tags whose deletion was asked for, until the batch
//! parts/{program}/{channel}/deleted.log       markers of deleted tags, while backups may hold them
//! ```
//!
//! What holds at every moment, also after a power failure at any of them:
//!
//! * An answer [`Outcome::Accepted`] was given only for what was synced before.
//! * A tag and part is held once. The same bytes again get the same receipt, byte for byte: its
//!   proof lies beside the part. Parts without a tag cannot be told apart; each counts.
//! * After [`Store::delete`] returned, nothing under these tags is shown, counted or taken any
//!   more; after it answered [`Answer::Done`], no file holds the tags or their answers.
//! * Of a log and the columns made from it, one is whole; the log is the truth while it is there.
//! * A deleted row of a log is written over in its place, and can be read as whole at every moment.
//! * A failed append or sync closes its file; what it left is cut off before anything else is
//!   written.
//!
//! A log keeps the order of arrival and each part's day. Once its intake has closed, neither is
//! needed: columns in the order of tags take its place ([`Store::close_periods`]).

mod accept;
mod channel;
mod close;
mod closed;
mod columns;
mod convert;
mod count;
mod delete;
mod distinct;
mod error;
mod forget;
mod index;
mod log_file;
mod markers;
mod pending;
mod period;
mod restore;
mod scan;
mod scanner;
mod seam;
mod sorter;
mod verify;
mod verify_columns;

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::id::{ChannelId, ProgramId};
use disk::{Disk, DiskError, LockGuard, path::join};
use envelope::Tag;

use self::channel::{ChannelStore, Excluded};
use self::closed::ClosedPeriod;
pub use self::convert::{Closing, FindDefinition, convert};
pub use self::count::{Counted as CountedParts, count};
pub use self::delete::{Answer, Deleted, LET_GO, Settled};
pub use self::distinct::distinct;
pub use self::error::{StoreError, Trouble};
pub use self::forget::{Forgotten, Retention, overdue};
pub use self::index::SUFFIX as INDEX_SUFFIX;
pub(crate) use self::log_file::log_pieces;
pub use self::period::HeldPart;
use self::period::SUFFIX;
pub use self::restore::{BACKUP, Deletions, Done, Exported, restore};
pub use self::scan::{Scan, Stored, files, scan};
pub use self::verify::{Counted as HeldPeriod, Finding, Report, verify};
pub use crate::keep::{Arrival, Outcome};
use crate::keep::{Held, Place};
use crate::limits::{INDEX_ROWS_MAX, RECORD_BYTES_MAX};

/// The folder of everything that was received.
const PARTS: &str = "parts";
/// The file by which a second process sees that the folder is in use.
const LOCK: &str = "lock";

/// Everything that was received, on one disk.
pub struct Store<D> {
    disk: D,
    reserve_bytes: u64,
    index_rows: usize,
    programs: BTreeMap<ProgramId, BTreeMap<ChannelId, ChannelStore>>,
    /// Counted up with every change of what is held.
    changes: u64,
    /// Why parts are not kept at the moment: logged when it changes, not for each part.
    trouble: Option<Trouble>,
    _lock: LockGuard,
}

impl<D: Disk> Store<D> {
    /// Opens the store and makes it whole: torn ends are cut off, deletions that were begun are
    /// finished, the indexes are built.
    ///
    /// New parts are refused while less than `reserve_bytes` are free on the disk.
    ///
    /// # Errors
    /// [`disk::DiskError::Locked`] where another process has it open; [`StoreError::Damaged`] where
    /// something that was durable no longer reads back: nothing is cut off then.
    pub fn open(disk: D, reserve_bytes: u64) -> Result<Self, StoreError> {
        Self::open_with(disk, reserve_bytes, INDEX_ROWS_MAX)
    }

    /// The same, with as many parts in the memory of each index as is said here. It changes nothing
    /// but speed.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(disk: D, reserve_bytes: u64, index_rows: usize) -> Result<Self, StoreError> {
        if disk.list("")?.iter().any(|entry| entry.name == BACKUP) {
            return Err(StoreError::Backup);
        }
        Self::open_any(disk, reserve_bytes, index_rows)
    }

    /// Also a backup: for whoever takes out of it what was deleted since.
    fn open_backup(disk: D) -> Result<Self, StoreError> {
        Self::open_any(disk, 0, INDEX_ROWS_MAX)
    }

    fn open_any(disk: D, reserve_bytes: u64, index_rows: usize) -> Result<Self, StoreError> {
        let lock = disk.try_lock(LOCK)?;
        disk.create_folder(PARTS)?;
        let programs = BTreeMap::new();
        let mut store = Self {
            disk,
            reserve_bytes,
            index_rows,
            programs,
            changes: 0,
            trouble: None,
            _lock: lock,
        };
        for (program, channel) in channels(&store.disk)? {
            // Whoever made its folders may have died before they were durable.
            create_folders(&store.disk, (&program, &channel))?;
            let channel = ChannelStore::open(&store.disk, (program, channel), index_rows)?;
            store
                .programs
                .entry(channel.program.clone())
                .or_default()
                .insert(channel.channel.clone(), channel);
        }
        store.settle_all()?;
        Ok(store)
    }

    /// Every part held under these tags in a channel.
    ///
    /// # Errors
    /// If the disk fails, or a part does not read back.
    pub fn held(
        &mut self,
        program: &ProgramId,
        channel: &ChannelId,
        tags: &[Tag],
    ) -> Result<Vec<HeldPart>, StoreError> {
        let mut held = self.held_in_logs((program, channel), tags)?;
        let closed = closed::held(&self.disk, (program, channel), &held)?;
        held.parts.extend(closed);
        Ok(held.parts)
    }

    /// The parts that logs hold, and where others may be: an index finds the first at once, the
    /// others take reading, which can be done beside the store.
    fn held_in_logs(
        &mut self,
        (program, channel): Place<'_>,
        tags: &[Tag],
    ) -> Result<Held, StoreError> {
        let Self { disk, programs, .. } = self;
        let channel = programs.get_mut(program).and_then(|channels| channels.get_mut(channel));
        let Some(channel) = channel else { return Ok(Held::default()) };
        let mut held = Held::default();
        held.tags.extend(tags.iter().filter(|tag| !channel.pending.contains(**tag)));
        for tag in &held.tags {
            for period in channel.periods.values_mut() {
                held.parts.extend(period.held(disk, *tag)?);
            }
        }
        held.closed.extend(channel.closed.keys());
        Ok(held)
    }

    /// Whether it can accept durably now; tries to recover what failed.
    ///
    /// # Errors
    /// Says what stands in the way.
    pub fn probe(&mut self) -> Result<(), Trouble> {
        self.settle_all().map_err(|error| error.trouble())?;
        let Self { disk, programs, .. } = self;
        for channel in programs.values_mut().flat_map(BTreeMap::values_mut) {
            channel.markers.make_ready(disk).map_err(|error| error.trouble())?;
            channel.pending.make_ready(disk).map_err(|error| error.trouble())?;
        }
        match disk.bytes_free() {
            // Also without a reserve, one more part must fit.
            Ok(bytes) if bytes < self.reserve_bytes.max(RECORD_BYTES_MAX as u64) => {
                Err(Trouble::Full)
            }
            Ok(_) => Ok(()),
            Err(error) => Err(StoreError::from(error).trouble()),
        }
    }

    /// Counted up with every change of what is held: who has seen this number has seen everything.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// How many parts are held.
    pub fn len(&self) -> u64 {
        let channels = self.programs.values().flat_map(BTreeMap::values);
        channels.map(ChannelStore::len).sum()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The disk, for readers that need no store.
    pub fn disk(&self) -> &D {
        &self.disk
    }

    fn settle_all(&mut self) -> Result<(), StoreError> {
        let Self { disk, programs, .. } = self;
        for channel in programs.values_mut().flat_map(BTreeMap::values_mut) {
            channel.settle(disk)?;
        }
        Ok(())
    }

    fn channel(
        &mut self,
        program: &ProgramId,
        channel: &ChannelId,
    ) -> Result<(&D, &mut ChannelStore), StoreError> {
        let Self { disk, index_rows, programs, .. } = self;
        // Asked for every part: names are copied for new channels alone.
        if programs.get(program).is_none_or(|channels| !channels.contains_key(channel)) {
            create_folders(disk, (program, channel))?;
            let new = ChannelStore::new((program.clone(), channel.clone()), *index_rows);
            programs.entry(program.clone()).or_default().insert(channel.clone(), new);
        }
        let found = programs.get_mut(program).and_then(|channels| channels.get_mut(channel));
        let missing = || StoreError::Unsettled { path: folder_of(program, channel) };
        Ok((disk, found.ok_or_else(missing)?))
    }
}

impl<D> std::fmt::Debug for Store<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("changes", &self.changes).finish_non_exhaustive()
    }
}

fn folder_of(program: &ProgramId, channel: &ChannelId) -> String {
    join(&join(PARTS, program.as_str()), channel.as_str())
}

/// Makes a channel's folders; also where they exist, they are durable afterwards.
fn create_folders(disk: &dyn Disk, (program, channel): Place<'_>) -> Result<(), DiskError> {
    let folder = join(PARTS, program.as_str());
    disk.create_folder(&folder)?;
    disk.create_folder(&join(&folder, channel.as_str()))
}

/// The channels that have a folder. Names that are none of ours are left to `verify`.
fn channels(disk: &dyn Disk) -> Result<Vec<(ProgramId, ChannelId)>, DiskError> {
    let mut found = Vec::new();
    for program in disk.list(PARTS)?.iter().filter(|entry| entry.is_folder) {
        let Ok(id) = ProgramId::parse(&program.name) else { continue };
        for channel in disk.list(&join(PARTS, id.as_str()))?.iter().filter(|entry| entry.is_folder)
        {
            let channel = ChannelId::parse(&channel.name);
            found.extend(channel.map(|channel| (id.clone(), channel)));
        }
    }
    Ok(found)
}

/// The periods that have a file in a channel's folder.
fn periods(disk: &dyn Disk, folder: &str) -> Result<Vec<Period>, DiskError> {
    let files = disk.list(folder)?;
    let period = |entry: &disk::Entry| entry.name.strip_suffix(SUFFIX)?.parse().ok();
    Ok(files.iter().filter(|entry| !entry.is_folder).filter_map(period).collect())
}
