//! Fixed keys, statements and days, and the flipping of every byte of a JSON text.

use std::convert::Infallible;

use envelope::{
    DatedKey, Deletion, Digest, KeyPurpose, PublicKey, ReceiptSigner, RootKey, RootPublic,
    Statement, Tag,
};
use jiff::civil::{Date, date};
use rand_core::{TryCryptoRng, TryRng};

pub(crate) const PROGRAM: &str = "candor-demo";
pub(crate) const DAYS: (Date, Date) = (date(2026, 11, 1), date(2027, 1, 31));
pub(crate) const TODAY: Date = date(2026, 11, 20);

/// A generator that counts: what is made from it is fixed.
pub(crate) struct Counting(pub(crate) u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

pub(crate) fn root() -> RootKey {
    RootKey::generate(&mut Counting(0))
}

pub(crate) fn roots() -> [RootPublic; 1] {
    [root().public()]
}

pub(crate) fn dated(purpose: KeyPurpose) -> DatedKey {
    let private: [u8; 32] = std::array::from_fn(|place| 100 + u8::try_from(place).unwrap());
    let public = PublicKey::of_private(&private);
    let certificate = root().certify(purpose, PROGRAM, public, DAYS);
    DatedKey::new(&private, certificate).unwrap()
}

pub(crate) fn signer() -> ReceiptSigner {
    ReceiptSigner::new(dated(KeyPurpose::Receipt)).unwrap()
}

pub(crate) fn statement(number: usize) -> Statement {
    Statement {
        channel: "usage".to_owned(),
        definition: Digest::of(b"definition"),
        digest: Digest::of(format!("part {number}").as_bytes()),
        forget_by: date(2027, 2, 21),
        part: "platform".to_owned(),
        period: "2026-W47".to_owned(),
        program: PROGRAM.to_owned(),
        received: TODAY,
    }
}

pub(crate) fn deletion() -> Deletion<'static> {
    Deletion {
        backups_expire: date(2027, 2, 21),
        channel: "usage",
        deleted_on: TODAY,
        part: "platform",
        program: PROGRAM,
        published_before_stays: Some(date(2026, 11, 25)),
        removed: 3,
        tag: Tag(*b"0123456789abcdef"),
    }
}

/// Flips every bit of a text in turn, and says which flips were still believed.
pub(crate) fn believed_after_a_flip(json: &str, believes: impl Fn(&str) -> bool) -> Vec<String> {
    let mut flips = Vec::new();
    for bit in 0..8 * json.len() {
        let mut bytes = json.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        match String::from_utf8(bytes) {
            Ok(flipped) if believes(&flipped) => flips.push(flipped),
            _ => {}
        }
    }
    flips
}

/// Whether a text is the RFC 8785 form of itself: this crate's keys are ASCII, its numbers whole.
pub(crate) fn is_canonical(json: &str) -> bool {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    let sorted = value.to_string();
    sorted == json
}
