//! How much may still be written.
//!
//! Images stop before the disk is full. That somebody reads health data is written down before they may, so
//! that a disk without any room would lock everybody out of the record; and a vote or an order is small and
//! must not be refused because of a CT.

use crate::log::Log;

/// What images leave for everything else: this share of the whole …
const SHARE: u64 = 16;
/// … but no more than this.
const MOST: u64 = 256 << 20;

fn left_by_images(of: u64) -> u64 {
    (of / SHARE).min(MOST)
}

/// What a batch would take of the disk.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// What the log has already.
    pub used: u64,
    /// What is to be written before it.
    pub pending: u64,
    /// Its own bytes.
    pub more: u64,
    /// Whether stored objects are among them.
    pub holds_images: bool,
}

impl Wanted {
    /// Whether it may be written, below the operator's `limit` of the log and on the disk as it is now.
    pub fn fits(self, log: &Log, limit: Option<u64>) -> bool {
        let bytes = self.pending.saturating_add(self.more);
        let left = |of: u64| {
            if self.holds_images {
                left_by_images(of)
            } else {
                0
            }
        };
        let fits_limit = limit.is_none_or(|limit| {
            let whole = self.used.saturating_add(bytes);
            whole.saturating_add(left(limit)) <= limit
        });
        // Whether the rest fits on the disk, the writing itself tells.
        let disk = log.disk().filter(|_| self.holds_images);
        let fits_disk = disk.is_none_or(|disk| bytes.saturating_add(left(disk.whole)) <= disk.free);
        fits_limit && fits_disk
    }
}

/// The file system that the log lies on.
#[derive(Clone, Copy, Debug)]
pub struct Disk {
    /// All its bytes.
    pub whole: u64,
    /// Those that are free for us.
    pub free: u64,
}
