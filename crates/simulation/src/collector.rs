//! The real collector's core on a simulated disk: its catalogue, its intake and its store.

use std::sync::Arc;

use collector::catalogue::Catalogue;
use collector::intake;
use collector::signers::Signers;
use collector::store::{Answer, Arrival, Outcome, Store, StoreError};
use contract::definition::Definition;
use disk::Disk;
use envelope::{DatedKey, Digest, KeyPurpose, RootKey, RootPublic, Tag};
use jiff::civil::{Date, date};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// A collector's keys and what it serves; the store is opened on whatever disk a test has.
pub struct Collector {
    /// The root that manifests pin.
    pub root: RootPublic,
    /// What it serves.
    pub catalogue: Catalogue,
    /// What it signs with.
    pub signers: Signers,
    /// The definition of the part that [`Collector::arrival`] makes.
    pub definition: Digest,
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
        // Clocks are set by ten years and more.
        let days = (date(1970, 1, 1), date(2100, 12, 31));
        let key = root.issue(&mut random, KeyPurpose::Receipt, "larkspur", days);
        let text = format!("{}{channels}", crate::larkspur::FIRST);
        Self::serving(&text, root.public(), key)
    }

    fn serving(
        text: &str,
        root: RootPublic,
        key: DatedKey,
    ) -> Result<Self, collector::catalogue::ReservedName> {
        let manifest = crate::larkspur::manifest(text, &root);
        let definitions = manifest.definitions();
        let system = definitions.iter().find(|definition| definition.part.as_str() == "system");
        let definition = system.map_or_else(|| Digest::of(b""), Definition::hash);
        let catalogue = Catalogue::new([manifest])?;
        let signers = Signers::choose(catalogue.roots(), vec![key], date(2026, 11, 20));
        Ok(Self { root, catalogue, signers, definition, index_rows: 1_000 })
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
        let tag = tag_of(installation, period);
        let definition = &self.definition;
        let bytes = format!(
            "{{\"answers\":{{\"os\":\"{os}\"}},\"channel\":\"usage\",\
             \"definition\":\"{definition}\",\"part\":\"system\",\"period\":\"{period}\",\
             \"program\":\"larkspur\",\"tag\":\"{tag}\"}}"
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
