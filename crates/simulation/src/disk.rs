//! A disk in memory that loses power as one seed has it.
//!
//! It supplies the system calls below [`disk::Durable`], so what runs on it is the code that runs
//! on a person's machine. It is as unkind as the rules of file systems allow:
//!
//! * Content is durable after a sync of the file, a name after a sync of its folder. Power lost
//!   before that keeps each write, lengths and each name independently, or loses it; a write may be
//!   torn, be zeros or be garbage. Changes of one and the same name keep their order, and a rename
//!   is whole.
//! * A failed write may have written half. A failed sync drops what it should have written: it
//!   still reads back, the next sync succeeds, and the bytes are gone with the power.
//!
//! After a power failure every call fails until [`SimDisk::restart`] hands out what is left.
//! *A failure of a test* is an acknowledged promise that the restarted disk does not keep; losing
//! what nobody promised is none.

pub(crate) mod chance;
mod content;
mod fault;
mod handles;
mod machine;
mod medium;
mod names;
mod points;

use std::sync::Arc;

use disk::{AppendFile, Disk, DiskError, Durable, Entry, LockGuard, ReadFile};

pub use self::fault::{Fault, Flaw, Moment, Step, Survival, Torn};
use self::handles::SimFolder;
use self::machine::{Machine, State};
use self::names::ROOT;
pub use self::points::{
    Broken, Covered, every_crash_point, every_error_point, every_failed_sync, every_full_point,
    random_crash_points,
};

/// A disk in memory. A clone is another handle on the same disk.
#[derive(Debug, Clone)]
pub struct SimDisk {
    machine: Arc<Machine>,
    files: Arc<Durable<SimFolder>>,
}

impl SimDisk {
    /// An empty disk.
    pub fn new(seed: u64) -> Self {
        Self::holding(State::new(seed))
    }

    /// An empty disk that lies.
    pub fn flawed(seed: u64, flaw: Flaw) -> Self {
        let disk = Self::new(seed);
        disk.machine.state().medium.flaw = Some(flaw);
        disk
    }

    /// Another disk with the same content and the same cache, under a machine whose programs have
    /// just been started. This one is left as it is.
    pub fn copy(&self) -> Self {
        Self::holding(self.machine.state().started_again())
    }

    /// Power fails now.
    pub fn crash(&self, survival: Survival) {
        self.machine.state().lose_power(survival);
    }

    /// The machine starts again, with no fault waiting. If it still had power, that fails first and
    /// leaves what the seed has it leave.
    pub fn restart(&self) -> Self {
        self.crash(Survival::Random);
        self.copy()
    }

    /// The program is killed and starts again; the system's cache lives on. The old handles are
    /// dead.
    pub fn kill(&self) -> Self {
        let killed = self.copy();
        self.machine.state().is_off = true;
        killed
    }

    /// Whether the power failed, or the program was killed, and this handle is dead.
    pub fn is_off(&self) -> bool {
        self.machine.state().is_off
    }

    /// Has the fault happen at this step, counted from 0 since the start. Each step may have one.
    pub fn arm(&self, step: u64, fault: Fault) {
        self.machine.state().faults.insert(step, fault);
    }

    /// Takes back the faults that have not happened.
    pub fn disarm(&self) {
        self.machine.state().faults.clear();
    }

    /// Has a read of a file fail, counted from 0 since the start.
    pub fn arm_read(&self, read: u64) {
        self.machine.state().broken_read = Some(read);
    }

    /// How many steps were taken since the start.
    pub fn steps(&self) -> u64 {
        self.machine.state().steps
    }

    /// How many reads of files were made since the start.
    pub fn reads(&self) -> u64 {
        self.machine.state().reads
    }

    /// Keeps the steps from now on, for [`SimDisk::journal`].
    pub fn keep_journal(&self) {
        self.machine.state().journal.get_or_insert_default();
    }

    /// The steps that were kept.
    pub fn journal(&self) -> Vec<Step> {
        self.machine.state().journal.clone().unwrap_or_default()
    }

    /// Limits the bytes in all files; a write that exceeds them writes what fits and fails.
    pub fn limit_bytes(&self, bytes_max: Option<u64>) {
        self.machine.state().medium.bytes_max = bytes_max;
    }

    /// The bytes in all files.
    pub fn bytes_used(&self) -> u64 {
        self.machine.state().medium.bytes_used()
    }

    /// The paths of all files in which the bytes are found: on the medium, in the cache or on the
    /// way, also under a name that was removed but not durably.
    pub fn find(&self, sought: &[u8]) -> Vec<String> {
        self.machine.state().medium.find(sought)
    }

    /// The same disk with other decisions of chance.
    fn copy_with_chance(&self, number: u64) -> Self {
        let copy = self.copy();
        {
            let state = &mut *copy.machine.state();
            state.chance = state.chance.parted(number);
        }
        copy
    }

    fn holding(state: State) -> Self {
        let machine = Arc::new(Machine::new(state));
        let root = SimFolder { machine: machine.clone(), number: ROOT };
        Self { machine, files: Arc::new(Durable::new(root)) }
    }
}

impl Disk for SimDisk {
    fn read(&self, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, DiskError> {
        self.files.read(path, bytes_max)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.files.replace(path, bytes)
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.files.remove(path)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.files.rename(from, to)
    }

    fn create_folder(&self, path: &str) -> Result<(), DiskError> {
        self.files.create_folder(path)
    }

    fn remove_folder(&self, path: &str) -> Result<(), DiskError> {
        self.files.remove_folder(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, DiskError> {
        self.files.list(folder)
    }

    fn open_append(&self, path: &str) -> Result<Box<dyn AppendFile>, DiskError> {
        self.files.open_append(path)
    }

    fn write_again(&self, path: &str, from: u64) -> Result<(), DiskError> {
        self.files.write_again(path, from)
    }

    fn write_over(&self, path: &str, pieces: &[(u64, &[u8])]) -> Result<(), DiskError> {
        self.files.write_over(path, pieces)
    }

    fn open_read(&self, path: &str) -> Result<Option<Box<dyn ReadFile>>, DiskError> {
        self.files.open_read(path)
    }

    fn try_lock(&self, path: &str) -> Result<LockGuard, DiskError> {
        self.files.try_lock(path)
    }

    fn settle(&self, path: &str) -> Result<(), DiskError> {
        self.files.settle(path)
    }

    fn bytes_free(&self) -> Result<u64, DiskError> {
        self.files.bytes_free()
    }
}
