//! Publishing: from a tally to a release, and from nothing else.
//!
//! Three ways, chosen by the manifest or, for a rehearsal, by whoever starts one on a loopback
//! address: noisy (the default), exact, rehearsal. Each goes through the same steps: the tally's
//! cells, noise on every one of them or none, what is shown, the tables.

use crate::limits::DELTA_EXPONENT;
use crate::release::{FORMAT, FieldTable, Mode, Number, Release};
use crate::tally::{Cells, FieldTally, Tally};

mod cross;
mod doubt;
mod ledger;
mod noise;
mod plan;
mod sensitivity;
mod shown;
mod suppress;
mod table;
mod total;

pub use cross::CROSS_SENSITIVITY;
pub use ledger::{Ledger, LedgerEntry, LedgerError};
pub use noise::{Noise, Scale};
pub use plan::{Budget, GroupError, Plan, PlanError, Protection, Rehearsal, SmallestGroup, shares};
pub use sensitivity::{HEADLINE_SENSITIVITY, sensitivity};

use doubt::Doubt;
use shown::Rule;

/// Why nothing was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The plan is for another channel, window or number of fields than the tally's.
    #[error("the plan is not for this tally's channel and window")]
    OtherTally,
}

/// Makes a release: the only way to one.
///
/// The noise is drawn here, added, and kept nowhere: what is returned is all there is of it. To
/// publish again means to return the frozen bytes; a second call would spend the budget twice.
///
/// # Errors
/// If plan and tally do not belong together.
pub fn publish(
    tally: &Tally,
    plan: &Plan,
    noise: &mut impl Noise,
) -> Result<Release, PublishError> {
    if !plan.is_for(tally) {
        return Err(PublishError::OtherTally);
    }
    let fields = tally.fields.iter().map(|field| field_table(field, plan, noise)).collect();
    let crosses =
        tally.crosses.iter().map(|cross| cross::table(cross, tally, plan, noise)).collect();
    let within_28_days = within_28_days(tally, plan, noise);
    let numbers = [tally.installations(), tally.installations_within_28_days()];
    let spenders = tally.fields.len() + tally.crosses.len() + numbers.iter().flatten().count();
    let release = Release {
        format: FORMAT,
        program: tally.program.clone(),
        channel: tally.channel.clone(),
        number: plan.number(),
        window: tally.window,
        published: plan.published(),
        simulated: plan.is_simulated(),
        next: plan.next(),
        mode: mode(plan.protection(), spenders),
        group_min: plan.group().installations(),
        installations: installations(tally, plan, noise),
        installations_28_days: within_28_days,
        intake_bound: plan.intake().map(|bound| bound.counts_moved(tally.window)),
        fields,
        crosses,
    };
    Ok(release)
}

/// A release spends as many shares as it has tables and numbers: one over 28 days is not in each.
fn mode(protection: Protection, spenders: usize) -> Mode {
    let spenders = u32::try_from(spenders).unwrap_or(u32::MAX);
    match protection {
        Protection::Noisy(budget) => Mode::Noisy {
            epsilon_milli: budget.share().get().saturating_mul(spenders),
            delta_exponent: DELTA_EXPONENT,
        },
        Protection::Exact => Mode::Exact,
        Protection::Rehearsal => Mode::Rehearsal,
    }
}

/// How many reported; nothing, and no noise for it, where they cannot be counted.
fn installations(tally: &Tally, plan: &Plan, noise: &mut impl Noise) -> Option<Number> {
    let count = i64::try_from(tally.installations()?).unwrap_or(i64::MAX);
    let periods = plan.window().periods;
    let scale = scale(HEADLINE_SENSITIVITY, plan);
    let count = scale.map_or(count, |scale| noisy(count, noise.discrete_laplace(scale)));
    let doubt = Doubt::new(scale, periods);
    Some(match Rule::new(plan, 1) {
        Rule::Suppress { smallest } if count < smallest => Number::below(plan.group()),
        _ => doubt.number(count, 1),
    })
}

/// How many reported within 28 days. A tag that lasts as long is counted once, so one installation
/// moves this number by one, however often it reported.
fn within_28_days(tally: &Tally, plan: &Plan, noise: &mut impl Noise) -> Option<Number> {
    let count = i64::try_from(tally.installations_within_28_days()?).unwrap_or(i64::MAX);
    let scale = match plan.protection() {
        Protection::Noisy(budget) => Some(Scale::new(HEADLINE_SENSITIVITY.into(), budget.share())),
        _ => None,
    };
    let noised = scale.map_or(count, |scale| noisy(count, noise.discrete_laplace(scale)));
    let smallest = i64::from(plan.group().installations());
    let is_small = |number: i64| 0 < number && number < smallest;
    // Without noise, those who reported within the 28 days and not in this one period are a group.
    let earlier = match (tally.installations(), plan.window().periods) {
        (Some(now), 1) => count.saturating_sub_unsigned(now),
        _ => 0,
    };
    let is_hidden =
        plan.protection() == Protection::Exact && (count < smallest || is_small(earlier));
    Some(if is_hidden {
        Number::below(plan.group())
    } else {
        Doubt::new(scale, 1).number(noised, 1)
    })
}

fn field_table(tally: &FieldTally, plan: &Plan, noise: &mut impl Noise) -> FieldTable {
    let field = &tally.field;
    // One installation gives as many records as the manifest allows, and each moves the numbers.
    let contributions = tally.records.as_ref().map_or(1, |(_, max)| *max);
    let delta = sensitivity(&field.kind).saturating_mul(contributions);
    let scale = scale(delta, plan);
    let cells: Cells = match scale {
        Some(scale) => {
            tally.counter.cells().map(|count| noisy(count, noise.discrete_laplace(scale)))
        }
        None => tally.counter.cells(),
    };
    let doubt = Doubt::new(scale, plan.window().periods);
    let (answered, table) =
        table::table(field, &cells, Rule::of_several(plan, delta, contributions), &doubt);
    FieldTable {
        id: field.id.clone(),
        part: tally.part.clone(),
        question: field.question.to_string(),
        purpose: tally.purpose.clone(),
        records: tally.records.as_ref().map(|(unit, _)| unit.clone()),
        answered: answered.unwrap_or_else(|| Number::below(plan.group())),
        table,
    }
}

/// A number with its noise, held where sums over a whole table cannot overflow. To hold it there is
/// done to what is public already, so it costs nothing.
fn noisy(count: i64, noise: i64) -> i64 {
    count.saturating_add(noise).clamp(-NOISY_MAX, NOISY_MAX)
}

/// 2^50 times the cells of the longest table is below 2^62.
const NOISY_MAX: i64 = 1 << 50;

/// The scale of the noise on every number of a field: Δ/ε, where an installation moves the sums of
/// a window by Δ in each of its periods. `None` without noise.
fn scale(delta: u32, plan: &Plan) -> Option<Scale> {
    match plan.protection() {
        Protection::Noisy(budget) => {
            Some(Scale::new(u64::from(delta) * u64::from(plan.window().periods), budget.share()))
        }
        _ => None,
    }
}

impl Number {
    /// Fewer than the smallest group, and nothing more is said.
    fn below(group: SmallestGroup) -> Self {
        Self { value: 0, error_95: group.installations().into() }
    }
}

#[cfg(test)]
mod tests;
