//! Small pictures with one number each, for other people's pages.

use askama::Template;
use contract::release::{FieldTable, Interval, Release, Row, Table};

use crate::count::Count;
use crate::number::{clamped, estimated, roughly, share};
use crate::text::{label, shown};

/// Pixels that a letter of 11 pixels needs at most, with any system's font.
const LETTER_PIXELS: usize = 7;
/// Pixels beside a text.
const MARGIN_PIXELS: usize = 14;

/// Characters of what a badge is about.
const NAME_CHARS_MAX: usize = 24;

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

/// A channel's badges: by which name they are asked for, and the picture.
pub(crate) fn badges(
    history: &[Release],
    latest: &Release,
    rehearsal: bool,
) -> askama::Result<Vec<(String, String)>> {
    let picture = |name: String| {
        let (about, value) = said(&name, latest);
        let mark = match (rehearsal, latest.simulated) {
            (true, _) => Some("rehearsal, never publish"),
            (false, true) => Some("simulated"),
            (false, false) => None,
        };
        let picture = badge(&about, value, mark)?;
        Ok((name, picture))
    };
    names(history, latest).into_iter().map(picture).collect()
}

/// Their names: what the headline counts; the version, where versions were ever shown; and each
/// question with a sum over all installations. A name that was ever shown keeps its address.
pub(crate) fn names(history: &[Release], latest: &Release) -> Vec<String> {
    let mut names = vec![Count::of(latest).noun.name().to_owned()];
    if history.iter().any(|release| versions(release).is_some()) {
        names.push(VERSION.to_owned());
    }
    for field in latest.fields.iter().filter(|field| is_sum(history, field)) {
        let name = field.id.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn is_sum(history: &[Release], field: &FieldTable) -> bool {
    let same =
        |release: &Release| release.fields.iter().any(|f| f.id == field.id && sum(f).is_some());
    history.iter().any(same)
}

fn sum(field: &FieldTable) -> Option<(Interval, &str)> {
    match &field.table {
        Table::Histogram { total, unit, .. } => total.map(|total| (total, unit.as_str())),
        _ => None,
    }
}

/// What a badge is about, and its number.
fn said(name: &str, latest: &Release) -> (String, String) {
    let count = Count::of(latest);
    if name == count.noun.name() {
        return (name.to_owned(), count.doubted());
    }
    let too_few = || "too few yet".to_owned();
    if name == VERSION {
        let share = versions(latest).and_then(|(field, minor)| newest_share(field, minor));
        return (name.to_owned(), share.unwrap_or_else(too_few));
    }
    let field = latest.fields.iter().find(|field| field.id.as_str() == name);
    match field.and_then(sum) {
        Some((total, unit)) => {
            let about = if matches!(unit, "bytes" | "seconds") { name } else { unit };
            let sum = match total.low {
                0 => roughly(total, unit),
                _ => format!("about {}", estimated(total.estimate, unit)),
            };
            (label_long(about), sum)
        }
        None => (label_long(name), too_few()),
    }
}

/// As much of a name as a badge has room for.
fn label_long(text: &str) -> String {
    shown(text).chars().take(NAME_CHARS_MAX).collect()
}

fn versions(release: &Release) -> Option<(&FieldTable, &[Row])> {
    release.fields.iter().find_map(|field| match &field.table {
        Table::Versions { minor, .. } => Some((field, minor.as_slice())),
        _ => None,
    })
}

/// "26.10 63 %": the version most in use, of those who answered as on the page.
fn newest_share(field: &FieldTable, minor: &[Row]) -> Option<String> {
    let all = minor.iter().map(|row| clamped(row.count)).fold(0, u64::saturating_add);
    let all = all.max(clamped(field.answered));
    let named = minor.iter().filter(|row| row.value != "other" && clamped(row.count) > 0);
    let row = named.max_by_key(|row| clamped(row.count))?;
    Some(format!("{} · {}", label(&row.title), share(clamped(row.count), all)))
}

fn badge(about: &str, value: String, mark: Option<&str>) -> askama::Result<String> {
    let (name, colour) = match mark {
        Some(mark) => (format!("{mark}: {about}"), "#9a4a00"),
        None => (about.to_owned(), "#0a6b64"),
    };
    let width = |text: &str| text.chars().count() * LETTER_PIXELS + MARGIN_PIXELS;
    let [name_width, value_width] = [width(&name), width(&value)];
    BadgeTemplate { name, value, name_width, value_width, colour }.render()
}
