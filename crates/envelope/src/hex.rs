//! Lower-case hexadecimal of a fixed number of bytes: one value has exactly one text.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

/// Why a text is not the hexadecimal form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// The text is shorter or longer than the value.
    #[error("expected {expected} hexadecimal digits")]
    Length {
        /// Digits that the value has.
        expected: usize,
    },
    /// A character is no digit; capitals are none, or one value would have many texts.
    #[error("expected only the digits 0-9 and a-f")]
    Digit,
}

/// Reads exactly `N` bytes.
pub(crate) fn decode<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return Err(HexError::Length { expected: 2 * N });
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Ok(bytes)
}

/// Reads as many bytes as there are.
pub(crate) fn decode_any(text: &str) -> Result<Vec<u8>, HexError> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(HexError::Length { expected: 2 * pairs.len() + 2 });
    }
    pairs.iter().map(|[high, low]| Ok(value(*high)? << 4 | value(*low)?)).collect()
}

/// Appends the digits to a text.
pub(crate) fn push(text: &mut String, bytes: &[u8]) {
    // By pieces of a digest: a receipt has dozens of them, and one character at a time took a tenth
    // of the time in which it is made.
    for piece in bytes.chunks(32) {
        let mut digits = [0; 64];
        for ([high, low], byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(piece) {
            (*high, *low) = (digit(byte >> 4), digit(byte & 15));
        }
        let written = digits.get(..2 * piece.len()).unwrap_or_default();
        text.push_str(std::str::from_utf8(written).unwrap_or_default());
    }
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    push(&mut text, bytes);
    text
}

/// For `#[serde(serialize_with)]` and the implementations that [`hex_text`] writes.
pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(bytes))
}

pub(crate) fn deserialize<'de, const N: usize, D>(deserializer: D) -> Result<[u8; N], D::Error>
where
    D: Deserializer<'de>,
{
    deserializer.deserialize_str(HexVisitor::<N>)
}

struct HexVisitor<const N: usize>;

impl<const N: usize> Visitor<'_> for HexVisitor<N> {
    type Value = [u8; N];

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} lower-case hexadecimal digits", 2 * N)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<[u8; N], E> {
        decode(text).map_err(E::custom)
    }
}

fn value(digit: u8) -> Result<u8, HexError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(HexError::Digit),
    }
}

fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

/// Gives a newtype over an array of bytes its text form: `Display`, `FromStr` and serde.
macro_rules! hex_text {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&$crate::hex::encode(&self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::hex::HexError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::hex::decode(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::hex::serialize(&self.0, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::hex::deserialize(deserializer).map(Self)
            }
        }
    };
}
pub(crate) use hex_text;

#[cfg(test)]
mod tests {
    use super::{HexError, decode, encode};

    #[test]
    fn every_byte_has_one_text() {
        for byte in 0..=255u8 {
            let text = encode(&[byte]);
            assert_eq!(text, format!("{byte:02x}"));
            assert_eq!(decode(&text), Ok([byte]));
        }
    }

    #[test]
    fn capitals_odd_lengths_and_signs_are_refused() {
        assert_eq!(decode::<1>("AB"), Err(HexError::Digit));
        assert_eq!(decode::<1>("+1"), Err(HexError::Digit));
        assert_eq!(decode::<1>("é"), Err(HexError::Digit));
        assert_eq!(decode::<1>("abc"), Err(HexError::Length { expected: 2 }));
        assert_eq!(decode::<2>("ab"), Err(HexError::Length { expected: 4 }));
        assert_eq!(decode::<1>(""), Err(HexError::Length { expected: 2 }));
    }
}
