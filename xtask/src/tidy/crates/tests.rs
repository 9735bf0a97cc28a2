//! A forbidden arrow, a stray cipher and a stray database are found in small manifests.

use super::*;

#[track_caller]
fn check(rule: fn(&Source) -> Vec<Offence>, of: &str, text: &str, lines: &[usize]) {
    let file = Source { path: format!("{of}/Cargo.toml"), text: text.to_owned() };
    let found: Vec<usize> = rule(&file).iter().map(|offence| offence.line).collect();
    assert_eq!(found, lines, "{of}: {text}");
}

#[test]
fn an_arrow_that_points_upward_is_seen() {
    let upward = "[dependencies]\njiff.workspace = true\ncontract.workspace = true";
    check(arrows, "crates/envelope", upward, &[3]);
    check(arrows, "crates/site", upward, &[]);
}

#[test]
fn tests_and_targets_and_new_names_hide_no_arrow() {
    check(arrows, "crates/site", "[dev-dependencies]\nagent.workspace = true", &[2]);
    check(arrows, "crates/site", "[target.'cfg(unix)'.dependencies]\nagent = {}", &[2]);
    check(arrows, "crates/site", "[build-dependencies]\nx = { package = \"agent\" }", &[2]);
    check(arrows, "crates/simulation", "[dev-dependencies]\nagent.workspace = true", &[]);
}

#[test]
fn a_relay_depends_on_nothing_of_ours() {
    check(arrows, "crates/relay", "[dependencies]\nenvelope.workspace = true", &[2]);
}

#[test]
fn a_crate_without_a_row_is_seen() {
    check(arrows, "crates/brandnew", "[package]", &[1]);
    check(arrows, ".", "[workspace]", &[]);
    check(arrows, "crates/a/fixtures/b", "[package]", &[]);
}

#[test]
fn cryptography_outside_the_envelope_is_seen() {
    for name in ["ed25519-dalek", "hkdf", "sha2", "hpke", "ohttp", "aws-lc-rs", "ring"] {
        let text = format!("[dependencies]\n{name}.workspace = true");
        check(reserved, "crates/contract", &text, &[2]);
        check(reserved, "crates/envelope", &text, &[]);
    }
}

#[test]
fn tls_is_allowed_where_there_is_a_network() {
    check(reserved, "crates/agent", "[dependencies]\nrustls.workspace = true", &[]);
    check(reserved, "crates/site", "[dependencies]\nrustls.workspace = true", &[2]);
}

#[test]
fn a_database_outside_the_collector_is_seen() {
    check(reserved, "crates/agent", "[dependencies]\nduckdb.workspace = true", &[2]);
    check(reserved, "crates/collector", "[dependencies]\nduckdb.workspace = true", &[]);
}

#[test]
fn the_agent_reads_files_of_sqlite_and_links_no_other_database() {
    let text = "[dependencies]\nrusqlite.workspace = true\npostgres.workspace = true";
    check(reserved, "crates/agent", text, &[3]);
    check(reserved, "crates/contract", text, &[3, 2]);
    check(reserved, "crates/collector", text, &[]);
}

#[test]
fn a_version_of_ones_own_and_features_are_seen() {
    check(one_list, "crates/agent", "[dependencies]\nserde = \"1\"", &[2]);
    check(one_list, "crates/agent", "[dependencies]\nserde.workspace = true", &[]);
    check(one_list, "crates/agent", "[package]\n\n[features]\nx = []", &[3]);
}

#[test]
fn no_arrow_of_the_table_runs_in_a_circle() {
    // Each crate names only crates above it in the table or listed before: a walk must end.
    fn depth(name: &str, left: usize) -> usize {
        assert!(left > 0, "{name} reaches itself");
        let row = MAY_DEPEND_ON.iter().find(|(known, _)| *known == name);
        let below = row.map_or(&[][..], |(_, below)| below);
        below.iter().map(|name| depth(name, left - 1)).max().map_or(0, |deepest| deepest + 1)
    }
    for (name, _) in MAY_DEPEND_ON {
        depth(name, MAY_DEPEND_ON.len());
    }
}
