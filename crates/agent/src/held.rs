//! What a collector holds of this machine, as the ledger and its receipts have it.

use std::collections::{BTreeMap, BTreeSet};

use contract::calendar::{Identity, Period};
use contract::draft::record_names;
use contract::id::{ChannelId, PartId};
use contract::manifest::Relay;
use envelope::{Digest, RootPublic, Secret, Tag, TagKey, TagScope};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ledger::{Entry, Folded, Line, Place};
use crate::outbox::Frozen;

/// A part that was sent, and what became of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SentPart {
    /// The channel.
    pub channel: ChannelId,
    /// The period.
    pub period: Period,
    /// The part.
    pub part: PartId,
    /// Its tag; `None` where parts carry none, and nobody can say whose they are.
    pub tag: Option<Tag>,
    /// Exactly what was sent; `None` where pruning removed it from the ledger.
    pub bytes: Option<String>,
    /// Where to.
    pub to: String,
    /// The relays that it may have gone through; none where it went directly.
    pub relays: Vec<Relay>,
    /// The root keys that were pinned then.
    pub roots: Vec<RootPublic>,
    /// What became of it.
    pub standing: Standing,
    /// From what its tag was derived, where the ledger says so in place of the bytes.
    derived: Option<Derivation>,
    /// SHA-256 of such a part's bytes, while no answer came.
    digest: Option<Digest>,
}

/// What became of a part that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A signed receipt says that it is held.
    Held {
        /// The day it was received.
        received: Date,
        /// The day after which it is forgotten.
        forget_by: Date,
    },
    /// No answer was believed: it may be held.
    Unanswered,
    /// It was refused.
    Refused,
    /// Its retention has passed.
    Forgotten {
        /// The day after which it was to be forgotten.
        forget_by: Date,
    },
    /// A signed tombstone says that it was deleted.
    Deleted {
        /// The day it was.
        deleted_on: Date,
        /// The day after which no backup holds it.
        backups_expire: Date,
    },
}

impl std::fmt::Debug for SentPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentPart").field("standing", &self.standing).finish_non_exhaustive()
    }
}

impl SentPart {
    /// Whether the collector holds it, as far as anybody here can know.
    pub fn may_be_held(&self) -> bool {
        matches!(self.standing, Standing::Held { .. } | Standing::Unanswered)
    }

    /// Whether these bytes, which a collector says that it holds, are this part's.
    pub fn is(&self, bytes: &str) -> bool {
        let same = || {
            let part: Value = serde_json::from_str(bytes).unwrap_or_default();
            let period = part.get("period").and_then(Value::as_str);
            self.tag == tag_of(bytes) && period == Some(self.period.to_string().as_str())
        };
        self.bytes.as_ref().map_or_else(same, |known| known == bytes)
    }

    /// What pruning keeps of it, while it may be held until then; `None` where nothing could be
    /// shown for it.
    pub fn folded(
        &self,
        program: &str,
        secrets: &[(String, Secret)],
        forget_by: Date,
    ) -> Option<Folded> {
        let Derivation { epoch, sample, .. } = self.derivation(program, secrets)?;
        let received = match self.standing {
            Standing::Held { received, .. } => Some(received),
            _ => None,
        };
        let digest = match (&self.bytes, received) {
            (Some(bytes), None) => Some(Digest::of(bytes.as_bytes())),
            _ => self.digest.filter(|_| received.is_none()),
        };
        let (tag, period) = (self.tag?, self.period);
        Some(Folded { tag, period, epoch, sample, received, forget_by, digest })
    }

    /// From what its tag was derived. The channel's identity and the question's kind may have
    /// changed since: the tag itself says which derivation is right.
    pub fn derivation(&self, program: &str, secrets: &[(String, Secret)]) -> Option<Derivation> {
        let tag = self.tag?;
        let Some(bytes) = &self.bytes else {
            return self.derived.clone().filter(|d| d.key(program, tag, secrets).is_some());
        };
        let samples: Vec<Option<String>> =
            std::iter::once(None).chain(samples(bytes).into_iter().map(Some)).collect();
        let samples = samples.into_iter().chain(record_names(bytes).map(Some));
        let samples: Vec<Option<String>> = samples.collect();
        let identities = [Identity::Period, Identity::Days28, Identity::Stable];
        for epoch in identities.iter().filter_map(|identity| identity.epoch(self.period)) {
            for sample in &samples {
                let (channel, part) = (self.channel.clone(), self.part.clone());
                let (epoch, sample) = (epoch.clone(), sample.clone());
                let derivation = Derivation { channel, part, epoch, sample };
                if derivation.key(program, tag, secrets).is_some() {
                    return Some(derivation);
                }
            }
        }
        None
    }

    /// The key that proves the right to list and delete it, derived anew.
    pub fn key(&self, program: &str, secrets: &[(String, Secret)]) -> Option<TagKey> {
        self.derivation(program, secrets)?.key(program, self.tag?, secrets)
    }
}

/// From what a tag was derived, besides program and secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derivation {
    /// The channel.
    pub channel: ChannelId,
    /// The part.
    pub part: PartId,
    /// The epoch.
    pub epoch: String,
    /// The value of a sample.
    pub sample: Option<String>,
}

impl std::fmt::Debug for Derivation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Derivation").field("part", &self.part).finish_non_exhaustive()
    }
}

impl Derivation {
    /// The key, under whichever secret gives this tag.
    pub fn key(&self, program: &str, tag: Tag, secrets: &[(String, Secret)]) -> Option<TagKey> {
        let scope = TagScope {
            program,
            channel: self.channel.as_str(),
            part: self.part.as_str(),
            epoch: &self.epoch,
            sample: self.sample.as_deref(),
        };
        secrets.iter().map(|(_, secret)| secret.tag_key(&scope)).find(|key| key.tag() == tag)
    }
}

/// Every part that the ledger says was sent, oldest first.
pub fn sent_parts(lines: &[Line], today: Date) -> Vec<SentPart> {
    let mut parts: Vec<SentPart> = Vec::new();
    let mut places: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
    let mut deleted = BTreeMap::new();
    for line in lines {
        match &line.entry {
            Entry::Sending { channel, period, part, bytes, to, roots, relays } => {
                let places = places.entry(Digest::of(bytes.as_bytes())).or_default();
                // Noted twice, where power was lost before the part left.
                let same = |at: &usize| parts.get(*at).is_some_and(|known| known.to == *to);
                if !places.iter().any(same) {
                    places.push(parts.len());
                    let (channel, part) = (channel.clone(), part.clone());
                    let (to, relays, roots) = (to.clone(), relays.clone(), roots.clone());
                    let place = Place { channel, part, to, relays, roots };
                    parts.push(unanswered(place, *period, bytes));
                }
            }
            Entry::Folded { place, tags } => {
                for folded in tags {
                    if let Some(digest) = folded.digest {
                        places.entry(digest).or_default().push(parts.len());
                    }
                    parts.push(unfolded(place, folded));
                }
            }
            // An answer belongs to the collector that was asked last.
            Entry::Receipt { digest, receipt } => {
                let at = places.get(digest).and_then(|places| places.last());
                if let Some(part) = at.and_then(|at| parts.get_mut(*at)) {
                    let (received, forget_by) =
                        (receipt.statement.received, receipt.statement.forget_by);
                    part.standing = Standing::Held { received, forget_by };
                }
            }
            // Its period closed, or its tag was deleted: an earlier try that nobody answered may
            // have been taken all the same.
            Entry::Refused { status: 410, .. } => {}
            Entry::Refused { digest, .. } => {
                let at = places.get(digest).and_then(|places| places.last());
                if let Some(part) = at.and_then(|at| parts.get_mut(*at)) {
                    part.standing = Standing::Refused;
                }
            }
            Entry::Tombstone { tombstone } => {
                let days = (tombstone.deleted_on, tombstone.backups_expire);
                deleted.insert((tombstone.channel.clone(), tombstone.tag), days);
            }
            _ => {}
        }
    }
    for part in &mut parts {
        let tomb = part.tag.and_then(|tag| deleted.get(&(part.channel.to_string(), tag)));
        part.standing = match (part.standing, tomb) {
            (_, Some((deleted_on, backups_expire))) => {
                let (deleted_on, backups_expire) = (*deleted_on, *backups_expire);
                Standing::Deleted { deleted_on, backups_expire }
            }
            (Standing::Held { forget_by, .. }, None) if forget_by < today => {
                Standing::Forgotten { forget_by }
            }
            (standing, None) => standing,
        };
    }
    parts
}

/// Every part of a frozen report, as it is once it was sent.
pub(crate) fn waiting_parts(frozen: &Frozen) -> impl Iterator<Item = SentPart> + '_ {
    frozen.parts.iter().map(|waiting| {
        let (channel, part) = (frozen.channel.clone(), waiting.part.clone());
        let (to, relays) = (String::new(), waiting.relays.clone());
        let place = Place { channel, part, to, relays, roots: Vec::new() };
        unanswered(place, frozen.period, &waiting.bytes)
    })
}

/// A part that was sent, before anything is known of an answer.
fn unanswered(place: Place, period: Period, bytes: &str) -> SentPart {
    let Place { channel, part, to, relays, roots } = place;
    SentPart {
        channel,
        period,
        part,
        tag: tag_of(bytes),
        bytes: Some(bytes.to_owned()),
        to,
        relays,
        roots,
        standing: Standing::Unanswered,
        derived: None,
        digest: None,
    }
}

/// A part whose lines were removed, as far as it is known.
fn unfolded(place: &Place, folded: &Folded) -> SentPart {
    let Folded { epoch, sample, forget_by, .. } = folded.clone();
    let (channel, part) = (place.channel.clone(), place.part.clone());
    let derived = Derivation { channel: channel.clone(), part: part.clone(), epoch, sample };
    let held = |received| Standing::Held { received, forget_by };
    SentPart {
        channel,
        period: folded.period,
        part,
        tag: Some(folded.tag),
        bytes: None,
        to: place.to.clone(),
        relays: place.relays.clone(),
        roots: place.roots.clone(),
        standing: folded.received.map_or(Standing::Unanswered, held),
        derived: Some(derived),
        digest: folded.digest,
    }
}

/// The tag in a part's bytes.
fn tag_of(bytes: &str) -> Option<Tag> {
    let part: Value = serde_json::from_str(bytes).ok()?;
    part.get("tag")?.as_str()?.parse().ok()
}

/// The texts that may be a sample's value: the answers themselves, or their `value` member.
fn samples(bytes: &str) -> BTreeSet<String> {
    let part: Value = serde_json::from_str(bytes).unwrap_or_default();
    let answers = part.get("answers").and_then(Value::as_object);
    let text = |answer: &Value| {
        let value = answer.get("value").unwrap_or(answer);
        value.as_str().map(str::to_owned)
    };
    answers.into_iter().flat_map(|answers| answers.values().filter_map(text)).collect()
}
