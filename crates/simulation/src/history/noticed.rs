//! Notices of an opt-out channel, and what a service's environment says: what a model notes of
//! them.

use agent::ports::Clock as _;
use contract::decision::State;
use contract::environment::Environment;
use jiff::{SignedDuration, Timestamp};

use super::History;
use crate::larkspur::FIRST;

/// Hours that a notice of the opt-out channel leaves to say no.
const GRACE_HOURS: i64 = 72;

/// Larkspur, whose usage is opt-out.
pub(super) fn opt_out() -> String {
    let period = "period = \"day\"";
    let notice = format!("{period}\ndefault = \"notice\"\nnotice_grace_hours = {GRACE_HOURS}");
    FIRST.replacen(period, &notice, 1)
}

/// The environment of a service in which one variable is set.
pub(super) fn of_service(name: &str, value: &str) -> Environment {
    Environment::read("the service", |asked| (asked == name).then(|| value.to_owned()))
}

impl History {
    /// Somebody answered: no notice counts any more.
    pub(super) fn answered(&mut self, channel: &str) {
        if channel == "usage" {
            self.noticed = None;
        }
    }

    /// Notes a notice that is in the record since this moment. When it counts, the record is not
    /// asked.
    pub(super) fn note_if_seen(&mut self) -> Result<(), String> {
        let record = self.world.agent().read().map_err(|e| e.to_string())?.record;
        let channel = "usage".parse().map_err(|_| "no name of a channel".to_owned())?;
        let Some(decision) = record.decision(&channel) else { return Ok(()) };
        let now = self.world.clock.now();
        if !matches!(decision.state, State::Noticed { .. }) || decision.when != now {
            return Ok(());
        }
        if self.said.contains_key("usage") {
            return Err("a notice took the place of an answer".into());
        }
        let counts = now.checked_add(SignedDuration::from_hours(GRACE_HOURS));
        self.noticed = Some((counts.unwrap_or(Timestamp::MAX), self.inside));
        self.said_under.insert("usage", self.installed);
        Ok(())
    }

    /// The tier up to which a notice lets a channel send by now.
    pub(super) fn by_notice(&self, channel: &str) -> Option<&'static str> {
        let (counts, _) = self.noticed?;
        (channel == "usage" && self.world.clock.now() >= counts).then_some("basic")
    }

    /// Notes which environment of a service is recorded: what was just written, or what was before.
    pub(super) fn note_service(&mut self, name: &str, value: &str) -> Result<(), String> {
        let agent = self.world.agent();
        let recorded = agent.state().services().map_err(|e| e.to_string())?;
        if recorded == [of_service(name, value)] {
            self.service = [(name.to_owned(), value.to_owned())].into();
        }
        Ok(())
    }
}
