//! The example of `TrueNAS`, from a stand-in of `midclt`, files and SQLite to the parts' bytes.

use std::path::Path;

use agent::edge::source::{Limits, OsSources, known_values};
use agent::gather::gather;
use contract::calendar::{Period, PeriodKind};
use contract::draft::{Draft, Gathered};
use contract::manifest::{Field, Manifest};
use contract::statement;
use rusqlite::Connection;

use crate::{PLENTY, write};

const MANIFEST: &str = include_str!("../../../../manifests/examples/truenas.toml");

/// The tables of the configuration that the example asks, with what else stands in them.
const TABLES: &str = "
    CREATE TABLE storage_task (id INTEGER, task_dataset TEXT, task_enabled BOOL);
    INSERT INTO storage_task VALUES (1, 'canary-pool/canary', 1), (2, 'canary', 1), (3, 'x', 0);
    CREATE TABLE storage_replication (id INTEGER, repl_name TEXT, repl_transport TEXT);
    INSERT INTO storage_replication VALUES (1, 'canary', 'SSH'), (2, 'canary', 'canary-way');
    CREATE TABLE tasks_cloudsync (id INTEGER, path TEXT, direction TEXT, encryption_password TEXT);
    INSERT INTO tasks_cloudsync VALUES (1, '/mnt/canary-pool', 'PUSH', 'canary-password');
    CREATE TABLE account_bsdusers (bsdusr_username TEXT, bsdusr_email TEXT, bsdusr_unixhash TEXT);
    INSERT INTO account_bsdusers VALUES ('canary-user', 'alice@canary.example', 'canary-hash');
";

/// The manifest, read from what stands in a folder.
fn manifest(folder: &Path) -> Manifest {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources/midclt");
    let (here, folder) = (here.display().to_string(), folder.display().to_string());
    let text = MANIFEST
        .replace("[\"midclt\"", &format!("[\"{here}\""))
        .replace("/data/freenas-v1.db", &format!("{folder}/freenas-v1.db"))
        .replace("\"/sys/", &format!("\"{folder}/sys/"))
        .replace("\"/proc/", &format!("\"{folder}/proc/"));
    Manifest::parse(&text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let database = Connection::open(folder.path().join("freenas-v1.db")).unwrap();
    database.execute_batch(TABLES).unwrap();
    write(folder.path(), "sys/class/dmi/id/bios_version", "3.3.V6\n");
    write(folder.path(), "sys/class/dmi/id/bios_date", "11/16/2020\n");
    let arc = "size                            4    17179869184\ncanary 4 1\n";
    write(folder.path(), "proc/spl/kstat/zfs/arcstats", arc);
    let io =
        "some avg10=0.10 avg60=0.50 avg300=6.25 total=1\nfull avg10=0.00 avg300=0.00 total=1\n";
    write(folder.path(), "proc/pressure/io", io);
    folder
}

struct Gave {
    parts: Vec<String>,
    left_out: Vec<String>,
}

/// What would leave in a tier.
fn gave(manifest: &Manifest, tier: &str) -> Gave {
    let limits = Limits { command_time_max: PLENTY, ..Limits::default() };
    let sources = OsSources::new(limits).with_databases(&manifest.databases, None);
    let channel = manifest.channel("usage").unwrap();
    let parts: Vec<_> = channel.parts_in(&tier.parse().unwrap()).collect();
    let fields: Vec<&Field> = parts.iter().flat_map(|part| &part.fields).collect();
    let facts = gather(&fields, &sources);
    let known = |tell: &mut dyn FnMut(&str)| known_values(&manifest.known, &sources, tell);
    let gathered = Gathered { facts: &facts, known: &known, seed: &[7; 32] };
    let period = Period::containing(PeriodKind::Day, "2026-11-20".parse().unwrap());
    let draft = Draft::new(manifest, channel, parts.into_iter(), period, &gathered);
    Gave {
        parts: draft.preview().into_iter().map(|part| String::from_utf8(part).unwrap()).collect(),
        left_out: draft.left_out().iter().map(|n| format!("{}: {}", n.field, n.why)).collect(),
    }
}

/// The answers of every part of this name, sorted.
fn answers(gave: &Gave, part: &str) -> Vec<String> {
    let name = format!("\"part\":\"{part}\"");
    let of_part = gave.parts.iter().filter(|text| text.contains(&name));
    let mut found: Vec<String> = of_part
        .map(|text| {
            let part: serde_json::Value = serde_json::from_str(text).unwrap();
            part.get("answers").unwrap().to_string().replace('"', "")
        })
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn truenas_basic_is_version_and_capacity_and_nothing_else() {
    let folder = filled();
    let gave = gave(&manifest(folder.path()), "basic");
    assert_eq!(gave.left_out, Vec::<String>::new());
    assert_eq!(answers(&gave, "version"), ["{version:24.10.2.1}"]);
    let pools = ["{pool-bytes:1TiB-4TiB}", "{pool-bytes:64TiB-256TiB}"];
    assert_eq!(answers(&gave, "capacity"), pools);
    assert_eq!(gave.parts.len(), 3);
}

#[test]
fn truenas_full_answers_every_question() {
    let folder = filled();
    let gave = gave(&manifest(folder.path()), "full");
    // A disk that does not turn has no speed.
    assert_eq!(gave.left_out, Vec::<String>::new());
    for (part, expected) in [
        (
            "machine",
            &["{ecc-memory:true,maker:iXsystems,memory:32GiB-64GiB,processors:16-31,\
               product:TrueNAS M-Series}"][..],
        ),
        ("firmware-version", &["{firmware-version:3.3}"]),
        ("firmware-year", &["{firmware-year:2020}"]),
        (
            "disks",
            &[
                "{disk-bus:NVME,disk-bytes:512GiB-1TiB,disk-type:ssd}",
                "{disk-bus:SCSI,disk-bytes:8TiB-12TiB,disk-rotation:7200,disk-type:hdd}",
                "{disk-bus:SCSI,disk-bytes:8TiB-12TiB,disk-rotation:7200,disk-type:hdd}",
            ],
        ),
        ("interfaces", &["{interfaces:{PHYSICAL:2,VLAN:1}}"]),
        (
            "pools",
            &[
                "{pool-allocated-bytes:0-1TiB,pool-data-groups:1,pool-has-cache:false,\
                 pool-has-log:true,pool-status:DEGRADED}",
                "{pool-allocated-bytes:16TiB-64TiB,pool-data-groups:2,pool-has-cache:true,\
                 pool-has-log:false,pool-status:ONLINE}",
            ],
        ),
        (
            "groups",
            &[
                "{disk-group-disks:2,disk-group-type:MIRROR}",
                "{disk-group-disks:6-7,disk-group-type:RAIDZ2}",
                "{disk-group-disks:6-7,disk-group-type:RAIDZ2}",
            ],
        ),
        ("services", &["{services:[cifs,other,ssh]}"]),
        ("active-directory", &["{active-directory:HEALTHY}"]),
        ("ldap", &["{ldap:DISABLED}"]),
        ("high-availability", &["{high-availability:true}"]),
        ("smb-shares", &["{smb-shares:2-4}"]),
        ("smb-purposes", &["{smb-purposes:{DEFAULT_SHARE:1,ENHANCED_TIMEMACHINE:1,other:1}}"]),
        ("nfs-shares", &["{nfs-shares:1}"]),
        ("iscsi-extents", &["{iscsi-extents:{DISK:1}}"]),
        ("virtual-machines", &["{virtual-machines:{RUNNING:1,STOPPED:1}}"]),
        ("apps", &["{apps:{RUNNING:1,other:1}}"]),
        ("snapshot-tasks", &["{snapshot-tasks:2-4}"]),
        ("replication-tasks", &["{replication-tasks:{SSH:1,other:1}}"]),
        ("cloud-tasks", &["{cloud-tasks:{PUSH:1}}"]),
        ("alerts", &["{alerts:{SMART:1,VolumeStatus:1,other:1}}"]),
        ("alert-levels", &["{alert-levels:{CRITICAL:2+,WARNING:1}}"]),
        ("uptime", &["{uptime:7d-30d}"]),
        ("cache-bytes", &["{cache-bytes:16GiB-64GiB}"]),
        ("waiting-for-disks", &["{waiting-for-disks:5-19}"]),
    ] {
        assert_eq!(answers(&gave, part), expected, "{part}");
    }
}

/// What each line of the column "never collected" would look like if it left, as it stands in the
/// sources.
const NEVER: [(&str, &[&str]); 5] = [
    (
        "Any data that includes user identity or business information",
        &["canary-business", "alice", "canary-customers", "canary-private-image"],
    ),
    (
        "Usernames, passwords, email addresses",
        &["canary-user", "canary-password", "canary-hash", "@canary.example"],
    ),
    (
        "User-created system and dataset names",
        &["canary-host", "canary-pool", "canary-zvol", "canary-vm", "canary-app", "canary-share"],
    ),
    (
        "Directory and file names, user data",
        &["canary-directory", "canary-files", "/mnt", "canary-own"],
    ),
    (
        "Host names, addresses, serial numbers and other hardware identifiers",
        &["canary-serial", "192.0.2", "2001:db8", "02:00:5e", "5000c500", "123456789", "ca7a"],
    ),
];

#[test]
fn nothing_of_the_never_collected_column_leaves() {
    let folder = filled();
    let manifest = manifest(folder.path());
    let promised: Vec<String> = manifest.never_collected.iter().map(ToString::to_string).collect();
    assert_eq!(promised, NEVER.map(|(line, _)| line.to_owned()));
    for tier in ["basic", "full"] {
        let gave = gave(&manifest, tier);
        // The manifest's own words are no secret; the definition's hash is chance.
        let answers = |text: &String| {
            let part: serde_json::Value = serde_json::from_str(text).unwrap();
            part.get("answers").unwrap().to_string().to_lowercase()
        };
        let said: Vec<String> = gave.parts.iter().map(answers).chain(gave.left_out).collect();
        let said = said.join("\n");
        for (line, canaries) in NEVER {
            for canary in canaries.iter().copied().chain(["canary"]) {
                assert!(!said.contains(canary), "{tier}: {line}: {canary} would leave: {said}");
            }
        }
    }
}

#[test]
fn the_statement_has_the_table_of_what_is_collected_and_what_is_not() {
    let manifest = Manifest::parse(MANIFEST).unwrap_or_else(|problems| panic!("{problems}"));
    let statement = statement::markdown(&manifest);
    for (line, _) in NEVER {
        assert!(statement.contains(line), "{line} is not in the statement");
    }
    assert!(statement.contains("opt-out"), "a notice is opt-out, and must be called so");
    for words in [
        "Hardware inventory, faults, statistics, pool configuration",
        "Software versions, firmware versions",
        "Services and features enabled, usage and performance statistics",
    ] {
        assert!(statement.contains(words), "{words}");
    }
}

#[test]
fn without_truenas_every_question_says_why_and_nothing_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let text = MANIFEST
        .replace("[\"midclt\"", "[\"no-such-midclt\"")
        .replace("/data/freenas-v1.db", &format!("{}/freenas-v1.db", folder.path().display()));
    let text = text.replace("\"/sys/", "\"/nowhere/sys/").replace("\"/proc/", "\"/nowhere/proc/");
    let manifest = Manifest::parse(&text).unwrap_or_else(|problems| panic!("{problems}"));
    let gave = gave(&manifest, "full");
    assert_eq!(gave.parts, Vec::<String>::new());
    let fields = manifest.channel("usage").unwrap().fields().count();
    assert_eq!(gave.left_out.len(), fields, "{:?}", gave.left_out);
}
