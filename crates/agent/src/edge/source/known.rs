//! Lists of known values: what a manifest names so that it can be removed from samples. Values pass
//! by one at a time; nothing of them is kept.

use std::time::Duration;

use contract::answer::Fact;
use contract::manifest::{Amount, Known, Source};

use super::OsSources;
use crate::extract::Document;
use crate::gather::{ReadError, ReadSource as _, format_of};
use crate::limits::{COMMAND_SECONDS_MAX, HTTP_SECONDS_MAX};

/// Lets every value of a manifest's lists (`manifest.known`) pass by.
///
/// # Errors
/// If a list could not be read to its end: then nobody knows what to remove, and no sample may
/// leave. The sentence names the list and nothing of it.
pub fn known_values(
    lists: &[Known],
    sources: &OsSources,
    tell: &mut dyn FnMut(&str),
) -> Result<(), String> {
    for known in lists {
        read(known, sources, tell).map_err(|why| {
            let source = known.source.in_words();
            format!("what must be removed from samples could not be read: {source} {why}")
        })?;
    }
    Ok(())
}

fn read(known: &Known, sources: &OsSources, tell: &mut dyn FnMut(&str)) -> Result<(), String> {
    let bytes = match &known.source {
        Source::Sql { query, database } => {
            return sources
                .databases
                .values(database, query, tell)
                .map_err(|error| error.to_string());
        }
        Source::File { path, .. } => sources.file(path),
        Source::Command { argv, .. } => {
            sources.command(argv, Duration::from_secs(COMMAND_SECONDS_MAX))
        }
        Source::Http { url, .. } => sources.http(url, Duration::from_secs(HTTP_SECONDS_MAX)),
        _ => Err(ReadError::NotKnown),
    };
    let bytes = bytes.map_err(|error| error.to_string())?;
    let Some((format, take)) = format_of(&known.source) else { return Ok(()) };
    // Every one of them, whatever else is said.
    let mut take = take.clone();
    take.amount = Amount::All;
    let document = Document::parse(&bytes, format).map_err(|error| error.to_string())?;
    match document.take(&take, &|| true).map_err(|error| error.to_string())? {
        Fact::Text(text) => tell(&text),
        Fact::List(list) => list.iter().for_each(|value| tell(value)),
        Fact::Numbers(numbers) => numbers.keys().for_each(|value| tell(value)),
        Fact::Number(number) => tell(&number.to_string()),
        Fact::Flag(_) | Fact::Each(_) => {}
    }
    Ok(())
}
