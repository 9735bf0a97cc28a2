//! Reads TOML tables key by key and notes every problem with its position, instead of stopping at
//! the first.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::limits::TEXT_BYTES_MAX;
use crate::problem::{Problem, Problems};
use crate::text::{is_hidden_in_sentence, is_language};

/// The text that is read, and the problems found so far.
pub(super) struct Reader<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, problems: RefCell::default() }
    }

    /// Notes a problem at a place in the text.
    pub(super) fn note(&self, at: &Range<usize>, what: impl Into<String>, fix: impl Into<String>) {
        let before = self.text.get(..at.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let position = Some((line, column));
        let problem = Problem { position, what: what.into(), fix: fix.into() };
        self.problems.borrow_mut().push(problem);
    }

    /// Whether no problem was noted so far.
    pub(super) fn is_clean(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    /// `value`, unless a problem was noted.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Problems> {
        Problems::none_or(self.problems.into_inner())?;
        value.ok_or_else(|| {
            Problems::one("the manifest could not be read", "report this as a fault of Candor")
        })
    }
}

/// One table of the text: knows its place, and which keys were asked for.
pub(super) struct Node<'r, 't> {
    pub(super) reader: &'r Reader<'t>,
    table: &'r DeTable<'t>,
    /// Where the table stands.
    pub(super) at: Range<usize>,
    /// What the table is, for sentences: "the field `os`".
    name: String,
    asked: RefCell<BTreeSet<&'static str>>,
}

/// A value and where it stands.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
}

impl<'r, 't> Node<'r, 't> {
    pub(super) fn new(
        reader: &'r Reader<'t>,
        table: &'r DeTable<'t>,
        at: Range<usize>,
        name: impl Into<String>,
    ) -> Self {
        Self { reader, table, at, name: name.into(), asked: RefCell::default() }
    }

    fn find(&self, key: &'static str) -> Option<&'r Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    /// Takes keys as known without reading them, where an earlier problem hides what they mean.
    pub(super) fn pass_over(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend(keys);
    }

    /// Whether the key is there at all.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.find(key).is_some()
    }

    /// Whether the key's value is a table.
    pub(super) fn is_table(&self, key: &'static str) -> bool {
        self.find(key).is_some_and(|found| found.get_ref().as_table().is_some())
    }

    /// Where a key's value stands; the table itself when the key is missing.
    pub(super) fn place(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or(self.at.clone(), Spanned::span)
    }

    pub(super) fn note(&self, key: &str, what: impl Into<String>, fix: impl Into<String>) {
        self.reader.note(&self.place(key), what, fix);
    }

    /// Notes that a key is missing, at the table that should have it.
    pub(super) fn missing(&self, key: &str, fix: &str) {
        self.reader.note(&self.at, format!("{} has no `{key}`", self.name), fix);
    }

    fn wrong(&self, key: &str, wanted: &str) {
        let what = format!("`{key}` of {} is not {wanted}", self.name);
        self.note(key, what, format!("write {wanted}"));
    }

    /// A string that must be there; `fix` says what to write.
    pub(super) fn string(&self, key: &'static str, fix: &str) -> Option<String> {
        if !self.has(key) {
            self.missing(key, fix);
        }
        self.optional_string(key)
    }

    pub(super) fn optional_string(&self, key: &'static str) -> Option<String> {
        let found = self.find(key)?;
        let Some(text) = found.get_ref().as_str() else {
            self.wrong(key, "a text in quotes");
            return None;
        };
        self.check_sentence(&found.span(), text);
        Some(text.to_owned())
    }

    /// A string that a parser turns into something that proves it is well formed.
    pub(super) fn parsed<T, E: std::fmt::Display>(
        &self,
        key: &'static str,
        fix: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.string(key, fix)?;
        parse(&text).map_err(|error| self.note(key, format!("`{key}`: {error}"), fix)).ok()
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.optional_string(key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let what = format!("`{text}` is no `{key}` that {} knows", self.name);
            self.note(key, what, format!("write one of {}", known.join(", ")));
        }
        found
    }

    pub(super) fn number(&self, key: &'static str, range: Range<u64>) -> Option<u64> {
        let found = self.find(key)?;
        let number = found.get_ref().as_integer();
        let number = number.and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        let number = number.filter(|n| range.contains(n));
        if number.is_none() {
            self.wrong(key, &format!("a whole number from {} to {}", range.start, range.end - 1));
        }
        number
    }

    /// A decimal number in thousandths.
    pub(super) fn thousandths(&self, key: &'static str) -> Option<u32> {
        let found = self.find(key)?;
        let number: Option<f64> = match found.get_ref() {
            DeValue::Integer(integer) => integer.as_str().parse().ok(),
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => None,
        };
        let fits = number.filter(|n| *n >= 0.001 && *n <= 100_000.0);
        let Some(number) = fits else {
            self.wrong(key, "a number from 0.001 to 100000");
            return None;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was checked above"
        )]
        Some((number * 1000.0).round() as u32)
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        let found = self.find(key)?;
        let flag = found.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(key, "`true` or `false`");
        }
        flag
    }

    /// A day, as a TOML date or as text.
    pub(super) fn day(&self, key: &'static str, fix: &str) -> Option<jiff::civil::Date> {
        let Some(found) = self.find(key) else {
            self.missing(key, fix);
            return None;
        };
        let text = match found.get_ref() {
            DeValue::Datetime(day) => day.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let day = text.parse().ok();
        if day.is_none() {
            self.wrong(key, "a day such as 2027-12-31");
        }
        day
    }

    /// The strings of an array; `None` when the key is missing.
    pub(super) fn strings(&self, key: &'static str) -> Option<Vec<Found<String>>> {
        let found = self.find(key)?;
        let Some(items) = found.get_ref().as_array() else {
            self.wrong(key, "a list of texts");
            return None;
        };
        let read = |item: &Spanned<DeValue<'_>>| {
            let Some(text) = item.get_ref().as_str() else {
                let what = format!("an entry of `{key}` is no text");
                self.reader.note(&item.span(), what, "put it in quotes");
                return None;
            };
            self.check_sentence(&item.span(), text);
            Some(Found { value: text.to_owned(), at: item.span() })
        };
        Some(items.iter().filter_map(read).collect())
    }

    /// A value, whatever it is.
    pub(super) fn value(&self, key: &'static str) -> Option<&'r Spanned<DeValue<'t>>> {
        self.find(key)
    }

    /// The values of an array, whatever they are.
    pub(super) fn items(&self, key: &'static str) -> Option<Vec<&'r Spanned<DeValue<'t>>>> {
        let items = self.find(key)?.get_ref().as_array();
        if items.is_none() {
            self.wrong(key, "a list");
        }
        items.map(|items| items.iter().collect())
    }

    /// A table below this one.
    pub(super) fn table(&self, key: &'static str, name: &str, fix: &str) -> Option<Node<'r, 't>> {
        let Some(found) = self.find(key) else {
            self.missing(key, fix);
            return None;
        };
        let Some(table) = found.get_ref().as_table() else {
            self.wrong(key, "a table");
            return None;
        };
        Some(Node::new(self.reader, table, found.span(), name))
    }

    /// The tables of an array of tables; empty when there are none.
    pub(super) fn tables(&self, key: &'static str, name: &str) -> Vec<Node<'r, 't>> {
        let Some(found) = self.find(key) else {
            return Vec::new();
        };
        let Some(items) = found.get_ref().as_array() else {
            let what = format!("`{key}` of {} is no list of tables", self.name);
            let brackets = Self::brackets(key);
            self.note(key, what, format!("begin each {name} with its own line {brackets}"));
            return Vec::new();
        };
        let read = |item: &'r Spanned<DeValue<'t>>| {
            let Some(table) = item.get_ref().as_table() else {
                let what = format!("an entry of `{key}` is no table");
                let brackets = Self::brackets(key);
                self.reader.note(&item.span(), what, format!("begin it with a line {brackets}"));
                return None;
            };
            let id = table.get("id").and_then(|id| id.get_ref().as_str());
            let name = id.map_or_else(|| format!("a {name}"), |id| format!("the {name} `{id}`"));
            Some(Node::new(self.reader, table, item.span(), name))
        };
        items.iter().filter_map(read).collect()
    }

    /// How a manifest begins one entry of a list of tables.
    fn brackets(key: &str) -> String {
        let path = match key {
            "tier" | "part" => "channel.",
            "field" | "cross" => "channel.part.",
            "relay" => "program.",
            _ => "",
        };
        format!("[[{path}{key}]]")
    }

    /// Keys and texts of a table, such as `titles`.
    pub(super) fn entries(&self, key: &'static str) -> Vec<(Found<String>, Found<String>)> {
        let Some(found) = self.find(key) else {
            return Vec::new();
        };
        let Some(table) = found.get_ref().as_table() else {
            self.wrong(key, "a table of texts");
            return Vec::new();
        };
        let read = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let name: Found<String> =
                Found { value: AsRef::<str>::as_ref(name.get_ref()).to_owned(), at: name.span() };
            let Some(text) = value.get_ref().as_str() else {
                let what = format!("`{}` is no text", name.value);
                self.reader.note(&value.span(), what, "put it in quotes");
                return None;
            };
            self.check_sentence(&value.span(), text);
            Some((name, Found { value: text.to_owned(), at: value.span() }))
        };
        table.iter().filter_map(read).collect()
    }

    /// A sentence, as a text or as a table of languages.
    pub(super) fn text(&self, key: &'static str, fix: &str) -> Option<crate::text::Text> {
        match self.find(key) {
            Some(found) if found.get_ref().as_table().is_some() => {
                let sentences = self.entries(key);
                for (language, _) in sentences.iter().filter(|(l, _)| !is_language(&l.value)) {
                    let what = format!("`{}` is no language", language.value);
                    self.reader.note(&language.at, what, "write a tag such as `de` or `pt-br`");
                }
                let sentences =
                    sentences.into_iter().map(|(language, text)| (language.value, text.value));
                let text = crate::text::Text::new(sentences.collect());
                if text.is_none() {
                    let what = format!("`{key}` of {} has no English sentence", self.name);
                    self.note(key, what, "add `en`; other languages come beside it");
                }
                text
            }
            _ => self.string(key, fix).map(crate::text::Text::english),
        }
    }

    fn check_sentence(&self, at: &Range<usize>, text: &str) {
        if text.trim().is_empty() {
            self.reader.note(at, "the text is empty", "write what a person should read there");
        }
        if text.len() > TEXT_BYTES_MAX {
            let what = format!("the text has {} bytes", text.len());
            self.reader.note(at, what, format!("keep it under {TEXT_BYTES_MAX}"));
        }
        // A statement is read by people: what they cannot see must not be in it.
        if let Some(hidden) = text.chars().find(|c| is_hidden_in_sentence(*c)) {
            let what = format!("the text has the invisible character U+{:04X}", u32::from(hidden));
            self.reader.note(at, what, "remove it");
        }
    }

    /// Notes every key that nobody asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !asked.contains(name) {
                let near = asked.iter().min_by_key(|known| distance(known, name));
                let begun = || asked.iter().find(|known| name.len() > 3 && known.starts_with(name));
                let near = near.filter(|known| distance(known, name) <= 2).or_else(begun);
                let fix = if let Some(known) = near {
                    format!("did you mean `{known}`?")
                } else {
                    let known: Vec<_> = asked.iter().map(|k| format!("`{k}`")).collect();
                    format!("remove it; known here are {}", known.join(", "))
                };
                self.reader.note(&key.span(), format!("{} knows no `{name}`", self.name), fix);
            }
        }
    }
}

/// Levenshtein distance, for "did you mean".
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, to) in row.iter_mut().skip(1).zip(b.chars()) {
            let above = *cell;
            *cell = (diagonal + usize::from(from != to)).min(above + 1).min(left + 1);
            diagonal = above;
            left = *cell;
        }
    }
    row.last().copied().unwrap_or(0)
}
