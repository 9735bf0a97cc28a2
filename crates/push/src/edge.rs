//! The socket to the agent. It never waits, and whatever happens to it stays here.

use std::io::ErrorKind;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::line::{self, LINE_BYTES_MAX, Line, NUMBER_MAX};

/// The way to the agent of one program. Cheap to clone; all clones share one socket.
#[derive(Debug, Clone)]
pub struct Push {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// `None` where the path cannot be one, or the process has no file descriptor left.
    socket: Option<(UnixDatagram, SocketAddr)>,
    lost: AtomicU64,
}

/// A counter of one name. What the agent could not take is kept as a number until it can.
#[derive(Debug)]
pub struct Counter {
    push: Push,
    field: Box<str>,
    kept: AtomicU64,
}

/// Why a line was not handed over, for programs that want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// It is no line: the name, the number or the word is not as [`mod@line`] says.
    Line,
    /// Nobody listens: the agent does not run.
    Away,
    /// The agent's queue is full.
    Busy,
    /// The operating system does not let this user send there.
    Denied,
    /// Anything else.
    Failed,
}

impl std::fmt::Display for SendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Line => "it is not one line of a name, a number and a word",
            Self::Away => "no candor-agent listens there",
            Self::Busy => "candor-agent has not read what came before",
            Self::Denied => "this user may not write to candor-agent's socket",
            Self::Failed => "the operating system did not send it",
        })
    }
}

impl std::error::Error for SendError {}

impl Push {
    /// The way to the agent that listens at this path. It need not listen yet, nor ever.
    pub fn to(path: impl AsRef<Path>) -> Self {
        let opened = UnixDatagram::unbound().and_then(|socket| {
            socket.set_nonblocking(true)?;
            // The path is looked up at each sending: an agent that was restarted has another socket
            // under the same name.
            Ok((socket, SocketAddr::from_pathname(path)?))
        });
        Self { inner: Arc::new(Inner { socket: opened.ok(), lost: AtomicU64::new(0) }) }
    }

    /// A counter. Make it once and keep it.
    pub fn counter(&self, field: &str) -> Counter {
        Counter { push: self.clone(), field: field.into(), kept: AtomicU64::new(0) }
    }

    /// Tells of something that has a word: an entry of the question's list.
    pub fn event(&self, field: &str, number: u64, word: &str) {
        if self.send(&Line { field, number, word: Some(word) }).is_err() {
            self.inner.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Events that could not be handed over since this was made.
    pub fn lost(&self) -> u64 {
        self.inner.lost.load(Ordering::Relaxed)
    }

    /// Hands one line over, and says what became of it.
    ///
    /// # Errors
    /// If the agent did not get it. Nothing is kept.
    pub fn send(&self, line: &Line<'_>) -> Result<(), SendError> {
        let mut buffer = [0; LINE_BYTES_MAX];
        let bytes = line::write(line, &mut buffer).ok_or(SendError::Line)?;
        let (socket, address) = self.inner.socket.as_ref().ok_or(SendError::Failed)?;
        match socket.send_to_addr(bytes, address) {
            Ok(_) => Ok(()),
            Err(error) => Err(match error.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => SendError::Away,
                ErrorKind::WouldBlock => SendError::Busy,
                ErrorKind::PermissionDenied => SendError::Denied,
                _ => SendError::Failed,
            }),
        }
    }
}

impl Counter {
    /// Counts so many more.
    pub fn add(&self, number: u64) {
        let kept = self.kept.swap(0, Ordering::Relaxed);
        let number = kept.saturating_add(number).min(NUMBER_MAX);
        let line = Line { field: &self.field, number, word: None };
        match self.push.send(&line) {
            Ok(()) => {}
            // It will never be one: keeping its numbers would keep them for nothing.
            Err(SendError::Line) => {
                self.push.inner.lost.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {
                // Two threads that keep at once may pass the maximum, and no further than the
                // number of threads: the next call clips it.
                self.kept.fetch_add(number, Ordering::Relaxed);
            }
        }
    }

    /// What the agent could not take so far.
    pub fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }
}

impl Drop for Counter {
    /// One last try to hand over what is kept.
    fn drop(&mut self) {
        if self.kept() > 0 {
            self.add(0);
        }
    }
}
