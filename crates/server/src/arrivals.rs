//! What is being stored just now, so that work in the background leaves memory and cores to it.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Where nothing was stored for this long, nothing is being sent. Within an association objects follow one
/// another much faster.
const IDLE: Duration = Duration::from_millis(1500);

/// The objects that come in at the doors.
#[derive(Default)]
pub struct Arrivals(Mutex<State>);

#[derive(Default)]
struct State {
    storing: usize,
    last: Option<Instant>,
}

/// An object that is being stored.
pub struct Storing<'a>(&'a Arrivals);

impl Arrivals {
    /// Notes that an object is being stored, until what this answers is dropped.
    pub fn begin(&self) -> Storing<'_> {
        self.0.lock().storing += 1;
        Storing(self)
    }

    /// Whether nothing is coming in, and nothing has for a moment.
    pub fn are_over(&self) -> bool {
        self.are_over_at(Instant::now())
    }

    fn are_over_at(&self, now: Instant) -> bool {
        let state = self.0.lock();
        let is_idle = |last: Instant| now.saturating_duration_since(last) >= IDLE;
        state.storing == 0 && state.last.is_none_or(is_idle)
    }
}

impl Drop for Storing<'_> {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        state.storing -= 1;
        state.last = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_are_over_a_moment_after_the_last() {
        let arrivals = Arrivals::default();
        let started = Instant::now();
        assert!(arrivals.are_over_at(started));
        let (first, second) = (arrivals.begin(), arrivals.begin());
        drop(first);
        assert!(!arrivals.are_over_at(Instant::now() + IDLE));
        drop(second);
        assert!(!arrivals.are_over_at(started));
        assert!(arrivals.are_over_at(Instant::now() + IDLE));
    }
}
