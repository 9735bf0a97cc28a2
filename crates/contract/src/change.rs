//! What is asked again when a manifest changes, and what is only shown: one list for the gate,
//! `ask`, `manifest diff` and lint.
//!
//! The unit that falls silent is the part: its fields travel together, so a part with one new
//! question waits as a whole, and every unchanged part goes on. Changes of the channel or of the
//! destination silence all of its parts.

use std::collections::BTreeSet;

use envelope::oblivious::Kem;

use crate::calendar::{Identity, PeriodKind};
use crate::destination::Destination;
use crate::id::PartId;
use crate::kind::Kind;
use crate::manifest::{Channel, Controller, DefaultRule, Field, Manifest, Publication, Source};

mod question;

/// One difference between what was shown and what is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The part it is in; `None` for the whole channel.
    pub part: Option<PartId>,
    /// What kind of difference it is.
    pub topic: Topic,
    /// The difference in plain words.
    pub what: String,
    /// Whether people are asked again, and what it touches is silent until they answer.
    pub asked: bool,
}

/// What kind of difference a change is, for summaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A question that was not asked before, in this part or at all.
    NewQuestion,
    /// A question whose answers can say more.
    Widened,
    /// A question, or what it is asked for, in other words.
    Reworded,
    /// Where an answer is read.
    Source,
    /// How long parts are kept.
    Retention,
    /// How often parts are sent.
    Period,
    /// How long a tag lasts.
    Identity,
    /// What is published, and how.
    Publication,
    /// Where parts go, and who answers for them.
    Destination,
    /// Which tier a question needs.
    Tier,
    /// A question whose answers can say less.
    Narrowed,
    /// A question that is no longer asked.
    Removed,
    /// Titles, dates and other things that change nothing of what leaves.
    Detail,
    /// The record does not say what was shown.
    Unknown,
}

/// All differences of one channel, from what was shown to what is now.
pub fn changes(
    (shown, shown_destination): (&Manifest, &Destination),
    (now, destination): (&Manifest, &Destination),
    channel: &str,
) -> Vec<Change> {
    let mut found = Found::default();
    let Some(new) = now.channel(channel) else {
        // A channel that is gone sends nothing.
        return found.0;
    };
    let Some(old) = shown.channel(channel) else {
        found.asked(Topic::Unknown, "this channel was not shown");
        return found.0;
    };
    destination_changes(&mut found, shown_destination, destination);
    sealing_changes(&mut found, shown.program.sealing, now.program.sealing);
    controller_changes(&mut found, &shown.controller, &now.controller);
    promises(&mut found, shown, now);
    channel_changes(&mut found, old, new);
    publication_changes(&mut found, old, new);
    question::changes(&mut found, (shown, old), (now, new));
    databases(&mut found, shown, (now, new));
    removed_values(&mut found, shown, (now, new));
    found.0
}

/// Changes as they are found.
#[derive(Default)]
struct Found(Vec<Change>);

impl Found {
    fn note(&mut self, part: Option<&PartId>, topic: Topic, what: impl Into<String>, asked: bool) {
        self.0.push(Change { part: part.cloned(), topic, what: what.into(), asked });
    }

    /// A change of the whole channel that is asked again.
    fn asked(&mut self, topic: Topic, what: impl Into<String>) {
        self.note(None, topic, what, true);
    }

    /// A change of the whole channel that is only shown.
    fn told(&mut self, topic: Topic, what: impl Into<String>) {
        self.note(None, topic, what, false);
    }
}

fn destination_changes(found: &mut Found, old: &Destination, new: &Destination) {
    let topic = Topic::Destination;
    if old.collector != new.collector {
        let what = format!("the collector is now {} (was {})", new.collector, old.collector);
        found.asked(topic, what);
    }
    if new.root_keys.iter().any(|key| !old.root_keys.contains(key)) {
        found.asked(topic, "another root key is pinned");
    } else if old.root_keys != new.root_keys {
        found.told(topic, "a root key is no longer pinned");
    }
    if old.relays.is_empty() && !new.relays.is_empty() {
        let relay = new.relays.first();
        let operator = relay.map_or("somebody", |relay| relay.operator.as_str());
        found.asked(topic, format!("parts now go through a relay, run by {operator}"));
    } else if new.relays.is_empty() && !old.relays.is_empty() {
        let what = "parts no longer go through a relay: the collector would see this address";
        found.asked(topic, what);
    } else if let Some(relay) = new.relays.iter().find(|relay| !old.relays.contains(relay)) {
        let (operator, country) = (&relay.operator, &relay.country);
        let what = format!("another relay: {}, run by {operator}, {country}", relay.url);
        found.asked(topic, what);
    } else if old.relays != new.relays {
        found.told(topic, "a relay is no longer used, or relays come in another order");
    }
}

fn sealing_changes(found: &mut Found, old: Kem, new: Kem) {
    let topic = Topic::Destination;
    match (old, new) {
        (Kem::XWing, Kem::X25519) => {
            let what = "parts for a relay are no longer sealed against later quantum computers";
            found.asked(topic, what);
        }
        (Kem::X25519, Kem::XWing) => {
            let what = "parts for a relay are now sealed against later quantum computers, too";
            found.told(topic, what);
        }
        (Kem::X25519, Kem::X25519) | (Kem::XWing, Kem::XWing) => {}
    }
}

fn controller_changes(found: &mut Found, old: &Controller, new: &Controller) {
    let topic = Topic::Destination;
    if old.name != new.name {
        found.asked(topic, format!("the controller is now {} (was {})", new.name, old.name));
    }
    // Another processor or country is another place where the answers are.
    for processor in new.processors.iter().filter(|name| !old.processors.contains(name)) {
        found.asked(topic, format!("also processed by {processor}"));
    }
    for country in new.countries.iter().filter(|name| !old.countries.contains(name)) {
        found.asked(topic, format!("also processed in {country}"));
    }
    let details = |controller: &Controller| {
        let Controller { address, contact, data_protection_contact, legal_basis, .. } = controller;
        (address.clone(), contact.clone(), data_protection_contact.clone(), legal_basis.clone())
    };
    if details(old) != details(new) {
        found.told(Topic::Detail, "how the controller is reached, or what it claims, is new");
    }
}

/// A promise that is no longer made changes no question; a person should still read that.
fn promises(found: &mut Found, old: &Manifest, new: &Manifest) {
    for promise in old.never_collected.iter().filter(|text| !new.never_collected.contains(text)) {
        let what = format!("no longer in the list of what is never collected: “{promise}”");
        found.told(Topic::Detail, what);
    }
}

/// The same query put to another database is another question.
fn databases(found: &mut Found, old: &Manifest, (new, channel): (&Manifest, &Channel)) {
    let asks = |field: &Field| match field.source.read() {
        Source::Sql { database, .. } => Some(database.clone()),
        _ => None,
    };
    let asked: BTreeSet<_> = channel.fields().filter_map(asks).collect();
    for id in asked {
        let (old, new) = (old.database(&id), new.database(&id));
        if old.is_some() && old != new {
            found.asked(Topic::Source, format!("the database `{id}` is opened in another way"));
        }
    }
}

/// What is no longer known to be somebody's name can no longer be removed.
fn removed_values(found: &mut Found, old: &Manifest, (new, channel): (&Manifest, &Channel)) {
    if !channel.fields().any(|field| matches!(field.kind, Kind::Sample { .. })) {
        return;
    }
    let reads = |manifest: &Manifest, source: &Source| {
        manifest.known.iter().any(|known| known.source == *source)
    };
    for known in old.known.iter().filter(|known| !reads(new, &known.source)) {
        let what = format!("no longer removed from samples as before: “{}”", known.what);
        found.asked(Topic::Source, what);
    }
    for known in new.known.iter().filter(|known| !reads(old, &known.source)) {
        found.told(Topic::Detail, format!("also removed from samples: “{}”", known.what));
    }
}

fn channel_changes(found: &mut Found, old: &Channel, new: &Channel) {
    let (days, before) = (new.retention_days, old.retention_days);
    if days != before {
        let what = format!("kept {days} days instead of {before}");
        found.note(None, Topic::Retention, what, days > before);
    }
    if old.period != new.period {
        let what = format!("sent {} instead of {}", new.period.once(), old.period.once());
        found.note(None, Topic::Period, what, new.period == PeriodKind::Day);
    }
    if old.identity != new.identity {
        let lasts = |identity| match identity {
            Identity::None => "parts carry no tag",
            Identity::Period => "a tag lasts one period",
            Identity::Days28 => "a tag lasts 28 days",
            Identity::Stable => "a tag lasts until withdrawal",
        };
        let what = format!("{} (was: {})", lasts(new.identity), lasts(old.identity));
        found.note(None, Topic::Identity, what, new.identity > old.identity);
    }
    if old.default != new.default {
        let what = match new.default {
            DefaultRule::Ask => "nothing is sent any more unless somebody agrees",
            DefaultRule::Notice => "where nobody decides, it is now sent after a notice",
        };
        found.told(Topic::Detail, what);
    }
    let covers = |channel: &Channel| {
        channel.covered_by_notice().map(|tier| (tier.clone(), channel.grace_hours()))
    };
    if let (Some(_), Some((tier, hours))) = (covers(old), covers(new))
        && covers(old) != covers(new)
    {
        // A notice that was shown goes on covering what it said then, after the time it said.
        let what = format!("a new notice covers “{tier}”, {hours} hours after it is shown");
        found.told(Topic::Detail, what);
    }
    if old.about.differs_from(&new.about) {
        let what = format!("the channel is for something else: “{}”", new.about);
        found.asked(Topic::Reworded, what);
    }
    if old.title != new.title || old.tiers != new.tiers {
        found.told(Topic::Detail, "the channel or its tiers have other names");
    }
}

fn publication_changes(found: &mut Found, old: &Channel, new: &Channel) {
    let topic = Topic::Publication;
    if old.group_min != new.group_min {
        let what =
            format!("published from {} installations on, not {}", new.group_min, old.group_min);
        found.note(None, topic, what, new.group_min < old.group_min);
    }
    match (old.publication, new.publication) {
        (
            Publication::Noisy { epsilon_release_milli: release, epsilon_year_milli: year },
            Publication::Noisy { epsilon_release_milli, epsilon_year_milli },
        ) => {
            let more = epsilon_release_milli > release || epsilon_year_milli > year;
            let less = epsilon_release_milli < release || epsilon_year_milli < year;
            if more {
                found.asked(topic, "published numbers are noised less");
            } else if less {
                found.told(topic, "published numbers are noised more");
            }
        }
        (Publication::Noisy { .. }, Publication::Exact) => {
            found.asked(topic, "published numbers are exact, no longer noised");
        }
        (Publication::Exact, Publication::Noisy { .. }) => {
            found.told(topic, "published numbers are now noised");
        }
        (Publication::Exact, Publication::Exact) => {}
    }
    if old.release != new.release {
        let what = format!("published {} instead of {}", new.release.once(), old.release.once());
        found.note(None, topic, what, new.release == PeriodKind::Day);
    }
}
