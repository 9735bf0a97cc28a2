//! What of a table is shown, by the kind of protection.

use super::doubt::improbable;
use super::plan::{Plan, Protection};
use super::scale;
use super::suppress::{self, Line};
use crate::limits::SAMPLES_PER_PERIOD_MAX;
use crate::version::Version;

/// The rule by which numbers are shown. All bounds are sums over the window: an average of at least
/// the smallest group needs at least so many installations, as each counts once per period.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// Everything.
    All,
    /// Noisy numbers that reach a bound, which is higher for values that nobody declared.
    Threshold { closed: i64, open: i64 },
    /// Exact numbers of groups that are large enough, and suppression around the others.
    Suppress { smallest: i64 },
}

/// Which rows of a version's table are shown.
pub(super) struct VersionsShown {
    pub(super) minor: Vec<bool>,
    pub(super) full: Vec<bool>,
    pub(super) other: bool,
}

impl Rule {
    /// `delta` is the field's Δ for one period.
    pub(super) fn new(plan: &Plan, delta: u32) -> Self {
        Self::of_several(plan, delta, 1)
    }

    /// The same where one installation gives several in a period: so many belong to a group of the
    /// smallest size at least.
    pub(super) fn of_several(plan: &Plan, delta: u32, contributions: u32) -> Self {
        let periods = plan.window().periods;
        let smallest =
            i64::from(plan.group().installations()) * i64::from(periods) * i64::from(contributions);
        match plan.protection() {
            Protection::Rehearsal => Self::All,
            Protection::Exact => Self::Suppress { smallest },
            Protection::Noisy(_) => {
                let open = scale(delta, plan).map_or(0, |scale| {
                    // One installation can be alone with as many values as it moves numbers, each
                    // of them as often as it gives something: once per period, or every record.
                    let values = u64::from(delta) * u64::from(periods);
                    let own = u64::from(periods) * u64::from(contributions);
                    improbable(scale, values).saturating_add(own)
                });
                let open = i64::try_from(open).unwrap_or(i64::MAX).max(smallest);
                Self::Threshold { closed: smallest, open }
            }
        }
    }

    /// Whether there is too little to show anything.
    pub(super) fn too_few(self, answered: i64) -> bool {
        match self {
            Self::All => false,
            Self::Threshold { closed: smallest, .. } | Self::Suppress { smallest } => {
                answered < smallest
            }
        }
    }

    /// Whether it is said how many samples were given that are not shown. With noise that number
    /// would have to be in Δ and make the noise twice as large; without noise a single installation
    /// may have given [`SAMPLES_PER_PERIOD_MAX`] of them.
    pub(super) fn shows_other_samples(self, rest: i64) -> bool {
        match self {
            Self::All => true,
            Self::Threshold { .. } => false,
            Self::Suppress { smallest } => {
                let each = i64::try_from(SAMPLES_PER_PERIOD_MAX).unwrap_or(i64::MAX);
                rest >= smallest.saturating_mul(each)
            }
        }
    }

    /// Whether a count is exact, so that a row of 0 says that nobody gave this answer.
    pub(super) fn is_exact(self) -> bool {
        !matches!(self, Self::Threshold { .. })
    }

    pub(super) fn partition(self, cells: &[i64]) -> Vec<bool> {
        match self {
            Self::All => vec![true; cells.len()],
            Self::Threshold { closed, .. } => cells.iter().map(|n| *n >= closed).collect(),
            Self::Suppress { smallest } => suppress::partition(cells, smallest),
        }
    }

    pub(super) fn open(self, cells: &[i64]) -> Vec<bool> {
        match self {
            Self::Threshold { open, .. } => cells.iter().map(|n| *n >= open).collect(),
            _ => self.partition(cells),
        }
    }

    /// Which entries are shown, and whether "none" is.
    pub(super) fn set(self, answered: i64, none: i64, entries: &[i64]) -> (Vec<bool>, bool) {
        match self {
            Self::Suppress { smallest } => (suppress::set(answered, entries, smallest), false),
            Self::Threshold { closed, .. } => (self.partition(entries), none >= closed),
            Self::All => (self.partition(entries), true),
        }
    }

    pub(super) fn line(self, answered: i64, buckets: &[i64]) -> Line {
        match self {
            Self::All => Line::Buckets,
            Self::Threshold { closed, .. } if buckets.iter().sum::<i64>() >= closed => {
                Line::Buckets
            }
            Self::Threshold { .. } => Line::Nothing,
            Self::Suppress { smallest } => suppress::line(answered, buckets, smallest),
        }
    }

    pub(super) fn versions(
        self,
        other: i64,
        minor: &[(Version, i64)],
        full: &[(Version, i64)],
    ) -> VersionsShown {
        if let Self::Threshold { closed, .. } = self {
            let reaches = |rows: &[(Version, i64)]| {
                self.open(&rows.iter().map(|(_, count)| *count).collect::<Vec<_>>())
            };
            return VersionsShown {
                minor: reaches(minor),
                full: reaches(full),
                other: other >= closed,
            };
        }
        // Exact tables are tied: the full versions of one major.minor add up to it. So they are a
        // table of their own with that total, and nothing of it is shown where the total is not.
        let counts = minor.iter().map(|(_, count)| *count).chain([other]).collect::<Vec<_>>();
        let mut minor_shown = self.partition(&counts);
        let other = minor_shown.pop().unwrap_or(false);
        let mut full_shown = Vec::with_capacity(full.len());
        let groups = full.chunk_by(|(a, _), (b, _)| a.minor() == b.minor());
        for (group, shown) in groups.zip(&minor_shown) {
            let counts: Vec<_> = group.iter().map(|(_, count)| *count).collect();
            let partition = self.partition(&counts);
            full_shown.extend(partition.into_iter().map(|full| full && *shown));
        }
        VersionsShown { minor: minor_shown, full: full_shown, other }
    }
}
