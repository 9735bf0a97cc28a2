//! The pages above the channels: all programs, one program, its data statement.

use askama::Template;
use contract::calendar::day_in_words;
use contract::release::{Mode, Release};

use crate::channel::over_time;
use crate::count::Count;
use crate::frame::{Anchor, Frame, page, root};
use crate::link;
use crate::text::{Markup, shown};
use crate::words::window;
use crate::{ChannelSite, Page, ProgramSite, RenderError, Site, Statement, is_simulated};

/// One channel in a list.
struct Entry {
    link: Anchor,
    /// Its newest release, if there is one.
    latest: Option<Latest>,
}

struct Latest {
    figure: String,
    headline: String,
    /// Which release it is, of what, and when the next one comes.
    about: String,
    over_time: Option<Markup>,
}

fn entry(
    program: &ProgramSite<'_>,
    channel: &ChannelSite<'_>,
    path: &str,
) -> askama::Result<Entry> {
    let latest = match channel.history.last() {
        None => None,
        Some(release) => Some(Latest {
            figure: Count::of(release).figure(),
            headline: Count::of(release).headline(release),
            about: about(release),
            over_time: over_time(channel.history)?,
        }),
    };
    let target = link::channel_page(program.id, channel.id);
    Ok(Entry { link: Anchor::new(path, &target, shown(channel.title)), latest })
}

/// "the week of 9 November 2026 · release 9 · 11 questions · next on 23 November 2026".
fn about(release: &Release) -> String {
    let questions = match release.fields.len() {
        1 => "1 question".to_owned(),
        many => format!("{many} questions"),
    };
    let window = window(release.window);
    if release.mode == Mode::Rehearsal {
        return format!("{window} · {questions}");
    }
    let next = day_in_words(release.next);
    format!("{window} · release {} · {questions} · next on {next}", release.number)
}

fn entries(program: &ProgramSite<'_>, path: &str) -> Result<Vec<Entry>, RenderError> {
    let entries = program.channels.iter().map(|channel| entry(program, channel, path));
    entries.collect::<askama::Result<_>>().map_err(RenderError::Template)
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomeTemplate {
    frame: Frame,
    programs: Vec<ProgramEntry>,
}

struct ProgramEntry {
    link: Anchor,
    vendor: String,
    entries: Vec<Entry>,
}

/// All programs.
pub(crate) fn home(site: &Site<'_>, rehearsal: bool) -> Result<Page, RenderError> {
    let path = link::HOME;
    let mut programs = Vec::new();
    for program in site.programs {
        programs.push(ProgramEntry {
            link: Anchor::new(path, &link::program_page(program.id), shown(program.title)),
            vendor: shown(program.vendor),
            entries: entries(program, path)?,
        });
    }
    let frame = Frame {
        title: "In numbers".to_owned(),
        brand: Anchor::new(path, path, "In numbers"),
        aside: "published statistics".to_owned(),
        nav: Vec::new(),
        root: root(path),
        rehearsal,
        simulated: site.programs.iter().any(is_simulated),
    };
    page(path.to_owned(), HomeTemplate { frame, programs }.render())
}

#[derive(Template)]
#[template(path = "program.html")]
struct ProgramTemplate {
    frame: Frame,
    title: String,
    vendor: String,
    statement: Option<String>,
    entries: Vec<Entry>,
}

/// One program.
pub(crate) fn program(program: &ProgramSite<'_>, rehearsal: bool) -> Result<Page, RenderError> {
    let path = link::program_page(program.id);
    let target = link::statement_page(program.id);
    let body = ProgramTemplate {
        frame: frame(program, &path, rehearsal),
        title: shown(program.title),
        vendor: shown(program.vendor),
        statement: program.statement.map(|_| link::relative(&path, &target)),
        entries: entries(program, &path)?,
    }
    .render();
    page(path, body)
}

fn frame(program: &ProgramSite<'_>, path: &str, rehearsal: bool) -> Frame {
    let title = format!("{} in numbers", shown(program.title));
    Frame {
        brand: Anchor::new(path, &link::program_page(program.id), title.clone()),
        title,
        aside: shown(program.vendor),
        nav: vec![Anchor::new(path, link::HOME, "All programs")],
        root: root(path),
        rehearsal,
        simulated: is_simulated(program),
    }
}

#[derive(Template)]
#[template(path = "statement.html")]
struct StatementTemplate {
    frame: Frame,
    style: String,
    html: Markup,
}

/// What is collected, as the manifest says it.
pub(crate) fn statement(
    program: &ProgramSite<'_>,
    statement: Statement<'_>,
    rehearsal: bool,
) -> Result<Page, RenderError> {
    let path = link::statement_page(program.id);
    let mut frame = frame(program, &path, rehearsal);
    frame.title = format!("{}: what is collected", shown(program.title));
    frame.nav = vec![Anchor::new(&path, &link::program_page(program.id), "Statistics")];
    let html = Markup(statement.html.to_owned());
    let style = link::relative(&path, link::STATEMENT_STYLESHEET);
    page(path, StatementTemplate { frame, style, html }.render())
}

#[derive(Template)]
#[template(path = "api.html")]
struct ApiTemplate {
    frame: Frame,
    example: String,
}

/// What programs may read: files, their forms, and what stays as it is.
pub(crate) fn api(site: &Site<'_>, rehearsal: bool) -> Result<Page, RenderError> {
    let path = link::API;
    let first = site.programs.iter().find_map(|program| Some((program, program.channels.first()?)));
    let example = first.map(|(program, channel)| format!("{}/{}", program.id, channel.id));
    let frame = Frame {
        title: "For programs".to_owned(),
        brand: Anchor::new(path, link::HOME, "In numbers"),
        aside: "what programs may read".to_owned(),
        nav: Vec::new(),
        root: root(path),
        rehearsal,
        simulated: site.programs.iter().any(is_simulated),
    };
    let example = example.unwrap_or_else(|| "program/channel".to_owned());
    page(path.to_owned(), ApiTemplate { frame, example }.render())
}
