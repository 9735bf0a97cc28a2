//! What a command left that was killed, or whose disk failed once: whoever sees it or asks for it
//! once more can rely on it, also when power fails right afterwards.

use std::collections::BTreeMap;

use agent::{ledger, words};
use disk::Disk;
use simulation::disk::{Fault, SimDisk, Survival};

use super::{WAYS, Way, on};

/// Every file of the state folder but locks, and what was cut short before it had its name.
fn files(disk: &SimDisk) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in disk.list(&folder).unwrap() {
            let path = disk::path::join(&folder, &entry.name);
            if entry.is_folder {
                folders.push(path);
            } else if !path.contains("lock") && !path.ends_with(disk::path::UNFINISHED) {
                files.insert(path.clone(), disk.read(&path, u64::MAX).unwrap().unwrap());
            }
        }
    }
    files
}

/// What a power failure leaves of it that keeps nothing but what was synced.
fn after_power_failed(disk: &SimDisk) -> BTreeMap<String, Vec<u8>> {
    disk.crash(Survival::Nothing);
    files(&disk.restart())
}

/// Each way in, by a command that is killed at each of its steps, or whose step fails: what is on
/// the disk then, which no power failure has touched.
fn cut_short(each: impl Fn(&Way, &SimDisk, &str)) {
    for way in WAYS {
        let start = way.start();
        let done = start.copy();
        way.run(&done);
        for step in 0..done.steps() {
            for fault in [Fault::Killed, Fault::Broken] {
                let disk = start.copy();
                disk.arm(step, fault);
                way.run(&disk);
                each(&way, &disk.kill(), &format!("{}, step {step}: {fault}", way.name));
            }
        }
    }
}

// A command that is killed between a rename and its sync leaves a decision that everybody reads,
// and that a power failure would take back: whoever looks makes it durable first.
#[test]
fn what_anybody_saw_is_still_so_after_a_power_failure() {
    cut_short(|way, disk, point| {
        let of_ledger = disk.copy();
        let lines = ledger::lines(&of_ledger).unwrap();
        of_ledger.crash(Survival::Nothing);
        assert_eq!(ledger::lines(&of_ledger.restart()).unwrap(), lines, "{point}: the ledger");
        words::status::text(&on(disk, 1, &(way.installed)()).agent()).unwrap();
        let seen = files(disk);
        assert_eq!(after_power_failed(disk), seen, "{point}");
    });
}

// Whoever asks once more for what a killed command may have done finds nothing left to do: what was
// done then is durable all the same before it is acknowledged.
#[test]
fn what_is_asked_for_once_more_is_durable_when_it_is_acknowledged() {
    cut_short(|way, disk, point| {
        if !way.run(disk).is_done {
            return;
        }
        let acknowledged = files(disk);
        assert_eq!(after_power_failed(disk), acknowledged, "{point}");
    });
}
