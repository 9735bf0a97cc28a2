//! No entry without a target, and every target runs a little in each test.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may stop and may read")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fuzz::entries::{ENTRIES, Entry};

/// The crates to which others speak.
const CRATES: [&str; 4] = ["collector", "contract", "envelope", "relay"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // Sockets and files are read through what is listed; commands are their owner's.
            if path.file_name().is_some_and(|name| name != "edge") {
                files(&path, found);
            }
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// Functions of a source that take text or bytes and give a result, an option or a list.
fn entries(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for begin in ["pub fn ", "    fn from_str"] {
        for (at, _) in source.match_indices(begin) {
            let name_at = at + begin.len() - if begin.starts_with(' ') { 8 } else { 0 };
            let rest = &source[name_at..];
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let signature = rest.split(" {\n").next().unwrap_or_default();
            let (parameters, result) = signature.rsplit_once("->").unwrap_or((signature, ""));
            let takes = ["[u8]", "&str", "&'t str", "Vec<u8>", "text: &'"];
            let gives = ["Result", "Option", "Self", "Found", "Passed", "bool", "Cleaned", "Class"];
            let parses = gives.iter().any(|kind| result.contains(kind));
            if takes.iter().any(|kind| parameters.contains(kind)) && parses {
                found.push(name);
            }
        }
    }
    found
}

/// Names by which functions take what was made inside: they parse nothing.
fn is_inside(file: &str, name: &str) -> bool {
    let maker = [
        "decision",
        "withdrawal",
        "gate",
        "tally",
        "statement",
        "dictionary",
        "schema",
        "metrics",
        "login",
        "secret",
        "problem",
        "failure",
        "draft",
        "change",
        "known",
        "publisher",
    ];
    let stem = file.rsplit_once("src/").unwrap().1;
    let stem = stem.split(['/', '.']).next().unwrap();
    maker.contains(&stem)
        || matches!(
            name,
            "channel" | "part" | "field" | "header" | "unusable" | "new" | "with_causes" | "of"
        )
}

#[test]
fn every_entry_has_a_target_and_every_target_an_entry() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut missing = Vec::new();
    let mut seen = BTreeSet::new();
    for name in CRATES {
        let mut found = Vec::new();
        files(&root.join(name).join("src"), &mut found);
        for path in found {
            let file = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let source = std::fs::read_to_string(&path).unwrap();
            for function in entries(&source) {
                let known = ENTRIES.iter().any(|(of, name, _)| *of == file && *name == function);
                seen.insert((file.clone(), function.clone()));
                if !known && !is_inside(&file, &function) {
                    missing.push(format!("{file}: {function}"));
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "give each a target in fuzz/src/entries.rs");
    for (file, name, entry) in ENTRIES {
        if let Entry::Fed(target) = entry {
            assert!(fuzz::TARGETS.iter().any(|known| known.name == *target), "{target}");
        }
        let source = std::fs::read_to_string(root.join(file)).unwrap();
        assert!(source.contains(&format!("fn {name}")), "{file} has no {name} any more");
    }
    assert!(seen.len() > 40, "the scan found only {}", seen.len());
}

#[test]
fn every_target_returns_for_its_seeds_and_for_changed_ones() {
    fuzz::watch();
    for target in fuzz::TARGETS {
        let outcome = fuzz::run(target, 1, |executions, _| executions < 1_500);
        assert_eq!(outcome.executions, 1_500, "{}", target.name);
    }
}
