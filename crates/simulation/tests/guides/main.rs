//! The guides, followed by their text alone: every block marked `sh` is run, in order, in one
//! shell, in an empty folder; and so is every command that others list.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says where"
)]

mod listed;
#[path = "../programs/mod.rs"]
mod programs;

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use programs::built;
use tempfile::TempDir;

/// Variables by which the machine that runs the test could speak into a guide.
const SPEAKING: [&str; 8] = [
    "CANDOR_TELEMETRY",
    "DO_NOT_TRACK",
    "CANDOR_MANIFEST",
    "CANDOR_STATE",
    "CANDOR_COLLECTOR",
    "CANDOR_DATA",
    "CANDOR_CONFIG",
    "CI",
];

/// The folder of the real programs, built by the same cargo.
fn folder_of_programs() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        built("candor-collector");
        built("candor-relay");
        let mut program = built("candor-agent");
        program.pop();
        program
    })
}

/// The text of a guide.
fn guide(name: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide").join(name);
    std::fs::read_to_string(here).unwrap()
}

/// The blocks of a guide that a reader is told to run.
fn blocks(name: &str) -> String {
    let text = guide(name);
    let mut blocks = String::new();
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => blocks.extend([line, "\n"]),
            _ => {}
        }
    }
    blocks
}

/// Ports that a guide names, each replaced by a free one: tests run side by side.
fn on_free_ports(script: &str, ports: &[&str]) -> String {
    let free: Vec<_> = ports.iter().map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    ports.iter().zip(free).fold(script.to_owned(), |script, (port, free)| {
        script.replace(port, &free.local_addr().unwrap().port().to_string())
    })
}

/// Ends at the first command that fails, and takes with it what it started.
const BEGIN: &str = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n";

/// Follows a guide and returns everything that its reader would have seen.
fn followed(guide: &str, ports: &[&str]) -> (TempDir, String) {
    followed_as(guide, &(BEGIN.to_owned() + &blocks(guide)), ports)
}

/// The same with a script of the guide's commands.
fn followed_as(guide: &str, script: &str, ports: &[&str]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let script = on_free_ports(script, ports);
    let said = folder.path().join("said");
    let out = File::create(&said).unwrap();
    let path = format!("{}:{}", folder_of_programs().display(), std::env::var("PATH").unwrap());
    // What a guide waits for may never come: then the test ends, and shows how far it was.
    let mut bash = Command::new("timeout");
    bash.args(["600", "bash", "-c", &script]).current_dir(folder.path()).env("PATH", path);
    bash.env("CHECKOUT", Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    for name in SPEAKING {
        bash.env_remove(name);
    }
    bash.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
    let status = bash.status().unwrap();
    let said = std::fs::read_to_string(said).unwrap();
    assert!(status.success(), "{guide} cannot be followed:\n{script}\n\n{said}");
    (folder, said)
}

#[track_caller]
fn says(said: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(said.contains(sentence), "`{sentence}` is not in:\n{said}");
    }
}

#[test]
fn the_vendors_guide_leads_from_an_empty_folder_to_a_page_and_back() {
    let (folder, said) = followed("vendor.md", &["8710"]);
    says(
        &said,
        &[
            "larkspur.toml is in order: 2 questions",
            "operators will be asked again",
            "Sent 2 parts; each has a signed receipt",
            "one installation",
            "each with a signed tombstone",
            "Everything is as promised",
        ],
    );
    let statement = std::fs::read_to_string(folder.path().join("larkspur.statement.md")).unwrap();
    says(&statement, &["Which database holds its data?"]);
}

#[test]
fn the_relays_guide_shows_a_report_that_travels_blind() {
    // Its first step is the vendor's: a key and a manifest.
    let vendor = blocks("vendor.md");
    let (first, _) = vendor.split_once("candor-agent manifest check").unwrap();
    let script = BEGIN.to_owned() + first + &blocks("relay.md");
    let (_folder, said) = followed_as("relay.md", &script, &["8710", "8720"]);
    says(
        &said,
        &[
            "runs relay and collector: it could match address and content",
            "; nothing goes to 127.0.0.1:",
            "Sent 2 parts; each has a signed receipt",
            "candor_relay_carried_total{gateway=\"default\"} 2",
            "The ledger is whole",
        ],
    );
    assert!(said.lines().any(|line| line == "Verein Beispiel"), "the relay's own page:\n{said}");
}

#[test]
fn the_auditors_guide_checks_each_claim_without_our_word() {
    let has_strace = Command::new("strace").arg("-V").output().is_ok_and(|o| o.status.success());
    if !has_strace {
        println!("not followed: strace is missing, and the guide's witness with it");
        return;
    }
    let (_folder, said) = followed("auditor.md", &["8711"]);
    says(
        &said,
        &[
            "the statement is the manifest's",
            "no connection, no look-up",
            "every part that was shown has a receipt, and nothing else has",
            "no tag is left",
            "Everything is as promised",
        ],
    );
}
