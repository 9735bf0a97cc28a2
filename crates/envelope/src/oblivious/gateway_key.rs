//! A gateway's keys: how long each lives, when the next is made, and their files.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::Date;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::configuration::Configuration;
use super::limits::{KEY_DAYS_MAX, KEY_OFFERED_DAYS};
use super::suite::{Kem, PrivateHalf};
use crate::canonical;
use crate::day;
use crate::hex;
use crate::keys::KeyFileError;

/// A key pair with its days. Dropped, its private half is wiped from memory; its file is removed by
/// whoever wrote it.
pub struct GatewayKey {
    private: PrivateHalf,
    configuration: Configuration,
    first_day: Date,
}

/// What is to be done about the keys of one kind today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The name of a key to make today, if one is due.
    pub make: Option<u8>,
    /// The names of keys whose days are over: drop them and remove their files.
    pub destroy: Vec<u8>,
}

impl GatewayKey {
    /// A new key that lives from this day on.
    pub fn generate(kem: Kem, id: u8, first_day: Date, random: &mut impl CryptoRng) -> Self {
        Self::paired(id, PrivateHalf::generate(kem, random), first_day)
    }

    fn paired(id: u8, private: PrivateHalf, first_day: Date) -> Self {
        let configuration = Configuration::new(id, private.public());
        Self { private, configuration, first_day }
    }

    /// The key's name.
    pub fn id(&self) -> u8 {
        self.configuration.id()
    }

    /// The public half.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The first day on which it opens capsules.
    pub fn first_day(&self) -> Date {
        self.first_day
    }

    /// The last day on which it opens capsules.
    pub fn last_day(&self) -> Date {
        self.first_day.saturating_add((KEY_DAYS_MAX - 1).days())
    }

    /// The last day on which senders are told of it: one day before its last, so that what is
    /// sealed shortly before midnight is opened shortly after.
    pub fn last_offered_day(&self) -> Date {
        self.first_day.saturating_add((KEY_DAYS_MAX - 2).days())
    }

    /// Whether it opens capsules on that day.
    pub fn lives(&self, today: Date) -> bool {
        (self.first_day..=self.last_day()).contains(&today)
    }

    pub(super) fn is_offered(&self, today: Date) -> bool {
        (self.first_day..=self.last_offered_day()).contains(&today)
    }

    pub(super) fn private(&self) -> &PrivateHalf {
        &self.private
    }

    /// The text of the key's file, in one line.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        let file = Written {
            first_day: self.first_day,
            id: self.id(),
            kem: self.configuration.kem(),
            private: "",
        };
        let mut text = Zeroizing::new(String::with_capacity(256));
        text.push_str(canonical::text(&file).strip_suffix("\"}").unwrap_or_default());
        hex::push(&mut text, self.private.expose().as_slice());
        text.push_str("\"}\n");
        text
    }

    /// Reads the text of a key's file. No error carries a piece of the text.
    ///
    /// # Errors
    /// If the text is not what [`GatewayKey::to_file_text`] writes.
    pub fn from_file_text(text: &str) -> Result<Self, KeyFileError> {
        let file: Written<'_> = serde_json::from_str(text).map_err(|_| KeyFileError::Json)?;
        let mut bytes = hex::decode(file.private).map_err(KeyFileError::Hex)?;
        let private = PrivateHalf::from_bytes(file.kem, &bytes);
        bytes.zeroize();
        let private = private.map_err(|_| KeyFileError::Pair)?;
        Ok(Self::paired(file.id, private, file.first_day))
    }
}

/// What is due today among the keys of one kind. A key is made when the youngest has been offered
/// for [`KEY_OFFERED_DAYS`]; a key is destroyed when its days are over, or have not come. Names go
/// round from 1 to 255, X-Wing's and X25519's in one circle, and none is given that is still in
/// use.
pub fn rotation(keys: &[GatewayKey], kem: Kem, today: Date) -> Rotation {
    // A clock that was ahead left keys that begin later: they would keep new ones from being made.
    let over = |key: &&GatewayKey| !key.lives(today);
    let destroy = keys.iter().filter(over).map(GatewayKey::id).collect();
    let youngest = keys
        .iter()
        .filter(|key| key.configuration.kem() == kem && !over(key))
        .max_by_key(|key| key.first_day);
    let due =
        youngest.is_none_or(|key| today >= key.first_day.saturating_add(KEY_OFFERED_DAYS.days()));
    let last = keys.iter().max_by_key(|key| key.first_day).map_or(0, GatewayKey::id);
    let mut names = (1..=255u8).map(|step| match last.checked_add(step) {
        Some(name) => name,
        None => step - (255 - last),
    });
    let free = names.find(|name| *name != 0 && keys.iter().all(|key| key.id() != *name));
    Rotation { make: free.filter(|_| due), destroy }
}

impl fmt::Debug for GatewayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayKey")
            .field("configuration", &self.configuration)
            .field("first_day", &self.first_day)
            .finish_non_exhaustive()
    }
}

/// Borrowed, so that no second copy of the private half is made. Members are in alphabetical order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    #[serde(with = "day")]
    first_day: Date,
    id: u8,
    kem: Kem,
    private: &'a str,
}
