//! Random histories of one machine: whatever happens in whatever order, the invariants hold.

use proptest::collection::vec;
use proptest::prelude::*;
use simulation::history::{History, Operation, Rule};
use simulation::network::Weather;

fn operation() -> impl Strategy<Value = Operation> {
    let channel = prop_oneof![Just("usage"), Just("devices")];
    let variable = prop_oneof![Just("CANDOR_TELEMETRY"), Just("DO_NOT_TRACK")];
    let value = prop_oneof![Just(""), Just("0"), Just("1"), Just("No"), Just("TRUE"), Just("2")];
    let weather = prop_oneof![
        3 => Just(Weather::Clear),
        1 => Just(Weather::LosesRequests),
        1 => Just(Weather::LosesReplies),
        1 => Just(Weather::Busy(503)),
        1 => Just(Weather::Busy(429)),
        1 => Just(Weather::Forged),
    ];
    prop_oneof![
        4 => prop_oneof![Just(Some("basic")), Just(Some("full"))]
            .prop_map(|tier| Operation::Agree("usage", tier)),
        2 => Just(Operation::Agree("devices", None)),
        2 => channel.clone().prop_map(Operation::Decline),
        1 => (channel.clone(), any::<bool>())
            .prop_map(|(channel, now)| Operation::Withdraw(channel, now)),
        1 => any::<bool>().prop_map(Operation::Airgap),
        1 => prop_oneof![
            1 => Just(Rule::Forbid),
            1 => Just(Rule::Permit("basic")),
            1 => Just(Rule::Permit("full")),
            2 => Just(Rule::Undecided),
        ]
        .prop_map(Operation::Policy),
        1 => channel.clone().prop_map(Operation::Notice),
        1 => (variable.clone(), value.clone())
            .prop_map(|(name, value)| Operation::Service(name, value)),
        2 => Just(Operation::Carry),
        2 => channel.clone().prop_map(Operation::Preview),
        4 => channel.prop_map(Operation::Send),
        8 => Just(Operation::Tick),
        8 => (0..30u8).prop_map(Operation::Hours),
        2 => (variable, value).prop_map(|(name, value)| Operation::Set(name, value)),
        2 => weather.prop_map(Operation::Weather),
        1 => (0..15usize).prop_map(Operation::Upgrade),
        1 => Just(Operation::Downgrade),
        2 => Just(Operation::LosePower),
        1 => (1..9u64).prop_map(Operation::Processors),
    ]
}

/// Does them all; everything is checked after each.
fn holds(mut history: History, operations: &[Operation]) -> Result<(), TestCaseError> {
    for (index, operation) in operations.iter().enumerate() {
        let held = history.step(operation);
        prop_assert!(held.is_ok(), "step {index}, {operation:?}: {}", held.unwrap_err());
    }
    Ok(())
}

/// The same, with more notices, and days that pass around the end of their grace.
fn operation_around_a_notice() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => operation(),
        1 => Just(Operation::Notice("usage")),
        3 => prop_oneof![1..6u8, 60..80u8].prop_map(Operation::Hours),
        3 => Just(Operation::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    // Promise 1: one consent record. Promise 8: off is zero packets. Promise 21: no queued report
    // goes out after a no. And: sent = previewed = ledgered; acknowledged = held once.
    #[test]
    fn what_is_shown_is_what_the_sender_uses_after_any_sequence_of_changes(
        seed in any::<u64>(),
        operations in vec(operation(), 1..60),
    ) {
        holds(History::new(seed), &operations)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    // The same, where everything travels blind; and privacy is never downgraded: no packet goes to
    // the collector's own address, whatever happens.
    #[test]
    fn what_was_agreed_to_travel_blind_never_goes_direct(
        seed in any::<u64>(),
        operations in vec(operation(), 1..60),
    ) {
        holds(History::through_a_relay(seed), &operations)?;
    }

    // The same, where usage is opt-out: what was not answered is sent three days after somebody
    // saw the notice, and not before.
    #[test]
    fn a_notice_counts_when_somebody_saw_it_and_time_has_passed(
        seed in any::<u64>(),
        operations in vec(operation_around_a_notice(), 1..60),
    ) {
        holds(History::opt_out(seed), &operations)?;
    }
}

#[test]
fn through_a_relay_every_day_is_delivered_once_while_keys_come_and_go() {
    let mut history = History::through_a_relay(7);
    history.step(&Operation::Agree("usage", Some("full"))).unwrap();
    for day in 0..20 {
        for _ in 0..24 {
            history.world.pass_hours(1);
            history.world.agent().tick().unwrap();
        }
        history.check_state().unwrap_or_else(|error| panic!("day {day}: {error}"));
    }
    let delivered = history.world.network.accepted().len();
    assert!((3 * 18..=3 * 20).contains(&delivered), "{delivered} parts in 20 days");
    assert_eq!(history.world.network.packets().len(), delivered);
    // Once a day at most, and not for each part.
    assert!((8..=21).contains(&history.world.network.fetches()));
}

#[test]
fn a_long_ordinary_life_delivers_every_day_once() {
    let mut history = History::new(7);
    history.step(&Operation::Agree("usage", Some("full"))).unwrap();
    for day in 0..40 {
        // Every step is checked, and takes longer with each line of the ledger: once a day will do.
        for _ in 0..23 {
            history.world.pass_hours(1);
            history.world.agent().tick().unwrap();
        }
        history.world.pass_hours(1);
        history.check_state().unwrap_or_else(|error| panic!("day {day}: {error}"));
        history.world.agent().tick().unwrap();
    }
    // The first 24 hours are silent; after that three parts a day, but for the last one's rest.
    let delivered = history.world.network.accepted().len();
    assert!((3 * 38..=3 * 40).contains(&delivered), "{delivered} parts in 40 days");
    assert_eq!(history.world.network.packets().len(), delivered);
}
