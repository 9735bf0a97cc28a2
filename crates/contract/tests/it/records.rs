//! Records: small declared things of which a machine has several, each in a part of its own.

use std::cell::RefCell;
use std::collections::BTreeSet;

use contract::answer::Fact;
use contract::calendar::{Period, PeriodKind};
use contract::change::changes;
use contract::draft::{Draft, Facts, Report, record_names};
use contract::manifest::Manifest;
use contract::{dictionary, schema, statement};

use crate::fixture::{SMALL, World, agreed, destination, gathered, parse};
use crate::parts::{TODAY, check, tag_of};

const DISKS: &str = r#"
[[channel.part]]
id = "disks"
tier = "full"

[[channel.part.field]]
id = "disk"
question = "Which disks does it have?"
purpose = "support"
kind = "records"
unit = "disks"
records_max = 3
expires = 2028-12-31
source = { file = "/var/lib/x.json", format = "json", pointer = "/disks/*" }

[[channel.part.field.column]]
id = "disk-type"
question = "What does it turn?"
kind = "choice"
choices = ["hdd", "ssd"]
value = { pointer = "/type" }

[[channel.part.field.column]]
id = "disk-size"
question = "How large is it?"
kind = "size"
buckets = ["1 TiB"]
max = "100 TiB"
value = { pointer = "/size" }
"#;

fn text(edits: &[(&str, &str)]) -> String {
    crate::fixture::edited(&[SMALL, DISKS].concat(), edits)
}

fn manifest(edits: &[(&str, &str)]) -> Manifest {
    parse(&text(edits))
}

/// Facts of so many disks, of which every second is an SSD; all are equally large.
fn disks(number: usize) -> Facts {
    let kind = |n| Some(Fact::Text(if n % 2 == 0 { "ssd" } else { "HDD" }.to_owned()));
    let size = |_| Some(Fact::Number(2 << 40));
    let fact = |name: &str, each: Vec<_>| (name.parse().unwrap(), Ok(Fact::Each(each)));
    Facts::from([
        fact("disk-type", (0..number).map(kind).collect()),
        fact("disk-size", (0..number).map(size).collect()),
    ])
}

fn reported(manifest: Manifest, facts: &Facts, seed: u8) -> (Report, BTreeSet<String>) {
    let record = agreed(&manifest);
    let world = World::new(manifest, record);
    let verdict = world.decide("usage");
    let channel = world.manifest.channel("usage").unwrap();
    let parts = channel.parts.iter().filter(|part| part.records.is_some());
    let period = Period::containing(PeriodKind::Week, TODAY);
    let seed = [seed; 32];
    let draft = Draft::new(&world.manifest, channel, parts, period, &gathered(facts, &seed));
    let names = RefCell::new(BTreeSet::new());
    let report = draft.agreed(verdict.consent().unwrap(), |name| {
        names.borrow_mut().insert(name.sample.unwrap().to_owned());
        tag_of(name)
    });
    (report, names.into_inner())
}

fn texts(report: &Report) -> Vec<String> {
    let bytes = report.parts().iter().map(|made| made.part.bytes().to_vec());
    bytes.map(|bytes| String::from_utf8(bytes).unwrap()).collect()
}

#[test]
fn each_record_is_a_part_of_its_own_and_has_a_tag_of_its_own() {
    let (report, names) = reported(manifest(&[]), &disks(3), 1);
    let texts = texts(&report);
    assert_eq!(texts.len(), 3);
    let ssds = texts.iter().filter(|text| text.contains("\"disk-type\":\"ssd\"")).count();
    assert_eq!(ssds, 2, "{texts:?}");
    assert!(texts.iter().all(|text| text.contains("\"disk-size\":\"1TiB+\"")), "{texts:?}");
    let tags: BTreeSet<_> = report.parts().iter().map(|made| made.part.tag()).collect();
    assert_eq!((tags.len(), names.len()), (3, 3));
    // Whoever has the bytes finds the name again, among few: so they can be listed and deleted.
    let found = texts.iter().flat_map(|text| record_names(text)).collect::<BTreeSet<_>>();
    assert!(names.is_subset(&found));
    // The collector takes each of them by the same rules.
    for text in &texts {
        assert!(check(&manifest(&[]), "usage", text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn a_record_keeps_its_tag_whatever_the_order() {
    let (first, names) = reported(manifest(&[]), &disks(3), 1);
    let (second, again) = reported(manifest(&[]), &disks(3), 2);
    let tags = |report: &Report| {
        report.parts().iter().map(|made| made.part.tag().unwrap().to_string()).collect()
    };
    let (first, second): (BTreeSet<String>, BTreeSet<String>) = (tags(&first), tags(&second));
    assert_eq!((first, names), (second, again));
}

#[test]
fn no_more_records_travel_than_the_manifest_says() {
    let (report, _) = reported(manifest(&[]), &disks(50), 1);
    assert_eq!(report.parts().len(), 3);
    let (none, _) = reported(manifest(&[]), &disks(0), 1);
    assert!(none.parts().is_empty());
}

#[test]
fn what_a_record_does_not_say_is_left_out_of_it_alone() {
    let mut facts = disks(2);
    let sizes = vec![None, Some(Fact::Text("canary".into()))];
    facts.insert("disk-size".parse().unwrap(), Ok(Fact::Each(sizes)));
    let texts = texts(&reported(manifest(&[]), &facts, 1).0);
    assert_eq!(texts.len(), 2);
    assert!(texts.iter().all(|text| text.contains("disk-type") && !text.contains("disk-size")));
    assert!(!texts.concat().contains("canary"));
}

#[track_caller]
fn mistake(edit: (&str, &str), words: &str) {
    let problems = Manifest::parse(&text(&[edit])).expect_err("the mistake was not seen");
    assert!(problems.to_string().contains(words), "{problems}");
    assert!(problems.iter().count() <= 2, "{problems}");
}

#[test]
fn what_an_author_gets_wrong_is_answered() {
    mistake(("records_max = 3\n", ""), "write how many of one machine may travel");
    mistake(("records_max = 3", "records_max = 65"), "1 to 64");
    mistake(("unit = \"disks\"\n", ""), "unit");
    mistake(("pointer = \"/disks/*\"", "pointer = \"/disks/*\", take = \"all\""), "no records");
    mistake(("value = { pointer = \"/type\" }", "value = { pattern = \"x\" }"), "`pointer`");
    mistake(("value = { pointer = \"/type\" }\n", ""), "value");
    mistake(("id = \"disk-type\"", "id = \"disk-size\""), "is there twice");
    mistake(("id = \"disk-type\"", "id = \"disk\""), "its own id");
    mistake(("id = \"disk-type\"", "id = \"os\""), "is there twice");
    mistake(("kind = \"choice\"\nchoices = [\"hdd\", \"ssd\"]", "kind = \"sample\""), "open text");
    let beside = "\n[[channel.part.field]]\nid = \"x\"\nquestion = \"X?\"\npurpose = \"support\"\n\
                  kind = \"flag\"\nexpires = 2028-12-31\nsource = { system = \"network.ipv6\" }\n";
    let problems = Manifest::parse(&(text(&[]) + beside)).unwrap_err().to_string();
    assert!(problems.contains("`records` travel with other fields"), "{problems}");
    let anchored = text(&[("group_min = 20", "group_min = 20\nanchor = \"disk-type\"")]);
    let problems = Manifest::parse(&anchored).unwrap_err().to_string();
    assert!(problems.contains("the anchor is a column of records"), "{problems}");
}

#[test]
fn more_records_are_asked_again_and_fewer_are_shown() {
    let asked = |from: &[(&str, &str)], to: &[(&str, &str)]| {
        let (old, new) = (manifest(from), manifest(to));
        let found = changes((&old, &destination(&old)), (&new, &destination(&new)), "usage");
        assert!(!found.is_empty());
        found.iter().any(|change| change.asked)
    };
    let more = [("records_max = 3", "records_max = 4")];
    assert!(asked(&[], &more));
    assert!(!asked(&more, &[]));
    assert!(asked(&[], &[("Which disks does it have?", "Which disks fail?")]));
    assert!(asked(&[], &[("file = \"/var/lib/x.json\", format = \"json\"", "command = [\"x\"]")]));
}

#[test]
fn what_is_generated_says_that_there_are_several() {
    let manifest = manifest(&[]);
    let statement = statement::markdown(&manifest);
    assert!(statement.contains("For each of up to 3 disks"), "{statement}");
    assert!(statement.contains("Which disks does it have?"), "{statement}");
    assert!(schema::file(&manifest).contains("One of up to 3 disks of a machine."));
    assert!(dictionary::markdown(&manifest).contains("up to 3 records"));
}
