//! `candor-agent status`.

use std::fmt::Write as _;

use contract::decision::State;
use contract::gate::{Reason, Verdict};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{extent, moment, number, withdraw};
use crate::agent::Agent;
use crate::notice;
use crate::trouble::Trouble;

/// Days without a `tick` after which nothing is likely to run it.
const SILENT_HOURS: i64 = 26;

/// The state of every channel, for people.
///
/// # Errors
/// If the state cannot be read.
pub fn text(agent: &Agent<'_>) -> Result<String, Trouble> {
    let reading = agent.read()?;
    let verdicts = verdicts(agent, &reading)?;
    let mut out = sentence(agent, &verdicts);
    out.push_str("\n\n");
    let names = verdicts.iter().map(|v| v.channel().id.as_str().len()).max().unwrap_or(0);
    let words: Vec<_> = verdicts.iter().map(word).collect();
    let width = words.iter().map(String::len).max().unwrap_or(0);
    for (verdict, word) in verdicts.iter().zip(&words) {
        let channel = verdict.channel();
        let to = agent.destination.host_and_port();
        let what = format!("{}, to {to}", extent(channel));
        let _ = writeln!(out, "  {:names$}   {word:width$}   {what}", channel.id);
        if !verdict.waiting().is_empty() {
            let changes = number(verdict.waiting().len(), "change");
            let _ = writeln!(out, "  {:names$}   silent in part: {changes} to answer", "");
        }
    }
    for channel in agent.channels() {
        if let Some(line) = withdraw::in_a_line(channel.as_str(), &agent.progress(channel)?) {
            let _ = writeln!(out, "\n{line}");
        }
    }
    if let Some(believed) = super::policy::believed(agent) {
        let _ = writeln!(out, "\nWhen it connects it believes {believed}.");
    }
    if let Some(note) = nothing_ticks(agent, &verdicts)? {
        let _ = writeln!(out, "\n{note}");
    }
    let hints = hints(agent, &verdicts);
    let width = hints.iter().map(|(what, _)| what.len()).max().unwrap_or(0) + 3;
    out.push('\n');
    for (what, command) in hints {
        let _ = writeln!(out, "{what:width$}{command}");
    }
    Ok(out)
}

/// The same as JSON.
///
/// # Errors
/// If the state cannot be read.
pub fn json(agent: &Agent<'_>) -> Result<Value, Trouble> {
    let reading = agent.read()?;
    let verdicts = verdicts(agent, &reading)?;
    let mut deletions = Vec::new();
    for channel in agent.channels() {
        let progress = agent.progress(channel)?;
        if progress.pending > 0 {
            deletions.push(withdraw::json(agent, channel.as_str(), &progress));
        }
    }
    let channel = |verdict: &Verdict<'_>| {
        let waiting: Vec<_> = verdict.waiting().iter().map(|change| &change.what).collect();
        json!({
            "id": verdict.channel().id,
            "decision": word(verdict),
            "sends": verdict.consent().is_some(),
            "tier": verdict.consent().map(contract::gate::Consent::tier),
            "period": verdict.channel().period,
            "questions": verdict.channel().fields().count(),
            "parts": verdict.channel().parts.len(),
            "waiting_for_an_answer": waiting,
        })
    };
    Ok(json!({
        "program": agent.manifest.program.id,
        "sentence": sentence(agent, &verdicts),
        "manifest": agent.manifest.hash(),
        "collector": agent.destination.collector,
        "certificates": super::policy::believed(agent),
        "channels": verdicts.iter().map(channel).collect::<Vec<_>>(),
        "deletions": deletions,
        "begins": verdicts.iter().filter_map(notice::grace).min(),
        "note": nothing_ticks(agent, &verdicts)?,
    }))
}

fn verdicts<'a>(
    agent: &'a Agent<'_>,
    reading: &'a crate::agent::Reading,
) -> Result<Vec<Verdict<'a>>, Trouble> {
    agent.channels().map(|channel| agent.verdict(reading, channel.as_str())).collect()
}

/// The one sentence that a tired administrator reads.
fn sentence(agent: &Agent<'_>, verdicts: &[Verdict<'_>]) -> String {
    let title = &agent.manifest.program.title;
    let sending: Vec<_> = verdicts.iter().filter(|v| v.consent().is_some()).collect();
    let begins = verdicts.iter().filter_map(notice::grace).min();
    match (sending.as_slice(), begins) {
        ([], Some(begins)) if verdicts.iter().all(|v| !v.reasons().contains(&Reason::Airgap)) => {
            format!(
                "Nothing leaves this machine yet: from {} on {title} reports, unless somebody says \
                 no.",
                moment(begins)
            )
        }
        ([], _) => {
            let undecided = |v: &Verdict<'_>| v.reasons().contains(&Reason::Unset);
            let airgap = |v: &Verdict<'_>| v.reasons().contains(&Reason::Airgap);
            if verdicts.iter().any(airgap) {
                "Nothing leaves this machine: it is in the air gap.".to_owned()
            } else if verdicts.iter().all(undecided) {
                format!(
                    "Nothing leaves this machine: nobody has decided about {title}'s questions yet."
                )
            } else {
                format!("Nothing about {title} leaves this machine.")
            }
        }
        ([one], _) => format!(
            "One report leaves this machine {}: {}.",
            one.channel().period.once(),
            one.channel().title
        ),
        (many, _) => {
            let titles: Vec<_> = many.iter().map(|v| v.channel().title.to_string()).collect();
            format!("Reports leave this machine about {}.", titles.join(" and "))
        }
    }
}

fn word(verdict: &Verdict<'_>) -> String {
    if let Some(consent) = verdict.consent() {
        let on = match verdict.channel().tiers.len() {
            1 => "on".to_owned(),
            _ => format!("on, {}", consent.tier()),
        };
        return if notice::stands(verdict) { format!("{on}, after a notice") } else { on };
    }
    let decided = verdict.decision().map(|decision| &decision.state);
    match (verdict.reasons().first(), decided) {
        (Some(Reason::Airgap), _) => "off: air gap".to_owned(),
        (Some(Reason::Policy), _) => "off: policy".to_owned(),
        (Some(Reason::Environment(forbidding)), _) => format!("off: {}", forbidding.variable),
        (Some(Reason::AskedAgain(_) | Reason::TierGone), _) => "off: asked again".to_owned(),
        (_, Some(State::No)) => "off".to_owned(),
        (_, Some(State::Noticed { effective })) => format!("off until {}", moment(*effective)),
        _ if verdict.channel().covered_by_notice().is_some() => "no notice shown".to_owned(),
        _ => "not decided".to_owned(),
    }
}

/// "Agreed, but nothing runs `tick` here."
fn nothing_ticks(agent: &Agent<'_>, verdicts: &[Verdict<'_>]) -> Result<Option<String>, Trouble> {
    if verdicts.iter().all(|verdict| verdict.consent().is_none()) {
        return Ok(None);
    }
    if agent.in_ci {
        let note = "This is continuous integration: nothing is sent on schedule here.";
        return Ok(Some(note.to_owned()));
    }
    let silent = |from: Timestamp| {
        agent.now().duration_since(from) > SignedDuration::from_hours(SILENT_HOURS)
    };
    Ok(match agent.state().since()?.map(|since| (since.began, since.ticked)) {
        // A fleet's policy permits it, and nobody decided anything here.
        None => Some("nothing has run `candor-agent tick` here yet."),
        Some((began, None))
            if agent.now().duration_since(began) > SignedDuration::from_hours(1) =>
        {
            Some("nothing runs `candor-agent tick` here: nothing is sent on schedule.")
        }
        Some((_, Some(ticked))) if silent(ticked) => {
            Some("nothing has run `candor-agent tick` here for more than a day.")
        }
        _ => None,
    }
    .map(|note| {
        // On by a notice, or by the fleet's policy, is not agreed.
        let yes =
            |v: &Verdict<'_>| matches!(v.decision().map(|d| &d.state), Some(State::Yes { .. }));
        let agreed = verdicts.iter().any(|v| v.consent().is_some() && yes(v));
        let note = format!("{}, but {note}", if agreed { "Agreed" } else { "On" });
        format!("{note}\nRun it every few minutes from cron or a timer, or run candor-agent run.")
    }))
}

fn hints(agent: &Agent<'_>, verdicts: &[Verdict<'_>]) -> Vec<(&'static str, String)> {
    let first = agent.channels().next().map_or("CHANNEL", |channel| channel.as_str());
    let open = verdicts
        .iter()
        .any(|verdict| verdict.reasons().contains(&Reason::Unset) || !verdict.waiting().is_empty());
    let on = verdicts.iter().find(|verdict| verdict.consent().is_some());
    let mut hints = Vec::new();
    if let Some(verdict) = on {
        let channel = &verdict.channel().id;
        hints.push(("See exactly what is sent:", format!("candor-agent preview {channel}")));
        hints.push(("See what was sent:", "candor-agent ledger".to_owned()));
        hints.push(("Stop it:", format!("candor-agent decline {channel}")));
    } else {
        let command = format!("candor-agent preview {first}");
        hints.push(("See exactly what would be sent:", command));
    }
    if open {
        hints.push(("Decide:", "candor-agent ask".to_owned()));
    }
    if let Some(verdict) = verdicts.iter().find(|verdict| notice::grace(verdict).is_some()) {
        let command = format!("candor-agent decline {}", verdict.channel().id);
        hints.push(("Say no before it begins:", command));
    }
    let off = verdicts
        .iter()
        .find(|verdict| verdict.consent().is_none() && !verdict.reasons().contains(&Reason::Unset));
    if let Some(verdict) = off {
        let command = format!("candor-agent why {}", verdict.channel().id);
        hints.push(("Why it is off:", command));
    }
    hints
}
