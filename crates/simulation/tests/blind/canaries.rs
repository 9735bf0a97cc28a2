//! Canaries: the content in what the relay keeps, writes and remembers; the sender's address in
//! what the gateway is given.

use std::net::Ipv4Addr;

use crate::gateway::Gateway;
use crate::program::Relay;
use crate::wire::{open_from, post};

const SENDER: Ipv4Addr = Ipv4Addr::new(127, 77, 188, 99);
const CONTENT: &str = "canary-4f1d9a7c-content";

#[test]
fn the_gateway_is_never_given_the_senders_address() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]);
    let forwarded = format!("X-Forwarded-For: {SENDER}\r\nX-Real-IP: {SENDER}\r\n");
    for number in 0..20 {
        let (capsule, _) = gateway.seal(&format!("{CONTENT}{number}"));
        let stream = open_from(SENDER, relay.address);
        assert_eq!(stream.local_addr().unwrap().ip(), SENDER);
        assert_eq!(post(&stream, "/", &forwarded, &capsule).unwrap().status(), 200);
    }
    assert!(gateway.peers().iter().all(|peer| peer.ip() == Ipv4Addr::LOCALHOST));
    let text = format!("{:?}", gateway.heard());
    assert!(!text.contains(&SENDER.to_string()));
    let sender = SENDER.octets();
    for message in gateway.heard() {
        // The capsule is the sender's own work; what stands before it is the relay's.
        let head = format!("{} {:?}", message.first_line, message.headers).into_bytes();
        assert!(!head.windows(4).any(|window| window == sender));
    }
}

#[test]
fn the_relay_never_holds_the_content_in_memory_or_in_what_it_writes() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]);
    let (mut capsule, mut answers) = (Vec::new(), Vec::new());
    for number in 0..50 {
        let opener;
        (capsule, opener) = gateway.seal(&format!("{CONTENT}{number}"));
        let answer = post(&open_from(SENDER, relay.address), "/", "", &capsule).unwrap();
        let content = opener.open(&answer.body).unwrap().body;
        assert!(String::from_utf8(content).unwrap().contains(CONTENT), "the canary made its way");
        answers.push(answer.body);
    }
    assert!(!relay.remembers(CONTENT.as_bytes()));
    assert!(!relay.remembers(SENDER.to_string().as_bytes()));
    // The search finds what is there: the sealed bytes just passed through this memory.
    assert!(relay.remembers(&capsule[40..72]) || relay.remembers(&answers[49][20..52]));
    let metrics = relay.metrics();
    assert!(!metrics.contains("127.77") && !metrics.contains(CONTENT), "{metrics}");
    let (ended, said) = relay.end();
    assert!(ended && said.contains("serving") && said.contains("stopping"));
    assert!(!said.contains("127.77") && !said.contains(CONTENT), "{said}");
}
