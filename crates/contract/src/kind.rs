//! Field kinds: the closed set of shapes an answer can have. There is no free-text kind.

use serde::{Deserialize, Serialize};

use crate::id::Choice;
use crate::limits::{BUCKETS_MAX, SAMPLE_BYTES_MAX, VERSION_DIGITS_MAX, VERSION_NUMBERS_MAX};
use crate::manifest::OTHER;

/// The shape of a field's answers, with every bound that the shape needs.
///
/// This is what a part's definition is made of: two fields of equal kind are counted together,
/// whatever their wording or source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Kind {
    /// Yes or no.
    Flag,
    /// One entry of a closed list, else `other`.
    Choice {
        /// The list.
        choices: Vec<Choice>,
    },
    /// At most four numbers of six digits and a suffix from a list, else `other`.
    Version {
        /// The suffixes that may follow the numbers after a `-`.
        suffixes: Vec<Choice>,
    },
    /// A number of things, always bucketed.
    Count {
        /// What is counted, in the plural: "devices".
        unit: String,
        /// The buckets.
        buckets: Buckets,
    },
    /// A number of bytes, always bucketed.
    Size {
        /// The buckets, in bytes.
        buckets: Buckets,
    },
    /// A number of seconds, always bucketed.
    Duration {
        /// The buckets, in seconds.
        buckets: Buckets,
    },
    /// Any entries of a closed list.
    Set {
        /// The list; what is not in it counts as `other`.
        choices: Vec<Choice>,
    },
    /// A bucketed number for each entry of a closed list.
    Counts {
        /// The list; what is not in it is added up under `other`.
        choices: Vec<Choice>,
        /// What is counted, in the plural.
        unit: String,
        /// The buckets.
        buckets: Buckets,
    },
    /// A cleaned string from an open vocabulary, each in a part of its own.
    Sample {
        /// Bytes of the value at most, at most [`SAMPLE_BYTES_MAX`].
        bytes_max: u32,
        /// Buckets for how often the value occurs on the machine, where that is asked.
        buckets: Option<Buckets>,
    },
}

/// What a bucketed number measures; decides how its bounds are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Whole things.
    Things,
    /// Bytes, written with binary prefixes.
    Bytes,
    /// Seconds, written as s, min, h, d.
    Seconds,
}

impl Kind {
    /// The kind's name in a manifest.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Choice { .. } => "choice",
            Self::Version { .. } => "version",
            Self::Count { .. } => "count",
            Self::Size { .. } => "size",
            Self::Duration { .. } => "duration",
            Self::Set { .. } => "set",
            Self::Counts { .. } => "counts",
            Self::Sample { .. } => "sample",
        }
    }

    /// Of how many cells an answer is in exactly one, where answers exclude each other and all are
    /// declared; `None` for the other kinds.
    pub fn cells(&self) -> Option<usize> {
        match self {
            Self::Flag => Some(2),
            Self::Choice { choices } => Some(choices.len() + 1),
            Self::Count { buckets, .. } | Self::Size { buckets } | Self::Duration { buckets } => {
                Some(buckets.len())
            }
            _ => None,
        }
    }

    /// The closed list, where the kind has one.
    pub fn choices(&self) -> Option<&[Choice]> {
        match self {
            Self::Choice { choices } | Self::Set { choices } | Self::Counts { choices, .. } => {
                Some(choices)
            }
            _ => None,
        }
    }

    /// The buckets, where the kind has them.
    pub fn buckets(&self) -> Option<&Buckets> {
        match self {
            Self::Count { buckets, .. }
            | Self::Size { buckets }
            | Self::Duration { buckets }
            | Self::Counts { buckets, .. } => Some(buckets),
            Self::Sample { buckets, .. } => buckets.as_ref(),
            _ => None,
        }
    }

    /// How the bounds of this kind's buckets are written.
    pub fn measure(&self) -> Measure {
        match self {
            Self::Size { .. } => Measure::Bytes,
            Self::Duration { .. } => Measure::Seconds,
            _ => Measure::Things,
        }
    }

    /// What a bucketed number counts, for people.
    pub fn unit(&self) -> &str {
        match self {
            Self::Count { unit, .. } | Self::Counts { unit, .. } => unit,
            Self::Size { .. } => "bytes",
            Self::Duration { .. } => "seconds",
            _ => "",
        }
    }

    /// The label of a bucket on the wire and on pages, such as `10-49`, `1GiB-2GiB` or `1000+`.
    /// `None` when there is no such bucket.
    pub fn bucket_label(&self, index: usize) -> Option<String> {
        self.buckets()?.label(index, self.measure())
    }

    /// How identifying an answer can be: the binary logarithm of the number of possible answers,
    /// one of them being "no answer". Open vocabularies have no such number: `None`.
    pub fn bits(&self) -> Option<f64> {
        let bits = |answers: usize| ((answers + 1) as f64).log2();
        match self {
            Self::Flag => Some(bits(2)),
            Self::Choice { choices } => Some(bits(choices.len() + 1)),
            // Not its possible values (10^24) but those in use: about a thousand releases of a
            // long-lived product.
            Self::Version { .. } => Some(bits(1_000)),
            Self::Count { buckets, .. } | Self::Size { buckets } | Self::Duration { buckets } => {
                Some(bits(buckets.len()))
            }
            Self::Set { choices } => Some((choices.len() + 1) as f64),
            Self::Counts { choices, buckets, .. } => {
                Some((choices.len() + 1) as f64 * bits(buckets.len()))
            }
            Self::Sample { .. } => None,
        }
    }
}

impl Kind {
    /// Bytes of the longest answer as JSON.
    pub fn bytes_max(&self) -> usize {
        let longest = |texts: &[Choice]| {
            let lengths = texts.iter().map(|text| text.as_str().len());
            lengths.chain([OTHER.len()]).max().unwrap_or(0)
        };
        let all = |texts: &[Choice]| -> usize {
            texts.iter().map(|text| text.as_str().len()).sum::<usize>() + OTHER.len()
        };
        let labels = (0..).map_while(|index| self.bucket_label(index));
        let label = labels.map(|label| label.len()).max().unwrap_or(0);
        match self {
            Self::Flag => "false".len(),
            Self::Choice { choices } => longest(choices) + 2,
            Self::Version { suffixes } => {
                (VERSION_DIGITS_MAX + 1) * VERSION_NUMBERS_MAX + longest(suffixes) + 2
            }
            Self::Count { .. } | Self::Size { .. } | Self::Duration { .. } => label + 2,
            // Each entry has quotes and a comma, in `counts` a colon and the label's quotes too.
            Self::Set { choices } => all(choices) + 3 * (choices.len() + 1) + 2,
            Self::Counts { choices, .. } => all(choices) + (label + 6) * (choices.len() + 1) + 2,
            // Every character may be a quotation mark, which is written with two.
            Self::Sample { bytes_max, .. } => {
                2 * usize::try_from(*bytes_max).unwrap_or(0) + label + "{count:,value:}".len() + 8
            }
        }
    }
}

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

    fn label(&self, index: usize, measure: Measure) -> Option<String> {
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

/// The bound of a sample's bytes, when the manifest names none.
pub const SAMPLE_BYTES_DEFAULT: u32 = SAMPLE_BYTES_MAX;

#[cfg(test)]
mod tests;
