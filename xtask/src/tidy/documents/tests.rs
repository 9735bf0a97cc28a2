//! Dead links and decisions without a reason are found.

use super::*;

fn file(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

#[track_caller]
fn check_link(text: &str, broken: usize) {
    let files = [
        file("docs/guide/a.md", text),
        file("docs/guide/b.md", "# B\n\n## What it's `for`, mostly\n"),
        file("README.md", "# Candor"),
    ];
    assert_eq!(links(&files).len(), broken, "{text}");
}

#[test]
fn a_link_to_a_missing_file_is_seen() {
    check_link("[x](missing.md)", 1);
    check_link("see [x](b.md), ![y](img/z.png \"Z\") and [z](../../README.md)", 1);
    check_link("[x]: ../c.md", 1);
    check_link("[x](../../../issues)", 1);
    check_link("[x](../) [y](b.md) [z](../guide)", 0);
}

#[test]
fn a_link_to_a_missing_heading_is_seen() {
    check_link("[x](b.md#what-its-for-mostly)", 0);
    check_link("[x](b.md#why)", 1);
    check_link("# Here\n[x](#here) [y](#there)", 1);
}

#[test]
fn links_elsewhere_and_code_are_passed_over() {
    check_link("[x](https://example.org/y) [m](mailto:a@example.org)", 0);
    check_link("`[x](missing.md)`\n\n```\n[x](missing.md)\n```\n", 0);
}

const RECORD: &str =
    "# 0001. X\n\n## Context\n\n## Decision\n\n## Why not otherwise\n\n## Consequences\n";

#[track_caller]
fn check_decisions(name: &str, record: &str, index: &str, offences: usize) {
    let files =
        [file("docs/decisions/README.md", index), file(&format!("docs/decisions/{name}"), record)];
    assert_eq!(decisions(&files).len(), offences, "{name}: {record} {index}");
}

#[test]
fn a_decision_lacking_a_heading_or_its_place_in_the_index_is_seen() {
    let index = "[1](0001-x.md)";
    check_decisions("0001-x.md", RECORD, index, 0);
    check_decisions("0001-x.md", &RECORD.replace("## Consequences\n", ""), index, 1);
    check_decisions("0001-x.md", &RECORD.replace("# 0001. X", "# X"), index, 1);
    check_decisions("0001-x.md", RECORD, "nothing", 1);
}

#[test]
fn two_decisions_cannot_share_a_number() {
    let files = [
        file("docs/decisions/README.md", "[1](0001-x.md) [2](0001-y.md)"),
        file("docs/decisions/0001-x.md", RECORD),
        file("docs/decisions/0001-y.md", RECORD),
    ];
    assert_eq!(decisions(&files).len(), 1);
}
