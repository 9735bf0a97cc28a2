//! The real store, broken in one way each: the promises catch every one of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use collector::keep::{Arrival, FindRetention, Held, Keep, Look, Outcome, Place};
use collector::signers::Signers;
use collector::store::{
    Answer, Closing, CountedParts, Deletions, FindDefinition, Forgotten, HeldPart, Report,
    Retention, Scan, Settled, StoreError, Stored, Trouble,
};
use contract::calendar::{Period, add_days};
use contract::definition::Definition;
use contract::id::{ChannelId, PartId, ProgramId};
use contract::tally::Tally;
use envelope::{Digest, Tag};
use jiff::civil::Date;
use simulation::disk::SimDisk;

use super::promises::ALL;
use super::subjects::Files;
use super::trial::Trial;
use super::{Backup, Subject};

/// How a store is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// In no way: then nothing is caught.
    None,
    /// Other bytes under a tag are taken for the same.
    ConflictIsDuplicate,
    /// The same bytes get another receipt.
    ReceiptDiffers,
    /// Each part is taken as if it were alone.
    CopiesCount,
    /// Late copies of what was deleted are not told from others.
    DeletedIsDuplicate,
    /// What waits for its deletion is shown to whoever asks.
    PendingIsHeld,
    /// Deletions are promised and nothing is done.
    DeletionIgnored,
    /// The batch says that it was done.
    BatchIgnored,
    /// The batch does not wait for a person.
    AlarmIgnored,
    /// Deletions go on while a period takes its last form.
    ClosingForgotten,
    /// A closed period keeps the order of arrival.
    OrderKept,
    /// A closed period is shown without its first part.
    ClosedLosesOne,
    /// Counting counts twice.
    CountsTwice,
    /// What is not counted is not said.
    UncountedHidden,
    /// A dry run is none.
    DryRunRemoves,
    /// What is to be forgotten goes a day early.
    ForgetsEarly,
    /// What is to be forgotten stays.
    ForgetsNothing,
    /// The manifest's retention counts, and not the one that receipts promised.
    PromiseForgotten,
    /// Whoever reports in several periods counts in each.
    ReturningCountsAnew,
    /// Installations of different parts are added up.
    PartsAddedUp,
    /// Changes are not noticed.
    ChangesHidden,
    /// Nothing is known of earlier deletions when a backup comes back.
    DeletionsLost,
    /// Whoever starts it again finds nothing.
    RestartLosesAll,
    /// A backup can be served.
    BackupServed,
}

const ALL_LIES: [Lie; 23] = [
    Lie::ConflictIsDuplicate,
    Lie::ReceiptDiffers,
    Lie::CopiesCount,
    Lie::DeletedIsDuplicate,
    Lie::PendingIsHeld,
    Lie::DeletionIgnored,
    Lie::BatchIgnored,
    Lie::AlarmIgnored,
    Lie::ClosingForgotten,
    Lie::OrderKept,
    Lie::ClosedLosesOne,
    Lie::CountsTwice,
    Lie::UncountedHidden,
    Lie::DryRunRemoves,
    Lie::ForgetsEarly,
    Lie::ForgetsNothing,
    Lie::PromiseForgotten,
    Lie::ReturningCountsAnew,
    Lie::PartsAddedUp,
    Lie::ChangesHidden,
    Lie::DeletionsLost,
    Lie::RestartLosesAll,
    Lie::BackupServed,
];

/// A store that lies.
struct Liar {
    store: Files<SimDisk>,
    lie: Lie,
    /// What was held before somebody asked for its deletion.
    shown: Vec<HeldPart>,
    eyes: Eyes,
}

/// What reads it, and lies too.
struct Eyes {
    disk: SimDisk,
    lie: Lie,
    is_closed: bool,
}

impl Liar {
    fn new(lie: Lie) -> Self {
        let store = Files::on(SimDisk::new(1));
        let eyes = Eyes { disk: store.medium.clone(), lie, is_closed: false };
        Self { store, lie, shown: Vec::new(), eyes }
    }
}

impl Subject for Liar {
    fn keep(&mut self) -> &mut dyn Keep {
        self
    }

    fn look(&self) -> &dyn Look {
        &self.eyes
    }

    fn restart(&mut self) {
        if self.lie == Lie::RestartLosesAll {
            self.store = Files::on(SimDisk::new(1));
        }
        self.store.restart();
        self.eyes.disk = self.store.medium.clone();
    }

    fn has_bytes(&self, bytes: &[u8]) -> bool {
        self.store.has_bytes(bytes)
    }

    fn back_up(&self, today: Date) -> Box<dyn Backup> {
        Box::new(LiarsCopy { copy: self.store.back_up(today), lie: self.lie })
    }
}

struct LiarsCopy {
    copy: Box<dyn Backup>,
    lie: Lie,
}

impl Backup for LiarsCopy {
    fn can_be_served(&self) -> bool {
        self.lie == Lie::BackupServed || self.copy.can_be_served()
    }

    fn restore(
        self: Box<Self>,
        deletions: &Deletions,
        retention: (&Retention, FindRetention<'_>),
        today: Date,
    ) -> Box<dyn Subject> {
        self.copy.restore(deletions, retention, today)
    }
}

impl Keep for Liar {
    fn accept(&mut self, arrivals: &[Arrival], signers: &Signers, today: Date) -> Vec<Outcome> {
        let mut outcomes = self.store.keep().accept(arrivals, signers, today);
        let receipt = |outcome: &Outcome| match outcome {
            Outcome::Accepted(json) | Outcome::Duplicate(json) => Some(json.clone()),
            _ => None,
        };
        let any = outcomes.iter().find_map(receipt).unwrap_or_default();
        for outcome in &mut outcomes {
            match (self.lie, &*outcome) {
                (Lie::ConflictIsDuplicate, Outcome::Conflict)
                | (Lie::DeletedIsDuplicate, Outcome::Deleted) => {
                    *outcome = Outcome::Duplicate(any.clone());
                }
                (Lie::ReceiptDiffers, Outcome::Duplicate(json)) => {
                    *outcome = Outcome::Duplicate(format!("{json} "));
                }
                (Lie::CopiesCount, Outcome::Duplicate(json)) => {
                    *outcome = Outcome::Accepted(json.clone());
                }
                _ => {}
            }
        }
        outcomes
    }

    fn held(&mut self, place: Place<'_>, tags: &[Tag]) -> Result<Held, StoreError> {
        let mut held = self.store.keep().held(place, tags)?;
        if self.lie == Lie::PendingIsHeld {
            let missing = |of: &&HeldPart| tags.contains(&of.tag) && !held.parts.contains(of);
            let shown: Vec<_> = self.shown.iter().filter(missing).cloned().collect();
            held.parts.extend(shown);
        }
        Ok(held)
    }

    fn delete(&mut self, place: Place<'_>, tags: &[Tag], today: Date) -> Result<Answer, Trouble> {
        self.shown = self.store.keep().held(place, tags).map_or(Vec::new(), |held| held.parts);
        if self.lie == Lie::DeletionIgnored {
            return Ok(Answer::Pending);
        }
        self.store.keep().delete(place, tags, today)
    }

    fn settle_deletions(
        &mut self,
        retention: FindRetention<'_>,
        (today, let_go): (Date, bool),
    ) -> Result<Settled, StoreError> {
        if self.lie == Lie::BatchIgnored {
            return Ok(Settled { tags: 1, rows: 1, ..Settled::default() });
        }
        let let_go = let_go || self.lie == Lie::AlarmIgnored;
        self.store.keep().settle_deletions(retention, (today, let_go))
    }

    fn closable(&mut self, today: Date) -> Vec<Closing> {
        let closable = self.store.keep().closable(today);
        self.eyes.is_closed |= !closable.is_empty();
        if self.lie == Lie::ClosingForgotten {
            for closing in &closable {
                self.store.keep().abandon(closing);
            }
        }
        closable
    }

    fn adopt(&mut self, closing: &Closing) -> Result<(), StoreError> {
        self.store.keep().adopt(closing)
    }

    fn abandon(&mut self, closing: &Closing) {
        self.store.keep().abandon(closing);
    }

    fn forget(
        &mut self,
        retention: &Retention,
        today: Date,
        dry_run: bool,
    ) -> Result<Vec<Forgotten>, StoreError> {
        let (today, dry_run) = match self.lie {
            Lie::DryRunRemoves => (today, false),
            Lie::ForgetsEarly => (add_days(today, 1), dry_run),
            Lie::ForgetsNothing => (today, true),
            Lie::PromiseForgotten => (add_days(today, -20), dry_run),
            _ => (today, dry_run),
        };
        self.store.keep().forget(retention, today, dry_run)
    }

    fn probe(&mut self) -> Result<(), Trouble> {
        self.store.keep().probe()
    }

    fn len(&self) -> u64 {
        self.store.store().len()
    }

    fn deletions_pending(&self) -> u64 {
        self.store.store().deletions_pending()
    }

    fn changes(&self) -> u64 {
        if self.lie == Lie::ChangesHidden { 0 } else { self.store.store().changes() }
    }
}

impl Look for Eyes {
    fn periods(&self) -> Result<Vec<(ProgramId, ChannelId, Period)>, StoreError> {
        self.disk.periods()
    }

    fn scan(
        &self,
        period: (&ProgramId, &ChannelId, Period),
        each: &mut dyn FnMut(Stored<'_>),
    ) -> Result<Scan, StoreError> {
        let mut all = Vec::new();
        let mut scan = Look::scan(&self.disk, period, &mut |stored| {
            all.push((stored.part.clone(), stored.tag, stored.bytes.to_vec()));
        })?;
        if self.lie == Lie::OrderKept {
            all.reverse();
        }
        if self.lie == Lie::ClosedLosesOne && self.is_closed && !all.is_empty() {
            all.remove(0);
            scan.parts -= 1;
        }
        for (part, tag, bytes) in &all {
            each(Stored { part, tag: *tag, bytes });
        }
        Ok(scan)
    }

    fn count<'d>(
        &self,
        period: (&ProgramId, &ChannelId, Period),
        find: &(dyn Fn(&Digest) -> Option<&'d Definition> + Sync),
        tally: &mut Tally,
    ) -> Result<CountedParts, StoreError> {
        if self.lie == Lie::CountsTwice {
            self.disk.count(period, find, tally)?;
        }
        let counted = self.disk.count(period, find, tally)?;
        let hides = self.lie == Lie::UncountedHidden;
        Ok(if hides { CountedParts { uncounted: 0, ..counted } } else { counted })
    }

    fn distinct(
        &self,
        place: Place<'_>,
        parts: &[PartId],
        periods: &[Period],
    ) -> Result<u64, StoreError> {
        let each = |parts, periods| self.disk.distinct(place, parts, periods);
        match self.lie {
            Lie::ReturningCountsAnew => periods.chunks(1).map(|one| each(parts, one)).sum(),
            Lie::PartsAddedUp => parts.chunks(1).map(|one| each(one, periods)).sum(),
            _ => each(parts, periods),
        }
    }

    fn held(&self, place: Place<'_>, left: &Held) -> Result<Vec<HeldPart>, StoreError> {
        self.disk.held(place, left)
    }

    fn close(&self, closing: &Closing, find: FindDefinition<'_>) -> Result<(), StoreError> {
        self.disk.close(closing, find)
    }

    fn verify(&self, retention: &Retention, today: Date) -> Result<Report, StoreError> {
        self.disk.verify(retention, today)
    }

    fn deletions(&self, today: Date) -> Result<Deletions, StoreError> {
        match self.lie {
            Lie::DeletionsLost => Ok(Deletions::new(today, Vec::new())),
            _ => self.disk.deletions(today),
        }
    }
}

/// The first promise that a store does not keep.
fn broken(trial: &Trial, lie: Lie) -> Option<&'static str> {
    let is_broken = |promise: &super::promises::Promise| {
        let tried = AssertUnwindSafe(|| promise(trial, &mut Liar::new(lie)));
        catch_unwind(tried).is_err()
    };
    ALL.iter().find(|(_, promise)| is_broken(promise)).map(|(name, _)| *name)
}

#[test]
fn every_lie_of_a_store_breaks_a_promise_and_without_one_none_is_broken() {
    let trial = Trial::new();
    assert_eq!(broken(&trial, Lie::None), None);
    let mut missed = Vec::new();
    for lie in ALL_LIES {
        match broken(&trial, lie) {
            Some(promise) => println!("{lie:?}: {promise}"),
            None => missed.push(lie),
        }
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}
