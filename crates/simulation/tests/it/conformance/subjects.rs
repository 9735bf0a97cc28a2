//! The stores that are tried: the one in files on two kinds of disks, and the plain one.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use collector::backup;
use collector::keep::{FindRetention, Keep, Look};
use collector::store::{self, Deletions, Retention, Store, StoreError};
use disk::{Disk, OsDisk};
use jiff::civil::Date;
use simulation::disk::SimDisk;
use tempfile::TempDir;

use super::{Backup, Subject};

/// Parts that the index of a log keeps in memory: so few that it is on the disk too.
const INDEX_ROWS: usize = 2;

/// Where a store's files are.
pub(super) trait Medium: Sized + 'static {
    type Disk: Disk + 'static;

    /// An empty one.
    fn new() -> Self;
    /// Another handle for a process that has it open.
    fn open(&self) -> Self::Disk;
    /// The process that had it open is killed.
    fn kill(&mut self);
    /// Whether any file has these bytes.
    fn has_bytes(&self, bytes: &[u8]) -> bool;
}

impl Medium for TempDir {
    type Disk = OsDisk;

    fn new() -> Self {
        tempfile::tempdir().unwrap()
    }

    fn open(&self) -> OsDisk {
        OsDisk::open(self.path()).unwrap()
    }

    fn kill(&mut self) {}

    fn has_bytes(&self, bytes: &[u8]) -> bool {
        has_bytes(self.path(), bytes)
    }
}

fn has_bytes(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return has_bytes(&path, bytes);
        }
        let mut held = Vec::new();
        File::open(&path).unwrap().take(1 << 24).read_to_end(&mut held).unwrap();
        held.windows(bytes.len()).any(|window| window == bytes)
    })
}

impl Medium for SimDisk {
    type Disk = SimDisk;

    fn new() -> Self {
        Self::new(1)
    }

    fn open(&self) -> SimDisk {
        self.clone()
    }

    fn kill(&mut self) {
        *self = Self::kill(self);
    }

    fn has_bytes(&self, bytes: &[u8]) -> bool {
        !self.find(bytes).is_empty()
    }
}

/// The store in files.
pub(super) struct Files<M: Medium> {
    pub(super) medium: M,
    beside: M::Disk,
    /// `None` while nobody has it open.
    store: Option<Store<M::Disk>>,
}

impl<M: Medium> Files<M> {
    pub(super) fn on(medium: M) -> Self {
        let beside = medium.open();
        let store = Store::open_with(medium.open(), 0, INDEX_ROWS).unwrap();
        Self { medium, beside, store: Some(store) }
    }

    /// What [`Keep`] says without being driven.
    pub(super) fn store(&self) -> &Store<M::Disk> {
        self.store.as_ref().unwrap()
    }

    /// Opens what is left, with the index and the files read anew.
    pub(super) fn reopen(&mut self) -> Result<(), StoreError> {
        self.store = None;
        self.beside = self.medium.open();
        self.store = Some(Store::open_with(self.medium.open(), 0, INDEX_ROWS)?);
        Ok(())
    }
}

impl<M: Medium> Subject for Files<M> {
    fn keep(&mut self) -> &mut dyn Keep {
        self.store.as_mut().unwrap()
    }

    fn look(&self) -> &dyn Look {
        &self.beside
    }

    fn restart(&mut self) {
        self.store = None;
        self.medium.kill();
        self.reopen().unwrap();
    }

    fn has_bytes(&self, bytes: &[u8]) -> bool {
        self.medium.has_bytes(bytes)
    }

    fn back_up(&self, today: Date) -> Box<dyn Backup> {
        let copy = M::new();
        backup::backup(&self.beside, &copy.open(), (false, today)).unwrap();
        Box::new(Copied(copy))
    }
}

/// A copy of a data folder.
struct Copied<M>(M);

impl<M: Medium> Backup for Copied<M> {
    fn can_be_served(&self) -> bool {
        Store::open(self.0.open(), 0).is_ok()
    }

    fn restore(
        self: Box<Self>,
        deletions: &Deletions,
        (retention, kept): (&Retention, FindRetention<'_>),
        today: Date,
    ) -> Box<dyn Subject> {
        let medium = M::new();
        backup::put_back(&self.0.open(), &medium.open(), deletions).unwrap();
        store::restore(medium.open(), deletions, (retention, kept), today).unwrap();
        Box::new(Files::on(medium))
    }
}
