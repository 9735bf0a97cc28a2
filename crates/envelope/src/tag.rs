//! The tag of an installation in one part and epoch, and the key that proves it.

use std::fmt;
use std::str::FromStr;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::digest::Digest;
use crate::hex::{self, HexError, hex_text};

const TAG: &[u8] = b"candor/tag/v1";
const DELETED: &[u8] = b"deleted";

/// The key of a tag: to show it is to prove the right to list and delete that tag's rows.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct TagKey([u8; 32]);

impl TagKey {
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The tag: the first 16 bytes of `SHA-256("candor/tag/v1" ‖ key)`.
    pub fn tag(&self) -> Tag {
        let Digest(digest) = Digest::of_pieces(&[TAG, &self.0]);
        let mut tag = [0; 16];
        tag.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Tag(tag)
    }

    /// The 64 digits that a proof shows. There is no `Display`, so that no key is shown by chance.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }
}

impl FromStr for TagKey {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        hex::decode(text).map(Self)
    }
}

impl fmt::Debug for TagKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TagKey(..)")
    }
}

/// The random-looking name of one installation in one part and epoch.
///
/// It is no secret, but it joins rows: it is written on the wire and in stores, never in logs, and
/// `Debug` leaves it out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub [u8; 16]);

hex_text!(Tag);

impl Tag {
    /// The tag of a draft: nothing is decided, so there is no secret to make one from.
    pub const ZERO: Self = Self([0; 16]);

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// What is left of a deleted tag so that late copies are refused: `SHA-256("deleted" ‖ tag)`.
    pub fn tombstone_marker(&self) -> Digest {
        Digest::of_pieces(&[DELETED, &self.0])
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tag(..)")
    }
}
