//! What is deleted is gone: from answers at once, from every file before anybody is told so.

use envelope::Tombstone;
use serde_json::json;

use crate::fixture::{TODAY, Vendor, files_with, key};

const UNUSUAL: &str = "Qx-unusual-7261";

fn tombstones(answer: &crate::client::Answer) -> Vec<Tombstone> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_value(answer.json()["tombstones"].clone()).unwrap()
}

#[test]
fn held_shows_exact_bytes_to_whoever_holds_the_key() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    server.post(&part);
    let held = server.held("GET", &[&key(1), &key(2)]).json();
    let held = held["parts"].as_array().unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0]["bytes"].as_str().unwrap().as_bytes(), part);
    assert_eq!(held[0]["period"], "2026-11-20");
    assert_eq!(held[0]["forget_by"], "2026-12-20");
    assert_eq!(server.held("GET", &[&key(2)]).json()["parts"], json!([]));
    assert_eq!(server.held("GET", &[]).status, 401);
    // The tag is no proof of itself.
    let tag = format!("candor-key: {0}{0}", key(1).tag());
    let answer = server.send("GET", "/v1/larkspur/usage/held", &[&tag], b"");
    assert_eq!(answer.json()["parts"], json!([]));
}

#[test]
fn after_a_deletion_no_file_holds_tag_or_answers() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    for number in 1..20 {
        server.post(&vendor.part(&key(number), "2026-11-20", "debian"));
    }
    let key = key(7);
    let word = vendor.part_with(&key, "2026-11-20", "words", &json!({"model": UNUSUAL}));
    assert_eq!(server.post(&word).status, 201);
    assert_eq!(files_with(&vendor.data(), UNUSUAL.as_bytes()).len(), 1);

    let deleted = tombstones(&server.held("DELETE", &[&key]));
    for tombstone in &deleted {
        tombstone.verify(&[vendor.root], &key.tag()).unwrap();
        assert_eq!((tombstone.removed, tombstone.deleted_on), (1, TODAY));
        assert_eq!(tombstone.backups_expire.to_string(), "2026-12-20");
        let next = tombstone.published_before_stays.unwrap();
        assert_eq!(next.to_string(), "2026-11-25", "the week's reports come in until the 24th");
    }
    let parts: Vec<_> = deleted.iter().map(|tombstone| tombstone.part.as_str()).collect();
    assert_eq!(parts, ["platform", "words"]);

    let tag = key.tag();
    for bytes in [UNUSUAL.as_bytes(), tag.as_bytes(), tag.to_string().as_bytes()] {
        let found = files_with(&vendor.data(), bytes);
        assert!(found.is_empty(), "{found:?}");
    }
    assert_eq!(server.held("GET", &[&key]).json()["parts"], json!([]));
    assert!(server.get("/metrics").text().contains("candor_parts_held 18\n"));
    let log = server.stop();
    assert!(!log.contains(UNUSUAL) && !log.contains(&tag.to_string()), "{log}");
    assert!(vendor.run(&["verify", "--today", "2026-11-20"]).status.success());
}

#[test]
fn a_deletion_is_excluded_at_once_and_confirmed_after_the_batch_of_the_day() {
    let vendor = Vendor::new();
    let server = vendor.serve_on(TODAY, &["--deletion-hour", "3"]);
    let key = key(7);
    let word = vendor.part_with(&key, "2026-11-20", "words", &json!({"model": UNUSUAL}));
    assert_eq!(server.post(&word).status, 201);
    for _ in 0..2 {
        let asked = server.held("DELETE", &[&key]);
        assert_eq!((asked.status, asked.text()), (202, "{\"tombstones\":[]}"));
        assert!(asked.header("retry-after").is_some());
        assert_eq!(server.held("GET", &[&key]).json()["parts"], json!([]));
        assert_eq!(server.post(&word).status, 410);
    }
    assert!(!server.get("/larkspur/usage/").text().contains(UNUSUAL));
    let report = vendor.run(&["verify", "--today", "2026-11-20"]);
    assert!(String::from_utf8_lossy(&report.stdout).contains("pending   1 deletions"));
    server.kill();

    // Midnight has passed: a day that does not pass stands at hour 0.
    let server = vendor.serve_on("2026-11-21".parse().unwrap(), &["--deletion-hour", "0"]);
    let mut done = server.held("DELETE", &[&key]);
    // The first look comes right after the start, beside the first request.
    while done.status == 202 {
        done = server.held("DELETE", &[&key]);
    }
    let tombstone = tombstones(&done).remove(0);
    tombstone.verify(&[vendor.root], &key.tag()).unwrap();
    assert_eq!((tombstone.removed, tombstone.deleted_on.to_string().as_str()), (1, "2026-11-21"));
    let tag = key.tag();
    for bytes in [UNUSUAL.as_bytes(), tag.as_bytes(), tag.to_string().as_bytes()] {
        let found = files_with(&vendor.data(), bytes);
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn a_late_copy_is_refused_and_the_same_tombstone_given_again_also_after_a_restart() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let (here, never) = (key(1), key(2));
    let part = vendor.part(&here, "2026-11-20", "debian");
    let receipt = server.post(&vendor.part(&key(3), "2026-11-20", "debian"));
    server.post(&part);
    let first = server.held("DELETE", &[&here, &never]);
    let mut removed: Vec<_> =
        tombstones(&first).iter().map(|t| (t.removed, t.part.clone())).collect();
    removed.sort();
    assert_eq!(removed, [(0, String::new()), (1, "platform".to_owned())]);
    assert_eq!(server.post(&part).status, 410);
    server.kill();

    let server = vendor.serve();
    assert_eq!(server.post(&part).status, 410);
    // It may still be under way when its deletion arrives.
    assert_eq!(server.post(&vendor.part(&never, "2026-11-20", "debian")).status, 410);
    assert_eq!(server.held("DELETE", &[&here, &never]).body, first.body);
    // The others' receipts are as they were, although their file was written anew.
    let again = server.post(&vendor.part(&key(3), "2026-11-20", "debian"));
    assert_eq!(again.body, receipt.body);
    server.kill();

    // When nothing of that day could be accepted any more, the marker of what was never held goes;
    // the other stays as long as a backup may hold what was removed.
    for (day, kept) in [("2026-11-24", 1), ("2026-12-20", 1), ("2026-12-21", 0)] {
        let server = vendor.serve_on(day.parse().unwrap(), &[]);
        let report = vendor.run(&["verify", "--today", day]);
        let report = String::from_utf8(report.stdout).unwrap();
        assert!(report.contains(&format!("deleted   {kept} tags")), "{day}: {report}");
        drop(server);
    }
}
