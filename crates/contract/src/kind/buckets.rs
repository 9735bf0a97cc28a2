//! Buckets: the only form in which a number leaves.

use serde::{Deserialize, Serialize};

use super::Measure;
use crate::limits::BUCKETS_MAX;

/// Ascending lower bounds, the first of them 0, and a maximum at which numbers are clipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BucketsText", into = "BucketsText")]
pub struct Buckets {
    from: Vec<u64>,
    max: u64,
}

/// Why numbers are no buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BucketsError {
    /// Fewer than two buckets, or too many.
    #[error("2 to {BUCKETS_MAX} buckets are needed")]
    Number,
    /// The bounds do not ascend.
    #[error("each bound must be above the one before it")]
    Order,
    /// The maximum is not above the last bound.
    #[error("`max` must be above the last bound")]
    Max,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BucketsText {
    from: Vec<u64>,
    max: u64,
}

impl Buckets {
    /// Buckets from their lower bounds; a bucket from 0 is added where the list does not begin
    /// with one. Numbers above `max` count as `max`.
    ///
    /// # Errors
    /// Says which rule the bounds break.
    pub fn new(mut from: Vec<u64>, max: u64) -> Result<Self, BucketsError> {
        if from.first().is_some_and(|first| *first > 0) {
            from.insert(0, 0);
        }
        if from.len() < 2 || from.len() > BUCKETS_MAX {
            return Err(BucketsError::Number);
        }
        if !from.is_sorted_by(|a, b| a < b) {
            return Err(BucketsError::Order);
        }
        if from.last().is_none_or(|last| max <= *last) {
            return Err(BucketsError::Max);
        }
        Ok(Self { from, max })
    }

    /// How many there are; at least two.
    #[expect(clippy::len_without_is_empty, reason = "there are always at least two")]
    pub fn len(&self) -> usize {
        self.from.len()
    }

    /// Where numbers are clipped.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The bucket that a number falls into.
    pub fn index_of(&self, number: u64) -> usize {
        self.from.partition_point(|from| *from <= number).saturating_sub(1)
    }

    /// The smallest and the largest number of a bucket; the last one ends at the maximum.
    pub fn bounds(&self, index: usize) -> Option<(u64, u64)> {
        let low = *self.from.get(index)?;
        let high = self.from.get(index + 1).map_or(self.max, |next| next - 1);
        Some((low, high))
    }

    pub(super) fn label(&self, index: usize, measure: Measure) -> Option<String> {
        let low = *self.from.get(index)?;
        let write = |number| write_bound(number, measure);
        Some(match (self.from.get(index + 1), measure) {
            (None, _) => format!("{}+", write(low)),
            (Some(next), Measure::Things) if next - 1 == low => write(low),
            (Some(next), Measure::Things) => format!("{}-{}", write(low), write(next - 1)),
            (Some(next), _) => format!("{}-{}", write(low), write(*next)),
        })
    }
}

impl TryFrom<BucketsText> for Buckets {
    type Error = BucketsError;
    fn try_from(text: BucketsText) -> Result<Self, BucketsError> {
        Self::new(text.from, text.max)
    }
}

impl From<Buckets> for BucketsText {
    fn from(buckets: Buckets) -> Self {
        Self { from: buckets.from, max: buckets.max }
    }
}

const BYTES: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
const SECONDS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

/// A bound in the largest unit that divides it: `1GiB`, `90s`.
fn write_bound(number: u64, measure: Measure) -> String {
    let units: &[(&str, u64)] = match measure {
        Measure::Things => return number.to_string(),
        Measure::Bytes => &BYTES,
        Measure::Seconds => &SECONDS,
    };
    let fits = |(_, size): &&(&str, u64)| number.is_multiple_of(*size);
    match units.iter().find(fits) {
        Some((unit, size)) if number > 0 => format!("{}{unit}", number / size),
        _ => "0".to_owned(),
    }
}

/// Reads a bound as a manifest writes it: `"4 GiB"`, `"90 s"`. `None` if it is no such bound.
pub fn read_bound(text: &str, measure: Measure) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let units: &[(&str, u64)] = match measure {
        Measure::Things => return unit.is_empty().then_some(number),
        Measure::Bytes => &BYTES,
        Measure::Seconds => &SECONDS,
    };
    let unit = unit.trim();
    let (_, size) = units.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*size)
}
