//! What a manifest's author reads: every problem at once, each with its place and what to do.

use contract::manifest::Manifest;

use crate::fixture::{DEMO, SMALL, edited, parse};

#[test]
fn the_demo_manifest_keeps_every_rule() {
    parse(DEMO);
}

#[test]
fn a_broken_manifest_is_told_everything_at_once() {
    let problems = Manifest::parse(include_str!("broken.toml")).unwrap_err();
    assert!(problems.iter().count() >= 12);
    assert!(problems.iter().all(|problem| problem.position.is_some()));
    insta::assert_snapshot!(problems.to_string());
}

#[test]
fn a_broken_syntax_has_its_place() {
    let problems = Manifest::parse("manifest = 1\n[program\nid = 3").unwrap_err();
    assert!(problems.to_string().starts_with("2:"), "{problems}");
}

/// One mistake gives one problem, in this line of the edited text, with these words in it.
#[track_caller]
fn mistake(edit: (&str, &str), line_of: &str, words: &str) {
    let text = edited(SMALL, &[edit]);
    let problems = Manifest::parse(&text).expect_err("the mistake was not seen");
    let found: Vec<_> = problems.iter().collect();
    assert_eq!(found.len(), 1, "{problems}");
    assert!(problems.to_string().contains(words), "{problems}");
    let line = text[..text.find(line_of).unwrap()].matches('\n').count() + 1;
    assert_eq!(found[0].position.map(|(line, _)| line), Some(line), "{problems}");
}

#[test]
fn the_mistakes_that_are_made_first_are_answered_plainly() {
    mistake(("manifest = 1", "manifest = 2"), "manifest = 2", "whole number from 1 to 1");
    mistake(("https://stats", "http://stats"), "collector =", "loopback");
    mistake(
        ("https://stats.larkspur.example", "stats.larkspur.example"),
        "collector =",
        "https://",
    );
    mistake(("ed25519:d75a", "d75a"), "root_keys", "keys root");
    mistake(
        (
            "root_keys = [\"ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a\
             68f707511a\"]",
            "",
        ),
        "[program]",
        "no root key",
    );
    mistake(("id = \"larkspur\"", "id = \"Larkspur\""), "id = \"Larkspur\"", "lower-case");
    mistake(("retention_days = 90\n", ""), "[[channel]]", "retention_days = 90");
    mistake(("retention_days = 90", "retention_days = \"90\""), "retention_days", "a whole number");
    let problems = Manifest::parse(&edited(SMALL, &[("retention_days", "retention")]));
    let problems = problems.unwrap_err().to_string();
    assert!(problems.contains("did you mean `retention_days`?"), "{problems}");
}

#[test]
fn a_kind_that_does_not_exist_is_answered_with_those_that_do() {
    mistake(("kind = \"flag\"", "kind = \"bool\""), "kind = \"bool\"", "flag, choice (choices)");
    mistake(("kind = \"sample\"", "kind = \"text\""), "kind = \"text\"", "no free-text kind");
    mistake(("kind = \"choice\"", "kind = \"enum\""), "kind = \"enum\"", "write one of");
}

#[test]
fn bounds_are_written_with_binary_units() {
    mistake(("\"4 GiB\"", "\"4 GB\""), "buckets = [\"1 GiB\"", "B, KiB, MiB, GiB or TiB");
    mistake(("max = \"1 TiB\"", "max = \"1 GiB\""), "buckets = [\"1 GiB\"", "above the last bound");
    mistake(("max = \"1 TiB\"\n", ""), "[[channel.part.field]]\nid = \"memory\"", "no `max`");
}

#[test]
fn what_would_mislead_people_is_refused() {
    mistake(
        ("Which operating system is it?", "Which system is it (anonymous)?"),
        "(anonymous)",
        "pseudonymous",
    );
    mistake(
        ("text = \"To decide", "text = \"Anonymously to decide"),
        "[[purpose]]",
        "pseudonymous",
    );
    mistake(("Which operating system is it?", "Which system is it, hashed?"), "hashed", "`hashed`");
    mistake(("Which operating system is it?", "Which \u{202e}system?"), "system?", "U+202E");
    mistake(
        (
            "expires = 2028-12-31\nsource = { system = \"os.id\" }",
            "expires = 9999-12-31\nsource = { system = \"os.id\" }",
        ),
        "9999-12-31",
        "never expires",
    );
    mistake(
        (
            "expires = 2028-12-31\nsource = { system = \"os.id\" }",
            "source = { system = \"os.id\" }",
        ),
        "[[channel.part.field]]",
        "no `expires`",
    );
}

#[test]
fn what_identifies_a_machine_is_refused() {
    for (source, words) in [
        ("{ file = \"/etc/machine-id\" }", "`machine-id`"),
        ("{ command = [\"hostname\"] }", "`hostname`"),
        ("{ command = [\"uname\", \"-a\"] }", "the host's name"),
        ("{ command = [\"sh\", \"-c\", \"true\"] }", "never a shell"),
        ("{ command = [\"curl\", \"https://example.org\"] }", "reaches the network"),
        ("{ command = [\"python3\", \"-c\", \"1\"] }", "from its arguments"),
        ("{ command = [\"tool --version\"] }", "each argument"),
        ("{ command = [\"./tool\"] }", "the folder it is started in"),
        ("{ command = [] }", "the command is empty"),
        ("{ file = \"etc/x\" }", "not absolute"),
        ("{ file = \"/etc/*.conf\" }", "wildcard"),
        ("{ file = \"/etc/x.json\", format = \"json\" }", "`pointer`"),
        ("{ file = \"/etc/x.json\", format = \"json\", pointer = \"a/b\" }", "no JSON pointer"),
        ("{ file = \"/etc/x\", pointer = \"/a\" }", "text has no pointer"),
        ("{ file = \"/etc/x\", pattern = \"(\" }", "cannot be read"),
        ("{ file = \"/etc/x\", take = \"number\" }", "number of matches"),
        ("{ file = \"/etc/x\", take = \"all\" }", "from all matches"),
        ("{ file = \"/etc/x\", times = 2 }", "multiplied"),
        ("{ system = \"memory.bytes\" }", "write the kind `size`"),
        ("{ system = \"os.name\" }", "`os.id`"),
        ("{ sql = \"SELECT 1\" }", "no `database`"),
        ("{ telepathy = true }", "names nothing to read"),
    ] {
        let problems =
            Manifest::parse(&edited(SMALL, &[("{ command = [\"tool\", \"--version\"] }", source)]))
                .expect_err(source);
        assert!(problems.to_string().contains(words), "{source}: {problems}");
    }
}

#[test]
fn names_stand_for_one_thing_each() {
    mistake(
        ("id = \"ipv6\"", "id = \"os\""),
        "[[channel.part.field]]\nid = \"os\"\nquestion = \"Does",
        "there twice",
    );
    mistake(("\"fedora\"]", "\"fedora\", \"Fedora\"]"), "\"Fedora\"", "case alone");
    mistake(
        ("\"fedora\"]", "\"fedora\", \"other\"]"),
        "\"other\"",
        "everything that is not listed",
    );
    mistake(("centos = \"fedora\"", "centos = \"rhel\""), "rhel", "not among the field's choices");
    mistake(("map = { centos", "map = { \"f\u{fc}r\""), "map =", "outside ASCII");
}

#[test]
fn parts_are_no_more_identifying_than_they_say() {
    mistake(
        ("bits_max = 10", "bits_max = 3"),
        "[[channel.part]]\nid = \"system\"",
        "2^4 different answers",
    );
    let choices: Vec<String> = (0..900).map(|n| format!("\"{n:060}\"")).collect();
    let long = format!("kind = \"set\"\nchoices = [{}]", choices.join(", "));
    let source = "source = { file = \"/etc/x\", pattern = \"a\", take = \"all\" }";
    let edits = [
        ("kind = \"version\"\nsuffixes = [\"rc1\"]", long.as_str()),
        ("source = { command = [\"tool\", \"--version\"] }", source),
        ("id = \"tool\"\ntier", "id = \"tool\"\nbits_max = 1000\ntier"),
    ];
    let problems = Manifest::parse(&edited(SMALL, &edits)).unwrap_err().to_string();
    assert!(problems.contains("may grow to"), "{problems}");
}

#[test]
fn a_notice_covers_no_open_text() {
    let notice = ("default = \"ask\"", "default = \"notice\"");
    parse(&edited(SMALL, &[notice]));
    let basic = ("id = \"name\"\ntier = \"full\"", "id = \"name\"\ntier = \"basic\"");
    let problems = Manifest::parse(&edited(SMALL, &[notice, basic])).unwrap_err().to_string();
    assert!(problems.contains("a notice cannot cover open text, and `name` is"), "{problems}");
    mistake(
        ("bytes_max = 64", "bytes_max = 64\nsensitivity = \"technical\""),
        "sensitivity",
        "open text",
    );
}

#[test]
fn a_budget_pays_for_the_year() {
    mistake(("epsilon_year = 212.0", "epsilon_year = 40.0"), "publication", "10 of 53 releases");
}

#[test]
fn a_manifest_always_has_a_hash_of_its_own() {
    assert_ne!(parse(SMALL).hash(), envelope::Digest::of(b""));
    let german = "title = { en = \"Usage\", de = \"Benutzung für alle\" }";
    let text = edited(SMALL, &[("title = \"Usage\"", german)]);
    assert_ne!(parse(&text).hash(), envelope::Digest::of(b""));
    mistake(
        ("title = \"Usage\"", "title = { en = \"U\", \"\u{e9}\" = \"U\" }"),
        "title = { en",
        "no language",
    );
}

#[test]
fn comments_and_layout_are_no_part_of_a_manifest() {
    let commented = SMALL.replace("\n[[channel]]", "\n# a comment\n\n[[channel]]");
    assert_eq!(parse(SMALL).hash(), parse(&commented).hash());
}
