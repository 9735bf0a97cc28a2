//! The answers that a question allows, in words.

use super::words::{grouped, listed};
use crate::id::Choice;
use crate::kind::{Buckets, Kind};
use crate::manifest::Field;

/// Every answer that may leave to a field's question, in words.
pub fn possible_answers(field: &Field) -> String {
    let kind = &field.kind;
    let titles = |choices: &[Choice]| -> Vec<String> {
        choices.iter().map(|choice| field.title_of(choice.as_str()).to_owned()).collect()
    };
    match kind {
        Kind::Flag => "Yes or no.".to_owned(),
        Kind::Choice { choices } => format!("One of: {}, or other.", titles(choices).join(", ")),
        Kind::Version { suffixes } if suffixes.is_empty() => {
            "A version of at most four numbers, such as 12.4.1; anything else is sent as “other”."
                .to_owned()
        }
        Kind::Version { suffixes } => {
            let suffixes = listed(&titles(suffixes), "or");
            format!(
                "A version of at most four numbers, such as 12.4.1, perhaps with {suffixes} after \
                 it; anything else is sent as “other”."
            )
        }
        Kind::Count { unit, buckets } => {
            format!("Only a range of {unit}: {}.", ranges(kind, buckets))
        }
        Kind::Size { buckets } | Kind::Duration { buckets } => {
            format!("Only a range: {}.", ranges(kind, buckets))
        }
        Kind::Set { choices } => {
            format!("Any of: {}, or other; or none of them.", titles(choices).join(", "))
        }
        Kind::Counts { choices, unit, buckets } => format!(
            "For each of the following, a range of {unit} ({}): {}, and all others together.",
            ranges(kind, buckets),
            titles(choices).join(", "),
        ),
        Kind::Flow { steps, moves_max, unit, buckets } => {
            let which = match moves_max {
                Some(1) => "the most frequent move".to_owned(),
                Some(most) => format!("the {} most frequent moves", grouped((*most).into())),
                None => "each move".to_owned(),
            };
            format!(
                "For {which} from one step to another, a range of {unit} ({}); a step is one of: \
                 {}, or other.",
                ranges(kind, buckets),
                titles(steps).join(", "),
            )
        }
        Kind::Sample { bytes_max, buckets } => {
            let often = match buckets {
                Some(buckets) => {
                    format!(" With it, how often it occurs: {}.", ranges(kind, buckets))
                }
                None => String::new(),
            };
            format!(
                "Text that this statement cannot list, of at most {} bytes, after names, \
                 addresses, serial numbers and the like are removed.{often}",
                grouped(u64::from(*bytes_max))
            )
        }
    }
}

/// The labels of the buckets, the last one as "N or more".
fn ranges(kind: &Kind, buckets: &Buckets) -> String {
    let labels = (0..buckets.len()).filter_map(|index| kind.bucket_label(index));
    let words = labels.map(|label| match label.strip_suffix('+') {
        Some(from) => format!("{} or more", spaced(from)),
        None => spaced(&label),
    });
    listed(&words.collect::<Vec<_>>(), "or")
}

/// `1GiB-2GiB` as people write it: `1–2 GiB`.
fn spaced(label: &str) -> String {
    let unit = |bound: &str| bound.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
    if let Some((low, high)) = label.split_once('-')
        && unit(low) == unit(high)
    {
        let low = low.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        return format!("{low}–{}", spaced(high));
    }
    let mut out = String::new();
    let mut before = ' ';
    for c in label.chars() {
        if before.is_ascii_digit() && c.is_ascii_alphabetic() {
            out.push('\u{a0}');
        }
        out.push(if c == '-' { '–' } else { c });
        before = c;
    }
    out
}
