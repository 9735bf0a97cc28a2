//! The variables' truth table: one parser, and no value that permits.

use std::fmt::Write as _;

use contract::environment::{CANDOR_TELEMETRY, DO_NOT_TRACK, Environment, Word};

/// What each value says for each variable: `true` forbids.
const TABLE: &[(&str, Word, bool, bool)] = &[
    // value, what it says, CANDOR_TELEMETRY forbids, DO_NOT_TRACK forbids
    ("", Word::Nothing, false, false),
    ("1", Word::True, false, true),
    ("true", Word::True, false, true),
    ("yes", Word::True, false, true),
    ("on", Word::True, false, true),
    ("TRUE", Word::True, false, true),
    ("Yes", Word::True, false, true),
    ("0", Word::False, true, false),
    ("false", Word::False, true, false),
    ("no", Word::False, true, false),
    ("off", Word::False, true, false),
    ("False", Word::False, true, false),
    ("NO", Word::False, true, false),
    ("2", Word::Unclear, true, true),
    ("-1", Word::Unclear, true, true),
    ("maybe", Word::Unclear, true, true),
    (" 0", Word::Unclear, true, true),
    ("1 ", Word::Unclear, true, true),
    (" ", Word::Unclear, true, true),
    ("enabled", Word::Unclear, true, true),
    ("disabled", Word::Unclear, true, true),
    ("\u{ff11}", Word::Unclear, true, true),
];

fn reads(variable: &str, value: Option<&str>) -> Environment {
    let get = |asked: &str| value.filter(|_| asked == variable).map(ToOwned::to_owned);
    Environment::read("this command", get)
}

#[test]
fn every_value_has_one_meaning_for_both_variables() {
    for (value, word, telemetry, do_not_track) in TABLE {
        assert_eq!(Word::read(Some(value)), *word, "{value:?}");
        for (variable, forbids) in [(CANDOR_TELEMETRY, telemetry), (DO_NOT_TRACK, do_not_track)] {
            let found = reads(variable, Some(value)).forbids();
            assert_eq!(!found.is_empty(), *forbids, "{variable}={value:?}");
        }
    }
    assert!(reads(CANDOR_TELEMETRY, None).forbids().is_empty());
}

#[test]
fn what_forbids_is_named_with_its_process() {
    let found = reads(DO_NOT_TRACK, Some("nonsense")).forbids();
    let [forbidding] = found.as_slice() else { panic!("one variable forbids") };
    assert_eq!(forbidding.variable, DO_NOT_TRACK);
    assert_eq!(forbidding.process, "this command");
    assert_eq!(forbidding.word.in_words(), "set to something unclear");
}

/// The same table as operators read it.
pub(crate) fn table() -> String {
    let mut text = String::from("| value | it means | `CANDOR_TELEMETRY` | `DO_NOT_TRACK` |\n");
    text.push_str("|---|---|---|---|\n");
    let says = |forbids: bool| if forbids { "**forbids**" } else { "no opinion" };
    for (value, word, telemetry, do_not_track) in TABLE {
        let value =
            if value.is_empty() { "not set, or empty".into() } else { format!("`{value}`") };
        let (telemetry, do_not_track) = (says(*telemetry), says(*do_not_track));
        let word = word.in_words();
        writeln!(text, "| {value} | {word} | {telemetry} | {do_not_track} |").unwrap();
    }
    text
}
