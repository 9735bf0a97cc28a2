//! Charts as markup: pure functions from numbers to what a browser draws.
//!
//! Lengths are classes (`v0` to `v100` of the stylesheet) and percentages, so a chart follows the
//! width of its column while its text keeps its size, and no page needs an inline style.

mod bars;
mod flow;
mod grid;
mod line;
mod scale;
mod stack;

pub(crate) use bars::{Bar, Layout, bars, split};
pub(crate) use flow::{Band, flow};
pub(crate) use grid::{Line, grid};
pub(crate) use line::{Point, line};
pub(crate) use stack::{Layer, stack};

/// A part of the scale, from 0 to 1, as the number of a length class.
fn length(part: f64) -> u8 {
    let percent = (part * 100.0).clamp(0.0, 100.0);
    // What is there is seen, however small.
    let least = if percent > 0.0 { 1.0 } else { 0.0 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=100 on the line above"
    )]
    let class = percent.round().max(least) as u8;
    class
}
