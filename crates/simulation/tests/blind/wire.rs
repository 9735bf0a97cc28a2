//! Raw HTTP/1.1 over sockets, so that each byte on a line is the test's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

/// One message as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    pub(crate) first_line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn status(&self) -> u16 {
        self.first_line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Names of headers in lower case, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
        names.sort();
        names
    }
}

/// Reads one message with a known length; `None` when the other end has closed.
pub(crate) fn read(reader: &mut impl BufRead) -> Option<Message> {
    let mut message = Message { first_line: line(reader)?, ..Message::default() };
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        message.headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let length = message.header("content-length").map_or(0, |length| length.parse().unwrap());
    message.body = vec![0; length];
    reader.read_exact(&mut message.body).ok()?;
    Some(message)
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    match reader.read_line(&mut line) {
        Ok(length) if length > 0 => Some(line.trim_end().to_owned()),
        _ => None,
    }
}

pub(crate) fn open(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// A connection that comes from an address of the loopback network that nobody else has.
pub(crate) fn open_from(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddrV4::new(from, 0)).unwrap();
    connect(&socket, &to).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends a sealed request with some more headers, and reads the answer.
pub(crate) fn post(stream: &TcpStream, path: &str, more: &str, body: &[u8]) -> Option<Message> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: relay.example\r\nContent-Type: message/ohttp-req\r\n\
         Content-Length: {}\r\n{more}\r\n",
        body.len()
    );
    ask(stream, &[head.as_bytes(), body].concat())
}

pub(crate) fn get(to: SocketAddr, path: &str) -> Message {
    let request = format!("GET {path} HTTP/1.1\r\nHost: relay.example\r\n\r\n");
    ask(&open(to), request.as_bytes()).unwrap()
}

/// Writes bytes and reads one answer. That the other end has closed before all was written is its
/// right; what it said before is still there to read.
pub(crate) fn ask(mut stream: &TcpStream, bytes: &[u8]) -> Option<Message> {
    let _ = stream.write_all(bytes);
    read(&mut BufReader::new(stream))
}

/// What still comes until the other end closes.
pub(crate) fn rest(mut stream: &TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    rest
}
