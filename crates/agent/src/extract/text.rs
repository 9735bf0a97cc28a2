//! What a pattern finds in text, and how much of it is taken.

use contract::answer::Fact;
use contract::manifest::{Amount, Take};
use regex_lite::{Regex, RegexBuilder};

use super::{ExtractError, GoOn};
use crate::limits::{PATTERN_BYTES_MAX, SOURCE_VALUES_MAX};

/// Takes from a text what its pattern finds; without a pattern, its lines that are not empty.
pub(super) fn take(text: &str, take: &Take, go_on: GoOn<'_>) -> Result<Fact, ExtractError> {
    match compiled(take)? {
        Some(pattern) => amount(found(&pattern, text, go_on), take),
        None => amount(text.lines().map(str::trim).filter(|line| !line.is_empty()), take),
    }
}

/// Takes from values that lie side by side: of each, what the pattern finds first, if there is one.
pub(super) fn take_some<'a>(
    values: impl Iterator<Item = &'a str>,
    take: &Take,
    go_on: GoOn<'_>,
) -> Result<Fact, ExtractError> {
    match compiled(take)? {
        Some(pattern) => {
            let first = |value| found(&pattern, value, go_on).next();
            amount(values.take_while(|_| go_on()).filter_map(first), take)
        }
        None => amount(values, take),
    }
}

/// Multiplies the number that a text is, as `times` says. "1.5" with 1,024 is 1,536.
pub(crate) fn number(text: &str, times: u64) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    // Nine digits are exact enough for any bucket, and their product fits.
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let scale = 10_u128.pow(u32::try_from(fraction.len()).unwrap_or(0));
    let rest = u128::from(fraction.parse::<u64>().unwrap_or(0)) * u128::from(times) / scale;
    Some(whole.saturating_mul(times).saturating_add(u64::try_from(rest).unwrap_or(u64::MAX)))
}

fn compiled(take: &Take) -> Result<Option<Regex>, ExtractError> {
    let compile = |pattern| RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build();
    take.pattern.as_deref().map(compile).transpose().map_err(|_| ExtractError::BadPattern)
}

/// Every match: its first group where the pattern has one, and then only if that took part.
fn found<'a>(pattern: &Regex, text: &'a str, go_on: GoOn<'_>) -> impl Iterator<Item = &'a str> {
    let group = usize::from(pattern.captures_len() > 1);
    pattern
        .captures_iter(text)
        .take_while(move |_| go_on())
        .filter_map(move |found| found.get(group))
        .map(|found| found.as_str())
}

fn amount<'a>(
    mut values: impl Iterator<Item = &'a str>,
    take: &Take,
) -> Result<Fact, ExtractError> {
    match take.amount {
        Amount::First => {
            let nothing = if take.pattern.is_some() || take.pointer.is_none() {
                ExtractError::Pattern
            } else {
                ExtractError::Pointer
            };
            let value = values.next().ok_or(nothing)?;
            match take.times {
                1 => Ok(Fact::Text(value.to_owned())),
                times => number(value, times).map(Fact::Number).ok_or(ExtractError::Number),
            }
        }
        Amount::All => {
            let values = values.filter(|value| !value.trim().is_empty()).map(str::to_owned);
            let values: Vec<_> = values.take(SOURCE_VALUES_MAX + 1).collect();
            if values.len() > SOURCE_VALUES_MAX {
                return Err(ExtractError::Values);
            }
            Ok(Fact::List(values))
        }
        Amount::Number => Ok(Fact::Number((values.count() as u64).saturating_mul(take.times))),
    }
}
