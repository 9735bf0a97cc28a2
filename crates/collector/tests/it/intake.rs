//! A part that arrives is durable before it is acknowledged, and stands.

use serde_json::json;

use crate::fixture::{TODAY, Vendor, key};

#[test]
fn an_accepted_part_gets_a_receipt_that_stands() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let answer = server.post(&part);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let receipt = vendor.receipt(&answer, &part);
    let statement = &receipt.statement;
    assert_eq!((statement.received, statement.period.as_str()), (TODAY, "2026-11-20"));
    assert_eq!(statement.forget_by.to_string(), "2026-12-20");
    assert_eq!(answer.text(), receipt.to_json());
}

#[test]
fn the_same_bytes_get_the_same_receipt_also_after_a_restart_and_on_another_day() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let first = server.post(&part);
    let second = server.post(&part);
    assert_eq!((first.status, second.status), (201, 200));
    assert_eq!(first.body, second.body);
    server.kill();
    let server = vendor.serve_on(TODAY.tomorrow().unwrap(), &[]);
    assert_eq!(server.post(&part).body, first.body);
}

#[test]
fn other_bytes_under_the_same_tag_part_and_period_are_refused() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let key = key(1);
    assert_eq!(server.post(&vendor.part(&key, "2026-11-20", "debian")).status, 201);
    let other = vendor.part(&key, "2026-11-20", "fedora");
    assert_eq!(server.post(&other).status, 409);
    server.kill();
    let server = vendor.serve();
    assert_eq!(server.post(&other).status, 409);
    // Another period and another part are not the same.
    assert_eq!(server.post(&vendor.part(&key, "2026-11-19", "fedora")).status, 201);
    let words = vendor.part_with(&key, "2026-11-20", "words", &json!({"model": "LX-4"}));
    assert_eq!(server.post(&words).status, 201);
}

#[test]
fn many_copies_at_once_are_accepted_once() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let copy = vendor.part(&key(1), "2026-11-20", "debian");
    let other = vendor.part(&key(1), "2026-11-20", "fedora");
    let (server, copy, other) = (&server, &copy, &other);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let send = |at: usize| move || server.post(if at.is_multiple_of(4) { other } else { copy });
        let threads: Vec<_> = (0..32).map(|at| scope.spawn(send(at))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let with = |status| answers.iter().filter(move |answer| answer.status == status);
    assert_eq!(with(201).count(), 1);
    let receipt = &with(201).next().unwrap().body;
    assert!(with(200).all(|answer| answer.body == *receipt));
    assert_eq!(with(200).count() + with(409).count(), 31);
}

#[test]
fn packed_parts_are_taken() {
    use std::io::Write as _;
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&part).unwrap();
    let bodies = [
        ("zstd", zstd::bulk::compress(&part, 3).unwrap(), 201),
        ("gzip", gzip.finish().unwrap(), 200),
    ];
    for (coding, body, status) in bodies {
        let coding = format!("content-encoding: {coding}");
        let headers = ["content-type: application/json; charset=utf-8", &coding];
        let answer = server.send("POST", "/v1/larkspur/usage", &headers, &body);
        assert_eq!(answer.status, status, "{coding}: {}", answer.text());
        vendor.receipt(&answer, &part);
    }
}

#[test]
fn a_part_without_a_tag_counts_each_time() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = json!({
        "answers": {"version": "1.2"},
        "channel": "open",
        "definition": vendor.definition("version").to_string(),
        "part": "version",
        "period": "2026-W47",
        "program": "larkspur",
    });
    let part = contract::canonical::to_bytes(&part).unwrap();
    for _ in 0..2 {
        let headers = ["content-type: application/json"];
        let answer = server.send("POST", "/v1/larkspur/open", &headers, &part);
        assert_eq!(answer.status, 201, "{}", answer.text());
        vendor.receipt(&answer, &part);
    }
    assert!(server.get("/metrics").text().contains("candor_parts_held 2\n"));
    let answer = server.send("GET", "/v1/larkspur/open/held", &["candor-key: 00"], b"");
    assert_eq!(answer.status, 422);
}

#[test]
fn an_older_manifests_parts_are_taken_beside_a_newer_ones() {
    let vendor = Vendor::new();
    let old = vendor.part(&key(1), "2026-11-20", "debian");
    vendor.serve().kill();
    let text = include_str!("larkspur.toml").replace("ROOT", &vendor.root.to_string());
    vendor.write("manifest.toml", &text.replace("\"freebsd\"", "\"freebsd\", \"gentoo\""));
    let server = vendor.serve();
    assert_eq!(server.post(&old).status, 201);
}
