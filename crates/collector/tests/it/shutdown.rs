//! Stopping and reading again while requests come: nothing that was acknowledged is lost.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::client::{self, read_answer};
use crate::fixture::{Server, TODAY, Vendor, key};

const PATH: &str = "/v1/larkspur/usage";
const JSON: &str = "content-type: application/json";

/// What a sender knows of one part: its bytes, and the receipt if an answer came.
type Sent = (Vec<u8>, Option<Vec<u8>>);

/// Sends parts on kept connections until the server takes no more.
fn check(
    vendor: &Vendor,
    server: &Server,
    (first, last): (u64, u64),
    done: &AtomicU64,
) -> Vec<Sent> {
    let mut sent = Vec::new();
    let mut numbers = first..last;
    while let Some(mut stream) = client::connect(server.address) {
        loop {
            let Some(number) = numbers.next() else { return sent };
            let part = vendor.part(&key(number), "2026-11-20", "debian");
            let request = client::request("POST", PATH, &[JSON], &part);
            let answer = stream.write_all(&request).ok().and_then(|()| read_answer(&mut stream));
            let Some(answer) = answer else {
                sent.push((part, None));
                break;
            };
            assert_eq!(answer.status, 201, "{}", answer.text());
            done.fetch_add(1, Ordering::Relaxed);
            let closes = answer.header("connection") == Some("close");
            sent.push((part, Some(answer.body)));
            if closes {
                break;
            }
        }
    }
    sent
}

#[test]
fn a_server_that_is_stopped_under_load_loses_no_request() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let done = AtomicU64::new(0);
    let sent: Vec<Sent> = std::thread::scope(|scope| {
        let (vendor, server, done) = (&vendor, &server, &done);
        let senders: Vec<_> = (1..=8)
            .map(|at| {
                let numbers = (at * 1_000_000, (at + 1) * 1_000_000);
                scope.spawn(move || check(vendor, server, numbers, done))
            })
            .collect();
        while done.load(Ordering::Relaxed) < 400 {
            std::thread::yield_now();
        }
        server.signal("TERM");
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    });
    server.stop();
    let answered = sent.iter().filter(|(_, receipt)| receipt.is_some()).count();
    // A request that met the closing of its connection has no answer: at most one for each sender.
    assert!(answered >= 400 && sent.len() - answered <= 8, "{answered} of {}", sent.len());
    let server = vendor.serve();
    for (part, receipt) in &sent {
        let answer = server.post(part);
        match receipt {
            Some(receipt) => assert_eq!((answer.status, &answer.body), (200, receipt)),
            None => assert!(matches!(answer.status, 200 | 201), "{}", answer.text()),
        }
    }
    let held = format!("candor_parts_held {}\n", sent.len());
    assert!(server.get("/metrics").text().contains(&held));
}

#[test]
fn a_manifest_is_upgraded_without_a_restart_beside_another_program() {
    let vendor = Vendor::new();
    let text = include_str!("larkspur.toml").replace("ROOT", &vendor.root.to_string());
    let other = text.replace("id = \"larkspur\"", "id = \"bluebell\"");
    vendor.write("other.toml", &other);
    let both = vendor.path("other.toml");
    vendor.issue("bluebell");
    let server = vendor.serve_on(TODAY, &["--manifest", both.to_str().unwrap()]);
    for program in ["larkspur", "bluebell"] {
        assert_eq!(server.get(&format!("/v1/{program}/manifest")).status, 200);
    }
    let upgraded = text.replace("\"freebsd\"]", "\"freebsd\", \"openbsd\"]");
    vendor.write("manifest.toml", &upgraded);
    let old = server.get("/v1/larkspur/manifest").body;
    server.signal("HUP");
    let mut reads = (0..1_000_000).map(|_| server.get("/v1/larkspur/manifest").body);
    let now = reads.find(|now| *now != old).unwrap_or(old);
    assert!(String::from_utf8(now).unwrap().contains("openbsd"));
    // Installations that still have the older software are heard.
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    assert_eq!(server.post(&part).status, 201);
}
