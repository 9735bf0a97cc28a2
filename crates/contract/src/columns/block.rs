//! Writing a block: rows go in one by one, columns come out.

use std::collections::BTreeMap;

use super::answer::{push_number, take_number};
use super::{Row, Said};

/// Rows of one block. Their numbers fit two bytes, a block of 60 fields has about 350 KiB, and
/// whoever looks for one tag reads one block.
pub const BLOCK_ROWS_MAX: usize = 4_096;

/// Collects the rows of one block.
pub struct BlockWriter {
    fields: Vec<Field>,
    tagged: bool,
    tags: Vec<u8>,
    checks: Vec<u8>,
    rows: usize,
    exact: Vec<(u16, Vec<u8>)>,
}

#[derive(Default)]
struct Field {
    /// A tree: the answers are chosen by whoever sends them, and a tree has no slow case.
    dictionary: BTreeMap<Vec<u8>, u16>,
    /// The dictionary in the order of its numbers.
    answers: Vec<Vec<u8>>,
    numbers: Vec<u16>,
}

impl std::fmt::Debug for BlockWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockWriter").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl BlockWriter {
    /// A block of a definition with so many fields; `tagged` says whether its rows have tags.
    pub fn new(fields: usize, tagged: bool) -> Self {
        let fields = (0..fields).map(|_| Field::default()).collect();
        let (tags, checks, exact) = (Vec::new(), Vec::new(), Vec::new());
        Self { fields, tagged, tags, checks, rows: 0, exact }
    }

    /// How many rows are in it.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Takes a row. `false` where the block is full or the row is not of its definition: nothing is
    /// taken then.
    pub fn push(&mut self, row: &Row) -> bool {
        let Some(at) = u16::try_from(self.rows).ok().filter(|_| self.rows < BLOCK_ROWS_MAX) else {
            return false;
        };
        if self.tagged != row.tag.is_some() {
            return false;
        }
        let answers = match &row.said {
            Said::Exact(_) => vec![&[][..]; self.fields.len()],
            Said::Answers(packed) => match split(packed, self.fields.len()) {
                Some(answers) => answers,
                None => return false,
            },
        };
        for (field, answer) in self.fields.iter_mut().zip(answers) {
            field.push(answer);
        }
        if let Said::Exact(bytes) = &row.said {
            self.exact.push((at, bytes.clone()));
        }
        self.tags.extend(row.tag.iter().flat_map(|tag| *tag.as_bytes()));
        self.checks.extend(row.check);
        self.rows += 1;
        true
    }

    /// The block's bytes; the writer is empty afterwards.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.tags.len() + self.rows * self.fields.len());
        out.extend(short(self.rows).to_le_bytes());
        out.append(&mut self.tags);
        out.append(&mut self.checks);
        for field in &mut self.fields {
            field.finish(&mut out);
        }
        out.extend(short(self.exact.len()).to_le_bytes());
        for (row, bytes) in self.exact.drain(..) {
            out.extend(row.to_le_bytes());
            out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend(bytes);
        }
        self.rows = 0;
        out
    }
}

impl Field {
    fn push(&mut self, answer: &[u8]) {
        let number = if let Some(number) = self.dictionary.get(answer) {
            *number
        } else {
            let number = short(self.answers.len());
            self.dictionary.insert(answer.to_vec(), number);
            self.answers.push(answer.to_vec());
            number
        };
        self.numbers.push(number);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let Self { dictionary, answers, numbers } = std::mem::take(self);
        // In the order of their bytes: the order in which answers came first says nothing then.
        let mut places = vec![0_u16; answers.len()];
        out.extend(short(answers.len()).to_le_bytes());
        for (place, (answer, number)) in dictionary.iter().enumerate() {
            if let Some(slot) = places.get_mut(usize::from(*number)) {
                *slot = short(place);
            }
            push_number(out, answer.len() as u64);
            out.extend_from_slice(answer);
        }
        let places = numbers.iter().filter_map(|number| places.get(usize::from(*number)));
        match answers.len() {
            0 | 1 => {}
            2..=256 => out.extend(places.map(|place| u8::try_from(*place).unwrap_or(u8::MAX))),
            _ => out.extend(places.flat_map(|place| place.to_le_bytes())),
        }
    }
}

/// The answers of a packed row; `None` where there are not exactly so many.
fn split(packed: &[u8], fields: usize) -> Option<Vec<&[u8]>> {
    let mut rest = packed;
    let mut answers = Vec::with_capacity(fields);
    for _ in 0..fields {
        let length = usize::try_from(take_number(&mut rest)?).ok()?;
        let (answer, after) = rest.split_at_checked(length)?;
        answers.push(answer);
        rest = after;
    }
    rest.is_empty().then_some(answers)
}

fn short(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
