//! One invented installation: what it answers follows from its dice and the field's kind.

use contract::answer::{Answer, Entry};
use contract::id::FieldId;
use contract::kind::{Buckets, Kind};
use jiff::civil::Date;

use super::dice::Dice;
use super::version;

/// Samples of one installation and period.
const SAMPLES_MAX: u64 = 4;
/// Different values of a sample in the whole world.
const SAMPLE_VALUES: usize = 90;

#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    pub(super) dice: Dice,
    /// The largest tier that was agreed to, from 0.
    pub(super) tier: usize,
    /// How large it is beside others, about normal.
    size: f64,
}

impl Person {
    /// One of three agrees to the smallest tier alone, if there are several.
    pub(super) fn new(dice: Dice, tiers: usize) -> Self {
        let largest = tiers.saturating_sub(1);
        let tier = if dice.part(11) < 0.33 { 0 } else { largest };
        Self { dice, tier, size: dice.around(12) }
    }

    /// Most are there from the start, some come later, and a few leave.
    pub(super) fn is_there(self, age: f64) -> bool {
        let comes = (self.dice.part(13) - 0.74) / 0.26;
        let leaves = if self.dice.part(14) < 0.05 { self.dice.part(15) } else { 2.0 };
        comes <= age && age < leaves
    }

    /// `None` where it does not answer, and for samples, of which there are several.
    pub(super) fn answer(self, id: &FieldId, kind: &Kind, day: Date, age: f64) -> Option<Answer> {
        let field = Dice::of_name(id.as_str());
        let own = self.dice.mix(field);
        // Something is not known on some machines, and stays so.
        if own.part(0) < 0.02 {
            return None;
        }
        let drift = (field.part(1) - 0.4) * age;
        Some(match kind {
            Kind::Flag => Answer::Flag(own.part(2) < 0.2 + 0.6 * field.part(2) + 0.2 * drift),
            Kind::Choice { choices } => {
                Answer::Choice(Entry::at(own.pick(2, &popularity(choices.len(), drift))?))
            }
            Kind::Version { .. } => Answer::Version(version::of(own, day)),
            Kind::Count { buckets, .. } | Kind::Size { buckets } | Kind::Duration { buckets } => {
                Answer::Bucket(self.bucket(own, field, buckets, 0)?)
            }
            Kind::Set { choices } => Answer::Set(has((own, field), choices.len(), drift)),
            Kind::Counts { choices, buckets, .. } => {
                // What is not there at all is left out, so the empty bucket is not used.
                let least = usize::from(buckets.bounds(0) == Some((0, 0)));
                let entries = has((own, field), choices.len(), drift).into_iter();
                let count = |entry: Entry| {
                    let own = own.roll(entry.index() as u64);
                    Some((entry, self.bucket(own, field, buckets, least)?))
                };
                Answer::Counts(entries.filter_map(count).collect())
            }
            Kind::Flow { buckets, .. } => {
                Answer::Counts(self.moves((own, field), kind, buckets)?)
            }
            Kind::Sample { .. } => return None,
        })
    }

    /// Everybody goes some of the usual ways, which are the same for all, and few go any other.
    fn moves(
        self,
        (own, field): (Dice, Dice),
        kind: &Kind,
        buckets: &Buckets,
    ) -> Option<Vec<(Entry, u8)>> {
        let (all, steps) = (kind.things()?, kind.choices()?.len() + 1);
        let least = usize::from(buckets.bounds(0) == Some((0, 0)));
        let usual = |at: usize| {
            let (from, to) = (at / steps, at % steps);
            let known = from + 1 < steps && to + 1 < steps && from != to;
            let way = field.part(300 + at as u64);
            // From where everybody arrives to what stands first.
            let near = 0.86f64.powi(i32::try_from(from + to).unwrap_or(i32::MAX));
            if known && way < 0.4 { (1.15 - way) * near } else { 0.01 }
        };
        let mut moves: Vec<_> = (0..all)
            .filter(|at| own.part(400 + *at as u64) < usual(*at))
            .filter_map(|at| {
                let bucket = self.bucket(own.roll(at as u64), field, buckets, least)?;
                Some((Entry::at(at), bucket))
            })
            .collect();
        moves.sort_by_key(|(_, bucket)| std::cmp::Reverse(*bucket));
        moves.truncate(kind.things_max()?);
        moves.sort_unstable();
        Some(moves)
    }

    /// Values of an open vocabulary, each once.
    pub(super) fn samples(self, id: &FieldId, kind: &Kind) -> Vec<Answer> {
        let Kind::Sample { buckets, .. } = kind else { return Vec::new() };
        let field = Dice::of_name(id.as_str());
        let own = self.dice.mix(field);
        let weights = popularity(SAMPLE_VALUES, 0.0);
        let mut picked: Vec<usize> = (0..SAMPLES_MAX)
            .filter(|at| own.part(*at + 20) < 0.8 - 0.2 * (*at as f64))
            .filter_map(|at| own.pick(at, &weights))
            .collect();
        picked.sort_unstable();
        picked.dedup();
        let value = |at: usize| {
            let letter = ["A", "B", "C", "E", "K", "M", "P", "R"].get(at % 8).unwrap_or(&"X");
            format!("Example {letter}{}", (at + 3) * 20)
        };
        let count = || buckets.as_ref().and_then(|buckets| self.bucket(own, field, buckets, 0));
        picked.into_iter().map(|at| Answer::Sample(value(at), count())).collect()
    }

    fn bucket(self, own: Dice, field: Dice, buckets: &Buckets, least: usize) -> Option<u8> {
        let wide = buckets.len() as f64;
        let middle = wide * (0.3 + 0.25 * field.part(3) + 0.11 * self.size + 0.05 * own.around(4));
        let weight = |at: usize| {
            let away = (at as f64 + 0.5 - middle) / (0.13 * wide);
            if at < least { 0.0 } else { (-away * away).exp() + 1e-9 }
        };
        let weights: Vec<f64> = (0..buckets.len()).map(weight).collect();
        u8::try_from(own.pick(5, &weights)?).ok()
    }
}

/// The entries of a list that somebody has: the first ones most of all, and of some lists more than
/// of others.
fn has((own, field): (Dice, Dice), entries: usize, drift: f64) -> Vec<Entry> {
    let most = 0.2 + 0.7 * field.part(6);
    let rate = |at: usize| most * 0.8f64.powf(at as f64 * 12.0 / (entries as f64 + 4.0));
    let turned = |at: usize| if at % 3 == 1 { rate(at) + 0.15 * drift } else { rate(at) };
    // The last one is `other`.
    let has = |at: &usize| {
        let rate = if *at == entries { 0.05 } else { turned(*at) };
        own.part(100 + *at as u64) < rate
    };
    (0..=entries).filter(has).map(Entry::at).collect()
}

/// How likely each entry of a list is, and at the end what the list does not have.
fn popularity(entries: usize, drift: f64) -> Vec<f64> {
    let weight = |at: usize| 1.0 / (at as f64 + 1.0).powf(1.15 - 0.5 * drift);
    let mut weights: Vec<f64> = (0..entries).map(weight).collect();
    let all: f64 = weights.iter().sum();
    weights.push(0.015 * all);
    weights
}
