//! Values that the machine knows about itself, and where a text holds them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use super::fold::Folded;
use super::{Class, Piece, lexicon};

/// Characters below which a value is ignored: three letters stand in too many words.
const CHARS_MIN: usize = 4;

/// Characters below which a value is looked for as a whole token only.
const CHARS_ANYWHERE_MIN: usize = 8;

/// Bytes that every value begins with and by which it is found.
const HEAD: usize = 4;

/// Answers that stand where nobody wrote anything.
const PLACEHOLDERS: [&str; 8] =
    ["unknown", "none", "null", "undefined", "(none)", "not set", "not available", "not specified"];

/// Values to remove. They are never sent and never shown; `Debug` gives their number.
#[derive(Clone, Default)]
pub struct Known {
    /// Folded values in order, so that all beginnings of a text are neighbours.
    values: BTreeMap<Box<str>, Value>,
    /// One bit for each hash of four bytes with which a value begins: few places of a text need
    /// more than this.
    heads: Vec<u64>,
}

/// Bits of `heads`: 128 KiB, and for 50,000 devices still mostly zeros.
const HEAD_BITS: usize = 1 << 20;

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({} values)", self.values.len())
    }
}

/// A value as it is looked for.
#[derive(Clone)]
pub(super) struct Value {
    folded: Box<str>,
    /// Only where no letter or digit touches it.
    whole: bool,
    /// It is an ordinary product word.
    product: bool,
}

/// What a text holds of the known values.
pub(super) enum Found {
    ProductWord,
    Pieces(Vec<Piece>),
}

impl Known {
    /// Adds a value. Says whether it is used: short values, placeholders and `/` are not.
    pub fn add(&mut self, value: &str) -> bool {
        let mut used = false;
        for value in values(value) {
            used = true;
            self.heads.resize(HEAD_BITS / 64, 0);
            if let Some(head) = value.head() {
                let (index, bit) = head_bit(head);
                if let Some(bits) = self.heads.get_mut(index) {
                    *bits |= bit;
                }
            }
            self.values.insert(value.folded.clone(), value);
        }
        used
    }

    /// How many different values are used.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no value is used.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn find(&self, text: &str) -> Found {
        if self.is_empty() {
            return Found::Pieces(Vec::new());
        }
        let folded = Folded::new(text);
        let mut hits = Hits::new(text);
        for (start, head) in folded.as_str().as_bytes().windows(HEAD).enumerate() {
            let (index, bit) = head_bit(head.try_into().unwrap_or_default());
            if self.heads.get(index).is_some_and(|bits| bits & bit != 0) {
                self.find_at(&folded, start, &mut hits);
            }
        }
        hits.found()
    }

    /// All values that stand at one place. The greatest value that is not greater than the text is
    /// one of them or shares a beginning with each of them, which is then the text to go on with.
    fn find_at(&self, folded: &Folded, start: usize, hits: &mut Hits) {
        let Some(mut rest) = folded.as_str().get(start..) else { return };
        while rest.len() >= HEAD {
            let below = (Bound::Unbounded, Bound::Included(rest));
            let Some((key, value)) = self.values.range::<str, _>(below).next_back() else { return };
            let shared = rest.bytes().zip(key.bytes()).take_while(|(a, b)| a == b).count();
            let mut end = shared;
            if shared == key.len() {
                hits.try_at(folded, start, value);
                end -= 1;
            }
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            rest = rest.get(..end).unwrap_or_default();
        }
    }
}

/// The place of a head's bit.
fn head_bit(head: [u8; HEAD]) -> (usize, u64) {
    let hash = u32::from_le_bytes(head).wrapping_mul(0x9e37_79b1) >> 12;
    let hash = usize::try_from(hash).unwrap_or(0) % HEAD_BITS;
    (hash / 64, 1 << (hash % 64))
}

/// What a value is looked for as: itself, and for a full host name its first label too, because
/// systems print the short form. A label that is a product word alone would cost too much.
pub(super) fn values(value: &str) -> impl Iterator<Item = Value> {
    let value = value.trim();
    let label = value.split_once('.').map(|(label, _)| label);
    let is_host = value.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
        && value.bytes().any(|c| c.is_ascii_alphabetic());
    let label = label.filter(|label| is_host && label.bytes().any(|c| c.is_ascii_alphabetic()));
    let label = label.and_then(Value::new).filter(|label| !label.product);
    Value::new(value).into_iter().chain(label)
}

impl Value {
    fn new(value: &str) -> Option<Self> {
        let folded = Folded::new(value).as_str().trim().to_owned();
        let chars = folded.chars().count();
        let bracketed = folded.starts_with('<') && folded.ends_with('>');
        let says_something = folded.chars().any(|c| c.is_alphanumeric() && c != '0');
        if chars < CHARS_MIN
            || bracketed
            || !says_something
            || PLACEHOLDERS.contains(&folded.as_str())
        {
            return None;
        }
        let whole = chars < CHARS_ANYWHERE_MIN;
        let product = lexicon::is_product_word(&folded);
        Some(Self { folded: folded.into(), whole, product })
    }

    pub(super) fn head(&self) -> Option<[u8; HEAD]> {
        self.folded.as_bytes().first_chunk().copied()
    }
}

/// Collects the places of known values in one text.
pub(super) struct Hits {
    pieces: Vec<Piece>,
    products: Vec<Piece>,
    /// Placeholders that stand in the text already; what lies inside one is ours.
    placeholders: Vec<(usize, usize)>,
}

impl Hits {
    pub(super) fn new(text: &str) -> Self {
        Self { pieces: Vec::new(), products: Vec::new(), placeholders: lexicon::placeholders(text) }
    }

    /// Takes note of a value that begins here.
    pub(super) fn try_at(&mut self, folded: &Folded, start: usize, value: &Value) {
        let there = folded.as_str().as_bytes().get(start..);
        if !there.is_some_and(|there| there.starts_with(value.folded.as_bytes())) {
            return;
        }
        let end = start + value.folded.len();
        if value.whole && !folded.is_whole(start, end) {
            return;
        }
        let (start, end) = folded.original(start, end);
        if self.placeholders.iter().any(|(from, to)| *from <= start && end <= *to) {
            return;
        }
        let piece = Piece { start, end, class: Class::Known };
        if value.product { self.products.push(piece) } else { self.pieces.push(piece) }
    }

    /// A product word that stands inside a longer known value goes with it and drops nothing.
    pub(super) fn found(self) -> Found {
        let inside = |product: &Piece| {
            self.pieces.iter().any(|piece| piece.start <= product.start && product.end <= piece.end)
        };
        if self.products.iter().all(inside) {
            Found::Pieces(self.pieces)
        } else {
            Found::ProductWord
        }
    }
}
