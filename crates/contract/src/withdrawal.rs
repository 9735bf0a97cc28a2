//! Withdrawing: a decision is taken back for good, and what was sent on it is to be deleted.
//!
//! A withdrawal consumes the record that held the decision. A consent borrows that record, so none
//! can be left over to send with:
//!
//! ```compile_fail,E0505
//! use contract::decision::{Record, Showing};
//! use contract::gate::{Situation, decide};
//! use contract::withdrawal::Withdrawal;
//! fn withdraw(record: Record, showing: &Showing<'_>, now: &Situation<'_>) -> Option<Withdrawal> {
//!     let verdict = decide(&Situation { record: &record, ..*now }, "usage")?;
//!     let (record, withdrawal) = record.withdraw("usage", showing).ok()?;
//!     drop(verdict);
//!     drop(record);
//!     Some(withdrawal)
//! }
//! ```
//!
//! Its twin, which forgets the verdict first, compiles:
//!
//! ```
//! use contract::decision::{Record, Showing};
//! use contract::gate::{Situation, decide};
//! use contract::withdrawal::Withdrawal;
//! fn withdraw(record: Record, showing: &Showing<'_>, now: &Situation<'_>) -> Option<Withdrawal> {
//!     let verdict = decide(&Situation { record: &record, ..*now }, "usage")?;
//!     drop(verdict);
//!     let (record, withdrawal) = record.withdraw("usage", showing).ok()?;
//!     drop(record);
//!     Some(withdrawal)
//! }
//! ```

use jiff::Timestamp;

use crate::decision::{DecideError, Record, Showing};
use crate::id::ChannelId;

/// The proof that a channel was taken back. Only [`Record::withdraw`] makes one, and deletions are
/// asked for with nothing else.
#[derive(Debug)]
#[must_use = "what was sent is deleted only with it"]
pub struct Withdrawal {
    channel: ChannelId,
    when: Timestamp,
}

impl Withdrawal {
    /// The channel that was taken back.
    pub fn channel(&self) -> &ChannelId {
        &self.channel
    }

    /// When it was.
    pub fn when(&self) -> Timestamp {
        self.when
    }
}

impl Record {
    /// Takes a channel back: the record says no from then on, and the withdrawal is what deletions
    /// are asked for with. A channel that was declined, or never decided, can be taken back too:
    /// something may have been sent on an earlier yes.
    ///
    /// # Errors
    /// If the channel does not exist.
    pub fn withdraw(
        mut self,
        channel: &str,
        showing: &Showing<'_>,
    ) -> Result<(Self, Withdrawal), DecideError> {
        self.decline(channel, showing)?;
        let channel = ChannelId::parse(channel);
        let channel = channel.map_err(|_| DecideError::Channel("?".to_owned()))?;
        Ok((self, Withdrawal { channel, when: showing.when }))
    }
}
