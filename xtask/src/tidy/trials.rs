//! How tests are written: named as sentences, and never waiting for a clock.

use super::{Offence, Source};
use crate::code;

#[cfg(test)]
mod tests;

/// Tests named `test_…`: the name says that it is a test and not what it shows.
pub fn names(file: &Source) -> Vec<Offence> {
    if !file.is_rust() {
        return Vec::new();
    }
    let code = file.code();
    let mut offences = Vec::new();
    let mut marked = false;
    for (number, line) in code.lines() {
        let line = line.trim_start();
        marked |= line.starts_with("#[") && code::word(line, "test").is_some();
        let Some(name) = code::word(line, "fn").and_then(|end| line.get(end..)) else {
            continue;
        };
        let name = name.trim_start();
        if marked && (name.starts_with("test_") || name.starts_with("test(")) {
            offences.push(file.offence(number, "name the test as a sentence that says what holds"));
        }
        marked = false;
    }
    offences
}

/// Tests that sleep: slow when they pass and wrong when the machine is busy.
pub fn sleeps(file: &Source) -> Vec<Offence> {
    if !file.is_rust() || !file.is_test() {
        return Vec::new();
    }
    let code = file.code();
    let sleeping = code.lines().filter(|(_, line)| {
        let after = code::word(line, "sleep").and_then(|end| line.get(end..));
        after.is_some_and(|after| after.starts_with('('))
    });
    let what = "do not sleep: pass the time in, or wait for the event itself";
    sleeping.map(|(number, _)| file.offence(number, what)).collect()
}
