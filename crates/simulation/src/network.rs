//! A machine's way to the collector: it records every packet, loses what it is told to lose, and
//! ends at a vendor, of its own or everybody's.

use core::net::{IpAddr, Ipv4Addr};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use agent::ports::{Believed, HeldRequest, LastLook, NoReply, Reply, Transport};
use contract::bundle::{self, Fate};
use contract::destination::DirectWay;
use contract::gate::Consent;
use contract::manifest::{Manifest, Relay as Named};
use contract::part::Part;
use disk::Disk as _;
use envelope::oblivious::Capsule;
use envelope::{Digest, RootPublic, Tag, TagKey};
use jiff::Timestamp;
use jiff::civil::Date;

use self::mail::Letter;
pub use self::mail::Mail;
use crate::disk::{SimDisk, Survival};
use crate::relay::Relay;
use crate::vendor::Vendor;

mod mail;

/// What the network does to the next packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything arrives.
    Clear,
    /// Requests are lost.
    LosesRequests,
    /// Requests arrive, answers are lost.
    LosesReplies,
    /// Requests arrive within days, and nobody waits for the answers.
    Late,
    /// Requests arrive at once, and within days once more.
    Twice,
    /// The collector answers with this status.
    Busy(u16),
    /// Somebody else answers, with receipts of another root key.
    Forged,
}

/// Where packets go that a person carries.
pub const BY_HAND: &str = "by hand";

/// A packet that left the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Where to.
    pub to: String,
    /// What was in it.
    pub bytes: Vec<u8>,
    /// The decision under which it left: the tier agreed to.
    pub tier: String,
    /// Whether its bytes stood in the machine's ledger at that moment.
    pub is_ledgered: bool,
}

/// One machine's network, with a vendor at its end.
pub struct Network {
    /// What happens to packets.
    pub weather: Cell<Weather>,
    /// The certificate authority of the fleet's policy that it believes, as it was made.
    pub fleet_ca: RefCell<Option<String>>,
    /// What happens once while the next connection is being made, before anything has left.
    pub interruption: Cell<Option<Box<dyn FnOnce()>>>,
    /// The disk of the machine that sends.
    pub disk: RefCell<Option<SimDisk>>,
    packets: RefCell<Vec<Packet>>,
    fetches: Cell<usize>,
    questions: Cell<usize>,
    vendor: Rc<Vendor>,
    relay: Rc<Relay>,
    /// Where others use the same vendor.
    mail: Option<Rc<Mail>>,
    address: IpAddr,
}

impl Network {
    /// A clear network to a vendor of its own, whose day is the machine's.
    pub fn new(seed: u64) -> Self {
        let (vendor, relay) = (Rc::new(Vendor::new(seed)), Rc::new(Relay::new(0)));
        Self::of(vendor, relay, None, IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// A clear network that others have too, for a machine of this address.
    pub fn shared(vendor: Rc<Vendor>, relay: Rc<Relay>, mail: Rc<Mail>, address: IpAddr) -> Self {
        Self::of(vendor, relay, Some(mail), address)
    }

    fn of(vendor: Rc<Vendor>, relay: Rc<Relay>, mail: Option<Rc<Mail>>, address: IpAddr) -> Self {
        Self {
            weather: Cell::new(Weather::Clear),
            fleet_ca: RefCell::default(),
            interruption: Cell::new(None),
            disk: RefCell::default(),
            packets: RefCell::default(),
            fetches: Cell::new(0),
            questions: Cell::new(0),
            vendor,
            relay,
            mail,
            address,
        }
    }

    /// Whether nobody else uses its vendor: then that one's clock and software are the machine's.
    pub fn is_alone(&self) -> bool {
        self.mail.is_none()
    }

    /// How often somebody asked for the gateway's keys.
    pub fn fetches(&self) -> usize {
        self.fetches.get()
    }

    /// How often somebody asked what is held, or to delete it.
    pub fn questions(&self) -> usize {
        self.questions.get()
    }

    /// The collector's root key.
    pub fn root(&self) -> RootPublic {
        self.vendor.root()
    }

    /// Loads a manifest in the collector, beside those that it has.
    pub fn load(&self, manifest: &Manifest) {
        self.vendor.load(manifest);
    }

    /// The collector's power fails and comes back.
    pub fn lose_power(&self) {
        self.vendor.lose_power();
    }

    /// The collector's day.
    pub fn set_day(&self, today: Date) {
        self.vendor.set_day(today);
    }

    /// Every packet that left so far.
    pub fn packets(&self) -> Vec<Packet> {
        self.packets.borrow().clone()
    }

    /// The packets that left after the first so many.
    pub fn packets_after(&self, seen: usize) -> Vec<Packet> {
        self.packets.borrow().iter().skip(seen).cloned().collect()
    }

    /// The digests of the parts that were accepted.
    pub fn accepted(&self) -> Vec<Digest> {
        self.vendor.accepted()
    }

    /// Whether a part with this digest is held.
    pub fn holds(&self, digest: &Digest) -> bool {
        self.vendor.holds(digest)
    }

    /// Whether a part with this digest was deleted or forgotten.
    pub fn is_gone(&self, digest: &Digest) -> bool {
        self.vendor.is_gone(digest)
    }

    /// How many parts were deleted or forgotten.
    pub fn gone(&self) -> usize {
        self.vendor.gone()
    }

    /// The tags that somebody asked to delete, by proof, in the order of asking.
    pub fn deletions(&self) -> Vec<Tag> {
        self.vendor.deletions()
    }

    fn record(&self, to: &str, bytes: &[u8], tier: String) {
        let disk = self.disk.borrow();
        // What a power failure at this very moment leaves of it.
        let durable = |disk: &SimDisk| {
            let copy = disk.copy();
            copy.crash(Survival::Nothing);
            copy.restart()
        };
        // Where the disk is gone the ledger cannot be read; what is left of it is looked at later.
        let is_ledgered =
            disk.as_ref().is_none_or(|disk| disk.is_off() || ledgered(&durable(disk), bytes, to));
        let packet = Packet { to: to.to_owned(), bytes: bytes.to_vec(), tier, is_ledgered };
        self.packets.borrow_mut().push(packet);
    }

    fn pass(&self, letter: &Letter) -> Result<Reply, NoReply> {
        let arrives =
            |is_forged| letter.arrive(self.address, (&self.vendor, &self.relay), is_forged);
        let keep = || {
            if let Some(mail) = &self.mail {
                mail.keep(self.address, letter.clone());
            }
        };
        match self.weather.get() {
            Weather::Clear => arrives(false),
            Weather::Forged => arrives(true),
            Weather::LosesRequests => Err(lost()),
            Weather::LosesReplies => arrives(false).and_then(|_| Err(lost())),
            Weather::Late => {
                keep();
                Err(lost())
            }
            Weather::Twice => {
                keep();
                arrives(false)
            }
            Weather::Busy(status) => Ok(busy(status)),
        }
    }

    /// A person carries a bundle to the collector; the receipts to bring back, unless the file was
    /// lost, or the answer.
    ///
    /// # Errors
    /// If the bundle cannot be read.
    pub fn carry_by_hand(&self, bundle: &str, today: Date) -> Result<Option<String>, String> {
        let (body, _) = envelope::bundle::open(bundle).map_err(|error| error.to_string())?;
        let bundle = bundle::read_parts(body).map_err(|error| error.to_string())?;
        for part in &bundle.parts {
            self.record(BY_HAND, part.as_bytes(), String::new());
        }
        let fate = |part: &&str| {
            let reply = self.pass(&Letter::Part(part.as_bytes().to_vec())).ok()?;
            let receipt = serde_json::from_slice(&reply.body).ok();
            let refused = receipt.is_none().then(|| format!("status {}", reply.status));
            Some(Fate { digest: Digest::of(part.as_bytes()), receipt, refused })
        };
        let fates: Option<Vec<_>> = bundle.parts.iter().map(fate).collect();
        Ok(fates.map(|fates| bundle::receipts(&bundle.program, today, &fates)))
    }

    fn interrupt(&self) {
        if let Some(interruption) = self.interruption.take() {
            interruption();
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
        self.interrupt();
        let Some(_held) = look() else { return Err(stopped()) };
        self.record(&consent.destination().collector, part.bytes(), consent.tier().to_string());
        self.pass(&Letter::Part(part.bytes().to_vec()))
    }

    fn held(&self, _: DirectWay<'_>, request: &HeldRequest<'_>) -> Result<Reply, NoReply> {
        self.questions.set(self.questions.get() + 1);
        let keys = request.keys.iter().map(TagKey::to_hex).collect();
        self.pass(&Letter::Held(request.channel.to_owned(), keys, request.delete))
    }

    fn keys(&self, _: &Named) -> Result<Reply, NoReply> {
        self.fetches.set(self.fetches.get() + 1);
        if self.is_alone() {
            self.relay.look_after(Timestamp::UNIX_EPOCH, &self.vendor, true);
        }
        match self.weather.get() {
            Weather::LosesRequests | Weather::LosesReplies | Weather::Late => Err(lost()),
            Weather::Busy(status) => Ok(busy(status)),
            Weather::Clear | Weather::Twice => self.relay.keys(),
            Weather::Forged => Ok(self.vendor.document(true)),
        }
    }

    fn carry(
        &self,
        relay: &Named,
        capsule: &Capsule,
        look: Option<&mut LastLook<'_>>,
    ) -> Result<Reply, NoReply> {
        self.interrupt();
        let _held = match look {
            Some(look) => Some(look().ok_or_else(stopped)?),
            None => None,
        };
        if let Some(bytes) = self.vendor.peek(capsule.as_bytes()) {
            // A relay sees no tier.
            self.record(&relay.url, &bytes, String::new());
        } else {
            self.questions.set(self.questions.get() + 1);
        }
        self.pass(&Letter::Capsule(capsule.as_bytes().to_vec()))
    }

    fn believed(&self) -> Believed {
        let fleet = self.fleet_ca.borrow().clone();
        Believed { fleet, is_named_here: false, certificates: Vec::new() }
    }
}

/// The ledger's lines as a program reads them. The agent's own reading makes them durable, which
/// would hide that whoever wrote them did not.
pub(crate) fn ledger_lines(disk: &SimDisk) -> Result<Vec<Vec<u8>>, String> {
    let bytes = disk.read("ledger.jsonl", u64::MAX).map_err(|e| e.to_string())?.unwrap_or_default();
    let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    lines.pop();
    Ok(lines)
}

/// Whether a part's bytes stand in the ledger, as a text among its lines, with where they went.
pub(crate) fn ledgered(disk: &SimDisk, bytes: &[u8], to: &str) -> bool {
    let lines = ledger_lines(disk).unwrap_or_default();
    let written = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let (part, to) = (written(&String::from_utf8_lossy(bytes)), written(to));
    // Whoever carries a file by hand goes where they like.
    let has_place = |line: &str| to == written(BY_HAND) || line.contains(&to);
    let mut lines = lines.iter().map(|line| String::from_utf8_lossy(line));
    lines.any(|line| line.contains(&part) && has_place(&line))
}

fn busy(status: u16) -> Reply {
    Reply { status, retry_after_seconds: Some(60), body: Vec::new() }
}

fn lost() -> NoReply {
    NoReply::Silent("the network lost it".into())
}

fn stopped() -> NoReply {
    NoReply::Silent("it was stopped".into())
}
