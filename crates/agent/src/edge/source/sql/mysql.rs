//! MySQL and MariaDB: their protocol as far as one session needs it that logs in and reads.
//!
//! <https://mariadb.com/kb/en/clientserver-protocol/> describes it. Results come as text, row by
//! row; a session is dropped rather than read to the end of what nobody wants.

use std::time::Duration;

use envelope::login;

use super::credentials::Login;
use super::cursor::Cursor;
use super::wire::Wire;
use super::{Cells, Each};
use crate::gather::SqlError;
use crate::limits::{CONNECT_SECONDS_MAX, QUERY_CELL_BYTES_MAX};

/// Where distributions put the socket that "localhost" means.
const SOCKETS: [&str; 4] = [
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",
];

// What this client can do, as the server is told: long passwords and flags, a database at login,
// the protocol since 4.1, transactions, secure logins, and methods of login by name.
const CAPABILITIES: u32 = 0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x8_0000;

/// `utf8mb4_general_ci`.
const CHARSET: u8 = 45;

/// Bytes of a packet: one row of two values, or of a few known ones.
const PACKET_BYTES_MAX: usize = 4 * QUERY_CELL_BYTES_MAX;

/// Columns of a result, none of which is longer than the limit of a value.
const COLUMNS_MAX: u64 = 64;

/// A session that can only read.
pub(super) struct Session {
    wire: Wire,
    sequence: u8,
    limit: Duration,
}

impl Session {
    /// Logs in and makes the session one that only reads, one statement at a time.
    pub(super) fn open(login: &Login, time_max: Duration) -> Result<Self, SqlError> {
        let port = login.port.unwrap_or(3306);
        let wire = Wire::connect(login, &SOCKETS.map(str::to_owned), port)?;
        let mut session = Self { wire, sequence: 0, limit: Duration::ZERO };
        session.log_in(login)?;
        session.set("TRANSACTION READ ONLY").map_err(|_| SqlError::NotReadOnly)?;
        // Quotation marks and backslashes then mean what they meant to the rules of a query.
        session.set("sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'")?;
        session.limit(time_max);
        // Nobody waits for a table that is being altered.
        let _ = session.set("lock_wait_timeout = 2");
        // MySQL 8 would count with several threads.
        let _ = session.set("innodb_parallel_read_threads = 1");
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
        self.limit(time);
        self.command(query)?;
        let first = self.packet()?;
        let columns = match first.first() {
            Some(0xff) => return Err(refused(&first)),
            // A server may answer with the wish to read a file of ours.
            None | Some(0x00 | 0xfb) => return Err(SqlError::Protocol),
            Some(_) => Cursor::new(&first).length().ok_or(SqlError::Protocol)?,
        };
        if columns > COLUMNS_MAX {
            return Err(SqlError::Columns);
        }
        for _ in 0..columns {
            self.packet()?;
        }
        self.packet()?;
        loop {
            let row = self.packet()?;
            match row.first() {
                Some(0xfe) if row.len() < 9 => return Ok(()),
                Some(0xff) => return Err(refused(&row)),
                _ => each(&cells(&row, columns)?)?,
            }
        }
    }

    /// The server itself stops what takes longer. MariaDB knows the first setting, MySQL the
    /// second; where neither is known the connection ends.
    fn limit(&mut self, time: Duration) {
        if self.limit == time {
            return;
        }
        self.limit = time;
        if self.set(&format!("max_statement_time = {}", time.as_secs_f32())).is_err() {
            let _ = self.set(&format!("max_execution_time = {}", time.as_millis()));
        }
    }

    fn set(&mut self, setting: &str) -> Result<(), SqlError> {
        self.command(&format!("SET SESSION {setting}"))?;
        let answer = self.packet()?;
        if answer.first() == Some(&0x00) { Ok(()) } else { Err(refused(&answer)) }
    }

    fn log_in(&mut self, login: &Login) -> Result<(), SqlError> {
        self.wire.allow(Duration::from_secs(CONNECT_SECONDS_MAX));
        let greeting = self.packet()?;
        if greeting.first() == Some(&0xff) {
            return Err(refused(&greeting));
        }
        let (mut method, mut nonce) = greeted(&greeting).ok_or(SqlError::Protocol)?;
        if proof(&method, login, &nonce).is_none() {
            // The server names another one if this is not the user's.
            "mysql_native_password".clone_into(&mut method);
        }
        let answer = proof(&method, login, &nonce).unwrap_or_default();
        let hello = hello(login, &method, &answer);
        self.send(&hello)?;
        loop {
            let packet = self.packet()?;
            match (packet.first(), packet.get(1)) {
                (Some(0x00), _) => return Ok(()),
                (Some(0xff), _) => return Err(refused(&packet)),
                (Some(0xfe), _) => {
                    let mut cursor = Cursor::new(packet.get(1..).unwrap_or_default());
                    method = cursor.text().ok_or(SqlError::LoginMethod)?;
                    nonce = without_zero(cursor.rest());
                    let answer = proof(&method, login, &nonce).ok_or(SqlError::LoginMethod)?;
                    self.send(&answer)?;
                }
                // The server knows this proof already, or wants the password itself once more,
                // which crosses nothing but a socket of this machine.
                (Some(0x01), Some(0x03)) => {}
                (Some(0x01), Some(0x04)) if self.wire.is_unix() => {
                    self.send(&[login.password.as_bytes(), &[0]].concat())?;
                }
                (Some(0x01), _) => return Err(SqlError::LoginMethod),
                _ => return Err(SqlError::Protocol),
            }
        }
    }

    fn command(&mut self, text: &str) -> Result<(), SqlError> {
        self.sequence = 0;
        self.send(&[&[0x03], text.as_bytes()].concat())
    }

    fn send(&mut self, body: &[u8]) -> Result<(), SqlError> {
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
        let [low, middle, high, _] = length;
        let packet = zeroize::Zeroizing::new([&[low, middle, high, self.sequence], body].concat());
        self.sequence = self.sequence.wrapping_add(1);
        self.wire.send(&packet)
    }

    fn packet(&mut self) -> Result<Vec<u8>, SqlError> {
        let head = self.wire.take(4)?;
        let [low, middle, high, sequence] = *head.as_slice() else {
            return Err(SqlError::Protocol);
        };
        self.sequence = sequence.wrapping_add(1);
        let length = u32::from_le_bytes([low, middle, high, 0]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > PACKET_BYTES_MAX { Err(SqlError::Cell) } else { self.wire.take(length) }
    }
}

/// The method and the nonce of a server's greeting.
fn greeted(packet: &[u8]) -> Option<(String, Vec<u8>)> {
    let mut cursor = Cursor::new(packet);
    let version = cursor.byte()?;
    let _server = cursor.text()?;
    let _connection = cursor.take(4)?;
    let mut nonce = cursor.take(8)?.to_vec();
    // A filler, capabilities, character set, status, more capabilities.
    cursor.take(1 + 2 + 1 + 2 + 2)?;
    let length = usize::from(cursor.byte()?);
    cursor.take(10)?;
    nonce.extend(without_zero(cursor.take(length.saturating_sub(8).max(13))?));
    let method = cursor.text().unwrap_or_else(|| "mysql_native_password".to_owned());
    (version == 10).then_some((method, nonce))
}

fn without_zero(nonce: &[u8]) -> Vec<u8> {
    nonce.strip_suffix(&[0]).unwrap_or(nonce).to_vec()
}

/// The proof that a method asks for; `None` where it is not known here.
fn proof(method: &str, login: &Login, nonce: &[u8]) -> Option<Vec<u8>> {
    let password = login.password.as_str();
    match method {
        // The server looks at who is at the other end of the socket.
        "auth_socket" | "unix_socket" => Some(Vec::new()),
        "mysql_native_password" | "caching_sha2_password" if password.is_empty() => {
            Some(Vec::new())
        }
        "mysql_native_password" => Some(login::mysql_native(password, nonce)),
        "caching_sha2_password" => Some(login::mysql_sha2(password, nonce)),
        _ => None,
    }
}

fn hello(login: &Login, method: &str, answer: &[u8]) -> Vec<u8> {
    let mut hello = CAPABILITIES.to_le_bytes().to_vec();
    hello.extend(u32::try_from(PACKET_BYTES_MAX).unwrap_or(u32::MAX).to_le_bytes());
    hello.push(CHARSET);
    hello.extend([0; 23]);
    hello.extend(login.user.bytes().chain([0]));
    hello.push(u8::try_from(answer.len()).unwrap_or(0));
    hello.extend(answer);
    hello.extend(login.database.bytes().chain([0]));
    hello.extend(method.bytes().chain([0]));
    hello
}

fn cells(row: &[u8], columns: u64) -> Result<Cells<'_>, SqlError> {
    let mut cursor = Cursor::new(row);
    let mut cells = Cells::new();
    for _ in 0..columns {
        if cursor.next_is(0xfb) {
            cells.push(None);
            continue;
        }
        let length = cursor.length().and_then(|length| usize::try_from(length).ok());
        let cell = length.and_then(|length| cursor.take(length)).ok_or(SqlError::Protocol)?;
        cells.push(Some(cell));
    }
    Ok(cells)
}

/// What an error means, by its number alone: its message may repeat anything.
fn refused(packet: &[u8]) -> SqlError {
    let mut cursor = Cursor::new(packet.get(1..).unwrap_or_default());
    let number = cursor.take(2).map(|two| two.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b)));
    match number {
        Some(1045 | 1698 | 1130 | 1251) => SqlError::Login,
        Some(1049) => SqlError::NoDatabase,
        Some(1044 | 1142 | 1143 | 1227 | 1356 | 1370) => SqlError::Denied,
        Some(1054 | 1146 | 1305 | 1630 | 4161) => SqlError::NotThere,
        Some(1205 | 1317 | 1969 | 3024) => SqlError::TooSlow,
        Some(1040 | 1053 | 1080 | 1927) => SqlError::Gone,
        Some(_) => SqlError::Refused,
        None => SqlError::Protocol,
    }
}
