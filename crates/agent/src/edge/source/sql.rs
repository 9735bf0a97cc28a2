//! Databases: one session for each, which can only read; one query at a time; limits on all of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use contract::id::DatabaseId;
use contract::manifest::{Database, Engine};
use contract::sql::Query;
use serde_json::Value;

use crate::gather::{Rows, SqlError};
use crate::limits::{KNOWN_SECONDS_MAX, QUERY_BYTES_MAX, SOURCE_VALUES_MAX};

mod credentials;
mod cursor;
mod mysql;
mod postgres;
mod sqlite;
mod wire;

/// The values of one row.
type Cells<'r> = Vec<Option<&'r [u8]>>;

/// Takes a row; an error ends the query.
type Each<'e> = dyn FnMut(&Cells<'_>) -> Result<(), SqlError> + 'e;

/// The databases of a manifest, opened when they are asked.
pub(super) struct Databases {
    declared: Vec<Database>,
    operator: Option<PathBuf>,
    time_max: Duration,
    sessions: RefCell<BTreeMap<DatabaseId, Result<Session, SqlError>>>,
}

enum Session {
    Mysql(mysql::Session),
    Postgres(postgres::Session),
    Sqlite(sqlite::Session),
}

impl std::fmt::Debug for Databases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Databases(..)")
    }
}

impl Databases {
    pub(super) fn new(
        declared: &[Database],
        operator: Option<PathBuf>,
        time_max: Duration,
    ) -> Self {
        Self { declared: declared.to_vec(), operator, time_max, sessions: RefCell::default() }
    }

    /// The result of a query, of two columns at most.
    pub(super) fn rows(
        &self,
        database: &DatabaseId,
        query: &Query,
        time: Duration,
    ) -> Result<Rows, SqlError> {
        let mut result = Rows::default();
        let mut bytes = 0;
        self.query(database, query, time, &mut |cells| {
            result.columns = cells.len();
            let (first, second) = match cells.as_slice() {
                [first] => (*first, None),
                [first, second] => (*first, *second),
                _ => return Err(SqlError::Columns),
            };
            bytes += first.map_or(0, <[u8]>::len) + second.map_or(0, <[u8]>::len);
            if result.rows.len() >= SOURCE_VALUES_MAX {
                return Err(SqlError::Rows);
            }
            if bytes > QUERY_BYTES_MAX {
                return Err(SqlError::Bytes);
            }
            result.rows.push((text(first)?, text(second)?));
            Ok(())
        })?;
        // A result without rows says nothing of its columns; one is as good as two.
        result.columns = result.columns.max(1);
        Ok(result)
    }

    /// The result of a query of any number of columns: a list of rows, which are lists of texts.
    pub(super) fn table(
        &self,
        database: &DatabaseId,
        query: &Query,
        time: Duration,
    ) -> Result<Value, SqlError> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        self.query(database, query, time, &mut |cells| {
            bytes += cells.iter().flatten().map(|cell| cell.len()).sum::<usize>();
            if rows.len() >= SOURCE_VALUES_MAX {
                return Err(SqlError::Rows);
            }
            if bytes > QUERY_BYTES_MAX {
                return Err(SqlError::Bytes);
            }
            let texts =
                cells.iter().map(|cell| Ok(text(*cell)?.map_or(Value::Null, Value::String)));
            rows.push(Value::Array(texts.collect::<Result<_, SqlError>>()?));
            Ok(())
        })?;
        Ok(Value::Array(rows))
    }

    /// Lets every value of a query's rows pass by, however many there are.
    pub(super) fn values(
        &self,
        database: &DatabaseId,
        query: &Query,
        tell: &mut dyn FnMut(&str),
    ) -> Result<(), SqlError> {
        let time = Duration::from_secs(KNOWN_SECONDS_MAX);
        self.query(database, query, time, &mut |cells| {
            for cell in cells.iter().flatten() {
                // What is no text here cannot stand in a text either.
                tell(&String::from_utf8_lossy(cell));
            }
            Ok(())
        })
    }

    fn query(
        &self,
        database: &DatabaseId,
        query: &Query,
        time: Duration,
        each: &mut Each<'_>,
    ) -> Result<(), SqlError> {
        let mut sessions = self.sessions.borrow_mut();
        let session = match sessions.remove(database) {
            Some(session) => session,
            None => self.open(database),
        };
        let mut session = match session {
            Ok(session) => session,
            // A database that could not be opened is not tried again for every question.
            Err(error) => {
                sessions.insert(database.clone(), Err(error));
                return Err(error);
            }
        };
        let asked = match &mut session {
            Session::Mysql(session) => session.query(query.as_str(), time, each),
            Session::Postgres(session) => session.query(query.as_str(), time, each),
            Session::Sqlite(session) => session.query(query.as_str(), time, each),
        };
        match asked {
            Ok(()) | Err(SqlError::NotThere | SqlError::Denied | SqlError::Refused) => {
                sessions.insert(database.clone(), Ok(session));
            }
            Err(SqlError::Gone | SqlError::Protocol) => {
                sessions.insert(database.clone(), Err(SqlError::Gone));
            }
            // A result that was not read to its end: the next question opens a session anew.
            Err(_) => drop(session),
        }
        asked
    }

    fn open(&self, id: &DatabaseId) -> Result<Session, SqlError> {
        let declared = self.declared.iter().find(|database| database.id == *id);
        let declared = declared.ok_or(SqlError::NotDeclared)?;
        let login = credentials::login(declared, self.operator.as_deref())?;
        let time = self.time_max;
        match declared.engine {
            Engine::Mysql => mysql::Session::open(&login, time).map(Session::Mysql),
            Engine::Postgresql => postgres::Session::open(&login, time).map(Session::Postgres),
            Engine::Sqlite => {
                let path = login.path.ok_or(SqlError::NoCredentials)?;
                sqlite::Session::open(&path).map(Session::Sqlite)
            }
        }
    }
}

fn text(cell: Option<&[u8]>) -> Result<Option<String>, SqlError> {
    let read = |cell| std::str::from_utf8(cell).map(str::to_owned).map_err(|_| SqlError::Utf8);
    cell.map(read).transpose()
}
