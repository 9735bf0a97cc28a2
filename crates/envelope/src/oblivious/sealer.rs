//! The sender's side: a request becomes a capsule, and its answer is opened.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::answer::AnswerKey;
use super::binary::{Request, Response};
use super::configuration::{Configuration, HEADER_BYTES, info};
use super::document::TrustedKeys;
use super::error::{ConfigurationError, OpenError, SealError};
use super::limits::REQUEST_CLASSES_BYTES;
use super::padding::pad;
use super::suite::{Kem, SEED_BYTES, Sealed};

/// Seals requests to one key of a gateway.
#[derive(Clone, Debug)]
pub struct Sealer {
    configuration: Configuration,
}

/// A request under way.
#[derive(Debug)]
pub struct SealedRequest {
    /// The bytes for the relay, of the media type [`super::REQUEST_MEDIA_TYPE`].
    pub bytes: Vec<u8>,
    /// Opens the answer, and nothing else.
    pub opener: Opener,
    /// Opens these bytes once more, for whoever may see what was sent.
    pub key: CapsuleKey,
}

/// Opens the answer to one request. It does not open the request: a process that only sends may
/// have it.
#[derive(Clone)]
pub struct Opener(AnswerKey);

/// What one capsule was sealed with, kept where its plain text is kept: capsules that were caught
/// on their way out can then be read by the operator of the installation, and by nobody else.
#[derive(Clone)]
pub struct CapsuleKey {
    configuration: Configuration,
    seed: Zeroizing<[u8; SEED_BYTES]>,
}

impl Sealer {
    /// Seals to the first key of the wanted kind. There is no falling back to another kind.
    ///
    /// # Errors
    /// If there is none of that kind.
    pub fn new(keys: &TrustedKeys, kem: Kem) -> Result<Self, ConfigurationError> {
        let found = keys.configurations().iter().find(|one| one.kem() == kem).cloned();
        let configuration = found.ok_or(ConfigurationError::NoneUsable)?;
        Ok(Self { configuration })
    }

    /// Seals a request, padded to one of [`REQUEST_CLASSES_BYTES`].
    ///
    /// # Errors
    /// If the request is larger than the largest class, or cannot be written as HTTP.
    pub fn seal(
        &self,
        request: &Request,
        random: &mut impl CryptoRng,
    ) -> Result<SealedRequest, SealError> {
        let mut plain = Zeroizing::new(request.to_bytes().map_err(SealError::Message)?);
        pad(&mut plain, &REQUEST_CLASSES_BYTES)?;
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        random.fill_bytes(seed.as_mut());
        let key = CapsuleKey { configuration: self.configuration.clone(), seed };
        let sealed = key.seal(&plain).ok_or(SealError::Key)?;
        let header = key.configuration.header();
        let bytes = [header.as_slice(), &sealed.encapsulated, &sealed.ciphertext].concat();
        let opener = Opener(AnswerKey::new(sealed.encapsulated, sealed.answer));
        Ok(SealedRequest { bytes, opener, key })
    }
}

impl Opener {
    /// Opens the answer.
    ///
    /// # Errors
    /// If it is none to this request, was changed, or holds no HTTP.
    pub fn open(&self, sealed: &[u8]) -> Result<Response, OpenError> {
        Response::from_bytes(&self.0.open(sealed)?).map_err(OpenError::Message)
    }

    /// The bytes to hand to the process that sends.
    pub fn expose(&self) -> Zeroizing<Vec<u8>> {
        self.0.expose()
    }

    /// Reads what [`Opener::expose`] gave.
    ///
    /// # Errors
    /// If the bytes are too few.
    pub fn from_exposed(bytes: &[u8]) -> Result<Self, OpenError> {
        AnswerKey::from_exposed(bytes).map(Self).ok_or(OpenError::Truncated)
    }
}

impl CapsuleKey {
    /// Reads a capsule that was sealed with this key, down to its last byte.
    ///
    /// # Errors
    /// If it was not, or was changed on its way.
    pub fn open(&self, capsule: &[u8]) -> Result<Request, OpenError> {
        let kem = self.configuration.kem();
        let head = HEADER_BYTES + kem.encapsulated_bytes();
        let (head, ciphertext) = capsule.split_at_checked(head).ok_or(OpenError::Truncated)?;
        let length = ciphertext.len().checked_sub(super::suite::OVERHEAD_BYTES);
        // Sealing adds a stream to the text: what zeros become is the stream.
        let mut plain = Zeroizing::new(vec![0; length.ok_or(OpenError::Truncated)?]);
        let stream = self.seal(&plain).ok_or(OpenError::Sealed)?.ciphertext;
        for (byte, (sealed, mask)) in plain.iter_mut().zip(ciphertext.iter().zip(stream)) {
            *byte = sealed ^ mask;
        }
        // Sealed again it is the same capsule, or it was another.
        let again = self.seal(&plain).ok_or(OpenError::Sealed)?;
        let same_head = head == [&self.configuration.header(), &*again.encapsulated].concat();
        if !same_head || again.ciphertext != ciphertext {
            return Err(OpenError::Sealed);
        }
        Request::from_bytes(&plain).map_err(OpenError::Message)
    }

    /// The bytes to keep beside the ledger's entry: the seed and, behind it, the configuration.
    pub fn expose(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([self.seed.as_slice(), &self.configuration.to_bytes()].concat())
    }

    /// Reads what [`CapsuleKey::expose`] gave.
    ///
    /// # Errors
    /// If the bytes are none.
    pub fn from_exposed(bytes: &[u8]) -> Result<Self, OpenError> {
        let split = bytes.split_first_chunk::<SEED_BYTES>();
        let (seed, configuration) = split.ok_or(OpenError::Truncated)?;
        match Configuration::from_bytes(configuration) {
            Ok(Some(configuration)) => Ok(Self { configuration, seed: Zeroizing::new(*seed) }),
            _ => Err(OpenError::Truncated),
        }
    }

    fn seal(&self, plain: &[u8]) -> Option<Sealed> {
        let info = info(self.configuration.header());
        self.configuration.public().seal(&info, plain, &self.seed).ok()
    }
}

impl PartialEq for CapsuleKey {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for CapsuleKey {}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener(..)")
    }
}

impl fmt::Debug for CapsuleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CapsuleKey(..)")
    }
}
