//! One-time links and sessions: who may see and change something through a browser.
//!
//! A link is `/DOOR/enter?token=TOKEN`. It works once and gives the browser a cookie for `/DOOR/`
//! alone. The door is random as well: browsers send cookies to every port of a host, and to find
//! out the cookie another user's server on this machine would have to know the door.

use envelope::Digest;
use jiff::{SignedDuration, Timestamp};

use super::limits::{
    LINK_SECONDS_MAX, LINKS_MAX, SESSION_IDLE_SECONDS_MAX, SESSION_SECONDS_MAX, SESSIONS_MAX,
};
use crate::ports::Random;

/// The links and sessions that are open. Secrets are kept as their hashes.
#[derive(Default)]
pub(super) struct Sessions {
    links: Vec<Link>,
    open: Vec<Session>,
}

struct Link {
    token: Digest,
    door: String,
    made: Timestamp,
}

struct Session {
    cookie: Digest,
    /// `None` for a session that began at the socket.
    door: Option<String>,
    csrf: String,
    began: Timestamp,
    used: Timestamp,
}

/// What a new link is made of.
pub(super) struct NewLink {
    pub(super) door: String,
    pub(super) token: String,
}

/// A request that belongs to a session.
#[derive(Clone)]
pub(super) struct Pass {
    /// Stands in every form of the session.
    pub(super) csrf: String,
}

impl Pass {
    /// Whether a form comes from a page of this session.
    pub(super) fn allows(&self, csrf: Option<&str>) -> bool {
        // Hashes are compared, so that the time taken tells nothing of how much was right.
        csrf.is_some_and(|csrf| same(csrf, &self.csrf))
    }
}

impl Sessions {
    /// Makes a link that works once.
    pub(super) fn link(&mut self, random: &dyn Random, now: Timestamp) -> NewLink {
        self.forget(now);
        if self.links.len() >= LINKS_MAX {
            self.links.remove(0);
        }
        let (door, token) = (secret(random), secret(random));
        self.links.push(Link { token: digest(&token), door: door.clone(), made: now });
        NewLink { door, token }
    }

    /// Takes a link: the cookie of a new session, once.
    pub(super) fn enter(
        &mut self,
        door: &str,
        token: &str,
        random: &dyn Random,
        now: Timestamp,
    ) -> Option<String> {
        self.forget(now);
        let token = digest(token);
        let at = self.links.iter().position(|link| link.token == token && link.door == door)?;
        self.links.remove(at);
        Some(self.begin(Some(door.to_owned()), random, now).0)
    }

    /// Begins a session at the socket, where the file system has asked who it is.
    pub(super) fn admit(&mut self, random: &dyn Random, now: Timestamp) -> (String, Pass) {
        self.forget(now);
        self.begin(None, random, now)
    }

    fn begin(
        &mut self,
        door: Option<String>,
        random: &dyn Random,
        now: Timestamp,
    ) -> (String, Pass) {
        if self.open.len() >= SESSIONS_MAX {
            let oldest = self.open.iter().enumerate().min_by_key(|(_, session)| session.used);
            if let Some((at, _)) = oldest {
                self.open.remove(at);
            }
        }
        let (cookie, csrf) = (secret(random), secret(random));
        let pass = Pass { csrf: csrf.clone() };
        self.open.push(Session { cookie: digest(&cookie), door, csrf, began: now, used: now });
        (cookie, pass)
    }

    /// The session of a cookie at a door. At the socket any door will do.
    pub(super) fn pass(
        &mut self,
        cookie: &str,
        door: Option<&str>,
        at_socket: bool,
        now: Timestamp,
    ) -> Option<Pass> {
        self.forget(now);
        let cookie = digest(cookie);
        let fits = |session: &Session| at_socket || session.door.as_deref() == door;
        let known = |session: &&mut Session| session.cookie == cookie && fits(session);
        let session = self.open.iter_mut().find(known)?;
        // Nothing but a door opens on the loopback address.
        if !at_socket && session.door.is_none() {
            return None;
        }
        session.used = now;
        Some(Pass { csrf: session.csrf.clone() })
    }

    /// Ends the session of a cookie.
    pub(super) fn leave(&mut self, cookie: &str) {
        let cookie = digest(cookie);
        self.open.retain(|session| session.cookie != cookie);
    }

    fn forget(&mut self, now: Timestamp) {
        self.links.retain(|link| within(link.made, now, LINK_SECONDS_MAX));
        self.open.retain(|session| {
            within(session.began, now, SESSION_SECONDS_MAX)
                && within(session.used, now, SESSION_IDLE_SECONDS_MAX)
        });
    }
}

/// Whether `now` is in the seconds after a moment. A clock that went back ends it, too.
fn within(moment: Timestamp, now: Timestamp, seconds_max: i64) -> bool {
    let age = now.duration_since(moment);
    age >= SignedDuration::ZERO && age <= SignedDuration::from_secs(seconds_max)
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn same(one: &str, other: &str) -> bool {
    digest(one) == digest(other)
}

/// 128 random bits as 32 digits.
fn secret(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// Whether a piece of a path may be a door.
pub(super) fn is_door(piece: &str) -> bool {
    piece.len() == 32 && piece.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

#[cfg(test)]
mod tests;
