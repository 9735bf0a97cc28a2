//! Proofs of a password as database servers ask for them: it does not cross the connection itself.
//!
//! The rules are the servers' own. SHA-1 protects nothing of ours here: it is what MySQL and
//! MariaDB compare, on a connection that does not leave the machine.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// Rounds of hashing that a server may ask for: PostgreSQL asks for 4,096; a hostile one could ask
/// for minutes of work.
const ROUNDS_MAX: u32 = 100_000;

/// The answer to MySQL's and MariaDB's `mysql_native_password`.
pub fn mysql_native(password: &str, nonce: &[u8]) -> Vec<u8> {
    let once = Zeroizing::new(<[u8; 20]>::from(Sha1::digest(password)));
    let twice = Sha1::digest(once.as_slice());
    let mask = Sha1::new().chain_update(nonce).chain_update(twice).finalize();
    xor(once.as_slice(), &mask)
}

/// The answer to MySQL's `caching_sha2_password`.
pub fn mysql_sha2(password: &str, nonce: &[u8]) -> Vec<u8> {
    let once = Zeroizing::new(<[u8; 32]>::from(Sha256::digest(password)));
    let twice = Sha256::digest(once.as_slice());
    let mask = Sha256::new().chain_update(twice).chain_update(nonce).finalize();
    xor(once.as_slice(), &mask)
}

/// A login by SCRAM-SHA-256 (RFC 7677), without channel binding: the channel is a local one.
#[derive(Debug)]
pub struct Scram {
    nonce: String,
    server_signature: Vec<u8>,
}

impl Scram {
    /// Begins with a nonce of letters and digits that was never used before.
    pub fn new(nonce: &str) -> Self {
        Self { nonce: nonce.to_owned(), server_signature: Vec::new() }
    }

    /// The first message. The user's name stands elsewhere in the server's protocol.
    pub fn first(&self) -> String {
        format!("n,,{}", self.first_bare())
    }

    fn first_bare(&self) -> String {
        format!("n=,r={}", self.nonce)
    }

    /// The second message, in answer to the server's first; `None` if that is none of SCRAM.
    pub fn last(&mut self, password: &str, server_first: &str) -> Option<String> {
        let attribute =
            |name: &str| server_first.split(',').find_map(|attribute| attribute.strip_prefix(name));
        let nonce = attribute("r=").filter(|nonce| nonce.starts_with(&self.nonce))?;
        let salt = from_base64(attribute("s=")?)?;
        let rounds: u32 = attribute("i=")?.parse().ok()?;
        if nonce.len() <= self.nonce.len() || !(1..=ROUNDS_MAX).contains(&rounds) {
            return None;
        }
        let salted = Zeroizing::new(salted(password, &salt, rounds)?);
        let client_key = Zeroizing::new(hmac(salted.as_slice(), b"Client Key")?);
        let stored = Sha256::digest(client_key.as_slice());
        let without_proof = format!("c=biws,r={nonce}");
        let signed = format!("{},{server_first},{without_proof}", self.first_bare());
        let signature = hmac(&stored, signed.as_bytes())?;
        let server_key = hmac(salted.as_slice(), b"Server Key")?;
        self.server_signature = hmac(&server_key, signed.as_bytes())?.to_vec();
        let proof = to_base64(&xor(client_key.as_slice(), &signature));
        Some(format!("{without_proof},p={proof}"))
    }

    /// Whether the server's last message proves that it knows the password too.
    pub fn is_proven(&self, server_last: &str) -> bool {
        let signature = server_last.strip_prefix("v=").and_then(from_base64);
        !self.server_signature.is_empty() && signature.as_deref() == Some(&*self.server_signature)
    }
}

/// PBKDF2 with one block, as RFC 5802 writes it: `Hi`.
fn salted(password: &str, salt: &[u8], rounds: u32) -> Option<[u8; 32]> {
    let mut last = hmac(password.as_bytes(), &[salt, &[0, 0, 0, 1]].concat())?;
    let mut sum = last;
    for _ in 1..rounds {
        last = hmac(password.as_bytes(), &last)?;
        for (sum, byte) in sum.iter_mut().zip(last) {
            *sum ^= byte;
        }
    }
    Some(sum)
}

fn hmac(key: &[u8], message: &[u8]) -> Option<[u8; 32]> {
    let mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    Some(mac.chain_update(message).finalize().into_bytes().into())
}

fn xor(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter().zip(right).map(|(left, right)| left ^ right).collect()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let at = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let number = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let index = usize::try_from(number >> (18 - 6 * place) & 63).unwrap_or(0);
            let letter = ALPHABET.get(index).copied().unwrap_or(b'=');
            text.push(if place > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut bytes = Vec::new();
    for chunk in digits.as_bytes().chunks(4) {
        let mut number = 0_u32;
        for letter in chunk {
            let index = ALPHABET.iter().position(|known| known == letter)?;
            number = number << 6 | u32::try_from(index).ok()?;
        }
        number <<= 6 * (4 - chunk.len());
        let [_, first, second, third] = number.to_be_bytes();
        bytes.extend([first, second, third].into_iter().take(chunk.len() * 6 / 8));
    }
    Some(bytes)
}
