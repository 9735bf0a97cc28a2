//! Errors against the distribution itself, written out term by term.

use super::*;

fn scale(delta: u64, epsilon_milli: u32) -> Scale {
    Scale::new(delta, std::num::NonZeroU32::new(epsilon_milli).unwrap())
}

/// P(X = x) for |x| ≤ `width`, by its definition.
fn single(scale: f64, width: usize) -> Vec<f64> {
    let p = (-1.0 / scale).exp();
    let of = |x: usize| (1.0 - p) / (1.0 + p) * p.powf((x as f64 - width as f64).abs());
    (0..=2 * width).map(of).collect()
}

/// The distribution of a sum of two independent variables.
fn convolved(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            sum[i + j] += x * y;
        }
    }
    sum
}

/// P(|X| ≤ q) of a distribution that is written from -n to n.
fn within(distribution: &[f64], q: u64) -> f64 {
    let middle = distribution.len() / 2;
    let q = usize::try_from(q).unwrap().min(middle);
    distribution[middle - q..=middle + q].iter().sum()
}

#[test]
fn the_error_of_sums_is_that_of_the_convolved_distribution() {
    for (delta, epsilon_milli) in [(1, 4_000), (1, 400), (3, 400), (1, 1_000), (7, 900), (1, 90)] {
        let scale = scale(delta, epsilon_milli);
        let width = usize::try_from(whole(scale.value() * 25.0)).unwrap() + 5;
        let one = single(scale.value(), width);
        let mut all = one.clone();
        for draws in 1..6 {
            let q = error_95(scale, draws);
            let (at, below) = (within(&all, q), if q > 0 { within(&all, q - 1) } else { 0.0 });
            assert!(at >= 0.95, "{delta}/{epsilon_milli} × {draws}: {q} holds {at}");
            assert!(below < 0.950_01, "{delta}/{epsilon_milli} × {draws}: {q} is too wide");
            all = convolved(&all, &one);
        }
    }
}

#[test]
fn one_draw_and_the_characteristic_function_agree() {
    for (delta, epsilon_milli) in [(1, 10_000), (1, 1_000), (3, 400), (20, 100), (1_000, 50)] {
        let scale = scale(delta, epsilon_milli);
        let (closed, summed) = (error_95(scale, 1), sum_error(scale.value(), 1));
        assert!(closed.abs_diff(summed) <= 1 + closed / 10_000, "{closed} {summed}");
    }
}

#[test]
fn many_draws_approach_the_normal_distribution() {
    let scale = scale(1, 66);
    let p = (-1.0 / scale.value()).exp();
    let deviation = (2.0 * p * 1_025.0).sqrt() / (1.0 - p);
    let error = error_95(scale, 1_025) as f64;
    assert!((error / (1.96 * deviation) - 1.0).abs() < 0.01, "{error} {deviation}");
}

#[test]
fn an_improbable_number_is_improbable_and_no_larger_than_needed() {
    for (delta, epsilon_milli, values) in [(3, 400, 3), (20, 66, 140), (1, 9_000, 1)] {
        let scale = scale(delta, epsilon_milli);
        let p = (-1.0 / scale.value()).exp();
        let chance = |t: u64| values as f64 * p.powf(t as f64) / (1.0 + p);
        let t = improbable(scale, values);
        assert!(chance(t) <= 1e-9, "{t}");
        assert!(t == 1 || chance(t - 1) > 1e-9 * 0.999_999, "{t}");
    }
}

#[test]
fn the_error_of_a_weighted_sum_holds_and_is_not_twice_what_is_needed() {
    let scale = scale(1, 500);
    let width = 60;
    for weights in [vec![1u64], vec![1, 10], vec![1, 2, 4], vec![3, 3, 3], vec![0, 1, 5, 0]] {
        let spread = |weight: u64| {
            let weight = usize::try_from(weight).unwrap();
            let mut wide = vec![0.0; 2 * width * weight + 1];
            for (x, chance) in single(scale.value(), width).into_iter().enumerate() {
                wide[x * weight] += chance;
            }
            wide
        };
        let start = vec![1.0];
        let sum = weights.iter().fold(start, |sum, weight| convolved(&sum, &spread(*weight)));
        let bound = weighted_error_95(scale, &weights);
        assert!(within(&sum, whole(bound)) >= 0.95, "{weights:?} {bound}");
        assert!(within(&sum, whole(bound / 2.0)) < 0.95, "{weights:?} {bound}");
    }
    assert!(weighted_error_95(scale, &[0, 0]).abs() < f64::EPSILON);
}

#[test]
fn an_average_is_rounded_half_up_on_both_sides_of_zero() {
    for (sum, periods, expected) in [(10, 1, 10), (10, 7, 1), (11, 7, 2), (-3, 2, -1), (-11, 7, -2)]
    {
        assert_eq!(average(sum, periods), expected, "{sum} / {periods}");
    }
}

#[test]
fn the_numbers_of_the_guide_are_those_of_the_program() {
    let guide = include_str!("../../../../../docs/guide/privacy.md");
    for (start, delta, periods, open) in [
        ("| a choice, reported weekly | 1 |", 1, 1, false),
        ("| a choice, reported daily | 1 × 7 |", 1, 7, false),
        ("| a version, reported weekly | 3 |", 3, 1, true),
        ("| a version, reported daily | 3 × 7 |", 3, 7, true),
        ("| a set of 8 entries, reported weekly | 10 |", 10, 1, false),
        ("| a sample, reported weekly | 20 |", 20, 1, true),
    ] {
        let scale = scale(delta * u64::from(periods), 400);
        let error = Doubt::new(Some(scale), periods).number(0, 1).error_95;
        let values = delta * u64::from(periods);
        let bound = improbable(scale, values) + u64::from(periods);
        let bound = bound.div_ceil(u64::from(periods));
        let last = if open { format!(" {bound} |") } else { " |".to_owned() };
        let line = format!("{start} ± {error} |{last}");
        assert!(guide.contains(&line), "{line}");
    }
    let p = (-0.4_f64).exp();
    let deviation = (2.0 * p).sqrt() / (1.0 - p);
    for (releases, spent) in [(1.0_f64, 0.4), (4.0, 1.6), (52.0, 20.8)] {
        let line = format!("| {releases} | {:.1} | {spent} |", deviation / releases.sqrt());
        assert!(guide.contains(&line), "{line}");
    }
}
