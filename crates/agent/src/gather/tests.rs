//! Which sources are read, how often, in what order and for how long.

use std::cell::RefCell;
use std::time::Duration;

use contract::answer::Fact;
use contract::draft::Facts;
use contract::id::{DatabaseId, FieldId};
use contract::manifest::{Field, SystemFact};
use contract::sql::Query;
use serde_json::Value;

use super::{ReadError, ReadSource, Rows, gather};

/// A reader that answers from a script and notes what it was asked. Each reading moves its clock.
#[derive(Default)]
struct Script {
    files: Vec<(&'static str, &'static str)>,
    asked: RefCell<Vec<String>>,
    seconds_each: u64,
}

impl Script {
    fn note(&self, what: String) {
        self.asked.borrow_mut().push(what);
    }

    fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }
}

impl ReadSource for Script {
    fn system(&self, fact: SystemFact) -> Result<Fact, ReadError> {
        self.note(fact.name().to_owned());
        Ok(Fact::Number(1))
    }

    fn command(&self, argv: &[String], time_max: Duration) -> Result<Vec<u8>, ReadError> {
        self.note(format!("{} in {} s", argv.join(" "), time_max.as_secs()));
        Ok(br#"{"version": "9.1"}"#.to_vec())
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.note(path.to_owned());
        let found = self.files.iter().find(|(known, _)| *known == path);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or(ReadError::NotThere)
    }

    fn sql(&self, database: &DatabaseId, query: &Query, time: Duration) -> Result<Rows, ReadError> {
        self.note(format!("{query} of {database} in {} s", time.as_secs()));
        let row = |name: &str, number: &str| (Some(name.to_owned()), Some(number.to_owned()));
        Ok(Rows { columns: 2, rows: vec![row("ios", "2"), row("linux", "3.0"), row("ios", "4")] })
    }

    fn table(&self, _: &DatabaseId, query: &Query, _: Duration) -> Result<Value, ReadError> {
        self.note(format!("{query} as a table"));
        Ok(serde_json::json!([["ssd", "1000", null], ["hdd", "4000", "x"]]))
    }

    fn http(&self, url: &str, time: Duration) -> Result<Vec<u8>, ReadError> {
        self.note(format!("{url} in {} s", time.as_secs()));
        Ok(br#"{"version": "9.1"}"#.to_vec())
    }

    fn pushed(&self, _: &FieldId) -> Result<Fact, ReadError> {
        Ok(Fact::Number(1))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.asked.borrow().len() as u64 * self.seconds_each)
    }
}

fn field(id: &str, source: &Value) -> Field {
    serde_json::from_value(serde_json::json!({
        "id": id, "question": {"en": "How is it?"}, "purpose": "testing", "kind": {"kind": "flag"},
        "titles": {}, "source": source, "map": {}, "sensitivity": "technical",
        "expires": "2030-01-01", "publish": true,
    }))
    .unwrap()
}

fn system(id: &str, fact: &str) -> Field {
    field(id, &serde_json::json!({"from": "system", "fact": fact}))
}

fn command(id: &str, argv: &[&str], pointer: Option<&str>) -> Field {
    let take = serde_json::json!({"pointer": pointer, "amount": "first", "times": 1});
    field(id, &serde_json::json!({"from": "command", "argv": argv, "take": take}))
}

fn file(id: &str, path: &str, format: &str, pointer: Option<&str>) -> Field {
    let take = serde_json::json!({"pointer": pointer, "amount": "first", "times": 1});
    field(id, &serde_json::json!({"from": "file", "path": path, "format": format, "take": take}))
}

fn check(script: &Script, fields: &[Field]) -> Facts {
    let facts = gather(&fields.iter().collect::<Vec<_>>(), script);
    assert_eq!(facts.len(), fields.len(), "every field has an entry");
    facts
}

fn text(facts: &Facts, id: &str) -> String {
    match facts.iter().find(|(field, _)| field.as_str() == id).unwrap().1 {
        Ok(Fact::Text(text)) => text.clone(),
        Ok(_) => "another shape".to_owned(),
        Err(why) => why.clone(),
    }
}

#[test]
fn a_source_of_several_fields_is_read_once() {
    let script =
        Script { files: vec![("/a", "{\"x\": \"1\", \"y\": \"2\"}")], ..Script::default() };
    let fields = [
        file("one", "/a", "json", Some("/x")),
        command("two", &["tool", "--json"], Some("/version")),
        file("three", "/a", "json", Some("/y")),
        command("four", &["tool", "--json"], None),
        file("five", "/a", "text", None),
    ];
    let facts = check(&script, &fields);
    assert_eq!(script.asked(), ["/a", "tool --json in 60 s"]);
    assert_eq!(text(&facts, "one"), "1");
    assert_eq!(text(&facts, "three"), "2");
    assert_eq!(text(&facts, "two"), "9.1");
    assert_eq!(text(&facts, "four"), "{\"version\": \"9.1\"}");
    assert_eq!(text(&facts, "five"), "{\"x\": \"1\", \"y\": \"2\"}");
}

#[test]
fn a_source_that_fails_loses_its_own_field_alone() {
    let script = Script { files: vec![("/a", "{\"x\": \"1\"}")], ..Script::default() };
    let fields = [
        file("missing", "/none", "text", None),
        file("unlike", "/a", "toml", Some("/x")),
        file("astray", "/a", "json", Some("/z")),
        file("good", "/a", "json", Some("/x")),
    ];
    let facts = check(&script, &fields);
    assert_eq!(text(&facts, "missing"), "the file `/none` is not there");
    assert_eq!(text(&facts, "unlike"), "the file `/a` does not give valid TOML");
    assert_eq!(text(&facts, "astray"), "the file `/a` has nothing where the pointer leads");
    assert_eq!(text(&facts, "good"), "1");
}

#[test]
fn what_is_quick_is_read_before_what_is_slow() {
    let script = Script::default();
    let fields =
        [command("a", &["tool"], None), file("b", "/b", "text", None), system("c", "os.id")];
    check(&script, &fields);
    assert_eq!(script.asked(), ["os.id", "/b", "tool in 60 s"]);
}

#[test]
fn a_command_gets_only_what_is_left_of_the_time_and_then_none_is_run() {
    let script = Script { seconds_each: 25, ..Script::default() };
    let names = ["a", "b", "c", "d", "e"];
    let fields = names.map(|name| command(name, &[name], None));
    let facts = check(&script, &fields);
    assert_eq!(script.asked(), ["a in 60 s", "b in 35 s", "c in 10 s"]);
    for late in ["d", "e"] {
        let why = format!("the command `{late}` was not read: 60 s for all sources were over");
        assert_eq!(text(&facts, late), why);
    }
}

#[test]
fn no_fields_read_nothing() {
    let script = Script::default();
    check(&script, &[]);
    assert!(script.asked().is_empty());
}

#[test]
fn the_columns_of_records_are_read_once_together() {
    let disks = r#"{"disks": [{"type": "ssd", "size": 1}, {"type": "hdd", "size": 4}]}"#;
    let reader = Script { files: vec![("/disks.json", disks)], ..Script::default() };
    let column = |id: &str, pointer: &str| {
        let rows = serde_json::json!({"from": "file", "path": "/disks.json", "format": "json",
            "take": {"pointer": "/disks/*", "amount": "first", "times": 1}});
        let value = serde_json::json!({"pointer": pointer, "amount": "first", "times": 1});
        field(id, &serde_json::json!({"from": "record", "rows": rows, "value": value}))
    };
    let (kind, size) = (column("kind", "/type"), column("size", "/size"));
    let facts = gather(&[&kind, &size], &reader);
    let text = |text: &str| Some(Fact::Text(text.to_owned()));
    assert!(facts[&kind.id] == Ok(Fact::Each(vec![text("ssd"), text("hdd")])));
    let numbers = vec![Some(Fact::Number(1)), Some(Fact::Number(4))];
    assert!(facts[&size.id] == Ok(Fact::Each(numbers)));
    assert_eq!(reader.asked(), ["/disks.json"]);
}

#[test]
fn the_rows_of_a_query_are_records() {
    let reader = Script::default();
    let column = |id: &str, pointer: &str| {
        let rows = serde_json::json!({"from": "sql", "query": "SELECT a, b, c FROM t",
            "database": "main"});
        let value = serde_json::json!({"pointer": pointer, "amount": "first", "times": 1});
        field(id, &serde_json::json!({"from": "record", "rows": rows, "value": value}))
    };
    let (first, last) = (column("first", "/0"), column("last", "/2"));
    let facts = gather(&[&first, &last], &reader);
    let text = |text: &str| Some(Fact::Text(text.to_owned()));
    assert!(facts[&first.id] == Ok(Fact::Each(vec![text("ssd"), text("hdd")])));
    assert!(facts[&last.id] == Ok(Fact::Each(vec![None, text("x")])));
    assert_eq!(reader.asked(), ["SELECT a, b, c FROM t as a table"]);
}
