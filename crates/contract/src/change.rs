//! What is asked again when a manifest changes, and what is only shown: one list for the gate,
//! `ask`, `manifest diff` and lint.
//!
//! The unit that falls silent is the part: its fields travel together, so a part with one new
//! question waits as a whole, and every unchanged part goes on. Changes of the channel or of the
//! destination silence all of its parts.

use std::collections::BTreeSet;

use crate::calendar::PeriodKind;
use crate::destination::Destination;
use crate::id::PartId;
use crate::kind::{Buckets, Kind};
use crate::manifest::{Channel, Field, Manifest, Part, Publication, Source};

/// One difference between what was shown and what is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The part it is in; `None` for the whole channel.
    pub part: Option<PartId>,
    /// The difference in plain words.
    pub what: String,
    /// Whether people are asked again, and what it touches is silent until they answer.
    pub asked: bool,
}

/// All differences of one channel, from what was shown to what is now.
pub fn changes(
    (shown, shown_destination): (&Manifest, &Destination),
    (now, destination): (&Manifest, &Destination),
    channel: &str,
) -> Vec<Change> {
    let mut found = Vec::new();
    let (Some(old), Some(new)) = (shown.channel(channel), now.channel(channel)) else {
        // A channel that is gone sends nothing; one that was not there was never decided.
        return found;
    };
    destination_changes(&mut found, shown_destination, destination);
    if shown.controller.name != now.controller.name {
        asked(&mut found, "the controller is now another");
    } else if shown.controller != now.controller {
        told(&mut found, "the controller's details were reworded");
    }
    channel_changes(&mut found, old, new);
    for part in &new.parts {
        match old.part(part.id.as_str()) {
            None => {
                let what = format!("new: {}", questions(part));
                found.push(Change { part: Some(part.id.clone()), what, asked: true });
            }
            Some(before) => part_changes(&mut found, (shown, old, before), (now, new, part)),
        }
    }
    for part in old.parts.iter().filter(|part| new.part(part.id.as_str()).is_none()) {
        told(&mut found, &format!("no longer asked: {}", questions(part)));
    }
    found
}

fn asked(found: &mut Vec<Change>, what: &str) {
    found.push(Change { part: None, what: what.to_owned(), asked: true });
}

fn told(found: &mut Vec<Change>, what: &str) {
    found.push(Change { part: None, what: what.to_owned(), asked: false });
}

fn questions(part: &Part) -> String {
    let questions: Vec<_> =
        part.fields.iter().map(|field| format!("“{}”", field.question)).collect();
    questions.join(", ")
}

fn destination_changes(found: &mut Vec<Change>, old: &Destination, new: &Destination) {
    if old.collector != new.collector {
        let what = format!("the collector is now {} (was {})", new.collector, old.collector);
        asked(found, &what);
    }
    if new.root_keys.iter().any(|key| !old.root_keys.contains(key)) {
        asked(found, "another root key is pinned");
    } else if old.root_keys != new.root_keys {
        told(found, "a root key is no longer pinned");
    }
    if old.relays.is_empty() != new.relays.is_empty() {
        let what = if new.relays.is_empty() {
            "reports no longer go through a relay: the collector would see this address"
        } else {
            "reports now go through a relay"
        };
        asked(found, what);
    } else if old.relays != new.relays {
        asked(found, "another relay, or another operator of it");
    }
}

fn channel_changes(found: &mut Vec<Change>, old: &Channel, new: &Channel) {
    let (days, before) = (new.retention_days, old.retention_days);
    if days != before {
        let what = format!("kept {days} days instead of {before}");
        found.push(Change { part: None, what, asked: days > before });
    }
    if old.period != new.period {
        let what = format!("sent {} instead of {}", new.period.once(), old.period.once());
        found.push(Change { part: None, what, asked: new.period == PeriodKind::Day });
    }
    if old.identity != new.identity {
        let what = "a tag lasts longer or shorter than before".to_owned();
        found.push(Change { part: None, what, asked: new.identity > old.identity });
    }
    if old.group_min != new.group_min {
        let what =
            format!("published from {} installations on, not {}", new.group_min, old.group_min);
        found.push(Change { part: None, what, asked: new.group_min < old.group_min });
    }
    if old.publication != new.publication {
        let asked = match (old.publication, new.publication) {
            (
                Publication::Noisy { epsilon_release_milli: r0, epsilon_year_milli: y0 },
                Publication::Noisy { epsilon_release_milli: r1, epsilon_year_milli: y1 },
            ) => r1 > r0 || y1 > y0,
            (_, Publication::Exact) => true,
            (Publication::Exact, Publication::Noisy { .. }) => false,
        };
        let what = "published numbers are protected differently".to_owned();
        found.push(Change { part: None, what, asked });
    }
    if old.release != new.release {
        let what = "published more or less often".to_owned();
        found.push(Change { part: None, what, asked: new.release == PeriodKind::Day });
    }
    if old.default != new.default {
        told(found, "what happens when nobody decides has changed");
    }
    if old.title != new.title || old.about != new.about {
        told(found, "the channel was retitled");
    }
}

fn part_changes(
    found: &mut Vec<Change>,
    (old_manifest, old_channel, old): (&Manifest, &Channel, &Part),
    (new_manifest, new_channel, new): (&Manifest, &Channel, &Part),
) {
    let mut note = |what: String, asked| {
        found.push(Change { part: Some(new.id.clone()), what, asked });
    };
    let before = |id: &str| old_channel.fields_of(old).find(|field| field.id.as_str() == id);
    for field in new_channel.fields_of(new) {
        let question = field.question.to_string();
        let Some(was) = before(field.id.as_str()) else {
            note(format!("new: “{question}”"), true);
            continue;
        };
        if was.question.differs_from(&field.question) {
            note(format!("reworded: “{}” is now “{question}”", was.question), true);
        }
        let purpose_differs = match (
            old_manifest.purposes.get(&was.purpose),
            new_manifest.purposes.get(&field.purpose),
        ) {
            (Some(old), Some(new)) => old.differs_from(new),
            _ => true,
        };
        if purpose_differs {
            note(format!("asked for another purpose: “{question}”"), true);
        }
        if was.kind != field.kind {
            let asked = widened(&was.kind, &field.kind);
            let word = if asked { "widened" } else { "narrowed" };
            note(format!("{word}: “{question}”"), asked);
        }
        if was.source != field.source {
            let asked = source_matters(was) || source_matters(field);
            note(format!("read from elsewhere: “{question}”"), asked);
        }
        if was.publish != field.publish {
            let what = if field.publish { "now published" } else { "no longer published" };
            note(format!("{what}: “{question}”"), field.publish);
        }
        if was.expires != field.expires {
            note(format!("asked until {}: “{question}”", field.expires), false);
        }
    }
    let now: BTreeSet<_> = new_channel.fields_of(new).map(|field| &field.id).collect();
    for field in old_channel.fields_of(old).filter(|field| !now.contains(&field.id)) {
        note(format!("no longer asked: “{}”", field.question), false);
    }
    if old_channel.tier_rank(&old.tier) > new_channel.tier_rank(&new.tier) {
        note(format!("now part of a smaller tier: {}", questions(new)), true);
    }
}

/// For open text and for commands, another source is another question.
fn source_matters(field: &Field) -> bool {
    matches!(field.kind, Kind::Sample { .. }) || matches!(field.source, Source::Command { .. })
}

/// Whether a kind can now say more than before.
fn widened(old: &Kind, new: &Kind) -> bool {
    if old.name() != new.name() {
        return true;
    }
    let more_choices = match (old.choices(), new.choices()) {
        (Some(old), Some(new)) => new.iter().any(|choice| !old.contains(choice)),
        _ => false,
    };
    let finer = match (old.buckets(), new.buckets()) {
        (Some(old), Some(new)) => finer(old, new),
        (None, Some(_)) => true,
        _ => false,
    };
    let more = match (old, new) {
        (Kind::Version { suffixes: old }, Kind::Version { suffixes: new }) => {
            new.iter().any(|suffix| !old.contains(suffix))
        }
        (Kind::Sample { bytes_max: old, .. }, Kind::Sample { bytes_max: new, .. }) => new > old,
        _ => old.unit() != new.unit(),
    };
    more_choices || finer || more
}

/// Whether some bucket's bound is new, or the maximum is higher.
fn finer(old: &Buckets, new: &Buckets) -> bool {
    let bounds = |buckets: &Buckets| -> BTreeSet<u64> {
        (0..buckets.len()).filter_map(|i| buckets.bounds(i)).map(|(low, _)| low).collect()
    };
    !bounds(new).is_subset(&bounds(old)) || new.max() > old.max()
}
