//! The shape of a file: its length, its width, its name, its first sentence.

use super::{Offence, Source};
use crate::code;

#[cfg(test)]
mod tests;

/// Lines in one file of code; a longer one holds two ideas.
pub const LINES_MAX: usize = 400;
/// Columns of a line of Rust; two files fit side by side.
pub const COLUMNS_MAX: usize = 100;
/// Names of drawers: what lies in one has no home.
const DRAWERS: [&str; 9] =
    ["util", "utils", "common", "helper", "helpers", "type", "types", "misc", "shared"];
/// What people write and read as code. Generated pages and data are measured elsewhere.
const CODE: [&str; 6] = ["rs", "js", "css", "sh", "py", "toml"];

/// Files of code longer than [`LINES_MAX`].
pub fn long_files(file: &Source) -> Vec<Offence> {
    // A manifest is one document, as long as what it asks: a page of questions each.
    let is_manifest = file.path.starts_with("manifests/");
    let lines = file.lines().count();
    if lines <= LINES_MAX || is_manifest || !CODE.iter().any(|end| file.has_extension(end)) {
        return Vec::new();
    }
    let what = format!("{lines} lines, at most {LINES_MAX}: split it by idea, tests into tests.rs");
    vec![file.offence(LINES_MAX + 1, what)]
}

/// Lines of Rust wider than [`COLUMNS_MAX`], comments and strings included (rustfmt leaves those).
pub fn wide_lines(file: &Source) -> Vec<Offence> {
    let columns = file.lines().map(|(number, line)| (number, line.chars().count()));
    let wide = columns.filter(|(_, columns)| file.is_rust() && *columns > COLUMNS_MAX);
    wide.map(|(number, columns)| {
        file.offence(number, format!("{columns} columns, at most {COLUMNS_MAX}: break the line"))
    })
    .collect()
}

/// Files, folders and modules named after no idea.
pub fn drawers(file: &Source) -> Vec<Offence> {
    let said = |name: &str| format!("`{name}` says nothing: name what is inside, or move it home");
    let in_path = file.path.split('/').filter_map(|part| {
        let stem = part.split('.').next()?;
        DRAWERS.contains(&stem).then(|| file.offence(1, said(stem)))
    });
    let code =
        if file.is_rust() { file.code() } else { Source { text: String::new(), ..file.clone() } };
    let in_text = code.lines().filter_map(|(number, line)| {
        let after = line.get(code::word(line, "mod")?..)?.trim_start();
        let name = after.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        DRAWERS.contains(&name).then(|| file.offence(number, said(name)))
    });
    in_path.chain(in_text).collect()
}

/// Rust files that do not open with a sentence saying what they are for.
pub fn openings(file: &Source) -> Vec<Offence> {
    let opening: Vec<&str> = file
        .text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .take_while(|line| !line.trim().is_empty())
        .collect();
    let is_sentence = opening.last().is_some_and(|last| last.trim_end().ends_with('.'));
    if !file.is_rust() || is_sentence {
        return Vec::new();
    }
    vec![file.offence(
        1,
        "begin with `//!` and a sentence, ending in a full stop, that says what the file is for",
    )]
}

/// Exceptions without a reason, which outlive their cause.
pub fn allowances(file: &Source) -> Vec<Offence> {
    if !file.is_rust() {
        return Vec::new();
    }
    let code = file.code();
    let inside_attribute = |line: &str| {
        let attribute = line.find("#[").or_else(|| line.find("#!["));
        let allow = line.find("allow(");
        matches!((attribute, allow), (Some(begin), Some(at)) if begin < at)
            && code::word(line, "allow").is_some()
    };
    let offending = code.lines().filter(|(_, line)| inside_attribute(line));
    let what = "use #[expect(lint, reason = \"...\")]: it goes away with its cause";
    offending.map(|(number, _)| file.offence(number, what)).collect()
}
