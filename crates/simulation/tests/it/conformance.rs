//! What any store promises: the same tests for the store in files, on a real disk and on a
//! simulated one, and for a plain store in memory, so short that one can see that it is right.
//!
//! [`promises`] says one promise after the other. [`history`] does random things to a store and to
//! the plain one, with power and disks that fail, and compares everything that can be seen; what it
//! found is in [`found`].
//! [`liars`] break the real store in one way each, and are caught. Another store needs a
//! [`Subject`] in `subjects` and a line in the tests.

mod found;
mod history;
mod liars;
mod promises;
mod reference;
mod subjects;
mod trial;

use collector::keep::{FindRetention, Keep, Look};
use collector::store::{Deletions, Retention};
use jiff::civil::Date;

/// A store that is tried, and what a seam does not say: how it ends, begins and is put back.
trait Subject {
    /// What drives it.
    fn keep(&mut self) -> &mut dyn Keep;

    /// What reads it.
    fn look(&self) -> &dyn Look;

    /// Its process ends, however it does, and another one opens what is left.
    fn restart(&mut self);

    /// Whether these bytes are in anything that it keeps: files, logs, indexes, memory.
    fn has_bytes(&self, bytes: &[u8]) -> bool;

    /// A copy of what it holds now, made while it is at work.
    fn back_up(&self, today: Date) -> Box<dyn Backup>;
}

/// A copy of a store at some moment.
trait Backup {
    /// Whether it could be served as it is, with what was deleted since.
    fn can_be_served(&self) -> bool;

    /// Makes a store of it, without what was deleted since and what is past its retention.
    fn restore(
        self: Box<Self>,
        deletions: &Deletions,
        retention: (&Retention, FindRetention<'_>),
        today: Date,
    ) -> Box<dyn Subject>;
}
