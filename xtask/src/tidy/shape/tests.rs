//! Each rule of shape is broken once on purpose.

use super::*;

fn file(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

#[track_caller]
fn check(rule: fn(&Source) -> Vec<Offence>, path: &str, text: &str, lines: &[usize]) {
    let found: Vec<usize> = rule(&file(path, text)).iter().map(|offence| offence.line).collect();
    assert_eq!(found, lines, "{path}: {text}");
}

#[test]
fn a_long_file_of_code_is_seen() {
    check(long_files, "crates/a/src/b.rs", &"x\n".repeat(LINES_MAX + 1), &[LINES_MAX + 1]);
    check(long_files, "crates/a/src/b.rs", &"x\n".repeat(LINES_MAX), &[]);
    check(long_files, "docs/statement.md", &"x\n".repeat(LINES_MAX + 1), &[]);
}

#[test]
fn columns_are_characters_and_not_bytes() {
    check(wide_lines, "a.rs", &format!("ok\n{}\n", "x".repeat(COLUMNS_MAX + 1)), &[2]);
    check(wide_lines, "a.rs", &"é".repeat(COLUMNS_MAX), &[]);
}

#[test]
fn a_drawer_is_seen_as_a_file_a_folder_and_a_module() {
    check(drawers, "crates/a/src/util.rs", "", &[1]);
    check(drawers, "crates/a/src/common/x.rs", "", &[1]);
    check(drawers, "crates/a/src/x.rs", "//! X.\npub(crate) mod helpers;", &[2]);
    check(drawers, "crates/a/src/x.rs", "// mod util\nmod utility;", &[]);
}

#[test]
fn a_file_must_open_with_a_sentence() {
    check(openings, "a.rs", "use std::fmt;", &[1]);
    check(openings, "a.rs", "//! Days and weeks", &[1]);
    check(openings, "a.rs", "//! Days, weeks\n//! and epochs.\n//!\n//! More", &[]);
    check(openings, "a.rs", "//! Days.\n\nuse std::fmt;", &[]);
}

#[test]
fn an_exception_without_a_reason_is_seen() {
    check(allowances, "a.rs", "#![allow(missing_docs)]", &[1]);
    check(allowances, "a.rs", "x\n#[cfg_attr(test, allow(dead_code))]", &[2]);
    check(allowances, "a.rs", "// #[allow(x)]\nfn allow(x: u8) {}", &[]);
}
