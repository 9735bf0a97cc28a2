//! The real collector's core on a simulated disk: its catalogue, its intake and its store.

use std::cell::RefCell;
use std::sync::Arc;

use collector::catalogue::Catalogue;
use collector::intake;
use collector::signers::Signers;
use collector::store::{Answer, Arrival, Outcome, Store, StoreError};
use contract::manifest::Manifest;
use disk::Disk;
use envelope::{DatedKey, Digest, KeyPurpose, RootKey, RootPublic, Tag};
use jiff::civil::{Date, date};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use crate::disk::SimDisk;

/// A collector's keys and what it serves; the store is opened on whatever disk a test has.
pub struct Collector {
    /// The root that manifests pin.
    pub root: RootPublic,
    /// What it serves.
    pub catalogue: Catalogue,
    /// What it signs with.
    pub signers: Signers,
    /// Parts that an index keeps in memory before it writes them to the disk.
    pub index_rows: usize,
}

impl Collector {
    /// A collector that serves Larkspur's first manifest.
    ///
    /// # Errors
    /// If the manifest's names clash with the collector's own.
    pub fn new(seed: u64) -> Result<Self, collector::catalogue::ReservedName> {
        Self::serving_also(seed, "")
    }

    /// The same, whose manifest has more channels: their text stands behind the others.
    ///
    /// # Errors
    /// As [`Collector::new`].
    pub fn serving_also(
        seed: u64,
        channels: &str,
    ) -> Result<Self, collector::catalogue::ReservedName> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let root = RootKey::generate(&mut random);
        let days = (date(2026, 1, 1), date(2036, 12, 31));
        let key = root.issue(&mut random, KeyPurpose::Receipt, "larkspur", days);
        let text = format!("{}{channels}", crate::larkspur::FIRST);
        Self::serving(&text, root.public(), key)
    }

    fn serving(
        text: &str,
        root: RootPublic,
        key: DatedKey,
    ) -> Result<Self, collector::catalogue::ReservedName> {
        let catalogue = Catalogue::new([crate::larkspur::manifest(text, &root)])?;
        let signers = Signers::choose(catalogue.roots(), vec![key], date(2026, 11, 20));
        Ok(Self { root, catalogue, signers, index_rows: 1_000 })
    }

    /// Opens its store.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn store<D: Disk + Clone>(&self, disk: &D) -> Result<Store<D>, StoreError> {
        Store::open_with(disk.clone(), 0, self.index_rows)
    }

    /// A part as it comes from the network: of one installation, one period, one answer.
    ///
    /// # Panics
    /// If intake refuses it: then the simulation itself is wrong.
    pub fn arrival(&self, installation: u32, period: &str, os: &str) -> Arrival {
        let manifest: &Manifest = &crate::larkspur::manifest(crate::larkspur::FIRST, &self.root);
        let system =
            |definition: &contract::definition::Definition| definition.part.as_str() == "system";
        let definition = manifest.definitions().into_iter().find(system).map(|d| d.hash());
        let hash = definition.unwrap_or_else(|| Digest::of(b""));
        let tag = tag_of(installation, period);
        let bytes = format!(
            "{{\"answers\":{{\"os\":\"{os}\"}},\"channel\":\"usage\",\"definition\":\"{hash}\",\
             \"part\":\"system\",\"period\":\"{period}\",\"program\":\"larkspur\",\
             \"tag\":\"{tag}\"}}"
        );
        match self.receive(bytes.as_bytes(), period.parse().unwrap_or(date(2026, 11, 20))) {
            Ok(arrival) => arrival,
            #[expect(clippy::panic, reason = "a simulation whose parts are refused proves nothing")]
            Err(refused) => panic!("{refused:?}"),
        }
    }

    /// What intake makes of bytes.
    ///
    /// # Errors
    /// If it refuses them.
    pub fn receive(
        &self,
        bytes: &[u8],
        today: Date,
    ) -> Result<Arrival, collector::problem::Refused> {
        let ids = ("larkspur".parse(), "usage".parse());
        let (Ok(program), Ok(channel)) = ids else { return Err(intake::unknown_channel()) };
        intake::check(bytes, (&program, &channel), &self.catalogue, today)
    }

    /// Deletes what is held under a tag: asks, runs the batch, asks again. The answer to the last.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn delete<D: Disk>(
        &self,
        store: &mut Store<D>,
        tag: Tag,
        today: Date,
    ) -> Result<Answer, Box<dyn std::error::Error>> {
        let (program, channel) = ("larkspur".parse()?, "usage".parse()?);
        let place = (&program, &channel);
        let refused = |trouble| format!("{trouble:?}");
        let first = store.delete(place, &[tag], today).map_err(refused)?;
        if first != Answer::Pending {
            return Ok(first);
        }
        let kept = |_: &_, _: &_| Some((contract::calendar::PeriodKind::Day, 30));
        store.settle_deletions(kept, (today, false))?;
        Ok(store.delete(place, &[tag], today).map_err(refused)?)
    }

    /// Makes columns of what is closed on a day.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn close<D: Disk>(&self, store: &mut Store<D>, today: Date) -> Result<u64, StoreError> {
        store.close_periods(&|hash| self.catalogue.definition(hash).cloned(), today)
    }

    /// Gives the store parts on a day, as one batch.
    pub fn accept<D: Disk>(
        &self,
        store: &mut Store<D>,
        arrivals: &[Arrival],
        today: Date,
    ) -> Vec<Outcome> {
        store.accept(arrivals, &self.signers, today)
    }
}

/// The tag of an installation in a period.
pub fn tag_of(installation: u32, period: &str) -> Tag {
    let digest = Digest::of(format!("{installation} in {period}").as_bytes());
    let mut tag = [0; 16];
    tag.copy_from_slice(digest.as_bytes().get(..16).unwrap_or(&[0; 16]));
    Tag(tag)
}

/// Keeps an arrival for later: what is sent again is the same.
pub fn copy_of(arrival: &Arrival) -> Arrival {
    Arrival { definition: Arc::clone(&arrival.definition), ..arrival.clone() }
}

/// The real collector's core beside the one on paper: the same packets, the same days, and what it
/// answers. It keeps its own disk, which may lose power.
pub struct Beside {
    inner: RefCell<Inner>,
}

struct Inner {
    disk: SimDisk,
    store: Option<Store<SimDisk>>,
    manifests: Vec<Manifest>,
    catalogue: Catalogue,
    signers: Signers,
    key: Option<DatedKey>,
}

impl Beside {
    /// A collector that serves nothing yet and signs with this key.
    pub fn new(seed: u64, key: DatedKey) -> Self {
        let inner = Inner {
            disk: SimDisk::new(seed ^ 0xc011),
            store: None,
            manifests: Vec::new(),
            catalogue: Catalogue::default(),
            signers: Signers::default(),
            key: Some(key),
        };
        Self { inner: RefCell::new(inner) }
    }

    /// Loads a manifest beside those that it has.
    pub fn load(&self, manifest: &Manifest) {
        let inner = &mut *self.inner.borrow_mut();
        inner.manifests.push(manifest.clone());
        if let Ok(catalogue) = Catalogue::new(inner.manifests.iter().cloned()) {
            inner.catalogue = catalogue;
        }
        if let Some(key) = inner.key.take() {
            let today = date(2026, 11, 20);
            inner.signers = Signers::choose(inner.catalogue.roots(), vec![key], today);
        }
    }

    /// What it answers to a part: status and body.
    pub fn receive(&self, channel: &str, bytes: &[u8], today: Date) -> (u16, String) {
        let inner = &mut *self.inner.borrow_mut();
        let ids = ("larkspur".parse(), channel.parse());
        let (Ok(program), Ok(channel)) = ids else { return (422, String::new()) };
        let refused = |refused: collector::problem::Refused| {
            (refused.reason.status(), String::from_utf8_lossy(&refused.to_json()).into_owned())
        };
        let arrival = match intake::check(bytes, (&program, &channel), &inner.catalogue, today) {
            Ok(arrival) => arrival,
            Err(why) => return refused(why),
        };
        let Some(store) = inner.open() else { return (503, String::new()) };
        // The store is driven by one thread; the simulation is one.
        let outcome = store.0.accept(&[arrival], store.1, today).pop();
        match outcome.map(intake::answer) {
            Some(Ok((receipt, is_new))) => (if is_new { 201 } else { 200 }, receipt),
            Some(Err(why)) => refused(why),
            None => (503, String::new()),
        }
    }

    /// Deletes what it holds under a tag; the number of rows that were removed.
    pub fn delete(&self, channel: &str, tag: Tag, today: Date) -> Option<u64> {
        let inner = &mut *self.inner.borrow_mut();
        let program = "larkspur".parse().ok()?;
        let kept = inner
            .catalogue
            .channel("larkspur", channel)
            .map(|found| (found.period, found.retention_days));
        kept?;
        let channel = channel.parse().ok()?;
        let (store, _) = inner.open()?;
        let place = (&program, &channel);
        if store.delete(place, &[tag], today).ok()? == Answer::Pending {
            // The batch of the day, at once.
            store.settle_deletions(|_, _| kept, (today, false)).ok()?;
        }
        match store.delete(place, &[tag], today).ok()? {
            Answer::Done(deleted) => Some(deleted.iter().map(|deleted| deleted.removed).sum()),
            Answer::Pending => None,
        }
    }

    /// Power fails and comes back.
    pub fn lose_power(&self) {
        let inner = &mut *self.inner.borrow_mut();
        inner.store = None;
        inner.disk = inner.disk.restart();
    }
}

impl Inner {
    fn open(&mut self) -> Option<(&mut Store<SimDisk>, &Signers)> {
        if self.store.is_none() {
            self.store = Store::open(self.disk.clone(), 0).ok();
        }
        Some((self.store.as_mut()?, &self.signers))
    }
}
