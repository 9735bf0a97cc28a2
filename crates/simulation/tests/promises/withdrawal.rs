//! Promises about taking back.

use agent::deletion::{Deletion, believe};
use agent::held::{Derivation, Standing};
use agent::ledger::Entry;
use contract::answer::Fact;
use contract::decision::{How, State};
use simulation::disk::Fault;
use simulation::larkspur::FIRST;
use simulation::network::Weather;
use simulation::world::World;

/// A machine that sent one report of three parts.
fn sent(seed: u64) -> World {
    let world = World::new(seed);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    assert_eq!(world.agent().send("usage").unwrap().acknowledged, 3);
    world
}

fn withdraw(world: &World, now: bool) -> agent::withdraw::Progress {
    world.agent().withdraw("usage", How::Cli, "en", now).unwrap()
}

fn tick_for(world: &World, hours: i64) {
    for _ in 0..hours {
        world.pass_hours(1);
        world.agent().tick().unwrap();
    }
}

fn deleted(world: &World) -> usize {
    let parts = world.agent().held().unwrap();
    let is_deleted =
        |part: &&agent::held::SentPart| matches!(part.standing, Standing::Deleted { .. });
    parts.iter().filter(is_deleted).count()
}

// Promise 2.
#[test]
fn deletion_counts_when_the_signed_tombstone_was_verified_and_not_before() {
    let world = sent(1);
    world.network.weather.set(Weather::Forged);
    let progress = withdraw(&world, true);
    assert_eq!((progress.pending, deleted(&world)), (3, 0), "signed by another key");
    assert!(progress.obstacle.is_some());
    world.network.weather.set(Weather::LosesRequests);
    tick_for(&world, 24);
    assert_eq!(deleted(&world), 0);
    world.network.weather.set(Weather::Clear);
    // The forger's tombstones stand at the collector on paper; they are never believed.
    let honest = sent(2);
    withdraw(&honest, false);
    tick_for(&honest, 25);
    assert_eq!(deleted(&honest), 3);
    assert_eq!(honest.network.accepted(), []);
}

#[test]
fn deletions_are_spread_over_a_day_and_each_goes_alone() {
    let world = sent(3);
    let progress = withdraw(&world, false);
    assert_eq!((progress.pending, progress.asked), (3, 0));
    assert_eq!(world.network.deletions().len(), 0, "nothing leaves at once");
    let mut hours = Vec::new();
    for hour in 1..=25 {
        tick_for(&world, 1);
        hours.resize(world.network.deletions().len(), hour);
    }
    assert_eq!(hours.len(), 3);
    assert!(hours.first() != hours.last(), "at moments of their own: {hours:?}");
}

#[test]
fn what_is_asked_for_survives_restarts_outages_and_upgrades() {
    let mut world = sent(4);
    withdraw(&world, false);
    world.network.weather.set(Weather::LosesRequests);
    for _ in 0..3 {
        tick_for(&world, 20);
        world.lose_power();
    }
    assert_eq!(deleted(&world), 0);
    // Another identity, another wording, another collector: what was sent stays where it was sent.
    let upgraded = FIRST
        .replace(r#"identity = "period""#, r#"identity = "stable""#)
        .replace("Which operating system is this?", "Which one?")
        .replace("https://stats.larkspur.example", "https://other.example");
    world.install(&upgraded);
    world.network.weather.set(Weather::Clear);
    tick_for(&world, 30);
    assert_eq!(deleted(&world), 3);
    assert_eq!(world.network.accepted(), []);
}

// A receipt that was lost: nobody here knows whether the part arrived. It is deleted too.
#[test]
fn what_may_have_arrived_is_deleted_too() {
    let world = World::new(5);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world.network.weather.set(Weather::LosesReplies);
    world.agent().send("usage").unwrap();
    assert_eq!(world.network.accepted().len(), 1);
    world.network.weather.set(Weather::Clear);
    withdraw(&world, true);
    assert_eq!(world.network.accepted(), []);
    assert_eq!(deleted(&world), 1);
}

// The period was closed when it was tried again: whether the first try arrived nobody said.
#[test]
fn what_was_refused_because_it_came_late_may_have_arrived_before_and_is_deleted_too() {
    let world = World::new(5);
    world.agent().agree("usage", Some("basic"), How::Cli, "en").unwrap();
    world.network.weather.set(Weather::LosesReplies);
    world.agent().send("usage").unwrap();
    world.network.weather.set(Weather::Busy(410));
    world.agent().send("usage").unwrap();
    world.network.weather.set(Weather::Clear);
    assert_eq!(world.network.accepted().len(), 1);
    withdraw(&world, true);
    assert_eq!(world.network.accepted(), []);
}

// All channels have one secret, and a withdrawal puts it aside: what another channel had frozen
// under it goes on its way, and must be found again.
#[test]
fn what_waits_while_another_channel_is_taken_back_can_be_taken_back_later() {
    let world = World::new(5);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world.agent().agree("devices", None, How::Cli, "en").unwrap();
    world.agent().preview("usage", None, false).unwrap();
    world.agent().withdraw("devices", How::Cli, "en", true).unwrap();
    assert_eq!(world.agent().send("usage").unwrap().acknowledged, 3);
    let progress = world.agent().withdraw("usage", How::Cli, "en", true).unwrap();
    assert_eq!((progress.without_key, progress.confirmed), (0, 3));
    assert_eq!(world.network.accepted(), []);
}

#[test]
fn a_yes_that_could_not_be_written_keeps_nothing_that_is_to_be_deleted() {
    let mut failed = 0;
    for step in 0.. {
        let mut world = sent(4);
        withdraw(&world, false);
        let fault = world.disk.steps() + step;
        world.disk.arm(fault, Fault::Broken);
        let _ = world.agent().agree("usage", Some("full"), How::Cli, "en");
        let is_reached = world.disk.steps() > fault;
        world.disk = world.disk.kill();
        let usage = "usage".parse().unwrap();
        let record = world.agent().read().unwrap().record;
        if record.decision(&usage).unwrap().state == State::No {
            failed += 1;
            assert_eq!(world.agent().progress(&usage).unwrap().pending, 3, "step {step}");
        }
        if !is_reached {
            break;
        }
    }
    assert!(failed > 0);
}

#[test]
fn samples_are_deleted_by_their_values_tags() {
    let world = World::new(6);
    world.agent().agree("devices", None, How::Cli, "en").unwrap();
    let parts = world.agent().send("devices").unwrap().acknowledged;
    assert!(parts >= 2);
    let progress = world.agent().withdraw("devices", How::Cli, "en", true).unwrap();
    assert_eq!((progress.pending, progress.confirmed, progress.without_key), (0, parts, 0));
    assert_eq!(world.network.accepted(), []);
}

#[test]
fn records_are_deleted_by_their_own_tags() {
    let mut world = World::new(7);
    world.install(&[FIRST, DISKS].concat());
    let each = |types: [&str; 3]| Fact::Each(types.map(|t| Some(Fact::Text(t.into()))).into());
    world.facts.set("disk-type", each(["ssd", "hdd", "ssd"]));
    world.agent().agree("hardware", None, How::Cli, "en").unwrap();
    assert_eq!(world.agent().send("hardware").unwrap().acknowledged, 3);
    assert_eq!(world.network.accepted().len(), 3);
    // Not all at once: what is left to the schedule finds its keys again days later.
    world.agent().withdraw("hardware", How::Cli, "en", false).unwrap();
    tick_for(&world, 30);
    assert_eq!(world.network.accepted(), []);
    assert_eq!(deleted(&world), 3);
}

/// A channel in which two records of three say the same.
const DISKS: &str = r#"
[[channel]]
id = "hardware"
title = "Hardware"
about = "Which disks are in use"
period = "week"
identity = "period"
retention_days = 30
publication = "exact"

[[channel.part]]
id = "disk"

[[channel.part.field]]
id = "disk"
question = "Which disks does it have?"
purpose = "support"
kind = "records"
unit = "disks"
records_max = 8
expires = 2029-12-31
source = { file = "/var/lib/larkspur/disks.json", format = "json", pointer = "/disks/*" }

[[channel.part.field.column]]
id = "disk-type"
question = "What does it turn?"
kind = "choice"
choices = ["hdd", "ssd"]
value = { pointer = "/type" }
"#;

// Promise 21 for withdrawal.
#[test]
fn sending_stops_at_once() {
    let world = sent(7);
    world.pass_hours(24);
    world.agent().preview("usage", None, false).unwrap();
    withdraw(&world, false);
    assert_eq!(agent::outbox::all(&world.disk).unwrap(), []);
    let packets = world.network.packets().len();
    assert!(world.agent().send("usage").is_err());
    tick_for(&world, 100);
    assert_eq!(world.network.packets().len(), packets);
}

// LibreNMS's rule.
#[test]
fn agreeing_again_cancels_what_has_not_gone() {
    let world = sent(8);
    withdraw(&world, false);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    tick_for(&world, 30);
    assert_eq!((world.network.deletions().len(), deleted(&world)), (0, 0));
    // Nothing was asked for: the machine is the one it was, and is not counted twice today.
    let again = sent(9);
    withdraw(&again, false);
    again.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    again.agent().send("usage").unwrap();
    assert_eq!(again.network.accepted().len(), 3);
}

#[test]
fn afterwards_there_is_a_new_secret_and_the_old_one_is_gone() {
    use disk::Disk;
    let world = sent(10);
    let old = world.disk.read("secret", 64).unwrap().unwrap();
    world.network.weather.set(Weather::LosesRequests);
    withdraw(&world, true);
    assert!(!world.disk.find(&old).is_empty(), "kept until the tombstones are verified");
    world.network.weather.set(Weather::Clear);
    tick_for(&world, 48);
    assert_eq!(deleted(&world), 3);
    assert_eq!(world.disk.find(&old), Vec::<String>::new());
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    assert_ne!(world.disk.read("secret", 64).unwrap().unwrap(), old);
    // Under a new tag, the same day: what was deleted does not stand in the way.
    assert_eq!(world.agent().send("usage").unwrap().acknowledged, 3);
}

#[test]
fn a_withdrawal_is_there_or_not_but_never_half() {
    use simulation::disk::every_crash_point;
    let world = sent(11);
    let start = world.disk.copy();
    let on = |disk: &simulation::disk::SimDisk| {
        let mut world = World::new(11);
        world.disk = disk.clone();
        world
    };
    let withdraw = |disk: &simulation::disk::SimDisk| {
        on(disk).agent().withdraw("usage", How::Cli, "en", false).is_ok()
    };
    let check = |disk: &simulation::disk::SimDisk, done: &bool| {
        let world = on(disk);
        let progress = world.agent().progress(world.agent().channels().next().unwrap());
        let pending = progress.map_err(|e| e.to_string())?.pending;
        if *done && pending != 3 {
            return Err(format!("{pending} deletions are left of 3"));
        }
        // Whatever was left, saying it again completes it.
        let again = world.agent().withdraw("usage", How::Cli, "en", false);
        let again = again.map_err(|e| e.to_string())?;
        if again.pending != 3 || again.without_key != 0 {
            return Err(format!("the second time: {again:?}"));
        }
        Ok(())
    };
    every_crash_point(&start, withdraw, check).unwrap();
}

#[test]
fn in_the_air_gap_deletions_wait() {
    let world = sent(12);
    world.agent().airgap(true).unwrap();
    withdraw(&world, true);
    tick_for(&world, 30);
    assert_eq!(world.network.deletions().len(), 0);
    world.agent().airgap(false).unwrap();
    tick_for(&world, 1);
    assert_eq!(deleted(&world), 3);
}

#[test]
fn a_live_listing_shows_what_the_ledger_has() {
    let world = sent(13);
    let live = world.agent().held_live().unwrap();
    let ledger: Vec<_> =
        world.agent().held().unwrap().into_iter().filter_map(|p| p.bytes).collect();
    let mut shown: Vec<_> = live[0].parts.iter().map(|(bytes, _)| bytes.clone()).collect();
    shown.sort();
    let mut ledger = ledger;
    ledger.sort();
    assert_eq!(shown, ledger);
}

// Noon of 20 November 2026, a Friday: the week's reports are taken in until Tuesday.
#[test]
fn what_is_published_stays_and_page_and_tombstone_name_the_next_release() {
    let world = sent(21);
    let progress = withdraw(&world, true);
    let agent = world.agent();
    let said = agent::words::withdraw::text(&agent, "usage", &progress);
    assert!(said.contains("Numbers already published stay"), "{said}");
    assert!(said.contains("The next release comes on 25 November 2026"), "{said}");
    let json = agent::words::withdraw::json(&agent, "usage", &progress);
    assert_eq!(json["next_release"], "2026-11-25");
    drop(agent);
    tick_for(&world, 30);
    let lines = agent::ledger::entries(&world.disk).unwrap();
    let days = lines.iter().filter_map(|line| match &line.entry {
        Entry::Tombstone { tombstone } => Some(tombstone.published_before_stays),
        _ => None,
    });
    assert_eq!(days.collect::<Vec<_>>(), [Some(jiff::civil::date(2026, 11, 25)); 3]);
}

// Once the key was shown a deletion may be done: whoever agrees again cannot undo it, and learns of
// it. It stands in the ledger before it is asked for.
#[test]
fn agreeing_again_keeps_what_was_asked_for() {
    let world = sent(20);
    world.network.weather.set(Weather::LosesReplies);
    withdraw(&world, true);
    let asked = agent::ledger::entries(&world.disk).unwrap();
    let asked = asked.iter().filter(|line| matches!(line.entry, Entry::Deleting { .. })).count();
    assert_eq!((asked, world.network.deletions().len()), (1, 1), "the others wait");
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    let usage = "usage".parse().unwrap();
    assert_eq!(world.agent().progress(&usage).unwrap().pending, 1);
    world.network.weather.set(Weather::Clear);
    tick_for(&world, 25);
    assert_eq!(deleted(&world), 1);
}

// A statement that is right in itself, about another channel or program, says nothing of this one.
#[test]
fn a_tombstone_of_another_channel_or_program_is_not_believed() {
    let world = sent(21);
    withdraw(&world, true);
    let lines = agent::ledger::entries(&world.disk).unwrap();
    let tombstone = lines.into_iter().find_map(|line| match line.entry {
        Entry::Tombstone { tombstone } => Some(*tombstone),
        _ => None,
    });
    let tombstone = tombstone.unwrap();
    let body = serde_json::to_vec(&serde_json::json!({ "tombstones": [tombstone] })).unwrap();
    let believed = |program: &str, channel: &str| {
        let derivation = Derivation {
            channel: channel.parse().unwrap(),
            part: "system".parse().unwrap(),
            epoch: "stable".to_owned(),
            sample: None,
        };
        let deletion = Deletion {
            derivation,
            tag: tombstone.tag,
            to: String::new(),
            relays: Vec::new(),
            roots: vec![world.network.root()],
            forget_by: world.agent().held().unwrap()[0].period.last_day(),
            due: world.agent().now(),
            tries: 1,
        };
        believe(&body, program, &deletion).map(|found| found.is_some())
    };
    assert_eq!(believed("larkspur", "usage"), Ok(true));
    assert!(believed("larkspur", "devices").is_err());
    assert!(believed("meadow", "usage").is_err());
}
