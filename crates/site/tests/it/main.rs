//! The site as a reader, an attacker and a web server meet it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]
#![expect(clippy::print_stdout, reason = "a test that could not look says so")]
#![expect(clippy::disallowed_methods, reason = "CANDOR_AXE names a checker that is at hand")]

mod alone;
mod browser;
mod crosses;
mod descriptions;
mod fixture;
mod hostile;
mod keyboard;
mod markup;
mod moves;
mod reading;
mod seen;
mod style;
mod time;
mod wording;

use std::collections::BTreeMap;

use contract::release::Release;
use site::{ChannelSite, Page, ProgramSite, Site, Statement};

/// The pages of one channel with this history, by path.
fn site_of(history: &[Release]) -> BTreeMap<String, Page> {
    site_with("Larkspur", history, false)
}

fn site_with(title: &str, history: &[Release], rehearsal: bool) -> BTreeMap<String, Page> {
    let (id, usage, later) =
        (fixture::program(), fixture::channel("usage"), fixture::channel("later"));
    let channels = [
        ChannelSite { id: &usage, title, history },
        ChannelSite { id: &later, title, history: &[] },
    ];
    let program = ProgramSite {
        id: &id,
        title,
        vendor: title,
        statement: Some(Statement { html: STATEMENT }),
        channels: &channels,
    };
    let pages = site::pages(&Site { programs: &[program], rehearsal }).unwrap();
    let count = pages.len();
    let by_path: BTreeMap<_, _> = pages.into_iter().map(|page| (page.path.clone(), page)).collect();
    assert_eq!(by_path.len(), count, "no two pages have the same path");
    by_path
}

/// What stands for the statement, which is made elsewhere.
const STATEMENT: &str = "<h1>What is collected</h1>";

const STATISTICS: &str = "/larkspur/usage/index.html";

fn text(page: &Page) -> &str {
    std::str::from_utf8(&page.body).unwrap()
}

fn is_html(page: &Page) -> bool {
    page.content_type.starts_with("text/html")
}

/// Whether the file's name ends so.
fn is(path: &str, end: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, last)| last == end)
}
