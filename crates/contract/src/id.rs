//! Identifiers, parsed at the door: who holds one knows that it is well formed.

use serde::{Deserialize, Serialize};

use crate::limits::{CHOICE_BYTES_MAX, ID_BYTES_MAX};

/// Why a text is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty or longer than [`ID_BYTES_MAX`] bytes.
    #[error("an identifier has 1 to {ID_BYTES_MAX} characters")]
    Length,
    /// The text has a character that an identifier may not have.
    #[error("an identifier has lower-case letters, digits, `_` and `-`, and begins with a letter")]
    Character,
    /// The text is no choice.
    #[error(
        "a choice has 1 to {CHOICE_BYTES_MAX} letters, digits, spaces and `._+/-`, \
         begins with a letter or digit, and ends with no space"
    )]
    Choice,
}

fn check_identifier(text: &str) -> Result<(), IdError> {
    if text.is_empty() || text.len() > ID_BYTES_MAX {
        return Err(IdError::Length);
    }
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'_' | b'-');
    let begins = text.bytes().next().is_some_and(|c| c.is_ascii_lowercase());
    if begins && text.bytes().all(allowed) { Ok(()) } else { Err(IdError::Character) }
}

fn check_choice(text: &str) -> Result<(), IdError> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b" ._+/-".contains(&c);
    let begins = text.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric());
    let fits = text.len() <= CHOICE_BYTES_MAX && !text.ends_with(' ');
    if begins && fits && text.bytes().all(allowed) { Ok(()) } else { Err(IdError::Choice) }
}

macro_rules! identifier {
    ($(#[$doc:meta] $name:ident by $check:ident;)*) => {$(
        #[$doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the identifier.
            ///
            /// # Errors
            /// Says which rule the text breaks.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                $check(text).map(|()| Self(text.to_owned()))
            }

            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                $check(&text).map(|()| Self(text))
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

identifier! {
    /// A vendor's product.
    ProgramId by check_identifier;
    /// One reason for data to leave, with its own decision.
    ChannelId by check_identifier;
    /// A named level of a channel.
    TierId by check_identifier;
    /// Fields that travel together.
    PartId by check_identifier;
    /// A question.
    FieldId by check_identifier;
    /// A declared use of answers.
    PurposeId by check_identifier;
    /// A database that queries are put to.
    DatabaseId by check_identifier;
    /// One entry of a field's closed list.
    Choice by check_choice;
}
