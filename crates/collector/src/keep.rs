//! The seam between the collector and its store: what any store is asked, and what it promises.
//!
//! [`Keep`] is driven by one thread and changes what is held. [`Look`] reads beside it, from any
//! thread, and does the long work. The server knows a store by these two; how one is opened, backed
//! up and put back is its own affair. [`crate::store::Store`] is the store in files.
//!
//! What a store promises beyond these lines is said by the tests of `simulation::conformance`:
//! whoever writes another store writes a `Subject` for it, and is done when they pass.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contract::calendar::{Period, PeriodKind};
use contract::definition::Definition;
use contract::id::{ChannelId, PartId, ProgramId};
use contract::part::KeptPart;
use contract::tally::Tally;
use envelope::{Digest, Tag};
use jiff::civil::Date;

use crate::signers::Signers;
use crate::store::{
    Answer, Closing, CountedParts, Deletions, FindDefinition, Forgotten, HeldPart, Report,
    Retention, Scan, Settled, StoreError, Stored, Trouble,
};

/// A channel of a program.
pub type Place<'p> = (&'p ProgramId, &'p ChannelId);

/// How a channel's parts are kept: the length of its periods, and the days of its retention. `None`
/// where no manifest at hand has the channel.
pub type FindRetention<'f> = &'f dyn Fn(&ProgramId, &ChannelId) -> Option<(PeriodKind, u32)>;

/// A part that passed [`contract::part::check`], with what keeping it needs.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The part.
    pub part: KeptPart,
    /// Its definition.
    pub definition: Arc<Definition>,
    /// How long its channel keeps parts.
    pub retention_days: u32,
}

/// What became of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable; here is its receipt's JSON.
    Accepted(String),
    /// The same bytes were accepted before; here is the same receipt.
    Duplicate(String),
    /// Other bytes were accepted before under the same tag, part and period: those stand.
    Conflict,
    /// The tag was deleted; this is a late copy.
    Deleted,
    /// Its period is past its retention.
    Forgotten,
    /// Intake for its period has closed, also where the clock has gone back since.
    Closed,
    /// It is not kept; it may be sent again.
    Unavailable(Trouble),
}

/// What is held under some tags, as far as the writer's thread knows it: [`Look::held`] tells the
/// rest, and is not waited for by those who send.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// Parts that were found.
    pub parts: Vec<HeldPart>,
    /// Closed periods that are yet to be looked through.
    pub closed: Vec<Period>,
    /// The tags to look for in them: those whose deletion was not asked for.
    pub tags: Vec<Tag>,
}

/// A store, as the one thread that drives it sees it.
///
/// It knows neither clock nor randomness: days and keys are arguments. Whatever failed may be asked
/// again, and then it is as if it had been asked once.
pub trait Keep: Send {
    /// Takes a batch of parts, in order: at most [`crate::limits::BATCH_PARTS_MAX`]. What is
    /// [`Outcome::Accepted`] is durable when this returns, and what is [`Outcome::Unavailable`] is
    /// not kept.
    fn accept(&mut self, arrivals: &[Arrival], signers: &Signers, today: Date) -> Vec<Outcome>;

    /// Every part that is held under these tags.
    ///
    /// # Errors
    /// If what is held cannot be read.
    fn held(&mut self, place: Place<'_>, tags: &[Tag]) -> Result<Held, StoreError>;

    /// Deletes every part under these tags. When it returns, they are shown, counted and taken by
    /// nobody any more, durably; the next [`Keep::settle_deletions`] destroys them. What was
    /// deleted before is told again, with the numbers of that time.
    ///
    /// # Errors
    /// If it is not durable, or too many wait already.
    fn delete(&mut self, place: Place<'_>, tags: &[Tag], today: Date) -> Result<Answer, Trouble>;

    /// Destroys what was asked to be deleted: the daily batch. Where unusually many ask, only if a
    /// person has `let_go`.
    ///
    /// # Errors
    /// If it could not be done; it goes on at the next call or start.
    fn settle_deletions(
        &mut self,
        retention: FindRetention<'_>,
        day: (Date, bool),
    ) -> Result<Settled, StoreError>;

    /// The periods whose intake has closed and that can take their last form today. Each waits for
    /// [`Look::close`] and then [`Keep::adopt`] or [`Keep::abandon`]; nothing is taken for it any
    /// more, and its channel's deletions wait too.
    fn closable(&mut self, today: Date) -> Vec<Closing>;

    /// Takes up what [`Look::close`] made.
    ///
    /// # Errors
    /// If it could not be done; what was accepted is held in one form or the other.
    fn adopt(&mut self, closing: &Closing) -> Result<(), StoreError>;

    /// Leaves a period as it is, because [`Look::close`] failed.
    fn abandon(&mut self, closing: &Closing);

    /// Destroys every period past its retention, and what is left of old deletions, and says in
    /// order which periods they were. With `dry_run` it only says it.
    ///
    /// # Errors
    /// If it could not be done; what is left of it is done next time.
    fn forget(
        &mut self,
        retention: &Retention,
        today: Date,
        dry_run: bool,
    ) -> Result<Vec<Forgotten>, StoreError>;

    /// Whether it can accept durably now; tries to recover what failed.
    ///
    /// # Errors
    /// Says what stands in the way.
    fn probe(&mut self) -> Result<(), Trouble>;

    /// How many parts are held, with those that wait for the batch of deletions.
    fn len(&self) -> u64;

    /// Whether nothing is held.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many tags wait for their deletion.
    fn deletions_pending(&self) -> u64;

    /// Counted up with every change of what is held: who has seen this number has seen everything.
    fn changes(&self) -> u64;
}

/// A store, as everybody else sees it, at work in it or not.
///
/// What was accepted before a call is seen by it, and what was deleted before it is not.
pub trait Look: Send + Sync {
    /// Every period that is held, in order, each once.
    ///
    /// # Errors
    /// If it cannot be read, as for all of these.
    fn periods(&self) -> Result<Vec<(ProgramId, ChannelId, Period)>, StoreError>;

    /// Hands every part of a period to `each`, in no order that means anything.
    ///
    /// # Errors
    /// If it cannot be read.
    fn scan(
        &self,
        period: (&ProgramId, &ChannelId, Period),
        each: &mut dyn FnMut(Stored<'_>),
    ) -> Result<Scan, StoreError>;

    /// Counts every part of a period, by the same rules as at intake.
    ///
    /// # Errors
    /// If it cannot be read.
    fn count<'d>(
        &self,
        period: (&ProgramId, &ChannelId, Period),
        find: &(dyn Fn(&Digest) -> Option<&'d Definition> + Sync),
        tally: &mut Tally,
    ) -> Result<CountedParts, StoreError>;

    /// How many installations reported within these periods: how many different tags there are of
    /// whichever of these parts has most, as parts cannot be joined. It is asked where tags last as
    /// long as all of the periods. A store whose periods are in the order of tags needs no memory
    /// for it.
    ///
    /// # Errors
    /// If it cannot be read.
    fn distinct(
        &self,
        (program, channel): Place<'_>,
        parts: &[PartId],
        periods: &[Period],
    ) -> Result<u64, StoreError> {
        let mut tags: BTreeMap<PartId, BTreeSet<Tag>> = BTreeMap::new();
        for period in periods {
            self.scan((program, channel, *period), &mut |stored| {
                if let Some(tag) = stored.tag.filter(|_| parts.contains(stored.part)) {
                    tags.entry(stored.part.clone()).or_default().insert(tag);
                }
            })?;
        }
        Ok(tags.values().map(|tags| tags.len() as u64).max().unwrap_or(0))
    }

    /// Every part that closed periods hold under these tags: what [`Keep::held`] left open.
    ///
    /// # Errors
    /// If it cannot be read. A period that is gone meanwhile is none.
    fn held(&self, place: Place<'_>, left: &Held) -> Result<Vec<HeldPart>, StoreError>;

    /// Makes the last form of a period, without anything that only intake needed: neither the day
    /// nor the order of arrival is left in it. The store goes on with what it has until
    /// [`Keep::adopt`].
    ///
    /// # Errors
    /// If it could not be made; nothing of it is there then.
    fn close(&self, closing: &Closing, find: FindDefinition<'_>) -> Result<(), StoreError>;

    /// Checks what is held against what was promised, and changes nothing.
    ///
    /// # Errors
    /// If it cannot be read; what is wrong with what is held is in the report instead.
    fn verify(&self, retention: &Retention, today: Date) -> Result<Report, StoreError>;

    /// What was deleted and may still be in a backup.
    ///
    /// # Errors
    /// If it cannot be read.
    fn deletions(&self, today: Date) -> Result<Deletions, StoreError>;
}
