//! Reads every text file that is, or is about to be, committed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::tidy::Source;

/// Folders that a walk without git passes over: nothing in them is ever committed.
const NEVER_COMMITTED: [&str; 3] = [".git", "target", "demo-data"];

/// All text files of the repository, sorted by path.
///
/// # Errors
/// When the repository cannot be listed or one of its files cannot be read.
pub fn read() -> Result<Vec<Source>> {
    let root = root();
    let mut paths = match listed_by_git(&root) {
        Some(paths) => paths,
        // A tarball, or a checkout that belongs to somebody else: git is silent, the rules are not.
        None => walked(&root).with_context(|| format!("listing {}", root.display()))?,
    };
    paths.sort();
    paths.dedup();
    let sources = paths.into_iter().map(|path| source(&root, path));
    sources.filter_map(Result::transpose).collect()
}

/// The folder that holds the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Committed files, and new ones that nothing ignores: a rule speaks before the commit.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let names = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = names.split('\0').filter(|n| !n.is_empty()).map(Into::into).collect();
    (!paths.is_empty()).then_some(paths)
}

fn walked(root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let passed_over = NEVER_COMMITTED.iter().any(|name| entry.file_name() == *name);
            if kind.is_dir() && !passed_over {
                folders.push(entry.path());
            } else if kind.is_file()
                && let Ok(path) = entry.path().strip_prefix(root)
            {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    Ok(found)
}

/// One file; `None` when it is deleted but not yet committed so, a link, or not text.
fn source(root: &Path, path: String) -> Result<Option<Source>> {
    let full = root.join(&path);
    if !fs::symlink_metadata(&full).is_ok_and(|data| data.is_file()) {
        return Ok(None);
    }
    #[expect(clippy::disallowed_methods, reason = "files of this repository, read by a developer")]
    let bytes = fs::read(&full).with_context(|| format!("reading {path}"))?;
    Ok(String::from_utf8(bytes).ok().map(|text| Source { path, text }))
}

/// Writes one file of the repository.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &str, text: &str) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "a file of this repository, for a developer")]
    fs::write(root().join(path), text).with_context(|| format!("writing {path}"))
}

/// The text of any file, such as a log.
///
/// # Errors
/// When it cannot be read.
pub fn text(path: &str) -> Result<String> {
    #[expect(clippy::disallowed_methods, reason = "a log of this repository, for a developer")]
    let bytes = fs::read(path).with_context(|| format!("reading {path}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The commit that is checked out, shortened.
///
/// # Errors
/// When git does not say.
pub fn commit() -> Result<String> {
    said(Command::new("git").args(["rev-parse", "--short", "HEAD"]))
}

/// Today, UTC, as the system's own command says it.
///
/// # Errors
/// When it does not.
pub fn today() -> Result<String> {
    said(Command::new("date").args(["-u", "+%Y-%m-%d"]))
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.current_dir(root()).stdin(Stdio::null()).output();
    let output = output.context("running a command of the system")?;
    anyhow::ensure!(output.status.success(), "{command:?} failed");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
