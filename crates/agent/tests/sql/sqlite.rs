//! Files of SQLite, which their program goes on writing.

use std::path::Path;

use agent::gather::ReadSource as _;
use rusqlite::Connection;

use crate::{PLENTY, ask, sample, secret_file, set, sources, version};

fn prepared(folder: &Path, statements: &str) -> Connection {
    let connection = Connection::open(folder.join("data.db")).unwrap();
    connection.execute_batch(statements).unwrap();
    connection
}

fn asked(folder: &Path, kind: &serde_json::Value, query: &str) -> String {
    let path = folder.join("data.db");
    let credentials = secret_file(folder, &format!("[main]\npath = \"{}\"\n", path.display()));
    ask(&sources("sqlite", &credentials, PLENTY), kind, query)
}

#[test]
fn a_file_is_read_in_all_shapes_while_its_program_has_it_open() {
    for mode in ["DELETE", "WAL"] {
        let folder = tempfile::tempdir().unwrap();
        let connection = prepared(
            folder.path(),
            &format!(
                "PRAGMA journal_mode = {mode}; CREATE TABLE t (a TEXT, n REAL); \
                 INSERT INTO t VALUES ('x', 1), ('y', 2.5), ('x', 3), (NULL, 4)"
            ),
        );
        assert_eq!(asked(folder.path(), &version(), "SELECT COUNT(*) FROM t"), "4");
        let list = asked(folder.path(), &set(), "SELECT a FROM t ORDER BY n");
        assert_eq!(list, r#"["x", "y", "x"]"#);
        let counted = asked(folder.path(), &sample(), "SELECT a, SUM(n) FROM t GROUP BY a");
        assert_eq!(counted, r#"{"x": 4, "y": 2}"#);
        connection.execute_batch("INSERT INTO t VALUES ('z', 5)").unwrap();
        assert_eq!(asked(folder.path(), &version(), "SELECT COUNT(*) FROM t"), "5");
    }
}

#[test]
fn what_is_wrong_is_said_and_nothing_of_it_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = |why: &str| format!("the database `main` {why}");
    let answer = |kind: &serde_json::Value, query: &str| asked(folder.path(), kind, query);
    assert_eq!(answer(&set(), "SELECT a FROM t"), wrong("does not answer"));
    let connection = prepared(folder.path(), "CREATE TABLE t (a); INSERT INTO t VALUES (x'ff66')");
    assert_eq!(answer(&set(), "SELECT a FROM t"), wrong("does not give valid UTF-8"));
    let missing = wrong("has no such table, column or function: the program may be older or newer");
    assert_eq!(answer(&set(), "SELECT canary FROM t"), missing);
    assert_eq!(answer(&set(), "SELECT a FROM canary"), missing);
    let many = "DELETE FROM t; INSERT INTO t WITH RECURSIVE n(i) AS \
                (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 110000) SELECT i FROM n";
    connection.execute_batch(many).unwrap();
    let rows = wrong("gives more than 100000 rows");
    assert_eq!(answer(&set(), "SELECT a FROM t"), rows);
    let slow = "SELECT COUNT(*) FROM t x, t y, t z WHERE x.a + y.a + z.a < 0";
    assert!(answer(&version(), slow).contains("took longer than"));
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(answer(&set(), "SELECT a FROM t"), wrong("is held by the program that uses it"));
}

#[test]
fn what_is_no_file_of_sqlite_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let spoken = "the database `main` does not speak as its kind of database does";
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), &[b'x'; 4096]).unwrap();
    assert_eq!(asked(folder.path(), &set(), "SELECT a FROM t"), spoken);
    std::fs::remove_file(&path).unwrap();
    let mode = rustix::fs::Mode::RWXU;
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_eq!(asked(folder.path(), &set(), "SELECT a FROM t"), spoken);
}

#[test]
fn rows_of_many_columns_are_read_as_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let statements = "CREATE TABLE t (a TEXT, b INTEGER, c TEXT); \
                      INSERT INTO t VALUES ('ssd', 1, NULL), ('hdd', 4, 'x')";
    let _open = prepared(folder.path(), statements);
    let text = format!("[main]\npath = \"{}\"\n", path.display());
    let credentials = secret_file(folder.path(), &text);
    let query = "SELECT a, b, c FROM t ORDER BY b".to_owned();
    let rows = sources("sqlite", &credentials, PLENTY).table(
        &"main".parse().unwrap(),
        &query.try_into().unwrap(),
        PLENTY,
    );
    let expected = serde_json::json!([["ssd", "1", null], ["hdd", "4", "x"]]);
    assert_eq!(rows.map_err(|error| error.to_string()), Ok(expected));
}
