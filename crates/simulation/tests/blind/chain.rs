//! The whole way: a sender, the relay, and the real collector as gateway, each a process.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use contract::id::ProgramId;
use contract::manifest::Manifest;
use disk::OsDisk;
use envelope::oblivious::{Kem, KeyDocument, Opener, Request, Sealer};
use envelope::{Digest, KeyPurpose, Receipt, RootPublic, TagKey};
use simulation::larkspur::FIRST;

use crate::gateway::{Stepping, TODAY};
use crate::program::{Relay, built, remembers};
use crate::wire::{self, open_from, post};

const SENDER: Ipv4Addr = Ipv4Addr::new(127, 77, 188, 99);

struct Collector {
    folder: tempfile::TempDir,
    manifest: Manifest,
    root: RootPublic,
    process: Child,
    address: SocketAddr,
}

impl Collector {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let root = collector::edge::keys::create_root(&path("root.key")).unwrap();
        std::fs::create_dir(path("data")).unwrap();
        let disk = OsDisk::open(&path("data")).unwrap();
        let program = ProgramId::parse("larkspur").unwrap();
        for purpose in [KeyPurpose::Receipt, KeyPurpose::Ohttp] {
            let when = (TODAY, 30);
            collector::edge::keys::issue(&disk, &root, (&program, purpose), when).unwrap();
        }
        drop(disk);
        let manifest = simulation::larkspur::manifest(FIRST, &root.public());
        let pinned = manifest.program.root_keys.first().unwrap().to_string();
        let line = FIRST.lines().find(|line| line.starts_with("root_keys")).unwrap();
        let text = FIRST.replace(line, &format!("root_keys = [\"{pinned}\"]"));
        std::fs::write(path("manifest.toml"), text).unwrap();
        let mut process = Command::new(built("collector", "candor-collector"))
            .env_clear()
            .arg("--data")
            .arg(path("data"))
            .args(["serve", "--listen", "127.0.0.1:0", "--rehearsal", "--manifest"])
            .arg(path("manifest.toml"))
            .args(["--today", &TODAY.to_string()])
            .env("CANDOR_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(path("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let log = std::fs::read_to_string(path("log")).unwrap();
        let (_, address) = line.trim_end().split_once("://").expect(&log);
        let address = address.parse().unwrap();
        Self { root: root.public(), folder, manifest, process, address }
    }

    /// A part of the channel `usage` with its bytes as they travel.
    fn part(&self, number: u64) -> Vec<u8> {
        let definitions = self.manifest.definitions();
        let of_usage = definitions.iter().find(|one| one.part.as_str() == "system").unwrap();
        let key: TagKey = format!("{number:064x}").parse().unwrap();
        let part = serde_json::json!({
            "answers": {"os": "debian"},
            "channel": "usage",
            "definition": of_usage.hash().to_string(),
            "part": of_usage.part.as_str(),
            "period": self.period(),
            "program": "larkspur",
            "tag": key.tag().to_string(),
        });
        contract::canonical::to_bytes(&part).unwrap()
    }

    fn period(&self) -> String {
        let usage = self.manifest.channels.iter().find(|one| one.id.as_str() == "usage").unwrap();
        contract::calendar::Period::containing(usage.period, TODAY).to_string()
    }

    /// Seals to the signed document, as the relay serves it.
    fn seal(&self, relay: &Relay, body: &[u8], seed: u64) -> (Vec<u8>, Opener) {
        let list = wire::get(relay.address, "/ohttp-keys/signed").body;
        let document = KeyDocument::of_program(&list, "larkspur").unwrap();
        let keys = document.verify(&[self.root], "larkspur", TODAY).unwrap();
        let request = Request {
            method: "POST".into(),
            authority: "stats.larkspur.example".into(),
            path: "/v1/larkspur/usage".into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_vec(),
        };
        let sealer = Sealer::new(&keys, Kem::X25519).unwrap();
        let sent = sealer.seal(&request, &mut Stepping(seed)).unwrap();
        (sent.bytes, sent.opener)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_collector_never_holds_the_address_and_the_relay_never_the_part() {
    let collector = Collector::start();
    let relay = Relay::before(collector.address, &[]).with_keys();
    while wire::get(relay.address, "/ohttp-keys/signed").status() != 200 {
        std::thread::yield_now();
    }
    let forwarded = format!("X-Forwarded-For: {SENDER}\r\nForwarded: for={SENDER}\r\n");
    let mut tags = Vec::new();
    for number in 1..=20 {
        let part = collector.part(number);
        let (capsule, opener) = collector.seal(&relay, &part, number);
        let stream = open_from(SENDER, relay.address);
        let answer = post(&stream, "/", &forwarded, &capsule).unwrap();
        assert_eq!(answer.status(), 200);
        let answer = opener.open(&answer.body).unwrap();
        let text = String::from_utf8(answer.body).unwrap();
        assert_eq!(answer.status, 201, "{text}");
        let receipt: Receipt = serde_json::from_str(&text).unwrap();
        receipt.verify(&[collector.root], &Digest::of(&part)).unwrap();
        let shown = String::from_utf8(part).unwrap();
        tags.push(shown.split("\"tag\":\"").nth(1).unwrap()[..32].to_owned());
    }
    let process = collector.process.id();
    assert!(!remembers(process, SENDER.to_string().as_bytes()));
    for tag in tags.iter().step_by(7) {
        assert!(!relay.remembers(tag.as_bytes()));
    }
    let metrics = String::from_utf8(wire::get(collector.address, "/metrics").body).unwrap();
    assert!(metrics.contains("candor_parts_accepted_total 20\n") && !metrics.contains("127.77"));
    let mut held = 0;
    for file in files(collector.folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        let contains = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
        assert!(!contains(SENDER.to_string().as_bytes()), "{}", file.display());
        held += usize::from(
            tags.iter().any(|tag| contains(&unhex(tag))) || contains(tags[0].as_bytes()),
        );
    }
    // The search finds what is there.
    assert!(held > 0);
    let (_, said) = relay.end();
    assert!(tags.iter().all(|tag| !said.contains(tag)) && !said.contains("127.77"));
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
