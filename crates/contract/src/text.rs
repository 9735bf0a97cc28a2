//! Sentences for people, in one or several languages.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A sentence in English and perhaps in other languages, by language tag (BCP 47, lower case).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(BTreeMap<String, String>);

impl Text {
    /// A sentence in English alone.
    pub fn english(sentence: impl Into<String>) -> Self {
        Self(BTreeMap::from([("en".to_owned(), sentence.into())]))
    }

    /// Sentences by language; `None` without an English one.
    pub fn new(sentences: BTreeMap<String, String>) -> Option<Self> {
        sentences.contains_key("en").then_some(Self(sentences))
    }

    /// The sentence in this language, in English where there is none.
    pub fn in_language(&self, language: &str) -> &str {
        let found = self.0.get(language).or_else(|| self.0.get("en"));
        found.map_or("", String::as_str)
    }

    /// All sentences.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// Whether a sentence that both texts have differs. A translation that was added or removed
    /// changes no question.
    pub fn differs_from(&self, other: &Self) -> bool {
        let differs = |(language, sentence): (&String, &String)| {
            other.0.get(language).is_some_and(|theirs| theirs != sentence)
        };
        self.0.iter().any(differs)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_language("en"))
    }
}

/// Control characters, line separators, and characters that show nothing or change the direction of
/// text (Unicode's `Default_Ignorable_Code_Point`): a person who reads a text would not see them.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// As [`is_hidden`], for sentences: Persian and the languages of India join letters with two
/// characters that show nothing by themselves.
pub(crate) fn is_hidden_in_sentence(c: char) -> bool {
    is_hidden(c) && !matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether a text is a language tag in lower case: `de`, `pt-br`.
pub(crate) fn is_language(tag: &str) -> bool {
    let mut pieces = tag.split('-');
    let primary = pieces.next().unwrap_or_default();
    let letters = primary.bytes().all(|c| c.is_ascii_lowercase());
    let small = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    (2..=3).contains(&primary.len())
        && letters
        && pieces.all(|piece| (2..=8).contains(&piece.len()) && piece.bytes().all(small))
}
