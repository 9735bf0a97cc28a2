//! Another implementation on both ends: JavaScript, with the npm packages `hpke-js` and `bhttp-js`.
//!
//! They are looked for where node looks (`NODE_PATH` names another folder); without them each test
//! says that it was skipped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use envelope::oblivious::{Kem, Request, Sealer, TrustedKeys};

use crate::gateway::{Gateway, Stepping};
use crate::program::Relay;
use crate::wire::{self, open, post};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/blind/interoperability.cjs");

fn node(arguments: &[&str]) -> Option<Command> {
    let packages = "require('hpke-js');require('bhttp-js')";
    let found = Command::new("node").args(["-e", packages]).stderr(Stdio::null()).status();
    if !found.is_ok_and(|found| found.success()) {
        println!("skipped: node with the packages hpke-js and bhttp-js is not installed");
        return None;
    }
    let mut command = Command::new("node");
    command.arg(SCRIPT).args(arguments);
    Some(command)
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn another_sender_reaches_our_gateway_through_our_relay() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]).with_keys();
    let url = format!("http://{}", relay.address);
    let Some(mut sender) = node(&["client", &url, "{\"from\":\"elsewhere\"}"]) else { return };
    let output = sender.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "200 201 heard {\"from\":\"elsewhere\"}\n");
}

#[test]
fn our_sender_reaches_another_gateway_through_our_relay() {
    let Some(mut gateway) = node(&["gateway"]) else { return };
    let mut process = Ended(gateway.stdout(Stdio::piped()).spawn().unwrap());
    let mut port = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let address = format!("127.0.0.1:{}", port.trim()).parse().unwrap();
    let relay = Relay::before(address, &[]).with_keys();
    let list = wire::get(relay.address, "/ohttp-keys").body;
    let keys = TrustedKeys::without_signature(&list).unwrap();
    let request = Request {
        method: "POST".into(),
        authority: "collector.example".into(),
        path: "/v1/larkspur/usage".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: b"{}".to_vec(),
    };
    let sealer = Sealer::new(&keys, Kem::X25519).unwrap();
    let sent = sealer.seal(&request, &mut Stepping(1)).unwrap();
    let answer = post(&open(relay.address), "/", "", &sent.bytes).unwrap();
    assert_eq!(answer.status(), 200);
    let opened = sent.opener.open(&answer.body).unwrap();
    assert_eq!((opened.status, opened.body), (202, b"POST /v1/larkspur/usage {}".to_vec()));
}
