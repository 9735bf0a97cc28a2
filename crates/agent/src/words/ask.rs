//! `candor-agent ask`: the essence on one screen, the exact bytes on a key, one answer per channel.

use std::fmt::Write as _;

use contract::decision::How;
use contract::gate::{Reason, Verdict};
use contract::manifest::Channel;
use contract::visibility;

use super::{extent, moment, number};
use crate::agent::Agent;
use crate::notice;
use crate::ports::Person;
use crate::trouble::Trouble;

/// Asks about every channel that waits for an answer. A no that was given is not asked again.
///
/// # Errors
/// If the state cannot be read or written; what was answered before stands.
pub fn ask(agent: &Agent<'_>, person: &dyn Person, how: How) -> Result<(), Trouble> {
    let mut asked = false;
    for channel in &agent.manifest.channels {
        let reading = agent.read()?;
        let verdict = agent.verdict(&reading, channel.id.as_str())?;
        let new = verdict.reasons().contains(&Reason::Unset);
        let changed =
            !verdict.waiting().is_empty() && !verdict.reasons().contains(&Reason::Declined);
        if !(new || changed) {
            continue;
        }
        if !asked {
            person.tell(&greeting(agent));
        }
        asked = true;
        person.tell(&if new { essence(agent, channel) } else { changes(&verdict) });
        let tells = notice::to_show(&verdict);
        if tells {
            person.tell(&opt_out(agent, channel));
        }
        if !ask_channel(agent, person, channel, (how, tells))? {
            return Ok(());
        }
    }
    if !asked {
        person.tell("There is nothing to decide: candor-agent status shows what is.");
    }
    Ok(())
}

/// Asks until there is an answer; `false` when the person is gone.
fn ask_channel(
    agent: &Agent<'_>,
    person: &dyn Person,
    channel: &Channel,
    (how, tells): (How, bool),
) -> Result<bool, Trouble> {
    let tiers: Vec<_> = channel.tiers.iter().map(|tier| tier.id.as_str()).collect();
    let yes = if tiers.len() > 1 { tiers.join(" / ") } else { "yes".to_owned() };
    let question = format!("Send it? [{yes} / no / preview / later]");
    loop {
        let Some(answer) = person.ask(&question) else { return Ok(false) };
        match answer.as_str() {
            "n" | "no" => {
                agent.decline(channel.id.as_str(), how, "en")?;
                person.tell("No. Nothing of this leaves the machine, and nobody asks again.");
                return Ok(true);
            }
            "p" | "preview" => {
                let preview = agent.preview(channel.id.as_str(), None, false)?;
                for part in &preview.parts {
                    person.tell(&String::from_utf8_lossy(part));
                }
            }
            // Somebody who answers this has seen the notice. Whoever hangs up may not have.
            "l" | "later" | "" if tells => {
                agent.notice(channel.id.as_str(), how, "en")?;
                person.tell(&noticed(agent, channel));
                return Ok(true);
            }
            "l" | "later" | "" => {
                person.tell("Not decided: nothing of this leaves the machine.");
                return Ok(true);
            }
            "y" | "yes" if tiers.len() == 1 => {
                return agreed(agent, person, channel, None, how);
            }
            tier if tiers.len() > 1 && tiers.contains(&tier) => {
                return agreed(agent, person, channel, Some(tier), how);
            }
            _ => person.tell(&format!("Please answer one of: {yes}, no, preview, later.")),
        }
    }
}

fn agreed(
    agent: &Agent<'_>,
    person: &dyn Person,
    channel: &Channel,
    tier: Option<&str>,
    how: How,
) -> Result<bool, Trouble> {
    agent.agree(channel.id.as_str(), tier, how, "en")?;
    let id = &channel.id;
    person.tell(&format!(
        "Yes. See what is sent: candor-agent preview {id}. Stop it: candor-agent decline {id}."
    ));
    Ok(true)
}

fn greeting(agent: &Agent<'_>) -> String {
    let program = &agent.manifest.program;
    let tells: Vec<_> =
        agent.manifest.channels.iter().filter(|c| c.covered_by_notice().is_some()).collect();
    let unless = match tells.as_slice() {
        [] => "Nothing leaves this machine unless you say yes.".to_owned(),
        [one] => format!(
            "“{}” is sent unless you say no; nothing else leaves this machine unless you say yes.",
            one.title
        ),
        many => {
            let titles: Vec<_> = many.iter().map(|one| format!("“{}”", one.title)).collect();
            format!(
                "{} are sent unless you say no; nothing else leaves this machine unless you say \
                 yes.",
                titles.join(" and ")
            )
        }
    };
    format!("{} would like to know how it is used. {unless}", program.title)
}

/// What stands beside the questions of a channel that is sent unless somebody says no.
fn opt_out(agent: &Agent<'_>, channel: &Channel) -> String {
    format!(
        "This is opt-out: if you answer nothing, it is sent{} from {} on, {} hours from now. “no” \
         stops it now and for good, here or later with candor-agent decline {}.",
        notice::covered(channel),
        moment(notice::effective(channel, agent.now())),
        channel.grace_hours(),
        channel.id
    )
}

fn noticed(agent: &Agent<'_>, channel: &Channel) -> String {
    format!(
        "Not decided. From {} on it is sent{}, unless somebody says no before or after: \
         candor-agent decline {}.",
        moment(notice::effective(channel, agent.now())),
        notice::covered(channel),
        channel.id
    )
}

fn essence(agent: &Agent<'_>, channel: &Channel) -> String {
    let mut out = format!("\n{}: {}\n\n", channel.title, channel.about);
    for part in &channel.parts {
        for field in &part.fields {
            let tier =
                if channel.tiers.len() > 1 { format!("  ({})", part.tier) } else { String::new() };
            let _ = writeln!(out, "  - {}{tier}", field.question);
        }
    }
    let host = agent.destination.host_and_port();
    let sees = visibility::who_sees(&agent.manifest, &agent.destination);
    let _ = write!(
        out,
        "\n{}, to {host}. {sees}\nKept {} days, by {}. Never collected: {}.",
        extent(channel),
        channel.retention_days,
        // The sentence has its own end, also behind an abbreviation.
        agent.manifest.controller.name.trim_end_matches('.'),
        never(agent)
    );
    out
}

fn never(agent: &Agent<'_>) -> String {
    let never: Vec<_> =
        agent.manifest.never_collected.iter().map(|text| text.to_string().to_lowercase()).collect();
    never.join(", ")
}

fn changes(verdict: &Verdict<'_>) -> String {
    let waiting = verdict.waiting();
    let mut out = format!(
        "\n{}: {} since {}; what it touches is silent until you answer.\n\n",
        verdict.channel().title,
        number(waiting.len(), "change"),
        if notice::stands(verdict) { "the notice was shown" } else { "you agreed" }
    );
    for change in waiting {
        let _ = writeln!(out, "  - {}", change.what);
    }
    out
}
