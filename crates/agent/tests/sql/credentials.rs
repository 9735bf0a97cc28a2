//! Where credentials are read, which go first, and what is not accepted.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use agent::edge::source::{Limits, OsSources};
use contract::manifest::Database;
use serde_json::json;

use crate::{ask, secret_file, set};

fn write(path: &Path, text: &str) {
    std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), text.as_bytes()).unwrap();
}

/// Why a database does not open whose product keeps its credentials in a `.env`.
fn asked(env: Option<&str>, operator: Option<(&str, u32)>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env");
    if let Some(env) = env {
        write(&file, env);
    }
    let credentials = json!({
        "file": file, "format": "env", "host": "DB_HOST", "port": "DB_PORT", "socket": "DB_SOCKET",
        "database": "DB_DATABASE", "user": "DB_USERNAME", "password": "DB_PASSWORD",
    });
    let database =
        json!({"id": "main", "engine": "mysql", "credentials": credentials, "path": null});
    let database: Database = serde_json::from_value(database).unwrap();
    let operator = operator.map(|(text, mode)| {
        let path = secret_file(folder.path(), text);
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    });
    let sources =
        OsSources::new(Limits::default()).with_databases(&[database], operator.as_deref());
    let why = ask(&sources, &set(), "SELECT a FROM t");
    why.strip_prefix("the database `main` ").unwrap().to_owned()
}

const ENV: &str = "DB_HOST=203.0.113.9\nDB_USERNAME=canary\nDB_PASSWORD=\"canary 5f3a9c\"\n";

#[test]
fn a_database_on_another_machine_is_not_asked() {
    let remote = "is on another machine: only one on this machine is asked";
    assert_eq!(asked(Some(ENV), None), remote);
    assert_eq!(asked(Some("DB_HOST=db.example.org\nDB_USERNAME=u\n"), None), remote);
    let nobody = "DB_HOST=127.0.0.1\nDB_PORT=1\nDB_USERNAME=u\n";
    assert_eq!(asked(Some(nobody), None), "does not answer");
}

#[test]
fn the_operators_credentials_go_first() {
    let operator = "[main]\nsocket = \"/none/at/all\"\nuser = \"u\"\n";
    assert_eq!(asked(Some(ENV), Some((operator, 0o600))), "does not answer");
    assert_eq!(asked(None, Some((operator, 0o640))), "does not answer");
    let other = "[another]\nuser = \"u\"\n";
    assert!(asked(Some(ENV), Some((other, 0o600))).contains("another machine"));
}

#[test]
fn credentials_that_others_may_read_or_that_do_not_fit_are_refused() {
    let operator = "[main]\nsocket = \"/none\"\nuser = \"canary\"\n";
    let open = asked(None, Some((operator, 0o644)));
    assert!(open.contains("that others may read"), "{open}");
    let bad = "has a file of credentials that cannot be read by this user, or that does not fit";
    assert_eq!(asked(None, None), bad);
    assert_eq!(asked(Some("DB_HOST=localhost\n"), None), bad);
    assert_eq!(asked(Some("DB_USERNAME=u\nDB_PORT=canary\n"), None), bad);
    for text in ["[main]\nuser = 3\n", "[main]\nsecret = \"canary\"\n", "canary"] {
        assert_eq!(asked(None, Some((text, 0o600))), bad);
    }
}
