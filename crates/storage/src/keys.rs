//! The ledger's key and the newest signed checkpoint, each a small file.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use ledger::{Checkpoint, Signer, Verifier};

use crate::StorageError;

/// The file of the Ed25519 seed, in hexadecimal, readable by its owner only.
pub const SEED: &str = "keys/ledger.key";
/// The file of the public key, as a C2SP verifier key.
pub const PUBLIC: &str = "keys/ledger.vkey";
/// The file of the newest checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// The signer below data folder `root`; makes a key at the first start.
pub fn signer(root: &Path, origin: &str) -> Result<Signer, StorageError> {
    let folder = root.join("keys");
    fs::create_dir_all(&folder).map_err(StorageError::io(&folder))?;
    if !root.join(SEED).exists() {
        let seed: [u8; 32] = rand::random();
        write(root, SEED, hex::encode(seed).as_bytes(), 0o600)?;
    }
    let signer = read_signer(root, origin)?;
    let public = format!("{}\n", signer.verifier());
    if fs::read_to_string(root.join(PUBLIC)).ok().as_deref() != Some(public.as_str()) {
        write(root, PUBLIC, public.as_bytes(), 0o644)?;
    }
    Ok(signer)
}

/// The signer below `root`, whose key must be there.
pub fn read_signer(root: &Path, origin: &str) -> Result<Signer, StorageError> {
    let text = read(root, SEED)?;
    let mut seed = [0; 32];
    hex::decode_to_slice(text.trim(), &mut seed)
        .map_err(|_| StorageError::damaged(SEED, 0, "it is not 64 hexadecimal digits"))?;
    Ok(Signer::new(origin, &seed)?)
}

/// What checks the signatures of the log below `root`.
pub fn verifier(root: &Path) -> Result<Verifier, StorageError> {
    let text = read(root, PUBLIC)?;
    text.parse()
        .map_err(|_| StorageError::damaged(PUBLIC, 0, "it is no verifier key"))
}

/// The newest signed checkpoint, its signature checked; `None` before the first.
pub fn checkpoint(root: &Path, verifier: &Verifier) -> Result<Option<Checkpoint>, StorageError> {
    if !root.join(CHECKPOINT).exists() {
        return Ok(None);
    }
    let note = read(root, CHECKPOINT)?;
    match verifier.open(&note) {
        Ok(checkpoint) => Ok(Some(checkpoint)),
        Err(error) => Err(StorageError::damaged(CHECKPOINT, 0, error.to_string())),
    }
}

/// Keeps a checkpoint.
pub fn keep_checkpoint(root: &Path, checkpoint: &Checkpoint) -> Result<(), StorageError> {
    write(root, CHECKPOINT, checkpoint.note.as_bytes(), 0o644)
}

/// Reads a small file of text.
fn read(root: &Path, name: &str) -> Result<String, StorageError> {
    let path = root.join(name);
    let bytes = fs::read(&path).map_err(StorageError::io(&path))?;
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to() as u64;
        StorageError::damaged(name, offset, "it is no text")
    })
}

/// Writes a small file whole or not at all, and makes that durable.
fn write(root: &Path, name: &str, bytes: &[u8], mode: u32) -> Result<(), StorageError> {
    let path = root.join(name);
    let fresh = path.with_extension("new");
    let put = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        File::open(path.parent().unwrap_or(root))?.sync_all()
    };
    put().map_err(StorageError::io(&path))
}
