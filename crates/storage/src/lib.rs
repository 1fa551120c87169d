//! The record on this machine: one append-only log of files, and an SQLite index that is made from it.
//!
//! The files' names read as the way of a fact: `embedded` takes the commit, `stage` checks and numbers it,
//! `writer` makes it durable in the `log` (of `frame`s), `index` finds it again (`resources`; `imaging` by
//! its `image_terms`), and `reader` reads it. `replay` makes the index again, `verify` looks for damage,
//! and `purge` removes what was deleted. `recordings` finds those of rooms; `signals` keeps readings of devices until they are sealed here.

mod backup;
#[cfg(feature = "conformance")]
pub mod conformance;
mod diagnose;
mod embedded;
mod error;
mod folder;
mod frame;
mod image_terms;
mod imaging;
mod imaging_conditions;
mod imaging_query;
mod imaging_rows;
mod index;
mod keys;
mod locate;
mod log;
mod purge;
mod reader;
mod recordings;
mod replay;
mod resources;
mod signals;
mod signing;
mod space;
mod stage;
mod term_sets;
mod verify;
mod verify_index;
mod writer;

use std::time::{SystemTime, UNIX_EPOCH};

pub use backup::{backup, rebuild, restore};
pub use embedded::Embedded;
pub use error::StorageError;
pub use folder::own_folder;
pub use replay::TornTail;
pub use signals::{EmbeddedSignals, Shown, SignalOptions};
pub use verify::{Fault, Report, verify, verify_with_terms};
use vocabulary::Timestamp;

/// Says what time it is.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// What an operator can choose.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most bytes that the log may have; `None` for as much as the disk holds.
    pub max_bytes: Option<u64>,
    /// A segment that has this many bytes is followed by a new one.
    pub segment_bytes: u64,
    /// The log's name in its checkpoints.
    pub origin: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_bytes: None,
            segment_bytes: 256 << 20,
            origin: "yuanyi.local/ledger".to_owned(),
        }
    }
}
