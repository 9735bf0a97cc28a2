//! A channel's numbers as Apache Parquet: one flat table, one row group, nothing clever.
//!
//! The format is large and this is the small corner of it that a table of a few thousand lines
//! needs: plain values, optional ones with their levels, one page for each column, packed with
//! gzip. Why it is not a library's: `docs/decisions/0009-parquet.md`. Independent readers check it.

use std::io::Write as _;

use contract::calendar::days_between;
use contract::release::{Release, Table};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::Date;

use crate::limits::{CSV_RELEASES_MAX, PARQUET_LINES_MAX};
use crate::lines::{Line, headlines, of_cross, of_field};

mod thrift;

use thrift::Thrift;

/// At both ends of a file.
const MAGIC: &[u8] = b"PAR1";

/// Numbers of the format.
const INT32: i64 = 1;
const INT64: i64 = 2;
const BYTE_ARRAY: i64 = 6;
const REQUIRED: i64 = 0;
const OPTIONAL: i64 = 1;
const UTF8: i64 = 0;
const DATE: i64 = 6;
const PLAIN: i64 = 0;
const RLE: i64 = 3;
const UNPACKED: i64 = 0;
const GZIP: i64 = 2;

/// The newest releases of a channel with all of their fields, oldest first.
pub(crate) fn file(history: &[Release], note: Option<&str>) -> Vec<u8> {
    let lines = lines(history);
    let text = |of: &dyn Fn(&Line<'_>) -> String| Values::Text(lines.iter().map(of).collect());
    let day = |of: &dyn Fn(&Line<'_>) -> Date| {
        Values::Day(lines.iter().map(|line| days_between(EPOCH, of(line))).collect())
    };
    let columns = [
        ("release", Values::Number(lines.iter().map(|line| held(line.release.number)).collect())),
        ("first_day", day(&|line| line.release.window.first)),
        ("last_day", day(&|line| line.release.window.last)),
        ("field", text(&|line| line.field.map(ToString::to_string).unwrap_or_default())),
        ("by", text(&|line| line.by.map(ToString::to_string).unwrap_or_default())),
        ("kind", text(&|line| line.kind.to_owned())),
        ("value", text(&|line| line.value.clone())),
        ("title", text(&|line| line.title.clone())),
        ("bucket", text(&|line| line.bucket.to_owned())),
        ("number", Values::Perhaps(lines.iter().map(|line| line.number.map(held)).collect())),
        ("error_95", Values::Perhaps(lines.iter().map(|line| line.error_95.map(held)).collect())),
    ];
    write(&columns, lines.len(), note)
}

/// The first day of the format's calendar.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// As many of the newest releases as there is room for, at least one.
fn lines(history: &[Release]) -> Vec<Line<'_>> {
    let newest = history.len().checked_sub(1);
    let mut room = PARQUET_LINES_MAX;
    let mut chosen: Vec<Vec<Line<'_>>> = Vec::new();
    for (at, release) in history.iter().enumerate().rev().take(CSV_RELEASES_MAX) {
        let fields = release.fields.iter().filter(|field| {
            // As in CSV: an open vocabulary is long, and its old values are in the old releases.
            Some(at) == newest || !matches!(field.table, Table::Catalogue { .. })
        });
        let mut lines = headlines(release);
        lines.extend(fields.flat_map(|field| of_field(release, field)));
        lines.extend(release.crosses.iter().flat_map(|cross| of_cross(release, cross)));
        if lines.len() > room && !chosen.is_empty() {
            break;
        }
        room = room.saturating_sub(lines.len());
        chosen.push(lines);
    }
    chosen.into_iter().rev().flatten().collect()
}

/// A number as the format's largest type holds it.
fn held<N: TryInto<i64>>(number: N) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// One column.
enum Values {
    /// Days since [`EPOCH`].
    Day(Vec<i32>),
    Number(Vec<i64>),
    Perhaps(Vec<Option<i64>>),
    Text(Vec<String>),
}

impl Values {
    /// Its type, whether it may be missing, and what it means beyond its type.
    fn shape(&self) -> (i64, i64, Option<i64>) {
        match self {
            Self::Day(_) => (INT32, REQUIRED, Some(DATE)),
            Self::Number(_) => (INT64, REQUIRED, None),
            Self::Perhaps(_) => (INT64, OPTIONAL, None),
            Self::Text(_) => (BYTE_ARRAY, REQUIRED, Some(UTF8)),
        }
    }

    /// Its page, unpacked.
    fn page(&self) -> Vec<u8> {
        match self {
            Self::Day(days) => days.iter().flat_map(|day| day.to_le_bytes()).collect(),
            Self::Number(numbers) => numbers.iter().flat_map(|n| n.to_le_bytes()).collect(),
            Self::Perhaps(numbers) => {
                let mut page = levels(numbers);
                page.extend(numbers.iter().flatten().flat_map(|n| n.to_le_bytes()));
                page
            }
            Self::Text(texts) => {
                let mut page = Vec::new();
                for text in texts {
                    page.extend(u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
                    page.extend(text.as_bytes());
                }
                page
            }
        }
    }
}

/// Which values are there: one bit for each, after their length and the number of bytes.
fn levels(numbers: &[Option<i64>]) -> Vec<u8> {
    let groups = numbers.len().div_ceil(8) as u64;
    let mut bits = Thrift::varint(groups << 1 | 1);
    for eight in numbers.chunks(8) {
        let set = eight.iter().enumerate().map(|(at, number)| u8::from(number.is_some()) << at);
        bits.push(set.fold(0, |byte, bit| byte | bit));
    }
    let mut page = u32::try_from(bits.len()).unwrap_or(0).to_le_bytes().to_vec();
    page.extend(bits);
    page
}

/// Where a column lies.
struct Chunk {
    name: &'static str,
    kind: i64,
    codec: i64,
    offset: i64,
    /// With its header.
    bytes_unpacked: i64,
    bytes: i64,
}

fn write(columns: &[(&'static str, Values)], lines: usize, note: Option<&str>) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    let mut chunks = Vec::new();
    for (name, values) in columns {
        let page = values.page();
        let (codec, packed) = pack(&page).map_or((UNPACKED, page.clone()), |packed| (GZIP, packed));
        let header = page_header(page.len(), packed.len(), lines);
        chunks.push(Chunk {
            name,
            kind: values.shape().0,
            codec,
            offset: held(file.len()),
            bytes_unpacked: held(header.len() + page.len()),
            bytes: held(header.len() + packed.len()),
        });
        file.extend(header);
        file.extend(packed);
    }
    let footer = footer(columns, &chunks, held(lines), note);
    let length = u32::try_from(footer.len()).unwrap_or(0);
    file.extend(footer);
    file.extend(length.to_le_bytes());
    file.extend(MAGIC);
    file
}

fn pack(page: &[u8]) -> Option<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(page).and_then(|()| packer.finish()).ok()
}

fn page_header(unpacked: usize, packed: usize, lines: usize) -> Vec<u8> {
    let mut header = Thrift::default();
    header.int(1, 0);
    header.int(2, held(unpacked));
    header.int(3, held(packed));
    header.object(5, |page| {
        page.int(1, held(lines));
        page.int(2, PLAIN);
        page.int(3, RLE);
        page.int(4, RLE);
    });
    header.finish()
}

fn footer(
    columns: &[(&'static str, Values)],
    chunks: &[Chunk],
    lines: i64,
    note: Option<&str>,
) -> Vec<u8> {
    let mut footer = Thrift::default();
    footer.int(1, 1);
    footer.objects(2, columns.len() + 1, |at, element| match at.checked_sub(1) {
        None => {
            element.text(4, "candor");
            element.int(5, held(columns.len()));
        }
        Some(at) => {
            let Some((name, values)) = columns.get(at) else { return };
            let (kind, repetition, meaning) = values.shape();
            element.int(1, kind);
            element.int(3, repetition);
            element.text(4, name);
            if let Some(meaning) = meaning {
                element.int(6, meaning);
            }
        }
    });
    footer.long(3, lines);
    footer.objects(4, 1, |_, group| {
        group.objects(1, chunks.len(), |at, column| {
            if let Some(chunk) = chunks.get(at) {
                column.long(2, chunk.offset);
                column.object(3, |about| chunk_metadata(chunk, lines, about));
            }
        });
        group.long(2, chunks.iter().map(|chunk| chunk.bytes_unpacked).sum());
        group.long(3, lines);
    });
    if let Some(note) = note {
        footer.objects(5, 1, |_, pair| {
            pair.text(1, "note");
            pair.text(2, note);
        });
    }
    footer.text(6, "candor");
    footer.finish()
}

fn chunk_metadata(chunk: &Chunk, lines: i64, about: &mut Thrift) {
    about.int(1, chunk.kind);
    about.ints(2, &[PLAIN, RLE]);
    about.texts(3, &[chunk.name]);
    about.int(4, chunk.codec);
    about.long(5, lines);
    about.long(6, chunk.bytes_unpacked);
    about.long(7, chunk.bytes);
    about.long(9, chunk.offset);
}

#[cfg(test)]
mod tests;
