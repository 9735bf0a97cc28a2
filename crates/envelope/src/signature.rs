//! Ed25519 signatures as hexadecimal text, and why something could not be signed.

use crate::hex::hex_text;

/// An Ed25519 signature (RFC 8032).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);

hex_text!(Signature);

/// Why something was not signed: what was signed nevertheless would be believed by nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key was certified for another purpose.
    #[error("the key is certified for another purpose")]
    Purpose,
    /// The key was certified for another program.
    #[error("the key is certified for another program")]
    Program,
    /// The key is not valid on that day.
    #[error("the key is not valid on that day: have the root sign one that is")]
    Day,
    /// A batch is empty or has more than [`crate::limits::BATCH_LEAVES_MAX`] statements.
    #[error("a batch has 1 to {} statements", crate::limits::BATCH_LEAVES_MAX)]
    Leaves,
}
