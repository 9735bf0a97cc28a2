//! What the operator wrote about a place: towns, rooms and departments.

use super::lexicon::{MAKER, PRODUCT, ROOM, SYSTEM, TOWN, VERSION};
use super::scan::{DIGIT, LETTER, Scan, Word};
use super::{Class, Piece};

/// Words of a text in which a town may be the operator's. Makers name towns in their addresses and
/// their releases, and write more, or state a version.
const TOWN_WORDS_MAX: usize = 8;

pub(super) fn find(scan: &Scan<'_>, pieces: &mut Vec<Piece>) {
    let towns = !scan.has_version && scan.words.len() <= TOWN_WORDS_MAX;
    for (number, word) in scan.words.iter().enumerate() {
        // The last letter of the one ending that is looked for.
        let last = scan.before(word.end);
        if word.means & (TOWN | ROOM) == 0 && !matches!(last, b'm' | b'M' | b's' | b'e') {
            continue;
        }
        let bracket = scan.before(word.start) == b'[';
        let town = word.means & TOWN != 0 && word.means & (PRODUCT | MAKER) == 0;
        if (towns && ((town && !bracket) || is_possessive(scan, number))) || is_room(scan, word) {
            pieces.push(around(scan, number));
        }
    }
}

/// A word for a room, a department or a street; German makes one word of it and its use.
fn is_room(scan: &Scan<'_>, word: &Word) -> bool {
    const GERMAN: [&str; 4] = ["raum", "strasse", "stra\u{df}e", "gasse"];
    let text = scan.of_word(word);
    let ends = |end: &str| {
        let at = text.len().checked_sub(end.len());
        at.and_then(|at| text.get(at..)).is_some_and(|found| found.eq_ignore_ascii_case(end))
    };
    word.means & ROOM != 0 || (word.has & DIGIT == 0 && GERMAN.iter().any(|end| ends(end)))
}

/// `Jane's switch`: makers do not write whose a device is.
fn is_possessive(scan: &Scan<'_>, number: usize) -> bool {
    let owner = number.checked_sub(1).and_then(|owner| scan.words.get(owner));
    let here = scan.words.get(number);
    here.zip(owner).is_some_and(|(here, owner)| {
        let between = scan.part(owner.end, here.start);
        scan.of_word(here) == "s"
            && matches!(between, "'" | "\u{2019}")
            && owner.means & (PRODUCT | MAKER) == 0
            && scan.byte(owner.start).is_ascii_uppercase()
    })
}

/// The words around that belong to the place: unknown ones and numbers, as far as they follow one
/// another in one statement. Words of products, models and versions stay.
fn around(scan: &Scan<'_>, number: usize) -> Piece {
    let belongs = |word: &Word| {
        let known = word.means & (PRODUCT | MAKER | SYSTEM | VERSION) != 0;
        let model = word.has & DIGIT != 0 && word.has & LETTER != 0;
        let version = scan.before(word.start) == b'.' || scan.byte(word.end) == b'.';
        !known && !model && !version
    };
    let near = |from: usize, to: usize| {
        let between = scan.part(from, to);
        between.chars().count() <= 3
            && between.chars().all(|c| matches!(c, ' ' | '-' | '/' | '&' | '\'' | '\u{2019}'))
    };
    let here = scan.words.get(number);
    let (mut start, mut end) = here.map_or((0, 0), |word| (word.start, word.end));
    for word in scan.words.iter().take(number).rev() {
        if !belongs(word) || !near(word.end, start) {
            break;
        }
        start = word.start;
    }
    for word in scan.words.iter().skip(number + 1) {
        if !belongs(word) || !near(end, word.start) {
            break;
        }
        end = word.end;
    }
    Piece { start, end, class: Class::Place }
}
