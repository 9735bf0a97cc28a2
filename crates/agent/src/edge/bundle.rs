//! `candor-agent bundle`: the files that a person carries.

use contract::bundle::BUNDLE_BYTES_MAX;

use super::files;
use crate::agent::Agent;
use crate::cli::BundleAction;
use crate::command::Output;
use crate::trouble::Trouble;
use crate::words;

/// Carries out what is to be done with a bundle.
///
/// # Errors
/// If nothing can be carried, or a file or the state cannot be read or written.
pub fn tool(agent: Agent<'_>, action: &BundleAction, json: bool) -> Result<Output, Trouble> {
    match action {
        BundleAction::Export { file } => {
            let carried = agent.by_hand().export_bundle()?;
            files::write_new(file, &carried.text)?;
            Ok(words::bundle::exported(&carried, file, json))
        }
        BundleAction::Import { file } => {
            let text = files::read_text(file, "the file of receipts", BUNDLE_BYTES_MAX)?;
            Ok(words::bundle::returned(&agent.import_receipts(&text)?, json))
        }
    }
}
