//! IPv4, IPv6 and hardware addresses, told from versions and times of day.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::lexicon::{ADDRESS, VERSION};
use super::scan::{COLON, Chunk, DASH, DIGIT, DOT, LETTER, Scan, Word};
use super::{Class, Piece};

pub(super) fn find(scan: &Scan<'_>, pieces: &mut Vec<Piece>) {
    for chunk in &scan.chunks {
        // Every notation has three groups at least; only IPv6 leaves some of them empty.
        let groups = chunk.end_word - chunk.first_word;
        let empty = || chunk.has & COLON != 0 && scan.of_chunk(chunk).contains("::");
        if chunk.has & (COLON | DOT | DASH) != 0 && (groups >= 3 || empty()) {
            runs(scan, chunk, pieces);
        }
        if groups >= 4 && chunk.has & DOT != 0 && chunk.has & DIGIT != 0 {
            quads(scan, chunk, pieces);
        }
    }
    if scan.words.len() >= 6 {
        spaced(scan, pieces);
    }
    if scan.means & ADDRESS != 0 {
        labelled(scan, pieces);
    }
}

/// Runs of hexadecimal digits and separators: hardware addresses and IPv6.
fn runs(scan: &Scan<'_>, chunk: &Chunk, pieces: &mut Vec<Piece>) {
    let text = scan.of_chunk(chunk);
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        if !in_run(*byte) {
            at += 1;
            continue;
        }
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let end = at + rest.iter().take_while(|byte| in_run(**byte)).count();
        run(scan, chunk.start + at, chunk.start + end, pieces);
        at = end;
    }
}

fn in_run(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'-')
}

fn run(scan: &Scan<'_>, mut start: usize, mut end: usize, pieces: &mut Vec<Piece>) {
    let counts =
        |separator: u8| scan.part(start, end).bytes().filter(|byte| *byte == separator).count();
    let (colons, dashes, dots) = (counts(b':'), counts(b'-'), counts(b'.'));
    // Most runs are versions, and few versions have as many numbers as an address has groups.
    let possible = colons >= 2 || [2, 3, 5, 6, 7, 8].iter().any(|n| *n == dashes || *n == dots);
    if end - start < 8 || !possible {
        return;
    }
    // Digits that belong to a word outside (`MAC:00:…` begins with the word `MAC`) go with it.
    if scan.before(start).is_ascii_alphanumeric() {
        start += scan.part(start, end).bytes().take_while(u8::is_ascii_hexdigit).count();
    }
    if scan.byte(end).is_ascii_alphanumeric() {
        end -= scan.part(start, end).bytes().rev().take_while(u8::is_ascii_hexdigit).count();
    }
    if !take(scan, start, end, pieces) && colons >= 2 && dashes > 0 {
        // A dash may join an address to something else.
        let mut at = start;
        for part in scan.part(start, end).split('-') {
            take(scan, at, at + part.len(), pieces);
            at += part.len() + 1;
        }
    }
}

/// Takes an address without the separators around it. Says whether there was one.
fn take(scan: &Scan<'_>, start: usize, end: usize, pieces: &mut Vec<Piece>) -> bool {
    let text = scan.part(start, end);
    let double = text.starts_with("::");
    let led = if double { text } else { text.trim_start_matches([':', '.', '-']) };
    let start = end - led.len();
    let kept = led.trim_end_matches(['.', '-']);
    let kept = if kept.ends_with("::") { kept } else { kept.trim_end_matches(':') };
    let found = is_ipv6(kept) || is_hardware(kept);
    if found {
        pieces.push(Piece { start, end: start + kept.len(), class: Class::Address });
    }
    found
}

/// An IPv6 address that points somewhere. What is written without a digit (`a::b`) is a name in a
/// program; `::1` and `::` are everybody's.
fn is_ipv6(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    text.bytes().filter(|c| *c == b':').count() >= 2
        && digits >= 3
        && text.bytes().any(|c| c.is_ascii_digit())
        && text.parse::<Ipv6Addr>().is_ok()
}

/// Whether a run is a hardware address in any of its notations, or half of one.
fn is_hardware(text: &str) -> bool {
    let groups_by = |separator: char| text.split(separator);
    let hex = |group: &str, sizes: std::ops::RangeInclusive<usize>| {
        sizes.contains(&group.len()) && group.bytes().all(|c| c.is_ascii_hexdigit())
    };
    let letters = text.bytes().any(|c| c.is_ascii_alphabetic());
    let all = |separator: char, sizes: std::ops::RangeInclusive<usize>| {
        groups_by(separator).all(|group| hex(group, sizes.clone()))
    };
    let colons = groups_by(':').count();
    let dashes = groups_by('-').count();
    let dots = groups_by('.').count();
    // 00:1b:2c:3d:4e:5f, also without leading zeros; half of one is the maker's and the device's
    // part, but 12:34:56 is a time of day.
    (colons >= 6 && all(':', 1..=2))
        || ((3..6).contains(&colons) && letters && all(':', 2..=2))
        // 00-1b-2c-3d-4e-5f; numbers alone are a date with its time.
        || (matches!(dashes, 6 | 8) && all('-', 2..=2) && (letters || !is_date_and_time(text)))
        || (matches!(dots, 6 | 8) && letters && all('.', 2..=2))
        // 001b.2c3d.4e5f and 001b-2c3d-4e5f; numbers alone are a version or a date.
        || (letters && [(dots, '.'), (dashes, '-'), (colons, ':')].iter().any(|(count, separator)| {
            *count == 3 && all(*separator, 4..=4)
        }))
}

/// `26-01-31-23-59-59`.
fn is_date_and_time(text: &str) -> bool {
    let limits = [99, 12, 31, 23, 59, 59];
    let numbers = text.split('-').map(|number| number.parse::<u8>().unwrap_or(u8::MAX));
    numbers.zip(limits).all(|(number, limit)| number <= limit)
}

/// Four numbers joined by dots. Most are versions of firmware, so an address must show itself.
fn quads(scan: &Scan<'_>, chunk: &Chunk, pieces: &mut Vec<Piece>) {
    let words = scan.words_of(chunk);
    for window in words.windows(4) {
        let [first, _, _, last] = window else { continue };
        let text = scan.part(first.start, last.end);
        if window.iter().all(|word| word.has == DIGIT)
            && let Ok(address) = text.parse::<Ipv4Addr>()
            && stands_alone(scan, first, last)
            && shows_itself(scan, first, last, address)
        {
            let end = last.end + prefix_length(scan, last.end).unwrap_or(0);
            pieces.push(Piece { start: first.start, end, class: Class::Address });
        }
    }
}

/// Nothing may continue the numbers: `1.2.3.4.5`, `1.2.3.4-rc1` and `v1.2.3.4` are no addresses.
fn stands_alone(scan: &Scan<'_>, first: &Word, last: &Word) -> bool {
    let before = scan.before(first.start);
    let after = scan.byte(last.end);
    let continues = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+');
    let dotted = |at: usize| scan.byte(at).is_ascii_alphanumeric();
    let dot_after = after == b'.' && dotted(last.end + 1);
    // A range of addresses joins two of them by a dash.
    let range = |at: usize| {
        let rest = scan.text.get(at..).unwrap_or_default();
        let length = rest.bytes().take_while(|c| c.is_ascii_digit() || *c == b'.').count();
        rest.get(..length).is_some_and(|rest| rest.parse::<Ipv4Addr>().is_ok())
    };
    // What stands before may be the other end of a range.
    let free_before = match before {
        b'.' => false,
        b'-' => scan.before(first.start - 1).is_ascii_digit(),
        other => !continues(other),
    };
    let free_after = !continues(after) || (after == b'-' && range(last.end + 1));
    free_before && free_after && !dot_after
}

/// What makes four numbers an address: a network that only addresses have, a word before it, a
/// prefix or port after it, or a first number that versions do not reach. A word that announces a
/// version decides against all but the first.
fn shows_itself(scan: &Scan<'_>, first: &Word, last: &Word, address: Ipv4Addr) -> bool {
    let octets = address.octets();
    if matches!(octets, [192, 168, ..] | [169, 254, ..] | [127, 0, 0, _]) {
        return true;
    }
    let label = scan.word_before(first.start);
    if label.is_some_and(|word| word.means & ADDRESS != 0) {
        return true;
    }
    if label.is_some_and(|word| word.means & VERSION != 0) {
        return false;
    }
    let key = matches!(scan.before(first.start), b':' | b'=')
        && label
            .is_some_and(|word| NETWORK_KEYS.contains(&&*scan.of_word(word).to_ascii_lowercase()));
    let private = matches!(octets, [172, 16..=31, ..]);
    key || private || octets[0] >= 100 || prefix_length(scan, last.end).is_some()
}

/// Words that announce an address only as a key (`gateway=…`): in a product's name a version
/// follows them.
const NETWORK_KEYS: [&str; 14] = [
    "gateway", "gw", "server", "host", "hostname", "dns", "ntp", "peer", "neighbor", "mgmt",
    "client", "router", "remote", "src",
];

/// The bytes of `/24` or `:161` after an address.
fn prefix_length(scan: &Scan<'_>, at: usize) -> Option<usize> {
    let separator = scan.byte(at);
    let rest = scan.text.get(at + 1..)?;
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let number: u32 = rest.get(..length)?.parse().ok()?;
    let ends =
        !scan.byte(at + 1 + length).is_ascii_alphanumeric() && scan.byte(at + 1 + length) != b'.';
    let prefix = separator == b'/' && (8..=32).contains(&number);
    let port = separator == b':' && (2..=5).contains(&length) && number <= 65_535;
    (ends && (prefix || port)).then_some(length + 1)
}

/// `00 1b 2c 3d 4e 5f`: six pairs with a letter among them, and no seventh.
fn spaced(scan: &Scan<'_>, pieces: &mut Vec<Piece>) {
    let pair = |word: &Word| {
        word.end - word.start == 2 && scan.of_word(word).bytes().all(|c| c.is_ascii_hexdigit())
    };
    let mut at = 0;
    while let Some(rest) = scan.words.get(at..)
        && !rest.is_empty()
    {
        let joined = |pair: &[Word]| {
            let [left, right] = pair else { return false };
            right.start == left.end + 1 && scan.byte(left.end) == b' '
        };
        let mut count = rest.iter().take_while(|word| pair(word)).count();
        if count > 0 {
            let run = rest.get(..count).unwrap_or_default();
            count = 1 + run.windows(2).take_while(|pair| joined(pair)).count();
            close(rest.get(..count).unwrap_or_default(), pieces);
        }
        at += count.max(1);
    }
}

fn close(run: &[Word], pieces: &mut Vec<Piece>) {
    let letters = run.iter().filter(|word| word.has & LETTER != 0).count();
    if let ([first, .., last], 6, 1..) = (run, run.len(), letters) {
        pieces.push(Piece { start: first.start, end: last.end, class: Class::Address });
    }
}

/// Twelve or sixteen hexadecimal digits after a word that announces an address.
fn labelled(scan: &Scan<'_>, pieces: &mut Vec<Piece>) {
    for word in &scan.words {
        let length = word.end - word.start;
        if matches!(length, 12 | 16)
            && scan.of_word(word).bytes().all(|c| c.is_ascii_hexdigit())
            && scan.word_before(word.start).is_some_and(|label| label.means & ADDRESS != 0)
        {
            pieces.push(Piece { start: word.start, end: word.end, class: Class::Address });
        }
    }
}
