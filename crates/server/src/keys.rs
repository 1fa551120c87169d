//! The hospital's own secrets besides the ledger's key.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer, SigningKey};
use scenario::{Attestation, Seal};

/// The name of the key that signs packages for devices.
const PUBLISHES: &str = "yuanyi.local/devices";
/// The name of the key that attests people's acts.
const NAME: &str = "yuanyi.local/attestation";

/// The files of the keys, below the folder `keys`.
const ATTESTATION: &str = "attestation.key";
const SEAL: &str = "seal.key";
const ESCROW: &str = "escrow.key";
const RESEARCH: &str = "research.key";
const PUBLISHER: &str = "publisher.key";
const FETCHING: &str = "fetching.key";

/// Keys made at the first start, each in a file that only the owner may read.
pub struct Keys {
    attesting: SigningKey,
    seal: Seal,
    escrow: Seal,
    research: [u8; 32],
    publisher: ledger::Signer,
    fetching: [u8; 32],
}

impl Keys {
    /// Opens the keys below the hospital's data folder, or makes them.
    pub fn open(data: &Path) -> Result<Self> {
        let folder = data.join("keys");
        fs::create_dir_all(&folder)
            .with_context(|| format!("make the folder {}", folder.display()))?;
        Ok(Self {
            attesting: SigningKey::from_bytes(&secret(&folder.join(ATTESTATION))?),
            seal: Seal::from_secret(&secret(&folder.join(SEAL))?),
            escrow: Seal::from_secret(&secret(&folder.join(ESCROW))?),
            research: secret(&folder.join(RESEARCH))?,
            publisher: ledger::Signer::new(PUBLISHES, &secret(&folder.join(PUBLISHER))?)?,
            fetching: secret(&folder.join(FETCHING))?,
        })
    }

    /// Copies the keys below one data folder into another. Without them what was sealed stays hidden.
    pub fn copy(data: &Path, to: &Path) -> Result<()> {
        let folder = to.join("keys");
        fs::create_dir_all(&folder)
            .with_context(|| format!("make the folder {}", folder.display()))?;
        for name in [ATTESTATION, SEAL, ESCROW, RESEARCH, PUBLISHER, FETCHING] {
            let (key, copy) = (data.join("keys").join(name), folder.join(name));
            // A hospital that was never served has none yet.
            if key.exists() {
                fs::copy(&key, &copy).with_context(|| format!("copy {}", key.display()))?;
                fs::File::open(&copy)?.sync_all()?;
            }
        }
        Ok(())
    }

    /// Signs a statement.
    pub fn attest(&self, statement: &[u8]) -> Attestation {
        Attestation {
            key_name: NAME.to_owned(),
            public_key: STANDARD.encode(self.attesting.verifying_key().to_bytes()),
            signature: STANDARD.encode(self.attesting.sign(statement).to_bytes()),
        }
    }

    /// Hides who stands behind the pseudonyms of research, and keeps its facts from being forged.
    pub fn escrow(&self) -> &Seal {
        &self.escrow
    }

    /// What the keys of research projects are derived from.
    pub fn research(&self) -> &[u8; 32] {
        &self.research
    }

    /// Signs packages for devices that the hospital makes itself.
    pub fn publisher(&self) -> &ledger::Signer {
        &self.publisher
    }

    /// Seals what lets devices fetch packages.
    pub fn fetching(&self) -> &[u8; 32] {
        &self.fetching
    }

    /// Hides what must stay hidden for a while.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }
}

/// The 32 bytes of a key's file, made where it is missing.
pub fn secret(file: &Path) -> Result<[u8; 32]> {
    if !file.exists() {
        let made: [u8; 32] = rand::random();
        let mut options = fs::OpenOptions::new();
        let mut opened = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file)
            .with_context(|| format!("make {}", file.display()))?;
        opened.write_all(&made)?;
        opened.sync_all()?;
    }
    let bytes = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    <[u8; 32]>::try_from(bytes)
        .ok()
        .with_context(|| format!("use {}: a key has 32 bytes", file.display()))
}
