//! What every page has around its content: title, way back, stylesheet, and a rehearsal's warning.

use crate::link::relative;
use crate::{Page, RenderError};

/// Markup's media type.
pub(crate) const HTML: &str = "text/html; charset=utf-8";
/// A table's media type.
pub(crate) const CSV_TYPE: &str = "text/csv; charset=utf-8; header=present";
/// A badge's media type.
pub(crate) const SVG: &str = "image/svg+xml; charset=utf-8";
/// The script's media type.
pub(crate) const SCRIPT: &str = "text/javascript; charset=utf-8";
/// The media type of all numbers of a channel in one file.
pub(crate) const PARQUET: &str = "application/vnd.apache.parquet";
/// The stylesheet's media type.
pub(crate) const CSS: &str = "text/css; charset=utf-8";

/// The frame of one page.
pub(crate) struct Frame {
    /// Of the window.
    pub(crate) title: String,
    /// At the left of the head.
    pub(crate) brand: Anchor,
    /// Beside it.
    pub(crate) aside: String,
    /// At its right.
    pub(crate) nav: Vec<Anchor>,
    /// How this page names the site's root.
    pub(crate) root: String,
    pub(crate) rehearsal: bool,
    /// Whether its installations are invented.
    pub(crate) simulated: bool,
}

/// A link.
pub(crate) struct Anchor {
    pub(crate) href: String,
    pub(crate) text: String,
}

impl Anchor {
    /// From the page at `from` to the file at `to`.
    pub(crate) fn new(from: &str, to: &str, text: impl Into<String>) -> Self {
        Self { href: relative(from, to), text: text.into() }
    }

    /// To a place on the same page.
    pub(crate) fn here(id: &str, text: &str) -> Self {
        Self { href: format!("#{id}"), text: text.to_owned() }
    }
}

/// How the page at `path` names the site's root.
pub(crate) fn root(path: &str) -> String {
    "../".repeat(path.matches('/').count().saturating_sub(1))
}

/// A finished page.
pub(crate) fn page(path: String, body: askama::Result<String>) -> Result<Page, RenderError> {
    let body = body.map_err(RenderError::Template)?;
    Ok(Page { path, content_type: HTML, body: body.into_bytes() })
}
