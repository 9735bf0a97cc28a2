//! Several numbers over time that add up: layers on each other, each named at its right end.

use askama::Template;
use jiff::civil::Date;

use super::line::{
    HEIGHT, TOP, Tick, WIDTH, across, day_ticks, ground, gutter, numbers, offsets, path, row_ticks,
};
use super::scale::{apart, ticks};
use crate::text::Markup;

/// Pixels between two names.
const NAMES_APART: f64 = 16.0;

/// One layer.
pub(crate) struct Layer {
    /// As short as [`crate::text::label`] makes it.
    pub(crate) label: String,
    /// The number at the right end as people read it.
    pub(crate) text: String,
    /// Its colour: 1 to 6, where 5 is the grey one and 6 a faint one.
    pub(crate) colour: usize,
    /// One for each day.
    pub(crate) values: Vec<u64>,
}

#[derive(Template)]
#[template(path = "chart/stack.html")]
struct StackTemplate<'a> {
    summary: &'a str,
    x: String,
    gutter: usize,
    ground: String,
    rows: Vec<Tick>,
    days: Vec<Tick>,
    areas: Vec<Area<'a>>,
    names: Vec<Name<'a>>,
}

struct Area<'a> {
    colour: usize,
    path: String,
    label: &'a str,
    values: String,
}

struct Name<'a> {
    /// Foot of the text.
    place: String,
    /// Upper edge of the square before it.
    swatch: String,
    colour: usize,
    label: &'a str,
    text: &'a str,
}

/// Draws the layers, the first on top.
pub(crate) fn stack(summary: &str, days: &[Date], layers: &[Layer]) -> askama::Result<Markup> {
    let values = |at| layers.iter().filter_map(move |layer| layer.values.get(at));
    let sum = |at| values(at).fold(0, |sum: u64, value| sum.saturating_add(*value));
    let rows = ticks((0..days.len()).map(sum).max().unwrap_or(0));
    let top = rows.last().copied().unwrap_or(1).max(1);
    let xs = across(days);
    let height = |value: u64| HEIGHT - HEIGHT * (value as f64 / top as f64);
    let mut below = vec![0_u64; days.len()];
    let mut drawn = Vec::new();
    for layer in layers.iter().rev() {
        let above: Vec<u64> =
            below.iter().zip(&layer.values).map(|(a, b)| a.saturating_add(*b)).collect();
        // Down to the ground: the layers below are drawn over it.
        let points = xs.iter().zip(&above).map(|(x, &value)| [x * WIDTH, height(value)]);
        let outline: Vec<_> = points.collect();
        let ends = below.last().zip(above.last()).map_or((0, 0), |(a, b)| (*a, *b));
        let middle = f64::midpoint(height(ends.0), height(ends.1));
        drawn.push((layer, path(&outline), middle, ends.0 < ends.1));
        below = above;
    }
    drawn.reverse();
    StackTemplate {
        summary,
        x: offsets(days),
        gutter: gutter(top),
        ground: ground(&rows),
        rows: row_ticks(&rows),
        days: day_ticks(days, &xs),
        areas: drawn
            .iter()
            .map(|(layer, path, ..)| Area {
                colour: layer.colour,
                path: path.clone(),
                label: &layer.label,
                values: numbers(layer.values.iter().copied()),
            })
            .collect(),
        names: names(&drawn),
    }
    .render()
    .map(Markup)
}

/// A layer, its outline, the middle of its right end, and whether it still has any.
type Drawn<'a> = (&'a Layer, String, f64, bool);

fn names<'a>(drawn: &[Drawn<'a>]) -> Vec<Name<'a>> {
    let living: Vec<&Drawn<'a>> = drawn.iter().filter(|(.., lives)| *lives).collect();
    let wanted: Vec<f64> = living.iter().map(|(_, _, middle, _)| *middle).collect();
    let places = apart(&wanted, NAMES_APART, HEIGHT);
    let name = |(&(layer, ..), place): (&&Drawn<'a>, f64)| Name {
        place: format!("{:.0}", TOP + place + 4.0),
        swatch: format!("{:.0}", TOP + place - 4.0),
        colour: layer.colour,
        label: &layer.label,
        text: &layer.text,
    };
    living.iter().zip(places).map(name).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn layer(label: &str, colour: usize, values: &[u64]) -> Layer {
        let [label, text] = [label, "9 %"].map(str::to_owned);
        Layer { label, text, colour, values: values.to_vec() }
    }

    #[test]
    fn layers_lie_on_each_other() {
        let days = [date(2026, 9, 20), date(2026, 9, 27)];
        let layers = [layer("new", 1, &[0, 75]), layer("old", 5, &[100, 25])];
        let Markup(svg) = stack("s", &days, &layers).unwrap();
        assert!(svg.contains("M0 0 1000 0 1000 200"), "the new one on top: {svg}");
        assert!(svg.contains("M0 0 1000 150 1000 200"), "the old one below: {svg}");
    }

    #[test]
    fn a_layer_that_is_gone_has_no_name() {
        let days = [date(2026, 9, 20), date(2026, 9, 27)];
        let layers = [layer("here", 1, &[0, 75]), layer("gone", 5, &[100, 0])];
        let Markup(svg) = stack("s", &days, &layers).unwrap();
        let named = |name| svg.contains(&format!("<tspan>{name}"));
        assert!(named("here") && !named("gone"), "{svg}");
    }
}
