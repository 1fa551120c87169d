//! Signs checkpoints and keeps the newest.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use ledger::{Checkpoint, Frontier, Signer, Verifier};
use parking_lot::Mutex;
use vocabulary::Digest;

use crate::{StorageError, keys};

/// The signer and the newest checkpoint that it has put on disk.
#[derive(Debug)]
pub struct Signing {
    root: PathBuf,
    signer: Signer,
    newest: Mutex<Newest>,
}

#[derive(Debug)]
struct Newest {
    checkpoint: Option<Checkpoint>,
    signed: Instant,
}

impl Signing {
    /// Signs for the data folder `root`, whose newest checkpoint is `checkpoint`.
    pub fn new(root: PathBuf, signer: Signer, checkpoint: Option<Checkpoint>) -> Self {
        Self {
            root,
            signer,
            newest: Mutex::new(Newest {
                checkpoint,
                signed: Instant::now(),
            }),
        }
    }

    /// What others check the signatures with.
    pub fn verifier(&self) -> Verifier {
        self.signer.verifier()
    }

    /// The checkpoint over `size` entries with this root, signed where the newest is older.
    pub fn checkpoint(&self, size: u64, root: Digest) -> Result<Checkpoint, StorageError> {
        let mut newest = self.newest.lock();
        if let Some(known) = &newest.checkpoint
            && known.size >= size
        {
            return Ok(known.clone());
        }
        let checkpoint = self.signer.sign(size, root);
        keys::keep_checkpoint(&self.root, &checkpoint)?;
        *newest = Newest {
            checkpoint: Some(checkpoint.clone()),
            signed: Instant::now(),
        };
        Ok(checkpoint)
    }

    /// Signs the tree where it has grown and the newest checkpoint is older than `every`.
    pub fn sign_if_due(&self, frontier: &Frontier, every: Duration) {
        {
            let newest = self.newest.lock();
            let signed = newest.checkpoint.as_ref().map(|known| known.size);
            let grown = signed.is_none_or(|size| size < frontier.size());
            if !grown || newest.signed.elapsed() < every {
                return;
            }
        }
        // A full disk keeps the older checkpoint, which stays true.
        if let Err(error) = self.checkpoint(frontier.size(), frontier.root()) {
            tracing::warn!(%error, "the checkpoint was not written");
        }
    }
}
