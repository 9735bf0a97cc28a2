//! From parts to pages: a rehearsal shows them at once, a release when nobody can be told apart.

use std::collections::BTreeSet;
use std::process::Command;

use contract::release::{Mode, Release};
use envelope::DetachedSignature;

use crate::fixture::{Vendor, files_with, key};

/// Sends parts of many installations in the week of 16 November.
fn send_a_week(vendor: &Vendor) {
    for (today, first) in [("2026-11-18", 100), ("2026-11-20", 200)] {
        let server = vendor.serve_on(today.parse().unwrap(), &[]);
        for number in first..first + 40 {
            assert_eq!(server.post(&vendor.part(&key(number), today, "debian")).status, 201);
        }
        server.stop();
    }
}

fn release(vendor: &Vendor, name: &str) -> Vec<u8> {
    let disk = disk::OsDisk::open(&vendor.data()).unwrap();
    let path = format!("releases/larkspur/usage/{name}");
    disk::Disk::read(&disk, &path, 1 << 24).unwrap().unwrap()
}

#[test]
fn a_rehearsal_shows_what_arrived_at_once_and_says_that_it_is_one() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let before = server.get("/larkspur/usage/");
    assert_eq!(before.status, 200, "{}", before.text());
    server.post(&vendor.part(&key(1), "2026-11-20", "freebsd"));
    let page = server.get("/larkspur/usage/");
    assert!(page.text().to_lowercase().contains("rehearsal"), "{}", page.text());
    assert!(page.text().contains("freebsd"), "{}", page.text());
    assert_ne!(page.header("etag"), before.header("etag"));
    assert_eq!(page.header("content-security-policy"), Some(site::CSP));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));

    let etag = format!("if-none-match: {}", page.header("etag").unwrap());
    assert_eq!(server.send("GET", "/larkspur/usage/", &[&etag], b"").status, 304);
    let moved = server.get("/larkspur/usage");
    assert_eq!((moved.status, moved.header("location")), (308, Some("usage/")));
    for path in ["/", "/larkspur/", "/larkspur/statement.html", "/candor.css"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    let release = server.get("/larkspur/usage/releases/release-1.json");
    assert_eq!(Release::from_frozen(&release.body).unwrap().mode, Mode::Rehearsal);
    server.held("DELETE", &[&key(1)]);
    assert!(!server.get("/larkspur/usage/").text().contains("freebsd\""));
}

#[test]
fn a_finished_week_is_published_once_signed_and_entered_in_the_ledger() {
    let vendor = Vendor::new();
    send_a_week(&vendor);
    let publish = |today| {
        let output = vendor.run(&["publish", "--today", today, "--json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let output: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        output["published"].as_array().unwrap().len()
    };
    assert_eq!(publish("2026-11-24"), 0);
    assert_eq!(publish("2026-11-25"), 1);
    let bytes = release(&vendor, "release-1.json");
    assert_eq!(publish("2026-11-26"), 0);
    assert_eq!(release(&vendor, "release-1.json"), bytes);

    let read = Release::from_frozen(&bytes).unwrap();
    assert_eq!(read.window.first.to_string(), "2026-11-16");
    assert!(matches!(read.mode, Mode::Noisy { .. }));
    let signature = release(&vendor, "release-1.json.sig");
    let signature: DetachedSignature = serde_json::from_slice(&signature).unwrap();
    signature.verify(&[vendor.root], "larkspur", &bytes).unwrap();
    assert!(!files_with(&vendor.data().join("releases"), b"\"release\":1").is_empty());

    // A server that is no rehearsal shows it.
    let site = vendor.path("site");
    let output =
        vendor.run(&["publish", "--today", "2026-11-26", "--site", site.to_str().unwrap()]);
    assert!(output.status.success());
    assert_eq!(files_with(&site, &bytes).len(), 1);
    assert!(site.join("larkspur/usage/index.html").is_file());
    assert!(site.join("larkspur/usage/releases/release-1.json.sig").is_file());
    assert!(site.join("larkspur/ledger.json").is_file());
    assert!(vendor.run(&["verify", "--today", "2026-11-26"]).status.success());
}

#[test]
fn without_a_key_for_releases_nothing_is_spent() {
    let vendor = Vendor::new();
    send_a_week(&vendor);
    for file in files_with(&vendor.data().join("keys"), b"\"purpose\":\"release\"") {
        std::fs::remove_file(file).unwrap();
    }
    let output = vendor.run(&["publish", "--today", "2026-11-25"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("--purpose release"), "{error}");
    assert!(!vendor.data().join("releases").exists());
}

#[test]
fn a_release_that_was_changed_is_found() {
    let vendor = Vendor::new();
    send_a_week(&vendor);
    assert!(vendor.run(&["publish", "--today", "2026-11-25"]).status.success());
    let text = String::from_utf8(release(&vendor, "release-1.json")).unwrap();
    let disk = disk::OsDisk::open(&vendor.data()).unwrap();
    let changed = text.replacen("\"number\":1", "\"number\": 1", 1);
    let path = "releases/larkspur/usage/release-1.json";
    disk::Disk::replace(&disk, path, changed.as_bytes()).unwrap();
    let report = vendor.run(&["verify", "--today", "2026-11-25"]);
    assert_eq!(report.status.code(), Some(1));
    let report = String::from_utf8(report.stdout).unwrap();
    assert!(report.contains("the signature is for other bytes"), "{report}");
}

#[test]
fn forgetting_removes_what_is_past_its_retention_and_verify_finds_what_was_not() {
    let vendor = Vendor::new();
    send_a_week(&vendor);
    // A log while intake is open, columns afterwards.
    let held = |period: &str| {
        let folder = vendor.data().join("parts/larkspur/usage");
        ["log", "columns"].iter().any(|end| folder.join(format!("{period}.{end}")).exists())
    };
    // Kept for 30 days: the last of the first period's days is 18 December.
    let report = vendor.run(&["verify", "--today", "2026-12-19"]);
    let report = String::from_utf8(report.stdout).unwrap();
    assert!(report.contains("it was to be forgotten by 2026-12-18"), "{report}");
    let dry = vendor.run(&["forget", "--today", "2026-12-19", "--dry-run"]);
    assert!(String::from_utf8(dry.stdout).unwrap().contains("2026-11-18"));
    assert!(held("2026-11-18"));
    vendor.run(&["forget", "--today", "2026-12-18"]);
    assert!(held("2026-11-18"));
    vendor.run(&["forget", "--today", "2026-12-19"]);
    assert!(!held("2026-11-18") && held("2026-11-20"));
    assert!(vendor.run(&["verify", "--today", "2026-12-19"]).status.success());
    // A server forgets when it starts.
    vendor.serve_on("2026-12-21".parse().unwrap(), &[]).stop();
    assert!(!held("2026-11-20"));
}

#[test]
fn a_dry_run_says_beside_a_running_server_what_it_says_without_one() {
    let vendor = Vendor::new();
    send_a_week(&vendor);
    let dry = || vendor.run(&["forget", "--today", "2026-12-19", "--dry-run"]);
    let alone = dry();
    let text = String::from_utf8_lossy(&alone.stdout);
    assert!(text.contains("2026-11-18") && !text.contains("2026-11-20"), "{text}");
    let server = vendor.serve_on("2026-11-23".parse().unwrap(), &[]);
    let beside = dry();
    assert!(beside.status.success(), "{}", String::from_utf8_lossy(&beside.stderr));
    assert_eq!(beside.stdout, alone.stdout);
    // It is there still.
    server.stop();
    assert_eq!(dry().stdout, alone.stdout);
}

#[test]
fn a_release_says_how_far_somebody_could_have_moved_it() {
    let vendor = Vendor::new();
    let starts = [("2026-11-15", "50", 1), ("2026-11-18", "100", 100), ("2026-11-19", "70", 200)];
    for (today, limit, first) in starts {
        let limit = ["--requests-per-network-hour", limit];
        let server = vendor.serve_on(today.parse().unwrap(), &limit);
        for number in first..first + 40 {
            assert_eq!(server.post(&vendor.part(&key(number), today, "debian")).status, 201);
        }
        server.stop();
    }
    assert!(vendor.run(&["publish", "--today", "2026-11-25"]).status.success());
    let bound = |name| Release::from_frozen(&release(&vendor, name)).unwrap().intake_bound;
    // Nobody knows what was let through before the first start.
    assert_eq!(bound("release-1.json"), None);
    // The loosest that held, in the ten days and an hour in which parts of the week were taken,
    // for each of its seven days.
    assert_eq!(bound("release-2.json"), Some((100 * (10 * 24 + 1) as u64).div_ceil(7)));
}

#[test]
fn whoever_publishes_the_same_parts_again_draws_other_noise() {
    let vendor = Vendor::new();
    send_a_week(&vendor);
    let mut numbers = BTreeSet::new();
    // That all of them are alike by chance is seen once in millions of times.
    for copy in 0..12 {
        let copy = vendor.path(&format!("copy-{copy}"));
        let copied = Command::new("cp").arg("-r").args([&vendor.data(), &copy]).status().unwrap();
        assert!(copied.success());
        let mut publish = Command::new(env!("CARGO_BIN_EXE_candor-collector"));
        publish.env_clear().arg("--data").arg(&copy).args(["publish", "--today", "2026-11-25"]);
        assert!(publish.output().unwrap().status.success());
        let disk = disk::OsDisk::open(&copy).unwrap();
        let path = "releases/larkspur/usage/release-1.json";
        let bytes = disk::Disk::read(&disk, path, 1 << 24).unwrap().unwrap();
        numbers.insert(Release::from_frozen(&bytes).unwrap().installations.unwrap().value);
    }
    assert!(numbers.len() > 1, "{numbers:?}");
}

// Two at once would draw noise twice for one window, and the budget would be spent twice.
#[test]
fn one_process_publishes_at_a_time() {
    let vendor = Vendor::new();
    send_a_week(&vendor);
    let disk = disk::OsDisk::open(&vendor.data()).unwrap();
    let lock = disk::Disk::try_lock(&disk, "publish.lock").unwrap();
    let publish = || vendor.run(&["publish", "--today", "2026-11-25"]).status.success();
    assert!(!publish() && !vendor.data().join("releases").exists());
    drop(lock);
    assert!(publish() && vendor.data().join("releases").exists());
}

#[test]
fn a_release_of_another_channel_is_found() {
    let vendor = Vendor::new();
    send_a_week(&vendor);
    assert!(vendor.run(&["publish", "--today", "2026-11-25"]).status.success());
    let disk = disk::OsDisk::open(&vendor.data()).unwrap();
    disk::Disk::create_folder(&disk, "releases/larkspur/open").unwrap();
    for name in ["release-1.json", "release-1.json.sig"] {
        let path = format!("releases/larkspur/open/{name}");
        disk::Disk::replace(&disk, &path, &release(&vendor, name)).unwrap();
    }
    let report = vendor.run(&["verify", "--today", "2026-11-25"]);
    assert_eq!(report.status.code(), Some(1));
    let report = String::from_utf8(report.stdout).unwrap();
    assert!(report.contains("releases/larkspur/open"), "{report}");
}

// It would be too small, and nobody could tell.
#[test]
fn where_a_day_of_the_28_is_forgotten_already_their_number_is_not_given() {
    let noisy = "publication = { epsilon_release = 4.0, epsilon_year = 212.0 }";
    let exact = "publication = \"exact\"\nidentity = \"stable\"";
    for (publish, number) in [("2026-11-25", Some(30)), ("2026-11-26", None)] {
        let vendor = Vendor::changed(&[(noisy, exact)]);
        vendor.issue("larkspur");
        let server = vendor.serve_on("2026-11-18".parse().unwrap(), &[]);
        for number in 0..30 {
            server.post(&vendor.part(&key(number), "2026-11-18", "debian"));
        }
        server.stop();
        assert!(vendor.run(&["publish", "--today", publish]).status.success());
        let release = Release::from_frozen(&release(&vendor, "release-1.json")).unwrap();
        assert_eq!(release.installations_28_days.map(|number| number.value), number, "{publish}");
    }
}

#[test]
fn installations_within_28_days_are_counted_by_tags_that_last_as_long() {
    let noisy = "publication = { epsilon_release = 4.0, epsilon_year = 212.0 }";
    for (identity, within) in [("stable", [Some(30), Some(50), Some(59)]), ("period", [None; 3])] {
        let chosen = format!("publication = \"exact\"\nidentity = \"{identity}\"");
        let vendor = Vendor::changed(&[(noisy, &chosen)]);
        vendor.issue("larkspur");
        let weeks = [
            ("2026-11-02", 0..30, "2026-11-11"),
            ("2026-11-10", 10..50, "2026-11-18"),
            ("2026-11-18", 20..60, "2026-11-25"),
        ];
        for (number, (day, numbers, publish)) in weeks.into_iter().enumerate() {
            let server = vendor.serve_on(day.parse().unwrap(), &[]);
            for number in numbers {
                assert_eq!(server.post(&vendor.part(&key(number), day, "debian")).status, 201);
            }
            // Taken back: in the last week it is counted no more, in no week of the 28 days.
            if number == 2 {
                assert!(matches!(server.held("DELETE", &[&key(40)]).status, 200 | 202));
            }
            server.stop();
            // The first possible day: on the next, the first of the 28 days is forgotten.
            let output = vendor.run(&["publish", "--today", publish]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let found = [1, 2, 3].map(|number| {
            let bytes = release(&vendor, &format!("release-{number}.json"));
            let number = Release::from_frozen(&bytes).unwrap().installations_28_days;
            number.map(|number| (number.value, number.error_95))
        });
        assert_eq!(found, within.map(|number| number.map(|number| (number, 0))), "{identity}");
    }
}
