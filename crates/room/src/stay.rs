use vocabulary::Timestamp;

use crate::limits;

/// How long somebody who does not treat the patient stays in rooms, and rests before they come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stays {
    /// How long they stay, in milliseconds.
    pub stay_ms: i64,
    /// How long they rest, in milliseconds.
    pub rest_ms: i64,
}

impl Default for Stays {
    fn default() -> Self {
        Self {
            stay_ms: limits::STAY_MS,
            rest_ms: limits::REST_MS,
        }
    }
}

/// How long somebody has been in rooms since they last rested: by whatever seats, in whatever rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    spent_ms: i64,
    /// When they were last inside.
    seen_at: Timestamp,
}

impl Stay {
    /// One that was kept while no room was open.
    pub fn kept(spent_ms: i64, seen_at: Timestamp) -> Self {
        Self { spent_ms, seen_at }
    }

    /// How long it has lasted, in milliseconds.
    pub fn spent_ms(&self) -> i64 {
        self.spent_ms
    }

    /// When they were last inside.
    pub fn seen_at(&self) -> Timestamp {
        self.seen_at
    }

    /// One that begins.
    pub(crate) fn begun(now: Timestamp) -> Self {
        Self {
            spent_ms: 0,
            seen_at: now,
        }
    }

    /// Whether they have been outside for as long as a rest lasts.
    pub fn is_rested(&self, now: Timestamp, stays: Stays) -> bool {
        now.0.saturating_sub(self.seen_at.0) >= stays.rest_ms
    }

    /// They come in, and were not inside before.
    pub(crate) fn comes(&mut self, now: Timestamp, stays: Stays) {
        if self.is_rested(now, stays) {
            self.spent_ms = 0;
        }
        self.seen_at = now;
    }

    /// They are inside.
    pub(crate) fn goes_on(&mut self, now: Timestamp) {
        let since_ms = now.0.saturating_sub(self.seen_at.0);
        if since_ms > 0 {
            self.spent_ms = self.spent_ms.saturating_add(since_ms);
            self.seen_at = now;
        }
    }

    /// When it ends, as long as they remain inside.
    pub(crate) fn ends(&self, stays: Stays) -> Timestamp {
        let left_ms = stays.stay_ms.saturating_sub(self.spent_ms);
        Timestamp(self.seen_at.0.saturating_add(left_ms))
    }

    /// Whether it has lasted as long as a stay does.
    pub(crate) fn is_spent(&self, stays: Stays) -> bool {
        self.spent_ms >= stays.stay_ms
    }

    /// What two rooms know of the same person. Between two stays lies a rest; what lies closer together is one.
    #[must_use]
    pub fn and(self, other: Self, stays: Stays) -> Self {
        let (before, after) = if self.seen_at.0 <= other.seen_at.0 {
            (self, other)
        } else {
            (other, self)
        };
        if before.is_rested(after.seen_at, stays) {
            return after;
        }
        Self {
            spent_ms: before.spent_ms.max(after.spent_ms),
            ..after
        }
    }
}
