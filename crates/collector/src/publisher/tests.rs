//! Which windows are due.

use contract::manifest::Manifest;

use super::*;

const ROOT: &str = "ed25519:939f40d1322d7764aa10beb1bdf991cb4c559ff8fd39e14d9d12f9096c4d8ba3";

fn channel() -> Channel {
    let text = include_str!("../../tests/it/larkspur.toml").replace("ROOT", ROOT);
    Manifest::parse(&text).unwrap().channel("usage").unwrap().clone()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The first days of the windows that are due.
fn check_due(held: &[&str], last: Option<&str>, today: &str) -> Vec<String> {
    let channel = channel();
    let held: Vec<Period> = held.iter().map(|period| period.parse().unwrap()).collect();
    let last = last.map(|last| Window::of_release(&channel, day(last)));
    let due = due(&channel, &held, last, day(today));
    due.iter().map(|window| window.first.to_string()).collect()
}

#[test]
fn a_week_is_due_when_its_last_day_is_taken_in_no_more() {
    let held = ["2026-11-18", "2026-11-20"];
    assert!(check_due(&held, None, "2026-11-24").is_empty());
    assert_eq!(check_due(&held, None, "2026-11-25"), ["2026-11-16"]);
}

#[test]
fn a_published_window_is_not_due_again_and_an_empty_one_between_is() {
    let held = ["2026-11-18", "2026-12-01"];
    assert_eq!(check_due(&held, Some("2026-11-18"), "2026-12-10"), ["2026-11-23", "2026-11-30"]);
    assert!(check_due(&held, Some("2026-12-01"), "2026-12-10").is_empty());
}

#[test]
fn what_was_forgotten_is_not_published_as_empty() {
    let due = check_due(&["2026-12-01"], Some("2026-10-01"), "2026-12-10");
    assert_eq!(due, ["2026-11-30"]);
    assert!(check_due(&[], None, "2026-12-10").is_empty());
}
