//! An append-only Merkle log by RFC 6962: tree, proofs, signed checkpoints. Pure: no disk, no clock.
//!
//! A leaf's data is the 32-byte SHA-256 of a journal entry, so a proof says nothing about the content.
//! Only hashes of complete subtrees are kept ([`Nodes`]); every root and proof is put together from
//! O(log n) of them.

mod checkpoint;
mod error;
mod proof;
mod tile;
mod tree;

pub use checkpoint::{Checkpoint, Signer, Verifier, checkpoint_text};
pub use error::LedgerError;
pub use proof::{ConsistencyProof, InclusionProof, prove_consistency, prove_inclusion};
pub use tile::{TILE_HEIGHT, TILE_WIDTH, tile};
pub use tree::{Frontier, NewNode, Nodes, Tree, empty_root, leaf_hash, node_hash, root};
