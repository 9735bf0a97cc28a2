//! One machine and its world: a clock, randomness, facts, a disk and a network, all simulated.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Mutex;

use agent::agent::Agent;
use agent::fleet::Remote;
use agent::ports::{Clock, Gather, Random, ReadPolicy};
use contract::answer::Fact;
use contract::draft::Facts;
use contract::environment::Environment;
use contract::manifest::{Field, Manifest};
use jiff::{SignedDuration, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::disk::SimDisk;
use crate::network::Network;

/// A clock that moves only when told to.
#[derive(Debug)]
pub struct SimClock(Mutex<Timestamp>);

impl SimClock {
    /// Moves the clock, also backwards.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = lock(&self.0);
        *now = now.saturating_add(by).unwrap_or(*now);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        *lock(&self.0)
    }

    fn wait(&self, seconds: u64) {
        self.advance(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)));
    }
}

/// Randomness that a seed gives again.
#[derive(Debug)]
pub struct SimRandom(Mutex<ChaCha8Rng>);

impl Random for SimRandom {
    fn fill(&self, bytes: &mut [u8]) {
        lock(&self.0).fill_bytes(bytes);
    }
}

/// Facts as a script has them; a field that is not in it has a failing source.
#[derive(Default)]
pub struct SimFacts {
    facts: Mutex<BTreeMap<String, Fact>>,
    known: Mutex<Vec<String>>,
    /// What happens once while facts are read the next time.
    pub interruption: Cell<Option<Box<dyn FnOnce()>>>,
}

impl SimFacts {
    /// Sets a field's fact.
    pub fn set(&self, field: &str, fact: Fact) {
        lock(&self.facts).insert(field.to_owned(), fact);
    }

    /// Adds a value that names the machine.
    pub fn know(&self, value: &str) {
        lock(&self.known).push(value.to_owned());
    }
}

impl Gather for SimFacts {
    fn facts(&self, fields: &[&Field]) -> Facts {
        if let Some(interruption) = self.interruption.take() {
            interruption();
        }
        let facts = lock(&self.facts);
        let fact = |field: &&Field| {
            let fact = facts.get(field.id.as_str()).cloned();
            (field.id.clone(), fact.ok_or_else(|| "the source is not there".to_owned()))
        };
        fields.iter().map(fact).collect()
    }

    fn known(&self, tell: &mut dyn FnMut(&str)) -> Result<(), String> {
        for value in lock(&self.known).iter() {
            tell(value);
        }
        Ok(())
    }
}

/// The fleet's policy: as configuration management left it, and at the fleet's host.
#[derive(Debug, Default)]
pub struct SimPolicy {
    placed: RefCell<Option<Result<String, String>>>,
    /// Where a signed one is fetched, if this machine is told to.
    pub remote: Option<Remote>,
    served: RefCell<Option<Vec<u8>>>,
    /// How often the host was asked.
    pub asked: Cell<usize>,
}

impl SimPolicy {
    /// Places a policy's text, or why it cannot be read.
    pub fn place(&self, text: Result<&str, &str>) {
        *self.placed.borrow_mut() = Some(text.map(str::to_owned).map_err(str::to_owned));
    }

    /// Removes it.
    pub fn remove(&self) {
        *self.placed.borrow_mut() = None;
    }

    /// What the host answers from now on; nothing where it cannot be reached.
    pub fn serve(&self, document: Option<&str>) {
        *self.served.borrow_mut() = document.map(|text| text.as_bytes().to_vec());
    }
}

impl ReadPolicy for SimPolicy {
    fn read(&self) -> Result<Option<String>, String> {
        self.placed.borrow().clone().transpose()
    }

    fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    fn fetch(&self) -> Result<Vec<u8>, String> {
        self.asked.set(self.asked.get() + 1);
        self.served.borrow().clone().ok_or_else(|| "the host is silent".to_owned())
    }
}

/// One machine.
pub struct World {
    /// Its disk.
    pub disk: SimDisk,
    /// Its clock.
    pub clock: SimClock,
    /// Its randomness.
    pub random: SimRandom,
    /// What its sources say.
    pub facts: SimFacts,
    /// The network, with the collector behind it.
    pub network: Network,
    /// The fleet's policy.
    pub policy: SimPolicy,
    /// The manifest that is installed.
    pub manifest: Manifest,
    /// The environment of the next command.
    pub environment: BTreeMap<String, String>,
    /// Whether the next command runs in continuous integration.
    pub in_ci: bool,
    /// The collector that the operator put in place of the manifest's.
    pub collector: Option<String>,
    /// Stands at the end of each manifest that is installed: a relay, or nothing.
    pub relays: &'static str,
}

impl World {
    /// A machine on which Larkspur was just installed, on 20 November 2026 at noon.
    pub fn new(seed: u64) -> Self {
        let world = Self::within(seed, Network::new(seed));
        world.network.load(&world.manifest);
        world
    }

    /// The same within a network that others have too. Its vendor loads manifests when it likes.
    pub fn within(seed: u64, network: Network) -> Self {
        let manifest = crate::larkspur::manifest(crate::larkspur::FIRST, &network.root());
        let facts = SimFacts::default();
        facts.set("os", Fact::Text("debian".into()));
        facts.set("processors", Fact::Number(4));
        facts.set("features", Fact::List(vec!["maps".into(), "alerts".into()]));
        facts.set("description", Fact::List(vec!["Meadow switch 12".into(), "Field box".into()]));
        Self {
            disk: SimDisk::new(seed),
            clock: SimClock(Mutex::new(noon())),
            random: SimRandom(Mutex::new(ChaCha8Rng::seed_from_u64(seed))),
            facts,
            network,
            policy: SimPolicy::default(),
            manifest,
            environment: BTreeMap::new(),
            in_ci: false,
            collector: None,
            relays: "",
        }
    }

    /// The same, with a manifest that names a relay.
    pub fn through_a_relay(seed: u64) -> Self {
        let mut world = Self { relays: crate::relay::RELAY, ..Self::new(seed) };
        world.install(crate::larkspur::FIRST);
        world
    }

    /// The agent as a newly started process sees the world.
    pub fn agent(&self) -> Agent<'_> {
        if self.network.is_alone() {
            self.network.set_day(agent::ports::day_of(self.clock.now()));
        }
        *self.network.disk.borrow_mut() = Some(self.disk.clone());
        let world = agent::agent::World {
            disk: Some(&self.disk),
            clock: &self.clock,
            random: &self.random,
            facts: &self.facts,
            transport: &self.network,
            policy: &self.policy,
        };
        let environment =
            Environment::read("this command", |name| self.environment.get(name).cloned());
        let collector = self.collector.as_deref();
        Agent::new(self.manifest.clone(), collector, environment, self.in_ci, world)
    }

    /// Installs another version's manifest, and loads it in a collector of its own.
    pub fn install(&mut self, text: &str) {
        let text = format!("{text}{}", self.relays);
        self.manifest = crate::larkspur::manifest(&text, &self.network.root());
        if self.network.is_alone() {
            self.network.load(&self.manifest);
        }
    }

    /// Lets hours pass.
    pub fn pass_hours(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }

    /// A person carries a bundle to the vendor; the receipts to bring back, unless the file was
    /// lost, or the answer.
    ///
    /// # Errors
    /// If the bundle cannot be read.
    pub fn carry_by_hand(&self, bundle: &str) -> Result<Option<String>, String> {
        self.network.carry_by_hand(bundle, agent::ports::day_of(self.clock.now()))
    }

    /// Power fails and comes back, here and at a collector of its own.
    pub fn lose_power(&mut self) {
        self.disk = self.disk.restart();
        if self.network.is_alone() {
            self.network.lose_power();
        }
    }
}

/// When every simulation begins.
pub fn noon() -> Timestamp {
    Timestamp::from_second(1_795_176_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
