//! A person at a terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::ports::Person;

/// The person at this process's terminal, if there is one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal;

impl Terminal {
    /// Somebody who can read and answer: both ends must be a terminal.
    pub fn present() -> Option<Self> {
        (io::stdin().is_terminal() && io::stdout().is_terminal()).then_some(Self)
    }
}

impl Person for Terminal {
    fn tell(&self, text: &str) {
        let mut out = io::stdout().lock();
        // Somebody who closed the terminal reads nothing; there is nothing to do about it.
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    fn ask(&self, question: &str) -> Option<String> {
        let mut out = io::stdout().lock();
        write!(out, "{question} ").and_then(|()| out.flush()).ok()?;
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer).ok()?;
        (read > 0).then(|| answer.trim().to_lowercase())
    }
}
