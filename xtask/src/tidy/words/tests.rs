//! Each unwanted word is planted once and found; its harmless neighbours are not.

use super::*;

#[track_caller]
fn check(rule: fn(&Source) -> Vec<Offence>, path: &str, text: &str, lines: &[usize]) {
    let file = Source { path: path.to_owned(), text: text.to_owned() };
    let found: Vec<usize> = rule(&file).iter().map(|offence| offence.line).collect();
    assert_eq!(found, lines, "{path}: {text}");
}

#[test]
fn a_path_of_one_machine_is_seen() {
    for path in ONE_MACHINE {
        check(paths_of_one_machine, "a.md", &format!("fine\nsee {path}main"), &[2]);
    }
    check(paths_of_one_machine, "a.md", "a framework/ and /tmp/state and crates/ro", &[]);
}

#[test]
fn the_host_of_a_registry_is_seen() {
    for host in REGISTRIES {
        check(registries, "README.md", &format!("from https://{host}"), &[1]);
        check(registries, "Cargo.lock", host, &[]);
    }
    check(registries, ".cargo/config.toml", &format!("{MIRROR} = \"x\""), &[1]);
    check(registries, "deny.toml", "allow crates-io only", &[]);
}

#[test]
fn a_note_to_oneself_is_seen() {
    for note in NOTES {
        check(notes, "a.md", &format!("fine\n{note}: later"), &[2]);
    }
    let call = concat!("to", "do!()");
    check(notes, "a.rs", &format!("fn f() {{ {call} }}"), &[1]);
    check(notes, "Cargo.toml", "todo = \"warn\"", &[]);
}
