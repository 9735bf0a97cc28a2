//! Promises about what an agent takes of the disk.

use agent::limits::{OUTBOX_FILE_BYTES_MAX, OUTBOX_FILES_MAX};
use agent::outbox::{self, Frozen, FrozenPart, PartState};
use contract::decision::How;
use jiff::Timestamp;
use simulation::network::Weather;
use simulation::world::World;

fn waiting(bytes: usize) -> FrozenPart {
    FrozenPart {
        part: "system".parse().unwrap(),
        bytes: "x".repeat(bytes),
        due: Timestamp::UNIX_EPOCH,
        tries: 0,
        to: None,
        relays: Vec::new(),
        is_redrawn: false,
        state: PartState::Waiting,
    }
}

// Promise 31: in number and in bytes.
#[test]
fn the_outbox_takes_so_many_reports_of_so_many_bytes_and_no_more() {
    let world = World::new(1);
    let usage: contract::id::ChannelId = "usage".parse().unwrap();
    let mut period: contract::calendar::Period = "2026-11-20".parse().unwrap();
    for _ in 0..OUTBOX_FILES_MAX {
        outbox::save(&world.disk, &Frozen::new(usage.clone(), period)).unwrap();
        period = period.next();
    }
    let one_more = Frozen::new(usage.clone(), period);
    assert!(outbox::save(&world.disk, &one_more).is_err(), "{OUTBOX_FILES_MAX} were there");
    assert_eq!(outbox::all(&world.disk).unwrap().len(), OUTBOX_FILES_MAX);
    // What is there already may change, within its bytes.
    let mut first = Frozen::new(usage, "2026-11-20".parse().unwrap());
    first.parts.push(waiting(1_000));
    outbox::save(&world.disk, &first).unwrap();
    first.parts.push(waiting(usize::try_from(OUTBOX_FILE_BYTES_MAX).unwrap()));
    assert!(outbox::save(&world.disk, &first).is_err());
}

// Promise 31, over months without a collector: neither the outbox nor the rest grows without end.
#[test]
fn months_without_a_collector_fill_no_disk() {
    let world = World::new(2);
    for (channel, tier) in [("usage", Some("full")), ("devices", None)] {
        world.agent().agree(channel, tier, How::Cli, "en").unwrap();
    }
    world.network.weather.set(Weather::LosesRequests);
    let mut most = 0;
    for day in 0..150 {
        for _ in 0..3 {
            world.pass_hours(8);
            world.agent().tick().unwrap();
        }
        let reports = outbox::all(&world.disk).unwrap();
        // A day's report is kept for two days more, a week's too.
        assert!(reports.len() <= 7, "day {day}: {} reports wait", reports.len());
        most = most.max(reports.iter().flat_map(|r| &r.parts).map(|p| p.bytes.len()).sum());
    }
    assert!(most < 20_000, "{most} bytes waited");
    assert_eq!(world.network.accepted(), []);
}

// Promise 31, on a disk that is full: nothing that waits is lost, nothing is written beyond it, and
// everything works once there is room.
#[test]
fn a_full_disk_stays_as_full_as_it_was() {
    let world = World::new(3);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    let shown = world.agent().preview("usage", None, false).unwrap().parts;
    let full = world.disk.bytes_used();
    world.disk.limit_bytes(Some(full));
    for _ in 0..48 {
        world.pass_hours(1);
        let _ = world.agent().tick();
        assert!(world.disk.bytes_used() <= full);
    }
    assert_eq!(world.network.packets(), [], "what no ledger can hold does not leave");
    world.disk.limit_bytes(None);
    let kept = outbox::all(&world.disk).unwrap();
    let bytes =
        |part: &Vec<u8>| kept.iter().flat_map(|f| &f.parts).any(|p| p.bytes.as_bytes() == part);
    assert!(shown.iter().all(bytes), "what waited before still waits");
    assert_eq!(world.agent().send("usage").unwrap().waiting, 0);
}
