//! A relay: the real one's rules of what is carried for whom and what passes back, between a clock,
//! a network and a vendor that are simulated.

use core::net::IpAddr;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use ::relay::crowd::{Allowance, Crowd};
use ::relay::limits::{KEYS_AGE_MAX, SALT_LIFETIME};
use ::relay::pass::{self, Passed};
use ::relay::problem::Refusal;
use ::relay::route::{Route, route};
use agent::ports::{NoReply, Reply};
use jiff::Timestamp;

use crate::vendor::Vendor;

/// Where the relay is, as a manifest names it: appended to a manifest's text.
pub const RELAY: &str = "
[[program.relay]]
url = \"https://relay.example.net\"
operator = \"Example University\"
country = \"Norway\"
";

/// A relay as a process.
pub struct Relay {
    crowd: RefCell<Arc<Crowd>>,
    allowance: Allowance,
    salted: Cell<Timestamp>,
    /// The signed document of the gateway's keys, and when it was fetched.
    copy: RefCell<Option<(Vec<u8>, Timestamp)>>,
    now: Cell<Timestamp>,
    is_up: Cell<bool>,
    refused: Cell<usize>,
}

impl Relay {
    /// A relay that takes so many requests an hour from one network; 0 for as many as come.
    pub fn new(requests: u32) -> Self {
        let allowance = Allowance { connections: 0, requests };
        Self {
            crowd: RefCell::new(Arc::new(Crowd::new([1; 16], allowance))),
            allowance,
            salted: Cell::new(Timestamp::UNIX_EPOCH),
            copy: RefCell::default(),
            now: Cell::new(Timestamp::UNIX_EPOCH),
            is_up: Cell::new(true),
            refused: Cell::new(0),
        }
    }

    /// Time passed: the counts of an hour are forgotten, and the keys are fetched anew.
    pub fn look_after(&self, now: Timestamp, vendor: &Vendor, answers: bool) {
        self.now.set(now);
        let since = |then: Timestamp| now.duration_since(then).unsigned_abs();
        if since(self.salted.get()) >= SALT_LIFETIME {
            self.salted.set(now);
            *self.crowd.borrow_mut() = Arc::new(Crowd::new([2; 16], self.allowance));
        }
        if answers {
            *self.copy.borrow_mut() = Some((vendor.document(false).body, now));
        }
    }

    /// It stops; what it counted and copied is nowhere.
    pub fn stop(&self) {
        self.is_up.set(false);
        *self.copy.borrow_mut() = None;
        *self.crowd.borrow_mut() = Arc::new(Crowd::new([3; 16], self.allowance));
    }

    /// It starts.
    pub fn start(&self) {
        self.is_up.set(true);
    }

    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        self.is_up.get()
    }

    /// How many requests it refused itself.
    pub fn refused(&self) -> usize {
        self.refused.get()
    }

    /// What it answers to somebody who wants the gateway's keys.
    ///
    /// # Errors
    /// If it is down.
    pub fn keys(&self) -> Result<Reply, NoReply> {
        self.answers("GET", "/ohttp-keys/signed", Route::SignedKeys(0))?;
        let copy = self.copy.borrow();
        let is_young = |fetched: &Timestamp| {
            self.now.get().duration_since(*fetched).unsigned_abs() < KEYS_AGE_MAX
        };
        match copy.as_ref().filter(|(_, fetched)| is_young(fetched)) {
            Some((document, _)) => {
                Ok(Reply { status: 200, retry_after_seconds: None, body: document.clone() })
            }
            None => Ok(self.refuse(Refusal::NoKeys, Refusal::NoKeys.status())),
        }
    }

    /// Carries a capsule for somebody.
    ///
    /// # Errors
    /// If it is down.
    pub fn carry(
        &self,
        from: IpAddr,
        capsule: &[u8],
        (vendor, is_forged): (&Vendor, bool),
    ) -> Result<Reply, NoReply> {
        self.answers("POST", "/", Route::Carry(0))?;
        let crowd = Arc::clone(&self.crowd.borrow());
        let Some(guest) = Crowd::enter(&crowd, from) else { return Err(silent()) };
        if !guest.may_ask() {
            return Ok(self.refuse(Refusal::Crowd, Refusal::Crowd.status()));
        }
        let Some((status, is_sealed, body)) = vendor.open(capsule, is_forged) else {
            return Ok(self.refuse(Refusal::Gateway, Refusal::Gateway.status()));
        };
        let kind = if is_sealed { pass::ANSWER } else { pass::PROBLEM };
        Ok(match pass::answer(status, Some(kind.as_bytes()), body.len()) {
            Passed::Whole(_) => Reply { status, retry_after_seconds: None, body },
            Passed::Status => self.refuse(Refusal::Refused, status),
            Passed::Nothing => self.refuse(Refusal::Gateway, Refusal::Gateway.status()),
        })
    }

    fn answers(&self, method: &str, path: &str, wanted: Route) -> Result<(), NoReply> {
        let is_there = self.is_up.get() && route(&[None], method, path) == Ok(wanted);
        if is_there { Ok(()) } else { Err(silent()) }
    }

    fn refuse(&self, refusal: Refusal, status: u16) -> Reply {
        self.refused.set(self.refused.get() + 1);
        let retry_after_seconds = refusal.retry_after_seconds().map(u64::from);
        Reply { status, retry_after_seconds, body: Vec::new() }
    }
}

fn silent() -> NoReply {
    NoReply::Silent("nobody is there".into())
}
