//! A cross-table as it is published: how often each pair of answers to two questions was given.

use serde::{Deserialize, Serialize};

use super::{Folded, Number};
use crate::id::{FieldId, PartId};

/// Two questions that were answered together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CrossTable {
    /// The part in which both travel.
    pub part: PartId,
    /// The question whose answers are the lines.
    pub rows: Axis,
    /// The question whose answers are the columns.
    pub columns: Axis,
    /// What is counted where that is not installations: records, such as "disks".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<String>,
    /// Those who answered both, per period. Below the smallest group without noise: 0, and the
    /// error says how many may be.
    pub answered: Number,
    /// The numbers.
    pub table: Crossed,
}

/// One of the two questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Axis {
    /// The field.
    pub id: FieldId,
    /// The question in plain words.
    pub question: String,
    /// What its sizes count; empty where its answers are no sizes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

/// The numbers of a cross-table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
#[non_exhaustive]
pub enum Crossed {
    /// Fewer than the smallest group answered both, or, without noise, small groups could be read
    /// from whatever is shown.
    TooFew,
    /// Lines and columns.
    #[non_exhaustive]
    Cells {
        /// The answers to the second question, in the manifest's order.
        columns: Vec<Label>,
        /// The answers to the first, in the manifest's order.
        lines: Vec<CrossLine>,
        /// With noise: the cells that are below the smallest group, together.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        folded: Option<Folded>,
    },
}

/// An answer at the head of a line or column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Label {
    /// The answer as it was sent; empty where several stand together.
    pub value: String,
    /// The answer for people.
    pub title: String,
    /// How many answers stand here together, as they cannot be shown on their own; 0 for one that
    /// is. Without noise alone.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub together: u32,
}

/// One answer to the first question, and how often each answer to the second came with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CrossLine {
    /// The answer.
    pub label: Label,
    /// For each column, per period; `null` where a noisy number is below the smallest group.
    pub counts: Vec<Option<Number>>,
}
