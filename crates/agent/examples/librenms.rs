//! Real descriptions of devices in a MariaDB of our own, at 50,000 devices: how long the example of
//! LibreNMS takes, how much memory, and whether a known name, address or serial would leave.
//!
//! `cargo run --release -p agent --example librenms -- FOLDER [DEVICES]`. The folder holds
//! `librenms-corpus.jsonl`, as in `docs/guide/cleaning.md`, and is no part of the project.

#![expect(clippy::print_stdout, reason = "the result of this program is what it prints")]
#![expect(clippy::disallowed_methods, reason = "an example reads a folder and a clock")]
#![expect(clippy::unwrap_used, reason = "it is run by hand")]

#[path = "../tests/sql/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use agent::edge::source::{Limits, OsSources, known_values};
use agent::gather::gather;
use contract::calendar::{Period, PeriodKind};
use contract::clean::guard::LeakGuard;
use contract::draft::{Draft, Gathered};
use contract::manifest::{Field, Manifest};
use serde_json::Value;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    let devices: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(50_000);
    let corpus = std::fs::read_to_string(format!("{folder}/librenms-corpus.jsonl")).unwrap();
    let rows: Vec<Value> = corpus.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let Some(server) = server::Server::mariadb() else { return };
    server.mariadb_says("mysql", "CREATE DATABASE librenms;");
    server.mariadb_says("librenms", include_str!("../tests/sql/librenms.sql"));
    server.mariadb_says("librenms", &statements(&rows, devices));
    let credentials = server.folder.join("credentials.toml");
    let text = format!(
        "[librenms]\nsocket = \"{}\"\nuser = \"root\"\ndatabase = \"librenms\"\n",
        server.socket()
    );
    std::fs::write(&credentials, text).unwrap();
    std::fs::set_permissions(&credentials, std::fs::Permissions::from_mode(0o600)).unwrap();
    measure(&credentials, devices);
}

fn measure(credentials: &std::path::Path, devices: usize) {
    let text = include_str!("../../../manifests/examples/librenms.toml");
    let manifest = Manifest::parse(text).unwrap();
    let channel = manifest.channel("usage").unwrap();
    let fields: Vec<&Field> = channel.fields().collect();
    let sources =
        OsSources::new(Limits::default()).with_databases(&manifest.databases, Some(credentials));
    let before = memory();
    let began = Instant::now();
    let facts = gather(&fields, &sources);
    let read = began.elapsed();
    let known = |tell: &mut dyn FnMut(&str)| known_values(&manifest.known, &sources, tell);
    let gathered = Gathered { facts: &facts, known: &known, seed: &[3; 32] };
    let period = Period::containing(PeriodKind::Day, "2026-11-20".parse().unwrap());
    let draft = Draft::new(&manifest, channel, channel.parts.iter(), period, &gathered);
    let all = began.elapsed();
    let parts = draft.preview();
    println!("{devices} devices, {} parts, {} questions", parts.len(), fields.len());
    println!("reading {read:.1?}, with cleaning and guard {all:.1?}");
    println!("memory at most {} MB, {} MB before", memory() / 1000, before / 1000);
    for note in draft.left_out() {
        println!("left out: {}: {}", note.field, note.why);
    }
    // The parts as they would leave, looked at once more from outside.
    let samples: Vec<String> = parts.iter().filter_map(|part| sample(part)).collect();
    let mut guard = LeakGuard::new(samples.iter().map(String::as_str));
    let mut values = 0;
    known(&mut |value| {
        values += 1;
        guard.known(value);
    })
    .unwrap();
    println!(
        "{} samples against {values} known values: {} leak",
        samples.len(),
        guard.leaks().len()
    );
    for sample in samples {
        println!("  {sample}");
    }
}

/// The sample of a part, if it has one.
fn sample(part: &[u8]) -> Option<String> {
    let part: Value = serde_json::from_slice(part).unwrap();
    let answers = part.get("answers")?.as_object()?;
    let names = ["descriptions", "hardware", "pool_descriptions"];
    let found = names.iter().find_map(|name| answers.get(*name))?;
    found.as_str().map(str::to_owned).or_else(|| Some(found.to_string()))
}

/// The corpus again and again; what it does not know is made up, and differs for every device.
fn statements(rows: &[Value], devices: usize) -> String {
    let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
    let mut out = String::from("SET autocommit = 0;\n");
    for (number, row) in rows.iter().cycle().take(devices).enumerate() {
        let or = |key: &str, other: String| quoted(&text(row, key).unwrap_or(other));
        let name = format!("device-{number}.customer-{}.example", number % 997);
        let (hostname, sys_name) = (quoted(&name), or("sysName", name.clone()));
        let serial = or("serial", format!("SN{:08}", number * 7919 % 99_999_989));
        let contact = or("sysContact", format!("Person {number}"));
        let location = or("sysLocation", format!("Room {number}, Street {}", number % 4_999));
        let (os, id) = (or("os", "generic".to_owned()), or("sysObjectID", String::new()));
        let (descr, hardware) = (or("sysDescr", String::new()), or("hardware", String::new()));
        let address = format!("10.{}.{}.{}", number / 65_536, number / 256 % 256, number % 256);
        let kind = or("type", "network".to_owned());
        let kind = if kind.len() > 20 { "'network'".to_owned() } else { kind };
        let _ = write!(
            out,
            "INSERT INTO locations (location) VALUES ({location});
             INSERT INTO devices (hostname, sysName, ip, snmpver, sysObjectID, sysDescr, sysContact,
                 hardware, os, type, serial) VALUES ({hostname}, LEFT({sys_name}, 128),
                 INET6_ATON('{address}'), 'v2c', {id}, {descr}, {contact}, {hardware}, {os}, {kind},
                 {serial});\n"
        );
    }
    let _ = write!(
        out,
        "COMMIT; INSERT INTO ports (device_id, ifType, ifSpeed, ifPhysAddress)
             SELECT 1 + seq % {devices}, 'ethernetCsmacd', 1000000000,
                 LPAD(HEX(seq * 7919), 12, '0') FROM seq_1_to_{}; COMMIT;",
        devices * 20
    );
    out
}

/// The most memory that this process ever had, in kB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
