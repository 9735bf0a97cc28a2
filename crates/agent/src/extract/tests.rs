//! What is taken from texts of every format, and what is said where nothing can be.

use contract::answer::Fact;
use contract::manifest::{Amount, Format, Take};
use proptest::prelude::*;

use super::{Document, ExtractError};

fn take(pattern: &str, pointer: &str, amount: Amount, times: u64) -> Take {
    let mut take = Take::default();
    take.pattern = (!pattern.is_empty()).then(|| pattern.to_owned());
    take.pointer = (!pointer.is_empty()).then(|| pointer.to_owned());
    take.amount = amount;
    take.times = times;
    take
}

fn fact(bytes: &[u8], format: Format, take: &Take) -> Result<Fact, ExtractError> {
    Document::parse(bytes, format)?.take(take, &|| true)
}

/// A fact in a form that a test can show.
fn shown(fact: Result<Fact, ExtractError>) -> String {
    match fact {
        Ok(Fact::Flag(flag)) => flag.to_string(),
        Ok(Fact::Number(number)) => number.to_string(),
        Ok(Fact::Text(text)) => format!("{text:?}"),
        Ok(Fact::List(list)) => format!("{list:?}"),
        Ok(Fact::Numbers(numbers)) => format!("{numbers:?}"),
        Ok(Fact::Each(each)) => format!("{} records", each.len()),
        Err(error) => format!("{error:?}"),
    }
}

#[track_caller]
fn check(bytes: &str, format: Format, take: &Take, expected: &str) {
    assert_eq!(shown(fact(bytes.as_bytes(), format, take)), expected);
}

fn first(pattern: &str) -> Take {
    take(pattern, "", Amount::First, 1)
}

fn at(pointer: &str) -> Take {
    take("", pointer, Amount::First, 1)
}

const RELEASE: &str = "NAME=\"Debian\"\nID=debian\nVERSION_ID=\"12\"\n";

#[test]
fn the_first_group_of_a_pattern_is_the_value_else_the_whole_match() {
    check(RELEASE, Format::Text, &first("(?m)^ID=(.*)$"), "\"debian\"");
    check(RELEASE, Format::Text, &first("(?m)^ID=.*$"), "\"ID=debian\"");
    check(RELEASE, Format::Text, &first("^ID=(.*)$"), "Pattern");
    check(RELEASE, Format::Text, &first("FLAVOUR=(.*)"), "Pattern");
}

#[test]
fn a_match_in_which_the_first_group_took_no_part_gives_nothing() {
    check("b2 a1", Format::Text, &first("a([0-9])|b[0-9]"), "\"1\"");
    let number = take("a([0-9])|b[0-9]", "", Amount::Number, 1);
    check("b2 a1", Format::Text, &number, "1");
}

#[test]
fn every_match_is_taken_where_all_are_asked() {
    let all = take("type=([a-z]*)", "", Amount::All, 1);
    check("type=a\ntype=\ntype=b type=a", Format::Text, &all, r#"["a", "b", "a"]"#);
    check("nothing here", Format::Text, &all, "[]");
}

#[test]
fn matches_are_counted_and_lines_that_are_not_empty_where_there_is_no_pattern() {
    check("a b\na", Format::Text, &take("a", "", Amount::Number, 1), "2");
    check("x\n\n  \ny\r\nz", Format::Text, &take("", "", Amount::Number, 1), "3");
    check("", Format::Text, &take("", "", Amount::Number, 1), "0");
}

#[test]
fn without_a_pattern_lines_are_taken_as_they_stand() {
    check("\n  8.2.1 \nbuilt long ago\n", Format::Text, &first(""), "\"8.2.1\"");
    check("a\n\n b\n", Format::Text, &take("", "", Amount::All, 1), r#"["a", "b"]"#);
    check(" \n", Format::Text, &first(""), "Pattern");
}

#[test]
fn a_number_is_multiplied_and_never_overflows() {
    let kibibytes = take("MemTotal: *([0-9.]+) kB", "", Amount::First, 1024);
    check("MemTotal:   16 kB", Format::Text, &kibibytes, "16384");
    check("MemTotal: 1.5 kB", Format::Text, &kibibytes, "1536");
    check("MemTotal: 0.999999999999999999999 kB", Format::Text, &kibibytes, "1023");
    let greatest = u64::MAX.to_string();
    for amount in ["18446744073709551615", "99999999999999999999999999"] {
        check(&format!("MemTotal: {amount} kB"), Format::Text, &kibibytes, &greatest);
    }
    for none in ["1.2.3", ".", ".5"] {
        check(&format!("MemTotal: {none} kB"), Format::Text, &kibibytes, "Number");
    }
    check("-5", Format::Text, &take("", "", Amount::First, 1024), "Number");
    check("18446744073709551615", Format::Json, &take("", "", Amount::First, 2), &greatest);
    check("a\nb", Format::Text, &take("", "", Amount::Number, u64::MAX), &greatest);
}

const TREE: &str = r#"{"a/b": {"~": "found"}, "flag": false, "number": 7, "part": 12.7,
    "below": -1, "huge": 1e300, "nothing": null, "list": ["x", 2, true, null], "mixed": [{"a": 1}],
    "numbers": {"ext4": 2, "zfs": 1}, "other": {"a": "1"}, "text": "v9.1-rc"}"#;

#[test]
fn a_pointer_leads_to_a_value_of_json_and_its_shape_stays() {
    for (pointer, expected) in [
        ("/a~1b/~0", "\"found\""),
        ("/flag", "false"),
        ("/number", "7"),
        ("/part", "12"),
        ("/below", "Number"),
        ("/huge", "18446744073709551615"),
        ("/nothing", "Pointer"),
        ("/missing", "Pointer"),
        ("/list", r#"["x", "2", "true"]"#),
        ("/list/0", "\"x\""),
        ("/list/9", "Pointer"),
        ("/mixed", "Shape"),
        ("/numbers", r#"{"ext4": 2, "zfs": 1}"#),
        ("/other", "Shape"),
        ("number", "Pointer"),
    ] {
        check(TREE, Format::Json, &at(pointer), expected);
    }
}

#[test]
fn what_a_pointer_leads_to_can_be_counted_multiplied_and_searched() {
    for (pointer, expected) in
        [("/mixed", "1"), ("/list", "4"), ("/numbers", "2"), ("/text", "1"), ("/nothing", "0")]
    {
        check(TREE, Format::Json, &take("", pointer, Amount::Number, 1), expected);
    }
    let times = |pointer| take("", pointer, Amount::First, 1024);
    check(TREE, Format::Json, &times("/number"), "7168");
    check(TREE, Format::Json, &times("/part"), "13004");
    check(TREE, Format::Json, &times("/numbers"), r#"{"ext4": 2048, "zfs": 1024}"#);
    check(TREE, Format::Json, &times("/text"), "Number");
    check(TREE, Format::Json, &take("v([0-9]+)", "/text", Amount::First, 1), "\"9\"");
    check(TREE, Format::Json, &take("w", "/text", Amount::First, 1), "Pattern");
    check(TREE, Format::Json, &take("[a-z]", "/list", Amount::All, 1), r#"["x", "t"]"#);
    check(TREE, Format::Json, &take("[a-z]", "/list", Amount::Number, 1), "2");
}

#[test]
fn toml_is_read_with_the_same_pointers() {
    let text = "top = 1\nday = 2026-11-20\n[server]\nname = 'x'\nports = [1, 2]\nratio = 0.5\n";
    for (pointer, expected) in [
        ("/top", "1"),
        ("/day", "\"2026-11-20\""),
        ("/server/name", "\"x\""),
        ("/server/ports", r#"["1", "2"]"#),
        ("/server/ratio", "0"),
        ("/server", "Shape"),
    ] {
        check(text, Format::Toml, &at(pointer), expected);
    }
    check("a = nan", Format::Toml, &at("/a"), "Pointer");
}

#[test]
fn ini_is_read_by_section_and_key() {
    let text = "mode=fast\n; note\n# note\n[ main server ]\r\nname = \"a = b\"\nflag\nlist=1\n\
                list='2'\n[a/b]\nkey =\n[broken\nx = y";
    for (pointer, expected) in [
        ("mode", "\"fast\""),
        ("/mode", "\"fast\""),
        ("main server/name", "\"a = b\""),
        ("main server/flag", "\"\""),
        ("main server/list", "\"1\""),
        ("main server/none", "Pointer"),
        ("a/b/key", "\"\""),
        ("broken/x", "\"y\""),
        ("name", "Pointer"),
    ] {
        check(text, Format::Ini, &at(pointer), expected);
    }
    let list = |amount| take("", "main server/list", amount, 1);
    check(text, Format::Ini, &list(Amount::All), r#"["1", "2"]"#);
    check(text, Format::Ini, &list(Amount::Number), "2");
    check(text, Format::Ini, &take("", "main server/none", Amount::Number, 1), "0");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    check("\u{feff}{\"a\": 1}", Format::Json, &at("/a"), "1");
    check("\u{feff}first", Format::Text, &first("^first"), "\"first\"");
}

#[test]
fn what_is_not_valid_is_refused_with_the_rule_and_nothing_else() {
    let all = [Format::Text, Format::Json, Format::Toml, Format::Ini];
    for format in all {
        assert_eq!(shown(fact(b"ab\xff\xfecd", format, &at(""))), "Utf8");
    }
    check("{\"a\": ", Format::Json, &at("/a"), "Json");
    check("a = = 1", Format::Toml, &at("/a"), "Toml");
    check("x", Format::Text, &first(r"[0-9]{1000}{1000}"), "BadPattern");
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = "[".repeat(200_000);
    check(&deep, Format::Json, &at("/0"), "Json");
    check(&format!("a = {deep}"), Format::Toml, &at("/a"), "Toml");
    check(&format!("{}a = 1", "a.".repeat(200_000)), Format::Toml, &at("/a"), "Toml");
}

#[test]
fn more_values_than_any_installation_has_are_refused() {
    let lines = "x\n".repeat(100_001);
    check(&lines, Format::Text, &take("x", "", Amount::All, 1), "Values");
    check(&lines, Format::Text, &take("", "", Amount::Number, 1), "100001");
    let list = format!("[{}0]", "0,".repeat(100_000));
    check(&list, Format::Json, &take("", "", Amount::All, 1), "Values");
}

#[test]
fn a_search_ends_when_its_time_is_over() {
    let asked = std::cell::Cell::new(0);
    let thrice = || asked.replace(asked.get() + 1) < 3;
    let take = take("a", "", Amount::Number, 1);
    let document = Document::parse("a".repeat(1_000).as_bytes(), Format::Text).unwrap();
    assert_eq!(shown(document.take(&take, &thrice)), "TooSlow");
    assert!(asked.get() < 10, "it did not search on");
    let list = Document::parse(b"[\"b\", \"b\", \"b\", \"b\", \"b\"]", Format::Json).unwrap();
    asked.set(0);
    assert_eq!(shown(list.take(&take, &thrice)), "TooSlow");
}

#[test]
fn nothing_shows_what_was_read() {
    let document = Document::parse(b"canary", Format::Text).unwrap();
    assert!(!format!("{document:?}").contains("canary"));
}

proptest! {
    #[test]
    fn whatever_the_bytes_are_there_is_an_answer(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in "[\\[\\]{}=\"',:/;#a0.\\n -]{0,80}",
        pointer in "[/a0~]{0,6}",
        times in any::<u64>(),
    ) {
        for format in [Format::Text, Format::Json, Format::Toml, Format::Ini] {
            for amount in [Amount::First, Amount::All, Amount::Number] {
                for pattern in ["", "([a0])|=", "(?m)^.*$"] {
                    let take = take(pattern, &pointer, amount, times);
                    let _ = fact(&bytes, format, &take);
                    let _ = fact(text.as_bytes(), format, &take);
                }
            }
        }
    }
}

const VARIABLES: &str = "# DB_USER=no\nDB_HOST=localhost\nexport DB_PORT = 3306 # usual\n\
    DB_PASSWORD=\"a#b \\\"c\\\" = d\" # secret\nDB_NAME='x \\ y'\nEMPTY=\nAPP=a#b\nbroken\n";

#[test]
fn variables_of_an_env_file_are_read_as_their_programs_read_them() {
    for (name, expected) in [
        ("DB_HOST", "localhost"),
        ("DB_PORT", "3306"),
        ("DB_PASSWORD", "a#b \\\"c\\\" = d"),
        ("DB_NAME", "x \\\\ y"),
        ("EMPTY", ""),
        ("APP", "a#b"),
    ] {
        check(VARIABLES, Format::Env, &at(name), &format!("\"{expected}\""));
    }
    check(VARIABLES, Format::Env, &at("DB_USER"), "Pointer");
    check(VARIABLES, Format::Env, &at("broken"), "Pointer");
}

#[test]
fn a_star_leads_to_every_item_of_a_list_and_every_member_of_an_object() {
    let pools = r#"{"pools": [{"kind": "a", "groups": [{"n": 1}, {"n": 2}]}, {"kind": "b"}],
                   "by name": {"x": {"on": true}, "y": {"on": false}}, "none": []}"#;
    let take_at = |pointer: &str, amount| take("", pointer, amount, 1);
    let first = |pointer: &str| take_at(pointer, Amount::First);
    check(pools, Format::Json, &first("/pools/*/kind"), r#"["a", "b"]"#);
    check(pools, Format::Json, &first("/pools/*/groups/*/n"), r#"["1", "2"]"#);
    check(pools, Format::Json, &first("/by name/*/on"), r#"["true", "false"]"#);
    check(pools, Format::Json, &take_at("/pools/*", Amount::Number), "2");
    check(pools, Format::Json, &take_at("/none/*", Amount::Number), "0");
    // Nothing is an answer where there may be several, and none where there is one.
    check(pools, Format::Json, &first("/none/*/kind"), "[]");
    check(pools, Format::Json, &first("/missing"), "Pointer");
    check(pools, Format::Json, &first("/pools/*"), "Shape");
}

#[test]
fn a_fact_is_taken_from_each_record() {
    let disks = r#"{"disks": [{"type": "ssd", "size": 10.7}, {"type": null}, 7, {"size": -1}]}"#;
    let each = |records: &str, value: &str| {
        let document = Document::parse(disks.as_bytes(), Format::Json).unwrap();
        let records = take("", records, Amount::First, 1);
        let value = take("", value, Amount::First, 2);
        match document.take_each(&records, &value, &|| true) {
            Ok(Fact::Each(each)) => {
                each.into_iter().map(|fact| fact.map(|fact| shown(Ok(fact)))).collect()
            }
            other => vec![Some(shown(other))],
        }
    };
    let size = Some("21".to_owned());
    assert_eq!(each("/disks/*", "/size"), [size.clone(), None, None, None]);
    assert_eq!(each("/disks", "/size"), [size, None, None, None]);
    assert_eq!(each("/none", "/size"), [Some("Pointer".to_owned())]);
    assert_eq!(each("/none/*", "/size"), Vec::<Option<String>>::new());
}
