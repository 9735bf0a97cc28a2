//! The stylesheet keeps what the pages promise: contrast, no other host, everything that is used.

use std::collections::{BTreeMap, BTreeSet};

use crate::fixture::{Plan, usage};
use crate::markup::tags;
use crate::{is_html, site_of, text};

/// The colours of one theme, by name.
fn colours(css: &str) -> BTreeMap<String, [f64; 3]> {
    let mut colours = BTreeMap::new();
    // A comment would hide the name behind it.
    for declaration in css.split([';', '{', '}', '/']) {
        let Some((name, value)) = declaration.split_once(':') else { continue };
        let Some(hex) = value.trim().strip_prefix('#') else { continue };
        let long: String = match hex.len() {
            3 => hex.chars().flat_map(|c| [c, c]).collect(),
            _ => hex.to_owned(),
        };
        let channel = |at: usize| f64::from(u8::from_str_radix(&long[at..at + 2], 16).unwrap());
        colours.insert(name.trim().to_owned(), [channel(0), channel(2), channel(4)]);
    }
    colours
}

/// Contrast as WCAG 2.2 defines it.
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let luminance = |colour: [f64; 3]| {
        let linear = colour.map(|c| {
            let c = c / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_is_readable_in_the_light_and_in_the_dark() {
    let (light, rest) = site::STYLE.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let (dark, _) = rest.split_once("/* Ground */").unwrap();
    for (theme, css) in [("light", light), ("dark", dark)] {
        let colours = colours(css);
        let check = |front: &str, back: &str, least: f64| {
            let found = contrast(colours[front], colours[back]);
            assert!(found >= least, "{theme}: {front} on {back} has {found:.2}, not {least}");
        };
        for back in ["--paper", "--card", "--accent-soft"] {
            for front in ["--ink", "--soft", "--accent"] {
                check(front, back, 4.5);
            }
        }
        for front in ["--warn", "--stop", "--good"] {
            check(front, "--paper", 4.5);
            check(front, "--card", 4.5);
        }
        for chart in ["--c1", "--c2", "--c3", "--c4", "--c5", "--line"] {
            check(chart, "--paper", 3.0);
            check(chart, "--card", 3.0);
        }
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for word in ["url(", "@import", "@font-face", "http"] {
        assert!(!site::STYLE.contains(word), "{word}");
        assert!(!site::STATEMENT_STYLE.contains(word), "{word}");
    }
    assert!(site::CSP.starts_with("default-src 'none'") && !site::CSP.contains("unsafe"));
}

#[test]
fn every_class_of_a_page_has_a_rule() {
    let mut missing = BTreeSet::new();
    for page in site_of(&usage(Plan::YOUNG)).values().filter(|page| is_html(page)) {
        for tag in tags(text(page)) {
            for class in tag.get("class").unwrap_or("").split(' ').filter(|c| !c.is_empty()) {
                let selector = format!(".{class}");
                let rule = contract::STYLE.split(&selector).skip(1);
                let whole = |after: &str| {
                    !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')
                };
                if !rule.into_iter().any(whole) {
                    missing.insert(class.to_owned());
                }
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn a_statement_has_both_stylesheets_and_they_are_the_contract_s() {
    assert_eq!([site::STYLE, site::STATEMENT_STYLE].concat(), contract::STYLE);
    let pages = site_of(&usage(Plan::YOUNG));
    let statement = text(&pages["/larkspur/statement.html"]);
    assert!(statement.contains("href=\"../candor.css\""), "{statement}");
    assert!(statement.contains("href=\"../statement.css\""), "{statement}");
    assert!(!text(&pages[crate::STATISTICS]).contains("statement.css"));
    // Their comments are left out, and no rule.
    let rules = |css: &str| css.matches('{').count();
    assert_eq!(rules(text(&pages["/statement.css"])), rules(site::STATEMENT_STYLE));
    assert_eq!(rules(text(&pages["/candor.css"])), rules(site::STYLE));
}
