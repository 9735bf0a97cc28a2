//! Deletions that were asked for and are not confirmed yet: one tag each, at a moment of its own,
//! across restarts and outages.

use contract::id::ChannelId;
use contract::manifest::Relay;
use envelope::{RootPublic, Tag, Tombstone};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::held::Derivation;
use crate::limits::DELETIONS_BYTES_MAX;
use crate::state::State;
use crate::trouble::Trouble;

/// The file of deletions.
const DELETIONS: &str = "deletions.json";

/// The deletions that are not confirmed yet.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deletions {
    /// Each tag's.
    pub pending: Vec<Deletion>,
    /// Whether the secret is still to be kept aside: power was lost in the middle of a withdrawal.
    pub is_secret_due: bool,
}

/// One tag whose parts are to be deleted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deletion {
    /// From what the tag was derived: also where the ledger no longer has the part.
    pub derivation: Derivation,
    /// The tag.
    pub tag: Tag,
    /// The collector it was sent to.
    pub to: String,
    /// The relays that it may have gone through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relays: Vec<Relay>,
    /// The root keys that were pinned then: one of them must stand behind the tombstone.
    pub roots: Vec<RootPublic>,
    /// The day after which it is forgotten anyway.
    pub forget_by: Date,
    /// When the collector is asked, or asked again.
    pub due: Timestamp,
    /// How often it was asked. Once asked, it cannot be cancelled: it may be done.
    pub tries: u32,
}

impl std::fmt::Debug for Deletions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deletions").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Deletion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deletion").field("tries", &self.tries).finish_non_exhaustive()
    }
}

impl Deletion {
    /// The channel.
    pub fn channel(&self) -> &ChannelId {
        &self.derivation.channel
    }
}

impl Deletions {
    /// Reads them; none where there is no file.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn load(state: &State<'_>) -> Result<Self, Trouble> {
        Ok(state.read_json(DELETIONS, DELETIONS_BYTES_MAX)?.unwrap_or_default())
    }

    /// Writes them. Callers hold the lock.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, state: &State<'_>) -> Result<(), Trouble> {
        state.write_json(DELETIONS, self)
    }
}

/// Finds the tombstone for a tag in a collector's answer, and believes it only under the roots that
/// were pinned when the part was sent.
///
/// # Errors
/// Says why none is believed; an empty answer is `None`.
pub fn believe(
    body: &[u8],
    program: &str,
    deletion: &Deletion,
) -> Result<Option<Vec<Tombstone>>, String> {
    #[derive(Deserialize)]
    struct Answer {
        tombstones: Vec<Tombstone>,
    }
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| "the answer holds no tombstones".to_owned())?;
    let ours: Vec<_> = answer.tombstones.into_iter().filter(|t| t.tag == deletion.tag).collect();
    if ours.is_empty() {
        return Ok(None);
    }
    for tombstone in &ours {
        if tombstone.program != program || tombstone.channel != deletion.channel().as_str() {
            return Err("the tombstone is of another program or channel".to_owned());
        }
        let verified = tombstone.verify(&deletion.roots, &deletion.tag);
        verified.map_err(|error| match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        })?;
    }
    Ok(Some(ours))
}
