//! Takes out of machine-derived text what points at a machine, a person or a place.
//!
//! The order is fixed: known values, then rules that read the context, then the bound of the field.
//! Both mistakes count: what leaks, and what is destroyed. `docs/guide/cleaning.md` says what each
//! rule takes and why; [`guard`] checks the result by other means.

mod address;
mod contact;
mod fold;
pub mod guard;
mod known;
mod lexicon;
mod name;
mod place;
mod scan;
mod secret;
mod serial;
mod stream;

use std::fmt;
use std::io::{self, BufRead, Write};

pub use guard::{LeakGuard, generic_guard};
pub use known::Known;
pub use stream::Outputs;

use crate::text::is_hidden;
use known::Found;
use scan::Scan;

/// What a removed piece was. It says nothing of the piece itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A value that the machine or a `known` source names as identifying.
    Known,
    /// A known value that is also an ordinary product word: the whole text is dropped, because
    /// what is left around a gap would tell which word the name is.
    ProductWord,
    /// An IPv4, IPv6 or hardware address.
    Address,
    /// An e-mail address.
    Email,
    /// An account on a host.
    UserAtHost,
    /// A link with a host.
    Url,
    /// The name of a host.
    HostName,
    /// A serial number, or another number that belongs to one unit.
    Serial,
    /// A UUID.
    Uuid,
    /// A password, key, token or another secret.
    Secret,
    /// The name of a person's account in a path.
    Account,
    /// A place: a town, a room, a department, or what stands behind such a label.
    Place,
    /// The rules came to no end on this text; the whole text is dropped.
    Unsettled,
}

impl Class {
    /// What stands in the text instead of the piece.
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Known | Self::ProductWord | Self::Unsettled => "<name>",
            Self::Address => "<address>",
            Self::Email => "<email>",
            Self::UserAtHost | Self::Account => "<user>",
            Self::Url => "<url>",
            Self::HostName => "<host>",
            Self::Serial => "<serial>",
            Self::Uuid => "<uuid>",
            Self::Secret => "<secret>",
            Self::Place => "<place>",
        }
    }

    /// The class in words, for the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Known => "known value",
            Self::ProductWord => "known value that is a product word",
            Self::Address => "address",
            Self::Email => "e-mail address",
            Self::UserAtHost => "user at a host",
            Self::Url => "link",
            Self::HostName => "host name",
            Self::Serial => "serial number",
            Self::Uuid => "UUID",
            Self::Secret => "secret",
            Self::Account => "account in a path",
            Self::Place => "place",
            Self::Unsettled => "text that could not be settled",
        }
    }
}

/// A text after cleaning. Its `Debug` shows the classes alone: the text may still be a surprise.
#[derive(Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// What may go on to the guard; `None` where the whole text is dropped.
    pub text: Option<String>,
    /// What was taken out, in order of class, each as often as it was taken out.
    pub removed: Vec<Class>,
}

impl fmt::Debug for Cleaned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleaned").field("removed", &self.removed).finish_non_exhaustive()
    }
}

/// Rounds until a text no longer changes. Two are usual; a text that needs more than this was made
/// to be difficult and is dropped.
const ROUNDS_MAX: usize = 8;

/// Cleans texts, with what the machine knows about itself.
#[derive(Debug, Clone)]
pub struct Cleaner<'k> {
    known: &'k Known,
}

impl<'k> Cleaner<'k> {
    /// A cleaner that removes these values and what the rules find.
    pub fn new(known: &'k Known) -> Self {
        Self { known }
    }

    /// Cleans a text. Cleaning what was cleaned changes nothing.
    pub fn clean(&self, text: &str) -> Cleaned {
        self.settle(text, |_| None)
    }

    /// Cleans a text for a field of kind `sample`: besides, what no reader would see becomes a
    /// space, and the text ends at its bound, between words where there are any.
    pub fn sample(&self, text: &str, bytes_max: usize) -> Cleaned {
        let cleaned = self.settle(text, |text| bounded(text, bytes_max));
        match cleaned.text.as_deref() {
            Some("") => Cleaned { text: None, ..cleaned },
            // A receiver that refuses the part would find what these rules did not.
            Some(text) => match generic_guard(text) {
                Some(class) => dropped(cleaned.removed, class),
                None => cleaned,
            },
            None => cleaned,
        }
    }

    /// Applies known values, rules and the field's own rule until nothing changes.
    fn settle(&self, text: &str, own: impl Fn(&str) -> Option<String>) -> Cleaned {
        let mut removed = Vec::new();
        let mut now: Option<String> = None;
        for _ in 0..ROUNDS_MAX {
            let before = now.as_deref().unwrap_or(text);
            let mut next = None;
            match self.known.find(before) {
                Found::ProductWord => return dropped(removed, Class::ProductWord),
                Found::Pieces(pieces) => replace(before, pieces, &mut removed, &mut next),
            }
            let pieces = contextual(next.as_deref().unwrap_or(before));
            let with_known = next.take();
            replace(with_known.as_deref().unwrap_or(before), pieces, &mut removed, &mut next);
            next = next.or(with_known);
            if let Some(bounded) = own(next.as_deref().unwrap_or(before)) {
                next = Some(bounded);
            }
            if next.is_none() {
                removed.sort_unstable();
                return Cleaned { text: Some(now.unwrap_or_else(|| text.to_owned())), removed };
            }
            now = next;
        }
        dropped(removed, Class::Unsettled)
    }
}

/// Cleans lines: one JSON string per line in, one per line out, `null` for a text that is dropped.
///
/// # Errors
/// Fails where reading or writing fails; a line that is no JSON string is named by its number
/// alone.
pub fn clean_lines(known: &Known, input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let cleaner = Cleaner::new(known);
    for (number, line) in input.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let text = json_string(&line, number)?;
        let shown = serde_json::to_string(&cleaner.clean(&text).text)?;
        writeln!(output, "{shown}")?;
    }
    Ok(())
}

/// Reads known values: one JSON string per line.
///
/// # Errors
/// As [`clean_lines`].
pub fn known_lines(input: impl BufRead) -> io::Result<Known> {
    let mut known = Known::default();
    for (number, line) in input.lines().enumerate() {
        let line = line?;
        if !line.trim().is_empty() {
            known.add(&json_string(&line, number)?);
        }
    }
    Ok(known)
}

/// The text of a line. The reader's own message could repeat the line, so it is not passed on.
fn json_string(line: &str, number: usize) -> io::Result<String> {
    serde_json::from_str(line).map_err(|_| {
        let line = number + 1;
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not a JSON string"))
    })
}

/// A piece of a text that goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    start: usize,
    end: usize,
    class: Class,
}

fn dropped(mut removed: Vec<Class>, class: Class) -> Cleaned {
    removed.push(class);
    removed.sort_unstable();
    Cleaned { text: None, removed }
}

/// What the rules find in a text, in the order of the design.
fn contextual(text: &str) -> Vec<Piece> {
    let scan = Scan::new(text);
    let mut pieces = Vec::new();
    contact::find(&scan, &mut pieces);
    address::find(&scan, &mut pieces);
    serial::find(&scan, &mut pieces);
    secret::find(&scan, &mut pieces);
    name::find(&scan, &mut pieces);
    place::find(&scan, &mut pieces);
    pieces
}

/// Puts placeholders where pieces were; `changed` stays `None` where there is nothing to put.
/// Pieces that touch the same characters become one, of the class that was found first.
fn replace(
    text: &str,
    mut pieces: Vec<Piece>,
    removed: &mut Vec<Class>,
    changed: &mut Option<String>,
) {
    if pieces.is_empty() {
        return;
    }
    pieces.sort_by_key(|piece| piece.start);
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match merged.last_mut() {
            Some(last) if piece.start < last.end => last.end = last.end.max(piece.end),
            _ => merged.push(piece),
        }
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut at = 0;
    for piece in merged {
        out.push_str(text.get(at..piece.start).unwrap_or_default());
        out.push_str(piece.class.placeholder());
        removed.push(piece.class);
        at = piece.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    *changed = Some(out);
}

/// The text without hidden characters, trimmed, and not longer than its bound; `None` where it is
/// that already. A cut falls before a placeholder rather than into it.
fn bounded(text: &str, bytes_max: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_hidden(c) {
            out.push(c);
        } else if c.is_whitespace() || c.is_control() {
            out.push(' ');
        }
    }
    let mut out = out.trim().to_owned();
    if out.len() > bytes_max {
        let mut end = bytes_max;
        while !out.is_char_boundary(end) {
            end -= 1;
        }
        let kept = out.get(..end).unwrap_or_default();
        // A cut word may be a piece of what would have been found whole.
        end = kept.rfind(char::is_whitespace).unwrap_or(end);
        let kept = out.get(..end).unwrap_or_default();
        if let Some(open) = kept.rfind('<')
            && !kept.get(open..).unwrap_or_default().contains('>')
        {
            end = open;
        }
        out.truncate(end);
        out.truncate(out.trim_end().len());
    }
    (out != text).then_some(out)
}
