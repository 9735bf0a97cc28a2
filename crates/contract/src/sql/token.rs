//! The pieces of a query. Only what every database reads alike is accepted at all.

use super::BrokenRule;

/// A piece of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A word without quotes: a keyword, a function or a name.
    Word(&'t str),
    /// A name in `"…"` or `` `…` ``.
    Name(&'t str),
    /// A text in `'…'`.
    Text,
    /// A number.
    Number,
    /// Anything else.
    Symbol(char),
}

impl Token<'_> {
    /// Whether this is the keyword, which is given in capitals.
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// Symbols that mean the same everywhere and cannot begin a comment or a variable.
const SYMBOLS: &str = "()+-*/%=<>!,.|:[]";

/// Cuts a query into its pieces.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, BrokenRule> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_whitespace() {
            rest = rest.trim_start();
            continue;
        }
        for (mark, name) in [("--", "--"), ("/*", "/*"), ("#", "#")] {
            if rest.starts_with(mark) {
                let what = format!("the query has a comment (`{name}`)");
                return Err(rule(what, "write it beside the query, behind a # of the manifest"));
            }
        }
        let length = match c {
            '\'' | '"' | '`' => quoted(rest, c)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                length_of(rest, |c| c.is_ascii_alphanumeric() || c == '_')
            }
            '0'..='9' => length_of(rest, |c| c.is_ascii_alphanumeric() || c == '.'),
            _ if SYMBOLS.contains(c) => 1,
            _ => return Err(stranger(c)),
        };
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        // E'…', x'…' and _utf8'…' are texts of other kinds, read differently by each database.
        let joined = after.starts_with(['\'', '"', '`']) && c.is_ascii_alphanumeric();
        if joined || (c == '_' && after.starts_with('\'')) {
            let what = format!("`{piece}` stands right before a quotation mark");
            return Err(rule(what, "put a space between, or leave the prefix out"));
        }
        tokens.push(match c {
            '\'' => Token::Text,
            '"' | '`' => Token::Name(piece.get(1..length - 1).unwrap_or_default()),
            '0'..='9' => Token::Number,
            'a'..='z' | 'A'..='Z' | '_' => Token::Word(piece),
            _ => Token::Symbol(c),
        });
        rest = after;
    }
    Ok(tokens)
}

/// The query with one space wherever its author put several, or a line break.
pub(super) fn on_one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    for c in text.trim().chars() {
        match quote {
            Some(open) => {
                quote = (c != open).then_some(open);
                out.push(c);
            }
            None if c.is_ascii_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            None => {
                quote = matches!(c, '\'' | '"' | '`').then_some(c);
                out.push(c);
            }
        }
    }
    out
}

/// The length of what begins with a quotation mark. A doubled mark inside is a mark.
fn quoted(text: &str, mark: char) -> Result<usize, BrokenRule> {
    let inside = text.get(1..).unwrap_or_default();
    let mut marks = inside.match_indices(mark).map(|(at, _)| at).peekable();
    while let Some(at) = marks.next() {
        if marks.peek() == Some(&(at + 1)) {
            marks.next();
            continue;
        }
        let piece = inside.get(..at).unwrap_or_default();
        let odd = |c: char| c.is_control() || (mark != '\'' && !(c.is_ascii_graphic() || c == ' '));
        if piece.chars().any(odd) || piece.chars().any(crate::text::is_hidden) {
            let what = "a quotation of the query has a character that cannot be seen";
            return Err(rule(what, "remove it"));
        }
        return Ok(at + 2);
    }
    Err(rule(format!("a quotation mark {mark} is not closed"), "close it"))
}

fn length_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn stranger(c: char) -> BrokenRule {
    match c {
        ';' => rule("the query has a `;`", "write one statement, without a `;` at its end"),
        '@' => rule(
            "the query reads a variable of the server (`@`)",
            "ask a table: variables name the host and its paths",
        ),
        '$' | '?' => rule(
            format!("the query has a `{c}`"),
            "write its values out: a query is the same on every machine",
        ),
        '\\' => rule("the query has a `\\` outside quotes", "remove it"),
        _ => rule(
            format!("the query has the character U+{:04X}", u32::from(c)),
            "write names in ASCII; texts in '…' may have any letter",
        ),
    }
}

pub(super) fn rule(what: impl Into<String>, fix: impl Into<String>) -> BrokenRule {
    BrokenRule { what: what.into(), fix: fix.into() }
}
