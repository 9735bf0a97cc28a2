//! `candor-agent manifest`: reads manifests from files, and gives them to their tools.

use std::path::{Path, PathBuf};

use contract::limits::MANIFEST_BYTES_MAX;
use contract::manifest::Manifest;

use super::{files, init};
use crate::cli::{Common, ManifestAction};
use crate::command::Output;
use crate::config::CONFIG_FILE;
use crate::manifests;
use crate::trouble::Trouble;

/// Carries out a tool for manifests.
///
/// # Errors
/// If a manifest cannot be read or used.
pub fn tool(action: &ManifestAction, common: &Common) -> Result<Output, Trouble> {
    let named = |file: &Option<PathBuf>| {
        let path = file.as_deref().or(common.manifest.as_deref()).ok_or_else(none)?;
        read(path)
    };
    match action {
        ManifestAction::Check { file } => {
            let path = file.as_deref().or(common.manifest.as_deref()).ok_or_else(none)?;
            let text = files::read_text(path, "the manifest", MANIFEST_BYTES_MAX)?;
            Ok(manifests::check(&path.display().to_string(), &text, common.json))
        }
        ManifestAction::Statement { file, html } => Ok(manifests::statement(&named(file)?, *html)),
        ManifestAction::Schema { file } => Ok(manifests::schema(&named(file)?)),
        ManifestAction::Dictionary { file } => {
            Ok(manifests::dictionary(&named(file)?, common.json))
        }
        ManifestAction::Grants { file } => Ok(manifests::grants(&named(file)?)),
        ManifestAction::Init { json_file, sql } => {
            let manifest = sql.as_ref().map(|_| named(&None)).transpose()?;
            init::draft(json_file.as_deref(), sql.as_deref(), manifest.as_ref(), common)
        }
        ManifestAction::Diff { old, new } => {
            Ok(manifests::diff(&read(old)?, &read(new)?, common.json))
        }
    }
}

/// A manifest that keeps every rule.
///
/// # Errors
/// If it cannot be read, or breaks rules: all of them are named.
pub fn read(path: &Path) -> Result<Manifest, Trouble> {
    let text = files::read_text(path, "the manifest", MANIFEST_BYTES_MAX)?;
    Manifest::parse(&text).map_err(|problems| {
        Trouble::new(
            "the manifest cannot be used.",
            format!("{}:\n{problems}", path.display()),
            "everything as it was; nothing was sent",
            "tell whoever ships the program; candor-agent manifest check shows the same",
        )
    })
}

/// What is said where none was named.
pub fn none() -> Trouble {
    Trouble::new(
        "no manifest was named.",
        "without a manifest nothing may be collected, so there is nothing to show",
        "everything as it was; nothing was sent",
        format!("name it with --manifest FILE, in CANDOR_MANIFEST, or in {CONFIG_FILE}"),
    )
}
