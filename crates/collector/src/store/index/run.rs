//! A sorted run of an index on the disk, and what memory keeps of it.

use std::collections::{BTreeMap, BTreeSet};

use disk::{Disk, DiskError, ReadFile};
use envelope::Tag;

use super::{Key, Place};
use crate::limits::READ_BYTES;

/// Tag, part, offset, length.
const ENTRY_BYTES: usize = 16 + 2 + 8 + 4;
/// Entries of one page: it is read in one piece of just under 4 KiB.
const PAGE_ENTRIES: usize = 128;
/// Bits of the filter for each entry; with four of them set, one in 400 unknown tags passes.
const FILTER_BITS: usize = 16;
/// Words of one block of the filter: a line of the processor's cache, read at once.
const BLOCK_WORDS: usize = 8;

/// A run.
#[derive(Debug)]
pub(super) struct Run {
    path: String,
    file: Box<dyn ReadFile>,
    filter: Filter,
    /// The first key of each page.
    firsts: Firsts,
}

impl Run {
    /// Writes a run. It is not synced: it is made anew at the next start.
    pub(super) fn write(
        disk: &dyn Disk,
        path: String,
        entries: &BTreeMap<Key, Place>,
    ) -> Result<Self, DiskError> {
        disk.remove(&path)?;
        let mut file = disk.open_append(&path)?;
        let mut filter = Filter::new(entries.len());
        let mut firsts = Vec::with_capacity(entries.len() / PAGE_ENTRIES + 1);
        let mut bytes = Vec::with_capacity(READ_BYTES + ENTRY_BYTES);
        for (at, ((tag, part), Place { offset, bytes: length })) in entries.iter().enumerate() {
            filter.insert(*tag);
            if at % PAGE_ENTRIES == 0 {
                firsts.push((*tag, *part));
            }
            bytes.extend(tag.0);
            bytes.extend(part.to_be_bytes());
            bytes.extend(offset.to_le_bytes());
            bytes.extend(length.to_le_bytes());
            if bytes.len() >= READ_BYTES {
                file.append(&bytes)?;
                bytes.clear();
            }
        }
        file.append(&bytes)?;
        drop(file);
        let missing = || DiskError::Poisoned { path: path.clone() };
        let file = disk.open_read(&path)?.ok_or_else(missing)?;
        Ok(Self { path, file, filter, firsts: Firsts(firsts) })
    }

    /// Whether the tag can be in it: surely not where this is `false`.
    pub(super) fn may_hold(&self, tag: Tag) -> bool {
        self.filter.may_hold(tag)
    }

    /// Every entry of a tag.
    pub(super) fn of_tag(&self, tag: Tag) -> Result<Vec<(u16, Place)>, DiskError> {
        let mut found = Vec::new();
        for number in self.pages_of(tag) {
            let page = self.page(number)?;
            let entries = page.as_chunks::<ENTRY_BYTES>().0;
            let from = entries.partition_point(|entry| entry.get(..16) < Some(tag.0.as_slice()));
            let ours = entries.iter().skip(from).take_while(|entry| entry.starts_with(&tag.0));
            found.extend(ours.filter_map(read));
        }
        Ok(found)
    }

    /// Writes zeros over the entries of these tags, durably. They stand first in their page then,
    /// where the order wants them, and are none.
    pub(super) fn wipe(&self, disk: &dyn Disk, tags: &BTreeSet<Tag>) -> Result<(), DiskError> {
        let mut pages: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for tag in tags.iter().filter(|tag| self.may_hold(**tag)) {
            for number in self.pages_of(*tag) {
                let mut page = match pages.remove(&number) {
                    Some(page) => page,
                    None => self.page(number)?,
                };
                let entries = page.as_chunks_mut::<ENTRY_BYTES>().0;
                for entry in entries.iter_mut().filter(|entry| entry.starts_with(&tag.0)) {
                    *entry = [0; ENTRY_BYTES];
                }
                entries.sort_unstable();
                pages.insert(number, page);
            }
        }
        let pieces = pages.iter().map(|(number, page)| (place_of(*number), page.as_slice()));
        disk.write_over(&self.path, &pieces.collect::<Vec<_>>())
    }

    /// The numbers of the pages in which the tag can be.
    fn pages_of(&self, tag: Tag) -> std::ops::Range<usize> {
        let first = self.firsts.0.partition_point(|key| *key < (tag, 0)).saturating_sub(1);
        first..self.firsts.0.partition_point(|key| *key <= (tag, u16::MAX))
    }

    fn page(&self, number: usize) -> Result<Vec<u8>, DiskError> {
        let mut page = vec![0; PAGE_ENTRIES * ENTRY_BYTES];
        let filled = self.file.read_at(place_of(number), &mut page)?;
        page.truncate(filled);
        Ok(page)
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

fn place_of(page: usize) -> u64 {
    (page * PAGE_ENTRIES * ENTRY_BYTES) as u64
}

/// An entry; `None` where it was wiped: no record is empty.
fn read(entry: &[u8; ENTRY_BYTES]) -> Option<(u16, Place)> {
    let part = u16::from_be_bytes(entry.get(16..18)?.try_into().ok()?);
    let offset = u64::from_le_bytes(entry.get(18..26)?.try_into().ok()?);
    let bytes = u32::from_le_bytes(entry.get(26..30)?.try_into().ok()?);
    (bytes > 0).then_some((part, Place { offset, bytes }))
}

/// The first keys of pages. Its `Debug` shows how many.
struct Firsts(Vec<Key>);

impl std::fmt::Debug for Firsts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} pages", self.0.len())
    }
}

/// Tells most tags that are not there from those that are (Bloom, 1970), four bits in one block.
struct Filter(Vec<[u64; BLOCK_WORDS]>);

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a filter of {} blocks", self.0.len())
    }
}

impl Filter {
    fn new(entries: usize) -> Self {
        Self(vec![[0; BLOCK_WORDS]; entries * FILTER_BITS / (64 * BLOCK_WORDS) + 1])
    }

    fn insert(&mut self, tag: Tag) {
        let (block, bits) = self.place(tag);
        for bit in bits {
            let word = self.0.get_mut(block).and_then(|block| block.get_mut(bit / 64));
            if let Some(word) = word {
                *word |= 1 << (bit % 64);
            }
        }
    }

    fn may_hold(&self, tag: Tag) -> bool {
        let (block, bits) = self.place(tag);
        let Some(block) = self.0.get(block) else { return false };
        bits.iter().all(|bit| block.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1))
    }

    /// Tags are random already, except those that somebody invents; mixing spreads the simple ones.
    fn place(&self, tag: Tag) -> (usize, [usize; 4]) {
        let mixed = mix(u128::from_be_bytes(tag.0));
        let blocks = self.0.len() as u128;
        let block = usize::try_from(((mixed >> 64) * blocks) >> 64).unwrap_or(0);
        let bits = [0, 9, 18, 27].map(|shift| usize::try_from(mixed >> shift & 511).unwrap_or(0));
        (block, bits)
    }
}

/// Multiplies and folds: every bit of the tag reaches every bit that is looked at.
fn mix(tag: u128) -> u128 {
    let tag = (tag ^ tag >> 64).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let tag = (tag ^ tag >> 67).wrapping_mul(0xbf58_476d_1ce4_e5b9_94d0_49bb_1331_11eb);
    tag ^ tag >> 61
}
