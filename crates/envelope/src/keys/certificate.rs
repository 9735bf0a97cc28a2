//! Certificates of dated keys: which root let which key do what, for whom, and when.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{PublicKey, RootPublic};
use crate::canonical;
use crate::day;
use crate::signature::Signature;

const CERTIFICATE: &str = "candor/certificate/v1";

/// What a dated key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyPurpose {
    /// Receipts and tombstones.
    Receipt,
    /// Releases.
    Release,
    /// The keys to which parts are sealed for blind transport.
    Ohttp,
}

/// A key that a root certified. Members are in alphabetical order, so the JSON is canonical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyCertificate {
    /// The first day on which the key is valid.
    #[serde(with = "day")]
    pub first_day: Date,
    /// The last day on which the key is valid.
    #[serde(with = "day")]
    pub last_day: Date,
    /// The program for which it may sign.
    pub program: String,
    /// The certified key.
    pub public: PublicKey,
    /// What it may sign.
    pub purpose: KeyPurpose,
    /// The root's signature over `"candor/certificate/v1" ‖ 0x00 ‖` the canonical JSON of the
    /// members above.
    pub signature: Signature,
}

/// Why a certificate does not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is for another purpose.
    #[error("the key is certified for another purpose")]
    Purpose,
    /// It is for another program.
    #[error("the key is certified for another program")]
    Program,
    /// It is not valid on that day.
    #[error("the key is valid from {first_day} to {last_day}, not on {day}")]
    Day {
        /// The first day on which the key is valid.
        first_day: Date,
        /// The last day on which the key is valid.
        last_day: Date,
        /// The day in question.
        day: Date,
    },
    /// No pinned root signed it.
    #[error("no pinned root signed the key's certificate")]
    Root,
}

/// A key whose certificate stood: the only one with which this crate verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedKey(PublicKey);

impl VerifiedKey {
    /// The key itself.
    pub fn public(&self) -> PublicKey {
        self.0
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        self.0.verifies(message, signature)
    }
}

impl KeyCertificate {
    /// Believes the key if one of the roots certified it for this purpose, program and day.
    ///
    /// # Errors
    /// Names the first of purpose, program, day and root that does not fit.
    pub fn verify(
        &self,
        roots: &[RootPublic],
        purpose: KeyPurpose,
        program: &str,
        day: Date,
    ) -> Result<VerifiedKey, KeyError> {
        if self.purpose != purpose {
            return Err(KeyError::Purpose);
        }
        if self.program != program {
            return Err(KeyError::Program);
        }
        let (first_day, last_day) = (self.first_day, self.last_day);
        if !self.covers(day) {
            return Err(KeyError::Day { first_day, last_day, day });
        }
        let message = self.certified().message();
        if roots.iter().any(|root| root.0.verifies(&message, &self.signature)) {
            Ok(VerifiedKey(self.public))
        } else {
            Err(KeyError::Root)
        }
    }

    /// Whether the day lies within the key's days.
    pub fn covers(&self, day: Date) -> bool {
        (self.first_day..=self.last_day).contains(&day)
    }

    pub(super) fn signed(
        purpose: KeyPurpose,
        program: &str,
        public: PublicKey,
        (first_day, last_day): (Date, Date),
        sign: impl FnOnce(&[u8]) -> Signature,
    ) -> Self {
        let certified = Certified { first_day, last_day, program, public, purpose };
        let signature = sign(&certified.message());
        Self { first_day, last_day, program: program.to_owned(), public, purpose, signature }
    }

    fn certified(&self) -> Certified<'_> {
        Certified {
            first_day: self.first_day,
            last_day: self.last_day,
            program: &self.program,
            public: self.public,
            purpose: self.purpose,
        }
    }
}

/// What the root signs: the certificate without its signature.
#[derive(Serialize)]
struct Certified<'a> {
    #[serde(with = "day")]
    first_day: Date,
    #[serde(with = "day")]
    last_day: Date,
    program: &'a str,
    public: PublicKey,
    purpose: KeyPurpose,
}

impl Certified<'_> {
    fn message(&self) -> Vec<u8> {
        canonical::message(CERTIFICATE, self)
    }
}
