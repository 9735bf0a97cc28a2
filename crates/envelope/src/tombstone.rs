//! Tombstones: a collector's signed statement that the rows of one tag were deleted.
//!
//! It is checkable on the server's files; it is no proof of absence, and backups have a day of
//! their own.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::day;
use crate::keys::{KeyCertificate, KeyError, KeyPurpose, RootPublic};
use crate::receipt::ReceiptSigner;
use crate::signature::{SignError, Signature};
use crate::tag::Tag;

const TOMBSTONE: &str = "candor/tombstone/v1";

/// What was deleted, and when: what is signed. Members are in alphabetical order, so the JSON is
/// canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Deletion<'a> {
    /// The day on which the last backup that may hold the rows is gone.
    #[serde(with = "day")]
    pub backups_expire: Date,
    /// The channel's id.
    pub channel: &'a str,
    /// The day on which the files no longer held the rows.
    #[serde(with = "day")]
    pub deleted_on: Date,
    /// The part's id.
    pub part: &'a str,
    /// The program's id.
    pub program: &'a str,
    /// The day of the channel's next release: numbers published before it stay as they are, and it
    /// no longer counts the rows. `None` where nothing of the channel is published.
    #[serde(with = "day::optional", skip_serializing_if = "Option::is_none")]
    pub published_before_stays: Option<Date>,
    /// The number of rows removed; as in all JSON of Candor below 2^53.
    pub removed: u64,
    /// The tag whose rows were removed.
    pub tag: Tag,
}

/// A signed [`Deletion`]: its members, and what makes them believable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    /// The day on which the last backup that may hold the rows is gone.
    #[serde(with = "day")]
    pub backups_expire: Date,
    /// The channel's id.
    pub channel: String,
    /// The day on which the files no longer held the rows.
    #[serde(with = "day")]
    pub deleted_on: Date,
    /// The key that signed, certified by a root.
    pub key: KeyCertificate,
    /// The part's id.
    pub part: String,
    /// The program's id.
    pub program: String,
    /// The day of the channel's next release: numbers published before it stay as they are, and it
    /// no longer counts the rows. `None` where nothing of the channel is published.
    #[serde(with = "day::optional", default, skip_serializing_if = "Option::is_none")]
    pub published_before_stays: Option<Date>,
    /// The number of rows removed.
    pub removed: u64,
    /// Over `"candor/tombstone/v1" ‖ 0x00 ‖` the canonical JSON of the [`Deletion`].
    pub signature: Signature,
    /// The tag whose rows were removed.
    pub tag: Tag,
}

/// Why a tombstone is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TombstoneError {
    /// It is for another tag.
    #[error("the tombstone is for another tag")]
    Tag,
    /// Its key may not sign it.
    #[error("the tombstone's key is not to be believed")]
    Key(#[source] KeyError),
    /// The signature does not cover what is stated.
    #[error("the tombstone's signature does not cover it")]
    Signature,
}

impl Tombstone {
    /// Signs a deletion with the key that also signs receipts.
    ///
    /// # Errors
    /// If it is of another program, or of a day on which the key is not valid.
    pub fn sign(signer: &ReceiptSigner, deletion: Deletion<'_>) -> Result<Self, SignError> {
        let key = signer.key();
        let Deletion { backups_expire, channel, deleted_on, part, program, .. } = deletion;
        key.may_sign(KeyPurpose::Receipt, program, deleted_on)?;
        Ok(Self {
            backups_expire,
            channel: channel.to_owned(),
            deleted_on,
            key: key.certificate().clone(),
            part: part.to_owned(),
            program: program.to_owned(),
            published_before_stays: deletion.published_before_stays,
            removed: deletion.removed,
            signature: key.sign(&canonical::message(TOMBSTONE, &deletion)),
            tag: deletion.tag,
        })
    }

    /// Believes the tombstone if it is for this tag and a pinned root stands behind it on the day
    /// of the deletion.
    ///
    /// # Errors
    /// Names the first step that fails: tag, key, signature.
    pub fn verify(&self, roots: &[RootPublic], tag: &Tag) -> Result<Deletion<'_>, TombstoneError> {
        if self.tag != *tag {
            return Err(TombstoneError::Tag);
        }
        let key = self.key.verify(roots, KeyPurpose::Receipt, &self.program, self.deleted_on);
        let key = key.map_err(TombstoneError::Key)?;
        let deletion = self.deletion();
        if key.verifies(&canonical::message(TOMBSTONE, &deletion), &self.signature) {
            Ok(deletion)
        } else {
            Err(TombstoneError::Signature)
        }
    }

    /// The canonical JSON, as it is sent and kept.
    pub fn to_json(&self) -> String {
        canonical::text(self)
    }

    fn deletion(&self) -> Deletion<'_> {
        Deletion {
            backups_expire: self.backups_expire,
            channel: &self.channel,
            deleted_on: self.deleted_on,
            part: &self.part,
            program: &self.program,
            published_before_stays: self.published_before_stays,
            removed: self.removed,
            tag: self.tag,
        }
    }
}
