//! The tree against the recursive definition of RFC 9162, and proofs of every size.

use proptest::prelude::*;

use super::{Tree, leaf_hash, node_hash, root_of};
use crate::digest::Digest;

fn leaves(size: u64) -> Vec<Digest> {
    (0..size).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect()
}

/// RFC 9162 section 2.1.1: split at the largest power of two below the size.
fn root_by_definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root_by_definition(left), &root_by_definition(right))
        }
    }
}

/// RFC 9162 section 2.1.3.1.
fn path_by_definition(index: usize, leaves: &[Digest]) -> Vec<Digest> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let split = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(split);
    let (mut path, neighbour) = if index < split {
        (path_by_definition(index, left), right)
    } else {
        (path_by_definition(index - split, right), left)
    };
    path.push(root_by_definition(neighbour));
    path
}

#[test]
fn every_leaf_of_every_size_is_proven() {
    for size in 0..=70u64 {
        let leaves = leaves(size);
        let tree = Tree::new(leaves.clone());
        assert_eq!(tree.root(), root_by_definition(&leaves), "size {size}");
        for (index, leaf) in leaves.iter().enumerate() {
            let path = tree.path(index);
            assert_eq!(path, path_by_definition(index, &leaves), "{index} of {size}");
            let root = root_of(*leaf, index as u64, size, &path);
            assert_eq!(root, Some(tree.root()), "{index} of {size}");
        }
    }
}

#[test]
fn no_leaf_is_proven_at_another_place_or_with_another_size_of_path() {
    for size in 1..=40u64 {
        let leaves = leaves(size);
        let tree = Tree::new(leaves.clone());
        for (index, leaf) in leaves.iter().enumerate() {
            let path = tree.path(index);
            for other in (0..=size).filter(|&other| other != index as u64) {
                assert_ne!(root_of(*leaf, other, size, &path), Some(tree.root()));
            }
            let longer = [&*path, &[*leaf]].concat();
            assert_eq!(root_of(*leaf, index as u64, size, &longer), None);
            if let [_, shorter @ ..] = &*path {
                assert_ne!(root_of(*leaf, index as u64, size, shorter), Some(tree.root()));
            }
        }
    }
}

#[test]
fn a_node_is_no_leaf() {
    let leaves = leaves(2);
    let [left, right] = [leaves[0], leaves[1]];
    let node = [left.0, right.0].concat();
    assert_ne!(leaf_hash(&node), node_hash(&left, &right));
}

#[test]
fn a_size_beyond_all_memory_is_only_a_path_that_does_not_fit() {
    let leaf = leaf_hash(b"");
    assert_eq!(root_of(leaf, 0, u64::MAX, &[]), None);
    assert_eq!(root_of(leaf, u64::MAX, u64::MAX, &[]), None);
    assert_eq!(root_of(leaf, 0, 0, &[]), None);
    assert_eq!(root_of(leaf, u64::MAX - 1, u64::MAX, &[leaf; 100]), None);
}

proptest! {
    #[test]
    fn a_foreign_leaf_path_or_tree_is_refused(
        size in 1u64..300,
        place in any::<prop::sample::Index>(),
        foreign in any::<[u8; 32]>(),
        spoiled in any::<prop::sample::Index>(),
    ) {
        let leaves = leaves(size);
        let tree = Tree::new(leaves.clone());
        let index = place.index(leaves.len());
        let path = tree.path(index);
        let root = Some(tree.root());
        let proves = |leaf, path: &[Digest]| root_of(leaf, index as u64, size, path) == root;
        prop_assert!(proves(leaves[index], &path));
        prop_assert!(!proves(Digest(foreign), &path));
        if !path.is_empty() {
            let mut other = path.clone();
            other[spoiled.index(path.len())] = Digest(foreign);
            prop_assert!(!proves(leaves[index], &other));
        }
        let mut changed = leaves.clone();
        changed[spoiled.index(leaves.len())] = Digest(foreign);
        let other = Tree::new(changed);
        prop_assert_ne!(root_of(leaves[index], index as u64, size, &path), Some(other.root()));
    }
}
