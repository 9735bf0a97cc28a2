//! The vendor's keys: an offline root, and dated keys that it certifies for one purpose each.

mod certificate;
mod dated;

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use jiff::civil::Date;
use rand_core::CryptoRng;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

pub use self::certificate::{KeyCertificate, KeyError, KeyPurpose, VerifiedKey};
pub use self::dated::DatedKey;
use crate::hex::{self, HexError};
use crate::signature::Signature;

const PUBLIC: &str = "ed25519:";
const PRIVATE: &str = "candor-root-key-v1:";

/// Why a text is not a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The text does not begin as a key of this kind does.
    #[error("the text does not begin with `{0}`")]
    Prefix(&'static str),
    /// The digits of the key are not well formed.
    #[error("the key is not written in hexadecimal digits")]
    Hex(#[source] HexError),
    /// The bytes are no point of the curve, or one with which anything would verify.
    #[error("the bytes are no usable Ed25519 public key")]
    Point,
    /// The file is not the JSON of a dated key.
    #[error("the file is not the JSON of a dated key")]
    Json,
    /// The private half does not belong to the certificate.
    #[error("the private half does not belong to the certificate")]
    Pair,
}

/// An Ed25519 public key that can be used; its text is 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The public half of a private one (RFC 8032 section 5.1.5).
    pub fn of_private(private: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(private).verifying_key())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyFileError> {
        match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(key)),
            _ => Err(KeyFileError::Point),
        }
    }

    /// Strict: one message, one key and one signature, with no other that also passes.
    pub(crate) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = KeyFileError;

    fn from_str(text: &str) -> Result<Self, KeyFileError> {
        Self::from_bytes(&hex::decode(text).map_err(KeyFileError::Hex)?)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hex::serialize(self.as_bytes(), serializer)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_bytes(&hex::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A root's public key as a manifest pins it: `ed25519:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RootPublic(PublicKey);

impl RootPublic {
    /// The same key, written as machines are told one.
    pub(crate) fn of(key: PublicKey) -> Self {
        Self(key)
    }

    /// The key without its prefix.
    pub fn public(&self) -> PublicKey {
        self.0
    }
}

impl fmt::Display for RootPublic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PUBLIC}{}", self.0)
    }
}

impl FromStr for RootPublic {
    type Err = KeyFileError;

    fn from_str(text: &str) -> Result<Self, KeyFileError> {
        let digits = text.strip_prefix(PUBLIC).ok_or(KeyFileError::Prefix(PUBLIC))?;
        digits.parse().map(Self)
    }
}

impl Serialize for RootPublic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RootPublic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The vendor's root: kept offline, pinned in the manifest, signs nothing but certificates.
pub struct RootKey(SigningKey);

impl RootKey {
    /// A new root.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        Self(generate(random))
    }

    /// The public half, for the manifest.
    pub fn public(&self) -> RootPublic {
        RootPublic(PublicKey(self.0.verifying_key()))
    }

    /// The text of the key's file, in one line.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        to_line(PRIVATE, &self.0)
    }

    /// Reads the text of a key's file.
    ///
    /// # Errors
    /// If the text is not what [`RootKey::to_file_text`] writes.
    pub fn from_file_text(text: &str) -> Result<Self, KeyFileError> {
        from_line(PRIVATE, text).map(Self)
    }

    /// Certifies a public key for one purpose, one program, and the days from first to last, both
    /// included. The private half need never come near the root.
    pub fn certify(
        &self,
        purpose: KeyPurpose,
        program: &str,
        public: PublicKey,
        days: (Date, Date),
    ) -> KeyCertificate {
        KeyCertificate::signed(purpose, program, public, days, |message| sign(&self.0, message))
    }

    /// Makes a dated key and certifies it at once.
    pub fn issue(
        &self,
        random: &mut impl CryptoRng,
        purpose: KeyPurpose,
        program: &str,
        days: (Date, Date),
    ) -> DatedKey {
        let signing = generate(random);
        let public = PublicKey(signing.verifying_key());
        DatedKey::paired(signing, self.certify(purpose, program, public, days))
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RootKey(..)")
    }
}

pub(crate) fn generate(random: &mut impl CryptoRng) -> SigningKey {
    let mut private = Zeroizing::new([0; 32]);
    random.fill_bytes(private.as_mut());
    SigningKey::from_bytes(&private)
}

/// A private key as the one line of its file, behind what says of which kind it is.
pub(crate) fn to_line(kind: &'static str, key: &SigningKey) -> Zeroizing<String> {
    // Room for everything at once: a text that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(kind.len() + 65));
    text.push_str(kind);
    hex::push(&mut text, key.as_bytes());
    text.push('\n');
    text
}

/// Reads such a line of this kind.
pub(crate) fn from_line(kind: &'static str, text: &str) -> Result<SigningKey, KeyFileError> {
    let digits = text.trim_end().strip_prefix(kind).ok_or(KeyFileError::Prefix(kind))?;
    let private = Zeroizing::new(hex::decode(digits).map_err(KeyFileError::Hex)?);
    Ok(SigningKey::from_bytes(&private))
}

pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> Signature {
    Signature(key.sign(message).to_bytes())
}
