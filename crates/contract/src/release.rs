//! A release: published, frozen statistics of one channel over one window of finished periods.
//! It is made in one way only, by publishing a tally; anyone may read one back from its frozen
//! bytes. Every number carries its own error.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{Identity, PeriodKind};
use crate::id::{ChannelId, FieldId, PartId, ProgramId};

mod cross;
mod intake_bound;
mod large;
mod number;
mod rolling;
mod window;

pub use cross::{Axis, CrossLine, CrossTable, Crossed, Label};
pub use intake_bound::IntakeBound;
pub use number::{Interval, Number};
pub use rolling::counts_28_days;
pub use window::Window;

/// The format this code writes; readers refuse a newer one.
pub const FORMAT: u32 = 1;

/// Published, frozen statistics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Release {
    /// [`FORMAT`].
    pub format: u32,
    /// Whose program it is about.
    pub program: ProgramInfo,
    /// Which channel it is about.
    pub channel: ChannelInfo,
    /// Counted from 1 for each channel, without gaps.
    pub number: u64,
    /// The periods that were counted.
    pub window: Window,
    /// The day of publication.
    pub published: Date,
    /// Whether its installations are invented: every page and file then says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
    /// The day of the next release, known in advance.
    pub next: Date,
    /// How single installations are protected.
    pub mode: Mode,
    /// Values below this many installations are not shown.
    pub group_min: u32,
    /// Installations that reported, per period. Without noise and below the smallest group: 0, and
    /// the error says how many there may be. Absent where every part holds samples: one
    /// installation sends several of them, and nothing says which come from the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installations: Option<Number>,
    /// Installations that reported within the 28 days up to the window's end, each counted once;
    /// only where tags last as long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installations_28_days: Option<Number>,
    /// The most by which whoever invents installations could have moved a count, per period;
    /// absent where nobody measured what intake let through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intake_bound: Option<u64>,
    /// One table for each field, in the manifest's order.
    pub fields: Vec<FieldTable>,
    /// One for each pair of questions that the manifest crosses, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crosses: Vec<CrossTable>,
}

/// The program as its manifest describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProgramInfo {
    /// Its identifier.
    pub id: ProgramId,
    /// Its name.
    pub title: String,
    /// Who makes it.
    pub vendor: String,
    /// The licence of the published data, as the manifest states it (an SPDX name, say).
    pub data_licence: String,
}

/// The channel as its manifest describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ChannelInfo {
    /// Its identifier.
    pub id: ChannelId,
    /// Its name.
    pub title: String,
    /// How often an installation reports.
    pub period: PeriodKind,
    /// How long an installation's tag lasts.
    pub identity: Identity,
    /// Days that parts are kept after their period.
    pub retention_days: u32,
    /// Whether a person was asked first (`true`), or told and free to refuse (`false`: opt-out).
    pub asked_first: bool,
}

/// How single installations are protected in the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
#[non_exhaustive]
pub enum Mode {
    /// Discrete Laplace noise on every number.
    #[non_exhaustive]
    Noisy {
        /// The privacy budget that this release spends, in thousandths.
        epsilon_milli: u32,
        /// The probability that an open vocabulary shows a value that one installation alone
        /// holds, as a negative power of ten: 9 means at most 10^-9.
        delta_exponent: u32,
    },
    /// No noise; small groups suppressed.
    Exact,
    /// A rehearsal: an open period, exact, from one installation on, on a loopback address only.
    Rehearsal,
}

/// What one field's answers were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FieldTable {
    /// The field.
    pub id: FieldId,
    /// The part it travels in; fields of one part travel together.
    pub part: PartId,
    /// The question in plain words.
    pub question: String,
    /// Why it is asked.
    pub purpose: String,
    /// What is counted where that is not installations: records, such as "disks".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<String>,
    /// Installations that answered, per period; answers in a catalogue, folded ones too. Below the
    /// smallest group without noise: 0, and the error says how many may be.
    pub answered: Number,
    /// The answers.
    pub table: Table,
}

/// The answers to one field, by the field's kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
#[non_exhaustive]
pub enum Table {
    /// Fewer than the smallest group answered.
    TooFew,
    /// One answer of a list (`flag`, `choice`): rows and what is folded add up to those who
    /// answered.
    #[non_exhaustive]
    Shares {
        /// In the manifest's order. An entry that is neither here nor folded was given by nobody.
        rows: Vec<Row>,
        /// Values left out because too few gave them, and how many answers those hold together.
        /// Without noise they include the smallest value that is large enough, and those that
        /// nobody gave: else it could be computed what the small ones hold.
        folded: Option<Folded>,
    },
    /// Several answers of a list (`set`): each row is a share of those who answered.
    #[non_exhaustive]
    Set {
        /// In the manifest's order; "none" last, where it is shown. Without noise it never is:
        /// overlaps could be computed with it.
        rows: Vec<Row>,
        /// As in `Shares`; only with noise.
        folded: Option<Folded>,
        /// Without noise: how many rows are not shown because too few gave them, or too few did
        /// not. What they hold together would say too much, so it is not published.
        #[serde(default, skip_serializing_if = "is_zero")]
        hidden: u32,
    },
    /// A bucketed number (`count`, `size`, `duration`).
    #[non_exhaustive]
    Histogram {
        /// In ascending order, also the empty ones unless they are folded.
        rows: Vec<Row>,
        /// What is counted: "devices", "bytes", "seconds".
        unit: String,
        /// The sum over all installations that answered, as buckets allow to estimate it.
        total: Option<Interval>,
        /// As in `Shares`.
        folded: Option<Folded>,
    },
    /// Versions, by major.minor and in full.
    #[non_exhaustive]
    Versions {
        /// By the first two numbers, newest first, "other" last.
        minor: Vec<Row>,
        /// In full, newest first, "other" last.
        full: Vec<Row>,
        /// Those who answered and are in no row in full.
        folded: Option<Folded>,
        /// Those who answered and are in no row by major.minor.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        folded_minor: Option<Folded>,
    },
    /// A bucketed number for each entry of a list (`counts`).
    #[non_exhaustive]
    Grid {
        /// The buckets' labels, ascending.
        buckets: Vec<String>,
        /// What is counted.
        unit: String,
        /// One line for each entry of the list, in the manifest's order.
        lines: Vec<GridLine>,
        /// Lines that are not shown because too few have any of it, or too few have none.
        #[serde(default, skip_serializing_if = "is_zero")]
        hidden: u32,
    },
    /// A bucketed number for each move from one step to another (`flow`).
    #[non_exhaustive]
    Flow {
        /// Every step, in the manifest's order, "other" last.
        steps: Vec<Step>,
        /// The buckets' labels, ascending.
        buckets: Vec<String>,
        /// What a move is.
        unit: String,
        /// One line for each move; its value is the values of its two steps with `>` between.
        lines: Vec<GridLine>,
        /// As in `Grid`.
        #[serde(default, skip_serializing_if = "is_zero")]
        hidden: u32,
    },
    /// A sampled open vocabulary (`sample`): values at or above the smallest group.
    #[non_exhaustive]
    Catalogue {
        /// Most frequent first.
        rows: Vec<Row>,
        /// Answers whose values are not shown, together.
        folded: Option<Folded>,
    },
}

/// One value and how many gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Row {
    /// The value as it was sent: a choice, "true", a bucket's label, a version.
    pub value: String,
    /// The value for people.
    pub title: String,
    /// Installations that gave it, per period.
    pub count: Number,
}

/// One step of a `flow` field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Step {
    /// The step as it was sent.
    pub value: String,
    /// The step for people.
    pub title: String,
}

/// One entry of a `counts` field, or a move of a `flow`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GridLine {
    /// The entry as it was sent.
    pub value: String,
    /// The entry for people.
    pub title: String,
    /// Installations that have any of it, per period.
    pub installations: Number,
    /// Installations in each bucket, per period; empty where some bucket has too few to be shown
    /// without noise.
    pub counts: Vec<Number>,
    /// The sum over all installations, as buckets allow to estimate it.
    pub total: Option<Interval>,
}

/// Values that are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Folded {
    /// How many declared values are folded; `None` for open vocabularies, where the number itself
    /// would tell.
    pub values: Option<u32>,
    /// Answers they hold together, per period.
    pub count: Number,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Why bytes are no release.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes are not JSON of a release's shape.
    #[error("the file is no release")]
    Shape(#[source] serde_json::Error),
    /// The release was written by a newer Candor.
    #[error("the release has format {0}, this program reads up to {FORMAT}")]
    Format(u32),
}

impl Release {
    /// Reads a release back from its frozen bytes.
    ///
    /// # Errors
    /// If the bytes are no release, or one of a newer format.
    pub fn from_frozen(bytes: &[u8]) -> Result<Self, ReadError> {
        let release: Self = serde_json::from_slice(bytes).map_err(ReadError::Shape)?;
        if release.format > FORMAT { Err(ReadError::Format(release.format)) } else { Ok(release) }
    }
}
