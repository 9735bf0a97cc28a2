//! The one place that calls HPKE (RFC 9180): which keys agree, and what they seal.

use hpke::aead::AesGcm128;
use hpke::kdf::HkdfSha256;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{
    Deserializable as _, HpkeError, Kem as HpkeKem, OpModeR, OpModeS, Serializable, setup_receiver,
    setup_sender_with_rng,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::replay::Replay;

/// Key derivation (HKDF-SHA256) and encryption (AES-128-GCM), as a configuration and a capsule name
/// them. RFC 9458 uses the pair in its example; every implementation has it.
pub(super) const SYMMETRIC: [u8; 4] = [0, 1, 0, 1];
/// Bytes of the key, and of the nonce before it, with which an answer is sealed.
pub(super) const ANSWER_BYTES: usize = 16;
/// Bytes that encryption adds.
pub(super) const OVERHEAD_BYTES: usize = 16;
/// Bytes of randomness that one capsule takes: X-Wing all of them, X25519 the first half.
pub(super) const SEED_BYTES: usize = 64;

const ANSWER_LABEL: &[u8] = b"message/bhttp response";

/// How sender and gateway agree on a capsule's key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kem {
    /// Curve25519 (RFC 9180): 32 bytes; every implementation has it.
    #[default]
    X25519,
    /// X-Wing: ML-KEM-768 and X25519 together, so that a later quantum computer opens nothing that
    /// was recorded today; 1,120 bytes.
    XWing,
}

impl Kem {
    pub(super) fn id(self) -> u16 {
        match self {
            Self::X25519 => X25519HkdfSha256::KEM_ID,
            Self::XWing => XWing::KEM_ID,
        }
    }

    pub(super) fn of_id(id: u16) -> Option<Self> {
        [Self::X25519, Self::XWing].into_iter().find(|kem| kem.id() == id)
    }

    pub(super) fn public_bytes(self) -> usize {
        match self {
            Self::X25519 => PublicOf::<X25519HkdfSha256>::size(),
            Self::XWing => PublicOf::<XWing>::size(),
        }
    }

    pub(super) fn encapsulated_bytes(self) -> usize {
        match self {
            Self::X25519 => EncapsulatedOf::<X25519HkdfSha256>::size(),
            Self::XWing => EncapsulatedOf::<XWing>::size(),
        }
    }
}

type PublicOf<K> = <K as HpkeKem>::PublicKey;
type PrivateOf<K> = <K as HpkeKem>::PrivateKey;
type EncapsulatedOf<K> = <K as HpkeKem>::EncappedKey;

/// The half of a gateway's key that everybody may have.
#[derive(Clone)]
pub(super) enum PublicHalf {
    X25519(PublicOf<X25519HkdfSha256>),
    XWing(Box<PublicOf<XWing>>),
}

/// The half that opens capsules. The crates beneath wipe it when it is dropped.
pub(super) enum PrivateHalf {
    X25519(PrivateOf<X25519HkdfSha256>),
    XWing(Box<PrivateOf<XWing>>),
}

/// What sealing gives.
pub(super) struct Sealed {
    pub(super) encapsulated: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) answer: AnswerSecret,
}

/// What seals the answer to one request, known to both ends. It opens no request.
pub(super) type AnswerSecret = Zeroizing<[u8; ANSWER_BYTES]>;

impl PublicHalf {
    pub(super) fn kem(&self) -> Kem {
        match self {
            Self::X25519(_) => Kem::X25519,
            Self::XWing(_) => Kem::XWing,
        }
    }

    pub(super) fn from_bytes(kem: Kem, bytes: &[u8]) -> Result<Self, HpkeError> {
        Ok(match kem {
            Kem::X25519 => Self::X25519(PublicOf::<X25519HkdfSha256>::from_bytes(bytes)?),
            Kem::XWing => Self::XWing(Box::new(PublicOf::<XWing>::from_bytes(bytes)?)),
        })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::X25519(key) => key.to_bytes().to_vec(),
            Self::XWing(key) => key.to_bytes().to_vec(),
        }
    }

    /// Seals one message. The same seed gives the same bytes.
    pub(super) fn seal(
        &self,
        info: &[u8],
        plain: &[u8],
        seed: &[u8; SEED_BYTES],
    ) -> Result<Sealed, HpkeError> {
        match self {
            Self::X25519(key) => seal::<X25519HkdfSha256>(key, info, plain, seed),
            Self::XWing(key) => seal::<XWing>(key, info, plain, seed),
        }
    }
}

impl PrivateHalf {
    pub(super) fn generate(kem: Kem, random: &mut impl CryptoRng) -> Self {
        match kem {
            Kem::X25519 => Self::X25519(X25519HkdfSha256::gen_keypair_with_rng(random).0),
            Kem::XWing => Self::XWing(Box::new(XWing::gen_keypair_with_rng(random).0)),
        }
    }

    pub(super) fn from_bytes(kem: Kem, bytes: &[u8; 32]) -> Result<Self, HpkeError> {
        Ok(match kem {
            Kem::X25519 => Self::X25519(PrivateOf::<X25519HkdfSha256>::from_bytes(bytes)?),
            Kem::XWing => Self::XWing(Box::new(PrivateOf::<XWing>::from_bytes(bytes)?)),
        })
    }

    pub(super) fn expose(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        match self {
            Self::X25519(key) => key.write_exact(bytes.as_mut()),
            Self::XWing(key) => key.write_exact(bytes.as_mut()),
        }
        bytes
    }

    pub(super) fn public(&self) -> PublicHalf {
        match self {
            Self::X25519(key) => PublicHalf::X25519(X25519HkdfSha256::sk_to_pk(key)),
            Self::XWing(key) => PublicHalf::XWing(Box::new(XWing::sk_to_pk(key))),
        }
    }

    /// Opens one message; gives it with the secret for its answer.
    pub(super) fn open(
        &self,
        info: &[u8],
        encapsulated: &[u8],
        ciphertext: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, AnswerSecret), HpkeError> {
        match self {
            Self::X25519(key) => open::<X25519HkdfSha256>(key, info, encapsulated, ciphertext),
            Self::XWing(key) => open::<XWing>(key, info, encapsulated, ciphertext),
        }
    }
}

fn seal<K: HpkeKem>(
    key: &PublicOf<K>,
    info: &[u8],
    plain: &[u8],
    seed: &[u8; SEED_BYTES],
) -> Result<Sealed, HpkeError> {
    let mut replay = Replay::new(seed);
    let set_up = setup_sender_with_rng::<AesGcm128, HkdfSha256, K>;
    let (encapsulated, mut sender) = set_up(&OpModeS::Base, key, info, &mut replay)?;
    if replay.ran_out() {
        // Nothing may leave under a key that was not drawn.
        return Err(HpkeError::EncapError);
    }
    let ciphertext = sender.seal(plain, &[])?;
    let mut answer = AnswerSecret::default();
    sender.export(ANSWER_LABEL, answer.as_mut())?;
    Ok(Sealed { encapsulated: encapsulated.to_bytes().to_vec(), ciphertext, answer })
}

fn open<K: HpkeKem>(
    key: &PrivateOf<K>,
    info: &[u8],
    encapsulated: &[u8],
    ciphertext: &[u8],
) -> Result<(Zeroizing<Vec<u8>>, AnswerSecret), HpkeError> {
    let encapsulated = EncapsulatedOf::<K>::from_bytes(encapsulated)?;
    let set_up = setup_receiver::<AesGcm128, HkdfSha256, K>;
    let mut receiver = set_up(&OpModeR::Base, key, &encapsulated, info)?;
    let plain = Zeroizing::new(receiver.open(ciphertext, &[])?);
    let mut answer = AnswerSecret::default();
    receiver.export(ANSWER_LABEL, answer.as_mut())?;
    Ok((plain, answer))
}

#[cfg(test)]
mod tests;
