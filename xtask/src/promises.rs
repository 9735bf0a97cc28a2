//! The promises: what each says, the tests that hold it, and how each test was seen to fail.
//!
//! They stand in `docs/promises/`; `docs/promises.md` is made from them, from the last recorded
//! run of the tests and from the last time each code was broken on purpose.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::tidy::Source;

pub mod log;
pub mod page;
#[cfg(test)]
mod tests;

/// The folder in which the promises are written down, some in each file, in the order of names.
pub const LIST: &str = "docs/promises/";
/// What the last recorded run said of each test.
pub const RESULTS: &str = "docs/promises-results.json";
/// The page that people read.
pub const PAGE: &str = "docs/promises.md";
/// How many there are: a promise is not dropped silently.
pub const COUNT: usize = 40;

/// All promises, in the order of their numbers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The promises.
    #[serde(rename = "promise")]
    pub promises: Vec<Promise>,
}

/// One promise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// From 1.
    pub number: usize,
    /// What holds, in one sentence.
    pub title: String,
    /// What can go wrong without it.
    pub risk: String,
    /// Where somebody met it, as an address of a public thread.
    pub thread: Option<String>,
    /// What holds it.
    #[serde(rename = "test")]
    pub tests: Vec<Test>,
}

/// One test of a promise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The package it belongs to.
    pub package: String,
    /// The integration test's name, or `lib` for a unit test.
    pub target: String,
    /// Its full name within the target.
    pub name: String,
    /// How the code is broken on purpose so that it fails.
    #[serde(rename = "break")]
    pub flaw: Option<Flaw>,
}

/// A fault that is put into the code on purpose.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flaw {
    /// The file that is changed.
    pub file: String,
    /// What stands there once and only once.
    pub from: String,
    /// What stands there instead.
    pub to: String,
    /// What the program does wrong then.
    pub says: String,
}

/// What was seen of the tests, and when.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// The last recorded run of `./test`.
    pub run: Option<Occasion>,
    /// The last outcome by test (`package target name`), of that run.
    #[serde(default)]
    pub tests: BTreeMap<String, String>,
    /// The day (UTC) on which each test last saw its planted fault, by the same name.
    #[serde(default)]
    pub noticed: BTreeMap<String, String>,
}

/// A commit and the day it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Occasion {
    /// The day, UTC.
    pub date: String,
    /// The commit, shortened.
    pub commit: String,
}

impl Test {
    /// `package target name`: as the results list it.
    pub fn key(&self) -> String {
        format!("{} {} {}", self.package, self.target, self.name)
    }

    /// The name of the function alone.
    pub fn function(&self) -> &str {
        self.name.rsplit("::").next().unwrap_or(&self.name)
    }

    /// The file that holds it, among the repository's.
    pub fn file<'f>(&self, files: &'f [Source]) -> Option<&'f Source> {
        let signature = format!("fn {}(", self.function());
        let folder = match self.target.as_str() {
            "lib" => format!("{}/src/", folder(&self.package)),
            target => format!("{}/tests/{target}", folder(&self.package)),
        };
        let module = self.name.rsplit("::").nth(1).unwrap_or_default();
        let holds = |file: &&Source| {
            file.path.starts_with(&folder) && file.is_rust() && file.text.contains(&signature)
        };
        // Two modules may hold tests of one name: the one that the path names goes first.
        let named = |file: &&Source| holds(file) && file.path.contains(module);
        files.iter().find(named).or_else(|| files.iter().find(holds))
    }
}

/// Reads the list.
///
/// # Errors
/// When a file says what the form has no place for.
pub fn list(files: &[Source]) -> Result<List> {
    let mut list = List { promises: Vec::new() };
    for file in files.iter().filter(|file| file.path.starts_with(LIST)) {
        let some: List =
            toml::from_str(&file.text).with_context(|| format!("reading {}", file.path))?;
        list.promises.extend(some.promises);
    }
    Ok(list)
}

/// Reads what was seen; nothing where there is no such file yet.
///
/// # Errors
/// When the file does not have its form.
pub fn results(files: &[Source]) -> Result<Results> {
    match text(files, RESULTS) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("reading {RESULTS}")),
        Err(_) => Ok(Results::default()),
    }
}

/// Everything that is wrong with the list, a line each: numbers, tests that are nowhere, faults
/// that no longer fit the code.
pub fn offences(list: &List, files: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    let numbers: Vec<usize> = list.promises.iter().map(|promise| promise.number).collect();
    if numbers != (1..=COUNT).collect::<Vec<_>>() {
        found.push(format!("{LIST}: the numbers are not 1 to {COUNT}, each once and in order"));
    }
    for promise in &list.promises {
        let number = promise.number;
        if promise.tests.is_empty() {
            found.push(format!("promise {number} has no test"));
        }
        if !promise.tests.iter().any(|test| test.flaw.is_some()) {
            found.push(format!("promise {number} has no test that was seen to fail"));
        }
        for test in &promise.tests {
            if test.file(files).is_none() {
                found.push(format!("promise {number}: there is no test {}", test.key()));
            }
            if let Some(flaw) = &test.flaw
                && let Err(error) = flaw.planted(files)
            {
                found.push(format!("promise {number}, {}: {error}", test.function()));
            }
        }
    }
    found
}

impl Flaw {
    /// The file's text with the fault in it.
    ///
    /// # Errors
    /// When the file is not there or its text does not stand there exactly once.
    pub fn planted(&self, files: &[Source]) -> Result<String> {
        let text = text(files, &self.file)?;
        match text.matches(&self.from).count() {
            1 => Ok(text.replacen(&self.from, &self.to, 1)),
            count => anyhow::bail!("{} stands {count} times in {}", self.from.trim(), self.file),
        }
    }
}

fn text(files: &[Source], path: &str) -> Result<String> {
    let file = files.iter().find(|file| file.path == path);
    Ok(file.with_context(|| format!("{path} is not there"))?.text.clone())
}

fn folder(package: &str) -> String {
    if package == "xtask" { package.to_owned() } else { format!("crates/{package}") }
}
