//! Gateways that fail, and a relay that is told to stop.

use std::io::Write as _;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::gateway::{Gateway, Manner, with_type};
use crate::program::{Relay, refused};
use crate::wire::{self, open, post};

#[test]
fn a_gateway_that_is_away_is_said_to_be_and_found_again() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relay = Relay::before(nobody, &[]);
    for _ in 0..3 {
        let answer = post(&open(relay.address), "/", "", b"sealed").unwrap();
        assert_eq!((answer.status(), answer.header("retry-after")), (502, Some("60")));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    let gateway = Gateway::start_at(nobody);
    let (capsule, _) = gateway.seal("{}");
    assert_eq!(post(&open(relay.address), "/", "", &capsule).unwrap().status(), 200);
    let (_, said) = relay.end();
    // One line for a change, however often it was tried.
    assert_eq!(said.matches("not reached").count(), 1, "{said}");
    assert_eq!(said.matches("reached again").count(), 1, "{said}");
}

#[test]
fn a_gateway_that_closes_kept_connections_costs_no_request() {
    let gateway = Gateway::start();
    gateway.be(Manner::Closing);
    let relay = Relay::before(gateway.address, &[]);
    for number in 0..30 {
        let (capsule, _) = gateway.seal(&number.to_string());
        assert_eq!(post(&open(relay.address), "/", "", &capsule).unwrap().status(), 200);
    }
}

#[test]
fn a_silent_gateway_is_not_waited_for_for_ever() {
    let gateway = Gateway::start();
    gateway.be(Manner::Silence);
    let relay = Relay::before(gateway.address, &["--gateway-seconds", "1"]);
    let answer = post(&open(relay.address), "/", "", b"sealed").unwrap();
    assert_eq!((answer.status(), answer.header("retry-after")), (504, Some("60")));
}

#[test]
fn a_request_in_flight_is_finished_when_the_relay_is_told_to_stop() {
    let gateway = Gateway::start();
    gateway.be(Manner::Silence);
    let relay = Relay::before(gateway.address, &[]);
    let stream = open(relay.address);
    let waiting = stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || post(&waiting, "/", "", b"sealed"));
    while gateway.waiting() == 0 {
        std::thread::yield_now();
    }
    relay.tell(Signal::TERM);
    while std::net::TcpStream::connect(relay.address).is_ok() {
        std::thread::yield_now();
    }
    gateway.answer_waiting(&with_type("200 OK", "message/ohttp-res", b"answer"));
    assert_eq!(sender.join().unwrap().unwrap().body, b"answer");
    assert!(relay.end().0);
}

#[test]
fn what_cannot_be_served_safely_is_not_served() {
    for (options, word) in [
        (&["--gateway", "http://collector.example"][..], "loopback"),
        (&["--gateway", "https://a.example", "--listen", "0.0.0.0:0"], "--tls-cert"),
        (&["--gateway", "https://a", "--gateway", "https://b"], "NAME=URL"),
        (&["--gateway", "https://a", "--ca", "/dev/null"], "PEM"),
        (&["--gateway", "https://a", "--tls-cert", "/dev/null", "--tls-key", "/dev/null"], "PEM"),
    ] {
        let said = refused(options);
        assert!(said.contains(word), "{said}");
        assert!(said.contains("--gateway") || said.contains("  what to do      "), "{said}");
    }
}

/// The outer relay speaks TLS to the inner, which speaks TLS itself.
#[test]
fn tls_is_spoken_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &key, "-out", &certificate])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        println!("skipped: openssl is not installed, and a certificate is needed");
        return;
    }
    let gateway = Gateway::start();
    gateway.be(Manner::Mirror);
    let inner = format!("inner=http://{}", gateway.address);
    let inner = Relay::start(&["--gateway", &inner, "--tls-cert", &certificate, "--tls-key", &key]);
    let address = format!("https://localhost:{}/inner", inner.address.port());
    let believing = Relay::start(&["--gateway", &address, "--ca", &certificate]);
    assert_eq!(post(&open(believing.address), "/", "", b"sealed").unwrap().status(), 200);
    // The certificate is nobody's that the world knows.
    let doubting = Relay::start(&["--gateway", &address]);
    assert_eq!(post(&open(doubting.address), "/", "", b"sealed").unwrap().status(), 502);
    // It is good for its own name alone.
    let other = format!("https://127.0.0.1:{}/inner", inner.address.port());
    let misled = Relay::start(&["--gateway", &other, "--ca", &certificate]);
    assert_eq!(post(&open(misled.address), "/", "", b"sealed").unwrap().status(), 502);
    assert_eq!(gateway.heard().len(), 1);
    inner.tell(Signal::HUP);
    assert_eq!(post(&open(believing.address), "/", "", b"sealed").unwrap().status(), 200);
    assert_eq!(wire::get(believing.address, "/ohttp-keys").body.len(), gateway.keys().len());
    // A sender gets no ticket, by which it would be known when it comes again.
    let mut client = Command::new("openssl")
        .args(["s_client", "-ign_eof", "-connect", &inner.address.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let asked = b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    client.stdin.take().unwrap().write_all(asked).unwrap();
    let said = String::from_utf8(client.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.contains("TLSv1.3") && said.contains("\"status\""), "{said}");
    assert!(!said.contains("New Session Ticket"), "{said}");
}
