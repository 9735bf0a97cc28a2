//! `candor-agent why`: what decided, what it would be otherwise, and how to change it.

use std::fmt::Write as _;

use contract::decision::{Decision, State};
use contract::destination::Way;
use contract::environment::{Forbidding, Word};
use contract::gate::{Reason, Verdict};
use contract::visibility;
use serde_json::{Value, json};

use super::{day, moment};
use crate::agent::Agent;
use crate::notice;
use crate::service::PROCESS as SERVICE;
use crate::trouble::Trouble;

/// Why a channel sends or does not, for people.
///
/// # Errors
/// If there is no such channel, or the state cannot be read.
pub fn text(agent: &Agent<'_>, channel: &str) -> Result<String, Trouble> {
    let reading = agent.read()?;
    let verdict = agent.verdict(&reading, channel)?;
    let lines = lines(agent, &verdict);
    let mut out = format!("{}\n", sentence(&verdict));
    for (label, text) in lines {
        let _ = writeln!(out, "  {label:13}{}", text.replace('\n', "\n               "));
    }
    Ok(out)
}

/// The same as JSON.
///
/// # Errors
/// If there is no such channel, or the state cannot be read.
pub fn json(agent: &Agent<'_>, channel: &str) -> Result<Value, Trouble> {
    let reading = agent.read()?;
    let verdict = agent.verdict(&reading, channel)?;
    let reasons = verdict.reasons().iter().map(|reason| because(agent, &verdict, reason).0);
    let reasons: Vec<_> = reasons.collect();
    // A list: several reasons share a label, and their order says which is the strongest.
    let lines = lines(agent, &verdict);
    let explanation: Vec<_> =
        lines.iter().map(|(label, text)| json!({"label": label, "text": text})).collect();
    Ok(json!({
        "channel": verdict.channel().id,
        "sentence": sentence(&verdict),
        "sends": verdict.consent().is_some(),
        "reasons": reasons,
        "notice": notice_json(&verdict),
        "explanation": explanation,
    }))
}

/// What a product needs that shows the notice itself; `null` for a channel that asks first.
fn notice_json(verdict: &Verdict<'_>) -> Value {
    let channel = verdict.channel();
    let Some(tier) = channel.covered_by_notice() else { return Value::Null };
    json!({
        "covers": tier,
        "grace_hours": channel.grace_hours(),
        "to_show": notice::to_show(verdict),
        "in_force_from": match verdict.decision().map(|decision| &decision.state) {
            Some(State::Noticed { effective }) => Some(*effective),
            _ => None,
        },
    })
}

fn sentence(verdict: &Verdict<'_>) -> String {
    let channel = &verdict.channel().id;
    match verdict.consent() {
        Some(consent) if verdict.channel().tiers.len() > 1 => {
            format!("{channel} is on, at “{}”.", consent.tier())
        }
        Some(_) => format!("{channel} is on."),
        None => format!("{channel} is off."),
    }
}

fn lines(agent: &Agent<'_>, verdict: &Verdict<'_>) -> Vec<(&'static str, String)> {
    let channel = verdict.channel();
    let mut lines = Vec::new();
    match verdict.reasons() {
        [] => {
            if let Some(decision) = verdict.decision() {
                lines.push(("decided by", decided(agent, decision)));
            }
            lines.push(("goes to", destination(agent)));
            lines.push(("who sees", visibility::who_sees(&agent.manifest, &agent.destination)));
            lines.push(("firewall", visibility::firewall(&agent.destination)));
            lines.push(("to change", format!("candor-agent decline {}", channel.id)));
        }
        [first, others @ ..] => {
            let (by, change) = because(agent, verdict, first);
            lines.push(("decided by", by));
            for other in others {
                lines.push(("and also", because(agent, verdict, other).0));
            }
            // Said only where nothing but what lies outside the record stands in the way.
            let only_outside = verdict.reasons().iter().all(is_outside);
            if let Some(decision) = verdict.decision().filter(|_| only_outside) {
                let decided = decided(agent, decision);
                lines.push(("otherwise", format!("it would be on: {decided}")));
            }
            let change = change.unwrap_or_else(|| format!("candor-agent agree {}", channel.id));
            lines.push(("to change", change.replace("CHANNEL", channel.id.as_str())));
        }
    }
    lines.extend(super::policy::believed(agent).map(|believed| ("believed", believed)));
    if let Some((host, _)) = agent.policy_host() {
        let asked = format!("{host}, for the fleet's policy; it is told nothing of this machine");
        lines.push(("also asked", asked));
    }
    let silent: Vec<_> = verdict
        .waiting()
        .iter()
        .filter_map(|change| Some(format!("{}: {}", change.part.as_ref()?, change.what)))
        .collect();
    if !silent.is_empty() {
        lines.push(("silent", silent.join("\n")));
    }
    lines
}

fn is_outside(reason: &Reason) -> bool {
    matches!(reason, Reason::Airgap | Reason::Policy | Reason::Environment(_))
}

/// What a reason is in words, and how to change it; `None` where agreeing changes it.
fn because(agent: &Agent<'_>, verdict: &Verdict<'_>, reason: &Reason) -> (String, Option<String>) {
    match reason {
        Reason::Airgap => (
            "the air gap: nothing is sent while this machine is in it".into(),
            Some("candor-agent airgap off; it starts nothing that was decided inside".into()),
        ),
        Reason::Policy => {
            let which = agent.policy();
            let which = which.in_words().map_or_else(String::new, |which| format!(", {which}"));
            let by = format!("the fleet's policy{which}");
            (by, Some("ask whoever keeps the fleet's policy; candor-agent policy show".into()))
        }
        Reason::Environment(forbidding) => environment(forbidding),
        Reason::Declined => {
            (verdict.decision().map_or_else(|| "you".into(), |d| decided(agent, d)), None)
        }
        Reason::Unset if verdict.channel().covered_by_notice().is_some() => (
            format!(
                "nobody. The vendor made this opt-out: {} hours after a person here was shown the \
                 notice it is sent{}, unless somebody says no. No notice was shown yet",
                verdict.channel().grace_hours(),
                notice::covered(verdict.channel())
            ),
            Some("candor-agent decline CHANNEL, or candor-agent ask".into()),
        ),
        Reason::Unset => ("nobody: while nobody decides, nothing is sent".into(), None),
        Reason::Grace(until) => (
            format!(
                "{}. It is opt-out: from {} on it is sent{} unless somebody says no",
                verdict.decision().map_or_else(String::new, |d| decided(agent, d)),
                moment(*until),
                notice::covered(verdict.channel())
            ),
            Some("candor-agent decline CHANNEL; doing nothing lets it begin".into()),
        ),
        Reason::AskedAgain(changes) => {
            let what: Vec<_> = changes.iter().map(|change| change.what.as_str()).collect();
            let since = if notice::stands(verdict) { "the notice" } else { "you agreed" };
            let by = format!("a change since {since}: {}", what.join("; "));
            (by, Some("candor-agent ask, or candor-agent agree CHANNEL".into()))
        }
        Reason::TierGone => (
            "the manifest: the tier that was agreed to is gone".into(),
            Some("candor-agent ask".into()),
        ),
    }
}

fn environment(forbidding: &Forbidding) -> (String, Option<String>) {
    let says = match forbidding.word {
        Word::Unclear => "is set to something that is neither yes nor no, so nothing is sent",
        Word::True => "says not to track",
        _ => "says no",
    };
    let (variable, process) = (forbidding.variable, &forbidding.process);
    let by =
        format!("the environment of {process}: {variable} {says} (it can forbid, never permit)");
    let change = if process == SERVICE {
        format!("unset {variable} for the candor-agent service, and restart it")
    } else {
        format!("unset {variable}")
    };
    (by, Some(change))
}

fn decided(agent: &Agent<'_>, decision: &Decision) -> String {
    let what = match &decision.state {
        State::No => "you said no".to_owned(),
        State::Noticed { .. } => "nobody agreed; a notice was shown".to_owned(),
        State::Yes { tier } => format!("you agreed to “{tier}”"),
    };
    let shown = decision.manifest.short();
    let is_same = decision.manifest == agent.manifest.hash();
    let same = if is_same { "" } else { " (another is installed now)" };
    let (when, how) = (day(decision.when), decision.how.in_words());
    format!("{what} on {when}, {how}, to manifest {shown}{same}")
}

fn destination(agent: &Agent<'_>) -> String {
    let host = agent.destination.host_and_port();
    match agent.destination.way() {
        Way::Direct(_) => format!("{host}, directly"),
        Way::Blind(_) => format!("{host}, sealed, through a relay"),
    }
}
