//! Releases made into pages: a pure function from published statistics to files for any web server.
//!
//! Nothing but releases (and the statement's finished HTML) enters, so no page can show what was
//! not published. The pages need no script (with one they show numbers and zoom), load nothing from
//! elsewhere, and link to each other relatively: they work below any prefix and from any folder.

mod badge;
mod channel;
mod chart;
mod count;
mod crossing;
mod csv;
mod field;
mod frame;
mod limits;
mod lines;
mod link;
mod number;
mod overview;
mod parquet;
mod range;
mod text;
mod versions;
mod words;

use contract::id::{ChannelId, ProgramId};
use contract::release::{Mode, Release};

pub use crate::link::{ledger_file, release_file, signature_file, statement_page};

/// The stylesheet of every page of Candor.
pub const STYLE: &str = include_str!("../../contract/assets/candor.css");

/// What data statements and lists of releases have beyond it: together they are
/// [`contract::STYLE`]. Apart, as pages of statistics are large enough without it.
pub const STATEMENT_STYLE: &str = include_str!("../../contract/assets/statement.css");

/// The script of every page: shows numbers under the pointer and zooms, and nothing is missing
/// without it.
pub const SCRIPT: &str = include_str!("../assets/candor.js");

/// The policy to send with every page, as `Content-Security-Policy`.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Everything that is to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// In the order in which they are listed.
    pub programs: &'a [ProgramSite<'a>],
    /// Whether this is a rehearsal: every page and file says so.
    pub rehearsal: bool,
}

/// One program.
#[derive(Debug, Clone, Copy)]
pub struct ProgramSite<'a> {
    /// Its identifier: the first folder of its pages' paths.
    pub id: &'a ProgramId,
    /// Its name.
    pub title: &'a str,
    /// Who makes it.
    pub vendor: &'a str,
    /// What is collected and why, if the caller has it.
    pub statement: Option<Statement<'a>>,
    /// In the order in which they are listed.
    pub channels: &'a [ChannelSite<'a>],
}

/// The data statement, as `contract` makes it from the manifest.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// A fragment of finished HTML for the inside of `<main>`. It is not escaped again: it must
    /// come from code that escapes, never from a manifest directly.
    pub html: &'a str,
}

/// One channel.
#[derive(Debug, Clone, Copy)]
pub struct ChannelSite<'a> {
    /// Its identifier: the second folder of its pages' paths.
    pub id: &'a ChannelId,
    /// Its name.
    pub title: &'a str,
    /// Its releases, oldest first. May be empty: the page then says that the first is awaited.
    pub history: &'a [Release],
}

/// One file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it lies, from the site's root: begins with `/`, and a folder's page ends in
    /// `/index.html` (a server answers `/folder/` with it, and leads `/folder` to `/folder/`).
    pub path: String,
    /// Its media type, for `Content-Type`.
    pub content_type: &'static str,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Why the pages could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template failed.
    #[error("a page could not be written")]
    Template(#[source] askama::Error),
}

/// Makes every page of the site. The frozen releases themselves are not among them: whoever serves
/// or writes the site puts each at [`release_file`], its signature at [`signature_file`], and,
/// where releases are noisy, the ledger at [`ledger_file`]. A rehearsal has neither signature nor
/// ledger.
///
/// # Errors
/// If a template fails, which no input is known to cause.
pub fn pages(site: &Site<'_>) -> Result<Vec<Page>, RenderError> {
    let rehearsal = site.rehearsal || site.programs.iter().any(rehearses);
    let mut pages = vec![
        lean(link::STYLESHEET, frame::CSS, STYLE),
        lean(link::STATEMENT_STYLESHEET, frame::CSS, STATEMENT_STYLE),
        lean(link::SCRIPT, frame::SCRIPT, SCRIPT),
        lean(link::ICON, frame::SVG, include_str!("../assets/icon.svg")),
        overview::home(site, rehearsal)?,
        overview::api(site, rehearsal)?,
    ];
    for program in site.programs {
        pages.push(overview::program(program, rehearsal)?);
        if let Some(statement) = program.statement {
            pages.push(overview::statement(program, statement, rehearsal)?);
        }
        for channel in program.channels {
            pages.extend(channel::pages(program, channel, rehearsal)?);
        }
    }
    Ok(pages)
}

/// A stylesheet or script without what only its authors read: comments on lines of their own, and
/// what lines begin with.
fn lean(path: &str, content_type: &'static str, text: &str) -> Page {
    let mut lines = Vec::new();
    let mut comment = false;
    for line in text.lines().map(str::trim) {
        comment |= line.starts_with("/*");
        if !(comment || line.is_empty() || line.starts_with("//")) {
            lines.push(line);
        }
        comment &= !line.ends_with("*/");
    }
    // A line of a script may end a statement.
    let mut text = lines.join(if content_type == frame::CSS { "" } else { "\n" });
    if content_type == frame::CSS {
        for (spaced, lean) in [("; ", ";"), (" { ", "{"), (" }", "}"), (": ", ":"), (", ", ",")] {
            text = text.replace(spaced, lean);
        }
    }
    Page { path: path.to_owned(), content_type, body: text.into_bytes() }
}

/// Whether some of a program's installations are invented: its pages then say so, all of them.
fn is_simulated(program: &ProgramSite<'_>) -> bool {
    let mut releases = program.channels.iter().flat_map(|channel| channel.history);
    releases.any(|release| release.simulated)
}

/// One rehearsal among the releases marks everything: better one warning too many.
fn rehearses(program: &ProgramSite<'_>) -> bool {
    let releases = program.channels.iter().flat_map(|channel| channel.history);
    releases.into_iter().any(|release| release.mode == Mode::Rehearsal)
}
