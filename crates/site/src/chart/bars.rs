//! Bars: one length for each value, with its label before it and its number behind it.

use askama::Template;

use super::length;
use crate::text::Markup;

/// One value.
pub(crate) struct Bar {
    pub(crate) label: String,
    /// From 0 to 1.
    pub(crate) share: f64,
    /// Half the width of the interval in which the true share lies, from 0 to 1.
    pub(crate) error: f64,
    /// The number as people read it.
    pub(crate) text: String,
}

/// How bars stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Lying, label in front.
    Rows,
    /// Lying, label above: for values of several words.
    Long,
    /// Standing where there is room, lying where there is none.
    Columns,
}

#[derive(Template)]
#[template(path = "chart/bars.html")]
struct BarsTemplate<'a> {
    class: &'static str,
    summary: &'a str,
    bars: Vec<Drawn<'a>>,
}

struct Drawn<'a> {
    label: &'a str,
    length: u8,
    /// Half a whisker; 0 where it would be thinner than the line that draws it.
    error: u8,
    text: &'a str,
}

/// Draws bars.
/// `summary` is what it says to those who do not see it; empty inside of another chart.
pub(crate) fn bars(summary: &str, bars: &[Bar], layout: Layout) -> askama::Result<Markup> {
    let most = bars.iter().map(|bar| bar.share + bar.error).fold(f64::MIN_POSITIVE, f64::max);
    // The shape of columns is what matters, whatever their height.
    let full = if layout == Layout::Columns { most } else { scale(most) };
    let drawn = bars.iter().map(|bar| Drawn {
        label: &bar.label,
        length: length(bar.share / full),
        error: whisker(bar.error / full),
        text: &bar.text,
    });
    let class = match layout {
        Layout::Rows => "bars",
        Layout::Long => "bars long",
        Layout::Columns => "bars columns",
    };
    BarsTemplate { class, summary, bars: drawn.collect() }.render().map(Markup)
}

/// The share that a bar of full length stands for: the same for most charts, so that charts can be
/// compared, and less where all values are small.
fn scale(max: f64) -> f64 {
    match max {
        max if max > 1.0 => max,
        max if max > 0.5 => 1.0,
        max if max > 0.25 => 0.5,
        max if max > 0.125 => 0.25,
        max => max,
    }
}

fn whisker(error: f64) -> u8 {
    if error < 0.01 { 0 } else { length(error).min(50) }
}

#[derive(Template)]
#[template(path = "chart/split.html")]
struct SplitTemplate<'a> {
    summary: &'a str,
    first: Drawn<'a>,
    second: Drawn<'a>,
}

/// Draws two values that are all there are, as two ends of one bar.
pub(crate) fn split(summary: &str, first: &Bar, second: &Bar) -> askama::Result<Markup> {
    let [first, second] = [first, second].map(|bar| Drawn {
        label: &bar.label,
        length: length(bar.share),
        error: whisker(bar.error),
        text: &bar.text,
    });
    SplitTemplate { summary, first, second }.render().map(Markup)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, share: f64, error: f64) -> Bar {
        Bar { label: label.to_owned(), share, error, text: "t".to_owned() }
    }

    #[test]
    fn a_small_value_is_still_seen_and_nothing_is_not() {
        let all = [bar("a", 0.9, 0.0), bar("b", 0.0001, 0.0), bar("c", 0.0, 0.0)];
        let Markup(html) = bars("s", &all, Layout::Rows).unwrap();
        for class in ["class=v90", "class=v1>", "class=v0"] {
            assert!(html.contains(class), "{class} is not in {html}");
        }
    }

    #[test]
    fn a_wide_error_is_drawn_and_a_narrow_one_is_left_to_the_number() {
        let all = [bar("a", 0.8, 0.12), bar("b", 0.2, 0.004)];
        let Markup(html) = bars("s", &all, Layout::Rows).unwrap();
        assert!(html.contains("\"v80 e12\""), "{html}");
        assert_eq!(html.matches(" e").count(), 1, "{html}");
    }

    #[test]
    fn a_label_is_escaped() {
        let all = [bar("<script>\"'&", 0.8, 0.0)];
        let Markup(html) = bars("\"><script>", &all, Layout::Rows).unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("\"\">"), "{html}");
    }
}
