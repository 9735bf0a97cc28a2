//! The page that lists each promise with its tests and what was seen of them.

use std::fmt::Write;

use super::{List, Occasion, Promise, Results, Test};
use crate::tidy::Source;

/// What stands before the promises.
const OPENING: &str = "\
# Forty promises, each a test

Made from [promises/](promises) by `cargo xtask promises`; a test holds this page to it.

Software that sends home has broken each of these somewhere, usually without noticing. Here each is
held by tests, at the level where it would really break. A test counts only if it was *seen to
fail*: `cargo xtask sabotage` plants the fault that is named beside it, in a copy of the code, and
expects the test to notice. Threads are linked as examples of what can happen; they accuse nobody.

";

/// `docs/promises.md`.
pub fn page(list: &List, results: &Results, files: &[Source]) -> String {
    let mut text = String::from(OPENING);
    let _ = writeln!(text, "{}\n", summary(list, results));
    for promise in &list.promises {
        entry(&mut text, promise, results, files);
    }
    text
}

fn summary(list: &List, results: &Results) -> String {
    let tests: Vec<&Test> = list.promises.iter().flat_map(|promise| &promise.tests).collect();
    let passed = tests.iter().filter(|test| passed(results, test)).count();
    let planted = tests.iter().filter(|test| test.flaw.is_some()).count();
    let noticed = tests.iter().filter(|t| results.noticed.contains_key(&t.key())).count();
    let run = match &results.run {
        Some(Occasion { date, commit }) => {
            format!(
                "Last recorded run: {date}, commit {commit}: {passed} of {} tests passed.",
                tests.len()
            )
        }
        None => format!("{} tests; no run is recorded yet.", tests.len()),
    };
    format!("{run} Faults planted on purpose: {planted}; noticed when last tried: {noticed}.")
}

fn entry(text: &mut String, promise: &Promise, results: &Results, files: &[Source]) {
    let Promise { number, title, risk, thread, tests } = promise;
    let _ = writeln!(text, "## {number}. {title}\n");
    let thread = thread.as_ref().map_or(String::new(), |url| format!(" ([example]({url}))"));
    let _ = writeln!(text, "*Without it:* {risk}{thread}\n");
    for test in tests {
        let file = test.file(files).map_or("", |file| file.path.as_str());
        let _ = write!(text, "* [`{}`](../{file}): ", test.function());
        let _ = writeln!(text, "{}.{}", outcome(results, test), flaw(results, test));
    }
    text.push('\n');
}

fn outcome<'r>(results: &'r Results, test: &Test) -> &'r str {
    match results.tests.get(&test.key()).map(String::as_str) {
        Some("ok") => "passed",
        Some("ignored") => "not run",
        Some(_) => "FAILED",
        None => "no recorded result",
    }
}

fn passed(results: &Results, test: &Test) -> bool {
    outcome(results, test) == "passed"
}

fn flaw(results: &Results, test: &Test) -> String {
    let Some(flaw) = &test.flaw else { return String::new() };
    let seen = match results.noticed.get(&test.key()) {
        Some(day) => format!("noticed on {day}"),
        None => "not tried yet".to_owned(),
    };
    format!(" Planted fault: {} ({seen}).", flaw.says)
}
