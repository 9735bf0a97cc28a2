//! Databases as they are: a real MariaDB, a real PostgreSQL, files of SQLite, and servers that
//! misbehave. What is not installed is skipped with a note.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod credentials;
mod librenms;
mod mariadb;
mod misbehaving;
mod postgresql;
mod server;
mod sqlite;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agent::edge::source::{Limits, OsSources};
use agent::gather::gather;
use contract::answer::Fact;
use contract::manifest::{Database, Field};
use serde_json::{Value, json};

/// Long enough for a query that ends, on a busy machine.
const PLENTY: Duration = Duration::from_secs(60);

fn field(id: &str, kind: &Value, query: &str) -> Field {
    let source = json!({"from": "sql", "query": query, "database": "main"});
    let field = json!({
        "id": id, "question": {"en": "How is it?"}, "purpose": "testing", "kind": kind,
        "titles": {}, "source": source, "map": {}, "sensitivity": "technical",
        "expires": "2030-01-01", "publish": true,
    });
    serde_json::from_value(field).unwrap()
}

fn version() -> Value {
    json!({"kind": "version", "suffixes": []})
}

fn sample() -> Value {
    json!({"kind": "sample", "bytes_max": 100, "buckets": null})
}

fn set() -> Value {
    json!({"kind": "set", "choices": ["a"]})
}

/// Sources with one database, `main`, that is opened with the operator's credentials.
fn sources(engine: &str, credentials: &Path, query_time_max: Duration) -> OsSources {
    let database = json!({"id": "main", "engine": engine, "credentials": null, "path": null});
    let database: Database = serde_json::from_value(database).unwrap();
    let limits = Limits { query_time_max, ..Limits::default() };
    OsSources::new(limits).with_databases(&[database], Some(credentials))
}

/// What a query gives for a kind of question, in words.
fn ask(sources: &OsSources, kind: &Value, query: &str) -> String {
    let field = field("it", kind, query);
    let facts = gather(&[&field], sources);
    match facts.into_values().next().unwrap() {
        Ok(Fact::Text(text)) => text,
        Ok(Fact::List(list)) => format!("{list:?}"),
        Ok(Fact::Numbers(numbers)) => format!("{numbers:?}"),
        Ok(_) => "another shape".to_owned(),
        Err(why) => why,
    }
}

/// A file of credentials that only its owner may read.
fn secret_file(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("credentials.toml");
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes()).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path
}
