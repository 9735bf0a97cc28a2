//! Lists of operations on one machine, and what must hold after each of them.
//!
//! What counts as a failure:
//! * a packet that leaves without a yes in force at that moment, as a model of two lines keeps it;
//! * a packet of a channel that travels blind and did not go to the relay;
//! * a packet whose bytes no preview of that moment would have shown, or that the ledger does not
//!   hold;
//! * an acknowledged part that the collector on paper does not hold, or holds twice;
//! * anything left in the outbox of a channel that was declined or withdrawn;
//! * a part that the ledger says was deleted and that the collector on paper still holds;
//! * a ledger that does not verify.
//!
//! What does not: a part that is late, or that stays unsent because somebody said no, because its
//! period closed, or because the disk failed.

use std::collections::BTreeMap;

use agent::ledger::{self, Entry};
use agent::outbox;
use contract::decision::How;
use envelope::Digest;

use crate::larkspur::{FIRST, NARROWED, WIDENED};
use crate::network::Weather;
use crate::world::World;

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
    /// Configuration management places a policy that forbids everything, or removes it.
    Forbid(bool),
    /// A person looks.
    Preview(&'static str),
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
    is_forbidden: bool,
    seen: usize,
}

impl History {
    /// A machine on which nothing happened yet.
    pub fn new(seed: u64) -> Self {
        Self {
            world: World::new(seed),
            said: BTreeMap::new(),
            said_under: BTreeMap::new(),
            installed: None,
            inside: false,
            agreed_inside: Vec::new(),
            is_forbidden: false,
            seen: 0,
        }
    }

    /// The same with a manifest that names a relay.
    pub fn through_a_relay(seed: u64) -> Self {
        Self { world: World::through_a_relay(seed), ..Self::new(seed) }
    }

    /// Does one operation and checks everything.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn step(&mut self, operation: &Operation) -> Result<(), String> {
        let asked = self.world.network.deletions().len();
        let (was_inside, fetches) = (self.inside, self.world.network.fetches());
        let shown = self.do_it(operation)?;
        if was_inside && self.inside && self.world.network.deletions().len() > asked {
            return Err("a deletion left the air gap".into());
        }
        let has_fetched = self.world.network.fetches() > fetches;
        if has_fetched && (self.said.is_empty() || (was_inside && self.inside)) {
            return Err("keys were fetched for nothing that may leave".into());
        }
        self.check_packets(&shown)?;
        self.check_state()
    }

    /// Checks what is on the disk, and at the collector on paper.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn check_state(&self) -> Result<(), String> {
        self.check_ledger()?;
        self.check_deleted()?;
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
            | Operation::Forbid(_) => self.decide(operation)?,
            Operation::Preview(channel) => {
                self.world.agent().preview(channel, None, false).map_err(|e| e.to_string())?;
            }
            Operation::Send(channel) => {
                let agent = self.world.agent();
                shown = agent.preview(channel, None, false).map_err(|e| e.to_string())?.parts;
                shown.extend(self.waiting()?);
                // A refusal because it is off is right; the packets are checked below.
                let _ = self.world.agent().send(channel);
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
            Operation::LosePower => self.world.lose_power(),
            Operation::Processors(n) => {
                self.world.facts.set("processors", contract::answer::Fact::Number(n));
            }
        }
        Ok(shown)
    }

    /// A person or a policy decides; the model notes what was said.
    fn decide(&mut self, operation: &Operation) -> Result<(), String> {
        match *operation {
            Operation::Agree(channel, tier) => {
                let agent = self.world.agent();
                agent.agree(channel, tier, How::Cli, "en").map_err(|e| e.to_string())?;
                self.said.insert(channel, Some(tier.unwrap_or("on")));
                self.agreed_inside.retain(|known| *known != channel);
                if self.inside {
                    self.agreed_inside.push(channel);
                }
                self.said_under.insert(channel, self.installed);
            }
            Operation::Decline(channel) => {
                self.world.agent().decline(channel, How::Cli, "en").map_err(|e| e.to_string())?;
                self.said.insert(channel, None);
                self.said_under.insert(channel, self.installed);
            }
            Operation::Withdraw(channel, now) => {
                let agent = self.world.agent();
                agent.withdraw(channel, How::Cli, "en", now).map_err(|e| e.to_string())?;
                self.said.insert(channel, None);
                self.said_under.insert(channel, self.installed);
            }
            Operation::Airgap(on) => {
                self.world.agent().airgap(on).map_err(|e| e.to_string())?;
                if self.inside && !on {
                    for channel in std::mem::take(&mut self.agreed_inside) {
                        if self.said.get(channel).is_some_and(Option::is_some) {
                            self.said.remove(channel);
                        }
                    }
                }
                self.inside = on;
            }
            Operation::Forbid(on) => {
                self.is_forbidden = on;
                if on {
                    self.world.policy.place(Ok("policy = 1\ntitle = \"No\"\nothers = \"forbid\""));
                } else {
                    self.world.policy.remove();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn install(&mut self, operation: &Operation) {
        let all = WIDENED.iter().chain(NARROWED);
        if let Operation::Upgrade(index) = operation {
            let index = index % all.clone().count();
            if let Some((_, from, to)) = all.clone().nth(index) {
                self.world.install(&FIRST.replace(from, to));
                self.installed = Some(index);
            }
        } else {
            self.world.install(FIRST);
            self.installed = None;
        }
    }

    /// What is frozen, byte for byte: what previews of each period show.
    fn waiting(&self) -> Result<Vec<Vec<u8>>, String> {
        let frozen = outbox::all(&self.world.disk).map_err(|e| e.to_string())?;
        let parts = frozen.into_iter().flat_map(|frozen| frozen.parts);
        Ok(parts.map(|part| part.bytes.into_bytes()).collect())
    }

    fn forbidden(&self) -> bool {
        let value = |name: &str| {
            self.world.environment.get(name).map_or(String::new(), |value| value.to_lowercase())
        };
        // Written out again, on purpose: the model must not use the code that it checks.
        !["", "1", "true", "yes", "on"].contains(&value("CANDOR_TELEMETRY").as_str())
            || !["", "0", "false", "no", "off"].contains(&value("DO_NOT_TRACK").as_str())
    }

    fn check_packets(&mut self, shown: &[Vec<u8>]) -> Result<(), String> {
        let packets = self.world.network.packets();
        for packet in packets.iter().skip(self.seen) {
            let text = String::from_utf8_lossy(&packet.bytes).into_owned();
            let channel = if text.contains(r#""channel":"usage""#) { "usage" } else { "devices" };
            if self.forbidden() || self.inside || self.is_forbidden {
                return Err("a packet left although something forbids".into());
            }
            let Some(Some(tier)) = self.said.get(channel) else {
                return Err(format!("a packet of {channel} left although nobody said yes"));
            };
            let is_blind = !self.world.relays.is_empty();
            if is_blind != packet.to.contains("relay.example.net") {
                return Err("a packet left by another way than agreed".into());
            }
            if (!is_blind && *tier != packet.tier)
                || (*tier == "basic" && text.contains("features"))
            {
                return Err("a packet of another tier than agreed left".into());
            }
            // The whole channel is silent after a change of the channel or of the destination.
            let agreed_under = self.said_under.get(channel).copied().flatten();
            let widened = |index: usize| (5..WIDENED.len()).contains(&index);
            if agreed_under != self.installed
                && channel == "usage"
                && self.installed.is_some_and(widened)
            {
                return Err("a packet left although its channel is asked again".into());
            }
            if !shown.contains(&packet.bytes) {
                return Err("a packet left that no preview showed".into());
            }
            let entries = ledger::entries(&self.world.disk).map_err(|e| e.to_string())?;
            let ledgered = entries
                .iter()
                .any(|line| matches!(&line.entry, Entry::Sending { bytes, .. } if *bytes == text));
            if !ledgered {
                return Err("a packet left that the ledger does not hold".into());
            }
        }
        self.seen = packets.len();
        Ok(())
    }

    fn check_ledger(&self) -> Result<(), String> {
        let lines = ledger::lines(&self.world.disk).map_err(|e| e.to_string())?;
        let proof = ledger::verify(&lines, &[self.world.network.root()]);
        if let Some(finding) = proof.findings.first() {
            return Err(format!("the ledger does not verify: {finding:?}"));
        }
        let accepted = self.world.network.accepted();
        for line in ledger::entries(&self.world.disk).map_err(|e| e.to_string())? {
            if let Entry::Receipt { digest, receipt } = line.entry
                && accepted.iter().filter(|accepted| **accepted == digest).count() != 1
                && !self.world.network.was_deleted(&receipt.statement.digest)
            {
                return Err("a receipted part is not held exactly once".into());
            }
        }
        Ok(())
    }

    fn check_deleted(&self) -> Result<(), String> {
        let accepted = self.world.network.accepted();
        for part in self.world.agent().held().map_err(|e| e.to_string())? {
            let is_deleted = matches!(part.standing, agent::held::Standing::Deleted { .. });
            if is_deleted && accepted.contains(&Digest::of(part.bytes.as_bytes())) {
                return Err("a part with a tombstone is still held".into());
            }
        }
        Ok(())
    }

    fn check_outbox(&self) -> Result<(), String> {
        for frozen in outbox::all(&self.world.disk).map_err(|e| e.to_string())? {
            if self.said.get(frozen.channel.as_str()) == Some(&None) {
                return Err(format!("something of {} waits after a no", frozen.channel));
            }
            let digests: Vec<_> =
                frozen.parts.iter().map(|part| Digest::of(part.bytes.as_bytes())).collect();
            let mut unique = digests.clone();
            unique.sort_unstable();
            unique.dedup();
            if unique.len() != digests.len() {
                return Err("a part is frozen twice".into());
            }
        }
        Ok(())
    }
}
