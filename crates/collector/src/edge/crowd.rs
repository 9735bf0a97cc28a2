//! Counting networks without knowing them, as the relay does: a salted hash of an address's prefix
//! names one of 65,536 places, and within an hour salt and counts are gone.
//!
//! A network is a `/24` of IPv4, the smallest that is routed and mostly one organisation's, or a
//! `/48` of IPv6, what one site is given (RFC 6177): with `/56` a site could call from 256 networks
//! of its own. A place holds two numbers. Neither an address nor a prefix nor a whole hash is kept,
//! and a flood of networks takes no more memory than one.

use core::net::IpAddr;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rand_core::Rng;
use zeroize::Zeroizing;

use super::random;
use crate::limits::NETWORK_PLACES;

/// How much one network may do. Zero means: as much as it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Connections at once.
    pub connections: u32,
    /// Requests while one salt lives.
    pub requests: u32,
}

/// The counts under one salt.
pub(super) struct Crowd {
    salt: Zeroizing<[u8; 16]>,
    hashes: RandomState,
    places: Box<[Place]>,
    allowance: Allowance,
}

/// A connection that was let in. It holds a place's number and no address; dropped, it leaves.
pub(super) struct Guest {
    crowd: Arc<Crowd>,
    place: usize,
    is_local: bool,
}

#[derive(Default)]
struct Place {
    connections: AtomicU32,
    requests: AtomicU32,
}

impl Crowd {
    /// An empty table under a new salt.
    pub(super) fn new(allowance: Allowance) -> Arc<Self> {
        let mut salt = Zeroizing::new([0; 16]);
        random::system().fill_bytes(salt.as_mut_slice());
        let places = (0..NETWORK_PLACES).map(|_| Place::default()).collect();
        Arc::new(Self { salt, hashes: RandomState::new(), places, allowance })
    }

    /// Lets a connection in, unless its network has as many as it may. The address ends here.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Guest> {
        let hash = self.hashes.hash_one((*self.salt, network(address)));
        let place = usize::try_from(hash % NETWORK_PLACES as u64).unwrap_or(0);
        let is_local = address.to_canonical().is_loopback();
        let guest = Guest { crowd: Arc::clone(self), place, is_local };
        let before = self.places.get(place)?.connections.fetch_add(1, Ordering::Relaxed);
        // Refused, the guest is dropped here and takes its count with it.
        (before < bound(self.allowance.connections)).then_some(guest)
    }
}

impl Guest {
    /// Whether it came from this machine.
    pub(super) fn is_local(&self) -> bool {
        self.is_local
    }

    /// Counts a request, unless the network has made as many as it may.
    pub(super) fn may_ask(&self) -> bool {
        let Some(place) = self.crowd.places.get(self.place) else { return false };
        place.requests.fetch_add(1, Ordering::Relaxed) < bound(self.crowd.allowance.requests)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if let Some(place) = self.crowd.places.get(self.place) {
            place.connections.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guest(..)")
    }
}

/// Counts what comes through relays, from whomever: nobody here can tell one sender from another.
pub(super) struct Turnstile {
    per_minute: u32,
    passed: AtomicU32,
}

impl Turnstile {
    /// Lets so many through in a minute; zero means: any number.
    pub(super) fn new(per_minute: u32) -> Self {
        Self { per_minute, passed: AtomicU32::new(0) }
    }

    /// Counts one, unless as many as may have passed.
    pub(super) fn may_pass(&self) -> bool {
        let passed = |passed: u32| (passed < bound(self.per_minute)).then(|| passed + 1);
        self.passed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, passed).is_ok()
    }

    /// Another minute.
    pub(super) fn begin_minute(&self) {
        self.passed.store(0, Ordering::Relaxed);
    }
}

fn bound(allowed: u32) -> u32 {
    if allowed == 0 { u32::MAX } else { allowed }
}

/// The network of an address: three bytes, or six.
fn network(address: IpAddr) -> [u8; 6] {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            // No IPv6 network begins with 0 (RFC 4291 keeps ::/8 for itself).
            [0, 0, 0, a, b, c]
        }
        IpAddr::V6(address) => address.octets().first_chunk().copied().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
