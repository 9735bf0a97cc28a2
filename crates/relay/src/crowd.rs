//! Counting networks without knowing them: a salted hash of an address's prefix names one of 65,536
//! places, and within an hour salt and counts are gone.
//!
//! What is counted is a network and not an address: `/24` for IPv4, the smallest that is routed and
//! mostly one organisation's; `/48` for IPv6, what one site is given (RFC 6177), for a site could
//! otherwise call from 65,536 networks of its own. A place holds two numbers. Neither an address
//! nor a prefix nor a whole hash is kept, and who has the memory and not the salt has only numbers.

use core::net::IpAddr;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use zeroize::Zeroizing;

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
pub struct Crowd {
    salt: Zeroizing<[u8; 16]>,
    hashes: RandomState,
    places: Box<[Place]>,
    allowance: Allowance,
}

/// A connection that was let in. It holds a place's number and no address; dropped, it leaves.
pub struct Guest {
    crowd: Arc<Crowd>,
    place: usize,
}

#[derive(Default)]
struct Place {
    connections: AtomicU32,
    requests: AtomicU32,
}

impl Crowd {
    /// An empty table under a salt of its own.
    pub fn new(salt: [u8; 16], allowance: Allowance) -> Self {
        Self {
            salt: Zeroizing::new(salt),
            hashes: RandomState::new(),
            places: (0..NETWORK_PLACES).map(|_| Place::default()).collect(),
            allowance,
        }
    }

    /// Lets a connection in, unless its network has as many as it may.
    pub fn enter(crowd: &Arc<Self>, address: IpAddr) -> Option<Guest> {
        let place = crowd.place_of(address);
        let guest = Guest { crowd: Arc::clone(crowd), place };
        let before = crowd.places.get(place)?.connections.fetch_add(1, Ordering::Relaxed);
        // Refused, the guest is dropped here and takes its count with it.
        (before < bound(crowd.allowance.connections)).then_some(guest)
    }

    fn place_of(&self, address: IpAddr) -> usize {
        let hash = self.hashes.hash_one((*self.salt, network(address)));
        usize::try_from(hash % NETWORK_PLACES as u64).unwrap_or(0)
    }
}

impl Guest {
    /// Counts a request, unless the network has made as many as it may.
    pub fn may_ask(&self) -> bool {
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

impl fmt::Debug for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crowd(..)")
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guest(..)")
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
