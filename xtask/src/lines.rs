//! How much code there is, by crate: growth is easier to question when it has a number.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::tidy::Source;

#[cfg(test)]
mod tests;

/// How many of the largest files are shown.
const LARGEST_SHOWN: usize = 10;

#[derive(Default)]
struct Row {
    files: usize,
    code: usize,
    tests: usize,
    comments: usize,
}

/// Lines by crate, the largest files, and how many packages `Cargo.lock` holds.
pub fn table(files: &[Source]) -> String {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut sizes = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let (code, comments) = counted(file);
        let row = rows.entry(crate_of(&file.path)).or_default();
        row.files += 1;
        row.comments += comments;
        *(if file.is_test() { &mut row.tests } else { &mut row.code }) += code;
        sizes.push((file.lines().count(), file.path.as_str()));
    }
    sizes.sort_by(|a, b| b.cmp(a));
    let mut text =
        format!("{:<12}{:>7}{:>8}{:>8}{:>10}\n", "crate", "files", "code", "tests", "comments");
    let mut total = Row::default();
    for (name, row) in &rows {
        total.files += row.files;
        total.code += row.code;
        total.tests += row.tests;
        total.comments += row.comments;
        line(&mut text, name, row);
    }
    line(&mut text, "all", &total);
    text.push_str("\nlargest files (all lines)\n");
    for (lines, path) in sizes.iter().take(LARGEST_SHOWN) {
        let _ = writeln!(text, "{lines:>7}  {path}");
    }
    let lock = files.iter().find(|file| file.path == "Cargo.lock");
    let packages = lock.map_or(0, |lock| lock.text.matches("[[package]]").count());
    let _ = write!(text, "\n{packages} packages in Cargo.lock, ours included");
    text
}

fn line(text: &mut String, name: &str, row: &Row) {
    let Row { files, code, tests, comments } = row;
    let _ = writeln!(text, "{name:<12}{files:>7}{code:>8}{tests:>8}{comments:>10}");
}

/// Lines that hold code, and lines that hold only a comment.
fn counted(file: &Source) -> (usize, usize) {
    let code = file.code();
    let both = file.lines().zip(code.lines());
    both.fold((0, 0), |(code, comments), ((_, text), (_, bare))| {
        match (text.trim().is_empty(), bare.trim().is_empty()) {
            (true, _) => (code, comments),
            (false, true) => (code, comments + 1),
            (false, false) => (code + 1, comments),
        }
    })
}

fn crate_of(path: &str) -> &str {
    let inside = path.strip_prefix("crates/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside)
}
