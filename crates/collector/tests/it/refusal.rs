//! What is not taken, and what is said of it.

use std::io::{Read as _, Write as _};

use serde_json::json;

use crate::client::{self, Answer};
use crate::fixture::{Server, TODAY, Vendor, key};

const JSON: &str = "content-type: application/json";
const PATH: &str = "/v1/larkspur/usage";

/// A refusal with this status, and its problems as one text.
fn check(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    for member in ["type", "title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
    }
    problem["problems"].to_string()
}

#[test]
fn an_unknown_definition_says_what_to_load() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let hash = vendor.definition("platform").to_string();
    let part = String::from_utf8(part).unwrap().replace(&hash, &"0".repeat(64));
    let problems = check(&server.post(part.as_bytes()), 422);
    assert!(problems.contains("serve --manifest FILE"), "{problems}");
}

#[test]
fn every_problem_is_told_at_once_and_no_value_is_echoed() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let answers = json!({"devices": "CANARY-1", "os": "CANARY-2", "CANARY-3": true});
    let part = vendor.part_with(&key(1), "2026-11-20", "platform", &answers);
    let answer = server.post(&part);
    check(&answer, 422);
    assert_eq!(answer.json()["problems"].as_array().unwrap().len(), 3);
    assert!(!answer.text().contains("CANARY"), "{}", answer.text());
}

#[test]
fn a_draft_is_refused() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let key = key(1);
    let part = String::from_utf8(vendor.part(&key, "2026-11-20", "debian")).unwrap();
    let draft = part.replace(&key.tag().to_string(), &"0".repeat(32));
    assert!(check(&server.post(draft.as_bytes()), 422).contains("draft"));
}

#[test]
fn only_the_canonical_form_is_taken() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = String::from_utf8(vendor.part(&key(1), "2026-11-20", "debian")).unwrap();
    let bodies = [
        part.replacen("{\"answers\"", "{ \"answers\"", 1),
        part.replacen("debian", "deb\\u0069an", 1),
        part.replacen("\"os\":\"debian\"", "\"os\":\"fedora\",\"os\":\"debian\"", 1),
        format!("{part}\n"),
    ];
    for body in bodies {
        assert!(check(&server.post(body.as_bytes()), 422).contains("canonical"), "{body}");
    }
    check(&server.post(b"{\"\xff\":1}"), 422);
    check(&server.post("[".repeat(16_000).as_bytes()), 422);
}

#[test]
fn a_period_that_is_over_or_lies_ahead_is_refused() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let post = |period| server.post(&vendor.part(&key(1), period, "debian"));
    assert_eq!(post("2026-11-18").status, 201);
    assert_eq!(post("2026-11-21").status, 201);
    check(&post("2026-11-17"), 410);
    check(&post("2026-11-22"), 422);
}

#[test]
fn bodies_of_another_form_are_refused() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    for headers in [
        &["content-type: text/plain"][..],
        &[],
        &[JSON, "content-encoding: br"],
        &[JSON, "content-encoding: gzip", "content-encoding: gzip"],
        &[JSON, "content-encoding: gzip, gzip"],
    ] {
        let answer = server.send("POST", PATH, headers, &part);
        check(&answer, 415);
        assert_eq!(answer.header("accept-encoding"), Some("zstd, gzip"));
    }
    check(&server.send("POST", PATH, &[JSON, "content-encoding: zstd"], &part), 400);
}

#[test]
fn large_bodies_and_bombs_are_refused() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let largest = vec![b' '; 16 * 1024];
    check(&server.post(&largest), 422);
    check(&server.post(&[&largest[..], b" "].concat()), 413);
    let bomb = zstd::bulk::compress(&vec![0; 16 << 20], 19).unwrap();
    check(&server.send("POST", PATH, &[JSON, "content-encoding: zstd"], &bomb), 413);
    // A length that is only promised is refused before it is sent.
    let head =
        format!("POST {PATH} HTTP/1.1\r\nhost: c\r\n{JSON}\r\ncontent-length: 999999999\r\n");
    let answer = client::exchange(server.address, format!("{head}\r\n").as_bytes());
    check(&answer.unwrap(), 413);
    // One that is not promised is refused when it is reached.
    let head =
        format!("POST {PATH} HTTP/1.1\r\nhost: c\r\n{JSON}\r\ntransfer-encoding: chunked\r\n");
    let chunk = format!("4001\r\n{}\r\n", " ".repeat(0x4001));
    let answer = client::exchange(server.address, format!("{head}\r\n{chunk}").as_bytes());
    check(&answer.unwrap(), 413);
}

#[test]
fn other_paths_and_methods_are_refused() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    check(&server.send("POST", "/v1/larkspur/other", &[JSON], &part), 404);
    check(&server.send("POST", "/v1/other/usage", &[JSON], &part), 404);
    check(&server.get("/v1/larkspur/usage/held/more"), 404);
    check(&server.get("/nothing"), 404);
    let answer = server.get(PATH);
    check(&answer, 405);
    assert_eq!(answer.header("allow"), Some("POST"));
    let answer = server.send("PUT", "/v1/larkspur/usage/held", &[], b"");
    check(&answer, 405);
    assert_eq!(answer.header("allow"), Some("GET, DELETE"));
    let answer = server.send("POST", "/health", &[], b"");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
    // A part of one channel sent to another.
    check(&server.send("POST", "/v1/larkspur/open", &[JSON], &part), 422);
}

/// How the server ends a connection on which these bytes are all that comes.
fn what_comes_back(server: &Server, bytes: &[u8]) -> String {
    let mut stream = client::connect(server.address).unwrap();
    stream.write_all(bytes).unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    all
}

#[test]
fn slow_senders_are_cut_off() {
    let vendor = Vendor::new();
    let server = vendor.serve_on(TODAY, &["--head-seconds", "1", "--body-seconds", "1"]);
    // Each returns only because the server closed the connection.
    let silent = what_comes_back(&server, b"");
    assert!(silent.is_empty() || silent.starts_with("HTTP/1.1 408"), "{silent}");
    let half_a_head = what_comes_back(&server, b"GET /health HTTP/1.1\r\nhost:");
    assert!(half_a_head.is_empty() || half_a_head.starts_with("HTTP/1.1 408"), "{half_a_head}");
    let idle = what_comes_back(&server, b"GET /health HTTP/1.1\r\nhost: c\r\n\r\n");
    assert!(idle.starts_with("HTTP/1.1 200"), "{idle}");
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: c\r\n{JSON}\r\ncontent-length: 9\r\n\r\n{{");
    let half_a_body = what_comes_back(&server, head.as_bytes());
    assert!(half_a_body.starts_with("HTTP/1.1 408"), "{half_a_body}");
}

#[test]
fn shapes_that_smuggle_requests_are_refused() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let length = part.len();
    let heads = [
        format!("content-length: {length}\r\ncontent-length: {}\r\n", length + 1),
        format!("content-length: +{length}\r\n"),
        format!("content-length: {length}\r\ntransfer-encoding: identity, chunked, x\r\n"),
    ];
    for head in heads {
        let head = format!("POST {PATH} HTTP/1.1\r\nhost: c\r\n{JSON}\r\n{head}\r\n");
        let answer = client::exchange(server.address, &[head.as_bytes(), &part].concat());
        assert!(answer.is_none_or(|answer| answer.status == 400), "{head}");
    }
    assert!(server.get("/metrics").text().contains("candor_parts_held 0\n"));
}
