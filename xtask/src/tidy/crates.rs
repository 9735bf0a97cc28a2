//! Who may depend on whom, and which crate alone may touch cryptography or a database engine.

use toml::{Table, Value};

use super::{Offence, Source};

#[cfg(test)]
mod tests;

/// The crates of ours that each crate may name in its `Cargo.toml`, for its tests too. Lowest
/// first. A new crate needs a decision record and a row here; a new arrow needs a reason.
pub const MAY_DEPEND_ON: [(&str, &[&str]); 10] = [
    // Bytes, digests, tags, keys, receipts: knows nothing of what they mean.
    ("envelope", &[]),
    ("contract", &["envelope"]),
    ("disk", &[]),
    ("site", &["contract"]),
    // Products link it: it brings nothing along.
    ("push", &[]),
    ("agent", &["contract", "envelope", "disk", "push"]),
    ("collector", &["contract", "envelope", "disk", "site"]),
    // Whoever runs a relay audits one crate and sees that it cannot read what it forwards.
    ("relay", &[]),
    ("simulation", &["agent", "collector", "contract", "disk", "envelope", "relay", "site"]),
    ("xtask", &[]),
];

/// Crates that only some of ours may name.
const RESERVED: [Reserved; 4] = [
    Reserved {
        crates: &[
            "aes-gcm",
            "argon2",
            "aws-lc-rs",
            "blake2",
            "blake3",
            "chacha20poly1305",
            "curve25519-dalek",
            "digest",
            "ed25519",
            "ed25519-dalek",
            "hkdf",
            "hmac",
            "hpke",
            "md-5",
            "md5",
            "ml-kem",
            "ohttp",
            "openssl",
            "p256",
            "ring",
            "rsa",
            "sha1",
            "sha2",
            "sha3",
            "x-wing",
            "x25519-dalek",
        ],
        owners: &["envelope"],
        what: "cryptography is in `envelope` alone: add what you need there",
    },
    Reserved {
        crates: &["rustls", "tokio-rustls", "rustls-webpki", "webpki-roots"],
        owners: &["agent", "collector", "relay"],
        what: "TLS is for those who speak on the network",
    },
    Reserved {
        crates: &[
            "clickhouse",
            "datafusion",
            "diesel",
            "duckdb",
            "fjall",
            "heed",
            "mysql",
            "mysql_async",
            "persy",
            "polars",
            "postgres",
            "redb",
            "rocksdb",
            "sled",
            "sqlx",
            "tokio-postgres",
        ],
        owners: &["collector"],
        what: "only `collector` may link a database server or engine",
    },
    Reserved {
        // An engine that is the only reader of its own files: products keep their facts in them.
        crates: &["libsqlite3-sys", "rusqlite"],
        owners: &["agent", "collector"],
        what: "files of SQLite are read by `agent`, as a source, and by `collector` alone",
    },
];

struct Reserved {
    crates: &'static [&'static str],
    owners: &'static [&'static str],
    what: &'static str,
}

const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Arrows between our crates that [`MAY_DEPEND_ON`] does not have, and crates it does not know.
pub fn arrows(file: &Source) -> Vec<Offence> {
    let Some((of, manifest)) = manifest(file) else {
        return Vec::new();
    };
    let Some((_, allowed)) = MAY_DEPEND_ON.iter().find(|(name, _)| *name == of) else {
        let what =
            format!("`{of}` has no row in MAY_DEPEND_ON: a new crate needs a decision record");
        return vec![file.offence(1, what)];
    };
    let ours = |name: &str| MAY_DEPEND_ON.iter().any(|(known, _)| *known == name);
    let named = dependencies(&manifest).into_iter();
    named
        .filter(|name| ours(name) && !allowed.contains(&name.as_str()))
        .map(|name| {
            let what = format!("`{of}` may not depend on `{name}`: see MAY_DEPEND_ON for who may");
            file.offence(line_of(file, &name), what)
        })
        .collect()
}

/// Cryptography, TLS and database engines outside the crates that own them.
pub fn reserved(file: &Source) -> Vec<Offence> {
    let Some((of, manifest)) = manifest(file) else {
        return Vec::new();
    };
    let mut offences = Vec::new();
    for name in dependencies(&manifest) {
        let rule = RESERVED.iter().find(|rule| rule.crates.contains(&name.as_str()));
        if let Some(rule) = rule.filter(|rule| !rule.owners.contains(&of.as_str())) {
            offences.push(file.offence(line_of(file, &name), format!("`{name}`: {}", rule.what)));
        }
    }
    offences
}

/// Versions outside the workspace's one list, and features: two programs that share a name.
pub fn one_list(file: &Source) -> Vec<Offence> {
    let Some((_, manifest)) = manifest(file) else {
        return Vec::new();
    };
    let mut offences = Vec::new();
    if manifest.contains_key("features") {
        let what = "no Cargo features: what ships is what was tested";
        offences.push(file.offence(line_of(file, "[features"), what));
    }
    for (name, entry) in sections(&manifest).into_iter().flatten() {
        let of_workspace = entry.get("workspace").and_then(Value::as_bool) == Some(true);
        if !of_workspace {
            let what = format!("write `{name}.workspace = true`; version and reason in the root");
            offences.push(file.offence(line_of(file, name), what));
        }
    }
    offences
}

/// The crate's name and manifest, when the file is the manifest of one of ours.
fn manifest(file: &Source) -> Option<(String, Table)> {
    let folder = file.path.strip_suffix("/Cargo.toml")?;
    let name = folder.strip_prefix("crates/").unwrap_or(folder);
    if name.contains('/') || (name == folder && name != "xtask") {
        return None;
    }
    // What does not parse, cargo reports better than we could.
    Some((name.to_owned(), file.text.parse::<Table>().ok()?))
}

/// Names of all crates that the manifest names, by their own name where they are renamed.
fn dependencies(manifest: &Table) -> Vec<String> {
    let entries = sections(manifest).into_iter().flatten();
    entries
        .map(|(name, entry)| {
            entry.get("package").and_then(Value::as_str).unwrap_or(name).to_owned()
        })
        .collect()
}

/// Every table of dependencies: plain, for tests, for builds, and for one target each.
fn sections(manifest: &Table) -> Vec<&Table> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let of_targets = targets.into_iter().flat_map(|targets| targets.values());
    let tables = of_targets.filter_map(Value::as_table).chain([manifest]);
    tables
        .flat_map(|table| SECTIONS.iter().filter_map(|section| table.get(*section)))
        .filter_map(Value::as_table)
        .collect()
}

fn line_of(file: &Source, name: &str) -> usize {
    let begins = |line: &str| {
        let rest = line.trim_start().strip_prefix(name);
        rest.is_some_and(|rest| {
            !rest.starts_with(|c: char| c.is_alphanumeric() || "-_".contains(c))
        })
    };
    let found = file.lines().find(|(_, line)| begins(line));
    found.or_else(|| file.lines().find(|(_, line)| line.contains(name))).map_or(1, |(n, _)| n)
}
