//! Promises about deciding.

use contract::decision::How;
use simulation::world::World;

fn agree(world: &World) {
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
}

fn tick_for_days(world: &World, days: i64) {
    for _ in 0..days * 24 {
        world.pass_hours(1);
        world.agent().tick().unwrap();
    }
}

// Promise 5.
#[test]
fn one_parser_and_a_published_truth_table_nonsense_means_do_not_send() {
    let rows = [
        // The value, whether CANDOR_TELEMETRY forbids, whether DO_NOT_TRACK forbids.
        ("", false, false),
        ("1", false, true),
        ("true", false, true),
        ("YES", false, true),
        ("On", false, true),
        ("0", true, false),
        ("false", true, false),
        ("No", true, false),
        ("off", true, false),
        ("2", true, true),
        ("enabled", true, true),
        (" 1", true, true),
        ("null", true, true),
    ];
    for (value, telemetry, do_not_track) in rows {
        for (name, forbids) in [("CANDOR_TELEMETRY", telemetry), ("DO_NOT_TRACK", do_not_track)] {
            let mut world = World::new(1);
            agree(&world);
            world.environment.insert(name.into(), value.into());
            let sent = world.agent().send("usage").is_ok();
            assert_eq!(sent, !forbids, "{name}={value:?}");
            assert_eq!(world.network.packets().is_empty(), forbids, "{name}={value:?}");
        }
    }
}

// Promise 7.
#[test]
fn while_unset_nothing_is_sent_whatever_is_run() {
    let world = World::new(2);
    world.agent().preview("usage", None, false).unwrap();
    assert!(world.agent().send("usage").is_err());
    tick_for_days(&world, 5);
    assert_eq!(world.network.packets(), []);
    // Nothing was even written: looking is no decision.
    assert_eq!(world.disk.bytes_used(), 0);
}

// Promise 8.
#[test]
fn off_means_zero_packets() {
    let world = World::new(3);
    agree(&world);
    world.agent().decline("usage", How::Cli, "en").unwrap();
    tick_for_days(&world, 5);
    assert!(world.agent().send("usage").is_err());
    assert_eq!(world.network.packets(), []);
}

// Promise 21.
#[test]
fn a_no_is_in_force_before_the_call_returns_and_the_outbox_is_destroyed() {
    let world = World::new(4);
    agree(&world);
    let shown = world.agent().preview("usage", None, false).unwrap();
    let tag = |bytes: &[u8]| bytes[bytes.len() - 34..bytes.len() - 2].to_vec();
    assert!(!world.disk.find(&tag(&shown.parts[0])).is_empty(), "the report waits");
    world.agent().decline("usage", How::Cli, "en").unwrap();
    for part in &shown.parts {
        assert_eq!(world.disk.find(&tag(part)), Vec::<String>::new(), "nothing is left of it");
    }
    tick_for_days(&world, 3);
    assert_eq!(world.network.packets(), []);
}

// Promise 21, at the worst moment: somebody says no while a connection is being made.
#[test]
fn a_no_during_a_connection_stops_the_part_that_was_about_to_leave() {
    let world = std::rc::Rc::new(World::new(41));
    agree(&world);
    let other = std::rc::Rc::clone(&world);
    let decline = move || other.agent().decline("usage", How::Cli, "en").unwrap();
    world.network.interruption.set(Some(Box::new(decline)));
    world.agent().send("usage").unwrap();
    assert_eq!(world.network.packets(), []);
    assert_eq!(agent::outbox::all(&world.disk).unwrap(), []);
}

// Promise 21, at another: while facts are read, which takes up to a minute.
#[test]
fn a_no_while_facts_are_read_leaves_nothing_in_the_outbox() {
    let world = std::rc::Rc::new(World::new(42));
    agree(&world);
    let other = std::rc::Rc::clone(&world);
    let decline = move || other.agent().decline("usage", How::Cli, "en").unwrap();
    world.facts.interruption.set(Some(Box::new(decline)));
    assert!(world.agent().send("usage").is_err());
    assert_eq!(agent::outbox::all(&world.disk).unwrap(), []);
    assert_eq!(world.network.packets(), []);
}

#[test]
fn a_smaller_yes_takes_the_rest_out_of_the_outbox() {
    let world = World::new(43);
    agree(&world);
    world.agent().preview("usage", None, false).unwrap();
    world.agent().agree("usage", Some("basic"), How::Cli, "en").unwrap();
    assert!(world.disk.find(b"features").iter().all(|path| !path.starts_with("outbox")));
}

// Promise 26.
#[test]
fn preview_works_also_where_the_disk_takes_nothing() {
    let world = World::new(44);
    agree(&world);
    world.disk.limit_bytes(Some(world.disk.bytes_used()));
    let shown = world.agent().preview("usage", None, false).unwrap();
    assert_eq!(shown.parts.len(), 3);
    assert!(!shown.frozen && shown.not_frozen.is_some());
    assert!(world.agent().send("usage").is_err());
    assert_eq!(world.network.packets(), []);
}

// Promise 30.
#[test]
fn opting_out_is_silent() {
    let world = World::new(5);
    agree(&world);
    world.agent().send("usage").unwrap();
    let before = world.network.packets();
    world.agent().decline("usage", How::Cli, "en").unwrap();
    tick_for_days(&world, 3);
    assert_eq!(world.network.packets(), before);
}

// Promise 6 in small: no channel can change another's.
#[test]
fn consent_is_per_channel() {
    let world = World::new(6);
    world.agent().agree("devices", None, How::Cli, "en").unwrap();
    tick_for_days(&world, 9);
    let packets = world.network.packets();
    assert!(!packets.is_empty());
    let of_devices =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(r#""channel":"devices""#);
    assert!(packets.iter().all(|packet| of_devices(&packet.bytes)));
}

// Promise 9.
#[test]
fn a_part_that_no_tier_names_is_in_no_report() {
    let world = World::new(7);
    world.agent().agree("usage", Some("basic"), How::Cli, "en").unwrap();
    world.agent().send("usage").unwrap();
    let packets = world.network.packets();
    assert_eq!(packets.len(), 2);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(packets.iter().all(|packet| !text(&packet.bytes).contains("features")));
}

// Promise 29 in small: the decision survives power failures at every step of being made.
#[test]
fn a_decision_is_there_or_not_but_never_half() {
    use simulation::disk::every_crash_point;
    let world = World::new(8);
    agree(&world);
    let start = world.disk.copy();
    let on = |disk: &simulation::disk::SimDisk| {
        let mut world = World::new(8);
        world.disk = disk.clone();
        world
    };
    let covered = every_crash_point(
        &start,
        |disk| on(disk).agent().decline("usage", How::Cli, "en").is_ok(),
        |disk, declined| {
            let world = on(disk);
            let reading = world.agent().read().map_err(|e| e.to_string())?;
            let agent = world.agent();
            let verdict = agent.verdict(&reading, "usage").map_err(|e| e.to_string())?;
            match (declined, verdict.consent().is_some()) {
                (true, true) => Err("a no was lost".into()),
                _ => Ok(()),
            }
        },
    );
    covered.unwrap();
}

#[test]
fn why_names_every_reason_and_the_strongest_first() {
    let mut world = World::new(9);
    agree(&world);
    world.environment.insert("DO_NOT_TRACK".into(), "1".into());
    world.environment.insert("CANDOR_TELEMETRY".into(), "off".into());
    world.agent().airgap(true).unwrap();
    let why = agent::words::why::json(&world.agent(), "usage").unwrap();
    let texts: Vec<&str> = why["explanation"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert!(texts[0].contains("air gap"), "{texts:?}");
    for variable in ["DO_NOT_TRACK", "CANDOR_TELEMETRY"] {
        assert!(texts.iter().any(|text| text.contains(variable)), "{variable}: {texts:?}");
    }
}

// Promise 21, of a fleet: a policy that comes during a connection permits less than was agreed.
#[test]
fn a_lower_tier_during_a_connection_stops_the_part_that_it_leaves_out() {
    let world = std::rc::Rc::new(World::new(45));
    world.agent().agree("usage", Some("basic"), How::Cli, "en").unwrap();
    assert_eq!(world.agent().send("usage").unwrap().acknowledged, 2);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    let other = std::rc::Rc::clone(&world);
    let less = "policy = 1\ntitle = \"Less\"\n[program.larkspur.channel]\nusage = { permit = \
                \"basic\" }";
    let lower = move || other.policy.place(Ok(less));
    world.network.interruption.set(Some(Box::new(lower)));
    world.agent().send("usage").unwrap();
    assert_eq!(world.network.packets().len(), 2);
}
