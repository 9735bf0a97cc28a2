//! Sources as the operating system has them: its own facts, other programs, files, databases, and
//! programs that answer over HTTP.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contract::answer::Fact;
use contract::id::{DatabaseId, FieldId};
use contract::manifest::{Database, SystemFact};
use contract::sql::Query;
use serde_json::Value;

use super::push::{PushedFile, hour};
use crate::gather::{ReadError, ReadSource, Rows};
use crate::limits::{
    COMMAND_BYTES_MAX, COMMAND_SECONDS_MAX, HTTP_BYTES_MAX, HTTP_SECONDS_MAX, QUERY_SECONDS_MAX,
    SOURCE_FILE_BYTES_MAX,
};
use crate::push::NotPushed;

mod command;
mod file;
mod http;
mod known;
mod sql;
mod system;

pub use known::known_values;

pub(super) use file::read as read_file;

/// The sources of this machine.
#[derive(Debug)]
pub struct OsSources {
    limits: Limits,
    root: PathBuf,
    databases: sql::Databases,
    pushed: Option<PushedFile>,
    began: Instant,
}

/// How much one source may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time of a command.
    pub command_time_max: Duration,
    /// Bytes that a command prints.
    pub command_bytes_max: usize,
    /// Bytes of a file.
    pub file_bytes_max: usize,
    /// Time of a query.
    pub query_time_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            command_time_max: Duration::from_secs(COMMAND_SECONDS_MAX),
            command_bytes_max: COMMAND_BYTES_MAX,
            file_bytes_max: SOURCE_FILE_BYTES_MAX,
            query_time_max: Duration::from_secs(QUERY_SECONDS_MAX),
        }
    }
}

impl OsSources {
    /// The sources of this machine.
    pub fn new(limits: Limits) -> Self {
        Self::with_root(limits, Path::new("/"))
    }

    /// The same, with the system's own files (`/etc/os-release`, `/proc`, `/sys`) below another
    /// folder: for tests that describe a machine.
    pub fn with_root(limits: Limits, root: &Path) -> Self {
        let databases = sql::Databases::new(&[], None, limits.query_time_max);
        Self { limits, root: root.to_owned(), databases, pushed: None, began: now() }
    }

    /// The same, with the databases of a manifest. `credentials` is the operator's own file, which
    /// goes before what the product's configuration says.
    #[must_use]
    pub fn with_databases(self, declared: &[Database], credentials: Option<&Path>) -> Self {
        let credentials = credentials.map(Path::to_owned);
        let databases = sql::Databases::new(declared, credentials, self.limits.query_time_max);
        Self { databases, ..self }
    }

    /// The same, with what the program pushed.
    #[must_use]
    pub fn with_pushed(self, pushed: Option<PushedFile>) -> Self {
        Self { pushed, ..self }
    }
}

impl Default for OsSources {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl ReadSource for OsSources {
    fn system(&self, fact: SystemFact) -> Result<Fact, ReadError> {
        system::read(&self.root, fact)
    }

    fn command(&self, argv: &[String], time_max: Duration) -> Result<Vec<u8>, ReadError> {
        command::run(
            argv,
            self.limits.command_bytes_max,
            self.limits.command_time_max.min(time_max),
        )
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        if !path.starts_with('/') {
            return Err(ReadError::NotAbsolute);
        }
        file::read(Path::new(path), self.limits.file_bytes_max)
    }

    fn sql(&self, database: &DatabaseId, query: &Query, time: Duration) -> Result<Rows, ReadError> {
        let time = time.min(self.limits.query_time_max);
        self.databases.rows(database, query, time).map_err(ReadError::Sql)
    }

    fn table(
        &self,
        database: &DatabaseId,
        query: &Query,
        time: Duration,
    ) -> Result<Value, ReadError> {
        let time = time.min(self.limits.query_time_max);
        self.databases.table(database, query, time).map_err(ReadError::Sql)
    }

    fn http(&self, url: &str, time: Duration) -> Result<Vec<u8>, ReadError> {
        let time = time.min(Duration::from_secs(HTTP_SECONDS_MAX));
        http::get(url, HTTP_BYTES_MAX, time)
    }

    fn pushed(&self, field: &FieldId) -> Result<Fact, ReadError> {
        let pushed = self.pushed.as_ref().ok_or(NotPushed)?;
        Ok(pushed.get()?.fact(field.as_str(), hour())?)
    }

    fn elapsed(&self) -> Duration {
        now().saturating_duration_since(self.began)
    }
}

#[expect(clippy::disallowed_methods, reason = "limits of time are measured here, at the edge")]
fn now() -> Instant {
    Instant::now()
}
