//! An installation's secret, and everything that is derived from it.

use std::fmt;

use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::tag::TagKey;

const TAG_KEY: &[u8] = b"candor/tag-key/v1";
const MOMENT: &[u8] = b"candor/moment/v1";

/// The random secret of one program on one installation, made at the first yes.
///
/// Nothing of the machine goes into it, so nothing of the machine can be found from a tag.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

/// What a tag is for. Every member changes the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagScope<'a> {
    /// The program's id.
    pub program: &'a str,
    /// The channel's id.
    pub channel: &'a str,
    /// The part's id.
    pub part: &'a str,
    /// How long the tag lasts, as text: a period, a 28-day window, or a constant.
    pub epoch: &'a str,
    /// The value, when the part is one sample: two samples of one installation share no tag.
    pub sample: Option<&'a str>,
}

impl Secret {
    /// A new secret from a generator fit for keys.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill_bytes(bytes.as_mut());
        Self(*bytes)
    }

    /// The secret that a file holds.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to write them into the file that only its owner reads.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of the tag for one scope.
    pub fn tag_key(&self, scope: &TagScope<'_>) -> TagKey {
        TagKey::from_bytes(hkdf_sha256(None, &self.0, &tag_key_info(scope)))
    }

    /// A uniform draw that the same secret, label and parts give again: the moments of a schedule
    /// survive a restart, and nobody else can foresee them.
    pub fn moment(&self, label: &str, parts: &[&str]) -> u64 {
        u64::from_be_bytes(hkdf_sha256(None, &self.0, &moment_info(label, parts)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

fn tag_key_info(scope: &TagScope<'_>) -> Vec<u8> {
    let mut info = TAG_KEY.to_vec();
    for member in [scope.program, scope.channel, scope.part, scope.epoch] {
        push_member(&mut info, member);
    }
    match scope.sample {
        None => info.push(0),
        Some(value) => {
            info.push(1);
            push_member(&mut info, value);
        }
    }
    info
}

fn moment_info(label: &str, parts: &[&str]) -> Vec<u8> {
    let mut info = MOMENT.to_vec();
    push_member(&mut info, label);
    for part in parts {
        push_member(&mut info, part);
    }
    info
}

/// The length before the bytes: `("ab", "c")` and `("a", "bc")` differ.
fn push_member(info: &mut Vec<u8>, member: &str) {
    // Members are identifiers, dates and samples of at most 256 bytes; 4 GiB cannot occur.
    let length = u32::try_from(member.len()).unwrap_or(u32::MAX);
    info.extend_from_slice(&length.to_be_bytes());
    info.extend_from_slice(member.as_bytes());
}

/// RFC 5869. Without a salt, since the secret is uniformly random.
fn hkdf_sha256<const N: usize>(salt: Option<&[u8]>, secret: &[u8], info: &[u8]) -> [u8; N] {
    const { assert!(N <= 255 * 32, "HKDF-SHA256 gives no more") };
    let mut output = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "fails only for more than 8,160 bytes, which the line above refuses to compile"
    )]
    Hkdf::<Sha256>::new(salt, secret)
        .expand(info, &mut output)
        .expect("the output is short enough");
    output
}

#[cfg(test)]
mod tests;
