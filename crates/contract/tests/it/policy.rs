//! A fleet's policy: what it says about a program as it is installed, when it ends, and under whose
//! signature it is believed.

use contract::decision::{Record, State};
use contract::gate::decide_by_hand;
use contract::gate::{Reason, Situation};
use contract::id::{ChannelId, TierId};
use contract::policy::{
    Opinion, POLICY_BYTES_MAX, Policy, PolicyFile, SignedError, SignedPolicy, document,
};
use envelope::policy::PolicyKey;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use crate::fixture::{World, agreed, decline, hours, noon, small};

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

fn file(rest: &str) -> PolicyFile {
    PolicyFile::parse(&format!("policy = 1\ntitle = \"The grid\"\n{rest}")).unwrap()
}

fn opinion<'p>(policy: &'p Policy, channel: &str) -> Option<&'p Opinion> {
    policy.opinion(&ChannelId::parse(channel).unwrap())
}

#[test]
fn a_policy_speaks_of_the_programs_and_channels_that_it_names_and_of_others_as_it_says() {
    let manifest = small(&[]);
    let usage = "[program.larkspur.channel]\nusage = { permit = \"basic\" }\nfaults = \"forbid\"";
    let basic = Opinion::Permit { tier: TierId::parse("basic").unwrap() };
    for (others, of_others) in [("", None), ("others = \"forbid\"\n", Some(&Opinion::Forbid))] {
        let policy = file(&format!("{others}{usage}")).about(&manifest);
        assert_eq!(opinion(&policy, "usage"), Some(&basic));
        assert_eq!(opinion(&policy, "faults"), Some(&Opinion::Forbid));
        assert_eq!(opinion(&policy, "devices"), of_others);
        assert_eq!(policy.in_words(), Some("“The grid”"));
        assert!(!policy.is_unusable());
        // Of a program that it does not name.
        let elsewhere = small(&[("id = \"larkspur\"", "id = \"thistle\"")]);
        let policy = file(&format!("{others}{usage}")).about(&elsewhere);
        assert_eq!(opinion(&policy, "usage"), of_others);
        assert_eq!(policy.in_words(), Some("“The grid”"));
    }
}

#[test]
fn with_another_manifest_than_the_pinned_one_everything_is_forbidden() {
    let manifest = small(&[]);
    let text = format!(
        "[program.larkspur]\nmanifest = \"{}\"\nrelay = \"https://relay.example.net\"\n\
         ca = \"\"\"\n{CERTIFICATE}\"\"\"\n[program.larkspur.channel]\n\
         usage = {{ permit = \"full\" }}",
        manifest.hash()
    );
    let policy = file(&text).about(&manifest);
    assert!(matches!(opinion(&policy, "usage"), Some(Opinion::Permit { .. })));
    assert_eq!(policy.relay(), Some("https://relay.example.net"));
    assert_eq!(policy.ca(), Some(CERTIFICATE));
    let other = small(&[("Which systems are in use.", "Which systems are used.")]);
    let policy = file(&text).about(&other);
    assert_eq!(opinion(&policy, "usage"), Some(&Opinion::Forbid));
    assert_eq!(opinion(&policy, "devices"), Some(&Opinion::Forbid));
    assert_eq!(policy.in_words(), Some("“The grid”: it pins another manifest"));
    assert_eq!((policy.relay(), policy.ca()), (None, None));
}

#[test]
fn no_policy_and_an_unusable_one_say_what_they_are() {
    let none = Policy::none();
    assert_eq!((none.in_words(), none.relay(), none.ca()), (None, None, None));
    assert!(!none.is_unusable());
    let unusable = Policy::unusable("line 3");
    assert!(unusable.is_unusable());
    let words = "which cannot be used, so nothing is sent: line 3";
    assert_eq!(unusable.in_words(), Some(words));
}

#[test]
fn a_policy_ends_at_the_moment_that_it_names() {
    let ends = noon() + hours(1);
    let policy = file(&format!("expires = \"{ends}\""));
    assert_eq!(policy.ended(noon()), None);
    assert_eq!(policy.ended(ends), Some(ends));
    assert_eq!(policy.ended(ends + hours(1)), Some(ends));
    assert_eq!(file("").ended(ends), None, "one without an end has none");
}

#[test]
fn a_policy_is_believed_under_the_fleets_signature_alone_with_a_number_and_an_end() {
    let key = |seed| PolicyKey::generate(&mut ChaCha8Rng::seed_from_u64(seed));
    let (fleet, other) = (key(1), key(2));
    let signed = |text: &str| document(text, &fleet.sign(text.as_bytes())).into_bytes();
    let ends = noon() + hours(24);
    let head = "policy = 1\ntitle = \"The grid\"\n";
    let whole = format!("{head}number = 7\nexpires = \"{ends}\"\n");
    let open = |bytes: &[u8]| SignedPolicy::open(bytes, &fleet.public());
    let policy = open(&signed(&whole)).unwrap();
    assert_eq!((policy.number(), policy.expires()), (7, ends));
    assert_eq!(policy.file(), &PolicyFile::parse(&whole).unwrap());

    let refused = |bytes: &[u8]| open(bytes).unwrap_err().to_string();
    assert!(SignedPolicy::open(&signed(&whole), &other.public()).is_err());
    let changed = String::from_utf8(signed(&whole)).unwrap().replace("number = 7", "number = 8");
    assert_eq!(refused(changed.as_bytes()), "its signature is not that of the fleet's key");
    assert_eq!(refused(whole.as_bytes()), "it does not begin with the line of a signature");
    assert_eq!(refused(b""), "it does not begin with the line of a signature");
    let unnumbered = format!("{head}expires = \"{ends}\"\n");
    assert_eq!(refused(&signed(&unnumbered)), "it is signed and has no `number`");
    let endless = format!("{head}number = 7\n");
    assert_eq!(refused(&signed(&endless)), "it is signed and has no `expires`");
    assert!(matches!(open(&signed("policy = 2")), Err(SignedError::Text(_))));
}

#[test]
fn the_longest_policy_is_read_and_one_byte_more_is_not_looked_at() {
    let key = PolicyKey::generate(&mut ChaCha8Rng::seed_from_u64(1));
    let of_length = |bytes: usize| {
        let head = format!("policy = 1\ntitle = \"T\"\nnumber = 1\nexpires = \"{}\"\n#", noon());
        let empty = document(&head, &key.sign(head.as_bytes())).len();
        let text = format!("{head}{}", "x".repeat(bytes - empty));
        document(&text, &key.sign(text.as_bytes()))
    };
    let longest = of_length(POLICY_BYTES_MAX);
    assert_eq!(longest.len(), 262_144);
    SignedPolicy::open(longest.as_bytes(), &key.public()).unwrap();
    let longer = of_length(POLICY_BYTES_MAX + 1);
    let refused = SignedPolicy::open(longer.as_bytes(), &key.public());
    assert!(matches!(refused, Err(SignedError::Length)));
}

#[test]
fn a_person_may_carry_what_was_agreed_to_out_of_the_air_gap_and_nothing_else() {
    let manifest = small(&[]);
    let mut world = World::new(manifest.clone(), agreed(&manifest));
    world.record.enter_airgap(noon());
    assert_eq!(world.sends(), None);
    let by_hand = |world: &World| {
        let situation = Situation {
            manifest: &world.manifest,
            destination: &world.destination,
            record: &world.record,
            policy: &world.policy,
            environments: &world.environments,
            now: world.now,
        };
        decide_by_hand(&situation, "usage")
            .unwrap()
            .consent()
            .map(|consent| consent.parts().count())
    };
    assert_eq!(by_hand(&world), Some(4));
    world.policy = Policy::unusable("line 3");
    assert_eq!(by_hand(&world), None);
    world.policy = Policy::none();
    decline(&mut world.record, &manifest, "usage");
    assert_eq!(by_hand(&world), None);
}

#[test]
fn a_verdict_names_the_decision_that_it_rests_on_and_what_waits_for_another() {
    let manifest = small(&[]);
    let world = World::new(manifest.clone(), Record::new(manifest.program.id.clone()));
    let verdict = world.decide("usage");
    assert!(verdict.decision().is_none() && verdict.waiting().is_empty());
    assert_eq!(verdict.reasons(), [Reason::Unset]);
    let mut world = World::new(manifest.clone(), agreed(&manifest));
    let verdict = world.decide("usage");
    let said = verdict.decision().map(|decision| &decision.state);
    assert!(matches!(said, Some(State::Yes { tier }) if tier.as_str() == "full"));
    assert!(verdict.waiting().is_empty());
    world.manifest = small(&[("retention_days = 90", "retention_days = 91")]);
    let verdict = world.decide("usage");
    assert_eq!(verdict.waiting().len(), 1);
    assert!(verdict.consent().is_none());
}
