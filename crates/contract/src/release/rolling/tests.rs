//! Which windows have a number over 28 days.

use jiff::civil::date;

use super::*;
use crate::calendar::{PeriodKind, days_between};
use crate::manifest::Manifest;

const MANIFEST: &str = include_str!("../../../tests/publish/manifest.toml");

fn channel(identity: &str, more: &str) -> Channel {
    let text =
        MANIFEST.replace("identity = \"period\"", &format!("identity = \"{identity}\"{more}"));
    Manifest::parse(&text).unwrap_or_else(|problems| panic!("{problems}")).channels.remove(0)
}

fn windows(channel: &Channel) -> Vec<Window> {
    let mut window = Window::of_release(channel, date(2026, 1, 5));
    let mut windows = Vec::new();
    for _ in 0..52 {
        windows.push(window);
        window = window.next();
    }
    windows
}

#[test]
fn a_tag_of_one_period_or_none_is_counted_over_no_28_days() {
    for identity in ["none", "period"] {
        let channel = channel(identity, "");
        assert!(!counts_28_days(&channel));
        assert!(windows(&channel).iter().all(|window| window.of_28_days(&channel).is_none()));
    }
}

#[test]
fn a_stable_tag_is_counted_over_the_28_days_of_every_window() {
    for (more, periods) in [("", 4), ("\nrelease = \"day\"", 28)] {
        let mut channel = channel("stable", "");
        if !more.is_empty() {
            channel.period = PeriodKind::Day;
        }
        for window in windows(&channel) {
            let rolling = window.of_28_days(&channel).unwrap();
            assert_eq!((rolling.last, rolling.periods), (window.last, periods));
            assert_eq!(days_between(rolling.first, rolling.last), 27);
        }
    }
}

#[test]
fn a_tag_of_28_days_is_counted_once_in_four_weeks_over_its_own() {
    let channel = channel("28d", "");
    let counted: Vec<Window> =
        windows(&channel).iter().filter_map(|window| window.of_28_days(&channel)).collect();
    assert_eq!(counted.len(), 13);
    for window in counted {
        let weeks = days_between(date(1970, 1, 5), window.first);
        assert_eq!(weeks.rem_euclid(28), 0, "{} begins an epoch", window.first);
    }
}

#[test]
fn what_is_forgotten_before_28_days_are_over_is_not_counted_over_them() {
    // A week that ended 21 days before the last one is needed three days after that one.
    for (days, counted) in [(23, false), (24, true)] {
        let mut weekly = channel("stable", "");
        weekly.retention_days = days;
        assert_eq!(counts_28_days(&weekly), counted, "{days}");
        weekly.period = PeriodKind::Day;
        assert!(!counts_28_days(&weekly));
        weekly.retention_days = days + 6;
        assert_eq!(counts_28_days(&weekly), counted, "{days} and 6");
    }
}
