//! One file of a closed period: the parts of one definition as columns, in the order of their tags.
//!
//! ```text
//! "candor-columns 1" │ blocks: length u32, CRC-32 u32, block │ footer: JSON
//! length of the footer: u32 │ CRC-32 of the footer: u32 │ "candorC1"
//! ```
//!
//! A file is written whole, synced and renamed, and never changed. Integers are little-endian.

use contract::calendar::Period;
use contract::columns::{BLOCK_ROWS_MAX, Block, BlockWriter, Row, Said};
use contract::definition::Definition;
use contract::id::{ChannelId, ProgramId};
use disk::{AppendFile, Disk, ReadFile, path::unfinished};
use envelope::{Digest, Tag};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::limits::{BLOCK_BYTES_MAX, COLUMNS_FOOTER_BYTES_MAX};

/// The end of the name of a closed period's folder, and of each file in it.
pub(super) const SUFFIX: &str = ".columns";
const BEGIN: &[u8] = b"candor-columns ";
const VERSION: &[u8; 1] = b"1";
const END: &[u8; 8] = b"candorC1";
const FORMAT: u32 = 1;

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Footer {
    /// Where each block lies, in the order of the file.
    pub(super) blocks: Vec<BlockAt>,
    pub(super) channel: ChannelId,
    /// The definition's canonical bytes; `None` where none was at hand, and all parts are exact.
    pub(super) definition: Option<String>,
    /// Its hash, by which the file is named.
    pub(super) definition_hash: Digest,
    /// The day after which the file is removed: the earliest that a receipt for it says.
    pub(super) forget_by: Date,
    pub(super) format: u32,
    pub(super) period: Period,
    pub(super) program: ProgramId,
    pub(super) rows: u64,
    /// Whether its rows have tags.
    pub(super) tagged: bool,
}

/// A block's place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockAt {
    /// Of its frame.
    pub(super) offset: u64,
    /// Of its body.
    pub(super) bytes: u32,
    /// The tag of its first row.
    pub(super) first: Option<Tag>,
}

impl std::fmt::Debug for BlockAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockAt").field("offset", &self.offset).finish_non_exhaustive()
    }
}

/// A file that is being written.
pub(super) struct ColumnsWriter {
    path: String,
    file: Box<dyn AppendFile>,
    footer: Footer,
    block: BlockWriter,
    /// Bytes of the rows in the block, before they become columns.
    block_bytes: usize,
    first: Option<Tag>,
    offset: u64,
}

impl ColumnsWriter {
    /// Begins a file under its unfinished name. The footer says what it is about.
    pub(super) fn create(disk: &dyn Disk, path: String, about: Footer) -> Result<Self, StoreError> {
        let new = unfinished(&path);
        disk.remove(&new)?;
        let mut file = disk.open_append(&new)?;
        let begin = [BEGIN, VERSION].concat();
        file.append(&begin)?;
        let fields = definition_of(&about).map_or(0, |definition| definition.fields.len());
        let block = BlockWriter::new(fields, about.tagged);
        let footer = Footer { blocks: Vec::new(), rows: 0, format: FORMAT, ..about };
        let offset = begin.len() as u64;
        Ok(Self { path, file, footer, block, block_bytes: 0, first: None, offset })
    }

    /// Takes the next row in the order of tags.
    pub(super) fn push(&mut self, row: &Row) -> Result<(), StoreError> {
        let bytes = match &row.said {
            Said::Answers(bytes) | Said::Exact(bytes) => bytes.len(),
        };
        if self.block.rows() >= BLOCK_ROWS_MAX || self.block_bytes + bytes > BLOCK_BYTES_MAX {
            self.end_block()?;
        }
        if self.block.rows() == 0 {
            self.first = row.tag;
        }
        if !self.block.push(row) {
            return Err(StoreError::Damaged { path: self.path.clone(), offset: self.offset });
        }
        self.block_bytes += bytes;
        self.footer.rows += 1;
        Ok(())
    }

    fn end_block(&mut self) -> Result<(), StoreError> {
        if self.block.rows() == 0 {
            return Ok(());
        }
        let body = self.block.finish();
        self.block_bytes = 0;
        let first = self.first.take();
        self.append(first, &body)
    }

    /// Takes a block of another file as it is.
    fn copy(&mut self, first: Option<Tag>, body: &[u8], rows: usize) -> Result<(), StoreError> {
        self.end_block()?;
        self.footer.rows += rows as u64;
        self.append(first, body)
    }

    fn append(&mut self, first: Option<Tag>, body: &[u8]) -> Result<(), StoreError> {
        let bytes = u32::try_from(body.len()).unwrap_or(u32::MAX);
        self.footer.blocks.push(BlockAt { offset: self.offset, bytes, first });
        let frame = [&bytes.to_le_bytes()[..], &crc32fast::hash(body).to_le_bytes(), body];
        let frame = frame.concat();
        self.file.append(&frame)?;
        self.offset = self.offset.saturating_add(frame.len() as u64);
        Ok(())
    }

    /// Ends the file and makes it durable under its own name. Says how many rows it has.
    pub(super) fn finish(mut self, disk: &dyn Disk) -> Result<u64, StoreError> {
        self.end_block()?;
        let footer = serde_json::to_vec(&self.footer).unwrap_or_default();
        let length = u32::try_from(footer.len()).unwrap_or(u32::MAX);
        let crc = crc32fast::hash(&footer);
        let end = [&footer[..], &length.to_le_bytes(), &crc.to_le_bytes(), END].concat();
        self.file.append(&end)?;
        self.file.sync()?;
        disk.rename(&unfinished(&self.path), &self.path)?;
        Ok(self.footer.rows)
    }
}

/// A file that is open for reading.
#[derive(Debug)]
pub(super) struct ColumnsFile {
    path: String,
    file: Box<dyn ReadFile>,
    pub(super) footer: Footer,
    pub(super) definition: Option<Definition>,
}

impl ColumnsFile {
    /// Opens a file and reads its footer; `None` where there is none.
    pub(super) fn open(disk: &dyn Disk, path: String) -> Result<Option<Self>, StoreError> {
        let Some(file) = disk.open_read(&path)? else { return Ok(None) };
        let damaged = |offset| StoreError::Damaged { path: path.clone(), offset };
        let begin = read(file.as_ref(), 0, BEGIN.len() + VERSION.len())?;
        match begin.strip_prefix(BEGIN) {
            Some(version) if version == VERSION => {}
            Some([version]) if version.is_ascii_digit() => {
                return Err(StoreError::Newer { path, format: u32::from(version - b'0') });
            }
            _ => return Err(damaged(0)),
        }
        let end = file.len().saturating_sub(16);
        let trailer = read(file.as_ref(), end, 16)?;
        let number =
            |at: usize| Some(u32::from_le_bytes(trailer.get(at..at + 4)?.try_into().ok()?));
        let (Some(length), Some(crc)) = (number(0), number(4)) else { return Err(damaged(end)) };
        let at = end.checked_sub(u64::from(length)).ok_or_else(|| damaged(end))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if trailer.get(8..) != Some(&END[..]) || length > COLUMNS_FOOTER_BYTES_MAX {
            return Err(damaged(end));
        }
        let footer = read(file.as_ref(), at, length)?;
        let footer = Some(footer).filter(|footer| crc32fast::hash(footer) == crc);
        let footer = footer.and_then(|footer| serde_json::from_slice::<Footer>(&footer).ok());
        let footer = footer.ok_or_else(|| damaged(at))?;
        let definition = definition_of(&footer);
        if footer.definition.is_some() != definition.is_some() {
            return Err(damaged(at));
        }
        Ok(Some(Self { path, file, footer, definition }))
    }

    /// Reads each block in turn.
    pub(super) fn each_block(
        &self,
        each: impl FnMut(&BlockAt, &Block<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.each_of(&self.footer.blocks, each)
    }

    /// Reads each of some blocks in turn.
    pub(super) fn each_of(
        &self,
        blocks: &[BlockAt],
        mut each: impl FnMut(&BlockAt, &Block<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for at in blocks {
            let bytes = self.bytes(at)?;
            each(at, &self.block(at, &bytes)?)?;
        }
        Ok(())
    }

    /// Reads the rows of a tag.
    pub(super) fn rows_of(&self, tag: Tag) -> Result<Vec<(Row, Vec<u8>)>, StoreError> {
        let mut rows = Vec::new();
        for at in self.blocks_of(tag) {
            let bytes = self.bytes(at)?;
            let block = self.block(at, &bytes)?;
            for row in block.rows_of(tag) {
                let part = block.part(self.definition.as_ref(), self.footer.period, row);
                let found = block.row(row).zip(part).ok_or_else(|| self.damaged(at))?;
                rows.push(found);
            }
        }
        Ok(rows)
    }

    /// The tags of a block's rows, in their order; `None` after the last block.
    pub(super) fn tags(&self, block: usize) -> Result<Option<Vec<Tag>>, StoreError> {
        let Some(at) = self.footer.blocks.get(block) else { return Ok(None) };
        let bytes = self.bytes(at)?;
        let block = self.block(at, &bytes)?;
        Ok(Some((0..block.rows()).filter_map(|row| block.tag(row)).collect()))
    }

    /// The blocks in which a tag can be: those that begin at or before it, up to the next one.
    fn blocks_of(&self, tag: Tag) -> &[BlockAt] {
        let blocks = &self.footer.blocks;
        let after = blocks.partition_point(|block| block.first <= Some(tag));
        let before = blocks.partition_point(|block| block.first < Some(tag));
        blocks.get(before.saturating_sub(1)..after).unwrap_or_default()
    }

    fn bytes(&self, at: &BlockAt) -> Result<Vec<u8>, StoreError> {
        let bytes = usize::try_from(at.bytes).unwrap_or(usize::MAX);
        let mut frame = read(self.file.as_ref(), at.offset, bytes.saturating_add(8))?;
        let whole = frame.len() == bytes + 8
            && frame.get(..4) == Some(&at.bytes.to_le_bytes()[..])
            && frame.get(4..8)
                == Some(&crc32fast::hash(frame.get(8..).unwrap_or_default()).to_le_bytes()[..]);
        if !whole {
            return Err(self.damaged(at));
        }
        frame.drain(..8);
        Ok(frame)
    }

    fn block<'b>(&self, at: &BlockAt, bytes: &'b [u8]) -> Result<Block<'b>, StoreError> {
        let fields = self.definition.as_ref().map_or(0, |definition| definition.fields.len());
        Block::read(bytes, fields, self.footer.tagged).ok_or_else(|| self.damaged(at))
    }

    fn damaged(&self, at: &BlockAt) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), offset: at.offset }
    }

    /// Writes the file anew without the rows of these tags (ascending): blocks without any of them
    /// are copied. The old one is in place until the new one is whole. Says how many rows went and
    /// how many are left.
    pub(super) fn without(&self, disk: &dyn Disk, gone: &[Tag]) -> Result<(u64, u64), StoreError> {
        let mut writer = ColumnsWriter::create(disk, self.path.clone(), self.footer.clone())?;
        let mut removed = 0;
        let goes = |tag: Tag| gone.binary_search(&tag).is_ok();
        let copied = self.footer.blocks.iter().try_for_each(|at| {
            let bytes = self.bytes(at)?;
            let block = self.block(at, &bytes)?;
            if !(0..block.rows()).filter_map(|row| block.tag(row)).any(goes) {
                return writer.copy(at.first, &bytes, block.rows());
            }
            for number in 0..block.rows() {
                let row = block.row(number).ok_or_else(|| self.damaged(at))?;
                if row.tag.is_some_and(goes) {
                    removed += 1;
                } else {
                    writer.push(&row)?;
                }
            }
            Ok(())
        });
        match copied.and_then(|()| writer.finish(disk)) {
            Ok(rows) => Ok((removed, rows)),
            Err(error) => {
                // It would take place on a disk that may be full. Its own error adds nothing.
                let _ = disk.remove(&unfinished(&self.path));
                Err(error)
            }
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

fn definition_of(footer: &Footer) -> Option<Definition> {
    let definition = Definition::from_canonical(footer.definition.as_ref()?.as_bytes())?;
    (definition.hash() == footer.definition_hash).then_some(definition)
}

fn read(file: &dyn ReadFile, offset: u64, bytes: usize) -> Result<Vec<u8>, StoreError> {
    let left = usize::try_from(file.len().saturating_sub(offset)).unwrap_or(usize::MAX);
    let mut buffer = vec![0; bytes.min(left)];
    let filled = file.read_at(offset, &mut buffer)?;
    buffer.truncate(filled);
    Ok(buffer)
}

#[cfg(test)]
mod tests;
