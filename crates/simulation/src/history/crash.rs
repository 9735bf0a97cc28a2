//! Operations while the disk fails: what was answered holds; what was not is whole or not there.

use agent::outbox;
use agent::ports::Clock as _;

use super::{History, Operation};
use crate::disk::Fault;

/// What the record says about a channel.
#[derive(Debug, PartialEq, Eq)]
enum Recorded {
    Nothing,
    No,
    Yes(String),
    Noticed,
}

impl Recorded {
    /// What a person said.
    fn of(said: Option<&str>) -> Self {
        said.map_or(Self::No, |tier| Self::Yes(tier.to_owned()))
    }
}

impl History {
    /// Does an operation that may fail, in a process that ends with it; returns what was frozen
    /// before and after it.
    pub(super) fn try_it(&mut self, operation: &Operation) -> Result<Vec<Vec<u8>>, String> {
        let (operation, fault) = match operation {
            Operation::Failing(after, fault, operation) => (&**operation, Some((*after, *fault))),
            other => (other, None),
        };
        let mut shown = self.waiting()?;
        if let Some((after, fault)) = fault {
            self.world.disk.arm(self.world.disk.steps() + after, fault);
        }
        let is_done = self.attempt(operation, &mut shown)?;
        let is_off = self.world.disk.is_off();
        let lost_power = is_off && matches!(fault, Some((_, Fault::PowerLost { .. })));
        if fault.is_some() {
            let disk = &self.world.disk;
            self.world.disk = if lost_power { disk.restart() } else { disk.kill() };
        }
        shown.extend(self.waiting()?);
        self.settle(operation, is_done)?;
        if lost_power {
            self.check_decided()?;
        }
        Ok(shown)
    }

    /// Whether it was done and answered. Only the disk can be why it was not.
    fn attempt(&mut self, operation: &Operation, shown: &mut Vec<Vec<u8>>) -> Result<bool, String> {
        Ok(match *operation {
            Operation::Agree(..)
            | Operation::Decline(_)
            | Operation::Withdraw(..)
            | Operation::Airgap(_) => self.act(operation).is_ok(),
            Operation::Preview(channel) => self.world.agent().preview(channel, None, false).is_ok(),
            Operation::Send(channel) => {
                let agent = self.world.agent();
                if let Ok(preview) = agent.preview(channel, None, false) {
                    shown.extend(preview.parts);
                }
                if let Ok(frozen) = outbox::all(&self.world.disk) {
                    let parts = frozen.into_iter().flat_map(|frozen| frozen.parts);
                    shown.extend(parts.map(|part| part.bytes.into_bytes()));
                }
                agent.send(channel).is_ok()
            }
            Operation::Tick => self.world.agent().tick().is_ok(),
            // These look for themselves what came of it.
            _ => {
                shown.extend(self.do_it(operation)?);
                true
            }
        })
    }

    /// Looks up what became of a decision.
    fn settle(&mut self, operation: &Operation, is_done: bool) -> Result<(), String> {
        let (channel, wanted) = match *operation {
            Operation::Agree(channel, tier) => (channel, Some(tier.unwrap_or("on"))),
            Operation::Decline(channel) | Operation::Withdraw(channel, _) => (channel, None),
            Operation::Airgap(on) => {
                let is_inside = self.record()?.airgap();
                if is_inside == on {
                    self.note(operation);
                }
                let is_half = is_inside != on && (is_done || is_inside != self.inside);
                return if is_half { Err("the air gap is half entered".into()) } else { Ok(()) };
            }
            _ => return Ok(()),
        };
        let (found, is_new) = self.recorded(channel)?;
        if is_new && found == Recorded::of(wanted) {
            self.note(operation);
            if is_done || matches!(operation, Operation::Agree(..)) {
                self.owe(operation);
            }
            if !is_done && wanted.is_none() {
                self.unfinished.insert(channel);
            }
            return Ok(());
        }
        let before = self.known(channel);
        if is_done {
            return Err(format!("a decision was answered and is not in the record: {found:?}"));
        }
        if found != before {
            return Err(format!("a decision is half there: {found:?} after {before:?}"));
        }
        Ok(())
    }

    /// After a power failure the record says of every channel what it said before: what somebody
    /// was told, or what they saw when they looked what had come of a command that was killed.
    pub(super) fn check_decided(&self) -> Result<(), String> {
        for channel in ["usage", "devices"] {
            let (found, _) = self.recorded(channel)?;
            let known = self.known(channel);
            if found != known {
                return Err(format!("power failed, and {channel} is {found:?} after {known:?}"));
            }
        }
        let is_inside = self.record()?.airgap();
        if is_inside == self.inside { Ok(()) } else { Err("the air gap came undone".into()) }
    }

    /// What the record said of a channel when it was looked at last.
    fn known(&self, channel: &str) -> Recorded {
        let seen = if self.noticed.is_some() && channel == "usage" {
            Recorded::Noticed
        } else {
            Recorded::Nothing
        };
        self.said.get(channel).map_or(seen, |tier| Recorded::of(*tier))
    }

    fn record(&self) -> Result<contract::decision::Record, String> {
        Ok(self.world.agent().read().map_err(|e| e.to_string())?.record)
    }

    /// What the record says about a channel, and whether it was said at this moment.
    fn recorded(&self, channel: &str) -> Result<(Recorded, bool), String> {
        use contract::decision::State;
        let record = self.record()?;
        let channel = channel.parse().map_err(|_| "no name of a channel".to_owned())?;
        let Some(decision) = record.decision(&channel) else {
            return Ok((Recorded::Nothing, false));
        };
        let found = match &decision.state {
            State::Yes { tier } => Recorded::Yes(tier.to_string()),
            State::No => Recorded::No,
            State::Noticed { .. } => Recorded::Noticed,
        };
        Ok((found, decision.when == self.world.clock.now()))
    }
}
