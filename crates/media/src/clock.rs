//! The times of one place through which different senders come.

use std::time::Instant;

use str0m::media::{Frequency, MediaTime};

/// Each sender counts from a number of its own. To who listens a place is one stream, the times of which only
/// go on; where the sender changes they go on by the time that has passed.
#[derive(Debug, Default)]
pub struct SlotClock {
    /// The sender's number at its first packet here, and ours then.
    base: Option<(u64, u64)>,
    last: u64,
    last_at: Option<Instant>,
}

impl SlotClock {
    /// Another sender comes through from now on.
    pub fn another(&mut self) {
        self.base = None;
    }

    /// The time for who listens; `None` for what comes after something later.
    pub fn time(&mut self, now: Instant, sent: MediaTime) -> Option<MediaTime> {
        let rate = sent.frequency();
        let (theirs, ours) = *self.base.get_or_insert_with(|| {
            let passed = self.last_at.map_or(0, |at| {
                ticks(now.saturating_duration_since(at), rate).max(1)
            });
            (sent.numer(), self.last.saturating_add(passed))
        });
        let since = sent.numer().checked_sub(theirs)?;
        let time = ours.saturating_add(since);
        if self.last_at.is_some() && time <= self.last {
            return None;
        }
        self.last = time;
        self.last_at = Some(now);
        Some(MediaTime::new(time, rate))
    }
}

fn ticks(passed: std::time::Duration, rate: Frequency) -> u64 {
    let micros = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX);
    micros.saturating_mul(u64::from(rate.get())) / 1_000_000
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_times_go_on_when_another_speaks() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let opus = |n| MediaTime::new(n, Frequency::FORTY_EIGHT_KHZ);
        let mut clock = SlotClock::default();
        let mut time = |at, sent| clock.time(at, sent).map(|time| time.numer());
        assert_eq!(time(at(0), opus(90_000)), Some(0));
        assert_eq!(time(at(20), opus(90_960)), Some(960));
        assert_eq!(time(at(21), opus(90_480)), None);
        clock.another();
        // A second later somebody speaks whose own count is far behind.
        let mut time = |at, sent| clock.time(at, sent).map(|time| time.numer());
        assert_eq!(time(at(1_020), opus(5)), Some(960 + 48_000));
        assert_eq!(time(at(1_040), opus(965)), Some(960 + 48_960));
    }
}
