//! The list, the log and the page, on a list of one promise.

use super::*;

const LOG: &str = "\
     Running unittests src/lib.rs (target/debug/deps/agent-0123)
test schedule::moments_are_spread ... ok
     Running tests/promises/main.rs (target/debug/deps/promises-4567)
test consent::off_means_zero_packets ... FAILED
test consent::off_means_zero_packets ... ok
test sent::slow ... ignored, only by command
";

fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

fn one(from: &str) -> (List, Vec<Source>) {
    let files = vec![
        source("crates/agent/src/gate.rs", "if may { send() }"),
        source("crates/agent/tests/it/consent.rs", "fn off_means_zero_packets() {}"),
    ];
    let test = Test {
        package: "agent".into(),
        target: "it".into(),
        name: "consent::off_means_zero_packets".into(),
        flaw: Some(Flaw {
            file: "crates/agent/src/gate.rs".into(),
            from: from.into(),
            to: "if true".into(),
            says: "it sends".into(),
        }),
    };
    let promise = Promise {
        number: 8,
        title: "Off".into(),
        risk: "more".into(),
        thread: None,
        tests: vec![test],
    };
    (List { promises: vec![promise] }, files)
}

#[test]
fn a_log_is_read_back_by_target_and_the_last_word_counts() {
    let found = log::outcomes(LOG);
    assert_eq!(found["lib schedule::moments_are_spread"], "ok");
    assert_eq!(found["promises consent::off_means_zero_packets"], "ok");
    assert_eq!(found["promises sent::slow"], "ignored");
}

#[test]
fn a_fault_that_no_longer_fits_the_code_is_named() {
    let (list, files) = one("if may");
    assert_eq!(offences(&list, &files).len(), 1, "only the numbers are wrong");
    let (list, files) = one("if asked");
    let found = offences(&list, &files);
    assert!(found[1].contains("stands 0 times"), "{found:?}");
}

#[test]
fn a_test_that_is_nowhere_is_named() {
    let (list, mut files) = one("if may");
    files.pop();
    let found = offences(&list, &files);
    assert!(found[1].contains("there is no test"), "{found:?}");
}

#[test]
fn a_fault_is_planted_where_it_says() {
    let (list, files) = one("if may");
    let flaw = list.promises[0].tests[0].flaw.as_ref().unwrap();
    assert_eq!(flaw.planted(&files).unwrap(), "if true { send() }");
}

#[test]
fn the_page_says_what_was_not_seen() {
    let (list, files) = one("if may");
    let text = page::page(&list, &Results::default(), &files);
    assert!(text.contains("no recorded result"), "{text}");
    assert!(text.contains("it sends (not tried yet)"), "{text}");
}
