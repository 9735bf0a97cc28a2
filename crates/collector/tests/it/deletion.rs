//! What is deleted is gone: from answers at once, from every file before anybody is told so.

use envelope::{TagKey, Tombstone};
use serde_json::json;

use crate::client::Answer;
use crate::fixture::{Server, TODAY, Vendor, files_with, key};

const UNUSUAL: &str = "Qx-unusual-7261";

fn tombstones(answer: &Answer) -> Vec<Tombstone> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_value(answer.json()["tombstones"].clone()).unwrap()
}

/// The answer once the batch has run: the first look comes right after the start, beside the first
/// request.
fn settled(server: &Server, keys: &[&TagKey]) -> Answer {
    let mut answers = (0..5_000).map(|_| server.held("DELETE", keys));
    answers.find(|answer| answer.status != 202).expect("a batch that runs")
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
    assert!(String::from_utf8_lossy(&report.stdout).contains("pending   1 deletion waits"));
    server.kill();

    // Midnight has passed: a day that does not pass stands at hour 0.
    let server = vendor.serve_on("2026-11-21".parse().unwrap(), &["--deletion-hour", "0"]);
    let tombstone = tombstones(&settled(&server, &[&key])).remove(0);
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
    for (day, kept) in [("2026-11-22", 2), ("2026-11-24", 1), ("2026-12-20", 1), ("2026-12-21", 0)]
    {
        let server = vendor.serve_on(day.parse().unwrap(), &[]);
        for copy in [&part, &vendor.part(&never, "2026-11-20", "debian")] {
            assert_eq!(server.post(copy).status, 410, "{day}");
        }
        let report = vendor.run(&["verify", "--today", day]);
        let report = String::from_utf8(report.stdout).unwrap();
        assert!(report.contains(&format!("deleted   {kept} tag")), "{day}: {report}");
        drop(server);
    }
}

// Promise 38, by the program: whoever lets one batch go has let no other go.
#[test]
fn a_server_holds_unusually_many_deletions_back_until_a_person_lets_this_batch_go() {
    const MANY: u64 = 1_001;
    let vendor = Vendor::new();
    for first in [1, 1 + MANY] {
        let server = vendor.serve_on(TODAY, &["--deletion-hour", "23"]);
        let keys: Vec<TagKey> = (first..first + MANY).map(key).collect();
        std::thread::scope(|scope| {
            for some in keys.chunks(126) {
                let (vendor, server) = (&vendor, &server);
                scope.spawn(move || {
                    for key in some {
                        let part = vendor.part(key, "2026-11-20", "debian");
                        assert_eq!(server.post(&part).status, 201);
                    }
                });
            }
        });
        for some in keys.chunks(64) {
            assert_eq!(server.held("DELETE", &some.iter().collect::<Vec<_>>()).status, 202);
        }
        server.stop();
        let mut server = vendor.serve_on(TODAY, &["--deletion-hour", "0"]);
        let line = server.logs("deletions");
        assert!(line.contains("unusually many"), "{line}");
        assert_eq!(server.held("DELETE", &[&keys[0]]).status, 202);
        // Beside the server, which would find it within ten seconds; its next start finds it, too.
        assert!(vendor.run(&["forget", "--let-go", "--today", "2026-11-20"]).status.success());
        server.stop();
        let server = vendor.serve_on(TODAY, &["--deletion-hour", "0"]);
        assert_eq!(tombstones(&settled(&server, &[&keys[0]]))[0].removed, 1);
        server.stop();
        assert!(!vendor.data().join("deletions.let-go").exists());
    }
}
