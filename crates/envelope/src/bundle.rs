//! A bundle: text that is carried by hand, with its digest, a key of its own and a signature, all
//! of which ordinary tools can check.
//!
//! ```text
//! sed '/^-----BEGIN/,$d' BUNDLE > body
//! sed -n '/^-----BEGIN/,/^-----END/p' BUNDLE > key.pem
//! sed -n 's/^signature //p' BUNDLE | base64 -d > signature
//! openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in body -sigfile signature
//! ```

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::keys::{PublicKey, sign};
use crate::signature::Signature;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----\n";
const END: &str = "\n-----END PUBLIC KEY-----\n";
const SIGNATURE: &str = "signature ";
/// What stands before the 32 bytes of an Ed25519 key (RFC 8410).
const KEY_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0];

/// Why a text is no bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// There is no key and signature at its end.
    #[error("it does not end with a key and a signature")]
    Form,
    /// The key is no usable one.
    #[error("its key cannot be used")]
    Key,
    /// Something in it was changed.
    #[error("its signature does not cover it: it was changed, or cut short")]
    Signature,
}

/// Signs a body, which ends with a line's end, with a key that is drawn for it and forgotten: two
/// bundles of one machine have nothing in common. Returns the bundle and its key's fingerprint.
pub fn seal(drawn: &Zeroizing<[u8; 32]>, body: &str) -> (String, Digest) {
    let key = SigningKey::from_bytes(drawn);
    let public = PublicKey::of_private(key.as_bytes());
    let pem = base64(&[&KEY_PREFIX, public.as_bytes().as_slice()].concat());
    let signature = base64(&sign(&key, body.as_bytes()).0);
    (format!("{body}{BEGIN}{pem}{END}{SIGNATURE}{signature}\n"), fingerprint(&public))
}

/// The body of a bundle whose signature covers it, and the fingerprint of its key: who carried it
/// compares that with what was shown when it was made.
///
/// # Errors
/// If it was changed on its way.
pub fn open(text: &str) -> Result<(&str, Digest), BundleError> {
    let (body, rest) = text.rsplit_once(BEGIN).ok_or(BundleError::Form)?;
    let (pem, rest) = rest.split_once(END).ok_or(BundleError::Form)?;
    let signature = rest.strip_prefix(SIGNATURE).and_then(|rest| rest.strip_suffix('\n'));
    let key = unbase64(pem).ok_or(BundleError::Key)?;
    let key: [u8; 32] = key
        .strip_prefix(&KEY_PREFIX)
        .and_then(|key| key.try_into().ok())
        .ok_or(BundleError::Key)?;
    let key = PublicKey::from_bytes(&key).map_err(|_| BundleError::Key)?;
    let signature = signature.and_then(unbase64).ok_or(BundleError::Form)?;
    let signature = Signature(signature.try_into().map_err(|_| BundleError::Form)?);
    if !key.verifies(body.as_bytes(), &signature) {
        return Err(BundleError::Signature);
    }
    Ok((body, fingerprint(&key)))
}

fn fingerprint(key: &PublicKey) -> Digest {
    Digest::of(key.as_bytes())
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        bits <<= 8 * (3 - group.len());
        for place in 0..4 {
            let at = (bits >> (18 - 6 * place)) & 63;
            let letter = LETTERS.get(at as usize).copied().unwrap_or(b'=');
            text.push(if place > group.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// Strict: what is read is exactly what [`base64`] writes.
fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut filled) = (0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xff_ffff;
        filled += 6;
        if filled >= 8 {
            filled -= 8;
            bytes.push(u8::try_from(bits >> filled & 0xff).ok()?);
        }
    }
    (base64(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, text) in vectors.iter().enumerate() {
            let bytes = b"foobar".get(..length).unwrap_or_default();
            assert_eq!(base64(bytes), *text);
            assert_eq!(unbase64(text).as_deref(), Some(bytes));
        }
        for bad in ["Zg", "Zg=", "Zh==", "Z", "Zg==Zg==", "Zm9v\n", "Zm 9"] {
            assert_eq!(unbase64(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_bundle_is_opened_as_it_was_sealed_and_no_bit_of_it_changes() {
        let drawn = |byte| Zeroizing::new([byte; 32]);
        let body = "Candor bundle 1\n{\"a\":1}\n";
        let (text, shown) = seal(&drawn(1), body);
        assert_eq!(open(&text), Ok((body, shown)));
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            // Another key is another fingerprint, and cannot have signed this.
            assert!(open(&changed).is_err(), "at {at}: {changed}");
        }
        assert_ne!(seal(&drawn(2), body).1, shown, "each has a key of its own");
    }
}
