//! One channel on the page: how things stand, the switch, what leaves, why.

use contract::calendar::{Identity, PeriodKind};
use contract::decision::State;
use contract::gate::{Reason, Verdict};
use contract::manifest::{Channel, DefaultRule, Publication};

use super::report::{self, Made, Report};
use super::sent::Sent;
use super::words::{moment, period as period_words};
use super::{Page, difference, view::Wanted};
use crate::agent::Agent;
use crate::notice;
use crate::outbox::{self, PartState};
use crate::trouble::Trouble;
use crate::words::{day, number, why};

/// A channel as it is shown.
pub(super) struct ChannelView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) about: String,
    /// How things stand, and what may be worth a second look.
    pub(super) state: String,
    pub(super) is_on: bool,
    /// Whether it was decided a moment ago.
    pub(super) changed: bool,
    pub(super) choices: Vec<ChoiceView>,
    /// How often, where to, how long: term and words.
    pub(super) facts: Vec<(&'static str, String)>,
    /// What changed since somebody agreed, and waits for an answer.
    pub(super) waiting: Vec<String>,
    /// What an opt-out channel tells, where somebody should still read it.
    pub(super) notice: Option<String>,
    /// What agreeing again is called on the wire.
    pub(super) again: Option<String>,
    pub(super) why: Vec<(String, String)>,
    pub(super) shown: Shown,
    /// The heading of a draft's last column, where there are several tiers.
    pub(super) tier_column: String,
    /// The command that prints the same bytes.
    pub(super) compare: String,
    /// Where the same bytes are, as a file.
    pub(super) save: String,
}

/// A position of the switch.
pub(super) struct ChoiceView {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) detail: String,
    pub(super) is_chosen: bool,
}

/// What is shown of a channel's report.
pub(super) enum Shown {
    /// The frozen bytes that are sent.
    Frozen { heading: String, has_left: bool, report: Report },
    /// A draft that nothing can send.
    Draft { heading: String, made: String, report: Report },
    /// Nothing was gathered, and nothing is until somebody asks.
    Nothing,
    /// It could not be gathered or read.
    Trouble(Trouble),
}

/// A channel as it stands.
pub(super) fn view(
    page: &Page,
    agent: &Agent<'_>,
    verdict: &Verdict<'_>,
    sent: &Sent,
    wanted: &Wanted,
) -> Result<ChannelView, Trouble> {
    let channel = verdict.channel();
    let id = channel.id.to_string();
    let explained = why::json(agent, &id)?;
    let shown = match shown(page, agent, verdict, sent, wanted) {
        Ok(shown) => shown,
        Err(trouble) => Shown::Trouble(trouble),
    };
    let waiting: Vec<_> = verdict.waiting().iter().map(|change| change.what.clone()).collect();
    let agreed = match verdict.decision().map(|decision| &decision.state) {
        Some(State::Yes { tier }) => Some(format!("yes:{tier}")),
        _ => None,
    };
    Ok(ChannelView {
        title: channel.title.to_string(),
        about: channel.about.to_string(),
        state: state(verdict),
        is_on: verdict.consent().is_some(),
        changed: wanted.changed.as_deref() == Some(id.as_str()),
        choices: choices(verdict),
        facts: facts(agent, channel),
        notice: notice::to_show(verdict).then(|| notice_text(agent, channel)),
        again: agreed.filter(|_| !waiting.is_empty()),
        waiting,
        why: reasons(&explained),
        shown,
        tier_column: if channel.tiers.len() > 1 { "From" } else { "" }.to_owned(),
        compare: format!("candor-agent preview {id}"),
        save: format!("preview?channel={id}"),
        id,
    })
}

fn notice_text(agent: &Agent<'_>, channel: &Channel) -> String {
    format!(
        "This is opt-out. Once you have read this, it is sent{} from {} on ({} hours from now), \
         unless somebody says no before or after. Choosing above decides it now.",
        notice::covered(channel),
        moment(notice::effective(channel, agent.now()), agent.now()),
        channel.grace_hours()
    )
}

/// How things stand, in one or two sentences.
fn state(verdict: &Verdict<'_>) -> String {
    let channel = verdict.channel();
    let since = verdict
        .decision()
        .map(|decision| format!("{}, {}", day(decision.when), decision.how.in_words()));
    let since = since.unwrap_or_default();
    let decided = verdict.decision().map(|decision| &decision.state);
    if let Some(consent) = verdict.consent() {
        let tier = channel.tiers.iter().find(|tier| tier.id == *consent.tier());
        let at = tier.filter(|_| channel.tiers.len() > 1);
        let at = at.map(|tier| format!(" at “{}”", tier.title)).unwrap_or_default();
        return match decided {
            Some(State::Yes { .. }) => format!("On{at}. Somebody agreed on {since}."),
            Some(State::Noticed { .. }) => {
                format!("On{at}, though nobody has agreed: a notice was shown on {since}.")
            }
            _ => format!("On{at}: the fleet's policy permits it. Nobody here has decided."),
        };
    }
    let kept = match decided {
        Some(State::Yes { .. }) => format!(" The yes of {since} is kept, and waits."),
        _ => String::new(),
    };
    match verdict.reasons().first() {
        Some(Reason::Airgap) => format!("Off: this machine is in the air gap.{kept}"),
        Some(Reason::Policy) => format!("Off: the fleet's policy forbids it.{kept}"),
        Some(Reason::Environment(forbidding)) => format!(
            "Off: {} in the environment of {} forbids it.{kept}",
            forbidding.variable, forbidding.process
        ),
        Some(Reason::Declined) => {
            format!("Off. Somebody said no on {since}; nobody asks again.")
        }
        Some(Reason::Unset) if channel.default == DefaultRule::Notice => {
            "Not decided, and off. The vendor has made this opt-out; looking at this page starts \
             nothing."
                .to_owned()
        }
        Some(Reason::Unset) => {
            "Not decided. Nothing of this leaves until somebody says yes.".to_owned()
        }
        Some(Reason::Grace(until)) => format!(
            "Not yet. A notice was shown on {since}; from {} on it is sent{}, unless somebody \
             says no before.",
            crate::words::moment(*until),
            notice::covered(channel)
        ),
        Some(Reason::AskedAgain(_)) => format!(
            "Silent. Something changed since {} {since}; nothing is sent until somebody answers.",
            if notice::stands(verdict) { "the notice of" } else { "somebody agreed on" }
        ),
        _ => format!("Off.{kept}"),
    }
}

fn choices(verdict: &Verdict<'_>) -> Vec<ChoiceView> {
    let channel = verdict.channel();
    let decided = verdict.decision().map(|decision| &decision.state);
    let off = ChoiceView {
        value: "no".to_owned(),
        label: "Off".to_owned(),
        detail: "nothing leaves".to_owned(),
        is_chosen: matches!(decided, Some(State::No)),
    };
    let tiers = channel.tiers.iter().map(|tier| {
        let questions = channel.parts_in(&tier.id).map(|part| part.fields.len()).sum();
        ChoiceView {
            value: format!("yes:{}", tier.id),
            label: if channel.tiers.len() > 1 { tier.title.to_string() } else { "On".to_owned() },
            detail: number(questions, "question"),
            is_chosen: matches!(decided, Some(State::Yes { tier: chosen }) if *chosen == tier.id),
        }
    });
    std::iter::once(off).chain(tiers).collect()
}

fn facts(agent: &Agent<'_>, channel: &Channel) -> Vec<(&'static str, String)> {
    let period = period_name(channel);
    let way = match agent.destination.relays.first() {
        None if agent.destination.is_on_this_machine() => "directly, on this machine".to_owned(),
        None => "directly, over HTTPS".to_owned(),
        Some(relay) => format!("through a relay run by {}, {}", relay.operator, relay.country),
    };
    let name = match channel.identity {
        Identity::None => {
            "None. What has arrived cannot be listed or deleted one by one".to_owned()
        }
        Identity::Period => format!(
            "A random-looking tag: another in each part and each {period}, so it joins nothing"
        ),
        Identity::Days28 => {
            "A random-looking tag, another in each part, that lasts four weeks and \
                             joins what that part says over them"
                .to_owned()
        }
        Identity::Stable => {
            "A random-looking tag, another in each part, that lasts until you take \
                             everything back"
                .to_owned()
        }
    };
    let published = match channel.publication {
        _ if !channel.fields().any(|field| field.publish) => "Nothing".to_owned(),
        Publication::Noisy { .. } => format!(
            "Statistics with random noise; no value that fewer than {} machines gave",
            channel.group_min
        ),
        Publication::Exact => {
            format!("Exact numbers; no value that fewer than {} machines gave", channel.group_min)
        }
    };
    vec![
        (
            "How often",
            format!("{}, each part at its own random moment", capital(channel.period.once())),
        ),
        ("Where to", format!("{}, {way}", agent.destination.host_and_port())),
        ("Kept", format!("{} after its {period}, then removed", number(days(channel), "day"))),
        ("Under which name", name),
        ("Published", published),
    ]
}

fn days(channel: &Channel) -> usize {
    usize::try_from(channel.retention_days).unwrap_or(usize::MAX)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn period_name(channel: &Channel) -> &'static str {
    match channel.period {
        PeriodKind::Day => "day",
        PeriodKind::Week => "week",
    }
}

/// The explanation of `candor-agent why`, in its order.
fn reasons(explained: &serde_json::Value) -> Vec<(String, String)> {
    let lines = explained.get("explanation").and_then(serde_json::Value::as_array);
    let text = |line: &serde_json::Value, key: &str| Some(line.get(key)?.as_str()?.to_owned());
    let pair = |line| Some((text(line, "label")?, text(line, "text")?));
    lines.into_iter().flatten().filter_map(pair).collect()
}

fn shown(
    page: &Page,
    agent: &Agent<'_>,
    verdict: &Verdict<'_>,
    sent: &Sent,
    wanted: &Wanted,
) -> Result<Shown, Trouble> {
    let channel = verdict.channel();
    let now = agent.now();
    let period = agent.period_now(channel);
    if verdict.consent().is_some() {
        return frozen(agent, channel, sent);
    }
    let asked = wanted.draft.as_deref() == Some(channel.id.as_str());
    // After a no nothing is even read, unless somebody asks.
    let undecided = verdict.reasons().contains(&Reason::Unset) || !verdict.waiting().is_empty();
    if !(asked || undecided) {
        return Ok(Shown::Nothing);
    }
    let draft = page.draft(agent, &channel.id, period, now)?;
    let would = |bytes: &'_ String| report::tier_of(channel, bytes);
    let parts: Vec<_> =
        draft.parts.iter().map(|bytes| Made { bytes, last: would(bytes) }).collect();
    let report = Report::new(&agent.manifest, channel, &parts, &draft.left_out);
    let heading = match channel.tiers.last() {
        Some(tier) if channel.tiers.len() > 1 => format!("What would leave at “{}”", tier.title),
        _ => "What would leave".to_owned(),
    };
    Ok(Shown::Draft { heading, made: moment(draft.made, now), report })
}

fn frozen(agent: &Agent<'_>, channel: &Channel, sent: &Sent) -> Result<Shown, Trouble> {
    let now = agent.now();
    let preview = agent.preview(channel.id.as_str(), None, false)?;
    if let Some(trouble) = preview.not_frozen {
        return Ok(Shown::Trouble(trouble));
    }
    let period = agent.period_now(channel);
    let frozen = outbox::load(agent.state().disk()?, &channel.id, period)?;
    let begins = report::begins(agent)?;
    let bytes: Vec<String> =
        preview.parts.iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    let when = |bytes: &String| {
        let parts = frozen.iter().flat_map(|frozen| &frozen.parts);
        let part = parts.into_iter().find(|part| part.bytes == *bytes);
        part.map_or_else(String::new, |part| report::when(part, begins, now))
    };
    let parts: Vec<_> = bytes.iter().map(|bytes| Made { bytes, last: when(bytes) }).collect();
    let mut report = Report::new(&agent.manifest, channel, &parts, &preview.left_out);
    let before =
        sent.reports.iter().rev().find(|((earlier, of), parts)| {
            *of == channel.id && *earlier < period && !parts.is_empty()
        });
    if let Some(((earlier, _), old)) = before {
        let old: Vec<&str> = old.iter().map(|part| part.bytes.as_str()).collect();
        let new: Vec<&str> = bytes.iter().map(String::as_str).collect();
        let before = period_words(*earlier, now);
        report.difference = Some(difference::between(channel, &old, &new, &before));
    }
    let this = match channel.period {
        PeriodKind::Day => "today",
        PeriodKind::Week => "this week",
    };
    let mut frozen_parts = frozen.iter().flat_map(|frozen| &frozen.parts);
    let has_left = !parts.is_empty() && frozen_parts.all(|part| part.state == PartState::Sent);
    let heading = match begins {
        _ if has_left => format!("Exactly what left of {this}"),
        None => format!("Exactly what leaves {this}, each part at its own moment"),
        Some(begins) => {
            format!("Exactly what leaves of {this}, not before {}", moment(begins, now))
        }
    };
    Ok(Shown::Frozen { heading, has_left, report })
}
