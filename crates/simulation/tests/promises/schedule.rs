//! Promises about when parts leave.

use agent::schedule::{Rhythm, Slot, later, start_of};
use agent::service;
use contract::decision::How;
use envelope::Secret;
use jiff::{SignedDuration, Timestamp};
use simulation::network::Weather;
use simulation::world::World;

const AGENTS: u32 = 100_000;
const MINUTES_A_DAY: i64 = 24 * 60;

fn secret(agent: u32) -> Secret {
    let mut bytes = [3; 32];
    bytes[..4].copy_from_slice(&agent.to_be_bytes());
    Secret::from_bytes(bytes)
}

/// Checks that arrivals of a day after `from` are as flat as uniform draws allow.
fn check_flat(what: &str, from: Timestamp, arrivals: impl Iterator<Item = Timestamp>) {
    let mut minutes = vec![0u32; usize::try_from(MINUTES_A_DAY).unwrap()];
    for arrival in arrivals {
        let minute = arrival.duration_since(from).as_mins();
        if (0..MINUTES_A_DAY).contains(&minute) {
            *minutes.get_mut(usize::try_from(minute).unwrap()).unwrap() += 1;
        }
    }
    let mean =
        f64::from(minutes.iter().sum::<u32>()) / f64::from(u32::try_from(MINUTES_A_DAY).unwrap());
    let busiest = f64::from(*minutes.iter().max().unwrap());
    let bound = mean + 5.0 * mean.sqrt();
    println!("busiest minute {busiest}, at most {bound:.1}, mean {mean:.1}: {what}");
    assert!(busiest <= bound, "{what}: {busiest} arrivals in one minute, at most {bound:.1}");
}

/// One part of each agent, today and tomorrow, from the moment at which all of them start.
fn after_a_start(began: Timestamp, watched: Option<Timestamp>) -> impl Iterator<Item = Timestamp> {
    let today = "2026-11-20".parse().unwrap();
    let slot =
        |period| Slot { program: "larkspur", channel: "usage", part: "os", sample: "", period };
    (0..AGENTS).flat_map(move |agent| {
        let secret = secret(agent);
        let tomorrow = slot(contract::calendar::Period::next(today)).moment(&secret);
        // What was due before anybody stopped was sent then.
        let moment = slot(today).moment(&secret);
        let is_done = watched.is_some_and(|watched| moment < watched);
        let due = (!is_done).then(|| slot(today).due(&secret, None, began));
        due.into_iter().chain([tomorrow])
    })
}

// Promise 16.
#[test]
fn a_hundred_thousand_agents_that_restart_together_are_no_herd() {
    let midnight = start_of("2026-11-20".parse().unwrap());
    let noon = later(midnight, SignedDuration::from_hours(12));
    let restart = |minutes: i64| {
        let stopped = later(noon, SignedDuration::from_mins(-minutes));
        after_a_start(noon, Some(stopped))
    };
    check_flat("after ten minutes off", noon, restart(10));
    check_flat("after two hours off", noon, restart(120));
    check_flat("an ordinary day", midnight, after_a_start(midnight, Some(midnight)));
}

// The same through the whole agent: what a restart missed is not sent in its first minutes.
#[test]
fn what_was_missed_while_off_is_not_sent_at_the_start() {
    let mut early = 0;
    for seed in 0..40 {
        let world = World::new(seed);
        world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
        run_for(&world, 36);
        // Off for ten hours, in which parts fell due.
        world.pass_hours(10);
        let before = world.network.packets().len();
        run_for(&world, 1);
        early += world.network.packets().len() - before;
    }
    // 40 machines with 3 parts a day: ten hours missed 50 parts, an hour of a flat day has 5, and
    // what is drawn again adds 2.
    assert!(early < 20, "{early} parts in the first hour after a restart");
}

fn run_for(world: &World, hours: i64) -> Vec<String> {
    let agent = world.agent();
    let end = later(agent.now(), SignedDuration::from_hours(hours));
    let log = std::cell::RefCell::new(Vec::new());
    let is_wanted = || {
        world.network.set_day(agent::ports::day_of(agent.now()));
        agent.now() < end
    };
    service::run_while(&agent, &|line| log.borrow_mut().push(line.to_owned()), &is_wanted).unwrap();
    log.into_inner()
}

fn accepted_of(world: &World, day: &str) -> usize {
    let period = format!(r#""period":"{day}""#);
    let packets = world.network.packets();
    let mut parts: Vec<_> = packets.into_iter().map(|packet| packet.bytes).collect();
    parts.sort();
    parts.dedup();
    let of_day = |bytes: &&Vec<u8>| String::from_utf8_lossy(bytes).contains(&period);
    parts.iter().filter(of_day).count()
}

// Cron at 00:19 and never else, as LibreNMS's daily.sh: every day is delivered.
#[test]
fn a_tick_once_a_day_delivers_every_day() {
    for seed in 0..5 {
        let world = World::new(100 + seed);
        world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
        // To 00:19, a little late or early each day, as cron is.
        world.clock.advance(SignedDuration::from_mins(12 * 60 + 19));
        for day in 0..20 {
            world.agent().tick().unwrap();
            let late = if day % 3 == 0 { 40 } else { -20 };
            world.clock.advance(SignedDuration::from_secs(24 * 3600 + late));
        }
        for day in 24..=30 {
            assert_eq!(accepted_of(&world, &format!("2026-11-{day}")), 3, "{day} November");
        }
        assert_eq!(world.network.accepted().len(), world.network.packets().len(), "nothing twice");
    }
}

// An hourly timer: a part whose moment lies between the day's last tick and midnight is not lost.
#[test]
fn an_hourly_tick_delivers_every_day() {
    let world = World::new(110);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    for _ in 0..24 * 12 {
        world.pass_hours(1);
        world.agent().tick().unwrap();
    }
    for day in 22..=30 {
        assert_eq!(accepted_of(&world, &format!("2026-11-{day}")), 3, "{day} November");
    }
}

#[test]
fn the_service_and_cron_behave_the_same() {
    let world = World::new(111);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    run_for(&world, 24 * 8);
    for day in 22..=27 {
        assert_eq!(accepted_of(&world, &format!("2026-11-{day}")), 3, "{day} November");
    }
    assert_eq!(world.network.accepted().len(), world.network.packets().len(), "nothing twice");
}

// A collector that is down for a day, and comes back.
#[test]
fn a_day_without_the_collector_loses_nothing() {
    let world = World::new(112);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    run_for(&world, 36);
    world.network.weather.set(Weather::LosesRequests);
    run_for(&world, 24);
    world.network.weather.set(Weather::Clear);
    run_for(&world, 24 * 4);
    let tried = world.network.packets().len();
    for day in 22..=25 {
        assert_eq!(accepted_of(&world, &format!("2026-11-{day}")), 3, "{day} November");
    }
    assert!(world.network.accepted().len() >= 3 * 5);
    assert!(tried < 100, "{tried} packets: an outage is no reason to hammer");
}

#[test]
fn two_days_after_its_period_a_part_is_given_up() {
    let world = World::new(113);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world.network.weather.set(Weather::LosesRequests);
    for _ in 0..24 * 30 {
        world.pass_hours(1);
        world.agent().tick().unwrap();
        let waiting = agent::outbox::all(&world.disk).unwrap().len();
        assert!(waiting <= 4, "{waiting} reports wait");
    }
    assert_eq!(world.network.accepted(), []);
}

// A clock that was years ahead, and is set right.
#[test]
fn a_clock_that_jumps_stops_nothing_for_long() {
    let world = World::new(114);
    world.clock.advance(SignedDuration::from_hours(24 * 365 * 9));
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    for _ in 0..40 {
        world.pass_hours(1);
        world.agent().tick().unwrap();
    }
    let before = world.network.packets().len();
    world.clock.advance(SignedDuration::from_hours(-24 * 365 * 9));
    for _ in 0..24 * 5 {
        world.pass_hours(1);
        world.agent().tick().unwrap();
    }
    assert!(world.network.packets().len() > before + 6);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let late = world.network.packets().split_off(before);
    assert!(late.iter().all(|packet| text(&packet.bytes).contains("\"2026-")));
}

// A laptop: two hours in the morning, two in the evening.
#[test]
fn a_machine_that_sleeps_delivers_its_days() {
    let world = World::new(115);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    for _ in 0..20 {
        for pause in [9, 11] {
            run_for(&world, 2);
            world.pass_hours(pause);
        }
    }
    let days = (24..=30).map(|day| accepted_of(&world, &format!("2026-11-{day}")));
    let delivered: usize = days.sum();
    assert!(delivered >= 18, "{delivered} of 21 parts of a week");
    assert_eq!(world.network.accepted().len(), world.network.packets().len(), "nothing twice");
}

// Promise 39.
#[test]
fn one_log_line_for_each_change_of_state() {
    let world = World::new(116);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    let mut log = run_for(&world, 30);
    world.network.weather.set(Weather::LosesRequests);
    log.extend(run_for(&world, 24 * 10));
    let lines = log.len();
    assert!(lines <= 4, "{log:?}");
}

#[test]
fn a_rhythm_knows_nothing_before_the_first_tick() {
    let world = World::new(117);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    let since = world.agent().state().since().unwrap().unwrap();
    assert!(Rhythm::at(world.agent().now(), &since, false).watched.is_none());
}

// Parts that left together would be known to come from one machine.
#[test]
fn the_parts_of_one_report_leave_each_at_a_moment_of_its_own() {
    for seed in 0..20 {
        let world = World::new(seed);
        world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
        world.agent().preview("usage", None, false).unwrap();
        let reports = agent::outbox::all(&world.disk).unwrap();
        let mut moments: Vec<_> =
            reports.iter().flat_map(|report| report.parts.iter().map(|part| part.due)).collect();
        moments.sort_unstable();
        moments.dedup();
        assert_eq!(moments.len(), 3, "seed {seed}");
    }
}
