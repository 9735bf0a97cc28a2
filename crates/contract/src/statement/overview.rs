//! The statement's beginning: one sentence, the channels at a glance, collected and never
//! collected.

use super::tree::{Block, Line, heading};
use super::words::{counted, listed};
use crate::id::PurposeId;
use crate::manifest::{Channel, DefaultRule, Manifest};

pub(super) fn blocks(manifest: &Manifest) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading { level: 1, id: None, text: first_sentence(manifest).into() },
        Block::Lede(second_sentence(manifest)),
    ];
    if opt_out(manifest).next().is_some() {
        let names: Vec<String> = opt_out(manifest).map(quoted).collect();
        let is = if names.len() == 1 { "is" } else { "are" };
        let hours = opt_out(manifest).map(Channel::grace_hours).min().unwrap_or_default();
        let warning = format!(
            "{} {is} opt-out: it is not asked for beforehand. A notice shown to a person starts it \
             after at least {hours} hours, and saying no stops it. A notice is not consent, and \
             the law of many countries asks for consent before a machine is read.",
            listed(&names, "and")
        );
        blocks.push(Block::Warning(warning.into()));
    }
    blocks.push(at_a_glance(manifest));
    blocks.push(heading("never", "Collected, and never collected"));
    blocks.push(collected(manifest));
    blocks
}

fn opt_out(manifest: &Manifest) -> impl Iterator<Item = &Channel> {
    manifest.channels.iter().filter(|channel| channel.default == DefaultRule::Notice)
}

fn quoted(channel: &Channel) -> String {
    format!("“{}”", channel.title)
}

fn first_sentence(manifest: &Manifest) -> String {
    let title = &manifest.program.title;
    let names: Vec<String> = opt_out(manifest).map(quoted).collect();
    if names.is_empty() {
        format!("{title} sends nothing until you say yes.")
    } else {
        format!("{title} sends {} unless you say no.", listed(&names, "and"))
    }
}

fn second_sentence(manifest: &Manifest) -> Line {
    let questions = manifest.channels.iter().flat_map(Channel::fields).count();
    let questions = counted(questions, "question", "questions");
    let decided = match manifest.channels.len() {
        1 => "in one channel".to_owned(),
        several => format!("in {several} channels, each decided on its own"),
    };
    let text = format!(
        "It may answer {questions}, {decided}, and nothing else: the list below is the one the \
         program itself works from. You can read every byte before and after it is sent, and take \
         it back."
    );
    text.into()
}

fn at_a_glance(manifest: &Manifest) -> Block {
    let head = ["Channel", "Questions", "Sent", "Kept", "If you decide nothing"];
    let row = |channel: &Channel| {
        let undecided = match channel.default {
            DefaultRule::Ask => "nothing is sent",
            DefaultRule::Notice => "it is sent, after a notice (opt-out)",
        };
        let days = usize::try_from(channel.retention_days).unwrap_or(usize::MAX);
        vec![
            Line::default().strong(channel.title.to_string()).words(format!(": {}", channel.about)),
            channel.fields().count().to_string().into(),
            // Short cells are not broken into lines.
            channel.period.once().replace(' ', "\u{a0}").into(),
            counted(days, "day", "days").replace(' ', "\u{a0}").into(),
            undecided.into(),
        ]
    };
    Block::Table {
        head: head.map(Line::from).to_vec(),
        rows: manifest.channels.iter().map(row).collect(),
        numbers: Some(1),
    }
}

/// Both lists side by side, as long as the longer of them.
fn collected(manifest: &Manifest) -> Block {
    let fields = || manifest.channels.iter().flat_map(Channel::fields);
    let number = |id: &PurposeId| fields().filter(|field| field.purpose == *id).count();
    let mut purposes: Vec<_> =
        manifest.purposes.iter().map(|(id, text)| (number(id), text.to_string())).collect();
    purposes.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let mut may = purposes.into_iter().map(|(number, text)| {
        let answers = format!("{}:", counted(number, "answer", "answers"));
        Line::default().strong(answers).words(format!(" {text}"))
    });
    let mut never = manifest.never_collected.iter().map(|text| Line::from(text.to_string()));
    let mut rows = Vec::new();
    loop {
        match (may.next(), never.next()) {
            (None, None) => break,
            (may, never) => rows.push(vec![may.unwrap_or_default(), never.unwrap_or_default()]),
        }
    }
    let head = ["May be collected, and what for", "Never collected"].map(Line::from).to_vec();
    Block::Table { head, rows, numbers: None }
}
