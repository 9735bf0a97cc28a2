//! How an answer is sealed (RFC 9458 section 4.4): with a secret that both ends of one capsule
//! have.

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes128Gcm, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::error::OpenError;
use super::suite::{ANSWER_BYTES, AnswerSecret};

/// What one capsule's answer is sealed and opened with. It opens no request, so that whoever sends
/// capsules for another can read the answers alone.
#[derive(Clone)]
pub(super) struct AnswerKey {
    encapsulated: Vec<u8>,
    secret: AnswerSecret,
}

impl AnswerKey {
    pub(super) fn new(encapsulated: Vec<u8>, secret: AnswerSecret) -> Self {
        Self { encapsulated, secret }
    }

    /// The bytes of the secret and, behind it, of the encapsulated key.
    pub(super) fn expose(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([self.secret.as_slice(), &self.encapsulated].concat())
    }

    pub(super) fn from_exposed(bytes: &[u8]) -> Option<Self> {
        let (secret, encapsulated) = bytes.split_first_chunk::<ANSWER_BYTES>()?;
        let secret = AnswerSecret::new(*secret);
        Some(Self { encapsulated: encapsulated.to_vec(), secret })
    }

    /// `nonce ‖ ciphertext`.
    pub(super) fn seal(&self, nonce: [u8; ANSWER_BYTES], plain: &[u8]) -> Option<Vec<u8>> {
        let (cipher, initial) = self.cipher(&nonce)?;
        let ciphertext = cipher.encrypt(&initial, plain).ok()?;
        Some([nonce.as_slice(), &ciphertext].concat())
    }

    pub(super) fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, ciphertext) =
            sealed.split_first_chunk::<ANSWER_BYTES>().ok_or(OpenError::Truncated)?;
        let (cipher, initial) = self.cipher(nonce).ok_or(OpenError::Sealed)?;
        let plain = cipher.decrypt(&initial, ciphertext).map_err(|_| OpenError::Sealed)?;
        Ok(Zeroizing::new(plain))
    }

    fn cipher(&self, nonce: &[u8; ANSWER_BYTES]) -> Option<(Aes128Gcm, InitialNonce)> {
        let salt = [self.encapsulated.as_slice(), nonce].concat();
        let expander = Hkdf::<Sha256>::new(Some(&salt), self.secret.as_slice());
        let mut key = Zeroizing::new([0; 16]);
        expander.expand(b"key", key.as_mut()).ok()?;
        let mut initial = [0; 12];
        expander.expand(b"nonce", &mut initial).ok()?;
        Some((Aes128Gcm::new_from_slice(key.as_slice()).ok()?, initial.into()))
    }
}

type InitialNonce = Nonce<aes_gcm::aead::consts::U12>;

#[cfg(test)]
mod tests;
