//! What stands in a release, in each mode.

use contract::manifest::Manifest;
use contract::publish::{Ledger, Plan, PlanError, PublishError, Rehearsal, publish};
use contract::release::{Release, Table, Window};
use contract::tally::Tally;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::fixture::{
    EXACT, Sampler, Scripted, TODAY, changed, daily, headline, manifest, part, plan, release,
    table, tally, week,
};

/// Counts a number of equal parts.
fn add(tally: &mut Tally, manifest: &Manifest, times: u32, name: &str, answers: &Value) {
    for n in 0..times {
        let part = part(manifest, name, "2026-W47", n, answers);
        tally.count(&part).unwrap();
    }
}

/// Sixty installations of many sorts.
fn fleet(manifest: &Manifest) -> Tally {
    let mut tally = tally(manifest, week());
    for (times, name, answers) in [
        (40, "platform", json!({"edition": "community", "https": true})),
        (18, "platform", json!({"edition": "business", "https": false})),
        (2, "platform", json!({"edition": "other", "https": false})),
        (30, "software", json!({"edition": "community", "version": "26.10.1"})),
        (12, "software", json!({"version": "26.10.0"})),
        (3, "software", json!({"version": "26.10.0-rc1"})),
        (10, "software", json!({"version": "26.9"})),
        (4, "software", json!({"version": "other"})),
        (50, "sizes", json!({"devices": "10-99", "capacity": "1TiB+", "uptime": "1d+"})),
        (7, "sizes", json!({"devices": "100+", "capacity": "1GiB-1TiB"})),
        (2, "sizes", json!({"devices": "0", "capacity": "0-1GiB", "uptime": "0-1h"})),
        (25, "modules", json!({"modules": ["mail", "maps"], "ports": {"copper": "10-99"}})),
        (21, "modules", json!({"modules": [], "ports": {"copper": "1-9", "fibre": "1-9"}})),
        (3, "modules", json!({"modules": ["other"], "ports": {"other": "100+"}})),
        (11, "processor", json!({"processor": "Example CPU 1"})),
        (9, "processor", json!({"processor": "Example CPU 2"})),
        (1, "processor", json!({"processor": "Prototype of one person"})),
        (60, "private", json!({"proxy": true})),
    ] {
        add(&mut tally, manifest, times, name, &answers);
    }
    tally
}

fn rows(release: &Release, field: &str) -> Vec<(String, i64)> {
    let rows = match &table(release, field).table {
        Table::Shares { rows, .. }
        | Table::Set { rows, .. }
        | Table::Histogram { rows, .. }
        | Table::Catalogue { rows, .. } => rows,
        Table::Versions { full, .. } => full,
        other => panic!("{other:?}"),
    };
    rows.iter().map(|row| (row.value.clone(), row.count.value)).collect()
}

fn is(found: &[(String, i64)], expected: &[(&str, i64)]) {
    let found: Vec<_> = found.iter().map(|(value, count)| (value.as_str(), *count)).collect();
    assert_eq!(found, expected);
}

fn rehearsal(manifest: &Manifest, tally: &Tally) -> Release {
    let right = Rehearsal::on("127.0.0.1".parse().unwrap()).unwrap();
    let channel = manifest.channel("usage").unwrap();
    // The window is open: it is the Friday of that very week.
    let plan = Plan::rehearsal(channel, tally.window(), 1, date(2026, 11, 20), right).unwrap();
    publish(tally, &plan, &mut Scripted::new(&[1_000])).unwrap()
}

#[test]
fn a_rehearsal_shows_every_answer_exactly() {
    let manifest = manifest();
    let release = rehearsal(&manifest, &fleet(&manifest));
    assert_eq!(headline(&release).value, 60);
    is(&rows(&release, "edition"), &[("community", 40), ("business", 18), ("other", 2)]);
    is(&rows(&release, "https"), &[("true", 40), ("false", 20)]);
    let versions = [("26.10.1", 30), ("26.10.0-rc1", 3), ("26.10.0", 12), ("26.9", 10)];
    is(&rows(&release, "version"), &[versions.as_slice(), &[("other", 4)]].concat());
    is(&rows(&release, "devices"), &[("0", 2), ("1-9", 0), ("10-99", 50), ("100+", 7)]);
    is(&rows(&release, "modules"), &[("mail", 25), ("maps", 25), ("other", 3), ("none", 21)]);
    let Table::Grid { buckets, lines, hidden: 0, .. } = &table(&release, "ports").table else {
        panic!("a grid");
    };
    assert_eq!(buckets, &["0", "1-9", "10-99", "100+"]);
    let line = |index: usize| {
        let counts: Vec<_> = lines[index].counts.iter().map(|count| count.value).collect();
        (lines[index].value.as_str(), lines[index].installations.value, counts)
    };
    assert_eq!(line(0), ("copper", 46, vec![0, 21, 25, 0]));
    assert_eq!(line(2), ("other", 3, vec![0, 0, 0, 3]));
    assert_eq!(rows(&release, "processor").len(), 3);
    assert!(release.fields.iter().all(|field| field.id.as_str() != "proxy"), "not published");
}

#[test]
fn the_anchor_is_counted_in_its_home_part_alone() {
    let manifest = manifest();
    let mut tally = tally(&manifest, week());
    add(&mut tally, &manifest, 9, "software", &json!({"edition": "community", "version": "1.0"}));
    let release = rehearsal(&manifest, &tally);
    assert_eq!(table(&release, "edition").answered.value, 0);
    assert_eq!(table(&release, "version").answered.value, 9);
}

#[test]
fn an_exact_release_hides_what_would_tell_of_few() {
    let manifest = changed(&[EXACT]);
    let release = release(&manifest, &fleet(&manifest), &mut Scripted::new(&[1_000]));
    assert_eq!((headline(&release).value, headline(&release).error_95), (60, 0));
    // Two said "other": "business", the smallest that is large enough, is folded with them.
    is(&rows(&release, "edition"), &[("community", 40)]);
    is(&rows(&release, "https"), &[("true", 40), ("false", 20)]);
    // 4 others fold 26.9 too; 3 release candidates fold 26.10.0 too.
    is(&rows(&release, "version"), &[("26.10.1", 30)]);
    let Table::Versions { minor, folded, folded_minor, .. } = &table(&release, "version").table
    else {
        panic!("versions");
    };
    assert_eq!((minor.len(), minor[0].count.value), (1, 45));
    assert_eq!(folded.unwrap().count.value, 29);
    assert_eq!(folded_minor.unwrap().count.value, 14);
    is(&rows(&release, "devices"), &[("10-99", 50)]);
    // 3 have "other": which entries are shown says nothing about how many have it.
    is(&rows(&release, "modules"), &[("mail", 25), ("maps", 25)]);
    is(&rows(&release, "processor"), &[("Example CPU 1", 11)]);
    let bytes = contract::canonical::to_bytes(&release).unwrap();
    assert!(!String::from_utf8(bytes).unwrap().contains("Prototype"));
}

#[test]
fn a_line_with_a_size_of_few_says_how_many_have_any() {
    let manifest = changed(&[EXACT]);
    let mut tally = tally(&manifest, week());
    for (times, copper) in [(30, "1-9"), (3, "10-99")] {
        add(&mut tally, &manifest, times, "modules", &json!({"ports": {"copper": copper}}));
    }
    add(&mut tally, &manifest, 10, "modules", &json!({"ports": {}}));
    let release = release(&manifest, &tally, &mut Scripted::new(&[0]));
    let Table::Grid { lines, hidden, .. } = &table(&release, "ports").table else {
        panic!("a grid");
    };
    // Nobody has the other two, which is not told; how many have few of it is not told either.
    let [copper] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((copper.installations.value, &copper.counts[..], copper.total), (33, &[][..], None));
    assert_eq!(*hidden, 0);
}

#[test]
fn below_the_smallest_group_an_exact_release_says_nothing() {
    let manifest = changed(&[EXACT]);
    let mut tally = tally(&manifest, week());
    add(&mut tally, &manifest, 4, "platform", &json!({"edition": "community"}));
    let few = release(&manifest, &tally, &mut Scripted::new(&[0]));
    assert_eq!((headline(&few).value, headline(&few).error_95), (0, 5));
    assert!(few.fields.iter().all(|field| field.table == Table::TooFew));
    assert!(few.fields.iter().all(|field| field.answered.value == 0));
    let none = release(&manifest, &self::tally(&manifest, week()), &mut Scripted::new(&[0]));
    assert_eq!(few, none, "four installations look like none at all");
}

#[test]
fn every_declared_number_gets_noise_zeros_too() {
    let manifest = manifest();
    let mut noise = Scripted::new(&[3]);
    let release = release(&manifest, &tally(&manifest, week()), &mut noise);
    assert_eq!(headline(&release).value, 3);
    // edition 3, https 2, version 2 (answered, other), devices 4, capacity 3, uptime 3,
    // modules 5 (answered, none, 3), ports 13 (answered, 3 lines of 4), headline 1, no sample.
    assert_eq!(noise.asked.len(), 3 + 2 + 2 + 4 + 3 + 3 + 5 + 13 + 1);
    assert_eq!(table(&release, "edition").answered.value, 9);
}

#[test]
fn folding_looks_at_noisy_numbers_only() {
    let manifest = manifest();
    let mut tally = tally(&manifest, week());
    add(&mut tally, &manifest, 9, "platform", &json!({"edition": "community"}));
    // Edition: 9 - 6 = 3, 0 + 7 = 7, 0 + 4 = 4. Only the second reaches 5.
    let release = release(&manifest, &tally, &mut Scripted::new(&[-6, 7, 4]));
    is(&rows(&release, "edition"), &[("business", 7)]);
    let Table::Shares { folded: Some(folded), .. } = table(&release, "edition").table else {
        panic!("folded");
    };
    assert_eq!((folded.values, folded.count.value), (Some(2), 7));
    assert_eq!(table(&release, "edition").answered.value, 14);
}

#[test]
fn a_value_of_an_open_list_needs_more_than_one_installation_could_give_it() {
    let manifest = manifest();
    let mut tally = tally(&manifest, week());
    add(&mut tally, &manifest, 200, "software", &json!({"version": "26.10.1"}));
    add(&mut tally, &manifest, 60, "software", &json!({"version": "26.9"}));
    // ε 0.4 and Δ 3: a scale of 7.5, p = e^(-1/7.5) = 0.875. 7.5 · ln(3 · 10^9 / (1 + p)) is 158.9:
    // 159 by chance, and 1 that was there.
    let at = |noise| rows(&release(&manifest, &tally, &mut Scripted::new(&[noise])), "version");
    is(&at(0), &[("26.10.1", 200)]);
    is(&at(-40), &[("26.10.1", 160)]);
    assert!(at(-41).is_empty());
    is(&at(99), &[("26.10.1", 299), ("other", 99)]);
}

#[test]
fn a_week_of_days_is_an_average_with_seven_times_the_noise() {
    let manifest = daily();
    let window = Window::of_release(manifest.channel("usage").unwrap(), date(2026, 11, 18));
    assert_eq!(window.periods, 7);
    let mut tally = tally(&manifest, window);
    for day in 16..23 {
        for n in 0..20 {
            let period = format!("2026-11-{day}");
            let answers = json!({"edition": "community"});
            tally.count(&part(&manifest, "platform", &period, n, &answers)).unwrap();
        }
    }
    let mut noise = Scripted::new(&[0]);
    let release = release(&manifest, &tally, &mut noise);
    assert_eq!(headline(&release).value, 20);
    assert_eq!(table(&release, "edition").answered.value, 20);
    // Δ 1, 7 periods, ε 0.4.
    assert_eq!((noise.asked[0].numerator(), noise.asked[0].denominator()), (35, 2));
}

#[test]
fn an_open_window_is_refused() {
    let manifest = manifest();
    let channel = manifest.channel("usage").unwrap();
    let on = |day| Plan::finished(channel, week(), 1, date(2026, 11, day), &Ledger::default());
    for day in [1, 16, 22, 23, 24] {
        assert_eq!(on(day).unwrap_err(), PlanError::Open(TODAY), "{day}");
    }
    assert_eq!(on(25).unwrap().next(), date(2026, 12, 2));
    assert_eq!(Window::last_finished(channel, TODAY), week());
    assert_eq!(Window::last_finished(channel, date(2026, 12, 1)), week());
}

#[test]
fn a_plan_for_other_periods_publishes_nothing() {
    let manifest = manifest();
    let earlier = Window::of_release(manifest.channel("usage").unwrap(), date(2026, 11, 10));
    let plan = plan(&manifest, earlier);
    let refused = publish(&tally(&manifest, week()), &plan, &mut Scripted::new(&[0]));
    assert_eq!(refused.unwrap_err(), PublishError::OtherTally);
    let days = daily();
    let plan = Plan::finished(
        days.channel("usage").unwrap(),
        Window::new("2026-11-16".parse().unwrap(), "2026-11-22".parse().unwrap()).unwrap(),
        1,
        TODAY,
        &Ledger::default(),
    );
    assert_eq!(plan.unwrap().window().periods, 7);
}

#[test]
fn a_rehearsal_needs_a_loopback_address() {
    assert!(Rehearsal::on("192.0.2.1".parse().unwrap()).is_none());
    assert!(Rehearsal::on("0.0.0.0".parse().unwrap()).is_none());
    assert!(Rehearsal::on("::1".parse().unwrap()).is_some());
}

#[test]
fn a_release_comes_back_from_its_frozen_bytes() {
    let manifest = manifest();
    for seed in 0..20 {
        let release = release(&manifest, &fleet(&manifest), &mut Sampler::new(seed));
        let bytes = contract::canonical::to_bytes(&release).unwrap();
        assert_eq!(Release::from_frozen(&bytes).unwrap(), release);
    }
    let exact = changed(&[EXACT]);
    let release = release(&exact, &fleet(&exact), &mut Scripted::new(&[0]));
    let bytes = contract::canonical::to_bytes(&release).unwrap();
    assert_eq!(Release::from_frozen(&bytes).unwrap(), release);
}

#[test]
fn numbers_that_noise_has_made_enormous_still_have_a_canonical_form() {
    let manifest = manifest();
    for extreme in [i64::MAX, i64::MIN, 1 << 60, -(1 << 60)] {
        let release = release(&manifest, &fleet(&manifest), &mut Scripted::new(&[extreme]));
        contract::canonical::to_bytes(&release).unwrap();
    }
}

#[test]
fn equal_parts_and_equal_noise_give_equal_bytes() {
    let manifest = manifest();
    let bytes = |seed| {
        let release = release(&manifest, &fleet(&manifest), &mut Sampler::new(seed));
        contract::canonical::to_bytes(&release).unwrap()
    };
    assert_eq!(bytes(7), bytes(7));
    assert_ne!(bytes(7), bytes(8));
}

#[test]
fn an_exact_average_needs_the_smallest_group_on_average() {
    let exact = ("period = \"week\"", "period = \"day\"\nrelease = \"week\"");
    let manifest = changed(&[EXACT, exact]);
    let window = Window::of_release(manifest.channel("usage").unwrap(), date(2026, 11, 18));
    let mut tally = tally(&manifest, window);
    let mut add = |day: u32, times: u32, edition: &str| {
        let period = format!("2026-11-{day}");
        for n in 0..times {
            let answers = json!({"edition": edition});
            tally.count(&part(&manifest, "platform", &period, n, &answers)).unwrap();
        }
    };
    for day in 16..23 {
        add(day, 9, "community");
        add(day, 5, "business");
    }
    // Twenty on one day are fewer than three on average.
    add(16, 20, "other");
    let release = release(&manifest, &tally, &mut Scripted::new(&[0]));
    is(&rows(&release, "edition"), &[("community", 9)]);
    assert_eq!(headline(&release).value, 17);
}

#[test]
fn a_fleet_s_bytes_may_be_more_than_json_numbers_hold() {
    let manifest = manifest();
    let mut tally = tally(&manifest, week());
    let part = part(&manifest, "sizes", "2026-W47", 0, &json!({"capacity": "1TiB+"}));
    for _ in 0..2_000 {
        tally.count(&part).unwrap();
    }
    let release = release(&manifest, &tally, &mut Scripted::new(&[0]));
    let Table::Histogram { total: Some(total), .. } = table(&release, "capacity").table else {
        panic!("a total");
    };
    assert!(total.high > 2_000 << 46);
    let bytes = contract::canonical::to_bytes(&release).unwrap();
    assert!(String::from_utf8(bytes.clone()).unwrap().contains(&format!("\"{}\"", total.high)));
    assert_eq!(Release::from_frozen(&bytes).unwrap(), release);
}

#[test]
fn a_fleet_s_total_lies_in_its_interval() {
    let manifest = manifest();
    let release = rehearsal(&manifest, &fleet(&manifest));
    let Table::Histogram { total: Some(total), .. } = table(&release, "devices").table else {
        panic!("a total");
    };
    // 50 × 10..99 and 7 × 100..1000; the middles are √(10·99) = 31 and √(100·1000) = 316.
    assert_eq!((total.low, total.high), (50 * 10 + 700, 50 * 99 + 7_000));
    assert_eq!(total.estimate, 50 * 31 + 7 * 316);
    let manifest = changed(&[EXACT]);
    let exact = self::release(&manifest, &fleet(&manifest), &mut Scripted::new(&[0]));
    let Table::Histogram { total: Some(total), .. } = table(&exact, "devices").table else {
        panic!("a total");
    };
    // The nine folded ones may be anywhere from 0 to 1000.
    assert_eq!((total.low, total.high), (50 * 10, 50 * 99 + 9_000));
}

#[test]
fn samples_of_few_are_not_even_counted() {
    let manifest = changed(&[EXACT]);
    let mut tally = tally(&manifest, week());
    add(&mut tally, &manifest, 30, "platform", &json!({"edition": "community"}));
    // Twenty values may well be of one installation.
    for n in 0..20 {
        add(&mut tally, &manifest, 1, "processor", &json!({"processor": format!("CPU {n}")}));
    }
    let few = release(&manifest, &tally, &mut Scripted::new(&[0]));
    assert_eq!(table(&few, "processor").table, Table::TooFew);
    add(&mut tally, &manifest, 9, "processor", &json!({"processor": "Example CPU"}));
    add(&mut tally, &manifest, 6, "processor", &json!({"processor": "Smaller CPU"}));
    let some = release(&manifest, &tally, &mut Scripted::new(&[0]));
    is(&rows(&some, "processor"), &[("Example CPU", 9)]);
    let of = |release: &Release| match table(release, "processor").table {
        Table::Catalogue { folded, .. } => folded.map(|folded| folded.count.value),
        _ => None,
    };
    assert_eq!((of(&some), table(&some, "processor").answered.value), (None, 9));
    // 99 other values may be of fewer than five installations, 100 may not.
    for (values, told) in [(0..73, (None, 9)), (73..74, (Some(100), 109))] {
        for n in values {
            add(&mut tally, &manifest, 1, "processor", &json!({"processor": format!("old {n}")}));
        }
        let more = release(&manifest, &tally, &mut Scripted::new(&[0]));
        assert_eq!((of(&more), table(&more, "processor").answered.value), told);
    }
}
