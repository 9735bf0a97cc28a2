//! The Merkle tree of RFC 9162 (section 2.1) over the leaves of one batch.

use crate::digest::Digest;

const LEAF: &[u8] = &[0];
const NODE: &[u8] = &[1];

/// The hash of a leaf; its prefix keeps a leaf from passing as a node.
pub(crate) fn leaf_hash(leaf: &[u8]) -> Digest {
    Digest::of_pieces(&[LEAF, leaf])
}

fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest::of_pieces(&[NODE, &left.0, &right.0])
}

/// All hashes of a tree, from the leaves to the root.
pub(crate) struct Tree {
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// A last node without a neighbour rises unchanged, which gives the tree of the RFC.
    pub(crate) fn new(leaf_hashes: Vec<Digest>) -> Self {
        let mut levels = Vec::new();
        let mut level = leaf_hashes;
        while level.len() > 1 {
            let (pairs, rest) = level.as_chunks::<2>();
            let above = pairs.iter().map(|[left, right]| node_hash(left, right));
            let above = above.chain(rest.first().copied()).collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        Self { levels }
    }

    /// The root hash; of a tree without leaves the digest of nothing, as the RFC has it.
    pub(crate) fn root(&self) -> Digest {
        let root = self.levels.last().and_then(|level| level.first());
        root.copied().unwrap_or_else(|| Digest::of(b""))
    }

    /// The neighbours on the way from a leaf to the root.
    pub(crate) fn path(&self, index: usize) -> Vec<Digest> {
        let on_level =
            |(height, level): (usize, &Vec<Digest>)| level.get((index >> height) ^ 1).copied();
        self.levels.iter().enumerate().filter_map(on_level).collect()
    }
}

/// The root that a leaf and its path lead to (RFC 9162, section 2.1.3.2), or `None` where no tree
/// of this size has such a path.
pub(crate) fn root_of(leaf: Digest, index: u64, size: u64, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for neighbour in path {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(neighbour, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, neighbour);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests;
