//! `candor-agent compare`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::agent::Agent;
use crate::compare::{Comparison, Line, World};

/// Said before anything is downloaded.
pub fn warning(host: &str) -> String {
    format!(
        "Downloading from {host}: it can see this machine's address, and that somebody here looks \
         at the numbers. Nothing else of this machine is in the question.\n"
    )
}

/// This machine's answers beside those of all.
pub fn text(agent: &Agent<'_>, comparison: &Comparison) -> String {
    let Comparison { release, lines } = comparison;
    let mut out = format!(
        "{}, {}: release {} of {}, signed and verified.\n",
        agent.manifest.program.title, release.channel.title, release.number, release.published
    );
    let mut last = "";
    for Line { question, yours, world } in lines {
        if question != last {
            let _ = writeln!(out, "\n  {question}");
            last = question;
        }
        let _ = writeln!(out, "    {yours:24} {}", words(*world));
    }
    if lines.is_empty() {
        out.push_str("\nNothing of this machine's answers is in it.\n");
    }
    out.push_str("\nCompared on this machine; nothing about it was sent.\n");
    out
}

/// The same as JSON.
pub fn json(comparison: &Comparison) -> Value {
    let line = |line: &Line| {
        let (percent, error) = match line.world {
            World::Share { percent, error } => (Some(percent), Some(error)),
            World::Rare | World::TooFew => (None, None),
        };
        json!({
            "question": line.question,
            "yours": line.yours,
            "percent": percent,
            "error_points": error,
            "says": words(line.world),
        })
    };
    json!({
        "release": comparison.release.number,
        "published": comparison.release.published,
        "answers": comparison.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn words(world: World) -> String {
    match world {
        World::Share { percent, error: 0 } => format!("{percent} of 100 say so too"),
        World::Share { percent, error } => format!("{percent} of 100 say so too (± {error})"),
        World::Rare => "too few say so to be shown".to_owned(),
        World::TooFew => "too few answered".to_owned(),
    }
}
