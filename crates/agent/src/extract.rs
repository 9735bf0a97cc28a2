//! From the bytes that a source gave to a fact: formats, pointers and patterns.
//!
//! Bytes come from outside and may be anything. Whatever they are, this ends in time that is
//! bounded by the limits, and an error names the rule that was broken and nothing of the bytes.

use contract::answer::Fact;
use contract::manifest::{Format, Take};

mod env;
mod ini;
pub(crate) mod system;
mod text;
mod tree;
pub(crate) mod virtualization;

pub(crate) use text::number;

#[cfg(test)]
mod tests;

/// What a source gave, parsed as its format says. Its `Debug` shows nothing of it.
pub enum Document {
    /// Text.
    Text(String),
    /// JSON or TOML.
    Tree(serde_json::Value),
    /// The values of an INI file by section and key, or of a `.env` by name, in their order.
    Ini(Vec<(String, String)>),
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Document(..)")
    }
}

/// Whether there is time left to search. It is asked between two matches.
pub type GoOn<'a> = &'a dyn Fn() -> bool;

/// Why no fact can be taken from what a source gave, as it completes "the file `/x` …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// Half a text is another text: replacing what cannot be read would make new values.
    #[error("does not give valid UTF-8")]
    Utf8,
    /// Not valid, or nested too deeply.
    #[error("does not give valid JSON")]
    Json,
    /// Not valid, or nested too deeply.
    #[error("does not give valid TOML")]
    Toml,
    /// There is nothing where the pointer leads, or nothing but null.
    #[error("has nothing where the pointer leads")]
    Pointer,
    /// What is there has another shape than a fact can have.
    #[error("has something where the pointer leads that is no value, list or table of numbers")]
    Shape,
    /// Nothing matches.
    #[error("gives nothing that the pattern finds")]
    Pattern,
    /// The pattern does not compile within its limit.
    #[error("is read with a pattern that cannot be used")]
    BadPattern,
    /// Text that should be a number to be multiplied, or a number below zero.
    #[error("gives no number from zero up where one is needed")]
    Number,
    /// The pattern looks far ahead again and again.
    #[error("took too long to search")]
    TooSlow,
    /// More values than the limit.
    #[error("gives more than {} values", crate::limits::SOURCE_VALUES_MAX)]
    Values,
}

impl Document {
    /// Parses what a source gave.
    ///
    /// # Errors
    /// If it is not valid UTF-8, or not what its format asks for.
    pub fn parse(bytes: &[u8], format: Format) -> Result<Self, ExtractError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ExtractError::Utf8)?;
        // Some editors begin a file with it; it is no part of the text.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match format {
            Format::Text => Ok(Self::Text(text.to_owned())),
            Format::Json => {
                serde_json::from_str(text).map(Self::Tree).map_err(|_| ExtractError::Json)
            }
            Format::Toml => tree::from_toml(text).map(Self::Tree).ok_or(ExtractError::Toml),
            Format::Ini => Ok(Self::Ini(ini::parse(text))),
            Format::Env => Ok(Self::Ini(env::parse(text))),
        }
    }

    /// Takes a fact from each record that a pointer leads to, as long as `go_on` says so: `None`
    /// where a record has none.
    ///
    /// # Errors
    /// If the pointer leads to nothing, or the time was over.
    pub fn take_each(
        &self,
        records: &Take,
        value: &Take,
        go_on: GoOn<'_>,
    ) -> Result<Fact, ExtractError> {
        let Self::Tree(root) = self else { return Err(ExtractError::Shape) };
        let found = tree::each(root, records.pointer.as_deref().unwrap_or_default())?;
        let pointer = value.pointer.as_deref().unwrap_or_default();
        let of_one = |record| tree::at(record, pointer, value, go_on).ok();
        let each = found.into_iter().take_while(|_| go_on()).map(of_one).collect();
        if go_on() { Ok(Fact::Each(each)) } else { Err(ExtractError::TooSlow) }
    }

    /// Takes a fact from it, as long as `go_on` says so.
    ///
    /// # Errors
    /// If there is nothing to take, it has another shape, or the time was over.
    pub fn take(&self, take: &Take, go_on: GoOn<'_>) -> Result<Fact, ExtractError> {
        let pointer = take.pointer.as_deref().unwrap_or_default();
        let fact = match self {
            Self::Text(text) => text::take(text, take, go_on),
            Self::Tree(root) => tree::at(root, pointer, take, go_on),
            Self::Ini(entries) => text::take_some(ini::values(entries, pointer), take, go_on),
        };
        if go_on() { fact } else { Err(ExtractError::TooSlow) }
    }
}
