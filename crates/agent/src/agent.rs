//! The agent of one program on one machine: its manifest, its state, and what it needs of the
//! world.

use contract::calendar::Period;
use contract::decision::{DecideError, How, Record, Showing, State};
use contract::destination::Destination;
use contract::environment::Environment;
use contract::gate::{self, Situation, Verdict};
use contract::id::{ChannelId, PartId};
use contract::manifest::{Channel, Manifest};
use contract::policy::Policy;
use disk::Disk;
use envelope::RootPublic;
use jiff::Timestamp;

use crate::cli::Role;
use crate::ledger::{self, Entry};
use crate::limits::LEDGER_BYTES_MAX;
use crate::outbox;
use crate::ports::{Clock, Gather, Random, ReadPolicy, Transport, day_of};
use crate::state::State as StateFolder;
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
    /// The fleet's policy.
    pub policy: &'w dyn ReadPolicy,
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
    /// The relay that the fleet's policy named when this process began.
    pub(crate) fleet_relay: Option<String>,
    /// Whether the relay is this site's own choice, or its fleet's.
    pub(crate) relay_is_named: bool,
    /// Whether what it gives away is carried by a person, in a file.
    by_hand: bool,
    /// What this process does of everything.
    pub(crate) role: Role,
    pub(crate) world: World<'w>,
}

/// Everything that bears on decisions, read at one moment.
pub struct Reading {
    /// The record.
    pub record: Record,
    /// The fleet's policy.
    pub policy: Policy,
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
        let agent = Self {
            manifest,
            destination,
            environment,
            in_ci,
            fleet_relay: None,
            relay_is_named: false,
            by_hand: false,
            role: Role::All,
            world,
        };
        let fleet_relay = agent.policy_as_read().relay().map(str::to_owned);
        Self { fleet_relay: fleet_relay.clone(), ..agent }.through(fleet_relay.as_deref())
    }

    /// The same through the relay that this site names, if it names one. That of the fleet's policy
    /// comes first.
    #[must_use]
    pub fn through(mut self, relay: Option<&str>) -> Self {
        if let Some(relay) = self.fleet_relay.as_deref().or(relay) {
            self.destination = self.destination.through(relay);
            self.relay_is_named = true;
        }
        self
    }

    /// The same agent, whose parts a person carries in a file: the air gap is no obstacle then.
    #[must_use]
    pub fn by_hand(self) -> Self {
        Self { by_hand: true, ..self }
    }

    /// The same agent in a process that does only this.
    #[must_use]
    pub fn in_role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    /// The state folder.
    pub fn state(&self) -> StateFolder<'w> {
        StateFolder::new(self.world.disk, self.world.clock)
    }

    /// The root keys that a person here was ever shown and still relies on: those pinned now, and
    /// those under which decisions were made.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn roots(&self) -> Result<Vec<RootPublic>, Trouble> {
        let record = self.read()?.record;
        let decided = self.channels().filter_map(|channel| record.decision(channel));
        let mut roots = self.destination.root_keys.clone();
        roots.extend(decided.flat_map(|decision| decision.destination.root_keys.clone()));
        Ok(roots)
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

    /// Reads everything that bears on decisions. Each send reads it again. What was read stays so
    /// after a power failure, as far as the disk can make it durable.
    ///
    /// # Errors
    /// If the state cannot be read; then nothing may be sent.
    pub fn read(&self) -> Result<Reading, Trouble> {
        let state = self.state();
        let mut environments = vec![self.environment.clone()];
        environments.extend(state.services()?);
        let record = state.record(&self.manifest.program.id)?;
        let reading = Reading { record, policy: self.policy(), environments, now: self.now() };
        // After it was read: another command may be between a rename and its sync right now.
        state.settle_to_look();
        Ok(reading)
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
        let decide = if self.by_hand { gate::decide_by_hand } else { gate::decide };
        decide(&situation, channel).ok_or_else(|| self.no_channel(channel))
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
        let id = self.find(channel)?.id.clone();
        let _held = state.lock()?;
        let mut record = state.record(&self.manifest.program.id)?;
        let decided = record.agree(channel, tier, &self.showing(how, language));
        decided.map_err(|error| Self::undecided(&error))?;
        // The record first: a yes that cannot be written must not keep what is being deleted.
        state.write_record(&record)?;
        self.cancel_deletions(&id)?;
        self.finish_withdrawal()?;
        state.secret_or_new(self.world.random)?;
        state.begin()?;
        // What a larger yes had put into the outbox must not wait for another one.
        let reading = self.read()?;
        let verdict = self.verdict(&reading, channel)?;
        let covers = |part: &PartId| verdict.consent().is_some_and(|c| c.covers(part));
        if verdict.consent().is_some() {
            outbox::keep_covered(state.disk()?, &id, covers)?;
        }
        self.note_decision(&record, &id)
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
        decided.map_err(|error| Self::undecided(&error))?;
        self.stop(&record, &id)?;
        self.note_decision(&record, &id)
    }

    /// Writes a record that says no, and destroys what waits. Callers hold the lock.
    pub(crate) fn stop(&self, record: &Record, channel: &ChannelId) -> Result<(), Trouble> {
        let state = self.state();
        // The record first: from here on the gate says no, whatever happens to the rest.
        let written = state.write_record(record);
        let destroyed = outbox::destroy(state.disk()?, Some(channel));
        // On a full disk, what was destroyed makes room for the no.
        let written = written.or_else(|_| state.write_record(record));
        written.map_err(|trouble| not_stopped(channel, &trouble))?;
        destroyed?;
        // Copies of what was replaced, where power or a signal cut it short.
        let tidied = disk::remove_unfinished(state.disk()?, "");
        tidied.map_err(|error| Trouble::disk("clearing the state folder", &error))
    }

    pub(crate) fn showing<'a>(&'a self, how: How, language: &'a str) -> Showing<'a> {
        Showing {
            manifest: &self.manifest,
            destination: &self.destination,
            language,
            how,
            when: self.now(),
        }
    }

    pub(crate) fn note_decision(
        &self,
        record: &Record,
        channel: &ChannelId,
    ) -> Result<(), Trouble> {
        let decision = match record.decision(channel).map(|decision| &decision.state) {
            Some(State::Yes { tier }) => format!("yes, {tier}"),
            Some(State::No) => "no".to_owned(),
            Some(State::Noticed { effective }) => {
                format!("notice shown, in force from {}", crate::words::moment(*effective))
            }
            None => return Ok(()),
        };
        self.note(vec![Entry::Decided { channel: channel.clone(), decision }]).map_err(|trouble| {
            let kept = "the decision: it is in force. Only its line in the ledger is missing";
            let headline = format!("{channel} is decided, but the ledger could not be written.");
            Trouble { headline, kept: kept.to_owned(), ..trouble }
        })
    }

    /// Enters the air gap or leaves it; in force when this returns. Entering destroys nothing;
    /// leaving starts nothing that was decided inside.
    ///
    /// # Errors
    /// If the state cannot be read or written.
    pub fn airgap(&self, on: bool) -> Result<(), Trouble> {
        let state = self.state();
        let _held = state.lock()?;
        let mut record = state.record(&self.manifest.program.id)?;
        if record.airgap() == on {
            return Ok(());
        }
        if on {
            record.enter_airgap(self.now());
        } else {
            record.leave_airgap();
        }
        state.write_record(&record)?;
        self.note(vec![Entry::Airgap { on }])
    }

    /// Writes entries into the ledger. Callers hold the lock.
    pub(crate) fn note(&self, entries: Vec<Entry>) -> Result<(), Trouble> {
        let length = ledger::append(self.state().disk()?, self.now(), entries)?;
        if length <= LEDGER_BYTES_MAX {
            return Ok(());
        }
        match self.prune() {
            // The entries are on the disk, and there is room for more tries before it is too long.
            Err(_) if length < LEDGER_BYTES_MAX / 2 * 3 => Ok(()),
            pruned => pruned,
        }
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

    pub(crate) fn undecided(error: &DecideError) -> Trouble {
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

fn not_stopped(channel: &ChannelId, trouble: &Trouble) -> Trouble {
    Trouble::new(
        format!("the no to {channel} could not be written: your earlier answer still stands."),
        trouble.happened.clone(),
        "everything else; what waited to be sent was destroyed as far as the disk allowed, and \
         while the ledger cannot be written nothing new is sent",
        format!(
            "{}; until then, stop the candor-agent service or set CANDOR_TELEMETRY=0 for it",
            trouble.to_do
        ),
    )
}
