//! A vendor: the real collector's core on a disk that may fail, and beside it, on paper, what it
//! must hold. Whatever the two disagree on ends the simulation, in the middle of whatever was done.
//!
//! What is no disagreement: a refusal with a status of 500 and more while the disk was told to
//! fail, and silence after a crash. What came at such a moment is in doubt until it is acknowledged
//! or found gone: it is there or not, and both are right.

use std::cell::{Cell, RefCell};

use agent::ports::Reply;
use contract::manifest::Manifest;
use envelope::{
    DatedKey, Deletion, Digest, KeyPurpose, Receipt, ReceiptSigner, RootKey, RootPublic, Tag,
    TagKey, Tombstone,
};
use jiff::civil::{Date, date};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};

use self::paper::{Expected, Paper};
use self::real::{Deleting, Real, Showing};
use crate::gateway::{Behind, Inside};

mod paper;
mod published;
mod real;
mod upkeep;

pub use self::upkeep::Trouble;

/// Days on which the vendor's keys sign where they are made once for all.
const DAYS: (Date, Date) = (date(2026, 1, 1), date(2036, 12, 31));

/// A vendor's collector, and what it must hold.
pub struct Vendor {
    paper: RefCell<Paper>,
    real: RefCell<Real>,
    today: Cell<Date>,
    /// The last day that its clock ever showed.
    latest: Cell<Date>,
    root: RootKey,
    random: RefCell<ChaCha8Rng>,
    forger: ReceiptSigner,
    gateway: Behind,
    deletions: RefCell<Vec<Tag>>,
    /// Whether the batch of the day runs at once.
    is_prompt: bool,
    /// Until when its keys sign, where it renews them.
    signs_until: Cell<Option<Date>>,
    releases: RefCell<upkeep::Releases>,
}

impl Vendor {
    /// A vendor whose keys last for years, and who deletes at once.
    pub fn new(seed: u64) -> Self {
        let vendor = Self::with(seed, true, 1_000);
        vendor.issue(DAYS);
        vendor
    }

    /// A vendor who has to look after keys, deletions and releases: see [`Self::upkeep`].
    pub fn at_work(seed: u64, index_rows: usize) -> Self {
        let vendor = Self::with(seed, false, index_rows);
        vendor.signs_until.set(Some(Date::MIN));
        vendor
    }

    fn with(seed: u64, is_prompt: bool, index_rows: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
        let (root, other) = (RootKey::generate(&mut random), RootKey::generate(&mut random));
        let mut key = |root: &RootKey, purpose| root.issue(&mut random, purpose, "larkspur", DAYS);
        #[expect(clippy::expect_used, reason = "a simulation without keys proves nothing")]
        let forger = ReceiptSigner::new(key(&other, KeyPurpose::Receipt)).expect("receipts");
        let keys = (key(&root, KeyPurpose::Ohttp), key(&other, KeyPurpose::Ohttp));
        Self {
            paper: RefCell::default(),
            real: RefCell::new(Real::new(seed, index_rows)),
            today: Cell::new(date(2026, 11, 20)),
            latest: Cell::new(date(2026, 11, 20)),
            root,
            random: RefCell::new(random),
            forger,
            gateway: Behind::new(seed, keys.0, keys.1),
            deletions: RefCell::default(),
            is_prompt,
            signs_until: Cell::new(None),
            releases: RefCell::default(),
        }
    }

    fn issue(&self, days: (Date, Date)) {
        let random = &mut *self.random.borrow_mut();
        for purpose in [KeyPurpose::Receipt, KeyPurpose::Release] {
            let key: DatedKey = self.root.issue(random, purpose, "larkspur", days);
            self.real.borrow_mut().add_key(&key);
        }
    }

    /// Its root key.
    pub fn root(&self) -> RootPublic {
        self.root.public()
    }

    /// Loads a manifest, beside those that it has.
    pub fn load(&self, manifest: &Manifest) {
        self.paper.borrow_mut().load(manifest);
        self.real.borrow_mut().load(manifest);
    }

    /// The day that its clock shows.
    pub fn today(&self) -> Date {
        self.today.get()
    }

    /// Sets its clock.
    pub fn set_day(&self, today: Date) {
        self.today.set(today);
        self.latest.set(self.latest.get().max(today));
    }

    /// Whether its clock showed a later day before.
    fn is_behind(&self) -> bool {
        self.today.get() < self.latest.get()
    }

    /// Whether a part with this digest is held.
    pub fn holds(&self, digest: &Digest) -> bool {
        self.paper.borrow().holds(digest)
    }

    /// The digests of everything that is held.
    pub fn accepted(&self) -> Vec<Digest> {
        self.paper.borrow().digests()
    }

    /// Whether a part with this digest was held, and was deleted or forgotten.
    pub fn is_gone(&self, digest: &Digest) -> bool {
        self.paper.borrow().is_gone(digest)
    }

    /// How many parts were deleted or forgotten so far.
    pub fn gone(&self) -> usize {
        self.paper.borrow().gone()
    }

    /// The tags that somebody asked to delete, by proof, in the order of asking.
    pub fn deletions(&self) -> Vec<Tag> {
        self.deletions.borrow().clone()
    }

    /// Bytes arrive. The reply is the real collector's; `None` where nobody answers. A forger on
    /// the way passes everything on and signs what comes back.
    ///
    /// # Panics
    /// If the collector does anything else than it must.
    pub fn receive(&self, bytes: &[u8], is_forged: bool) -> Option<Reply> {
        let today = self.today.get();
        let (mut paper, mut real) = (self.paper.borrow_mut(), self.real.borrow_mut());
        let expected = paper.expects(bytes, today);
        let addressed: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let channel = addressed.get("channel").and_then(Value::as_str).unwrap_or_default();
        let answered = real.receive(channel, bytes, today);
        let has_key = real.signers.receipts("larkspur").is_some();
        let may_refuse = real.is_troubled || !has_key;
        let Some((status, body)) = answered else {
            assert!(real.is_troubled, "nobody answers, and nothing failed");
            if let Expected::New(held) = expected {
                paper.doubt(held);
            }
            return None;
        };
        let fits = match (&expected, status) {
            (_, 500..=599) => may_refuse,
            (Expected::New(_), 201)
            | (Expected::Again(_), 200)
            | (Expected::Conflict, 409)
            | (Expected::Deleted, 410)
            | (Expected::Refused, 410 | 422) => true,
            (Expected::New(held), 200 | 409) => paper.doubts(&held.key),
            (Expected::New(held), 410) => paper.doubts_tag(held.key.2) || self.is_behind(),
            (Expected::Again(_) | Expected::Conflict, 410) => self.is_behind(),
            _ => false,
        };
        assert!(fits, "on {today}, expected {expected}, and got {status} {body}");
        match (expected, status) {
            (Expected::New(held), 200 | 201) => {
                let receipt: Option<Receipt> = serde_json::from_str(&body).ok();
                let receipt = receipt.filter(|receipt| {
                    receipt.verify(&[self.root()], &held.digest).is_ok()
                        && receipt.statement.forget_by <= paper.receipted(&held)
                });
                assert!(receipt.is_some(), "no receipt of ours: {body}");
                let (channel, _, _, period) = &held.key;
                let is_late = self.releases.borrow().cover(channel, *period) && !self.is_behind();
                assert!(!is_late, "a part is taken of {period}, of which a release was made");
                let forget_by = receipt.map_or(held.forget_by, |r| r.statement.forget_by);
                let receipt = Digest::of(body.as_bytes());
                paper.hold(paper::Held { forget_by, receipt: Some(receipt), ..held });
            }
            (Expected::New(held), 500..=599) => paper.doubt(held),
            (Expected::Again(receipt), 200) => {
                let is_same = receipt.is_none_or(|receipt| receipt == Digest::of(body.as_bytes()));
                assert!(is_same, "the same bytes got another receipt: {body}");
            }
            _ => {}
        }
        let body = if is_forged { self.forged(&body) } else { body };
        Some(reply(status, body))
    }

    /// The same receipt, signed by somebody else.
    fn forged(&self, body: &str) -> String {
        let receipt: Option<Receipt> = serde_json::from_str(body).ok();
        let signed = receipt.and_then(|receipt| self.forger.sign_one(receipt.statement).ok());
        signed.map_or_else(|| body.to_owned(), |receipt| receipt.to_json())
    }

    /// Somebody asks by proof what is held, or deletes it.
    ///
    /// # Panics
    /// If the collector does anything else than it must.
    pub fn held(
        &self,
        channel: &str,
        keys: &[TagKey],
        (delete, is_forged): (bool, bool),
    ) -> Option<Reply> {
        let tags: Vec<Tag> = keys.iter().map(TagKey::tag).collect();
        if delete { self.delete(channel, &tags, is_forged) } else { self.show(channel, &tags) }
    }

    fn show(&self, channel: &str, tags: &[Tag]) -> Option<Reply> {
        let mut real = self.real.borrow_mut();
        let held = match real.held(channel, tags) {
            Showing::Parts(held) => held,
            failed => {
                assert!(real.is_troubled, "what is held is not shown, and nothing failed");
                let is_there = matches!(failed, Showing::Failed);
                return is_there.then(|| reply(503, String::new()));
            }
        };
        let found: Vec<Vec<u8>> = held.iter().map(|part| part.bytes.clone()).collect();
        let compared = self.paper.borrow().compare(&found, Some(tags));
        assert!(compared.is_ok(), "shown by proof: {compared:?}");
        let part = |held: &collector::store::HeldPart| {
            json!({
                "bytes": String::from_utf8_lossy(&held.bytes),
                "forget_by": held.forget_by.to_string(),
                "part": held.part,
                "period": held.period.to_string(),
                "tag": held.tag,
            })
        };
        let parts: Vec<_> = held.iter().map(part).collect();
        Some(reply(200, json!({ "parts": parts }).to_string()))
    }

    fn delete(&self, channel: &str, tags: &[Tag], is_forged: bool) -> Option<Reply> {
        let today = self.today.get();
        self.deletions.borrow_mut().extend(tags);
        let (mut paper, mut real) = (self.paper.borrow_mut(), self.real.borrow_mut());
        let mut said = real.delete(channel, tags, today);
        if matches!(said, Deleting::Pending) && self.is_prompt {
            assert!(real.settle(today), "the batch of deletions failed");
            said = real.delete(channel, tags, today);
        }
        let deleted = match said {
            Deleting::Down | Deleting::Failed => {
                assert!(real.is_troubled, "a deletion is not taken, and nothing failed");
                for tag in tags {
                    paper.perhaps_delete(channel, *tag);
                }
                let failed = matches!(said, Deleting::Failed);
                return failed.then(|| reply(503, String::new()));
            }
            Deleting::Pending | Deleting::Done(_) => {
                for tag in tags {
                    paper.delete(channel, *tag);
                }
                match said {
                    Deleting::Done(deleted) => deleted,
                    _ => return Some(reply(202, json!({ "tombstones": [] }).to_string())),
                }
            }
        };
        for tag in tags {
            let removed: u64 = deleted.iter().filter(|d| d.tag == *tag).map(|d| d.removed).sum();
            let due = paper.removed(*tag);
            let fits = due.is_some_and(|due| {
                removed <= due.high && (removed >= due.low || self.latest.get() > due.until)
            });
            let due = due.map(|due| (due.low, due.high));
            assert!(fits, "{removed} rows were removed, and {due:?} were to be");
            let bytes = [tag.as_bytes().to_vec(), tag.to_string().into_bytes()];
            let left: Vec<_> = bytes.iter().flat_map(|bytes| real.disk.find(bytes)).collect();
            assert!(left.is_empty(), "a deleted tag is still in {left:?}");
        }
        self.tombstones(channel, &deleted, (&real, is_forged))
    }

    fn tombstones(
        &self,
        channel: &str,
        deleted: &[collector::store::Deleted],
        (real, is_forged): (&Real, bool),
    ) -> Option<Reply> {
        let program = "larkspur".parse().ok()?;
        let channel = real.catalogue.channel("larkspur", channel)?;
        let mut tombstones: Vec<Tombstone> = Vec::new();
        for deleted in deleted {
            let deletion: Deletion<'_> = deleted.deletion(&program, channel);
            let signed = if is_forged {
                Tombstone::sign(&self.forger, deletion).ok()
            } else {
                real.signers.tombstone(deletion, self.today.get())
            };
            let Some(signed) = signed else { return Some(reply(503, String::new())) };
            tombstones.push(signed);
        }
        Some(reply(200, json!({ "tombstones": tombstones }).to_string()))
    }

    /// The signed document of what is sealed to.
    pub fn document(&self, is_forged: bool) -> Reply {
        self.gateway.document(self.today.get(), is_forged)
    }

    /// A capsule arrives: status, whether it is sealed, and body.
    pub fn open(&self, capsule: &[u8], is_forged: bool) -> Option<(u16, bool, Vec<u8>)> {
        let (inside, responder) = match self.gateway.open(capsule, self.today.get()) {
            Ok(opened) => opened,
            Err(problem) => return Some((problem.status, false, problem.body)),
        };
        let reply = match inside {
            Inside::Part(bytes) => self.receive(&bytes, is_forged)?,
            Inside::Held(channel, keys, delete) => {
                self.held(&channel, &keys, (delete, is_forged))?
            }
        };
        let sealed = self.gateway.answer(responder, reply);
        Some((sealed.status, sealed.status == 200, sealed.body))
    }

    /// The part in a capsule: for whoever records what left a machine.
    pub fn peek(&self, capsule: &[u8]) -> Option<Vec<u8>> {
        match self.gateway.open(capsule, self.today.get()).ok()?.0 {
            Inside::Part(bytes) => Some(bytes),
            Inside::Held(..) => None,
        }
    }
}

fn reply(status: u16, body: String) -> Reply {
    let is_later = status == 202 || status >= 500;
    Reply { status, retry_after_seconds: is_later.then_some(3_600), body: body.into_bytes() }
}
