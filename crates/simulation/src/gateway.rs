//! A gateway's keys as their days pass: what travels blind arrives at the same collector.

use std::cell::RefCell;

use agent::ports::Reply;
use agent::wire;
use contract::calendar::add_days;
use envelope::oblivious::{
    Gateway, GatewayKey, KEY_PROBLEM, Kem, KeyDocument, Request, Responder, Response, rotation,
    sign_keys,
};
use envelope::{DatedKey, TagKey};
use jiff::civil::Date;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// A gateway's keys, made and destroyed as their days pass.
pub(crate) struct Behind {
    inner: RefCell<Inner>,
    signer: DatedKey,
    forger: DatedKey,
}

/// Days for which a key of the gateway lives: whoever has it opens capsules of these days.
const KEY_DAYS: i32 = 7;

struct Inner {
    gateway: Gateway,
    /// Keys of somebody who tells others than the gateway's.
    strangers: Gateway,
    random: ChaCha8Rng,
}

/// What was in a capsule.
pub(crate) enum Inside {
    /// A part, as the collector reads it.
    Part(Vec<u8>),
    /// A question about what is held: channel, proofs, and whether to delete it.
    Held(String, Vec<TagKey>, bool),
}

impl Behind {
    /// A gateway whose keys `signer` signs; `forger` is certified by a root that nobody pins.
    pub(crate) fn new(seed: u64, signer: DatedKey, forger: DatedKey) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed ^ 0x9a7e);
        let (gateway, strangers) = (Gateway::default(), Gateway::default());
        Self { inner: RefCell::new(Inner { gateway, strangers, random }), signer, forger }
    }

    /// The signed document as the relay tells it on a day.
    pub(crate) fn document(&self, today: Date, is_forged: bool) -> Reply {
        let mut inner = self.inner.borrow_mut();
        inner.renew(today);
        let (gateway, signer) = if is_forged {
            (&inner.strangers, &self.forger)
        } else {
            (&inner.gateway, &self.signer)
        };
        let keys = gateway.keys().iter();
        let last_day = keys.map(GatewayKey::last_offered_day).max().unwrap_or(today);
        let configurations = gateway.configurations(today);
        let document = sign_keys(signer, &configurations, (today, last_day));
        let documents: Vec<KeyDocument> = document.into_iter().collect();
        said(200, KeyDocument::list_to_json(&documents).into_bytes())
    }

    /// Opens a capsule.
    ///
    /// # Errors
    /// The reply that asks for newer keys.
    ///
    /// # Panics
    /// If it holds what no agent seals, or was sealed to a stranger's keys: then the agent is
    /// wrong.
    pub(crate) fn open(&self, capsule: &[u8], today: Date) -> Result<(Inside, Responder), Reply> {
        let mut inner = self.inner.borrow_mut();
        inner.renew(today);
        let opened = inner.gateway.open(capsule, today);
        let is_betrayed = opened.is_err() && inner.strangers.open(capsule, today).is_ok();
        assert!(!is_betrayed, "something was sealed to keys that no pinned root stands behind");
        let problem = format!("{{\"type\":\"{KEY_PROBLEM}\"}}");
        let (request, responder) = opened.map_err(|_| said(400, problem.into_bytes()))?;
        #[expect(clippy::panic, reason = "an agent that seals nonsense is what this looks for")]
        let inside = inside(&request).unwrap_or_else(|| panic!("{} inside", request.path));
        Ok((inside, responder))
    }

    /// Seals an answer.
    pub(crate) fn answer(&self, responder: Responder, reply: Reply) -> Reply {
        let wait = reply.retry_after_seconds;
        let headers = wait.map(|seconds| ("retry-after".to_owned(), seconds.to_string()));
        let headers = headers.into_iter().collect();
        let response = Response { status: reply.status, headers, body: reply.body };
        let sealed = responder.seal(&response, &mut self.inner.borrow_mut().random);
        sealed.map_or_else(|_| said(500, Vec::new()), |sealed| said(200, sealed))
    }
}

impl Inner {
    fn renew(&mut self, today: Date) {
        for gateway in [&mut self.gateway, &mut self.strangers] {
            renew(gateway, &mut self.random, today);
        }
    }
}

fn renew(gateway: &mut Gateway, random: &mut ChaCha8Rng, today: Date) {
    let due = rotation(gateway.keys(), Kem::X25519, today);
    if due.make.is_some() || !due.destroy.is_empty() {
        // A key can be copied by way of its file alone.
        let kept = gateway.keys().iter().filter(|key| !due.destroy.contains(&key.id()));
        let mut keys: Vec<_> =
            kept.filter_map(|key| GatewayKey::from_file_text(&key.to_file_text()).ok()).collect();
        if let Some(id) = due.make {
            keys.push(GatewayKey::generate(Kem::X25519, id, today, random));
        }
        *gateway = Gateway::new(keys);
    }
    let is_old = |key: &GatewayKey| add_days(key.first_day(), KEY_DAYS) <= today;
    assert!(!gateway.keys().iter().any(is_old), "a key outlives its {KEY_DAYS} days");
}

fn inside(request: &Request) -> Option<Inside> {
    let rest = request.path.strip_prefix("/v1/larkspur/")?;
    match (request.method.as_str(), rest.strip_suffix("/held")) {
        ("POST", None) => wire::expand(&request.body).ok().map(Inside::Part),
        (method @ ("GET" | "DELETE"), Some(channel)) => {
            let proofs = request.header("candor-key")?.split(',').map(str::parse);
            let proofs = proofs.collect::<Result<Vec<TagKey>, _>>().ok()?;
            Some(Inside::Held(channel.to_owned(), proofs, method == "DELETE"))
        }
        _ => None,
    }
}

fn said(status: u16, body: Vec<u8>) -> Reply {
    Reply { status, retry_after_seconds: None, body }
}
