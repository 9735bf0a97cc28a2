//! One part on its way: asks the gate, writes the ledger first, looks once more, believes only a
//! verified receipt.

use std::cell::Cell;

use contract::calendar::{add_days, days_between};
use contract::destination::Way;
use contract::gate::Consent;
use contract::part::Part;
use disk::LockGuard;
use envelope::{Digest, Receipt};

use super::{Obstacle, Sent};
use crate::agent::Agent;
use crate::blind::Parting;
use crate::ledger::Entry;
use crate::limits::{FLEET_AGAIN_SECONDS, RETRY_SECONDS_MAX};
use crate::outbox::{self, Frozen, FrozenPart, PartState};
use crate::ports::{Reply, day_of};
use crate::schedule::later;
use crate::trouble::Trouble;

enum Outcome {
    Acknowledged(Box<Receipt>),
    Refused(u16),
    /// This part alone is tried again later.
    Later(u16),
    /// The collector cannot be used for now.
    Again(Obstacle, Option<u64>),
}

impl Agent<'_> {
    pub(super) fn send_part(
        &self,
        frozen: &Frozen,
        waiting: &FrozenPart,
        sent: &mut Sent,
    ) -> Result<(), Trouble> {
        // Everything is read again: somebody may have changed their mind a moment ago. So may the
        // fleet, whose host is asked unless it answered within the last minute.
        let _ = self.fetch_policy(FLEET_AGAIN_SECONDS);
        let reading = self.read()?;
        let verdict = self.verdict(&reading, frozen.channel.as_str())?;
        let Some(consent) = verdict.consent() else { return Ok(()) };
        // What the consent or the manifest no longer covers stays where it is, until it is too old.
        let Some(part) = self.thaw(consent, frozen.period, waiting) else { return Ok(()) };
        if !self.begin_try(frozen, &part, consent)? {
            return Ok(());
        }
        let stopped = Cell::new(false);
        let mut look = || {
            let look = self.look(frozen, &part);
            stopped.set(look.is_none());
            look
        };
        let reply = match consent.destination().way() {
            Way::Direct(to) => self.world.transport.send(to, consent, &part, &mut look),
            Way::Blind(to) => {
                let parting = Parting { consent, frozen, id: &waiting.part, part: &part };
                self.send_blind(to, parting, &mut look, &stopped)?
            }
        };
        if stopped.get() {
            return Ok(());
        }
        let outcome = match reply {
            Ok(reply) => self.judge(&reply, consent, &part),
            Err(error) => Outcome::Again(Obstacle::NoReply(error), None),
        };
        self.settle(frozen, &part, outcome, sent)
    }

    /// Counts the try and writes the ledger, both before anything leaves. `false` if the part is
    /// not there any more.
    pub(crate) fn begin_try(
        &self,
        frozen: &Frozen,
        part: &Part,
        consent: &Consent<'_>,
    ) -> Result<bool, Trouble> {
        let state = self.state();
        let _held = state.lock()?;
        let Some(mut current) = self.again(&frozen.channel, frozen.period)? else {
            return Ok(false);
        };
        let (channel, period) = (current.channel.clone(), current.period);
        let Some(place) = place_of(&mut current, part.digest()) else { return Ok(false) };
        let destination = consent.destination();
        let is_noted =
            place.to.as_ref() == Some(&destination.collector) && place.relays == destination.relays;
        place.tries += 1;
        if !is_noted {
            self.note(vec![Entry::Sending {
                channel,
                period,
                part: place.part.clone(),
                bytes: place.bytes.clone(),
                to: destination.collector.clone(),
                roots: destination.root_keys.clone(),
                relays: destination.relays.clone(),
            }])?;
            place.to = Some(destination.collector.clone());
            place.relays.clone_from(&destination.relays);
        }
        outbox::save(state.disk()?, &current)?;
        Ok(true)
    }

    /// The last look: the lock, if consent and part are still there.
    fn look(&self, frozen: &Frozen, part: &Part) -> Option<LockGuard> {
        let held = self.state().lock().ok()?;
        let reading = self.read().ok()?;
        let verdict = self.verdict(&reading, frozen.channel.as_str()).ok()?;
        let mut current = self.again(&frozen.channel, frozen.period).ok()??;
        let place = place_of(&mut current, part.digest())?;
        verdict.consent()?.covers(&place.part).then_some(held)
    }

    fn judge(&self, reply: &Reply, consent: &Consent<'_>, part: &Part) -> Outcome {
        match reply.status {
            200 | 201 if reply.body.first() != Some(&b'{') => {
                Outcome::Again(Obstacle::Stranger(reply.status), None)
            }
            200 | 201 => match self.believe(&reply.body, consent, part) {
                Ok(receipt) => Outcome::Acknowledged(Box::new(receipt)),
                Err(why) => Outcome::Again(Obstacle::Receipt(why), None),
            },
            // The vendor may load the manifest tomorrow, and clocks are set right.
            422 if matches!(
                problem(&reply.body).as_deref(),
                Some("unknown-definition" | "ahead")
            ) =>
            {
                Outcome::Later(422)
            }
            // Not this part, today or ever: the same bytes would be refused again.
            400 | 409 | 410 | 413 | 415 | 422 => Outcome::Refused(reply.status),
            429 | 500.. => Outcome::Again(Obstacle::Busy(reply.status), reply.retry_after_seconds),
            status => Outcome::Again(Obstacle::Stranger(status), reply.retry_after_seconds),
        }
    }

    /// Believes a receipt only if a pinned root stands behind it and it says what was agreed.
    fn believe(&self, body: &[u8], consent: &Consent<'_>, part: &Part) -> Result<Receipt, String> {
        let receipt: Receipt =
            serde_json::from_slice(body).map_err(|_| "the answer is no receipt".to_owned())?;
        let roots = &consent.destination().root_keys;
        let statement =
            receipt.verify(roots, &part.digest()).map_err(
                |error| match std::error::Error::source(&error) {
                    Some(source) => format!("{error}: {source}"),
                    None => error.to_string(),
                },
            )?;
        let agreed = part.period().forget_by(consent.channel().retention_days);
        if statement.forget_by > agreed {
            return Err(format!("it would be kept until {}, not {agreed}", statement.forget_by));
        }
        let today = day_of(self.now());
        if days_between(add_days(today, -2), statement.received) < 0
            || days_between(statement.received, add_days(today, 2)) < 0
        {
            return Err("it names another day than today".to_owned());
        }
        Ok(receipt)
    }

    /// Writes what became of a part, also where somebody declined meanwhile and the report is gone.
    fn settle(
        &self,
        frozen: &Frozen,
        part: &Part,
        outcome: Outcome,
        sent: &mut Sent,
    ) -> Result<(), Trouble> {
        let state = self.state();
        let digest = part.digest();
        let _held = state.lock()?;
        let mut due = None;
        let new = match outcome {
            Outcome::Acknowledged(receipt) => {
                sent.acknowledged += 1;
                self.note(vec![Entry::Receipt { digest, receipt }])?;
                PartState::Sent
            }
            Outcome::Refused(status) => {
                sent.refused += 1;
                sent.obstacle.get_or_insert(Obstacle::Refused(status));
                self.note(vec![Entry::Refused { digest, status }])?;
                PartState::Refused
            }
            Outcome::Later(status) => {
                sent.waiting += 1;
                sent.obstacle.get_or_insert(Obstacle::Refused(status));
                due = Some(later(self.now(), self.drawn(RETRY_SECONDS_MAX)));
                PartState::Waiting
            }
            Outcome::Again(obstacle, retry_after_seconds) => {
                sent.waiting += 1;
                sent.obstacle = Some(obstacle);
                sent.stuck = Some(frozen.channel.clone());
                return self.pause(retry_after_seconds);
            }
        };
        let mut since = state.begin()?;
        if since.pause.take().is_some() {
            state.write_since(&since)?;
        }
        let Some(mut current) = self.again(&frozen.channel, frozen.period)? else {
            return Ok(());
        };
        if let Some(place) = place_of(&mut current, digest) {
            place.state = new;
            place.due = due.unwrap_or(place.due);
            outbox::save(state.disk()?, &current)?;
        }
        Ok(())
    }
}

/// Where a part with these bytes stands in a report.
fn place_of(frozen: &mut Frozen, digest: Digest) -> Option<&mut FrozenPart> {
    frozen.parts.iter_mut().find(|part| Digest::of(part.bytes.as_bytes()) == digest)
}

/// The last word of a problem's type, as in `urn:candor:problem:unknown-definition`.
fn problem(body: &[u8]) -> Option<String> {
    let problem: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(problem.get("type")?.as_str()?.rsplit(':').next()?.to_owned())
}
