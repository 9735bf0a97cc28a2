//! Removal the other way round: the few outputs are indexed and many known values pass by.

use std::collections::HashMap;
use std::fmt;

use super::fold::Folded;
use super::known::{self, Found, Hits};
use super::{Class, Cleaned, Cleaner, Known, dropped, replace};

/// A few texts that wait for known values.
///
/// A monitoring product knows six values of each of 50,000 devices and sends twenty texts. Memory
/// is bounded by the texts: nothing of a value is kept after [`Outputs::known`] returns.
pub struct Outputs {
    texts: Vec<Text>,
    /// Where each group of four bytes stands: number of the text, place in it.
    heads: HashMap<[u8; 4], Vec<(usize, usize)>>,
}

struct Text {
    original: String,
    folded: Folded,
    hits: Hits,
}

impl fmt::Debug for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outputs({} texts)", self.texts.len())
    }
}

impl Outputs {
    /// Indexes the texts.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let mut outputs = Self { texts: Vec::new(), heads: HashMap::new() };
        for (number, original) in texts.into_iter().enumerate() {
            let folded = Folded::new(&original);
            for (place, head) in folded.as_str().as_bytes().windows(4).enumerate() {
                let head = <[u8; 4]>::try_from(head).unwrap_or_default();
                outputs.heads.entry(head).or_default().push((number, place));
            }
            let hits = Hits::new(&original);
            outputs.texts.push(Text { original, folded, hits });
        }
        outputs
    }

    /// Lets a known value pass by.
    pub fn known(&mut self, value: &str) {
        for value in known::values(value) {
            let places = value.head().and_then(|head| self.heads.get(&head));
            for (number, place) in places.into_iter().flatten() {
                if let Some(text) = self.texts.get_mut(*number) {
                    text.hits.try_at(&text.folded, *place, &value);
                }
            }
        }
    }

    /// The texts as fields of kind `sample`: known values are gone, then come the rules and the
    /// bound. In the order in which the texts were given.
    pub fn samples(self, bytes_max: usize) -> Vec<Cleaned> {
        self.finish(|text| Cleaner::new(&Known::default()).sample(text, bytes_max))
    }

    /// The texts, cleaned. In the order in which they were given.
    pub fn clean(self) -> Vec<Cleaned> {
        self.finish(|text| Cleaner::new(&Known::default()).clean(text))
    }

    fn finish(self, rules: impl Fn(&str) -> Cleaned) -> Vec<Cleaned> {
        let finish = |text: Text| {
            let mut removed = Vec::new();
            let mut changed = None;
            match text.hits.found() {
                Found::ProductWord => return dropped(removed, Class::ProductWord),
                Found::Pieces(pieces) => {
                    replace(&text.original, pieces, &mut removed, &mut changed);
                }
            }
            let mut cleaned = rules(changed.as_deref().unwrap_or(&text.original));
            cleaned.removed.extend(removed);
            cleaned.removed.sort_unstable();
            cleaned
        };
        self.texts.into_iter().map(finish).collect()
    }
}
