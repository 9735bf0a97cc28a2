//! A page about two answers together: tables whose cells are the darker, the more of a line they
//! hold.

use askama::Template;
use contract::release::{CrossLine, CrossTable, Crossed, Label, Mode, Number, Release};

use crate::frame::{Anchor, Frame, page};
use crate::limits::CROSS_CELLS_SHOWN_MAX;
use crate::number::{Whole, bucket, clamped, doubted, grouped, percent, ratio};
use crate::text::shown;
use crate::words::when;
use crate::{ChannelSite, Page, ProgramSite, RenderError, link};

#[derive(Template)]
#[template(path = "together.html")]
struct TogetherTemplate {
    frame: Frame,
    when: String,
    crossings: Vec<Crossing>,
}

/// The page; none for a channel that crosses nothing.
pub(crate) fn page_of(
    (program, channel): (&ProgramSite<'_>, &ChannelSite<'_>),
    latest: &Release,
    mut frame: Frame,
) -> Result<Option<Page>, RenderError> {
    if latest.crosses.is_empty() {
        return Ok(None);
    }
    let path = link::together_page(program.id, channel.id);
    let back = link::channel_page(program.id, channel.id);
    frame.nav = vec![Anchor::new(&path, &back, "Statistics")];
    frame.title = format!("{}: two answers together", frame.title);
    let mut room = CROSS_CELLS_SHOWN_MAX;
    let one = |cross: &CrossTable| {
        let fields = [&cross.rows.id, &cross.columns.id];
        let csv = link::relative(&path, &link::cross_csv(program.id, channel.id, fields));
        let mut crossing = crossing(latest, cross, csv);
        let cells = |heat: &Heat| heat.head.len() * heat.lines.len();
        if let Some(left) = room.checked_sub(crossing.heat.as_ref().map_or(0, cells)) {
            room = left;
        } else {
            crossing.heat = None;
            crossing.notes.push("This page has no room for the table.".to_owned());
        }
        crossing
    };
    let crossings = latest.crosses.iter().map(one).collect();
    let body = TogetherTemplate { frame, when: when(latest), crossings }.render();
    page(path, body).map(Some)
}

/// A cross-table as the page shows it.
struct Crossing {
    /// Names it within the page.
    id: String,
    rows: String,
    columns: String,
    /// Who answered both, as a sentence.
    answered: String,
    heat: Option<Heat>,
    /// What the table does not say.
    notes: Vec<String>,
    csv: String,
}

/// The table.
struct Heat {
    caption: String,
    head: Vec<String>,
    lines: Vec<(String, Vec<Cell>)>,
}

/// One cell.
struct Cell {
    /// How much of its line it holds, in percent, as a length class.
    part: String,
    share: String,
    count: String,
}

impl Cell {
    /// The number alone.
    fn without_share(&mut self) {
        "v0".clone_into(&mut self.part);
        if !self.count.is_empty() {
            self.share = std::mem::take(&mut self.count);
        }
    }
}

/// Makes the view of one cross-table.
fn crossing(release: &Release, cross: &CrossTable, csv: String) -> Crossing {
    let what = cross.records.as_deref().map_or_else(|| "installations".to_owned(), shown);
    let answered = match &cross.table {
        Crossed::TooFew => String::new(),
        _ => format!("{} {what} answered both", doubted(cross.answered)),
    };
    let (heat, notes) = match &cross.table {
        Crossed::Cells { columns, lines, folded, .. } => {
            let mut notes = Vec::new();
            notes.extend(folded.map(|folded| {
                let group = grouped(release.group_min.into());
                let pairs = match folded.values {
                    Some(1) => "1 pair".to_owned(),
                    Some(many) => format!("{} pairs", grouped(many.into())),
                    None => "pairs".to_owned(),
                };
                let answers = doubted(folded.count);
                format!("Not shown: {pairs} below {group} each, with noise; {answers} in all.")
            }));
            notes.extend(together(release, columns, lines));
            (Some(heat(release, cross, &what, (columns, lines))), notes)
        }
        _ => (None, vec![too_few(release)]),
    };
    let [rows, columns] = [&cross.rows, &cross.columns].map(|axis| shown(&axis.question));
    let id = format!("{}.{}", cross.rows.id, cross.columns.id);
    Crossing { id, rows, columns, answered, heat, notes, csv }
}

fn heat(
    release: &Release,
    cross: &CrossTable,
    what: &str,
    (columns, lines): (&[Label], &[CrossLine]),
) -> Heat {
    let numbers = || lines.iter().flat_map(|line| &line.counts).flatten();
    let first = numbers().next().map(|number| number.error_95);
    let common = first.filter(|error| numbers().all(|number| number.error_95 == *error));
    let line = |line: &CrossLine| {
        let sum = line.counts.iter().flatten().map(|n| clamped(*n)).fold(0, u64::saturating_add);
        let whole = Whole::of(release, sum);
        let mut cells: Vec<_> =
            line.counts.iter().map(|count| cell(*count, whole, common)).collect();
        // Alone of its line a number would be all of it, whatever stands in those that are hidden.
        if cells.len() > 1 && line.counts.iter().flatten().count() == 1 {
            cells.iter_mut().for_each(Cell::without_share);
        }
        (name(&line.label, &cross.rows.unit), cells)
    };
    let is_hidden = lines.iter().any(|line| line.counts.iter().any(Option::is_none));
    let of = if is_hidden { "what is shown of their line" } else { "their line" };
    let each = if release.window.periods > 1 { ", on average for each period" } else { "" };
    let doubt = match common {
        None | Some(0) => String::new(),
        Some(error) => format!(", each ±\u{202F}{}", grouped(error)),
    };
    let mut letters = what.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let head = columns.iter().map(|column| name(column, &cross.columns.unit)).collect();
    Heat {
        caption: format!("{capital}{}{each}{doubt}; shares are of {of}", letters.as_str()),
        head,
        lines: lines.iter().map(line).collect(),
    }
}

fn cell(count: Option<Number>, whole: Whole, common: Option<u64>) -> Cell {
    let Some(number) = count else {
        return Cell { part: "v0".to_owned(), share: "–".to_owned(), count: String::new() };
    };
    let value = clamped(number);
    let count = if common.is_some() { grouped(value) } else { doubted(number) };
    let part = format!("v{:.0}", ratio(value, whole.count) * 100.0);
    if whole.is_few || whole.count == 0 {
        return Cell { part, share: count, count: String::new() };
    }
    Cell { part, share: format!("{}\u{202F}%", percent(value, whole.count)), count }
}

/// An answer at the head of a line or column.
fn name(label: &Label, unit: &str) -> String {
    match label.together {
        0 if unit.is_empty() => shown(&label.title),
        0 if matches!(unit, "bytes" | "seconds") => shown(&bucket(&label.title)),
        0 => format!("{} {}", shown(&bucket(&label.title)), shown(unit)),
        several => format!("{} others, together", grouped(several.into())),
    }
}

fn together(release: &Release, columns: &[Label], lines: &[CrossLine]) -> Option<String> {
    let mut labels = columns.iter().chain(lines.iter().map(|line| &line.label));
    labels.any(|label| label.together > 0).then(|| {
        format!(
            "Answers stand together where a pair of them was given by fewer than {} \
             installations; a larger answer is with them, as it would give the pair away.",
            grouped(release.group_min.into())
        )
    })
}

fn too_few(release: &Release) -> String {
    let group = grouped(release.group_min.into());
    match release.mode {
        Mode::Exact => format!(
            "Not shown: too few answered both, or a pair of answers that fewer than {group} gave \
             could be computed from whatever is shown."
        ),
        _ => format!("Too few yet: with its noise, the number of answers is below {group}."),
    }
}
