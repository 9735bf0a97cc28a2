//! The house rules, each a function from the texts of the repository to its offences.
//!
//! `tests/tidy.rs` runs them on this repository; the tests beside each rule show that it can fail.

use std::fmt;
use std::path::Path;

use crate::code;

pub mod crates;
pub mod documents;
pub mod purity;
pub mod shape;
pub mod trials;
pub mod words;

/// One text file of the repository.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where it lies, from the root of the repository, with `/` between folders.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl Source {
    /// Whether it is Rust.
    pub fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    /// Whether its name ends in a dot and this.
    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// Whether it holds tests alone, so that rules about what ships do not concern it.
    pub fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// The numbered lines of the text, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The same file with comments and strings blanked: see [`code::only`].
    #[must_use]
    pub fn code(&self) -> Self {
        Self { path: self.path.clone(), text: code::only(&self.text) }
    }

    fn offence(&self, line: usize, what: impl Into<String>) -> Offence {
        Offence { path: self.path.clone(), line, what: what.into() }
    }
}

/// Where a rule is broken, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offence {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to do instead.
    pub what: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}
