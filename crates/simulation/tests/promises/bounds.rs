//! Promises about what an agent takes of the disk.

use agent::held::Standing;
use agent::ledger::{Entry, Folded, Place};
use agent::limits::{
    LEDGER_BYTES_MAX, LEDGER_FOLDED_BYTES_MAX, OUTBOX_FILE_BYTES_MAX, OUTBOX_FILES_MAX,
};
use agent::outbox::{self, Frozen, FrozenPart, PartState};
use contract::decision::How;
use disk::Disk as _;
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

/// Lines as they are written when sources fail, until the ledger was pruned once more.
fn fill(world: &World) {
    let pruned = || {
        let lines = agent::ledger::lines(&world.disk).unwrap();
        agent::ledger::verify(&lines, &[world.network.root()]).pruned
    };
    let before = pruned();
    let fields = ["os", "processors", "features"];
    let fields = fields.map(|field| (field.parse().unwrap(), "x".repeat(15_000)));
    while pruned() == before {
        for _ in 0..40 {
            let entry = Entry::LeftOut {
                channel: "usage".parse().unwrap(),
                period: "2026-11-20".parse().unwrap(),
                fields: fields.clone().into(),
            };
            agent::ledger::append(&world.disk, world.agent().now(), vec![entry]).unwrap();
        }
        world.agent().airgap(true).unwrap();
        world.agent().airgap(false).unwrap();
        assert!(ledger_bytes(world) < LEDGER_BYTES_MAX / 2 * 3);
    }
    assert!(ledger_bytes(world) <= LEDGER_BYTES_MAX);
}

fn ledger_bytes(world: &World) -> u64 {
    world.disk.open_read("ledger.jsonl").unwrap().unwrap().len()
}

/// A machine that sent for so many days, and whose ledger was pruned behind it every ten.
fn long_lived(seed: u64, days: i64) -> World {
    let world = World::new(seed);
    for (channel, tier) in [("usage", Some("full")), ("devices", None)] {
        world.agent().agree(channel, tier, How::Cli, "en").unwrap();
    }
    for day in 0..days {
        world.pass_hours(24);
        for channel in ["usage", "devices"] {
            world.agent().send(channel).unwrap();
        }
        if day % 10 == 9 {
            fill(&world);
        }
    }
    world
}

/// Tags that the collector on paper holds and has not forgotten by itself.
fn retained(world: &World) -> Vec<envelope::Tag> {
    let held = world.agent().held().unwrap();
    let held = held.iter().filter(|part| part.may_be_held());
    let mut tags: Vec<_> = held.filter_map(|part| part.tag).collect();
    tags.sort_unstable();
    tags
}

// Promise 31, and none of what withdrawing promises is lost for it.
#[test]
fn a_ledger_that_was_pruned_still_reaches_every_part_that_is_retained() {
    let world = long_lived(4, 23);
    // All of 23 days are retained for 30 at least, and no line of the first 20 is left.
    let accepted = world.network.accepted();
    assert_eq!(world.agent().held().unwrap().len(), accepted.len());
    let is_whole = || {
        let lines = agent::ledger::lines(&world.disk).unwrap();
        let proof = agent::ledger::verify(&lines, &[world.network.root()]);
        assert_eq!(proof.findings, []);
        proof
    };
    assert!(is_whole().folded > 60, "{}", is_whole().folded);
    let live = world.agent().held_live().unwrap();
    assert_eq!(live.iter().map(|live| live.parts.len()).sum::<usize>(), accepted.len());
    let said = agent::words::held::live(&world.agent().held().unwrap(), &live);
    assert!(!said.contains("NOT in the ledger"), "{said}");
    for channel in ["usage", "devices"] {
        let progress = world.agent().withdraw(channel, How::Cli, "en", true).unwrap();
        assert_eq!((progress.pending, progress.without_key), (0, 0));
    }
    assert_eq!(world.network.accepted(), []);
    // Also where the tombstones' own lines are pruned, nothing deleted comes back.
    fill(&world);
    assert_eq!(retained(&world), []);
    is_whole();
}

#[test]
fn what_was_forgotten_on_time_is_not_kept_in_a_pruned_ledger() {
    let world = long_lived(5, 20);
    let before = retained(&world).len();
    world.pass_hours(24 * 75);
    fill(&world);
    let lines = agent::ledger::lines(&world.disk).unwrap();
    let proof = agent::ledger::verify(&lines, &[world.network.root()]);
    assert!(proof.folded > 0 && proof.folded < before, "{} of {before}", proof.folded);
    assert_eq!(proof.folded, retained(&world).len());
    let progress = world.agent().withdraw("usage", How::Cli, "en", true).unwrap();
    assert_eq!((progress.pending, progress.without_key), (0, 0));
}

// An answer that was lost: the part is folded without one, and its receipt comes afterwards.
#[test]
fn an_answer_to_a_part_whose_line_was_pruned_finds_it() {
    let world = World::new(6);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world.network.weather.set(Weather::LosesReplies);
    world.agent().send("usage").unwrap();
    fill(&world);
    let standings = || {
        let held = world.agent().held().unwrap();
        held.iter().map(|part| part.standing).collect::<Vec<_>>()
    };
    assert_eq!(standings(), [Standing::Unanswered]);
    world.network.weather.set(Weather::Clear);
    assert_eq!(world.agent().send("usage").unwrap().acknowledged, 3);
    assert_eq!(standings().len(), 3);
    assert!(standings().iter().all(|standing| matches!(standing, Standing::Held { .. })));
    let lines = agent::ledger::lines(&world.disk).unwrap();
    assert_eq!(agent::ledger::verify(&lines, &[world.network.root()]).findings, []);
    world.agent().withdraw("usage", How::Cli, "en", true).unwrap();
    assert_eq!(world.network.accepted(), []);
}

// More than any manifest can have kept: what finds no room is counted, and said.
#[test]
fn what_finds_no_room_is_counted_and_forgotten_with_its_retention() {
    let place = Place {
        channel: "usage".parse().unwrap(),
        part: "system".parse().unwrap(),
        to: "https://stats.larkspur.example".to_owned(),
        relays: Vec::new(),
        roots: vec![World::new(7).network.root()],
    };
    let folded = |number: u32| {
        let mut tag = [0; 16];
        tag[..4].copy_from_slice(&number.to_be_bytes());
        let period: contract::calendar::Period = "2026-11-20".parse().unwrap();
        let forget_by =
            contract::calendar::add_days(period.first_day(), i32::try_from(number % 762).unwrap());
        let (epoch, received) = (period.to_string(), Some(period.first_day()));
        let folded = Folded {
            tag: envelope::Tag(tag),
            period,
            epoch,
            sample: None,
            received,
            forget_by,
            digest: None,
        };
        (place.clone(), folded)
    };
    let world = World::new(7);
    for tier in ["basic", "full"] {
        world.agent().agree("usage", Some(tier), How::Cli, "en").unwrap();
    }
    let lines = agent::ledger::lines(&world.disk).unwrap();
    let held: Vec<_> = (0..60_000).map(folded).collect();
    let pruned = agent::ledger::without_oldest(&lines, lines.len() - 1, world.agent().now(), held);
    assert!(pruned.len() <= LEDGER_FOLDED_BYTES_MAX + 4_096, "{}", pruned.len());
    agent::ledger::replace(&world.disk, &pruned).unwrap();
    let kept = world.agent().held().unwrap();
    assert!(kept.len() >= 60 * 700, "{}", kept.len());
    // Those that are forgotten first are the ones that are left out.
    let first = kept.iter().filter_map(|part| match part.standing {
        Standing::Held { forget_by, .. } => Some(forget_by),
        _ => None,
    });
    let lost_until = contract::calendar::add_days("2026-11-20".parse().unwrap(), 760);
    assert!(first.min().unwrap() < lost_until);
    let progress = world.agent().withdraw("usage", How::Cli, "en", false).unwrap();
    assert_eq!(progress.without_key, 60_000, "none of these tags is this machine's");
    let proof =
        agent::ledger::verify(&agent::ledger::lines(&world.disk).unwrap(), &[world.network.root()]);
    assert_eq!(proof.findings, []);
}

// Power that fails while the ledger is pruned leaves the old one or the new one.
#[test]
fn power_lost_while_the_ledger_is_pruned_loses_no_part() {
    let world = long_lived(8, 2);
    let held = retained(&world);
    let entry = || Entry::CutOff { bytes: 1 };
    while ledger_bytes(&world) <= LEDGER_BYTES_MAX {
        let many: Vec<_> = (0..20_000).map(|_| entry()).collect();
        agent::ledger::append(&world.disk, world.agent().now(), many).unwrap();
    }
    let steps = {
        let counted = world.disk.copy();
        counted.keep_journal();
        on_disk(&world, 8, &counted).agent().airgap(true).unwrap();
        counted.steps()
    };
    for step in 0..steps {
        let disk = world.disk.copy();
        let moment = simulation::disk::Moment::During(simulation::disk::Torn::Half);
        let survival = simulation::disk::Survival::Random;
        disk.arm(step, simulation::disk::Fault::PowerLost { moment, survival });
        let _ = on_disk(&world, 8, &disk).agent().airgap(true);
        let again = on_disk(&world, 8, &disk.restart());
        assert_eq!(retained(&again), held, "step {step} of {steps}");
    }
}

fn on_disk(world: &World, seed: u64, disk: &simulation::disk::SimDisk) -> World {
    let again = World::new(seed);
    let passed = world.agent().now().duration_since(again.agent().now());
    again.clock.advance(passed);
    World { disk: disk.clone(), ..again }
}
