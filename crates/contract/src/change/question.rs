//! What is asked again about parts and their questions.

use std::collections::BTreeSet;

use super::{Found, Topic};
use crate::id::TierId;
use crate::kind::{Buckets, Kind};
use crate::manifest::{Channel, Cross, Field, Manifest, Part, Source};

pub(super) fn changes(
    found: &mut Found,
    (shown, old): (&Manifest, &Channel),
    (now, new): (&Manifest, &Channel),
) {
    for part in &new.parts {
        match old.part(part.id.as_str()) {
            None => new_part(found, old, part),
            Some(before) => part_changes(found, (shown, old, before), (now, new, part)),
        }
    }
    for part in old.parts.iter().filter(|part| new.part(part.id.as_str()).is_none()) {
        for field in part.fields.iter().filter(|field| new.field(field.id.as_str()).is_none()) {
            let what = format!("no longer asked: “{}”", field.question);
            found.note(None, Topic::Removed, what, false);
        }
    }
}

fn new_part(found: &mut Found, old: &Channel, part: &Part) {
    for field in &part.fields {
        new_question(found, old, part, field);
    }
}

/// A question that was asked before, but with others, joins what could not be joined.
fn new_question(found: &mut Found, old: &Channel, part: &Part, field: &Field) {
    let what = if old.field(field.id.as_str()).is_some() {
        format!("now travels in the part `{}`: “{}”", part.id, field.question)
    } else {
        format!("new: “{}”", field.question)
    };
    found.note(Some(&part.id), Topic::NewQuestion, what, true);
}

fn part_changes(
    found: &mut Found,
    (old_manifest, old_channel, old): (&Manifest, &Channel, &Part),
    (new_manifest, new_channel, new): (&Manifest, &Channel, &Part),
) {
    let before = |id: &str| old_channel.fields_of(old).find(|field| field.id.as_str() == id);
    for field in new_channel.fields_of(new) {
        match before(field.id.as_str()) {
            None => new_question(found, old_channel, new, field),
            Some(was) => {
                field_changes(found, (old_manifest, was), (new_manifest, field), new);
            }
        }
    }
    let now: BTreeSet<_> = new_channel.fields_of(new).map(|field| &field.id).collect();
    for field in old_channel.fields_of(old).filter(|field| !now.contains(&field.id)) {
        let what = format!("no longer asked in the part `{}`: “{}”", new.id, field.question);
        found.note(Some(&new.id), Topic::Removed, what, false);
    }
    // Whoever agreed to a tier agreed to its parts: none may come to it from a higher one.
    let covers = |channel: &Channel, part: &Part, tier: &TierId| {
        channel.parts_in(tier).any(|covered| covered.id == part.id)
    };
    for tier in old_channel.tiers.iter().map(|tier| &tier.id) {
        let (before, after) = (covers(old_channel, old, tier), covers(new_channel, new, tier));
        if after && !before {
            let what = format!("the part `{}` now travels in the tier `{tier}` too", new.id);
            found.note(Some(&new.id), Topic::Tier, what, true);
        } else if before && !after && new_channel.tier_rank(tier).is_some() {
            let what = format!("the part `{}` no longer travels in the tier `{tier}`", new.id);
            found.note(Some(&new.id), Topic::Narrowed, what, false);
        }
    }
    records(found, old, new);
    crosses(found, (old_channel, old), (new_channel, new));
    if new.bits_max != old.bits_max {
        let what = format!("the part `{}` may tell apart 2^{} answers", new.id, new.bits_max);
        found.note(Some(&new.id), Topic::Detail, what, false);
    }
}

/// To publish two answers together says more than to publish each.
fn crosses(found: &mut Found, (was, old): (&Channel, &Part), (now, new): (&Channel, &Part)) {
    let has = |part: &Part, cross: &Cross| {
        part.crosses.iter().any(|known| known.is_of_same_fields(cross))
    };
    let name = |channel: &Channel, cross: &Cross| {
        let questions = cross.fields().map(|id| {
            let field = channel.field(id.as_str());
            field.map_or_else(|| id.to_string(), |field| format!("“{}”", field.question))
        });
        questions.join(" with ")
    };
    for cross in new.crosses.iter().filter(|cross| !has(old, cross)) {
        let what = format!("now published together: {}", name(now, cross));
        found.note(Some(&new.id), Topic::Publication, what, true);
    }
    for cross in old.crosses.iter().filter(|cross| !has(new, cross)) {
        let what = format!("no longer published together: {}", name(was, cross));
        found.note(Some(&new.id), Topic::Publication, what, false);
    }
}

fn records(found: &mut Found, old: &Part, new: &Part) {
    let mut note = |topic, what: String, asked| found.note(Some(&new.id), topic, what, asked);
    match (&old.records, &new.records) {
        (None, None) => {}
        (None, Some(now)) => {
            let what = format!("now asked of up to {} {}: “{}”", now.max, now.unit, now.question);
            note(Topic::Widened, what, true);
        }
        (Some(was), None) => {
            note(Topic::Narrowed, format!("no longer asked of several {}", was.unit), false);
        }
        (Some(was), Some(now)) => {
            if was.question.differs_from(&now.question) || was.unit != now.unit {
                let what = format!("reworded: “{}” is now “{}”", was.question, now.question);
                note(Topic::Reworded, what, true);
            }
            if was.max != now.max {
                let what = format!("asked of up to {} {}, not {}", now.max, now.unit, was.max);
                let is_more = now.max > was.max;
                note(if is_more { Topic::Widened } else { Topic::Narrowed }, what, is_more);
            }
        }
    }
}

fn field_changes(
    found: &mut Found,
    (old_manifest, was): (&Manifest, &Field),
    (new_manifest, field): (&Manifest, &Field),
    part: &Part,
) {
    let question = &field.question;
    let mut note = |topic, what: String, asked| found.note(Some(&part.id), topic, what, asked);
    if was.question.differs_from(question) {
        let what = format!("reworded: “{}” is now “{question}”", was.question);
        note(Topic::Reworded, what, true);
    }
    let purposes =
        (old_manifest.purposes.get(&was.purpose), new_manifest.purposes.get(&field.purpose));
    if !matches!(purposes, (Some(old), Some(new)) if !old.differs_from(new)) {
        note(Topic::Reworded, format!("asked for another purpose: “{question}”"), true);
    }
    if was.kind != field.kind {
        let (topic, word, asked) = if widened(&was.kind, &field.kind) {
            (Topic::Widened, "widened", true)
        } else {
            (Topic::Narrowed, "narrowed", false)
        };
        note(topic, format!("{word}: “{question}”"), asked);
    }
    // What was `other` has a name now, or another one.
    let named = |(raw, choice): (&String, _)| was.map.get(raw) != Some(choice);
    if field.map.iter().any(named) {
        note(Topic::Widened, format!("more values have a name: “{question}”"), true);
    } else if was.map != field.map {
        note(Topic::Narrowed, format!("fewer values have a name: “{question}”"), false);
    }
    if was.source != field.source {
        let asked = source_matters(was) || source_matters(field);
        note(Topic::Source, format!("read from elsewhere: “{question}”"), asked);
    }
    if was.publish != field.publish {
        let what = if field.publish { "now published" } else { "no longer published" };
        note(Topic::Publication, format!("{what}: “{question}”"), field.publish);
    }
    if was.expires != field.expires {
        note(Topic::Detail, format!("asked until {}: “{question}”", field.expires), false);
    }
    if was.sensitivity != field.sensitivity || was.titles != field.titles {
        note(Topic::Detail, format!("described in other words: “{question}”"), false);
    }
}

/// For open text, and where a program or a database is asked, another source is another question.
fn source_matters(field: &Field) -> bool {
    matches!(field.kind, Kind::Sample { .. })
        || matches!(
            field.source.read(),
            Source::Command { .. } | Source::Sql { .. } | Source::Http { .. } | Source::Push { .. }
        )
}

/// Whether a kind can now say more than before.
fn widened(old: &Kind, new: &Kind) -> bool {
    if old.name() != new.name() || old.unit() != new.unit() {
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
        (Kind::Flow { .. }, Kind::Flow { .. }) => new.things_max() > old.things_max(),
        (Kind::Sample { bytes_max: old, .. }, Kind::Sample { bytes_max: new, .. }) => new > old,
        _ => false,
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
