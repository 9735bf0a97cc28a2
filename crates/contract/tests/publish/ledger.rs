//! The ledger of ε: never exceeded, whatever is published in whatever order.

use contract::calendar::add_days;
use contract::publish::{Ledger, LedgerError, Plan, PlanError, Protection, publish};
use contract::release::Window;
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

use crate::fixture::{Scripted, TODAY, changed, manifest, plan, tally, week};

#[test]
fn a_release_spends_even_shares_and_enters_each() {
    let manifest = manifest();
    let plan = plan(&manifest, week());
    let Protection::Noisy(budget) = plan.protection() else { panic!("noisy") };
    // Nine published fields and the number of installations: a tenth of 4 each.
    assert_eq!(budget.share().get(), 400);
    assert_eq!(budget.release_milli(), 4_000);
    let release = publish(&tally(&manifest, week()), &plan, &mut Scripted::new(&[0])).unwrap();
    let mut ledger = Ledger::default();
    ledger.enter(&release);
    assert_eq!(ledger.entries().len(), 10);
    assert_eq!(ledger.spent_milli("usage", 2026), 4_000);
    assert_eq!(ledger.spent_by_all_milli(2026), 4_000);
    assert_eq!(ledger.spent_milli("usage", 2027), 0);
    let bytes = ledger.to_bytes().unwrap();
    assert_eq!(Ledger::from_bytes(&bytes).unwrap(), ledger);
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.contains(r#"{"channel":"usage","epsilon_milli":400,"field":"version","#),
        "{text}"
    );
}

#[test]
fn what_was_published_is_never_planned_again() {
    let manifest = manifest();
    let release =
        publish(&tally(&manifest, week()), &plan(&manifest, week()), &mut Scripted::new(&[0]));
    let mut ledger = Ledger::default();
    ledger.enter(&release.unwrap());
    let channel = manifest.channel("usage").unwrap();
    let again = Plan::finished(channel, week(), 1, TODAY, &ledger);
    assert_eq!(again.unwrap_err(), PlanError::Ledger(LedgerError::Published(1)));
    Plan::finished(channel, week(), 2, TODAY, &ledger).unwrap();
}

/// A ledger as anyone reads it: channel, release, ε in thousandths, day.
fn ledger(entries: &[(&str, u64, u32, &str)]) -> Ledger {
    let entry = |(channel, release, epsilon_milli, published): &(&str, u64, u32, &str)| {
        json!({"channel": channel, "release": release, "field": null,
            "epsilon_milli": epsilon_milli, "published": published})
    };
    let entries: Vec<_> = entries.iter().map(entry).collect();
    Ledger::from_bytes(json!({ "entries": entries }).to_string().as_bytes()).unwrap()
}

#[test]
fn each_channel_has_a_budget_of_its_own_for_each_year_and_may_spend_all_of_it() {
    let manifest = manifest();
    let channel = manifest.channel("usage").unwrap();
    let planned = |ledger| Plan::finished(channel, week(), 1, TODAY, ledger).map(|_| ());
    // 208 of 212 are spent, so there is one release of 4 left. Another channel's and another
    // year's releases are not charged, and the other channel's first release is not this one.
    let mut spent = vec![
        ("usage", 7, 208_000, "2026-11-18"),
        ("usage", 6, 9_000, "2025-12-31"),
        ("faults", 1, 9_000, "2026-11-18"),
    ];
    let enough = ledger(&spent);
    assert_eq!(planned(&enough), Ok(()));
    assert_eq!(enough.spent_milli("usage", 2026), 208_000);
    assert_eq!(enough.spent_by_all_milli(2026), 217_000);
    assert_eq!(enough.spent_by_all_milli(2025), 9_000);
    spent.push(("usage", 8, 1, "2026-11-19"));
    let error = LedgerError::Spent { spent_milli: 208_001, year_milli: 212_000, more_milli: 4_000 };
    assert_eq!(planned(&ledger(&spent)), Err(PlanError::Ledger(error)));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Random windows, overlapping ones too, on random days of two years.
    #[test]
    fn the_ledger_is_never_exceeded(
        year_share in 1u32..30,
        days in prop::collection::vec((0i32..700, 0i32..40), 1..80),
    ) {
        let year = format!("epsilon_year = {}.5", 4 * 53 + year_share);
        let manifest = changed(&[("epsilon_year = 212.0", &year)]);
        let channel = manifest.channel("usage").unwrap();
        let mut ledger = Ledger::default();
        let mut days: Vec<_> = days.into_iter().flat_map(|d| [d, d, d]).collect();
        days.sort_unstable();
        for (number, (day, back)) in (1..).zip(days) {
            let today = add_days(date(2026, 1, 20), day);
            let window = Window::last_finished(channel, add_days(today, -back));
            match Plan::finished(channel, window, number, today, &ledger) {
                Ok(plan) => {
                    let tally = tally(&manifest, window);
                    ledger.enter(&publish(&tally, &plan, &mut Scripted::new(&[0])).unwrap());
                }
                Err(error) => {
                    let spent = matches!(error, PlanError::Ledger(LedgerError::Spent { .. }));
                    prop_assert!(spent, "{error}");
                    let left = u64::from(year_share) * 1_000 + 212_500
                        - ledger.spent_milli("usage", today.year());
                    prop_assert!(left < 4_000);
                }
            }
            for year in 2026..2029 {
                let most = u64::from(year_share) * 1_000 + 212_500;
                prop_assert!(ledger.spent_milli("usage", year) <= most);
            }
        }
    }
}
