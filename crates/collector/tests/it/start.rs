//! Errors a person meets first: each says what happened, what is kept, what to do.

use std::net::TcpListener;
use std::process::Output;

use crate::fixture::{Vendor, key};

/// A command that fails with its three lines, one of which holds each text.
#[track_caller]
fn check(output: &Output, texts: &[&str]) {
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    let lines: Vec<_> = error.lines().filter(|line| !line.starts_with("      ")).collect();
    assert_eq!(lines.len(), 4, "{error}");
    let begins =
        ["candor-collector: ", "  what happened   ", "  what is kept    ", "  what to do      "];
    for (line, begin) in lines.iter().zip(begins) {
        assert!(line.starts_with(begin) && line.len() > begin.len(), "{error}");
    }
    for text in texts {
        assert!(error.contains(text), "no `{text}` in\n{error}");
    }
}

fn serve(vendor: &Vendor, listen: &str, more: &[&str]) -> Output {
    let manifest = vendor.path("manifest.toml");
    let manifest = manifest.to_str().unwrap();
    let begin = ["serve", "--listen", listen, "--manifest", manifest];
    vendor.run(&[&begin[..], more].concat())
}

#[test]
fn a_port_that_is_taken() {
    let vendor = Vendor::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let holder = TcpListener::bind(taken).unwrap();
    let output = serve(&vendor, &taken.to_string(), &["--rehearsal", "--today", "2026-11-20"]);
    check(&output, &["another program listens on", "--listen"]);
    drop(holder);
}

#[test]
fn a_data_folder_in_use() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    check(&serve(&vendor, "127.0.0.1:0", &[]), &["another candor-collector is at work"]);
    check(&vendor.run(&["forget"]), &["another candor-collector is at work"]);
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn no_key_for_receipts() {
    let vendor = Vendor::without_keys();
    let command = "keys issue --root ROOT-FILE --program larkspur";
    check(&serve(&vendor, "127.0.0.1:0", &[]), &[command]);
    // One that another root certified is none.
    vendor.run(&["keys", "root", "--out", vendor.path("other.key").to_str().unwrap()]);
    let root = vendor.path("other.key");
    let issue = ["keys", "issue", "--program", "larkspur", "--root", root.to_str().unwrap()];
    assert!(vendor.run(&issue).status.success());
    check(&serve(&vendor, "127.0.0.1:0", &[]), &[command]);
}

#[test]
fn a_manifest_that_is_missing_or_broken() {
    let vendor = Vendor::new();
    check(&vendor.run(&["serve"]), &["serve --manifest FILE"]);
    vendor.write("manifest.toml", "manifest = 1\n[program]\nid = \"larkspur\"\n");
    check(&serve(&vendor, "127.0.0.1:0", &[]), &["2:1", "manifest check"]);
    std::fs::remove_file(vendor.path("manifest.toml")).unwrap();
    check(&serve(&vendor, "127.0.0.1:0", &[]), &["manifest.toml cannot be read"]);
}

#[test]
fn an_address_that_others_can_reach() {
    let vendor = Vendor::new();
    check(&serve(&vendor, "0.0.0.0:0", &["--rehearsal"]), &["127.0.0.1"]);
    check(&serve(&vendor, "0.0.0.0:0", &[]), &["--tls-cert", "--behind-proxy"]);
}

#[test]
fn a_data_folder_that_is_not_there_is_not_made() {
    let vendor = Vendor::without_keys();
    for command in [&["verify"][..], &["forget"], &["publish"], &["keys", "list"]] {
        check(&vendor.run(command), &["there is no folder"]);
    }
    assert!(!vendor.data().exists());
}

#[test]
fn a_data_folder_that_cannot_be_used() {
    let vendor = Vendor::new();
    std::fs::remove_dir_all(vendor.data()).unwrap();
    std::fs::File::create(vendor.data()).unwrap();
    check(&serve(&vendor, "127.0.0.1:0", &[]), &["data"]);
}

#[test]
fn damage_in_the_middle_is_told_and_nothing_is_cut_off() {
    use std::os::unix::fs::FileExt as _;
    let vendor = Vendor::new();
    let server = vendor.serve();
    for number in 1..10 {
        server.post(&vendor.part(&key(number), "2026-11-20", "debian"));
    }
    server.kill();
    let path = vendor.data().join("parts/larkspur/usage/2026-11-20.log");
    let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
    let before = file.metadata().unwrap().len();
    file.write_at(b"?", before / 2).unwrap();
    check(&serve(&vendor, "127.0.0.1:0", &[]), &["2026-11-20.log is damaged", "backup"]);
    assert_eq!(file.metadata().unwrap().len(), before);
    let report = vendor.run(&["verify", "--today", "2026-11-20"]);
    assert_eq!(report.status.code(), Some(1));
    let report = String::from_utf8(report.stdout).unwrap();
    assert!(report.contains("cannot be read from byte"), "{report}");
}

#[test]
fn a_torn_end_is_cut_off_and_what_stands_before_it_stays() {
    use std::io::Write as _;
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let receipt = server.post(&part);
    server.kill();
    let path = vendor.data().join("parts/larkspur/usage/2026-11-20.log");
    for torn in [&b"\x10"[..], &[0; 600], b"some garbage that is no record at all"] {
        std::fs::File::options().append(true).open(&path).unwrap().write_all(torn).unwrap();
        let server = vendor.serve();
        assert_eq!(server.post(&part).body, receipt.body);
        server.kill();
        assert!(vendor.run(&["verify", "--today", "2026-11-20"]).status.success());
    }
}

#[test]
fn a_root_is_made_once_and_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let vendor = Vendor::without_keys();
    let path = vendor.path("new.key");
    let root = ["keys", "root", "--out", path.to_str().unwrap()];
    let made = vendor.run(&root);
    let public = String::from_utf8(made.stdout).unwrap();
    assert!(public.lines().next().unwrap().parse::<envelope::RootPublic>().is_ok(), "{public}");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    check(&vendor.run(&root), &["no root was made"]);
}
