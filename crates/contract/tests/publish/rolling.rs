//! Installations within 28 days: what the number costs, and when it is withheld.

use contract::manifest::Manifest;
use contract::publish::{Ledger, Protection, Scale, shares};
use contract::release::Mode;
use contract::tally::Tally;
use serde_json::json;

use crate::fixture::{EXACT, Scripted, changed, headline, part, plan, release, tally, week};

fn stable(changes: &[(&str, &str)]) -> Manifest {
    let identity = ("identity = \"period\"", "identity = \"stable\"");
    changed(&[&[identity], changes].concat())
}

/// So many installations in the week.
fn counted(manifest: &Manifest, installations: u32) -> Tally {
    let mut tally = tally(manifest, week());
    for n in 0..installations {
        let answers = json!({"edition": "community"});
        tally.count(&part(manifest, "platform", "2026-W47", n, &answers)).unwrap();
    }
    tally
}

#[test]
fn the_number_within_28_days_has_noise_and_a_share_of_its_own() {
    let manifest = stable(&[]);
    let channel = manifest.channel("usage").unwrap();
    // Nine questions, the installations of the week, and those within 28 days.
    assert_eq!(shares(channel), 11);
    let Protection::Noisy(budget) = plan(&manifest, week()).protection() else { panic!("noisy") };
    let share = budget.share();
    let mut noise = Scripted::new(&[7]);
    let with = counted(&manifest, 40).within_28_days(Some(90));
    let with = release(&manifest, &with, &mut noise);
    assert_eq!(with.installations_28_days.unwrap().value, 97);
    assert_eq!(noise.asked.last(), Some(&Scale::new(1, share)));
    assert!(with.installations_28_days.unwrap().error_95 > 0);
    let spent = |release| {
        let mut ledger = Ledger::default();
        ledger.enter(release);
        let Mode::Noisy { epsilon_milli, .. } = release.mode else { panic!("noisy") };
        assert_eq!(u64::from(epsilon_milli), ledger.spent_milli("usage", 2026));
        let days: Vec<_> = ledger.entries().iter().filter_map(|entry| entry.days).collect();
        (epsilon_milli / share.get(), days)
    };
    assert_eq!(spent(&with), (11, vec![28]));
    // What is not published is not spent.
    let without = release(&manifest, &counted(&manifest, 40), &mut Scripted::new(&[7]));
    assert_eq!(without.installations_28_days, None);
    assert_eq!(spent(&without), (10, Vec::new()));
}

#[test]
fn an_average_over_days_adds_no_noise_to_a_number_that_is_none() {
    let daily = ("period = \"week\"", "period = \"day\"\nrelease = \"week\"");
    let manifest = stable(&[daily]);
    let mut noise = Scripted::new(&[0]);
    let window = contract::release::Window::of_release(&manifest.channels[0], week().first);
    let tally = tally(&manifest, window).within_28_days(Some(90));
    release(&manifest, &tally, &mut noise);
    let Protection::Noisy(budget) = plan(&manifest, window).protection() else { panic!("noisy") };
    // The headline is moved by seven days, the number within 28 days by one tag.
    let [.., headline, within] = &noise.asked[..] else { panic!("two numbers") };
    let both = [*headline, *within];
    assert!(both.contains(&Scale::new(7, budget.share())), "{both:?}");
    assert!(both.contains(&Scale::new(1, budget.share())), "{both:?}");
}

#[test]
fn without_noise_few_who_came_earlier_are_not_told_by_subtraction() {
    let manifest = stable(&[EXACT]);
    // The smallest group is 5.
    for (now, within, shown) in [
        (40, 40, true),
        (40, 41, false),
        (40, 44, false),
        (40, 45, true),
        (3, 3, false),
        (5, 5, true),
    ] {
        let tally = counted(&manifest, now).within_28_days(Some(within));
        let release = release(&manifest, &tally, &mut Scripted::new(&[0]));
        let number = release.installations_28_days.unwrap();
        let is_shown = (number.value, number.error_95) == (i64::try_from(within).unwrap(), 0);
        assert_eq!(is_shown, shown, "{now} and {within}");
        assert!(is_shown || (number.value, number.error_95) == (0, 5), "{number:?}");
        // As many as the smallest group are enough.
        let shown = if now < 5 { (0, 5) } else { (i64::from(now), 0) };
        assert_eq!((headline(&release).value, headline(&release).error_95), shown);
    }
}
