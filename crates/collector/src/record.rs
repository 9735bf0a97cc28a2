//! The log's records as bytes: length, checksum, kind, batch, body. The format is version 3.
//! Version 1 had neither days to forget by nor tags that wait, version 2 no void records; both are
//! brought up when they are opened.
//!
//! ```text
//! length of what follows the checksum: u32 │ CRC-32 over length and the rest: u32 │
//! kind: u8 │ batch: u32 │ records of the batch that still follow: u16 │ body
//! ```
//!
//! All integers are little-endian. One append is one batch, and the next begins only when it is
//! synced: so a broken record before a whole one of a *later* batch was once durable, which is
//! damage, and anything else is the torn end of the last append.

use contract::calendar::Period;
use contract::id::{ChannelId, PartId, ProgramId};
use envelope::{Digest, KeyCertificate, Receipt, Signature, Statement, Tag};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::limits::RECORD_BYTES_MAX;

/// The version of the format that this code writes.
pub const FORMAT: u32 = 3;

/// Bytes of kind, batch and remaining, before a record's body.
const PREFIX_BYTES: usize = 7;

/// Bytes of a record before its body.
pub const HEAD_BYTES: usize = 8 + PREFIX_BYTES;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// The first of every file: a [`Header`] as JSON.
    Header,
    /// A [`Row`].
    Row,
    /// The certificate of a key that signed rows after it, as JSON.
    Key,
    /// A deleted tag, as JSON.
    Marker,
    /// A tag whose deletion was asked for and is not done yet, as JSON.
    Pending,
    /// The day, `YYYY-MM-DD`, by which the rows after it are forgotten: the vendor shortened the
    /// retention after the file was begun.
    ForgetBy,
    /// What was a row until it was deleted: zeros as long as it was. See [`void`].
    Void,
}

impl RecordKind {
    fn code(self) -> u8 {
        match self {
            Self::Header => b'H',
            Self::Row => b'R',
            Self::Key => b'K',
            Self::Marker => b'M',
            Self::Pending => b'P',
            Self::ForgetBy => b'F',
            Self::Void => void::CODE,
        }
    }

    fn of(code: u8) -> Option<Self> {
        let of_all = [Self::Header, Self::Row, Self::Key, Self::Marker, Self::Pending];
        let more = [Self::ForgetBy, Self::Void];
        of_all.into_iter().chain(more).find(|kind| kind.code() == code)
    }
}

/// What a file is about: its first record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The channel.
    pub channel: ChannelId,
    /// The day after which the file is removed, as its receipts say unless a later record names an
    /// earlier one; `None` where the file's entries have days of their own.
    pub forget_by: Option<Date>,
    /// [`FORMAT`].
    pub format: u32,
    /// The period; `None` for the channel's file of deletion markers.
    pub period: Option<Period>,
    /// The program.
    pub program: ProgramId,
    /// Bytes after this record that were synced before the file got its name.
    pub whole_bytes: u64,
}

/// A record as it was found.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// What it is.
    pub kind: RecordKind,
    /// With which append it came.
    pub batch: u32,
    /// How many of its batch follow.
    pub remaining: u16,
    /// Its content.
    pub body: &'a [u8],
    /// All its bytes, as they stand in the file.
    pub frame: &'a [u8],
}

/// What stands at a place of a log.
#[derive(Debug, Clone, Copy)]
pub enum Found<'a> {
    /// A whole record.
    Whole(Record<'a>),
    /// Perhaps a record, of which the bytes at hand are only the beginning.
    Short,
    /// No record.
    Broken,
}

/// Appends a record.
pub fn push(out: &mut Vec<u8>, kind: RecordKind, batch: u32, remaining: u16, body: &[u8]) {
    push_written(out, kind, (batch, remaining), |out| out.extend_from_slice(body));
}

/// The same, of a body that is written at its place and nowhere before.
pub fn push_written(
    out: &mut Vec<u8>,
    kind: RecordKind,
    (batch, remaining): (u32, u16),
    body: impl FnOnce(&mut Vec<u8>),
) {
    let start = out.len();
    // Length and checksum, once they are known.
    out.extend_from_slice(&[0; 8]);
    out.push(kind.code());
    out.extend_from_slice(&batch.to_le_bytes());
    out.extend_from_slice(&remaining.to_le_bytes());
    body(out);
    let Some((head, content)) = out.get_mut(start..).and_then(<[u8]>::split_first_chunk_mut::<8>)
    else {
        return;
    };
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes();
    let (to_length, to_crc) = head.split_at_mut(4);
    to_length.copy_from_slice(&length);
    to_crc.copy_from_slice(&checksum([&length, content]).to_le_bytes());
}

fn checksum<const N: usize>(pieces: [&[u8]; N]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize()
}

/// Reads the record at the beginning of the bytes.
pub fn read(bytes: &[u8]) -> Found<'_> {
    let mut fields = Fields(bytes);
    let (Some(length), Some(crc)) = (fields.u32(), fields.u32()) else { return Found::Short };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if !(PREFIX_BYTES..=RECORD_BYTES_MAX).contains(&length) {
        return Found::Broken;
    }
    let Some(content) = fields.take(length) else { return Found::Short };
    let length_bytes = bytes.get(..4).unwrap_or_default();
    let is_whole = if content.first() == Some(&void::CODE) {
        void::is_one(length_bytes, content, crc)
    } else {
        checksum([length_bytes, content]) == crc
    };
    if !is_whole {
        return Found::Broken;
    }
    let mut content = Fields(content);
    let read = |content: &mut Fields<'_>| {
        Some((RecordKind::of(content.u8()?)?, content.u32()?, content.u16()?))
    };
    let Some((kind, batch, remaining)) = read(&mut content) else { return Found::Broken };
    let frame = bytes.get(..8 + length).unwrap_or_default();
    Found::Whole(Record { kind, batch, remaining, body: content.0, frame })
}

/// A part as it is kept. Its `Debug` shows neither tag nor answers.
pub struct Row<'a> {
    /// SHA-256 over the part's bytes.
    pub digest: Digest,
    /// The name of the part's definition.
    pub part: PartId,
    /// Its tag, where the channel has tags.
    pub tag: Option<Tag>,
    /// What its receipt is made of.
    pub proof: Proof,
    /// The part's canonical bytes.
    pub bytes: &'a [u8],
}

impl std::fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").field("part", &self.part).finish_non_exhaustive()
    }
}

/// What a receipt has beside its statement, so that the same bytes get the same receipt again. It
/// is kept in place of a second signature: Ed25519 costs more than 300 bytes of log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The day on which the part arrived.
    pub received: Date,
    /// Which of the file's keys signed, from 0.
    pub key: u16,
    /// As in [`Receipt`].
    pub index: u64,
    /// As in [`Receipt`].
    pub size: u64,
    /// As in [`Receipt`].
    pub signature: Signature,
    /// As in [`Receipt`].
    pub path: Vec<Digest>,
}

impl Proof {
    /// The receipt that was given: the very same bytes.
    pub fn receipt(self, key: KeyCertificate, statement: Statement) -> Receipt {
        let Self { index, size, signature, path, .. } = self;
        Receipt { index, key, path, signature, size, statement }
    }
}

impl<'a> Row<'a> {
    /// Appends the row's body.
    pub fn write(&self, out: &mut Vec<u8>) {
        let part = self.part.as_str().as_bytes();
        out.push(u8::from(self.tag.is_some()));
        out.extend(self.tag.iter().flat_map(Tag::as_bytes));
        out.extend_from_slice(self.digest.as_bytes());
        out.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(part);
        let Proof { received, key, index, size, signature, path } = &self.proof;
        out.extend_from_slice(&days_since_1970(*received).to_le_bytes());
        out.extend_from_slice(&key.to_le_bytes());
        out.extend_from_slice(&u32::try_from(*index).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&u32::try_from(*size).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&signature.0);
        out.push(u8::try_from(path.len()).unwrap_or(u8::MAX));
        out.extend(path.iter().flat_map(Digest::as_bytes));
        out.extend_from_slice(self.bytes);
    }

    /// Reads a row's body; `None` where it is none, which its checksum makes unlikely.
    pub fn read(body: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let tag = match fields.u8()? {
            0 => None,
            1 => Some(Tag(fields.array()?)),
            _ => return None,
        };
        let digest = Digest(fields.array()?);
        let part_bytes = fields.u8()?;
        let part = fields.take(usize::from(part_bytes))?;
        let part = PartId::parse(std::str::from_utf8(part).ok()?).ok()?;
        let received = day_of(i32::from_le_bytes(fields.array()?));
        let key = fields.u16()?;
        let (index, size) = (u64::from(fields.u32()?), u64::from(fields.u32()?));
        let signature = Signature(fields.array()?);
        let nodes = fields.u8()?;
        let path: Option<Vec<_>> = (0..nodes).map(|_| fields.array().map(Digest)).collect();
        let proof = Proof { received, key, index, size, signature, path: path? };
        Some(Self { digest, part, tag, proof, bytes: fields.0 })
    }
}

/// Bytes that are read from front to back.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }
}

const FIRST_DAY: Date = Date::constant(1970, 1, 1);

fn days_since_1970(day: Date) -> i32 {
    contract::calendar::days_between(FIRST_DAY, day)
}

/// The day with this number, counted from 1970-01-01.
pub fn day_of(days: i32) -> Date {
    contract::calendar::add_days(FIRST_DAY, days)
}

pub mod void;

#[cfg(test)]
mod tests;
