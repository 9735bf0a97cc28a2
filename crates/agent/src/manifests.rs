//! `candor-agent manifest …`: what follows from a manifest alone.

use std::fmt::Write as _;

use contract::manifest::{Channel, Database, Engine, Manifest, Source};
use contract::sql::{Query, reads};
use contract::{dictionary, statement};
use serde_json::json;

use crate::command::Output;
use crate::words::number;

/// Every problem of a manifest, or what it asks.
pub fn check(path: &str, text: &str, as_json: bool) -> Output {
    match Manifest::parse(text) {
        Ok(manifest) => {
            let questions: usize =
                manifest.channels.iter().map(|channel| channel.fields().count()).sum();
            let out = if as_json {
                json!({"valid": true, "hash": manifest.hash(), "problems": []}).to_string() + "\n"
            } else {
                let questions = number(questions, "question");
                let channels = number(manifest.channels.len(), "channel");
                let hash = manifest.hash().short();
                format!("{path} is in order: {questions} in {channels}, manifest {hash}.\n")
            };
            Output { out: out.into_bytes(), ..Output::default() }
        }
        Err(problems) => {
            if as_json {
                let list: Vec<_> = problems
                    .iter()
                    .map(|problem| {
                        let (line, column) = problem.position.unzip();
                        let (what, fix) = (&problem.what, &problem.fix);
                        json!({"line": line, "column": column, "what": what, "fix": fix})
                    })
                    .collect();
                let out = format!("{:#}\n", json!({"valid": false, "problems": list}));
                return Output { out: out.into_bytes(), code: 1, ..Output::default() };
            }
            let mut note = String::new();
            for problem in problems.iter() {
                let _ = writeln!(note, "{path}:{problem}");
            }
            let count = number(problems.iter().count(), "problem");
            let _ = writeln!(
                note,
                "
{count}. The manifest cannot be used until they are mended."
            );
            Output { note, code: 1, ..Output::default() }
        }
    }
}

/// The data statement, as Markdown or as a page.
pub fn statement(manifest: &Manifest, html: bool) -> Output {
    let render = if html { statement::html } else { statement::markdown };
    Output::text(render(manifest))
}

/// The JSON Schema of every part.
pub fn schema(manifest: &Manifest) -> Output {
    Output::text(contract::schema::file(manifest))
}

/// The data dictionary, as Markdown or JSON.
pub fn dictionary(manifest: &Manifest, as_json: bool) -> Output {
    let render = if as_json { dictionary::json } else { dictionary::markdown };
    Output::text(render(manifest))
}

/// What changed between two manifests, and what operators will be asked again.
pub fn diff(old: &Manifest, new: &Manifest, as_json: bool) -> Output {
    let diff = contract::diff::diff(old, new);
    if as_json {
        let value = json!({
            "summary": diff.summary(),
            "asks": diff.asks(),
            "words": diff.in_words().lines().collect::<Vec<_>>(),
        });
        return Output::json(&value);
    }
    Output::text(diff.in_words())
}

/// The rights that the manifest's queries need, as statements for each database.
pub fn grants(manifest: &Manifest) -> Output {
    if manifest.databases.is_empty() {
        let note = "The manifest asks no database: no rights are needed.\n".to_owned();
        return Output { note, ..Output::default() };
    }
    Output::text(
        manifest.databases.iter().map(|database| granted(manifest, database)).collect::<String>(),
    )
}

fn granted(manifest: &Manifest, database: &Database) -> String {
    let (id, title) = (&database.id, database.engine.title());
    let fields = manifest.channels.iter().flat_map(Channel::fields);
    let sources = fields.map(|field| &field.source).chain(manifest.known.iter().map(|k| &k.source));
    let queries = sources.filter_map(|source| match source.read() {
        Source::Sql { query, database } if database == id => Some(query),
        _ => None,
    });
    let queries: Vec<&Query> = queries.collect();
    let (user, quote, make) = match database.engine {
        Engine::Mysql => {
            ("candor@localhost", '`', "CREATE USER candor@localhost IDENTIFIED BY '…'")
        }
        Engine::Postgresql => ("candor", '"', "CREATE ROLE candor LOGIN PASSWORD '…'"),
        Engine::Sqlite => {
            return format!(
                "-- {id} ({title}) has no users: candor-agent must be able to read its file.\n"
            );
        }
    };
    let mut out = format!(
        "-- {id} ({title}): what the manifest's queries read, and nothing else. Carry this out in\n\
         -- the product's database, after {make};\n",
    );
    for (table, columns) in reads(queries.into_iter()) {
        let columns = columns.map(|columns| {
            let quoted: Vec<_> =
                columns.iter().map(|name| format!("{quote}{name}{quote}")).collect();
            format!(" ({})", quoted.join(", "))
        });
        let columns = columns.unwrap_or_default();
        let _ = writeln!(out, "GRANT SELECT{columns} ON {quote}{table}{quote} TO {user};");
    }
    out
}
