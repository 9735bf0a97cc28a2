//! Carries out a command and says what to print. Printing itself is `main`'s.

use std::fmt::Write as _;

use contract::decision::How;

use crate::agent::Agent;
use crate::cli::{Command, LedgerAction, PolicyAction, Switch};
use crate::ledger;
use crate::opening;
use crate::ports::Person;
use crate::service;
use crate::trouble::Trouble;
use crate::words;

/// What a command prints, and how it ends.
#[derive(Debug, Default)]
pub struct Output {
    /// For standard output.
    pub out: Vec<u8>,
    /// For standard error.
    pub note: String,
    /// The exit code.
    pub code: u8,
}

impl Output {
    /// Words for standard output.
    pub fn text(text: impl Into<String>) -> Self {
        Self { out: text.into().into_bytes(), ..Self::default() }
    }

    /// Prints JSON.
    pub fn json(value: &serde_json::Value) -> Self {
        Self::text(format!("{value:#}\n"))
    }
}

/// What is said before a command is carried out, because it joins what the schedule keeps apart.
pub fn warning(command: &Command) -> Option<&'static str> {
    match command {
        Command::Send { .. } => Some(words::sent::WARNING),
        Command::Held { live: true } => Some(words::held::LIVE_WARNING),
        Command::Withdraw { now: true, .. } => Some(words::withdraw::NOW_WARNING),
        _ => None,
    }
}

/// Carries out a command of one agent. `person` is whoever sits at the terminal.
///
/// # Errors
/// What went wrong, in the form in which people read it.
pub fn carry_out(
    agent: &Agent<'_>,
    command: &Command,
    json: bool,
    person: Option<&dyn Person>,
) -> Result<Output, Trouble> {
    match command {
        Command::Status => status(agent, json),
        Command::Why { channel } if json => Ok(Output::json(&words::why::json(agent, channel)?)),
        Command::Why { channel } => words::why::text(agent, channel).map(Output::text),
        Command::Ask { installer } => {
            let how = if *installer { How::Installer } else { How::Cli };
            // Without a terminal nobody can be asked: everything stays as it is, in silence.
            if let Some(person) = person {
                words::ask::ask(agent, person, how)?;
            }
            Ok(Output::default())
        }
        Command::Agree { channel, tier } => {
            agent.agree(channel, tier.as_deref(), How::Cli, "en")?;
            decided(agent, channel, json)
        }
        Command::Decline { channel } => {
            agent.decline(channel, How::Cli, "en")?;
            decided(agent, channel, json)
        }
        Command::Preview { channel, tier, fresh } => {
            preview(agent, channel, tier.as_deref(), *fresh)
        }
        Command::Send { channel } => send(agent, channel, json),
        Command::Tick { within } => tick(agent, *within, json),
        Command::Ledger { action } => show_ledger(agent, action.as_ref(), json),
        Command::Held { live } => held(agent, *live, json),
        Command::Withdraw { channel, now, .. } => withdraw(agent, channel.as_deref(), *now, json),
        Command::Airgap { switch } => {
            agent.airgap(*switch == Switch::On)?;
            status(agent, json)
        }
        Command::Policy { action } => {
            if matches!(action, PolicyAction::Sync) {
                agent.sync_policy()?;
            }
            let (text, code) = words::policy::show(agent)?;
            if json {
                return Ok(Output { code, ..Output::json(&words::policy::json(agent)?) });
            }
            Ok(Output { code, ..Output::text(text) })
        }
        // `main` runs these: they need no agent, or never end.
        Command::Bundle { .. }
        | Command::Compare { .. }
        | Command::Run(_)
        | Command::Page { .. }
        | Command::Manifest { .. }
        | Command::Push { .. }
        | Command::Clean { .. } => Ok(Output::default()),
    }
}

fn status(agent: &Agent<'_>, json: bool) -> Result<Output, Trouble> {
    if json {
        return Ok(Output::json(&words::status::json(agent)?));
    }
    words::status::text(agent).map(Output::text)
}

/// Ticks, and goes on for so many seconds. Says nothing where nothing changed: cron sends a mail
/// for every word.
fn tick(agent: &Agent<'_>, within: u64, json: bool) -> Result<Output, Trouble> {
    let sent = service::tick_within(agent, within)?;
    if json {
        return Ok(Output::json(&words::sent::json(&sent)));
    }
    if sent.tries > 1 {
        return Ok(Output::default());
    }
    words::sent::text(&sent).map(|_| Output::default())
}

fn show_ledger(
    agent: &Agent<'_>,
    action: Option<&LedgerAction>,
    json: bool,
) -> Result<Output, Trouble> {
    let lines = ledger_lines(agent)?;
    if let Some(LedgerAction::Verify) = action {
        let proof = ledger::verify(&lines, &agent.roots()?);
        let mut output = if json {
            Output::json(&words::ledger::proof_json(&proof))
        } else {
            Output::text(words::ledger::proof(&proof))
        };
        output.code = u8::from(!proof.findings.is_empty());
        return Ok(output);
    }
    let lines: Vec<ledger::Line> =
        lines.iter().filter_map(|line| serde_json::from_slice(line).ok()).collect();
    Ok(if json {
        Output::json(&words::ledger::json(&lines))
    } else {
        Output::text(words::ledger::text(&lines))
    })
}

/// Opens a capsule and says what it is. Exit code 1 where the ledger has no such part.
///
/// # Errors
/// If it was not sealed here, or was changed.
pub fn open_capsule(agent: &Agent<'_>, capsule: &[u8], json: bool) -> Result<Output, Trouble> {
    let opened = opening::open(&agent.lines()?, capsule)?;
    let is_missing = matches!(&opened.content, opening::Content::Part { entry: None, .. });
    let output = if json {
        Output::json(&words::opening::json(&opened))
    } else {
        Output::text(words::opening::text(&opened))
    };
    Ok(Output { code: u8::from(is_missing), ..output })
}

fn held(agent: &Agent<'_>, live: bool, json: bool) -> Result<Output, Trouble> {
    let parts = agent.held()?;
    if !live {
        return Ok(if json {
            Output::json(&words::held::json(&parts))
        } else {
            Output::text(words::held::text(agent, &parts))
        });
    }
    let answers = agent.held_live()?;
    Ok(if json {
        Output::json(&words::held::live_json(&answers))
    } else {
        Output::text(words::held::live(&parts, &answers))
    })
}

fn withdraw(
    agent: &Agent<'_>,
    channel: Option<&str>,
    now: bool,
    json: bool,
) -> Result<Output, Trouble> {
    let channels: Vec<String> = match channel {
        Some(channel) => vec![channel.to_owned()],
        None => agent.channels().map(ToString::to_string).collect(),
    };
    let (mut out, mut values, mut code) = (String::new(), Vec::new(), 0);
    for channel in &channels {
        let progress = agent.withdraw(channel, How::Cli, "en", now)?;
        code |= u8::from(progress.obstacle.is_some());
        out.push_str(&words::withdraw::text(agent, channel, &progress));
        values.push(words::withdraw::json(agent, channel, &progress));
    }
    let output = if json { Output::json(&values.into()) } else { Output::text(out) };
    Ok(Output { code, ..output })
}

fn ledger_lines(agent: &Agent<'_>) -> Result<Vec<Vec<u8>>, Trouble> {
    match agent.state().disk() {
        Ok(disk) => ledger::lines(disk),
        Err(_) => Ok(Vec::new()),
    }
}

/// After a decision: the verdict as it is now, so that an environment that forbids is seen at once.
fn decided(agent: &Agent<'_>, channel: &str, json: bool) -> Result<Output, Trouble> {
    if json {
        return Ok(Output::json(&words::why::json(agent, channel)?));
    }
    words::why::text(agent, channel).map(Output::text)
}

fn preview(
    agent: &Agent<'_>,
    channel: &str,
    tier: Option<&str>,
    fresh: bool,
) -> Result<Output, Trouble> {
    let preview = agent.preview(channel, tier, fresh)?;
    let mut output = Output::default();
    for part in &preview.parts {
        output.out.extend(part);
        output.out.push(b'\n');
    }
    if !preview.frozen {
        output.note.push_str("A draft: its tags are zero, and nothing can send it.\n");
    }
    if let Some(trouble) = &preview.not_frozen {
        let Trouble { happened, to_do, .. } = trouble;
        let _ = writeln!(
            output.note,
            "The state folder takes no changes, so nothing can be sent ({happened}): {to_do}."
        );
    }
    for (field, why) in &preview.left_out {
        let _ = writeln!(output.note, "left out: {field}: {why}");
    }
    Ok(output)
}

fn send(agent: &Agent<'_>, channel: &str, json: bool) -> Result<Output, Trouble> {
    let sent = agent.send(channel)?;
    if json {
        let code = u8::from(sent.obstacle.is_some());
        return Ok(Output { code, ..Output::json(&words::sent::json(&sent)) });
    }
    let text = words::sent::text(&sent)?;
    Ok(Output::text(text))
}
