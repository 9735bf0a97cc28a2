//! What the pages show, as plain values for the templates.

use contract::decision::State;
use contract::destination::host_and_port;
use contract::environment::{CANDOR_TELEMETRY, DO_NOT_TRACK};
use contract::gate::Verdict;
use contract::id::ChannelId;

use super::channel::{self, ChannelView};
use super::limits::REPORTS_SHOWN_MAX;
use super::past::{self, HeldRow, SentView};
use super::sent;
use super::words::{listed, moment};
use super::{Page, Visit};
use crate::agent::Agent;
use crate::trouble::Trouble;
use crate::words::{self, day};
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
    pub(super) held: Vec<HeldRow>,
    /// What is said before tags are shown together.
    pub(super) now_warning: &'static str,
    pub(super) live_warning: &'static str,
    pub(super) never: Vec<String>,
    pub(super) sees: Vec<[String; 3]>,
    pub(super) host: String,
    pub(super) refusals: Vec<String>,
    pub(super) controller: Vec<(&'static str, String)>,
    pub(super) manifest: String,
    pub(super) csrf: String,
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
        held: past::held(agent, &sent)?,
        now_warning: words::withdraw::NOW_WARNING,
        live_warning: words::held::LIVE_WARNING,
        sent: past::sent_view(agent, &sent, REPORTS_SHOWN_MAX),
        never: agent.manifest.never_collected.iter().map(ToString::to_string).collect(),
        sees: who_sees(agent),
        host: agent.destination.host_and_port(),
        refusals: refusals(agent),
        controller: controller(agent),
        manifest: agent.manifest.hash().to_string(),
        csrf: visit.csrf(),
    })
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

/// Who can see what, while parts travel as they do now.
fn who_sees(agent: &Agent<'_>) -> Vec<[String; 3]> {
    let controller = &agent.manifest.controller.name;
    let relays = &agent.destination.relays;
    let first = relays.first().map_or(&agent.destination.collector, |relay| &relay.url);
    let host = host_and_port(first);
    let (connects, answers) = if agent.destination.is_on_this_machine() {
        (format!("Nothing: {host} is on this machine"), "Nothing of them: they stay here")
    } else {
        (format!("That this machine connects to {host}"), "Nothing of them: it is encrypted")
    };
    let network = "Your network and provider".to_owned();
    let mut rows = vec![[network, connects, answers.to_owned()]];
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
    if contract::visibility::is_one_party(&agent.manifest, &agent.destination) {
        rows.push([
            format!("{controller}, who runs relay and collector"),
            "One party could match address and content".to_owned(),
            "One party could match address and content".to_owned(),
        ]);
    }
    if words::policy::believed(agent).is_some() {
        let read =
            if relays.is_empty() { "Can read them there" } else { "Nothing: they are sealed" };
        rows.push([
            "Who holds the key of the certificate authority that is believed here in place of the \
             public ones"
                .to_owned(),
            "Can stand in the middle of the connection".to_owned(),
            read.to_owned(),
        ]);
    }
    rows.push([
        "Your firewall".to_owned(),
        format!("Connections: {}", contract::visibility::firewall(&agent.destination)),
        answers.to_owned(),
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
    commands.chain([format!("{CANDOR_TELEMETRY}=0"), format!("{DO_NOT_TRACK}=1")]).collect()
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
