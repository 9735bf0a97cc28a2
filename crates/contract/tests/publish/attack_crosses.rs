//! Attackers on exact cross-tables. A cross-table has margins: the tables of its two questions.
//!
//! They know the manifest, the rule and the release, and look for a combination of answers that
//! fewer than five, but some, have given. The first publishes every small world; the second takes
//! larger worlds, one by one, and publishes every other world with the same margins; the third
//! solves the equations that a release states. Without suppression each of them succeeds.

use std::collections::BTreeMap;

use contract::answer::{Answer, Entry};
use contract::calendar::Period;
use contract::definition::Definition;
use contract::publish::{Noise, Plan, Rehearsal, Scale, publish};
use contract::release::{Crossed, Release, Table};
use contract::tally::Tally;
use jiff::civil::date;

use crate::crosses::crossed;
use crate::fixture::{EXACT, Sampler, Scripted, plan, table, tally, week};

const SMALLEST: i64 = 5;

/// What an installation may answer to the two questions: an entry of each, or nothing.
type Pair = (Option<usize>, Option<usize>);

/// How many gave each pair.
type World = Vec<i64>;

/// A cross-table, and the pairs of answers that a world is made of.
struct Setting {
    empty: Tally,
    plan: Plan,
    open: Plan,
    definition: Definition,
    pairs: Vec<Pair>,
}

impl Setting {
    /// So many lines and two columns; with those who answer only one of the questions.
    fn new(lines: usize, one_alone: bool) -> Self {
        let mut manifest = crossed(&[EXACT]);
        let channel = &mut manifest.channels[0];
        channel.anchor = None;
        channel.parts.retain(|part| part.id.as_str() == "platform");
        let definition = manifest.definitions().remove(0);
        let mut pairs = Vec::new();
        for line in 0..lines {
            pairs.extend([0, 1].map(|column| (Some(line), Some(column))));
            pairs.extend(one_alone.then_some((Some(line), None)));
        }
        pairs.extend([0, 1].map(|column| (None, Some(column))).into_iter().filter(|_| one_alone));
        let right = Rehearsal::on("::1".parse().unwrap()).unwrap();
        let channel = manifest.channel("usage").unwrap();
        let open = Plan::rehearsal(channel, week(), 1, date(2026, 11, 25), right).unwrap();
        let (empty, plan) = (tally(&manifest, week()), plan(&manifest, week()));
        Self { empty, plan, open, definition, pairs }
    }

    fn tally(&self, world: &World) -> Tally {
        let mut tally = self.empty.clone();
        let period: Period = "2026-W47".parse().unwrap();
        for ((line, column), times) in self.pairs.iter().zip(world) {
            let edition = line.map(|line| Answer::Choice(Entry::at(line)));
            let answers = [edition, column.map(|column| Answer::Flag(column == 0))];
            for _ in 0..*times {
                tally.count_answers(&self.definition.hash(), period, &answers).unwrap();
            }
        }
        tally
    }

    fn published(&self, world: &World) -> Release {
        publish(&self.tally(world), &self.plan, &mut Scripted::new(&[0])).unwrap()
    }

    /// Both margins by the rule, and every cell that is not small.
    fn published_without_suppression(&self, world: &World) -> Release {
        let tally = self.tally(world);
        let margins = publish(&tally, &self.plan, &mut Scripted::new(&[0])).unwrap();
        let open = publish(&tally, &self.open, &mut Scripted::new(&[0])).unwrap();
        let mut json = serde_json::to_value(&margins).unwrap();
        json["crosses"] = serde_json::to_value(&open.crosses).unwrap();
        let Some(lines) = json["crosses"][0]["table"]["lines"].as_array_mut() else {
            return margins;
        };
        for count in lines.iter_mut().flat_map(|line| line["counts"].as_array_mut().unwrap()) {
            if (1..SMALLEST).contains(&count["value"].as_i64().unwrap()) {
                *count = serde_json::Value::Null;
            }
        }
        Release::from_frozen(&serde_json::to_vec(&json).unwrap()).unwrap()
    }

    /// The size of a group of pairs.
    fn size(world: &World, group: usize) -> i64 {
        let members = world.iter().enumerate().filter(|(pair, _)| group & (1 << pair) != 0);
        members.map(|(_, count)| count).sum()
    }

    /// Every group that says something about an answer. Who did not answer at all is not hidden:
    /// those who gave no answer to one question, whatever they said to the other, are no group.
    fn groups(&self) -> impl Iterator<Item = usize> {
        let of = |wanted: fn(&Pair) -> bool| -> usize {
            let pairs = self.pairs.iter().enumerate().filter(|(_, pair)| wanted(pair));
            pairs.map(|(at, _)| 1 << at).sum()
        };
        let [no_line, no_column] = [of(|(line, _)| line.is_none()), of(|(_, c)| c.is_none())];
        (1..1usize << self.pairs.len())
            .filter(move |group| ![no_line, no_column, no_line | no_column].contains(group))
    }

    /// The small groups whose size somebody knows who thinks that these worlds are possible, and no
    /// others.
    fn told(&self, worlds: &[World]) -> Vec<usize> {
        let Some((first, others)) = worlds.split_first() else { return Vec::new() };
        let is_told = |group: &usize| {
            let size = Self::size(first, *group);
            0 < size
                && size < SMALLEST
                && others.iter().all(|world| Self::size(world, *group) == size)
        };
        self.groups().filter(is_told).collect()
    }

    /// Whether a cross-table tells a small group that the tables of its questions do not: that all
    /// who answered said the same, and one did not answer, is told by these already.
    fn tells_more(&self, possible: &[World], without: &[World]) -> bool {
        let told = self.told(possible);
        !told.is_empty() && {
            let before = self.told(without);
            told.iter().any(|group| !before.contains(group))
        }
    }
}

/// All worlds of at most so many installations.
fn worlds(pairs: usize, most: i64) -> Vec<World> {
    let mut worlds = vec![Vec::new()];
    for _ in 0..pairs {
        let longer = |world: &World| {
            let (left, world) = (most - world.iter().sum::<i64>(), world.clone());
            (0..=left).map(move |count| [world.as_slice(), &[count]].concat())
        };
        worlds = worlds.iter().flat_map(longer).collect();
    }
    worlds
}

/// How many worlds there are, and how many releases of which the searching attacker learns a small
/// group from the cross-table.
fn search(setting: &Setting, most: i64, publish: impl Fn(&World) -> Release) -> (usize, usize) {
    let mut alike: BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Vec<World>>> = BTreeMap::new();
    let worlds = worlds(setting.pairs.len(), most);
    let searched = worlds.len();
    for world in worlds {
        let release = publish(&world);
        let own = serde_json::to_vec(&(release.installations, &release.fields)).unwrap();
        let cross = serde_json::to_vec(&release.crosses).unwrap();
        alike.entry(own).or_default().entry(cross).or_default().push(world);
    }
    let mut told = 0;
    for crosses in alike.values() {
        let without: Vec<World> = crosses.values().flatten().cloned().collect();
        told += crosses.values().filter(|worlds| setting.tells_more(worlds, &without)).count();
    }
    (searched, told)
}

#[test]
fn whoever_searches_all_small_worlds_finds_no_small_pair() {
    let settings =
        [(Setting::new(2, false), 27), (Setting::new(3, false), 15), (Setting::new(2, true), 9)];
    let mut searched = 0;
    for (setting, most) in settings {
        let (worlds, told) = search(&setting, most, |world| setting.published(world));
        assert_eq!(told, 0, "{:?}", setting.pairs);
        searched += worlds;
    }
    assert!(searched > 100_000, "{searched} worlds");
}

#[test]
fn without_suppression_whoever_searches_finds_small_pairs() {
    let setting = Setting::new(2, false);
    let (_, told) = search(&setting, 20, |world| setting.published_without_suppression(world));
    assert!(told > 100, "{told}");
}

/// Every world with the same margins and as many installations: line by line, each cell as large as
/// its line and its column allow; the last of a line or column is what they leave.
fn same_margins(setting: &Setting, world: &World) -> Vec<World> {
    let margin = |of: &dyn Fn(&Pair) -> Option<usize>, which: usize| -> i64 {
        let pairs = setting.pairs.iter().zip(world);
        pairs.filter(|(pair, _)| of(pair) == Some(which)).map(|(_, count)| count).sum()
    };
    let mut found = vec![(
        Vec::new(),
        [0, 1, 2].map(|n| margin(&|p| p.0, n)),
        [0, 1].map(|n| margin(&|p| p.1, n)),
    )];
    for (at, (line, column)) in setting.pairs.iter().enumerate() {
        let later = &setting.pairs[at + 1..];
        let last_of_line = line.is_some() && later.iter().all(|(other, _)| other != line);
        let last_of_column = column.is_some() && later.iter().all(|(_, other)| other != column);
        let mut longer = Vec::new();
        for (cells, lines, columns) in found {
            let left_in_line = line.map_or(i64::MAX, |line| lines[line]);
            let left_in_column = column.map_or(i64::MAX, |column| columns[column]);
            let most = left_in_line.min(left_in_column);
            let least = match (last_of_line, last_of_column) {
                (true, true) => left_in_line.max(left_in_column),
                (true, false) => left_in_line,
                (false, true) => left_in_column,
                (false, false) => 0,
            };
            for count in least..=most {
                let (mut cells, mut lines, mut columns): (World, [i64; 3], [i64; 2]) =
                    (Clone::clone(&cells), lines, columns);
                cells.push(count);
                if let Some(line) = line {
                    lines[*line] -= count;
                }
                if let Some(column) = column {
                    columns[*column] -= count;
                }
                longer.push((cells, lines, columns));
            }
        }
        found = longer;
    }
    let all: i64 = world.iter().sum();
    found
        .into_iter()
        .map(|(cells, ..)| cells)
        .filter(|cells| cells.iter().sum::<i64>() == all)
        .collect()
}

fn size(random: &mut Sampler, scale: u64) -> i64 {
    let scale = Scale::new(scale, std::num::NonZeroU32::new(1_000).unwrap());
    random.discrete_laplace(scale).abs()
}

/// Of so many random worlds: those of which the searching attacker learns a small group, and how
/// many worlds he looked at. In each of them both questions' own tables fold nothing, so that he
/// knows the margins.
fn search_margins(
    setting: &Setting,
    times: usize,
    publish: impl Fn(&World) -> Release,
) -> (usize, usize) {
    let mut random = Sampler::new(23);
    let (mut told, mut searched, mut tried) = (0, 0, 0);
    while tried < times {
        let world: World = setting.pairs.iter().map(|_| size(&mut random, 5)).collect();
        let seen = publish(&world);
        let folds = |id| !matches!(&table(&seen, id).table, Table::Shares { folded: None, .. });
        if folds("edition") || folds("https") {
            continue;
        }
        tried += 1;
        let alike = same_margins(setting, &world);
        assert!(alike.contains(&world));
        searched += alike.len();
        let same = |world: &&World| publish(world).crosses == seen.crosses;
        let possible: Vec<World> = alike.iter().filter(same).cloned().collect();
        told += usize::from(setting.tells_more(&possible, &alike));
    }
    (told, searched)
}

#[test]
fn whoever_searches_all_worlds_with_the_same_margins_finds_no_small_pair() {
    let (mut searched, mut times) = (0, 0);
    for (setting, random) in [
        (Setting::new(2, false), 2_000),
        (Setting::new(3, false), 1_000),
        (Setting::new(2, true), 150),
    ] {
        let (told, worlds) = search_margins(&setting, random, |world| setting.published(world));
        assert_eq!(told, 0, "{:?}", setting.pairs);
        searched += worlds;
        times += random;
    }
    assert!(searched > 50_000, "{searched} worlds beside {times}");
}

#[test]
fn without_suppression_the_margins_give_small_pairs_away() {
    let setting = Setting::new(3, false);
    let publish = |world: &World| setting.published_without_suppression(world);
    let (told, _) = search_margins(&setting, 200, publish);
    assert!(told > 50, "{told}");
}

/// What a pair answers to one of the questions.
type Side = fn(&Pair) -> Option<usize>;

/// Equations over the pairs of a world: coefficients, and the sum at the end.
fn equations(setting: &Setting, release: &Release) -> Vec<Vec<i64>> {
    let mut equations = Vec::new();
    let mut state = |holds: &dyn Fn(&Pair) -> bool, sum: i64| {
        let coefficients = setting.pairs.iter().map(|pair| i64::from(holds(pair)));
        equations.push(coefficients.chain([sum]).collect());
    };
    let place = |value: &str| {
        ["community", "business", "other", "true", "false"]
            .iter()
            .position(|known| *known == value)
            .map(|at| at % 3)
    };
    let own: [(&str, Side); 2] = [("edition", |p| p.0), ("https", |p| p.1)];
    for (id, of) in own {
        let found = table(release, id);
        let Table::Shares { rows, .. } = &found.table else { continue };
        state(&|pair| of(pair).is_some(), found.answered.value);
        for row in rows {
            state(&|pair| of(pair) == place(&row.value), row.count.value);
        }
    }
    let [cross] = &release.crosses[..] else { panic!("one") };
    if let Crossed::Cells { columns, lines, .. } = &cross.table {
        state(&|(line, column)| line.is_some() && column.is_some(), cross.answered.value);
        let named: Vec<_> = lines.iter().filter_map(|line| place(&line.label.value)).collect();
        let shown: Vec<_> = columns.iter().filter_map(|column| place(&column.value)).collect();
        for line in lines {
            for (column, count) in columns.iter().zip(&line.counts) {
                let Some(count) = count else { continue };
                let is_in = |at: Option<usize>, value: &str, named: &[usize]| match place(value) {
                    None => at.is_some_and(|at| !named.contains(&at)),
                    place => at == place,
                };
                let holds = |pair: &Pair| {
                    is_in(pair.0, &line.label.value, &named) && is_in(pair.1, &column.value, &shown)
                };
                state(&holds, count.value);
            }
        }
    }
    equations
}

/// How many small groups of this world follow from the equations: those whose indicator is a sum
/// of them.
fn solved(setting: &Setting, equations: Vec<Vec<i64>>, world: &World) -> usize {
    let width = setting.pairs.len();
    let reduced = crate::attack::reduced(equations, width);
    let follows = |group: &usize| {
        let size = crate::attack::size_of(&reduced, *group, width);
        if let Some(size) = size {
            assert_eq!(size, Setting::size(world, *group), "the algebra is right: {world:?}");
        }
        size.is_some_and(|size| 0 < size && size < SMALLEST)
    };
    setting.groups().filter(follows).count()
}

fn solve(
    settings: &[Setting],
    times: usize,
    publish: impl Fn(&Setting, &World) -> Release,
) -> usize {
    let mut random = Sampler::new(29);
    let mut told = 0;
    for setting in settings {
        for _ in 0..times {
            let world: World = setting.pairs.iter().map(|_| size(&mut random, 12)).collect();
            told += solved(setting, equations(setting, &publish(setting, &world)), &world);
        }
    }
    told
}

fn settings() -> [Setting; 3] {
    [Setting::new(2, false), Setting::new(3, false), Setting::new(2, true)]
}

#[test]
fn linear_algebra_tells_no_small_pair_of_12_000_random_worlds() {
    assert_eq!(solve(&settings(), 4_000, Setting::published), 0);
}

#[test]
fn without_suppression_linear_algebra_tells_thousands_of_small_pairs() {
    let told = solve(&settings(), 1_000, Setting::published_without_suppression);
    assert!(told > 1_000, "{told}");
}
