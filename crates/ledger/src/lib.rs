//! An append-only Merkle log by RFC 6962: tree, proofs, signed checkpoints. Pure: no disk, no clock.

use serde::{Deserialize, Serialize};
use vocabulary::Digest;

/// A signed statement: the tree of `size` leaves has this root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Number of leaves.
    pub size: u64,
    /// Root hash by RFC 6962 section 2.1.
    pub root: Digest,
    /// The signed note (C2SP `tlog-checkpoint`).
    pub note: String,
}

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
