//! From a source's table to what is read, and what of it is taken.

use super::lint;
use super::reader::Node;
use super::source::{Amount, Format, Keeps, SYSTEM_FACTS, Source, Take};
use crate::id::DatabaseId;
use crate::sql::{BrokenRule, NoQuery, Query};

pub(super) const SYSTEM_EXAMPLE: &str = "{ system = \"os.id\" }";

/// The sources of the manifest.
const SOURCES: &str = "{ system = \"os.id\" }, { command = [\"program\", \"argument\"] }, \
                       { file = \"/absolute/path\" }, \
                       { sql = \"SELECT …\", database = \"main\" }, \
                       { http = \"http://127.0.0.1:8080/status\" }, { push = \"sum\" }";

/// Reads a source: of a field, or of values that are only removed and may identify.
pub(super) fn source(node: Node<'_, '_>, only_removed: bool) -> Option<Source> {
    let source = if node.has("system") {
        node.word("system", SYSTEM_FACTS).map(|fact| Source::System { fact })
    } else if node.has("command") {
        let argv = node.strings("command").unwrap_or_default();
        let argv: Vec<String> = argv.into_iter().map(|found| found.value).collect();
        if argv.is_empty() && node.items("command").is_some() {
            node.note("command", "the command is empty", "name a program and its arguments");
        }
        let take = take(&node);
        (!argv.is_empty()).then_some(Source::Command { argv, take })
    } else if node.has("sql") {
        let query = query(&node);
        let database = node.parsed("database", "name one of the databases", DatabaseId::parse);
        query.zip(database).map(|(query, database)| Source::Sql { query, database })
    } else if node.has("push") {
        let keeps = [("sum", Keeps::Sum), ("largest", Keeps::Largest), ("last", Keeps::Last)];
        node.word("push", &keeps).map(|keeps| Source::Push { keeps })
    } else if node.has("http") {
        let take = take(&node);
        node.optional_string("http").map(|url| Source::Http { url, take })
    } else if node.has("file") {
        let formats = [
            ("text", Format::Text),
            ("json", Format::Json),
            ("toml", Format::Toml),
            ("ini", Format::Ini),
            ("env", Format::Env),
        ];
        let format = node.word("format", &formats).unwrap_or(Format::Text);
        let take = take(&node);
        node.optional_string("file").map(|path| Source::File { path, format, take })
    } else {
        node.note("", "the source names nothing to read", format!("write one of {SOURCES}"));
        node.pass_over(&["pattern", "pointer", "take", "times", "format", "database"]);
        None
    };
    if let Some(source) = &source {
        lint::source(&node, source, only_removed);
    }
    node.finish();
    source
}

/// A query may stand on several lines, as few sentences do.
fn query(node: &Node<'_, '_>) -> Option<Query> {
    let Some(text) = node.value("sql")?.get_ref().as_str() else {
        node.note("sql", "the query is no text", "put it in quotes");
        return None;
    };
    let broken = |NoQuery(rules)| {
        for BrokenRule { what, fix } in rules {
            node.note("sql", what, fix);
        }
    };
    Query::parse(text).map_err(broken).ok()
}

pub(super) fn take(node: &Node<'_, '_>) -> Take {
    let pattern = node.optional_string("pattern");
    if let Some(pattern) = &pattern
        && let Err(error) = regex_lite::Regex::new(pattern)
    {
        node.note("pattern", format!("the pattern cannot be read: {error}"), "mend it");
    }
    let amounts = [("first", Amount::First), ("all", Amount::All), ("number", Amount::Number)];
    Take {
        pattern,
        pointer: node.optional_string("pointer"),
        amount: node.word("take", &amounts).unwrap_or(Amount::First),
        times: node.number("times", 1..1 << 41).unwrap_or(1),
    }
}
