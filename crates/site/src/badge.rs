//! Small pictures with one number each, for other people's pages.

use askama::Template;
use contract::release::{Release, Row, Table};

use crate::count::Count;
use crate::number::{clamped, share};
use crate::text::label;

/// Pixels that a letter of 11 pixels needs at most, with any system's font.
const LETTER_PIXELS: usize = 7;
/// Pixels beside a text.
const MARGIN_PIXELS: usize = 14;

const VERSION: &str = "version";

#[derive(Template)]
#[template(path = "badge.svg", escape = "html")]
struct BadgeTemplate {
    name: String,
    value: String,
    name_width: usize,
    value_width: usize,
    colour: &'static str,
}

/// The channel's badges with their names.
pub(crate) fn badges(
    history: &[Release],
    latest: &Release,
    rehearsal: bool,
) -> askama::Result<Vec<(&'static str, String)>> {
    let picture = |name| {
        let value = if name == VERSION {
            let share = versions(latest).and_then(newest_share);
            share.unwrap_or_else(|| "too few yet".to_owned())
        } else {
            Count::of(latest).doubted()
        };
        Ok((name, badge(name, value, rehearsal)?))
    };
    names(history, latest).map(picture).collect()
}

/// Their names: what the headline counts and, where versions were ever shown, the version, so that
/// its address stays.
pub(crate) fn names(history: &[Release], latest: &Release) -> impl Iterator<Item = &'static str> {
    let version = history.iter().any(|release| versions(release).is_some()).then_some(VERSION);
    std::iter::once(Count::of(latest).noun.name()).chain(version)
}

fn versions(release: &Release) -> Option<&[Row]> {
    release.fields.iter().find_map(|field| match &field.table {
        Table::Versions { minor, .. } => Some(minor.as_slice()),
        _ => None,
    })
}

/// "26.10 63 %": the version most in use.
fn newest_share(minor: &[Row]) -> Option<String> {
    let all = minor.iter().map(|row| clamped(row.count)).fold(0, u64::saturating_add);
    let named = minor.iter().filter(|row| row.value != "other" && clamped(row.count) > 0);
    let row = named.max_by_key(|row| clamped(row.count))?;
    Some(format!("{} · {}", label(&row.title), share(clamped(row.count), all)))
}

fn badge(name: &str, value: String, rehearsal: bool) -> askama::Result<String> {
    let (name, colour) = if rehearsal {
        (format!("rehearsal, never publish: {name}"), "#9a4a00")
    } else {
        (name.to_owned(), "#0a6b64")
    };
    let width = |text: &str| text.chars().count() * LETTER_PIXELS + MARGIN_PIXELS;
    let [name_width, value_width] = [width(&name), width(&value)];
    BadgeTemplate { name, value, name_width, value_width, colour }.render()
}
