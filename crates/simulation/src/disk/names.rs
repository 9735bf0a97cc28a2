//! The names in all folders: those on the medium, those a program sees, and what lies between.

use std::collections::{BTreeMap, BTreeSet};

use super::chance::Chance;
use super::fault::Survival;

/// The root folder's number.
pub(super) const ROOT: u64 = 0;

/// A folder's number and a name in it.
pub(super) type Place = (u64, String);

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) number: u64,
    pub(super) is_folder: bool,
}

type Tree = BTreeMap<Place, Node>;

/// All names.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    durable: Tree,
    cached: Tree,
    pending: Vec<Change>,
}

/// A rename takes one name away and gives another; the others do one of both.
#[derive(Debug, Clone)]
struct Change {
    takes: Option<(Place, Node)>,
    gives: Option<(Place, Node)>,
}

impl Names {
    pub(super) fn get(&self, place: &Place) -> Option<Node> {
        self.cached.get(place).copied()
    }

    /// The names in a folder as a program sees them, in order.
    pub(super) fn inside(&self, folder: u64) -> impl Iterator<Item = (&str, Node)> {
        self.cached
            .range((folder, String::new())..)
            .take_while(move |(place, _)| place.0 == folder)
            .map(|(place, node)| (place.1.as_str(), *node))
    }

    pub(super) fn link(&mut self, place: Place, node: Node) {
        self.change(Change { takes: None, gives: Some((place, node)) });
    }

    pub(super) fn unlink(&mut self, place: Place, node: Node) {
        self.change(Change { takes: Some((place, node)), gives: None });
    }

    pub(super) fn rename(&mut self, from: Place, to: Place, node: Node) {
        self.change(Change { takes: Some((from, node)), gives: Some((to, node)) });
    }

    /// Makes the names in one folder durable, and whatever else must have happened before.
    pub(super) fn sync(&mut self, folder: u64) {
        let changes = std::mem::take(&mut self.pending).into_iter();
        self.pending = changes.flat_map(|change| change.parted_at(folder)).flatten().collect();
        let chosen: Vec<bool> =
            self.pending.iter().map(|change| change.settled_by(folder)).collect();
        self.pending = self.settle(&chosen);
    }

    /// Power fails.
    pub(super) fn lose_power(&mut self, survival: Survival, chance: &mut Chance) {
        let mut survives = || match survival {
            Survival::Nothing | Survival::Contents => false,
            Survival::Everything | Survival::Names => true,
            Survival::Random => chance.coin(),
        };
        let chosen: Vec<bool> = self.pending.iter().map(|_| survives()).collect();
        self.settle(&chosen);
        self.pending.clear();
        self.cached.clone_from(&self.durable);
    }

    /// The numbers of everything that has a name, on the medium or in the cache, or may get one.
    pub(super) fn numbers(&self) -> BTreeSet<u64> {
        let given = self.pending.iter().filter_map(|change| change.gives.as_ref());
        let given = given.map(|(_, node)| node.number);
        self.durable
            .values()
            .chain(self.cached.values())
            .map(|node| node.number)
            .chain(given)
            .collect()
    }

    /// The numbers of everything that has a name in the cache.
    pub(super) fn cached_numbers(&self) -> BTreeSet<u64> {
        self.cached.values().map(|node| node.number).collect()
    }

    /// The paths of all files that can be reached by name, on the medium or in the cache.
    pub(super) fn paths(&self) -> BTreeSet<(String, u64)> {
        let mut paths = BTreeSet::new();
        for tree in [&self.durable, &self.cached] {
            let mut folders = vec![(ROOT, String::new())];
            while let Some((folder, path)) = folders.pop() {
                let inside = tree.range((folder, String::new())..);
                for (place, node) in inside.take_while(|(place, _)| place.0 == folder) {
                    let path = disk::path::join(&path, &place.1);
                    if node.is_folder {
                        folders.push((node.number, path));
                    } else {
                        paths.insert((path, node.number));
                    }
                }
            }
        }
        paths
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.cached);
        self.pending.push(change);
    }

    /// Makes the chosen changes durable, in order, and hands back the others. Changes of one name
    /// never overtake each other: with a later one, the earlier ones are chosen too.
    fn settle(&mut self, chosen: &[bool]) -> Vec<Change> {
        let mut bound: BTreeSet<Place> = BTreeSet::new();
        let mut settled = Vec::new();
        let mut others = Vec::new();
        let changes = std::mem::take(&mut self.pending);
        for (change, chosen) in changes.into_iter().zip(chosen).rev() {
            if *chosen || change.places().any(|place| bound.contains(place)) {
                bound.extend(change.places().cloned());
                settled.push(change);
            } else {
                others.push(change);
            }
        }
        for change in settled.iter().rev() {
            change.apply(&mut self.durable);
        }
        others.reverse();
        others
    }
}

impl Change {
    fn places(&self) -> impl Iterator<Item = &Place> {
        self.takes.iter().chain(&self.gives).map(|(place, _)| place)
    }

    /// Whether a sync of this folder settles it. A rename is settled where it leads to: a sync of
    /// the folder it leaves promises nothing.
    fn settled_by(&self, folder: u64) -> bool {
        self.gives.as_ref().or(self.takes.as_ref()).is_some_and(|(place, _)| place.0 == folder)
    }

    /// A rename into this folder from another: a sync of this one promises the new name, and not
    /// that the old one is gone. There may be two names, never none.
    fn parted_at(self, folder: u64) -> [Option<Self>; 2] {
        match self {
            Self { takes: Some((from, node)), gives: Some((to, new)) }
                if to.0 == folder && from.0 != folder =>
            {
                let gives = Self { takes: None, gives: Some((to, new)) };
                let takes = Self { takes: Some((from, node)), gives: None };
                [Some(gives), Some(takes)]
            }
            whole => [Some(whole), None],
        }
    }

    fn apply(&self, tree: &mut Tree) {
        if let Some((place, node)) = &self.takes
            && tree.get(place) == Some(node)
        {
            tree.remove(place);
        }
        if let Some((place, node)) = &self.gives {
            tree.insert(place.clone(), *node);
        }
    }
}
