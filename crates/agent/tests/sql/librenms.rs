//! The example of LibreNMS on a real MariaDB: as the product's own user, and as one that has what
//! `manifest grants` prints and nothing else. Every column that identifies holds a canary.

use std::path::Path;

use agent::edge::source::{Limits, OsSources, known_values};
use agent::gather::gather;
use agent::manifests;
use contract::answer::Fact;
use contract::calendar::{Period, PeriodKind};
use contract::draft::{Draft, Facts, Gathered};
use contract::manifest::{Field, Manifest, Source};

use crate::mariadb::Prepared;
use crate::secret_file;

const SCHEMA: &str = include_str!("librenms.sql");

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../../../manifests/examples/librenms.toml")).unwrap()
}

/// Rows of an installation that watches so many devices.
fn filled(devices: u32) -> String {
    let n = format!("FROM seq_1_to_{devices}");
    let tenth = devices.div_ceil(10);
    let serial = "CONCAT('CANARYSN', 90000000 + seq)";
    let name = "CONCAT('canary-', seq, '.larkspur.example')";
    format!(
        "{SCHEMA}
        INSERT INTO locations (location) VALUES ('Canary Cellar 5'), ('Canary Attic 7');
        INSERT INTO devices (hostname, sysName, ip, community, snmpver, sysObjectID, sysDescr,
                sysContact, hardware, location_id, os, type, serial)
            SELECT {name}, {name}, INET6_ATON('203.0.113.77'), 'canarycommunity',
                ELT(1 + seq % 2, 'v2c', 'v3'), '.1.3.6.1.4.1.9.1.1208',
                ELT(1 + seq % 4, 'Cisco IOS Software, Version 12.2(55)SE',
                    CONCAT('Linux ', {name}, ' 6.1.0-18-amd64 #1 SMP x86_64'),
                    CONCAT('Canon MF628Cw, serial ', {serial}),
                    CONCAT('Router at Canary Cellar 5, call Carla Canary, 203.0.113.77')),
                'Carla Canary', ELT(1 + seq % 3, 'WS-C2960', 'x86', {serial}), 1,
                ELT(1 + seq % 3, 'ios', 'linux', 'canaryos'),
                ELT(1 + seq % 2, 'network', 'server'), {serial} {n};
        INSERT INTO ports (device_id, ifName, ifAlias, ifType, ifSpeed, ifPhysAddress)
            SELECT 1 + seq % {devices}, 'eth0', 'to Canary', 'ethernetCsmacd',
                ELT(1 + seq % 2, 1000000000, 7), '02005e10ca9a' FROM seq_1_to_{};
        INSERT INTO ipv4_addresses (ipv4_address, port_id) VALUES ('203.0.113.77', 1);
        INSERT INTO users (username, realname, email)
            VALUES ('ccanary', 'Carla Canary', 'c@x.example');
        INSERT INTO bgpPeers (device_id, bgpPeerIdentifier, bgpPeerState)
            SELECT seq, '203.0.113.77', 'established' FROM seq_1_to_{tenth};
        INSERT INTO alert_rules (severity, name) VALUES ('critical', 'Canary down'), ('ok', 'x');
        INSERT INTO mempools (device_id, mempool_class, mempool_descr)
            SELECT seq, ELT(1 + seq % 2, 'system', 'canary-pool'),
                ELT(1 + seq % 2, 'Physical memory', CONCAT('AP canary-', seq, '.larkspur.example'))
            {n};
        INSERT INTO sensors (device_id, sensor_class, sensor_descr)
            SELECT seq, 'temperature', 'Canary rack' {n};
        INSERT INTO bills (bill_name, bill_type) VALUES ('Canary Ltd', 'quota');
        INSERT INTO vminfo (device_id, vm_type, vmwVmDisplayName) VALUES (1, 'vmware', 'canary-vm');
        INSERT INTO api_tokens (user_id, token_hash) VALUES (1, 'canarytoken');
        INSERT INTO pollers (poller_name) VALUES ('canary-poller');
        INSERT INTO migrations (migration, batch) SELECT CONCAT('m', seq), 1 FROM seq_1_to_312;
        ",
        devices * 5
    )
}

struct Gave {
    facts: Facts,
    /// Why questions to the database stay without an answer.
    failed: Vec<String>,
    /// What would leave.
    bytes: String,
}

fn gave(manifest: &Manifest, credentials: &Path) -> Gave {
    let sources =
        OsSources::new(Limits::default()).with_databases(&manifest.databases, Some(credentials));
    let channel = manifest.channel("usage").unwrap();
    let fields: Vec<&Field> = channel.fields().collect();
    let facts = gather(&fields, &sources);
    let from_database = |field: &&&Field| matches!(field.source, Source::Sql { .. });
    let why = |field: &&Field| facts.get(&field.id)?.as_ref().err().cloned();
    let failed: Vec<String> = fields.iter().filter(from_database).filter_map(why).collect();
    let known = |tell: &mut dyn FnMut(&str)| known_values(&manifest.known, &sources, tell);
    let gathered = Gathered { facts: &facts, known: &known, seed: &[7; 32] };
    let period = Period::containing(PeriodKind::Day, "2026-11-20".parse().unwrap());
    let draft = Draft::new(manifest, channel, channel.parts.iter(), period, &gathered);
    let parts = draft.preview().into_iter().map(|part| String::from_utf8(part).unwrap());
    let bytes = parts.collect::<Vec<_>>().join("\n");
    Gave { facts, failed, bytes }
}

fn number(facts: &Facts, id: &str) -> String {
    match facts.iter().find(|(field, _)| field.as_str() == id).unwrap().1 {
        Ok(Fact::Text(text)) => text.clone(),
        Ok(Fact::Numbers(numbers)) => format!("{numbers:?}"),
        _ => "nothing".to_owned(),
    }
}

#[test]
fn librenms_at_one_device_and_at_a_hundred() {
    let manifest = manifest();
    for (name, devices) in [("librenms1", 1), ("librenms100", 100)] {
        let Some(prepared) = Prepared::new(name, &filled(devices)) else { return };
        let gave = gave(&manifest, &operators(&prepared, name, &format!("p{name}")));
        assert_eq!(gave.failed, Vec::<String>::new());
        assert_eq!(number(&gave.facts, "devices"), devices.to_string());
        assert_eq!(number(&gave.facts, "ports"), (devices * 5).to_string());
        assert_eq!(number(&gave.facts, "schema"), "312");
        let lower = gave.bytes.to_lowercase();
        for canary in ["canary", "203.0.113", "90000001", "02005e10", "larkspur", "carla"] {
            assert!(!lower.contains(canary), "{canary} would leave: {lower}");
        }
        assert!(gave.bytes.contains(r#""database":"mariadb""#), "{}", gave.bytes);
        if devices == 100 {
            let types = number(&gave.facts, "device-types");
            assert_eq!(types, r#"{"network": 50, "server": 50}"#);
            assert!(gave.bytes.contains(r#""ios":"10-99""#), "{}", gave.bytes);
            assert!(gave.bytes.contains("Cisco IOS Software, Version 12.2(55)SE"));
            assert!(gave.bytes.contains("Physical memory"), "{}", gave.bytes);
        }
    }
}

fn operators(prepared: &Prepared, user: &str, password: &str) -> std::path::PathBuf {
    let folder = prepared.credentials.parent().unwrap();
    let (socket, database) = (prepared.server.socket(), prepared.name());
    let text = format!(
        "[librenms]\nsocket = \"{socket}\"\nuser = \"{user}\"\npassword = \"{password}\"\n\
         database = \"{database}\"\n"
    );
    secret_file(folder, &text)
}

#[test]
fn what_manifest_grants_prints_is_enough_and_no_more() {
    let manifest = manifest();
    let Some(prepared) = Prepared::new("librenmsgrants", &filled(3)) else { return };
    let printed = String::from_utf8(manifests::grants(&manifest).out).unwrap();
    let make = "CREATE USER candor@localhost IDENTIFIED BY 'chosen';";
    prepared.server.mariadb_says("mysql", make);
    prepared.server.mariadb_says("librenmsgrants", &printed);
    let credentials = operators(&prepared, "candor", "chosen");
    let gave = gave(&manifest, &credentials);
    assert_eq!(gave.failed, Vec::<String>::new());
    assert!(gave.bytes.contains("12.2(55)SE") || gave.bytes.contains("x86"), "{}", gave.bytes);
    let rights = prepared.server.mariadb_says("mysql", "SHOW GRANTS FOR candor@localhost;");
    for secret in ["community", "authpass", "password", "token_hash", "bill_name", "ifAlias"] {
        assert!(!rights.contains(&format!("`{secret}`")), "{secret}: {rights}");
    }
    let more = |line: &&str| !line.contains("SELECT") && !line.contains("USAGE");
    assert_eq!(rights.lines().filter(more).count(), 0, "{rights}");
}

#[test]
fn without_the_known_values_no_sample_leaves() {
    let manifest = manifest();
    let schema = filled(3).replace("CREATE TABLE users", "CREATE TABLE no_users");
    let schema = schema.replace("INSERT INTO users", "INSERT INTO no_users");
    let Some(prepared) = Prepared::new("librenmsold", &schema) else { return };
    let gave = gave(&manifest, &operators(&prepared, "librenmsold", "plibrenmsold"));
    assert_eq!(gave.failed, Vec::<String>::new());
    assert!(!gave.bytes.contains("12.2(55)SE") && !gave.bytes.contains("x86"), "{}", gave.bytes);
}
