//! The signature of a fleet's policy: by a key that the operators of the fleet keep themselves.

use std::fmt;

use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::keys::{KeyFileError, PublicKey, RootPublic, from_line, generate, sign, to_line};
use crate::signature::Signature;

const POLICY: &[u8] = b"candor/policy/v1\0";
const PRIVATE: &str = "candor-policy-key-v1:";

/// The private key of a fleet's policy. It is no vendor's root and certifies nothing.
pub struct PolicyKey(SigningKey);

impl PolicyKey {
    /// A new key.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        Self(generate(random))
    }

    /// The public half, as machines are told it: `ed25519:` and 64 digits.
    pub fn public(&self) -> RootPublic {
        RootPublic::of(PublicKey::of_private(self.0.as_bytes()))
    }

    /// Signs a policy's text.
    pub fn sign(&self, text: &[u8]) -> Signature {
        sign(&self.0, &message(text))
    }

    /// The text of the key's file, in one line.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        to_line(PRIVATE, &self.0)
    }

    /// Reads the text of a key's file.
    ///
    /// # Errors
    /// If the text is not what [`PolicyKey::to_file_text`] writes.
    pub fn from_file_text(text: &str) -> Result<Self, KeyFileError> {
        from_line(PRIVATE, text).map(Self)
    }
}

impl fmt::Debug for PolicyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PolicyKey(..)")
    }
}

/// Whether a signature is that of a policy's text under this key.
pub fn is_signed(key: &RootPublic, text: &[u8], signature: &Signature) -> bool {
    key.public().verifies(&message(text), signature)
}

fn message(text: &[u8]) -> Vec<u8> {
    [POLICY, text].concat()
}
