//! Text of a release is somebody else's: made harmless to look at before a template escapes it.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

use crate::limits::{CAPTION_CHARS_MAX, LABEL_CHARS_MAX, STEP_CHARS_MAX, TEXT_CHARS_MAX};

/// Markup made by a template of ours: escaped already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Markup(pub(crate) String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

/// The text as a page shows it: what would act instead of being read (controls, changes of writing
/// direction, characters without width) becomes visible, and what is endless is cut.
pub(crate) fn shown(text: &str) -> String {
    cut(text, TEXT_CHARS_MAX)
}

/// The text as a drawing shows it.
pub(crate) fn label(text: &str) -> String {
    cut(text, LABEL_CHARS_MAX)
}

/// The text beneath a large figure.
pub(crate) fn caption(text: &str) -> String {
    cut(text, CAPTION_CHARS_MAX)
}

/// The name of a step as a drawing of moves shows it.
pub(crate) fn step(text: &str) -> String {
    cut(text, STEP_CHARS_MAX)
}

fn cut(text: &str, chars_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(chars_max));
    for (at, c) in text.chars().enumerate() {
        if at == chars_max {
            out.push('…');
            break;
        }
        if acts(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether the character changes how others are shown, or is not seen at all.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{FEFF}'  // soft hyphen, Arabic mark, no width
            | '\u{200B}' | '\u{200E}'..='\u{200F}'             // no width, direction marks
            | '\u{2028}'..='\u{202E}'                          // separators, embeddings, overrides
            | '\u{2060}'..='\u{206F}'                          // invisible operators, isolates
            | '\u{FFF9}'..='\u{FFFB}'                          // annotations
            | '\u{E0000}'..='\u{E007F}'                        // tags
        )
}

#[cfg(test)]
mod tests;
