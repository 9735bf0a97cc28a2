//! A test with an empty name and one that sleeps are found.

use super::*;

#[track_caller]
fn check(rule: fn(&Source) -> Vec<Offence>, path: &str, text: &str, lines: &[usize]) {
    let file = Source { path: path.to_owned(), text: text.to_owned() };
    let found: Vec<usize> = rule(&file).iter().map(|offence| offence.line).collect();
    assert_eq!(found, lines, "{path}: {text}");
}

#[test]
fn a_test_that_is_no_sentence_is_seen() {
    check(names, "a.rs", "#[test]\nfn test_parsing() {}", &[2]);
    check(names, "a.rs", "#[tokio::test(flavor = \"x\")]\nasync fn test_it() {}", &[2]);
    check(names, "a.rs", "#[test]\nfn a_week_has_seven_days() {}\nfn test_key() {}", &[]);
}

#[test]
fn a_sleeping_test_is_seen() {
    let nap = "    std::thread::sleep(delay);";
    check(sleeps, "crates/a/tests/it/main.rs", nap, &[1]);
    check(sleeps, "crates/a/src/edge/wait.rs", nap, &[]);
    check(sleeps, "crates/a/tests/it/main.rs", "// sleep(1)\nlet sleeps = sleeper(1);", &[]);
}
