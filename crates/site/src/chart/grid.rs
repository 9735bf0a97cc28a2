//! A small row of columns for each entry of a list, all to the same scale of their own row.

use askama::Template;

use super::length;
use crate::text::Markup;

/// One entry.
pub(crate) struct Line {
    pub(crate) label: String,
    /// Installations that have any of it, as people read it.
    pub(crate) share: String,
    /// What they have in all.
    pub(crate) total: String,
    /// Installations in each bucket; empty where they are not shown.
    pub(crate) counts: Vec<u64>,
}

#[derive(Template)]
#[template(path = "chart/grid.html")]
struct GridTemplate<'a> {
    summary: &'a str,
    first: &'a str,
    last: &'a str,
    sizes: bool,
    totals: bool,
    lines: Vec<Drawn<'a>>,
}

struct Drawn<'a> {
    label: &'a str,
    share: &'a str,
    total: &'a str,
    lengths: Vec<u8>,
}

/// Draws the lines; `first` and `last` name the two ends of every row of columns.
pub(crate) fn grid(
    summary: &str,
    [first, last]: [&str; 2],
    lines: &[Line],
) -> askama::Result<Markup> {
    let drawn = lines.iter().map(|line| {
        let most = line.counts.iter().copied().max().unwrap_or(0).max(1);
        Drawn {
            label: &line.label,
            share: &line.share,
            total: &line.total,
            lengths: line.counts.iter().map(|&count| length(count as f64 / most as f64)).collect(),
        }
    });
    let sizes = lines.iter().any(|line| !line.counts.is_empty());
    let totals = lines.iter().any(|line| !line.total.is_empty());
    GridTemplate { summary, first, last, sizes, totals, lines: drawn.collect() }
        .render()
        .map(Markup)
}
