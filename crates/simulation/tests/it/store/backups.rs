//! Backups under failing power, and while the store is at work: a backup is whole or is none, and
//! what comes back holds every part once and nothing that was deleted.

use std::sync::{Arc, Mutex};

use collector::backup::{backup, put_back};
use collector::store::{
    Answer, BACKUP, Deletions, Outcome, Retention, Store, StoreError, restore, verify,
};
use contract::calendar::PeriodKind;
use disk::{AppendFile, Disk, DiskError, Entry, LockGuard, ReadFile};
use simulation::collector::{Collector, tag_of};
use simulation::disk::{SimDisk, every_crash_point, every_error_point};

use super::closed::{CLOSED, a_day_before, kept_when_closed};
use super::{PERIOD, Promises, TODAY, collector};

fn retention() -> Retention {
    Retention::new([("larkspur".parse().unwrap(), "usage".parse().unwrap(), 30)])
}

/// Puts a backup back and takes out what was deleted since.
fn bring_back(from: &SimDisk, to: &SimDisk, deletions: &Deletions) -> Result<(), String> {
    put_back(from, to, deletions).map_err(|error| error.to_string())?;
    take_out(to, deletions).map_err(|error| error.to_string())
}

fn take_out(to: &SimDisk, deletions: &Deletions) -> Result<(), StoreError> {
    let kept = |_: &_, _: &_| Some((PeriodKind::Day, 30));
    restore(to.clone(), deletions, (&retention(), kept), TODAY).map(drop)
}

/// A day with a closed period, from which a tag was deleted after the backup.
fn deleted_after(collector: &Collector, seed: u64) -> (SimDisk, Deletions, Promises) {
    let (disk, mut promises) = a_day_before(collector, seed);
    let copy = SimDisk::new(seed);
    backup(&disk, &copy, (false, TODAY)).unwrap();
    let mut store = collector.store(&disk).unwrap();
    assert!(matches!(
        collector.delete(&mut store, tag_of(3, PERIOD), TODAY).unwrap(),
        Answer::Done(_)
    ));
    promises.held.retain(|(arrival, _)| arrival.part.tag() != Some(tag_of(3, PERIOD)));
    promises.deleted.push(tag_of(3, PERIOD));
    (copy, Deletions::of(&disk, TODAY).unwrap(), promises)
}

#[test]
fn a_backup_that_was_cut_short_is_none_and_one_that_was_answered_is_whole() {
    let collector = collector();
    let (source, promises) = a_day_before(&collector, 51);
    let deletions = Deletions::of(&source, TODAY).unwrap();
    let make = |to: &SimDisk| backup(&source, to, (false, TODAY)).is_ok();
    let check = |copy: &SimDisk, is_made: &bool| {
        let back = SimDisk::new(52);
        match bring_back(copy, &back, &deletions) {
            Ok(()) => kept_when_closed(&collector, &back, &promises),
            Err(said) if *is_made => Err(format!("a backup that was made: {said}")),
            Err(_) => Ok(()),
        }
    };
    let covered = every_crash_point(&SimDisk::new(53), make, check).unwrap();
    assert!(covered.steps > 5, "{covered:?}");
    every_error_point(&SimDisk::new(53), make, check).unwrap();
}

#[test]
fn what_was_put_back_half_is_served_by_nobody_and_can_be_put_back_again() {
    let collector = collector();
    let (copy, deletions, promises) = deleted_after(&collector, 54);
    let run = |to: &SimDisk| bring_back(&copy, to, &deletions).is_ok();
    let check = |to: &SimDisk, is_done: &bool| {
        match collector.store(to) {
            // Nothing was put there yet: an empty folder is no danger.
            Ok(store) if store.is_empty() && !is_done => return Ok(()),
            Ok(_) => return kept_when_closed(&collector, &to.kill(), &promises),
            Err(StoreError::Backup) if !is_done => {}
            Err(error) => return Err(format!("it does not open: {error}")),
        }
        // Where the copy was whole the rest is done again; otherwise it begins anew.
        if take_out(to, &deletions).is_ok() && collector.store(to).is_ok_and(|s| s.len() == 8) {
            return kept_when_closed(&collector, &to.kill(), &promises);
        }
        let anew = SimDisk::new(55);
        bring_back(&copy, &anew, &deletions)?;
        kept_when_closed(&collector, &anew, &promises)
    };
    let covered = every_crash_point(&SimDisk::new(56), run, check).unwrap();
    assert!(covered.steps > 20, "{covered:?}");
    every_error_point(&SimDisk::new(56), run, check).unwrap();
}

/// What the store does while the backup is made.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    /// A period becomes columns.
    Closing,
    /// The day's deletions are taken out of a log.
    BatchInLog,
    /// The same, out of columns.
    BatchInColumns,
    /// More parts arrive.
    Intake,
}

/// Bytes that are read at once: less than a part, so that the store also works between two pieces
/// of one.
const PIECE_BYTES: usize = 150;

/// What is done at one moment of the backup.
struct Work {
    /// Calls until then.
    left: u32,
    work: Box<dyn FnMut() + Send>,
}

/// A disk beside which the store works at one moment of the backup.
#[derive(Clone)]
struct Busy {
    disk: SimDisk,
    work: Arc<Mutex<Work>>,
}

impl std::fmt::Debug for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Busy")
    }
}

impl Busy {
    fn one_call(&self) {
        let mut work = self.work.lock().unwrap();
        if work.left == 0 {
            (work.work)();
        }
        work.left = work.left.wrapping_sub(1);
    }
}

#[derive(Debug)]
struct BusyReader {
    file: Box<dyn ReadFile>,
    busy: Busy,
}

impl ReadFile for BusyReader {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        self.busy.one_call();
        let piece = buffer.len().min(PIECE_BYTES);
        self.file.read_at(offset, &mut buffer[..piece])
    }

    fn len(&self) -> u64 {
        self.file.len()
    }
}

impl Disk for Busy {
    fn read(&self, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, DiskError> {
        self.disk.read(path, bytes_max)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.disk.replace(path, bytes)
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.disk.remove(path)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.disk.rename(from, to)
    }

    fn create_folder(&self, path: &str) -> Result<(), DiskError> {
        self.disk.create_folder(path)
    }

    fn remove_folder(&self, path: &str) -> Result<(), DiskError> {
        self.disk.remove_folder(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, DiskError> {
        self.one_call();
        self.disk.list(folder)
    }

    fn open_append(&self, path: &str) -> Result<Box<dyn AppendFile>, DiskError> {
        self.disk.open_append(path)
    }

    fn write_again(&self, path: &str, from: u64) -> Result<(), DiskError> {
        self.disk.write_again(path, from)
    }

    fn write_over(&self, path: &str, pieces: &[(u64, &[u8])]) -> Result<(), DiskError> {
        self.disk.write_over(path, pieces)
    }

    fn open_read(&self, path: &str) -> Result<Option<Box<dyn ReadFile>>, DiskError> {
        self.one_call();
        let busy = self.clone();
        let file = self.disk.open_read(path)?;
        Ok(file.map(|file| Box::new(BusyReader { file, busy }) as Box<dyn ReadFile>))
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

/// Makes a backup, at whose call number `at` the store works. Says whether it came that far.
fn beside(collector: &Collector, meanwhile: Meanwhile, at: u32) -> Result<bool, String> {
    let (disk, mut promises) = a_day_before(collector, 57);
    let mut store: Store<SimDisk> = collector.store(&disk).unwrap();
    let tag = tag_of(3, PERIOD);
    promises.may_be_closed = matches!(meanwhile, Meanwhile::Closing | Meanwhile::BatchInColumns);
    if matches!(meanwhile, Meanwhile::BatchInColumns) {
        collector.close(&mut store, CLOSED).unwrap();
    }
    if matches!(meanwhile, Meanwhile::BatchInLog | Meanwhile::BatchInColumns) {
        promises.held.retain(|(arrival, _)| arrival.part.tag() != Some(tag));
        promises.deleted.push(tag);
    }
    let copy = SimDisk::new(58);
    let earlier = Deletions::of(&disk, TODAY).unwrap();
    let at_work = super::collector();
    let work = move || match meanwhile {
        Meanwhile::Closing => assert_eq!(at_work.close(&mut store, CLOSED).unwrap(), 1),
        Meanwhile::Intake => {
            let more = [at_work.arrival(40, PERIOD, "debian")];
            at_work.accept(&mut store, &more, TODAY);
        }
        _ => {
            let done = at_work.delete(&mut store, tag, TODAY).unwrap();
            assert!(matches!(done, Answer::Done(_)));
        }
    };
    let work = Arc::new(Mutex::new(Work { left: at, work: Box::new(work) }));
    let busy = Busy { disk: disk.clone(), work: work.clone() };
    backup(&busy, &copy, (false, TODAY)).map_err(|error| error.to_string())?;
    let was_reached = work.lock().unwrap().left > at;
    if !was_reached {
        return Ok(false);
    }
    assert!(copy.read(BACKUP, 1 << 20).unwrap().is_some());
    let deletions = Deletions::of(&disk, TODAY).unwrap();
    let back = SimDisk::new(59);
    bring_back(&copy, &back, &deletions)?;
    kept_when_closed(collector, &back, &promises)?;
    let report = verify(&back, &retention(), TODAY).map_err(|error| error.to_string())?;
    assert_eq!(report.findings, []);
    // With a list of the same day from before it: what is not in it any more is known to be gone.
    let back = SimDisk::new(60);
    bring_back(&copy, &back, &earlier)?;
    let mut store = collector.store(&back).unwrap();
    let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
    let is_gone = store.held(&program, &channel, &[tag]).unwrap().is_empty();
    let late = collector.accept(&mut store, &[collector.arrival(3, PERIOD, "debian")], TODAY);
    match late.first() {
        Some(Outcome::Accepted(_)) if is_gone => Err("a late copy is taken".to_owned()),
        _ => Ok(true),
    }
}

#[test]
fn a_backup_comes_back_without_unusually_many_deletions_and_without_those_that_wait() {
    let collector = Collector { index_rows: 1_000, ..collector() };
    let (disk, copy, back) = (SimDisk::new(61), SimDisk::new(62), SimDisk::new(63));
    let mut store = collector.store(&disk).unwrap();
    let many = 1_001;
    let arrivals: Vec<_> = (0..many + 2).map(|n| collector.arrival(n, PERIOD, "debian")).collect();
    for batch in arrivals.chunks(512) {
        collector.accept(&mut store, batch, TODAY);
    }
    backup(&disk, &copy, (false, TODAY)).unwrap();
    let (program, channel) = ("larkspur".parse().unwrap(), "usage".parse().unwrap());
    let tags: Vec<_> = (0..=many).map(|n| tag_of(n, PERIOD)).collect();
    store.delete((&program, &channel), &tags[..1_001], TODAY).unwrap();
    let kept = |_: &_, _: &_| Some((PeriodKind::Day, 30));
    store.settle_deletions(kept, (TODAY, true)).unwrap();
    // This one waits for the batch.
    store.delete((&program, &channel), &tags[1_001..], TODAY).unwrap();
    bring_back(&copy, &back, &Deletions::of(&disk, TODAY).unwrap()).unwrap();
    assert_eq!(collector.store(&back).unwrap().len(), 1);
    for tag in [tags[0], tags[1_000], tags[1_001]] {
        assert!(back.find(tag.as_bytes()).is_empty());
    }
}

#[test]
fn a_backup_is_whole_whatever_the_store_does_at_any_moment_of_it() {
    let collector = collector();
    let all =
        [Meanwhile::Closing, Meanwhile::BatchInLog, Meanwhile::BatchInColumns, Meanwhile::Intake];
    for meanwhile in all {
        let mut moments = 0;
        for at in 0.. {
            match beside(&collector, meanwhile, at) {
                Ok(true) => moments += 1,
                Ok(false) => break,
                Err(said) => panic!("{meanwhile:?} at call {at}: {said}"),
            }
        }
        println!("{meanwhile:?}: {moments} moments");
        assert!(moments > 4, "{meanwhile:?}: {moments}");
    }
}
