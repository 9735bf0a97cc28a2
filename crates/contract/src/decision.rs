//! Decisions: what a person said about each channel, and exactly what was shown to them.

use std::collections::{BTreeMap, BTreeSet};

use envelope::Digest;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::change::changes;
use crate::destination::Destination;
use crate::id::{ChannelId, ProgramId, TierId};
use crate::manifest::Manifest;

/// The format this code writes; a newer one is refused, so that an older program never sends on a
/// decision that it cannot read.
pub const FORMAT: u32 = 1;

/// The one record of all decisions about one program on one machine.
///
/// A channel that is not in it is `unset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    format: u32,
    program: ProgramId,
    /// Since when the machine is in the air gap.
    airgap: Option<Timestamp>,
    /// What was decided inside it. The clock cannot tell: it may have been set since.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    inside: BTreeSet<ChannelId>,
    channels: BTreeMap<ChannelId, Decision>,
    /// The manifests that were shown, by hash; each once however many channels it decided.
    shown: BTreeMap<Digest, Manifest>,
}

/// What was decided about a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Decision {
    /// The decision itself.
    pub state: State,
    /// When it was made.
    pub when: Timestamp,
    /// Through what.
    pub how: How,
    /// The language in which the manifest was shown.
    pub language: String,
    /// The hash of the manifest that was shown.
    pub manifest: Digest,
    /// The destination that was shown.
    pub destination: Destination,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", deny_unknown_fields)]
pub enum State {
    /// No; final until the operator asks.
    No,
    /// A notice was shown to a person; it covers a tier of the manifest that was shown, once its
    /// grace has passed.
    Noticed {
        /// When its grace period ends.
        effective: Timestamp,
    },
    /// Yes, up to this tier.
    Yes {
        /// The tier.
        tier: TierId,
    },
}

/// Through what a decision was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// A command in a terminal.
    Cli,
    /// The operator's page.
    Page,
    /// An installer that asked.
    Installer,
    /// The product's own interface.
    Api,
}

impl How {
    /// "in the terminal": for sentences.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Cli => "in the terminal",
            Self::Page => "on the page",
            Self::Installer => "during installation",
            Self::Api => "in the product",
        }
    }
}

/// What a decision is about: everything that was on the screen.
#[derive(Debug, Clone, Copy)]
pub struct Showing<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// Where parts would go.
    pub destination: &'a Destination,
    /// In which language.
    pub language: &'a str,
    /// Through what.
    pub how: How,
    /// When.
    pub when: Timestamp,
}

/// Why a decision cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The manifest has no such channel.
    #[error("the manifest has no channel `{0}`")]
    Channel(String),
    /// The channel has no such tier.
    #[error("the channel has no tier `{tier}`; it has {known}")]
    Tier {
        /// What was asked for.
        tier: String,
        /// The tiers that it has.
        known: String,
    },
    /// The channel has several tiers and none was named.
    #[error("the channel has several tiers: say which with --tier; it has {0}")]
    TierNeeded(String),
    /// The channel asks first: a notice answers nothing.
    #[error("`{0}` asks first: only a yes or a no decides about it")]
    AsksFirst(ChannelId),
    /// Somebody answered; a notice changes no answer.
    #[error("somebody decided about `{0}`: a notice changes no answer")]
    Answered(ChannelId),
    /// The record is that of another program.
    #[error("the record is about `{0}`, the manifest about another program")]
    Program(ProgramId),
}

/// Why bytes are no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The bytes are damaged.
    #[error("the record of decisions cannot be read")]
    Shape(#[source] serde_json::Error),
    /// A newer Candor wrote it.
    #[error("a newer Candor wrote the record of decisions (format {0})")]
    Format(u32),
}

impl Record {
    /// A record in which nothing is decided.
    pub fn new(program: ProgramId) -> Self {
        let (channels, shown, inside) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { format: FORMAT, program, airgap: None, inside, channels, shown }
    }

    /// Reads a record back.
    ///
    /// # Errors
    /// If the bytes are damaged or of a newer format. The caller must then send nothing.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(RecordError::Shape)?;
        if head.format > FORMAT {
            return Err(RecordError::Format(head.format));
        }
        serde_json::from_slice(bytes).map_err(RecordError::Shape)
    }

    /// The record as a file: indented, so that a person can read it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The program.
    pub fn program(&self) -> &ProgramId {
        &self.program
    }

    /// Whether the machine is in the air gap: nothing is sent, whatever else is set.
    pub fn airgap(&self) -> bool {
        self.airgap.is_some()
    }

    /// Enters the air gap.
    pub fn enter_airgap(&mut self, now: Timestamp) {
        self.airgap.get_or_insert(now);
    }

    /// Leaves the air gap. What was agreed to inside is `unset` again, so that leaving starts
    /// nothing that was not already agreed to outside; a no stays a no.
    pub fn leave_airgap(&mut self) {
        if self.airgap.take().is_none() {
            return;
        }
        let inside = std::mem::take(&mut self.inside);
        self.channels
            .retain(|channel, decision| decision.state == State::No || !inside.contains(channel));
        self.forget_what_no_decision_rests_on();
    }

    /// The decision about a channel; `None` while it is unset.
    pub fn decision(&self, channel: &ChannelId) -> Option<&Decision> {
        self.channels.get(channel)
    }

    /// The manifest that was shown when a channel was decided.
    pub fn shown(&self, decision: &Decision) -> Option<&Manifest> {
        self.shown.get(&decision.manifest)
    }

    /// Records a yes. Without a tier, the only one; a channel with several needs one named.
    ///
    /// # Errors
    /// If the channel or the tier does not exist; the record is unchanged then.
    pub fn agree(
        &mut self,
        channel: &str,
        tier: Option<&str>,
        showing: &Showing<'_>,
    ) -> Result<(), DecideError> {
        let found = self.find(channel, showing)?;
        let known = || {
            let names: Vec<_> = found.tiers.iter().map(|tier| format!("`{}`", tier.id)).collect();
            names.join(", ")
        };
        let tier = match (tier, found.tiers.as_slice()) {
            (None, [only]) => only.id.clone(),
            (None, _) => return Err(DecideError::TierNeeded(known())),
            (Some(wanted), tiers) => {
                let tier = tiers.iter().find(|tier| tier.id.as_str() == wanted);
                let missing = || DecideError::Tier { tier: wanted.to_owned(), known: known() };
                tier.ok_or_else(missing)?.id.clone()
            }
        };
        self.put(&found.id, State::Yes { tier }, showing);
        Ok(())
    }

    /// Records a no: final until the operator asks.
    ///
    /// # Errors
    /// If the channel does not exist; the record is unchanged then.
    pub fn decline(&mut self, channel: &str, showing: &Showing<'_>) -> Result<(), DecideError> {
        let found = self.find(channel, showing)?;
        self.put(&found.id, State::No, showing);
        Ok(())
    }

    /// Records that a person saw the notice of an opt-out channel. It works once its grace has
    /// passed. One that was seen before goes on as it was, unless something is asked again: then
    /// its grace begins anew.
    ///
    /// # Errors
    /// If the channel does not exist, asks first, or was answered; the record is unchanged then.
    pub fn notice(&mut self, channel: &str, showing: &Showing<'_>) -> Result<(), DecideError> {
        let found = self.find(channel, showing)?;
        if found.covered_by_notice().is_none() {
            return Err(DecideError::AsksFirst(found.id.clone()));
        }
        match self.channels.get(&found.id) {
            Some(Decision { state: State::No | State::Yes { .. }, .. }) => {
                return Err(DecideError::Answered(found.id.clone()));
            }
            Some(decision) if !self.is_asked_again(decision, showing, channel) => return Ok(()),
            _ => {}
        }
        let grace = SignedDuration::from_hours(i64::from(found.grace_hours()));
        // A clock at the end of time grants an endless grace.
        let effective = showing.when.checked_add(grace).unwrap_or(Timestamp::MAX);
        self.put(&found.id, State::Noticed { effective }, showing);
        Ok(())
    }

    fn is_asked_again(&self, decision: &Decision, now: &Showing<'_>, channel: &str) -> bool {
        let Some(shown) = self.shown(decision) else { return true };
        let (then, now) = ((shown, &decision.destination), (now.manifest, now.destination));
        changes(then, now, channel).iter().any(|change| change.asked)
    }

    fn find<'a>(
        &self,
        channel: &str,
        showing: &Showing<'a>,
    ) -> Result<&'a crate::manifest::Channel, DecideError> {
        if showing.manifest.program.id != self.program {
            return Err(DecideError::Program(self.program.clone()));
        }
        let found = showing.manifest.channel(channel);
        found.ok_or_else(|| DecideError::Channel(channel.to_owned()))
    }

    fn put(&mut self, channel: &ChannelId, state: State, showing: &Showing<'_>) {
        let manifest = showing.manifest.hash();
        let decision = Decision {
            state,
            when: showing.when,
            how: showing.how,
            language: showing.language.to_owned(),
            manifest,
            destination: showing.destination.clone(),
        };
        if self.airgap() {
            self.inside.insert(channel.clone());
        }
        self.channels.insert(channel.clone(), decision);
        self.shown.insert(manifest, showing.manifest.clone());
        self.forget_what_no_decision_rests_on();
    }

    fn forget_what_no_decision_rests_on(&mut self) {
        let used: Vec<_> = self.channels.values().map(|decision| decision.manifest).collect();
        self.shown.retain(|hash, _| used.contains(hash));
    }
}
