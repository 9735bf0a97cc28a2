//! What a vendor must hold, on paper: a map, and nothing clever, so that it is right.

use std::collections::{BTreeMap, BTreeSet};

use contract::calendar::Period;
use contract::definition::Definition;
use contract::manifest::Manifest;
use contract::part::check;
use envelope::{Digest, Tag};
use jiff::civil::Date;

/// What tells one part from another: channel, part, tag and period.
pub(super) type Key = (String, String, Option<Tag>, Period);

/// A part, and until when it may be kept.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) key: Key,
    pub(super) digest: Digest,
    pub(super) forget_by: Date,
    /// SHA-256 of its receipt, once that left.
    pub(super) receipt: Option<Digest>,
}

/// What must become of bytes that arrive.
pub(super) enum Expected {
    /// They are taken.
    New(Held),
    /// They were taken before, the same, and got this receipt.
    Again(Option<Digest>),
    /// Others were taken before in their place.
    Conflict,
    /// Their tag was deleted.
    Deleted,
    /// They are no part that is taken on that day.
    Refused,
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::New(_) => "that it is taken",
            Self::Again(_) => "the same receipt",
            Self::Conflict => "a conflict",
            Self::Deleted => "that it was deleted",
            Self::Refused => "that it is no part to take",
        })
    }
}

/// What a deletion must remove: so many rows at least and at most, until this day.
#[derive(Clone, Copy)]
pub(super) struct Removed {
    pub(super) low: u64,
    pub(super) high: u64,
    pub(super) until: Date,
}

/// Everything that was promised.
#[derive(Default)]
pub(super) struct Paper {
    definitions: BTreeMap<Digest, Definition>,
    /// Days that each channel keeps parts, by the newest manifest.
    retention: BTreeMap<String, u32>,
    held: BTreeMap<Key, Held>,
    digests: BTreeMap<Digest, Key>,
    /// Parts that came while the disk failed, and were not answered: they are there or not.
    doubted: BTreeMap<Digest, Held>,
    deleted: BTreeMap<Tag, Removed>,
    /// Tags whose deletion was asked for while the disk failed: it is in force or not.
    doubted_tags: BTreeSet<Tag>,
    gone: BTreeSet<Digest>,
    /// The earliest day that was promised for anything in a file, also for what was deleted since:
    /// all of the file goes on it. Then the same with what is in doubt.
    promised: BTreeMap<(String, Period), (Date, Date)>,
}

impl Paper {
    pub(super) fn load(&mut self, manifest: &Manifest) {
        for definition in manifest.definitions() {
            self.definitions.insert(definition.hash(), definition);
        }
        for channel in &manifest.channels {
            self.retention.insert(channel.id.to_string(), channel.retention_days);
        }
    }

    /// What must become of these bytes on a day.
    pub(super) fn expects(&self, bytes: &[u8], today: Date) -> Expected {
        let addressed: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        let channel = addressed.get("channel").and_then(|c| c.as_str()).unwrap_or_default();
        let find = |hash: &Digest| self.definitions.get(hash);
        let Ok((part, definition)) = check(bytes, ("larkspur", channel), find, today) else {
            return Expected::Refused;
        };
        if part.tag().is_some_and(|tag| self.deleted.contains_key(&tag)) {
            return Expected::Deleted;
        }
        let key = (channel.to_owned(), definition.part.to_string(), part.tag(), part.period());
        match self.held.get(&key) {
            Some(held) if held.digest == part.digest() => Expected::Again(held.receipt),
            Some(_) => Expected::Conflict,
            None => {
                let (forget_by, digest) = (self.latest(&key), part.digest());
                Expected::New(Held { key, digest, forget_by, receipt: None })
            }
        }
    }

    /// Until when a receipt may say that a part is kept: where it came before and nobody was
    /// answered, what held then stands.
    pub(super) fn receipted(&self, held: &Held) -> Date {
        let before = self.doubted.get(&held.digest).map(|doubted| doubted.forget_by);
        before.map_or(held.forget_by, |before| before.max(held.forget_by))
    }

    /// Until when a part may be kept, by the newest manifest.
    fn latest(&self, (channel, _, _, period): &Key) -> Date {
        period.forget_by(self.retention.get(channel).copied().unwrap_or(0))
    }

    /// A receipt left.
    pub(super) fn hold(&mut self, held: Held) {
        self.promise(&held, true);
        self.doubted.remove(&held.digest);
        self.digests.insert(held.digest, held.key.clone());
        self.held.insert(held.key.clone(), held);
    }

    /// No answer left, because the disk failed.
    pub(super) fn doubt(&mut self, held: Held) {
        self.promise(&held, false);
        self.doubted.insert(held.digest, held);
    }

    fn promise(&mut self, held: &Held, is_certain: bool) {
        let place = (held.key.0.clone(), held.key.3);
        let promised = self.promised.entry(place).or_insert((Date::MAX, Date::MAX));
        promised.1 = promised.1.min(held.forget_by);
        if is_certain {
            promised.0 = promised.0.min(held.forget_by);
        }
    }

    /// Whether it is in doubt that something is held in this place.
    pub(super) fn doubts(&self, key: &Key) -> bool {
        self.doubted.values().any(|held| held.key == *key)
    }

    /// Whether it is in doubt that this was deleted.
    pub(super) fn doubts_tag(&self, tag: Option<Tag>) -> bool {
        tag.is_some_and(|tag| self.doubted_tags.contains(&tag))
    }

    /// Somebody proved a tag and was told that it is deleted, or will be.
    pub(super) fn delete(&mut self, channel: &str, tag: Tag) {
        if self.deleted.contains_key(&tag) {
            return;
        }
        let ours = self.take(channel, tag);
        let before = self.doubted.len();
        self.doubted.retain(|_, held| held.key.2 != Some(tag));
        let doubted = (before - self.doubted.len()) as u64;
        let until = ours.iter().map(|held| held.forget_by).min().unwrap_or(Date::MAX);
        let low = if self.doubted_tags.remove(&tag) { 0 } else { ours.len() as u64 };
        self.deleted.insert(tag, Removed { low, high: ours.len() as u64 + doubted, until });
    }

    /// The same, and the disk failed meanwhile.
    pub(super) fn perhaps_delete(&mut self, channel: &str, tag: Tag) {
        if !self.deleted.contains_key(&tag) {
            let ours = self.take(channel, tag);
            self.doubted.extend(ours.into_iter().map(|held| (held.digest, held)));
            self.doubted_tags.insert(tag);
        }
    }

    fn take(&mut self, channel: &str, tag: Tag) -> Vec<Held> {
        let ours = |held: &&Held| held.key.2 == Some(tag) && held.key.0 == channel;
        let ours: Vec<Held> = self.held.values().filter(ours).cloned().collect();
        for held in &ours {
            self.remove(held);
        }
        ours
    }

    fn remove(&mut self, held: &Held) {
        self.held.remove(&held.key);
        self.digests.remove(&held.digest);
        self.gone.insert(held.digest);
    }

    /// What the deletion of a tag removed, if it was asked for.
    pub(super) fn removed(&self, tag: Tag) -> Option<Removed> {
        self.deleted.get(&tag).copied()
    }

    /// What must have been forgotten by a day is gone; in doubt it is where the disk failed.
    pub(super) fn forget(&mut self, today: Date, is_certain: bool) {
        let of = |held: &Held| {
            let place = (held.key.0.clone(), held.key.3);
            let (certain, possible) = self.promised.get(&place).copied()?;
            let latest = self.latest(&held.key);
            Some((certain.min(latest), possible.min(latest)))
        };
        let past: Vec<(Held, bool)> = self
            .held
            .values()
            .filter_map(|held| {
                let (certain, possible) = of(held)?;
                (possible < today).then(|| (held.clone(), certain < today && is_certain))
            })
            .collect();
        let is_past = |held: &Held| of(held).is_some_and(|(certain, _)| certain < today);
        let doubted = self.doubted.values().filter(|held| is_certain && is_past(held));
        for digest in doubted.map(|held| held.digest).collect::<Vec<_>>() {
            self.doubted.remove(&digest);
        }
        for (held, is_gone) in past {
            self.remove(&held);
            if !is_gone {
                self.doubt(held);
            }
        }
    }

    /// Whether a part with this digest is held.
    pub(super) fn holds(&self, digest: &Digest) -> bool {
        self.digests.contains_key(digest)
    }

    /// The digests of everything that is held.
    pub(super) fn digests(&self) -> Vec<Digest> {
        self.digests.keys().copied().collect()
    }

    /// Whether a part with this digest was held, and was deleted or forgotten.
    pub(super) fn is_gone(&self, digest: &Digest) -> bool {
        self.gone.contains(digest)
    }

    /// How much is gone.
    pub(super) fn gone(&self) -> usize {
        self.gone.len()
    }

    /// Compares with what was found: what must be there is there once, and nothing else is but
    /// what is in doubt.
    pub(super) fn compare(&self, found: &[Vec<u8>], tags: Option<&[Tag]>) -> Result<(), String> {
        let wanted =
            |held: &Held| tags.is_none_or(|tags| held.key.2.is_some_and(|tag| tags.contains(&tag)));
        let mut digests = BTreeSet::new();
        for bytes in found {
            let digest = Digest::of(bytes);
            if !digests.insert(digest) {
                return Err("a part is held twice".into());
            }
            if !self.digests.contains_key(&digest) && !self.doubted.contains_key(&digest) {
                let gone = if self.is_gone(&digest) { "was to be gone" } else { "never came" };
                let text = String::from_utf8_lossy(bytes);
                return Err(format!("a part is held that {gone}: {text}"));
            }
        }
        let missing =
            self.held.values().find(|held| wanted(held) && !digests.contains(&held.digest));
        match missing {
            Some(Held { key: (channel, part, _, period), forget_by, .. }) => Err(format!(
                "a part was acknowledged and is missing: {channel} {part} of {period}, kept until \
                 {forget_by}"
            )),
            None => Ok(()),
        }
    }
}
