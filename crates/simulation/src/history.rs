//! Lists of operations on one machine, and what must hold after each of them.
//!
//! What counts as a failure:
//! * a packet that leaves without a yes in force at that moment, as a model of two lines keeps
//!   it;
//! * a packet of a channel that travels blind and did not go to the relay;
//! * a packet whose bytes no preview of that moment would have shown, or that the ledger did not
//!   hold when it left, or does not hold afterwards;
//! * a part that leaves twice for one period and differs, where nobody decided in between;
//! * an acknowledged part that the collector on paper does not hold, or holds twice;
//! * anything left in the outbox of a channel that was declined or withdrawn;
//! * a part that the ledger says was deleted and that the collector on paper still holds;
//! * a ledger that does not verify;
//! * a decision that was answered and is not in the record, or is there by half, whatever the
//!   disk did meanwhile;
//! * a record that says something else after a power failure than what somebody read before it,
//!   also where the command that wrote it was killed and answered nobody.
//!
//! What does not: a part that is late, or that stays unsent because somebody said no, because its
//! period closed, or because the disk failed; a command that fails while the disk does; a garbled
//! end of the ledger, which the next line cuts off.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use agent::cli::Role;
use agent::outbox;
use contract::decision::How;
use jiff::{SignedDuration, Timestamp};

use crate::disk::Fault;
use crate::larkspur::{FIRST, NARROWED, WIDENED};
use crate::network::{BY_HAND, Weather};
use crate::world::World;

mod carried;
mod checks;
mod crash;
mod fleet;
mod noticed;
mod once;
mod owed;
mod paper;

pub use self::fleet::{Heard, Rule};

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A person says yes.
    Agree(&'static str, Option<&'static str>),
    /// A person says no.
    Decline(&'static str),
    /// A person takes a channel back, and has everything deleted now or over a day.
    Withdraw(&'static str, bool),
    /// The machine enters the air gap, or leaves it.
    Airgap(bool),
    /// Configuration management places a policy that says this of usage; one that leaves
    /// everything to the machine is removed.
    Policy(Rule),
    /// A person sees the notice of a channel.
    Notice(&'static str),
    /// The service is started anew with an environment that says this.
    Service(&'static str, &'static str),
    /// A person makes a bundle, has it imported, and brings the receipts back.
    Carry,
    /// A person looks.
    Preview(&'static str),
    /// A person asks the collector itself what it holds.
    Live,
    /// A person sends now.
    Send(&'static str),
    /// Cron runs.
    Tick,
    /// Time passes.
    Hours(u8),
    /// An environment variable changes.
    Set(&'static str, &'static str),
    /// The network changes.
    Weather(Weather),
    /// Another version is installed: its manifest is the first one, changed here.
    Upgrade(usize),
    /// The first version is installed again.
    Downgrade,
    /// Power fails.
    LosePower,
    /// The machine's facts change.
    Processors(u64),
    /// The clock is set, by so many hours.
    Jump(i64),
    /// The disk takes no more bytes than it has, or takes more again.
    Full(bool),
    /// One of the others, with a fault of the disk after so many steps of it.
    Failing(u64, Fault, Box<Self>),
}

/// A machine, and a model of what its operator said.
pub struct History {
    /// The machine.
    pub world: World,
    /// What the operator said last about each channel; the tier, or nothing for no.
    said: BTreeMap<&'static str, Option<&'static str>>,
    /// The upgrade under which they said it, and the one that is installed.
    said_under: BTreeMap<&'static str, Option<usize>>,
    installed: Option<usize>,
    /// Whether the machine is in the air gap, and what was agreed to inside.
    inside: bool,
    agreed_inside: Vec<&'static str>,
    /// From when on the notice of usage counts that somebody saw, where nobody answered it; and
    /// whether it was seen in the air gap.
    noticed: Option<(Timestamp, bool)>,
    /// What configuration management placed.
    placed: Rule,
    /// The environment that the service recorded: names and values.
    service: BTreeMap<String, String>,
    is_full: bool,
    /// Channels whose no is in the record and could not be answered, because the disk failed.
    unfinished: BTreeSet<&'static str>,
    /// What the fleet's policy host told this machine, where it has one.
    fleet: Option<fleet::Fleet>,
    /// What that host answers now, if it may be believed.
    pub offered: Option<Heard>,
    /// The first version's manifest.
    first: String,
    seen: usize,
    sent: once::Once,
    owed: owed::Owed,
    checked: RefCell<paper::Checked>,
}

impl History {
    /// A machine on which nothing happened yet.
    pub fn new(seed: u64) -> Self {
        Self::of(World::new(seed))
    }

    /// The same in a world that was made for it.
    pub fn of(world: World) -> Self {
        let fleet = world.policy.remote.is_some().then(fleet::Fleet::default);
        Self {
            world,
            said: BTreeMap::new(),
            said_under: BTreeMap::new(),
            installed: None,
            inside: false,
            agreed_inside: Vec::new(),
            noticed: None,
            placed: Rule::Undecided,
            service: BTreeMap::new(),
            is_full: false,
            unfinished: BTreeSet::new(),
            fleet,
            offered: None,
            first: FIRST.to_owned(),
            seen: 0,
            sent: once::Once::default(),
            owed: owed::Owed::default(),
            checked: RefCell::default(),
        }
    }

    /// The same with a manifest that names a relay.
    pub fn through_a_relay(seed: u64) -> Self {
        Self::of(World::through_a_relay(seed))
    }

    /// The same with a manifest whose usage is opt-out: three days after somebody saw its notice
    /// it is sent.
    pub fn opt_out(seed: u64) -> Self {
        Self::new(seed).with_notice()
    }

    /// The same machine, where the first version's manifest is opt-out.
    #[must_use]
    pub fn with_notice(mut self) -> Self {
        self.first = noticed::opt_out();
        self.world.install(&self.first);
        self
    }

    /// Does one operation and checks everything.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn step(&mut self, operation: &Operation) -> Result<(), String> {
        let asked = self.world.network.deletions().len();
        let (was_inside, fetches) = (self.inside, self.world.network.fetches());
        let questions = self.world.network.questions();
        let asked_host = self.world.policy.asked.get();
        let shown = match operation {
            Operation::Failing(..) => self.try_it(operation)?,
            _ if self.is_full => self.try_it(operation)?,
            _ => self.do_it(operation)?,
        };
        let has_asked_host = self.world.policy.asked.get() > asked_host;
        self.sent.forget_after(operation, has_asked_host);
        if has_asked_host {
            let is_certain = !self.is_full && !matches!(operation, Operation::Failing(..));
            self.hear(is_certain);
        }
        if was_inside && self.inside && self.world.network.deletions().len() > asked {
            return Err("a deletion left the air gap".into());
        }
        let has_fetched = self.world.network.fetches() > fetches;
        let nobody_said = self.said_under.is_empty()
            && self.fleet.is_none()
            && !matches!(self.placed, Rule::Permit(_));
        if has_fetched && (nobody_said || (was_inside && self.inside)) {
            let why = if nobody_said { "nobody decided anything" } else { "it is in the air gap" };
            return Err(format!("keys were fetched, and {why}"));
        }
        if self.world.network.questions() > questions
            && (nobody_said || (was_inside && self.inside))
        {
            return Err("a collector was asked by somebody who decided nothing, or may not".into());
        }
        let left = self.world.network.packets_after(self.seen);
        let has_sent = left.iter().any(|packet| packet.to != BY_HAND);
        self.check_asked(has_asked_host, has_sent)?;
        self.check_packets(&shown)?;
        self.check_state()
    }

    /// Checks what is on the disk, and at the collector on paper.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn check_state(&self) -> Result<(), String> {
        self.check_ledger()?;
        self.check_outbox()
    }

    /// Does it; returns what a preview right before showed, of every channel.
    fn do_it(&mut self, operation: &Operation) -> Result<Vec<Vec<u8>>, String> {
        let mut shown = Vec::new();
        match *operation {
            Operation::Agree(..)
            | Operation::Decline(_)
            | Operation::Withdraw(..)
            | Operation::Airgap(_)
            | Operation::Policy(_) => {
                self.act(operation)?;
                self.note(operation);
                self.owe(operation);
            }
            Operation::Notice(_) => {
                // Refused where the channel asks first, or was answered.
                let _ = self.act(operation);
                self.note_if_seen()?;
            }
            Operation::Service(name, value) => {
                let _ = self.act(operation);
                self.note_service(name, value)?;
            }
            Operation::Carry => shown = self.carry()?,
            Operation::Preview(channel) => self.look(channel)?,
            Operation::Live => {
                // Nobody may be there; what is shown is compared where it is held.
                let _ = self.world.agent().held_live();
            }
            Operation::Send(channel) => {
                let agent = self.world.agent();
                shown = agent.preview(channel, None, false).map_err(|e| e.to_string())?.parts;
                shown.extend(self.waiting()?);
                // A refusal because it is off is right; the packets are checked below.
                let _ = self.world.agent().send(channel);
                // A policy that was fetched first may have permitted what was frozen then.
                shown.extend(self.waiting()?);
            }
            Operation::Tick => {
                shown = self.waiting()?;
                self.world.agent().tick().map_err(|e| e.to_string())?;
                shown.extend(self.waiting()?);
            }
            Operation::Hours(hours) => self.world.pass_hours(i64::from(hours)),
            Operation::Set(name, value) => {
                self.world.environment.insert(name.into(), value.into());
            }
            Operation::Weather(weather) => self.world.network.weather.set(weather),
            Operation::Upgrade(_) | Operation::Downgrade => self.install(operation),
            Operation::LosePower => {
                self.world.lose_power();
                self.check_decided()?;
            }
            Operation::Processors(n) => {
                self.world.facts.set("processors", contract::answer::Fact::Number(n));
            }
            Operation::Jump(hours) => self.world.clock.advance(SignedDuration::from_hours(hours)),
            Operation::Full(is_full) => {
                self.is_full = is_full;
                let used = self.world.disk.bytes_used();
                self.world.disk.limit_bytes(is_full.then_some(used));
            }
            Operation::Failing(..) => shown = self.try_it(operation)?,
        }
        Ok(shown)
    }

    /// A person decides, on the machine.
    fn act(&self, operation: &Operation) -> Result<(), String> {
        let agent = self.world.agent();
        let done = match *operation {
            Operation::Agree(channel, tier) => agent.agree(channel, tier, How::Cli, "en"),
            Operation::Decline(channel) => agent.decline(channel, How::Cli, "en"),
            Operation::Withdraw(channel, now) => {
                agent.withdraw(channel, How::Cli, "en", now).map(drop)
            }
            Operation::Airgap(on) => agent.airgap(on),
            Operation::Notice(channel) => agent.notice(channel, How::Page, "en"),
            Operation::Service(name, value) => {
                agent.state().write_service(Role::All, &noticed::of_service(name, value))
            }
            _ => Ok(()),
        };
        done.map_err(|error| error.to_string())
    }

    /// The model notes what was decided.
    fn note(&mut self, operation: &Operation) {
        match *operation {
            Operation::Agree(channel, tier) => {
                self.said.insert(channel, Some(tier.unwrap_or("on")));
                self.agreed_inside.retain(|known| *known != channel);
                if self.inside {
                    self.agreed_inside.push(channel);
                }
                self.said_under.insert(channel, self.installed);
                self.unfinished.remove(channel);
                self.answered(channel);
            }
            Operation::Decline(channel) | Operation::Withdraw(channel, _) => {
                self.said.insert(channel, None);
                self.said_under.insert(channel, self.installed);
                self.unfinished.remove(channel);
                self.answered(channel);
            }
            Operation::Airgap(on) => {
                if self.inside && !on {
                    self.noticed = self.noticed.filter(|(_, is_inside)| !is_inside);
                    for channel in std::mem::take(&mut self.agreed_inside) {
                        if self.said.get(channel).is_some_and(Option::is_some) {
                            self.said.remove(channel);
                        }
                    }
                }
                self.inside = on;
            }
            Operation::Policy(rule) => {
                self.placed = rule;
                match rule.as_policy() {
                    Some(text) => self.world.policy.place(Ok(&text)),
                    None => self.world.policy.remove(),
                }
            }
            _ => {}
        }
    }

    fn install(&mut self, operation: &Operation) {
        let all = WIDENED.iter().chain(NARROWED);
        if let Operation::Upgrade(index) = operation {
            let index = index % all.clone().count();
            if let Some((_, from, to)) = all.clone().nth(index) {
                self.world.install(&self.first.replace(from, to));
                self.installed = Some(index);
            }
        } else {
            self.world.install(&self.first);
            self.installed = None;
        }
    }

    /// A person looks: what is frozen is what is shown, and what is sent.
    fn look(&self, channel: &'static str) -> Result<(), String> {
        let agent = self.world.agent();
        let preview = agent.preview(channel, None, false).map_err(|e| e.to_string())?;
        let reading = agent.read().map_err(|e| e.to_string())?;
        let verdict = agent.verdict(&reading, channel).map_err(|e| e.to_string())?;
        if verdict.consent().is_none() {
            return if preview.frozen { Err("what is shown is frozen".into()) } else { Ok(()) };
        }
        if !preview.frozen {
            return Err("what is shown is not what is sent".into());
        }
        let waiting = self.waiting()?;
        if preview.parts.iter().all(|part| waiting.contains(part)) {
            Ok(())
        } else {
            Err("what is shown is not what waits to be sent".into())
        }
    }

    /// What is frozen, byte for byte: what previews of each period show.
    fn waiting(&self) -> Result<Vec<Vec<u8>>, String> {
        let frozen = outbox::all(&self.world.disk).map_err(|e| e.to_string())?;
        let parts = frozen.into_iter().flat_map(|frozen| frozen.parts);
        Ok(parts.map(|part| part.bytes.into_bytes()).collect())
    }
}
