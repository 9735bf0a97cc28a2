//! `candor-agent policy show`: what the fleet's policy says about this program.

use std::fmt::Write as _;

use contract::policy::{Opinion, Policy};
use serde_json::{Value, json};

use crate::agent::Agent;
use crate::trouble::Trouble;

/// What the policy says, and the exit code: 1 for one that cannot be used.
///
/// # Errors
/// If the state cannot be read.
pub fn show(agent: &Agent<'_>) -> Result<(String, u8), Trouble> {
    let policy = agent.policy();
    let Some(about) = policy.in_words() else {
        let text = "There is no fleet policy here: each channel is as somebody decided it.\n";
        return Ok((text.to_owned(), 0));
    };
    let mut out = format!("The fleet's policy, {about}\n\n");
    if let Some((host, number)) = agent.policy_host() {
        let number = number.map(|number| format!("number {number}, "));
        let number = number.unwrap_or_default();
        let _ = writeln!(out, "  {number}fetched from {host} every 15 minutes\n");
    }
    if let Some(believed) = believed(agent) {
        let _ = writeln!(out, "  Believed is {believed}.\n");
    }
    let reading = agent.read()?;
    for channel in agent.channels() {
        let verdict = agent.verdict(&reading, channel.as_str())?;
        let now = if verdict.consent().is_some() { "on" } else { "off" };
        let _ = writeln!(out, "  {channel:14} {:24} {now}", says(&policy, channel));
    }
    out.push_str(
        "\nIt is read before each part is sent. It can never switch on what somebody here said no \
         to.\n",
    );
    Ok((out, u8::from(policy.is_unusable())))
}

fn says(policy: &Policy, channel: &contract::id::ChannelId) -> String {
    match policy.opinion(channel) {
        Some(Opinion::Forbid) => "forbidden".to_owned(),
        Some(Opinion::Permit { tier }) => format!("permitted up to {tier}"),
        None => "left to this machine".to_owned(),
    }
}

/// Whose certificates are believed, where these are not the public authorities'.
pub(crate) fn believed(agent: &Agent<'_>) -> Option<String> {
    let believed = agent.world.transport.believed();
    let who = match (believed.is_named_here, believed.fleet.is_some()) {
        (false, false) => return None,
        (true, false) => "the certificate authority that this machine's settings name",
        (false, true) => "the certificate authority that the fleet's policy names",
        (true, true) => "what both the fleet's policy and this machine's settings name",
    };
    let digests: Vec<_> = believed.certificates.iter().map(ToString::to_string).collect();
    if digests.is_empty() {
        return Some(format!(
            "nobody: {who}, and that is no certificate. No connection can be made"
        ));
    }
    Some(format!("only {who}, in place of the public ones (SHA-256 {})", digests.join(", ")))
}

/// The same as JSON.
///
/// # Errors
/// If the state cannot be read.
pub fn json(agent: &Agent<'_>) -> Result<Value, Trouble> {
    let policy = agent.policy();
    let reading = agent.read()?;
    let mut channels = Vec::new();
    for channel in agent.channels() {
        let verdict = agent.verdict(&reading, channel.as_str())?;
        let sends = verdict.consent().is_some();
        channels.push(json!({"id": channel, "says": says(&policy, channel), "sends": sends}));
    }
    Ok(json!({
        "policy": policy.in_words(),
        "host": agent.policy_host().map(|(host, _)| host),
        "number": agent.policy_host().and_then(|(_, number)| number),
        "usable": !policy.is_unusable(),
        "certificates": believed(agent),
        "channels": channels,
    }))
}
