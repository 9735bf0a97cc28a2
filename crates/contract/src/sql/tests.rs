//! Which queries are accepted, and what those that are not are told.

use super::{Query, reads};

#[track_caller]
fn accepted(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|no| panic!("{text}: {no}"))
}

#[track_caller]
fn refused(text: &str, words: &str) {
    let Err(no) = Query::parse(text) else { panic!("accepted: {text}") };
    assert!(no.to_string().contains(words), "{text}: {no}");
    assert!(no.0.iter().all(|rule| !rule.fix.is_empty()));
}

#[test]
fn ordinary_queries_are_accepted() {
    for text in [
        "SELECT COUNT(*) FROM devices",
        "select os, count(device_id) from devices group by os",
        "SELECT VERSION()",
        "SELECT CONCAT(sysObjectID, ' ', sysDescr), COUNT(*) FROM devices WHERE sysDescr <> '' \
         GROUP BY sysObjectID, sysDescr ORDER BY RAND() LIMIT 100",
        "SELECT d.os, COUNT(*) FROM ports AS p JOIN devices d ON d.device_id = p.device_id \
         WHERE p.deleted = 0 GROUP BY d.os",
        "SELECT CASE WHEN a IN ('x', 'y') THEN 'z' ELSE 'it''s; -- fine' END FROM t",
        "SELECT t.load, t.`set`, \"insert\" FROM t",
        "SELECT a FROM (SELECT a, COUNT(*) AS n FROM t GROUP BY a) AS counted WHERE n > 1",
        "SELECT 2 * 3, a % 2, a || b FROM t",
        "SELECT CAST(a AS CHAR(10)), a::text FROM t",
    ] {
        accepted(text);
    }
}

#[test]
fn a_query_stands_on_one_line_and_its_texts_stay_as_they_are() {
    let query = accepted("\n  SELECT a,\n\t b FROM t\n WHERE a = 'x  y'\n");
    assert_eq!(query.as_str(), "SELECT a, b FROM t WHERE a = 'x  y'");
}

#[test]
fn what_writes_acts_or_waits_is_refused() {
    for (text, words) in [
        ("DELETE FROM devices", "no SELECT"),
        ("SHOW VARIABLES", "no SELECT"),
        ("SELECT a FROM t; DROP TABLE t", "`;`"),
        ("SELECT a FROM t;", "`;`"),
        ("SELECT a FROM t INTO OUTFILE '/tmp/x'", "`INTO`"),
        ("SELECT a FROM t FOR UPDATE", "`UPDATE`"),
        ("SELECT a FROM t LOCK IN SHARE MODE", "`LOCK`"),
        ("SELECT LOAD_FILE('/etc/passwd')", "`LOAD_FILE(…)`"),
        ("SELECT SLEEP(5)", "`SLEEP(…)`"),
        ("SELECT sleep (5)", "`sleep(…)`"),
        ("SELECT BENCHMARK(1000000, 1)", "`BENCHMARK(…)`"),
        ("SELECT pg_sleep(5)", "`pg_sleep(…)`"),
        ("SELECT pg_read_file('x')", "`pg_read_file(…)`"),
        ("SELECT `sleep`(5)", "name in quotes"),
        ("SELECT x.sleep(5)", "`sleep(…)`"),
        ("SELECT GET_LOCK('a', 1)", "`GET_LOCK(…)`"),
        ("SELECT nextval('s')", "`nextval(…)`"),
        ("WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x", "no SELECT"),
        ("SELECT a FROM t UNION SELECT a FROM x PROCEDURE ANALYSE", "`PROCEDURE`"),
        ("SELECT 1 /*! INTO OUTFILE 'x' */", "comment"),
        ("SELECT 1 -- x", "comment"),
        ("SELECT 1 # x", "comment"),
        ("SELECT '\\'; DROP TABLE t; -- '", "`;`"),
    ] {
        refused(text, words);
    }
}

#[test]
fn what_tells_which_machine_this_is_or_hides_what_is_read_is_refused() {
    for (text, words) in [
        ("SELECT @@hostname", "`@`"),
        ("SELECT USER()", "`USER(…)`"),
        ("SELECT current_user", "`CURRENT_USER`"),
        ("SELECT user FROM mysql.user", "own `mysql`"),
        ("SELECT a FROM `information_schema`.processlist", "own `information_schema`"),
        ("SELECT datname FROM pg_database", "own `pg_database`"),
        ("SELECT sql FROM sqlite_master", "own `sqlite_master`"),
        ("SELECT MD5(hostname) FROM devices", "hashes"),
        ("SELECT * FROM devices", "every column"),
        ("SELECT d.* FROM devices d", "every column"),
        ("SELECT a, * FROM devices", "every column"),
        ("SELECT E'\\x41'", "quotation mark"),
        ("SELECT $1", "`$`"),
        ("SELECT 'open", "not closed"),
        ("SELECT 'a\u{202e}b'", "cannot be seen"),
        ("SELECT ä FROM t", "U+00E4"),
    ] {
        refused(text, words);
    }
}

#[test]
fn every_broken_rule_is_named_at_once() {
    let no = Query::parse("UPDATE t SET a = SLEEP(1) WHERE b = MD5(c)").unwrap_err();
    assert_eq!(no.0.len(), 5, "{no}");
}

#[track_caller]
fn check_reads(queries: &[&str], expected: &[&str]) {
    let queries: Vec<_> = queries.iter().map(|text| accepted(text)).collect();
    let found = reads(queries.iter());
    let found: Vec<String> = found
        .into_iter()
        .map(|(table, columns)| match columns {
            Some(columns) => {
                format!("{table}({})", columns.into_iter().collect::<Vec<_>>().join(" "))
            }
            None => table,
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_columns_of_a_single_table_are_told() {
    check_reads(
        &["SELECT os AS system, COUNT(device_id) FROM devices WHERE type <> '' GROUP BY system"],
        &["devices(device_id os type)"],
    );
    check_reads(
        &["SELECT d.`os`, x FROM librenms.devices d ORDER BY RAND() LIMIT 3"],
        &["devices(os x)"],
    );
    check_reads(
        &["SELECT EXTRACT(DAY FROM added) FROM devices", "SELECT os FROM devices"],
        &["devices(added os)"],
    );
}

#[test]
fn columns_of_several_tables_are_told_where_each_names_its_table() {
    check_reads(
        &["SELECT d.os, COUNT(p.port_id) FROM ports AS p JOIN devices d \
           ON d.device_id = p.device_id GROUP BY d.os"],
        &["devices(device_id os)", "ports(device_id port_id)"],
    );
    check_reads(
        &["SELECT os, COUNT(p.port_id) FROM ports p, devices d GROUP BY os"],
        &["devices", "ports"],
    );
    check_reads(
        &["SELECT n, COUNT(*) FROM (SELECT d.os AS n FROM devices d) AS x GROUP BY n"],
        &["devices(os)"],
    );
}

#[test]
fn where_no_column_is_named_the_whole_table_is_read() {
    check_reads(&["SELECT COUNT(*) FROM bills"], &["bills"]);
    check_reads(&["SELECT COUNT(*) FROM bills", "SELECT bill_id FROM bills"], &["bills"]);
    check_reads(&["SELECT VERSION()"], &[]);
}
