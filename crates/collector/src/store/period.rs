//! The parts of one channel and period: a log, its index, and what is about to leave it.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::id::PartId;
use disk::Disk;
use envelope::{Batch, Digest, KeyCertificate, Receipt, Statement, Tag};
use jiff::civil::Date;

use super::Excluded;
use super::error::StoreError;
use super::index::{Index, Place};
use super::log_file::{About, Body, LogFile};
use crate::record::{Proof, RecordKind, Row};

/// The end of the name of a period's file.
pub(super) const SUFFIX: &str = ".log";

/// A period that is held.
#[derive(Debug)]
pub(super) struct PeriodFile {
    log: LogFile,
    period: Period,
    /// The period as receipts write it.
    name: String,
    contents: Contents,
}

/// What a log holds, as its records tell.
#[derive(Debug)]
struct Contents {
    index: Index,
    /// The names of parts; the index names them by their place here.
    parts: Vec<PartId>,
    /// The keys that signed; rows name them by their place here.
    keys: Vec<KeyCertificate>,
    /// Rows of deleted tags that are still in the file: excluded from everything, and next to go.
    doomed: BTreeMap<u64, u32>,
    /// From which place on rows are forgotten by an earlier day than the header's; ever earlier.
    earlier: Vec<(u64, Date)>,
}

/// A part that is held, for whoever proved that it is theirs.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldPart {
    /// Its tag.
    pub tag: Tag,
    /// The name of its definition.
    pub part: PartId,
    /// Its period.
    pub period: Period,
    /// The day after which it is forgotten.
    pub forget_by: Date,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for HeldPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeldPart").field("period", &self.period).finish_non_exhaustive()
    }
}

/// A row that is about to be appended.
pub(super) struct NewRow<'a> {
    pub(super) tag: Option<Tag>,
    pub(super) part: &'a PartId,
    pub(super) digest: Digest,
    pub(super) received: Date,
    pub(super) forget_by: Date,
    /// Its place in the signed batch.
    pub(super) leaf: usize,
    pub(super) bytes: &'a [u8],
}

impl PeriodFile {
    pub(super) fn create(
        disk: &dyn Disk,
        path: String,
        about: &About<'_>,
        (period, rows_max): (Period, usize),
    ) -> Result<Self, StoreError> {
        let contents = Contents::new(Index::new(&path, rows_max));
        let log = LogFile::create(disk, path, about)?;
        Ok(Self { log, period, name: period.to_string(), contents })
    }

    /// Replays a file. `None` where there is none, or where it is about another period than its
    /// name says.
    pub(super) fn open(
        disk: &dyn Disk,
        path: String,
        (period, rows_max): (Period, usize),
        excluded: Excluded<'_>,
    ) -> Result<Option<Self>, StoreError> {
        let mut contents = Contents::new(Index::new(&path, rows_max));
        let log = LogFile::open(disk, path, |offset, kind, body, bytes| {
            contents.take(disk, excluded, (offset, bytes), (kind, body));
        })?;
        let log = log.filter(|log| log.header.period == Some(period));
        Ok(log.map(|log| Self { log, period, name: period.to_string(), contents }))
    }

    /// The digest under which this tag and part is held.
    pub(super) fn digest_of(
        &mut self,
        disk: &dyn Disk,
        (tag, part): (Tag, &PartId),
    ) -> Result<Option<Digest>, StoreError> {
        let Some(part) = self.contents.number_of(part) else { return Ok(None) };
        let Some(place) = self.contents.index.get(tag, part)? else { return Ok(None) };
        let span = (place.offset, place.bytes);
        self.log.read(disk, span, |body| Some(Row::read(body)?.digest)).map(Some)
    }

    /// The receipt that was given for this tag and part.
    pub(super) fn receipt(
        &mut self,
        disk: &dyn Disk,
        (tag, part): (Tag, &PartId),
        definition: Digest,
    ) -> Result<Receipt, StoreError> {
        let unknown = || StoreError::Unsettled { path: self.log.path().to_owned() };
        let number = self.contents.number_of(part).ok_or_else(unknown)?;
        let place = self.contents.index.get(tag, number)?.ok_or_else(unknown)?;
        let keys = &self.contents.keys;
        let (digest, proof, key) = self.log.read(disk, (place.offset, place.bytes), |body| {
            let row = Row::read(body)?;
            let key = keys.get(usize::from(row.proof.key))?.clone();
            Some((row.digest, row.proof, key))
        })?;
        let days = (proof.received, self.forget_by_at(place.offset));
        let statement = self.statement(part, definition, digest, days);
        Ok(proof.receipt(key, statement))
    }

    /// What a receipt for a part of this file states.
    pub(super) fn statement(
        &self,
        part: &PartId,
        definition: Digest,
        digest: Digest,
        (received, forget_by): (Date, Date),
    ) -> Statement {
        Statement {
            channel: self.log.header.channel.as_str().to_owned(),
            definition,
            digest,
            forget_by,
            part: part.as_str().to_owned(),
            period: self.name.clone(),
            program: self.log.header.program.as_str().to_owned(),
            received,
        }
    }

    /// Makes rows durable, all or none: leaves of one signed batch.
    pub(super) fn append(
        &mut self,
        disk: &dyn Disk,
        batch: &Batch<'_>,
        rows: &[NewRow<'_>],
    ) -> Result<(), StoreError> {
        let mut records = Vec::with_capacity(rows.len() + 1);
        let known = self.contents.keys.iter().position(|key| key == batch.key());
        let key = known.unwrap_or_else(|| {
            let certificate = serde_json::to_vec(batch.key()).unwrap_or_default();
            records.push((RecordKind::Key, Body::Bytes(certificate)));
            self.contents.keys.len()
        });
        let mut forget_by = self.forget_by();
        for row in rows {
            if row.forget_by < forget_by {
                forget_by = row.forget_by;
                let day = Body::Bytes(forget_by.to_string().into_bytes());
                records.push((RecordKind::ForgetBy, day));
            }
            records.push((RecordKind::Row, Body::Row(stored(row, key, batch))));
        }
        let places = self.log.append(disk, &records)?;
        for ((kind, body), (offset, _)) in records.iter().zip(&places) {
            if let (RecordKind::ForgetBy, Body::Bytes(day)) = (kind, body) {
                self.contents.earlier.extend(day_in(day).map(|day| (*offset, day)));
            }
        }
        let only_rows =
            records.iter().zip(places).filter(|((kind, _), _)| *kind == RecordKind::Row);
        for (row, (_, (offset, bytes))) in rows.iter().zip(only_rows) {
            let number = self.contents.intern(row.part);
            let place = Place { offset, bytes };
            self.contents.index.insert(disk, (row.tag, number), place);
        }
        if known.is_none() {
            self.contents.keys.push(batch.key().clone());
        }
        Ok(())
    }

    /// Every part with this tag.
    pub(super) fn held(&mut self, disk: &dyn Disk, tag: Tag) -> Result<Vec<HeldPart>, StoreError> {
        let places = self.contents.index.of_tag(tag)?;
        let mut held = Vec::with_capacity(places.len());
        for (number, place) in places {
            let Some(part) = self.contents.parts.get(usize::from(number)).cloned() else {
                continue;
            };
            let span = (place.offset, place.bytes);
            let bytes = self.log.read(disk, span, |body| Some(Row::read(body)?.bytes.to_vec()))?;
            let (period, forget_by) = (self.period, self.forget_by());
            held.push(HeldPart { tag, part, period, forget_by, bytes });
        }
        Ok(held)
    }

    /// How many parts of which name have this tag.
    pub(super) fn count_tag(&self, tag: Tag) -> Result<Vec<PartId>, StoreError> {
        let name = |(part, _)| self.contents.parts.get(usize::from(part)).cloned();
        Ok(self.contents.index.of_tag(tag)?.into_iter().filter_map(name).collect())
    }

    /// Excludes every part with this tag at once; [`Self::settle`] takes them out of the file.
    pub(super) fn exclude(&mut self, tag: Tag) -> Result<(), StoreError> {
        for (_, place) in self.contents.index.remove_tag(tag)? {
            self.contents.doomed.insert(place.offset, place.bytes);
        }
        Ok(())
    }

    /// Takes what was excluded out of the file. Afterwards no file holds it.
    ///
    /// The daily batch calls it, for all deletions of the day at once.
    pub(super) fn settle(
        &mut self,
        disk: &dyn Disk,
        excluded: Excluded<'_>,
    ) -> Result<(), StoreError> {
        if self.log.is_unsettled() {
            self.reopen(disk, excluded)?;
        }
        if self.contents.doomed.is_empty() {
            return Ok(());
        }
        self.log.void(disk, &self.contents.doomed)?;
        if let Err(error) = self.contents.index.wipe(disk) {
            // What reads back may not be on the medium: another index takes its place.
            self.log.unsettle();
            return Err(error.into());
        }
        self.contents.doomed.clear();
        Ok(())
    }

    /// Removes what belongs to the log and is no part of it, before the log goes.
    pub(super) fn discard(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        Ok(self.contents.index.discard(disk)?)
    }

    /// Cuts off what a failed append left, so that the next one can succeed.
    pub(super) fn make_ready(
        &mut self,
        disk: &dyn Disk,
        excluded: Excluded<'_>,
    ) -> Result<(), StoreError> {
        if self.log.is_unsettled() {
            self.reopen(disk, excluded)?;
        }
        self.log.make_ready(disk)
    }

    /// Closes the file until it is used again.
    pub(super) fn rest(&mut self) {
        self.log.rest();
    }

    /// The day after which the file is removed: the earliest that a receipt says.
    pub(super) fn forget_by(&self) -> Date {
        self.forget_by_at(u64::MAX)
    }

    /// What the receipts of the rows at a place say.
    fn forget_by_at(&self, offset: u64) -> Date {
        let before = |(at, _): &&(u64, Date)| *at <= offset;
        let earlier = self.contents.earlier.iter().rev().find(before).map(|(_, day)| *day);
        earlier.or(self.log.header.forget_by).unwrap_or(Date::MIN)
    }

    /// It must be read again before it is used: it may have another content, or be gone.
    pub(super) fn unsettle(&mut self) {
        self.log.unsettle();
    }

    /// Whether it must be read again.
    pub(super) fn is_unsettled(&self) -> bool {
        self.log.is_unsettled()
    }

    /// Whether the file holds exactly what the index says.
    pub(super) fn is_settled(&self) -> bool {
        self.contents.doomed.is_empty() && !self.log.is_unsettled()
    }

    /// How many parts are held.
    pub(super) fn len(&self) -> u64 {
        self.contents.index.len()
    }

    /// Whether nothing is left in it, not even what is about to go.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0 && self.contents.doomed.is_empty()
    }

    /// The path below the data folder.
    pub(super) fn path(&self) -> &str {
        self.log.path()
    }

    fn reopen(&mut self, disk: &dyn Disk, excluded: Excluded<'_>) -> Result<(), StoreError> {
        let path = self.log.path().to_owned();
        self.contents.index.discard(disk)?;
        let about = (self.period, self.contents.index.rows_max());
        let reopened = Self::open(disk, path.clone(), about, excluded)?;
        *self = reopened.ok_or(StoreError::Damaged { path, offset: 0 })?;
        Ok(())
    }
}

impl Contents {
    fn new(index: Index) -> Self {
        let (parts, keys, earlier) = (Vec::new(), Vec::new(), Vec::new());
        Self { index, parts, keys, doomed: BTreeMap::new(), earlier }
    }

    fn take(
        &mut self,
        disk: &dyn Disk,
        excluded: Excluded<'_>,
        span: (u64, u32),
        (kind, body): (RecordKind, &[u8]),
    ) {
        match kind {
            RecordKind::Key => self.keys.extend(serde_json::from_slice(body).ok()),
            RecordKind::Row => {
                let Some(row) = Row::read(body) else { return };
                let (offset, bytes) = span;
                // The power failed between the deletion's marker and what it is about.
                if row.tag.is_some_and(|tag| excluded.contains(tag)) {
                    self.doomed.insert(offset, bytes);
                    return;
                }
                let number = self.intern(&row.part);
                self.index.insert(disk, (row.tag, number), Place { offset, bytes });
            }
            RecordKind::ForgetBy => self.earlier.extend(day_in(body).map(|day| (span.0, day))),
            RecordKind::Header | RecordKind::Marker | RecordKind::Pending | RecordKind::Void => {}
        }
    }

    fn number_of(&self, part: &PartId) -> Option<u16> {
        let number = self.parts.iter().position(|known| known == part)?;
        u16::try_from(number).ok()
    }

    fn intern(&mut self, part: &PartId) -> u16 {
        self.number_of(part).unwrap_or_else(|| {
            self.parts.push(part.clone());
            u16::try_from(self.parts.len() - 1).unwrap_or(u16::MAX)
        })
    }
}

pub(super) fn day_in(body: &[u8]) -> Option<Date> {
    std::str::from_utf8(body).ok()?.parse().ok()
}

fn stored<'r>(row: &NewRow<'r>, key: usize, batch: &Batch<'_>) -> Row<'r> {
    let proof = Proof {
        received: row.received,
        key: u16::try_from(key).unwrap_or(u16::MAX),
        index: row.leaf as u64,
        size: batch.len() as u64,
        signature: batch.signature(),
        path: batch.path(row.leaf),
    };
    let NewRow { tag, part, digest, bytes, .. } = *row;
    Row { digest, part: part.clone(), tag, proof, bytes }
}
