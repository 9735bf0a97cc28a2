//! Promises about the air gap.

use contract::decision::How;
use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use simulation::world::World;

/// What happens to one channel, in the air gap and outside.
#[derive(Debug, Clone, Copy)]
enum Step {
    Agree,
    Decline,
    Enter,
    Leave,
    /// Sends, and looks whether anything left.
    Send,
    /// The clock is set, also back.
    Hours(i64),
    LosePower,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Agree),
        Just(Step::Decline),
        Just(Step::Enter),
        Just(Step::Leave),
        Just(Step::Send),
        (-80..80i64).prop_map(Step::Hours),
        Just(Step::LosePower),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    // Promise 33, against a model of three lines: an answer given inside is forgotten on leaving,
    // unless it was a no.
    #[test]
    fn leaving_the_air_gap_starts_nothing_that_was_not_agreed_outside(
        seed in any::<u64>(),
        steps in vec(step(), 1..40),
    ) {
        let mut world = World::new(seed);
        let (mut agreed, mut agreed_inside, mut inside) = (false, false, false);
        for step in steps {
            match step {
                Step::Agree => {
                    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
                    (agreed, agreed_inside) = (true, inside);
                }
                Step::Decline => {
                    world.agent().decline("usage", How::Cli, "en").unwrap();
                    agreed = false;
                }
                Step::Enter => {
                    world.agent().airgap(true).unwrap();
                    inside = true;
                }
                Step::Leave => {
                    world.agent().airgap(false).unwrap();
                    agreed &= !(inside && agreed_inside);
                    inside = false;
                }
                Step::Send => {
                    let before = world.network.packets().len();
                    let _ = world.agent().send("usage");
                    let _ = world.agent().tick();
                    let may = agreed && !inside;
                    let left = world.network.packets().len() - before;
                    prop_assert!(may || left == 0, "{left} packets left");
                }
                Step::Hours(hours) => world.clock.advance(SignedDuration::from_hours(hours)),
                Step::LosePower => world.lose_power(),
            }
        }
        let agent = world.agent();
        let reading = agent.read().unwrap();
        let sends = agent.verdict(&reading, "usage").unwrap().consent().is_some();
        prop_assert_eq!(sends, agreed && !inside);
    }
}

#[test]
fn entering_destroys_nothing_and_silences_everything() {
    let world = World::new(1);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    let shown = world.agent().preview("usage", None, false).unwrap().parts;
    world.agent().airgap(true).unwrap();
    assert!(world.agent().send("usage").is_err());
    assert!(world.agent().held_live().is_err(), "not even by a person's command");
    assert_eq!(world.network.packets(), []);
    assert_eq!(agent::outbox::all(&world.disk).unwrap().len(), 1);
    world.agent().airgap(false).unwrap();
    // What was agreed outside, before, goes on where it was.
    assert_eq!(world.agent().preview("usage", None, false).unwrap().parts, shown);
}
