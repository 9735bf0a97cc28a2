//! Where each page lies, and how one page names another.

use contract::id::{ChannelId, FieldId, ProgramId};

use crate::count::Noun;

/// The overview of all programs.
pub(crate) const HOME: &str = "/index.html";

/// The stylesheet.
pub(crate) const STYLESHEET: &str = "/candor.css";

/// The script.
pub(crate) const SCRIPT: &str = "/candor.js";

/// The picture in the window's title.
pub(crate) const ICON: &str = "/icon.svg";

/// What programs may read here.
pub(crate) const API: &str = "/api.html";

/// What data statements have beyond it.
pub(crate) const STATEMENT_STYLESHEET: &str = "/statement.css";

/// Where the frozen bytes of a release belong.
pub fn release_file(program: &ProgramId, channel: &ChannelId, number: u64) -> String {
    format!("/{program}/{channel}/releases/release-{number}.json")
}

/// Where the signature of a frozen release belongs.
pub fn signature_file(program: &ProgramId, channel: &ChannelId, number: u64) -> String {
    format!("{}.sig", release_file(program, channel, number))
}

/// Where a program's public ledger of ε belongs.
pub fn ledger_file(program: &ProgramId) -> String {
    format!("/{program}/ledger.json")
}

/// Where a program's data statement lies.
pub fn statement_page(program: &ProgramId) -> String {
    format!("/{program}/statement.html")
}

/// The overview of a program's channels.
pub(crate) fn program_page(program: &ProgramId) -> String {
    format!("/{program}/index.html")
}

/// The statistics of a channel.
pub(crate) fn channel_page(program: &ProgramId, channel: &ChannelId) -> String {
    format!("/{program}/{channel}/index.html")
}

/// The statistics of a channel over a part of its history.
pub(crate) fn range_page(program: &ProgramId, channel: &ChannelId, range: &str) -> String {
    format!("/{program}/{channel}/{range}.html")
}

/// The full versions of one question.
pub(crate) fn versions_page(program: &ProgramId, channel: &ChannelId, field: &FieldId) -> String {
    format!("/{program}/{channel}/in-full/{field}.html")
}

/// The cross-tables of a channel. No range of time is called so.
pub(crate) fn together_page(program: &ProgramId, channel: &ChannelId) -> String {
    format!("/{program}/{channel}/together.html")
}

/// All numbers of a channel in one file.
pub(crate) fn parquet_file(program: &ProgramId, channel: &ChannelId) -> String {
    format!("/{program}/{channel}/releases/all.parquet")
}

/// The list of a channel's releases.
pub(crate) fn releases_page(program: &ProgramId, channel: &ChannelId) -> String {
    format!("/{program}/{channel}/releases/index.html")
}

/// One field over its releases.
pub(crate) fn field_csv(program: &ProgramId, channel: &ChannelId, field: &FieldId) -> String {
    format!("/{program}/{channel}/csv/{field}.csv")
}

/// Two questions together over the releases. No name of a field has a dot.
pub(crate) fn cross_csv(
    program: &ProgramId,
    channel: &ChannelId,
    [rows, columns]: [&FieldId; 2],
) -> String {
    format!("/{program}/{channel}/csv/{rows}.by.{columns}.csv")
}

/// The headline over the releases. Not in `csv/`, where a field may have the same name.
pub(crate) fn count_csv(program: &ProgramId, channel: &ChannelId, noun: Noun) -> String {
    format!("/{program}/{channel}/releases/{}.csv", noun.name())
}

/// A picture for other people's pages.
pub(crate) fn badge(program: &ProgramId, channel: &ChannelId, name: &str) -> String {
    format!("/{program}/{channel}/badge/{name}.svg")
}

/// How the page at `from` names the file at `to`: relative, so that a copy of the site works from
/// any folder and below any prefix. Both begin with `/`.
pub(crate) fn relative(from: &str, to: &str) -> String {
    let folders: Vec<&str> = from.split('/').collect();
    let folders = folders.split_last().map_or(&[][..], |(_, folders)| folders);
    let target: Vec<&str> = to.split('/').collect();
    let last = target.len().saturating_sub(1);
    let same = folders.iter().zip(target.iter().take(last)).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(folders.len() - same);
    format!("{up}{}", target.get(same..).unwrap_or_default().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_climb_no_further_than_they_must() {
        let cases = [
            ("/index.html", "/candor.css", "candor.css"),
            ("/p/c/index.html", "/candor.css", "../../candor.css"),
            ("/p/c/index.html", "/p/c/csv/x.csv", "csv/x.csv"),
            ("/p/c/releases/index.html", "/p/c/index.html", "../index.html"),
            ("/p/c/index.html", "/p/d/index.html", "../d/index.html"),
            ("/p/c/index.html", "/p/statement.html", "../statement.html"),
        ];
        for (from, to, link) in cases {
            assert_eq!(relative(from, to), link, "{from} to {to}");
        }
    }
}
