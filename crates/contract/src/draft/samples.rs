//! Samples: which values of an open vocabulary may travel, after cleaning and after the leak guard.

use std::collections::BTreeMap;

use envelope::Digest;

use super::Gathered;
use crate::answer::Fact;
use crate::clean::{LeakGuard, Outputs};
use crate::limits::{SAMPLE_CANDIDATES_MAX, SAMPLES_PER_PERIOD_MAX};

/// The values that may travel, each with how often it occurs, and why others may not.
pub(super) struct Samples {
    pub(super) values: Vec<(String, u64)>,
    pub(super) why_not: Vec<String>,
}

/// Draws values, cleans them, and lets the leak guard look at what is left. `None` if the fact is
/// no text.
pub(super) fn samples(fact: &Fact, bytes_max: usize, gathered: &Gathered<'_>) -> Option<Samples> {
    let mut drawn: Vec<_> = values(fact)?.into_iter().collect();
    // Drawn before cleaning, so that cleaning costs the same whatever the machine has.
    shuffle(&mut drawn, gathered.seed);
    drawn.truncate(SAMPLE_CANDIDATES_MAX);
    let mut why_not = Vec::new();
    let mut cleaned = match clean(drawn, bytes_max, gathered, &mut why_not) {
        Ok(cleaned) => cleaned,
        Err(why) => return Some(Samples { values: Vec::new(), why_not: vec![why] }),
    };
    if let Err(why) = guard(&mut cleaned, gathered, &mut why_not) {
        return Some(Samples { values: Vec::new(), why_not: vec![why] });
    }
    let mut values: Vec<_> = cleaned.into_iter().collect();
    shuffle(&mut values, gathered.seed);
    values.truncate(SAMPLES_PER_PERIOD_MAX);
    Some(Samples { values, why_not })
}

/// The values of a sample, each once and without the spaces around it, and how often it occurs.
fn values(fact: &Fact) -> Option<BTreeMap<String, u64>> {
    let given: Vec<(&String, u64)> = match fact {
        Fact::Numbers(numbers) => numbers.iter().map(|(value, number)| (value, *number)).collect(),
        Fact::List(list) => list.iter().map(|value| (value, 1)).collect(),
        Fact::Text(text) => vec![(text, 1)],
        Fact::Flag(_) | Fact::Number(_) | Fact::Each(_) => return None,
    };
    let mut values: BTreeMap<String, u64> = BTreeMap::new();
    for (value, number) in given {
        let sum = values.entry(value.trim().to_owned()).or_default();
        *sum = sum.saturating_add(number);
    }
    Some(values)
}

fn shuffle(values: &mut [(String, u64)], seed: &[u8; 32]) {
    values
        .sort_by_cached_key(|(value, _)| Digest::of(&[seed.as_slice(), value.as_bytes()].concat()));
}

/// Values that are the same once cleaned are one value.
fn clean(
    drawn: Vec<(String, u64)>,
    bytes_max: usize,
    gathered: &Gathered<'_>,
    why_not: &mut Vec<String>,
) -> Result<BTreeMap<String, u64>, String> {
    let (texts, numbers): (Vec<_>, Vec<_>) = drawn.into_iter().unzip();
    let mut outputs = Outputs::new(texts);
    (gathered.known)(&mut |value| outputs.known(value))?;
    let mut cleaned = BTreeMap::new();
    for (text, number) in outputs.samples(bytes_max).into_iter().zip(numbers) {
        match text.text {
            Some(value) => {
                let sum: &mut u64 = cleaned.entry(value).or_default();
                *sum = sum.saturating_add(number);
            }
            None => why_not.push(match text.removed.last() {
                Some(class) => format!("cleaning dropped a value: {}", class.name()),
                None => "a value was empty".to_owned(),
            }),
        }
    }
    Ok(cleaned)
}

/// The last gate, independent of cleaning: what it finds is dropped, and nothing else is lost.
fn guard(
    cleaned: &mut BTreeMap<String, u64>,
    gathered: &Gathered<'_>,
    why_not: &mut Vec<String>,
) -> Result<(), String> {
    let texts: Vec<String> = cleaned.keys().cloned().collect();
    let mut guard = LeakGuard::new(texts.iter().map(String::as_str));
    (gathered.known)(&mut |value| guard.known(value))?;
    for leak in guard.leaks().into_iter().filter_map(|number| texts.get(number)) {
        cleaned.remove(leak);
        why_not.push("the leak guard dropped a value that cleaning had let through".to_owned());
    }
    Ok(())
}
