//! Promises about a collector that is busy.

use agent::schedule::{asked_seconds, pause_seconds};
use contract::decision::How;
use jiff::{SignedDuration, Timestamp};
use simulation::network::Weather;
use simulation::world::World;

/// What the collector on paper asks for when it is busy.
const RETRY_AFTER: i64 = 60;

/// A machine that agreed a day and a half ago, so that its schedule runs.
fn running(seed: u64) -> World {
    let world = World::new(seed);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    tick_for(&world, 36 * 60);
    world.network.weather.set(Weather::Busy(429));
    world
}

fn tick_for(world: &World, minutes: i64) {
    for _ in 0..minutes / 10 {
        world.clock.advance(SignedDuration::from_mins(10));
        world.agent().tick().unwrap();
    }
}

/// Until when the collector is left alone, and how many tries in a row came to nothing.
fn pause(world: &World) -> Option<(Timestamp, u32)> {
    let since = world.agent().state().since().unwrap().unwrap();
    since.pause.map(|pause| (pause.until, pause.tries))
}

/// Seconds that each pause of a day lasted, from the try that began it.
fn pauses_of_a_day(world: &World) -> Vec<i64> {
    let mut pauses = Vec::new();
    let end = world.agent().now().saturating_add(SignedDuration::from_hours(24)).unwrap();
    while world.agent().now() < end {
        let before = world.network.packets().len();
        world.agent().tick().unwrap();
        let sent = world.network.packets().len() - before;
        assert!(sent <= 1, "{sent} parts were tried although the first was told to wait");
        if sent == 1 {
            let (until, tries) = pause(world).unwrap();
            let seconds = until.duration_since(world.agent().now()).as_secs();
            let most = RETRY_AFTER + i64::try_from(pause_seconds(tries)).unwrap();
            assert!((RETRY_AFTER..=most).contains(&seconds), "try {tries}: {seconds} s of {most}");
            pauses.push(seconds);
            // A moment before it is over, nothing leaves yet.
            world.clock.advance(SignedDuration::from_secs(seconds - 1));
            let before = world.network.packets().len();
            world.agent().tick().unwrap();
            assert_eq!(world.network.packets().len(), before, "before the pause was over");
        }
        world.clock.advance(SignedDuration::from_secs(30));
    }
    pauses
}

// Promise 17.
#[test]
fn a_busy_collector_is_left_alone_for_as_long_as_it_asks_and_for_longer_each_time() {
    let mut firsts = Vec::new();
    for seed in 0..12 {
        let pauses = pauses_of_a_day(&running(seed));
        assert!((4..40).contains(&pauses.len()), "{} tries in a day", pauses.len());
        let sum = |part: &[i64]| part.iter().sum::<i64>();
        let (early, late) = pauses.split_at(pauses.len() / 2);
        assert!(sum(late) > 4 * sum(early), "the later half of the tries waits longer: {pauses:?}");
        firsts.push(pauses[0]);
    }
    // Full jitter: machines that were told to wait at one moment do not come back at one.
    firsts.sort_unstable();
    firsts.dedup();
    assert!(firsts.len() >= 8, "{firsts:?}");
}

#[test]
fn whoever_asks_for_a_year_is_given_a_day() {
    assert_eq!([None, Some(7), Some(3_600)].map(asked_seconds), [0, 7, 3_600]);
    assert_eq!(asked_seconds(Some(365 * 86_400)), 86_400);
}
