//! From the log of a closed period to its columns: without arrival order, receipts and days, which
//! nobody needs once intake has closed.
//!
//! The folder is made under an unfinished name, synced, and renamed; then the log is removed. So at
//! every moment one of both is whole, and where both have their names the log is what is left over.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::calendar::Period;
use contract::columns::{Check, Row, Said, check_of};
use contract::definition::Definition;
use contract::id::{ChannelId, ProgramId};
use contract::part::check;
use disk::{Disk, path::join, path::unfinished};
use envelope::{Digest, Tag};
use jiff::civil::Date;

use super::columns::{ColumnsWriter, Footer, SUFFIX};
use super::error::StoreError;
use super::folder_of;
use super::log_file;
use super::sorter::{Key, Sorter};
use crate::record::{self, RecordKind};

/// A period whose intake has closed and whose parts are still a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The program.
    pub program: ProgramId,
    /// The channel.
    pub channel: ChannelId,
    /// The period.
    pub period: Period,
    /// The day after which its parts are forgotten.
    pub forget_by: Date,
    /// How many parts it holds.
    pub rows: u64,
}

impl Closing {
    fn path(&self, suffix: &str) -> String {
        join(&folder_of(&self.program, &self.channel), &format!("{}{suffix}", self.period))
    }

    /// Its log.
    pub(super) fn log(&self) -> String {
        self.path(super::period::SUFFIX)
    }

    /// The folder of its columns.
    pub(super) fn folder(&self) -> String {
        self.path(SUFFIX)
    }
}

/// Where a definition is found by its hash.
pub type FindDefinition<'f> = &'f dyn Fn(&Digest) -> Option<Arc<Definition>>;

/// Writes the columns of a closed period beside its log, which stays as it is: give it to
/// [`super::Store::adopt`] then. It needs no store, only its disk, and may run beside it.
///
/// # Errors
/// If the disk fails, or the log does not hold what was acknowledged; then there are no columns.
pub fn convert(
    disk: &dyn Disk,
    closing: &Closing,
    find: FindDefinition<'_>,
) -> Result<(), StoreError> {
    let folder = unfinished(&closing.folder());
    disk.remove_folder(&folder)?;
    disk.create_folder(&folder)?;
    let written = write(disk, closing, &folder, find);
    if written.is_err() {
        // It would take place on a disk that may be full. Its own error adds nothing.
        let _ = disk.remove_folder(&folder);
    }
    written
}

fn write(
    disk: &dyn Disk,
    closing: &Closing,
    folder: &str,
    find: FindDefinition<'_>,
) -> Result<(), StoreError> {
    let log = closing.log();
    let mut kinds = Kinds { closing, find, known: Vec::new(), numbers: BTreeMap::new() };
    let mut sorter = Sorter::new(disk, folder);
    let (mut rows, mut failed) = (0, None);
    let scanned = log_file::scan(disk, &log, |offset, record| {
        if record.kind != RecordKind::Row || failed.is_some() {
            return;
        }
        rows += 1;
        let damaged = || StoreError::Damaged { path: log.clone(), offset };
        let packed = record::Row::read(record.body).and_then(|row| kinds.pack(&row));
        let pushed = packed.ok_or_else(damaged).and_then(|(key, row)| sorter.push(key, row));
        failed = pushed.err();
    })?;
    let scanned = scanned.ok_or_else(|| damaged(&log, 0))?;
    if let Some(error) = failed {
        return Err(error);
    }
    if rows != closing.rows || scanned.broken_at.is_some() {
        return Err(damaged(&log, scanned.broken_at.unwrap_or(0)));
    }
    let mut writer: Option<([u8; 2], ColumnsWriter)> = None;
    let mut written = 0;
    sorter.finish(|key, packed| {
        let number = [key[0], key[1]];
        if writer.as_ref().is_none_or(|(current, _)| *current != number) {
            if let Some((_, writer)) = writer.take() {
                written += writer.finish(disk)?;
            }
            let path = join(folder, &kinds.name(number));
            writer = Some((number, ColumnsWriter::create(disk, path, kinds.footer(number))?));
        }
        let row = unpack(&packed).ok_or_else(|| damaged(&log, 0))?;
        match &mut writer {
            Some((_, writer)) => writer.push(&row),
            None => Ok(()),
        }
    })?;
    if let Some((_, writer)) = writer {
        written += writer.finish(disk)?;
    }
    if written == rows { Ok(()) } else { Err(damaged(&log, 0)) }
}

fn damaged(path: &str, offset: u64) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), offset }
}

/// The files of a period: one for each definition, with tags or without.
struct Kinds<'c> {
    closing: &'c Closing,
    find: FindDefinition<'c>,
    known: Vec<(Digest, bool, Option<Arc<Definition>>)>,
    numbers: BTreeMap<(Digest, bool), u16>,
}

impl Kinds<'_> {
    /// A row of the log as a row of a file; `None` where it is not what was acknowledged.
    fn pack(&mut self, row: &record::Row<'_>) -> Option<(Key, Vec<u8>)> {
        if Digest::of(row.bytes) != row.digest {
            return None;
        }
        let part = serde_json::from_slice::<Named>(row.bytes).ok();
        let hash = part.and_then(|part| part.definition.parse().ok()).unwrap_or(NO_DEFINITION);
        let number = self.number(hash, row.tag.is_some())?;
        let definition = self.known.get(usize::from(number))?.2.clone();
        let packed = match &definition {
            None => Row::exact(row.tag, row.bytes),
            Some(definition) => {
                let address = (self.closing.program.as_str(), self.closing.channel.as_str());
                let day = self.closing.period.last_day();
                let find = |_: &Digest| Some(definition.as_ref());
                match check(row.bytes, address, find, day) {
                    Ok((part, _)) if part.tag() == row.tag => Row::pack(definition, &part),
                    _ => Row::exact(row.tag, row.bytes),
                }
            }
        };
        let mut key = Key::default();
        let sorted = row.tag.map_or_else(|| row.digest.as_bytes().to_vec(), |t| t.0.to_vec());
        let bytes = number.to_be_bytes().into_iter().chain(sorted);
        key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        Some((key, pack(&packed)))
    }

    fn number(&mut self, hash: Digest, tagged: bool) -> Option<u16> {
        if let Some(number) = self.numbers.get(&(hash, tagged)) {
            return Some(*number);
        }
        let number = u16::try_from(self.known.len()).ok()?;
        let definition = (self.find)(&hash);
        self.known.push((hash, tagged, definition));
        self.numbers.insert((hash, tagged), number);
        Some(number)
    }

    fn get(&self, number: [u8; 2]) -> (Digest, bool, Option<Arc<Definition>>) {
        let number = usize::from(u16::from_be_bytes(number));
        self.known.get(number).cloned().unwrap_or((NO_DEFINITION, false, None))
    }

    fn name(&self, number: [u8; 2]) -> String {
        let (hash, tagged, _) = self.get(number);
        // A definition says whether its parts have tags; only parts without one can have both.
        let kind = if tagged { "" } else { "-untagged" };
        format!("{hash}{kind}{SUFFIX}")
    }

    fn footer(&self, number: [u8; 2]) -> Footer {
        let (definition_hash, tagged, definition) = self.get(number);
        let text = |definition: Arc<Definition>| String::from_utf8(definition.canonical()).ok();
        Footer {
            blocks: Vec::new(),
            channel: self.closing.channel.clone(),
            definition: definition.and_then(text),
            definition_hash,
            forget_by: self.closing.forget_by,
            format: 0,
            period: self.closing.period,
            program: self.closing.program.clone(),
            rows: 0,
            tagged,
        }
    }
}

/// Stands for the definition of parts that name none.
const NO_DEFINITION: Digest = Digest([0; 32]);

/// All that is needed of a part whose definition may be unknown.
#[derive(serde::Deserialize)]
struct Named {
    definition: String,
}

/// A row as the sorter keeps it.
fn pack(row: &Row) -> Vec<u8> {
    let (is_exact, bytes) = match &row.said {
        Said::Answers(bytes) => (0, bytes),
        Said::Exact(bytes) => (1, bytes),
    };
    let mut packed = vec![is_exact, u8::from(row.tag.is_some())];
    packed.extend(row.tag.unwrap_or(Tag::ZERO).0);
    packed.extend(row.check);
    packed.extend(bytes);
    packed
}

fn unpack(packed: &[u8]) -> Option<Row> {
    let (flags, rest) = packed.split_first_chunk::<2>()?;
    let (tag, rest) = rest.split_first_chunk::<16>()?;
    let (check, rest) = rest.split_first_chunk::<8>()?;
    let check: Check = *check;
    let tag = (flags[1] == 1).then_some(Tag(*tag));
    let bytes = rest.to_vec();
    let said = if flags[0] == 1 { Said::Exact(bytes) } else { Said::Answers(bytes) };
    Some(Row { tag, check, said })
}

/// The check of a digest, for whoever compares.
pub(super) fn is_of(check: Check, bytes: &[u8]) -> bool {
    check_of(&Digest::of(bytes)) == check
}
