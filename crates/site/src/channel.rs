//! A channel's pages: its statistics, its releases, its files.

use askama::Template;
use contract::calendar::day_in_words;
use contract::release::{FieldTable, Mode, Release, Table};

use crate::chart::{Point, line};
use crate::count::Count;
use crate::field::{Context, Field, field, recent};
use crate::frame::{Anchor, CSV_TYPE, Frame, PARQUET, SVG, page, root};
use crate::limits::{HIGHLIGHTS_MAX, HISTORY_LINES_MAX};
use crate::number::days;
use crate::range::{self, Range};
use crate::text::{Markup, shown};
use crate::words::{Remark, bound, consent, mode, not_known, trend, when, window, within_28_days};
use crate::{
    ChannelSite, Page, ProgramSite, RenderError, badge, crossing, csv, is_simulated, link, parquet,
    versions,
};

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
    let mut pages = vec![releases(program, channel, latest, rehearsal)?];
    for range in range::of(channel.history) {
        pages.push(statistics(program, channel, latest, (range, rehearsal))?);
    }
    for table in &latest.fields {
        let path = link::field_csv(program.id, channel.id, &table.id);
        pages.push(file(path, CSV_TYPE, csv::field(channel.history, table, rehearsal)));
    }
    for table in &latest.fields {
        let path = link::versions_page(program.id, channel.id, &table.id);
        let frame = frame(program, channel, latest, &path, rehearsal);
        pages.extend(versions::page_of((program, channel), (latest, table), frame)?);
    }
    let path = link::together_page(program.id, channel.id);
    let frame_of = frame(program, channel, latest, &path, rehearsal);
    pages.extend(crossing::page_of((program, channel), latest, frame_of)?);
    for cross in &latest.crosses {
        let fields = [&cross.rows.id, &cross.columns.id];
        let path = link::cross_csv(program.id, channel.id, fields);
        pages.push(file(path, CSV_TYPE, csv::cross(channel.history, cross, rehearsal)));
    }
    let path = link::count_csv(program.id, channel.id, Count::of(latest).noun);
    pages.push(file(path, CSV_TYPE, csv::counts(channel.history, rehearsal)));
    let note = csv::note(channel.history, rehearsal);
    pages.push(Page {
        path: link::parquet_file(program.id, channel.id),
        content_type: PARQUET,
        body: parquet::file(channel.history, note),
    });
    let badges = badge::badges(channel.history, latest, rehearsal);
    for (name, picture) in badges.map_err(RenderError::Template)? {
        pages.push(file(link::badge(program.id, channel.id, &name), SVG, picture));
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
    within: Option<String>,
    consent: &'static str,
    statement: Option<String>,
    ranges: Vec<(Anchor, bool)>,
    over_time: Option<Markup>,
    history: Vec<[String; 2]>,
    history_csv: String,
    noun: &'static str,
    highlights: Vec<&'a Field>,
    fields: &'a [Field],
    together: Option<String>,
    mode: String,
    bound: Option<String>,
    not_known: Vec<Remark>,
    licence: String,
    published: String,
    files: Vec<Anchor>,
    badges: String,
}

fn statistics(
    program: &ProgramSite<'_>,
    channel: &ChannelSite<'_>,
    latest: &Release,
    (range, rehearsal): (Range, bool),
) -> Result<Page, RenderError> {
    let path = range.path(program.id, channel.id);
    let whole = channel;
    let channel = &ChannelSite { history: range.within(channel.history), ..*channel };
    let fields = fields(channel, latest, &path, program).map_err(RenderError::Template)?;
    let to = |target: &str| link::relative(&path, target);
    let statement = program.statement.map(|_| to(&link::statement_page(program.id)));
    let count = Count::of(latest);
    let counted = if latest.mode == Mode::Rehearsal { "counted on" } else { "published on" };
    let body = StatisticsTemplate {
        frame: frame(program, channel, latest, &path, rehearsal),
        figure: count.figure(),
        headline: count.headline(latest),
        when: when(latest),
        trend: trend(channel.history),
        within: within_28_days(channel.history),
        consent: consent(latest),
        ranges: ranges(program, whole, range, &path),
        over_time: over_time(channel.history).map_err(RenderError::Template)?,
        history: alike(channel.history)
            .iter()
            .rev()
            .take(HISTORY_LINES_MAX)
            .map(|release| [window(release.window), Count::of(release).doubted()])
            .collect(),
        history_csv: to(&link::count_csv(program.id, channel.id, count.noun)),
        noun: count.noun.title(),
        highlights: highlights(&fields),
        fields: &fields,
        together: (!latest.crosses.is_empty())
            .then(|| to(&link::together_page(program.id, channel.id))),
        mode: mode(latest),
        bound: bound(latest),
        not_known: not_known(latest),
        licence: shown(&latest.program.data_licence),
        published: format!("{counted} {}", day_in_words(latest.published)),
        files: files(program, channel, latest, &path),
        badges: to(&link::releases_page(program.id, channel.id)) + "#badges",
        statement,
    }
    .render();
    page(path, body)
}

/// Links to the same page over other times, and which of them this page is. None while there is
/// one alone.
fn ranges(
    program: &ProgramSite<'_>,
    channel: &ChannelSite<'_>,
    here: Range,
    path: &str,
) -> Vec<(Anchor, bool)> {
    let all = range::of(channel.history);
    let all = if all.len() > 1 { all } else { Vec::new() };
    let link = |range: Range| {
        let to = range.path(program.id, channel.id);
        (Anchor::new(path, &to, range.title()), range == here)
    };
    all.into_iter().map(link).collect()
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
        aside: match latest.mode {
            Mode::Rehearsal => shown(channel.title),
            _ => format!(
                "{} · release {} · next on {}",
                shown(channel.title),
                latest.number,
                day_in_words(latest.next)
            ),
        },
        nav,
        root: root(path),
        rehearsal,
        simulated: is_simulated(program),
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
        let mut field = field(context, table, csv)?;
        if matches!(table.table, Table::Versions { .. }) {
            let page = link::versions_page(program.id, channel.id, &table.id);
            field.more = Some(link::relative(path, &page));
        }
        Ok(field)
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

/// What the page is made from: the release, its signature, and what it spent. A rehearsal is
/// neither signed nor paid for.
fn files(
    program: &ProgramSite<'_>,
    channel: &ChannelSite<'_>,
    latest: &Release,
    path: &str,
) -> Vec<Anchor> {
    let number = latest.number;
    let release = link::release_file(program.id, channel.id, number);
    let mut files = vec![Anchor::new(path, &release, format!("release {number} as JSON"))];
    let parquet = link::parquet_file(program.id, channel.id);
    files.push(Anchor::new(path, &parquet, "all releases as Parquet"));
    files.extend(signature(program, channel, latest).map(|to| Anchor::new(path, &to, "signature")));
    files.extend(ledger(program, latest).map(|to| Anchor::new(path, &to, "ledger of ε")));
    files
}

fn signature(
    program: &ProgramSite<'_>,
    channel: &ChannelSite<'_>,
    release: &Release,
) -> Option<String> {
    let to = link::signature_file(program.id, channel.id, release.number);
    (release.mode != Mode::Rehearsal).then_some(to)
}

fn ledger(program: &ProgramSite<'_>, release: &Release) -> Option<String> {
    matches!(release.mode, Mode::Noisy { .. }).then(|| link::ledger_file(program.id))
}

/// The recent releases that count the same as the newest.
fn alike(history: &[Release]) -> &[Release] {
    let recent = recent(history);
    let noun = |release: &Release| Count::of(release).noun;
    let newest = recent.last().map(noun);
    let alike = recent.iter().rev().take_while(|release| Some(noun(release)) == newest).count();
    recent.get(recent.len() - alike..).unwrap_or_default()
}

/// The headline over the recent releases, as soon as there are two.
pub(crate) fn over_time(history: &[Release]) -> askama::Result<Option<Markup>> {
    let recent = alike(history);
    let ([first, ..], [.., last]) = (recent, recent) else {
        return Ok(None);
    };
    if recent.len() < 2 {
        return Ok(None);
    }
    let point = |release: &Release| {
        let count = Count::of(release);
        Point { day: release.window.last, value: count.shown(), error: count.error_95 }
    };
    let points: Vec<Point> = recent.iter().map(point).collect();
    let summary = format!(
        "Line chart of {} over {} releases: from {} in {} to {} in {}.",
        Count::of(last).noun.name(),
        recent.len(),
        Count::of(first).doubted(),
        window(first.window),
        Count::of(last).doubted(),
        window(last.window),
    );
    line(&summary, Count::of(last).noun.name(), &points).map(Some)
}

#[derive(Template)]
#[template(path = "releases.html")]
struct ReleasesTemplate {
    frame: Frame,
    style: String,
    channel: String,
    next: String,
    lines: Vec<ReleaseLine>,
    noun: &'static str,
    csv: String,
    ledger: Option<String>,
    licence: String,
    badges: Vec<Anchor>,
}

struct ReleaseLine {
    number: u64,
    window: String,
    published: String,
    count: String,
    href: String,
    signature: Option<String>,
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
    let noun = Count::of(latest).noun;
    let to = |target: &String| link::relative(&path, target);
    let line = |release: &Release| ReleaseLine {
        number: release.number,
        window: days(release.window.first, release.window.last),
        published: day_in_words(release.published),
        count: match Count::of(release) {
            count if count.noun == noun => count.doubted(),
            _ => "–".to_owned(),
        },
        href: to(&link::release_file(program.id, channel.id, release.number)),
        signature: signature(program, channel, release).as_ref().map(to),
    };
    let body = ReleasesTemplate {
        frame,
        style: link::relative(&path, link::STATEMENT_STYLESHEET),
        channel: shown(channel.title),
        next: day_in_words(latest.next),
        lines: channel.history.iter().rev().map(line).collect(),
        noun: noun.title(),
        csv: to(&link::count_csv(program.id, channel.id, noun)),
        ledger: ledger(program, latest).as_ref().map(to),
        licence: shown(&latest.program.data_licence),
        badges: badge::names(channel.history, latest)
            .into_iter()
            .map(|name| Anchor::new(&path, &link::badge(program.id, channel.id, &name), name))
            .collect(),
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
        nav: program
            .statement
            .map(|_| Anchor::new(&path, &link::statement_page(program.id), "What is collected"))
            .into_iter()
            .collect(),
        root: root(&path),
        rehearsal,
        simulated: is_simulated(program),
    };
    let body = AwaitedTemplate { frame, channel: name }.render();
    page(path, body)
}
