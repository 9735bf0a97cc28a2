//! Bands from steps on the left to steps on the right, each as wide as its number.

use askama::Template;

use super::scale::apart;
use crate::text::Markup;

/// Pixels for each step of the longer side: room for its name, and for bands that can be told
/// apart.
const STEP_HEIGHT: f64 = 44.0;
/// Pixels between two steps of the longer side.
const STEPS_APART: f64 = 10.0;
/// Pixels between the feet of two names.
const NAMES_APART: f64 = 16.0;
/// From the middle of a step to the foot of its name.
const NAME_DROP: f64 = 4.0;
/// Colours that everybody can tell apart; the fifth is grey, for all other steps.
const COLOURS: usize = 4;

/// One move.
pub(crate) struct Band {
    /// The place of the step it begins at, and of the one it leads to.
    pub(crate) ends: [usize; 2],
    /// How wide it is; any unit.
    pub(crate) width: u64,
    /// What it says under the pointer.
    pub(crate) text: String,
}

#[derive(Template)]
#[template(path = "chart/flow.html")]
struct FlowTemplate<'a> {
    summary: &'a str,
    height: String,
    from: Vec<Name<'a>>,
    to: Vec<Name<'a>>,
    bands: Vec<Drawn<'a>>,
    /// The first of them, with numbers.
    bars: Markup,
}

struct Name<'a> {
    place: String,
    text: &'a str,
}

struct Drawn<'a> {
    colour: usize,
    path: String,
    text: &'a str,
}

/// One side: where each step begins, and how wide all its bands are together.
struct Side {
    top: Vec<f64>,
    width: Vec<f64>,
}

impl Side {
    fn new(widths: Vec<f64>, height: f64) -> Self {
        let gaps = widths.iter().filter(|width| **width > 0.0).count().saturating_sub(1);
        let gap = (height - widths.iter().sum::<f64>()) / (gaps.max(1) as f64);
        let mut below = if gaps == 0 { gap / 2.0 } else { 0.0 };
        let place = |width: &f64| {
            let top = below;
            below += if *width > 0.0 { width + gap } else { 0.0 };
            top
        };
        Self { top: widths.iter().map(place).collect(), width: widths }
    }

    /// Names beside the middle of each step that has a band.
    fn names<'a>(&self, steps: &'a [String], height: f64) -> Vec<Name<'a>> {
        let there = || self.top.iter().zip(&self.width).zip(steps).filter(|((_, w), _)| **w > 0.0);
        let middles: Vec<f64> = there().map(|((top, width), _)| top + width / 2.0).collect();
        let places = apart(&middles, NAMES_APART, height);
        there()
            .zip(places)
            .map(|((_, text), place)| Name { place: format!("{:.0}", place + NAME_DROP), text })
            .collect()
    }

    /// The upper edge of the next band of a step.
    fn take(&mut self, step: usize, width: f64) -> f64 {
        self.top.get_mut(step).map_or(0.0, |top| std::mem::replace(top, *top + width))
    }
}

/// Draws the bands between steps, each step named on every side where it has one, and bars below.
pub(crate) fn flow(
    summary: &str,
    steps: &[String],
    bands: &[Band],
    bars: Markup,
) -> askama::Result<Markup> {
    let sums = |end: usize| -> Vec<u64> {
        let of = |step| bands.iter().filter(move |band| band.ends.get(end) == Some(&step));
        let sum = |step| of(step).fold(0, |sum: u64, band| sum.saturating_add(band.width));
        (0..steps.len()).map(sum).collect()
    };
    let [from, to] = [0, 1].map(sums);
    let many = |sums: &[u64]| sums.iter().filter(|sum| **sum > 0).count();
    let most = many(&from).max(many(&to)).max(1) as f64;
    let height = STEP_HEIGHT * most + STEPS_APART * (most - 1.0);
    let all = from.iter().map(|sum| *sum as f64).sum::<f64>().max(1.0);
    let scaled = |width: u64| STEP_HEIGHT * most * (width as f64 / all);
    let side = |sums: &[u64]| Side::new(sums.iter().map(|sum| scaled(*sum)).collect(), height);
    let (mut left, mut right) = (side(&from), side(&to));
    let names = [left.names(steps, height), right.names(steps, height)];
    let mut by_width: Vec<usize> = (0..steps.len()).collect();
    by_width.sort_by_key(|step| std::cmp::Reverse(from.get(*step).copied()));
    let colour = |step: usize| {
        let rank = by_width.iter().position(|ranked| *ranked == step);
        rank.map_or(COLOURS, |rank| rank.min(COLOURS)) + 1
    };
    let mut in_order: Vec<&Band> = bands.iter().collect();
    in_order.sort_by_key(|band| band.ends);
    let drawn = in_order.into_iter().map(|band| {
        let [begins, leads] = band.ends;
        let width = scaled(band.width);
        let (a, b) = (left.take(begins, width), right.take(leads, width));
        Drawn { colour: colour(begins), path: path(a, b, width), text: &band.text }
    });
    let bands = drawn.collect();
    let [from, to] = names;
    let height = format!("{height:.0}");
    FlowTemplate { summary, height, from, to, bands, bars }.render().map(Markup)
}

/// From one upper edge to another, and back along the lower ones.
fn path(a: f64, b: f64, width: f64) -> String {
    let (below_a, below_b) = (a + width, b + width);
    format!(
        "M0 {a:.0}C500 {a:.0} 500 {b:.0} 1000 {b:.0}V{below_b:.0}C500 {below_b:.0} 500 \
         {below_a:.0} 0 {below_a:.0}Z"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(ends: [usize; 2], width: u64) -> Band {
        Band { ends, width, text: format!("{ends:?}") }
    }

    fn drawn(steps: &[String], bands: &[Band]) -> Markup {
        flow("s", steps, bands, Markup::default()).unwrap()
    }

    #[test]
    fn bands_fill_each_side_and_lie_beside_each_other() {
        let steps = ["a", "b"].map(str::to_owned);
        let Markup(svg) = drawn(&steps, &[band([0, 1], 30), band([1, 1], 10)]);
        // Two steps on the left: 88 pixels of bands and 10 between them; one on the right.
        assert!(svg.contains("height=98"), "{svg}");
        assert!(svg.contains("M0 0C500 0 500 5 1000 5V71C500 71 500 66 0 66Z"), "{svg}");
        assert!(svg.contains("M0 76C500 76 500 71 1000 71V93"), "{svg}");
        assert_eq!(svg.matches("<text").count(), 3, "a is on the left alone: {svg}");
    }

    #[test]
    fn nothing_at_all_can_be_drawn() {
        drawn(&[], &[]);
        drawn(&["a".to_owned()], &[band([0, 0], 0)]);
        drawn(&["a".to_owned()], &[band([0, 0], u64::MAX), band([0, 0], u64::MAX)]);
    }
}
