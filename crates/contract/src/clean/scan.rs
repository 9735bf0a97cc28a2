//! One pass over a text: words (letters and digits) within chunks (what stands between spaces,
//! commas, brackets and quotes). Every rule works on these.

use super::lexicon;
use crate::text::is_hidden;

/// What bytes a chunk or word holds.
pub(super) const DIGIT: u16 = 1;
pub(super) const UPPER: u16 = 2;
pub(super) const LOWER: u16 = 4;
pub(super) const OTHER_LETTER: u16 = 8;
pub(super) const AT: u16 = 16;
pub(super) const COLON: u16 = 32;
pub(super) const DOT: u16 = 64;
pub(super) const DASH: u16 = 128;
pub(super) const SLASH: u16 = 256;
pub(super) const HASH: u16 = 512;
/// Letters of any kind.
pub(super) const LETTER: u16 = UPPER | LOWER | OTHER_LETTER;

/// Letters and digits without anything between.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What it holds.
    pub(super) has: u16,
    /// What it means, as [`lexicon::meaning`].
    pub(super) means: u16,
}

/// What stands between two delimiters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What it holds.
    pub(super) has: u16,
    /// Its words, from this one
    pub(super) first_word: usize,
    /// up to and without this one.
    pub(super) end_word: usize,
}

/// A text in its words and chunks.
pub(super) struct Scan<'t> {
    pub(super) text: &'t str,
    pub(super) words: Vec<Word>,
    pub(super) chunks: Vec<Chunk>,
    /// What any chunk holds, and what any word means: most rules need not look further.
    pub(super) has: u16,
    pub(super) means: u16,
    /// Whether the text states a version: numbers joined by dots.
    pub(super) has_version: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Delimiter,
    Soft,
    Letter,
}

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let size = text.len() / 6 + 2;
        let (words, chunks) = (Vec::with_capacity(size), Vec::with_capacity(size));
        let mut scan = Self { text, words, chunks, has: 0, means: 0, has_version: false };
        let mut chunk: Option<Chunk> = None;
        let mut at = 0;
        while at < text.len() {
            let (kind, has, length) = scan.kind(at);
            if kind == Kind::Delimiter {
                scan.close_chunk(chunk.take(), at);
                at += length;
                continue;
            }
            let first_word = scan.words.len();
            let new = Chunk { start: at, end: at, has: 0, first_word, end_word: 0 };
            let chunk = chunk.get_or_insert(new);
            if kind == Kind::Soft {
                chunk.has |= has;
                at += length;
                continue;
            }
            let mut word = Word { start: at, end: at + length, has, means: 0 };
            while word.end < text.len()
                && let (Kind::Letter, has, length) = scan.kind(word.end)
            {
                word.has |= has;
                word.end += length;
            }
            at = word.end;
            chunk.has |= word.has;
            scan.close_word(word);
        }
        scan.close_chunk(chunk, text.len());
        scan
    }

    /// A part of the text.
    pub(super) fn part(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn of_word(&self, word: &Word) -> &'t str {
        self.part(word.start, word.end)
    }

    pub(super) fn of_chunk(&self, chunk: &Chunk) -> &'t str {
        self.part(chunk.start, chunk.end)
    }

    /// The words of a chunk.
    pub(super) fn words_of(&self, chunk: &Chunk) -> &[Word] {
        self.words.get(chunk.first_word..chunk.end_word).unwrap_or_default()
    }

    /// The byte before a place; a space at the beginning.
    pub(super) fn before(&self, at: usize) -> u8 {
        let before = at.checked_sub(1).and_then(|at| self.text.as_bytes().get(at));
        before.copied().unwrap_or(b' ')
    }

    /// The byte at a place; a space at the end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(b' ')
    }

    /// The last word that ends at or before a place, if nothing but a few separators lies between.
    pub(super) fn word_before(&self, at: usize) -> Option<&Word> {
        let count = self.words.partition_point(|word| word.end <= at);
        let word = self.words.get(count.checked_sub(1)?)?;
        let between = self.part(word.end, at);
        let near = between.len() <= 4
            && between.bytes().all(|c| matches!(c, b' ' | b':' | b'=' | b'#' | b'.' | b'(' | b'"'));
        near.then_some(word)
    }

    /// What the byte at a place is, what it counts as, and how long its character is.
    fn kind(&self, at: usize) -> (Kind, u16, usize) {
        let byte = self.byte(at);
        if let Some((kind, has)) = ASCII.get(usize::from(byte)) {
            // An escape that somebody printed instead of the character: `\n` ends a chunk as a
            // line end does, and its letter is not the beginning of the next word.
            let escape = byte == b'\\' && matches!(self.byte(at + 1), b'n' | b'r' | b't');
            return (*kind, *has, if escape { 2 } else { 1 });
        }
        let c = self.text.get(at..).and_then(|text| text.chars().next());
        let Some(c) = c else { return (Kind::Delimiter, 0, 1) };
        if c.is_whitespace() || c == char::REPLACEMENT_CHARACTER || is_hidden(c) {
            return (Kind::Delimiter, 0, c.len_utf8());
        }
        let (kind, has) =
            if c.is_alphanumeric() { (Kind::Letter, OTHER_LETTER) } else { (Kind::Soft, 0) };
        (kind, has, c.len_utf8())
    }

    fn close_word(&mut self, mut word: Word) {
        // A word of digits alone means nothing; half of all words are spared the lookup.
        if word.has & LETTER != 0 {
            word.means = lexicon::meaning(self.of_word(&word));
            self.means |= word.means;
        }
        if word.has == DIGIT
            && self.byte(word.end) == b'.'
            && self.byte(word.end + 1).is_ascii_digit()
        {
            self.has_version = true;
        }
        self.words.push(word);
    }

    fn close_chunk(&mut self, chunk: Option<Chunk>, end: usize) {
        let Some(mut chunk) = chunk else { return };
        chunk.end = end;
        chunk.end_word = self.words.len();
        self.has |= chunk.has;
        self.chunks.push(chunk);
    }
}

/// What each byte of ASCII is, and what it counts as.
#[expect(clippy::indexing_slicing, reason = "a wrong index in a constant does not compile")]
static ASCII: [(Kind, u16); 128] = {
    let mut table = [(Kind::Delimiter, 0); 128];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'0'..=b'9' => (Kind::Letter, DIGIT),
            b'A'..=b'Z' => (Kind::Letter, UPPER),
            b'a'..=b'z' => (Kind::Letter, LOWER),
            b'@' => (Kind::Soft, AT),
            b':' => (Kind::Soft, COLON),
            b'.' => (Kind::Soft, DOT),
            b'-' => (Kind::Soft, DASH),
            b'/' => (Kind::Soft, SLASH),
            b'#' => (Kind::Soft, HASH),
            b'_' | b'+' | b'*' | b'%' | b'&' | b'~' | b'!' | b'?' | b'$' | b'^' => (Kind::Soft, 0),
            _ => (Kind::Delimiter, 0),
        };
        byte += 1;
    }
    table
};
