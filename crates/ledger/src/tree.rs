use sha2::{Digest as _, Sha256};
use vocabulary::Digest;

use crate::LedgerError;

/// The hash of a leaf (RFC 6962 section 2.1): SHA-256 of a zero byte and the leaf's data.
pub fn leaf_hash(data: &[u8]) -> Digest {
    Digest(
        Sha256::new()
            .chain_update([0])
            .chain_update(data)
            .finalize()
            .into(),
    )
}

/// The hash of an inner node (RFC 6962 section 2.1): SHA-256 of a one byte and both children.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let hash = Sha256::new()
        .chain_update([1])
        .chain_update(left.0)
        .chain_update(right.0);
    Digest(hash.finalize().into())
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Digest {
    Digest::of(&[])
}

/// Where the hashes of complete subtrees are kept.
pub trait Nodes {
    /// The hash of the complete subtree over the leaves `index << level .. (index + 1) << level`.
    fn node(&self, level: u8, index: u64) -> Result<Digest, LedgerError>;
}

/// A hash that an append made; whoever keeps a tree keeps these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewNode {
    /// Height above the leaves.
    pub level: u8,
    /// Position on that level.
    pub index: u64,
    /// The hash.
    pub hash: Digest,
}

/// The right edge of a tree: enough to append and to name the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees from left (largest) to right, one for each set bit of `size`.
    peaks: Vec<Digest>,
}

impl Frontier {
    /// The edge of the tree of `size` leaves that `nodes` keeps.
    pub fn load(size: u64, nodes: &impl Nodes) -> Result<Self, LedgerError> {
        let mut peaks = Vec::new();
        for level in (0..64_u8).rev().filter(|level| size >> level & 1 == 1) {
            // The peak stands right of all larger ones: its position is what the higher bits say.
            peaks.push(nodes.node(level, (size >> level) - 1)?);
        }
        Ok(Self { size, peaks })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf's hash and returns all hashes of subtrees that it completes, the leaf's first.
    pub fn append(&mut self, leaf: Digest) -> Vec<NewNode> {
        let mut made = vec![NewNode {
            level: 0,
            index: self.size,
            hash: leaf,
        }];
        let mut hash = leaf;
        let mut level = 0_u8;
        while self.size >> level & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            level += 1;
            made.push(NewNode {
                level,
                index: self.size >> level,
                hash,
            });
        }
        self.peaks.push(hash);
        self.size += 1;
        made
    }

    /// The root hash.
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return empty_root();
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The largest power of two below `size`, for `size` of at least 2.
pub(crate) fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The hash over the leaves `begin..end`, where `begin` stands as RFC 6962 splits trees.
pub(crate) fn subtree(begin: u64, end: u64, nodes: &impl Nodes) -> Result<Digest, LedgerError> {
    let size = end - begin;
    if size == 0 {
        return Ok(empty_root());
    }
    if size.is_power_of_two() {
        let level = u8::try_from(size.trailing_zeros()).unwrap_or(u8::MAX);
        return nodes.node(level, begin / size);
    }
    let middle = begin + split(size);
    Ok(node_hash(
        &subtree(begin, middle, nodes)?,
        &subtree(middle, end, nodes)?,
    ))
}

/// The root of the first `size` leaves.
pub fn root(size: u64, nodes: &impl Nodes) -> Result<Digest, LedgerError> {
    subtree(0, size, nodes)
}

/// A tree in memory.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    frontier: Frontier,
    /// Hashes of complete subtrees by level.
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// The tree over these leaf data.
    pub fn of<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut tree = Self::default();
        for leaf in leaves {
            tree.append(leaf);
        }
        tree
    }

    /// Appends a leaf.
    pub fn append(&mut self, data: &[u8]) {
        for node in self.frontier.append(leaf_hash(data)) {
            let level = usize::from(node.level);
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            if let Some(hashes) = self.levels.get_mut(level) {
                hashes.push(node.hash);
            }
        }
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root hash.
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }
}

impl Nodes for Tree {
    fn node(&self, level: u8, index: u64) -> Result<Digest, LedgerError> {
        let position = usize::try_from(index).ok();
        let hashes = self.levels.get(usize::from(level));
        position
            .and_then(|position| hashes?.get(position))
            .copied()
            .ok_or(LedgerError::MissingNode { level, index })
    }
}
