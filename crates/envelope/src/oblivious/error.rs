//! What can go wrong with a capsule, one small list per thing that was attempted.

/// Why a request or an answer was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// It is larger than the largest class.
    #[error("a sealed message has at most {bytes_max} bytes with its head")]
    TooLarge {
        /// The largest class.
        bytes_max: usize,
    },
    /// It is no HTTP message.
    #[error("the message is not HTTP")]
    Message(#[source] MessageError),
    /// The gateway's public key is of no use.
    #[error("nothing can be sealed to the gateway's key")]
    Key,
}

/// Why an answer, or a capsule of one's own, was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is too short to be one.
    #[error("the sealed bytes are cut off")]
    Truncated,
    /// It was sealed with another key, or changed on its way.
    #[error("the sealed bytes were made with another key, or changed")]
    Sealed,
    /// What was inside is no HTTP message.
    #[error("what was sealed is not HTTP")]
    Message(#[source] MessageError),
}

/// Why a gateway refuses a capsule.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It is too short or too long to be one.
    #[error("the capsule is cut off, or longer than one can be")]
    Length,
    /// It names a key that the gateway does not have, or no longer.
    #[error("the capsule was sealed to a key that is not in use")]
    Key,
    /// It was sealed to another key of that name, or changed on its way.
    #[error("the capsule cannot be opened")]
    Sealed,
    /// What was inside is no HTTP message.
    #[error("what the capsule holds is not HTTP")]
    Message(#[source] MessageError),
}

impl GatewayError {
    /// Whether the sender is to fetch the keys anew and seal again: the problem type
    /// [`super::KEY_PROBLEM`] (RFC 9458 section 5.3). A capsule that does not open is among them,
    /// for names of keys come round again.
    pub fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::Key | Self::Sealed)
    }
}

/// Why bytes are no Binary HTTP message, or a message cannot be written as one. None carries a
/// piece of it.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The bytes are not in the form of RFC 9292.
    #[error("the bytes are no Binary HTTP message (RFC 9292)")]
    Form,
    /// It is a request where an answer belongs, or the reverse.
    #[error("a request stands where an answer belongs, or the reverse")]
    Direction,
    /// A status is none.
    #[error("a status is a number from 200 to 599")]
    Status,
    /// A method, an authority, a path or a header has other characters than HTTP allows.
    #[error("a method, path or header has characters that HTTP does not allow")]
    Characters,
    /// There are too many headers.
    #[error("a message has at most {} header fields", super::limits::FIELDS_MAX)]
    Fields,
    /// What stands behind the message is not padding.
    #[error("bytes other than zero stand behind the message")]
    Padding,
}

/// Why a list of key configurations cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// The bytes are no list in the form of RFC 9458 section 3.
    #[error("the bytes are no list of key configurations (RFC 9458)")]
    Form,
    /// There are too many.
    #[error("a list has at most {} key configurations", super::limits::CONFIGURATIONS_MAX)]
    Many,
    /// None is of the wanted kind.
    #[error("no key configuration is of the kind that is wanted here")]
    NoneUsable,
}
