//! What `cargo test` printed, read back: which test of which target passed.

use std::collections::BTreeMap;

/// The outcome (`ok`, `FAILED`, `ignored`) by target and name, as `target name`.
///
/// A later line about the same test wins: an unsteady test that was run again says its last word.
pub fn outcomes(log: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut target = String::new();
    for line in log.lines() {
        if let Some(running) = line.trim_start().strip_prefix("Running ") {
            target = target_of(running);
        } else if let Some((name, outcome)) =
            line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
        {
            // `ignored, only by command` is `ignored`.
            let outcome = outcome.split([' ', ',']).next().unwrap_or_default();
            found.insert(format!("{target} {name}"), outcome.to_owned());
        }
    }
    found
}

/// `unittests src/lib.rs (…/agent-0f)` is `lib`, and `tests/it/main.rs (…/it-0f)` is `it`.
fn target_of(running: &str) -> String {
    if running.starts_with("unittests src/lib.rs") {
        return "lib".to_owned();
    }
    let binary = running.rsplit('/').next().unwrap_or_default();
    binary.rsplit_once('-').map_or(binary, |(name, _)| name).to_owned()
}
