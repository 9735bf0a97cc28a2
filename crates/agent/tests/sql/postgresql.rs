//! A real PostgreSQL.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use crate::server::Server;
use crate::{PLENTY, ask, sample, secret_file, set, sources, version};

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::postgresql).as_ref()
}

/// A database with these statements carried out, and a user who may read all of it.
fn prepared(name: &str, statements: &str) -> Option<(TempDir, PathBuf)> {
    let server = server()?;
    server.postgresql_says("postgres", &format!("CREATE DATABASE {name};"));
    server.postgresql_says("postgres", &format!("CREATE ROLE {name} LOGIN PASSWORD 'p{name}';"));
    server.postgresql_says(name, statements);
    let grant = format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name};");
    server.postgresql_says(name, &grant);
    let folder = tempfile::tempdir().unwrap();
    let credentials = credentials(&folder, name, &format!("p{name}"));
    Some((folder, credentials))
}

fn credentials(folder: &TempDir, name: &str, password: &str) -> PathBuf {
    let host = server().unwrap().folder.display().to_string();
    let text = format!(
        "[main]\nhost = \"{host}\"\nuser = \"{name}\"\npassword = \"{password}\"\n\
         database = \"{name}\"\n"
    );
    secret_file(folder.path(), &text)
}

#[test]
fn postgresql_is_read_in_all_shapes() {
    let statements = "CREATE TABLE t (a TEXT, n BIGINT); \
        INSERT INTO t VALUES ('x', 1), ('y', 2), ('x', 3), (NULL, 4);";
    let Some((_folder, credentials)) = prepared("shapes", statements) else { return };
    let sources = sources("postgresql", &credentials, PLENTY);
    assert_eq!(ask(&sources, &version(), "SELECT COUNT(*) FROM t"), "4");
    assert_eq!(ask(&sources, &set(), "SELECT a FROM t ORDER BY n"), r#"["x", "y", "x"]"#);
    let counted = ask(&sources, &sample(), "SELECT a, SUM(n) FROM t GROUP BY a");
    assert_eq!(counted, r#"{"x": 4, "y": 2}"#);
    assert!(ask(&sources, &version(), "SELECT VERSION()").starts_with("PostgreSQL "));
    for query in ["SELECT b FROM t", "SELECT a FROM older"] {
        let why = ask(&sources, &set(), query);
        assert!(why.contains("no such table, column or function"), "{why}");
    }
}

#[test]
fn postgresql_is_only_read() {
    let statements = "CREATE TABLE t (a INT); \
        CREATE FUNCTION f() RETURNS INT LANGUAGE sql SECURITY DEFINER AS \
            'INSERT INTO t VALUES (1) RETURNING a'; \
        CREATE VIEW v AS SELECT f() AS a;";
    let Some((_folder, credentials)) = prepared("reading", statements) else { return };
    let sources = sources("postgresql", &credentials, PLENTY);
    let why = ask(&sources, &version(), "SELECT a FROM v");
    assert_eq!(why, "the database `main` refused the query");
    assert_eq!(ask(&sources, &version(), "SELECT COUNT(*) FROM t"), "0");
}

#[test]
fn postgresql_that_is_slow_or_gives_too_much_is_left() {
    let statements = "CREATE VIEW slow AS SELECT pg_sleep(100)::text AS a; \
        CREATE VIEW many AS SELECT generate_series(1, 100000000) AS a; \
        CREATE TABLE longest (a TEXT); INSERT INTO longest SELECT repeat('x', 3000000);";
    let Some((_folder, credentials)) = prepared("slow", statements) else { return };
    let sources = sources("postgresql", &credentials, Duration::from_secs(1));
    let why = ask(&sources, &version(), "SELECT a FROM slow");
    assert!(why.contains("took longer than"), "{why}");
    let why = ask(&sources, &set(), "SELECT a FROM longest");
    assert!(why.contains("a value of more than"), "{why}");
    let sources = crate::sources("postgresql", &credentials, PLENTY);
    let why = ask(&sources, &set(), "SELECT a FROM many");
    assert!(why.contains("more than 100000 rows"), "{why}");
}

#[test]
fn postgresql_refuses_a_wrong_password_and_nothing_repeats_it() {
    let Some((folder, _)) = prepared("canary5f3a9c", "SELECT 1;") else { return };
    let wrong = credentials(&folder, "canary5f3a9c", "canary-wrong");
    let why = ask(&sources("postgresql", &wrong, PLENTY), &set(), "SELECT 1");
    assert_eq!(why, "the database `main` refuses the user or the password");
}
