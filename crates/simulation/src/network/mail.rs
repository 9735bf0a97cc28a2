//! What is on its way: it arrives later than it was sent, twice, or in another order.

use core::net::IpAddr;
use std::cell::{Cell, RefCell};

use agent::ports::{NoReply, Reply};
use envelope::TagKey;
use jiff::{SignedDuration, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::relay::Relay;
use crate::vendor::Vendor;

/// One request.
#[derive(Clone)]
pub(super) enum Letter {
    /// A part, straight to the collector.
    Part(Vec<u8>),
    /// A question about what is held: channel, proofs, and whether to delete it.
    Held(String, Vec<String>, bool),
    /// Something sealed, to the relay.
    Capsule(Vec<u8>),
}

impl Letter {
    /// It arrives.
    ///
    /// # Errors
    /// If nobody is there.
    pub(super) fn arrive(
        &self,
        from: IpAddr,
        (vendor, relay): (&Vendor, &Relay),
        is_forged: bool,
    ) -> Result<Reply, NoReply> {
        let answer = match self {
            Self::Part(bytes) => vendor.receive(bytes, is_forged),
            Self::Held(channel, keys, delete) => {
                let keys: Vec<TagKey> = keys.iter().filter_map(|key| key.parse().ok()).collect();
                vendor.held(channel, &keys, (*delete, is_forged))
            }
            Self::Capsule(bytes) => return relay.carry(from, bytes, (vendor, is_forged)),
        };
        answer.ok_or_else(|| NoReply::Silent("nobody is there".into()))
    }
}

/// Letters that the network keeps for days.
pub struct Mail {
    letters: RefCell<Vec<(Timestamp, IpAddr, Letter)>>,
    random: RefCell<ChaCha8Rng>,
    now: Cell<Timestamp>,
    arrived: Cell<usize>,
}

/// The longest that a letter is on its way.
const LATE_HOURS_MAX: u64 = 5 * 24;

impl Mail {
    /// Nothing on its way.
    pub fn new(seed: u64) -> Self {
        Self {
            letters: RefCell::default(),
            random: RefCell::new(ChaCha8Rng::seed_from_u64(seed ^ 0x3a11)),
            now: Cell::new(Timestamp::UNIX_EPOCH),
            arrived: Cell::new(0),
        }
    }

    pub(super) fn keep(&self, from: IpAddr, letter: Letter) {
        let hours = self.random.borrow_mut().next_u64() % LATE_HOURS_MAX;
        let hours = SignedDuration::from_hours(i64::try_from(hours).unwrap_or(0));
        let due = self.now.get().saturating_add(hours).unwrap_or(self.now.get());
        self.letters.borrow_mut().push((due, from, letter));
    }

    /// Delivers what is due; nobody waits for an answer any more.
    pub fn deliver(&self, now: Timestamp, vendor: &Vendor, relay: &Relay) {
        self.now.set(now);
        let letters = std::mem::take(&mut *self.letters.borrow_mut());
        let (due, later) = letters.into_iter().partition(|(due, ..)| *due <= now);
        *self.letters.borrow_mut() = later;
        let due: Vec<_> = due;
        for (_, from, letter) in due {
            self.arrived.set(self.arrived.get() + 1);
            let _ = letter.arrive(from, (vendor, relay), false);
        }
    }

    /// How many letters arrived late so far.
    pub fn arrived(&self) -> usize {
        self.arrived.get()
    }
}
