//! Blind transport: keys are taken through the relay, parts and questions become capsules, and
//! their answers are opened. There is no way out of here but a relay.

use std::cell::Cell;
use std::convert::Infallible;

use contract::destination::{BlindWay, Way, host_and_port, way};
use contract::gate::Consent;
use contract::id::PartId;
use contract::manifest::Relay;
use contract::part::Part;
use envelope::RootPublic;
use envelope::oblivious::{
    Capsule, CapsuleKey, KEY_PROBLEM, Opener, Request, Response, SealError, Sealer,
};
use rand_core::{TryCryptoRng, TryRng};

use crate::agent::Agent;
use crate::ledger::Entry;
use crate::outbox::{Frozen, PartState};
use crate::ports::{HeldRequest, LastLook, NoReply, Random, Reply, day_of};
use crate::sealed::{Sealed, SealedPart};
use crate::trouble::Trouble;
use crate::wire;

mod keys;

use keys::Believed;

/// An answer or the reason why there is none; or the trouble that this machine itself has.
pub(crate) type Asked = Result<Result<Reply, NoReply>, Trouble>;

/// A part that is about to travel blind, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Parting<'a> {
    pub(crate) consent: &'a Consent<'a>,
    pub(crate) frozen: &'a Frozen,
    pub(crate) id: &'a PartId,
    pub(crate) part: &'a Part,
}

/// Why nothing was carried.
enum Met {
    NoReply(NoReply),
    Trouble(Trouble),
}

impl From<NoReply> for Met {
    fn from(error: NoReply) -> Self {
        Self::NoReply(error)
    }
}

impl From<Trouble> for Met {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// What came of handing a capsule to the relays.
enum Carried {
    /// What was sealed in the answer; or a relay that asks to come again.
    Answered(Reply),
    /// The gateway does not know the key, or no longer.
    OldKeys,
}

impl Agent<'_> {
    /// Sends one part through a relay. `stopped` tells that a last look said no.
    pub(crate) fn send_blind(
        &self,
        to: BlindWay<'_>,
        parting: Parting<'_>,
        look: &mut LastLook<'_>,
        stopped: &Cell<bool>,
    ) -> Asked {
        asked(with_fresh_keys(to, |is_again| {
            let sealed = self.sealed(to, parting, is_again)?;
            self.carry(to, (&sealed.capsule, &sealed.opener), Some(&mut *look), stopped)
        }))
    }

    /// Asks a collector what it holds, or to delete it, by the way the parts went.
    pub(crate) fn ask_held(
        &self,
        (collector, relays): (&str, &[Relay]),
        roots: &[RootPublic],
        request: &HeldRequest<'_>,
    ) -> Asked {
        let to = match way(collector, relays) {
            Way::Direct(to) => return Ok(self.world.transport.held(to, request)),
            Way::Blind(to) => to,
        };
        let (method, path, (name, keys)) = request.in_http();
        let headers = vec![(name.to_owned(), keys)];
        asked(with_fresh_keys(to, |is_again| {
            let believed = self.believed_keys(to, roots, is_again)?;
            let request = inside(to, method, &path, headers.clone(), Vec::new());
            let (capsule, opener, key) = self.seal(to, &believed, &request)?;
            let held = self.state().lock()?;
            self.note(vec![Entry::Sealed { capsule: capsule.digest(), part: None, key }])?;
            drop(held);
            self.carry(to, (&capsule, &opener), None, &Cell::new(false))
        }))
    }

    /// The relays through which something goes to a collector: those of then. What once went
    /// directly goes through those of now, where the same collector has some; and a relay that
    /// somebody here named stands in where those of then are gone.
    pub(crate) fn relays_towards(&self, collector: &str, then: &[Relay]) -> Vec<Relay> {
        let mut relays = then.to_vec();
        let may_stand_in = then.is_empty() || self.relay_is_named;
        if may_stand_in && collector == self.destination.collector {
            let is_new = |now: &&Relay| then.iter().all(|relay| relay.url != now.url);
            relays.extend(self.destination.relays.iter().filter(is_new).cloned());
        }
        relays
    }

    /// The part's capsule: the one that waits, or a new one. What opens it again is in the ledger
    /// before the capsule is anywhere.
    fn sealed(
        &self,
        to: BlindWay<'_>,
        parting: Parting<'_>,
        is_again: bool,
    ) -> Result<SealedPart, Met> {
        let Parting { consent, frozen, id, part } = parting;
        let disk = self.state().disk()?;
        let (channel, period) = (&frozen.channel, frozen.period);
        let destination = consent.destination();
        if !is_again {
            let mut waiting = Sealed::load(disk, channel, period)?;
            let today = day_of(self.now());
            if let Some(part) = waiting.take(&part.digest(), &destination.collector, today) {
                return Ok(part);
            }
        }
        let believed = self.believed_keys(to, &destination.root_keys, is_again)?;
        let (sealed, entry) = self.seal_part(to, &believed, consent, (id, part))?;
        let _held = self.state().lock()?;
        self.keep_sealed(frozen, vec![(sealed.clone(), entry)])?;
        Ok(sealed)
    }

    /// Seals what was just gathered, where the keys for it are here: then whoever sends it needs no
    /// more than the capsules. Without keys it is sealed right before it leaves. Callers hold the
    /// lock.
    pub(crate) fn seal_gathered(
        &self,
        consent: &Consent<'_>,
        frozen: &Frozen,
    ) -> Result<(), Trouble> {
        let destination = consent.destination();
        let Way::Blind(to) = destination.way() else { return Ok(()) };
        let Some(believed) = self.kept_keys(to, &destination.root_keys) else { return Ok(()) };
        let mut made = Vec::new();
        for waiting in frozen.parts.iter().filter(|part| part.state == PartState::Waiting) {
            if let Some(part) = self.thaw(consent, frozen.period, waiting)
                && let Ok(sealed) = self.seal_part(to, &believed, consent, (&waiting.part, &part))
            {
                made.push(sealed);
            }
        }
        self.keep_sealed(frozen, made)
    }

    fn seal_part(
        &self,
        to: BlindWay<'_>,
        believed: &Believed,
        consent: &Consent<'_>,
        (id, part): (&PartId, &Part),
    ) -> Result<(SealedPart, Entry), NoReply> {
        let (path, headers) = wire::place(consent);
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let body = wire::compress(part.bytes()).map_err(|e| NoReply::Silent(e.to_string()))?;
        let request = inside(to, "POST", &path, headers.to_vec(), body);
        let (capsule, opener, key) = self.seal(to, believed, &request)?;
        let digest = part.digest();
        let entry = Entry::Sealed { capsule: capsule.digest(), part: Some(digest), key };
        let (part, to) = (id.clone(), consent.destination().collector.clone());
        let last_day = believed.last_day;
        Ok((SealedPart { part, digest, to, capsule, opener, last_day }, entry))
    }

    /// Writes into the ledger what opens the capsules again, and only then the capsules. Callers
    /// hold the lock.
    fn keep_sealed(&self, frozen: &Frozen, made: Vec<(SealedPart, Entry)>) -> Result<(), Trouble> {
        if made.is_empty() {
            return Ok(());
        }
        let disk = self.state().disk()?;
        let (sealed, entries): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        self.note(entries)?;
        let mut waiting = Sealed::load(disk, &frozen.channel, frozen.period)?;
        waiting.parts.retain(|old| sealed.iter().all(|new| new.digest != old.digest));
        waiting.parts.extend(sealed);
        waiting.save(disk, &frozen.channel, frozen.period)
    }

    fn seal(
        &self,
        to: BlindWay<'_>,
        believed: &Believed,
        request: &Request,
    ) -> Result<(Capsule, Opener, CapsuleKey), NoReply> {
        let no_key = |_| SealError::Key;
        let found = Sealer::new(&believed.keys, self.manifest.program.sealing).map_err(no_key);
        let random = &mut Drawn(self.world.random);
        match found.and_then(|sealer| sealer.seal(request, random)) {
            Ok(sealed) => Ok(sealed.into()),
            Err(error) => {
                let host = named(to);
                let what = "nothing can be sealed to the keys that";
                Err(NoReply::Silent(format!("{what} {host} tells: {error}")))
            }
        }
    }

    /// Hands a capsule to the first relay that takes it.
    fn carry(
        &self,
        to: BlindWay<'_>,
        (capsule, opener): (&Capsule, &Opener),
        mut look: Option<&mut LastLook<'_>>,
        stopped: &Cell<bool>,
    ) -> Result<Carried, Met> {
        let mut met = Err(NoReply::Silent("no relay is named".to_owned()));
        for relay in to.relays() {
            let look = look.as_deref_mut();
            let carried = self.world.transport.carry(relay, capsule, look);
            let is_busy = carried.as_ref().is_ok_and(is_busy);
            met = carried.and_then(|reply| heard(relay, opener, &reply));
            if stopped.get() || (met.is_ok() && !is_busy) {
                break;
            }
        }
        Ok(met?)
    }
}

/// The first relay's host, for people.
fn named(to: BlindWay<'_>) -> String {
    to.relays().first().map_or_else(String::new, |relay| host_and_port(&relay.url))
}

/// Tries once, and once more with keys fetched anew where the gateway asks for that.
fn with_fresh_keys(
    to: BlindWay<'_>,
    mut attempt: impl FnMut(bool) -> Result<Carried, Met>,
) -> Result<Reply, Met> {
    for is_again in [false, true] {
        if let Carried::Answered(reply) = attempt(is_again)? {
            return Ok(reply);
        }
    }
    let host = named(to);
    let why = format!("{host} tells keys that the collector does not know any more");
    Err(NoReply::Silent(why).into())
}

fn asked(outcome: Result<Reply, Met>) -> Asked {
    match outcome {
        Ok(reply) => Ok(Ok(reply)),
        Err(Met::NoReply(error)) => Ok(Err(error)),
        Err(Met::Trouble(trouble)) => Err(trouble),
    }
}

/// Whether whoever answered asks to come again.
fn is_busy(reply: &Reply) -> bool {
    matches!(reply.status, 429 | 500..)
}

/// What a relay's reply is: an answer that opens, or what relay or gateway say in the open.
fn heard(relay: &Relay, opener: &Opener, reply: &Reply) -> Result<Carried, NoReply> {
    let host = host_and_port(&relay.url);
    if is_busy(reply) {
        // Nothing that is said in the open is believed of a part but that it is to come again.
        return Ok(Carried::Answered(Reply { body: Vec::new(), ..reply.clone() }));
    }
    match reply.status {
        200 => opener.open(&reply.body).map(|answer| Carried::Answered(replied(answer))).map_err(
            |error| {
                let what = "brought an answer that the collector did not seal for this request";
                NoReply::Unproven(format!("{host} {what}: {error}"))
            },
        ),
        400 if is_key_problem(&reply.body) => Ok(Carried::OldKeys),
        status => {
            let what = "instead of carrying what was sealed";
            Err(NoReply::Silent(format!("{host} answered {status} {what}")))
        }
    }
}

fn is_key_problem(body: &[u8]) -> bool {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    problem.get("type").and_then(|kind| kind.as_str()) == Some(KEY_PROBLEM)
}

fn inside(
    to: BlindWay<'_>,
    method: &str,
    path: &str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
) -> Request {
    let (authority, path) = to.inside(path);
    Request { method: method.to_owned(), authority, path, headers, body }
}

fn replied(answer: Response) -> Reply {
    let retry_after = answer.header("retry-after");
    let retry_after_seconds = retry_after.and_then(|seconds| seconds.parse().ok());
    Reply { status: answer.status, retry_after_seconds, body: answer.body }
}

/// The agent's randomness as the generator that sealing asks for.
struct Drawn<'a>(&'a dyn Random);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}
