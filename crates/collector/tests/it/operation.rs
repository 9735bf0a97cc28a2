//! Running it: health, metrics, signals, and that no address or header is written anywhere.

use std::io::Write as _;

use crate::client::{self, read_answer};
use crate::fixture::{TODAY, Vendor, files_with, key};

#[test]
fn health_and_metrics_tell_of_parts_and_never_of_senders() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    assert_eq!(
        (server.get("/health").status, server.get("/health").text()),
        (
            200,
            "{\"checks\":{\"disk\":\"ok\",\"keys\":\"ok\",\"releases\":\"ok\",\"writer\":\"ok\"},\
             \"status\":\"ok\"}"
        )
    );
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let headers = [
        "content-type: application/json",
        "x-forwarded-for: 203.0.113.77",
        "user-agent: CANARY-AGENT",
        "cookie: CANARY-COOKIE",
    ];
    assert_eq!(server.send("POST", "/v1/larkspur/usage", &headers, &part).status, 201);
    server.post(&part);
    server.post(&vendor.part(&key(1), "2026-11-20", "fedora"));
    let metrics = server.get("/metrics");
    for line in [
        "candor_parts_accepted_total 1\n",
        "candor_parts_duplicate_total 1\n",
        "candor_requests_refused_total{reason=\"conflict\"} 1\n",
        "# TYPE candor_connections_open gauge\n",
    ] {
        assert!(metrics.text().contains(line), "{line}{}", metrics.text());
    }
    let metrics = metrics.text().to_owned();
    let log = server.stop();
    for canary in ["203.0.113.77", "CANARY"] {
        assert!(!metrics.contains(canary) && !log.contains(canary));
        assert!(files_with(&vendor.data(), canary.as_bytes()).is_empty());
    }
    assert!(!metrics.contains("debian") && !log.contains("debian"), "{log}");
}

#[test]
fn a_request_in_flight_is_finished_before_the_server_stops() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let request = client::request(
        "POST",
        "/v1/larkspur/usage",
        &["content-type: application/json", "expect: 100-continue"],
        &part,
    );
    let (head, body) = request.split_at(request.len() - part.len());
    let mut stream = client::connect(server.address).unwrap();
    stream.write_all(head).unwrap();
    // The server has begun with it.
    let mut line = [0; 25];
    std::io::Read::read_exact(&mut stream, &mut line).unwrap();
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal("TERM");
    stream.write_all(body).unwrap();
    let answer = read_answer(&mut stream).unwrap();
    assert_eq!(answer.status, 201);
    server.stop();
    let server = vendor.serve();
    assert_eq!(server.post(&part).body, answer.body);
}

#[test]
fn the_manifest_is_served_as_its_hash_names_it() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    assert_eq!(server.get("/v1/larkspur/manifest").body, vendor.manifest.canonical());
    assert_eq!(server.get("/v1/other/manifest").status, 404);
}

#[test]
fn without_a_key_for_the_day_nothing_is_taken() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let first = vendor.part(&key(1), "2026-11-20", "debian");
    assert_eq!(server.post(&first).status, 201);
    std::fs::remove_dir_all(vendor.data().join("keys")).unwrap();
    server.signal("HUP");
    // The signal is handled soon; until then each part gets its receipt.
    let mut answers =
        (2..5_000).map(|number| server.post(&vendor.part(&key(number), "2026-11-20", "debian")));
    let refused = answers.find(|answer| answer.status != 201).unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("300")));
    assert_eq!(server.get("/health").status, 503);
    // What was acknowledged before is still shown to be.
    assert_eq!(server.post(&first).status, 200);
}

#[test]
fn tls_of_its_own_needs_no_proxy() {
    let vendor = Vendor::new();
    vendor.write("localhost.crt", include_str!("localhost.crt"));
    vendor.write("localhost.key", include_str!("localhost.key"));
    let (certificate, private) = (vendor.path("localhost.crt"), vendor.path("localhost.key"));
    let files = [certificate.to_str().unwrap(), private.to_str().unwrap()];
    let server = vendor.serve_on(TODAY, &["--tls-cert", files[0], "--tls-key", files[1]]);
    assert_eq!(server.scheme, "https");
    let stream = client::connect(server.address).unwrap();
    let mut stream = client::secured(stream, &certificate);
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let headers = ["content-type: application/json"];
    let request = client::request("POST", "/v1/larkspur/usage", &headers, &part);
    stream.write_all(&request).unwrap();
    let answer = read_answer(&mut stream).unwrap();
    assert_eq!(answer.status, 201);
    vendor.receipt(&answer, &part);
    // By a ticket a sender would be known again when it comes back under another tag.
    assert_eq!(stream.conn.tls13_tickets_received(), 0);

    // Without TLS there is nothing to be had here.
    let plain = client::connect(server.address).map(|mut stream| {
        let _ = stream.write_all(&request);
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
        answer
    });
    assert!(!plain.unwrap().starts_with(b"HTTP/"));
}
