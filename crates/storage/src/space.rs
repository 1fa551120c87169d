//! How much may still be written.
//!
//! Images stop before the disk is full. That somebody reads health data is written down before they may, so
//! that a disk without any room would lock everybody out of the record; and a vote or an order is small and
//! must not be refused because of a CT.

use record::Room;

use crate::log::Log;

/// What images leave for everything else: this share of the whole …
const SHARE: u64 = 16;
/// … but no more than this.
const MOST: u64 = 256 << 20;

fn left_by_images(of: u64) -> u64 {
    (of / SHARE).min(MOST)
}

/// Whether somebody should make room: what images may still take is less than is told of, or on a small disk less than
/// the share that they leave.
fn is_little(disk: Disk, told_below: u64) -> bool {
    let left = disk.free.saturating_sub(left_by_images(disk.whole));
    left < told_below.min(disk.whole / SHARE)
}

/// How much room images and readings have on a disk; enough, where it cannot be asked.
pub fn room(disk: Option<Disk>, told_below: u64) -> Room {
    match disk {
        Some(disk) if disk.free <= left_by_images(disk.whole) => Room::Full,
        Some(disk) if is_little(disk, told_below) => Room::Little,
        _ => Room::Enough,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_of_before_images_and_readings_have_no_room() {
        const MIB: u64 = 1 << 20;
        let room = |whole, free| {
            let disk = Disk {
                whole: whole * MIB,
                free: free * MIB,
            };
            room(Some(disk), 4096 * MIB)
        };
        // Of a large disk images leave 256 MiB.
        for (free, expected) in [
            (4352, Room::Enough),
            (4351, Room::Little),
            (257, Room::Little),
            (256, Room::Full),
            (0, Room::Full),
        ] {
            assert_eq!(room(1 << 20, free), expected, "{free}");
        }
        // Of a small one a sixteenth, and it is told of by as much before.
        for (free, expected) in [(8, Room::Enough), (7, Room::Little), (4, Room::Full)] {
            assert_eq!(room(64, free), expected, "{free}");
        }
        assert_eq!(super::room(None, 4096 * MIB), Room::Enough);
    }
}
