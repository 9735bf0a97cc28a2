//! Reads what a draft of a manifest is made from: a JSON document, or the result of a query.

use std::path::Path;
use std::time::Duration;

use contract::manifest::Manifest;
use contract::sql::Query;
use serde_json::Value;

use super::files;
use super::source::{Limits, OsSources};
use crate::cli::Common;
use crate::command::Output;
use crate::drafting;
use crate::gather::ReadSource as _;
use crate::limits::{QUERY_SECONDS_MAX, SOURCE_FILE_BYTES_MAX};
use crate::trouble::Trouble;

/// Drafts questions. A query is put to the first database of the manifest.
///
/// # Errors
/// If there is nothing to read, or it cannot be read.
pub fn draft(
    json: Option<&Path>,
    sql: Option<&str>,
    manifest: Option<&Manifest>,
    common: &Common,
) -> Result<Output, Trouble> {
    if let Some(path) = json {
        let text = files::read_text(path, "the document", SOURCE_FILE_BYTES_MAX)?;
        let document: Value =
            serde_json::from_str(&text).map_err(|_| trouble("the document is no JSON"))?;
        return Ok(Output::text(drafting::from_json(&document, &path.display().to_string())));
    }
    let query = Query::parse(sql.unwrap_or_default()).map_err(|no| trouble(&no.to_string()))?;
    let none = "the manifest declares no database";
    let database = manifest.and_then(|manifest| manifest.databases.first());
    let database = database.ok_or_else(|| trouble(none))?;
    let sources = OsSources::new(Limits::default())
        .with_databases(std::slice::from_ref(database), common.credentials.as_deref());
    let time = Duration::from_secs(QUERY_SECONDS_MAX);
    let rows = sources.sql(&database.id, &query, time);
    let rows = rows.map_err(|error| trouble(&format!("the database {error}")))?;
    let several = rows.columns > 1 || rows.rows.len() > 1;
    let names = rows.rows.iter().filter(|_| several).filter_map(|(name, _)| name.clone());
    let names: Vec<String> = names.take(contract::limits::CHOICES_MAX).collect();
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    let first = rows.rows.first().and_then(|(first, _)| first.as_deref());
    Ok(Output::text(drafting::from_sql(query.as_str(), &names, first.is_some_and(is_number))))
}

fn trouble(why: &str) -> Trouble {
    Trouble::new(
        "no draft was made.",
        why.to_owned(),
        "everything as it was; nothing was written",
        "name a document with --json-file, or a query with --sql and a manifest with a database",
    )
}
