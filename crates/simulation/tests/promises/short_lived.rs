//! Promises about machines that are not installations: containers that live for an hour, and
//! somebody's continuous integration.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use agent::ports::{Clock as _, day_of};
use contract::answer::Fact;
use contract::decision::How;
use simulation::network::{Mail, Network};
use simulation::relay::Relay;
use simulation::vendor::Vendor;
use simulation::world::World;

fn tick_for(world: &World, hours: i64) {
    for _ in 0..hours * 2 {
        world.clock.advance(jiff::SignedDuration::from_mins(30));
        world.agent().tick().unwrap();
    }
}

// Promise 34.
#[test]
fn what_lives_for_less_than_a_day_is_not_counted() {
    for seed in 0..60 {
        let world = World::new(seed);
        world.agent().agree("usage", Some("full"), How::Installer, "en").unwrap();
        tick_for(&world, 23);
        assert_eq!(world.network.packets(), [], "seed {seed}");
    }
    // One that stays is counted.
    let world = World::new(60);
    world.agent().agree("usage", Some("full"), How::Installer, "en").unwrap();
    tick_for(&world, 72);
    assert!(!world.network.packets().is_empty());
}

// Promise 34.
#[test]
fn continuous_integration_is_not_counted_however_long_it_runs() {
    let mut world = World::new(100);
    world.in_ci = true;
    world.agent().agree("usage", Some("full"), How::Installer, "en").unwrap();
    tick_for(&world, 24 * 7);
    assert_eq!(world.network.packets(), []);
    // A person who sends by hand there is taken at their word.
    assert_eq!(world.agent().send("usage").unwrap().acknowledged, 3);
}

// Promise 34: whoever copies a machine with its state has one installation, not two.
#[test]
fn a_state_that_was_cloned_is_counted_once_and_the_copy_is_told() {
    let (vendor, relay, mail) =
        (Rc::new(Vendor::new(7)), Rc::new(Relay::new(0)), Rc::new(Mail::new(7)));
    let machine = || {
        let (vendor, relay, mail) = (vendor.clone(), relay.clone(), mail.clone());
        World::within(7, Network::shared(vendor, relay, mail, IpAddr::V4(Ipv4Addr::LOCALHOST)))
    };
    let (first, mut copy) = (machine(), machine());
    vendor.load(&first.manifest);
    first.agent().agree("usage", Some("full"), How::Installer, "en").unwrap();
    copy.disk = first.disk.copy();
    // It is another machine by now.
    copy.facts.set("processors", Fact::Number(1));
    let mut told = 0;
    for _ in 0..24 * 10 {
        for world in [&first, &copy] {
            world.clock.advance(jiff::SignedDuration::from_hours(1));
            vendor.set_day(day_of(world.clock.now()));
            let sent = world.agent().tick().unwrap();
            told += sent.refused;
        }
    }
    // Three parts a day, of two machines.
    let packets = first.network.packets().len() + copy.network.packets().len();
    let held = vendor.accepted().len();
    assert!(packets > 3 * 2 * 6, "{packets} packets");
    assert!((3 * 6..=3 * 10).contains(&held), "{held} parts of {packets} packets are held");
    assert!(told > 6, "{told} refusals were told");
    let refused = |world: &World| {
        let parts = world.agent().held().unwrap();
        parts.iter().any(|part| matches!(part.standing, agent::held::Standing::Refused))
    };
    assert!(refused(&first) || refused(&copy));
}
