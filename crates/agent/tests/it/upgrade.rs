//! A state folder of an earlier version of Candor, as it stood on a machine: what somebody decided,
//! what was sent and what can be taken back outlive an upgrade.

use std::path::Path;

use crate::machine::Machine;

/// As the first version wrote it: somebody agreed to “Basic”, and sent two parts.
const FIRST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/state-1");

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Puts that folder, and the manifest under which it was made, on a machine.
pub(crate) fn copy_first(machine: &Machine) {
    copy(Path::new(FIRST), &machine.path("state"));
    std::fs::rename(machine.path("state/manifest.toml"), machine.path("manifest.toml")).unwrap();
}

fn upgraded() -> Machine {
    let machine = Machine::new("https://127.0.0.1:1");
    copy_first(&machine);
    machine
}

#[test]
fn what_was_decided_and_sent_under_an_earlier_version_still_counts() {
    let machine = upgraded();
    let why = machine.prints(&["why", "usage"]);
    let agreed = "you agreed to “basic” on 20 November 2026, in the terminal";
    assert!(why.starts_with("usage is on, at “basic”.") && why.contains(agreed), "{why}");
    let verified = machine.prints(&["ledger", "verify"]);
    assert!(
        verified.contains("The ledger is whole.") && verified.contains("5  lines"),
        "{verified}"
    );
    assert!(verified.contains("2  parts proven by the collector's signature"), "{verified}");
    // Nobody is asked anything again.
    let status: serde_json::Value =
        serde_json::from_str(&machine.prints(&["status", "--json"])).unwrap();
    assert_eq!(status["channels"][0]["sends"], true, "{status}");
}

#[test]
fn what_was_sent_under_an_earlier_version_can_be_taken_back() {
    let machine = upgraded();
    // Nobody is at that address: both deletions wait, each with the tag that its part had.
    let output = machine.run(&["withdraw", "usage", "--now"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("2 tags"), "{said}");
    assert!(machine.prints(&["why", "usage"]).starts_with("usage is off"));
    let verified = machine.prints(&["ledger", "verify"]);
    assert!(verified.contains("The ledger is whole."), "{verified}");
}
