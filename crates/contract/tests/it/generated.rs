//! Generated files are committed; these tests make them again and compare.
//!
//! `UPDATE=1 cargo test -p contract` writes them anew; the difference is reviewed.

use std::path::PathBuf;

use contract::{dictionary, schema, statement};

use crate::fixture::{DEMO, parse};

/// A path from the repository's root.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

#[expect(clippy::disallowed_methods, reason = "a test may read and write the repository's files")]
#[track_caller]
pub(crate) fn compare(name: &str, made: &str, same: impl Fn(&str) -> String) {
    let path = path(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    if same(&found) != same(made) {
        let line = found.lines().zip(made.lines()).position(|(old, new)| old != new);
        let line = line.map_or("its end".to_owned(), |line| format!("line {}", line + 1));
        panic!("{name} has drifted at {line}: run `UPDATE=1 cargo test -p contract`");
    }
}

#[test]
fn the_demos_statement_is_the_one_that_is_committed() {
    let manifest = parse(DEMO);
    let markdown = statement::markdown(&manifest);
    compare("manifests/candor-demo.statement.md", &markdown, ToOwned::to_owned);
    // The page carries the stylesheet, which others change: it is no part of what is compared.
    let without_style = |page: &str| match (page.split_once("<style>"), page.split_once("</style>"))
    {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => page.to_owned(),
    };
    let html = statement::html(&manifest);
    compare("manifests/candor-demo.statement.html", &html, without_style);
}

#[test]
fn the_demos_schema_is_the_one_that_is_committed() {
    let made = schema::file(&parse(DEMO));
    compare("manifests/candor-demo.schema.json", &made, ToOwned::to_owned);
}

#[test]
fn the_demos_dictionary_is_the_one_that_is_committed() {
    let made = dictionary::markdown(&parse(DEMO));
    compare("manifests/candor-demo.dictionary.md", &made, ToOwned::to_owned);
}

#[expect(clippy::disallowed_methods, reason = "a test may read and write the repository's files")]
#[test]
fn what_is_generated_for_the_examples_is_committed() {
    let folder = std::fs::read_dir(path("manifests/examples")).unwrap().flatten();
    let files = folder.map(|entry| entry.path());
    for file in files.filter(|file| file.extension().is_some_and(|end| end == "toml")) {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let manifest = parse(&std::fs::read_to_string(&file).unwrap());
        let beside = |end: &str| format!("manifests/examples/{name}.{end}");
        let same = ToOwned::to_owned;
        compare(&beside("statement.md"), &statement::markdown(&manifest), same);
        compare(&beside("schema.json"), &schema::file(&manifest), same);
        compare(&beside("dictionary.md"), &dictionary::markdown(&manifest), same);
        assert!(manifest.program.collector.contains("example.org"), "{name} points at somebody");
    }
}
