//! Promises about channels: what is said about one says nothing about another.

use contract::decision::{How, State};
use proptest::collection::vec;
use proptest::prelude::*;
use simulation::larkspur::{FIRST, NARROWED, WIDENED};
use simulation::world::World;

/// What is done with the one channel.
#[derive(Debug, Clone, Copy)]
enum Step {
    Agree(usize),
    Decline,
    Withdraw(bool),
    Preview,
    Send,
    Upgrade(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..2usize).prop_map(Step::Agree),
        Just(Step::Decline),
        any::<bool>().prop_map(Step::Withdraw),
        Just(Step::Preview),
        Just(Step::Send),
        (0..9usize).prop_map(Step::Upgrade),
    ]
}

/// The channel and the tiers that it may be agreed to.
const CHANNELS: [(&str, [Option<&str>; 2]); 2] =
    [("usage", [Some("basic"), Some("full")]), ("devices", [None, None])];

fn take(world: &mut World, (channel, tiers): (&str, [Option<&str>; 2]), step: Step) {
    let agent = world.agent();
    match step {
        Step::Agree(tier) => agent.agree(channel, tiers[tier], How::Cli, "en").unwrap(),
        Step::Decline => agent.decline(channel, How::Cli, "en").unwrap(),
        Step::Withdraw(now) => drop(agent.withdraw(channel, How::Cli, "en", now).unwrap()),
        Step::Preview => drop(agent.preview(channel, None, false).unwrap()),
        // Where it is off this is refused, and that is right.
        Step::Send => drop(agent.send(channel)),
        // Another wording, longer retention and so on, of this channel alone.
        Step::Upgrade(n) if channel == "usage" => {
            let (_, from, to) = WIDENED.iter().chain(NARROWED).nth(n).unwrap();
            world.install(&FIRST.replace(from, to));
        }
        Step::Upgrade(_) => {}
    }
}

/// What the record says about a channel, and what waits of it.
fn standing(world: &World, channel: &str) -> (Option<State>, Vec<String>) {
    let reading = world.agent().read().unwrap();
    let id = channel.parse().unwrap();
    let state = reading.record.decision(&id).map(|decision| decision.state.clone());
    let waiting = agent::outbox::all(&world.disk).unwrap().into_iter();
    let of_channel = waiting.filter(|frozen| frozen.channel == id);
    (state, of_channel.flat_map(|frozen| frozen.parts).map(|part| part.bytes).collect())
}

fn left(world: &World, channel: &str) -> usize {
    let of_channel = format!(r#""channel":"{channel}""#);
    let packets = world.network.packets();
    packets.iter().filter(|p| String::from_utf8_lossy(&p.bytes).contains(&of_channel)).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    // Promise 6, in both directions, and for each of what the other channel may have been told.
    #[test]
    fn whatever_is_done_with_one_channel_no_other_changes(
        seed in any::<u64>(),
        first in 0..2usize,
        answer in 0..3u8,
        steps in vec(step(), 1..12),
    ) {
        let (one, other) = (CHANNELS[first], CHANNELS[1 - first]);
        let mut world = World::new(seed);
        match answer {
            0 => {}
            1 => world.agent().decline(other.0, How::Cli, "en").unwrap(),
            _ => {
                world.agent().agree(other.0, other.1[0], How::Cli, "en").unwrap();
                world.agent().preview(other.0, None, false).unwrap();
            }
        }
        let before = standing(&world, other.0);
        prop_assert_eq!(before.1.is_empty(), answer < 2);
        for step in steps {
            take(&mut world, one, step);
            prop_assert_eq!(standing(&world, other.0), before.clone(), "after {:?}", step);
            prop_assert_eq!(left(&world, other.0), 0, "after {:?}", step);
        }
    }
}
