//! Backups: made beside a running server, put back without what was deleted since, and not at all
//! without the list of it.

use disk::{Disk as _, OsDisk};
use serde_json::json;

use crate::fixture::{Vendor, files_with, key};

const UNUSUAL: &str = "Qx-unusual-7261";

/// Runs a command in another data folder.
fn run_in(vendor: &Vendor, data: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_candor-collector"));
    command.env_clear().arg("--data").arg(vendor.path(data)).args(arguments);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn path(vendor: &Vendor, name: &str) -> String {
    vendor.path(name).to_str().unwrap().to_owned()
}

#[test]
fn a_backup_comes_back_without_what_was_deleted_after_it_and_not_without_the_deletions() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve();
    assert!(vendor.data().join("gateway").exists() && vendor.data().join("keys").exists());
    for number in 1..30 {
        server.post(&vendor.part(&key(number), "2026-11-20", "debian"));
    }
    let word = vendor.part_with(&key(7), "2026-11-20", "words", &json!({"model": UNUSUAL}));
    assert_eq!(server.post(&word).status, 201);
    let (backup, list) = (path(&vendor, "backup"), path(&vendor, "deletions.json"));
    let day = ["--today", "2026-11-20"];
    // Beside the running server.
    let made = run_in(&vendor, "data", &["backup", "--to", &backup, day[0], day[1]]);
    assert!(made.0, "{}", made.1);
    assert!(!files_with(&vendor.path("backup"), UNUSUAL.as_bytes()).is_empty());
    assert!(!vendor.path("backup/keys").exists() && !vendor.path("backup/gateway").exists());
    assert_eq!(server.held("DELETE", &[&key(7)]).status, 200);
    server.stop();

    // A backup is served by nobody.
    let (opened, said) = run_in(&vendor, "backup", &["forget", day[0], day[1]]);
    assert!(!opened && said.contains("is a backup"), "{said}");
    let exported = run_in(&vendor, "data", &["export", "--deletions", &list, day[0], day[1]]);
    assert!(exported.0, "{}", exported.1);
    assert!(
        !files_with(vendor.folder.path(), key(7).tag().to_string().as_bytes())
            .contains(&vendor.path("deletions.json"))
    );

    let restore = |list: &str, to: &str| {
        run_in(&vendor, to, &["restore", "--from", &backup, "--deletions", list, day[0], day[1]])
    };
    assert!(!run_in(&vendor, "new", &["restore", "--from", &backup]).0, "without the deletions");
    // A list that is older than the backup may lack deletions that were confirmed.
    let old = path(&vendor, "old.json");
    let disk = OsDisk::open(vendor.folder.path()).unwrap();
    let bytes = disk.read("deletions.json", 1 << 20).unwrap().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    vendor.write("old.json", &text.replace("11-20\",\"del", "11-19\",\"del"));
    let (put_back, said) = restore(&old, "too-old");
    assert!(!put_back && said.contains("2026-11-19"), "{said}");

    let (put_back, said) = restore(&list, "new");
    assert!(put_back && said.contains("without 2 parts"), "{said}");
    for bytes in [UNUSUAL.as_bytes(), key(7).tag().as_bytes()] {
        assert!(files_with(&vendor.path("new"), bytes).is_empty());
    }
    let (verified, said) = run_in(&vendor, "new", &["verify", day[0], day[1]]);
    assert!(verified && said.contains("parts     28 parts in"), "{said}");
    // Its retention holds as well.
    let late = ["restore", "--from", &backup, "--deletions", &list, "--today", "2026-12-21"];
    let (put_back, said) = run_in(&vendor, "late", &late);
    assert!(put_back, "{said}");
    let (verified, said) = run_in(&vendor, "late", &["verify", "--today", "2026-12-21"]);
    assert!(verified && said.contains("parts     0 parts in"), "{said}");
}

#[test]
fn a_backup_that_decayed_is_not_put_back() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    server.post(&vendor.part(&key(1), "2026-11-20", "debian"));
    server.stop();
    let (backup, list) = (path(&vendor, "backup"), path(&vendor, "deletions.json"));
    assert!(run_in(&vendor, "data", &["backup", "--to", &backup, "--with-keys"]).0);
    assert!(vendor.path("backup/keys").exists());
    assert!(run_in(&vendor, "data", &["export", "--deletions", &list]).0);
    let disk = OsDisk::open(&vendor.path("backup")).unwrap();
    let log = "parts/larkspur/usage/2026-11-20.log";
    let mut bytes = disk.read(log, 1 << 20).unwrap().unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    disk.replace(log, &bytes).unwrap();
    let restore = ["restore", "--from", &backup, "--deletions", &list];
    let (put_back, said) = run_in(&vendor, "new", &restore);
    assert!(!put_back && said.contains("is not as it was"), "{said}");
    // Half a copy is served by nobody.
    let (opened, said) = run_in(&vendor, "new", &["forget"]);
    assert!(!opened && said.contains("is a backup"), "{said}");
}
