//! SIGKILL under load, again and again: what was acknowledged is there once, and nothing else is
//! half there.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::client::{self, read_answer};
use crate::fixture::{Server, Vendor, files_with, key};
use std::io::Write as _;

/// Kills in `./test`. For a long run: `CANDOR_KILLS=1000 cargo test -p collector --test it kills`.
const KILLS: u64 = 24;
/// Kills on one data folder: each start reads the whole log of the day.
const KILLS_PER_FOLDER: usize = 500;
const SENDERS: u64 = 8;
/// Acknowledged parts after which the server is killed, at whatever it does then.
const PARTS_PER_LIFE: u64 = 60;

#[test]
#[expect(clippy::disallowed_methods, reason = "how long a run is said by whoever starts it")]
fn what_was_acknowledged_survives_kills_under_load() {
    let kills = std::env::var("CANDOR_KILLS").ok().and_then(|kills| kills.parse().ok());
    let kills = kills.unwrap_or(KILLS);
    for first in (0..kills).step_by(KILLS_PER_FOLDER) {
        println!("{first} kills so far");
        survives((kills - first).min(KILLS_PER_FOLDER as u64));
    }
    println!("{kills} kills, each checked");
}

/// Kills a server so often on one data folder, and looks at what is left.
fn survives(kills: u64) {
    let vendor = Vendor::new();
    let receipts: Mutex<Vec<(u64, Vec<u8>)>> = Mutex::default();
    let numbers = AtomicU64::new(1);
    let mut sent_since = 0;
    for life in 0..kills {
        let server = vendor.serve();
        let before = receipts.lock().unwrap().len() as u64;
        std::thread::scope(|scope| {
            let (enough, reached) = std::sync::mpsc::channel();
            for _ in 0..SENDERS {
                let enough = enough.clone();
                let (vendor, receipts, numbers) = (&vendor, &receipts, &numbers);
                let address = server.address;
                scope.spawn(move || {
                    let Some(mut stream) = client::connect(address) else { return };
                    loop {
                        let number = numbers.fetch_add(1, Ordering::Relaxed);
                        let part = vendor.part(&key(number), "2026-11-20", "debian");
                        let headers = ["content-type: application/json"];
                        let request =
                            client::request("POST", "/v1/larkspur/usage", &headers, &part);
                        if stream.write_all(&request).is_err() {
                            return;
                        }
                        let Some(answer) = read_answer(&mut stream) else { return };
                        assert_eq!(answer.status, 201, "{}", answer.text());
                        vendor.receipt(&answer, &part);
                        let mut receipts = receipts.lock().unwrap();
                        receipts.push((number, answer.body));
                        if receipts.len() as u64 >= before + PARTS_PER_LIFE + life % 60 {
                            let _ = enough.send(());
                        }
                    }
                });
            }
            drop(enough);
            // Every sender ended early: each says why.
            let _ = reached.recv();
            server.kill();
        });
        sent_since = numbers.load(Ordering::Relaxed);
    }
    let receipts = receipts.into_inner().unwrap();
    assert!(receipts.len() as u64 >= kills * PARTS_PER_LIFE);
    check(&vendor, &receipts, sent_since);
}

fn check(vendor: &Vendor, receipts: &[(u64, Vec<u8>)], sent: u64) {
    let server = vendor.serve();
    for (number, receipt) in receipts {
        let part = vendor.part(&key(*number), "2026-11-20", "debian");
        let held = server.held("GET", &[&key(*number)]).json();
        let held = held["parts"].as_array().unwrap().clone();
        assert_eq!(held.len(), 1, "part {number}");
        assert_eq!(held[0]["bytes"].as_str().unwrap().as_bytes(), part);
        assert_eq!(&again(&server, &part), receipt, "another receipt for {number}");
    }
    let report = vendor.run(&["verify", "--today", "2026-11-20"]);
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stdout));
    assert!((receipts.len() as u64) < sent);
    assert!(files_with(&vendor.data(), b".unfinished").is_empty());
}

fn again(server: &Server, part: &[u8]) -> Vec<u8> {
    let answer = server.post(part);
    assert_eq!(answer.status, 200);
    answer.body
}
