//! Texts without case, so that a name is found however it is written.

use crate::text::is_hidden;

/// A text in which case, kinds of white space and characters that show nothing make no difference,
/// and where each of its bytes came from.
pub(super) struct Folded {
    text: String,
    /// For each byte of `text` where its character begins and ends in the original; empty where
    /// both are the same, which is so for plain ASCII.
    origin: Vec<(usize, usize)>,
}

impl Folded {
    pub(super) fn new(original: &str) -> Self {
        if original.is_ascii() {
            let mut text = original.to_ascii_lowercase();
            if text.bytes().any(|c| c.is_ascii_whitespace()) {
                text = text.replace(|c: char| c.is_ascii_whitespace(), " ");
            }
            return Self { text, origin: Vec::new() };
        }
        let mut text = String::with_capacity(original.len());
        let mut origin = Vec::with_capacity(original.len());
        for (start, c) in original.char_indices() {
            fold(c, &mut text);
            origin.resize(text.len(), (start, start + c.len_utf8()));
        }
        Self { text, origin }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The place in the original of a range of this text.
    pub(super) fn original(&self, start: usize, end: usize) -> (usize, usize) {
        if self.origin.is_empty() {
            return (start, end);
        }
        let first = self.origin.get(start).map_or(start, |(from, _)| *from);
        let last = end.checked_sub(1).and_then(|last| self.origin.get(last));
        (first, last.map_or(end, |(_, to)| *to))
    }

    /// Whether a range stands alone: no letter or digit touches it.
    pub(super) fn is_whole(&self, start: usize, end: usize) -> bool {
        let before = self.text.get(..start).and_then(|text| text.chars().next_back());
        let after = self.text.get(end..).and_then(|text| text.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    }
}

/// Upper case first and lower case then: this joins what has two small forms (ß and ss, ς and σ)
/// and needs no table of its own.
fn fold(c: char, out: &mut String) {
    if c.is_whitespace() {
        out.push(' ');
    } else if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
    } else if !is_hidden(c) {
        out.extend(c.to_uppercase().flat_map(char::to_lowercase));
    }
}
