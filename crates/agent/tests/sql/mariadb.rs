//! A real MariaDB: what is read, what is refused, and what ends in time.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use crate::server::Server;
use crate::{PLENTY, ask, sample, secret_file, set, sources, version};

/// One server for all tests; each has a database of its own.
pub(crate) fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::mariadb).as_ref()
}

/// A database with these statements carried out, and a user who may read all of it.
pub(crate) struct Prepared {
    pub(crate) server: &'static Server,
    pub(crate) credentials: PathBuf,
    folder: TempDir,
    name: &'static str,
}

impl Prepared {
    pub(crate) fn new(name: &'static str, statements: &str) -> Option<Self> {
        let server = server()?;
        let user = format!(
            "CREATE DATABASE {name}; CREATE USER {name}@localhost IDENTIFIED BY 'p{name}';
             GRANT SELECT, EXECUTE, SHOW VIEW ON {name}.* TO {name}@localhost; "
        );
        server.mariadb_says("mysql", &user);
        server.mariadb_says(name, statements);
        let folder = tempfile::tempdir().unwrap();
        let mut prepared = Self { server, credentials: PathBuf::new(), folder, name };
        prepared.credentials = prepared.credentials_with(&format!("p{name}"));
        Some(prepared)
    }

    pub(crate) fn name(&self) -> &str {
        self.name
    }

    fn credentials_with(&self, password: &str) -> PathBuf {
        let (name, socket) = (self.name, self.server.socket());
        let text = format!(
            "[main]\nsocket = \"{socket}\"\nuser = \"{name}\"\npassword = \"{password}\"\n\
             database = \"{name}\"\n"
        );
        secret_file(self.folder.path(), &text)
    }

    #[track_caller]
    fn check(&self, kind: &serde_json::Value, query: &str, expected: &str) {
        let sources = sources("mysql", &self.credentials, PLENTY);
        assert_eq!(ask(&sources, kind, query), expected, "{query}");
    }
}

#[test]
fn a_value_a_column_and_numbers_by_name_are_read() {
    let statements = "CREATE TABLE t (a VARCHAR(20), n INT) DEFAULT CHARSET = utf8mb4;
        INSERT INTO t VALUES ('x', 1), ('y', 2), ('x', 3), (NULL, 4), ('größe', NULL);";
    let Some(prepared) = Prepared::new("shapes", statements) else { return };
    prepared.check(&version(), "SELECT COUNT(*) FROM t", "5");
    prepared.check(&set(), "SELECT DISTINCT a FROM t ORDER BY a", r#"["größe", "x", "y"]"#);
    let counted = r#"{"größe": 0, "x": 4, "y": 2}"#;
    prepared.check(&sample(), "SELECT a, SUM(n) FROM t GROUP BY a", counted);
    prepared.check(&sample(), "SELECT a FROM t WHERE n > 99", "[]");
    let wrong = |why: &str| format!("the database `main` {why}");
    prepared.check(&version(), "SELECT a FROM t WHERE n = 9", &wrong("gives nothing"));
    prepared.check(&version(), "SELECT MAX(n) FROM t WHERE n = 9", &wrong("gives nothing"));
    prepared.check(&version(), "SELECT a FROM t", &wrong("gives several rows where one is needed"));
    let columns = wrong("gives another number of columns than the question needs");
    prepared.check(&version(), "SELECT a, n FROM t", &columns);
    prepared.check(&sample(), "SELECT a, n, n FROM t", &columns);
    let number = wrong("gives no number from zero up where one is needed");
    prepared.check(&sample(), "SELECT a, a FROM t", &number);
    prepared.check(&sample(), "SELECT a, 0 - n FROM t", &number);
}

#[test]
fn quotation_marks_and_backslashes_mean_what_they_mean_to_the_rules() {
    let statements = "CREATE TABLE t (a VARCHAR(20)); INSERT INTO t VALUES ('x');";
    let Some(prepared) = Prepared::new("marks", statements) else { return };
    prepared.check(&set(), "SELECT \"a\" FROM t", r#"["x"]"#);
    prepared.check(&set(), "SELECT '\\' || a FROM t", r#"["\\x"]"#);
    prepared.check(&set(), "SELECT '''' || `a` FROM t", r#"["'x"]"#);
}

#[test]
fn a_session_can_only_read() {
    let statements = "CREATE TABLE t (a INT);
        CREATE FUNCTION f() RETURNS INT MODIFIES SQL DATA
            BEGIN INSERT INTO t VALUES (1); RETURN 1; END;
        CREATE SQL SECURITY DEFINER VIEW v AS SELECT f() AS a;";
    let statements = statements.replace("BEGIN INSERT INTO t VALUES (1); RETURN 1; END;", "@BODY@");
    let (before, after) = statements.split_once("@BODY@").unwrap();
    let statements = format!(
        "DELIMITER //\n{before} BEGIN INSERT INTO t VALUES (1); RETURN 1; END//\n{after}//\n"
    );
    let statements = statements.replace("(a INT);", "(a INT)//").replace("AS a;//", "AS a//");
    let Some(prepared) = Prepared::new("reading", &statements) else { return };
    assert_eq!(prepared.server.mariadb_says("reading", "SELECT a FROM v").trim(), "1");
    prepared.check(&version(), "SELECT a FROM v", "the database `main` refused the query");
    let rows = prepared.server.mariadb_says("reading", "SELECT COUNT(*) FROM t");
    assert_eq!(rows.trim(), "1", "the query wrote");
}

#[test]
fn what_is_missing_or_denied_loses_its_own_field_alone() {
    let Some(prepared) = Prepared::new("missing", "CREATE TABLE t (a INT);") else { return };
    prepared.server.mariadb_says("mysql", "CREATE DATABASE hidden; CREATE TABLE hidden.t (a INT);");
    let sources = sources("mysql", &prepared.credentials, PLENTY);
    for query in ["SELECT a FROM older", "SELECT b FROM t"] {
        let why = ask(&sources, &set(), query);
        assert!(why.contains("no such table, column or function"), "{why}");
    }
    let why = ask(&sources, &set(), "SELECT a FROM hidden.t");
    assert!(why.contains("does not let this user read"), "{why}");
    assert_eq!(ask(&sources, &set(), "SELECT a FROM t"), "[]");
}

#[test]
fn no_reason_repeats_a_password_a_user_or_what_a_server_says() {
    let Some(prepared) = Prepared::new("canary5f3a9c", "CREATE TABLE t (a INT);") else { return };
    let wrong = prepared.credentials_with("canary-wrong");
    let why = ask(&sources("mysql", &wrong, PLENTY), &set(), "SELECT a FROM t");
    assert_eq!(why, "the database `main` refuses the user or the password");
    let text = std::fs::File::open(prepared.credentials_with("pcanary5f3a9c"));
    let text = std::io::read_to_string(text.unwrap()).unwrap();
    let text = text.replace("database = \"canary5f3a9c\"", "database = \"canary-none\"");
    let none = secret_file(prepared.folder.path(), &text);
    let why = ask(&sources("mysql", &none, PLENTY), &set(), "SELECT a FROM t");
    assert!(!why.contains("canary"), "{why}");
}

#[test]
fn a_slow_query_is_stopped_by_the_server() {
    let statements = "CREATE TABLE t (a INT); CREATE VIEW slow AS SELECT SLEEP(100) AS a;";
    let Some(prepared) = Prepared::new("slow", statements) else { return };
    let sources = sources("mysql", &prepared.credentials, Duration::from_secs(1));
    let why = ask(&sources, &version(), "SELECT a FROM slow");
    assert_eq!(why, "the database `main` took longer than 10 s and was stopped");
    assert_eq!(ask(&sources, &set(), "SELECT a FROM t"), "[]", "the next question has its turn");
}

#[test]
fn an_enormous_result_is_left_as_soon_as_it_is_seen() {
    let statements = "CREATE TABLE long_ones (a LONGTEXT);
        INSERT INTO long_ones SELECT REPEAT('x', 100000) FROM seq_1_to_60;
        CREATE TABLE longest (a LONGTEXT); INSERT INTO longest SELECT REPEAT('x', 3000000);
        CREATE TABLE longer (a LONGTEXT); INSERT INTO longer SELECT REPEAT('x', 16000000);";
    let Some(prepared) = Prepared::new("enormous", statements) else { return };
    let wrong = |why: &str| format!("the database `main` gives {why}");
    let many = "SELECT seq FROM seq_1_to_1000000000";
    prepared.check(&set(), many, &wrong("more than 100000 rows"));
    prepared.check(&set(), "SELECT a FROM long_ones", &wrong("more than 4194304 bytes"));
    for table in ["longest", "longer"] {
        let query = format!("SELECT a FROM {table}");
        prepared.check(&set(), &query, &wrong("a value of more than 262144 bytes"));
    }
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    let statements = "CREATE TABLE t (a VARBINARY(9)); INSERT INTO t VALUES (x'66FF6F');";
    let Some(prepared) = Prepared::new("bytes", statements) else { return };
    prepared.check(&set(), "SELECT a FROM t", "the database `main` does not give valid UTF-8");
}

#[test]
fn a_server_that_ends_in_the_middle_of_a_query_ends_the_question() {
    let statements = "CREATE VIEW slow AS SELECT SLEEP(100) AS a;";
    let Some(prepared) = Prepared::new("ending", statements) else { return };
    let credentials = prepared.credentials.clone();
    let asking = std::thread::spawn(move || {
        let sources = sources("mysql", &credentials, PLENTY);
        let first = ask(&sources, &version(), "SELECT a FROM slow");
        (first, ask(&sources, &version(), "SELECT a FROM slow"))
    });
    while !asking.is_finished() {
        prepared.server.mariadb_says("mysql", "DO SLEEP(0.2); KILL HARD USER ending@localhost;");
    }
    let (first, second) = asking.join().unwrap();
    assert_eq!(first, "the database `main` closed the connection");
    assert_eq!(second, first, "it is not opened again for every question");
}
