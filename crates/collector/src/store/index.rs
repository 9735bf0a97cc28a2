//! Which parts a period holds: from tag and part to digest and place.
//!
//! In memory for now, about 90 bytes a part; behind a type of its own so that one on disk can take
//! its place. A tree and no hash table: tags are chosen by whoever sends them, and a tree has no
//! slow case. Its order is that of the tags, in which a closed period is to be written.

use std::collections::BTreeMap;

use envelope::{Digest, Tag};

/// Where a part lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// SHA-256 over its bytes.
    pub(super) digest: Digest,
    /// Where its record begins.
    pub(super) offset: u64,
    /// The record's length.
    pub(super) bytes: u32,
}

/// The parts of one period. Its `Debug` shows how many, and no tag.
#[derive(Default)]
pub(super) struct Index {
    /// The number stands for the part's name in the file's own list.
    tagged: BTreeMap<(Tag, u16), Place>,
    /// Parts without a tag cannot be told apart, so each that arrives counts.
    untagged: u64,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("parts", &self.len()).finish()
    }
}

impl Index {
    /// The part with this tag and name.
    pub(super) fn get(&self, tag: Tag, part: u16) -> Option<&Place> {
        self.tagged.get(&(tag, part))
    }

    /// Takes a part; one of the same tag and name must not be there.
    pub(super) fn insert(&mut self, tag: Option<Tag>, part: u16, place: Place) {
        match tag {
            Some(tag) => drop(self.tagged.insert((tag, part), place)),
            None => self.untagged += 1,
        }
    }

    /// Every part with this tag.
    pub(super) fn of_tag(&self, tag: Tag) -> impl Iterator<Item = (u16, &Place)> {
        self.tagged.range((tag, 0)..=(tag, u16::MAX)).map(|((_, part), place)| (*part, place))
    }

    /// Forgets every part with this tag and says where they lie.
    pub(super) fn remove_tag(&mut self, tag: Tag) -> Vec<(u16, Place)> {
        let found: Vec<_> = self.of_tag(tag).map(|(part, place)| (part, *place)).collect();
        for (part, _) in &found {
            self.tagged.remove(&(tag, *part));
        }
        found
    }

    /// How many parts there are.
    pub(super) fn len(&self) -> u64 {
        self.tagged.len() as u64 + self.untagged
    }
}
