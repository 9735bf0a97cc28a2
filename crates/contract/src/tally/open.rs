//! Counters of an open vocabulary, bounded: nobody can fill the memory by inventing values.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// How often each value was given.
///
/// Beyond the bound no new value is taken in, and the whole vocabulary is withheld from releases:
/// which values found room would depend on who came first, so that one installation could move
/// others' counters, and the noise would no longer cover it.
#[derive(Clone, PartialEq)]
pub(crate) struct Open<K: Hash + Eq> {
    counts: HashMap<K, u64>,
    bound: usize,
    overflowed: bool,
}

impl<K: Hash + Eq> Open<K> {
    pub(super) fn new(bound: usize) -> Self {
        Self { counts: HashMap::new(), bound, overflowed: false }
    }

    /// Counts a value; it is copied only when it is new.
    pub(super) fn add<Q>(&mut self, value: &Q, count: u64)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(counter) = self.counts.get_mut(value) {
            *counter += count;
        } else if self.counts.len() < self.bound {
            self.counts.insert(value.to_owned(), count);
        } else {
            self.overflowed = true;
        }
    }

    pub(super) fn clear(&mut self) {
        self.counts.clear();
        self.overflowed = false;
    }

    pub(super) fn merge<Q>(&mut self, other: Self)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.overflowed |= other.overflowed;
        for (value, count) in other.counts {
            self.add(value.borrow(), count);
        }
    }

    /// The values and their counts; none if there were more than the bound.
    pub(super) fn values(&self) -> impl Iterator<Item = (&K, u64)> {
        let withheld = self.overflowed;
        self.counts.iter().filter(move |_| !withheld).map(|(value, count)| (value, *count))
    }
}
