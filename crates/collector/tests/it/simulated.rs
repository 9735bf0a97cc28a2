//! A simulated fleet goes the real way: counted, frozen, signed, served; and nobody can take it for
//! a real one.

use std::io::Read as _;
use std::process::{Command, Output};

use contract::release::Release;
use serde_json::json;

use crate::fixture::{Server, Vendor, key};

const LARKSPUR: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../manifests/examples/larkspur.toml");

fn simulate(vendor: &Vendor, more: &[&str]) -> Output {
    let mut command = fleet(vendor);
    command.args(["simulate", "--manifest", LARKSPUR, "--installations", "200", "--days", "40"]);
    command.args(["--today", "2026-11-20"]).args(more).output().unwrap()
}

/// A command about the fleet's own folder.
fn fleet(vendor: &Vendor) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor-collector"));
    command.env_clear().arg("--data").arg(vendor.path("fleet"));
    command
}

/// A server of the fleet's folder.
fn served(vendor: &Vendor) -> Server {
    let mut command = fleet(vendor);
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    Server::start(command)
}

#[test]
fn a_simulated_fleet_is_published_signed_and_served_and_says_that_it_is_invented() {
    let vendor = Vendor::without_keys();
    let site = vendor.path("site");
    let output = simulate(&vendor, &["--json", "--site", site.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&said["simulated"], &said["installations"]), (&json!(true), &json!(200)));
    assert!(site.join("larkspur/faults/index.html").is_file());
    let verified = fleet(&vendor).args(["verify", "--today", "2026-11-20"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));

    let server = served(&vendor);
    for path in ["/", "/larkspur/", "/larkspur/usage/", "/larkspur/statement.html", "/api.html"] {
        let page = server.get(path);
        assert!(page.text().contains("these installations are invented"), "{path}");
    }
    let release = server.get("/larkspur/faults/releases/release-1.json");
    assert!(Release::from_frozen(&release.body).unwrap().simulated);
}

#[test]
fn the_files_for_any_web_server_are_what_is_served() {
    let vendor = Vendor::without_keys();
    let site = vendor.path("site");
    assert!(simulate(&vendor, &["--site", site.to_str().unwrap()]).status.success());
    let server = served(&vendor);
    let mut folders = vec![site.clone()];
    let mut compared = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = format!("/{}", path.strip_prefix(&site).unwrap().display());
            let answer = server.get(name.strip_suffix("index.html").unwrap_or(&name));
            assert_eq!(answer.status, 200, "{name}");
            let mut written = Vec::new();
            std::fs::File::open(&path).unwrap().read_to_end(&mut written).unwrap();
            assert!(answer.body == written, "{name} is served otherwise");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn invented_installations_are_never_mixed_with_real_ones() {
    let vendor = Vendor::without_keys();
    assert!(simulate(&vendor, &[]).status.success());
    let again = simulate(&vendor, &[]);
    assert!(!again.status.success());
    let error = String::from_utf8(again.stderr).unwrap();
    assert!(error.contains("is not empty") && error.contains("what to do"), "{error}");
}

#[test]
fn a_frozen_release_may_be_kept_for_ever_and_a_page_is_asked_for_again() {
    let vendor = Vendor::without_keys();
    assert!(simulate(&vendor, &[]).status.success());
    let server = served(&vendor);
    let release = "/larkspur/usage/releases/release-1.json";
    for path in [release, &format!("{release}.sig")] {
        let cached = server.get(path).header("cache-control").unwrap().to_owned();
        assert!(cached.contains("immutable") && cached.contains("max-age=31536000"), "{cached}");
    }
    for path in ["/larkspur/usage/", "/larkspur/usage/releases/all.parquet", "/candor.js"] {
        let answer = server.get(path);
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{path}");
        let etag = format!("if-none-match: {}", answer.header("etag").unwrap());
        let again = server.send("GET", path, &[&etag], b"");
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }

    // A rehearsal's releases change with every part.
    let vendor = Vendor::new();
    let server = vendor.serve();
    server.post(&vendor.part(&key(1), "2026-11-20", "debian"));
    assert_eq!(server.get(release).header("cache-control"), Some("no-cache"));
}

#[test]
fn a_channel_that_cannot_be_counted_hides_none_of_the_others_in_a_rehearsal() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    server.post(&vendor.part(&key(1), "2026-11-20", "debian"));
    // Where deletions are to be written down there is a folder now: it cannot be read.
    std::fs::create_dir(vendor.data().join("parts/larkspur/usage/deleted.log")).unwrap();
    let part = json!({
        "answers": {"version": "1.2"},
        "channel": "open",
        "definition": vendor.definition("version").to_string(),
        "part": "version",
        "period": "2026-W47",
        "program": "larkspur",
    });
    let part = contract::canonical::to_bytes(&part).unwrap();
    let headers = ["content-type: application/json"];
    assert_eq!(server.send("POST", "/v1/larkspur/open", &headers, &part).status, 201);
    let open = server.get("/larkspur/open/");
    assert!(open.text().contains("One installation reported"), "{}", open.text());
    let usage = server.get("/larkspur/usage/");
    assert!(usage.text().contains("nothing is received yet"), "{}", usage.text());
}

#[test]
fn a_path_leads_to_a_page_or_to_nothing() {
    let vendor = Vendor::without_keys();
    assert!(simulate(&vendor, &[]).status.success());
    let server = served(&vendor);
    // A file of the folder that is served from: the program's private keys lie beside it.
    for path in [
        "/../keys",
        "/larkspur/../../keys",
        "/larkspur/usage/..%2f..%2fkeys",
        "/larkspur/usage/%2e%2e/%2e%2e/ledger.json",
        "/larkspur//usage/",
        "//larkspur/usage/",
        "/larkspur/usage/index.html/",
        "/larkspur/usage/%00",
        "/larkspur\\usage",
        "/LARKSPUR/USAGE/",
        "/larkspur/usage/csv/",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains(".."), "{path} is not told back: {}", answer.text());
    }
    let folder = server.get("/larkspur/usage");
    assert_eq!((folder.status, folder.header("location")), (308, Some("usage/")));
}
