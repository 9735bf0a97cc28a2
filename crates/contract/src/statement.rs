//! The data statement: what a program may send and what happens to it, from its manifest alone.
//!
//! It is made once, as a small tree of blocks, and written as Markdown or HTML from that tree: the
//! two cannot say different things. Its frame is English; the vendor's own words stand in it as the
//! manifest has them, escaped.

use crate::manifest::Manifest;

mod answers;
mod channel;
mod databases;
mod html;
mod markdown;
mod overview;
mod parties;
mod tree;
mod words;

pub use self::answers::possible_answers;

/// The statement as Markdown (GitHub's dialect, for its tables).
pub fn markdown(manifest: &Manifest) -> String {
    markdown::write(&tree(manifest))
}

/// The statement as a complete page that loads nothing from anywhere.
pub fn html(manifest: &Manifest) -> String {
    html::page(&manifest.program.title, &tree(manifest))
}

/// The statement's HTML for the inside of a page's `<main>`.
pub fn html_fragment(manifest: &Manifest) -> String {
    html::fragment(&tree(manifest))
}

/// A text for the inside of a cell of a Markdown table.
pub(crate) fn markdown_cell(text: &str) -> String {
    markdown::escape(text)
}

fn tree(manifest: &Manifest) -> Vec<tree::Block> {
    let mut blocks = overview::blocks(manifest);
    for channel in &manifest.channels {
        blocks.extend(channel::blocks(manifest, channel));
    }
    blocks.extend(databases::blocks(manifest));
    blocks.extend(parties::blocks(manifest));
    blocks
}

#[cfg(test)]
mod tests;
