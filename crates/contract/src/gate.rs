//! The gate: the one function that decides whether a channel may send.
//!
//! Whatever leaves needs a [`Consent`], and only [`decide`] and [`decide_by_hand`] make one. It
//! borrows the record, so no consent outlives a change of mind.

use jiff::Timestamp;

use crate::change::{Change, Topic, changes};
use crate::decision::{Decision, Record, State};
use crate::destination::Destination;
use crate::environment::{Environment, Forbidding};
use crate::id::{PartId, TierId};
use crate::manifest::{Channel, DefaultRule, Manifest};
use crate::policy::{Opinion, Policy};

/// Everything that bears on a decision, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What may be collected, as it is installed now.
    pub manifest: &'a Manifest,
    /// Where parts would go now.
    pub destination: &'a Destination,
    /// What was decided.
    pub record: &'a Record,
    /// What the fleet's policy says.
    pub policy: &'a Policy,
    /// What the environments of this process and of the service say.
    pub environments: &'a [Environment],
    /// The moment.
    pub now: Timestamp,
}

/// Why a channel sends nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The machine is in the air gap.
    Airgap,
    /// The policy forbids it.
    Policy,
    /// An environment variable forbids it.
    Environment(Forbidding),
    /// A person said no.
    Declined,
    /// Nobody has decided.
    Unset,
    /// A notice was shown; its grace period lasts until then.
    Grace(Timestamp),
    /// Something changed that is asked again, and all parts wait for the answer.
    AskedAgain(Vec<Change>),
    /// The manifest no longer has the tier that was agreed to.
    TierGone,
}

/// The answer of the gate about one channel.
#[derive(Debug)]
pub struct Verdict<'a> {
    channel: &'a Channel,
    decision: Option<&'a Decision>,
    reasons: Vec<Reason>,
    waiting: Vec<Change>,
    consent: Option<Consent<'a>>,
}

/// The proof that a channel may send, and which of its parts. Only [`decide`] makes one.
#[derive(Debug)]
pub struct Consent<'a> {
    channel: &'a Channel,
    tier: TierId,
    parts: Vec<PartId>,
    manifest: &'a Manifest,
    destination: &'a Destination,
    // Keeps the record borrowed: while a consent exists, no decision can change.
    record: &'a Record,
}

/// Decides whether a channel may send. `None` if the manifest has no such channel.
pub fn decide<'a>(situation: &Situation<'a>, channel: &str) -> Option<Verdict<'a>> {
    verdict(situation, channel, Carrier::Network)
}

/// Decides whether a channel's parts may be given to a person, who carries them in a file. The air
/// gap does not stand in the way of that: it is what such files are for. Everything else does.
pub fn decide_by_hand<'a>(situation: &Situation<'a>, channel: &str) -> Option<Verdict<'a>> {
    verdict(situation, channel, Carrier::Person)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Carrier {
    Network,
    Person,
}

fn verdict<'a>(situation: &Situation<'a>, channel: &str, carrier: Carrier) -> Option<Verdict<'a>> {
    let channel = situation.manifest.channel(channel)?;
    let decision = situation.record.decision(&channel.id);
    let mut reasons = Vec::new();
    // This order decides only what `why` names first: any of them forbids.
    if situation.record.airgap() && carrier == Carrier::Network {
        reasons.push(Reason::Airgap);
    }
    let opinion = situation.policy.opinion(&channel.id);
    if opinion == Some(&Opinion::Forbid) {
        reasons.push(Reason::Policy);
    }
    let forbidding = situation.environments.iter().flat_map(Environment::forbids);
    reasons.extend(forbidding.map(Reason::Environment));
    let tier = agreed_tier(situation, channel, decision, opinion, &mut reasons);
    let differences = differences(situation, channel, decision);
    let waiting: Vec<_> = differences.into_iter().filter(|change| change.asked).collect();
    let whole: Vec<_> = waiting.iter().filter(|change| change.part.is_none()).cloned().collect();
    if tier.is_some() && !whole.is_empty() {
        reasons.push(Reason::AskedAgain(whole));
    }
    let consent = tier.filter(|_| reasons.is_empty()).map(|tier| {
        let silent =
            |part: &PartId| waiting.iter().any(|change| change.part.as_ref() == Some(part));
        let parts = channel.parts_in(&tier).map(|part| part.id.clone());
        let parts = parts.filter(|part| !silent(part)).collect();
        let Situation { manifest, destination, record, .. } = *situation;
        Consent { channel, tier, parts, manifest, destination, record }
    });
    Some(Verdict { channel, decision, reasons, waiting, consent })
}

/// The tier that record and policy allow, or the reason why there is none.
fn agreed_tier(
    situation: &Situation<'_>,
    channel: &Channel,
    decision: Option<&Decision>,
    opinion: Option<&Opinion>,
    reasons: &mut Vec<Reason>,
) -> Option<TierId> {
    let recorded = match decision.map(|decision| (decision, &decision.state)) {
        Some((_, State::No)) => {
            reasons.push(Reason::Declined);
            return None;
        }
        // A notice in its grace allows nothing yet, also where the policy would.
        Some((_, State::Noticed { effective })) if *effective > situation.now => {
            reasons.push(Reason::Grace(*effective));
            return None;
        }
        // A channel that now asks first is not answered by a notice.
        Some((_, State::Noticed { .. })) if channel.default == DefaultRule::Ask => None,
        Some((decision, State::Noticed { .. })) => {
            // The tier of what was shown: a later manifest may put another one in its place.
            let shown = situation.record.shown(decision);
            let shown = shown.and_then(|manifest| manifest.channel(channel.id.as_str()));
            shown.and_then(Channel::covered_by_notice).cloned()
        }
        Some((_, State::Yes { tier })) => Some(tier.clone()),
        None => None,
    };
    let permitted = match opinion {
        Some(Opinion::Permit { tier }) => Some(tier.clone()),
        _ => None,
    };
    let tier = match (recorded, permitted) {
        (None, None) => {
            reasons.push(Reason::Unset);
            return None;
        }
        // The smallest that any of them allows.
        (Some(a), Some(b)) if channel.tier_rank(&b) < channel.tier_rank(&a) => b,
        (Some(tier), _) | (None, Some(tier)) => tier,
    };
    if channel.tier_rank(&tier).is_none() {
        reasons.push(Reason::TierGone);
        return None;
    }
    Some(tier)
}

/// What differs between what was shown and what is now.
fn differences(
    situation: &Situation<'_>,
    channel: &Channel,
    decision: Option<&Decision>,
) -> Vec<Change> {
    let Some(decision) = decision else {
        return Vec::new();
    };
    match situation.record.shown(decision) {
        Some(shown) => changes(
            (shown, &decision.destination),
            (situation.manifest, situation.destination),
            channel.id.as_str(),
        ),
        None => vec![Change {
            part: None,
            topic: Topic::Unknown,
            what: "the record no longer says what was shown".to_owned(),
            asked: true,
        }],
    }
}

impl<'a> Verdict<'a> {
    /// The channel.
    pub fn channel(&self) -> &'a Channel {
        self.channel
    }

    /// What was decided; `None` while it is unset.
    pub fn decision(&self) -> Option<&'a Decision> {
        self.decision
    }

    /// Why nothing is sent, strongest first; empty where there is consent.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Changes that wait for an answer; what they touch is silent.
    pub fn waiting(&self) -> &[Change] {
        &self.waiting
    }

    /// The proof that the channel may send.
    pub fn consent(&self) -> Option<&Consent<'a>> {
        self.consent.as_ref()
    }
}

impl<'a> Consent<'a> {
    /// The channel.
    pub fn channel(&self) -> &'a Channel {
        self.channel
    }

    /// The tier.
    pub fn tier(&self) -> &TierId {
        &self.tier
    }

    /// The manifest.
    pub fn manifest(&self) -> &'a Manifest {
        self.manifest
    }

    /// Where parts may go, and nowhere else.
    pub fn destination(&self) -> &'a Destination {
        self.destination
    }

    /// Whether a part may be sent.
    pub fn covers(&self, part: &PartId) -> bool {
        self.parts.contains(part) && self.record.program() == &self.manifest.program.id
    }

    /// The parts that may be sent.
    pub fn parts(&self) -> impl Iterator<Item = &'a crate::manifest::Part> + use<'a, '_> {
        self.channel.parts.iter().filter(|part| self.covers(&part.id))
    }
}
