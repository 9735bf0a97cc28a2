//! UUIDs, keys, passwords and tokens.

use super::lexicon::SECRET;
use super::scan::{Chunk, DASH, DIGIT, LOWER, Scan, UPPER, Word};
use super::{Class, Piece};

/// Beginnings that issuers of tokens chose so that tokens can be found.
const ISSUED: [&str; 24] = [
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxs-",
    "AKIA",
    "ASIA",
    "sk-",
    "sk_live_",
    "rk_live_",
    "eyJ",
    "AIza",
    "ya29.",
    "hvs.",
    "dop_v1_",
    "npm_",
    "pypi-",
    "SG.",
];

/// Characters of an issued token at least, its beginning included.
const ISSUED_BYTES_MIN: usize = 16;

/// Hexadecimal digits from which on a word is a key or a digest. Abbreviated commits have up to 16.
pub(super) const HEX_BYTES_MIN: usize = 32;

/// Characters from which on a word of mixed letters and digits is a token.
pub(super) const MIXED_BYTES_MIN: usize = 20;

pub(super) fn find(scan: &Scan<'_>, pieces: &mut Vec<Piece>) {
    for chunk in &scan.chunks {
        if chunk.has & DASH != 0 {
            private_key(scan, chunk, pieces);
            uuids(scan, chunk, pieces);
        }
        if chunk.end - chunk.start >= ISSUED_BYTES_MIN {
            tokens(scan, chunk, pieces);
        }
    }
    for word in scan.words.iter().filter(|_| scan.means & SECRET != 0) {
        if word.means & SECRET != 0 {
            pieces.extend(labelled(scan, word));
        }
    }
}

/// From the head of a private key to its end, or to the end of the text where that is cut off.
fn private_key(scan: &Scan<'_>, chunk: &Chunk, pieces: &mut Vec<Piece>) {
    if !scan.of_chunk(chunk).ends_with("-----BEGIN") {
        return;
    }
    let start = chunk.end - "-----BEGIN".len();
    let rest = scan.text.get(start..).unwrap_or_default();
    let head = rest.get(11..).and_then(|head| head.split_once("-----")).map(|(head, _)| head);
    if !head.is_some_and(|head| head.contains("PRIVATE KEY")) {
        return;
    }
    let foot = rest.find("-----END ").and_then(|foot| {
        let dashes = rest.get(foot + 9..)?.find("-----")?;
        Some(start + foot + 9 + dashes + 5)
    });
    let end = foot.unwrap_or(scan.text.len());
    pieces.push(Piece { start, end, class: Class::Secret });
}

fn uuids(scan: &Scan<'_>, chunk: &Chunk, pieces: &mut Vec<Piece>) {
    for window in scan.words_of(chunk).windows(5) {
        let ([first, .., last], sizes) = (window, [8, 4, 4, 4, 12]) else { continue };
        let text = scan.part(first.start, last.end);
        let fits = |(group, size): (&str, usize)| {
            group.len() == size && group.bytes().all(|c| c.is_ascii_hexdigit())
        };
        if text.len() == 36 && text.split('-').zip(sizes).all(fits) && text.split('-').count() == 5
        {
            pieces.push(Piece { start: first.start, end: last.end, class: Class::Uuid });
        }
    }
}

/// Words that show by themselves that they are tokens.
fn tokens(scan: &Scan<'_>, chunk: &Chunk, pieces: &mut Vec<Piece>) {
    let mut take = |start: usize, end: usize| {
        pieces.push(Piece { start, end, class: Class::Secret });
    };
    let text = scan.of_chunk(chunk);
    let in_token = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let mut start = chunk.start;
    for part in text.split_inclusive(|c: char| !in_token(c)) {
        let token = part.trim_end_matches(|c: char| !in_token(c));
        if token.len() < ISSUED_BYTES_MIN {
            start += part.len();
            continue;
        }
        let issued = ISSUED.iter().any(|head| token.starts_with(head)) && is_mixed(token, 8);
        if issued || (token.len() >= 32 && is_mixed(token, 4)) {
            take(start, start + token.len());
        }
        start += part.len();
    }
    for word in scan.words_of(chunk) {
        if word.end - word.start < MIXED_BYTES_MIN {
            continue;
        }
        let word_text = scan.of_word(word);
        let hex = word_text.len() >= HEX_BYTES_MIN
            && word.has & DIGIT != 0
            && word_text.bytes().all(|c| c.is_ascii_hexdigit());
        if hex || is_mixed(word_text, 4) {
            take(word.start, word.end);
        }
    }
}

/// Whether capital letters, small letters and digits all occur and change at least at every
/// `every`th
/// character. Words, models and versions change seldom; what chance made changes at every second.
pub(super) fn is_mixed(text: &str, every: usize) -> bool {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => DIGIT,
        b'A'..=b'Z' => UPPER,
        b'a'..=b'z' => LOWER,
        _ => 0,
    };
    let mut has = 0;
    let mut changes = 0;
    let mut last = 0;
    for now in text.bytes().map(class).filter(|class| *class != 0) {
        has |= now;
        changes += usize::from(last != 0 && last != now);
        last = now;
    }
    has == DIGIT | UPPER | LOWER && changes * every >= text.len()
}

/// What stands behind `password=`, `token:`, `--secret` or `Bearer`.
fn labelled(scan: &Scan<'_>, word: &Word) -> Option<Piece> {
    let rest = scan.text.get(word.end..)?;
    let option = scan.before(word.start) == b'-';
    let bearer = scan.of_word(word).eq_ignore_ascii_case("bearer");
    let skipped = rest.bytes().take(5).take_while(|c| b" \t:=\"'".contains(c)).count();
    let between = rest.get(..skipped)?;
    if !(between.contains([':', '=']) || (skipped > 0 && (option || bearer))) {
        return None;
    }
    let start = word.end + skipped;
    let rest = scan.text.get(start..)?;
    let quote = between.chars().last().filter(|c| matches!(c, '"' | '\''));
    let ends = |c: char| match quote {
        Some(quote) => c == quote,
        None => c.is_whitespace() || c.is_control() || ",;\"'<>)]}&".contains(c),
    };
    let length = rest.split(ends).next()?.len();
    let own = rest.starts_with('<');
    (length > 0 && !own).then_some(Piece { start, end: start + length, class: Class::Secret })
}
