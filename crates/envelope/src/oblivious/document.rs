//! The signed document of a gateway's keys: the same for every sender, for a week at most.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::configuration::{Configuration, list_from_bytes};
use super::error::ConfigurationError;
use super::limits::KEY_DAYS_MAX;
use crate::canonical;
use crate::day;
use crate::digest::Digest;
use crate::keys::{DatedKey, KeyCertificate, KeyError, KeyPurpose, RootPublic};
use crate::signature::{SignError, Signature};

const KEYS: &str = "candor/ohttp-keys/v1";

/// A list of key configurations, for some days, under a key that the manifest's root certified.
/// Members are in alphabetical order, so the JSON is canonical.
///
/// The signature says whose keys these are. It does not say that everybody is told the same: for
/// that the document is taken through the relay, which fetches it by itself and serves one copy to
/// all, and where a manifest names several relays their copies are compared by
/// [`KeyDocument::digest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyDocument {
    /// The bytes that `/ohttp-keys` serves (RFC 9458 section 3), in hexadecimal digits.
    pub configurations: String,
    /// The first day on which to seal to them.
    #[serde(with = "day")]
    pub first_day: Date,
    /// The key that signed, certified by a root for [`KeyPurpose::Ohttp`].
    pub key: KeyCertificate,
    /// The last day on which to seal to them; at most six days after the first.
    #[serde(with = "day")]
    pub last_day: Date,
    /// Over `"candor/ohttp-keys/v1" ‖ 0x00 ‖` the canonical JSON of configurations and days.
    pub signature: Signature,
}

/// Keys to which something may be sealed.
#[derive(Clone, Debug)]
pub struct TrustedKeys(Vec<Configuration>);

/// Why a document of keys is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It is not the JSON of one.
    #[error("the text is not the JSON of a document of keys")]
    Json,
    /// The list has none for the program.
    #[error("the gateway has no document of keys for this program")]
    Missing,
    /// It is for other days.
    #[error("the keys are for {first_day} to {last_day}, not for {today}")]
    Day {
        /// Its first day.
        first_day: Date,
        /// Its last day.
        last_day: Date,
        /// The day in question.
        today: Date,
    },
    /// It is for more days than a key may live.
    #[error("the keys are offered for more than {KEY_DAYS_MAX} days")]
    TooLong,
    /// Its key may not sign it.
    #[error("the key that signed the document is not to be believed")]
    Key(#[source] KeyError),
    /// The signature does not cover it.
    #[error("the document's signature does not cover it")]
    Signature,
    /// What it holds is no list of keys.
    #[error("the document holds no list of keys")]
    Configurations(#[source] ConfigurationError),
}

/// Signs a list of configurations for the days from first to last.
///
/// # Errors
/// If the key is not certified for this, or not on the first of these days.
pub fn sign_keys(
    key: &DatedKey,
    configurations: &[u8],
    (first_day, last_day): (Date, Date),
) -> Result<KeyDocument, SignError> {
    let certificate = key.certificate();
    key.may_sign(KeyPurpose::Ohttp, &certificate.program, first_day)?;
    let digits = crate::hex::encode(configurations);
    let signature = key.sign(&message(&digits, first_day, last_day));
    let key = certificate.clone();
    Ok(KeyDocument { configurations: digits, first_day, key, last_day, signature })
}

impl KeyDocument {
    /// Reads the JSON of a document.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DocumentError> {
        serde_json::from_slice(bytes).map_err(|_| DocumentError::Json)
    }

    /// Picks the document of one program from the list that a gateway serves, one for each program.
    ///
    /// # Errors
    /// If it is no such list, or has none for the program.
    pub fn of_program(list: &[u8], program: &str) -> Result<Self, DocumentError> {
        let list: Vec<Self> = serde_json::from_slice(list).map_err(|_| DocumentError::Json)?;
        let found = list.into_iter().find(|document| document.key.program == program);
        found.ok_or(DocumentError::Missing)
    }

    /// The list that a gateway serves.
    pub fn list_to_json(list: &[Self]) -> String {
        canonical::text(&list)
    }

    /// The canonical JSON, as it stands in that list.
    pub fn to_json(&self) -> String {
        canonical::text(self)
    }

    /// What tells two documents apart: copies from different relays must have the same.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_json().as_bytes())
    }

    /// Believes the keys if a pinned root stands behind them today.
    ///
    /// # Errors
    /// Names the first step that fails: days, key, signature, list.
    pub fn verify(
        &self,
        roots: &[RootPublic],
        program: &str,
        today: Date,
    ) -> Result<TrustedKeys, DocumentError> {
        let (first_day, last_day) = (self.first_day, self.last_day);
        if !(first_day..=last_day).contains(&today) {
            return Err(DocumentError::Day { first_day, last_day, today });
        }
        let days = last_day.since(first_day).map_or(i32::MAX, |span| span.get_days());
        if days >= KEY_DAYS_MAX {
            return Err(DocumentError::TooLong);
        }
        let key = self.key.verify(roots, KeyPurpose::Ohttp, program, today);
        let key = key.map_err(DocumentError::Key)?;
        if !key.verifies(&message(&self.configurations, first_day, last_day), &self.signature) {
            return Err(DocumentError::Signature);
        }
        let bytes = crate::hex::decode_any(&self.configurations)
            .map_err(|_| DocumentError::Configurations(ConfigurationError::Form))?;
        list_from_bytes(&bytes).map(TrustedKeys).map_err(DocumentError::Configurations)
    }
}

impl TrustedKeys {
    /// Keys of a list that nobody signed: for gateways that are not Candor's, and for tests. An
    /// agent takes its keys from [`KeyDocument::verify`] alone.
    ///
    /// # Errors
    /// If the bytes are no list.
    pub fn without_signature(list: &[u8]) -> Result<Self, ConfigurationError> {
        list_from_bytes(list).map(Self)
    }

    /// The keys, in the gateway's order.
    pub fn configurations(&self) -> &[Configuration] {
        &self.0
    }
}

#[derive(Serialize)]
struct Signed<'a> {
    configurations: &'a str,
    #[serde(with = "day")]
    first_day: Date,
    #[serde(with = "day")]
    last_day: Date,
}

fn message(configurations: &str, first_day: Date, last_day: Date) -> Vec<u8> {
    canonical::message(KEYS, &Signed { configurations, first_day, last_day })
}
