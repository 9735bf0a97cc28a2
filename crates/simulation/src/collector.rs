//! The real collector's core on a simulated disk: its catalogue, its intake and its store.

use std::sync::Arc;

use collector::catalogue::Catalogue;
use collector::intake;
use collector::signers::Signers;
use collector::store::{Arrival, Outcome, Store, StoreError};
use contract::manifest::Manifest;
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
}

impl Collector {
    /// A collector that serves Larkspur's first manifest.
    ///
    /// # Errors
    /// If the manifest's names clash with the collector's own.
    pub fn new(seed: u64) -> Result<Self, collector::catalogue::ReservedName> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let root = RootKey::generate(&mut random);
        let days = (date(2026, 1, 1), date(2036, 12, 31));
        let key = root.issue(&mut random, KeyPurpose::Receipt, "larkspur", days);
        Self::serving(crate::larkspur::FIRST, root.public(), key)
    }

    fn serving(
        text: &str,
        root: RootPublic,
        key: DatedKey,
    ) -> Result<Self, collector::catalogue::ReservedName> {
        let catalogue = Catalogue::new([crate::larkspur::manifest(text, &root)])?;
        let signers = Signers::choose(catalogue.roots(), vec![key], date(2026, 11, 20));
        Ok(Self { root, catalogue, signers })
    }

    /// Opens its store.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn store(&self, disk: &SimDisk) -> Result<Store<SimDisk>, StoreError> {
        Store::open(disk.clone(), 0)
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

    /// Gives the store parts on a day, as one batch.
    pub fn accept(
        &self,
        store: &mut Store<SimDisk>,
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
