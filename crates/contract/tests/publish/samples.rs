//! A channel whose parts all hold samples: its descriptions are published, and nobody is counted.

use contract::manifest::Manifest;
use contract::publish::{Ledger, Plan, PlanError, Protection, Rehearsal, publish, shares};
use contract::release::{Release, Table};
use contract::tally::Tally;
use serde_json::json;

use crate::fixture::{EXACT, MANIFEST, Scripted, TODAY, part, plan, release, table, tally, week};

/// The manifest with its sample alone.
fn samples_alone(changes: &[(&str, &str)]) -> Manifest {
    let (head, parts) = MANIFEST.split_once("[[channel.part]]\n").unwrap();
    let samples = parts.split("[[channel.part]]\n").find(|part| part.contains("\"sample\""));
    let mut text = format!("{head}[[channel.part]]\n{}", samples.unwrap());
    text = text.replace("anchor = \"edition\"\n", "");
    for (from, to) in changes {
        text = text.replace(from, to);
    }
    Manifest::parse(&text).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What thirty installations call their processor; one of them tells two.
fn names(manifest: &Manifest) -> Tally {
    let mut tally = tally(manifest, week());
    for n in 0..30 {
        let name = match n {
            0..20 => "Example CPU",
            20..28 => "Smaller CPU",
            _ => "Prototype",
        };
        let answers = json!({"processor": name});
        tally.count(&part(manifest, "processor", "2026-W47", n, &answers)).unwrap();
    }
    let second = json!({"processor": "Example CPU, second socket"});
    tally.count(&part(manifest, "processor", "2026-W47", 31, &second)).unwrap();
    tally
}

fn values(release: &Release) -> Vec<(&str, i64)> {
    let Table::Catalogue { rows, .. } = &release.fields[0].table else { panic!("a catalogue") };
    rows.iter().map(|row| (row.value.as_str(), row.count.value)).collect()
}

#[test]
fn a_channel_of_samples_alone_is_published_without_a_number_of_installations() {
    let manifest = samples_alone(&[EXACT]);
    let release = release(&manifest, &names(&manifest), &mut Scripted::new(&[0]));
    assert_eq!(release.installations, None);
    assert_eq!(values(&release), [("Example CPU", 20)]);
    let bytes = contract::canonical::to_bytes(&release).unwrap();
    assert!(!String::from_utf8(bytes.clone()).unwrap().contains("installations"));
    assert_eq!(Release::from_frozen(&bytes).unwrap(), release);
}

#[test]
fn a_rehearsal_of_samples_alone_shows_all_of_them() {
    let manifest = samples_alone(&[]);
    let right = Rehearsal::on("127.0.0.1".parse().unwrap()).unwrap();
    let channel = manifest.channel("usage").unwrap();
    let plan = Plan::rehearsal(channel, week(), 1, week().first, right).unwrap();
    let release = publish(&names(&manifest), &plan, &mut Scripted::new(&[0])).unwrap();
    assert_eq!(release.installations, None);
    assert_eq!(table(&release, "processor").answered.value, 31);
    assert_eq!(values(&release).len(), 4);
}

#[test]
fn without_a_number_of_installations_the_questions_share_the_whole_budget() {
    let manifest = samples_alone(&[]);
    let channel = manifest.channel("usage").unwrap();
    assert_eq!(shares(channel), 1);
    let plan = plan(&manifest, week());
    let Protection::Noisy(budget) = plan.protection() else { panic!("noisy") };
    assert_eq!((budget.share().get(), budget.release_milli()), (4_000, 4_000));
    let mut noise = Scripted::new(&[0]);
    let release = publish(&names(&manifest), &plan, &mut noise).unwrap();
    // One draw for each value, of scale 20/4, and none for a headline.
    let scales = noise.asked.iter().map(|scale| (scale.numerator(), scale.denominator()));
    assert_eq!(scales.collect::<Vec<_>>(), [(5, 1); 4]);
    let mut ledger = Ledger::default();
    ledger.enter(&release);
    let [entry] = ledger.entries() else { panic!("one entry") };
    assert_eq!(entry.field.as_ref().map(contract::id::FieldId::as_str), Some("processor"));
    assert_eq!(entry.epsilon_milli, 4_000);
    assert_eq!(ledger.spent_milli("usage", 2026), 4_000);
}

#[test]
fn a_plan_that_counts_installations_is_not_for_a_tally_that_cannot() {
    let (alone, all) = (samples_alone(&[]), crate::fixture::manifest());
    let refused = publish(&tally(&all, week()), &plan(&alone, week()), &mut Scripted::new(&[0]));
    assert!(refused.is_err());
}

#[test]
fn a_channel_that_publishes_nothing_has_no_plan() {
    let manifest = samples_alone(&[("kind = \"sample\"", "publish = false\nkind = \"sample\"")]);
    let channel = manifest.channel("usage").unwrap();
    let refused = Plan::finished(channel, week(), 1, TODAY, &Ledger::default());
    assert_eq!(refused.unwrap_err(), PlanError::Nothing);
}
