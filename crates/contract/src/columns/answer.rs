//! One answer as bytes: its place in the lists of its kind. No answer has no bytes.

use crate::answer::{Answer, Entry};
use crate::kind::Kind;
use crate::version::Version;

/// The first byte of a version that is `other`. A length of numbers is never as large.
const OTHER_VERSION: u8 = 0xff;
/// Set in a version's first byte where a suffix follows.
const HAS_SUFFIX: u8 = 0x10;

/// The bytes of an answer; at least one.
pub(super) fn write(answer: &Answer) -> Vec<u8> {
    let mut out = Vec::new();
    match answer {
        Answer::Flag(flag) => out.push(u8::from(*flag)),
        Answer::Choice(entry) => push_number(&mut out, u64::from(entry.0)),
        Answer::Version(None) => out.push(OTHER_VERSION),
        Answer::Version(Some(version)) => {
            let length = u8::try_from(version.numbers().len()).unwrap_or(u8::MAX);
            out.push(length | if version.suffix().is_some() { HAS_SUFFIX } else { 0 });
            version.numbers().iter().for_each(|number| push_number(&mut out, u64::from(*number)));
            version.suffix().iter().for_each(|suffix| push_number(&mut out, u64::from(*suffix)));
        }
        Answer::Bucket(bucket) => out.push(*bucket),
        Answer::Set(entries) => {
            push_number(&mut out, entries.len() as u64);
            for entry in entries {
                push_number(&mut out, u64::from(entry.0));
            }
        }
        Answer::Counts(counts) => {
            push_number(&mut out, counts.len() as u64);
            for (entry, bucket) in counts {
                push_number(&mut out, u64::from(entry.0));
                out.push(*bucket);
            }
        }
        Answer::Sample(value, bucket) => {
            out.push(bucket.map_or(0, |bucket| bucket.saturating_add(1)));
            out.extend_from_slice(value.as_bytes());
        }
    }
    out
}

/// The answer of these bytes; `None` where they are none of this kind.
pub(super) fn read(kind: &Kind, bytes: &[u8]) -> Option<Answer> {
    let mut bytes = bytes;
    let answer = match kind {
        Kind::Flag => match take_byte(&mut bytes)? {
            0 => Answer::Flag(false),
            1 => Answer::Flag(true),
            _ => return None,
        },
        Kind::Choice { choices } => Answer::Choice(take_entry(&mut bytes, choices.len())?),
        Kind::Version { suffixes } => Answer::Version(take_version(&mut bytes, suffixes.len())?),
        Kind::Count { .. } | Kind::Size { .. } | Kind::Duration { .. } => {
            Answer::Bucket(take_bucket(&mut bytes, kind)?)
        }
        Kind::Set { choices } => {
            let many = take_number(&mut bytes)?;
            let entries = (0..many).map(|_| take_entry(&mut bytes, choices.len()));
            Answer::Set(entries.collect::<Option<_>>()?)
        }
        Kind::Counts { .. } | Kind::Flow { .. } => {
            let last = kind.things()?.checked_sub(1)?;
            let many = take_number(&mut bytes)?;
            let counts = (0..many)
                .map(|_| Some((take_entry(&mut bytes, last)?, take_bucket(&mut bytes, kind)?)));
            Answer::Counts(counts.collect::<Option<_>>()?)
        }
        Kind::Sample { .. } => {
            let bucket = take_byte(&mut bytes)?.checked_sub(1);
            let value = std::str::from_utf8(std::mem::take(&mut bytes)).ok()?;
            Answer::Sample(value.to_owned(), bucket)
        }
    };
    bytes.is_empty().then_some(answer)
}

/// Appends a number, seven bits a byte, the lowest first.
pub(super) fn push_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

/// Takes a number of at most 32 bits, which is more than any length or place has.
pub(super) fn take_number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let byte = take_byte(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(number).ok();
        }
    }
    None
}

fn take_byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

fn take_entry(bytes: &mut &[u8], entries: usize) -> Option<Entry> {
    let number = u16::try_from(take_number(bytes)?).ok()?;
    // The place right after the last one is `other`.
    (usize::from(number) <= entries).then_some(Entry(number))
}

fn take_bucket(bytes: &mut &[u8], kind: &Kind) -> Option<u8> {
    let bucket = take_byte(bytes)?;
    (usize::from(bucket) < kind.buckets()?.len()).then_some(bucket)
}

#[expect(clippy::option_option, reason = "`other` is a version too; the outer one is broken bytes")]
fn take_version(bytes: &mut &[u8], suffixes: usize) -> Option<Option<Version>> {
    let first = take_byte(bytes)?;
    if first == OTHER_VERSION {
        return Some(None);
    }
    let numbers: Option<Vec<u32>> =
        (0..first & !HAS_SUFFIX).map(|_| take_number(bytes)).take(8).collect();
    let suffix = if first & HAS_SUFFIX == 0 {
        None
    } else {
        let suffix = u16::try_from(take_number(bytes)?).ok()?;
        Some((usize::from(suffix) < suffixes).then_some(suffix)?)
    };
    Version::of(&numbers?, suffix).map(Some)
}
