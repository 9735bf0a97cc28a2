//! The notice of opt-out channels: recorded only for what nobody answered, in force after its
//! grace, and never more than it may cover. Then the gate under random sequences of every way in.

use std::collections::BTreeMap;

use contract::decision::{DecideError, How, Record, Showing, State};
use contract::environment::Environment;
use contract::gate::Reason;
use contract::id::{ChannelId, TierId};
use contract::manifest::Manifest;
use contract::policy::{Opinion, Policy};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::fixture::{
    SMALL, World, agree, decline, destination, edited, hours, noon, noticed, showing, small,
};

const NOTICE: (&str, &str) = ("default = \"ask\"", "default = \"notice\"");
/// Nothing in the higher tier but closed lists and buckets.
const CLOSED: [(&str, &str); 2] = [
    ("kind = \"version\"\nsuffixes = [\"rc1\"]", "kind = \"choice\"\nchoices = [\"one\", \"two\"]"),
    ("kind = \"sample\"\nbytes_max = 64", "kind = \"choice\"\nchoices = [\"slow\", \"fast\"]"),
];

fn with(rest: &[(&str, &str)]) -> Result<Manifest, String> {
    let edits: Vec<_> = CLOSED.iter().chain(rest).copied().collect();
    Manifest::parse(&edited(SMALL, &edits)).map_err(|problems| problems.to_string())
}

#[test]
fn a_notice_works_after_its_grace_and_not_a_second_earlier() {
    for (declared, wanted) in [("", 24), ("\nnotice_grace_hours = 72", 72)] {
        let manifest = small(&[(NOTICE.0, &format!("{}{declared}", NOTICE.1))]);
        let mut record = Record::new(manifest.program.id.clone());
        record.notice("usage", &showing(&manifest, &destination(&manifest))).unwrap();
        let effective = noon() + hours(wanted);
        let mut world = World::new(manifest, record);
        world.now = effective - SignedDuration::from_secs(1);
        assert_eq!(world.decide("usage").reasons(), [Reason::Grace(effective)]);
        world.now = effective;
        assert_eq!(world.sends(), Some(vec!["system".to_owned()]));
    }
}

#[test]
fn no_manifest_grants_less_than_a_day() {
    let short = with(&[(NOTICE.0, "default = \"notice\"\nnotice_grace_hours = 23")]).unwrap_err();
    assert!(short.contains("a whole number from 24 to 2160"), "{short}");
    // Nor one that lint never saw, because it stands in a record.
    let manifest = small(&[NOTICE]);
    let mut value: serde_json::Value = serde_json::from_slice(&manifest.canonical()).unwrap();
    value["channels"][0]["notice"]["grace_hours"] = 0.into();
    let manifest: Manifest = serde_json::from_value(value).unwrap();
    assert_eq!(manifest.channels[0].grace_hours(), 24);
}

#[test]
fn a_notice_covers_a_higher_tier_only_where_that_is_harmless() {
    let full = "default = \"notice\"\nnotice_tier = \"full\"";
    let manifest = with(&[(NOTICE.0, full)]).unwrap();
    let record = noticed(&manifest, noon());
    assert_eq!(World::new(manifest, record).sends().map(|parts| parts.len()), Some(4));

    let open = Manifest::parse(&edited(SMALL, &[(NOTICE.0, full)])).unwrap_err().to_string();
    assert!(open.contains("only closed lists and buckets, and `tool` is neither"), "{open}");
    let period = "identity = \"period\"";
    let lasting = with(&[(period, "identity = \"28d\""), (NOTICE.0, full)]).unwrap_err();
    assert!(lasting.contains("no more than `basic` where tags last longer"), "{lasting}");
    let unknown = full.replace("full", "huge");
    let unknown = with(&[(NOTICE.0, unknown.as_str())]).unwrap_err();
    assert!(unknown.contains("there is no tier `huge`"), "{unknown}");
    let asks = with(&[(NOTICE.0, "default = \"ask\"\nnotice_tier = \"full\"")]).unwrap_err();
    assert!(asks.contains("the channel asks first"), "{asks}");
}

#[test]
fn what_a_notice_may_not_cover_it_does_not_cover_whatever_the_record_says() {
    let full = "default = \"notice\"\nnotice_tier = \"full\"";
    let manifest = with(&[(NOTICE.0, full)]).unwrap();
    let mut value: serde_json::Value = serde_json::from_slice(&manifest.canonical()).unwrap();
    value["channels"][0]["identity"] = "stable".into();
    let manifest: Manifest = serde_json::from_value(value).unwrap();
    let record = noticed(&manifest, noon());
    assert_eq!(World::new(manifest, record).sends(), Some(vec!["system".to_owned()]));
}

#[test]
fn a_notice_answers_nothing_that_is_asked_or_answered() {
    let asks = small(&[]);
    let tells = small(&[NOTICE]);
    let (at_asks, at_tells) = (destination(&asks), destination(&tells));
    let mut record = Record::new(asks.program.id.clone());
    let refused = record.notice("usage", &showing(&asks, &at_asks));
    assert!(matches!(refused, Err(DecideError::AsksFirst(_))));
    decline(&mut record, &tells, "usage");
    let declined = record.clone();
    let refused = record.notice("usage", &showing(&tells, &at_tells));
    assert!(matches!(refused, Err(DecideError::Answered(_))));
    assert_eq!(record, declined);
    agree(&mut record, &tells, "usage", "basic");
    let refused = record.notice("usage", &showing(&tells, &at_tells));
    assert!(matches!(refused, Err(DecideError::Answered(_))));
}

#[test]
fn seeing_a_notice_again_changes_nothing_unless_something_is_asked_again() {
    let first = small(&[NOTICE]);
    let mut record = noticed(&first, noon());
    let before = record.clone();
    record.notice("usage", &showing(&first, &destination(&first))).unwrap();
    assert_eq!(record, before, "its grace did not begin anew");

    let longer = small(&[NOTICE, ("retention_days = 90", "retention_days = 180")]);
    let mut world = World::new(longer.clone(), record.clone());
    assert!(matches!(world.decide("usage").reasons(), [Reason::AskedAgain(_)]));
    record.notice("usage", &showing(&longer, &destination(&longer))).unwrap();
    world.record = record;
    assert_eq!(world.decide("usage").reasons(), [Reason::Grace(noon() + hours(24))]);
}

/// A way in, or something that happens.
#[derive(Debug, Clone)]
enum Step {
    Agree(usize),
    Decline,
    Withdraw,
    Notice,
    Airgap(bool),
    Policy(Option<usize>),
    Forbidden(bool),
    Install(usize),
    Hours(i64),
    WriteAndRead,
}

/// Days that parts are kept, by version: keeping them longer is asked again.
const RETENTION: [u32; 3] = [90, 180, 365];
const TIERS: [&str; 2] = ["basic", "full"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..2usize).prop_map(Step::Agree),
        1 => Just(Step::Decline),
        1 => Just(Step::Withdraw),
        4 => Just(Step::Notice),
        2 => any::<bool>().prop_map(Step::Airgap),
        2 => proptest::option::of(0..3usize).prop_map(Step::Policy),
        1 => any::<bool>().prop_map(Step::Forbidden),
        2 => (0..3usize).prop_map(Step::Install),
        4 => (-30..60i64).prop_map(Step::Hours),
        1 => Just(Step::WriteAndRead),
    ]
}

/// What the design says, written once more in a few lines.
#[derive(Debug, Default)]
struct Model {
    /// What stands: the tier's number from 1 (0 for no), the version, and from when.
    said: Option<(usize, usize, Option<i64>)>,
    is_notice: bool,
    inside: bool,
    airgap: bool,
    policy: Option<usize>,
    forbidden: bool,
    installed: usize,
    hour: i64,
}

impl Model {
    fn put(&mut self, tier: usize, from: Option<i64>) {
        self.said = Some((tier, self.installed, from));
        self.is_notice = from.is_some();
        self.inside |= self.airgap;
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Agree(tier) => self.put(tier + 1, None),
            Step::Decline | Step::Withdraw => self.put(0, None),
            Step::Notice => match self.said {
                None => self.put(1, Some(self.hour + 24)),
                Some((_, under, _)) if self.is_notice && self.installed > under => {
                    self.put(1, Some(self.hour + 24));
                }
                _ => {}
            },
            Step::Airgap(on) => {
                if self.airgap && !on {
                    let is_no = matches!(self.said, Some((0, ..)));
                    self.said = self.said.filter(|_| !self.inside || is_no);
                    self.inside = false;
                }
                self.airgap = on;
            }
            Step::Policy(says) => self.policy = says,
            Step::Forbidden(forbidden) => self.forbidden = forbidden,
            Step::Install(version) => self.installed = version,
            Step::Hours(hours) => self.hour += hours,
            Step::WriteAndRead => {}
        }
    }

    /// How many parts may be sent.
    fn sends(&self) -> Option<usize> {
        let said = match self.said {
            Some((0, ..)) => return None,
            Some((_, _, Some(from))) if self.hour < from => return None,
            Some((_, under, _)) if self.installed > under => return None,
            Some((tier, ..)) => Some(tier),
            None => None,
        };
        let tier = match (said, self.policy) {
            (_, Some(0)) | (None, None) => return None,
            (Some(said), Some(policy)) => said.min(policy),
            (Some(tier), None) | (None, Some(tier)) => tier,
        };
        if self.airgap || self.forbidden {
            return None;
        }
        Some(if tier == 1 { 1 } else { 4 })
    }
}

fn versions() -> Vec<Manifest> {
    let kept = |days: u32| format!("retention_days = {days}");
    RETENTION.iter().map(|&days| small(&[NOTICE, ("retention_days = 90", &kept(days))])).collect()
}

fn policy(says: Option<usize>) -> Policy {
    let opinion = match says {
        None => return Policy::none(),
        Some(0) => Opinion::Forbid,
        Some(tier) => Opinion::Permit { tier: TierId::parse(TIERS[tier - 1]).unwrap() },
    };
    Policy::new(BTreeMap::from([(ChannelId::parse("usage").unwrap(), opinion)]))
}

fn at(hour: i64) -> Timestamp {
    noon() + hours(hour)
}

/// Does a step on the real record.
fn carry_out(world: &mut World, step: &Step, versions: &[Manifest]) {
    let (manifest, when) = (world.manifest.clone(), world.now);
    let destination = destination(&manifest);
    let showing = Showing {
        manifest: &manifest,
        destination: &destination,
        language: "en",
        how: How::Page,
        when,
    };
    match *step {
        Step::Agree(tier) => world.record.agree("usage", Some(TIERS[tier]), &showing).unwrap(),
        Step::Decline => world.record.decline("usage", &showing).unwrap(),
        Step::Withdraw => {
            let record =
                std::mem::replace(&mut world.record, Record::new(manifest.program.id.clone()));
            world.record = record.withdraw("usage", &showing).unwrap().0;
        }
        // Whether it counts is what the model says.
        Step::Notice => drop(world.record.notice("usage", &showing)),
        Step::Airgap(true) => world.record.enter_airgap(when),
        Step::Airgap(false) => world.record.leave_airgap(),
        Step::Policy(says) => world.policy = policy(says),
        Step::Forbidden(on) => {
            let value = |name: &str| (on && name == "DO_NOT_TRACK").then(|| "1".to_owned());
            world.environments = vec![Environment::read("the service", value)];
        }
        Step::Install(version) => world.manifest = versions[version].clone(),
        Step::Hours(_) => {}
        Step::WriteAndRead => world.record = Record::from_bytes(&world.record.to_bytes()).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_gate_agrees_with_the_design_after_any_sequence_of_every_way_in(
        steps in vec(step(), 1..40),
    ) {
        let versions = versions();
        let record = Record::new(versions[0].program.id.clone());
        let mut world = World::new(versions[0].clone(), record);
        world.destination = destination(&versions[0]);
        let mut model = Model::default();
        for step in &steps {
            carry_out(&mut world, step, &versions);
            model.step(step);
            world.now = at(model.hour);
            let sends = world.sends().map(|parts| parts.len());
            prop_assert_eq!(sends, model.sends(), "after {:?}: {:?}", step, model);
            let verdict = world.decide("usage");
            prop_assert_eq!(verdict.reasons().is_empty(), sends.is_some());
            let decision = world.record.decision(&world.manifest.channels[0].id);
            let state = decision.map(|decision| matches!(decision.state, State::Noticed { .. }));
            prop_assert_eq!(state == Some(true), model.said.is_some() && model.is_notice);
        }
    }
}
