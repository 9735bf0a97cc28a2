//! Mistakes planted between the store and its disk, each as if the store had forgotten a step: the
//! harness that finds nothing in the store finds every one of these.

use disk::{AppendFile, Disk, DiskError, Entry, LockGuard, ReadFile};
use simulation::collector::{Collector, tag_of};
use simulation::disk::{SimDisk, every_crash_point, every_error_point};

use super::closed::{CLOSED, a_day_before, kept_when_closed};
use super::{PERIOD, Promises, TODAY, collector, delete};

/// What is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    /// Nothing: the harness must find nothing then.
    None,
    /// Receipts leave before what was appended is durable.
    NoSync,
    /// An error of an append is taken for success.
    AppendErrorIgnored,
    /// An error of a sync is taken for success.
    SyncErrorIgnored,
    /// What a failed append left is not cut off.
    TornTailKept,
    /// Files are written in place, where a reader sees half of them.
    ReplacedInPlace,
    /// Deleted rows of a log are not written over.
    NotWrittenOver,
    /// An error of writing over is taken for success.
    WriteOverErrorIgnored,
    /// A file that was written anew does not get its name.
    RewriteNotNamed,
    /// An error of a rename is taken for success.
    RenameErrorIgnored,
    /// The log stays when its columns are there, and so does the list of who asked for deletion.
    NothingRemoved,
    /// An error of a removal is taken for success.
    RemoveErrorIgnored,
    /// Half of what was read is missing.
    ReadCutShort,
    /// Only the first batch is found again after a restart.
    IndexNotRebuilt,
    /// A name that lists nothing: what lies in folders is not seen at the start.
    ListingEmpty,
}

const ALL: [Mistake; 14] = [
    Mistake::NoSync,
    Mistake::AppendErrorIgnored,
    Mistake::SyncErrorIgnored,
    Mistake::TornTailKept,
    Mistake::ReplacedInPlace,
    Mistake::NotWrittenOver,
    Mistake::WriteOverErrorIgnored,
    Mistake::RewriteNotNamed,
    Mistake::RenameErrorIgnored,
    Mistake::NothingRemoved,
    Mistake::RemoveErrorIgnored,
    Mistake::ReadCutShort,
    Mistake::IndexNotRebuilt,
    Mistake::ListingEmpty,
];

impl Mistake {
    /// Whether it is one of what to do about an error.
    fn shows_in_errors(self) -> bool {
        matches!(
            self,
            Self::AppendErrorIgnored
                | Self::SyncErrorIgnored
                | Self::WriteOverErrorIgnored
                | Self::RenameErrorIgnored
                | Self::RemoveErrorIgnored
        )
    }
}

/// A disk whose user makes a mistake.
#[derive(Debug, Clone)]
struct Planted {
    disk: SimDisk,
    mistake: Mistake,
}

impl Planted {
    fn forgives(&self, mistake: Mistake, result: Result<(), DiskError>) -> Result<(), DiskError> {
        if self.mistake == mistake { Ok(()) } else { result }
    }
}

impl Disk for Planted {
    fn read(&self, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, DiskError> {
        self.disk.read(path, bytes_max)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        if self.mistake != Mistake::ReplacedInPlace {
            return self.disk.replace(path, bytes);
        }
        let mut file = self.disk.open_append(path)?;
        file.truncate(0)?;
        file.append(bytes)?;
        file.sync()
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        if self.mistake == Mistake::NothingRemoved {
            return Ok(());
        }
        self.forgives(Mistake::RemoveErrorIgnored, self.disk.remove(path))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        // A file of columns, in the folder of its period.
        if self.mistake == Mistake::RewriteNotNamed && to.matches(".columns").count() == 2 {
            return self.disk.remove(from);
        }
        self.forgives(Mistake::RenameErrorIgnored, self.disk.rename(from, to))
    }

    fn create_folder(&self, path: &str) -> Result<(), DiskError> {
        self.disk.create_folder(path)
    }

    fn remove_folder(&self, path: &str) -> Result<(), DiskError> {
        self.disk.remove_folder(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, DiskError> {
        if self.mistake == Mistake::ListingEmpty { Ok(Vec::new()) } else { self.disk.list(folder) }
    }

    fn open_append(&self, path: &str) -> Result<Box<dyn AppendFile>, DiskError> {
        let file = self.disk.open_append(path)?;
        Ok(Box::new(PlantedFile { file, mistake: self.mistake }))
    }

    fn write_again(&self, path: &str, from: u64) -> Result<(), DiskError> {
        self.disk.write_again(path, from)
    }

    fn write_over(&self, path: &str, pieces: &[(u64, &[u8])]) -> Result<(), DiskError> {
        if self.mistake == Mistake::NotWrittenOver {
            return Ok(());
        }
        self.forgives(Mistake::WriteOverErrorIgnored, self.disk.write_over(path, pieces))
    }

    fn open_read(&self, path: &str) -> Result<Option<Box<dyn ReadFile>>, DiskError> {
        let file = self.disk.open_read(path)?;
        let mistake = self.mistake;
        Ok(file.map(|file| Box::new(PlantedReader { file, mistake }) as Box<dyn ReadFile>))
    }

    fn try_lock(&self, path: &str) -> Result<LockGuard, DiskError> {
        self.disk.try_lock(path)
    }

    fn settle(&self, path: &str) -> Result<(), DiskError> {
        self.disk.settle(path)
    }

    fn bytes_free(&self) -> Result<u64, DiskError> {
        self.disk.bytes_free()
    }
}

#[derive(Debug)]
struct PlantedFile {
    file: Box<dyn AppendFile>,
    mistake: Mistake,
}

impl AppendFile for PlantedFile {
    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        let done = self.file.append(bytes);
        if self.mistake == Mistake::AppendErrorIgnored { Ok(()) } else { done }
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        match self.mistake {
            Mistake::NoSync => Ok(()),
            Mistake::SyncErrorIgnored => {
                let _ = self.file.sync();
                Ok(())
            }
            _ => self.file.sync(),
        }
    }

    fn truncate(&mut self, len: u64) -> Result<(), DiskError> {
        if self.mistake == Mistake::TornTailKept { Ok(()) } else { self.file.truncate(len) }
    }

    fn len(&self) -> u64 {
        self.file.len()
    }
}

#[derive(Debug)]
struct PlantedReader {
    file: Box<dyn ReadFile>,
    mistake: Mistake,
}

impl ReadFile for PlantedReader {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        let filled = self.file.read_at(offset, buffer)?;
        let is_cut = self.mistake == Mistake::ReadCutShort && filled > 64;
        Ok(if is_cut { filled / 2 } else { filled })
    }

    fn len(&self) -> u64 {
        // The header is about 150 bytes long.
        let is_cut = self.mistake == Mistake::IndexNotRebuilt && self.file.len() > 200;
        if is_cut { 200 } else { self.file.len() }
    }
}

/// A day that has everything: a restart, batches, a deletion in the log, closing, one in columns.
fn run(collector: &Collector, disk: &SimDisk, (before, mistake): (&Promises, Mistake)) -> Promises {
    let mut promises = Promises { may_be_closed: true, ..before.clone() };
    let planted = Planted { disk: disk.clone(), mistake };
    let Ok(mut store) = collector.store(&planted) else { return promises };
    let arrivals =
        [collector.arrival(21, PERIOD, "debian"), collector.arrival(22, PERIOD, "debian")];
    for batch in arrivals.chunks(1) {
        let outcomes = collector.accept(&mut store, batch, TODAY);
        promises.note(batch, outcomes);
    }
    let first = promises.held[0].0.clone();
    let again = collector.accept(&mut store, std::slice::from_ref(&first), TODAY);
    promises.note(std::slice::from_ref(&first), again);
    delete(collector, &mut promises, &mut store, (tag_of(3, PERIOD), TODAY));
    let more = [collector.arrival(23, PERIOD, "debian")];
    let outcomes = collector.accept(&mut store, &more, TODAY);
    promises.note(&more, outcomes);
    let _ = collector.close(&mut store, CLOSED);
    delete(collector, &mut promises, &mut store, (tag_of(5, PERIOD), CLOSED));
    promises
}

/// What is wrong with the mistake, if anything shows it: without a fault, or at any crash or error.
fn found(
    collector: &Collector,
    (start, before): (&SimDisk, &Promises),
    mistake: Mistake,
) -> Option<String> {
    let run = |disk: &SimDisk| run(collector, disk, (before, mistake));
    let check = |disk: &SimDisk, promises: &Promises| kept_when_closed(collector, disk, promises);
    let disk = start.copy();
    let promises = run(&disk);
    if promises.deleted.len() < 2 || promises.held.len() < 10 {
        return Some("it does not do its work".to_owned());
    }
    if let Err(said) = check(&disk.copy(), &promises) {
        return Some(said);
    }
    let crashed = || every_crash_point(start, run, check).err();
    let erred = || every_error_point(start, run, check).err();
    // Where it is likely to show first, or most of the time goes into looking elsewhere.
    let broken =
        if mistake.shows_in_errors() { erred().or_else(crashed) } else { crashed().or_else(erred) };
    Some(broken?.to_string())
}

#[test]
fn every_planted_mistake_is_caught_and_without_one_nothing_is() {
    let collector = collector();
    let (start, before) = a_day_before(&collector, 31);
    let found = |mistake| found(&collector, (&start, &before), mistake);
    assert_eq!(found(Mistake::None), None);
    let mut missed = Vec::new();
    for mistake in ALL {
        match found(mistake) {
            Some(said) => println!("{mistake:?}: {said}"),
            None => missed.push(mistake),
        }
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}
