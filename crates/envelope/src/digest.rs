//! SHA-256 digests: the names of parts, definitions and releases.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::hex::{self, hex_text};

/// A SHA-256 digest; its text is what `sha256sum` prints.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

hex_text!(Digest);

impl Digest {
    /// The plain SHA-256 of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of several pieces as if they were one.
    pub(crate) fn of_pieces(pieces: &[&[u8]]) -> Self {
        let mut hasher = Hasher::default();
        for piece in pieces {
            hasher.update(piece);
        }
        hasher.finish()
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 digits, for people; never to compare by.
    pub fn short(&self) -> String {
        let mut text = hex::encode(&self.0);
        text.truncate(12);
        text
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({}..)", self.short())
    }
}

/// A digest of bytes that arrive piece by piece.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// A digest of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes taken.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hasher(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Digest, Hasher};

    /// FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_digest_is_plain_sha_256() {
        assert_eq!(Digest::of(b"abc").to_string(), ABC);
        assert_eq!(Digest::of(b"abc").short(), "ba7816bf8f01");
        assert_eq!(ABC.parse(), Ok(Digest::of(b"abc")));
    }

    #[test]
    fn pieces_and_the_whole_have_one_digest() {
        let mut hasher = Hasher::new();
        hasher.update(b"a");
        hasher.update(b"");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), Digest::of(b"abc"));
        assert_eq!(Digest::of_pieces(&[b"ab", b"c"]), Digest::of(b"abc"));
    }

    #[test]
    fn json_is_the_hexadecimal_text() {
        let json = serde_json::to_string(&Digest::of(b"abc")).unwrap();
        assert_eq!(json, format!("\"{ABC}\""));
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), Digest::of(b"abc"));
        let capitals = json.to_uppercase();
        assert!(serde_json::from_str::<Digest>(&capitals).is_err());
    }
}
