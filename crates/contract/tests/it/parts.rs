//! Parts on the wire: one spelling, and the same rules where they are made and where they are read.

use std::collections::BTreeMap;

use contract::answer::Fact;
use contract::calendar::{Period, PeriodKind};
use contract::definition::Definition;
use contract::draft::{Draft, Facts, Report, TagName};
use contract::limits::PART_BYTES_MAX;
use contract::manifest::{Channel, Manifest};
use contract::part::{self, Part, Refusal};
use envelope::{Digest, Secret, Tag, TagScope};
use jiff::civil::{Date, date};
use proptest::prelude::*;

use crate::fixture::{DEMO, World, agree, gathered, parse};

pub(crate) const TODAY: Date = date(2026, 11, 20);

pub(crate) fn tag_of(name: &TagName<'_>) -> Tag {
    let secret = Secret::from_bytes([7; 32]);
    let scope = TagScope {
        program: "candor-demo",
        channel: "usage",
        part: name.part.as_str(),
        epoch: name.epoch,
        sample: name.sample,
    };
    secret.tag_key(&scope).tag()
}

/// A world in which both channels of the demo were agreed to.
pub(crate) fn demo() -> World {
    let manifest = parse(DEMO);
    let mut record = contract::decision::Record::new(manifest.program.id.clone());
    agree(&mut record, &manifest, "usage", "full");
    agree(&mut record, &manifest, "hardware-names", "on");
    World::new(manifest, record)
}

pub(crate) fn report(world: &World, channel: &str, facts: &Facts) -> Report {
    let verdict = world.decide(channel);
    let consent = verdict.consent().unwrap();
    let found = world.manifest.channel(channel).unwrap();
    let period = Period::containing(found.period, TODAY);
    let parts = found.parts.iter();
    let draft = Draft::new(&world.manifest, found, parts, period, &gathered(facts, &[1; 32]));
    draft.agreed(consent, tag_of)
}

pub(crate) fn check(manifest: &Manifest, channel: &str, bytes: &[u8]) -> Result<Part, Refusal> {
    let definitions = manifest.definitions();
    let find = |hash: &Digest| definitions.iter().find(|known: &&Definition| known.hash() == *hash);
    let address = (manifest.program.id.as_str(), channel);
    part::check(bytes, address, find, TODAY).map(|(part, _)| part)
}

/// Any fact of any shape, with words that the demo's lists know among them.
fn fact() -> impl Strategy<Value = Fact> {
    let word = prop_oneof![
        Just("debian".to_owned()),
        Just("ext4".to_owned()),
        Just("aes".to_owned()),
        Just("6.1.0-18-amd64".to_owned()),
        Just("3.13.0rc1".to_owned()),
        Just("1".to_owned()),
        any::<String>(),
        "[ -~]{0,40}",
    ];
    prop_oneof![
        any::<bool>().prop_map(Fact::Flag),
        any::<u64>().prop_map(Fact::Number),
        word.clone().prop_map(Fact::Text),
        prop::collection::vec(word.clone(), 0..30).prop_map(Fact::List),
        prop::collection::btree_map(word, any::<u64>(), 0..30).prop_map(Fact::Numbers),
    ]
}

fn facts(manifest: &Manifest) -> impl Strategy<Value = Facts> + use<> {
    let fields = manifest.channels.iter().flat_map(Channel::fields);
    let ids: Vec<_> = fields.map(|field| field.id.clone()).collect();
    let number = ids.len();
    let given = prop_oneof![4 => fact().prop_map(Ok), 1 => Just(Err("no such file".to_owned()))];
    let each = prop::collection::vec(prop::option::weighted(0.9, given), number);
    each.prop_map(move |each| {
        let named = ids.iter().cloned().zip(each);
        named.filter_map(|(name, fact)| Some((name, fact?))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_agent_makes_the_collector_accepts_with_equal_answers(facts in facts(&parse(DEMO))) {
        let world = demo();
        for channel in ["usage", "hardware-names"] {
            for made in report(&world, channel, &facts).parts() {
                let accepted = check(&world.manifest, channel, made.part.bytes()).unwrap();
                prop_assert!(accepted == made.part);
                prop_assert!(accepted.answers() == made.part.answers());
                prop_assert_eq!(accepted.digest(), made.part.digest());
            }
        }
    }

    #[test]
    fn a_part_with_any_byte_changed_is_refused_or_is_a_part_in_its_own_right(
        facts in facts(&parse(DEMO)), place in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let world = demo();
        for made in report(&world, "usage", &facts).parts() {
            let mut bytes = made.part.bytes().to_vec();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            if let Ok(accepted) = check(&world.manifest, "usage", &bytes) {
                // Another answer or tag is another part; it never passes for the one that was made.
                prop_assert_eq!(accepted.bytes(), bytes.as_slice());
                prop_assert_eq!(accepted == made.part, bytes == made.part.bytes());
            }
        }
    }

    #[test]
    fn bytes_from_anywhere_are_refused_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        prop_assert!(check(&parse(DEMO), "usage", &bytes).is_err());
    }
}

/// A report of the demo's host, as a Debian machine answers.
pub(crate) fn debian() -> Facts {
    let text = |text: &str| Ok(Fact::Text(text.to_owned()));
    let list = |items: &[&str]| Ok(Fact::List(items.iter().map(ToString::to_string).collect()));
    let facts: [(&str, Result<Fact, String>); 10] = [
        ("os", text("debian")),
        ("architecture", text("x86_64")),
        ("kernel", text("6.1.0-18-amd64")),
        ("cpus", Ok(Fact::Number(4))),
        ("memory", Ok(Fact::Number(17 << 30))),
        ("uptime", text("93784.52")),
        ("file_systems", list(&["ext4", "tmpfs", "tmpfs", "proc"])),
        ("cpu_features", list(&["aes", "avx2", "aes"])),
        ("ipv6", Ok(Fact::Flag(false))),
        ("processor_name", text("An \"Example\" CPU \u{e9}")),
    ];
    let read = |(id, fact): (&str, _)| (id.parse().unwrap(), fact);
    facts.into_iter().map(read).collect::<BTreeMap<_, _>>()
}

/// Every other spelling of a part that a JSON reader would take for the same.
fn respelled(text: &str) -> Vec<String> {
    let moved = |text: &str| {
        let tag = text.rfind(",\"tag\"").unwrap();
        let (rest, tag) = text.split_at(tag);
        format!("{{{},{}}}", &tag[1..tag.len() - 1], &rest[1..])
    };
    vec![
        format!(" {text}"),
        format!("{text}\n"),
        text.replacen(':', ": ", 1),
        text.replacen(',', ", ", 1),
        text.replacen("\"channel\"", "\"ch\\u0061nnel\"", 1),
        text.replacen("\"usage\"", "\"us\\u0061ge\"", 1),
        text.replacen("{\"answers\"", "{\"part\":\"platform\",\"answers\"", 1),
        text.replacen("{\"answers\":{", "{\"answers\":{},\"answers\":{", 1),
        text.replacen("\"os\":", "\"os\":\"fedora\",\"os\":", 1),
        text.replacen("\"tag\":\"", "\"tag\":\"0\",\"tag\":\"", 1),
        format!("\u{feff}{text}"),
        format!("{text}{text}"),
        moved(text),
    ]
}

#[test]
fn a_part_has_exactly_one_spelling() {
    let world = demo();
    let report = report(&world, "usage", &debian());
    let part = report.parts().iter().find(|made| made.id.as_str() == "platform").unwrap();
    let text = String::from_utf8(part.part.bytes().to_vec()).unwrap();
    assert!(check(&world.manifest, "usage", text.as_bytes()).is_ok());
    for other in respelled(&text) {
        assert_ne!(other, text);
        assert!(check(&world.manifest, "usage", other.as_bytes()).is_err(), "{other}");
    }
}

/// Changes a part and says why it is refused.
#[track_caller]
fn refused(part: &str, from: &str, to: &str, why: &str) {
    let world = demo();
    let facts = debian();
    let report = report(&world, "usage", &facts);
    let made = report.parts().iter().find(|made| made.id.as_str() == part).unwrap();
    let text = String::from_utf8(made.part.bytes().to_vec()).unwrap();
    assert!(text.contains(from), "{text}");
    let changed = text.replacen(from, to, 1);
    match check(&world.manifest, "usage", changed.as_bytes()) {
        Err(Refusal::Invalid(problems)) => {
            assert!(problems.to_string().contains(why), "{problems}");
        }
        other => panic!("{changed}: {other:?}"),
    }
}

#[test]
fn what_breaks_a_rule_is_refused_by_name() {
    let tag = "\"tag\":\"";
    refused("platform", "\"debian\"", "\"gentoo\"", "the answer `os` is not among the choices");
    refused("platform", "\"debian\"", "true", "the answer `os` has the wrong JSON type");
    refused("kernel", "6.1.0", "06.1.0", "is no version");
    refused("kernel", "6.1.0", "6.1.0-amd64", "is no version");
    refused("cpus", "3-4", "4", "is none of the buckets");
    refused("cpu-features", "\"aes\",\"avx2\"", "\"avx2\",\"aes\"", "not sorted");
    refused("cpu-features", "\"aes\",\"avx2\"", "\"aes\",\"aes\"", "there twice");
    refused("file-systems", "\"ext4\":", "\"reiserfs\":", "is not among the choices");
    refused("platform", "\"os\":\"debian\"", "\"os\":\"debian\",\"zz\":1", "to no question");
    refused("cpus", "{\"cpus\":\"3-4\"}", "{}", "at least one answer");
    refused("cpus", "\"program\"", "\"extra\":1,\"program\"", "a member that it must not have");
    refused("cpus", "\"part\":\"cpus\"", "\"part\":\"memory\"", "`part` is not that");
    refused("cpus", "candor-demo", "larkspur", "`program` is not that");
    refused("cpus", "2026-11-20", "2026-W47", "`period` is no period");
    refused("cpus", "2026-11-20", "20261120", "`period` is no period");
    refused("cpus", tag, &format!("{tag}0"), "`tag` does not fit");
    refused("cpus", ",\"tag\"", ",\"tags\"", "`tag` does not fit");
}

#[test]
fn a_draft_is_refused_by_its_zero_tag() {
    let world = demo();
    let channel = world.manifest.channel("usage").unwrap();
    let period = Period::containing(PeriodKind::Day, TODAY);
    let parts = channel.parts.iter();
    let draft = Draft::new(&world.manifest, channel, parts, period, &gathered(&debian(), &[1; 32]));
    assert!(!draft.preview().is_empty());
    for bytes in draft.preview() {
        match check(&world.manifest, "usage", &bytes) {
            Err(Refusal::Invalid(problems)) => {
                assert_eq!(
                    problems.to_string(),
                    "`tag` is that of a draft; only a report that was \
                     agreed to has a tag"
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_part_of_another_channel_definition_or_day_is_refused() {
    let world = demo();
    let report = report(&world, "usage", &debian());
    let bytes = report.parts()[0].part.bytes();
    assert!(matches!(check(&world.manifest, "hardware-names", bytes), Err(Refusal::Invalid(_))));
    let none = |_: &Digest| None::<&Definition>;
    let unknown = part::check(bytes, ("candor-demo", "usage"), none, TODAY);
    assert!(matches!(unknown, Err(Refusal::UnknownDefinition)));
    let definitions = world.manifest.definitions();
    let find = |hash: &Digest| definitions.iter().find(|known| known.hash() == *hash);
    for (day, accepted) in [(18, false), (19, true), (20, true), (22, true), (23, false)] {
        let checked = part::check(bytes, ("candor-demo", "usage"), find, date(2026, 11, day));
        assert_eq!(checked.is_ok(), accepted, "{day}");
        assert!(accepted || matches!(checked, Err(Refusal::Period)));
    }
}

#[test]
fn what_is_longer_than_any_part_is_refused_for_that() {
    let world = demo();
    let why = |bytes: usize| match check(&world.manifest, "usage", &vec![b'x'; bytes]) {
        Err(Refusal::Invalid(problems)) => problems.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(!why(PART_BYTES_MAX).contains("too large"));
    for bytes in [PART_BYTES_MAX + 1, 2 * PART_BYTES_MAX] {
        assert!(why(bytes).contains("the part is too large"), "{bytes}");
    }
}

#[test]
fn no_part_and_no_refusal_prints_an_answer() {
    let world = demo();
    let report = report(&world, "hardware-names", &debian());
    let printed = format!("{report:?} {:?}", report.parts());
    assert!(!printed.contains("Example"), "{printed}");
    let part = &report.parts()[0].part;
    assert!(format!("{part:?}").starts_with("Part { period: "), "{part:?}");
    let kept = part.clone().into_kept();
    assert!(format!("{kept:?}").starts_with("KeptPart { period: "), "{kept:?}");
    let text = String::from_utf8(report.parts()[0].part.bytes().to_vec()).unwrap();
    let spoiled = text.replace("CPU", "CPU\u{202e}secret");
    let refusal = check(&world.manifest, "hardware-names", spoiled.as_bytes()).unwrap_err();
    assert!(!format!("{refusal:?} {refusal}").contains("secret"));
}
