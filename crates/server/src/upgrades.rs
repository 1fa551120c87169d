//! Upgrades of devices: packages that were published, and roll-outs that bring them to devices.
//!
//! Both are facts of the record, a version for each step; a package's bytes lie in a file beside it, which is known by
//! their digest. What is here is read again at each start.

mod facts;
mod packages;
mod pass;
mod work;

use std::{
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
};

use ::devices::{Package, PackageError, Rollout, RolloutError};
use anyhow::{Context, Result};
use ledger::Verifier;
use parking_lot::{Mutex, RwLock};
use record::RecordError;
use serde::{Deserialize, Serialize};
use vocabulary::{Digest, Text, Timestamp};

use crate::{config::Config, keys::Keys};

pub use packages::{copy_packages, publish};
pub use pass::{Passes, package_of, pass_for, passes};
pub use work::{Act, NewRollout, act, begin, follow, load, may_fetch};

/// Below the data folder.
const FOLDER: &str = "packages";
/// So many packages that were refused are remembered.
const REFUSED: usize = 20;

/// A package that was published.
#[derive(Clone, Debug)]
pub struct Published {
    /// What it is.
    pub package: Package,
    /// Who brought it here.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A package that was not taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotTaken {
    /// When.
    pub at: Timestamp,
    /// Who brought it.
    pub by: String,
    /// The digest of its file.
    pub sha256: Digest,
    /// Why.
    pub why: Text,
}

/// Packages and roll-outs of one hospital.
pub struct Upgrades {
    /// Whose packages are taken.
    pub trusted: Vec<Verifier>,
    /// By which devices with a certificate fetch.
    pub passes: Passes,
    folder: PathBuf,
    packages: RwLock<BTreeMap<Digest, Published>>,
    rollouts: Mutex<BTreeMap<String, Rollout>>,
    refused: Mutex<VecDeque<NotTaken>>,
    /// One changes roll-outs at a time, so that what was read is still so.
    turn: tokio::sync::Mutex<()>,
}

/// Why an upgrade is not done.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// The package is not taken.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The roll-out cannot begin or change.
    #[error(transparent)]
    Rollout(#[from] RolloutError),
    /// There is none.
    #[error("find {0}")]
    NotThere(&'static str),
    /// One of its devices is in another.
    #[error("begin: the device {device} is in the roll-out {rollout}, which is not over")]
    Busy {
        /// The device.
        device: String,
        /// The other roll-out.
        rollout: String,
    },
    /// The record says no.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It could not be kept.
    #[error("keep it: {0}")]
    NotKept(#[from] anyhow::Error),
}

impl Upgrades {
    /// Opens what lies below the data folder; what was published is read by [`load`].
    pub fn open(config: &Config, keys: &Keys) -> Result<Self> {
        let mut trusted = vec![keys.publisher().verifier()];
        for key in &config.device_publishers {
            let read = key.parse::<Verifier>().ok();
            let read = read.with_context(|| {
                format!("use device_publishers: {key:?} is no key that `yuanyi device key` prints")
            })?;
            trusted.push(read);
        }
        let folder = config.data.join(FOLDER);
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("make the folder {}", folder.display()))?;
        Ok(Self {
            trusted,
            passes: Passes::new(*keys.fetching()),
            folder,
            packages: RwLock::default(),
            rollouts: Mutex::default(),
            refused: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// All packages, the newest first.
    pub fn packages(&self) -> Vec<(Digest, Published)> {
        let packages = self.packages.read();
        let mut all: Vec<_> = packages
            .iter()
            .map(|(id, one)| (*id, one.clone()))
            .collect();
        all.sort_by_key(|(_, one)| std::cmp::Reverse(one.at));
        all
    }

    /// A package.
    pub fn package(&self, id: &Digest) -> Option<Published> {
        self.packages.read().get(id).cloned()
    }

    /// Packages that were not taken lately, the newest first.
    pub fn refused(&self) -> Vec<NotTaken> {
        self.refused.lock().iter().rev().cloned().collect()
    }

    /// All roll-outs, the newest first.
    pub fn rollouts(&self) -> Vec<Rollout> {
        let rollouts = self.rollouts.lock();
        let mut all: Vec<_> = rollouts.values().cloned().collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.steps.first().map(|step| step.at)));
        all
    }

    /// A roll-out.
    pub fn rollout(&self, id: &str) -> Option<Rollout> {
        self.rollouts.lock().get(id).cloned()
    }

    /// The file of a package's bytes.
    pub fn file(&self, sha256: &Digest) -> PathBuf {
        self.folder.join(sha256.to_string())
    }

    fn note_refused(&self, refused: NotTaken) {
        let mut all = self.refused.lock();
        if all.len() == REFUSED {
            all.pop_front();
        }
        all.push_back(refused);
    }
}

/// The folder of packages below a data folder.
pub fn folder_in(data: &Path) -> PathBuf {
    data.join(FOLDER)
}
