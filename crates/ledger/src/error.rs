/// Why a proof or a signed note was refused, or a hash could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A hash that the tree must have is not there.
    #[error("find the hash of subtree {index} on level {level}")]
    MissingNode {
        /// Height above the leaves.
        level: u8,
        /// Position on that level.
        index: u64,
    },
    /// The position or size asked for lies outside the tree.
    #[error("prove something outside of a tree of {size} entries")]
    OutsideTree {
        /// Size of the tree.
        size: u64,
    },
    /// The proof has too many or too few hashes for its sizes.
    #[error("follow the proof: it has the wrong number of hashes")]
    WrongLength,
    /// The proof leads to another root.
    #[error("follow the proof: it leads to another root")]
    WrongRoot,
    /// The text is no signed checkpoint.
    #[error("read the checkpoint: {0}")]
    Malformed(&'static str),
    /// No signature of this key is on the note.
    #[error("check the checkpoint: it is not signed by this key")]
    NotSigned,
    /// The signature does not fit the text.
    #[error("check the checkpoint: the signature does not fit the text")]
    BadSignature,
}
