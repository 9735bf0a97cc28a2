//! The whole way: a sender, the relay, and the real collector as gateway, each a process.

use std::net::Ipv4Addr;
use std::path::Path;

use envelope::{Digest, Receipt};

use crate::collector::Collector;
use crate::program::{Relay, remembers};
use crate::wire::{self, open_from, post};

const SENDER: Ipv4Addr = Ipv4Addr::new(127, 77, 188, 99);

#[test]
fn the_collector_never_holds_the_address_and_the_relay_never_the_part() {
    let collector = Collector::start();
    let relay = Relay::before(collector.address, &[]).with_keys();
    relay.wait_for_signed_keys();
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
    let process = collector.id();
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

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

pub(crate) fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
