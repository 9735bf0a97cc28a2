//! Sends frozen parts: asks the gate before each, writes the ledger first, believes only a verified
//! receipt.

use contract::calendar::{add_days, days_between};
use contract::gate::Consent;
use contract::id::ChannelId;
use contract::part::Part;
use envelope::{Digest, Receipt};
use jiff::{SignedDuration, Timestamp};

use crate::agent::Agent;
use crate::ledger::{self, Entry};
use crate::outbox::{self, Frozen, FrozenPart, PartState};
use crate::ports::{NoReply, Reply, day_of};
use crate::schedule::{Slot, later, pause_seconds};
use crate::trouble::Trouble;

/// What became of a sending.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Parts acknowledged with a verified receipt.
    pub acknowledged: usize,
    /// Parts that the collector refused for good.
    pub refused: usize,
    /// Parts that wait for another try.
    pub waiting: usize,
    /// The first reason why a part was not acknowledged.
    pub obstacle: Option<Obstacle>,
    /// When the next part is due, of those that wait.
    pub next: Option<Timestamp>,
}

/// Why a part was not acknowledged, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// No answer came.
    NoReply(NoReply),
    /// The collector asked to come again later.
    Busy(u16),
    /// The collector does not take the part.
    Refused(u16),
    /// The answer was no receipt that a pinned root key stands behind.
    Receipt(String),
}

/// The lock of whoever is sending; two would send twice.
const SENDING: &str = "sending.lock";

enum Outcome {
    Acknowledged(Box<Receipt>),
    Refused(u16),
    Again(Obstacle, Option<u64>),
}

impl Agent<'_> {
    /// Sends what is due on schedule. Does nothing in continuous integration, and nothing in the
    /// first 24 hours of a state.
    ///
    /// # Errors
    /// If the state cannot be read or written. What was acknowledged is recorded.
    pub fn tick(&self) -> Result<Sent, Trouble> {
        let state = self.state();
        let Some(since) = state.since()? else { return Ok(Sent::default()) };
        let reading = self.read()?;
        let _alone = state.lock_as(SENDING, 0)?;
        outbox::drop_closed(state.disk()?, day_of(self.now()))?;
        let mut sent = Sent::default();
        let age = self.now().duration_since(since.began);
        let old_enough = age >= SignedDuration::from_secs(crate::limits::SCHEDULE_AFTER_SECONDS);
        if old_enough && !self.in_ci {
            for channel in self.channels() {
                if let Some(consent) = self.verdict(&reading, channel.as_str())?.consent() {
                    self.freeze_when_due(consent, &mut sent)?;
                }
            }
            self.send_where(&mut sent, |frozen| frozen.due <= self.now())?;
        }
        state.ticked(since)?;
        Ok(sent)
    }

    /// Sends all parts of a channel's period now, by a person's command.
    ///
    /// # Errors
    /// If there is no consent, or the state cannot be read or written.
    pub fn send(&self, channel: &str) -> Result<Sent, Trouble> {
        let reading = self.read()?;
        let verdict = self.verdict(&reading, channel)?;
        let Some(consent) = verdict.consent() else {
            return Err(Trouble::new(
                "nothing was sent.",
                format!(
                    "`{channel}` is off, for the reasons that candor-agent why {channel} names"
                ),
                "everything as it was",
                format!("candor-agent agree {channel}, if you want it to be sent"),
            ));
        };
        let state = self.state();
        let _alone = state.lock_as(SENDING, 0)?;
        let held = state.lock()?;
        self.freeze(consent, self.period_now(consent.channel()))?;
        drop(held);
        let mut sent = Sent::default();
        self.send_channel(&consent.channel().id, &mut sent, |_| true)?;
        Ok(sent)
    }

    /// Freezes the period's report as soon as the first of its parts is due.
    fn freeze_when_due(&self, consent: &Consent<'_>, sent: &mut Sent) -> Result<(), Trouble> {
        let state = self.state();
        let channel = consent.channel();
        let period = self.period_now(channel);
        let Some(secret) = state.secret()? else { return Ok(()) };
        let moment = |part: &contract::manifest::Part| {
            let (program, channel) = (self.manifest.program.id.as_str(), channel.id.as_str());
            Slot { program, channel, part: part.id.as_str(), sample: "", period }.moment(&secret)
        };
        let first = consent.parts().map(moment).min();
        if first.is_some_and(|first| first <= self.now()) {
            let _held = state.lock()?;
            self.freeze(consent, period)?;
        } else {
            sent.next = earlier(sent.next, first);
        }
        Ok(())
    }

    fn send_where(
        &self,
        sent: &mut Sent,
        wanted: impl Fn(&FrozenPart) -> bool + Copy,
    ) -> Result<(), Trouble> {
        for channel in self.channels() {
            self.send_channel(channel, sent, wanted)?;
        }
        Ok(())
    }

    fn send_channel(
        &self,
        channel: &ChannelId,
        sent: &mut Sent,
        wanted: impl Fn(&FrozenPart) -> bool,
    ) -> Result<(), Trouble> {
        for frozen in outbox::all(self.state().disk()?)? {
            if frozen.channel != *channel {
                continue;
            }
            for (index, part) in frozen.parts.iter().enumerate() {
                if part.state != PartState::Waiting {
                    continue;
                }
                if wanted(part) {
                    self.send_part(&frozen, index, sent)?;
                } else {
                    sent.waiting += 1;
                    sent.next = earlier(sent.next, Some(part.due));
                }
            }
        }
        Ok(())
    }

    fn send_part(&self, frozen: &Frozen, index: usize, sent: &mut Sent) -> Result<(), Trouble> {
        // Everything is read again: somebody may have changed their mind a moment ago.
        let reading = self.read()?;
        let verdict = self.verdict(&reading, frozen.channel.as_str())?;
        let Some(consent) = verdict.consent() else { return Ok(()) };
        let Some(waiting) = frozen.parts.get(index) else { return Ok(()) };
        let Some(part) = self.thaw(consent, frozen.period, waiting) else { return Ok(()) };
        if waiting.tries == 0 {
            self.note(vec![Entry::Sending {
                channel: frozen.channel.clone(),
                period: frozen.period,
                part: waiting.part.clone(),
                bytes: waiting.bytes.clone(),
                to: consent.destination().collector.clone(),
            }])?;
        }
        let outcome = match self.world.transport.send(consent, &part) {
            Ok(reply) => self.judge(&reply, consent, &part),
            Err(error) => Outcome::Again(Obstacle::NoReply(error), None),
        };
        self.settle(frozen, waiting, &part, outcome, sent)
    }

    fn judge(&self, reply: &Reply, consent: &Consent<'_>, part: &Part) -> Outcome {
        match reply.status {
            200 | 201 => match self.believe(&reply.body, consent, part) {
                Ok(receipt) => Outcome::Acknowledged(Box::new(receipt)),
                Err(why) => Outcome::Again(Obstacle::Receipt(why), None),
            },
            // Not this part, today or ever: the same bytes would be refused again.
            400 | 409 | 410 | 413 | 415 | 422 => Outcome::Refused(reply.status),
            status => Outcome::Again(Obstacle::Busy(status), reply.retry_after_seconds),
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

    fn settle(
        &self,
        frozen: &Frozen,
        waiting: &FrozenPart,
        part: &Part,
        outcome: Outcome,
        sent: &mut Sent,
    ) -> Result<(), Trouble> {
        let digest = part.digest();
        let mut update = FrozenPart { tries: waiting.tries + 1, ..waiting.clone() };
        match outcome {
            Outcome::Acknowledged(receipt) => {
                sent.acknowledged += 1;
                update.state = PartState::Sent;
                self.note(vec![Entry::Receipt { digest, receipt }])?;
            }
            Outcome::Refused(status) => {
                sent.refused += 1;
                update.state = PartState::Refused;
                sent.obstacle.get_or_insert(Obstacle::Refused(status));
                self.note(vec![Entry::Refused { digest, status }])?;
            }
            Outcome::Again(obstacle, retry_after_seconds) => {
                sent.waiting += 1;
                let mut draw = [0; 8];
                self.world.random.fill(&mut draw);
                let draw = u64::from_be_bytes(draw);
                let pause = pause_seconds(update.tries, retry_after_seconds, draw);
                let pause = SignedDuration::from_secs(i64::try_from(pause).unwrap_or(i64::MAX));
                update.due = later(self.now(), pause);
                sent.next = earlier(sent.next, Some(update.due));
                sent.obstacle.get_or_insert(obstacle);
            }
        }
        self.update(frozen, &digest, update)
    }

    /// Writes how far a part is, unless somebody declined meanwhile and the report is gone.
    fn update(&self, frozen: &Frozen, digest: &Digest, update: FrozenPart) -> Result<(), Trouble> {
        let state = self.state();
        let _held = state.lock()?;
        let Some(mut current) = outbox::load(state.disk()?, &frozen.channel, frozen.period)? else {
            return Ok(());
        };
        let same = |part: &&mut FrozenPart| Digest::of(part.bytes.as_bytes()) == *digest;
        if let Some(place) = current.parts.iter_mut().find(same) {
            *place = update;
            outbox::save(state.disk()?, &current)?;
        }
        Ok(())
    }

    fn note(&self, entries: Vec<Entry>) -> Result<(), Trouble> {
        let state = self.state();
        let _held = state.lock()?;
        ledger::append(state.disk()?, self.now(), entries)
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
