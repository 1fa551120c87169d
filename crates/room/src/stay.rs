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

/// Time in rooms since somebody last rested: by whatever seats, in whatever rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// How long it is, in milliseconds.
    pub ms: i64,
    /// When they were last inside.
    pub seen_at: Timestamp,
}

impl Spent {
    /// None yet, of one who is inside from now on.
    fn begun(now: Timestamp) -> Self {
        Self {
            ms: 0,
            seen_at: now,
        }
    }

    /// Whether they have been outside for as long as a rest lasts.
    fn is_rested(&self, now: Timestamp, stays: Stays) -> bool {
        now.0.saturating_sub(self.seen_at.0) >= stays.rest_ms
    }

    /// They come in, and were not inside before.
    fn comes(&mut self, now: Timestamp, stays: Stays) {
        if self.is_rested(now, stays) {
            self.ms = 0;
        }
        self.seen_at = now;
    }

    /// They are inside.
    fn goes_on(&mut self, now: Timestamp) {
        let since_ms = now.0.saturating_sub(self.seen_at.0);
        if since_ms > 0 {
            self.ms = self.ms.saturating_add(since_ms);
            self.seen_at = now;
        }
    }

    /// What two rooms know of the same person. Between two stays lies a rest; what lies closer together is one.
    fn and(self, other: Self, stays: Stays) -> Self {
        let (before, after) = if self.seen_at.0 <= other.seen_at.0 {
            (self, other)
        } else {
            (other, self)
        };
        if before.is_rested(after.seen_at, stays) {
            return after;
        }
        Self {
            ms: before.ms.max(after.ms),
            ..after
        }
    }
}

/// How long somebody has been in rooms since they last rested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// In all rooms: by it they are reminded to rest.
    pub inside: Spent,
    /// In rooms in which they treat nobody, where it ends at some time; `None` where they were in no such room.
    pub ending: Option<Spent>,
}

impl Stay {
    /// One that begins.
    pub(crate) fn begun(now: Timestamp) -> Self {
        Self {
            inside: Spent::begun(now),
            ending: None,
        }
    }

    /// They come into a room, and were not inside before.
    pub(crate) fn comes(&mut self, now: Timestamp, treats: bool, stays: Stays) {
        self.inside.comes(now, stays);
        if !treats {
            let ending = self.ending.get_or_insert(Spent::begun(now));
            ending.comes(now, stays);
        }
    }

    /// They are inside.
    pub(crate) fn goes_on(&mut self, now: Timestamp, treats: bool) {
        self.inside.goes_on(now);
        if !treats {
            let ending = self.ending.get_or_insert(Spent::begun(now));
            ending.goes_on(now);
        }
    }

    /// Since when they would have been in rooms, had they not gone out in between.
    pub(crate) fn since(&self) -> Timestamp {
        Timestamp(self.inside.seen_at.0.saturating_sub(self.inside.ms))
    }

    /// When it ends, as long as they remain in rooms in which they treat nobody.
    pub(crate) fn ends(&self, stays: Stays) -> Option<Timestamp> {
        let ending = self.ending?;
        let left_ms = stays.stay_ms.saturating_sub(ending.ms);
        Some(Timestamp(ending.seen_at.0.saturating_add(left_ms)))
    }

    /// Whether it has lasted as long as a stay does, and they have not rested since.
    pub(crate) fn is_over(&self, now: Timestamp, stays: Stays) -> bool {
        let is_over = |ending: Spent| ending.ms >= stays.stay_ms && !ending.is_rested(now, stays);
        self.ending.is_some_and(is_over)
    }

    /// Forgets from what they have rested. Answers whether anything is left from which they have not.
    pub fn forget_rested(&mut self, now: Timestamp, stays: Stays) -> bool {
        self.ending = self.ending.filter(|ending| !ending.is_rested(now, stays));
        !self.inside.is_rested(now, stays) || self.ending.is_some()
    }

    /// What two rooms know of the same person.
    #[must_use]
    pub fn and(self, other: Self, stays: Stays) -> Self {
        Self {
            inside: self.inside.and(other.inside, stays),
            ending: match (self.ending, other.ending) {
                (Some(one), Some(other)) => Some(one.and(other, stays)),
                (one, other) => one.or(other),
            },
        }
    }
}
