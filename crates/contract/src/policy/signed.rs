//! A policy that travels: the same text under a first line that signs it, with a number that only
//! grows and a day on which it ends.

use envelope::policy::is_signed;
use envelope::{RootPublic, Signature};
use jiff::Timestamp;

use super::{POLICY_BYTES_MAX, PolicyError, PolicyFile};

/// What the first line begins with. It is a comment, so that the whole is readable TOML.
pub const SIGNED_BY: &str = "#candor-policy-signature ";

/// A policy whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPolicy {
    file: PolicyFile,
    number: u64,
    expires: Timestamp,
}

/// Why bytes are no policy of this fleet.
#[derive(Debug, thiserror::Error)]
pub enum SignedError {
    /// There is more than any policy has.
    #[error("it is larger than {POLICY_BYTES_MAX} bytes")]
    Length,
    /// The first line is no signature.
    #[error("it does not begin with the line of a signature")]
    Unsigned,
    /// The signature is another key's, or of another text.
    #[error("its signature is not that of the fleet's key")]
    Signature,
    /// The text makes no sense.
    #[error("it is signed and cannot be used")]
    Text(#[source] PolicyError),
    /// It has no number, or no end.
    #[error("it is signed and has no `{0}`")]
    Missing(&'static str),
}

impl SignedPolicy {
    /// Reads a signed policy, signature first: nothing of an unsigned text is looked at.
    ///
    /// # Errors
    /// Names the first thing that fails.
    pub fn open(bytes: &[u8], key: &RootPublic) -> Result<Self, SignedError> {
        if bytes.len() > POLICY_BYTES_MAX {
            return Err(SignedError::Length);
        }
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(SignedError::Unsigned)?;
        let (line, rest) = bytes.split_at_checked(end).ok_or(SignedError::Unsigned)?;
        let text = rest.get(1..).unwrap_or_default();
        let line = str::from_utf8(line).map_err(|_| SignedError::Unsigned)?;
        let digits = line.strip_prefix(SIGNED_BY).ok_or(SignedError::Unsigned)?;
        let signature: Signature = digits.parse().map_err(|_| SignedError::Unsigned)?;
        if !is_signed(key, text, &signature) {
            return Err(SignedError::Signature);
        }
        let form = |_| SignedError::Text(PolicyError::Form("it is not UTF-8".to_owned()));
        let file = PolicyFile::parse(str::from_utf8(text).map_err(form)?);
        let file = file.map_err(SignedError::Text)?;
        let number = file.number.ok_or(SignedError::Missing("number"))?;
        let expires = file.expires.ok_or(SignedError::Missing("expires"))?;
        Ok(Self { file, number, expires })
    }

    /// What it says.
    pub fn file(&self) -> &PolicyFile {
        &self.file
    }

    /// Its number: a policy with a smaller one is older.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The moment from which on it forbids everything.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }
}

/// The whole document of a text and its signature.
pub fn document(text: &str, signature: &Signature) -> String {
    format!("{SIGNED_BY}{signature}\n{text}")
}
