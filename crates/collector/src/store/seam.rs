//! The store in files, behind the seam: each call goes to the function that is described with it.

use contract::calendar::Period;
use contract::definition::Definition;
use contract::id::{ChannelId, PartId, ProgramId};
use contract::tally::Tally;
use disk::Disk;
use envelope::{Digest, Tag};
use jiff::civil::Date;

use super::{
    Answer, Closing, CountedParts, Deletions, FindDefinition, Forgotten, HeldPart, Report,
    Retention, Scan, Settled, Store, StoreError, Stored, Trouble, closed,
};
use crate::keep::{Arrival, FindRetention, Held, Keep, Look, Outcome, Place};
use crate::signers::Signers;

impl<D: Disk> Keep for Store<D> {
    fn accept(&mut self, arrivals: &[Arrival], signers: &Signers, today: Date) -> Vec<Outcome> {
        Self::accept(self, arrivals, signers, today)
    }

    fn held(&mut self, place: Place<'_>, tags: &[Tag]) -> Result<Held, StoreError> {
        Self::held_in_logs(self, place, tags)
    }

    fn delete(&mut self, place: Place<'_>, tags: &[Tag], today: Date) -> Result<Answer, Trouble> {
        Self::delete(self, place, tags, today)
    }

    fn settle_deletions(
        &mut self,
        retention: FindRetention<'_>,
        day: (Date, bool),
    ) -> Result<Settled, StoreError> {
        Self::settle_deletions(self, retention, day)
    }

    fn closable(&mut self, today: Date) -> Vec<Closing> {
        Self::closable(self, today)
    }

    fn adopt(&mut self, closing: &Closing) -> Result<(), StoreError> {
        Self::adopt(self, closing)
    }

    fn abandon(&mut self, closing: &Closing) {
        Self::abandon(self, closing);
    }

    fn forget(
        &mut self,
        retention: &Retention,
        today: Date,
        dry_run: bool,
    ) -> Result<Vec<Forgotten>, StoreError> {
        Self::forget(self, retention, today, dry_run)
    }

    fn probe(&mut self) -> Result<(), Trouble> {
        Self::probe(self)
    }

    fn len(&self) -> u64 {
        Self::len(self)
    }

    fn deletions_pending(&self) -> u64 {
        Self::deletions_pending(self)
    }

    fn changes(&self) -> u64 {
        Self::changes(self)
    }
}

/// A disk with a data folder on it: it needs no store to be read.
impl<D: Disk> Look for D {
    fn periods(&self) -> Result<Vec<(ProgramId, ChannelId, Period)>, StoreError> {
        super::files(self)
    }

    fn scan(
        &self,
        period: (&ProgramId, &ChannelId, Period),
        each: &mut dyn FnMut(Stored<'_>),
    ) -> Result<Scan, StoreError> {
        super::scan(self, period, each)
    }

    fn count<'d>(
        &self,
        period: (&ProgramId, &ChannelId, Period),
        find: &(dyn Fn(&Digest) -> Option<&'d Definition> + Sync),
        tally: &mut Tally,
    ) -> Result<CountedParts, StoreError> {
        super::count(self, period, find, tally)
    }

    fn distinct(
        &self,
        place: Place<'_>,
        parts: &[PartId],
        periods: &[Period],
    ) -> Result<u64, StoreError> {
        super::distinct(self, place, (parts, periods))
    }

    fn held(&self, place: Place<'_>, left: &Held) -> Result<Vec<HeldPart>, StoreError> {
        closed::held(self, place, left)
    }

    fn close(&self, closing: &Closing, find: FindDefinition<'_>) -> Result<(), StoreError> {
        super::convert(self, closing, find)
    }

    fn verify(&self, retention: &Retention, today: Date) -> Result<Report, StoreError> {
        Ok(super::verify(self, retention, today)?)
    }

    fn deletions(&self, today: Date) -> Result<Deletions, StoreError> {
        Deletions::of(self, today)
    }
}
