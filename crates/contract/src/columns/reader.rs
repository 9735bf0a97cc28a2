//! Reading a block: by row, by tag, or column by column.

use envelope::Tag;

use super::answer::{read, take_number};
use super::block::BLOCK_ROWS_MAX;
use super::{Check, Row, Said, unpack};
use crate::answer::Answer;
use crate::calendar::Period;
use crate::definition::Definition;

const TAG_BYTES: usize = 16;

/// A block that was read. Its `Debug` shows how many rows it has.
pub struct Block<'a> {
    rows: usize,
    tags: Option<&'a [[u8; TAG_BYTES]]>,
    checks: &'a [Check],
    columns: Vec<Column<'a>>,
    exact: Vec<(usize, &'a [u8])>,
}

/// One field's answers in a block.
pub struct Column<'a> {
    /// The different answers, packed; an empty one is no answer.
    answers: Vec<&'a [u8]>,
    /// For each row the number of its answer.
    numbers: Numbers<'a>,
}

/// The numbers of a column.
#[derive(Clone, Copy)]
pub enum Numbers<'a> {
    /// All rows say the same.
    Same,
    /// One byte a row.
    Bytes(&'a [u8]),
    /// Two bytes a row.
    Shorts(&'a [[u8; 2]]),
}

impl std::fmt::Debug for Block<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Block").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl<'a> Block<'a> {
    /// Reads a block of a definition with so many fields; `None` where the bytes are none.
    pub fn read(bytes: &'a [u8], fields: usize, tagged: bool) -> Option<Self> {
        let mut rest = bytes;
        let rows = usize::from(take_short(&mut rest)?);
        if rows > BLOCK_ROWS_MAX {
            return None;
        }
        let tags = if tagged {
            Some(take(&mut rest, rows * TAG_BYTES)?.as_chunks::<TAG_BYTES>().0)
        } else {
            None
        };
        let checks = take(&mut rest, rows * size_of::<Check>())?.as_chunks().0;
        let columns = (0..fields).map(|_| Column::read(&mut rest, rows));
        let columns = columns.collect::<Option<Vec<_>>>()?;
        let mut exact = Vec::new();
        for _ in 0..take_short(&mut rest)? {
            let row = usize::from(take_short(&mut rest)?);
            let length = u32::from_le_bytes(take(&mut rest, 4)?.try_into().ok()?);
            exact.push((row, take(&mut rest, usize::try_from(length).ok()?)?));
        }
        rest.is_empty().then_some(Self { rows, tags, checks, columns, exact })
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The tag of a row.
    pub fn tag(&self, row: usize) -> Option<Tag> {
        self.tags?.get(row).map(|tag| Tag(*tag))
    }

    /// The check of a row.
    pub fn check(&self, row: usize) -> Option<Check> {
        self.checks.get(row).copied()
    }

    /// The rows of a tag; they stand side by side, because rows are in the order of tags.
    pub fn rows_of(&self, tag: Tag) -> std::ops::Range<usize> {
        let tags = self.tags.unwrap_or_default();
        let first = tags.partition_point(|known| known < tag.as_bytes());
        let many = tags.iter().skip(first).take_while(|known| *known == tag.as_bytes()).count();
        first..first + many
    }

    /// The columns, in the order of the definition's fields.
    pub fn columns(&self) -> &[Column<'a>] {
        &self.columns
    }

    /// The rows that are kept as exact bytes.
    pub fn exact(&self) -> &[(usize, &'a [u8])] {
        &self.exact
    }

    /// A row as it was written.
    pub fn row(&self, row: usize) -> Option<Row> {
        let (tag, check) = (self.tag(row), self.check(row)?);
        if let Some((_, bytes)) = self.exact.iter().find(|(exact, _)| *exact == row) {
            return Some(Row { tag, check, said: Said::Exact(bytes.to_vec()) });
        }
        let mut packed = Vec::with_capacity(3 * self.columns.len());
        for column in &self.columns {
            let answer = column.packed(row)?;
            super::answer::push_number(&mut packed, answer.len() as u64);
            packed.extend_from_slice(answer);
        }
        Some(Row { tag, check, said: Said::Answers(packed) })
    }

    /// The canonical bytes of a row's part; `None` where the block does not hold one.
    pub fn part(
        &self,
        definition: Option<&Definition>,
        period: Period,
        row: usize,
    ) -> Option<Vec<u8>> {
        if let Some((_, bytes)) = self.exact.iter().find(|(exact, _)| *exact == row) {
            return Some(bytes.to_vec());
        }
        let definition = definition.filter(|_| row < self.rows)?;
        let mut answers = Vec::with_capacity(self.columns.len());
        for (shape, column) in definition.fields.iter().zip(&self.columns) {
            answers.push(match column.packed(row)? {
                [] => None,
                packed => Some(read(&shape.kind, packed)?),
            });
        }
        unpack(definition, period, self.tag(row), &answers)
    }
}

impl<'a> Column<'a> {
    fn read(rest: &mut &'a [u8], rows: usize) -> Option<Self> {
        let many = usize::from(take_short(rest)?);
        let mut answers = Vec::with_capacity(many.min(BLOCK_ROWS_MAX));
        for _ in 0..many {
            let length = usize::try_from(take_number(rest)?).ok()?;
            answers.push(take(rest, length)?);
        }
        let numbers = match many {
            0 | 1 => Numbers::Same,
            2..=256 => Numbers::Bytes(take(rest, rows)?),
            _ => Numbers::Shorts(take(rest, rows * 2)?.as_chunks::<2>().0),
        };
        Some(Self { answers, numbers })
    }

    /// The number of a row's answer.
    pub fn number(&self, row: usize) -> Option<usize> {
        match self.numbers {
            Numbers::Same => Some(0),
            Numbers::Bytes(numbers) => numbers.get(row).map(|number| usize::from(*number)),
            Numbers::Shorts(numbers) => {
                numbers.get(row).map(|number| usize::from(u16::from_le_bytes(*number)))
            }
        }
    }

    /// All its numbers.
    pub fn numbers(&self) -> Numbers<'a> {
        self.numbers
    }

    /// The answers of its dictionary. The outer `None` is bytes that are no answer of this field.
    pub fn answers(&self, kind: &crate::kind::Kind) -> Option<Vec<Option<Answer>>> {
        let answer = |packed: &&[u8]| match packed {
            [] => Some(None),
            packed => read(kind, packed).map(Some),
        };
        self.answers.iter().map(answer).collect()
    }

    fn packed(&self, row: usize) -> Option<&'a [u8]> {
        self.answers.get(self.number(row)?).copied()
    }
}

fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(bytes)?;
    *rest = after;
    Some(taken)
}

fn take_short(rest: &mut &[u8]) -> Option<u16> {
    Some(u16::from_le_bytes(take(rest, 2)?.try_into().ok()?))
}
