//! Carries out a command and says what to print. Printing itself is `main`'s.

use contract::decision::How;

use crate::agent::Agent;
use crate::cli::{Command, LedgerAction};
use crate::ledger;
use crate::ports::Person;
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
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { out: text.into().into_bytes(), ..Self::default() }
    }

    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self::text(format!("{value:#}\n"))
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
        Command::Status if json => Ok(Output::json(&words::status::json(agent)?)),
        Command::Status => words::status::text(agent).map(Output::text),
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
        Command::Tick => {
            let sent = agent.tick()?;
            if json {
                return Ok(Output::json(&words::sent::json(&sent)));
            }
            words::sent::text(&sent).map(Output::text)
        }
        Command::Ledger { action: None } => {
            let lines = ledger_lines(agent)?;
            let lines: Vec<ledger::Line> =
                lines.iter().filter_map(|line| serde_json::from_slice(line).ok()).collect();
            Ok(if json {
                Output::json(&words::ledger::json(&lines))
            } else {
                Output::text(words::ledger::text(&lines))
            })
        }
        Command::Ledger { action: Some(LedgerAction::Verify) } => {
            let roots = &agent.destination.root_keys;
            let proof = ledger::verify(&ledger_lines(agent)?, roots);
            let mut output = if json {
                Output::json(&words::ledger::proof_json(&proof))
            } else {
                Output::text(words::ledger::proof(&proof))
            };
            output.code = u8::from(!proof.findings.is_empty());
            Ok(output)
        }
        // `main` runs these: they need no agent, or never end.
        Command::Run | Command::Manifest { .. } => Ok(Output::default()),
    }
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
    for (field, why) in &preview.left_out {
        output.note.push_str(&format!("left out: {field}: {why}\n"));
    }
    Ok(output)
}

fn send(agent: &Agent<'_>, channel: &str, json: bool) -> Result<Output, Trouble> {
    let sent = agent.send(channel)?;
    if json {
        let code = u8::from(sent.obstacle.is_some());
        return Ok(Output { code, ..Output::json(&words::sent::json(&sent)) });
    }
    let note = "Sent together, these parts can be joined by their moment; on schedule each goes \
                at its own.\n";
    let text = words::sent::text(&sent)?;
    let note = if sent.acknowledged > 1 { note.to_owned() } else { String::new() };
    Ok(Output { note, ..Output::text(text) })
}
