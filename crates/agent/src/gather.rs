//! Which sources are read for a set of fields: each once, one after the other, within a total time.
//!
//! A source that fails loses the fields that read it, and the report goes on. Why it failed is a
//! sentence that names the source and the reason; what a source gave is never in it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::time::Duration;

use contract::answer::Fact;
use contract::draft::Facts;
use contract::id::{DatabaseId, FieldId};
use contract::manifest::{Field, Format, Source, SystemFact, Take};
use contract::sql::Query;
use serde_json::Value;

use crate::extract::Document;
use crate::limits::{GATHER_SECONDS_MAX, SEARCH_SECONDS_MAX};
use crate::push::NotPushed;

mod sql;

pub use sql::{Rows, SqlError};

#[cfg(test)]
mod tests;

/// Reads what sources hold: the operating system, or a script in tests.
pub trait ReadSource {
    /// Reads a fact of the system.
    ///
    /// # Errors
    /// If the system does not say.
    fn system(&self, fact: SystemFact) -> Result<Fact, ReadError>;

    /// Runs a program with its arguments and gives what it printed. It takes no longer than this
    /// time, whatever the program does.
    ///
    /// # Errors
    /// If it could not be run, failed, or broke a limit.
    fn command(&self, argv: &[String], time_max: Duration) -> Result<Vec<u8>, ReadError>;

    /// Reads a file.
    ///
    /// # Errors
    /// If it could not be read, is no regular file, or is too long.
    fn file(&self, path: &str) -> Result<Vec<u8>, ReadError>;

    /// Puts a query to a database and gives its rows, in no more than this time.
    ///
    /// # Errors
    /// If the database cannot be asked, refuses, or gives more than the limits.
    fn sql(&self, database: &DatabaseId, query: &Query, time: Duration) -> Result<Rows, ReadError>;

    /// The same with any number of columns, as a list of rows that are lists of texts.
    ///
    /// # Errors
    /// As [`ReadSource::sql`].
    fn table(
        &self,
        database: &DatabaseId,
        query: &Query,
        time: Duration,
    ) -> Result<Value, ReadError>;

    /// Asks a program on this machine over HTTP, in no more than this time.
    ///
    /// # Errors
    /// If nobody answers, or otherwise than with 200 and a body within its limit.
    fn http(&self, url: &str, time: Duration) -> Result<Vec<u8>, ReadError>;

    /// What the program itself told for a question of this name.
    ///
    /// # Errors
    /// If that is nothing.
    fn pushed(&self, field: &FieldId) -> Result<Fact, ReadError>;

    /// Time since a moment of the reader's choice.
    fn elapsed(&self) -> Duration;
}

/// Why a source gave nothing, as it completes "the file `/x` …".
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It does not exist.
    #[error("is not there")]
    NotThere,
    /// The operating system refuses it to this user.
    #[error("is not open to the user that this program runs as")]
    Denied,
    /// A folder, a pipe, a socket or a device.
    #[error("is no regular file")]
    NotRegular,
    /// A relative path, which would mean something else in every folder.
    #[error("is not named by an absolute path")]
    NotAbsolute,
    /// There is more than its limit.
    #[error("gives more than {bytes_max} bytes")]
    TooLong {
        /// The limit.
        bytes_max: usize,
    },
    /// It was stopped.
    #[error("took longer than {} s and was stopped", time_max.as_secs_f32())]
    TooSlow {
        /// The limit.
        time_max: Duration,
    },
    /// The program says that it failed.
    #[error("failed with status {0}")]
    Status(i32),
    /// The program was ended by a signal.
    #[error("was ended by signal {0}")]
    Signal(i32),
    /// The system writes it in another form than the one known here.
    #[error("is not in a form that is known here")]
    Form,
    /// A database gave nothing.
    #[error("{0}")]
    Sql(#[from] SqlError),
    /// An address that is not this machine's.
    #[error("is not on this machine")]
    NotLocal,
    /// Nobody listens at the address.
    #[error("does not answer")]
    NoAnswer,
    /// What came was no HTTP, or was cut off.
    #[error("does not answer with HTTP")]
    NotHttp,
    /// A redirection, a refusal, an error.
    #[error("answers with status {0}")]
    HttpStatus(u16),
    /// The program tells by pushing, and told nothing.
    #[error("{0}")]
    Pushed(#[from] NotPushed),
    /// The contract knows it and this program does not.
    #[error("is not known to this version")]
    NotKnown,
    /// Anything else that the operating system says.
    #[error("could not be read")]
    Failed(#[source] io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotThere,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::IsADirectory => Self::NotRegular,
            _ => Self::Failed(error),
        }
    }
}

/// One thing to read. The order is the order of reading: what is quick comes first, so that a slow
/// command costs only the commands after it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reading<'a> {
    System(&'static str),
    File(&'a str),
    Http(&'a str),
    Sql(&'a DatabaseId, &'a Query),
    /// A query whose rows are records, of any number of columns.
    Table(&'a DatabaseId, &'a Query),
    Command(&'a [String]),
}

/// Reads the sources of these fields. Every field has an entry: its fact, or why there is none.
pub fn gather(fields: &[&Field], reader: &dyn ReadSource) -> Facts {
    let mut facts = Facts::new();
    let mut readings: BTreeMap<Reading<'_>, Vec<&Field>> = BTreeMap::new();
    for field in fields {
        if let Source::Push { .. } = field.source {
            let fact = reader.pushed(&field.id).or_else(|error| why(field, &error));
            facts.insert(field.id.clone(), fact);
            continue;
        }
        match reading(&field.source) {
            Some(reading) => readings.entry(reading).or_default().push(field),
            None => drop(facts.insert(field.id.clone(), why(field, &ReadError::NotKnown))),
        }
    }
    let began = reader.elapsed();
    let budget = Duration::from_secs(GATHER_SECONDS_MAX);
    for fields in readings.values() {
        let left = budget.saturating_sub(reader.elapsed().saturating_sub(began));
        read(fields, reader, left, &mut facts);
    }
    facts
}

fn reading(source: &Source) -> Option<Reading<'_>> {
    match source {
        Source::System { fact } => Some(Reading::System(fact.name())),
        Source::File { path, .. } => Some(Reading::File(path)),
        Source::Command { argv, .. } => Some(Reading::Command(argv)),
        Source::Http { url, .. } => Some(Reading::Http(url)),
        Source::Sql { query, database } => Some(Reading::Sql(database, query)),
        Source::Record { rows, .. } => match rows.as_ref() {
            Source::Sql { query, database } => Some(Reading::Table(database, query)),
            rows => reading(rows),
        },
        _ => None,
    }
}

/// Reads what all these fields read, and takes from it what each of them takes.
fn read(fields: &[&Field], reader: &dyn ReadSource, left: Duration, facts: &mut Facts) {
    let Some(first) = fields.first() else { return };
    if left.is_zero() {
        let late = format!("was not read: {GATHER_SECONDS_MAX} s for all sources were over");
        facts.extend(fields.iter().map(|field| (field.id.clone(), why(field, &late))));
        return;
    }
    if let Source::Record { rows, .. } = &first.source
        && let Source::Sql { query, database } = rows.as_ref()
    {
        return match reader.table(database, query, left) {
            Ok(rows) => take_each(fields, Read::Rows(rows), reader, facts),
            Err(error) => {
                facts.extend(fields.iter().map(|field| (field.id.clone(), why(field, &error))));
            }
        };
    }
    let bytes = match first.source.read() {
        Source::System { fact } => {
            for field in fields {
                let fact = reader.system(*fact).or_else(|error| why(field, &error));
                facts.insert(field.id.clone(), fact);
            }
            return;
        }
        Source::Sql { query, database } => {
            let rows = reader.sql(database, query, left);
            for field in fields {
                let fact = match &rows {
                    Ok(rows) => sql::fact(&field.kind, rows).or_else(|error| why(field, &error)),
                    Err(error) => why(field, error),
                };
                facts.insert(field.id.clone(), fact);
            }
            return;
        }
        Source::File { path, .. } => reader.file(path),
        Source::Http { url, .. } => reader.http(url, left),
        Source::Command { argv, .. } => reader.command(argv, left),
        _ => Err(ReadError::NotKnown),
    };
    match bytes {
        Ok(bytes) => take_each(fields, Read::Bytes(&bytes), reader, facts),
        Err(error) => {
            facts.extend(fields.iter().map(|field| (field.id.clone(), why(field, &error))));
        }
    }
}

/// What one reading gave.
enum Read<'b> {
    Bytes(&'b [u8]),
    /// The rows of a query, as JSON.
    Rows(Value),
}

/// Takes the fields' facts from the bytes, which are parsed once for each format, or from records
/// that are parsed already.
fn take_each(fields: &[&Field], read: Read<'_>, reader: &dyn ReadSource, facts: &mut Facts) {
    let began = reader.elapsed();
    let time_max = Duration::from_secs(SEARCH_SECONDS_MAX);
    let go_on = || reader.elapsed().saturating_sub(began) < time_max;
    let (bytes, mut documents) = match read {
        Read::Bytes(bytes) => (bytes, Vec::new()),
        Read::Rows(rows) => (&[][..], vec![(Format::Json, Ok(Document::Tree(rows)))]),
    };
    for field in fields {
        let Some((format, take)) = format_of(field.source.read()) else { continue };
        if documents.iter().all(|(known, _)| *known != format) {
            documents.push((format, Document::parse(bytes, format)));
        }
        let document = documents.iter().find(|(known, _)| *known == format);
        let fact = match (document, &field.source) {
            (Some((_, Ok(document))), Source::Record { value, .. }) => {
                document.take_each(take, value, &go_on).or_else(|error| why(field, &error))
            }
            (Some((_, Ok(document))), _) => {
                document.take(take, &go_on).or_else(|error| why(field, &error))
            }
            (Some((_, Err(error))), _) => why(field, error),
            (None, _) => why(field, &ReadError::NotKnown),
        };
        facts.insert(field.id.clone(), fact);
    }
}

/// Records at the root of a document: the rows of a query.
static WHOLE: Take = Take::WHOLE;

/// How the source's bytes are read. What a program prints or answers is JSON where a pointer leads
/// into it.
pub(crate) fn format_of(source: &Source) -> Option<(Format, &Take)> {
    match source {
        Source::File { format, take, .. } => Some((*format, take)),
        Source::Command { take, .. } | Source::Http { take, .. } => {
            let format = if take.pointer.is_some() { Format::Json } else { Format::Text };
            Some((format, take))
        }
        Source::Sql { .. } => Some((Format::Json, &WHOLE)),
        _ => None,
    }
}

fn why(field: &Field, reason: &impl Display) -> Result<Fact, String> {
    Err(format!("{} {reason}", field.source.in_words()))
}
