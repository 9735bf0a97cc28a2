//! Five ways of guessing which of the parts received is of the same installation.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::fleet::{DAYS, Fleet, Installation};
use super::{Best, Identity, Sending};

/// The parts of one definition that a collector received, one for each installation, with
/// everything that it could see of them.
pub(super) struct Seen(Vec<Sight>);

#[derive(Clone)]
struct Sight {
    answer: u32,
    address: u32,
    moment: u32,
    days: [bool; DAYS],
}

const WAYS: [&str; 5] = ["answers", "address", "the moment", "the days seen", "everything"];

impl Seen {
    pub(super) fn of_part(fleet: &Fleet, part: usize, identity: Identity, to: Sending) -> Self {
        Self::each(fleet, |one| Sight {
            answer: at(&one.answers, part),
            address: if to.is_blind { 0 } else { one.address },
            moment: if to.is_on_schedule {
                at(&one.moments, part)
            } else {
                // One after the other, some 50 ms apart in a day of 2^32 ticks of 20 µs.
                one.by_hand.wrapping_add(u32::try_from(2_500 * part).unwrap_or(0))
            },
            days: first_days(one, identity.days_seen()),
        })
    }

    pub(super) fn of_part_tomorrow(fleet: &Fleet, part: usize, to: Sending) -> Self {
        Self::each(fleet, |one| Sight {
            answer: at(&one.tomorrow, part),
            address: if to.is_blind { 0 } else { one.address },
            moment: at(&one.moments_tomorrow, part),
            days: [false; DAYS],
        })
    }

    fn each(fleet: &Fleet, sight: impl Fn(&Installation) -> Sight) -> Self {
        Self(fleet.installations.iter().map(sight).collect())
    }
}

fn at(list: &[u32], place: usize) -> u32 {
    list.get(place).copied().unwrap_or(0)
}

fn first_days(one: &Installation, days: usize) -> [bool; DAYS] {
    let mut seen = [false; DAYS];
    for (seen, present) in seen.iter_mut().zip(one.present).take(days) {
        *seen = present;
    }
    seen
}

/// How often each way is right, for one pair of parts.
pub(super) fn all(from: &Seen, to: &Seen, known: (&Seen, &Seen)) -> [f64; 5] {
    let likely = likely(known);
    let by_days = |sight: &Sight| sight.days;
    [
        by_answer(from, to, &likely, |_| ()),
        by_key(from, to, |sight| sight.address),
        by_moment(from, to),
        by_key(from, to, by_days),
        by_answer(from, to, &likely, |sight| (sight.address, sight.days)).max(by_moment(from, to)),
    ]
}

/// The best way over all pairs, by its mean.
pub(super) fn best(joined: impl Iterator<Item = [f64; 5]>) -> Best {
    let (mut sums, mut pairs) = ([0.0; 5], 0_u32);
    for shares in joined {
        pairs += 1;
        for (sum, share) in sums.iter_mut().zip(shares) {
            *sum += share;
        }
    }
    let found =
        WAYS.into_iter().zip(sums).map(|(by, sum)| Best { by, share: sum / f64::from(pairs) });
    let first = Best { by: "chance", share: 0.0 };
    found.fold(first, |best, other| if other.share > best.share { other } else { best })
}

/// For each answer to the one part, the answers to the other by how much more likely each makes a
/// candidate, best first: learnt from another fleet.
fn likely((from, to): (&Seen, &Seen)) -> HashMap<u32, Vec<u32>> {
    let mut pairs: HashMap<(u32, u32), u32> = HashMap::new();
    let mut single: HashMap<u32, u32> = HashMap::new();
    for (a, b) in from.0.iter().zip(&to.0) {
        *pairs.entry((a.answer, b.answer)).or_default() += 1;
        *single.entry(b.answer).or_default() += 1;
    }
    let mut lists: HashMap<u32, Vec<(f64, u32)>> = HashMap::new();
    for ((a, b), together) in pairs {
        // Half a pair less: what was seen together once may be chance.
        let alone = single.get(&b).copied().unwrap_or(1);
        let lift = (f64::from(together) - 0.5) / (f64::from(alone) + 1.0);
        lists.entry(a).or_default().push((lift, b));
    }
    let sorted = lists.into_iter().map(|(a, mut list)| {
        list.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        (a, list.into_iter().map(|(_, b)| b).collect())
    });
    sorted.collect()
}

/// Among the candidates with the same key, those with the likeliest answer.
fn by_answer<K: std::hash::Hash + Eq>(
    from: &Seen,
    to: &Seen,
    likely: &HashMap<u32, Vec<u32>>,
    key: impl Fn(&Sight) -> K,
) -> f64 {
    let mut candidates: HashMap<K, BTreeMap<u32, u32>> = HashMap::new();
    for sight in &to.0 {
        *candidates.entry(key(sight)).or_default().entry(sight.answer).or_default() += 1;
    }
    let right = from.0.iter().zip(&to.0).map(|(sight, own)| {
        let Some(there) = candidates.get(&key(sight)) else { return 0.0 };
        let order = likely.get(&sight.answer).map(Vec::as_slice).unwrap_or_default();
        let named = order.iter().find(|answer| there.contains_key(answer));
        match named {
            Some(named) if *named == own.answer => share_of(there.get(named)),
            Some(_) => 0.0,
            None => 1.0 / f64::from(there.values().sum::<u32>()),
        }
    });
    right.sum::<f64>() / count(from)
}

fn share_of(alike: Option<&u32>) -> f64 {
    alike.map_or(0.0, |alike| 1.0 / f64::from(*alike))
}

/// Any of the candidates with the same key.
fn by_key<K: std::hash::Hash + Eq>(from: &Seen, to: &Seen, key: impl Fn(&Sight) -> K) -> f64 {
    let mut alike: HashMap<K, u32> = HashMap::new();
    for sight in &to.0 {
        *alike.entry(key(sight)).or_default() += 1;
    }
    let right = from.0.iter().zip(&to.0).map(|(sight, own)| {
        if key(sight) == key(own) { share_of(alike.get(&key(own))) } else { 0.0 }
    });
    right.sum::<f64>() / count(from)
}

/// The candidate that came next in time, before or after.
fn by_moment(from: &Seen, to: &Seen) -> f64 {
    let mut moments: Vec<u32> = to.0.iter().map(|sight| sight.moment).collect();
    moments.sort_unstable();
    let right = from.0.iter().zip(&to.0).map(|(sight, own)| {
        let after = moments.partition_point(|moment| *moment < sight.moment);
        let around = [after.checked_sub(1), Some(after)];
        let around = around.into_iter().flatten().filter_map(|place| moments.get(place));
        let nearest = around.min_by_key(|moment| moment.abs_diff(sight.moment));
        f64::from(u8::from(nearest == Some(&own.moment)))
    });
    right.sum::<f64>() / count(from)
}

fn count(seen: &Seen) -> f64 {
    f64::from(u32::try_from(seen.0.len()).unwrap_or(u32::MAX).max(1))
}

/// Whole answer sheets: the one of tomorrow that differs least from today's.
pub(super) fn nearest_sheet(fleet: &Fleet) -> f64 {
    let mut same: HashMap<&[u32], u32> = HashMap::new();
    for one in &fleet.installations {
        *same.entry(&one.tomorrow).or_default() += 1;
    }
    let differ = |a: &[u32], b: &[u32]| a.iter().zip(b).filter(|(a, b)| a != b).count();
    let right = fleet.installations.iter().map(|one| {
        if let Some(alike) = same.get(one.answers.as_slice()) {
            return if one.tomorrow == one.answers { share_of(Some(alike)) } else { 0.0 };
        }
        let own = differ(&one.answers, &one.tomorrow);
        let others = fleet.installations.iter().map(|other| differ(&one.answers, &other.tomorrow));
        let (mut nearer, mut alike) = (0_u32, 0_u32);
        for other in others {
            nearer += u32::from(other < own);
            alike += u32::from(other == own);
        }
        if nearer > 0 { 0.0 } else { share_of(Some(&alike)) }
    });
    right.sum::<f64>() / f64::from(u32::try_from(fleet.installations.len()).unwrap_or(1).max(1))
}

/// Samples: two of one machine by the days on which each was seen anywhere in a month; and one with
/// itself in the next period. Every second one, on average, is among those drawn on a day.
pub(super) fn samples(fleet: &Fleet) -> (f64, f64) {
    let mut days: HashMap<u32, [u32; 30]> = HashMap::new();
    let mut holders: HashMap<u32, u32> = HashMap::new();
    for one in &fleet.installations {
        for sample in one.samples.iter().collect::<BTreeSet<_>>() {
            *holders.entry(*sample).or_default() += 1;
            let seen = days.entry(*sample).or_insert([0; 30]);
            for (seen, present) in seen.iter_mut().zip(one.present) {
                *seen += u32::from(present);
            }
        }
    }
    let mut alike: HashMap<[u32; 30], u32> = HashMap::new();
    for pattern in days.values() {
        *alike.entry(*pattern).or_default() += 1;
    }
    let (mut together, mut again, mut pairs, mut all) = (0.0, 0.0, 0_u32, 0_u32);
    for one in &fleet.installations {
        let own: Vec<u32> =
            one.samples.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        for sample in &own {
            all += 1;
            again += share_of(holders.get(sample));
        }
        for (first, second) in own.iter().zip(own.iter().skip(1)) {
            pairs += 1;
            let (first, second) = (days.get(first), days.get(second));
            if let (Some(first), true) = (first, first == second) {
                // One of the others with the same days, and then one of its holders.
                let others = alike.get(first).copied().unwrap_or(1).saturating_sub(1).max(1);
                let holders = first.first().copied().unwrap_or(1).max(1);
                together += 1.0 / f64::from(others) / f64::from(holders);
            }
        }
    }
    (together / f64::from(pairs.max(1)), again / f64::from(all.max(1)))
}
