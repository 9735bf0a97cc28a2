//! The same values computed a second time, from SHA-256 and Ed25519 alone, as another language
//! would.

use ed25519_dalek::{Signer, SigningKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

pub(crate) fn sha256(pieces: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(pieces.concat()).into()
}

/// RFC 2104 for keys of at most one block.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = block.map(|byte| byte ^ 0x36);
    let outer = block.map(|byte| byte ^ 0x5c);
    sha256(&[&outer, &sha256(&[&inner, message])])
}

/// RFC 5869: extract with a salt of zeros.
pub(crate) fn extract(secret: &[u8]) -> [u8; 32] {
    hmac(&[0; 32], secret)
}

/// RFC 5869: the first block of expand.
pub(crate) fn expand(key: &[u8], info: &[u8]) -> [u8; 32] {
    hmac(key, &[info, &[1]].concat())
}

pub(crate) fn member(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&length, text.as_bytes()].concat()
}

/// RFC 9162 section 2.1.1.
pub(crate) fn tree_root(leaves: &[[u8; 32]]) -> [u8; 32] {
    if let [leaf] = leaves {
        return *leaf;
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    sha256(&[&[1], &tree_root(left), &tree_root(right)])
}

/// `label ‖ 0x00 ‖ canonical JSON` of the members of `json` but for some.
pub(crate) fn message(label: &str, json: &Value, without: &[&str]) -> Vec<u8> {
    let mut json = json.clone();
    for name in without {
        json.as_object_mut().unwrap().remove(*name).unwrap();
    }
    [label.as_bytes(), &[0], json.to_string().as_bytes()].concat()
}

pub(crate) fn sign(private: &[u8], message: &[u8]) -> String {
    let key = SigningKey::from_bytes(private.try_into().unwrap());
    hex(&key.sign(message).to_bytes())
}

pub(crate) fn public(private: &[u8]) -> String {
    hex(SigningKey::from_bytes(private.try_into().unwrap()).verifying_key().as_bytes())
}
