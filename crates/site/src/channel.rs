//! A channel's pages: its statistics, its releases, its files.

use askama::Template;
use contract::calendar::day_in_words;
use contract::release::{FieldTable, Release};

use crate::chart::{Point, line};
use crate::field::{Context, Field, field, recent};
use crate::frame::{Anchor, CSV_TYPE, Frame, SVG, page, style};
use crate::limits::HIGHLIGHTS_MAX;
use crate::number::{clamped, days, doubted, grouped};
use crate::text::{Markup, shown};
use crate::words::{Remark, consent, headline, mode, not_known, trend, when, window};
use crate::{ChannelSite, Page, ProgramSite, RenderError, badge, csv, link};

/// Questions from which on figures beside the headline help to see what matters.
const HIGHLIGHTS_FROM_FIELDS: usize = 4;

/// Everything that lies in a channel's folder, but for the frozen releases.
pub(crate) fn pages(
    program: &ProgramSite<'_>,
    channel: &ChannelSite<'_>,
    rehearsal: bool,
) -> Result<Vec<Page>, RenderError> {
    let Some(latest) = channel.history.last() else {
        return Ok(vec![awaited(program, channel, rehearsal)?]);
    };
    let mut pages = vec![
        statistics(program, channel, latest, rehearsal)?,
        releases(program, channel, latest, rehearsal)?,
    ];
    for table in &latest.fields {
        let path = link::field_csv(program.id, channel.id, &table.id);
        pages.push(file(path, CSV_TYPE, csv::field(channel.history, table, rehearsal)));
    }
    let path = link::installations_csv(program.id, channel.id);
    pages.push(file(path, CSV_TYPE, csv::installations(channel.history, rehearsal)));
    for (name, picture) in badge::badges(latest, rehearsal).map_err(RenderError::Template)? {
        pages.push(file(link::badge(program.id, channel.id, name), SVG, picture));
    }
    Ok(pages)
}

fn file(path: String, content_type: &'static str, body: String) -> Page {
    Page { path, content_type, body: body.into_bytes() }
}

#[derive(Template)]
#[template(path = "channel.html")]
struct StatisticsTemplate<'a> {
    frame: Frame,
    figure: String,
    headline: String,
    when: String,
    trend: Option<String>,
    consent: &'static str,
    statement: Option<String>,
    over_time: Option<Markup>,
    history: Vec<[String; 2]>,
    history_csv: String,
    highlights: Vec<&'a Field>,
    fields: &'a [Field],
    mode: String,
    not_known: Vec<Remark>,
    licence: String,
    release: Anchor,
    published: String,
    badges: [String; 2],
}

fn statistics(
    program: &ProgramSite<'_>,
    channel: &ChannelSite<'_>,
    latest: &Release,
    rehearsal: bool,
) -> Result<Page, RenderError> {
    let path = link::channel_page(program.id, channel.id);
    let fields = fields(channel, latest, &path, program).map_err(RenderError::Template)?;
    let to = |target: &str| link::relative(&path, target);
    let file = link::release_file(program.id, channel.id, latest.number);
    let statement = program.statement.map(|_| to(&link::statement_page(program.id)));
    let badge = |name| to(&link::badge(program.id, channel.id, name));
    let shown_history = recent(channel.history).iter().rev();
    let body = StatisticsTemplate {
        frame: frame(program, channel, latest, &path, rehearsal),
        figure: grouped(clamped(latest.installations)),
        headline: headline(latest),
        when: when(latest),
        trend: trend(channel.history),
        consent: consent(latest),
        over_time: over_time(channel.history).map_err(RenderError::Template)?,
        history: shown_history
            .map(|release| [window(release.window), doubted(release.installations)])
            .collect(),
        history_csv: to(&link::installations_csv(program.id, channel.id)),
        highlights: highlights(&fields),
        fields: &fields,
        mode: mode(latest),
        not_known: not_known(latest),
        licence: shown(&latest.program.data_licence),
        release: Anchor::new(&path, &file, format!("release {} as JSON", latest.number)),
        published: day_in_words(latest.published),
        badges: [badge("installations"), badge("version")],
        statement,
    }
    .render();
    page(path, body)
}

fn frame(
    program: &ProgramSite<'_>,
    channel: &ChannelSite<'_>,
    latest: &Release,
    path: &str,
    rehearsal: bool,
) -> Frame {
    let title = shown(program.title);
    let mut nav = vec![
        Anchor::here("questions", "Questions"),
        Anchor::here("not-known", "What is not known"),
    ];
    if program.statement.is_some() {
        nav.push(Anchor::new(path, &link::statement_page(program.id), "What is collected"));
    }
    nav.push(Anchor::new(path, &link::releases_page(program.id, channel.id), "Releases"));
    Frame {
        title: format!("{title} in numbers: {}", shown(channel.title)),
        brand: Anchor::new(path, &link::program_page(program.id), format!("{title} in numbers")),
        aside: format!(
            "{} · release {} · next on {}",
            shown(channel.title),
            latest.number,
            day_in_words(latest.next)
        ),
        nav,
        style: style(path),
        rehearsal,
    }
}

fn fields(
    channel: &ChannelSite<'_>,
    latest: &Release,
    path: &str,
    program: &ProgramSite<'_>,
) -> askama::Result<Vec<Field>> {
    let context = Context { release: latest, history: channel.history };
    let one = |table: &FieldTable| {
        let csv = link::relative(path, &link::field_csv(program.id, channel.id, &table.id));
        field(context, table, csv)
    };
    latest.fields.iter().map(one).collect()
}

/// The questions whose one number stands at the top: the first of each page.
fn highlights(fields: &[Field]) -> Vec<&Field> {
    if fields.len() < HIGHLIGHTS_FROM_FIELDS {
        return Vec::new();
    }
    let with = fields.iter().filter(|field| field.highlight.is_some());
    with.take(HIGHLIGHTS_MAX).collect()
}

/// Installations over the recent releases, as soon as there are two.
pub(crate) fn over_time(history: &[Release]) -> askama::Result<Option<Markup>> {
    let recent = recent(history);
    let ([first, ..], [.., last]) = (recent, recent) else {
        return Ok(None);
    };
    if recent.len() < 2 {
        return Ok(None);
    }
    let point = |release: &Release| Point {
        day: release.window.last,
        value: clamped(release.installations),
        error: release.installations.error_95,
    };
    let points: Vec<Point> = recent.iter().map(point).collect();
    let summary = format!(
        "Line chart of installations over {} releases: from {} in {} to {} in {}.",
        recent.len(),
        doubted(first.installations),
        window(first.window),
        doubted(last.installations),
        window(last.window),
    );
    line(&summary, &points).map(Some)
}

#[derive(Template)]
#[template(path = "releases.html")]
struct ReleasesTemplate {
    frame: Frame,
    channel: String,
    next: String,
    lines: Vec<ReleaseLine>,
    csv: String,
    licence: String,
}

struct ReleaseLine {
    number: u64,
    window: String,
    published: String,
    installations: String,
    href: String,
}

fn releases(
    program: &ProgramSite<'_>,
    channel: &ChannelSite<'_>,
    latest: &Release,
    rehearsal: bool,
) -> Result<Page, RenderError> {
    let path = link::releases_page(program.id, channel.id);
    let mut frame = frame(program, channel, latest, &path, rehearsal);
    let back = link::channel_page(program.id, channel.id);
    frame.nav = vec![Anchor::new(&path, &back, "Statistics")];
    frame.title = format!("{}: releases", frame.title);
    let line = |release: &Release| ReleaseLine {
        number: release.number,
        window: days(release.window.first, release.window.last),
        published: day_in_words(release.published),
        installations: doubted(release.installations),
        href: link::relative(&path, &link::release_file(program.id, channel.id, release.number)),
    };
    let body = ReleasesTemplate {
        frame,
        channel: shown(channel.title),
        next: day_in_words(latest.next),
        lines: channel.history.iter().rev().map(line).collect(),
        csv: link::relative(&path, &link::installations_csv(program.id, channel.id)),
        licence: shown(&latest.program.data_licence),
    }
    .render();
    page(path, body)
}

#[derive(Template)]
#[template(path = "awaited.html")]
struct AwaitedTemplate {
    frame: Frame,
    channel: String,
}

/// The page of a channel that has not published anything.
fn awaited(
    program: &ProgramSite<'_>,
    channel: &ChannelSite<'_>,
    rehearsal: bool,
) -> Result<Page, RenderError> {
    let path = link::channel_page(program.id, channel.id);
    let title = shown(program.title);
    let name = shown(channel.title);
    let frame = Frame {
        title: format!("{title} in numbers: {name}"),
        brand: Anchor::new(&path, &link::program_page(program.id), format!("{title} in numbers")),
        aside: name.clone(),
        nav: Vec::new(),
        style: style(&path),
        rehearsal,
    };
    let body = AwaitedTemplate { frame, channel: name }.render();
    page(path, body)
}
