//! Counting: older and newer definitions side by side, bounds, and what is not counted.

use core::net::Ipv6Addr;

use proptest::prelude::*;

use super::*;
use crate::answer::Entry;
use crate::publish::{Noise, Plan, Rehearsal, Scale, publish};
use crate::release::{FieldTable, Release, Table};
use crate::version::Version;

const MANIFEST: &str = include_str!("../../tests/publish/manifest.toml");

fn changed(changes: &[(&str, &str)]) -> Manifest {
    let text = changes.iter().fold(MANIFEST.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    Manifest::parse(&text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn week() -> Period {
    "2026-W47".parse().unwrap()
}

/// A tally under the manifest as it is now, which also knows the definitions of an older one.
fn tally(older: &Manifest) -> Tally {
    let window = Window::new(week(), week()).unwrap();
    Tally::new(&changed(&[]), "usage", window, &older.definitions()).unwrap()
}

/// Counts one answer to one field, as an installation with this manifest sends it.
fn count(tally: &mut Tally, manifest: &Manifest, part: &str, field: &str, answer: Answer) {
    let definitions = manifest.definitions();
    let definition = definitions.iter().find(|d| d.part.as_str() == part).unwrap();
    let mut answers = vec![None; definition.fields.len()];
    answers[definition.index_of(field).unwrap()] = Some(answer);
    tally.count_answers(&definition.hash(), week(), &answers).unwrap();
}

struct NoNoise;

impl Noise for NoNoise {
    fn discrete_laplace(&mut self, _scale: Scale) -> i64 {
        0
    }
}

fn release(tally: &Tally) -> Release {
    let manifest = changed(&[]);
    let right = Rehearsal::on(Ipv6Addr::LOCALHOST.into()).unwrap();
    let channel = manifest.channel("usage").unwrap();
    let plan = Plan::rehearsal(channel, tally.window(), 1, week().last_day(), right);
    publish(tally, &plan.unwrap(), &mut NoNoise).unwrap()
}

fn table(release: &Release, field: &str) -> FieldTable {
    release.fields.iter().find(|table| table.id.as_str() == field).unwrap().clone()
}

/// The rows of a field as text: `value count`.
fn rows(tally: &Tally, field: &str) -> Vec<String> {
    let rows = match table(&release(tally), field).table {
        Table::Shares { rows, .. }
        | Table::Set { rows, .. }
        | Table::Histogram { rows, .. }
        | Table::Versions { full: rows, .. } => rows,
        Table::Grid { lines, .. } => {
            let of = |line: &crate::release::GridLine| {
                let counts = line.counts.iter().map(|count| count.value);
                format!("{} {:?}", line.value, counts.collect::<Vec<_>>())
            };
            return lines.iter().map(of).collect();
        }
        other => panic!("{other:?}"),
    };
    rows.iter().map(|row| format!("{} {}", row.value, row.count.value)).collect()
}

fn version(text: &str, suffixes: &[&str]) -> Answer {
    let suffixes: Vec<_> = suffixes.iter().map(|s| crate::id::Choice::parse(s).unwrap()).collect();
    Answer::Version(Some(Version::parse(text, &suffixes).unwrap()))
}

#[test]
fn choices_of_an_older_definition_are_counted_by_their_text() {
    let older = changed(&[(
        "[\"community\", \"business\"]",
        "[\"business\", \"personal\", \"community\"]",
    )]);
    let mut tally = tally(&older);
    for entry in 0..4 {
        count(&mut tally, &older, "platform", "edition", Answer::Choice(Entry(entry)));
    }
    let now = changed(&[]);
    count(&mut tally, &now, "platform", "edition", Answer::Choice(Entry(0)));
    assert_eq!(rows(&tally, "edition"), ["community 2", "business 1", "other 2"]);
}

#[test]
fn two_entries_that_have_become_other_are_one_answer() {
    let older = changed(&[
        ("[\"mail\", \"maps\"]", "[\"chat\", \"mail\", \"news\"]"),
        ("[\"copper\", \"fibre\"]", "[\"radio\", \"laser\", \"fibre\"]"),
    ]);
    let mut tally = tally(&older);
    let all = (0..4).map(Entry).collect();
    count(&mut tally, &older, "modules", "modules", Answer::Set(all));
    count(&mut tally, &older, "modules", "modules", Answer::Set(Vec::new()));
    let ports = vec![(Entry(0), 1), (Entry(1), 3), (Entry(2), 2), (Entry(3), 0)];
    count(&mut tally, &older, "modules", "ports", Answer::Counts(ports));
    assert_eq!(rows(&tally, "modules"), ["mail 1", "other 1", "none 1"]);
    // Its largest bucket: the sum of the others is not known.
    assert_eq!(rows(&tally, "ports"), ["fibre [0, 0, 1, 0]", "other [0, 0, 0, 1]"]);
}

#[test]
fn buckets_of_an_older_definition_are_counted_where_one_bucket_holds_them() {
    // 0-4, 5-9, 10-199, 200+: the third one spans two of today's buckets.
    let older = changed(&[(
        "unit = \"devices\"\nbuckets = [0, 1, 10, 100]\nmax = 1000",
        "unit = \"devices\"\nbuckets = [0, 5, 10, 200]\nmax = 9000",
    )]);
    let mut tally = tally(&older);
    for bucket in 0..4 {
        count(&mut tally, &older, "sizes", "devices", Answer::Bucket(bucket));
    }
    // Neither 0-4 (today 0 and 1-9) nor 10-199 has a place.
    assert_eq!(rows(&tally, "devices"), ["0 0", "1-9 1", "10-99 0", "100+ 1"]);
}

#[test]
fn another_unit_is_another_question() {
    let older = changed(&[("unit = \"devices\"", "unit = \"sites\"")]);
    let mut tally = tally(&older);
    count(&mut tally, &older, "sizes", "devices", Answer::Bucket(1));
    assert_eq!(table(&release(&tally), "devices").answered.value, 0);
}

#[test]
fn suffixes_of_an_older_definition_are_counted_by_their_text() {
    let older = changed(&[("suffixes = [\"rc1\"]", "suffixes = [\"beta\", \"rc1\"]")]);
    let mut tally = tally(&older);
    for text in ["26.10.0-rc1", "26.10.0-beta", "26.10.0"] {
        let answer = version(text, &["beta", "rc1"]);
        count(&mut tally, &older, "software", "version", answer);
    }
    assert_eq!(rows(&tally, "version"), ["26.10.0-rc1 1", "26.10.0 1", "other 1"]);
}

#[test]
fn a_field_that_had_another_kind_counts_as_other_where_there_is_one() {
    let older = changed(&[(
        "kind = \"choice\"\nchoices = [\"community\", \"business\"]\n\
         titles = { community = \"Community\" }",
        "kind = \"flag\"",
    )]);
    let mut tally = tally(&older);
    count(&mut tally, &older, "platform", "edition", Answer::Flag(true));
    assert_eq!(rows(&tally, "edition"), ["other 1"]);
    // A flag has no `other`.
    let mut backwards = Tally::new(&older, "usage", tally.window(), &changed(&[]).definitions());
    let now = changed(&[]);
    let backwards = backwards.as_mut().unwrap();
    count(backwards, &now, "platform", "edition", Answer::Choice(Entry(0)));
    let edition = backwards.fields.iter().find(|f| f.field.id.as_str() == "edition").unwrap();
    assert_eq!(edition.counter.cells(), Cells::Partition(vec![0, 0]));
}

#[test]
fn what_does_not_belong_here_is_not_counted() {
    let older = changed(&[("max = 1000\n", "max = 2000\n")]);
    let mut tally = tally(&changed(&[]));
    let unknown = older.definitions().into_iter().find(|d| d.part.as_str() == "sizes").unwrap();
    let answers = vec![None, Some(Answer::Bucket(1)), None];
    let counted = tally.count_answers(&unknown.hash(), week(), &answers);
    assert_eq!(counted, Err(NotCounted::Definition));
    let known = changed(&[]).definitions().into_iter().find(|d| d.part.as_str() == "sizes");
    let known = known.unwrap().hash();
    let day: Period = "2026-11-18".parse().unwrap();
    for period in [week().next(), week().previous(), day] {
        assert_eq!(tally.count_answers(&known, period, &answers), Err(NotCounted::Period));
    }
    assert_eq!(tally.installations(), Some(0));
    tally.count_answers(&known, week(), &answers).unwrap();
    assert_eq!(tally.installations(), Some(1));
    let other_channel = Tally::new(&older, "faults", tally.window(), []);
    assert!(other_channel.is_none());
}

#[test]
fn merged_tallies_are_one_tally() {
    let manifest = changed(&[]);
    let (mut left, mut right, mut both) = (tally(&manifest), tally(&manifest), tally(&manifest));
    for n in 0u16..60 {
        let bucket = u8::try_from(n % 4).unwrap();
        let ports = vec![(Entry(n % 3), bucket)];
        for (part, field, answer) in [
            ("platform", "edition", Answer::Choice(Entry(n % 3))),
            ("software", "version", version(&format!("1.{}", n % 5), &[])),
            ("sizes", "devices", Answer::Bucket(bucket)),
            ("modules", "modules", Answer::Set((0..n % 3).map(Entry).collect())),
            ("modules", "ports", Answer::Counts(ports)),
            ("processor", "processor", Answer::Sample(format!("cpu {}", n % 7), None)),
        ] {
            let half = if n < 25 { &mut left } else { &mut right };
            count(half, &manifest, part, field, answer.clone());
            count(&mut both, &manifest, part, field, answer);
        }
    }
    left.merge(right).unwrap();
    assert_eq!(release(&left), release(&both));
    let next = Window::new(week().next(), week().next()).unwrap();
    let other = Tally::new(&manifest, "usage", next, []).unwrap();
    assert_eq!(left.merge(other).unwrap_err(), MergeError);
    let other = Tally::new(&changed(&[("\"maps\"", "\"news\"")]), "usage", both.window(), []);
    assert_eq!(left.merge(other.unwrap()).unwrap_err(), MergeError);
    assert_eq!(release(&left), release(&both), "nothing was added");
    let empty = left.emptied();
    assert_eq!(empty, tally(&manifest));
    left.merge(empty).unwrap();
    assert_eq!(left, both);
}

#[test]
fn more_invented_values_than_the_bound_withhold_the_vocabulary() {
    let manifest = changed(&[]);
    let mut tally = tally(&manifest);
    // Two open fields divide the bound.
    let bound = u32::try_from(OPEN_VALUES_MAX / 2).unwrap();
    let invent = |tally: &mut Tally, n: u32| {
        let text = format!("{}.{}.1", n / 1_000, n % 1_000);
        count(tally, &manifest, "software", "version", version(&text, &[]));
    };
    let definition = manifest.definitions().into_iter().find(|d| d.part.as_str() == "software");
    let definition = definition.unwrap();
    let place = definition.index_of("version").unwrap();
    for n in 0..bound {
        let text = format!("{}.{}.1", n / 1_000, n % 1_000);
        let mut answers = vec![None; definition.fields.len()];
        answers[place] = Some(version(&text, &[]));
        tally.count_answers(&definition.hash(), week(), &answers).unwrap();
    }
    assert_eq!(rows(&tally, "version").len(), bound as usize);
    invent(&mut tally, bound - 1);
    assert_eq!(rows(&tally, "version").len(), bound as usize, "a known value is welcome");
    invent(&mut tally, bound);
    let found = table(&release(&tally), "version");
    assert_eq!(found.answered.value, i64::from(bound) + 2);
    let Table::Versions { minor, full, folded, .. } = found.table else { panic!("versions") };
    assert!(minor.is_empty() && full.is_empty());
    assert_eq!(folded.unwrap().count, found.answered);
    // Merging does not forget it.
    let mut merged = self::tally(&manifest);
    merged.merge(tally).unwrap();
    assert!(rows(&merged, "version").is_empty());
}

#[test]
fn a_tally_s_debug_shows_no_counts() {
    let manifest = changed(&[]);
    let mut tally = tally(&manifest);
    let sample = Answer::Sample("canary".to_owned(), None);
    count(&mut tally, &manifest, "processor", "processor", sample);
    assert!(!format!("{tally:?}").contains("canary"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// However an older definition's answers are mapped, one installation stays within Δ.
    #[test]
    fn an_older_answer_moves_a_field_by_its_delta_at_most(
        entries in prop::collection::btree_map(0u16..4, 0u8..5, 0..=4),
        old_set in prop::sample::subsequence(vec!["mail", "maps", "chat", "news", "x"], 3),
        old_ports in prop::sample::subsequence(vec!["copper", "fibre", "radio", "laser"], 3),
        old_buckets in prop::sample::subsequence(vec![1, 5, 10, 50, 100, 500], 4),
    ) {
        let quoted = |list: &[&str]| format!("{list:?}");
        let older = changed(&[
            ("[\"mail\", \"maps\"]", &quoted(&old_set)),
            ("[\"copper\", \"fibre\"]", &quoted(&old_ports)),
            ("buckets = [1, 10, 100]", &format!("buckets = {old_buckets:?}")),
        ]);
        let mut tally = tally(&older);
        let set = entries.keys().map(|entry| Entry(*entry)).collect();
        count(&mut tally, &older, "modules", "modules", Answer::Set(set));
        let ports = entries.iter().map(|(entry, bucket)| (Entry(*entry), *bucket)).collect();
        count(&mut tally, &older, "modules", "ports", Answer::Counts(ports));
        for field in &tally.fields {
            let mut moved = 0;
            field.counter.cells().map(|count| {
                moved += count;
                count
            });
            let delta = i64::from(crate::publish::sensitivity(&field.field.kind));
            prop_assert!(moved <= delta, "{}: {moved}", field.field.id);
        }
    }
}
