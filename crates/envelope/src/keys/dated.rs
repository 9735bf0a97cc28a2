//! A dated key: the private half of what a root certified, and its file.

use std::fmt;

use ed25519_dalek::SigningKey;
use jiff::civil::Date;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{KeyCertificate, KeyFileError, KeyPurpose, PublicKey, sign};
use crate::canonical;
use crate::hex;
use crate::signature::{SignError, Signature};

/// A signing key with the certificate that says what it is for and when.
pub struct DatedKey {
    signing: SigningKey,
    certificate: KeyCertificate,
}

impl DatedKey {
    /// Joins a private half with the certificate that a root gave for its public half.
    ///
    /// # Errors
    /// If the two do not belong together.
    pub fn new(private: &[u8; 32], certificate: KeyCertificate) -> Result<Self, KeyFileError> {
        let signing = SigningKey::from_bytes(private);
        if PublicKey(signing.verifying_key()) == certificate.public {
            Ok(Self::paired(signing, certificate))
        } else {
            Err(KeyFileError::Pair)
        }
    }

    pub(super) fn paired(signing: SigningKey, certificate: KeyCertificate) -> Self {
        Self { signing, certificate }
    }

    /// The certificate, which is public.
    pub fn certificate(&self) -> &KeyCertificate {
        &self.certificate
    }

    /// The text of the key's file: one line of JSON with the members `certificate` and `private`.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        let certificate = canonical::text(&self.certificate);
        // Room for everything at once: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(certificate.len() + 128));
        text.push_str(r#"{"certificate":"#);
        text.push_str(&certificate);
        text.push_str(r#","private":""#);
        hex::push(&mut text, self.signing.as_bytes());
        text.push_str("\"}\n");
        text
    }

    /// Reads the text of a key's file. No error carries a piece of the text.
    ///
    /// # Errors
    /// If the text is not what [`DatedKey::to_file_text`] writes, or its halves differ.
    pub fn from_file_text(text: &str) -> Result<Self, KeyFileError> {
        let file: KeyFile<'_> = serde_json::from_str(text).map_err(|_| KeyFileError::Json)?;
        let private = Zeroizing::new(hex::decode(file.private).map_err(KeyFileError::Hex)?);
        Self::new(&private, file.certificate)
    }

    /// Refuses what nobody would believe.
    pub(crate) fn may_sign(
        &self,
        purpose: KeyPurpose,
        program: &str,
        day: Date,
    ) -> Result<(), SignError> {
        if self.certificate.purpose != purpose {
            return Err(SignError::Purpose);
        }
        if self.certificate.program != program {
            return Err(SignError::Program);
        }
        if !self.certificate.covers(day) {
            return Err(SignError::Day);
        }
        Ok(())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        sign(&self.signing, message)
    }
}

impl fmt::Debug for DatedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DatedKey")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Borrowed, so that no second copy of the private half is made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile<'a> {
    certificate: KeyCertificate,
    private: &'a str,
}
