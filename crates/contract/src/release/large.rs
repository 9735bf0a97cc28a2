//! Amounts as JSON: numbers up to 2^53 - 1, and text above.
//!
//! A fleet's bytes are soon more than 2^53, which many JSON readers would round: from there on a
//! number is written as text, as RFC 8785 advises (its section 3.2.2.3).
use serde::{Deserialize, Deserializer, Serializer, de::Error};

use crate::limits::INTEGER_MAX;

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
    if *number <= INTEGER_MAX { to.serialize_u64(*number) } else { to.collect_str(number) }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match Written::deserialize(from)? {
        Written::Number(number) => Ok(number),
        Written::Text(text) => text.parse().map_err(D::Error::custom),
    }
}
