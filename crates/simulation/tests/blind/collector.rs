//! The real collector as a gateway, in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use agent::ports::Clock as _;
use contract::id::ProgramId;
use contract::manifest::Manifest;
use disk::OsDisk;
use envelope::oblivious::{
    Gateway, GatewayKey, Kem, KeyDocument, Opener, Request, Sealer, sign_keys,
};
use envelope::{KeyPurpose, RootPublic, TagKey};
use jiff::civil::Date;
use simulation::larkspur::FIRST;

use crate::gateway::Stepping;
use crate::program::Relay;
use crate::programs::built;
use crate::wire;

/// The day of this machine: the agent knows no other.
pub(crate) fn today() -> Date {
    agent::ports::day_of(agent::edge::clock::OsClock.now())
}

pub(crate) struct Collector {
    pub(crate) folder: tempfile::TempDir,
    manifest: Manifest,
    pub(crate) root: RootPublic,
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Collector {
    /// On the day of the machine.
    pub(crate) fn start() -> Self {
        Self::start_as(|program| Command::new(program), &["--listen", "127.0.0.1:0", "--rehearsal"])
    }

    /// As a process that is made like this, with these options.
    pub(crate) fn start_as(make: impl Fn(&Path) -> Command, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let root = collector::edge::keys::create_root(&path("root.key")).unwrap();
        std::fs::create_dir(path("data")).unwrap();
        let disk = OsDisk::open(&path("data")).unwrap();
        let program = ProgramId::parse("larkspur").unwrap();
        for purpose in [KeyPurpose::Receipt, KeyPurpose::Ohttp] {
            let when = (today(), 30);
            collector::edge::keys::issue(&disk, &root, (&program, purpose), when).unwrap();
        }
        drop(disk);
        let manifest = simulation::larkspur::manifest(FIRST, &root.public());
        let pinned = manifest.program.root_keys.first().unwrap().to_string();
        let line = FIRST.lines().find(|line| line.starts_with("root_keys")).unwrap();
        let text = FIRST.replace(line, &format!("root_keys = [\"{pinned}\"]"));
        std::fs::write(path("manifest.toml"), text).unwrap();
        let mut process = make(&built("candor-collector"))
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .arg("--data")
            .arg(path("data"))
            .arg("serve")
            .args(options)
            .arg("--manifest")
            .arg(path("manifest.toml"))
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
    pub(crate) fn part(&self, number: u64) -> Vec<u8> {
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

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    fn period(&self) -> String {
        let usage = self.manifest.channels.iter().find(|one| one.id.as_str() == "usage").unwrap();
        contract::calendar::Period::containing(usage.period, today()).to_string()
    }

    /// Seals to the signed document, as the relay serves it.
    pub(crate) fn seal(&self, relay: &Relay, body: &[u8], seed: u64) -> (Vec<u8>, Opener) {
        let list = wire::get(relay.address, "/ohttp-keys/signed").body;
        let document = KeyDocument::of_program(&list, "larkspur").unwrap();
        let keys = document.verify(&[self.root], "larkspur", today()).unwrap();
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

impl Collector {
    /// The manifest's text with this collector's root key.
    pub(crate) fn manifest(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("manifest.toml")).unwrap()
    }

    /// A document for the same days with other keys, signed under another key of the same root:
    /// what a collector could tell one sender alone.
    pub(crate) fn signed_again(&self, list: &[u8]) -> Vec<u8> {
        let told = KeyDocument::of_program(list, "larkspur").unwrap();
        let key = GatewayKey::generate(Kem::X25519, 9, told.first_day, &mut Stepping(98));
        let keys = Gateway::new(vec![key]).configurations(told.first_day);
        self.signed_for(&keys, (told.first_day, told.last_day))
    }

    /// A document of another gateway's keys for today, under a key of this collector's root.
    pub(crate) fn signs(&self, keys: &[u8]) -> Vec<u8> {
        self.signed_for(keys, (today(), today()))
    }

    fn signed_for(&self, keys: &[u8], days: (Date, Date)) -> Vec<u8> {
        let path = self.folder.path().join("root.key");
        let root = collector::edge::keys::read_root(&path).unwrap();
        let signer = root.issue(&mut Stepping(99), KeyPurpose::Ohttp, "larkspur", days);
        let document = sign_keys(&signer, keys, days).unwrap();
        KeyDocument::list_to_json(&[document]).into_bytes()
    }

    /// Ends the process; the data stays.
    pub(crate) fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.end();
    }
}
