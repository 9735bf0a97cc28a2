//! The gateway's side: a capsule becomes a request, and its answer is sealed.

use std::fmt;

use jiff::civil::Date;
use rand_core::CryptoRng;

use super::answer::AnswerKey;
use super::binary::{Request, Response};
use super::configuration::{HEADER_BYTES, header, info, list_to_bytes};
use super::error::{GatewayError, SealError};
use super::gateway_key::GatewayKey;
use super::limits::{ANSWER_CLASSES_BYTES, CAPSULE_BYTES_MAX, CONFIGURATIONS_MAX};
use super::padding::pad;
use super::suite::{ANSWER_BYTES, AnswerSecret};

/// Opens capsules with the keys that live.
#[derive(Debug, Default)]
pub struct Gateway {
    keys: Vec<GatewayKey>,
}

/// Seals the answer to one request.
pub struct Responder(AnswerKey);

impl Gateway {
    /// A gateway with these keys, in any order.
    pub fn new(keys: Vec<GatewayKey>) -> Self {
        Self { keys }
    }

    /// The keys.
    pub fn keys(&self) -> &[GatewayKey] {
        &self.keys
    }

    /// What senders are told today, of the media type [`super::KEYS_MEDIA_TYPE`]: the keys that are
    /// offered, the youngest first.
    pub fn configurations(&self, today: Date) -> Vec<u8> {
        let mut offered: Vec<_> = self.keys.iter().filter(|key| key.is_offered(today)).collect();
        offered.sort_by_key(|key| (std::cmp::Reverse(key.first_day()), key.id()));
        let newest = offered.into_iter().take(CONFIGURATIONS_MAX);
        list_to_bytes(newest.map(GatewayKey::configuration))
    }

    /// Opens a capsule with the key that it names, if that key lives today.
    ///
    /// # Errors
    /// If it cannot be opened, or holds no request. See [`GatewayError::asks_for_new_keys`].
    pub fn open(&self, capsule: &[u8], today: Date) -> Result<(Request, Responder), GatewayError> {
        if capsule.len() > CAPSULE_BYTES_MAX {
            return Err(GatewayError::Length);
        }
        let (head, rest) =
            capsule.split_first_chunk::<HEADER_BYTES>().ok_or(GatewayError::Length)?;
        let named = self
            .keys
            .iter()
            .find(|key| key.lives(today) && *head == header(key.id(), key.configuration().kem()));
        let key = named.ok_or(GatewayError::Key)?;
        let encapsulated = key.configuration().kem().encapsulated_bytes();
        let (encapsulated, ciphertext) =
            rest.split_at_checked(encapsulated).ok_or(GatewayError::Length)?;
        let opened = key.private().open(&info(*head), encapsulated, ciphertext);
        let (plain, secret) = opened.map_err(|_| GatewayError::Sealed)?;
        let request = Request::from_bytes(&plain).map_err(GatewayError::Message)?;
        Ok((request, Responder::new(encapsulated, secret)))
    }
}

impl Responder {
    fn new(encapsulated: &[u8], secret: AnswerSecret) -> Self {
        Self(AnswerKey::new(encapsulated.to_vec(), secret))
    }

    /// Seals the answer, padded to one of [`ANSWER_CLASSES_BYTES`]; its media type is
    /// [`super::ANSWER_MEDIA_TYPE`].
    ///
    /// # Errors
    /// If it is larger than the largest class, or cannot be written as HTTP.
    pub fn seal(
        self,
        response: &Response,
        random: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealError> {
        let mut plain = response.to_bytes().map_err(SealError::Message)?;
        pad(&mut plain, &ANSWER_CLASSES_BYTES)?;
        let mut nonce = [0; ANSWER_BYTES];
        random.fill_bytes(&mut nonce);
        self.0.seal(nonce, &plain).ok_or(SealError::Key)
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder(..)")
    }
}
