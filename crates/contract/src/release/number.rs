//! Published numbers: each with its doubt.

use serde::{Deserialize, Serialize};

use super::large;

/// A published number with its doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Number {
    /// The number; with noise it may be below zero, and a page shows 0 then.
    pub value: i64,
    /// At least 95 of 100 such numbers are within this much of the truth; 0 when exact.
    pub error_95: u64,
}

impl Number {
    /// A number with its error, for those who add published numbers up.
    pub fn new(value: i64, error_95: u64) -> Self {
        Self { value, error_95 }
    }
}

/// An estimate and the interval in which the true sum lies, given the buckets and the noise.
///
/// In JSON each is a number up to 2^53 - 1 and text (`"9007199254740993"`) above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Interval {
    /// The middle of the road.
    #[serde(with = "large")]
    pub estimate: u64,
    /// At least this much.
    #[serde(with = "large")]
    pub low: u64,
    /// At most this much.
    #[serde(with = "large")]
    pub high: u64,
}
