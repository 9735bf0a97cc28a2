//! A network that records every packet, loses what it is told to lose, and ends at a collector on
//! paper.
//!
//! The collector on paper is the oracle: the shared check, a map, real receipts. Nothing of it is
//! clever, so that what it holds is what must have been accepted.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use agent::ports::{HeldRequest, LastLook, NoReply, Reply, Transport};
use contract::definition::Definition;
use contract::destination::DirectWay;
use contract::gate::Consent;
use contract::manifest::{Manifest, Relay};
use contract::part::{Part, Refusal, check};
use envelope::oblivious::Capsule;
use envelope::{
    Deletion, Digest, KeyPurpose, ReceiptSigner, RootKey, RootPublic, Statement, Tag, Tombstone,
};
use jiff::civil::{Date, date};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use crate::collector::Beside;
use crate::relay::Behind;

mod relayed;

/// What the network does to the next packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything arrives.
    Clear,
    /// Requests are lost.
    LosesRequests,
    /// Requests arrive, answers are lost.
    LosesReplies,
    /// The collector answers with this status.
    Busy(u16),
    /// Somebody else answers, with receipts of another root key.
    Forged,
}

/// A packet that left the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Where to.
    pub to: String,
    /// What was in it.
    pub bytes: Vec<u8>,
    /// The decision under which it left: the tier agreed to.
    pub tier: String,
}

/// A part that the collector on paper holds.
#[derive(Clone)]
struct Held {
    digest: Digest,
    bytes: Vec<u8>,
    channel: String,
    part: String,
    forget_by: Date,
}

/// What tells one held part from another: definition, tag, period.
type PartKey = (Digest, Option<Tag>, String);

/// The network and the collector on paper behind it.
pub struct Network {
    /// What happens to packets.
    pub weather: Cell<Weather>,
    /// What happens once while the next connection is being made, before anything has left.
    pub interruption: Cell<Option<Box<dyn FnOnce()>>>,
    packets: RefCell<Vec<Packet>>,
    accepted: RefCell<BTreeMap<PartKey, Held>>,
    deleted: RefCell<BTreeMap<Tag, Tombstone>>,
    deletions: RefCell<Vec<Tag>>,
    gone: RefCell<BTreeSet<Digest>>,
    definitions: RefCell<BTreeMap<Digest, (Definition, u32)>>,
    today: Cell<Date>,
    root: RootPublic,
    signer: ReceiptSigner,
    forger: ReceiptSigner,
    beside: Beside,
    behind: Behind,
    fetches: Cell<usize>,
}

impl Network {
    /// A clear network.
    ///
    /// # Panics
    /// If no key can be made: then the simulation itself is wrong.
    pub fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
        let mut signer = || {
            let root = RootKey::generate(&mut random);
            let days = (date(2026, 1, 1), date(2036, 12, 31));
            let key = root.issue(&mut random, KeyPurpose::Receipt, "larkspur", days);
            let another = root.issue(&mut random, KeyPurpose::Receipt, "larkspur", days);
            #[expect(clippy::expect_used, reason = "a simulation without keys proves nothing")]
            let signer = ReceiptSigner::new(key).expect("a key for receipts signs receipts");
            let ohttp = root.issue(&mut random, KeyPurpose::Ohttp, "larkspur", days);
            (root.public(), signer, another, ohttp)
        };
        let ((root, signer, key, ohttp), (_, forger, _, other)) = (signer(), signer());
        let beside = Beside::new(seed, key);
        Self {
            weather: Cell::new(Weather::Clear),
            interruption: Cell::new(None),
            packets: RefCell::default(),
            accepted: RefCell::default(),
            deleted: RefCell::default(),
            deletions: RefCell::default(),
            gone: RefCell::default(),
            definitions: RefCell::default(),
            today: Cell::new(date(2026, 11, 20)),
            root,
            signer,
            forger,
            beside,
            behind: Behind::new(seed, ohttp, other),
            fetches: Cell::new(0),
        }
    }

    /// How often somebody asked for the gateway's keys.
    pub fn fetches(&self) -> usize {
        self.fetches.get()
    }

    /// The collector's root key.
    pub fn root(&self) -> RootPublic {
        self.root
    }

    /// Loads a manifest in the collector, beside those that it has.
    pub fn load(&self, manifest: &Manifest) {
        let retention = |channel: &str| manifest.channel(channel).map_or(1, |c| c.retention_days);
        for definition in manifest.definitions() {
            let days = retention(definition.channel.as_str());
            self.definitions.borrow_mut().insert(definition.hash(), (definition, days));
        }
        self.beside.load(manifest);
    }

    /// The collector's power fails and comes back.
    pub fn lose_power(&self) {
        self.beside.lose_power();
    }

    /// The collector's day.
    pub fn set_day(&self, today: Date) {
        self.today.set(today);
    }

    /// Every packet that left so far.
    pub fn packets(&self) -> Vec<Packet> {
        self.packets.borrow().clone()
    }

    /// The digests of the parts that were accepted.
    pub fn accepted(&self) -> Vec<Digest> {
        self.accepted.borrow().values().map(|held| held.digest).collect()
    }

    /// Whether a part with this digest was deleted.
    pub fn was_deleted(&self, digest: &Digest) -> bool {
        self.gone.borrow().contains(digest)
    }

    /// The tags that somebody asked to delete, by proof, in the order of asking.
    pub fn deletions(&self) -> Vec<Tag> {
        self.deletions.borrow().clone()
    }

    /// The collector on paper and the real one take the same bytes, and must agree. The agent gets
    /// the real one's answer, unless somebody else answers.
    ///
    /// # Panics
    /// If the two disagree: that is what this simulation looks for.
    fn receive(&self, bytes: &[u8], signer: &ReceiptSigner) -> Reply {
        let paper = self.receive_on_paper(bytes, signer);
        let addressed: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        let channel = addressed.get("channel").and_then(|c| c.as_str()).unwrap_or_default();
        let (status, body) = self.beside.receive(channel, bytes, self.today.get());
        let taken = |status| if status == 200 { 201 } else { status };
        // On paper every closed or coming period is 422; the real one says more.
        let same = taken(status) == paper.status || (paper.status == 422 && status == 410);
        assert!(same, "paper says {}, the collector {status}", paper.status);
        if std::ptr::eq(signer, &raw const self.signer) && taken(status) == 201 {
            return Reply { status, retry_after_seconds: None, body: body.into_bytes() };
        }
        paper
    }

    fn receive_on_paper(&self, bytes: &[u8], signer: &ReceiptSigner) -> Reply {
        let answer = |status, body: String| Reply {
            status,
            retry_after_seconds: None,
            body: body.into_bytes(),
        };
        let definitions = self.definitions.borrow();
        let addressed: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        let channel = addressed.get("channel").and_then(|c| c.as_str()).unwrap_or_default();
        let find = |hash: &Digest| definitions.get(hash).map(|(definition, _)| definition);
        let (part, definition) = match check(bytes, ("larkspur", channel), find, self.today.get()) {
            Ok(found) => found,
            Err(Refusal::Invalid(problems)) => return answer(422, problems.to_string()),
            Err(Refusal::UnknownDefinition | Refusal::Period) => return answer(422, String::new()),
        };
        if part.tag().is_some_and(|tag| self.deleted.borrow().contains_key(&tag)) {
            return answer(410, String::new());
        }
        let days = definitions.get(&definition.hash()).map_or(0, |(_, days)| *days);
        let key = (definition.hash(), part.tag(), part.period().to_string());
        let new = || Held {
            digest: part.digest(),
            bytes: bytes.to_vec(),
            channel: definition.channel.to_string(),
            part: definition.part.to_string(),
            forget_by: part.period().forget_by(days),
        };
        let first = self.accepted.borrow_mut().entry(key).or_insert_with(new).digest;
        if first != part.digest() {
            return answer(409, String::new());
        }
        let statement = Statement {
            program: definition.program.to_string(),
            channel: definition.channel.to_string(),
            part: definition.part.to_string(),
            definition: definition.hash(),
            digest: part.digest(),
            period: part.period().to_string(),
            received: self.today.get(),
            forget_by: part.period().forget_by(days),
        };
        match signer.sign_one(statement) {
            Ok(receipt) => answer(201, receipt.to_json()),
            Err(_) => answer(503, String::new()),
        }
    }
}

impl Transport for Network {
    fn send(
        &self,
        _: DirectWay<'_>,
        consent: &Consent<'_>,
        part: &Part,
        look: &mut LastLook<'_>,
    ) -> Result<Reply, NoReply> {
        if let Some(interruption) = self.interruption.take() {
            interruption();
        }
        let Some(_held) = look() else { return Err(NoReply::Silent("it was stopped".into())) };
        self.packets.borrow_mut().push(Packet {
            to: consent.destination().collector.clone(),
            bytes: part.bytes().to_vec(),
            tier: consent.tier().to_string(),
        });
        let lost = || NoReply::Silent("the network lost it".into());
        match self.weather.get() {
            Weather::Clear => Ok(self.receive(part.bytes(), &self.signer)),
            Weather::LosesRequests => Err(lost()),
            Weather::LosesReplies => {
                self.receive(part.bytes(), &self.signer);
                Err(lost())
            }
            Weather::Busy(status) => {
                Ok(Reply { status, retry_after_seconds: Some(60), body: Vec::new() })
            }
            Weather::Forged => Ok(self.receive(part.bytes(), &self.forger)),
        }
    }

    fn held(&self, _: DirectWay<'_>, request: &HeldRequest<'_>) -> Result<Reply, NoReply> {
        let lost = || NoReply::Silent("the network lost it".into());
        match self.weather.get() {
            Weather::Clear => Ok(self.show_or_delete(request, &self.signer)),
            Weather::LosesRequests => Err(lost()),
            Weather::LosesReplies => {
                self.show_or_delete(request, &self.signer);
                Err(lost())
            }
            Weather::Busy(status) => {
                Ok(Reply { status, retry_after_seconds: Some(60), body: Vec::new() })
            }
            Weather::Forged => Ok(self.show_or_delete(request, &self.forger)),
        }
    }

    fn keys(&self, relay: &Relay) -> Result<Reply, NoReply> {
        self.fetches.set(self.fetches.get() + 1);
        let told = |is_forged| self.behind.document(self.today.get(), is_forged);
        match self.weather.get() {
            Weather::LosesRequests | Weather::LosesReplies => {
                Err(NoReply::Silent(format!("the network lost what {} said", relay.url)))
            }
            Weather::Busy(status) => Ok(busy(status)),
            Weather::Clear => Ok(told(false)),
            Weather::Forged => Ok(told(true)),
        }
    }

    fn carry(
        &self,
        relay: &Relay,
        capsule: &Capsule,
        look: Option<&mut LastLook<'_>>,
    ) -> Result<Reply, NoReply> {
        if let Some(interruption) = self.interruption.take() {
            interruption();
        }
        let _held = match look {
            Some(look) => {
                let stopped = || NoReply::Silent("it was stopped".into());
                Some(look().ok_or_else(stopped)?)
            }
            None => None,
        };
        self.carry_sealed(relay, capsule)
    }
}

fn busy(status: u16) -> Reply {
    Reply { status, retry_after_seconds: Some(60), body: Vec::new() }
}

impl Network {
    fn show_or_delete(&self, request: &HeldRequest<'_>, signer: &ReceiptSigner) -> Reply {
        let tags: Vec<Tag> = request.keys.iter().map(envelope::TagKey::tag).collect();
        let body = if request.delete {
            let tombstones = tags.iter().filter_map(|tag| self.delete(request, *tag, signer));
            let tombstones: Vec<_> = tombstones.collect();
            serde_json::json!({ "tombstones": tombstones })
        } else {
            let accepted = self.accepted.borrow();
            let ours = accepted.iter().filter(|((_, tag, _), held)| {
                held.channel == request.channel && tag.is_some_and(|tag| tags.contains(&tag))
            });
            let part = |((_, tag, period), held): (&(Digest, Option<Tag>, String), &Held)| {
                serde_json::json!({
                    "bytes": String::from_utf8_lossy(&held.bytes),
                    "forget_by": held.forget_by.to_string(),
                    "part": held.part,
                    "period": period,
                    "tag": tag,
                })
            };
            serde_json::json!({ "parts": ours.map(part).collect::<Vec<_>>() })
        };
        Reply { status: 200, retry_after_seconds: None, body: body.to_string().into_bytes() }
    }

    fn delete(
        &self,
        request: &HeldRequest<'_>,
        tag: Tag,
        signer: &ReceiptSigner,
    ) -> Option<Tombstone> {
        self.deletions.borrow_mut().push(tag);
        let removed = self.beside.delete(request.channel, tag, self.today.get());
        let mut accepted = self.accepted.borrow_mut();
        let ours = |key: &(Digest, Option<Tag>, String), held: &Held| {
            key.1 == Some(tag) && held.channel == request.channel
        };
        let part = accepted.iter().find(|(key, held)| ours(key, held));
        let part = part.map_or_else(String::new, |(_, held)| held.part.clone());
        let before = accepted.len();
        let digests = accepted.iter().filter(|(key, held)| ours(key, held));
        self.gone.borrow_mut().extend(digests.map(|(_, held)| held.digest));
        accepted.retain(|key, held| !ours(key, held));
        let deletion = Deletion {
            backups_expire: self.today.get().saturating_add(jiff::Span::new().days(30)),
            channel: request.channel,
            deleted_on: self.today.get(),
            part: &part,
            program: request.program,
            removed: (before - accepted.len()) as u64,
            tag,
        };
        let known = self.deleted.borrow().get(&tag).map(|tombstone| tombstone.removed);
        let expected = known.unwrap_or(deletion.removed);
        assert_eq!(removed, Some(expected), "paper and the collector removed different numbers");
        let tombstone = Tombstone::sign(signer, deletion).ok()?;
        // What was deleted before is told again with the number of that time.
        Some(self.deleted.borrow_mut().entry(tag).or_insert(tombstone).clone())
    }
}
