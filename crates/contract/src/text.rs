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

/// Control characters, and characters that change the direction of text or show nothing.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
