//! PostgreSQL: its protocol as far as one session needs it that logs in and reads.
//!
//! <https://www.postgresql.org/docs/current/protocol.html> describes it. Queries are simple ones:
//! one statement, results as text, row by row.

use std::time::Duration;

use envelope::login::Scram;

use super::credentials::Login;
use super::cursor::Cursor;
use super::wire::Wire;
use super::{Cells, Each};
use crate::edge::random::OsRandom;
use crate::gather::SqlError;
use crate::limits::{CONNECT_SECONDS_MAX, QUERY_CELL_BYTES_MAX};
use crate::ports::Random as _;

/// Bytes of a message: one row of two values, or of a few known ones.
const MESSAGE_BYTES_MAX: usize = 4 * QUERY_CELL_BYTES_MAX;

/// A session that can only read.
pub(super) struct Session {
    wire: Wire,
    limit: Duration,
}

impl Session {
    /// Logs in and makes the session one that only reads, one statement at a time.
    pub(super) fn open(login: &Login, time_max: Duration) -> Result<Self, SqlError> {
        let port = login.port.unwrap_or(5432);
        let sockets = ["/run/postgresql", "/var/run/postgresql", "/tmp"];
        let sockets = sockets.map(|folder| format!("{folder}/.s.PGSQL.{port}"));
        let mut session = Self { wire: Wire::connect(login, &sockets, port)?, limit: time_max };
        session.wire.allow(Duration::from_secs(CONNECT_SECONDS_MAX));
        session.log_in(login, time_max)?;
        // One process, and no compiler, for what is read beside the product's own work.
        for setting in ["max_parallel_workers_per_gather = 0", "jit = off"] {
            let _ = session.put(&format!("SET {setting}"), &mut |_| Ok(()));
        }
        Ok(session)
    }

    /// Puts a query and lets its rows pass by.
    pub(super) fn query(
        &mut self,
        query: &str,
        time: Duration,
        each: &mut Each<'_>,
    ) -> Result<(), SqlError> {
        self.wire.allow(time);
        if self.limit != time {
            self.limit = time;
            // The server itself stops what takes longer.
            self.put(&format!("SET statement_timeout = {}", time.as_millis()), &mut |_| Ok(()))?;
        }
        self.put(query, each)
    }

    fn put(&mut self, query: &str, each: &mut Each<'_>) -> Result<(), SqlError> {
        self.send(b'Q', &[query.as_bytes(), &[0]].concat())?;
        let mut outcome = Ok(());
        loop {
            let (kind, body) = self.message()?;
            match kind {
                b'D' => each(&cells(&body)?)?,
                b'E' => outcome = Err(refused(&body)),
                b'Z' => return outcome,
                b'T' | b'C' | b'I' | b'S' | b'N' => {}
                // The server wishes to copy: no such query is accepted.
                _ => return Err(SqlError::Protocol),
            }
        }
    }

    fn log_in(&mut self, login: &Login, time_max: Duration) -> Result<(), SqlError> {
        let options = format!(
            "-c default_transaction_read_only=on -c statement_timeout={} -c lock_timeout=2000",
            time_max.as_millis()
        );
        let mut hello = 196_608_u32.to_be_bytes().to_vec();
        for text in [
            "user",
            &login.user,
            "database",
            &login.database,
            "client_encoding",
            "UTF8",
            "application_name",
            "candor",
            "options",
            &options,
        ] {
            hello.extend(text.bytes().chain([0]));
        }
        hello.push(0);
        let length = u32::try_from(hello.len() + 4).unwrap_or(u32::MAX).to_be_bytes();
        self.wire.send(&[&length, hello.as_slice()].concat())?;
        let mut scram = Scram::new(&nonce());
        let mut is_proven = true;
        loop {
            let (kind, body) = self.message()?;
            match kind {
                b'R' => is_proven = self.prove(login, &mut scram, &body, is_proven)?,
                b'E' => return Err(refused(&body)),
                b'Z' if is_proven => return Ok(()),
                b'S' | b'K' | b'N' => {}
                _ => return Err(SqlError::Protocol),
            }
        }
    }

    /// Answers a question about the password; says whether the server owes no proof of its own.
    fn prove(
        &mut self,
        login: &Login,
        scram: &mut Scram,
        body: &[u8],
        is_proven: bool,
    ) -> Result<bool, SqlError> {
        let mut cursor = Cursor::new(body);
        let method = cursor.long().ok_or(SqlError::Protocol)?;
        let said = String::from_utf8_lossy(cursor.rest());
        match method {
            0 => Ok(is_proven),
            // The password itself, to a server on this machine.
            3 => {
                self.send(b'p', &[login.password.as_bytes(), &[0]].concat())?;
                Ok(true)
            }
            10 if said.split('\0').any(|name| name == "SCRAM-SHA-256") => {
                let first = scram.first();
                let length = u32::try_from(first.len()).unwrap_or(u32::MAX).to_be_bytes();
                self.send(b'p', &[b"SCRAM-SHA-256\0", &length[..], first.as_bytes()].concat())?;
                Ok(false)
            }
            11 => {
                let last = scram.last(&login.password, &said).ok_or(SqlError::Protocol)?;
                self.send(b'p', last.as_bytes())?;
                Ok(false)
            }
            12 if scram.is_proven(&said) => Ok(true),
            12 => Err(SqlError::Protocol),
            _ => Err(SqlError::LoginMethod),
        }
    }

    fn send(&mut self, kind: u8, body: &[u8]) -> Result<(), SqlError> {
        let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes();
        let message = zeroize::Zeroizing::new([&[kind], &length[..], body].concat());
        self.wire.send(&message)
    }

    fn message(&mut self) -> Result<(u8, Vec<u8>), SqlError> {
        let head = self.wire.take(5)?;
        let mut cursor = Cursor::new(&head);
        let kind = cursor.byte().ok_or(SqlError::Protocol)?;
        let length = cursor.long().and_then(|length| usize::try_from(length).ok());
        let length = length.and_then(|length| length.checked_sub(4)).ok_or(SqlError::Protocol)?;
        if length > MESSAGE_BYTES_MAX {
            return Err(SqlError::Cell);
        }
        Ok((kind, self.wire.take(length)?))
    }
}

/// Letters that no login had before.
fn nonce() -> String {
    let mut bytes = [0; 18];
    OsRandom.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn cells(row: &[u8]) -> Result<Cells<'_>, SqlError> {
    let mut cursor = Cursor::new(row);
    let mut cells = Cells::new();
    for _ in 0..cursor.short().ok_or(SqlError::Protocol)? {
        let length = cursor.long().ok_or(SqlError::Protocol)?;
        cells.push(match usize::try_from(length) {
            Ok(length) => Some(cursor.take(length).ok_or(SqlError::Protocol)?),
            Err(_) => None,
        });
    }
    Ok(cells)
}

/// What an error means, by its code alone: its message may repeat anything.
fn refused(body: &[u8]) -> SqlError {
    let code = body.split(|byte| *byte == 0).find_map(|field| field.strip_prefix(b"C"));
    match code.unwrap_or_default() {
        b"28000" | b"28P01" => SqlError::Login,
        b"3D000" => SqlError::NoDatabase,
        b"42501" => SqlError::Denied,
        b"42P01" | b"42703" | b"42883" | b"3F000" => SqlError::NotThere,
        b"57014" | b"55P03" => SqlError::TooSlow,
        b"57P01" | b"57P02" | b"57P03" | b"53300" => SqlError::Gone,
        b"" => SqlError::Protocol,
        _ => SqlError::Refused,
    }
}
