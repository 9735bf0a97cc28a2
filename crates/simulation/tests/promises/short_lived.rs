//! Promises about machines that are not installations: containers that live for an hour, and
//! somebody's continuous integration.

use contract::decision::How;
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
