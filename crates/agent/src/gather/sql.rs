//! Results of queries: why there is none, and what fact a result is for a kind of question.

use std::collections::BTreeMap;

use contract::answer::Fact;
use contract::kind::Kind;

use crate::extract::number;
use crate::limits::{QUERY_BYTES_MAX, QUERY_CELL_BYTES_MAX, QUERY_SECONDS_MAX, SOURCE_VALUES_MAX};

/// Why a database gave nothing, as it completes "the database `x` …". It names rules, and nothing
/// of what a server said: its messages repeat names, values and users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The manifest does not declare it.
    #[error("is not declared")]
    NotDeclared,
    /// Neither the manifest nor the operator says how to reach it.
    #[error("has no credentials: name a file of them with --credentials")]
    NoCredentials,
    /// The file of credentials cannot be read, or does not say who the user is.
    #[error("has a file of credentials that cannot be read by this user, or that does not fit")]
    BadCredentials,
    /// Everybody could read the operator's file.
    #[error("has credentials in a file that others may read: take their rights away (chmod 600)")]
    OpenCredentials,
    /// Only a connection that does not leave the machine is opened.
    #[error("is on another machine: only one on this machine is asked")]
    NotLocal,
    /// Nobody listens.
    #[error("does not answer")]
    NoConnection,
    /// Wrong user or password.
    #[error("refuses the user or the password")]
    Login,
    /// A way to log in that this program does not know.
    #[error("asks for a way to log in that is not known here: use its Unix socket, or a password")]
    LoginMethod,
    /// The server has no database of that name.
    #[error("is not there under the name that its credentials give")]
    NoDatabase,
    /// What was read is no answer of such a server.
    #[error("does not speak as its kind of database does")]
    Protocol,
    /// The session could not be made one that only reads.
    #[error("gives no session that can only read")]
    NotReadOnly,
    /// The user may not read this.
    #[error("does not let this user read what the query names: see candor-agent manifest grants")]
    Denied,
    /// An older or newer product.
    #[error("has no such table, column or function: the program may be older or newer")]
    NotThere,
    /// The product holds what is to be read.
    #[error("is held by the program that uses it")]
    Busy,
    /// It was stopped.
    #[error("took longer than {QUERY_SECONDS_MAX} s and was stopped")]
    TooSlow,
    /// The server ended, or ended the connection.
    #[error("closed the connection")]
    Gone,
    /// There is more than the limit.
    #[error("gives more than {SOURCE_VALUES_MAX} rows")]
    Rows,
    /// There is more than the limit.
    #[error("gives more than {QUERY_BYTES_MAX} bytes")]
    Bytes,
    /// One value is longer than the limit.
    #[error("gives a value of more than {QUERY_CELL_BYTES_MAX} bytes")]
    Cell,
    /// Half a text is another text.
    #[error("does not give valid UTF-8")]
    Utf8,
    /// Too many columns, or two where the question needs one.
    #[error("gives another number of columns than the question needs")]
    Columns,
    /// Several rows where the question has one answer.
    #[error("gives several rows where one is needed")]
    Several,
    /// No row, or nothing in it.
    #[error("gives nothing")]
    Nothing,
    /// Text or a negative number where a number of things is needed.
    #[error("gives no number from zero up where one is needed")]
    Number,
    /// Any other error of the server.
    #[error("refused the query")]
    Refused,
}

/// The rows of a result, of two columns at most. `Debug` shows nothing of them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// How many columns each row has: one or two.
    pub columns: usize,
    /// The rows; where there is one column, the second value is `None`.
    pub rows: Vec<(Option<String>, Option<String>)>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rows({})", self.rows.len())
    }
}

/// The fact that a result is for this kind of question.
///
/// # Errors
/// If the result has another shape.
pub(super) fn fact(kind: &Kind, result: &Rows) -> Result<Fact, SqlError> {
    match (kind, result.columns) {
        (Kind::Counts { .. } | Kind::Flow { .. } | Kind::Sample { .. }, 2) => numbers(kind, result),
        (
            Kind::Counts { .. } | Kind::Flow { .. } | Kind::Sample { .. } | Kind::Set { .. },
            columns,
        ) => match columns {
            1 => Ok(list(kind, result)),
            _ => Err(SqlError::Columns),
        },
        (_, 1) => match result.rows.as_slice() {
            [] | [(None, _)] => Err(SqlError::Nothing),
            [(Some(value), _)] => Ok(Fact::Text(value.clone())),
            _ => Err(SqlError::Several),
        },
        _ => Err(SqlError::Columns),
    }
}

/// A value that is not there is `other` where things are counted, and nothing elsewhere.
fn named<'r>(kind: &Kind, name: Option<&'r String>) -> Option<&'r str> {
    let nothing = matches!(kind, Kind::Counts { .. } | Kind::Flow { .. }).then_some("");
    name.map(String::as_str).or(nothing)
}

fn list(kind: &Kind, result: &Rows) -> Fact {
    let values = result.rows.iter().filter_map(|(name, _)| named(kind, name.as_ref()));
    Fact::List(values.map(str::to_owned).collect())
}

fn numbers(kind: &Kind, result: &Rows) -> Result<Fact, SqlError> {
    let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
    for (name, amount) in &result.rows {
        let Some(name) = named(kind, name.as_ref()) else { continue };
        // The sum of no rows is nothing at all.
        let amount = amount.as_deref().unwrap_or("0");
        let amount = number(amount, 1).ok_or(SqlError::Number)?;
        let sum = numbers.entry(name.to_owned()).or_default();
        *sum = sum.saturating_add(amount);
    }
    Ok(Fact::Numbers(numbers))
}
