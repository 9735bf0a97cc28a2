//! SQLite: a file that another program writes. It is opened to be read only, and never for long.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::super::now;
use super::{Cells, Each};
use crate::gather::SqlError;
use crate::limits::{QUERY_CELL_BYTES_MAX, SQLITE_SECONDS_MAX};

/// Steps of the engine between two looks at the clock: about a tenth of a millisecond.
const STEPS: i32 = 2_000;

/// An open file.
pub(super) struct Session {
    connection: Connection,
}

impl Session {
    /// Opens the file.
    pub(super) fn open(path: &str) -> Result<Self, SqlError> {
        // A pipe would be waited for.
        let found = std::fs::metadata(Path::new(path)).map_err(|_| SqlError::NoConnection)?;
        if !found.is_file() {
            return Err(SqlError::Protocol);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(Duration::from_millis(500))?;
            // What the file itself brings along (views, triggers) is believed less than the query.
            connection.execute_batch("PRAGMA query_only = 1; PRAGMA trusted_schema = 0")?;
            connection.set_limit(
                rusqlite::limits::Limit::SQLITE_LIMIT_LENGTH,
                i32::try_from(QUERY_CELL_BYTES_MAX).unwrap_or(i32::MAX),
            )?;
            Ok(connection)
        };
        open().map(|connection| Self { connection }).map_err(|error| refused(&error))
    }

    /// Puts a query and lets its rows pass by.
    pub(super) fn query(
        &mut self,
        query: &str,
        time: Duration,
        each: &mut Each<'_>,
    ) -> Result<(), SqlError> {
        let deadline = now() + time.min(Duration::from_secs(SQLITE_SECONDS_MAX));
        let is_over = move || now() >= deadline;
        self.connection.progress_handler(STEPS, Some(is_over)).map_err(|error| refused(&error))?;
        let mut statement = self.connection.prepare(query).map_err(|error| refused(&error))?;
        if !statement.readonly() {
            return Err(SqlError::NotReadOnly);
        }
        let columns = statement.column_count();
        let mut rows = statement.query([]).map_err(|error| refused(&error))?;
        while let Some(row) = rows.next().map_err(|error| refused(&error))? {
            let mut texts: Vec<Option<Vec<u8>>> = Vec::new();
            for column in 0..columns {
                let value = row.get_ref(column).map_err(|error| refused(&error))?;
                texts.push(match value {
                    ValueRef::Null => None,
                    ValueRef::Integer(number) => Some(number.to_string().into_bytes()),
                    ValueRef::Real(number) => Some(number.to_string().into_bytes()),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes.to_vec()),
                });
            }
            each(&texts.iter().map(Option::as_deref).collect::<Cells<'_>>())?;
        }
        Ok(())
    }
}

/// What an error means, by its code; of its message only the rule by which SQLite words a name
/// that is not there.
fn refused(error: &rusqlite::Error) -> SqlError {
    let message = match error {
        rusqlite::Error::SqliteFailure(_, message) => message.as_deref().unwrap_or_default(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.as_str(),
        _ => "",
    };
    if ["no such table", "no such column", "no such function"]
        .iter()
        .any(|rule| message.starts_with(rule))
    {
        return SqlError::NotThere;
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => SqlError::Busy,
        Some(ErrorCode::OperationInterrupted) => SqlError::TooSlow,
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            SqlError::Denied
        }
        Some(ErrorCode::CannotOpen) => SqlError::NoConnection,
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => SqlError::Protocol,
        Some(ErrorCode::ReadOnly) => SqlError::NotReadOnly,
        Some(ErrorCode::TooBig) => SqlError::Cell,
        _ => SqlError::Refused,
    }
}
