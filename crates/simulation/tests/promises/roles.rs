//! Promises about a service in three processes: together they do what one does, and each can do
//! only its own part.

use agent::cli::Role;
use contract::decision::How;
use simulation::world::World;

fn agreed(seed: u64) -> World {
    let world = World::new(seed);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world
}

/// Ticks by the quarter of an hour, as these processes; returns when each packet left.
fn run(world: &World, roles: &[Role], hours: i64) -> Vec<(usize, Vec<u8>)> {
    let mut left = Vec::new();
    for tick in 0..hours * 4 {
        world.clock.advance(jiff::SignedDuration::from_mins(15));
        for role in roles {
            let agent = world.agent().in_role(*role);
            if role.sends() {
                agent.look_after(false).unwrap();
            } else {
                agent.gather_due().unwrap();
            }
        }
        for packet in world.network.packets().into_iter().skip(left.len()) {
            left.push((usize::try_from(tick).unwrap(), packet.bytes));
        }
    }
    left
}

#[test]
fn two_processes_send_what_one_sends() {
    let whole = run(&agreed(1), &[Role::All], 96);
    let split = run(&agreed(1), &[Role::Gather, Role::Send], 96);
    assert!(whole.len() >= 6, "{}", whole.len());
    // Facts may be read one look earlier or later; what leaves, and how often, is the same.
    let bytes = |left: &[(usize, Vec<u8>)]| {
        let mut bytes: Vec<_> = left.iter().map(|(_, bytes)| bytes.clone()).collect();
        bytes.sort();
        bytes
    };
    let (whole_bytes, split_bytes) = (bytes(&whole), bytes(&split));
    let mut once = split_bytes.clone();
    once.dedup();
    assert_eq!(once, split_bytes, "nothing twice");
    assert_eq!(split_bytes.len(), whole_bytes.len());
}

#[test]
fn whoever_gathers_never_sends() {
    let world = agreed(2);
    run(&world, &[Role::All], 26);
    let before = world.network.packets().len();
    let left = run(&world, &[Role::Gather], 72);
    assert_eq!(left.len(), before);
    assert!(!agent::outbox::all(&world.disk).unwrap().is_empty(), "it did gather");
}

#[test]
fn whoever_sends_reads_no_facts() {
    let world = std::rc::Rc::new(agreed(3));
    world.facts.interruption.set(Some(Box::new(|| panic!("a fact was read"))));
    run(&world, &[Role::Send], 72);
    assert_eq!(world.network.packets(), []);
    assert_eq!(agent::outbox::all(&world.disk).unwrap(), []);
}

#[test]
fn each_process_forbids_for_all_and_one_for_all_takes_the_place_of_three() {
    let mut world = agreed(4);
    let decided = |world: &World| {
        let agent = world.agent();
        let reading = agent.read().unwrap();
        let verdict = agent.verdict(&reading, "usage").unwrap();
        verdict.consent().is_some()
    };
    world.environment.insert("DO_NOT_TRACK".into(), "1".into());
    agent::service::record(&world.agent().in_role(Role::Gather)).unwrap();
    world.environment.clear();
    agent::service::record(&world.agent().in_role(Role::Send)).unwrap();
    assert!(!decided(&world), "what one process's environment says counts for all");
    agent::service::record(&world.agent().in_role(Role::All)).unwrap();
    assert!(decided(&world), "the three are gone");
}
