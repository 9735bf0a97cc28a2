//! Numbers that belong to one unit: behind a label, or by a shape that no model and no version has.

use super::lexicon::{MAKER, PRODUCT, SYSTEM, UNIT, VERSION};
use super::scan::{Chunk, DASH, DIGIT, Scan, UPPER, Word};
use super::{Class, Piece};

pub(super) fn find(scan: &Scan<'_>, pieces: &mut Vec<Piece>) {
    let labels = scan.means & UNIT != 0;
    for (number, word) in scan.words.iter().enumerate().filter(|_| labels) {
        if word.means & UNIT != 0
            && let Some(label) = label(scan, number)
        {
            pieces.extend(value(scan, &label));
        }
    }
    for chunk in &scan.chunks {
        if chunk.has & DIGIT == 0 {
            continue;
        }
        for (number, word) in scan.words_of(chunk).iter().enumerate() {
            let long = word.end - word.start >= 5;
            if long
                && word.has & DIGIT != 0
                && is_unit_number(scan, chunk.first_word + number, word)
            {
                pieces.push(Piece { start: word.start, end: word.end, class: Class::Serial });
            }
        }
        if chunk.has & DASH != 0 {
            pieces.extend(tail_of_model(scan, chunk));
            pieces.extend(long_identifier(scan, chunk));
            pieces.extend(grouped_number(scan, chunk));
        }
    }
}

/// A label as it was found.
struct Label {
    end: usize,
    /// Nothing else is called so: what follows need not show by itself that it is a number.
    sure: bool,
}

/// The label that begins with this word. `SNMP`, `SNR-S2990X` and `Serial Port` are none: a label
/// is a whole word, and its value must look like one.
fn label(scan: &Scan<'_>, number: usize) -> Option<Label> {
    let word = scan.words.get(number)?;
    let next = scan.words.get(number + 1);
    let gap = next.map_or("", |next| scan.part(word.end, next.start));
    let next_text = next.map(|next| scan.of_word(next)).unwrap_or_default();
    let next_end = next.map_or(word.end, |next| next.end);
    let is = |text: &str, words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    let text = scan.of_word(word);
    let close = !gap.is_empty() && gap.len() <= 2 && gap.bytes().all(|c| b" .-_".contains(&c));
    let number_word = ["number", "no", "num", "nr", "nbr", "numb", "code", "id"];
    // `s/n`, `S.N.`
    if is(text, &["s"]) && is(next_text, &["n", "no", "nr"]) && matches!(gap, "/" | ".") {
        return Some(Label { end: next_end, sure: false });
    }
    if is(text, &["serial", "ser"]) {
        if close && is(next_text, &number_word) {
            return Some(Label { end: next_end, sure: true });
        }
        let hash =
            scan.part(word.end, word.end + 3).trim_start_matches([' ', '.']).starts_with('#');
        return (is(text, &["serial"]) || hash).then_some(Label { end: word.end, sure: hash });
    }
    let sure = [
        "serialnumber",
        "serialno",
        "serialnum",
        "serialnr",
        "serno",
        "sernum",
        "sernr",
        "seriennummer",
        "seriennr",
        "imei",
        "imsi",
        "iccid",
        "meid",
        "msisdn",
        "servicetag",
        "assettag",
    ];
    if is(text, &sure) {
        return Some(Label { end: word.end, sure: true });
    }
    if is(text, &["sn", "esn", "psn", "udid"]) {
        return Some(Label { end: word.end, sure: false });
    }
    let two = (is(text, &["service", "asset"]) && is(next_text, &["tag"]))
        || (is(text, &["asset", "inventory"]) && is(next_text, &number_word))
        || (is(text, &UNITS) && is(next_text, &["id", "identifier"]));
    (close && two).then_some(Label { end: next_end, sure: false })
}

/// What has an id of its own in one unit.
const UNITS: [&str; 10] = [
    "board",
    "processor",
    "chassis",
    "device",
    "machine",
    "system",
    "host",
    "hardware",
    "unit",
    "node",
];

/// The value behind a label.
fn value(scan: &Scan<'_>, label: &Label) -> Option<Piece> {
    let rest = scan.text.get(label.end..)?;
    let skipped = rest.bytes().take(6).take_while(|c| b" \t:=#.-\"'([".contains(c)).count();
    let between = rest.get(..skipped)?;
    if skipped == 0 {
        return None;
    }
    let separated = between.contains([':', '=', '#']);
    let start = label.end + skipped;
    let inside = |c: &char| c.is_alphanumeric() || "-/._*+".contains(*c);
    let length: usize = rest.get(skipped..)?.chars().take_while(inside).map(char::len_utf8).sum();
    let text = scan.part(start, start + length).trim_end_matches(['.', '-', '/', '_']);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let first = scan.words.get(scan.words.partition_point(|word| word.start < start))?;
    let says =
        first.means & (PRODUCT | MAKER | SYSTEM | VERSION) != 0 && first.end - start == text.len();
    let dotted = text.bytes().all(|c| c.is_ascii_digit() || c == b'.') && text.contains('.');
    // A signal-to-noise ratio is written S/N too.
    let after = scan.part(start + text.len(), start + text.len() + 3).trim_start();
    let ratio = after.get(..2).is_some_and(|unit| unit.eq_ignore_ascii_case("db"));
    let letters = text.len() >= 6 && text.bytes().all(|c| c.is_ascii_uppercase());
    let enough = if label.sure || separated {
        letters || (digits >= 1 && text.len() >= 3)
    } else {
        digits >= 3 && text.len() >= 5
    };
    // Zeros say that there is no number.
    let nothing = text.bytes().all(|c| c == b'0');
    let other = nothing || says || ratio || (dotted && !label.sure);
    (enough && !other).then_some(Piece { start, end: start + text.len(), class: Class::Serial })
}

/// Whether a word that stands alone has the shape of a unit's number.
fn is_unit_number(scan: &Scan<'_>, number: usize, word: &Word) -> bool {
    let text = scan.of_word(word);
    let before = scan.before(word.start);
    // A count has no leading zero.
    if word.has == DIGIT && before == b'#' && text.len() >= 5 && text.starts_with('0') {
        return text.bytes().any(|c| c != b'0');
    }
    let after = scan.byte(word.end);
    let ends_sentence = after == b'.' && !scan.byte(word.end + 1).is_ascii_alphanumeric();
    let joined = |byte: u8| b"-._+/:@*%#&~^$".contains(&byte);
    if (joined(before) && before != b':') || (joined(after) && !ends_sentence) || text.len() < 9 {
        return false;
    }
    let part = |label: &Word| {
        let start = label.start.saturating_sub(2);
        scan.part(start, label.end).eq_ignore_ascii_case("p/n")
    };
    let announces = |label: &Word| label.means & VERSION != 0 || part(label);
    if scan.word_before(word.start).is_some_and(announces) {
        // `Build 1234567890`, `P/N 300400500`, and `Controller 201305012030` of a printer's parts.
        return false;
    }
    if word.has == DIGIT {
        let next = scan.words.get(number + 1).map(|next| scan.of_word(next)).unwrap_or_default();
        let unit = ["bytes", "bits", "bps", "hz", "kb", "mb", "seconds", "ms", "packets"];
        return text.bytes().any(|c| c != b'0')
            && !text.ends_with("000000")
            && !is_timestamp(text)
            && !unit.iter().any(|unit| unit.eq_ignore_ascii_case(next));
    }
    word.has & !(DIGIT | UPPER) == 0 && is_capital_number(text)
}

/// Capital letters and digits as makers stamp them: a long run of digits in a word without
/// separators, or the form three letters, year, week, four characters. A model number has few
/// digits
/// in a row, a release as `V200R010C00SPC600` says so.
fn is_capital_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters_first = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let run = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    let second_is_digit = text.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    let release = (text.starts_with(['V', 'R']) && second_is_digit)
        || text.starts_with("0X")
        || text.contains("SPC")
        || (text.contains('V') && text.contains("R0"));
    let stamped = text.len() == 11 && letters_first == 3 && {
        let number = |from: usize, to: usize| text.get(from..to).and_then(|n| n.parse::<u8>().ok());
        number(3, 5).is_some() && number(5, 7).is_some_and(|week| (1..=53).contains(&week))
    };
    let dated = text.len() >= 15 && text.as_bytes().get(8) == Some(&b'T');
    // A hardware address without its separators.
    let hex = text.len() == 12 && digits >= 2 && text.bytes().all(|c| c.is_ascii_hexdigit());
    let long = letters_first <= 6 && run >= 7 || text.len() >= 12 && digits >= 6;
    stamped || hex || ((long || is_counted(text)) && !release && !dated)
}

/// `X3BC001234`: letters and digits by turns, and a counter of six digits or more at the end.
/// Models change between letters and digits too, and count to less.
fn is_counted(text: &str) -> bool {
    let counter = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let pairs = text.as_bytes().windows(2);
    let turns = pairs.filter(|pair| match pair {
        [a, b] => a.is_ascii_digit() != b.is_ascii_digit(),
        _ => false,
    });
    text.len() >= 10 && counter >= 6 && turns.count() >= 3
}

/// `20130501`, with hours, minutes and seconds or without.
fn is_timestamp(text: &str) -> bool {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|n| n.parse::<u16>().ok());
    let below = |from: usize, limit: u16| {
        from + 2 > text.len() || number(from, from + 2).is_some_and(|n| n < limit)
    };
    matches!(text.len(), 8 | 10 | 12 | 14)
        && number(0, 4).is_some_and(|year| (1970..2100).contains(&year))
        && number(4, 6).is_some_and(|month| (1..=12).contains(&month))
        && number(6, 8).is_some_and(|day| (1..=31).contains(&day))
        && below(8, 24)
        && below(10, 60)
        && below(12, 61)
}

/// `AB4-2450R-12345`: the model is complete, and a long number follows. The model stays.
fn tail_of_model(scan: &Scan<'_>, chunk: &Chunk) -> Option<Piece> {
    let words = scan.words_of(chunk);
    let (last, head) = words.split_last()?;
    let joined = scan
        .part(chunk.start, chunk.end)
        .bytes()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'-');
    let model = head.iter().any(|word| word.has == DIGIT | UPPER);
    let first_letter = scan.byte(chunk.start).is_ascii_uppercase();
    let long = last.has == DIGIT && last.end - last.start >= 5;
    (joined && head.len() >= 2 && model && first_letter && long).then_some(Piece {
        start: last.start,
        end: last.end,
        class: Class::Serial,
    })
}

/// Four groups of four hexadecimal digits: an identifier of 64 bits.
fn long_identifier(scan: &Scan<'_>, chunk: &Chunk) -> Option<Piece> {
    let words = scan.words_of(chunk);
    words.windows(4).find_map(|window| {
        let [first, _, _, last] = window else { return None };
        let text = scan.part(first.start, last.end);
        let group = |group: &str| group.len() == 4 && group.bytes().all(|c| c.is_ascii_hexdigit());
        let years = text.split('-').all(|group| group.starts_with("19") || group.starts_with("20"));
        let fine = text.len() == 19 && text.split('-').all(group) && !years;
        let next = scan.byte(last.end);
        let ends = next != b'-' || !scan.byte(last.end + 1).is_ascii_alphanumeric();
        (fine && ends).then_some(Piece { start: first.start, end: last.end, class: Class::Serial })
    })
}

/// `Q2AB-CDEF-3456`: three groups of four capitals and digits and nothing else, as makers print
/// numbers that people must type.
fn grouped_number(scan: &Scan<'_>, chunk: &Chunk) -> Option<Piece> {
    let words = scan.words_of(chunk);
    let [first, _, last] = words else { return None };
    let text = scan.part(first.start, last.end);
    let four = |group: &str| {
        group.len() == 4 && group.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    let has = first.has | chunk.has;
    let mixed = has & DIGIT != 0 && has & UPPER != 0;
    (text.len() == 14 && text.split('-').all(four) && mixed).then_some(Piece {
        start: first.start,
        end: last.end,
        class: Class::Serial,
    })
}
