//! What is to be published and how: checked before anything is counted out.

use core::net::IpAddr;
use std::num::NonZeroU32;

use jiff::civil::Date;

use super::ledger::{Ledger, LedgerError};
use crate::calendar::add_days;
use crate::id::ChannelId;
use crate::limits::GROUP_MIN_FLOOR;
use crate::manifest::{Channel, Publication};
use crate::release::{IntakeBound, Window, counts_28_days};
use crate::tally::{Tally, counts_installations};

/// A release that may be made: its window is finished, and its noise is paid for.
#[derive(Debug, Clone)]
pub struct Plan {
    channel: ChannelId,
    window: Window,
    number: u64,
    published: Date,
    next: Date,
    protection: Protection,
    group: SmallestGroup,
    fields: usize,
    crosses: usize,
    counts_installations: bool,
    simulated: bool,
    intake: Option<IntakeBound>,
}

/// How single installations are protected in a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Noise on every number.
    Noisy(Budget),
    /// No noise; small groups suppressed.
    Exact,
    /// Nothing: see [`Rehearsal`].
    Rehearsal,
}

/// What one release spends.
///
/// Every field has the same share, and so have every cross-table and the number of installations,
/// where they can be counted. Even shares are easy to check, and no field's error can be traded
/// against another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    share: NonZeroU32,
    shares: u32,
}

/// The smallest group that is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SmallestGroup(u32);

/// The number is no smallest group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the smallest group is at least {GROUP_MIN_FLOOR}: below it single answers show through")]
pub struct GroupError;

/// The right to publish single installations' answers: on this machine only.
///
/// ```
/// # use contract::publish::Rehearsal;
/// assert!(Rehearsal::on("127.0.0.1".parse().unwrap()).is_some());
/// assert!(Rehearsal::on("192.0.2.1".parse().unwrap()).is_none());
/// ```
///
/// There is no other way to it, and none to a smallest group below [`GROUP_MIN_FLOOR`]:
///
/// ```compile_fail
/// # use contract::publish::Rehearsal;
/// let right = Rehearsal(());
/// ```
///
/// ```compile_fail
/// # use contract::publish::SmallestGroup;
/// let group = SmallestGroup(1);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Rehearsal(());

/// Why there is no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Parts of the window are still taken in.
    #[error("the window is open: its parts are taken in before {0}")]
    Open(Date),
    /// The window is not made of whole periods of the channel.
    #[error("the window is not made of whole periods of the channel")]
    Window,
    /// The smallest group is too small.
    #[error("the manifest's smallest group cannot be used")]
    Group(#[source] GroupError),
    /// The budget of a release is too small to be divided among its fields.
    #[error("a thousandth of ε for each of {fields} fields is more than the release may spend")]
    Share {
        /// The published fields of the channel.
        fields: usize,
    },
    /// No field of the channel is published, and its installations cannot be counted.
    #[error("the channel publishes nothing")]
    Nothing,
    /// The ledger does not allow it.
    #[error("the ledger of ε does not allow the release")]
    Ledger(#[source] LedgerError),
}

impl Plan {
    /// A release of finished periods, as the manifest says. `next` is the day after the parts of
    /// the following window have been taken in.
    ///
    /// # Errors
    /// If the window is open or not the channel's, or the ledger does not allow it.
    pub fn finished(
        channel: &Channel,
        window: Window,
        number: u64,
        today: Date,
        ledger: &Ledger,
    ) -> Result<Self, PlanError> {
        if !window.finished_on(today) {
            return Err(PlanError::Open(window.finished_from()));
        }
        if shares(channel) == 0 {
            return Err(PlanError::Nothing);
        }
        let group = SmallestGroup::parse(channel.group_min).map_err(PlanError::Group)?;
        let protection = match channel.publication {
            Publication::Exact => Protection::Exact,
            Publication::Noisy { epsilon_release_milli, .. } => {
                let budget = Budget::divide(epsilon_release_milli, shares(channel));
                Protection::Noisy(budget.ok_or(PlanError::Share { fields: published(channel) })?)
            }
        };
        let next = window.next().finished_from().max(add_days(today, 1));
        let plan = Self::new(channel, window, number, [today, next], protection, group)?;
        ledger.may_spend(channel, &plan).map_err(PlanError::Ledger)?;
        Ok(plan)
    }

    /// A release of any periods, exact, from one installation on.
    ///
    /// # Errors
    /// If the window is not the channel's.
    pub fn rehearsal(
        channel: &Channel,
        window: Window,
        number: u64,
        today: Date,
        _right: Rehearsal,
    ) -> Result<Self, PlanError> {
        let dates = [today, window.next().finished_from().max(add_days(today, 1))];
        Self::new(channel, window, number, dates, Protection::Rehearsal, SmallestGroup(1))
    }

    fn new(
        channel: &Channel,
        window: Window,
        number: u64,
        [published_on, next]: [Date; 2],
        protection: Protection,
        group: SmallestGroup,
    ) -> Result<Self, PlanError> {
        if !window.consists_of(channel.period) {
            return Err(PlanError::Window);
        }
        Ok(Self {
            channel: channel.id.clone(),
            window,
            number,
            published: published_on,
            next,
            protection,
            group,
            fields: published(channel),
            crosses: crosses(channel),
            counts_installations: counts_installations(channel),
            simulated: false,
            intake: None,
        })
    }

    /// The same for a tally of invented installations: the release says so for good.
    pub fn simulated(self) -> Self {
        Self { simulated: true, ..self }
    }

    /// Whether the installations are invented.
    pub fn is_simulated(&self) -> bool {
        self.simulated
    }

    /// Also says in the release how far somebody who invents installations could move a count.
    pub fn with_intake(self, intake: Option<IntakeBound>) -> Self {
        Self { intake, ..self }
    }

    /// The channel.
    pub fn channel(&self) -> &ChannelId {
        &self.channel
    }

    /// The finished periods.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The release's number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The day of publication.
    pub fn published(&self) -> Date {
        self.published
    }

    /// The day of the next release.
    pub fn next(&self) -> Date {
        self.next
    }

    /// How single installations are protected.
    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// The smallest group that is shown.
    pub fn group(&self) -> SmallestGroup {
        self.group
    }

    pub(super) fn intake(&self) -> Option<IntakeBound> {
        self.intake
    }

    pub(super) fn is_for(&self, tally: &Tally) -> bool {
        self.channel == tally.channel.id
            && self.window == tally.window
            && self.fields == tally.fields.len()
            && self.crosses == tally.crosses.len()
            && self.counts_installations == tally.installations().is_some()
    }
}

/// Among how many a channel's release divides its ε: the published fields, the cross-tables, the
/// number of installations where they can be counted, and the number within 28 days where there may
/// be one.
pub fn shares(channel: &Channel) -> usize {
    let numbers = [counts_installations(channel), counts_28_days(channel)];
    published(channel) + crosses(channel) + numbers.into_iter().filter(|counts| *counts).count()
}

fn published(channel: &Channel) -> usize {
    channel.fields().filter(|field| field.publish).count()
}

fn crosses(channel: &Channel) -> usize {
    channel.parts.iter().map(|part| part.crosses.len()).sum()
}

impl Budget {
    /// Even shares in whole thousandths, so that the ledger adds up; what is left is not spent.
    pub(super) fn divide(release_milli: u32, shares: usize) -> Option<Self> {
        let shares = u32::try_from(shares).ok()?;
        let share = NonZeroU32::new(release_milli.checked_div(shares)?)?;
        Some(Self { share, shares })
    }

    /// ε of each field, in thousandths.
    pub fn share(self) -> NonZeroU32 {
        self.share
    }

    /// ε of the whole release, in thousandths: all shares.
    pub fn release_milli(self) -> u32 {
        self.share.get().saturating_mul(self.shares)
    }
}

impl SmallestGroup {
    /// Reads a manifest's smallest group.
    ///
    /// # Errors
    /// Below [`GROUP_MIN_FLOOR`].
    pub fn parse(installations: u32) -> Result<Self, GroupError> {
        if installations < GROUP_MIN_FLOOR { Err(GroupError) } else { Ok(Self(installations)) }
    }

    /// How many installations.
    pub fn installations(self) -> u32 {
        self.0
    }
}

impl Rehearsal {
    /// The right is given to whoever serves on a loopback address, and to nobody else.
    pub fn on(address: IpAddr) -> Option<Self> {
        address.is_loopback().then_some(Self(()))
    }
}
