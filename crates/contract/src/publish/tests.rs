//! Δ: adding one installation moves what is made public by no more than the noise is made for.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::calendar::Period;
use crate::manifest::Manifest;
use crate::part::{Part, check};
use crate::release::Window;
use crate::tally::Cells;

const MANIFEST: &str = include_str!("../../tests/publish/manifest.toml");

const VISITS: &str = include_str!("../../tests/publish/visits.toml");

const DAYS: [&str; 7] = [
    "2026-11-16",
    "2026-11-17",
    "2026-11-18",
    "2026-11-19",
    "2026-11-20",
    "2026-11-21",
    "2026-11-22",
];

fn manifest() -> Manifest {
    let daily = MANIFEST.replace("period = \"week\"", "period = \"day\"\nrelease = \"week\"");
    let after = "[[channel.part]]\nid = \"modules\"";
    let crosses = "[[channel.part.cross]]\nrows = \"edition\"\ncolumns = \"devices\"\n\
                   [[channel.part.cross]]\nrows = \"capacity\"\ncolumns = \"devices\"\n";
    let daily = daily.replace(after, &[crosses, VISITS, after].concat());
    Manifest::parse(&daily).unwrap_or_else(|problems| panic!("{problems}"))
}

fn tally(manifest: &Manifest) -> Tally {
    let [first, .., last] = DAYS.map(|day| day.parse::<Period>().unwrap());
    Tally::new(manifest, "usage", Window::new(first, last).unwrap(), []).unwrap()
}

fn part(manifest: &Manifest, part: &str, day: &str, answers: &Value) -> Part {
    let definitions = manifest.definitions();
    let definition = definitions.iter().find(|d| d.part.as_str() == part).unwrap();
    let bytes = crate::canonical::to_bytes(&json!({
        "answers": answers,
        "channel": "usage",
        "definition": definition.hash().to_string(),
        "part": part,
        "period": day,
        "program": "larkspur",
        "tag": "000102030405060708090a0b0c0d0e0f",
    }));
    let day = day.parse::<Period>().unwrap().first_day();
    check(&bytes.unwrap(), ("larkspur", "usage"), |_| Some(definition), day).unwrap().0
}

/// Every number that noise would be added to, by its place and name: a value that is in one world
/// only counts as 0 in the other.
fn numbers(cells: &Cells) -> BTreeMap<String, i64> {
    let mut numbers = BTreeMap::new();
    let mut names = Vec::new();
    match cells {
        Cells::Versions { minor, full, .. } => {
            names.extend(["answered".to_owned(), "other".to_owned()]);
            names.extend(minor.iter().map(|(version, _)| format!("minor {version}")));
            let suffix = |version: &crate::version::Version| version.suffix();
            names.extend(full.iter().map(|(v, _)| format!("full {v} {:?}", suffix(v))));
        }
        Cells::Values(values) => names.extend(values.iter().map(|(value, _)| value.clone())),
        _ => {}
    }
    let mut index = 0;
    cells.map(|count| {
        let mut name = String::new();
        write!(name, "{}", names.get(index).cloned().unwrap_or(index.to_string())).unwrap();
        assert!(numbers.insert(name, count).is_none());
        index += 1;
        count
    });
    numbers
}

/// Σ |a - b| over all numbers.
fn distance(a: &Cells, b: &Cells) -> u64 {
    let (a, b) = (numbers(a), numbers(b));
    let names: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
    let of = |world: &BTreeMap<String, i64>, name: &str| world.get(name).copied().unwrap_or(0);
    names.iter().map(|name| of(&a, name).abs_diff(of(&b, name))).sum()
}

/// What one installation sends in one period: parts and their answers.
fn sheet() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let word = |words: &'static [&'static str]| prop::sample::select(words);
    let platform = (word(&["community", "business", "other"]), any::<bool>())
        .prop_map(|(edition, https)| json!({"edition": edition, "https": https}));
    let version = word(&["26.10.1", "26.10.0", "26.10", "26.9.3", "27.1-rc1", "1", "other"])
        .prop_map(|version| json!({"version": version}));
    let amounts = (
        word(&["0", "1-9", "10-99", "100+"]),
        word(&["0-1GiB", "1GiB-1TiB", "1TiB+"]),
        word(&["0-1h", "1h-1d", "1d+"]),
    );
    let amounts = amounts.prop_map(|(devices, capacity, uptime)| {
        json!({"devices": devices, "capacity": capacity, "uptime": uptime, "edition": "business"})
    });
    let ports = prop::collection::btree_map(
        word(&["copper", "fibre", "other"]),
        word(&["0", "1-9", "10-99", "100+"]),
        0..=3,
    );
    let modules = (prop::sample::subsequence(vec!["mail", "maps", "other"], 0..=3), ports)
        .prop_map(|(modules, ports)| json!({"modules": modules, "ports": ports}));
    let visits = prop::collection::btree_map(
        word(&["search>result", "result>search", "search>other", "result>result", "other>other"]),
        word(&["0", "1-9", "10+"]),
        0..=3,
    );
    let samples = prop::collection::btree_set("[a-d]{1,2}", 0..=20);
    (platform, version, amounts, modules, visits, samples).prop_map(
        |(platform, version, amounts, modules, visits, samples)| {
            let mut sheet = vec![
                ("platform", platform),
                ("software", version),
                ("sizes", amounts),
                ("modules", modules),
                ("visits", json!({"visits": visits})),
            ];
            let samples = samples.into_iter().map(|value| json!({"processor": value}));
            sheet.extend(samples.map(|answers| ("processor", answers)));
            sheet
        },
    )
}

/// What one installation sends in a week: a sheet for each day.
fn installation() -> impl Strategy<Value = Vec<Vec<(&'static str, Value)>>> {
    prop::collection::vec(sheet(), DAYS.len())
}

fn add(tally: &mut Tally, manifest: &Manifest, days: &[Vec<(&'static str, Value)>]) {
    for (day, sheet) in DAYS.iter().zip(days) {
        for (name, answers) in sheet {
            tally.count(&part(manifest, name, day, answers)).unwrap();
        }
    }
}

/// The cells of a cross-table, as the numbers that noise is added to.
fn crossed(cross: &crate::tally::CrossTally) -> Cells {
    Cells::Partition(cross.counter.answered().concat())
}

fn check_distances(before: &Tally, after: &Tally, periods: u64) -> Result<(), TestCaseError> {
    for (before, after) in before.fields.iter().zip(&after.fields) {
        let moved = distance(&before.counter.cells(), &after.counter.cells());
        let delta = u64::from(sensitivity(&before.field.kind)) * periods;
        prop_assert!(moved <= delta, "{}: {moved} > {delta}", before.field.id);
    }
    for (before, after) in before.crosses.iter().zip(&after.crosses) {
        let moved = distance(&crossed(before), &crossed(after));
        prop_assert!(moved <= u64::from(CROSS_SENSITIVITY) * periods, "{moved}");
    }
    let [before, after] = [before, after].map(|tally| tally.installations().unwrap());
    let moved = before.abs_diff(after);
    prop_assert!(moved <= u64::from(HEADLINE_SENSITIVITY) * periods, "headline: {moved}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn one_installation_moves_every_field_by_its_delta_at_most(
        others in prop::collection::vec(installation(), 0..3),
        one in installation(),
    ) {
        let manifest = manifest();
        let mut before = tally(&manifest);
        for other in &others {
            add(&mut before, &manifest, other);
        }
        let mut after = before.clone();
        add(&mut after, &manifest, &one);
        check_distances(&before, &after, 7)?;
        // A single period moves them by a single period's Δ.
        let mut after = before.clone();
        add(&mut after, &manifest, &one[..1]);
        check_distances(&before, &after, 1)?;
    }
}

/// The numbers of a tally in the order in which noise is drawn for them.
fn in_order_of_drawing(tally: &Tally) -> Vec<i64> {
    let mut numbers = Vec::new();
    for field in &tally.fields {
        field.counter.cells().map(|count| {
            numbers.push(count);
            count
        });
    }
    numbers.extend(tally.crosses.iter().flat_map(|cross| cross.counter.answered().concat()));
    numbers.push(i64::try_from(tally.installations().unwrap()).unwrap());
    numbers
}

/// Noise from a list.
struct Listed(std::vec::IntoIter<i64>);

impl Noise for Listed {
    fn discrete_laplace(&mut self, _scale: Scale) -> i64 {
        self.0.next().unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// A release is made of noisy numbers and of nothing else: where two worlds differ, and the
    /// noise differs the other way round, the bytes are the same. So whatever is done after the
    /// noise (folding, totals, errors, order) costs no privacy.
    #[test]
    fn a_noisy_release_depends_on_noisy_numbers_alone(
        others in prop::collection::vec(installation(), 1..3),
        noise in prop::collection::vec(-40i64..40, 230),
        large in 0i64..2_000,
    ) {
        let manifest = manifest();
        let mut before = tally(&manifest);
        for other in &others {
            add(&mut before, &manifest, other);
        }
        let mut after = before.clone();
        // One more like the first: all its values are in both worlds.
        add(&mut after, &manifest, &others[0]);
        let channel = manifest.channel("usage").unwrap();
        let today = before.window.finished_from();
        let plan = Plan::finished(channel, before.window, 1, today, &Ledger::default()).unwrap();
        let (a, b) = (in_order_of_drawing(&before), in_order_of_drawing(&after));
        // Noise that is large enough to show something, some of the time.
        let noise: Vec<_> = (0..a.len()).map(|n| noise[n % noise.len()] * large / 10).collect();
        let other: Vec<_> =
            noise.iter().zip(a.iter().zip(&b)).map(|(noise, (a, b))| noise + a - b).collect();
        let one = publish(&before, &plan, &mut Listed(noise.into_iter())).unwrap();
        let two = publish(&after, &plan, &mut Listed(other.into_iter())).unwrap();
        prop_assert_eq!(one, two);
    }
}

#[test]
fn some_installation_moves_every_field_by_exactly_its_delta() {
    // So Δ is not merely large enough: noise is no larger than it has to be.
    let manifest = manifest();
    let all = json!({"copper": "1-9", "fibre": "1-9", "other": "1-9"});
    let mut sheet = vec![
        ("platform", json!({"edition": "other", "https": true})),
        ("software", json!({"version": "26.10.1"})),
        (
            "sizes",
            json!({"devices": "0", "capacity": "1TiB+", "edition": "other", "uptime": "1d+"}),
        ),
        ("modules", json!({"modules": ["mail", "maps", "other"], "ports": all})),
        (
            "visits",
            json!({"visits": {"other>other": "0", "result>search": "10+", "search>other": "1-9"}}),
        ),
    ];
    sheet.extend((0..20).map(|n| ("processor", json!({"processor": format!("cpu {n}")}))));
    let mut after = tally(&manifest);
    add(&mut after, &manifest, &vec![sheet; 7]);
    for field in &after.fields {
        let empty = tally(&manifest);
        let before = empty.fields.iter().find(|f| f.field.id == field.field.id).unwrap();
        let moved = distance(&before.counter.cells(), &field.counter.cells());
        assert_eq!(moved, 7 * u64::from(sensitivity(&field.field.kind)), "{}", field.field.id);
    }
    for cross in &after.crosses {
        let empty = Cells::Partition(vec![0; cross.counter.answered().concat().len()]);
        assert_eq!(distance(&empty, &crossed(cross)), 7 * u64::from(CROSS_SENSITIVITY));
    }
    assert_eq!(after.installations(), Some(7 * u64::from(HEADLINE_SENSITIVITY)));
}
