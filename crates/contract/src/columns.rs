//! Parts as columns: what a part says, in as few bytes as its definition allows, in blocks of rows.
//!
//! A definition says which answers there can be, so an answer is written as its place in the
//! definition's lists. In a block of rows each field has a dictionary of the answers that occur and
//! for each row the number of its answer: no byte where all rows say the same, one where there are
//! up to 256 answers, two otherwise. Counting goes through the dictionary and parses nothing.
//!
//! ```text
//! rows: u16 │ tags: 16 bytes a row, where the definition has tags │ checks: 8 bytes a row
//! for each field: answers in its dictionary: u16 │ each: length, bytes │ numbers: 0 to 2 bytes a
//! row rows of exact bytes: u16 │ each: row: u16, length: u32, bytes
//! ```
//!
//! Integers are little-endian; lengths are LEB128. What is read back is the canonical bytes of the
//! part, to the letter: a part for which that is not so is kept as it is, among the exact rows. The
//! check says whether they are: it is the beginning of the digest that the part's receipt names.

use envelope::{Digest, Tag};

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
    /// The first bytes of SHA-256 over its canonical bytes.
    pub check: Check,
    /// What it says.
    pub said: Said,
}

/// The first eight bytes of a part's digest: enough to notice what decays, and a fifth of a row
/// less than all of them.
pub type Check = [u8; 8];

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
    /// A part that is kept as its exact bytes.
    pub fn exact(tag: Option<Tag>, bytes: &[u8]) -> Self {
        Self { tag, check: check_of(&Digest::of(bytes)), said: Said::Exact(bytes.to_vec()) }
    }

    /// Packs a part's answers. What would not come back to the letter is kept exactly.
    pub fn pack(definition: &Definition, part: &part::Part) -> Self {
        let (tag, check) = (part.tag(), check_of(&part.digest()));
        let mut packed = Vec::with_capacity(3 * definition.fields.len());
        for (shape, given) in definition.fields.iter().zip(part.answers()) {
            let answer = given.as_ref().map(answer::write).unwrap_or_default();
            let back = if answer.is_empty() { None } else { answer::read(&shape.kind, &answer) };
            if back != *given {
                return Self::exact(tag, part.bytes());
            }
            answer::push_number(&mut packed, answer.len() as u64);
            packed.extend_from_slice(&answer);
        }
        if part.answers().len() != definition.fields.len() {
            return Self::exact(tag, part.bytes());
        }
        Self { tag, check, said: Said::Answers(packed) }
    }
}

/// The check of a part with this digest.
pub fn check_of(digest: &Digest) -> Check {
    let mut check = Check::default();
    check.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    check
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
