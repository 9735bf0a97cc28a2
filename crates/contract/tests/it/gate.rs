//! The gate: every combination of what may forbid and what may permit.

use std::collections::BTreeMap;

use contract::decision::Record;
use contract::environment::Environment;
use contract::gate::Reason;
use contract::id::{ChannelId, TierId};
use contract::manifest::Manifest;
use contract::policy::{Opinion, Policy};

use crate::fixture::{World, agree, agreed, decline, hours, noon, noticed, small};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Recorded {
    Unset,
    No,
    Grace,
    Noticed,
    Basic,
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Says {
    Nothing,
    Forbid,
    Basic,
    Full,
}

const RECORDED: [Recorded; 6] = [
    Recorded::Unset,
    Recorded::No,
    Recorded::Grace,
    Recorded::Noticed,
    Recorded::Basic,
    Recorded::Full,
];
const SAYS: [Says; 4] = [Says::Nothing, Says::Forbid, Says::Basic, Says::Full];

/// What the design says, written once more and independently: how many parts may be sent.
fn expected(airgap: bool, policy: Says, forbidden: bool, recorded: Recorded) -> Option<usize> {
    // Rank 1 is the basic tier with one part, rank 2 the full one with four.
    let record = match recorded {
        Recorded::Unset => None,
        Recorded::No | Recorded::Grace => Some(0),
        Recorded::Noticed | Recorded::Basic => Some(1),
        Recorded::Full => Some(2),
    };
    let policy = match policy {
        Says::Nothing => None,
        Says::Forbid => Some(0),
        Says::Basic => Some(1),
        Says::Full => Some(2),
    };
    let smallest = record.into_iter().chain(policy).min().unwrap_or(0);
    match smallest {
        _ if airgap || forbidden => None,
        1 => Some(1),
        2 => Some(4),
        _ => None,
    }
}

fn record(manifest: &Manifest, recorded: Recorded) -> Record {
    let mut record = Record::new(manifest.program.id.clone());
    match recorded {
        Recorded::Unset => {}
        Recorded::No => decline(&mut record, manifest, "usage"),
        Recorded::Grace => return noticed(manifest, noon() + hours(1)),
        Recorded::Noticed => return noticed(manifest, noon() - hours(1)),
        Recorded::Basic => agree(&mut record, manifest, "usage", "basic"),
        Recorded::Full => agree(&mut record, manifest, "usage", "full"),
    }
    record
}

fn policy(says: Says) -> Policy {
    let tier = |name| Opinion::Permit { tier: TierId::parse(name).unwrap() };
    let opinion = match says {
        Says::Nothing => return Policy::none(),
        Says::Forbid => Opinion::Forbid,
        Says::Basic => tier("basic"),
        Says::Full => tier("full"),
    };
    Policy::new(BTreeMap::from([(ChannelId::parse("usage").unwrap(), opinion)]))
}

fn environment(variable: &str, value: &str) -> Environment {
    Environment::read("the service", |asked| (asked == variable).then(|| value.to_owned()))
}

#[test]
fn every_combination_of_airgap_policy_environment_and_record() {
    let manifest = small(&[("default = \"ask\"", "default = \"notice\"")]);
    let quiet = environment("CANDOR_TELEMETRY", "1");
    let environments = [
        (false, vec![]),
        (false, vec![quiet.clone()]),
        (true, vec![environment("CANDOR_TELEMETRY", "0")]),
        (true, vec![environment("DO_NOT_TRACK", "1"), quiet.clone()]),
        (true, vec![quiet, environment("DO_NOT_TRACK", "perhaps")]),
    ];
    let mut combinations = 0;
    for recorded in RECORDED {
        for says in SAYS {
            for (forbidden, environments) in &environments {
                for airgap in [false, true] {
                    let mut record = record(&manifest, recorded);
                    if airgap {
                        record.enter_airgap(noon());
                    }
                    let mut world = World::new(manifest.clone(), record);
                    world.policy = policy(says);
                    world.environments.clone_from(environments);
                    let sends = world.sends();
                    let said = format!("{airgap} {says:?} {environments:?} {recorded:?}");
                    let wanted = expected(airgap, says, *forbidden, recorded);
                    assert_eq!(sends.as_ref().map(Vec::len), wanted, "{said}");
                    // There is consent, or a reason, and never both.
                    assert_eq!(
                        world.decide("usage").reasons().is_empty(),
                        wanted.is_some(),
                        "{said}"
                    );
                    combinations += 1;
                }
            }
        }
    }
    assert_eq!(combinations, 6 * 4 * 5 * 2);
}

#[test]
fn why_names_the_strongest_reason_first() {
    let manifest = small(&[]);
    let mut record = Record::new(manifest.program.id.clone());
    decline(&mut record, &manifest, "usage");
    record.enter_airgap(noon());
    let mut world = World::new(manifest, record);
    world.policy = policy(Says::Forbid);
    world.environments = vec![environment("DO_NOT_TRACK", "1")];
    let verdict = world.decide("usage");
    let [Reason::Airgap, Reason::Policy, Reason::Environment(variable), Reason::Declined] =
        verdict.reasons()
    else {
        panic!("{:?}", verdict.reasons())
    };
    assert_eq!(variable.process, "the service");
}

#[test]
fn a_channel_without_a_decision_sends_nothing() {
    let manifest = small(&[]);
    let world = World::new(manifest.clone(), Record::new(manifest.program.id.clone()));
    assert_eq!(world.decide("usage").reasons(), [Reason::Unset]);
    assert_eq!(world.sends(), None);
}

#[test]
fn a_notice_does_not_answer_a_channel_that_asks_first() {
    let shown = small(&[("default = \"ask\"", "default = \"notice\"")]);
    let record = noticed(&shown, noon() - hours(1));
    let world = World::new(small(&[]), record);
    assert_eq!(world.decide("usage").reasons(), [Reason::Unset]);
}

#[test]
fn a_notice_covers_the_first_tier_of_what_was_shown() {
    let notice = ("default = \"ask\"", "default = \"notice\"");
    let shown = small(&[notice]);
    let record = noticed(&shown, noon() - hours(1));
    // The tier that was first is gone, and another one is first now.
    let now = small(&[notice, ("id = \"basic\"", "id = \"start\"")]);
    let world = World::new(now, record);
    assert_eq!(world.decide("usage").reasons(), [Reason::TierGone]);
}

#[test]
fn a_tier_that_is_gone_is_not_replaced_by_another() {
    let shown = small(&[]);
    let now = small(&[
        ("id = \"full\"", "id = \"whole\""),
        ("id = \"memory\"\ntier = \"full\"", "id = \"memory\"\ntier = \"whole\""),
        ("id = \"tool\"\ntier = \"full\"", "id = \"tool\"\ntier = \"whole\""),
        ("id = \"name\"\ntier = \"full\"", "id = \"name\"\ntier = \"whole\""),
    ]);
    let world = World::new(now, agreed(&shown));
    assert_eq!(world.decide("usage").reasons(), [Reason::TierGone]);
}

#[test]
fn a_policy_that_names_an_unknown_tier_permits_nothing() {
    let manifest = small(&[]);
    let mut world = World::new(manifest.clone(), agreed(&manifest));
    let tier = TierId::parse("enormous").unwrap();
    let opinions = [(ChannelId::parse("usage").unwrap(), Opinion::Permit { tier })];
    world.policy = Policy::new(opinions.into_iter().collect());
    assert_eq!(world.decide("usage").reasons(), [Reason::TierGone]);
}

#[test]
fn the_record_of_another_program_covers_no_part() {
    let ours = small(&[]);
    let theirs = small(&[("id = \"larkspur\"", "id = \"foxglove\"")]);
    let world = World::new(ours, agreed(&theirs));
    assert_eq!(world.sends(), Some(Vec::new()));
}

#[test]
fn an_unknown_channel_has_no_verdict() {
    let manifest = small(&[]);
    let record = agreed(&manifest);
    let world = World::new(manifest, record);
    let situation = contract::gate::Situation {
        manifest: &world.manifest,
        destination: &world.destination,
        record: &world.record,
        policy: &world.policy,
        environments: &[],
        now: world.now,
    };
    assert!(contract::gate::decide(&situation, "faults").is_none());
}
