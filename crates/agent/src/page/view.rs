//! What the pages show, as plain values for the templates.

use contract::calendar::{Period, day_in_words};
use contract::decision::State;
use contract::environment::{CANDOR_TELEMETRY, DO_NOT_TRACK};
use contract::gate::Verdict;
use contract::id::ChannelId;
use jiff::Timestamp;

use super::channel::{self, ChannelView};
use super::limits::REPORTS_SHOWN_MAX;
use super::report::{Made, Report};
use super::sent::{self, Outcome, Sent, SentPart};
use super::words::{grouped, listed, moment, period as period_words};
use super::{Page, Visit};
use crate::agent::Agent;
use crate::ledger::{self, Proof};
use crate::ports::day_of;
use crate::trouble::Trouble;
use crate::words::{self, day, number};

/// What the address asks to be shown.
pub(super) struct Wanted {
    /// The channel that was decided a moment ago.
    pub(super) changed: Option<String>,
    /// The channel whose draft somebody wants to see.
    pub(super) draft: Option<String>,
}

/// The page.
pub(super) struct Main {
    pub(super) root: String,
    pub(super) program: String,
    pub(super) sentence: String,
    pub(super) lede: String,
    pub(super) notes: Vec<String>,
    pub(super) channels: Vec<ChannelView>,
    pub(super) sent: SentView,
    pub(super) held: HeldView,
    pub(super) never: Vec<String>,
    pub(super) sees: Vec<[String; 3]>,
    pub(super) host: String,
    pub(super) refusals: Vec<String>,
    pub(super) controller: Vec<(&'static str, String)>,
    pub(super) manifest: String,
    pub(super) csrf: String,
}

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

/// What the collector holds, as far as receipts tell.
pub(super) struct HeldView {
    pub(super) sentence: String,
    pub(super) is_empty: bool,
    /// Parts that may or may not have arrived.
    pub(super) unanswered: usize,
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

/// The page's content at this moment.
pub(super) fn main(page: &Page, agent: &Agent<'_>, visit: &Visit<'_>) -> Result<Main, Trouble> {
    let request = visit.request;
    let wanted = Wanted { changed: request.queried("changed"), draft: request.queried("draft") };
    let sent = sent::read(agent)?;
    let status = words::status::json(agent)?;
    let text = |key: &str| status.get(key).and_then(|text| text.as_str()).map(str::to_owned);
    let reading = agent.read()?;
    let verdicts = agent.channels().map(|channel| agent.verdict(&reading, channel.as_str()));
    let verdicts = verdicts.collect::<Result<Vec<_>, _>>()?;
    let channels = verdicts.iter().map(|v| channel::view(page, agent, v, &sent, &wanted));
    let channels = channels.collect::<Result<Vec<_>, _>>()?;
    let program = &agent.manifest.program;
    Ok(Main {
        root: super::html::root(request),
        program: program.title.clone(),
        sentence: text("sentence").unwrap_or_default(),
        lede: lede(&verdicts),
        notes: notes(agent, &verdicts, text("note"))?,
        channels,
        held: held(agent, &sent),
        sent: sent_view(agent, &sent, REPORTS_SHOWN_MAX),
        never: agent.manifest.never_collected.iter().map(ToString::to_string).collect(),
        sees: who_sees(agent),
        host: agent.destination.host_and_port(),
        refusals: refusals(agent),
        controller: controller(agent),
        manifest: agent.manifest.hash().to_string(),
        csrf: csrf(visit),
    })
}

fn csrf(visit: &Visit<'_>) -> String {
    visit.pass.as_ref().map(|pass| pass.csrf.clone()).unwrap_or_default()
}

/// Who agreed to what, in a sentence or two.
fn lede(verdicts: &[Verdict<'_>]) -> String {
    let on = |verdict: &&Verdict<'_>| verdict.consent().is_some();
    let agreed = verdicts.iter().filter(on).filter_map(|verdict| {
        let decision = verdict.decision()?;
        let channel = verdict.channel();
        let State::Yes { tier } = &decision.state else { return None };
        let tier = channel.tiers.iter().find(|known| known.id == *tier);
        let tier = tier.filter(|_| channel.tiers.len() > 1);
        let tier = tier.map(|tier| format!(" at “{}”", tier.title)).unwrap_or_default();
        Some(format!("“{}”{tier} on {}", channel.title, day(decision.when)))
    });
    let agreed: Vec<_> = agreed.collect();
    let off = verdicts.iter().filter(|verdict| verdict.consent().is_none()).count();
    let rest = match (agreed.len(), off) {
        (_, 0) => "",
        (0, 1) => "There is one thing to decide or to leave as it is. ",
        (0, _) => "Each of the following is decided on its own. ",
        _ => "Everything else is off. ",
    };
    let agreed = match agreed.as_slice() {
        [] => String::new(),
        agreed => format!("Somebody agreed to {}. ", listed(agreed)),
    };
    format!("{agreed}{rest}A switch on this page works at once: before the page comes back.")
}

/// What stands in the way of what was agreed.
fn notes(
    agent: &Agent<'_>,
    verdicts: &[Verdict<'_>],
    note: Option<String>,
) -> Result<Vec<String>, Trouble> {
    let mut notes: Vec<String> = note.into_iter().collect();
    let on = verdicts.iter().any(|verdict| verdict.consent().is_some());
    if let Some(begins) = super::report::begins(agent)?.filter(|_| on) {
        notes.push(format!(
            "Nothing is sent on schedule before {}: a day to think again, and short-lived machines \
             are not counted.",
            moment(begins, agent.now())
        ));
    }
    Ok(notes)
}

fn sent_view(agent: &Agent<'_>, sent: &Sent, rows_max: usize) -> SentView {
    let rows = sent.reports.iter().rev().take(rows_max);
    let rows = rows.map(|((period, channel), parts)| row(agent, *period, channel, parts));
    SentView { reports: rows.collect(), more: sent.reports.len().saturating_sub(rows_max) }
}

fn row(agent: &Agent<'_>, period: Period, channel: &ChannelId, parts: &[SentPart]) -> SentRow {
    let roots = &agent.destination.root_keys;
    let statements: Vec<_> =
        parts.iter().filter_map(|part| part.verified(roots, channel, period)).collect();
    let refused = parts.iter().filter(|p| matches!(p.outcome, Outcome::Refused(_))).count();
    let open = parts.iter().filter(|p| matches!(p.outcome, Outcome::Unanswered)).count();
    let doubted = parts.len() - statements.len() - refused - open;
    let mut words = Vec::new();
    if statements.len() == parts.len() {
        words.push("signed, verified".to_owned());
    } else if !statements.is_empty() {
        words.push(format!("{} of {} signed, verified", statements.len(), parts.len()));
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
        is_verified: statements.len() == parts.len(),
        receipt: words.join("; "),
        forgotten: forgotten.map(day_in_words).unwrap_or_default(),
        link: format!("sent?channel={channel}&period={period}"),
    }
}

fn title(agent: &Agent<'_>, channel: &ChannelId) -> String {
    let found = agent.manifest.channel(channel.as_str());
    found.map_or_else(|| channel.to_string(), |channel| channel.title.to_string())
}

fn held(agent: &Agent<'_>, sent: &Sent) -> HeldView {
    let roots = &agent.destination.root_keys;
    let today = day_of(agent.now());
    let (mut reports, mut parts, mut last, mut unanswered) = (0, 0, None, 0);
    for ((period, channel), sent) in &sent.reports {
        let statements = sent.iter().filter_map(|part| part.verified(roots, channel, *period));
        let held: Vec<_> = statements.filter(|held| held.forget_by >= today).collect();
        reports += usize::from(!held.is_empty());
        parts += held.len();
        last = last.max(held.iter().map(|held| held.forget_by).max());
        let open = |part: &&SentPart| matches!(part.outcome, Outcome::Unanswered);
        unanswered += sent.iter().filter(open).count();
    }
    let sentence = match last {
        None => "Nothing, as far as its receipts tell.".to_owned(),
        Some(last) => format!(
            "{} of {}, by its own signed receipts. The last of them is forgotten on {}.",
            number(parts, "part"),
            number(reports, "report"),
            day_in_words(last)
        ),
    };
    HeldView { sentence, is_empty: parts == 0, unanswered }
}

/// Who can see what, while parts travel as they do now.
fn who_sees(agent: &Agent<'_>) -> Vec<[String; 3]> {
    let controller = &agent.manifest.controller.name;
    let host = agent.destination.host_and_port();
    let relays = &agent.destination.relays;
    let mut rows = vec![[
        "Your network and provider".to_owned(),
        format!("That this machine connects to {}",
            relays.first().map_or(host.clone(), |relay| contract::destination::host_and_port(&relay.url))),
        "Nothing of them: it is encrypted".to_owned(),
    ]];
    rows.extend(relays.iter().map(|relay| {
        let who = format!("{}, {}, who runs the relay", relay.operator, relay.country);
        [who, "This machine's address".to_owned(), "Nothing of them: they are sealed".to_owned()]
    }));
    let address = if relays.is_empty() {
        "This machine's address, while a part arrives. Its software drops it there; from here that \
         cannot be checked"
    } else {
        "Not this machine's address"
    };
    rows.push([
        format!("{controller}, who runs the collector"),
        address.to_owned(),
        "All of them, part by part; also on its disk".to_owned(),
    ]);
    rows.push([
        "Everybody else".to_owned(),
        "Nothing".to_owned(),
        "Published statistics alone".to_owned(),
    ]);
    rows
}

/// Ways to say no that need no page.
fn refusals(agent: &Agent<'_>) -> Vec<String> {
    let decline = |channel: &ChannelId| format!("candor-agent decline {channel}");
    let commands = agent.channels().map(decline);
    commands.chain([format!("{CANDOR_TELEMETRY}=0   or   {DO_NOT_TRACK}=1")]).collect()
}

fn controller(agent: &Agent<'_>) -> Vec<(&'static str, String)> {
    let controller = &agent.manifest.controller;
    let mut rows = vec![
        ("Controller", format!("{}, {}", controller.name, controller.address)),
        ("Contact", controller.contact.clone()),
    ];
    rows.extend(controller.data_protection_contact.clone().map(|who| ("Data protection", who)));
    rows.push(("Legal basis claimed", controller.legal_basis.clone()));
    rows.push(("Processed in", controller.countries.join(", ")));
    rows
}

/// Everything that was sent, with the proof of the whole ledger.
pub(super) fn sent(agent: &Agent<'_>, visit: &Visit<'_>) -> Result<SentPage, Trouble> {
    let sent = sent::read(agent)?;
    let lines = match agent.state().disk() {
        Ok(disk) => ledger::lines(disk)?,
        Err(_) => Vec::new(),
    };
    let decided = |(when, channel, what): &(Timestamp, ChannelId, String)| {
        [moment(*when, Timestamp::MIN), title(agent, channel), what.clone()]
    };
    Ok(SentPage {
        root: super::html::root(visit.request),
        program: agent.manifest.program.title.clone(),
        decisions: sent.decisions.iter().rev().map(decided).collect(),
        sent: sent_view(agent, &sent, usize::MAX),
        proof: ledger::verify(&lines, &agent.destination.root_keys),
        csrf: csrf(visit),
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
    let made = parts.iter().map(|part| Made { bytes: &part.bytes, when: moment(part.at, now) });
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
        (Outcome::Unanswered, _) => {
            ("no answer: it may have arrived, or not".to_owned(), None)
        }
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
