//! A gateway's keys as their days pass: what travels blind arrives at the same collector.

use std::cell::RefCell;

use agent::ports::Reply;
use agent::wire;
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

struct Inner {
    gateway: Gateway,
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
        Self { inner: RefCell::new(Inner { gateway: Gateway::default(), random }), signer, forger }
    }

    /// The signed document as the relay tells it on a day.
    pub(crate) fn document(&self, today: Date, is_forged: bool) -> Reply {
        let mut inner = self.inner.borrow_mut();
        inner.renew(today);
        let keys = inner.gateway.keys().iter();
        let last_day = keys.map(GatewayKey::last_offered_day).max().unwrap_or(today);
        let configurations = inner.gateway.configurations(today);
        let signer = if is_forged { &self.forger } else { &self.signer };
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
    /// If it holds what no agent seals: then the agent is wrong.
    pub(crate) fn open(&self, capsule: &[u8], today: Date) -> Result<(Inside, Responder), Reply> {
        let mut inner = self.inner.borrow_mut();
        inner.renew(today);
        let opened = inner.gateway.open(capsule, today);
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
        let due = rotation(self.gateway.keys(), Kem::X25519, today);
        if due.make.is_none() && due.destroy.is_empty() {
            return;
        }
        // A key can be copied by way of its file alone.
        let kept = self.gateway.keys().iter().filter(|key| !due.destroy.contains(&key.id()));
        let mut keys: Vec<_> =
            kept.filter_map(|key| GatewayKey::from_file_text(&key.to_file_text()).ok()).collect();
        if let Some(id) = due.make {
            keys.push(GatewayKey::generate(Kem::X25519, id, today, &mut self.random));
        }
        self.gateway = Gateway::new(keys);
    }
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
