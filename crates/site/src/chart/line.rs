//! One number over time: a line, and the band in which the truth lies.

use askama::Template;
use jiff::civil::Date;

use super::scale::{spread, ticks};
use crate::number::{grouped, short_day};
use crate::text::Markup;

/// Pixels from the axis to the highest tick; fixed, so that text can be placed beside it.
pub(super) const HEIGHT: f64 = 200.0;
/// Units across the stretched drawing.
pub(super) const WIDTH: f64 = 1_000.0;
/// Pixels above the drawing, for half a number.
pub(super) const TOP: f64 = 12.0;
/// Pixels from the edge of the picture to the foot of a number that stands at its height.
const NUMBER_DROP: f64 = TOP + 4.0;
/// Days from which on an axis names years.
const YEARS_FROM_DAYS: i32 = 300;
/// Days written below the axis: as many as a phone has room for.
const DAYS_WRITTEN: usize = 4;

/// One release.
pub(crate) struct Point {
    pub(crate) day: Date,
    pub(crate) value: u64,
    pub(crate) error: u64,
}

/// A line across the drawing with its number, or a day below it.
pub(super) struct Tick {
    pub(super) place: String,
    pub(super) anchor: &'static str,
    pub(super) text: String,
}

#[derive(Template)]
#[template(path = "chart/line.html")]
struct LineTemplate<'a> {
    summary: &'a str,
    name: &'a str,
    x: String,
    values: String,
    errors: String,
    gutter: usize,
    ground: String,
    rows: Vec<Tick>,
    days: Vec<Tick>,
    band: String,
    path: String,
    dots: Vec<[String; 2]>,
}

/// Draws the line, from zero: a fall of one part in a hundred shall not look like a collapse.
pub(crate) fn line(summary: &str, name: &str, points: &[Point]) -> askama::Result<Markup> {
    let most = points.iter().map(|point| point.value.saturating_add(point.error)).max();
    let rows = ticks(most.unwrap_or(0));
    let top = rows.last().copied().unwrap_or(1);
    let days: Vec<Date> = points.iter().map(|point| point.day).collect();
    let xs = across(&days);
    let height = |value: u64| HEIGHT - HEIGHT * (value as f64 / top as f64);
    let trace = |value: &dyn Fn(&Point) -> u64| -> Vec<[f64; 2]> {
        xs.iter().zip(points).map(|(x, point)| [x * WIDTH, height(value(point))]).collect()
    };
    let mut band = trace(&|point| point.value.saturating_add(point.error));
    band.extend(trace(&|point| point.value.saturating_sub(point.error)).into_iter().rev());
    let noisy = points.iter().any(|point| point.error > 0);
    let dots = xs
        .iter()
        .zip(points)
        .map(|(x, point)| [percent(*x), format!("{:.0}", TOP + height(point.value))]);
    let errors = numbers(points.iter().map(|point| point.error));
    LineTemplate {
        summary,
        name,
        x: offsets(&days),
        values: numbers(points.iter().map(|point| point.value)),
        errors: if noisy { errors } else { String::new() },
        gutter: gutter(top),
        ground: ground(&rows),
        rows: row_ticks(&rows),
        days: day_ticks(&days, &xs),
        band: if noisy { path(&band) } else { String::new() },
        path: path(&trace(&|point| point.value)),
        dots: if points.len() <= 20 { dots.collect() } else { Vec::new() },
    }
    .render()
    .map(Markup)
}

/// Where each day lies, from 0 to 1.
pub(super) fn across(days: &[Date]) -> Vec<f64> {
    let (Some(&first), Some(&last)) = (days.first(), days.last()) else {
        return Vec::new();
    };
    let all = f64::from(contract::calendar::days_between(first, last).max(1));
    let from_first = |&day| f64::from(contract::calendar::days_between(first, day)) / all;
    days.iter().map(from_first).collect()
}

/// Characters that the widest number of the axis needs.
pub(super) fn gutter(top: u64) -> usize {
    grouped(top).len().min(12)
}

pub(super) fn row_ticks(rows: &[u64]) -> Vec<Tick> {
    let top = rows.last().copied().unwrap_or(1).max(1);
    let tick = |&row: &u64| Tick {
        place: format!("{:.0}", NUMBER_DROP + HEIGHT - HEIGHT * (row as f64 / top as f64)),
        anchor: "",
        text: grouped(row),
    };
    rows.iter().map(tick).collect()
}

/// The lines behind the drawing, as the `d` of an SVG path.
pub(super) fn ground(rows: &[u64]) -> String {
    let top = rows.last().copied().unwrap_or(1).max(1);
    let line = |&row: &u64| format!("M0 {:.0}h1000", HEIGHT - HEIGHT * (row as f64 / top as f64));
    rows.iter().map(line).collect()
}

/// The first day, and how many days later each of the others is: what a script reads.
pub(super) fn offsets(days: &[Date]) -> String {
    let Some((first, later)) = days.split_first() else { return String::new() };
    let later = later.iter().map(|day| contract::calendar::days_between(*first, *day).to_string());
    std::iter::once(first.to_string()).chain(later).collect::<Vec<_>>().join(" ")
}

/// Numbers for a script.
pub(super) fn numbers(values: impl Iterator<Item = u64>) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
}

fn percent(part: f64) -> String {
    format!("{:.0}%", part * 100.0)
}

pub(super) fn day_ticks(days: &[Date], xs: &[f64]) -> Vec<Tick> {
    let ends = days.first().zip(days.last());
    let years = ends.is_some_and(|(&first, &last)| {
        contract::calendar::days_between(first, last) > YEARS_FROM_DAYS
    });
    let places = spread(days.len(), DAYS_WRITTEN);
    let written = places.iter().filter_map(|&at| days.get(at).zip(xs.get(at)));
    let tick = |(&day, &x): (&Date, &f64)| Tick {
        place: percent(x),
        anchor: match x {
            x if x <= 0.02 => "first",
            x if x >= 0.98 => "last",
            _ => "mid",
        },
        text: short_day(day, years),
    };
    written.map(tick).collect()
}

/// The points as the `d` of an SVG path.
pub(super) fn path(points: &[[f64; 2]]) -> String {
    let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.0} {y:.0}")).collect();
    format!("M{}", points.join(" "))
}

#[cfg(test)]
mod tests {
    use contract::calendar::add_days;

    use super::*;

    fn weekly(values: &[(u64, u64)]) -> Vec<Point> {
        let day =
            |at: usize| add_days(jiff::civil::date(2026, 9, 20), 7 * i32::try_from(at).unwrap());
        let point = |(at, &(value, error))| Point { day: day(at), value, error };
        values.iter().enumerate().map(point).collect()
    }

    #[test]
    fn a_line_begins_at_zero_and_ends_at_the_last_release() {
        let Markup(svg) = line("s", "n", &weekly(&[(50, 0), (100, 0)])).unwrap();
        assert!(svg.contains("M0 100 1000 0"), "{svg}");
        assert!(svg.contains("20 Sep") && svg.contains("27 Sep"), "{svg}");
    }

    #[test]
    fn exact_numbers_have_no_band() {
        let Markup(exact) = line("s", "n", &weekly(&[(50, 0), (100, 0)])).unwrap();
        let Markup(noisy) = line("s", "n", &weekly(&[(50, 3), (100, 3)])).unwrap();
        assert!(!exact.contains("band"));
        assert!(noisy.contains("band"));
    }

    #[test]
    fn years_are_named_when_there_are_many_weeks() {
        let Markup(svg) = line("s", "n", &weekly(&vec![(50, 0); 60])).unwrap();
        assert!(svg.contains("Sep 2026") && svg.contains("2027"), "{svg}");
    }

    #[test]
    fn nothing_at_all_is_drawn_without_failing() {
        assert!(line("s", "n", &[]).is_ok());
        assert!(line("s", "n", &weekly(&[(0, 0), (0, 0)])).is_ok());
        assert!(line("s", "n", &weekly(&[(u64::MAX, u64::MAX), (0, 0)])).is_ok());
    }
}
