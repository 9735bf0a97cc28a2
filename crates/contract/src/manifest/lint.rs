//! The rules that a manifest keeps beyond its syntax: what would mislead people or identify machines.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::Node;
use super::source::{Format, Source};
use super::{Channel, DefaultRule, Part, Sensitivity};
use crate::calendar::{Identity, PeriodKind};
use crate::id::PurposeId;
use crate::kind::Kind;
use crate::limits::{ANCHOR_CHOICES_MAX, FIELDS_PER_PART_MAX};
use crate::text::Text;

/// Files and programs that tell which machine this is. Whatever is made of them, hashed or not,
/// stays an identifier: 2^32 host ids are hashed in minutes.
const IDENTIFYING: &[&str] = &[
    "machine-id",
    "hostid",
    "hostname",
    "product_uuid",
    "product_serial",
    "board_serial",
    "chassis_serial",
    "boot_id",
    "dmidecode",
    "lshw",
    "blkid",
    "/sys/class/net/",
    "ssh_host_",
    "/etc/shadow",
    "/etc/passwd",
];

/// Programs that would interpret their arguments: a manifest says what runs, word for word.
const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "fish", "env", "xargs", "eval"];

/// Words that promise more than a hash can keep.
const HASHES: &[&str] = &["hash", "md5", "sha1", "sha-1", "sha256", "sha-256", "pseudonymis"];

pub(super) fn unused_purposes(
    root: &Node<'_, '_>,
    purposes: &BTreeMap<PurposeId, Text>,
    channels: &[Channel],
) {
    let used: BTreeSet<_> =
        channels.iter().flat_map(Channel::fields).map(|field| &field.purpose).collect();
    for purpose in purposes.keys().filter(|purpose| !used.contains(purpose)) {
        let what = format!("no field serves the purpose `{purpose}`");
        root.note("purpose", what, "remove it, or ask what it needs");
    }
    if purposes.is_empty() {
        root.note("purpose", "the manifest states no purpose", "add a [[purpose]]");
    }
}

pub(super) fn channel(node: &Node<'_, '_>, channel: &Channel) {
    twice(node, channel.parts.iter().map(|part| part.id.as_str()), "part");
    twice(node, channel.fields().map(|field| field.id.as_str()), "field");
    words(node, channel);
    anchor(node, channel);
    if channel.release == PeriodKind::Day && channel.period == PeriodKind::Week {
        let fix = "write `release = \"week\"`: a week's answers make one release";
        node.note("release", "releases come faster than answers", fix);
    }
    if channel.default == DefaultRule::Notice {
        let closed = channel.fields().all(|field| field.sensitivity != Sensitivity::OpenText);
        if !closed && channel.tiers.len() < 2 {
            let fix = "ask for it (`default = \"ask\"`), or move it into a higher tier";
            node.note("default", "a notice cannot cover open text", fix);
        }
    }
    for part in &channel.parts {
        let bits: Option<f64> = channel.fields_of(part).map(|field| field.kind.bits()).sum();
        if let Some(bits) = bits.filter(|bits| bits.ceil() > f64::from(part.bits_max)) {
            let what = format!(
                "the part `{}` allows about 2^{:.0} different answers, its bound is 2^{}",
                part.id,
                bits.ceil(),
                part.bits_max
            );
            let fix = "split it: put together only what must be cross-tabulated; use fewer \
                       choices or wider buckets; or raise `bits_max` and let the statement say so";
            node.note("part", what, fix);
        }
    }
}

fn twice<'a>(node: &Node<'_, '_>, names: impl Iterator<Item = &'a str>, what: &str) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let fix = format!("give each {what} of a channel its own id");
            node.note(what, format!("the {what} `{name}` is there twice"), fix);
        }
    }
}

fn words(node: &Node<'_, '_>, channel: &Channel) {
    let texts = [&channel.title, &channel.about]
        .into_iter()
        .chain(channel.fields().map(|field| &field.question));
    for sentence in texts.flat_map(Text::sentences) {
        let lower = sentence.to_lowercase();
        if lower.contains("anonym") && channel.identity != Identity::None {
            let what = "the channel calls tagged data anonymous";
            let fix = "data with tags is pseudonymous: drop the word, or use `identity = \"none\"`";
            node.note("about", what, fix);
        }
        if HASHES.iter().any(|word| lower.contains(word)) {
            let what = "a sentence offers a hash as protection";
            let fix = "a hash of something guessable is that thing: say what is removed instead";
            node.note("about", what, fix);
        }
    }
}

fn anchor(node: &Node<'_, '_>, channel: &Channel) {
    let Some(anchor) = &channel.anchor else {
        return;
    };
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

pub(super) fn part(node: &Node<'_, '_>, part: &Part) {
    if part.fields.len() > FIELDS_PER_PART_MAX {
        let what = format!("the part has {} fields", part.fields.len());
        node.note("field", what, format!("keep to {FIELDS_PER_PART_MAX}"));
    }
    let samples = part.fields.iter().filter(|f| matches!(f.kind, Kind::Sample { .. })).count();
    if samples > 0 && part.fields.len() > 1 {
        let what = "a `sample` travels with other fields";
        node.note("field", what, "give it a part of its own: its values identify on their own");
    }
    for field in &part.fields {
        let id = field.id.as_str();
        let wrong = match &field.kind {
            Kind::Size { .. } => ["_kb", "_mb", "_gb", "_seconds"].iter().any(|s| id.ends_with(s)),
            Kind::Duration { .. } => ["_ms", "_minutes", "_bytes"].iter().any(|s| id.ends_with(s)),
            _ => false,
        };
        if wrong {
            let what = format!("the name `{id}` names another unit than the field has");
            node.note("field", what, "sizes are in bytes, durations in seconds: rename it");
        }
    }
}

pub(super) fn source(node: &Node<'_, '_>, source: &Source) {
    let words: Vec<&str> = match source {
        Source::System { .. } => return,
        Source::Command { argv, take } => {
            if take.pattern.is_some() && take.pointer.is_some() {
                let fix = "read JSON with `pointer`, text with `pattern`";
                node.note("pointer", "the source has both a pattern and a pointer", fix);
            }
            let program = argv.first().map_or("", String::as_str);
            if SHELLS.contains(&program.rsplit('/').next().unwrap_or(program)) {
                let fix = "name the program and its arguments: there is never a shell between";
                node.note("command", format!("`{program}` runs other programs"), fix);
            }
            argv.iter().map(String::as_str).collect()
        }
        Source::File { path, format, take } => {
            let odd = !path.starts_with('/') || path.split('/').any(|piece| piece == "..");
            if odd {
                node.note("file", "the path is not absolute", "write it from / on, without `..`");
            }
            if (*format == Format::Text) == take.pointer.is_some() {
                let fix = "text is read with `pattern`; JSON, TOML and INI with `pointer`";
                node.note("format", "format and pointer do not go together", fix);
            }
            vec![path]
        }
    };
    for name in IDENTIFYING.iter().filter(|name| words.iter().any(|word| word.contains(*name))) {
        let what = format!("the source reads `{name}`, which tells which machine this is");
        node.note(
            "",
            what,
            "ask something else: nothing is derived from what identifies a machine",
        );
    }
}
