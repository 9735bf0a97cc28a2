//! The house rules, held against this repository. Each rule is explained in STYLE.md.

use std::sync::OnceLock;

use xtask::edge::tree;
use xtask::tidy::{Offence, Source, crates, documents, purity, shape, trials, words};

/// The repository's texts, read once for all rules.
fn files() -> &'static [Source] {
    static FILES: OnceLock<Vec<Source>> = OnceLock::new();
    FILES.get_or_init(|| tree::read().unwrap_or_default())
}

/// Fails with every offence, so that one run suffices to mend them all.
#[track_caller]
fn none(offences: &[Offence]) {
    let list: Vec<String> = offences.iter().map(Offence::to_string).collect();
    assert!(
        list.is_empty(),
        "{} to mend:
{}
",
        list.len(),
        list.join(
            "
"
        )
    );
}

#[track_caller]
fn none_in_any_file(rule: fn(&Source) -> Vec<Offence>) {
    none(&files().iter().flat_map(rule).collect::<Vec<_>>());
}

#[test]
fn the_rules_see_the_repository() {
    for path in ["Cargo.toml", "xtask/tests/tidy.rs", "crates/contract/src/lib.rs"] {
        assert!(files().iter().any(|file| file.path == path), "{path} was not read");
    }
}

#[test]
fn each_crate_depends_only_on_those_beneath_it() {
    none_in_any_file(crates::arrows);
}

#[test]
fn cryptography_tls_and_databases_are_each_in_their_own_crate() {
    none_in_any_file(crates::reserved);
}

#[test]
fn versions_stand_in_one_list_and_there_are_no_features() {
    none_in_any_file(crates::one_list);
}

#[test]
fn no_file_of_code_is_longer_than_400_lines() {
    none_in_any_file(shape::long_files);
}

#[test]
fn no_line_of_rust_is_wider_than_100_columns() {
    none_in_any_file(shape::wide_lines);
}

#[test]
fn no_file_or_module_is_a_drawer() {
    none_in_any_file(shape::drawers);
}

#[test]
fn every_rust_file_opens_with_a_sentence() {
    none_in_any_file(shape::openings);
}

#[test]
fn every_exception_carries_its_reason() {
    none_in_any_file(shape::allowances);
}

#[test]
fn only_the_edge_touches_the_world() {
    none_in_any_file(purity::reaches);
}

#[test]
fn tests_are_named_as_sentences() {
    none_in_any_file(trials::names);
}

#[test]
fn no_test_sleeps() {
    none_in_any_file(trials::sleeps);
}

#[test]
fn no_text_names_a_path_of_one_machine() {
    none_in_any_file(words::paths_of_one_machine);
}

#[test]
fn no_text_names_a_package_registry() {
    none_in_any_file(words::registries);
}

#[test]
fn no_note_to_oneself_is_left() {
    none_in_any_file(words::notes);
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    none(&documents::links(files()));
}

#[test]
fn every_decision_says_why_and_is_listed() {
    none(&documents::decisions(files()));
}
