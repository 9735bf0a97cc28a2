//! Promises about a fleet's policy.

use contract::decision::How;
use simulation::world::World;

fn policy(rest: &str) -> String {
    format!("policy = 1\ntitle = \"The grid\"\n{rest}")
}

fn sends(world: &World) -> Option<String> {
    let agent = world.agent();
    let reading = agent.read().unwrap();
    let verdict = agent.verdict(&reading, "usage").unwrap();
    verdict.consent().map(|consent| consent.tier().to_string())
}

fn agreed(seed: u64) -> World {
    let world = World::new(seed);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world
}

const LARKSPUR: &str = "[program.larkspur.channel]\n";

#[test]
fn a_policy_forbids_at_once_and_destroys_what_waits_at_the_next_check() {
    let world = agreed(1);
    world.agent().preview("usage", None, false).unwrap();
    world.policy.place(Ok(&policy(&format!("{LARKSPUR}usage = \"forbid\""))));
    assert!(world.agent().send("usage").is_err());
    world.agent().tick().unwrap();
    assert_eq!(agent::outbox::all(&world.disk).unwrap(), []);
    assert_eq!(world.network.packets(), []);
    let why = agent::words::why::text(&world.agent(), "usage").unwrap();
    assert!(why.contains("the fleet's policy, “The grid”"), "{why}");
    // The person's own answer is still there when the policy is gone.
    world.policy.remove();
    assert_eq!(sends(&world).as_deref(), Some("full"));
}

#[test]
fn a_policy_that_is_placed_while_a_connection_is_made_stops_the_part() {
    let world = std::rc::Rc::new(agreed(2));
    let other = std::rc::Rc::clone(&world);
    let place = move || other.policy.place(Ok(&policy("others = \"forbid\"")));
    world.network.interruption.set(Some(Box::new(place)));
    world.agent().send("usage").unwrap();
    assert_eq!(world.network.packets(), []);
}

#[test]
fn a_policy_permits_what_nobody_decided_and_never_what_somebody_declined() {
    let world = World::new(3);
    world.policy.place(Ok(&policy(&format!("{LARKSPUR}usage = {{ permit = \"basic\" }}"))));
    assert_eq!(sends(&world).as_deref(), Some("basic"));
    for _ in 0..96 {
        world.pass_hours(1);
        world.agent().tick().unwrap();
    }
    assert!(!world.network.packets().is_empty());
    let before = world.network.packets().len();
    world.agent().decline("usage", How::Cli, "en").unwrap();
    assert_eq!(sends(&world), None);
    world.pass_hours(24);
    world.agent().tick().unwrap();
    assert_eq!(world.network.packets().len(), before);
}

#[test]
fn the_smaller_tier_counts() {
    let world = agreed(4);
    world.policy.place(Ok(&policy(&format!("{LARKSPUR}usage = {{ permit = \"basic\" }}"))));
    assert_eq!(sends(&world).as_deref(), Some("basic"));
    world.agent().agree("usage", Some("basic"), How::Cli, "en").unwrap();
    world.policy.place(Ok(&policy(&format!("{LARKSPUR}usage = {{ permit = \"full\" }}"))));
    assert_eq!(sends(&world).as_deref(), Some("basic"));
}

#[test]
fn what_cannot_be_read_or_understood_forbids_and_says_so() {
    let nonsense =
        ["", "policy = 1", "policy = 2\ntitle = \"x\"", "policy = 1\ntitle = \"x\"\nmay = 1"];
    let texts = nonsense.map(Ok).into_iter().chain([Err("it may not be read")]);
    for text in texts {
        let world = agreed(5);
        world.policy.place(text);
        assert_eq!(sends(&world), None, "{text:?}");
        let why = agent::words::why::text(&world.agent(), "usage").unwrap();
        assert!(why.contains("which cannot be used, so nothing is sent"), "{why}");
    }
}

#[test]
fn a_pinned_manifest_is_the_only_one_that_sends() {
    let world = agreed(6);
    let pin = |hash: &str| policy(&format!("[program.larkspur]\nmanifest = \"{hash}\""));
    world.policy.place(Ok(&pin(&world.manifest.hash().to_string())));
    assert_eq!(sends(&world).as_deref(), Some("full"));
    world.policy.place(Ok(&pin(&"0".repeat(64))));
    assert_eq!(sends(&world), None);
}

#[test]
fn other_programs_are_left_alone_or_forbidden_as_it_says() {
    let world = agreed(7);
    world.policy.place(Ok(&policy("[program.poppy.channel]\nusage = \"forbid\"")));
    assert_eq!(sends(&world).as_deref(), Some("full"));
    world
        .policy
        .place(Ok(&policy("others = \"forbid\"\n[program.poppy.channel]\nusage = \"forbid\"")));
    assert_eq!(sends(&world), None);
}

// Promise 26.
#[test]
fn preview_and_ledger_work_under_a_policy_that_forbids() {
    let world = agreed(8);
    world.agent().send("usage").unwrap();
    world.policy.place(Ok(&policy("others = \"forbid\"")));
    let shown = world.agent().preview("usage", None, false).unwrap();
    assert!(!shown.frozen && shown.parts.len() == 3);
    assert_eq!(world.agent().held().unwrap().len(), 3);
}

#[test]
fn a_relay_that_the_policy_names_is_used_and_asked_about_first() {
    let world = agreed(9);
    let through = |rest: &str| {
        let relay = "[program.larkspur]\nrelay = \"https://relay.example.net\"\n";
        policy(&format!("{relay}{LARKSPUR}{rest}"))
    };
    // Who agreed to another way is asked again.
    world.policy.place(Ok(&through("")));
    assert_eq!(sends(&world), None);
    world.agent().agree("usage", Some("basic"), How::Cli, "en").unwrap();
    world.agent().send("usage").unwrap();
    let packets = world.network.packets();
    assert!(!packets.is_empty());
    assert!(packets.iter().all(|packet| packet.to == "https://relay.example.net"));
    // A process that began before does not change the way of what is under way.
    let agent = world.agent();
    world.policy.place(Ok(&policy("")));
    let reading = agent.read().unwrap();
    assert!(agent.verdict(&reading, "usage").unwrap().consent().is_none());
}

const AUTHORITY: &str = "[program.larkspur]\nca = \"\"\"\n-----BEGIN CERTIFICATE-----\nAAAA\n\
                         -----END CERTIFICATE-----\n\"\"\"\n";

// Connections are made before they are used: a process that believes another authority than the
// policy names now sends nothing, destroys nothing, and ends so that the next one begins rightly.
#[test]
fn an_authority_that_the_policy_names_later_is_believed_by_the_next_process() {
    let world = agreed(10);
    world.agent().preview("usage", None, false).unwrap();
    let waiting = agent::outbox::all(&world.disk).unwrap();
    let with_authority = policy(AUTHORITY);
    let before = world.agent();
    world.policy.place(Ok(&with_authority));
    world.pass_hours(30);
    before.tick().unwrap();
    assert!(before.send("usage").is_err());
    assert_eq!(world.network.packets(), []);
    let why = agent::words::why::text(&before, "usage").unwrap();
    assert!(why.contains("another certificate authority than before; restart"), "{why}");
    let lines = std::cell::RefCell::new(Vec::new());
    let log = |line: &str| lines.borrow_mut().push(line.to_owned());
    let ended = agent::service::run(&before, &log).unwrap_err();
    assert!(ended.to_string().contains("the service ends, to begin anew"), "{ended}");
    // A report of a period that is over goes with its period; this one is still open.
    let left = agent::outbox::all(&world.disk).unwrap();
    assert_eq!(left, waiting);

    let text = with_authority.split("\"\"\"\n").nth(1).unwrap().to_owned();
    world.network.fleet_ca.replace(Some(text));
    assert!(!world.agent().is_outdated());
    assert_eq!(sends(&world).as_deref(), Some("full"));
    world.agent().send("usage").unwrap();
    assert!(!world.network.packets().is_empty());
}
