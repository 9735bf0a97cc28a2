//! The public ledger of ε: what every release spent, and whether another one may be paid for.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::plan::{Plan, Protection};
use crate::canonical::{self, CanonicalError};
use crate::id::{ChannelId, FieldId};
use crate::manifest::{Channel, Publication};
use crate::release::{Mode, Release};

/// What all releases of a program have spent, field by field, in the order of publication.
///
/// Sums over it are what an installation has given away at most: over the fields of a release, over
/// channels, over overlapping windows (each counts in full), over releases.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    entries: Vec<LedgerEntry>,
}

/// What one release spent on one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LedgerEntry {
    /// The channel.
    pub channel: ChannelId,
    /// The release's number.
    pub release: u64,
    /// The field; `None` is the number of installations.
    pub field: Option<FieldId>,
    /// Where it was spent on a cross-table: the field of its columns. Both fields have spent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<FieldId>,
    /// 28 where it was spent on the number of installations within as many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u8>,
    /// ε in thousandths.
    pub epsilon_milli: u32,
    /// The day of publication; its year is the one that is charged.
    pub published: Date,
}

/// Why a release is not paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The release has been published: its frozen bytes are to be returned.
    #[error("release {0} has been published already")]
    Published(u64),
    /// The channel's budget of the year does not suffice.
    #[error(
        "{spent_milli} of {year_milli} thousandths are spent this year, {more_milli} too many \
             would be asked for"
    )]
    Spent {
        /// What the year's releases have spent.
        spent_milli: u64,
        /// What they may spend.
        year_milli: u64,
        /// What this release would spend.
        more_milli: u64,
    },
}

impl Ledger {
    /// What has been spent.
    pub fn entries(&self) -> &[LedgerEntry] {
        &self.entries
    }

    /// What a channel's releases of one calendar year have spent, in thousandths.
    pub fn spent_milli(&self, channel: &str, year: i16) -> u64 {
        let counts = |entry: &&LedgerEntry| {
            entry.channel.as_str() == channel && entry.published.year() == year
        };
        self.entries.iter().filter(counts).map(|entry| u64::from(entry.epsilon_milli)).sum()
    }

    /// What all channels have spent in a calendar year together, in thousandths.
    pub fn spent_by_all_milli(&self, year: i16) -> u64 {
        let of_year = self.entries.iter().filter(|entry| entry.published.year() == year);
        of_year.map(|entry| u64::from(entry.epsilon_milli)).sum()
    }

    /// Whether a planned release may be published.
    ///
    /// # Errors
    /// If it has been, or would spend more than the channel may in the year of its publication.
    pub fn may_spend(&self, channel: &Channel, plan: &Plan) -> Result<(), LedgerError> {
        let same = |entry: &LedgerEntry| {
            entry.channel == *plan.channel() && entry.release == plan.number()
        };
        if self.entries.iter().any(same) {
            return Err(LedgerError::Published(plan.number()));
        }
        let (Protection::Noisy(budget), Publication::Noisy { epsilon_year_milli, .. }) =
            (plan.protection(), channel.publication)
        else {
            return Ok(());
        };
        let spent_milli = self.spent_milli(plan.channel().as_str(), plan.published().year());
        let year_milli = u64::from(epsilon_year_milli);
        let more_milli = u64::from(budget.release_milli());
        if spent_milli.saturating_add(more_milli) > year_milli {
            return Err(LedgerError::Spent { spent_milli, year_milli, more_milli });
        }
        Ok(())
    }

    /// Writes down what a release has spent. Releases without noise spend nothing and everything:
    /// they are not written down.
    pub fn enter(&mut self, release: &Release) {
        let Mode::Noisy { epsilon_milli, .. } = release.mode else { return };
        let headline = release.installations.map(|_| (None, None, None));
        let within_28_days = release.installations_28_days.map(|_| (None, None, Some(28)));
        let fields = release.fields.iter().map(|table| (Some(table.id.clone()), None, None));
        let crosses = release.crosses.iter();
        let crosses = crosses
            .map(|cross| (Some(cross.rows.id.clone()), Some(cross.columns.id.clone()), None));
        let numbers = headline.into_iter().chain(within_28_days);
        let spenders: Vec<_> = numbers.chain(fields).chain(crosses).collect();
        let shares = u32::try_from(spenders.len()).unwrap_or(u32::MAX).max(1);
        let entry =
            |(field, by, days): (Option<FieldId>, Option<FieldId>, Option<u8>)| LedgerEntry {
                channel: release.channel.id.clone(),
                release: release.number,
                field,
                by,
                days,
                epsilon_milli: epsilon_milli / shares,
                published: release.published,
            };
        self.entries.extend(spenders.into_iter().map(entry));
    }

    /// The public file.
    ///
    /// # Errors
    /// None that a ledger made here can bring about.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::to_bytes(self)
    }

    /// Reads the public file back.
    ///
    /// # Errors
    /// If it is no ledger.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}
