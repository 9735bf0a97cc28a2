//! Key configurations (RFC 9458 section 3): which key a gateway has, in the form that travels.

use std::fmt;

use super::error::ConfigurationError;
use super::limits::CONFIGURATIONS_MAX;
use super::suite::{Kem, PublicHalf, SYMMETRIC};

const LABEL: &[u8] = b"message/bhttp request\0";

/// Bytes of what stands before the encapsulated key: the key's name and three algorithms.
pub(super) const HEADER_BYTES: usize = 7;

/// One of a gateway's keys, as everybody may know it.
#[derive(Clone)]
pub struct Configuration {
    id: u8,
    public: PublicHalf,
}

impl Configuration {
    pub(super) fn new(id: u8, public: PublicHalf) -> Self {
        Self { id, public }
    }

    /// The key's name.
    pub fn id(&self) -> u8 {
        self.id
    }

    /// The key's kind.
    pub fn kem(&self) -> Kem {
        self.public.kem()
    }

    /// The bytes of one configuration, without the length that stands before it in a list.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.id];
        bytes.extend(self.kem().id().to_be_bytes());
        bytes.extend(self.public.to_bytes());
        bytes.extend([0, 4]);
        bytes.extend(SYMMETRIC);
        bytes
    }

    /// Reads one configuration; `None` where it is well formed and of a kind not spoken here.
    ///
    /// # Errors
    /// If the bytes are no configuration.
    pub fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, ConfigurationError> {
        let form = ConfigurationError::Form;
        let ([id, kem @ ..], rest) = bytes.split_first_chunk::<3>().ok_or(form)?;
        // The length of a key of an unknown kind is unknown too, and so is what follows.
        let Some(kem) = Kem::of_id(u16::from_be_bytes(*kem)) else { return Ok(None) };
        let (public, rest) = rest.split_at_checked(kem.public_bytes()).ok_or(form)?;
        let (length, suites) = rest.split_first_chunk::<2>().ok_or(form)?;
        let (suites, odd) = match suites.as_chunks::<4>() {
            (suites, []) if 4 * suites.len() == usize::from(u16::from_be_bytes(*length)) => {
                (suites, false)
            }
            _ => (&[][..], true),
        };
        if odd || suites.is_empty() {
            return Err(form);
        }
        if !suites.contains(&SYMMETRIC) {
            return Ok(None);
        }
        let public = PublicHalf::from_bytes(kem, public).map_err(|_| form)?;
        Ok(Some(Self { id: *id, public }))
    }

    /// What a capsule to this key begins with.
    pub(super) fn header(&self) -> [u8; HEADER_BYTES] {
        header(self.id, self.kem())
    }

    pub(super) fn public(&self) -> &PublicHalf {
        &self.public
    }
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configuration")
            .field("id", &self.id)
            .field("kem", &self.kem())
            .finish_non_exhaustive()
    }
}

pub(super) fn header(id: u8, kem: Kem) -> [u8; HEADER_BYTES] {
    let [kem_high, kem_low] = kem.id().to_be_bytes();
    let [kdf_high, kdf_low, aead_high, aead_low] = SYMMETRIC;
    [id, kem_high, kem_low, kdf_high, kdf_low, aead_high, aead_low]
}

/// What both ends mix into the key, so that a capsule for one thing opens as no other.
pub(super) fn info(header: [u8; HEADER_BYTES]) -> Vec<u8> {
    [LABEL, &header].concat()
}

/// A list as the media type `application/ohttp-keys` has it.
pub(super) fn list_to_bytes<'a>(list: impl Iterator<Item = &'a Configuration>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for configuration in list {
        let one = configuration.to_bytes();
        // 1,216 bytes of key and 13 more at most.
        bytes.extend(u16::try_from(one.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(one);
    }
    bytes
}

/// The configurations of a list that are spoken here.
pub(super) fn list_from_bytes(mut bytes: &[u8]) -> Result<Vec<Configuration>, ConfigurationError> {
    let form = ConfigurationError::Form;
    let mut list = Vec::new();
    let mut seen = 0;
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(form)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (one, rest) = rest.split_at_checked(length).ok_or(form)?;
        list.extend(Configuration::from_bytes(one)?);
        bytes = rest;
        seen += 1;
        if seen > CONFIGURATIONS_MAX {
            return Err(ConfigurationError::Many);
        }
    }
    Ok(list)
}
