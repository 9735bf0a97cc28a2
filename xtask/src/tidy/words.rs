//! Words that do not belong in what is committed: paths of one machine, hosts, notes to oneself.

use super::{Offence, Source};
use crate::code;

#[cfg(test)]
mod tests;

// Each is written in two halves, so that this file keeps its own rules.
const ONE_MACHINE: [&str; 3] =
    [concat!("/wo", "rk/"), concat!("/tmp/", "bash"), concat!("/ro", "ot/.")];
const REGISTRIES: [&str; 8] = [
    concat!("crates", ".io/"),
    concat!("static.crates", ".io"),
    concat!("index.crates", ".io"),
    concat!("registry.npm", "js.org"),
    concat!("pypi", ".org"),
    concat!("files.python", "hosted.org"),
    concat!("deb.debian", ".org"),
    concat!("docker", ".io"),
];
/// A mirror set for everybody.
const MIRROR: &str = concat!("replace", "-with");
const NOTES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Paths that exist on the machine of whoever wrote them.
pub fn paths_of_one_machine(file: &Source) -> Vec<Offence> {
    // A path begins where no name stands before it: `docs/home/` is a folder of somebody's own.
    let begins = |line: &str, path: &str| {
        line.match_indices(path).any(|(at, _)| {
            let before = line.get(..at).unwrap_or_default().chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || "-_./}".contains(c))
        })
    };
    each(file, &ONE_MACHINE, begins, |found| {
        format!("`{found}` is a path of one machine: make it relative, or an argument")
    })
}

/// Hosts of package registries: each machine is told elsewhere where its packages come from.
pub fn registries(file: &Source) -> Vec<Offence> {
    // cargo writes the registry's name there, and reads nothing else.
    if file.path.ends_with("Cargo.lock") {
        return Vec::new();
    }
    let mut offences = each(
        file,
        &REGISTRIES,
        |line, host| line.contains(host),
        |found| {
            format!("`{found}` names a package registry: leave that to the machine's configuration")
        },
    );
    if file.path.contains(".cargo/") {
        offences.extend(each(
            file,
            &[MIRROR],
            |line, word| line.contains(word),
            |_| "a mirror is set on a machine, never for everybody".to_owned(),
        ));
    }
    offences
}

/// Notes to oneself: what is worth saying is a decision, a changelog entry or an issue.
pub fn notes(file: &Source) -> Vec<Offence> {
    let found = |line: &str, note: &str| code::word(line, note).is_some();
    let mut offences = each(file, &NOTES, found, |note| {
        format!("`{note}`: do it, drop it, or write down the decision")
    });
    if file.is_rust() {
        let code = file.code();
        let macros = [concat!("to", "do!"), concat!("unimple", "mented!")];
        offences.extend(each(
            &code,
            &macros,
            |line, call| line.contains(call),
            |call| format!("`{call}` panics on somebody's machine: finish it or leave it out"),
        ));
    }
    offences
}

fn each(
    file: &Source,
    words: &[&str],
    found: impl Fn(&str, &str) -> bool,
    said: impl Fn(&str) -> String,
) -> Vec<Offence> {
    let mut offences = Vec::new();
    for (number, line) in file.lines() {
        let hits = words.iter().filter(|word| found(line, word));
        offences.extend(hits.map(|word| file.offence(number, said(word))));
    }
    offences
}
