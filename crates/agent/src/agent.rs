//! The agent of one program on one machine: its manifest, its state, and what it needs of the world.

use contract::calendar::Period;
use contract::decision::{DecideError, How, Record, Showing};
use contract::destination::Destination;
use contract::environment::Environment;
use contract::gate::{self, Situation, Verdict};
use contract::id::ChannelId;
use contract::manifest::{Channel, Manifest};
use contract::policy::Policy;
use disk::Disk;
use jiff::Timestamp;

use crate::ledger::{self, Entry};
use crate::outbox;
use crate::ports::{Clock, Gather, Random, Transport, day_of};
use crate::state::State;
use crate::trouble::Trouble;

/// The world as the agent sees it.
#[derive(Clone, Copy)]
pub struct World<'w> {
    /// The state folder; `None` while there is none.
    pub disk: Option<&'w dyn Disk>,
    /// The time.
    pub clock: &'w dyn Clock,
    /// Randomness.
    pub random: &'w dyn Random,
    /// The machine's facts.
    pub facts: &'w dyn Gather,
    /// The way to the collector.
    pub transport: &'w dyn Transport,
}

/// The agent of one program on one machine.
pub struct Agent<'w> {
    /// What may be collected.
    pub manifest: Manifest,
    /// Where parts go now.
    pub destination: Destination,
    /// What the environment of this process says.
    pub environment: Environment,
    /// Whether this process runs in continuous integration: nothing is sent on schedule there.
    pub in_ci: bool,
    pub(crate) world: World<'w>,
}

/// Everything that bears on decisions, read at one moment.
pub struct Reading {
    /// The record.
    pub record: Record,
    policy: Policy,
    environments: Vec<Environment>,
    now: Timestamp,
}

impl<'w> Agent<'w> {
    /// An agent. `collector` is the address that the operator put in place of the manifest's.
    pub fn new(
        manifest: Manifest,
        collector: Option<&str>,
        environment: Environment,
        in_ci: bool,
        world: World<'w>,
    ) -> Self {
        let destination = Destination::of(&manifest.program, collector);
        Self { manifest, destination, environment, in_ci, world }
    }

    /// The state folder.
    pub fn state(&self) -> State<'w> {
        State::new(self.world.disk, self.world.clock)
    }

    /// The moment.
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, seconds: u64) {
        self.world.clock.wait(seconds);
    }

    /// The period of a channel that contains the moment.
    pub fn period_now(&self, channel: &Channel) -> Period {
        Period::containing(channel.period, day_of(self.now()))
    }

    /// Reads everything that bears on decisions. Each send reads it again.
    ///
    /// # Errors
    /// If the state cannot be read; then nothing may be sent.
    pub fn read(&self) -> Result<Reading, Trouble> {
        let state = self.state();
        let mut environments = vec![self.environment.clone()];
        environments.extend(state.service()?);
        Ok(Reading {
            record: state.record(&self.manifest.program.id)?,
            policy: Policy::none(),
            environments,
            now: self.now(),
        })
    }

    /// Asks the gate about a channel.
    ///
    /// # Errors
    /// If the manifest has no such channel.
    pub fn verdict<'a>(
        &'a self,
        reading: &'a Reading,
        channel: &str,
    ) -> Result<Verdict<'a>, Trouble> {
        let situation = Situation {
            manifest: &self.manifest,
            destination: &self.destination,
            record: &reading.record,
            policy: &reading.policy,
            environments: &reading.environments,
            now: reading.now,
        };
        gate::decide(&situation, channel).ok_or_else(|| self.no_channel(channel))
    }

    /// Records a yes; it is in force when this returns.
    ///
    /// # Errors
    /// If channel or tier do not exist, or the state cannot be written.
    pub fn agree(
        &self,
        channel: &str,
        tier: Option<&str>,
        how: How,
        language: &str,
    ) -> Result<(), Trouble> {
        let state = self.state();
        // Before the lock, so that a mistyped name touches nothing.
        self.find(channel)?;
        let _held = state.lock()?;
        let mut record = state.record(&self.manifest.program.id)?;
        let decided = record.agree(channel, tier, &self.showing(how, language));
        decided.map_err(|error| self.undecided(&error))?;
        state.secret_or_new(self.world.random)?;
        state.begin()?;
        state.write_record(&record)?;
        self.note_decision(&record, channel)
    }

    /// Records a no, and destroys what waits to be sent; both are done when this returns.
    ///
    /// # Errors
    /// If the channel does not exist, or the state cannot be written.
    pub fn decline(&self, channel: &str, how: How, language: &str) -> Result<(), Trouble> {
        let state = self.state();
        let id = self.find(channel)?.id.clone();
        let _held = state.lock()?;
        let mut record = state.record(&self.manifest.program.id)?;
        let decided = record.decline(channel, &self.showing(how, language));
        decided.map_err(|error| self.undecided(&error))?;
        // The record first: from here on the gate says no, whatever happens to the rest.
        state.write_record(&record)?;
        outbox::destroy(state.disk()?, Some(&id))?;
        self.note_decision(&record, channel)
    }

    fn showing<'a>(&'a self, how: How, language: &'a str) -> Showing<'a> {
        Showing {
            manifest: &self.manifest,
            destination: &self.destination,
            language,
            how,
            when: self.now(),
        }
    }

    fn note_decision(&self, record: &Record, channel: &str) -> Result<(), Trouble> {
        let channel = self.find(channel)?.id.clone();
        let decision = match record.decision(&channel).map(|decision| &decision.state) {
            Some(contract::decision::State::Yes { tier }) => format!("yes, {tier}"),
            Some(contract::decision::State::No) => "no".to_owned(),
            _ => return Ok(()),
        };
        let entry = Entry::Decided { channel, decision };
        ledger::append(self.state().disk()?, self.now(), vec![entry])
    }

    /// The channel of this name.
    ///
    /// # Errors
    /// If there is none; the error names those that there are.
    pub fn find(&self, channel: &str) -> Result<&Channel, Trouble> {
        self.manifest.channel(channel).ok_or_else(|| self.no_channel(channel))
    }

    fn no_channel(&self, channel: &str) -> Trouble {
        let known: Vec<_> = self.manifest.channels.iter().map(|known| known.id.as_str()).collect();
        Trouble::new(
            format!("there is no channel `{channel}`."),
            format!("{} has {}", self.manifest.program.title, known.join(", ")),
            "everything as it was",
            "name one of these",
        )
    }

    fn undecided(&self, error: &DecideError) -> Trouble {
        Trouble::new(
            "nothing was decided.",
            error.to_string(),
            "the decisions as they were",
            "candor-agent status shows channels and tiers",
        )
    }

    /// Every channel's identifier, in the manifest's order.
    pub fn channels(&self) -> impl Iterator<Item = &ChannelId> {
        self.manifest.channels.iter().map(|channel| &channel.id)
    }
}
