//! Another implementation on both ends, in JavaScript: HPKE and Binary HTTP are the npm packages
//! `@hpke/core` and `bhttp-js`, and what lies between them is written from RFC 9458 alone.
//!
//! The packages are looked for where node looks (`NODE_PATH` names another folder), and fetched
//! once into the build's folder with npm; without node or packages each test says that it was
//! skipped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use envelope::oblivious::{Kem, Request, Sealer, TrustedKeys};
use envelope::{Digest, Receipt};

use crate::agent::sealing_with;
use crate::collector::Collector;
use crate::gateway::Stepping;
use crate::machine::Machine;
use crate::program::Relay;
use crate::wire::{self, open, post};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/blind/interoperability.cjs");
const PACKAGES: [&str; 4] =
    ["@hpke/core@1.9", "@hpke/dhkem-x25519@1.8", "@hpke/hybridkem-x-wing@0.7", "bhttp-js@0.2"];
const KINDS: [(Kem, &str); 2] = [(Kem::X25519, "x25519"), (Kem::XWing, "x-wing")];

/// The other end as a command, or `None` where it is not to be had.
fn node(arguments: &[&str]) -> Option<Command> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let Some(packages) = FOUND.get_or_init(packages) else {
        println!("skipped: node with {} is not to be had here", PACKAGES.join(" "));
        return None;
    };
    let mut command = Command::new("node");
    command.env("NODE_PATH", packages).arg(SCRIPT).args(arguments);
    Some(command)
}

/// The folder with the packages: one that somebody named, or one that npm fills.
fn packages() -> Option<PathBuf> {
    let named = std::env::var_os("NODE_PATH").map(PathBuf::from).unwrap_or_default();
    if has_packages(&named) {
        return Some(named);
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interoperability");
    let modules = folder.join("node_modules");
    if !has_packages(&modules) {
        std::fs::create_dir_all(&folder).unwrap();
        let fetched = Command::new("npm")
            .args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"])
            .args(["--fetch-retries=0", "--fetch-timeout=20000", "--prefix"])
            .arg(&folder)
            .args(PACKAGES)
            .output();
        fetched.ok().filter(|output| output.status.success())?;
    }
    has_packages(&modules).then_some(modules)
}

fn has_packages(folder: &Path) -> bool {
    let each = PACKAGES.map(|name| format!("require('{}');", name.rsplit_once('@').unwrap().0));
    let mut node = Command::new("node");
    node.env("NODE_PATH", folder).args(["-e", &each.concat()]).stderr(Stdio::null());
    node.status().is_ok_and(|status| status.success())
}

/// The other end as a gateway before a collector that knows no capsules; it offers one key.
struct Elsewhere {
    process: Child,
    relay: Relay,
}

impl Elsewhere {
    fn before(collector: &Collector, kem: &str) -> Option<Self> {
        let target = format!("http://{}", collector.address);
        let signed = collector.folder.path().join(format!("{kem}.json"));
        let mut gateway = node(&["gateway", kem, &target, signed.to_str().unwrap()])?;
        let mut process = gateway.stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let address = format!("127.0.0.1:{}", port.trim()).parse().unwrap();
        let list = wire::get(address, "/ohttp-keys").body;
        std::fs::write(signed, collector.signs(&list)).unwrap();
        let relay = Relay::before(address, &[]).with_keys();
        relay.wait_for_signed_keys();
        Some(Self { process, relay })
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_other_end_computes_the_example_of_rfc_9458() {
    let Some(mut example) = node(&["example"]) else { return };
    let said = String::from_utf8(example.output().unwrap().stdout).unwrap();
    let sealed = "c789e7151fcba46158ca84b04464910d86f9013e404feea014e7be4a441f234f857fbd";
    assert_eq!(said, format!("GET https://example.com/ {sealed}\n"));
}

#[test]
fn another_sender_reaches_our_collector_through_our_relay() {
    let collector = Collector::start();
    let relay = Relay::before(collector.address, &[]).with_keys();
    let url = format!("http://{}", relay.address);
    for (number, (_, kem)) in (1..).zip(KINDS) {
        let part = collector.part(number);
        let Some(mut sender) = node(&["client", kem, &url, str::from_utf8(&part).unwrap()]) else {
            return;
        };
        let output = sender.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let receipt = said.strip_prefix("200 201 ");
        let receipt: Receipt = serde_json::from_str(receipt.expect(&said)).unwrap();
        receipt.verify(&[collector.root], &Digest::of(&part)).unwrap();
    }
}

#[test]
fn our_sender_reaches_another_gateway_through_our_relay() {
    let collector = Collector::start();
    for (number, (kem, name)) in (1..).zip(KINDS) {
        let Some(elsewhere) = Elsewhere::before(&collector, name) else { return };
        let relay = &elsewhere.relay;
        let keys = wire::get(relay.address, "/ohttp-keys").body;
        let sealer = Sealer::new(&TrustedKeys::without_signature(&keys).unwrap(), kem).unwrap();
        let part = collector.part(number);
        let request = Request {
            method: "POST".into(),
            authority: "stats.larkspur.example".into(),
            path: "/v1/larkspur/usage".into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: part.clone(),
        };
        let sent = sealer.seal(&request, &mut Stepping(1)).unwrap();
        let answer = post(&open(relay.address), "/", "", &sent.bytes).unwrap();
        assert_eq!(answer.status(), 200);
        let opened = sent.opener.open(&answer.body).unwrap();
        let receipt: Receipt = serde_json::from_slice(&opened.body).unwrap();
        assert_eq!(opened.status, 201);
        receipt.verify(&[collector.root], &Digest::of(&part)).unwrap();
    }
}

#[test]
fn our_agent_reports_through_another_gateway() {
    let collector = Collector::start();
    for (_, kem) in KINDS {
        let Some(elsewhere) = Elsewhere::before(&collector, kem) else { return };
        let machine = Machine::new(&collector, &[elsewhere.relay.address]);
        machine.install(&sealing_with(&collector, kem), &[elsewhere.relay.address]);
        machine.prints(&["agree", "usage", "--tier", "basic"]);
        assert!(machine.prints(&["send", "usage"]).contains("Sent 2 parts"));
        let proof = machine.json(&["ledger", "verify"]);
        assert_eq!((&proof["receipted"], &proof["whole"]), (&2.into(), &true.into()), "{proof}");
        // What is held, and taking it back, go the same way.
        let held = machine.json(&["held", "--live"]).to_string();
        assert_eq!(held.matches("\\\"tag\\\"").count(), 2, "{held}");
        machine.prints(&["withdraw", "usage", "--now"]);
        assert_eq!(machine.ledger("tombstone").len(), 2);
        machine.stayed_blind();
    }
}
