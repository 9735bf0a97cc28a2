//! Documents: links that lead somewhere, and decisions that say why.

use std::collections::BTreeSet;

use super::{Offence, Source};

#[cfg(test)]
mod tests;

/// What a decision record answers, in this order.
const HEADINGS: [&str; 4] =
    ["## Context", "## Decision", "## Why not otherwise", "## Consequences"];
const DECISIONS: &str = "docs/decisions/";

/// Links of Markdown files to files or headings that are not there.
pub fn links(files: &[Source]) -> Vec<Offence> {
    let known = paths(files);
    let mut offences = Vec::new();
    for file in files.iter().filter(|file| file.has_extension("md")) {
        for (line, target) in targets(file) {
            if let Some(what) = broken(files, &known, file, &target) {
                offences.push(file.offence(line, what));
            }
        }
    }
    offences
}

/// Decision records without their headings or title, with a number taken, or left out of the index.
pub fn decisions(files: &[Source]) -> Vec<Offence> {
    let index = files.iter().find(|file| file.path == format!("{DECISIONS}README.md"));
    let mut numbers = BTreeSet::new();
    let mut offences = Vec::new();
    for file in files {
        let Some(name) = file.path.strip_prefix(DECISIONS).filter(|n| is_record(n)) else {
            continue;
        };
        let number = name.get(..4).unwrap_or_default();
        if !numbers.insert(number.to_owned()) {
            offences.push(file.offence(1, format!("{number} is taken: use the next free number")));
        }
        if !file.text.starts_with(&format!("# {number}. ")) {
            offences.push(file.offence(1, format!("begin with `# {number}. ` and the decision")));
        }
        let found: Vec<&str> =
            file.text.lines().filter(|line| line.starts_with("## ")).map(str::trim_end).collect();
        if found != HEADINGS {
            let what = format!("have exactly these headings: {}", HEADINGS.join(", "));
            offences.push(file.offence(1, what));
        }
        if !index.is_some_and(|index| index.text.contains(&format!("]({name})"))) {
            offences.push(file.offence(1, format!("add a line to {DECISIONS}README.md")));
        }
    }
    offences
}

fn is_record(name: &str) -> bool {
    let number = name.split_once('-').map_or("", |(number, _)| number);
    number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit())
}

/// Every file and every folder above one.
fn paths(files: &[Source]) -> BTreeSet<&str> {
    let mut known = BTreeSet::new();
    for file in files {
        let mut path = file.path.as_str();
        known.insert(path);
        while let Some((folder, _)) = path.rsplit_once('/') {
            known.insert(folder);
            path = folder;
        }
    }
    known
}

/// What is wrong with a link, if anything is.
fn broken(files: &[Source], known: &BTreeSet<&str>, file: &Source, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let resolved =
        if path.is_empty() { Some(file.path.clone()) } else { resolve(&file.path, path) };
    let Some(resolved) = resolved else {
        return Some(format!("`{target}` leads out of the repository: write the whole address"));
    };
    if !resolved.is_empty() && !known.contains(resolved.as_str()) {
        return Some(format!("`{target}` leads nowhere: there is no {resolved} in the repository"));
    }
    let page = files.iter().find(|page| page.path == resolved && page.has_extension("md"))?;
    let missing = !heading.is_empty() && !anchors(page).contains(heading);
    missing.then(|| format!("`{target}` leads nowhere: {resolved} has no such heading"))
}

/// A relative path as seen from a file; `None` when it leaves the repository.
fn resolve(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Targets of inline links, images and reference definitions, with their lines, outside code.
fn targets(file: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(file) {
        let definition = line
            .trim_start()
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]:"))
            .and_then(|(_, target)| target.split_whitespace().next());
        let inline = line.split("](").skip(1).filter_map(|rest| {
            let target = rest.split_once(')')?.0;
            target.split_whitespace().next()
        });
        let all = inline.chain(definition).map(|target| target.trim_matches(['<', '>']));
        found.extend(all.map(|target| (number, target.to_owned())));
    }
    found
}

/// Headings as a forge names them in links.
fn anchors(page: &Source) -> BTreeSet<String> {
    let headings = prose(page).into_iter().filter(|(_, line)| line.starts_with('#'));
    headings
        .map(|(_, line)| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// Lines outside fenced code, without their `inline code`.
fn prose(file: &Source) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (number, line) in file.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let heading = line.starts_with('#');
            let outside = line.split('`').enumerate().filter(|(at, _)| heading || at % 2 == 0);
            lines.push((number, outside.map(|(_, piece)| piece).collect()));
        }
    }
    lines
}
