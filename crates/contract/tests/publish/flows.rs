//! Moves from step to step: what leaves, what is counted, what is published.

use std::collections::BTreeMap;

use contract::answer::{Answer, Entry, Fact, answer};
use contract::definition::Definition;
use contract::kind::{Kind, Moves};
use contract::manifest::{Field, Manifest};
use contract::part;
use contract::publish::{Scale, sensitivity};
use contract::release::{GridLine, Release, Table};
use contract::tally::Tally;
use serde_json::json;

use crate::fixture::{EXACT, MANIFEST, Scripted, part, plan, release, table, tally, week};

const VISITS: &str = include_str!("visits.toml");

/// The manifest, or what is wrong with it.
fn parsed(edits: &[(&str, &str)]) -> Result<Manifest, String> {
    let text = edits.iter().fold([MANIFEST, VISITS].concat(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    Manifest::parse(&text).map_err(|problems| problems.to_string())
}

fn manifest(edits: &[(&str, &str)]) -> Manifest {
    parsed(edits).unwrap_or_else(|problems| panic!("{problems}"))
}

fn visits(manifest: &Manifest) -> &Field {
    manifest.channel("usage").unwrap().field("visits").unwrap()
}

fn definition(manifest: &Manifest) -> Definition {
    manifest.definitions().into_iter().find(|d| d.part.as_str() == "visits").unwrap()
}

/// The moves of an answer with the labels of their buckets, as they leave.
fn leaves(field: &Field, facts: &[(&str, u64)]) -> Vec<(String, String)> {
    let facts: BTreeMap<_, _> = facts.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    let Ok(Answer::Counts(moves)) = answer(field, &Fact::Numbers(facts)) else { panic!("moves") };
    let label = |bucket: u8| field.kind.bucket_label(bucket.into()).unwrap();
    moves.iter().map(|(place, bucket)| (field.kind.thing_text(*place), label(*bucket))).collect()
}

/// So many installations with these moves.
fn counted(manifest: &Manifest, sheets: &[(u32, serde_json::Value)]) -> Tally {
    let mut tally = tally(manifest, week());
    let mut n = 0;
    for (times, moves) in sheets {
        for _ in 0..*times {
            n += 1;
            let answers = json!({"visits": moves});
            tally.count(&part(manifest, "visits", "2026-W47", n, &answers)).unwrap();
        }
    }
    tally
}

fn lines(release: &Release) -> Vec<(&str, i64)> {
    let Table::Flow { lines, .. } = &table(release, "visits").table else { panic!("a flow") };
    let of = |line: &GridLine| line.installations.value;
    lines.iter().map(|line| (line.value.as_str(), of(line))).collect()
}

#[test]
fn every_move_has_a_place_and_one_spelling() {
    let manifest = manifest(&[]);
    let Kind::Flow { steps, .. } = &visits(&manifest).kind else { panic!("a flow") };
    let moves = Moves(steps);
    assert_eq!(moves.len(), 9);
    for place in (0..9).map(Entry::at) {
        assert!(moves.read(&moves.write(place)) == Some(place));
        assert!(moves.at(moves.ends(place)) == place);
    }
    for text in ["", ">", "search", "search>", "search > result", "search>result>other", "x>other"]
    {
        assert!(moves.read(text).is_none(), "{text}");
    }
}

#[test]
fn the_most_frequent_moves_leave_and_no_word_that_is_not_listed() {
    let manifest = manifest(&[]);
    let facts = [
        ("search>result", 12),
        ("find > RESULT", 1),
        ("/private/page>search", 3),
        ("result>search", 2),
        ("result>result", 1),
    ];
    let all = leaves(visits(&manifest), &facts);
    let all: Vec<_> = all.iter().map(|(text, label)| (text.as_str(), label.as_str())).collect();
    // 12 and 1 are one move; the rarest of the four has no room.
    let three = [("search>result", "10+"), ("result>search", "1-9"), ("other>search", "1-9")];
    assert_eq!(all, three);
    let nothing = leaves(visits(&manifest), &[("Alice's page", 4)]);
    assert_eq!(nothing, [("other>other".to_owned(), "1-9".to_owned())]);
}

#[test]
fn a_part_with_more_moves_than_its_bound_is_refused() {
    let manifest = manifest(&[]);
    let definition = definition(&manifest);
    let moves = ["other>other", "result>other", "result>search", "search>result"];
    for (many, taken) in [(3, true), (4, false)] {
        let answer: serde_json::Map<_, _> =
            moves[..many].iter().map(|name| ((*name).to_owned(), "1-9".into())).collect();
        let bytes = contract::canonical::to_bytes(&json!({
            "answers": {"visits": answer},
            "channel": "usage",
            "definition": definition.hash().to_string(),
            "part": "visits",
            "period": "2026-W47",
            "program": "larkspur",
            "tag": format!("{:032x}", 1),
        }));
        let day = "2026-11-17".parse().unwrap();
        let find = |_: &envelope::Digest| Some(&definition);
        let found = part::check(&bytes.unwrap(), ("larkspur", "usage"), find, day);
        assert_eq!(found.is_ok(), taken, "{many} moves");
    }
}

#[test]
fn a_release_has_a_line_for_each_move_in_the_order_of_steps() {
    let manifest = manifest(&[EXACT, ("moves_max = 3\n", "")]);
    let sheets = [
        (25, json!({"search>result": "10+", "result>search": "1-9"})),
        (10, json!({"search>result": "1-9"})),
        (15, json!({})),
        (3, json!({"result>other": "1-9"})),
    ];
    let release = release(&manifest, &counted(&manifest, &sheets), &mut Scripted::new(&[0]));
    // Three gave the move to another step: too few to be shown.
    assert_eq!(lines(&release), [("search>result", 35), ("result>search", 25)]);
    let Table::Flow { steps, lines, unit, hidden, .. } = &table(&release, "visits").table else {
        panic!("a flow")
    };
    let steps: Vec<_> = steps.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(steps, ["Search", "A result", "Other"]);
    assert_eq!(
        (lines[0].title.as_str(), unit.as_str(), *hidden),
        ("Search → A result", "visits", 1)
    );
    let buckets: Vec<_> = lines[0].counts.iter().map(|count| count.value).collect();
    assert_eq!(buckets, [0, 10, 25]);
    assert_eq!(table(&release, "visits").answered.value, 53);
}

#[test]
fn noise_is_on_every_move_and_as_wide_as_the_bound_on_them() {
    // Five, so that no other question of the manifest has the same Δ.
    let manifest = manifest(&[("moves_max = 3", "moves_max = 5")]);
    let plan = plan(&manifest, week());
    let contract::publish::Protection::Noisy(budget) = plan.protection() else { panic!("noisy") };
    assert_eq!(sensitivity(&visits(&manifest).kind), 6);
    assert_eq!(sensitivity(&visits(&self::manifest(&[("moves_max = 3\n", "")])).kind), 10);
    let mut noise = Scripted::new(&[7]);
    let found = release(&manifest, &counted(&manifest, &[(30, json!({}))]), &mut noise);
    let scale = Scale::new(6, budget.share());
    // Nine moves of three buckets, and those who answered.
    assert_eq!(noise.asked.iter().filter(|asked| **asked == scale).count(), 28);
    assert_eq!(lines(&found).len(), 9, "three times 7 is above the smallest group");
}

#[test]
fn an_older_definition_counts_as_far_as_noise_is_enough_for_it() {
    let now = manifest(&[]);
    for (then, is_counted) in [("moves_max = 2", true), ("moves_max = 4", false), ("", false)] {
        let then = manifest(&[("moves_max = 3", then)]);
        let mut tally = Tally::new(&now, "usage", week(), &[definition(&then)]).unwrap();
        let moves = json!({"visits": {"search>result": "1-9"}});
        tally.count(&part(&then, "visits", "2026-W47", 1, &moves)).unwrap();
        let answered = release(&now, &tally, &mut Scripted::new(&[0]));
        assert_eq!(table(&answered, "visits").answered.value, i64::from(is_counted));
    }
}

#[test]
fn moves_that_have_become_one_are_counted_once() {
    let now = manifest(&[EXACT, ("moves_max = 3\n", "")]);
    let then = manifest(&[
        EXACT,
        ("moves_max = 3\n", ""),
        ("bits_max = 40", "bits_max = 60"),
        (
            "steps = [\"search\", \"result\"]",
            "steps = [\"home\", \"search\", \"menu\", \"result\"]",
        ),
    ]);
    let mut tally = Tally::new(&now, "usage", week(), &[definition(&then)]).unwrap();
    let moves = json!({"visits": {
        "home>search": "1-9", "menu>search": "10+", "search>result": "1-9", "home>menu": "1-9"
    }});
    for n in 0..20 {
        tally.count(&part(&then, "visits", "2026-W47", n, &moves)).unwrap();
    }
    let release = release(&now, &tally, &mut Scripted::new(&[0]));
    let expected = [("search>result", 20), ("other>search", 20), ("other>other", 20)];
    assert_eq!(lines(&release), expected);
    let Table::Flow { lines, .. } = &table(&release, "visits").table else { panic!("a flow") };
    let buckets: Vec<_> = lines[1].counts.iter().map(|count| count.value).collect();
    assert_eq!(buckets, [0, 0, 20], "the larger of both");
}

#[test]
fn without_noise_a_bound_on_moves_is_refused_and_so_are_too_many_steps() {
    let said = parsed(&[EXACT]).unwrap_err();
    assert!(said.contains("`visits` has a bound on its moves, and is published without noise"));
    let steps: Vec<String> = (0..25).map(|n| format!("\"s{n}\"")).collect();
    let many = format!("steps = [{}]", steps.join(", "));
    let edits =
        [("steps = [\"search\", \"result\"]", many.as_str()), ("titles = { search", "# { search")];
    let said = parsed(&[edits[0], edits[1], ("map = ", "# ")]).unwrap_err();
    assert!(said.contains("there are 25 steps"), "{said}");
    let said = parsed(&[("moves_max = 3", "moves_max = 10")]).unwrap_err();
    assert!(said.contains("moves_max"), "{said}");
}
