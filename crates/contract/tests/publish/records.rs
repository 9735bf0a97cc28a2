//! Records are counted as records, and one installation moves the numbers by all that it may have.

use contract::definition::Definition;
use contract::manifest::Manifest;
use contract::publish::sensitivity;
use contract::release::Table;
use contract::tally::Tally;
use serde_json::json;

use crate::fixture::{EXACT, MANIFEST, Scripted, headline, part, release, table, tally, week};

pub(crate) const DISKS: &str = r#"
[[channel.part]]
id = "disks"
[[channel.part.field]]
id = "disk"
question = "Which disks?"
purpose = "support"
kind = "records"
unit = "disks"
records_max = 4
expires = 2028-12-31
source = { command = ["larkspur", "disks"], pointer = "/*" }
[[channel.part.field.column]]
id = "disk-type"
question = "Of which type is it?"
kind = "choice"
choices = ["hdd", "ssd"]
value = { pointer = "/type" }
"#;

fn manifest(edits: &[(&str, &str)]) -> Manifest {
    let mut text = [MANIFEST, DISKS].concat();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    Manifest::parse(&text).unwrap_or_else(|problems| panic!("{problems}"))
}

/// So many installations with one disk each, and one that has as many more.
fn counted(manifest: &Manifest, installations: u32) -> Tally {
    let mut tally = tally(manifest, week());
    for n in 0..installations {
        let answers = json!({"edition": "community", "https": true});
        tally.count(&part(manifest, "platform", "2026-W47", n, &answers)).unwrap();
        let disk = json!({"disk-type": "ssd", "edition": "community"});
        tally.count(&part(manifest, "disks", "2026-W47", 1000 + n, &disk)).unwrap();
    }
    tally
}

#[test]
fn numbers_count_records_and_the_headline_installations() {
    let manifest = manifest(&[EXACT]);
    let mut tally = counted(&manifest, 30);
    for n in 0..20 {
        let disk = json!({"disk-type": "hdd"});
        tally.count(&part(&manifest, "disks", "2026-W47", 5000 + n, &disk)).unwrap();
    }
    let release = release(&manifest, &tally, &mut Scripted::new(&[0]));
    assert_eq!(headline(&release).value, 30);
    let disks = table(&release, "disk-type");
    assert_eq!(disks.records.as_deref(), Some("disks"));
    assert_eq!(disks.answered.value, 50);
    assert_eq!(table(&release, "https").records, None);
    let Table::Shares { rows, .. } = &disks.table else { panic!("shares") };
    let counts: Vec<_> = rows.iter().map(|row| (row.value.as_str(), row.count.value)).collect();
    assert_eq!(counts, [("hdd", 20), ("ssd", 30)]);
}

#[test]
fn noise_is_for_all_records_that_one_installation_may_give() {
    let manifest = manifest(&[]);
    let mut noise = Scripted::new(&[0]);
    let release = release(&manifest, &counted(&manifest, 200), &mut noise);
    let of = |field: &str| {
        let found = manifest.channel("usage").unwrap().field(field).unwrap();
        (sensitivity(&found.kind), table(&release, field).answered.error_95)
    };
    let ((plain, narrow), (column, wide)) = (of("https"), of("disk-type"));
    assert_eq!((plain, column), (1, 1));
    // A flag has two cells and the choice three: the error of their sum grows with the root.
    let expected = narrow as f64 * 4.0 * (3.0_f64 / 2.0).sqrt();
    let share = wide as f64 / expected;
    assert!((0.9..1.1).contains(&share), "{narrow} and {wide}");
}

#[test]
fn without_noise_a_group_is_as_large_as_the_smallest_number_of_installations_behind_it() {
    let manifest = manifest(&[EXACT]);
    // The smallest group is 5: four disks each may stand behind 19 of them.
    for (disks, shown) in [(19, false), (20, true)] {
        let mut tally = tally(&manifest, week());
        for n in 0..disks {
            let disk = json!({"disk-type": "ssd"});
            tally.count(&part(&manifest, "disks", "2026-W47", n, &disk)).unwrap();
        }
        let release = release(&manifest, &tally, &mut Scripted::new(&[0]));
        let is_shown = table(&release, "disk-type").table != Table::TooFew;
        assert_eq!(is_shown, shown, "{disks} disks");
    }
}

#[test]
fn parts_of_a_definition_with_more_records_are_not_counted() {
    let now = manifest(&[]);
    for (then, counted) in [("records_max = 3", true), ("records_max = 5", false)] {
        let then = manifest(&[("records_max = 4", then)]);
        let definitions: Vec<Definition> = then.definitions();
        let mut tally = Tally::new(&now, "usage", week(), &definitions).unwrap();
        let disk = part(&then, "disks", "2026-W47", 1, &json!({"disk-type": "ssd"}));
        assert_eq!(tally.count(&disk).is_ok(), counted);
    }
}
