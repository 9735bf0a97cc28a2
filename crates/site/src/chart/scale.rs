//! Where numbers lie on an axis, and which of them are written there.

/// Round numbers from 0 to at least `max`, four or five of them.
pub(crate) fn ticks(max: u64) -> Vec<u64> {
    let step = step(max);
    let steps = max.div_ceil(step).max(1);
    (0..=steps).map(|at| at.saturating_mul(step)).collect()
}

/// The smallest of 1, 2, 5, 10, 20, … that reaches `max` in at most four steps.
fn step(max: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for part in [1, 2, 5] {
            let step = power.saturating_mul(part);
            if step.saturating_mul(4) >= max {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// At most `wanted` of `count` places, evenly spread, the first and the last among them.
pub(crate) fn spread(count: usize, wanted: usize) -> Vec<usize> {
    let last = count.saturating_sub(1);
    let gaps = wanted.saturating_sub(1).min(last).max(1);
    let mut places: Vec<usize> = (0..=gaps).map(|at| (at * last + gaps / 2) / gaps).collect();
    places.dedup();
    places
}

/// Moves labels apart that would lie on each other: their order stays, neighbours end up at least
/// `gap` apart, and all stay between 0 and `height` if there is room.
pub(crate) fn apart(wanted: &[f64], gap: f64, height: f64) -> Vec<f64> {
    let mut places = Vec::with_capacity(wanted.len());
    let mut above = f64::NEG_INFINITY;
    for &place in wanted {
        above = place.max(above + gap);
        places.push(above);
    }
    let mut below = height + gap;
    for place in places.iter_mut().rev() {
        *place = place.min(below - gap);
        below = *place;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_numbers_and_reaches_the_largest() {
        let cases: [(u64, &[u64]); 5] = [
            (0, &[0, 1]),
            (3, &[0, 1, 2, 3]),
            (47, &[0, 20, 40, 60]),
            (3_468, &[0, 1_000, 2_000, 3_000, 4_000]),
            (8_100, &[0, 5_000, 10_000]),
        ];
        for (max, wanted) in cases {
            assert_eq!(ticks(max), wanted, "{max}");
        }
        assert!(ticks(u64::MAX).len() >= 2, "and it ends for any number");
    }

    #[test]
    fn places_are_spread_from_the_first_to_the_last() {
        assert_eq!(spread(9, 4), [0, 3, 5, 8]);
        assert_eq!(spread(2, 4), [0, 1]);
        assert_eq!(spread(1, 4), [0]);
        assert_eq!(spread(60, 3), [0, 30, 59]);
    }

    #[test]
    fn labels_keep_their_order_and_their_distance() {
        assert_eq!(apart(&[10.0, 12.0, 90.0], 15.0, 100.0), [10.0, 25.0, 90.0]);
        assert_eq!(apart(&[95.0, 99.0], 15.0, 100.0), [85.0, 100.0]);
    }
}
