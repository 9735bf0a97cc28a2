//! Several programs in one collector, whose manifests lie in a folder: one is added, upgraded and
//! damaged while it runs.

use std::path::PathBuf;

use collector::edge::{keys, manifests};
use contract::calendar::add_days;
use contract::id::ProgramId;
use contract::manifest::Manifest;
use disk::{Disk as _, OsDisk};
use envelope::KeyPurpose;
use serde_json::json;

use crate::client::Answer;
use crate::fixture::{Server, TODAY, Vendor, key};

/// How often is asked whether a signal was handled: nothing else tells when.
const ASKED_MAX: u32 = 20_000;
const JSON: &[&str] = &["content-type: application/json"];

/// A folder of manifests, with Larkspur's in it.
fn folder(vendor: &Vendor) -> PathBuf {
    let folder = vendor.path("manifests");
    std::fs::create_dir(&folder).unwrap();
    vendor.write("manifests/larkspur.toml", &text(vendor, "larkspur"));
    folder
}

/// The manifest of a program under the same root.
fn text(vendor: &Vendor, program: &str) -> String {
    let text = include_str!("larkspur.toml").replace("ROOT", &vendor.root.to_string());
    text.replace("id = \"larkspur\"", &format!("id = \"{program}\""))
}

fn serve(vendor: &Vendor) -> Server {
    let mut command = vendor.command(&["serve", "--listen", "127.0.0.1:0", "--rehearsal"]);
    command.args(["--today", "2026-11-20", "--manifest"]).arg(vendor.path("manifests"));
    Server::start(command)
}

/// Sends a part of the manifest's software.
fn send(server: &Server, manifest: &str, number: u64, os: &str) -> Answer {
    let manifest = Manifest::parse(manifest).unwrap();
    let program = &manifest.program.id;
    let definitions = manifest.definitions();
    let platform = definitions.iter().find(|one| one.part.as_str() == "platform").unwrap();
    let part = contract::canonical::to_bytes(&json!({
        "answers": {"devices": "1-9", "os": os},
        "channel": "usage",
        "definition": platform.hash().to_string(),
        "part": "platform",
        "period": TODAY.to_string(),
        "program": program,
        "tag": key(number).tag().to_string(),
    }));
    server.send("POST", &format!("/v1/{program}/usage"), JSON, &part.unwrap())
}

/// Asks until the manifest that is served has the words.
fn served(server: &Server, program: &str, words: &str) -> bool {
    let path = format!("/v1/{program}/manifest");
    (0..ASKED_MAX).any(|_| server.get(&path).text().contains(words))
}

#[test]
fn a_program_is_added_to_a_collector_that_runs() {
    let vendor = Vendor::new();
    folder(&vendor);
    let (larkspur, bluebell) = (text(&vendor, "larkspur"), text(&vendor, "bluebell"));
    let server = serve(&vendor);
    assert_eq!(send(&server, &larkspur, 1, "debian").status, 201);
    let refused = send(&server, &bluebell, 1, "debian");
    assert_eq!(refused.status, 404, "{}", refused.text());
    vendor.issue("bluebell");
    vendor.write("manifests/bluebell.toml", &bluebell);
    server.signal("HUP");
    assert!(served(&server, "bluebell", "bluebell"), "{}", server.stop());
    assert_eq!(send(&server, &bluebell, 1, "debian").status, 201);
    assert_eq!(send(&server, &larkspur, 2, "debian").status, 201);
    // It is one of its own from then on: forgotten, deleted and kept apart, and after a restart.
    server.stop();
    let server = serve(&vendor);
    assert_eq!(send(&server, &bluebell, 1, "debian").status, 200);
    assert_eq!(send(&server, &bluebell, 1, "fedora").status, 409);
    server.stop();
    for program in ["larkspur", "bluebell"] {
        let log = vendor.data().join("parts").join(program).join("usage/2026-11-20.log");
        assert!(log.is_file(), "{}", log.display());
    }
}

#[test]
fn an_upgraded_manifest_is_served_and_the_older_software_is_heard() {
    let vendor = Vendor::new();
    folder(&vendor);
    let old = text(&vendor, "larkspur");
    let new = old.replace("\"freebsd\"]", "\"freebsd\", \"openbsd\"]");
    let server = serve(&vendor);
    // Nobody knows this question yet, and the vendor is told what to load.
    let refused = send(&server, &new, 1, "openbsd");
    assert_eq!((refused.status, refused.text().contains("manifest")), (422, true));
    vendor.write("manifests/larkspur.toml", &new);
    server.signal("HUP");
    assert!(served(&server, "larkspur", "openbsd"), "{}", server.stop());
    assert_eq!(send(&server, &new, 1, "openbsd").status, 201);
    assert_eq!(send(&server, &old, 2, "debian").status, 201);
    server.stop();
    let server = serve(&vendor);
    assert_eq!(send(&server, &old, 3, "debian").status, 201);
}

#[test]
fn of_a_damaged_manifest_nothing_is_taken_and_the_old_ones_go_on() {
    let vendor = Vendor::new();
    folder(&vendor);
    let (larkspur, bluebell) = (text(&vendor, "larkspur"), text(&vendor, "bluebell"));
    vendor.write("manifests/bluebell.toml", &bluebell);
    vendor.issue("bluebell");
    let server = serve(&vendor);
    // One is torn, and the other, which is read first, would be in order.
    vendor.write("manifests/larkspur.toml", larkspur.split_at(larkspur.len() / 2).0);
    vendor.write("manifests/bluebell.toml", &bluebell.replace("\"fedora\"", "\"openbsd\""));
    // A key that lasts longer shows that the signal was handled: it signs from then on.
    let disk = OsDisk::open(&vendor.data()).unwrap();
    let root = keys::read_root(&vendor.path("root.key")).unwrap();
    let program = ProgramId::parse("bluebell").unwrap();
    let purpose = KeyPurpose::Receipt;
    keys::issue(&disk, &root, (&program, purpose), (add_days(TODAY, -30), 400)).unwrap();
    server.signal("HUP");
    let last_day = format!("\"last_day\":\"{}\"", add_days(TODAY, 369));
    let mut answers = (0..u64::from(ASKED_MAX)).map(|n| send(&server, &bluebell, n, "fedora"));
    let answer = answers.find(|answer| answer.text().contains(&last_day)).unwrap();
    assert_eq!(answer.status, 201);
    assert_eq!(send(&server, &larkspur, 1, "debian").status, 201);
    for program in ["larkspur", "bluebell"] {
        let manifest = server.get(&format!("/v1/{program}/manifest"));
        assert!(manifest.status == 200 && !manifest.text().contains("openbsd"));
    }
    let log = server.stop();
    assert!(log.contains("the old manifests stay") && log.contains("larkspur.toml"), "{log}");
    // Nor was a copy kept, which a start without the folder would serve.
    let kept = disk.list("manifests/bluebell").unwrap();
    assert_eq!(kept.len(), 2, "one manifest, and which is the newest: {kept:?}");
}

#[test]
fn a_folder_of_manifests_has_one_of_each_program() {
    let vendor = Vendor::new();
    let folder = folder(&vendor);
    let disk = OsDisk::open(&vendor.data()).unwrap();
    let load = || manifests::load(&disk, std::slice::from_ref(&folder));
    let programs = || load().map(|catalogue| catalogue.programs().count());
    let said = || load().unwrap_err().to_string();
    vendor.write("manifests/README", "Not a manifest.");
    vendor.write("manifests/.larkspur.toml", "Half of what an editor");
    assert_eq!(programs().unwrap(), 1);
    vendor.write("manifests/larkspur-2.toml", &text(&vendor, "larkspur"));
    assert!(said().contains("two manifests of larkspur"), "{}", said());
    vendor.write("manifests/larkspur-2.toml", &text(&vendor, "bluebell"));
    assert_eq!(programs().unwrap(), 2);
    for name in ["larkspur.toml", "larkspur-2.toml"] {
        std::fs::remove_file(folder.join(name)).unwrap();
    }
    assert!(said().contains("0 files that end in .toml"), "{}", said());
}
