//! A page about the versions of one question: each major.minor, and what lies beneath it over time.

use askama::Template;
use contract::release::{FieldTable, Release, Table};

use crate::field::{Context, Sheet, beneath, in_full};
use crate::frame::{Anchor, Frame, page};
use crate::text::{Markup, shown};
use crate::words::when;
use crate::{ChannelSite, Page, ProgramSite, RenderError, link};

#[derive(Template)]
#[template(path = "versions.html")]
struct VersionsTemplate {
    frame: Frame,
    question: String,
    when: String,
    beneath: Vec<(String, Markup)>,
    table: Option<Sheet>,
    csv: String,
}

/// The page; none for a question about anything else.
pub(crate) fn page_of(
    (program, channel): (&ProgramSite<'_>, &ChannelSite<'_>),
    (latest, field): (&Release, &FieldTable),
    mut frame: Frame,
) -> Result<Option<Page>, RenderError> {
    if !matches!(field.table, Table::Versions { .. }) {
        return Ok(None);
    }
    let path = link::versions_page(program.id, channel.id, &field.id);
    let context = Context { release: latest, history: channel.history };
    let back = link::channel_page(program.id, channel.id);
    frame.nav = vec![Anchor::new(&path, &back, "Statistics")];
    frame.title = format!("{}: versions in full", frame.title);
    let body = VersionsTemplate {
        frame,
        question: shown(&field.question),
        when: when(latest),
        beneath: beneath(context, field).map_err(RenderError::Template)?,
        table: in_full(context, field),
        csv: link::relative(&path, &link::field_csv(program.id, channel.id, &field.id)),
    }
    .render();
    page(path, body).map(Some)
}
