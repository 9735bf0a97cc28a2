//! A first draft of questions from what a product can already tell: a JSON document, or a query.
//!
//! It is a beginning for a person, not a manifest: numbers get buckets, lists the entries that were
//! seen, and single texts a list to be written, since they may name somebody.

use contract::id::{Choice, FieldId};
use serde_json::Value;

/// Questions that one draft has at most.
const QUESTIONS_MAX: usize = 200;

/// Drafts questions about the members of a JSON document; `file` is where it was read.
pub fn from_json(document: &Value, file: &str) -> String {
    let mut found = Vec::new();
    members(document, "", &mut found);
    let mut out = format!(
        "# A draft from {file}: {} members. Delete what nobody needs, and ask in plain words.\n",
        found.len()
    );
    for (pointer, value) in found.into_iter().take(QUESTIONS_MAX) {
        let source = format!("{{ file = {file:?}, format = \"json\", pointer = {pointer:?} }}");
        let name = pointer.rsplit('/').next().unwrap_or_default();
        match value {
            Value::Bool(_) => out += &question(name, "flag", "", &source),
            Value::Number(_) => out += &question(name, "count", COUNT, &source),
            Value::Array(items) => out += &question(name, "set", &choices(items), &source),
            Value::String(text) if looks_like_a_version(text) => {
                out += &question(name, "version", "", &source);
            }
            // A single word may name somebody: the list is for a person to write.
            _ => out += &question(name, "choice", "choices = [\"…\"]\n", &source),
        }
    }
    out
}

/// Drafts the question that a query answers; `names` is what its first column held, if it has two.
pub fn from_sql(query: &str, names: &[String], is_number: bool) -> String {
    let source = format!("{{ sql = {query:?}, database = \"main\" }}");
    let head = "# A draft from a query. Declare the database in a [[database]].\n";
    if names.is_empty() {
        let (kind, more) = if is_number { ("count", COUNT) } else { ("version", "") };
        return format!("{head}{}", question("answer", kind, more, &source));
    }
    let items: Vec<Value> = names.iter().map(|name| Value::String(name.clone())).collect();
    format!("{head}{}", question("answer", "counts", &(choices(&items) + COUNT), &source))
}

const COUNT: &str = "unit = \"things\"\nbuckets = [0, 1, 10, 100, 1000]\nmax = 100000\n";

fn question(name: &str, kind: &str, more: &str, source: &str) -> String {
    let id = id(name);
    format!(
        "\n[[channel.part]]\nid = \"{id}\"\n\n[[channel.part.field]]\nid = \"{id}\"\n\
         question = \"…?\"\npurpose = \"…\"\nkind = \"{kind}\"\n{more}expires = …\n\
         source = {source}\n"
    )
}

/// The entries that can stand in a closed list, each once.
fn choices(items: &[Value]) -> String {
    let mut list: Vec<String> = Vec::new();
    let texts = items.iter().filter_map(Value::as_str).filter(|text| Choice::parse(text).is_ok());
    for text in texts.map(|text| format!("{text:?}")) {
        if !list.contains(&text) {
            list.push(text);
        }
    }
    format!("choices = [{}]\n", list.join(", "))
}

fn id(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let id: String = name.chars().map(letter).take(40).collect();
    if FieldId::parse(&id).is_ok() { id } else { format!("f_{}", id.get(..38).unwrap_or(&id)) }
}

fn looks_like_a_version(text: &str) -> bool {
    let digits = |piece: &str| !piece.is_empty() && piece.bytes().all(|c| c.is_ascii_digit());
    text.split('.').count() > 1 && text.split('.').take(2).all(digits)
}

/// Every member that is no object, with the pointer that leads to it.
fn members<'v>(value: &'v Value, pointer: &str, found: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(members_of) => {
            for (name, value) in members_of {
                let name = name.replace('~', "~0").replace('/', "~1");
                members(value, &format!("{pointer}/{name}"), found);
            }
        }
        Value::Null => {}
        _ => found.push((pointer.to_owned(), value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_become_questions_and_single_texts_are_not_repeated() {
        let document = serde_json::json!({
            "version": "24.10.2", "pools": 3, "ha": false, "Name of host": "nas of Alice Ames",
            "services": ["ssh", "smb", "ssh"], "a/b": {"kind": "zfs"},
        });
        let draft = from_json(&document, "/var/lib/x.json");
        for words in [
            "kind = \"version\"",
            "pointer = \"/pools\"",
            "kind = \"flag\"",
            "choices = [\"ssh\", \"smb\"]",
            "pointer = \"/a~1b/kind\"",
            "id = \"name_of_host\"",
        ] {
            assert!(draft.contains(words), "{words}: {draft}");
        }
        assert!(!draft.contains("Alice"), "{draft}");
    }

    #[test]
    fn a_query_becomes_one_question() {
        let names = ["ios".to_owned(), "Müller's".to_owned()];
        let draft = from_sql("SELECT os, COUNT(id) FROM devices GROUP BY os", &names, true);
        assert!(draft.contains("choices = [\"ios\"]\nunit"), "{draft}");
        assert!(from_sql("SELECT COUNT(id) FROM t", &[], true).contains("kind = \"count\""));
    }
}
