//! What a source sends, and whether that is more than it may.

use std::time::{Duration, Instant};

/// Counts the bytes of one source.
#[derive(Debug)]
pub struct Budget {
    bytes_per_s: u64,
    /// Bytes that may still come, at most those of one second.
    left: u64,
    refilled: Instant,
    /// The second that is being counted.
    began: Instant,
    counted: u64,
    /// What came in the last whole second.
    last: u64,
}

impl Budget {
    /// A source that may send so much.
    pub fn new(bytes_per_s: u64, now: Instant) -> Self {
        Self {
            bytes_per_s,
            left: bytes_per_s,
            refilled: now,
            began: now,
            counted: 0,
            last: 0,
        }
    }

    /// Takes in what came; `false` where it is more than allowed.
    pub fn take(&mut self, now: Instant, bytes: usize) -> bool {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let since = now.saturating_duration_since(self.refilled);
        let refill = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        let refill = refill.saturating_mul(self.bytes_per_s) / 1_000_000;
        if refill > 0 {
            self.left = self.left.saturating_add(refill).min(self.bytes_per_s);
            self.refilled = now;
        }
        if now.saturating_duration_since(self.began) >= Duration::from_secs(1) {
            self.last = self.counted;
            self.counted = 0;
            self.began = now;
        }
        if bytes > self.left {
            return false;
        }
        self.left -= bytes;
        self.counted = self.counted.saturating_add(bytes);
        true
    }

    /// What it sends, in bits a second; nothing of one from which nothing has come for two seconds.
    pub fn bps(&self, now: Instant) -> u64 {
        if now.saturating_duration_since(self.began) > Duration::from_secs(2) {
            return 0;
        }
        self.last.max(self.counted).saturating_mul(8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_more_than_allowed_is_refused_and_the_next_second_is_free_again() {
        let start = Instant::now();
        let mut budget = Budget::new(1_000, start);
        assert!(budget.take(start, 600) && budget.take(start, 400));
        assert!(!budget.take(start, 1));
        assert!(!budget.take(start + Duration::from_millis(100), 200));
        assert!(budget.take(start + Duration::from_millis(100), 100));
        assert!(budget.take(start + Duration::from_secs(2), 1_000));
        let later = |s| start + Duration::from_secs(s);
        assert_eq!(budget.bps(later(2)), 8 * 1_100);
        assert_eq!(budget.bps(later(5)), 0);
    }
}
