//! Attackers on exact releases, who look for small groups of which they can tell the size.
//!
//! They know the manifest, the program with its rule of suppression, and the release. A group is
//! defined by any combination of answers, and small if it has at least one and fewer than five.
//!
//! The first attacker searches exhaustively: he publishes every small world and keeps those whose
//! release looks the same. What is equal in all of them, he knows. The second one solves the linear
//! equations that a release states about a larger world. Both must fail, and both must succeed when
//! small numbers are left out and nothing else is done.

use std::collections::HashMap;

use contract::answer::{Answer, Entry};
use contract::calendar::Period;
use contract::definition::Definition;
use contract::manifest::Manifest;
use contract::publish::{Noise, Plan, Rehearsal, publish};
use contract::release::{Release, Table};
use contract::tally::Tally;
use contract::version::Version;
use jiff::civil::date;
use serde_json::Value;

use crate::fixture::{EXACT, Sampler, Scripted, changed, plan, table, tally, week};

const SMALLEST: i64 = 5;

/// A field, and the answers that installations of a world give to it; perhaps together with their
/// answers to other fields of the same part.
struct Field {
    manifest: Manifest,
    id: &'static str,
    answers: Vec<Vec<Option<Answer>>>,
    /// What does not change from world to world.
    empty: Tally,
    plan: Plan,
    definition: Definition,
}

impl Field {
    fn new(id: &'static str, answers: Vec<Answer>) -> Self {
        Self::with(&[id], answers.into_iter().map(|answer| vec![Some(answer)]).collect())
    }

    /// The fields are in the order of their names, as answers are.
    fn with(ids: &[&'static str], answers: Vec<Vec<Option<Answer>>>) -> Self {
        // The field alone, and a part that is not published: the rest would only take time.
        let mut manifest = changed(&[EXACT]);
        let channel = &mut manifest.channels[0];
        channel.anchor = None;
        for part in &mut channel.parts {
            part.fields.retain(|field| ids.contains(&field.id.as_str()) || !field.publish);
        }
        channel.parts.retain(|part| !part.fields.is_empty());
        let definition = manifest.definitions().remove(0);
        let (empty, plan) = (tally(&manifest, week()), plan(&manifest, week()));
        Self { manifest, id: ids[0], answers, empty, plan, definition }
    }

    /// The tally of a world in which so many gave each answer.
    fn tally(&self, world: &[i64]) -> Tally {
        let mut tally = self.empty.clone();
        let period: Period = "2026-W47".parse().unwrap();
        for (answers, times) in self.answers.iter().zip(world) {
            for _ in 0..*times {
                tally.count_answers(&self.definition.hash(), period, answers).unwrap();
            }
        }
        tally
    }

    /// What is published of a world.
    fn published(&self, tally: &Tally) -> Release {
        publish(tally, &self.plan, &mut Scripted::new(&[0])).unwrap()
    }

    /// What would be published if small numbers were left out and nothing else was done.
    fn published_without_suppression(&self, tally: &Tally) -> Release {
        let right = Rehearsal::on("::1".parse().unwrap()).unwrap();
        let channel = self.manifest.channel("usage").unwrap();
        let plan = Plan::rehearsal(channel, week(), 1, date(2026, 11, 25), right).unwrap();
        let release = publish(tally, &plan, &mut Scripted::new(&[0])).unwrap();
        let mut json = serde_json::to_value(&release).unwrap();
        leave_small_ones_out(&mut json);
        Release::from_frozen(&serde_json::to_vec(&json).unwrap()).unwrap()
    }
}

fn leave_small_ones_out(json: &mut Value) {
    match json {
        Value::Array(items) => {
            let small = |item: &Value| {
                let count = item.get("count").or_else(|| item.get("installations"));
                let value = count.and_then(|count| count.get("value")).and_then(Value::as_i64);
                value.is_some_and(|value| 0 < value && value < SMALLEST)
            };
            items.retain(|item| !small(item));
            items.iter_mut().for_each(leave_small_ones_out);
        }
        Value::Object(map) => {
            map.remove("total");
            map.values_mut().for_each(leave_small_ones_out);
        }
        _ => {}
    }
}

fn choices(id: &'static str, entries: u16) -> Field {
    Field::new(id, (0..entries).map(|entry| Answer::Choice(Entry(entry))).collect())
}

fn flags() -> Field {
    Field::new("https", vec![Answer::Flag(true), Answer::Flag(false)])
}

/// Two questions of one part: what their tables say together.
fn two_questions() -> Field {
    let editions = (0..3).flat_map(|entry| [true, false].map(|flag| (entry, flag)));
    let answers = editions
        .map(|(entry, flag)| vec![Some(Answer::Choice(Entry(entry))), Some(Answer::Flag(flag))]);
    Field::with(&["edition", "https"], answers.collect())
}

/// Two sets of entries would be too many worlds; a set and lines of counts overlap just as well.
fn set_and_counts() -> Field {
    let sets = [vec![], vec![Entry(0)], vec![Entry(0), Entry(1)]];
    let lines = [vec![], vec![(Entry(0), 1)], vec![(Entry(0), 2)]];
    let answers = sets.iter().flat_map(|set| {
        let line = |line: &Vec<_>| {
            vec![Some(Answer::Set(set.clone())), Some(Answer::Counts(line.clone()))]
        };
        lines.iter().map(line)
    });
    Field::with(&["modules", "ports"], answers.collect())
}

fn buckets() -> Field {
    Field::new("devices", (0..4).map(Answer::Bucket).collect())
}

fn sets() -> Field {
    let entries = |mask: u16| (0..3).filter(|e| mask & (1 << e) != 0).map(Entry).collect();
    Field::new("modules", (0..8).map(|mask| Answer::Set(entries(mask))).collect())
}

/// One line with all its buckets, or two lines with two.
fn counts(lines: u16, buckets: u8) -> Field {
    let mut answers: Vec<Vec<(Entry, u8)>> = vec![Vec::new()];
    for line in 0..lines {
        let with = |answer: &Vec<_>, bucket| [answer.as_slice(), &[(Entry(line), bucket)]].concat();
        let more: Vec<_> =
            answers.iter().flat_map(|a| (0..buckets).map(move |b| with(a, b))).collect();
        answers.extend(more);
    }
    Field::new("ports", answers.into_iter().map(Answer::Counts).collect())
}

const VERSIONS: [&str; 4] = ["26.10.1", "26.10.0", "26.9.1", "26.9.0"];

fn versions() -> Field {
    let read = |text: &&str| Answer::Version(Version::parse(text, &[]));
    Field::new("version", VERSIONS.iter().map(read).chain([Answer::Version(None)]).collect())
}

fn samples() -> Field {
    let value = |text: &str| Answer::Sample(text.to_owned(), None);
    Field::new("processor", ["a", "b", "c", "d"].map(value).to_vec())
}

/// All worlds of at most so many installations.
fn worlds(answers: usize, most: i64) -> Vec<Vec<i64>> {
    let mut worlds = vec![Vec::new()];
    for _ in 0..answers {
        let longer = |world: &Vec<i64>| {
            let left = most - world.iter().sum::<i64>();
            let world = world.clone();
            (0..=left).map(move |count| [world.as_slice(), &[count]].concat())
        };
        worlds = worlds.iter().flat_map(longer).collect();
    }
    worlds
}

/// Sizes of groups that are the same in all worlds of one release; `None` once they differ.
type Known = Vec<Option<i64>>;

/// How many worlds there are in which the searching attacker can tell the size of a small group,
/// and one of them.
fn search(
    field: &Field,
    most: i64,
    publish: impl Fn(&Tally) -> Release,
) -> (usize, Option<Vec<i64>>) {
    let worlds = worlds(field.answers.len(), most);
    let groups = 1usize << field.answers.len();
    let size = |world: &[i64], group: usize| -> i64 {
        let members = world.iter().enumerate().filter(|(answer, _)| group & (1 << answer) != 0);
        members.map(|(_, count)| count).sum()
    };
    let mut known: HashMap<Vec<u8>, (Known, Vec<i64>)> = HashMap::new();
    for world in &worlds {
        let release = publish(&field.tally(world));
        let seen = (release.installations, &release.fields);
        let seen = serde_json::to_vec(&seen).unwrap();
        match known.get_mut(&seen) {
            None => {
                let sizes = (1..groups).map(|group| Some(size(world, group))).collect();
                known.insert(seen, (sizes, world.clone()));
            }
            Some((sizes, _)) => {
                for (group, known) in (1..groups).zip(sizes) {
                    *known = known.filter(|known| *known == size(world, group));
                }
            }
        }
    }
    let small = |size: &Option<i64>| size.is_some_and(|size| 0 < size && size < SMALLEST);
    let told = known.into_values().find(|(sizes, _)| sizes.iter().any(small));
    (worlds.len(), told.map(|(_, world)| world))
}

fn fields() -> Vec<(Field, i64)> {
    vec![
        (flags(), 30),
        (choices("edition", 3), 17),
        (buckets(), 15),
        (sets(), 10),
        (counts(1, 4), 12),
        (counts(2, 2), 8),
        (versions(), 13),
        (samples(), 15),
        (two_questions(), 12),
        (set_and_counts(), 8),
    ]
}

#[test]
fn whoever_searches_all_small_worlds_finds_no_small_group() {
    let mut searched = 0;
    for (field, most) in fields() {
        let (worlds, told) = search(&field, most, |tally| field.published(tally));
        assert_eq!(told, None, "{}", field.id);
        searched += worlds;
    }
    assert!(searched > 130_000, "{searched} worlds");
}

#[test]
fn without_suppression_whoever_searches_finds_one_in_every_table() {
    for (field, most) in fields() {
        let most = most.min(9);
        let (_, told) = search(&field, most, |tally| field.published_without_suppression(tally));
        assert!(told.is_some(), "{}", field.id);
    }
}

/// Equations over the answers of a world: coefficients, and the sum at the end.
struct Equations(Vec<Vec<i64>>);

impl Equations {
    /// What a release says of one field, in which an installation gives one answer of these.
    fn of(release: &Release, field: &Field, value: impl Fn(usize) -> Vec<String>) -> Self {
        let answers = field.answers.len();
        let mut equations = Vec::new();
        let mut state = |holds: &dyn Fn(&str) -> bool, sum: i64| {
            let is_in = |answer| i64::from(value(answer).iter().any(|value| holds(value)));
            equations.push((0..answers).map(is_in).chain([sum]).collect());
        };
        let found = table(release, field.id);
        match &found.table {
            Table::TooFew => {}
            // What a catalogue does not fold, it does not count either.
            Table::Catalogue { rows, folded: None, .. }
                if rows.iter().map(|row| row.count.value).sum::<i64>() == found.answered.value =>
            {
                for row in rows {
                    state(&|value| value == row.value, row.count.value);
                }
            }
            Table::Shares { rows, .. }
            | Table::Histogram { rows, .. }
            | Table::Catalogue { rows, .. } => {
                state(&|_| true, found.answered.value);
                for row in rows {
                    state(&|value| value == row.value, row.count.value);
                }
            }
            Table::Versions { minor, full, .. } => {
                state(&|_| true, found.answered.value);
                for row in minor.iter().chain(full) {
                    state(&|value| value == row.value, row.count.value);
                }
            }
            other => panic!("{other:?}"),
        }
        Self(equations)
    }

    /// The size of every group of answers that follows from them: those whose indicator is a sum
    /// of the equations.
    fn determined(self) -> Vec<(usize, i64)> {
        let width = self.0.first().map_or(0, |equation| equation.len() - 1);
        let reduced = reduced(self.0, width);
        let groups = 1..1usize << width;
        groups.filter_map(|group| Some((group, size_of(&reduced, group, width)?))).collect()
    }
}

/// Gauss's elimination, with whole numbers: equations of few answers and ones and zeros cannot grow
/// out of them.
pub(crate) fn reduced(mut equations: Vec<Vec<i64>>, width: usize) -> Vec<Vec<i64>> {
    let mut done = 0;
    for column in 0..width {
        let Some(pivot) = (done..equations.len()).find(|row| equations[*row][column] != 0) else {
            continue;
        };
        equations.swap(done, pivot);
        let pivot = equations[done].clone();
        for (row, equation) in equations.iter_mut().enumerate() {
            let factor = equation[column];
            if row != done && factor != 0 {
                for (a, b) in equation.iter_mut().zip(&pivot) {
                    *a = *a * pivot[column] - *b * factor;
                }
            }
        }
        done += 1;
    }
    equations
}

/// The size of a group, where it follows from reduced equations.
pub(crate) fn size_of(equations: &[Vec<i64>], group: usize, width: usize) -> Option<i64> {
    let is_in = |answer: usize| i64::from(group & (1 << answer) != 0);
    let mut left: Vec<i64> = (0..width).map(is_in).collect();
    let mut sum = 0;
    for equation in equations {
        let Some(pivot) = equation[..width].iter().position(|a| *a != 0) else { continue };
        if left[pivot] % equation[pivot] != 0 {
            return None;
        }
        let factor = left[pivot] / equation[pivot];
        sum += factor * equation[width];
        for (left, a) in left.iter_mut().zip(equation) {
            *left -= factor * a;
        }
    }
    left.iter().all(|a| *a == 0).then_some(sum)
}

/// In how many of so many random worlds linear algebra tells the size of a small group.
fn solve(worlds: u64, publish: impl Fn(&Field, &Tally) -> Release) -> usize {
    let mut random = Sampler::new(11);
    let mut told = 0;
    let fields = [choices("edition", 3), buckets(), versions(), samples()];
    for _ in 0..worlds {
        for field in &fields {
            // Few small and some large ones, as in life.
            let world: Vec<i64> = field.answers.iter().map(|_| size(&mut random)).collect();
            let release = publish(field, &field.tally(&world));
            let value = |answer: usize| match (field.id, answer) {
                ("version", 4) => vec!["other".to_owned()],
                ("version", n) => {
                    let full = VERSIONS[n];
                    vec![full.to_owned(), full.rsplit_once('.').unwrap().0.to_owned()]
                }
                ("edition", n) => vec![["community", "business", "other"][n].to_owned()],
                ("devices", n) => vec![["0", "1-9", "10-99", "100+"][n].to_owned()],
                (_, n) => vec![["a", "b", "c", "d"][n].to_owned()],
            };
            let determined = Equations::of(&release, field, value).determined();
            for (group, size) in determined {
                let members = world.iter().enumerate().filter(|(a, _)| group & (1 << a) != 0);
                let truth: i64 = members.map(|(_, count)| count).sum();
                assert_eq!(size, truth, "the algebra is right: {world:?} {group:b}");
                told += usize::from(0 < size && size < SMALLEST);
            }
        }
    }
    told
}

fn size(random: &mut Sampler) -> i64 {
    let scale = contract::publish::Scale::new(6, std::num::NonZeroU32::new(1_000).unwrap());
    random.discrete_laplace(scale).abs()
}

#[test]
fn linear_algebra_tells_no_small_group_of_12_000_random_worlds() {
    assert_eq!(solve(3_000, Field::published), 0);
}

#[test]
fn without_suppression_linear_algebra_tells_thousands() {
    let told = solve(1_000, Field::published_without_suppression);
    assert!(told > 1_000, "{told}");
}
