//! Small pictures with one number each, for other people's pages.

use askama::Template;
use contract::release::{Release, Table};

use crate::number::{clamped, doubted, share};
use crate::text::label;

/// Pixels that a letter of 11 pixels needs at most, with any system's font.
const LETTER_PIXELS: usize = 7;
/// Pixels beside a text.
const MARGIN_PIXELS: usize = 14;

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
    latest: &Release,
    rehearsal: bool,
) -> askama::Result<[(&'static str, String); 2]> {
    let version = newest_share(latest).unwrap_or_else(|| "too few yet".to_owned());
    Ok([
        ("installations", badge("installations", doubted(latest.installations), rehearsal)?),
        ("version", badge("version", version, rehearsal)?),
    ])
}

/// "26.10 63 %": the version most in use.
fn newest_share(release: &Release) -> Option<String> {
    let minor = release.fields.iter().find_map(|field| match &field.table {
        Table::Versions { minor, .. } => Some(minor),
        _ => None,
    })?;
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
