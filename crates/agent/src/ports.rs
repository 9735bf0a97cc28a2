//! What the agent needs of the world, as small traits: the operating system in `edge`, a simulated
//! world in tests.

use contract::destination::DirectWay;
use contract::draft::Facts;
use contract::environment::Environment;
use contract::gate::Consent;
use contract::manifest::{Field, Relay};
use contract::part::Part;
use disk::LockGuard;
use envelope::oblivious::Capsule;
use envelope::{Digest, TagKey};
use jiff::Timestamp;

use crate::fleet::Remote;

/// Tells the time and lets it pass.
pub trait Clock: Send + Sync {
    /// The moment.
    fn now(&self) -> Timestamp;

    /// Waits; may return early, so callers look again.
    fn wait(&self, seconds: u64);
}

/// Draws random bytes fit for keys.
pub trait Random {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Reads facts of the machine.
pub trait Gather {
    /// One entry for each field: its fact, or why there is none.
    fn facts(&self, fields: &[&Field]) -> Facts;

    /// Lets every value pass by that names this machine, its network or its people. They are
    /// removed from samples; they are never sent and never kept.
    ///
    /// # Errors
    /// If some of them could not be read: then no sample may leave. The sentence names no value.
    fn known(&self, tell: &mut dyn FnMut(&str)) -> Result<(), String>;
}

/// Reads the fleet's policy, each time that something is decided.
pub trait ReadPolicy {
    /// Its text; `None` where there is no policy.
    ///
    /// # Errors
    /// Why it cannot be read, for people; then nothing is sent.
    fn read(&self) -> Result<Option<String>, String>;

    /// Where a signed policy is fetched, and whose it is; `None` where none is.
    fn remote(&self) -> Option<&Remote> {
        None
    }

    /// Fetches it: a signed document, which nobody has looked at yet.
    ///
    /// # Errors
    /// Why nothing came, for people.
    fn fetch(&self) -> Result<Vec<u8>, String> {
        Err("no address is known".to_owned())
    }
}

/// Reads public documents: nothing of this machine is in the question.
pub trait Fetch {
    /// Gets a document of at most so many bytes.
    ///
    /// # Errors
    /// If no answer came, or a longer one.
    fn get(&self, url: &str, bytes_max: u64) -> Result<Reply, NoReply>;
}

/// Carries parts to a collector. Whoever calls it holds the proof that it may.
///
/// Directly goes only what has a [`DirectWay`]; what travels blind has none, and is handed over as
/// a capsule, for a relay.
pub trait Transport {
    /// Sends one part straight to its collector. It looks once more right before the part leaves,
    /// and holds what the look returns until the part has left.
    ///
    /// # Errors
    /// If no answer came. The part may or may not have arrived.
    fn send(
        &self,
        to: DirectWay<'_>,
        consent: &Consent<'_>,
        part: &Part,
        look: &mut LastLook<'_>,
    ) -> Result<Reply, NoReply>;

    /// Asks a collector straight for what it holds under some tags, or to delete it: a person's
    /// command of this moment, or a withdrawal.
    ///
    /// # Errors
    /// If no answer came.
    fn held(&self, to: DirectWay<'_>, request: &HeldRequest<'_>) -> Result<Reply, NoReply>;

    /// Fetches the signed document of a gateway's keys as a relay serves it to everybody.
    ///
    /// # Errors
    /// If no answer came.
    fn keys(&self, relay: &Relay) -> Result<Reply, NoReply>;

    /// Hands a capsule to a relay, on a connection of its own, with a last look where somebody may
    /// change their mind.
    ///
    /// # Errors
    /// If no answer came. The capsule may or may not have arrived.
    fn carry(
        &self,
        relay: &Relay,
        capsule: &Capsule,
        look: Option<&mut LastLook<'_>>,
    ) -> Result<Reply, NoReply>;

    /// Whose certificates it believes, which was settled when it was made.
    fn believed(&self) -> Believed {
        Believed::default()
    }

    /// What the environment of the process says that carries, where that is another one.
    fn environment(&self) -> Option<Environment> {
        None
    }
}

/// Which certificate authorities connections believe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Believed {
    /// Those that the fleet's policy names, in PEM as it stands there.
    pub fleet: Option<String>,
    /// Whether this machine's own settings name some.
    pub is_named_here: bool,
    /// SHA-256 of each certificate that is believed where one of these names any, and otherwise
    /// none: then the public ones are.
    pub certificates: Vec<Digest>,
}

/// The last look before a part leaves: `None` if somebody changed their mind since. What it returns
/// keeps everybody from changing it until it is dropped, so it must not outlive the sending.
pub type LastLook<'a> = dyn FnMut() -> Option<LockGuard> + 'a;

/// A question about what a collector holds, proven by the keys of tags.
#[derive(Debug)]
pub struct HeldRequest<'a> {
    /// The program.
    pub program: &'a str,
    /// The channel.
    pub channel: &'a str,
    /// The proofs.
    pub keys: &'a [TagKey],
    /// Whether what is held is to be deleted.
    pub delete: bool,
}

impl HeldRequest<'_> {
    /// The method, the collector's path and the header of the proof, with the proof.
    pub fn in_http(&self) -> (&'static str, String, (&'static str, String)) {
        let method = if self.delete { "DELETE" } else { "GET" };
        let keys: Vec<_> = self.keys.iter().map(TagKey::to_hex).collect();
        let keys = keys.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        let path = format!("/v1/{}/{}/held", self.program, self.channel);
        (method, path, ("candor-key", keys))
    }
}

/// What a collector answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, if it said so.
    pub retry_after_seconds: Option<u64>,
    /// The body, bounded.
    pub body: Vec<u8>,
}

/// Why there was no answer, for people. It names the destination, never what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// Nothing that could be used came back.
    #[error("{0}")]
    Silent(String),
    /// Whoever was there could not prove to be the one that was meant.
    #[error("{0}")]
    Unproven(String),
}

/// The day of a moment, in UTC.
pub fn day_of(moment: Timestamp) -> jiff::civil::Date {
    jiff::tz::Offset::UTC.to_datetime(moment).date()
}

/// Somebody who reads and answers.
pub trait Person {
    /// Shows a text.
    fn tell(&self, text: &str);

    /// Asks a question; `None` when no answer can come any more.
    fn ask(&self, question: &str) -> Option<String>;
}
