//! Promises about the ledger: whatever the disk does, what left is in it, and it verifies.

use contract::decision::How;
use simulation::disk::{Fault, SimDisk, every_crash_point, every_error_point};
use simulation::world::World;

fn agreed(seed: u64) -> World {
    let world = World::new(seed);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world
}

fn on(seed: u64, disk: &SimDisk) -> World {
    let mut world = World::new(seed);
    world.disk = disk.clone();
    world
}

/// What left, as the network saw it.
fn send(seed: u64, disk: &SimDisk) -> Vec<Vec<u8>> {
    let world = on(seed, disk);
    let _ = world.agent().send("usage");
    world.network.packets().into_iter().map(|packet| packet.bytes).collect()
}

/// After it, and after one more report, everything that left is in a ledger that verifies.
fn check(seed: u64, disk: &SimDisk, left: &[Vec<u8>]) -> Result<(), String> {
    let world = on(seed, disk);
    let verify = || {
        let lines = agent::ledger::lines(&world.disk).map_err(|e| e.to_string())?;
        let proof = agent::ledger::verify(&lines, &[world.network.root()]);
        proof.findings.first().map_or(Ok(()), |finding| Err(format!("{finding:?}")))
    };
    // A torn end is no finding, and it is cut off when the next line is written.
    verify()?;
    world.pass_hours(24);
    world.agent().send("usage").map_err(|e| e.to_string())?;
    verify()?;
    let kept = world.agent().held().map_err(|e| e.to_string())?;
    let kept: Vec<_> = kept.into_iter().filter_map(|part| part.bytes).collect();
    for bytes in left {
        if !kept.iter().any(|known| known.as_bytes() == bytes) {
            return Err("a packet left that the ledger does not hold".into());
        }
    }
    Ok(())
}

#[test]
fn power_lost_anywhere_while_sending() {
    let start = agreed(1).disk.copy();
    every_crash_point(&start, |disk| send(1, disk), |disk, left| check(1, disk, left)).unwrap();
}

#[test]
fn a_disk_that_is_full_at_any_byte() {
    let start = agreed(2).disk.copy();
    // A prime, so that every kind of place in a line is met somewhere.
    for room in (0..12_000).step_by(89) {
        let disk = start.copy();
        disk.limit_bytes(Some(disk.bytes_used() + room));
        let left = send(2, &disk);
        disk.limit_bytes(None);
        check(2, &disk.restart(), &left).unwrap();
    }
}

#[test]
fn a_disk_that_fails_at_any_step() {
    let start = agreed(3).disk.copy();
    every_error_point(&start, |disk| send(3, disk), |disk, left| check(3, disk, left)).unwrap();
}

// After a failed sync the bytes read back and are gone with the power: the next line must not name
// one of them.
#[test]
fn a_sync_that_failed_leaves_no_line_behind() {
    let world = agreed(4);
    let counted = world.disk.copy();
    let before = agent::ledger::lines(&counted).unwrap().len();
    for step in 0..40 {
        let disk = world.disk.copy();
        disk.arm(step, Fault::Broken);
        let _ = on(4, &disk).agent().airgap(true);
        let lines = agent::ledger::lines(&disk).unwrap();
        assert!(lines.len() <= before + 1);
        // The fault may come only now; said again, it works.
        let decline = || on(4, &disk).agent().decline("devices", How::Cli, "en");
        decline().or_else(|_| decline()).unwrap();
        disk.crash(simulation::disk::Survival::Nothing);
        let disk = disk.restart();
        let lines = agent::ledger::lines(&disk).unwrap();
        let proof = agent::ledger::verify(&lines, &[world.network.root()]);
        assert_eq!(proof.findings, [], "step {step}");
    }
}
