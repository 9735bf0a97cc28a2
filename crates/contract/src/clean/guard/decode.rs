//! Readings of a text that undo one encoding each.

/// Rounds of undoing escapes: an escape in an escape in an escape.
const ROUNDS: usize = 3;

/// Characters of the shortest Base64 that is read: it holds four bytes.
const BASE64_CHARS_MIN: usize = 6;

/// Digits of the shortest hexadecimal that is read: four bytes.
const HEX_DIGITS_MIN: usize = 8;

/// Undoes `%41`, `\u0041`, `\x41`, `\/`, `&#65;`, `&#x41;` and the named characters of HTML.
pub(super) fn without_escapes(text: &str) -> String {
    let mut now = text.to_owned();
    for _ in 0..ROUNDS {
        if !now.contains(['%', '\\', '&']) {
            break;
        }
        let next = one_round(&now);
        if next == now {
            break;
        }
        now = next;
    }
    now
}

fn one_round(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(c) = rest.chars().next()
    {
        let (length, replacement) = match c {
            '%' => hex_byte(rest, 1).map_or((1, None), |byte| (3, Some(vec![byte]))),
            '\\' => backslash(rest),
            '&' => entity(rest),
            _ => (c.len_utf8(), None),
        };
        match replacement {
            Some(bytes) => out.extend(bytes),
            None => out.extend_from_slice(rest.as_bytes().get(..length).unwrap_or_default()),
        }
        at += length;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex_byte(text: &str, from: usize) -> Option<u8> {
    let digits = text.get(from..from + 2)?;
    let fine = digits.bytes().all(|c| c.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| fine)
}

fn backslash(rest: &str) -> (usize, Option<Vec<u8>>) {
    let utf8 = |c: char| c.to_string().into_bytes();
    match rest.as_bytes().get(1) {
        Some(b'u') => {
            let unit =
                |at: usize| rest.get(at..at + 4).and_then(|n| u16::from_str_radix(n, 16).ok());
            let Some(high) = unit(2) else { return (1, None) };
            // Two units may be one character.
            let low = rest.get(6..8).filter(|escape| *escape == "\\u").and_then(|_| unit(8));
            let pair = [high, low.unwrap_or_default()];
            let mut read = char::decode_utf16(pair);
            match read.next() {
                Some(Ok(c)) if c.len_utf16() == 2 => (12, Some(utf8(c))),
                Some(Ok(c)) => (6, Some(utf8(c))),
                _ => (6, Some(utf8(char::REPLACEMENT_CHARACTER))),
            }
        }
        Some(b'x') => hex_byte(rest, 2).map_or((1, None), |byte| (4, Some(vec![byte]))),
        Some(b'n' | b'r' | b't') => (2, Some(vec![b' '])),
        Some(c) if c.is_ascii_punctuation() => (2, Some(vec![*c])),
        _ => (1, None),
    }
}

fn entity(rest: &str) -> (usize, Option<Vec<u8>>) {
    let Some(end) = rest.as_bytes().iter().take(12).position(|c| *c == b';') else {
        return (1, None);
    };
    let name = rest.get(1..end).unwrap_or_default();
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    let named = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => None,
    };
    match number.and_then(char::from_u32).or(named) {
        Some(c) => (end + 1, Some(c.to_string().into_bytes())),
        None => (1, None),
    }
}

/// What runs of Base64 hold, in both alphabets. A run may begin in the middle of what was
/// encoded, so
/// each is read from its first four characters on.
pub(super) fn base64(text: &str) -> Vec<String> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let mut found = Vec::new();
    for run in text.as_bytes().split(|c| digit(*c).is_none()) {
        if run.len() < BASE64_CHARS_MIN {
            continue;
        }
        let digits: Vec<u8> = run.iter().filter_map(|c| digit(*c)).collect();
        for skipped in 0..4 {
            let digits = digits.get(skipped..).unwrap_or_default();
            let mut bytes = Vec::with_capacity(digits.len());
            for four in digits.chunks(4) {
                let mut bits = four.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit));
                bits <<= 6 * (4 - four.len());
                let [_, three @ ..] = bits.to_be_bytes();
                let whole = (four.len() * 6) / 8;
                bytes.extend(three.iter().take(whole));
            }
            found.push(as_text(&bytes));
        }
    }
    found
}

/// What runs of hexadecimal digits hold, with or without separators between the bytes.
pub(super) fn hexadecimal(text: &str) -> Vec<String> {
    let plain = text.replace("\\x", " ").replace("0x", " ").replace("0X", " ");
    let separator = |c: char| matches!(c, ' ' | ':' | '-' | ',' | '_' | '.' | '%');
    let mut found = Vec::new();
    for run in plain.split(|c: char| !c.is_ascii_hexdigit() && !separator(c)) {
        let digits: Vec<u8> = run
            .chars()
            .filter_map(|c| c.to_digit(16))
            .filter_map(|digit| u8::try_from(digit).ok())
            .collect();
        if digits.len() < HEX_DIGITS_MIN {
            continue;
        }
        for skipped in 0..2 {
            let digits = digits.get(skipped..).unwrap_or_default();
            let bytes: Vec<u8> = digits
                .chunks_exact(2)
                .filter_map(|pair| Some(pair.first()? << 4 | pair.last()?))
                .collect();
            found.push(as_text(&bytes));
        }
    }
    found
}

/// Each run of labels in reverse: `org.example.host`, `4.3.2.1.in-addr.arpa`.
pub(super) fn labels_reversed(text: &str) -> String {
    let inside = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !inside(c)) {
        let run = part.trim_end_matches(|c: char| !inside(c));
        let labels: Vec<&str> = run.split('.').rev().collect();
        out.push_str(&labels.join("."));
        out.push_str(part.get(run.len()..).unwrap_or_default());
    }
    out
}

/// Bytes as text. Zeros between letters are text in two-byte units.
fn as_text(bytes: &[u8]) -> String {
    let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
