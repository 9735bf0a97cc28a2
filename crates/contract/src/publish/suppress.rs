//! Complementary suppression: what else is not shown, so that small groups cannot be computed.
//!
//! A group is small if it has at least one installation and fewer than the smallest group. Tables
//! are published with their total, so one missing number could be computed from the others. The
//! rule is made so that knowing the rule does not help either.
//!
//! **Where one answer excludes the others** (choices, buckets, versions, samples): as soon as one
//! value is small, the smallest value that is *not* small is folded too, with all values below it
//! and its equals. Each folded value may then be the large one: exchanging the counts of two folded
//! values gives another world with the same release. So no folded count can be computed, whatever
//! else is known about the table.
//!
//! **Where entries are independent** (sets, lines of counts): each entry divides those who answered
//! into those who have it and those who have not. It is shown if neither of the two is small.
//! Nothing is said about the sum of entries that are not shown, so nothing ties them together. How
//! many have none of them is never shown: with it, overlaps could be computed (9 and 9 of 14 with
//! nobody outside means that 4 have both).

/// Which cells of a partition are shown.
pub(super) fn partition(cells: &[i64], smallest: i64) -> Vec<bool> {
    if !cells.iter().any(|count| is_small(*count, smallest)) {
        return vec![true; cells.len()];
    }
    let large = cells.iter().copied().filter(|count| *count >= smallest);
    let folded_up_to = large.min().unwrap_or(i64::MAX);
    cells.iter().map(|count| *count > folded_up_to).collect()
}

/// Which entries of a set are shown.
pub(super) fn set(answered: i64, entries: &[i64], smallest: i64) -> Vec<bool> {
    let small = |count: i64| is_small(count, smallest) || is_small(answered - count, smallest);
    entries.iter().map(|count| !small(*count)).collect()
}

/// How much of a line of `counts` is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// Its buckets.
    Buckets,
    /// How many have any of it.
    Installations,
    /// Nothing.
    Nothing,
}

/// How much of a line is shown: its buckets and "none of it" divide those who answered.
pub(super) fn line(answered: i64, buckets: &[i64], smallest: i64) -> Line {
    let any: i64 = buckets.iter().sum();
    if is_small(any, smallest) || is_small(answered - any, smallest) {
        Line::Nothing
    } else if buckets.iter().any(|count| is_small(*count, smallest)) {
        Line::Installations
    } else {
        Line::Buckets
    }
}

fn is_small(count: i64, smallest: i64) -> bool {
    0 < count && count < smallest
}
