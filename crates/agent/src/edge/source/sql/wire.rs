//! A connection to a server on this machine: every byte is waited for until a deadline.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::super::now;
use super::credentials::Login;
use crate::gather::SqlError;
use crate::limits::CONNECT_SECONDS_MAX;

/// A connection.
pub(super) struct Wire {
    stream: Stream,
    deadline: Instant,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 32 * 1024;

impl Wire {
    /// Connects to the socket of a login, else to its port on this machine; `sockets` are the usual
    /// places, which "localhost" means.
    pub(super) fn connect(login: &Login, sockets: &[String], port: u16) -> Result<Self, SqlError> {
        let time = Duration::from_secs(CONNECT_SECONDS_MAX);
        let host = login.host.trim();
        let stream = if let Some(socket) = &login.socket {
            unix(Path::new(socket))?
        } else if host.starts_with('/') {
            // PostgreSQL calls the folder of its socket a host.
            unix(&Path::new(host).join(format!(".s.PGSQL.{port}")))?
        } else if let (true, Some(found)) =
            (is_localhost(host), sockets.iter().find(|path| Path::new(path).exists()))
        {
            unix(Path::new(found))?
        } else {
            let address = loopback(host).ok_or(SqlError::NotLocal)?;
            let stream = TcpStream::connect_timeout(&SocketAddr::new(address, port), time);
            Stream::Tcp(stream.map_err(|_| SqlError::NoConnection)?)
        };
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Ok(Self { stream, deadline: now() + time, buffer, start: 0, end: 0 })
    }

    pub(super) fn is_unix(&self) -> bool {
        matches!(self.stream, Stream::Unix(_))
    }

    /// From here on, everything until this much later.
    pub(super) fn allow(&mut self, time: Duration) {
        self.deadline = now() + time;
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), SqlError> {
        let left = self.left()?;
        let sent = match &mut self.stream {
            Stream::Unix(stream) => {
                stream.set_write_timeout(Some(left)).and_then(|()| stream.write_all(bytes))
            }
            Stream::Tcp(stream) => {
                stream.set_write_timeout(Some(left)).and_then(|()| stream.write_all(bytes))
            }
        };
        sent.map_err(|error| failed(error.kind()))
    }

    /// The next so many bytes.
    pub(super) fn take(&mut self, length: usize) -> Result<Vec<u8>, SqlError> {
        let mut bytes = Vec::with_capacity(length.min(BUFFER_BYTES));
        while bytes.len() < length {
            if self.start == self.end {
                self.fill()?;
            }
            let end = self.end.min(self.start + (length - bytes.len()));
            bytes.extend_from_slice(self.buffer.get(self.start..end).unwrap_or_default());
            self.start = end;
        }
        // A server that sends drop by drop is asked for its time here as well.
        self.left().map(|_| bytes)
    }

    fn fill(&mut self) -> Result<(), SqlError> {
        let left = self.left()?;
        let read = match &mut self.stream {
            Stream::Unix(stream) => {
                stream.set_read_timeout(Some(left)).and_then(|()| stream.read(&mut self.buffer))
            }
            Stream::Tcp(stream) => {
                stream.set_read_timeout(Some(left)).and_then(|()| stream.read(&mut self.buffer))
            }
        };
        match read {
            Ok(0) => Err(SqlError::Gone),
            Ok(length) => {
                (self.start, self.end) = (0, length);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(failed(error.kind())),
        }
    }

    fn left(&self) -> Result<Duration, SqlError> {
        let left = self.deadline.saturating_duration_since(now());
        if left.is_zero() { Err(SqlError::TooSlow) } else { Ok(left) }
    }
}

fn failed(kind: ErrorKind) -> SqlError {
    match kind {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => SqlError::TooSlow,
        _ => SqlError::Gone,
    }
}

/// Connects without waiting: a server whose queue is full is as good as none.
fn unix(path: &Path) -> Result<Stream, SqlError> {
    let connect = || -> rustix::io::Result<UnixStream> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket =
            rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
        Ok(UnixStream::from(socket))
    };
    let stream = connect().map_err(|_| SqlError::NoConnection)?;
    stream.set_nonblocking(false).map_err(|_| SqlError::NoConnection)?;
    Ok(Stream::Unix(stream))
}

fn is_localhost(host: &str) -> bool {
    host.is_empty() || host.eq_ignore_ascii_case("localhost")
}

/// The address of this machine that a host means; no name is looked up.
fn loopback(host: &str) -> Option<IpAddr> {
    if is_localhost(host) {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    host.parse::<IpAddr>().ok().filter(IpAddr::is_loopback)
}
