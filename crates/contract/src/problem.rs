//! What is wrong with something a person wrote: every problem at once, each with what to do.

use std::fmt;

/// One problem, where it is, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Line and column, both from 1, when the text is at hand.
    pub position: Option<(usize, usize)>,
    /// What is wrong, as a sentence without its full stop.
    pub what: String,
    /// What to do, as a sentence without its full stop.
    pub fix: String,
}

/// At least one problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `Ok` when the list is empty; sorted by position otherwise.
    ///
    /// # Errors
    /// When there is at least one problem.
    pub fn none_or(mut problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        problems.dedup();
        Err(Self(problems))
    }

    /// A single problem.
    pub fn one(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self(vec![Problem { position: None, what: what.into(), fix: fix.into() }])
    }

    /// The problems, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.position {
            write!(f, "{line}:{column}: ")?;
        }
        write!(f, "{}; {}", self.what, self.fix)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
