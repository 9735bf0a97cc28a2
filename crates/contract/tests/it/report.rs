//! Drafts and reports: what is left out, what is drawn, and what a consent covers.

use std::collections::BTreeSet;

use contract::answer::Fact;
use contract::calendar::{Period, PeriodKind};
use contract::decision::Record;
use contract::draft::{Draft, Report};
use jiff::civil::date;

use crate::fixture::{World, agree, gathered, small};
use crate::parts::{TODAY, debian, demo, report, tag_of};

fn names(report: &Report) -> Vec<&str> {
    report.parts().iter().map(|made| made.id.as_str()).collect()
}

fn answers(report: &Report) -> String {
    let bytes = report.parts().iter().map(|made| made.part.bytes());
    bytes.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_report_has_the_parts_that_the_consent_covers_and_no_others() {
    let mut world = demo();
    assert!(names(&report(&world, "usage", &debian())).contains(&"uptime"));
    // Only the smaller tier was agreed to.
    let mut record = Record::new(world.manifest.program.id.clone());
    agree(&mut record, &world.manifest, "usage", "basic");
    world.record = record;
    assert_eq!(
        names(&report(&world, "usage", &debian())),
        ["platform", "kernel", "cpus", "memory"]
    );
}

#[test]
fn a_question_added_after_consent_is_left_out() {
    let old = demo();
    let text = crate::fixture::DEMO.replace("\"s390x\"]", "\"s390x\", \"loongarch64\"]");
    let mut world = World::new(crate::fixture::parse(&text), old.record);
    let sent = names(&report(&world, "usage", &debian())).len();
    assert!(!names(&report(&world, "usage", &debian())).contains(&"platform"));
    // Asked and answered, it is there again.
    let mut record = Record::new(world.manifest.program.id.clone());
    agree(&mut record, &world.manifest, "usage", "full");
    world.record = record;
    assert_eq!(names(&report(&world, "usage", &debian())).len(), sent + 1);
}

#[test]
fn an_expired_question_is_left_out_and_the_report_goes_on() {
    let mut world = demo();
    let text = crate::fixture::DEMO.replace(
        "kind = \"version\"\nexpires = 2028-12-31",
        "kind = \"version\"\nexpires = 2026-11-19",
    );
    world = World::new(crate::fixture::parse(&text), world.record);
    let channel = world.manifest.channel("usage").unwrap();
    let draft = |day| {
        let period = Period::containing(PeriodKind::Day, day);
        Draft::new(
            &world.manifest,
            channel,
            channel.parts.iter(),
            period,
            &gathered(&debian(), &[1; 32]),
        )
    };
    let has_kernel = |draft: &Draft| {
        draft.preview().iter().any(|bytes| bytes.windows(8).any(|w| w == b"\"kernel\""))
    };
    assert!(has_kernel(&draft(date(2026, 11, 19))), "asked on its last day");
    let late = draft(date(2026, 11, 20));
    assert!(!has_kernel(&late));
    assert!(late.preview().len() > 3);
    let noted = late.left_out().iter().find(|note| note.field.as_str() == "kernel").unwrap();
    assert_eq!(noted.why, "the question has expired");
}

#[test]
fn a_source_that_fails_loses_its_own_question_alone() {
    let world = demo();
    let mut facts = debian();
    facts.insert("os".parse().unwrap(), Err("there is no such file".to_owned()));
    let report = report(&world, "usage", &facts);
    let text = answers(&report);
    assert!(text.contains("{\"answers\":{\"architecture\":\"x86_64\"}"), "{text}");
}

#[test]
fn a_part_without_an_answer_of_its_own_is_not_sent() {
    let manifest = small(&[("default = \"ask\"", "default = \"ask\"\nanchor = \"ipv6\"")]);
    let world = World::new(manifest.clone(), crate::fixture::agreed(&manifest));
    let facts = [("ipv6".parse().unwrap(), Ok(Fact::Flag(true)))].into();
    let report = report(&world, "usage", &facts);
    assert_eq!(names(&report), ["system"], "the anchor alone says only that the machine exists");
}

#[test]
fn at_most_twenty_samples_are_drawn_each_in_a_part_of_its_own() {
    let world = demo();
    let values: Vec<String> = (0..100).map(|n| format!("Example CPU {n}")).collect();
    let sample = |values: Vec<String>, seed: u8| {
        let facts = [("processor_name".parse().unwrap(), Ok(Fact::List(values)))].into();
        let channel = world.manifest.channel("hardware-names").unwrap();
        let period = Period::containing(PeriodKind::Week, TODAY);
        let parts = channel.parts.iter();
        let draft =
            Draft::new(&world.manifest, channel, parts, period, &gathered(&facts, &[seed; 32]));
        let verdict = world.decide("hardware-names");
        let report = draft.agreed(verdict.consent().unwrap(), tag_of);
        let tags: BTreeSet<_> = report.parts().iter().map(|made| made.part.tag()).collect();
        assert_eq!(tags.len(), report.parts().len(), "two samples share a tag");
        answers(&report)
    };
    let drawn = sample(values.clone(), 1);
    assert_eq!(drawn.lines().count(), 20);
    assert_eq!(sample(values.clone(), 1), drawn, "the same seed draws the same");
    assert_ne!(sample(values.clone(), 2), drawn, "another seed draws others");
    // What cannot be an answer takes nobody's place.
    let mut spoiled: Vec<String> = (0..500).map(|n| format!("hidden \u{200b}{n}")).collect();
    spoiled.extend(values.into_iter().take(20));
    assert_eq!(sample(spoiled, 3).lines().count(), 20);
    let twice = ["A CPU", " A CPU ", "A CPU"].map(ToOwned::to_owned).to_vec();
    assert_eq!(sample(twice, 1).lines().count(), 1, "one value with and without spaces");
}

#[test]
fn text_that_nobody_can_see_is_never_an_answer() {
    let world = demo();
    let values = ["", "  ", "a\nb", "a\u{202e}b", "a\u{0}b", "a\u{e0041}b", &"x".repeat(65)];
    for value in values {
        let fact = Ok(Fact::Text(value.to_owned()));
        let facts = [("processor_name".parse().unwrap(), fact)].into();
        // Cleaning may mend a value; what it leaves is never hidden and never too long.
        let text = answers(&report(&world, "hardware-names", &facts));
        let hidden = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{e0041}');
        assert!(!text.contains(hidden) && !text.contains("\\n"), "{value:?}: {text}");
        assert!(!text.contains(&"x".repeat(65)), "{text}");
        assert!(!value.trim().is_empty() || text.is_empty(), "{value:?}: {text}");
    }
}

#[test]
fn frozen_bytes_are_thawed_only_while_the_consent_covers_them() {
    let mut world = demo();
    let frozen: Vec<Vec<u8>> = report(&world, "usage", &debian())
        .parts()
        .iter()
        .map(|made| made.part.bytes().to_vec())
        .collect();
    let thaw = |world: &World, period| {
        let verdict = world.decide("usage");
        let bytes = frozen.iter().map(Vec::as_slice);
        let report = Report::thaw(verdict.consent().unwrap(), period, bytes, TODAY);
        report.parts().len()
    };
    let period = Period::containing(PeriodKind::Day, TODAY);
    assert_eq!(thaw(&world, period), frozen.len());
    assert_eq!(thaw(&world, period.next()), 0, "another period");
    let mut record = Record::new(world.manifest.program.id.clone());
    agree(&mut record, &world.manifest, "usage", "basic");
    world.record = record;
    assert_eq!(thaw(&world, period), 4, "the smaller tier alone");
}
