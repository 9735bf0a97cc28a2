//! What is asked again when a manifest changes, line by line, and what is only shown.
//!
//! Each test goes both ways: what widens is asked, its reverse is shown.

use contract::change::changes;
use contract::destination::Destination;
use contract::manifest::Manifest;

use crate::fixture::{SMALL, World, agreed, destination, edited, parse, small};

/// What the change silences: nothing, some parts, or everything.
#[derive(Debug, Clone, PartialEq)]
enum Silent {
    Nothing,
    Parts(&'static [&'static str]),
    All,
}

const ALL: [&str; 4] = ["system", "memory", "tool", "name"];

/// Holds that a change is seen in one direction, and what falls silent by it.
#[track_caller]
fn check(shown: &Manifest, now: &Manifest, silent: &Silent) {
    let found = changes((shown, &destination(shown)), (now, &destination(now)), "usage");
    assert!(!found.is_empty(), "the change was not seen at all");
    let asked = found.iter().any(|change| change.asked);
    assert_eq!(asked, *silent != Silent::Nothing, "{found:?}");
    let world = World::new(now.clone(), agreed(shown));
    let expected: Option<Vec<String>> = match silent {
        Silent::All => None,
        Silent::Nothing => Some(all(now, &[])),
        Silent::Parts(parts) => Some(all(now, parts)),
    };
    assert_eq!(world.sends(), expected, "{found:?}");
    if !asked {
        assert!(world.decide("usage").waiting().is_empty());
    }
}

fn all(manifest: &Manifest, but: &[&str]) -> Vec<String> {
    let names = manifest.channels[0].parts.iter().map(|part| part.id.to_string());
    names.filter(|name| !but.contains(&name.as_str())).collect()
}

/// The edits widen the small manifest, which silences some of it; their reverse is only shown.
#[track_caller]
fn widens(edits: &[(&str, &str)], silent: &Silent) {
    check(&small(&[]), &small(edits), silent);
    check(&small(edits), &small(&[]), &Silent::Nothing);
}

/// The edits are asked about in both directions.
#[track_caller]
fn differs(edits: &[(&str, &str)], silent: &Silent) {
    check(&small(&[]), &small(edits), silent);
    check(&small(edits), &small(&[]), silent);
}

/// The edits are shown in both directions and silence nothing.
#[track_caller]
fn is_shown(edits: &[(&str, &str)]) {
    check(&small(&[]), &small(edits), &Silent::Nothing);
    check(&small(edits), &small(&[]), &Silent::Nothing);
}

#[test]
fn nothing_has_changed_in_the_same_manifest() {
    let manifest = small(&[]);
    let here = destination(&manifest);
    assert_eq!(changes((&manifest, &here), (&manifest, &here), "usage"), []);
}

#[test]
fn a_new_question_silences_the_part_it_came_to() {
    let field = "\n[[channel.part.field]]\nid = \"swap\"\nquestion = \"How much swap?\"\n\
                 purpose = \"support\"\nkind = \"size\"\nbuckets = [\"1 GiB\"]\nmax = \"1 TiB\"\n\
                 expires = 2028-12-31\nsource = { system = \"swap.bytes\" }\n";
    let after = "source = { system = \"memory.bytes\" }\n";
    widens(&[(after, &format!("{after}{field}"))], &Silent::Parts(&["memory"]));
}

#[test]
fn a_new_part_waits_and_the_others_go_on() {
    let part = "\n[[channel.part]]\nid = \"swap\"\n[[channel.part.field]]\nid = \"swap\"\n\
                question = \"How much swap?\"\npurpose = \"support\"\nkind = \"size\"\n\
                buckets = [\"1 GiB\"]\nmax = \"1 TiB\"\nexpires = 2028-12-31\n\
                source = { system = \"swap.bytes\" }\n";
    let now = parse(&format!("{SMALL}{part}"));
    check(&small(&[]), &now, &Silent::Parts(&["swap"]));
    check(&now, &small(&[]), &Silent::Nothing);
}

#[test]
fn a_question_that_travels_with_others_is_asked_again() {
    // `ipv6` goes from the part `system` into `memory`.
    let field = "[[channel.part.field]]\nid = \"ipv6\"\n\
                 question = \"Does it have an IPv6 address?\"\n\
                 purpose = \"support\"\nkind = \"flag\"\nexpires = 2028-12-31\n\
                 source = { system = \"network.ipv6\" }\n";
    let after = "source = { system = \"memory.bytes\" }\n";
    let now = small(&[(field, ""), (after, &format!("{after}\n{field}"))]);
    check(&small(&[]), &now, &Silent::Parts(&["memory"]));
    check(&now, &small(&[]), &Silent::Parts(&["system"]));
}

#[test]
fn an_anchor_is_a_new_mate_in_every_other_part() {
    let parts = Silent::Parts(&["memory", "tool", "name"]);
    widens(&[("default = \"ask\"", "default = \"ask\"\nanchor = \"ipv6\"")], &parts);
}

#[test]
fn widened_answers_are_asked_again() {
    for (edit, part) in [
        (("\"fedora\"]", "\"fedora\", \"arch\"]"), "system"),
        (("map = { centos", "map = { rocky = \"fedora\", centos"), "system"),
        (("\"4 GiB\", \"16 GiB\"", "\"4 GiB\", \"8 GiB\", \"16 GiB\""), "memory"),
        (("max = \"1 TiB\"", "max = \"2 TiB\""), "memory"),
        (("suffixes = [\"rc1\"]", "suffixes = [\"rc1\", \"beta\"]"), "tool"),
        (("bytes_max = 64", "bytes_max = 65"), "name"),
        (("bytes_max = 64", "bytes_max = 64\nbuckets = [2]\nmax = 10"), "name"),
    ] {
        let parts: &'static [&'static str] = match part {
            "system" => &["system"],
            "memory" => &["memory"],
            "tool" => &["tool"],
            _ => &["name"],
        };
        widens(&[edit], &Silent::Parts(parts));
    }
}

#[test]
fn another_kind_of_answer_is_asked_again() {
    let kind = ("kind = \"version\"\nsuffixes = [\"rc1\"]", "kind = \"choice\"\nchoices = [\"1\"]");
    differs(&[kind], &Silent::Parts(&["tool"]));
}

#[test]
fn a_reworded_question_or_purpose_is_asked_again() {
    let question = ("How much memory does it have?", "How much memory has it?");
    differs(&[question], &Silent::Parts(&["memory"]));
    let purpose = ("To decide which systems are supported.", "To sell you things.");
    differs(&[purpose], &Silent::Parts(&ALL));
    let about = ("about = \"Which systems are in use.\"", "about = \"Who is who.\"");
    differs(&[about], &Silent::All);
}

#[test]
fn another_purpose_is_asked_again() {
    let purpose = "[[channel]]\nid = \"usage\"";
    let added = format!("[[purpose]]\nid = \"sales\"\ntext = \"To sell.\"\n\n{purpose}");
    let moved = "question = \"How much memory does it have?\"\npurpose = ";
    let edits =
        [(purpose, added.as_str()), (&format!("{moved}\"support\""), &format!("{moved}\"sales\""))];
    differs(&edits, &Silent::Parts(&["memory"]));
}

#[test]
fn longer_retention_is_asked_again() {
    widens(&[("retention_days = 90", "retention_days = 91")], &Silent::All);
}

#[test]
fn a_shorter_period_is_asked_again() {
    widens(&[("period = \"week\"", "period = \"day\"")], &Silent::All);
}

#[test]
fn longer_lasting_tags_are_asked_again() {
    let order = ["none", "period", "28d", "stable"];
    for (index, shorter) in order.iter().enumerate() {
        for longer in order.iter().skip(index + 1) {
            let with = |identity: &str| {
                small(&[("identity = \"period\"", &format!("identity = \"{identity}\""))])
            };
            check(&with(shorter), &with(longer), &Silent::All);
            check(&with(longer), &with(shorter), &Silent::Nothing);
        }
    }
}

#[test]
fn smaller_groups_less_noise_and_finer_publication_are_asked_again() {
    widens(&[("group_min = 20", "group_min = 19")], &Silent::All);
    widens(&[("epsilon_year = 212.0", "epsilon_year = 260.0")], &Silent::All);
    let noised_more = small(&[("epsilon_release = 4.0", "epsilon_release = 3.0")]);
    check(&noised_more, &small(&[]), &Silent::All);
    check(&small(&[]), &noised_more, &Silent::Nothing);
    let noisy = "{ epsilon_release = 4.0, epsilon_year = 212.0 }";
    widens(&[(noisy, "\"exact\"")], &Silent::All);
    let day = [("period = \"week\"", "period = \"day\""), ("212.0", "1464.0")];
    let daily = edited(&edited(SMALL, &day), &[("release = \"week\"", "release = \"day\"")]);
    check(&small(&day), &parse(&daily), &Silent::All);
    check(&parse(&daily), &small(&day), &Silent::Nothing);
    let hidden = ("kind = \"flag\"", "kind = \"flag\"\npublish = false");
    check(&small(&[hidden]), &small(&[]), &Silent::Parts(&["system"]));
    check(&small(&[]), &small(&[hidden]), &Silent::Nothing);
}

#[test]
fn another_destination_is_asked_again() {
    let host = ("https://stats.larkspur.example", "https://stats.elsewhere.example");
    differs(&[host], &Silent::All);
    differs(
        &[("https://stats.larkspur.example", "https://stats.larkspur.example:8443")],
        &Silent::All,
    );
    let key = (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    );
    differs(&[key], &Silent::All);
    differs(&[("name = \"Larkspur e.V.\"", "name = \"Foxglove Inc.\"")], &Silent::All);
}

#[test]
fn an_additional_key_country_or_processor_is_asked_again() {
    let key = (
        "511a\"]",
        "511a\", \"ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c\"]",
    );
    widens(&[key], &Silent::All);
    is_shown_when_removed((
        "countries = [\"Germany\"]",
        "countries = [\"Germany\", \"Elsewhere\"]",
    ));
    is_shown_when_removed(("[\"A hosting company\"]", "[\"A hosting company\", \"Another\"]"));
}

/// Adding is asked; taking away changes nothing that a person would have to know again.
#[track_caller]
fn is_shown_when_removed(edit: (&str, &str)) {
    check(&small(&[]), &small(&[edit]), &Silent::All);
    let found = changes(
        (&small(&[edit]), &destination(&small(&[edit]))),
        (&small(&[]), &destination(&small(&[]))),
        "usage",
    );
    assert!(found.iter().all(|change| !change.asked), "{found:?}");
}

const RELAY: &str = "[[program.relay]]\nurl = \"https://relay.example.net\"\noperator = \"Example \
                     University\"\ncountry = \"Norway\"\n\n[controller]";

#[test]
fn another_transport_or_relay_is_asked_again() {
    let relay = [("[controller]", RELAY)];
    differs(&relay, &Silent::All);
    let with = |edits: &[(&str, &str)]| parse(&edited(&edited(SMALL, &relay), edits));
    for edit in [
        ("relay.example.net", "relay.example.com"),
        ("Example University", "Somebody Else"),
        ("country = \"Norway\"", "country = \"Sweden\""),
    ] {
        check(&with(&[]), &with(&[edit]), &Silent::All);
        check(&with(&[edit]), &with(&[]), &Silent::All);
    }
    let second = RELAY.replace("example.net", "example.com");
    check(&with(&[]), &with(&[("[controller]", &second)]), &Silent::All);
    check(&with(&[("[controller]", &second)]), &with(&[]), &Silent::Nothing);
}

#[test]
fn a_weaker_seal_is_asked_again_and_a_stronger_one_is_shown() {
    let to = "data_licence = ";
    let strong = [("[controller]", RELAY), (to, "sealing = \"x-wing\"\ndata_licence = ")];
    let [usual, strong] = [&strong[..1], &strong[..]].map(small);
    check(&strong, &usual, &Silent::All);
    check(&usual, &strong, &Silent::Nothing);
}

#[test]
fn a_collector_that_the_operator_put_in_its_place_is_another_destination() {
    let manifest = small(&[]);
    let mut world = World::new(manifest.clone(), agreed(&manifest));
    world.destination = Destination::of(&manifest.program, Some("https://other.example"));
    assert_eq!(world.sends(), None);
    // A slash at the end is the same place.
    world.destination = Destination::of(&manifest.program, Some("https://stats.larkspur.example/"));
    assert!(world.sends().is_some());
}

#[test]
fn another_source_is_asked_again_for_commands_and_samples_alone() {
    differs(&[("\"tool\", \"--version\"", "\"tool\", \"-v\"")], &Silent::Parts(&["tool"]));
    differs(&[("file = \"/proc/cpuinfo\"", "file = \"/proc/version\"")], &Silent::Parts(&["name"]));
    let source = ("{ system = \"memory.bytes\" }", "{ file = \"/proc/meminfo\", times = 1024 }");
    check(&small(&[]), &small(&[source]), &Silent::Nothing);
    let command = ("{ system = \"memory.bytes\" }", "{ command = [\"free\", \"-b\"] }");
    differs(&[command], &Silent::Parts(&["memory"]));
}

#[test]
fn a_part_that_comes_into_a_smaller_tier_is_asked_again() {
    widens(
        &[("id = \"memory\"\ntier = \"full\"", "id = \"memory\"\ntier = \"basic\"")],
        &Silent::Parts(&["memory"]),
    );
    // Tiers are put in front, so that the part's rank is as it was; whoever agreed to `basic`
    // would now send it.
    let mini =
        "[[channel.tier]]\nid = \"mini\"\ntitle = \"Mini\"\n\n[[channel.tier]]\nid = \"basic\"";
    let now = small(&[
        ("[[channel.tier]]\nid = \"basic\"", mini),
        ("bits_max = 10", "tier = \"mini\""),
        ("id = \"memory\"\ntier = \"full\"", "id = \"memory\"\ntier = \"basic\""),
    ]);
    check(&small(&[]), &now, &Silent::Parts(&["memory"]));
}

#[test]
fn titles_translations_dates_and_promises_are_shown() {
    is_shown(&[(
        "[[channel]]\nid = \"usage\"\ntitle = \"Usage\"",
        "[[channel]]\nid = \"usage\"\ntitle = \"In use\"",
    )]);
    is_shown(&[("title = \"Full\"", "title = \"Everything\"")]);
    is_shown(&[("bits_max = 10", "bits_max = 11")]);
    is_shown(&[("max = \"1 TiB\"\nexpires = 2028-12-31", "max = \"1 TiB\"\nexpires = 2029-12-31")]);
    is_shown(&[("legal_basis = \"Consent\"", "legal_basis = \"Legitimate interest\"")]);
    is_shown(&[("kind = \"flag\"", "kind = \"flag\"\nsensitivity = \"usage\"")]);
    check(&small(&[]), &small(&[("[\"Names\", \"Passwords\"]", "[\"Names\"]")]), &Silent::Nothing);
}

#[test]
fn a_translation_that_is_added_is_no_change_of_a_question() {
    let translated = (
        "question = \"How much memory does it have?\"",
        "question = { en = \"How much memory does it have?\", de = \"Wie viel Speicher hat es?\" }",
    );
    let (old, new) = (small(&[]), small(&[translated]));
    let found = changes((&old, &destination(&old)), (&new, &destination(&new)), "usage");
    assert!(found.iter().all(|change| !change.asked), "{found:?}");
    // One that a person may have been shown, and now says something else, is.
    let other = small(&[translated, ("Wie viel Speicher hat es?", "Wem gehört es?")]);
    check(&new, &other, &Silent::Parts(&["memory"]));
}

#[test]
fn a_channel_that_was_not_shown_is_not_covered() {
    let shown = small(&[("[[channel]]\nid = \"usage\"", "[[channel]]\nid = \"other\"")]);
    let now = small(&[]);
    let found = changes((&shown, &destination(&shown)), (&now, &destination(&now)), "usage");
    assert!(found.iter().any(|change| change.asked && change.part.is_none()));
}
