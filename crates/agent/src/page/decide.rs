//! Decisions made on the page or through its interface. Each is in force before the answer leaves.

use contract::decision::How;

use super::request::Response;
use super::{Page, Visit, api, html};
use crate::agent::Agent;
use crate::trouble::Trouble;
use crate::words;

/// `choice` is `no`, `yes`, or `yes:TIER`.
pub(super) fn decide(agent: &Agent<'_>, visit: &Visit<'_>) -> Result<Response, Trouble> {
    let channel = visit.request.posted("channel").unwrap_or_default();
    let choice = visit.request.posted("choice").unwrap_or_default();
    let how = how(visit);
    let (word, tier) = choice.split_once(':').unwrap_or((choice.as_str(), ""));
    let tiers = &agent.find(&channel)?.tiers;
    match (word, tier) {
        ("no", "") => agent.decline(&channel, how, "en")?,
        ("yes", "") if tiers.len() == 1 => agent.agree(&channel, None, how, "en")?,
        ("yes", tier) if tiers.iter().any(|known| known.id.as_str() == tier) => {
            agent.agree(&channel, Some(tier), how, "en")?;
        }
        _ => {
            let tiers: Vec<_> = tiers.iter().map(|tier| format!("yes:{}", tier.id)).collect();
            let trouble = Trouble::new(
                "nothing was decided.",
                "the choice is none of this channel's",
                "the decisions as they were",
                format!("choose one of: no, {}", tiers.join(", ")),
            );
            return Ok(html::trouble(visit, 400, &trouble));
        }
    }
    done(agent, visit, &channel)
}

/// Somebody read a notice. `manifest` is the hash of what they read: what was installed since has
/// a notice of its own.
pub(super) fn notice(agent: &Agent<'_>, visit: &Visit<'_>) -> Result<Response, Trouble> {
    let channel = visit.request.posted("channel").unwrap_or_default();
    agent.find(&channel)?;
    let read = visit.request.posted("manifest").unwrap_or_default();
    if read != agent.manifest.hash().to_string() {
        let trouble = Trouble::new(
            "the notice does not count.",
            "what was shown is not the manifest that is installed",
            "the decisions as they were",
            "show the statement again, and send the hash of its manifest with the answer",
        );
        return Ok(html::trouble(visit, 409, &trouble));
    }
    agent.notice(&channel, how(visit), "en")?;
    done(agent, visit, &channel)
}

/// Takes a channel back. Deletions go one by one over 24 hours, or at once where somebody read what
/// that tells and asked for it.
pub(super) fn withdraw(agent: &Agent<'_>, visit: &Visit<'_>) -> Result<Response, Trouble> {
    let channel = visit.request.posted("channel").unwrap_or_default();
    let now = visit.request.posted("now").as_deref() == Some("yes");
    let progress = agent.withdraw(&channel, how(visit), "en", now)?;
    if visit.json {
        return Ok(Response::json(200, &words::withdraw::json(agent, &channel, &progress)));
    }
    Ok(Response::see("./#held".to_owned()))
}

/// Asks the collectors themselves what they hold: by a person's command of this moment, who read
/// what the question tells.
pub(super) fn live(agent: &Agent<'_>, visit: &Visit<'_>) -> Result<Response, Trouble> {
    let parts = agent.held()?;
    let answers = agent.held_live()?;
    if visit.json {
        return Ok(Response::json(200, &words::held::live_json(&answers)));
    }
    Ok(html::live(visit, &agent.manifest.program.title, &words::held::live(&parts, &answers)))
}

/// Whoever comes without a page is the product's own program.
fn how(visit: &Visit<'_>) -> How {
    if visit.pass.is_some() { How::Page } else { How::Api }
}

/// Gathers a channel's report anew, of what was not sent yet.
pub(super) fn gather(
    page: &Page,
    agent: &Agent<'_>,
    visit: &Visit<'_>,
) -> Result<Response, Trouble> {
    let channel = visit.request.posted("channel").unwrap_or_default();
    let id = agent.find(&channel)?.id.clone();
    page.forget_draft(&id);
    let reading = agent.read()?;
    if agent.verdict(&reading, &channel)?.consent().is_some() {
        agent.preview(&channel, None, true)?;
        return done(agent, visit, &channel);
    }
    if visit.json {
        return api::channel(agent, &channel);
    }
    Ok(Response::see(format!("./?draft={id}#channel-{id}")))
}

fn done(agent: &Agent<'_>, visit: &Visit<'_>, channel: &str) -> Result<Response, Trouble> {
    if visit.json {
        return api::channel(agent, channel);
    }
    // Identifiers are letters, digits and hyphens.
    Ok(Response::see(format!("./?changed={channel}#channel-{channel}")))
}
