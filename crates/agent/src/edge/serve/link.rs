//! Asks the running service for a link to its page, over the socket in the state folder.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::SOCKET;
use crate::trouble::Trouble;

/// Bytes of the service's answer: a link has under 200.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;

/// Seconds that the service may take: it makes a few random bytes.
const ANSWER_SECONDS_MAX: u64 = 10;

const REQUEST: &[u8] = b"POST /api/link HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

/// A new one-time link from the service of this state folder.
///
/// # Errors
/// If no service runs there, or it serves no page, or this user may not ask it.
pub fn new_link(folder: &Path) -> Result<String, Trouble> {
    let failed = |error: std::io::Error| {
        let happened = format!("{}: {error}", folder.join(SOCKET).display());
        let to_do = match error.kind() {
            std::io::ErrorKind::PermissionDenied => "run it as the user who owns that folder",
            _ => {
                "start it with candor-agent run --page 127.0.0.1:7417, and ask again; or see the \
                 page for as long as a command runs: candor-agent page --here"
            }
        };
        Trouble::new("no service answers here.", happened, "everything as it was", to_do)
    };
    let answer = ask(&folder.join(SOCKET)).map_err(failed)?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    text("link").ok_or_else(|| {
        let happened = text("what_happened").unwrap_or_else(|| "it gave no link".to_owned());
        let to_do = text("what_to_do").unwrap_or_else(|| "start the service anew".to_owned());
        Trouble::new("there is no link.", happened, "everything as it was", to_do)
    })
}

fn ask(path: &Path) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(path)?;
    let time = Some(Duration::from_secs(ANSWER_SECONDS_MAX));
    stream.set_read_timeout(time)?;
    stream.set_write_timeout(time)?;
    stream.write_all(REQUEST)?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    Ok(answer)
}
