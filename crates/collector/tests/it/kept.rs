//! How long parts are kept: one number, wherever it stands, and disk that is free again afterwards.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use contract::calendar::add_days;
use disk::{Disk as _, OsDisk};

use crate::fixture::{TODAY, Vendor, key};

/// Bytes that a folder takes on the disk.
fn disk_usage(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { disk_usage(&path) } else { blocks(&path) }).sum()
}

fn blocks(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().blocks() * 512
}

/// A vendor whose channel `usage` keeps parts for these days.
fn keeping(days: i32) -> Vendor {
    let vendor = Vendor::new();
    let text = include_str!("larkspur.toml").replace("ROOT", &vendor.root.to_string());
    let other = text.replace("retention_days = 30", &format!("retention_days = {days}"));
    assert!(days == 30 || other != text);
    vendor.write("manifest.toml", &other);
    vendor
}

// Promise 4: the statement, the receipt, the listing, the tombstone and the removal say one day.
#[test]
fn statement_receipt_listing_and_removal_agree_on_one_retention() {
    for days in [7, 30, 90] {
        let vendor = keeping(days);
        let server = vendor.serve();
        let statement = server.get("/larkspur/statement.html");
        assert!(statement.text().contains(&format!("{days} days after its day")), "{days}");
        let part = vendor.part(&key(1), "2026-11-20", "debian");
        let receipt = vendor.receipt(&server.post(&part), &part);
        let last = add_days(TODAY, days);
        assert_eq!(receipt.statement.forget_by, last);
        let held = server.held("GET", &[&key(1)]).json();
        assert_eq!(held["parts"][0]["forget_by"], last.to_string());
        server.stop();
        // On the last day it is held and that is right; on the next it is wrong, and then gone.
        let run = |arguments: &[&str], today: &str| {
            vendor.run(&[arguments, &["--today", today]].concat())
        };
        let (last, next) = (last.to_string(), add_days(last, 1).to_string());
        run(&["forget"], &last);
        // A log while intake is open, columns afterwards.
        let period = vendor.data().join("parts/larkspur/usage/2026-11-20");
        let is_held = || ["log", "columns"].iter().any(|end| period.with_extension(end).exists());
        assert!(is_held(), "{days}: it was to be kept on {last}");
        assert!(run(&["verify"], &last).status.success());
        assert_eq!(run(&["verify"], &next).status.code(), Some(1), "{days}: on {next}");
        run(&["forget"], &next);
        assert!(!is_held(), "{days}: it was to be gone on {next}");
        assert!(run(&["verify"], &next).status.success());
    }
}

// Promise 37.
#[test]
fn disk_usage_falls_when_a_period_is_forgotten() {
    let vendor = Vendor::new();
    let empty = {
        vendor.serve().stop();
        disk_usage(&vendor.data())
    };
    let server = vendor.serve();
    for number in 0..300 {
        assert_eq!(server.post(&vendor.part(&key(number), "2026-11-20", "debian")).status, 201);
    }
    server.stop();
    let full = disk_usage(&vendor.data());
    assert!(full > empty + 60_000, "{full} bytes of disk with 300 parts, {empty} without");
    let after = add_days(TODAY, 31).to_string();
    assert!(vendor.run(&["forget", "--today", &after]).status.success());
    let forgotten = disk_usage(&vendor.data());
    assert!(
        forgotten <= empty + 16_384,
        "{forgotten} bytes of disk, {empty} before there were parts"
    );
}

// What lies there and belongs to nothing is kept by nobody's promise.
#[test]
fn verify_finds_a_file_that_does_not_belong() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    server.post(&vendor.part(&key(1), "2026-11-20", "debian"));
    server.stop();
    let disk = OsDisk::open(&vendor.data()).unwrap();
    for name in ["parts/notes", "parts/larkspur/notes", "parts/larkspur/usage/2026-11-20.old"] {
        disk.replace(name, b"a copy").unwrap();
        let report = vendor.run(&["verify", "--today", "2026-11-20"]);
        assert_eq!(report.status.code(), Some(1), "{name}");
        assert!(String::from_utf8(report.stdout).unwrap().contains(name), "{name}");
        disk.remove(name).unwrap();
        assert!(vendor.run(&["verify", "--today", "2026-11-20"]).status.success());
    }
}
