use serde::{Deserialize, Serialize};
use vocabulary::Digest;

use crate::{
    LedgerError, Nodes,
    tree::{leaf_hash, node_hash, split, subtree},
};

/// Proof that a leaf is in a tree (RFC 6962 section 2.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InclusionProof {
    /// Position of the leaf.
    pub index: u64,
    /// Size of the tree.
    pub size: u64,
    /// Hash of the leaf: SHA-256 of a zero byte and the entry's digest.
    pub leaf: Digest,
    /// Sibling hashes from the leaf up.
    pub path: Vec<Digest>,
}

/// Proof that one tree is a prefix of another (RFC 6962 section 2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsistencyProof {
    /// Size of the earlier tree.
    pub first: u64,
    /// Size of the later tree.
    pub second: u64,
    /// Hashes, in the order of RFC 6962.
    pub path: Vec<Digest>,
}

/// Proves that leaf `index` is in the tree of the first `size` leaves.
pub fn prove_inclusion(
    index: u64,
    size: u64,
    nodes: &impl Nodes,
) -> Result<InclusionProof, LedgerError> {
    if index >= size {
        return Err(LedgerError::OutsideTree { size });
    }
    // Walk down from the root; what lies on the other side of each split is a sibling.
    let (mut begin, mut end) = (0, size);
    let mut path = Vec::new();
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            path.push(subtree(middle, end, nodes)?);
            end = middle;
        } else {
            path.push(subtree(begin, middle, nodes)?);
            begin = middle;
        }
    }
    path.reverse();
    Ok(InclusionProof {
        index,
        size,
        leaf: nodes.node(0, index)?,
        path,
    })
}

/// Proves that the tree of the first `first` leaves is a prefix of that of the first `second`.
pub fn prove_consistency(
    first: u64,
    second: u64,
    nodes: &impl Nodes,
) -> Result<ConsistencyProof, LedgerError> {
    if first > second {
        return Err(LedgerError::OutsideTree { size: second });
    }
    let mut path = Vec::new();
    if first > 0 && first < second {
        let (mut begin, mut end) = (0, second);
        // Walk down along the earlier tree's right edge until it ends where a subtree ends.
        while first != end {
            let middle = begin + split(end - begin);
            if first <= middle {
                path.push(subtree(middle, end, nodes)?);
                end = middle;
            } else {
                path.push(subtree(begin, middle, nodes)?);
                begin = middle;
            }
        }
        // A subtree that starts at 0 is the whole earlier tree, whose root the verifier has.
        if begin > 0 {
            path.push(subtree(begin, end, nodes)?);
        }
        path.reverse();
    }
    Ok(ConsistencyProof {
        first,
        second,
        path,
    })
}

impl InclusionProof {
    /// Checks that the entry with this digest is in the tree with this root (RFC 9162 section 2.1.3.2).
    pub fn verify(&self, entry: &Digest, root: &Digest) -> Result<(), LedgerError> {
        if self.index >= self.size {
            return Err(LedgerError::OutsideTree { size: self.size });
        }
        let mut hash = leaf_hash(&entry.0);
        if hash != self.leaf {
            return Err(LedgerError::WrongRoot);
        }
        let (mut node, mut last) = (self.index, self.size - 1);
        for sibling in &self.path {
            if last == 0 {
                return Err(LedgerError::WrongLength);
            }
            if node & 1 == 1 || node == last {
                hash = node_hash(sibling, &hash);
                // A node without right sibling moves up as it is.
                while node & 1 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node_hash(&hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        match (last, hash == *root) {
            (0, true) => Ok(()),
            (0, false) => Err(LedgerError::WrongRoot),
            _ => Err(LedgerError::WrongLength),
        }
    }
}

impl ConsistencyProof {
    /// Checks that the tree with root `old` is a prefix of the one with root `new`
    /// (RFC 9162 section 2.1.4.2).
    pub fn verify(&self, old: &Digest, new: &Digest) -> Result<(), LedgerError> {
        if self.first > self.second {
            return Err(LedgerError::OutsideTree { size: self.second });
        }
        if self.first == 0 || self.first == self.second {
            return match (self.path.is_empty(), self.first == 0 || old == new) {
                (false, _) => Err(LedgerError::WrongLength),
                (true, false) => Err(LedgerError::WrongRoot),
                (true, true) => Ok(()),
            };
        }
        let mut hashes = self.path.iter();
        // The root of a complete earlier tree is not repeated in the proof.
        let start = if self.first.is_power_of_two() {
            Some(old)
        } else {
            hashes.next()
        };
        let start = *start.ok_or(LedgerError::WrongLength)?;
        let (mut node, mut last) = (self.first - 1, self.second - 1);
        while node & 1 == 1 {
            node >>= 1;
            last >>= 1;
        }
        let (mut earlier, mut later) = (start, start);
        for hash in hashes {
            if last == 0 {
                return Err(LedgerError::WrongLength);
            }
            if node & 1 == 1 || node == last {
                earlier = node_hash(hash, &earlier);
                later = node_hash(hash, &later);
                while node & 1 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                later = node_hash(&later, hash);
            }
            node >>= 1;
            last >>= 1;
        }
        match (last, earlier == *old && later == *new) {
            (0, true) => Ok(()),
            (0, false) => Err(LedgerError::WrongRoot),
            _ => Err(LedgerError::WrongLength),
        }
    }
}
