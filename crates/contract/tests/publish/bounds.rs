//! From which number on something is shown: the bounds themselves, and one below them.

use contract::limits::GROUP_MIN_FLOOR;
use contract::manifest::Manifest;
use contract::publish::{GroupError, Ledger, Plan, PlanError, SmallestGroup};
use contract::release::{Release, Row, Table};
use contract::tally::Tally;
use serde_json::{Value, json};

use crate::fixture::{
    EXACT, Scripted, changed, daily, manifest, part, plan, release, table, tally, week,
};

/// So many parts, and the release of them with the same noise on every number.
fn published(manifest: &Manifest, parts: &[(u32, &str, Value)], noise: i64) -> Release {
    let mut tally = tally(manifest, week());
    for (times, name, answers) in parts {
        for n in 0..*times {
            tally.count(&part(manifest, name, "2026-W47", n, answers)).unwrap();
        }
    }
    release(manifest, &tally, &mut Scripted::new(&[noise]))
}

fn values(rows: &[Row]) -> Vec<(&str, i64)> {
    rows.iter().map(|row| (row.value.as_str(), row.count.value)).collect()
}

fn rows(release: &Release, field: &str) -> Vec<(String, i64)> {
    let rows = match &table(release, field).table {
        Table::Shares { rows, .. } | Table::Set { rows, .. } => rows,
        Table::Versions { full, .. } => full,
        other => panic!("{other:?}"),
    };
    values(rows).into_iter().map(|(value, count)| (value.to_owned(), count)).collect()
}

fn one(value: &str, count: i64) -> Vec<(String, i64)> {
    vec![(value.to_owned(), count)]
}

#[test]
fn a_noisy_number_is_shown_from_the_smallest_group_on() {
    // The smallest group is 5.
    let parts = [
        (5, "platform", json!({"edition": "community"})),
        (4, "platform", json!({"edition": "business"})),
        (5, "software", json!({"version": "other"})),
        (5, "modules", json!({"modules": [], "ports": {"copper": "1-9"}})),
        (4, "modules", json!({"modules": ["mail"], "ports": {"fibre": "1-9"}})),
    ];
    let release = published(&manifest(), &parts, 0);
    assert_eq!(rows(&release, "edition"), one("community", 5));
    assert_eq!(rows(&release, "version"), one("other", 5));
    assert_eq!(rows(&release, "modules"), one("none", 5));
    let Table::Grid { lines, hidden, .. } = &table(&release, "ports").table else {
        panic!("a grid");
    };
    assert_eq!((lines.len(), lines[0].value.as_str(), *hidden), (1, "copper", 2));
    // One fewer each.
    let parts = [
        (4, "platform", json!({"edition": "community"})),
        (4, "software", json!({"version": "other"})),
        (4, "modules", json!({"modules": [], "ports": {"copper": "1-9"}})),
        (5, "modules", json!({"modules": ["mail"], "ports": {"fibre": "1-9"}})),
    ];
    let release = published(&manifest(), &parts, 0);
    assert_eq!(table(&release, "edition").table, Table::TooFew);
    assert_eq!(table(&release, "version").table, Table::TooFew);
    assert_eq!(rows(&release, "modules"), one("mail", 5));
}

#[test]
fn with_a_smallest_group_below_the_floor_nothing_is_planned() {
    assert!(SmallestGroup::parse(GROUP_MIN_FLOOR).is_ok());
    assert_eq!(SmallestGroup::parse(GROUP_MIN_FLOOR - 1), Err(GroupError));
    let manifest = manifest();
    let channel = manifest.channel("usage").unwrap();
    let planned = |group_min| {
        let mut channel = channel.clone();
        channel.group_min = group_min;
        let day = week().finished_from();
        Plan::finished(&channel, week(), 1, day, &Ledger::default()).map(drop)
    };
    assert_eq!(planned(GROUP_MIN_FLOOR), Ok(()));
    assert_eq!(planned(GROUP_MIN_FLOOR - 1), Err(PlanError::Group(GroupError)));
}

#[test]
fn with_noise_nothing_is_said_of_samples_that_are_not_shown() {
    // ε 0.4 and Δ 20: a sample is shown from 1,153 on.
    let of = |times, name| (times, "processor", json!({"processor": name}));
    let parts = [of(1_200, "Example CPU 1"), of(900, "Example CPU 2")];
    let release = published(&manifest(), &parts, 0);
    let samples = table(&release, "processor");
    let Table::Catalogue { rows, folded, .. } = &samples.table else { panic!("a catalogue") };
    assert_eq!(values(rows), [("Example CPU 1", 1_200)]);
    assert_eq!((*folded, samples.answered.value), (None, 1_200));
}

#[test]
fn a_value_of_an_open_list_is_never_shown_below_the_smallest_group() {
    // 160 would be enough for the noise.
    let manifest = changed(&[("group_min = 5", "group_min = 500")]);
    let of = |version, times| (times, "software", json!({"version": version}));
    let shown =
        |times| rows(&published(&manifest, &[of("1.0", times), of("other", 400)], 0), "version");
    assert_eq!(shown(499), []);
    assert_eq!(shown(500), one("1.0", 500));
}

/// One installation gives a value on each of seven days: all seven may be its own.
#[test]
fn in_a_week_of_days_an_open_list_needs_seven_more_than_chance() {
    let manifest = daily();
    let channel = manifest.channel("usage").unwrap();
    let window = contract::release::Window::of_release(channel, week().first);
    let tally = |days: u32| -> Tally {
        let mut tally = tally(&manifest, window);
        for day in 0..days {
            let period = format!("2026-11-{}", 16 + day);
            let answers = json!({"version": "1.0"});
            tally.count(&part(&manifest, "software", &period, day, &answers)).unwrap();
        }
        tally
    };
    let tally = tally(7);
    // Δ 3 on each of seven days, ε 0.4: a scale of 52.5. By chance alone one of 21 numbers reaches
    // 52.5 · ln(21 · 10^9 / (1 + p)) with a probability of 10^-9.
    let p = (-1.0 / 52.5_f64).exp();
    #[expect(clippy::cast_possible_truncation, reason = "a little over a thousand")]
    let chance = (52.5 * (21.0e9 / (1.0 + p)).ln()).ceil() as i64;
    let shown = |noise| {
        let mut noise = Scripted::new(&[noise]);
        let release = contract::publish::publish(&tally, &plan(&manifest, window), &mut noise);
        rows(&release.unwrap(), "version").iter().any(|(value, _)| value == "1.0")
    };
    assert!(shown(chance) && !shown(chance - 1), "{chance}");
}

/// The fleet's total: estimate, low, high.
fn total(release: &Release, field: &str) -> [u64; 3] {
    let Table::Histogram { total, .. } = &table(release, field).table else {
        panic!("a histogram");
    };
    total.map(|total| [total.estimate, total.low, total.high]).unwrap()
}

fn devices(times: u32, devices: &str) -> (u32, &'static str, Value) {
    (times, "sizes", json!({"devices": devices}))
}

#[test]
fn a_total_takes_the_ends_of_buckets_and_their_middles() {
    let manifest = changed(&[EXACT]);
    let parts = [devices(30, "0"), devices(20, "1-9"), devices(10, "10-99")];
    // 20 · 3 + 10 · 31, 20 · 1 + 10 · 10, 20 · 9 + 10 · 99.
    assert_eq!(total(&published(&manifest, &parts, 0), "devices"), [370, 120, 1_170]);
    let small = published(&manifest, &[(10, "sizes", json!({"capacity": "0-1GiB"}))], 0);
    let [estimate, low, high] = total(&small, "capacity");
    assert_eq!(low, 0);
    assert!(high - 2 * estimate <= 10, "half of it, rounded down for each: {estimate} of {high}");
    // Without noise in the counts there is still its error at both ends.
    let noisy = published(&self::manifest(), &[devices(3_000, "100+")], 0);
    let [_, low, high] = total(&noisy, "devices");
    assert!(0 < low && low < 300_000 && high > 3_000_000, "{low} to {high}");
}

#[test]
fn a_total_over_days_is_an_average_rounded_outwards() {
    let manifest = changed(&[EXACT, ("period = \"week\"", "period = \"day\"\nrelease = \"week\"")]);
    let window = contract::release::Window::of_release(&manifest.channels[0], week().first);
    let mut tally = tally(&manifest, window);
    for day in 0..7 {
        // 71 in seven days.
        for n in 0..if day == 0 { 11 } else { 10 } {
            let (_, name, answers) = devices(1, "1-9");
            let period = format!("2026-11-{}", 16 + day);
            tally.count(&part(&manifest, name, &period, n, &answers)).unwrap();
        }
    }
    let release = release(&manifest, &tally, &mut Scripted::new(&[0]));
    // 213/7, 71/7, 639/7.
    assert_eq!(total(&release, "devices"), [30, 10, 92]);
}
