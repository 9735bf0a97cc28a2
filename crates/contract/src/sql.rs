//! Queries: one SELECT that can only read, written so that every database reads it alike.
//!
//! A query is shown to operators and put to a database in a session that cannot write. These rules
//! come before both: they refuse what a reader could not follow, what acts, waits or leaves the
//! database, and what tells which machine this is. What is not known to be harmless is refused.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::QUERY_BYTES_MAX;

mod grants;
mod lint;
mod token;
mod words;

pub use grants::{Reads, gives, reads};

#[cfg(test)]
mod tests;

/// One SELECT statement that kept every rule, on one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Query(String);

/// A rule that a query breaks, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRule {
    /// What is wrong, as a sentence without its full stop.
    pub what: String,
    /// What to do, as a sentence without its full stop.
    pub fix: String,
}

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoQuery(pub Vec<BrokenRule>);

impl std::error::Error for NoQuery {}

impl fmt::Display for NoQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<_> = self.0.iter().map(|rule| rule.what.as_str()).collect();
        f.write_str(&rules.join("; "))
    }
}

impl Query {
    /// Reads a query. Line breaks and rows of spaces outside quotes become one space.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, NoQuery> {
        if text.len() > QUERY_BYTES_MAX {
            let what = format!("the query has {} bytes", text.len());
            let fix =
                format!("keep it under {QUERY_BYTES_MAX}: an operator must be able to read it");
            return Err(NoQuery(vec![BrokenRule { what, fix }]));
        }
        let tokens = token::tokens(text).map_err(|rule| NoQuery(vec![rule]))?;
        let broken = lint::broken(&tokens);
        if broken.is_empty() { Ok(Self(token::on_one_line(text))) } else { Err(NoQuery(broken)) }
    }

    /// The statement.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Query {
    type Error = NoQuery;
    fn try_from(text: String) -> Result<Self, NoQuery> {
        Self::parse(&text)
    }
}

impl From<Query> for String {
    fn from(query: Query) -> Self {
        query.0
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
