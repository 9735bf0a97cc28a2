//! Cross-tables: what the manifest may declare, how they are counted, noised and paid for.

use std::num::NonZeroU32;

use contract::change::{Topic, changes};
use contract::destination::Destination;
use contract::manifest::Manifest;
use contract::publish::{
    CROSS_SENSITIVITY, Ledger, Noise, Protection, PublishError, Scale, publish, shares,
};
use contract::release::{CrossTable, Crossed, Release};
use contract::tally::Tally;
use serde_json::json;

use crate::fixture::{
    EXACT, MANIFEST, Scripted, changed, manifest, part, plan, release, tally, week,
};

/// Where the part `platform` ends, and two of its questions crossed.
const CROSSED: (&str, &str) = (
    "[[channel.part]]\nid = \"software\"",
    "[[channel.part.cross]]\nrows = \"edition\"\ncolumns = \"https\"\n\n\
     [[channel.part]]\nid = \"software\"",
);

pub(crate) fn crossed(changes: &[(&str, &str)]) -> Manifest {
    changed(&[&[CROSSED], changes].concat())
}

fn counted(manifest: &Manifest, pairs: &[(&str, Option<bool>, u32)]) -> Tally {
    let mut tally = tally(manifest, week());
    let mut n = 0;
    for (edition, https, times) in pairs {
        for _ in 0..*times {
            let mut answers = json!({"edition": edition});
            if let Some(https) = https {
                answers["https"] = json!(https);
            }
            tally.count(&part(manifest, "platform", "2026-W47", n, &answers)).unwrap();
            n += 1;
        }
    }
    tally
}

fn only(release: &Release) -> &CrossTable {
    let [cross] = &release.crosses[..] else { panic!("one cross-table") };
    cross
}

/// Lines and their numbers as they are published; `None` for a cell that is not.
fn cells(release: &Release) -> Vec<(&str, Vec<Option<i64>>)> {
    let Crossed::Cells { lines, .. } = &only(release).table else { return Vec::new() };
    let numbers = lines.iter().map(|line| {
        let counts = line.counts.iter().map(|count| count.map(|count| count.value));
        (line.label.value.as_str(), counts.collect())
    });
    numbers.collect()
}

const LIVELY: &[(&str, Option<bool>, u32)] = &[
    ("community", Some(true), 40),
    ("community", Some(false), 7),
    ("business", Some(true), 9),
    ("business", Some(false), 30),
];

#[test]
fn two_questions_of_a_part_are_counted_together() {
    let manifest = crossed(&[EXACT]);
    let release = release(&manifest, &counted(&manifest, LIVELY), &mut Scripted::new(&[0]));
    let cross = only(&release);
    assert_eq!((cross.rows.id.as_str(), cross.columns.id.as_str()), ("edition", "https"));
    assert_eq!((cross.answered.value, cross.answered.error_95), (86, 0));
    let Crossed::Cells { columns, .. } = &cross.table else { panic!("cells") };
    let titles: Vec<_> = columns.iter().map(|column| column.title.as_str()).collect();
    assert_eq!(titles, ["Yes", "No"]);
    let some = |numbers: [i64; 2]| numbers.map(Some).to_vec();
    // Nobody said `other`: that is one more line of zeros, which says nothing.
    assert_eq!(cells(&release)[..2], [("community", some([40, 7])), ("business", some([9, 30]))]);
    let bytes = contract::canonical::to_bytes(&release).unwrap();
    assert_eq!(Release::from_frozen(&bytes).unwrap(), release);
}

#[test]
fn tallies_are_added_pair_by_pair() {
    let manifest = crossed(&[EXACT]);
    let (half, rest) = LIVELY.split_at(2);
    let mut added = counted(&manifest, half);
    added.merge(counted(&manifest, LIVELY)).unwrap();
    added.merge(counted(&manifest, rest)).unwrap();
    assert!(added == counted(&manifest, &[LIVELY, LIVELY].concat()));
    assert!(added.merge(tally(&changed(&[EXACT]), week())).is_err());
}

#[test]
fn whoever_answered_one_question_alone_is_in_no_cell() {
    let manifest = crossed(&[EXACT]);
    let more = [LIVELY, &[("community", None, 8)]].concat();
    let published = |pairs: &[_]| {
        let release = release(&manifest, &counted(&manifest, pairs), &mut Scripted::new(&[0]));
        (only(&release).answered.value, cells(&release).first().map(|(_, cells)| cells.clone()))
    };
    assert_eq!(published(&more), (86, Some(vec![Some(40), Some(7)])));
    // Four who did not answer both could be told by subtraction: the line stands with another, and
    // no line is left to show.
    let few = [LIVELY, &[("community", None, 4)]].concat();
    assert_eq!(published(&few), (0, None));
}

#[test]
fn without_noise_a_line_with_a_small_cell_stands_with_the_least_frequent_other() {
    let manifest = crossed(&[EXACT]);
    let mut pairs = LIVELY.to_vec();
    pairs.extend([("other", Some(true), 3), ("other", Some(false), 20)]);
    let release = release(&manifest, &counted(&manifest, &pairs), &mut Scripted::new(&[0]));
    let Crossed::Cells { lines, .. } = &only(&release).table else { panic!("cells") };
    let together: Vec<_> = lines.iter().map(|line| line.label.together).collect();
    assert_eq!(together, [0, 2]);
    let some = |numbers: [i64; 2]| numbers.map(Some).to_vec();
    assert_eq!(cells(&release), [("community", some([40, 7])), ("", some([12, 50]))]);
}

#[test]
fn noise_is_on_every_cell_and_costs_one_share() {
    let manifest = crossed(&[]);
    let channel = manifest.channel("usage").unwrap();
    // Nine questions, the number of installations, and the cross-table.
    assert_eq!(shares(channel), 11);
    let plan = plan(&manifest, week());
    let Protection::Noisy(budget) = plan.protection() else { panic!("noisy") };
    let (with, without) = (crossed(&[]), changed(&[]));
    let draws = |manifest: &Manifest| {
        let mut noise = Scripted::new(&[0]);
        release(manifest, &counted(manifest, LIVELY), &mut noise);
        noise.asked
    };
    let (with, without) = (draws(&with), draws(&without));
    // Three answers to one question and two to the other, zeros too.
    assert_eq!(with.len(), without.len() + 6);
    let scale = Scale::new(CROSS_SENSITIVITY.into(), budget.share());
    assert!(with.iter().filter(|asked| **asked == scale).count() > 6);
    let published = release(&manifest, &counted(&manifest, LIVELY), &mut Scripted::new(&[3]));
    assert_eq!(cells(&published)[0], ("community", vec![Some(43), Some(10)]));
    // What is below the smallest group with its noise stands together: `other` twice, 3 each.
    let Crossed::Cells { folded: Some(folded), .. } = &only(&published).table else {
        panic!("folded cells")
    };
    assert_eq!((folded.values, folded.count.value), (Some(2), 6));
    let mut ledger = Ledger::default();
    ledger.enter(&published);
    let entry = ledger.entries().last().unwrap();
    let named = [&entry.field, &entry.by].map(|id| id.as_ref().map(ToString::to_string));
    assert_eq!(named, [Some("edition".to_owned()), Some("https".to_owned())]);
    assert_eq!(u64::from(budget.release_milli()), ledger.spent_milli("usage", 2026));
}

#[test]
fn a_cross_table_and_its_cells_are_shown_from_the_smallest_group_on() {
    // Five answered both, and the smallest group is 5.
    let five = |manifest: &Manifest| {
        let pairs = [("community", Some(true), 5), ("business", Some(true), 0)];
        release(manifest, &counted(manifest, &pairs), &mut Scripted::new(&[0]))
    };
    let noisy = five(&crossed(&[]));
    assert_eq!(cells(&noisy)[0], ("community", vec![Some(5), None]));
    let exact = five(&crossed(&[EXACT]));
    assert_eq!(cells(&exact)[0], ("community", vec![Some(5), Some(0)]));
}

#[test]
fn a_plan_is_for_tallies_of_its_own_questions_and_cross_tables() {
    let https = "question = \"Is HTTPS on?\"";
    let fewer = changed(&[(https, &format!("publish = false\n{https}"))]);
    for (of_plan, of_tally) in [(crossed(&[]), manifest()), (fewer, manifest())] {
        let tally = tally(&of_tally, week());
        let refused = publish(&tally, &plan(&of_plan, week()), &mut Scripted::new(&[0]));
        assert_eq!(refused.unwrap_err(), PublishError::OtherTally);
    }
}

/// Counts what is drawn at each scale.
struct Measured(Vec<i64>);

impl Noise for Measured {
    fn discrete_laplace(&mut self, scale: Scale) -> i64 {
        self.0.push(i64::try_from(scale.numerator() / scale.denominator()).unwrap());
        0
    }
}

#[test]
fn a_cross_table_of_records_is_noised_for_all_that_one_installation_has() {
    let disks = crate::records::DISKS.replace(
        "value = { pointer = \"/type\" }",
        "value = { pointer = \"/type\" }\n[[channel.part.field.column]]\nid = \"failing\"\n\
         question = \"Does it fail?\"\nkind = \"flag\"\nvalue = { pointer = \"/bad\" }\n\
         [[channel.part.cross]]\nrows = \"disk-type\"\ncolumns = \"failing\"",
    );
    let manifest = Manifest::parse(&[MANIFEST, &disks].concat()).unwrap();
    let mut noise = Measured(Vec::new());
    let release = release(&manifest, &tally(&manifest, week()), &mut noise);
    assert_eq!(only(&release).records.as_deref(), Some("disks"));
    let share = NonZeroU32::new(4_000 / 13).unwrap();
    let wide = Scale::new(4, share);
    let wide = i64::try_from(wide.numerator() / wide.denominator()).unwrap();
    // The cells of the cross-table are drawn last but for the headline: six of them, four disks.
    let drawn = &noise.0[noise.0.len() - 7..noise.0.len() - 1];
    assert!(drawn.iter().all(|scale| *scale == wide), "{drawn:?}, not {wide}");
}

#[test]
fn an_older_definition_s_answers_are_counted_where_they_mean_the_same() {
    let old = changed(&[
        ("choices = [\"community\", \"business\"]", "choices = [\"business\", \"free\"]"),
        ("titles = { community = \"Community\" }", ""),
    ]);
    let now = crossed(&[EXACT]);
    let definitions = old.definitions();
    let mut tally = Tally::new(&now, "usage", week(), &definitions).unwrap();
    for n in 0..40 {
        let edition = if n % 2 == 0 { "business" } else { "free" };
        let answers = json!({"edition": edition, "https": true});
        tally.count(&part(&old, "platform", "2026-W47", n, &answers)).unwrap();
    }
    let release = release(&now, &tally, &mut Scripted::new(&[0]));
    let some = |numbers: [i64; 2]| numbers.map(Some).to_vec();
    assert_eq!(cells(&release)[1..], [("business", some([20, 0])), ("other", some([20, 0]))]);
}

fn problems(changes: &[(&str, &str)]) -> String {
    let mut text = MANIFEST.replace(CROSSED.0, CROSSED.1);
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    Manifest::parse(&text).unwrap_err().to_string()
}

#[test]
fn a_cross_table_of_what_travels_apart_or_is_not_published_is_refused() {
    let names = |rows: &'static str, columns: &'static str| {
        [
            ("rows = \"edition\"\ncolumns = \"https\"", "rows = ROWS\ncolumns = COLUMNS"),
            ("ROWS", rows),
            ("COLUMNS", columns),
        ]
    };
    assert!(problems(&names("\"edition\"", "\"devices\"")).contains("has no field `devices`"));
    assert!(problems(&names("\"edition\"", "\"edition\"")).contains("crossed with itself"));
    let question = "question = \"Is HTTPS on?\"";
    let hidden = [(question, &*format!("{question}\npublish = false"))];
    assert!(problems(&hidden).contains("`https` is not published"));
    let twice = [(CROSSED.1, "[[channel.part.cross]]\nrows = \"https\"\ncolumns = \"edition\"\n")];
    let twice = [(twice[0].0, [twice[0].1, CROSSED.1].concat())];
    let twice: Vec<_> = twice.iter().map(|(a, b)| (*a, b.as_str())).collect();
    assert!(problems(&twice).contains("there twice"));
    let open = [(
        "[[channel.part]]\nid = \"sizes\"",
        "[[channel.part.cross]]\nrows = \"edition\"\ncolumns = \"version\"\n\
         [[channel.part]]\nid = \"sizes\"",
    )];
    assert!(problems(&open).contains("`version` is a `version`, which no cross-table holds"));
    let wide: Vec<String> = (0..201).map(|n| format!("\"c{n}\"")).collect();
    let wide = format!("choices = [{}]", wide.join(", "));
    let wide = [
        ("choices = [\"community\", \"business\"]", wide.as_str()),
        ("anchor = \"edition\"", ""),
        ("titles = { community = \"Community\" }", ""),
    ];
    assert!(problems(&wide).contains("has 404 cells"));
}

#[test]
fn without_noise_a_question_but_the_anchor_is_in_one_cross_table() {
    let sizes = (
        "[[channel.part]]\nid = \"modules\"",
        "[[channel.part.cross]]\nrows = \"edition\"\ncolumns = \"devices\"\n\
         [[channel.part.cross]]\nrows = \"devices\"\ncolumns = \"capacity\"\n\n\
         [[channel.part]]\nid = \"modules\"",
    );
    let said = problems(&[EXACT, sizes]);
    assert!(said.contains("`devices` is in two cross-tables, without noise"), "{said}");
    assert!(!said.contains("`edition`"), "{said}");
    assert_eq!(crossed(&[sizes]).channel("usage").unwrap().parts[2].crosses.len(), 2);
}

#[test]
fn to_publish_two_answers_together_is_asked_again_and_to_stop_it_is_not() {
    let (plain, together) = (changed(&[]), crossed(&[]));
    let found = |old: &Manifest, new: &Manifest| {
        let [a, b] = [old, new].map(|manifest| Destination::of(&manifest.program, None));
        changes((old, &a), (new, &b), "usage")
    };
    let [change] = &found(&plain, &together)[..] else { panic!("one change") };
    assert_eq!((change.topic, change.asked), (Topic::Publication, true));
    assert_eq!(change.part.as_ref().map(ToString::to_string).as_deref(), Some("platform"));
    assert_eq!(change.what, "now published together: “Which edition?” with “Is HTTPS on?”");
    let [change] = &found(&together, &plain)[..] else { panic!("one change") };
    assert!(!change.asked);
    assert_eq!(found(&together, &together), []);
}
