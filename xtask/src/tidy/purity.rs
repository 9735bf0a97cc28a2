//! What touches the world stands in `src/edge/` or `main.rs`, and nowhere else.

use super::{Offence, Source};
use crate::code;

#[cfg(test)]
mod tests;

/// What reaches the world, and what to do instead.
const REACHES: [(&str, &str); 12] = [
    ("SystemTime::now", "time is an argument"),
    ("Instant::now", "time is an argument"),
    ("std::fs", "files are read and written in edge/, through the `disk` crate"),
    ("std::net", "sockets belong in edge/; for addresses as values use core::net"),
    ("std::os::unix::net", "sockets belong in edge/"),
    ("std::env", "the environment is read once, in main.rs or edge/, and passed in"),
    ("std::process::Command", "other programs are started in edge/"),
    ("getrandom", "randomness is an argument: `&mut impl rand_core::CryptoRng`"),
    ("rustix", "system calls belong in edge/"),
    ("tokio::net", "sockets belong in edge/"),
    ("tokio::fs", "files belong in edge/"),
    ("ureq", "the network belongs in edge/"),
];
/// Modules of `std` above that may hide in `use std::{…}`.
const GROUPED: [&str; 3] = ["fs", "net", "env"];

/// Uses of clock, disk, network, environment and randomness outside the edge.
///
/// Only code that ships is concerned: files under `src/` that hold no tests, up to the test module
/// with which some of them end.
pub fn reaches(file: &Source) -> Vec<Offence> {
    if !must_be_pure(file) {
        return Vec::new();
    }
    let code = file.code();
    let shipped = Source { text: before_tests(&code.text).to_owned(), ..code };
    let named = shipped.lines().flat_map(|(number, line)| {
        let found = REACHES.iter().filter(move |(name, _)| code::word(line, name).is_some());
        found.map(move |(name, instead)| file.offence(number, said(name, instead)))
    });
    named.chain(grouped(file, &shipped.text)).collect()
}

fn must_be_pure(file: &Source) -> bool {
    file.is_rust()
        && file.path.contains("src/")
        && !file.path.contains("src/edge/")
        && !file.path.ends_with("src/edge.rs")
        && !file.path.ends_with("src/main.rs")
        && !file.is_test()
}

fn said(name: &str, instead: &str) -> String {
    format!("`{name}` outside edge/: {instead}")
}

fn before_tests(text: &str) -> &str {
    let inline = text.match_indices("#[cfg(test)]").find(|(at, found)| {
        let after = text.get(at + found.len()..).unwrap_or_default().trim_start();
        after.starts_with("mod ") && after.lines().next().is_some_and(|line| line.contains('{'))
    });
    inline.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// `use std::{fmt, fs}`: the same, written shorter.
fn grouped(file: &Source, text: &str) -> Vec<Offence> {
    let mut offences = Vec::new();
    for (at, found) in text.match_indices("std::{") {
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let mut depth = 1_usize;
        let mut path_begins = true;
        let inside = text.get(at + found.len()..).unwrap_or_default();
        for piece in inside.split_inclusive(['{', '}', ',', ':']) {
            let name = piece.trim_end_matches(['{', '}', ',', ':']).trim();
            if depth == 1 && path_begins && GROUPED.contains(&name) {
                let name = format!("std::{name}");
                let entry = REACHES.iter().find(|(known, _)| *known == name);
                offences
                    .extend(entry.map(|(name, instead)| file.offence(line, said(name, instead))));
            }
            match piece.chars().next_back() {
                Some('{') => depth += 1,
                Some('}') => depth -= 1,
                _ => {}
            }
            path_begins = !piece.ends_with([':', '}']);
            if depth == 0 {
                break;
            }
        }
    }
    offences
}
