//! What noisy releases really reveal: two worlds that differ by one installation, published 200,000
//! times each, and told apart as well as anybody could.

use std::collections::BTreeMap;

use contract::answer::{Answer, Entry};
use contract::calendar::Period;
use contract::manifest::Manifest;
use contract::publish::{Ledger, Noise, Plan, Protection, Scale, publish};
use contract::release::{Release, Table};
use contract::tally::Tally;

use crate::fixture::{Sampler, changed, headline, plan, tally, week};

const DRAWS: u32 = 200_000;

/// One published field, the set, so that ε 2 is divided into two shares of 1.
fn only_modules() -> Manifest {
    let mut manifest = changed(&[("epsilon_release = 4.0", "epsilon_release = 2.0")]);
    let channel = &mut manifest.channels[0];
    channel.anchor = None;
    for part in &mut channel.parts {
        part.fields.retain(|field| field.id.as_str() == "modules");
    }
    channel.parts.retain(|part| !part.fields.is_empty());
    manifest
}

/// 400 installations with every module, 100 with none, and perhaps one more with every module.
fn world(manifest: &Manifest, one_more: bool) -> Tally {
    let mut tally = tally(manifest, week());
    let definition = manifest.definitions().remove(0);
    let period: Period = "2026-W47".parse().unwrap();
    let mut add = |times, entries: &[u16]| {
        let entries = entries.iter().map(|entry| Entry(*entry)).collect();
        let answers = [Some(Answer::Set(entries))];
        for _ in 0..times {
            tally.count_answers(&definition.hash(), period, &answers).unwrap();
        }
    };
    add(400 + u32::from(one_more), &[0, 1, 2]);
    add(100, &[]);
    tally
}

/// Everything that a release says: the headline; those who answered, the entries and "none".
fn numbers(release: &Release) -> (i64, [i64; 5]) {
    let field = &release.fields[0];
    let Table::Set { rows, .. } = &field.table else { panic!("a set") };
    let counts: Vec<_> = rows.iter().map(|row| row.count.value).collect();
    let [a, b, c, none] = counts[..] else { panic!("nothing is near the smallest group") };
    (headline(release).value, [field.answered.value, a, b, c, none])
}

/// Outcomes of many releases, by what the likelihoods of the two worlds differ in: how much nearer
/// the published numbers are to one world than to the other. No test tells more.
fn outcomes(
    tally: &Tally,
    plan: &Plan,
    seed: u64,
    nearer: impl Fn((i64, [i64; 5])) -> i64,
) -> BTreeMap<i64, u32> {
    let mut noise = Sampler::new(seed);
    let mut counts = BTreeMap::new();
    for _ in 0..DRAWS {
        let release = publish(tally, plan, &mut noise).unwrap();
        *counts.entry(nearer(numbers(&release))).or_default() += 1;
    }
    counts
}

/// The measured loss must stay below ε in every outcome, within five standard errors, and come
/// near it in the most telling one: otherwise there would be more noise than was declared.
fn check(with: &BTreeMap<i64, u32>, without: &BTreeMap<i64, u32>, epsilon: f64) {
    let mut most = 0.0_f64;
    for (outcome, a) in with {
        let b = without.get(outcome).copied().unwrap_or(0);
        let (a, b) = (f64::from(*a), f64::from(b));
        let slack = 5.0 * (a.max(b) + 1.0).sqrt();
        assert!(a <= epsilon.exp() * (b + slack) + slack, "{outcome}: {a} {b}");
        assert!(b <= epsilon.exp() * (a + slack) + slack, "{outcome}: {a} {b}");
        if a.min(b) > 2_000.0 {
            most = most.max((a / b).ln().abs());
        }
    }
    assert!((most / epsilon - 1.0).abs() < 0.1, "measured {most}, declared {epsilon}");
}

#[test]
fn the_measured_loss_of_a_number_and_of_a_whole_table_is_the_ledger_s() {
    let manifest = only_modules();
    let plan = plan(&manifest, week());
    let Protection::Noisy(budget) = plan.protection() else { panic!("noisy") };
    let share = f64::from(budget.share().get()) / 1_000.0;
    let (with, without) = (world(&manifest, true), world(&manifest, false));
    let nearer = |x: i64, from: i64| (x - from).abs() - (x - from - 1).abs();
    // One number: the headline, 500 or 501.
    let headline = |(installations, _): (i64, [i64; 5])| nearer(installations, 500);
    let table = |(_, [answered, a, b, c, _]): (i64, [i64; 5])| {
        nearer(answered, 500) + nearer(a, 400) + nearer(b, 400) + nearer(c, 400)
    };
    let both = |numbers| (headline(numbers), table(numbers));
    let joined = |tally, seed| outcomes(tally, &plan, seed, |n| both(n).0 * 100 + both(n).1);
    let (with, without) = (joined(&with, 1), joined(&without, 2));
    let part = |seen: &BTreeMap<i64, u32>, of: fn(i64) -> i64| {
        let mut sums = BTreeMap::new();
        for (outcome, count) in seen {
            *sums.entry(of(*outcome)).or_default() += *count;
        }
        sums
    };
    let headline = |outcome: i64| (outcome + 50).div_euclid(100);
    let table = |outcome: i64| (outcome + 50).rem_euclid(100) - 50;
    check(&part(&with, headline), &part(&without, headline), share);
    check(&part(&with, table), &part(&without, table), share);
    // The whole release: the sum of what the ledger says.
    let release = f64::from(budget.release_milli()) / 1_000.0;
    check(&part(&with, |o| o), &part(&without, |o| o), release);
}

#[test]
fn the_sampler_draws_the_discrete_laplace_distribution() {
    for (delta, epsilon_milli) in [(1, 1_000), (4, 1_000), (7, 300), (1, 3_000)] {
        let scale = Scale::new(delta, std::num::NonZeroU32::new(epsilon_milli).unwrap());
        let mut sampler = Sampler::new(delta * 7 + 1);
        let mut seen: BTreeMap<i64, f64> = BTreeMap::new();
        for _ in 0..DRAWS {
            *seen.entry(sampler.discrete_laplace(scale)).or_default() += 1.0;
        }
        let p = (-(scale.denominator() as f64) / scale.numerator() as f64).exp();
        let of = |x: i64| (1.0 - p) / (1.0 + p) * p.powf(x.abs() as f64);
        let expected = |x: i64| of(x) * f64::from(DRAWS);
        let likely: Vec<_> = (-500..500).filter(|x| expected(*x) >= 20.0).collect();
        let term = |x: &i64| (seen.get(x).unwrap_or(&0.0) - expected(*x)).powi(2) / expected(*x);
        let chi_square: f64 = likely.iter().map(term).sum();
        let freedom = likely.len() as f64;
        // Mean n, variance 2n; five deviations.
        assert!(chi_square < freedom + 5.0 * (2.0 * freedom).sqrt(), "{chi_square} {freedom}");
    }
}

#[test]
fn a_year_of_releases_averages_the_noise_away_as_theory_says() {
    let manifest = only_modules();
    let channel = manifest.channel("usage").unwrap();
    let plan = plan(&manifest, week());
    let tally = world(&manifest, false);
    let mut noise = Sampler::new(3);
    let (years, releases) = (400, 52);
    let mut squares = [0.0; 2];
    for _ in 0..years {
        let mut sum = 0;
        for release in 0..releases {
            let error = headline(&publish(&tally, &plan, &mut noise).unwrap()).value - 500;
            sum += error;
            if release == 0 {
                squares[0] += (error as f64).powi(2);
            }
        }
        squares[1] += (sum as f64 / f64::from(releases)).powi(2);
    }
    let [one, mean] = squares.map(|sum: f64| (sum / f64::from(years)).sqrt());
    let p = (-1.0_f64).exp();
    let theory = (2.0 * p).sqrt() / (1.0 - p);
    assert!((one / theory - 1.0).abs() < 0.15, "{one} {theory}");
    assert!((mean / (theory / 52f64.sqrt()) - 1.0).abs() < 0.15, "{mean}");
    // What stays unmoved for a year is known to a fifth of an installation. The ledger says so:
    // 52 releases of ε 2 are ε 104, and no protection.
    let mut ledger = Ledger::default();
    for number in 1..=52 {
        let plan = Plan::finished(channel, week(), number, crate::fixture::TODAY, &ledger).unwrap();
        ledger.enter(&publish(&tally, &plan, &mut noise).unwrap());
    }
    assert_eq!(ledger.spent_milli("usage", 2026), 104_000);
}

#[test]
fn the_error_beside_a_number_holds_95_of_100_times() {
    let manifest = only_modules();
    let plan = plan(&manifest, week());
    let tally = world(&manifest, false);
    let mut noise = Sampler::new(4);
    let truth = [500, 400, 400, 400, 100];
    let (mut held, mut all) = (0, 0);
    for _ in 0..10_000 {
        let release = publish(&tally, &plan, &mut noise).unwrap();
        let error = i64::try_from(release.fields[0].answered.error_95).unwrap();
        let (_, numbers) = numbers(&release);
        let near = numbers.iter().zip(&truth).filter(|(n, t)| (*n - *t).abs() <= error);
        held += near.count();
        all += numbers.len();
    }
    let part = held as f64 / all as f64;
    assert!((0.95..0.965).contains(&part), "{part}");
}
