//! The invented fleet, seen through the releases that are made of it.

use contract::publish::{Ledger, Noise, Plan, Scale, publish};
use contract::release::{Release, Table};

use super::*;

const LARKSPUR: &str = include_str!("../../../../manifests/examples/larkspur.toml");

struct Silent;

impl Noise for Silent {
    fn discrete_laplace(&mut self, _: Scale) -> i64 {
        0
    }
}

fn history(seed: u64, channel: &str) -> Vec<Release> {
    let manifest = Manifest::parse(LARKSPUR).unwrap();
    let asked = manifest.channel(channel).unwrap();
    let (first, last) = (jiff::civil::date(2026, 8, 17), jiff::civil::date(2026, 11, 15));
    let fleet = Fleet::new(seed, 600, (first, last));
    let mut window = Window::of_release(asked, first);
    let mut releases = Vec::new();
    while window.last <= last {
        let number = releases.len() as u64 + 1;
        let day = window.finished_from();
        let plan = Plan::finished(asked, window, number, day, &Ledger::default()).unwrap();
        let tally = fleet.count(&manifest, channel, window).unwrap();
        releases.push(publish(&tally, &plan.simulated(), &mut Silent).unwrap());
        window = window.next();
    }
    releases
}

fn counts(history: &[Release]) -> Vec<i64> {
    history.iter().map(|release| release.installations.unwrap().value).collect()
}

#[test]
fn the_same_seed_gives_the_same_fleet_and_another_one_another() {
    assert_eq!(history(1, "usage"), history(1, "usage"));
    assert_ne!(counts(&history(1, "usage")), counts(&history(2, "usage")));
}

#[test]
fn a_fleet_grows_and_an_outage_is_seen_in_it() {
    let counts = counts(&history(1, "faults"));
    let (begin, end) = (counts[2], counts[counts.len() - 2]);
    assert!(end > begin * 11 / 10, "{counts:?}");
    let lowest = counts.iter().position(|count| Some(count) == counts.iter().min()).unwrap();
    assert!((58..66).contains(&lowest), "{counts:?}");
    assert!(counts[lowest] < counts[lowest - 7] / 2, "{counts:?}");
}

#[test]
fn every_question_is_answered_and_new_versions_are_adopted() {
    let history = history(1, "usage");
    let latest = history.last().unwrap();
    for field in &latest.fields {
        assert!(field.answered.value > 300, "{}: {:?}", field.id, field.answered);
    }
    let newest = |release: &Release| match &release.fields[0].table {
        Table::Versions { minor, .. } => minor[0].value.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(newest(latest), "26.11");
    assert_eq!(newest(&history[0]), "26.8");
}

#[test]
fn releases_of_invented_installations_say_so() {
    let history = history(1, "usage");
    assert!(history.iter().all(|release| release.simulated));
    let bytes = contract::canonical::to_bytes(&history[0]).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains("\"simulated\":true"));
}
