//! Promises about looking: it works in every state, and sends nothing in any.

use contract::decision::How;
use simulation::larkspur::{FIRST, WIDENED};
use simulation::world::World;

/// What was done before somebody looks.
type Before = (&'static str, fn(&mut World));

fn agree(world: &World) {
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
}

/// Every state in which a machine may be; before each, a report was sent.
const STATES: &[Before] = &[
    ("after a yes", |_| ()),
    ("after a no", |world| world.agent().decline("usage", How::Cli, "en").unwrap()),
    ("taken back", |world| {
        world.agent().withdraw("usage", How::Cli, "en", false).unwrap();
    }),
    ("in the air gap", |world| world.agent().airgap(true).unwrap()),
    ("under a variable", |world| {
        world.environment.insert("DO_NOT_TRACK".into(), "1".into());
    }),
    ("under a policy", |world| {
        world.policy.place(Ok("policy = 1\ntitle = \"No\"\nothers = \"forbid\""));
    }),
    ("under a policy that nobody can read", |world| world.policy.place(Err("it may not be read"))),
    ("where everything is asked again", |world| {
        for (what, from, to) in WIDENED {
            if *what == "another collector" {
                world.install(&FIRST.replace(from, to));
            }
        }
    }),
    ("on a full disk", |world| world.disk.limit_bytes(Some(world.disk.bytes_used()))),
    ("in continuous integration", |world| world.in_ci = true),
    ("after a year", |world| world.pass_hours(365 * 24)),
];

// Promise 26.
#[test]
fn preview_and_ledger_work_in_every_state() {
    for (seed, (state, before)) in (0..).zip(STATES) {
        let mut world = World::new(seed);
        agree(&world);
        assert_eq!(world.agent().send("usage").unwrap().acknowledged, 3);
        // On the next day there is a report that was not sent yet.
        world.pass_hours(24);
        before(&mut world);
        let packets = world.network.packets();
        let agent = world.agent();
        let shown = agent.preview("usage", None, false);
        let shown = shown.unwrap_or_else(|trouble| panic!("{state}: {trouble}"));
        assert_eq!(shown.parts.len(), 3, "{state}");
        let ledger = agent::ledger::entries(&world.disk).unwrap();
        assert!(ledger.len() >= 6, "{state}");
        assert_eq!(agent.held().unwrap().len(), 3, "{state}");
        agent::words::status::text(&agent).unwrap_or_else(|trouble| panic!("{state}: {trouble}"));
        agent::words::why::text(&agent, "usage").unwrap();
        assert_eq!(world.network.packets(), packets, "{state}: looking sent something");
    }
}

#[test]
fn preview_works_before_anybody_decided() {
    let world = World::new(99);
    let shown = world.agent().preview("usage", None, false).unwrap();
    assert!(!shown.frozen && shown.parts.len() == 3);
    assert_eq!(world.network.packets(), []);
}

// Promise 1: what status says of each channel is what sending does.
#[test]
fn status_says_of_every_channel_what_sending_does() {
    // A full disk is no decision: what may be sent cannot be, and sending says why.
    let states = STATES.iter().filter(|(state, _)| *state != "on a full disk");
    for (seed, (state, before)) in (20..).zip(states) {
        let mut world = World::new(seed);
        agree(&world);
        before(&mut world);
        let shown = agent::words::status::json(&world.agent()).unwrap();
        for channel in shown["channels"].as_array().unwrap() {
            let id = channel["id"].as_str().unwrap();
            assert_eq!(channel["sends"], world.agent().send(id).is_ok(), "{state}: {id}");
        }
    }
}
