//! The rules that a channel keeps beyond its syntax: what would mislead people or identify
//! machines.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::reader::{Node, Reader};
use super::{Channel, DefaultRule, Field, Known, Part, Publication, Sensitivity, Source};
use crate::calendar::{Identity, PeriodKind};
use crate::definition::Definition;
use crate::id::{ProgramId, PurposeId};
use crate::kind::Kind;
use crate::limits::{ANCHOR_CHOICES_MAX, FIELDS_PER_PART_MAX, PART_BYTES_MAX};
use crate::sql;
use crate::text::Text;

pub(super) use super::lint_source::{column, fits, source};

/// Where a part and its fields stand in the text, in the part's own order.
pub(super) struct PartPlace {
    pub(super) part: Range<usize>,
    pub(super) fields: Vec<FieldPlace>,
    pub(super) crosses: Vec<Range<usize>>,
}

/// Where a field and its question stand in the text.
pub(super) struct FieldPlace {
    pub(super) field: Range<usize>,
    pub(super) question: Range<usize>,
}

/// Words that promise more than a hash can keep: what can be guessed can be hashed and compared.
const HASHES: &[&str] = &["hashed", "hashes", "hash", "md5", "sha1", "sha256", "sha512"];

pub(super) fn channel(node: &Node<'_, '_>, channel: &Channel, places: &[PartPlace]) {
    let reader = node.reader;
    let parts = channel.parts.iter().zip(places);
    twice(reader, parts.clone().map(|(part, at)| (part.id.as_str(), &at.part)), "part");
    let fields = parts.clone().flat_map(|(part, at)| part.fields.iter().zip(&at.fields));
    let of_records = parts.clone().filter_map(|(part, at)| Some((part.records.as_ref()?, at)));
    let names = fields.clone().map(|(field, at)| (field.id.as_str(), &at.field));
    let names = names.chain(of_records.clone().map(|(of, at)| (of.id.as_str(), &at.part)));
    twice(reader, names, "field");
    for (records, at) in of_records {
        words(reader, &records.question, &at.part, channel.identity);
    }
    words(reader, &channel.title, &node.place("title"), channel.identity);
    words(reader, &channel.about, &node.place("about"), channel.identity);
    for (field, at) in fields {
        words(reader, &field.question, &at.question, channel.identity);
        bounded_flow(reader, channel, field, at);
    }
    anchor(node, channel);
    releases(node, channel);
    notice(node, channel);
    super::notice::lint(node, channel);
    super::cross::lint(reader, channel, places);
    tiers(node, channel);
    for (part, at) in parts {
        identifying_power(reader, channel, part, at);
        room(reader, channel, part, at);
    }
}

/// A program pushes by the name of a question alone, so no two channels may have the same one.
pub(super) fn pushes_of_all(root: &Node<'_, '_>, channels: &[Channel]) {
    let mut seen = BTreeSet::new();
    let fields = channels.iter().flat_map(Channel::fields);
    for field in fields.filter(|field| matches!(field.source, Source::Push { .. })) {
        if !seen.insert(&field.id) {
            let what = format!("`{}` is pushed for two channels", field.id);
            root.note("channel", what, "give each pushed question of the manifest its own id");
        }
    }
}

/// What is read to be removed cannot be what is sent.
pub(super) fn known_in_samples(root: &Node<'_, '_>, known: &[Known], channels: &[Channel]) {
    let fields = channels.iter().flat_map(Channel::fields);
    for field in fields.filter(|field| matches!(field.kind, Kind::Sample { .. })) {
        let names = |known: &&Known| match (&known.source, &field.source) {
            (
                Source::Sql { query: removed, database: a },
                Source::Sql { query: sent, database: b },
            ) => a == b && !sql::gives(removed).is_disjoint(&sql::gives(sent)),
            (removed, sent) => removed == sent,
        };
        if let Some(known) = known.iter().find(names) {
            let what =
                format!("the sample `{}` reads what is to be removed: {}", field.id, known.what);
            let fix = "ask for another column: of this one nothing could be left";
            root.note("channel", what, fix);
        }
    }
}

/// The sentences outside the channels promise for all of them.
pub(super) fn words_of_all(
    root: &Node<'_, '_>,
    purposes: &BTreeMap<PurposeId, Text>,
    never_collected: &[Text],
    channels: &[Channel],
) {
    let longest = channels.iter().map(|channel| channel.identity).max();
    let Some(identity) = longest else { return };
    for text in purposes.values() {
        words(root.reader, text, &root.place("purpose"), identity);
    }
    for text in never_collected {
        anonymous(root.reader, text, &root.place("never_collected"), identity);
    }
}

fn twice<'a>(
    reader: &Reader<'_>,
    names: impl Iterator<Item = (&'a str, &'a Range<usize>)>,
    what: &str,
) {
    let mut seen = BTreeSet::new();
    for (name, at) in names {
        if !seen.insert(name) {
            let fix = format!("give each {what} of a channel its own id");
            reader.note(at, format!("the {what} `{name}` is there twice"), fix);
        }
    }
}

fn words(reader: &Reader<'_>, text: &Text, at: &Range<usize>, identity: Identity) {
    anonymous(reader, text, at, identity);
    let lower = text.sentences().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    // `SHA-256` is one word here.
    let lower = lower.replace("sha-", "sha");
    let mut single = lower.split(|c: char| !c.is_alphanumeric());
    if let Some(word) = single.find(|word| HASHES.contains(word)) {
        let what = format!("the sentence offers a hash as protection (`{word}`)");
        let fix = "what can be guessed can be hashed and compared: say what is left out instead";
        reader.note(at, what, fix);
    }
}

fn anonymous(reader: &Reader<'_>, text: &Text, at: &Range<usize>, identity: Identity) {
    let said = text.sentences().any(|sentence| sentence.to_lowercase().contains("anonym"));
    if said && identity != Identity::None {
        let fix = "data with tags is pseudonymous: drop the word, or use `identity = \"none\"`";
        reader.note(at, "the sentence calls tagged data anonymous", fix);
    }
}

/// Without noise, a bound on moves is one more equation: where the shown moves nearly use it up,
/// few are left for those that are not shown.
fn bounded_flow(reader: &Reader<'_>, channel: &Channel, field: &Field, at: &FieldPlace) {
    let is_bounded = matches!(field.kind, Kind::Flow { moves_max: Some(_), .. });
    if is_bounded && field.publish && channel.publication == Publication::Exact {
        let what =
            format!("`{}` has a bound on its moves, and is published without noise", field.id);
        let fix = "leave `moves_max` out, or publish with noise: with the bound it could be \
                   computed what is not shown";
        reader.note(&at.field, what, fix);
    }
}

fn anchor(node: &Node<'_, '_>, channel: &Channel) {
    let Some(anchor) = &channel.anchor else {
        return;
    };
    let is_records = |part: &&Part| part.records.is_some();
    let mut columns = channel.parts.iter().filter(is_records).flat_map(|part| &part.fields);
    if columns.any(|field| field.id == *anchor) {
        let what = "the anchor is a column of records, of which a machine has several";
        node.note("anchor", what, "name a field of which it has one");
        return;
    }
    match channel.field(anchor.as_str()).map(|field| &field.kind) {
        Some(Kind::Flag) => {}
        Some(Kind::Choice { choices }) if choices.len() <= ANCHOR_CHOICES_MAX => {}
        Some(_) => {
            let what = "the anchor could join an installation's parts";
            let fix =
                format!("an anchor is a `flag`, or a `choice` of {ANCHOR_CHOICES_MAX} at most");
            node.note("anchor", what, fix);
        }
        None => {
            let what = format!("there is no field `{anchor}`");
            node.note("anchor", what, "name a field of this channel");
        }
    }
}

fn releases(node: &Node<'_, '_>, channel: &Channel) {
    if channel.release == PeriodKind::Day && channel.period == PeriodKind::Week {
        let fix = "write `release = \"week\"`: a week's answers make one release";
        node.note("release", "releases come faster than answers", fix);
    }
    let Publication::Noisy { epsilon_release_milli, epsilon_year_milli } = channel.publication
    else {
        return;
    };
    // The longest calendar year: a leap year, and one with a 53rd day on which weeks are published.
    let wanted = match channel.release {
        PeriodKind::Day => 366,
        PeriodKind::Week => 53,
    };
    let paid = epsilon_year_milli / epsilon_release_milli.max(1);
    if paid < wanted {
        let what = format!("the year's budget pays for {paid} of {wanted} releases");
        let fix = "lower `epsilon_release`, raise `epsilon_year`, or publish by the week: \
                   nothing is published once the budget is spent";
        node.note("publication", what, fix);
    }
}

/// Whether a field's answers are text that the manifest does not list.
fn is_open(field: &Field) -> bool {
    matches!(field.kind, Kind::Sample { .. }) || field.sensitivity == Sensitivity::OpenText
}

fn notice(node: &Node<'_, '_>, channel: &Channel) {
    let Some(first) = channel.tiers.first().filter(|_| channel.default == DefaultRule::Notice)
    else {
        return;
    };
    let mut covered = channel.parts_in(&first.id).flat_map(|part| &part.fields);
    if let Some(field) = covered.find(|field| is_open(field)) {
        let what = format!("a notice cannot cover open text, and `{}` is open text", field.id);
        let fix = "ask for it (`default = \"ask\"`), or move it into a higher tier";
        node.note("default", what, fix);
    }
}

fn tiers(node: &Node<'_, '_>, channel: &Channel) {
    let unused = |tier: &&super::Tier| channel.parts.iter().all(|part| part.tier != tier.id);
    // A channel whose parts could not be read has other problems.
    for tier in channel.tiers.iter().filter(unused).filter(|_| !channel.parts.is_empty()) {
        let what = format!("no part begins in the tier `{}`", tier.id);
        node.note("tier", what, "remove the tier, or move a part into it with `tier`");
    }
}

fn identifying_power(reader: &Reader<'_>, channel: &Channel, part: &Part, at: &PartPlace) {
    let bits: Option<f64> = channel.fields_of(part).map(|field| field.kind.bits()).sum();
    let Some(bits) = bits.filter(|bits| bits.ceil() > f64::from(part.bits_max)) else {
        return;
    };
    let what = format!(
        "the part `{}` allows about 2^{:.0} different answers, its bound is 2^{}",
        part.id,
        bits.ceil(),
        part.bits_max
    );
    let fix = "split it: put together only what must be cross-tabulated; use fewer choices or \
               wider buckets; or raise `bits_max` and let the statement say so";
    reader.note(&at.part, what, fix);
}

fn room(reader: &Reader<'_>, channel: &Channel, part: &Part, at: &PartPlace) {
    // Any program stands for the manifest's own here: it may be the piece that could not be read.
    let Ok(program) = ProgramId::parse("a-program-with-the-longest-possible-name") else {
        return;
    };
    let bytes = Definition::new(&program, channel, part).bytes_max();
    if bytes > PART_BYTES_MAX {
        let what = format!("the part `{}` may grow to {bytes} bytes", part.id);
        let fix = format!("shorten its lists, or split it: a part has {PART_BYTES_MAX} at most");
        reader.note(&at.part, what, fix);
    }
}

pub(super) fn part(node: &Node<'_, '_>, part: &Part, at: &PartPlace) {
    if part.fields.len() > FIELDS_PER_PART_MAX {
        let what = format!("the part has {} fields", part.fields.len());
        node.note("field", what, format!("keep to {FIELDS_PER_PART_MAX}"));
    }
    for (field, at) in part.fields.iter().zip(&at.fields) {
        if matches!(field.kind, Kind::Sample { .. }) && part.records.is_some() {
            let what = format!("the column `{}` is open text", field.id);
            let fix = "list what a record may say: records are closed, and text travels alone";
            node.reader.note(&at.field, what, fix);
        } else if matches!(field.kind, Kind::Sample { .. }) && part.fields.len() > 1 {
            let what = format!("the sample `{}` travels with other fields", field.id);
            let fix = "give it a part of its own: its values identify on their own";
            node.reader.note(&at.field, what, fix);
        }
        let id = field.id.as_str();
        let wrong = match &field.kind {
            Kind::Size { .. } => ["_kb", "_mb", "_gb", "_kib", "_mib", "_gib", "_seconds"]
                .iter()
                .any(|unit| id.ends_with(unit)),
            Kind::Duration { .. } => ["_ms", "_minutes", "_hours", "_days", "_bytes"]
                .iter()
                .any(|unit| id.ends_with(unit)),
            _ => false,
        };
        if wrong {
            let what = format!("the name `{id}` names another unit than the field has");
            let fix = "sizes are in bytes, durations in seconds: rename it";
            node.reader.note(&at.field, what, fix);
        }
    }
}
