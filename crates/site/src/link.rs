//! Where each page lies, and how one page names another.

use contract::id::{ChannelId, ProgramId};

/// Where the frozen bytes of a release belong.
pub fn release_file(program: &ProgramId, channel: &ChannelId, number: u64) -> String {
    format!("/{program}/{channel}/releases/release-{number}.json")
}

/// Where a program's data statement lies.
pub fn statement_page(program: &ProgramId) -> String {
    format!("/{program}/statement/index.html")
}
