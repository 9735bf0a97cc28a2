//! Known values: which are used, where they are found, and what they cost.

use contract::clean::{Class, Cleaner, Known, Outputs};

fn known(values: &[&str]) -> Known {
    let mut known = Known::default();
    for value in values {
        known.add(value);
    }
    known
}

/// Cleans with these values, in both directions, which must agree.
fn check(values: &[&str], text: &str, wanted: Option<&str>) {
    let set = known(values);
    let direct = Cleaner::new(&set).clean(text);
    assert_eq!(direct.text.as_deref(), wanted, "{text:?} with {} values", values.len());
    let mut outputs = Outputs::new([text.to_owned()]);
    for value in values {
        outputs.known(value);
    }
    let streamed = outputs.clean();
    assert_eq!(streamed[0].text.as_deref(), wanted, "{text:?} streamed");
}

#[test]
fn a_known_value_goes_in_any_case_and_within_words_from_eight_characters() {
    check(&["northgate"], "xNORTHGATEx and Northgate", Some("x<name>x and <name>"));
    check(&["Straße 17"], "STRASSE 17", Some("<name>"));
    check(&["ΟΔΟΣ ΑΒΓΔ"], "οδος αβγδ", Some("<name>"));
    check(&["northgate"], "north\u{200b}gate", Some("<name>"));
    check(&["north gate 2"], "North\nGate 2", Some("<name>"));
}

#[test]
fn a_short_known_value_goes_as_a_whole_token_only() {
    check(&["nort"], "nort norte nort-1 Nort", Some("<name> norte <name>-1 <name>"));
    check(&["attic7"], "attic77", Some("attic77"));
}

#[test]
fn short_values_placeholders_and_zeros_are_ignored() {
    let mut known = Known::default();
    for value in ["abc", "<private>", "---", "000000000000", "/", "////", "", "unknown", "None"] {
        assert!(!known.add(value), "{value}");
    }
    assert!(known.is_empty());
    assert!(known.add("abcd"));
    assert_eq!(known.len(), 1);
}

#[test]
fn a_match_on_an_ordinary_product_word_drops_the_text() {
    let set = known(&["Switch"]);
    let cleaned = Cleaner::new(&set).clean("Gigabit Switch 2.1");
    assert_eq!((cleaned.text, cleaned.removed), (None, vec![Class::ProductWord]));
    check(&["switch"], "Gigabit Switch 2.1", None);
    check(&["switch"], "Gigabit Switches 2.1", Some("Gigabit Switches 2.1"));
    // Inside a longer known value the word goes with it.
    check(&["switch", "switch of jane"], "Model 7 Switch of Jane", Some("Model 7 <name>"));
}

#[test]
fn of_a_full_host_name_the_first_label_is_known_too() {
    check(&["qwertbox.example.org"], "Thing qwertbox 1.2", Some("Thing <name> 1.2"));
    check(&["switch.example.org"], "Gigabit switch 1.2", Some("Gigabit switch 1.2"));
}

#[test]
fn known_values_go_before_the_rules_see_the_text() {
    check(&["serial of jane"], "SN: serial of jane", Some("SN: <name>"));
    check(&["qq 192.168.1.1 qq"], "qq 192.168.1.1 qq", Some("<name>"));
}

#[test]
fn a_value_that_begins_like_others_is_found_among_them() {
    let values: Vec<String> = (0..2_000).map(|n| format!("device-{n}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    check(&values, "old device-1234 here", Some("old <name> here"));
    check(&values, "old device-12345x here", Some("old <name>5x here"));
    check(&["abcdefgh", "abcdefghij", "abcdefghzz"], "abcdefghi", Some("<name>i"));
    // The two letters begin with the same byte.
    check(&["abcdefgh", "abcdefghé"], "abcdefghê", Some("<name>ê"));
}

#[test]
fn a_name_that_is_also_the_word_of_a_placeholder_does_no_harm() {
    check(&["serial", "name"], "name SN: QW1234567", Some("<name> SN: <serial>"));
}

#[test]
fn nothing_known_is_ever_printed() {
    let set = known(&["canary-value-1"]);
    let outputs = Outputs::new(["canary-value-1".to_owned()]);
    for shown in [format!("{set:?}"), format!("{:?}", Cleaner::new(&set)), format!("{outputs:?}")] {
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[test]
fn three_hundred_thousand_values_stream_past_twenty_texts() {
    let texts = (0..20).map(|n| format!("Examplenet Switch {n} device-{n:06}.example.net 1.2"));
    let mut outputs = Outputs::new(texts);
    for device in 0..50_000 {
        for column in ["", "ip-", "serial-", "at-", "of-", "in-"] {
            outputs.known(&format!("{column}device-{device:06}.example.net"));
        }
    }
    for (number, cleaned) in outputs.samples(256).into_iter().enumerate() {
        let wanted = format!("Examplenet Switch {number} <name> 1.2");
        assert_eq!(cleaned.text, Some(wanted));
    }
}
