//! A whole system under one seed: hundreds of agents, a relay, a collector and a policy host,
//! each with a clock and a disk of its own, and a network between them. What runs is the real
//! cores.
//!
//! What happens, as the seed has it: people agree, decline, withdraw and look; machines lose
//! power at any write, run out of disk, are upgraded, downgraded and moved into air gaps, and
//! their clocks jump; requests are lost, delayed by days, doubled and answered by forgers; the
//! relay and the policy host fall silent; policies change, are replayed and are forged; the
//! collector's process is killed and its disk fails or is full at any step; its keys are renewed
//! or forgotten, its clock jumps, it loads manifests before or after its users, and every day it
//! deletes, makes columns, forgets and publishes.
//!
//! A run fails, and says its seed, when after any step
//! * a packet left a machine without a consent in force at that moment, or was not what a preview
//!   showed, or is not in the ledger: everything that [`crate::history`] calls a failure, for
//!   each machine;
//! * somebody who decided nothing, and for whom no policy did, caused a packet, a question for
//!   keys or one about what is held;
//! * a packet left under a fleet's policy whose host was not asked within the last minute;
//! * something was sealed to keys that no pinned root stands behind, or a gateway's key outlived
//!   its days;
//! * the collector and what it must hold on paper disagree ([`crate::vendor`]): what it
//!   acknowledged is there once, also after a crash; what was withdrawn is on its disk nowhere
//!   and is never taken again; what was promised to be forgotten is gone on its day, and nothing
//!   else is;
//! * the same bytes get another receipt than before;
//! * a release says anything else than an oracle counts from the accepted parts, before noise, or
//!   changes after it was published, or a part is accepted of which it was made already;
//! * in the end, when everything works again, a deletion is never confirmed, or anything that
//!   somebody took back is held, or is gone and no tombstone says so.
//!
//! Mistakes that were planted in the cores, and by what each was noticed: `docs/mutation.md`.
//!
//! What is no failure: whatever is late or never sent; a refusal or silence while a disk was told
//! to fail; a part that came at such a moment and is there or not; numbers that a lie would
//! change, since the agents here do not lie.

use core::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use agent::ports::day_of;
use jiff::{SignedDuration, Timestamp};

use self::host::Host;
use crate::disk::chance::Chance;
use crate::history::{History, Operation};
use crate::larkspur::{FIRST, manifest};
use crate::network::{Mail, Network, Weather};
use crate::relay::{RELAY, Relay};
use crate::vendor::Vendor;
use crate::world::{World, noon};

mod draw;
mod host;

/// A system, at one moment.
pub struct System {
    chance: Chance,
    now: Timestamp,
    machines: Vec<Machine>,
    vendor: Rc<Vendor>,
    relay: Rc<Relay>,
    mail: Rc<Mail>,
    host: Host,
    /// Versions of Larkspur that the vendor loaded, as [`Operation::Upgrade`] counts them.
    loaded: Vec<usize>,
    /// Hours by which the collector's clock is wrong.
    ahead_hours: i64,
    /// The machine that was looked at last.
    last: usize,
    steps: u64,
}

struct Machine {
    history: History,
    /// The system's moment when it was last looked at.
    seen: Timestamp,
    /// Hours by which its clock is wrong.
    ahead_hours: i64,
    /// Whether nobody ever decides here.
    is_left_alone: bool,
}

/// What a run did, for people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Machines.
    pub machines: usize,
    /// Steps, each of which was checked.
    pub steps: u64,
    /// Packets that left machines.
    pub packets: usize,
    /// Parts that were acknowledged and then deleted or forgotten.
    pub gone: usize,
    /// Parts that are held in the end.
    pub held: usize,
    /// Releases.
    pub releases: usize,
    /// Requests that arrived late or for the second time.
    pub late: usize,
}

/// Runs one seed from beginning to end.
///
/// # Errors
/// Says what does not hold, at which step of which machine.
///
/// # Panics
/// If the collector does anything else than it must, or a core panics.
pub fn run(seed: u64) -> Result<Summary, String> {
    let mut chance = Chance::new(seed);
    // Many machines for days, or few for months: each finds what the other does not.
    let (machines, days) = match chance.below(4) {
        0 => (200 + chance.below(200), 5 + chance.below(4)),
        1 => (40 + chance.below(60), 12 + chance.below(12)),
        2 => (10 + chance.below(20), 20 + chance.below(20)),
        _ => (2 + chance.below(4), 60 + chance.below(100)),
    };
    let mut system = System::new(seed, usize::try_from(machines).unwrap_or(1));
    let end = after(system.now, i64::try_from(days).unwrap_or(1) * 24);
    while system.now < end {
        system.step().map_err(|error| format!("seed {seed}, step {}: {error}", system.steps))?;
    }
    system.settle().map_err(|error| format!("seed {seed}, in the end: {error}"))?;
    Ok(system.summary())
}

impl System {
    /// A system on whose machines nothing happened yet.
    pub fn new(seed: u64, machines: usize) -> Self {
        let mut chance = Chance::new(seed);
        let index_rows = [4, 64, 1_000].get(chance.length_below(3)).copied().unwrap_or(64);
        let vendor = Rc::new(Vendor::at_work(seed, index_rows));
        vendor.load(&manifest(FIRST, &vendor.root()));
        vendor.renew_keys();
        let (relay, mail) = (Rc::new(Relay::new(40)), Rc::new(Mail::new(seed)));
        relay.look_after(noon(), &vendor, true);
        let mut system = Self {
            chance,
            now: noon(),
            machines: Vec::new(),
            vendor,
            relay,
            mail,
            host: Host::new(seed),
            loaded: Vec::new(),
            ahead_hours: 0,
            last: 0,
            steps: 0,
        };
        for number in 0..machines {
            let machine = system.machine(seed.wrapping_mul(1_000).wrapping_add(number as u64));
            system.machines.push(machine);
        }
        system
    }

    fn machine(&mut self, seed: u64) -> Machine {
        // Few networks, so that the relay meets crowds.
        let address = Ipv4Addr::new(10, 0, u8::try_from(self.chance.below(8)).unwrap_or(0), 1);
        let (vendor, relay, mail) = (self.vendor.clone(), self.relay.clone(), self.mail.clone());
        let network = Network::shared(vendor, relay, mail, IpAddr::V4(address));
        let mut world = World::within(seed, network);
        if self.chance.coin() {
            world.relays = RELAY;
            world.install(FIRST);
        }
        if self.chance.below(5) == 0 {
            world.policy.remote = Some(self.host.remote());
        }
        let is_left_alone = self.chance.below(10) == 0;
        let mut history = History::of(world);
        let is_opt_out = self.chance.below(5) == 0;
        if is_opt_out {
            history = history.with_notice();
        }
        let is_asked = if is_opt_out { self.chance.coin() } else { self.chance.below(5) > 0 };
        if !is_left_alone && is_asked {
            let tier = if self.chance.coin() { "basic" } else { "full" };
            // A machine that cannot even begin shows at its first step.
            let _ = history.step(&Operation::Agree("usage", Some(tier)));
            let _ = history.step(&Operation::Agree("devices", None));
        }
        Machine { history, seen: self.now, ahead_hours: 0, is_left_alone }
    }

    /// Something happens, and everything is checked.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn step(&mut self) -> Result<(), String> {
        self.steps += 1;
        let day = day_of(self.now);
        // Each machine is looked at every four hours on average, and some once more soon after.
        let is_soon = self.chance.below(16) == 0;
        let seconds = if is_soon {
            self.chance.below(900)
        } else {
            self.chance.below(2 * 4 * 3_600 / self.machines.len().max(1) as u64 + 1)
        };
        self.now = later(self.now, i64::try_from(seconds).unwrap_or(0));
        self.pass_time();
        if day_of(self.now) != day {
            self.begin_day()?;
        }
        self.disturb_vendor()?;
        self.disturb_others();
        let other = self.chance.length_below(self.machines.len());
        let number = if is_soon { self.last } else { other };
        self.last = number;
        let operation = self.draw(number);
        self.operate(number, &operation)
            .map_err(|error| format!("machine {number}, {operation:?}: {error}"))
    }

    /// Everybody's clock goes on, and what is due arrives.
    fn pass_time(&mut self) {
        self.vendor.set_day(day_of(after(self.now, self.ahead_hours)));
        let answers = self.relay.is_up() && self.chance.below(4) == 0;
        self.relay.look_after(self.now, &self.vendor, answers);
        self.mail.deliver(self.now, &self.vendor, &self.relay);
    }

    fn begin_day(&mut self) -> Result<(), String> {
        // Now and then nobody looks after the keys, or after the collector at all.
        if self.chance.below(12) > 0 {
            self.vendor.renew_keys();
        }
        if self.chance.below(8) > 0 { self.vendor.upkeep() } else { Ok(()) }
    }

    /// Does an operation on a machine whose clock catches up first.
    fn operate(&mut self, number: usize, operation: &Operation) -> Result<(), String> {
        let now = self.now;
        let Some(machine) = self.machines.get_mut(number) else { return Ok(()) };
        let history = &mut machine.history;
        let passed = now.duration_since(machine.seen);
        history.world.clock.advance(passed);
        machine.seen = now;
        self.host.answer(&history.world.policy);
        history.offered = self.host.offered();
        let clock = |history: &History| agent::ports::Clock::now(&history.world.clock);
        let began = clock(history);
        history.step(operation)?;
        // What a command waited for passed for everybody.
        if let Operation::Jump(hours) = operation {
            machine.ahead_hours += hours;
        } else {
            let waited = clock(history).duration_since(began);
            self.now = self.now.saturating_add(waited).unwrap_or(self.now);
            machine.seen = self.now;
        }
        Ok(())
    }

    /// Everything works again for a few days; then nothing that was asked for is open.
    fn settle(&mut self) -> Result<(), String> {
        self.ahead_hours = 0;
        self.vendor.restart(self.chance.coin())?;
        self.relay.start();
        self.host.rest();
        for number in 0..self.machines.len() {
            let ahead = self.machines.get(number).map_or(0, |machine| machine.ahead_hours);
            let mended = [
                Operation::Weather(Weather::Clear),
                Operation::Full(false),
                Operation::Jump(-ahead),
                Operation::Airgap(false),
            ];
            for operation in mended {
                self.operate(number, &operation)?;
            }
        }
        for hours in 0..8 {
            self.now = after(self.now, 12);
            self.vendor.set_day(day_of(self.now));
            self.vendor.renew_keys();
            self.relay.look_after(self.now, &self.vendor, true);
            self.mail.deliver(self.now, &self.vendor, &self.relay);
            if hours % 2 == 0 {
                self.vendor.upkeep()?;
            }
            for number in 0..self.machines.len() {
                self.operate(number, &Operation::Tick)
                    .map_err(|error| format!("machine {number}: {error}"))?;
            }
        }
        for (number, machine) in self.machines.iter().enumerate() {
            let settled = machine.history.check_withdrawn();
            settled.map_err(|error| format!("machine {number}: {error}"))?;
        }
        self.vendor.check()
    }

    fn summary(&self) -> Summary {
        let packets = |machine: &Machine| machine.history.world.network.packets().len();
        Summary {
            machines: self.machines.len(),
            steps: self.steps,
            packets: self.machines.iter().map(packets).sum(),
            gone: self.vendor.gone(),
            held: self.vendor.accepted().len(),
            releases: self.vendor.releases(),
            late: self.mail.arrived(),
        }
    }
}

fn after(moment: Timestamp, hours: i64) -> Timestamp {
    moment.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(moment)
}

fn later(moment: Timestamp, seconds: i64) -> Timestamp {
    moment.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(moment)
}
