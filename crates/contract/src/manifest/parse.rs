//! From a manifest's text to its structures: purposes, channels, tiers, parts.

use toml::de::DeTable;

use super::cross;
use super::declared::Declared;
use super::field;
use super::lint::{self, FieldPlace, PartPlace};
use super::notice;
use super::program::{controller, program};
use super::reader::{Node, Reader};
use super::records::{self, is_records};
use super::{Channel, DefaultRule, Field, Manifest, Part, Publication, Records, Tier};
use crate::calendar::{Identity, PeriodKind};
use crate::id::{ChannelId, FieldId, PartId, TierId};
use crate::limits::{
    CHANNELS_MAX, GROUP_MIN_DEFAULT, GROUP_MIN_FLOOR, MANIFEST_BYTES_MAX, PARTS_MAX,
    RETENTION_DAYS_MAX,
};
use crate::problem::Problems;
use crate::text::Text;

/// Bits of a part that names no bound: about 65,000 possible answers.
const BITS_MAX_DEFAULT: u32 = 16;

pub(super) fn manifest(text: &str) -> Result<Manifest, Problems> {
    if text.len() > MANIFEST_BYTES_MAX {
        let what = format!("the manifest has {} bytes", text.len());
        return Err(Problems::one(what, format!("keep it under {MANIFEST_BYTES_MAX}")));
    }
    let reader = Reader::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().unwrap_or(0..0);
        reader.note(&at, error.message().trim(), "mend the TOML syntax here");
    }
    // What stands after a broken line would be called missing or unknown: one thing at a time.
    if !reader.is_clean() {
        return reader.finish(None);
    }
    let root = Node::new(&reader, root.get_ref(), 0..0, "the manifest");
    let manifest = read(&root);
    root.finish();
    reader.finish(manifest)
}

fn read(root: &Node<'_, '_>) -> Option<Manifest> {
    let format = root.number("manifest", 1..2);
    if !root.has("manifest") {
        root.note("manifest", "the manifest names no format", "begin with `manifest = 1`");
    }
    let program = root
        .table("program", "`program`", "add a [program] table: who collects, and where to")
        .and_then(program);
    let controller = root
        .table("controller", "`controller`", "add a [controller] table: who answers for it")
        .and_then(controller);
    let declared = Declared::read(root);
    let never_collected = never_collected(root);
    let channels = channels(root, &declared);
    declared.note_unused(root);
    lint::pushes_of_all(root, &channels);
    lint::known_in_samples(root, &declared.known, &channels);
    lint::words_of_all(root, &declared.purposes, &never_collected, &channels);
    format?;
    let manifest = Manifest {
        program: program?,
        controller: controller?,
        purposes: declared.purposes,
        never_collected,
        databases: declared.databases,
        known: declared.known,
        channels,
    };
    // Without a canonical form a manifest has no hash, and no decision could rest on it. Earlier
    // problems name what would be the reason.
    if root.reader.is_clean() && crate::canonical::to_bytes(&manifest).is_err() {
        root.note("", "the manifest has no canonical form", "use ASCII for every name and key");
    }
    Some(manifest)
}

fn channels(root: &Node<'_, '_>, declared: &Declared) -> Vec<Channel> {
    let nodes = root.tables("channel", "channel");
    if nodes.is_empty() {
        root.note("channel", "the manifest has no channel", "add a [[channel]]");
    }
    if nodes.len() > CHANNELS_MAX {
        let what = format!("the manifest has {} channels", nodes.len());
        root.note("channel", what, format!("people decide about each: keep to {CHANNELS_MAX}"));
    }
    let mut channels: Vec<Channel> = Vec::new();
    for node in nodes {
        let at = node.at.clone();
        let Some(channel) = channel(node, declared) else { continue };
        if channels.iter().any(|known| known.id == channel.id) {
            let what = format!("the channel `{}` is there twice", channel.id);
            root.reader.note(&at, what, "give each channel its own id");
        }
        channels.push(channel);
    }
    channels
}

fn never_collected(root: &Node<'_, '_>) -> Vec<Text> {
    let Some(items) = root.strings("never_collected") else {
        let fix = "list in words what is never collected, as in `never_collected = [\"Names\"]`";
        root.note("never_collected", "nothing is promised to be never collected", fix);
        return Vec::new();
    };
    if items.is_empty() {
        let fix = "name at least one thing that people fear and you do not ask";
        root.note("never_collected", "the list of what is never collected is empty", fix);
    }
    items.into_iter().map(|item| Text::english(item.value)).collect()
}

fn channel(node: Node<'_, '_>, declared: &Declared) -> Option<Channel> {
    let id = node.parsed("id", "name the channel, as in `id = \"usage\"`", ChannelId::parse);
    let title = node.text("title", "write the channel's name");
    let about = node.text("about", "say in one sentence what the channel is for");
    let kinds = [("day", PeriodKind::Day), ("week", PeriodKind::Week)];
    let period = node.word("period", &kinds).unwrap_or(PeriodKind::Week);
    let release = node.word("release", &kinds).unwrap_or(PeriodKind::Week);
    let retention_days = node.number("retention_days", 1..u64::from(RETENTION_DAYS_MAX) + 1);
    if !node.has("retention_days") {
        let fix = "write how many days parts are kept, as in `retention_days = 90`";
        node.missing("retention_days", fix);
    }
    let identities = [
        ("none", Identity::None),
        ("period", Identity::Period),
        ("28d", Identity::Days28),
        ("stable", Identity::Stable),
    ];
    let identity = node.word("identity", &identities).unwrap_or(Identity::Period);
    let rules = [("ask", DefaultRule::Ask), ("notice", DefaultRule::Notice)];
    let default = node.word("default", &rules).unwrap_or(DefaultRule::Ask);
    let group_min = node
        .number("group_min", u64::from(GROUP_MIN_FLOOR)..1_000_001)
        .map_or(GROUP_MIN_DEFAULT, |n| u32::try_from(n).unwrap_or(u32::MAX));
    let publication = publication(&node);
    let tiers = tiers(&node);
    let anchor = node
        .has("anchor")
        .then(|| node.parsed("anchor", "name a field of this channel", FieldId::parse))
        .flatten();
    let notice = notice::read(&node, default, &tiers);
    let (parts, places): (Vec<_>, Vec<_>) = parts(&node, &tiers, declared).into_iter().unzip();
    // What is missing was noted, so that nobody will see what stands here in its place; the channel
    // is made all the same, and every other rule can be looked at now.
    let nothing = || Text::english("");
    let channel = Channel {
        id: id?,
        title: title.unwrap_or_else(nothing),
        about: about.unwrap_or_else(nothing),
        period,
        retention_days: u32::try_from(retention_days.unwrap_or(1)).unwrap_or(1),
        identity,
        default,
        notice,
        tiers,
        group_min,
        publication: publication.unwrap_or(Publication::Exact),
        release,
        anchor,
        parts,
    };
    lint::channel(&node, &channel, &places);
    node.finish();
    Some(channel)
}

fn publication(channel: &Node<'_, '_>) -> Option<Publication> {
    if !channel.is_table("publication") && channel.has("publication") {
        if channel.optional_string("publication").as_deref() == Some("exact") {
            return Some(Publication::Exact);
        }
        let fix = "write `publication = \"exact\"`, or a table with `epsilon_release` and \
                   `epsilon_year` for noisy numbers";
        channel.note("publication", "`publication` is none of its words", fix);
        return None;
    }
    let fix = "add `publication = { epsilon_release = 4.0, epsilon_year = 212.0 }`, \
               or `publication = \"exact\"`";
    let node = channel.table("publication", "`publication`", fix)?;
    let release = node.thousandths("epsilon_release");
    let year = node.thousandths("epsilon_year");
    for key in ["epsilon_release", "epsilon_year"] {
        if !node.has(key) {
            node.note(key, format!("`publication` has no `{key}`"), fix);
        }
    }
    if let (Some(release), Some(year)) = (release, year)
        && year < release
    {
        let what = "the year's budget does not pay for a single release";
        node.note("epsilon_year", what, "raise `epsilon_year` or lower `epsilon_release`");
    }
    node.finish();
    Some(Publication::Noisy { epsilon_release_milli: release?, epsilon_year_milli: year? })
}

fn tiers(channel: &Node<'_, '_>) -> Vec<Tier> {
    let mut tiers: Vec<Tier> = Vec::new();
    for node in channel.tables("tier", "tier") {
        let id = node.parsed("id", "name the tier", TierId::parse);
        let title = node.text("title", "write the tier's name");
        if let (Some(id), Some(title)) = (id, title) {
            if tiers.iter().any(|tier| tier.id == id) {
                node.note("id", "this tier is there twice", "give each its own id");
            }
            tiers.push(Tier { id, title });
        }
        node.finish();
    }
    if tiers.is_empty() && !channel.has("tier") {
        // One level needs no name in the manifest; people see "on" and "off".
        if let Ok(id) = TierId::parse("on") {
            tiers.push(Tier { id, title: Text::english("On") });
        }
    }
    tiers
}

fn parts(channel: &Node<'_, '_>, tiers: &[Tier], declared: &Declared) -> Vec<(Part, PartPlace)> {
    let nodes = channel.tables("part", "part");
    if nodes.is_empty() {
        channel.missing("part", "add a [[channel.part]] with at least one [[channel.part.field]]");
    }
    if nodes.len() > PARTS_MAX {
        let what = format!("the channel has {} parts", nodes.len());
        channel.note("part", what, format!("each is sent on its own: keep to {PARTS_MAX}"));
    }
    nodes.into_iter().filter_map(|node| part(node, tiers, declared)).collect()
}

fn part(node: Node<'_, '_>, tiers: &[Tier], declared: &Declared) -> Option<(Part, PartPlace)> {
    let id = node.parsed("id", "name the part", PartId::parse);
    let tier = if node.has("tier") {
        let tier = node.parsed("tier", "name one of the channel's tiers", TierId::parse);
        if let Some(tier) = &tier
            && !tiers.iter().any(|known| &known.id == tier)
        {
            node.note("tier", format!("there is no tier `{tier}`"), "add it, or name another");
        }
        tier
    } else {
        tiers.first().map(|tier| tier.id.clone())
    };
    let bits_max = node.number("bits_max", 1..4_097);
    let (records, fields) = fields(&node, declared);
    let (fields, places): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    if !node.has("field") {
        node.missing("field", "add a [[channel.part.field]]");
    }
    let bits_max = bits_max.and_then(|bits| u32::try_from(bits).ok()).unwrap_or(BITS_MAX_DEFAULT);
    let (crosses, crosses_at) = cross::read(&node).into_iter().unzip();
    let place = PartPlace { part: node.at.clone(), fields: places, crosses: crosses_at };
    let (Some(id), Some(tier)) = (id, tier) else {
        node.finish();
        return None;
    };
    let part = Part { id, tier, bits_max, fields, records, crosses };
    lint::part(&node, &part, &place);
    node.finish();
    Some((part, place))
}

type Fields = Vec<(Field, FieldPlace)>;

/// The questions of a part: its fields, or the columns of its one field of the kind `records`.
fn fields(part: &Node<'_, '_>, declared: &Declared) -> (Option<Records>, Fields) {
    let mut nodes = part.tables("field", "field");
    if nodes.len() > 1 && nodes.iter().any(is_records) {
        let fix = "give it a part of its own: each record travels by itself";
        part.note("field", "`records` travel with other fields", fix);
    }
    match nodes.as_slice() {
        [only] if is_records(only) => {
            let read = nodes.pop().and_then(|node| records::records(node, declared));
            read.map_or((None, Vec::new()), |(records, fields)| (Some(records), fields))
        }
        _ => (None, nodes.into_iter().filter_map(|node| field::field(node, declared)).collect()),
    }
}
