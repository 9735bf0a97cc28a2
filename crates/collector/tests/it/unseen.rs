//! Canaries: a marked address and marked answers, sent in every way that a collector takes or
//! refuses, and looked for in everything that it writes, logs, prints and answers.

use std::io::Write as _;
use std::net::Ipv4Addr;

use serde_json::json;

use crate::client::{self, Answer, read_answer};
use crate::fixture::{Server, TODAY, Vendor, files_with, key};

/// No other test sends from there.
const MARKED: Ipv4Addr = Ipv4Addr::new(127, 77, 188, 99);
const CANARY: &str = "Canary-5f3a9c";
const JSON: &str = "content-type: application/json";
const PATH: &str = "/v1/larkspur/usage";

/// A collector that logs as much as it can.
fn loud(vendor: &Vendor) -> Server {
    let mut command = vendor.command(&["serve", "--listen", "127.0.0.1:0", "--rehearsal"]);
    command.arg("--manifest").arg(vendor.path("manifest.toml")).env("CANDOR_LOG", "trace");
    command.args(["--today", &TODAY.to_string(), "--body-seconds", "1"]);
    Server::start(command)
}

/// Sends bytes from the marked address.
fn send_from_there(server: &Server, bytes: &[u8]) -> Option<Answer> {
    let mut stream = client::connect_from(MARKED, server.address);
    stream.write_all(bytes).unwrap();
    read_answer(&mut stream)
}

/// Requests that are taken, refused, unfinished and absurd, each with the marks in it.
fn requests(vendor: &Vendor) -> Vec<Vec<u8>> {
    let forwarded = format!("x-forwarded-for: {MARKED}");
    let named = format!("cookie: {CANARY}");
    let headers = [JSON, &forwarded, &named];
    let post = |body: &[u8]| client::request("POST", PATH, &headers, body);
    let words =
        |n, text: &str| vendor.part_with(&key(n), "2026-11-20", "words", &json!({"model": text}));
    let taken = vendor.part(&key(1), "2026-11-20", "debian");
    let text = String::from_utf8(taken.clone()).unwrap();
    let unknown = text.replace(&vendor.definition("platform").to_string(), &"ab".repeat(32));
    let proof = format!("candor-key: {CANARY}");
    let mut unfinished = post(&words(5, CANARY));
    unfinished.truncate(unfinished.len() - 9);
    let packed =
        client::request("POST", PATH, &[JSON, "content-encoding: zstd"], CANARY.as_bytes());
    vec![
        post(&taken),
        post(&taken),
        post(&vendor.part(&key(1), "2026-11-20", "fedora")),
        post(&vendor.part(&key(1), "2026-11-20", CANARY)),
        post(&vendor.part(&key(1), "2020-01-01", "debian")),
        post(unknown.as_bytes()),
        post(format!("{{\"{CANARY}\": ").as_bytes()),
        post(&[CANARY.as_bytes(), b"\xff"].concat()),
        post(CANARY.repeat(4_000).as_bytes()),
        packed,
        client::request("GET", &format!("/v1/{CANARY}/usage?q={CANARY}"), &headers, b""),
        client::request("GET", &format!("{PATH}/held"), &[&proof], b""),
        client::request("DELETE", &format!("{PATH}/held"), &[&proof], b""),
        client::request("PUT", &format!("/{CANARY}"), &headers, b""),
        format!("{CANARY} {CANARY} HTTP/9\r\n\r\n").into_bytes(),
        unfinished,
    ]
}

/// Sends everything, and gives what the collector said in answers, metrics and its log.
fn said(vendor: &Vendor) -> Vec<String> {
    let server = loud(vendor);
    let answers = requests(vendor).into_iter().filter_map(|r| send_from_there(&server, &r));
    let answers: Vec<Answer> = answers.collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    for wanted in [201, 200, 400, 404, 405, 408, 409, 410, 413, 422] {
        assert!(statuses.contains(&wanted), "{wanted} is not among {statuses:?}");
    }
    let mut said: Vec<String> =
        answers.iter().map(|a| format!("{}{}", a.head, String::from_utf8_lossy(&a.body))).collect();
    said.push(server.get("/metrics").text().to_owned());
    said.push(server.stop());
    said
}

// Promise 23.
#[test]
fn the_address_of_a_sender_is_written_logged_and_printed_nowhere() {
    let vendor = Vendor::new();
    let said = said(&vendor);
    let address = MARKED.to_string();
    assert!(said.iter().all(|text| !text.contains(&address)), "{said:?}");
    for marked in [address.as_bytes(), &MARKED.octets(), b"[::ffff:127.77"] {
        let found = files_with(&vendor.data(), marked);
        assert!(found.is_empty(), "{found:?}");
    }
    // The log is not silent by mistake.
    assert!(said.iter().any(|text| text.contains("serving")), "{said:?}");
}

// Promise 24.
#[test]
fn what_is_refused_is_repeated_in_no_answer_log_metric_or_file() {
    let vendor = Vendor::new();
    let said = said(&vendor);
    assert!(said.iter().all(|text| !text.contains(CANARY)), "{said:?}");
    // Nor the tag of what was refused beside what stands.
    let tag = key(1).tag().to_string();
    assert!(said.iter().all(|text| !text.contains(&tag)), "{said:?}");
    let found = files_with(&vendor.data(), CANARY.as_bytes());
    assert!(found.is_empty(), "{found:?}");
}
