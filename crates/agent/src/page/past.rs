//! What was sent and what is held of it, as plain values for the templates.

use std::collections::{BTreeMap, BTreeSet};

use contract::calendar::{Period, day_in_words};
use contract::id::ChannelId;
use jiff::Timestamp;

use super::Visit;
use super::report::{Made, Report};
use super::sent::{self, Outcome, Sent, SentPart};
use super::words::{grouped, moment, period as period_words};
use crate::agent::Agent;
use crate::ledger::{self, Proof};
use crate::ports::day_of;
use crate::trouble::Trouble;
use crate::words::{self, number};

/// What was sent, newest first.
pub(super) struct SentView {
    pub(super) reports: Vec<SentRow>,
    /// How many there are beyond those shown.
    pub(super) more: usize,
}

/// One report in a list.
pub(super) struct SentRow {
    pub(super) when: String,
    pub(super) channel: String,
    pub(super) parts: usize,
    pub(super) bytes: String,
    pub(super) receipt: String,
    /// Whether every part's receipt was verified a moment ago.
    pub(super) is_verified: bool,
    pub(super) forgotten: String,
    pub(super) link: String,
}

/// What the collector holds of one channel, as far as receipts tell.
pub(super) struct HeldRow {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) sentence: String,
    /// How far its deletion is.
    pub(super) deleting: Option<String>,
    /// What becomes of published numbers when it is taken back.
    pub(super) published: String,
    /// Whether agreeing again would keep some of it.
    pub(super) may_undo: bool,
    pub(super) may_withdraw: bool,
}

/// Everything that was sent.
pub(super) struct SentPage {
    pub(super) root: String,
    pub(super) program: String,
    pub(super) sent: SentView,
    pub(super) decisions: Vec<[String; 3]>,
    pub(super) proof: Proof,
    pub(super) csrf: String,
}

/// One report that was sent.
pub(super) struct ReportPage {
    pub(super) title: String,
    pub(super) to: String,
    pub(super) report: Report,
    pub(super) receipts: Vec<ReceiptView>,
}

/// What became of one part.
pub(super) struct ReceiptView {
    pub(super) part: String,
    pub(super) digest: String,
    pub(super) sent: String,
    pub(super) outcome: String,
    pub(super) is_verified: bool,
    /// The receipt's canonical JSON, for whoever checks it with tools of their own.
    pub(super) receipt: Option<String>,
}
/// Everything that was sent, with the proof of the whole ledger.
pub(super) fn sent(agent: &Agent<'_>, visit: &Visit<'_>) -> Result<SentPage, Trouble> {
    let sent = sent::read(agent)?;
    let lines = agent.state().disk().map_or_else(|_| Ok(Vec::new()), ledger::lines)?;
    let decided = |(when, channel, what): &(Timestamp, ChannelId, String)| {
        [moment(*when, Timestamp::MIN), title(agent, channel), what.clone()]
    };
    Ok(SentPage {
        root: super::html::root(visit.request),
        program: agent.manifest.program.title.clone(),
        decisions: sent.decisions.iter().rev().map(decided).collect(),
        sent: sent_view(agent, &sent, usize::MAX),
        proof: ledger::verify(&lines, &agent.destination.root_keys),
        csrf: visit.csrf(),
    })
}

/// One report that was sent, byte for byte; `None` if there is none.
pub(super) fn report(
    agent: &Agent<'_>,
    channel: &str,
    period: &str,
) -> Result<Option<ReportPage>, Trouble> {
    let (Ok(id), Ok(period)) = (channel.parse::<ChannelId>(), period.parse::<Period>()) else {
        return Ok(None);
    };
    let sent = sent::read(agent)?;
    let Some(parts) = sent.reports.get(&(period, id.clone())) else { return Ok(None) };
    let now = agent.now();
    let receipts: Vec<_> = parts.iter().map(|part| receipt(agent, &id, period, part)).collect();
    let made = parts.iter().map(|part| Made { bytes: &part.bytes, last: moment(part.at, now) });
    let made: Vec<_> = made.collect();
    let report = match agent.manifest.channel(channel) {
        Some(channel) => Report::new(&agent.manifest, channel, &made, &[]),
        None => return Ok(None),
    };
    Ok(Some(ReportPage {
        title: format!("{}, {}", title(agent, &id), period.in_words()),
        to: parts.first().map(|part| part.to.clone()).unwrap_or_default(),
        report,
        receipts,
    }))
}

fn receipt(agent: &Agent<'_>, channel: &ChannelId, period: Period, part: &SentPart) -> ReceiptView {
    let statement = part.verified(&agent.destination.root_keys, channel, period);
    let deleted = part.deleted(&agent.destination.root_keys, channel);
    if let Some(tombstone) = deleted {
        let (day, backups) = (tombstone.deleted_on, tombstone.backups_expire);
        let stays = tombstone.published_before_stays.map(|day| {
            format!("numbers published before the next release, {}, stay; ", day_in_words(day))
        });
        let outcome = format!(
            "deleted on {} by signed statement, verified; {}backups expire on {}",
            day_in_words(day),
            stays.unwrap_or_default(),
            day_in_words(backups)
        );
        return ReceiptView {
            part: part.part.to_string(),
            digest: part.digest.to_string(),
            sent: moment(part.at, agent.now()),
            outcome,
            is_verified: true,
            receipt: Some(tombstone.to_json()),
        };
    }
    let (outcome, receipt) = match (&part.outcome, statement) {
        (Outcome::Receipted(receipt), Some(statement)) => (
            format!(
                "signed, verified: received on {}, forgotten by {}",
                day_in_words(statement.received),
                day_in_words(statement.forget_by)
            ),
            Some(receipt.to_json()),
        ),
        (Outcome::Receipted(receipt), None) => {
            ("a receipt that is not believed".to_owned(), Some(receipt.to_json()))
        }
        (Outcome::Refused(status), _) => (format!("refused by the collector ({status})"), None),
        (Outcome::Unanswered, _) => ("no answer: it may have arrived, or not".to_owned(), None),
    };
    ReceiptView {
        part: part.part.to_string(),
        digest: part.digest.to_string(),
        sent: moment(part.at, agent.now()),
        outcome,
        is_verified: statement.is_some(),
        receipt,
    }
}

pub(super) fn sent_view(agent: &Agent<'_>, sent: &Sent, rows_max: usize) -> SentView {
    let rows = sent.reports.iter().rev().take(rows_max);
    let rows = rows.map(|((period, channel), parts)| row(agent, *period, channel, parts));
    SentView { reports: rows.collect(), more: sent.reports.len().saturating_sub(rows_max) }
}

fn row(agent: &Agent<'_>, period: Period, channel: &ChannelId, parts: &[SentPart]) -> SentRow {
    let roots = &agent.destination.root_keys;
    let deleted = parts.iter().filter(|part| part.deleted(roots, channel).is_some()).count();
    let left: Vec<_> = parts.iter().filter(|p| p.deleted(roots, channel).is_none()).collect();
    let statements: Vec<_> =
        left.iter().filter_map(|part| part.verified(roots, channel, period)).collect();
    let refused = left.iter().filter(|p| matches!(p.outcome, Outcome::Refused(_))).count();
    let open = left.iter().filter(|p| matches!(p.outcome, Outcome::Unanswered)).count();
    let doubted = left.len() - statements.len() - refused - open;
    let mut words = Vec::new();
    if statements.len() == parts.len() {
        words.push("signed, verified".to_owned());
    } else if !statements.is_empty() {
        words.push(format!("{} of {} signed, verified", statements.len(), parts.len()));
    }
    if deleted == parts.len() {
        words.push("deleted by signed statement, verified".to_owned());
    } else if deleted > 0 {
        words.push(format!("{deleted} deleted by signed statement, verified"));
    }
    if open > 0 {
        let until = period.intake_until();
        let tried = if until < day_of(agent.now()) { "no longer tried" } else { "tried again" };
        words.push(format!("{open} without an answer, {tried}"));
    }
    if refused > 0 {
        words.push(format!("{refused} refused by the collector"));
    }
    if doubted > 0 {
        words.push(format!("{doubted} with a receipt that is not believed"));
    }
    let forgotten = statements.iter().map(|statement| statement.forget_by).max();
    SentRow {
        when: period_words(period, agent.now()),
        channel: title(agent, channel),
        parts: parts.len(),
        bytes: grouped(parts.iter().map(|part| part.bytes.len()).sum()),
        is_verified: statements.len() + deleted == parts.len(),
        receipt: words.join("; "),
        forgotten: forgotten.map(day_in_words).unwrap_or_default(),
        link: format!("sent?channel={channel}&period={period}"),
    }
}

fn title(agent: &Agent<'_>, channel: &ChannelId) -> String {
    let found = agent.manifest.channel(channel.as_str());
    found.map_or_else(|| channel.to_string(), |channel| channel.title.to_string())
}

/// What the collector holds of each channel of which anything was ever sent.
pub(super) fn held(agent: &Agent<'_>, sent: &Sent) -> Result<Vec<HeldRow>, Trouble> {
    let mut pruned: BTreeMap<ChannelId, usize> = BTreeMap::new();
    for part in agent.held()?.iter().filter(|part| part.bytes.is_none() && part.may_be_held()) {
        *pruned.entry(part.channel.clone()).or_default() += 1;
    }
    let channels: BTreeSet<_> =
        sent.reports.keys().map(|(_, channel)| channel).chain(pruned.keys()).collect();
    let row = |channel: &ChannelId| {
        held_row(agent, sent, channel, pruned.get(channel).copied().unwrap_or_default())
    };
    channels.into_iter().map(row).collect()
}

/// `pruned` are parts whose lines the ledger no longer has, and that may be held all the same.
fn held_row(
    agent: &Agent<'_>,
    sent: &Sent,
    channel: &ChannelId,
    pruned: usize,
) -> Result<HeldRow, Trouble> {
    let roots = &agent.destination.root_keys;
    let today = day_of(agent.now());
    let (mut parts, mut unanswered, mut last) = (0, 0, None);
    for ((period, _), sent) in sent.reports.iter().filter(|((_, of), _)| of == channel) {
        let left = sent.iter().filter(|part| part.deleted(roots, channel).is_none());
        for part in left {
            let statement = part.verified(roots, channel, *period);
            if let Some(statement) = statement.filter(|held| held.forget_by >= today) {
                parts += 1;
                last = last.max(Some(statement.forget_by));
            }
            unanswered += usize::from(matches!(part.outcome, Outcome::Unanswered));
        }
    }
    let mut sentence = match last {
        None => "nothing, by its receipts".to_owned(),
        Some(last) => format!(
            "{}, by its own signed receipts; the last of them is forgotten on {}",
            number(parts, "part"),
            day_in_words(last)
        ),
    };
    if unanswered > 0 {
        let perhaps = "that had no answer: they may have arrived, or not";
        sentence = format!("{sentence}; and perhaps {unanswered} {perhaps}");
    }
    if pruned > 0 {
        let parts = number(pruned, "older part");
        sentence = format!("{sentence}; and {parts} whose lines the ledger no longer has");
    }
    let progress = agent.progress(channel)?;
    let is_known = agent.manifest.channel(channel.as_str()).is_some();
    Ok(HeldRow {
        id: channel.to_string(),
        title: title(agent, channel),
        sentence,
        deleting: words::withdraw::in_a_line(&title(agent, channel), &progress),
        published: words::withdraw::published(agent, channel.as_str()),
        may_undo: progress.pending > progress.asked,
        may_withdraw: is_known && progress.pending == 0 && parts + unanswered + pruned > 0,
    })
}
