//! The last gate before text leaves: it looks for known values in whatever form a leak would take.
//!
//! It shares no code with the removal of known values. Cleaning looks for values in texts; the
//! guard
//! makes of each finished text every reading that an encoding could hide, and lets values pass by.

mod address;
mod decode;
mod generic;

use std::collections::HashMap;
use std::fmt;

pub use generic::generic_guard;

use super::lexicon;

/// Characters below which nothing is looked for, as in cleaning.
const CHARS_MIN: usize = 4;

/// Characters below which a value counts as a whole token only, as in cleaning.
const CHARS_ANYWHERE_MIN: usize = 8;

/// Characters below which a value is not looked for in decoded bytes: any word can be read as
/// Base64,
/// and among 300,000 values of four characters chance would find one.
const CHARS_DECODED_MIN: usize = 6;

/// Characters of an identifier that is looked for without its separators.
const IDENTIFIER_CHARS_MIN: usize = 8;

/// Decimal digits that such an identifier has at least: words of a language have none.
const IDENTIFIER_DIGITS_MIN: usize = 4;

/// Finished texts, indexed in all their readings. Memory is bounded by the texts; nothing of a
/// value is
/// kept after [`LeakGuard::known`] returns.
pub struct LeakGuard {
    readings: Vec<Reading>,
    /// Where each group of four bytes stands: number of the reading, place in it.
    index: HashMap<[u8; 4], Vec<(usize, usize)>>,
    leaks: Vec<bool>,
}

/// A text read in one way, in small letters.
struct Reading {
    of_text: usize,
    kind: Kind,
    text: String,
}

/// How a text was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As text: itself, without escapes, backwards, with its labels in reverse.
    Text,
    /// As bytes in Base64 or hexadecimal.
    Decoded,
    /// Letters and digits alone.
    Squeezed,
}

impl fmt::Debug for LeakGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeakGuard({} texts)", self.leaks.len())
    }
}

impl LeakGuard {
    /// Takes the machine-derived texts of finished bytes, in any order; the manifest's own
    /// words are
    /// not among them.
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut guard = Self { readings: Vec::new(), index: HashMap::new(), leaks: Vec::new() };
        for (of_text, text) in texts.into_iter().enumerate() {
            guard.leaks.push(false);
            for (kind, text) in readings(&without_placeholders(text)) {
                let text = small(&text);
                guard.readings.push(Reading { of_text, kind, text });
            }
        }
        for (number, reading) in guard.readings.iter().enumerate() {
            for (place, head) in reading.text.as_bytes().windows(4).enumerate() {
                let head = <[u8; 4]>::try_from(head).unwrap_or_default();
                guard.index.entry(head).or_default().push((number, place));
            }
        }
        guard
    }

    /// Lets a known value pass by.
    pub fn known(&mut self, value: &str) {
        let value = small(value.trim());
        if !counts(&value) {
            return;
        }
        self.search(&value, Kind::Text);
        self.search(&value, Kind::Decoded);
        if let Some((label, _)) = value.split_once('.')
            && counts(label)
            && !lexicon::is_product_word(label)
            && label.chars().any(char::is_alphabetic)
        {
            self.search(label, Kind::Text);
        }
        if let Some(identifier) = identifier(&value) {
            self.search(&identifier, Kind::Squeezed);
        }
        for (kind, form) in address::forms(&value) {
            self.search(&form, kind);
        }
    }

    /// The numbers of the texts that hold a known value. Each is to be dropped, and nothing else.
    pub fn leaks(&self) -> Vec<usize> {
        self.leaks
            .iter()
            .enumerate()
            .filter(|(_, leaks)| **leaks)
            .map(|(number, _)| number)
            .collect()
    }

    fn search(&mut self, needle: &str, kind: Kind) {
        let Some(head) = needle.as_bytes().first_chunk::<4>() else { return };
        for (number, place) in self.index.get(head).into_iter().flatten() {
            let Some(reading) = self.readings.get(*number) else { continue };
            if reading.kind == kind
                && reading.holds(needle, *place)
                && let Some(leaks) = self.leaks.get_mut(reading.of_text)
            {
                *leaks = true;
            }
        }
    }
}

impl Reading {
    fn holds(&self, needle: &str, start: usize) -> bool {
        let end = start + needle.len();
        if self.text.get(start..end) != Some(needle) {
            return false;
        }
        let chars = needle.chars().count();
        let before = self.text.get(..start).and_then(|text| text.chars().next_back());
        let after = self.text.get(end..).and_then(|text| text.chars().next());
        let whole =
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric);
        match self.kind {
            Kind::Squeezed => true,
            Kind::Text => whole || chars >= CHARS_ANYWHERE_MIN,
            Kind::Decoded => {
                let is_all = self.text.trim() == needle;
                is_all || (chars >= CHARS_DECODED_MIN && (whole || chars >= CHARS_ANYWHERE_MIN))
            }
        }
    }
}

/// Every reading of a text.
fn readings(text: &str) -> Vec<(Kind, String)> {
    let mut readings = vec![(Kind::Text, text.to_owned())];
    let plain = decode::without_escapes(text);
    if plain != text {
        readings.push((Kind::Text, plain.replace('+', " ")));
        readings.push((Kind::Text, plain));
    }
    let texts: Vec<String> = readings.iter().map(|(_, text)| text.clone()).collect();
    for text in &texts {
        for decoded in decode::base64(text).into_iter().chain(decode::hexadecimal(text)) {
            readings.push((Kind::Decoded, decode::without_escapes(&decoded)));
        }
        let labels = decode::labels_reversed(text);
        readings.push((Kind::Squeezed, squeezed(text)));
        readings.push((Kind::Squeezed, squeezed(&labels)));
        readings.push((Kind::Text, labels));
        readings.push((Kind::Text, text.chars().rev().collect()));
        for address in address::written_out(text) {
            readings.push((Kind::Text, address.clone()));
            readings.push((Kind::Squeezed, squeezed(&address)));
        }
    }
    readings
}

/// Whether a value is looked for at all.
fn counts(value: &str) -> bool {
    let nobody = ["unknown", "none", "null", "undefined", "(none)", "not set", "not available"];
    let bracketed = value.starts_with('<') && value.ends_with('>');
    value.chars().count() >= CHARS_MIN
        && !bracketed
        && !nobody.contains(&value)
        && value.chars().any(|c| c.is_alphanumeric() && c != '0')
}

/// A value without its separators, if it is an identifier: then it may be written with others.
fn identifier(value: &str) -> Option<String> {
    let squeezed = squeezed(value);
    let digits = squeezed.chars().filter(char::is_ascii_digit).count();
    let fine = squeezed.len() >= IDENTIFIER_CHARS_MIN && digits >= IDENTIFIER_DIGITS_MIN;
    fine.then_some(squeezed)
}

/// Letters and digits alone, in small letters.
fn squeezed(text: &str) -> String {
    small(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Without case, without what shows nothing, and with one kind of space.
fn small(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            out.push(' ');
        } else if !crate::text::is_hidden(c) {
            out.extend(c.to_uppercase().flat_map(char::to_lowercase));
        }
    }
    out
}

/// Our own placeholders are no machine's text; a device may be called `host`.
fn without_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in lexicon::placeholders(text) {
        out.push_str(text.get(at..start).unwrap_or_default());
        out.push('\u{1}');
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
