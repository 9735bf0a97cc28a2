//! The configuration file: the options of the command line, by the same names.
//!
//! ```toml
//! data = "/var/lib/candor-collector"
//!
//! [serve]
//! listen = "0.0.0.0:8710"
//! manifest = ["/etc/candor/larkspur.toml"]
//! ```
//!
//! What the file says becomes words of the command line, unless the command line or the environment
//! say it already. So an option has one meaning, one check and one error, wherever it stands.

use std::ffi::OsString;

use clap::{Command, CommandFactory as _};
use toml::{Table, Value};

use super::Config;

/// The option that names the file, and its variable.
pub const OPTION: &str = "--config";
/// See [`OPTION`].
pub const VARIABLE: &str = "CANDOR_CONFIG";

const SERVE: &str = "serve";

/// Why a file configures nothing.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is no TOML.
    #[error("it is no TOML")]
    Toml(#[source] toml::de::Error),
    /// There is no such option.
    #[error("`{key}` is no option{}", hint(nearest.as_deref()))]
    Unknown {
        /// As it stands in the file.
        key: String,
        /// The option that may be meant.
        nearest: Option<String>,
    },
    /// A value is no text, whole number, yes or no, or list of texts.
    #[error("`{0}` has a value of another kind: write a text, a whole number, true or false")]
    Value(String),
}

/// The command line with what the file adds to it. `is_set` says of a variable of the environment
/// whether it has a value.
///
/// # Errors
/// If the file is no TOML, or has something that is no option.
pub fn arguments(
    text: &str,
    given: &[OsString],
    is_set: impl Fn(&str) -> bool,
) -> Result<Vec<OsString>, FileError> {
    let file: Table = text.parse().map_err(FileError::Toml)?;
    let root = Config::command();
    let serve = root.find_subcommand(SERVE).cloned().unwrap_or_default();
    let mut words = given.to_vec();
    for (key, value) in &file {
        match (key.as_str(), value) {
            // Behind the program's name: it holds for every command.
            ("data", value) => {
                let data = option(&root, key, value, (given, &is_set))?;
                words.splice(1..1, data);
            }
            (SERVE, Value::Table(options)) => {
                let mut more = Vec::new();
                for (key, value) in options {
                    if !keys(&serve).any(|known| known == key) {
                        return Err(unknown(key, keys(&serve)));
                    }
                    more.extend(option(&serve, key, value, (given, &is_set))?);
                }
                if command(given).is_some_and(|command| command == SERVE) {
                    words.extend(more);
                }
            }
            _ => return Err(unknown(key, ["data", SERVE].into_iter())),
        }
    }
    Ok(words)
}

/// The options of `serve`, as they are called in the file.
pub fn keys(serve: &Command) -> impl Iterator<Item = &str> {
    serve.get_arguments().filter_map(clap::Arg::get_long).filter(|long| *long != "help")
}

/// The path of the file, if the command line names one.
pub fn named(given: &[OsString]) -> Option<OsString> {
    let mut words = given.iter();
    while let Some(word) = words.next() {
        if word == OPTION {
            return words.next().cloned();
        }
        let text = word.to_str().unwrap_or_default();
        if let Some(path) = text.strip_prefix(OPTION).and_then(|rest| rest.strip_prefix('=')) {
            return Some(path.into());
        }
    }
    None
}

/// The first word that is neither an option nor the value of one.
fn command(given: &[OsString]) -> Option<&OsString> {
    let mut words = given.iter().skip(1);
    loop {
        let word = words.next()?;
        if word == OPTION || word == "--data" {
            words.next();
        } else if !word.to_str().is_some_and(|word| word.starts_with('-')) {
            return Some(word);
        }
    }
}

/// The words that stand for one entry; none where the command line or the environment decide.
fn option(
    of: &Command,
    key: &str,
    value: &Value,
    (given, is_set): (&[OsString], &impl Fn(&str) -> bool),
) -> Result<Vec<OsString>, FileError> {
    let argument = of.get_arguments().find(|argument| argument.get_long() == Some(key));
    let variable = argument.and_then(clap::Arg::get_env).and_then(|name| name.to_str());
    let long = format!("--{key}");
    let said = |word: &OsString| {
        let rest = word.to_str().and_then(|word| word.strip_prefix(long.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    let is_said = given.iter().any(said) || variable.is_some_and(is_set);
    let word = |value: String| OsString::from(format!("{long}={value}"));
    let words = match value {
        Value::String(text) => vec![word(text.clone())],
        Value::Integer(number) => vec![word(number.to_string())],
        Value::Boolean(true) => vec![OsString::from(&long)],
        Value::Boolean(false) => Vec::new(),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            let texts = texts.ok_or_else(|| FileError::Value(key.to_owned()))?;
            texts.into_iter().map(|text| word(text.to_owned())).collect()
        }
        _ => return Err(FileError::Value(key.to_owned())),
    };
    Ok(if is_said { Vec::new() } else { words })
}

fn unknown<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> FileError {
    let distances = known.map(|known| (distance(key, known), known));
    let nearest = distances.min().filter(|(distance, _)| *distance <= 3);
    let nearest = nearest.map(|(_, known)| known.to_owned());
    FileError::Unknown { key: key.to_owned(), nearest }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; do you mean `{nearest}`?"))
}

/// Characters to insert, remove or replace to come from one text to the other. An underscore passes
/// for the hyphen that options have.
fn distance(from: &str, to: &str) -> usize {
    let same = |a: char, b: char| a == b || (a == '_' && b == '-');
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (at, a) in from.chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(to.chars()) {
            let replaced = diagonal + usize::from(!same(a, b));
            diagonal = *cell;
            left = replaced.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
