//! Databases that queries are put to, and lists of values that must not leave: what a manifest
//! declares of them. Where credentials stand is declared; credentials are not.

use serde::{Deserialize, Serialize};

use super::read_source;
use super::reader::{Node, Reader};
use super::source::{Format, Source};
use crate::id::DatabaseId;
use crate::text::Text;

/// A database of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Database {
    /// Its identifier.
    pub id: DatabaseId,
    /// How it is spoken to.
    pub engine: Engine,
    /// Where the product's own configuration says how to reach it. An operator can name others.
    pub credentials: Option<Credentials>,
    /// The file of an SQLite database.
    pub path: Option<String>,
}

/// How a database is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// MySQL or MariaDB.
    Mysql,
    /// PostgreSQL.
    Postgresql,
    /// A file of SQLite.
    Sqlite,
}

/// The file in which the product keeps its credentials, and under which names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Credentials {
    /// The file's absolute path.
    pub file: String,
    /// How it is read.
    pub format: Format,
    /// Where the host stands; this machine where the file does not say.
    pub host: Option<String>,
    /// Where the port stands.
    pub port: Option<String>,
    /// Where the Unix socket stands, which goes before host and port.
    pub socket: Option<String>,
    /// Where the database's name stands.
    pub database: Option<String>,
    /// Where the user stands.
    pub user: Option<String>,
    /// Where the password stands.
    pub password: Option<String>,
}

/// Values that identify, which the machine itself knows: they are removed from samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Known {
    /// What they are, in words.
    pub what: Text,
    /// Where they are read.
    pub source: Source,
}

impl Engine {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Mysql => "MySQL or MariaDB",
            Self::Postgresql => "PostgreSQL",
            Self::Sqlite => "SQLite",
        }
    }
}

/// Reads one `[[database]]`.
pub(super) fn database(node: Node<'_, '_>, id: Option<DatabaseId>) -> Option<Database> {
    let engines =
        [("mysql", Engine::Mysql), ("postgresql", Engine::Postgresql), ("sqlite", Engine::Sqlite)];
    let engine = node.word("kind", &engines);
    if !node.has("kind") {
        node.missing("kind", "write `kind = \"mysql\"`, \"postgresql\" or \"sqlite\"");
    }
    for secret in ["password", "user", "url"].into_iter().filter(|key| node.has(key)) {
        let fix = "name the file in which the product keeps it, in `credentials`";
        node.note(secret, "a manifest holds no credentials", fix);
    }
    let path = node.optional_string("path");
    let table = node.has("credentials").then(|| node.table("credentials", "`credentials`", ""));
    let credentials = table.flatten().and_then(credentials);
    match engine {
        Some(Engine::Sqlite) => {
            match &path {
                Some(path) => absolute(node.reader, &node, "path", path),
                None => node.missing("path", "write the file's path from / on"),
            }
            if node.has("credentials") {
                node.note("credentials", "a file of SQLite needs no credentials", "remove them");
            }
        }
        Some(_) if path.is_some() => {
            node.note("path", "only SQLite is read from a file", "remove `path`");
        }
        _ => {}
    }
    node.finish();
    Some(Database { id: id?, engine: engine?, credentials, path })
}

fn credentials(node: Node<'_, '_>) -> Option<Credentials> {
    let file = node.string("file", "name the product's own configuration file, from / on");
    if let Some(file) = &file {
        absolute(node.reader, &node, "file", file);
    }
    let formats = [
        ("env", Format::Env),
        ("ini", Format::Ini),
        ("json", Format::Json),
        ("toml", Format::Toml),
    ];
    let format = node.word("format", &formats);
    if !node.has("format") {
        node.missing("format", "write `format = \"env\"`, \"ini\", \"json\" or \"toml\"");
    }
    let tree = matches!(format, Some(Format::Json | Format::Toml));
    let place = |key| {
        let found = node.optional_string(key);
        if tree && found.as_ref().is_some_and(|pointer| !pointer.starts_with('/')) {
            let fix = "write it with `/` before each step, as in `\"/database/user\"` (RFC 6901)";
            node.note(key, "this is no JSON pointer", fix);
        }
        found
    };
    let (host, port, socket) = (place("host"), place("port"), place("socket"));
    let (database, user, password) = (place("database"), place("user"), place("password"));
    if user.is_none() {
        node.missing("user", "write under which name the file keeps the user");
    }
    node.finish();
    Some(Credentials { file: file?, format: format?, host, port, socket, database, user, password })
}

fn absolute(reader: &Reader<'_>, node: &Node<'_, '_>, key: &str, path: &str) {
    if !path.starts_with('/') || path.split('/').any(|piece| piece == "..") {
        let fix = "write it from / on, without `..`";
        reader.note(&node.place(key), "the path is not absolute", fix);
    }
}

/// Reads one `[[known]]`.
pub(super) fn known(node: Node<'_, '_>) -> Option<Known> {
    let what = node.text("what", "say in words what the values are: they are shown to nobody");
    let fix = "say where the values are read, as in \
               `source = { sql = \"SELECT hostname FROM devices\", database = \"main\" }`";
    let table = node.table("source", "`source`", fix);
    let source = table.and_then(|table| read_source::source(table, true));
    if matches!(source, Some(Source::System { .. })) {
        let fix = "leave it out: names, addresses and serial numbers of the machine itself are \
                   always removed";
        node.note("source", "the machine itself needs no list of known values", fix);
    }
    node.finish();
    Some(Known { what: what?, source: source? })
}
