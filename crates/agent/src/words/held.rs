//! `candor-agent held`: what a collector holds of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use contract::calendar::day_in_words;
use contract::destination::host_and_port;
use serde_json::{Value, json};

use super::number;
use crate::agent::Agent;
use crate::held::{SentPart, Standing};
use crate::withdraw::Live;

/// Said before a collector is asked.
pub const LIVE_WARNING: &str = "Asked together, these tags are joined: the collector can see \
                                that they are one machine's, and its address.\n";

/// What the ledger says, one line for each report, newest first.
pub fn text(agent: &Agent<'_>, parts: &[SentPart]) -> String {
    let held: Vec<_> = parts.iter().filter(|part| part.may_be_held()).collect();
    if held.is_empty() {
        let since = match parts.len() {
            0 => "Nothing was ever sent from here.",
            _ => "Everything that was sent was refused, deleted, or forgotten on time.",
        };
        return format!("No collector holds anything of this machine. {since}\n");
    }
    let hosts: BTreeSet<_> = held.iter().map(|part| host_and_port(&part.to)).collect();
    let hosts: Vec<_> = hosts.into_iter().collect();
    let count = number(held.len(), "part");
    let verb = if hosts.len() == 1 { "holds" } else { "hold" };
    let mut out = format!("{} {verb} {count} of this machine.\n\n", hosts.join(" and "));
    let mut rows: BTreeMap<_, Row> = BTreeMap::new();
    for part in parts {
        let row = rows.entry((part.period, part.channel.clone())).or_default();
        match part.standing {
            Standing::Held { forget_by, .. } => {
                row.held += 1;
                row.until = row.until.max(Some(forget_by));
            }
            Standing::Unanswered => row.unanswered += 1,
            Standing::Deleted { .. } => row.deleted += 1,
            Standing::Refused | Standing::Forgotten { .. } => {}
        }
        row.untagged += usize::from(part.tag.is_none() && part.may_be_held());
    }
    for ((period, channel), row) in rows.iter().rev().filter(|(_, row)| row.is_worth_a_line()) {
        let _ = writeln!(out, "  {:12} {channel:14} {}", period.to_string(), row.in_words());
    }
    let program = agent.manifest.program.id.as_str();
    let secrets = agent.state().secrets().unwrap_or_default();
    let lost = held.iter().filter(|p| p.tag.is_some() && p.key(program, &secrets).is_none());
    let lost = lost.count();
    if lost > 0 {
        let parts = number(lost, "part");
        let _ = writeln!(out, "\n{parts} cannot be deleted any more: the secret is gone.");
    }
    out.push_str(
        "\nThis is what the ledger and its signed receipts say. To ask the collector itself:\n\
         candor-agent held --live. To have it deleted: candor-agent withdraw CHANNEL.\n",
    );
    out
}

#[derive(Default)]
struct Row {
    held: usize,
    unanswered: usize,
    deleted: usize,
    untagged: usize,
    until: Option<jiff::civil::Date>,
}

impl Row {
    fn is_worth_a_line(&self) -> bool {
        self.held + self.unanswered + self.deleted > 0
    }

    fn in_words(&self) -> String {
        let mut words = Vec::new();
        if let (1.., Some(until)) = (self.held, self.until) {
            words.push(format!("{} held until {}", self.held, day_in_words(until)));
        }
        if self.unanswered > 0 {
            words.push(format!("{} perhaps held: no receipt came back", self.unanswered));
        }
        if self.deleted > 0 {
            words.push(format!("{} deleted, with a signed tombstone", self.deleted));
        }
        if self.untagged > 0 {
            words.push(format!("{} without a tag: nobody can say whose", self.untagged));
        }
        words.join("; ")
    }
}

/// The same as JSON, part by part.
pub fn json(parts: &[SentPart]) -> Value {
    let part = |part: &SentPart| {
        let (standing, day, backups) = match part.standing {
            Standing::Held { forget_by, .. } => ("held", Some(forget_by), None),
            Standing::Unanswered => ("unanswered", None, None),
            Standing::Refused => ("refused", None, None),
            Standing::Forgotten { forget_by } => ("forgotten", Some(forget_by), None),
            Standing::Deleted { deleted_on, backups_expire } => {
                ("deleted", Some(deleted_on), Some(backups_expire))
            }
        };
        json!({
            "channel": part.channel,
            "period": part.period,
            "part": part.part,
            "tag": part.tag,
            "collector": part.to,
            "standing": standing,
            "day": day,
            "backups_expire": backups,
        })
    };
    json!({ "parts": parts.iter().map(part).collect::<Vec<_>>() })
}

/// What collectors say themselves, held against the ledger.
pub fn live(parts: &[SentPart], answers: &[Live]) -> String {
    let mut out = String::new();
    for answer in answers {
        let host = host_and_port(&answer.to);
        let count = number(answer.parts.len(), "part");
        let _ = writeln!(out, "{host} says that it holds {count} of {}.\n", answer.channel);
        for (bytes, forget_by) in &answer.parts {
            let is_ours = parts.iter().any(|part| part.is(bytes));
            let known = if is_ours { "as in the ledger" } else { "NOT in the ledger" };
            let _ = writeln!(out, "  until {forget_by}, {known}:\n  {bytes}");
        }
        out.push('\n');
    }
    if answers.is_empty() {
        out.push_str("There was nobody to ask: the ledger knows of nothing that is held.\n");
    }
    out
}

/// The same as JSON.
pub fn live_json(answers: &[Live]) -> Value {
    let part =
        |(bytes, forget_by): &(String, String)| json!({"bytes": bytes, "forget_by": forget_by});
    let answer = |live: &Live| {
        let parts: Vec<_> = live.parts.iter().map(part).collect();
        json!({"collector": live.to, "channel": live.channel, "parts": parts})
    };
    answers.iter().map(answer).collect()
}
