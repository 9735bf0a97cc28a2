//! Field kinds: the closed set of shapes an answer can have. There is no free-text kind.

use serde::{Deserialize, Serialize};

use crate::answer::Entry;
use crate::id::Choice;
use crate::limits::{SAMPLE_BYTES_MAX, VERSION_DIGITS_MAX, VERSION_NUMBERS_MAX};
use crate::manifest::OTHER;

mod buckets;
mod moves;

pub use buckets::{Buckets, BucketsError, read_bound};
pub use moves::{MOVE, Moves};

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
    /// A bucketed number for each move from one step to another, of the most frequent ones.
    Flow {
        /// The steps; what is not among them is the step `other`.
        steps: Vec<Choice>,
        /// Moves of one installation that leave at most, the most frequent ones; `None` is all.
        moves_max: Option<u32>,
        /// What a move is, in the plural: "visits".
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
            Self::Flow { .. } => "flow",
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

    /// The closed list, where the kind has one; of a flow, its steps.
    pub fn choices(&self) -> Option<&[Choice]> {
        match self {
            Self::Choice { choices: list }
            | Self::Set { choices: list }
            | Self::Counts { choices: list, .. }
            | Self::Flow { steps: list, .. } => Some(list),
            _ => None,
        }
    }

    /// Of how many things an answer may say how often: the entries of `counts` and the moves of a
    /// flow, `other` among them.
    pub fn things(&self) -> Option<usize> {
        match self {
            Self::Counts { choices, .. } => Some(choices.len() + 1),
            Self::Flow { steps, .. } => Some(Moves(steps).len()),
            _ => None,
        }
    }

    /// How many of them one answer may have.
    pub fn things_max(&self) -> Option<usize> {
        let all = self.things()?;
        let bound = match self {
            Self::Flow { moves_max: Some(most), .. } => usize::try_from(*most).ok(),
            _ => None,
        };
        Some(bound.map_or(all, |most| most.min(all)))
    }

    /// One of them as it is written.
    pub fn thing_text(&self, place: Entry) -> String {
        match self {
            Self::Flow { steps, .. } => Moves(steps).write(place),
            _ => place.text(self.choices().unwrap_or_default()).to_owned(),
        }
    }

    /// The buckets, where the kind has them.
    pub fn buckets(&self) -> Option<&Buckets> {
        match self {
            Self::Count { buckets, .. }
            | Self::Size { buckets }
            | Self::Duration { buckets }
            | Self::Counts { buckets, .. }
            | Self::Flow { buckets, .. } => Some(buckets),
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
            Self::Count { unit, .. } | Self::Counts { unit, .. } | Self::Flow { unit, .. } => unit,
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
            Self::Flow { steps, buckets, .. } => {
                let (all, most) = (Moves(steps).len(), self.things_max()?);
                // No more than to choose each of its moves, or none, with a bucket.
                let chosen = most as f64 * bits(all * buckets.len());
                Some(chosen.min(all as f64 * bits(buckets.len())))
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
            // Two steps, the sign between them, and the same quotes, colon and comma.
            Self::Flow { steps, .. } => {
                (2 * longest(steps) + label + 7) * self.things_max().unwrap_or(0) + 2
            }
            // Every character may be a quotation mark, which is written with two.
            Self::Sample { bytes_max, .. } => {
                2 * usize::try_from(*bytes_max).unwrap_or(0) + label + "{count:,value:}".len() + 8
            }
        }
    }
}

/// The bound of a sample's bytes, when the manifest names none.
pub const SAMPLE_BYTES_DEFAULT: u32 = SAMPLE_BYTES_MAX;

#[cfg(test)]
mod tests;
