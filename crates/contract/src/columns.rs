//! Parts as columns: what a part says, in as few bytes as its definition allows, in blocks of rows.
//!
//! A definition says which answers there can be, so an answer is written as its place in the
//! definition's lists. In a block of rows each field has a dictionary of the answers that occur and
//! for each row the number of its answer: no byte where all rows say the same, one where there are
//! up to 256 answers, two otherwise. Counting goes through the dictionary and parses nothing.
//!
//! ```text
//! rows: u16 │ tags: 16 bytes for each row, where the definition has tags
//! for each field: answers in its dictionary: u16 │ each: length, bytes │ numbers: 0, 1 or 2 bytes a row
//! rows of exact bytes: u16 │ each: row: u16, length: u32, bytes
//! ```
//!
//! Integers are little-endian; lengths are LEB128. What is read back is the canonical bytes of the
//! part, to the letter: a part for which that is not so is kept as it is, among the exact rows.

use envelope::Tag;

use crate::answer::Answer;
use crate::calendar::Period;
use crate::definition::Definition;
use crate::part;

mod answer;
mod block;
mod reader;

pub use block::{BLOCK_ROWS_MAX, BlockWriter};
pub use reader::{Block, Column, Numbers};

/// A row: a part's tag and what it says. Its `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The part's tag; `None` where its channel has none.
    pub tag: Option<Tag>,
    /// What it says.
    pub said: Said,
}

/// What a part says, packed.
#[derive(Clone, PartialEq, Eq)]
pub enum Said {
    /// Its answers by the definition, each with its length before it; a length of 0 is no answer.
    Answers(Vec<u8>),
    /// Its canonical bytes, which the definition's encoding would not give back.
    Exact(Vec<u8>),
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row(..)")
    }
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Said(..)")
    }
}

impl Row {
    /// Packs a part's answers. What would not come back to the letter is kept exactly.
    pub fn pack(definition: &Definition, part: &part::Part) -> Self {
        let tag = part.tag();
        let mut packed = Vec::with_capacity(3 * definition.fields.len());
        for (shape, given) in definition.fields.iter().zip(part.answers()) {
            let answer = given.as_ref().map(answer::write).unwrap_or_default();
            let back = if answer.is_empty() { None } else { answer::read(&shape.kind, &answer) };
            if back != *given {
                return Self { tag, said: Said::Exact(part.bytes().to_vec()) };
            }
            answer::push_number(&mut packed, answer.len() as u64);
            packed.extend_from_slice(&answer);
        }
        if part.answers().len() != definition.fields.len() {
            return Self { tag, said: Said::Exact(part.bytes().to_vec()) };
        }
        Self { tag, said: Said::Answers(packed) }
    }
}

/// The canonical bytes of the part that these answers make; `None` where they make none.
pub fn unpack(
    definition: &Definition,
    period: Period,
    tag: Option<Tag>,
    answers: &[Option<Answer>],
) -> Option<Vec<u8>> {
    part::write(definition, period, tag, answers)
}

#[cfg(test)]
mod tests;
