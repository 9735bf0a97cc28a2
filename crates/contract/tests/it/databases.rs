//! Queries, addresses of this machine and known values: what a manifest may say of them, what its
//! statement shows, and what is asked again.

use contract::change::changes;
use contract::manifest::{Manifest, Source};
use contract::statement;

use crate::fixture::{SMALL, destination, edited, parse};

const DATABASE: &str = "[[database]]\nid = \"main\"\nkind = \"mysql\"\n\
    credentials = { file = \"/opt/larkspur/.env\", format = \"env\", user = \"DB_USER\", \
    password = \"DB_PASSWORD\", database = \"DB_NAME\" }\n\n\
    [[known]]\nwhat = \"The names of its devices\"\n\
    source = { sql = \"SELECT hostname FROM devices\", database = \"main\" }\n\n\
    [[channel]]\n";

const SQL: &str = "source = { sql = \"SELECT COUNT(id) FROM devices\", database = \"main\" }";

/// The small manifest with a database, a list of known values, and a flag that asks the database.
fn with_database(edits: &[(&str, &str)]) -> String {
    let text = edited(
        SMALL,
        &[("[[channel]]\n", DATABASE), ("source = { system = \"network.ipv6\" }", SQL)],
    );
    edited(&text, edits)
}

#[track_caller]
fn mistake(edit: (&str, &str), words: &str) {
    let problems = Manifest::parse(&with_database(&[edit])).expect_err("it was not seen");
    assert_eq!(problems.iter().count(), 1, "{problems}");
    assert!(problems.to_string().contains(words), "{problems}");
    assert!(problems.iter().all(|problem| problem.position.is_some()));
}

#[test]
fn a_query_is_read_and_shown_on_one_line() {
    let long =
        "source = { sql = '''\n    SELECT COUNT(id)\n    FROM devices\n''', database = \"main\" }";
    let manifest = parse(&with_database(&[(SQL, long)]));
    let field = manifest.channels[0].field("ipv6").unwrap();
    let Source::Sql { query, .. } = &field.source else { panic!("no query") };
    assert_eq!(query.as_str(), "SELECT COUNT(id) FROM devices");
    assert_eq!(manifest, parse(&with_database(&[])));
}

#[test]
fn a_manifest_that_says_nothing_of_what_came_later_keeps_its_hash() {
    let text = String::from_utf8(parse(SMALL).canonical()).unwrap();
    for later in ["databases", "known", "sealing"] {
        assert!(!text.contains(later), "{later}: {text}");
    }
    let manifest = parse(&with_database(&[]));
    let again: Manifest = serde_json::from_slice(&manifest.canonical()).unwrap();
    assert_eq!(again, manifest);
}

#[test]
fn the_statement_shows_each_query_and_what_is_read_to_be_removed() {
    let statement = statement::markdown(&parse(&with_database(&[])));
    for words in [
        "`SELECT COUNT(id) FROM devices`",
        "## Read on this machine to be removed",
        "never sent and never kept",
        "The names of its devices",
        "`SELECT hostname FROM devices`",
        "MySQL or MariaDB",
        "`/opt/larkspur/.env`",
    ] {
        assert!(statement.contains(words), "{words}: {statement}");
    }
}

#[test]
fn mistakes_about_databases_are_answered_plainly() {
    mistake(("kind = \"mysql\"", "kind = \"oracle\""), "`postgresql`");
    mistake(("kind = \"mysql\"", "kind = \"mysql\"\npassword = \"x\""), "no credentials");
    mistake(("kind = \"mysql\"", "kind = \"mysql\"\npath = \"/x\""), "only SQLite");
    mistake(("\"/opt/larkspur/.env\"", "\".env\""), "not absolute");
    mistake(
        (", database = \"main\" }\n\n[[channel]]", ", database = \"mian\" }\n\n[[channel]]"),
        "no database `mian`",
    );
    mistake(("COUNT(id)", "COUNT(id), SLEEP(9)"), "`SLEEP(…)`");
    mistake(("SELECT COUNT(id) FROM devices", "FROM devices"), "no SELECT");
    mistake(("what = \"The names of its devices\"\n", ""), "`what`");
}

#[test]
fn only_this_machine_is_asked_over_http() {
    let asked = |url: &str| {
        let source = format!("source = {{ http = \"{url}\", pointer = \"/ipv6\" }}");
        Manifest::parse(&edited(SMALL, &[("source = { system = \"network.ipv6\" }", &source)]))
    };
    for url in [
        "http://127.0.0.1/",
        "http://127.0.0.1:8080/a?b=c",
        "http://[::1]:80/a",
        "http://127.9.9.9",
    ] {
        assert!(asked(url).is_ok(), "{url}");
    }
    for url in [
        "https://127.0.0.1/",
        "http://localhost/",
        "http://example.org/",
        "http://10.0.0.1/",
        "http://127.0.0.1@example.org/",
        "http://127.0.0.1:80x/",
        "http://[::2]/",
        "http://127.0.0.1.example.org/",
        "http://127.0.0.1/?token=abc",
        "http://127.0.0.1/a b",
        "127.0.0.1",
    ] {
        let problems = asked(url).expect_err(url);
        assert!(problems.to_string().contains("only this machine"), "{url}: {problems}");
    }
}

/// What is said, and whether it is asked, when a manifest with a database changes.
#[track_caller]
fn change(edit: (&str, &str), words: &str, asked: bool) {
    let (shown, now) = (parse(&with_database(&[])), parse(&with_database(&[edit])));
    let found = changes((&shown, &destination(&shown)), (&now, &destination(&now)), "usage");
    let change = found.iter().find(|change| change.what.contains(words));
    assert_eq!(change.map(|change| change.asked), Some(asked), "{found:?}");
}

#[test]
fn another_query_another_database_and_fewer_known_values_are_asked_again() {
    change(
        ("SELECT COUNT(id) FROM devices", "SELECT COUNT(id) FROM ports"),
        "read from elsewhere",
        true,
    );
    change(("/opt/larkspur/.env", "/opt/other/.env"), "opened in another way", true);
    change(("SELECT hostname FROM", "SELECT sysName FROM"), "no longer removed", true);
    change(("SELECT hostname FROM", "SELECT sysName FROM"), "also removed", false);
}

#[test]
fn a_sample_that_reads_what_is_to_be_removed_is_refused() {
    let text = |known: &str, sample: &str| {
        let (head, channels) = SMALL.split_once("[[channel]]").unwrap();
        let (before, _) = channels.split_once("[[channel.part]]").unwrap();
        format!(
            "{head}[[database]]\nid = \"main\"\nkind = \"mysql\"\n\
             [[known]]\nwhat = \"Names\"\nsource = {known}\n\
             [[channel]]{}[[channel.part]]\nid = \"p\"\n[[channel.part.field]]\nid = \"f\"\n\
             question = \"What?\"\npurpose = \"support\"\nkind = \"sample\"\n\
             expires = 2028-12-31\nsource = {sample}\n",
            before.split("[[channel.tier]]").next().unwrap()
        )
    };
    let query = |sql: &str| format!("{{ sql = \"{sql}\", database = \"main\" }}");
    let known = query("SELECT hostname, serial FROM devices WHERE device_id > 0");
    for (sample, is_refused) in [
        (query("SELECT Hostname FROM devices"), true),
        (query("SELECT CONCAT(d.hardware, d.serial) FROM devices d"), true),
        (query("SELECT hardware, COUNT(device_id) FROM devices GROUP BY hardware"), false),
        (query("SELECT hardware FROM devices WHERE serial IS NULL"), false),
        (query("SELECT hostname FROM others"), false),
    ] {
        let result = Manifest::parse(&text(&known, &sample));
        let problems = result.err().map(|problems| problems.to_string()).unwrap_or_default();
        let is_named = problems.contains("reads what is to be removed");
        assert_eq!(is_named, is_refused, "{sample}: {problems}");
        assert_eq!(problems.is_empty(), !is_refused, "{sample}: {problems}");
    }
    let file = "{ file = \"/var/lib/x/names\", take = \"all\" }";
    let problems = Manifest::parse(&text(file, file).replacen(
        "[[database]]\nid = \"main\"\nkind = \"mysql\"\n",
        "",
        1,
    ));
    assert!(problems.unwrap_err().to_string().contains("reads what is to be removed"));
}
