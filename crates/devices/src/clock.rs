//! When a measurement was made, by a clock that may be wrong.

use vocabulary::Timestamp;

use crate::{profile::Clock, reading::Mark};

/// Before this no device measured: 2020-01-01. A clock that says so counts since its battery was put in.
const EARLIEST: i64 = 1_577_836_800_000;
/// How long the smallest delay is looked for before it says something about the clock, in milliseconds.
const WINDOW_MS: i64 = 30_000;
/// A delay of live measurements below this is the line's, not the clock's, in milliseconds.
const LINE_MS: i64 = 2_000;
/// So many windows in a row must agree on the smallest delay until it is the clock's. What was stored and comes late comes
/// faster than it was measured, or slower: its delay falls or grows meanwhile.
const AGREED: u32 = 3;
/// How far a corrected time may fall behind its arrival before the correction is made anew, in milliseconds.
const AGAIN_MS: i64 = 60_000;

/// What is known of the clock of one device.
#[derive(Clone, Debug, Default)]
pub struct DeviceClock {
    /// What is added to its times, since it is wrong beyond doubt.
    offset: Option<Offset>,
    /// The smallest delay of this window, and when the window began.
    window: Option<(i64, i64)>,
    /// The smallest delay of the last full window: what a clock that runs slow adds to each.
    slow_ms: i64,
    /// The smallest delay on which windows agree, and how many in a row.
    agreed: (i64, u32),
}

#[derive(Clone, Copy, Debug)]
struct Offset {
    ms: i64,
    doubt_ms: u64,
}

impl DeviceClock {
    /// Knows again by how much its times were moved before the program ended; by nothing where they stood.
    pub(crate) fn recall(&mut self, corrected: Option<(i64, u64)>) {
        self.offset = corrected.map(|(ms, doubt_ms)| Offset { ms, doubt_ms });
    }

    /// The time of a measurement for which who wrote it down vouches: it is no matter how long ago that was, and it
    /// says nothing about the device's own clock.
    pub(crate) fn vouched(
        clock: &Clock,
        said: Timestamp,
        received: Timestamp,
    ) -> (Timestamp, Option<Mark>) {
        let ahead_ms = said.0.saturating_sub(received.0);
        if ahead_ms <= 0 {
            (said, None)
        } else if ahead_ms <= i64::from(clock.ahead_s) * 1000 {
            (said, Some(Mark::ClockInDoubt { by_ms: -ahead_ms }))
        } else {
            let mark = Mark::ClockCorrected {
                by_ms: -ahead_ms,
                doubt_ms: ahead_ms.unsigned_abs(),
            };
            (received, Some(mark))
        }
    }

    /// The time of a measurement that came at `received` with the device's time `said`.
    ///
    /// A time that can be true stands. One that cannot (before there were such devices, older than what the device
    /// can hold, or ahead) is moved by what makes the first such measurement arrive at once; later ones by the
    /// same, so that the distances between them stay. The doubt is what that may be off. Samples take `length_ms`
    /// from their time on until they can be sent.
    pub fn correct(
        &mut self,
        clock: &Clock,
        said: Option<Timestamp>,
        received: Timestamp,
        length_ms: i64,
    ) -> (Timestamp, Option<Mark>) {
        let Some(said) = said else {
            return (received, Some(Mark::ClockAbsent));
        };
        let delay_ms = received.0.saturating_sub(said.0);
        let ahead_ms = i64::from(clock.ahead_s) * 1000;
        let holds_ms = i64::from(clock.holds_s) * 1000;
        if said.0 >= EARLIEST && (-ahead_ms..=holds_ms).contains(&delay_ms) {
            self.offset = None;
            // What was still measured did not wait.
            let waited_ms = delay_ms.saturating_sub(length_ms).max(delay_ms.min(0));
            return self.in_time(clock, said, received, waited_ms);
        }
        self.window = None;
        self.agreed = (0, 0);
        let usable = self.offset.filter(|offset| {
            let left = delay_ms.saturating_sub(offset.ms);
            (-ahead_ms..=AGAIN_MS).contains(&left)
        });
        let offset = usable.unwrap_or(Offset {
            ms: delay_ms,
            // The first may have waited on the way; how long is not known. What comes later faster shows it.
            doubt_ms: LINE_MS.unsigned_abs(),
        });
        // A measurement cannot come before it was made: one that seems to shows that the first had waited.
        let left = delay_ms.saturating_sub(offset.ms);
        let offset = Offset {
            ms: offset.ms.saturating_add(left.min(0)),
            doubt_ms: offset.doubt_ms.max(left.unsigned_abs()),
        };
        self.offset = Some(offset);
        let mark = Mark::ClockCorrected {
            by_ms: offset.ms,
            doubt_ms: offset.doubt_ms,
        };
        (Timestamp(said.0.saturating_add(offset.ms)), Some(mark))
    }

    /// A time that can be true: what drifts slowly still shows in live measurements, whose smallest delay grows
    /// or falls below nothing. It is said, not mended, since a line that is slow looks the same for a while; where windows
    /// agree on that delay, it is said that the clock is slow by it.
    fn in_time(
        &mut self,
        clock: &Clock,
        said: Timestamp,
        received: Timestamp,
        delay_ms: i64,
    ) -> (Timestamp, Option<Mark>) {
        if !clock.live {
            let ahead = (delay_ms < 0).then_some(Mark::ClockInDoubt { by_ms: delay_ms });
            return (said, ahead);
        }
        match &mut self.window {
            Some((smallest, began)) if received.0 - *began < WINDOW_MS => {
                *smallest = (*smallest).min(delay_ms);
            }
            Some((smallest, _)) => {
                self.slow_ms = (*smallest).min(delay_ms);
                self.window = Some((delay_ms, received.0));
                self.agree();
            }
            None => self.window = Some((delay_ms, received.0)),
        }
        // What is faster than the window said shows that the clock is right again.
        self.slow_ms = self.slow_ms.min(delay_ms.max(0));
        if delay_ms < self.agreed.0 - LINE_MS {
            self.agreed = (0, 0);
        }
        let by_ms = if delay_ms < 0 { delay_ms } else { self.slow_ms };
        let mark = match by_ms {
            0..=LINE_MS => None,
            _ if by_ms > 0 && self.agreed.1 >= AGREED => Some(Mark::ClockSlow { by_ms }),
            _ => Some(Mark::ClockInDoubt { by_ms }),
        };
        (said, mark)
    }

    /// A window is full: whether it agrees with those before. A clock that drifts is followed, once it is known as one.
    fn agree(&mut self) {
        let (before_ms, windows) = self.agreed;
        self.agreed = if (self.slow_ms - before_ms).abs() > LINE_MS || windows == 0 {
            (self.slow_ms, 1)
        } else if windows >= AGREED {
            (self.slow_ms, windows)
        } else {
            (before_ms, windows + 1)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: Clock = Clock {
        ahead_s: 5,
        holds_s: 3600,
        live: true,
    };
    const NOW: i64 = 1_795_680_000_000;

    fn at(clock: &mut DeviceClock, said: i64, received: i64) -> (i64, Option<Mark>) {
        let (time, mark) = clock.correct(&LIVE, Some(Timestamp(said)), Timestamp(received), 0);
        (time.0, mark)
    }

    #[test]
    fn a_clock_that_is_right_stands() {
        let mut clock = DeviceClock::default();
        assert_eq!(at(&mut clock, NOW - 300, NOW), (NOW - 300, None));
        // What waited for a line is as old as it says.
        assert_eq!(
            at(&mut clock, NOW - 3_000_000, NOW),
            (NOW - 3_000_000, None)
        );
        assert_eq!(
            clock.correct(&LIVE, None, Timestamp(NOW), 0),
            (Timestamp(NOW), Some(Mark::ClockAbsent))
        );
    }

    #[test]
    fn a_clock_of_1970_keeps_the_distances() {
        let mut clock = DeviceClock::default();
        for (said, late) in [(5_000, 0), (6_000, 30), (7_000, 400), (8_000, 10)] {
            let (time, mark) = at(&mut clock, said, NOW + said - 5_000 + late);
            assert_eq!(time, NOW + said - 5_000);
            let Some(Mark::ClockCorrected { by_ms, doubt_ms }) = mark else {
                panic!("{mark:?}")
            };
            assert_eq!((by_ms, doubt_ms), (NOW - 5_000, 2_000));
        }
        // Switched off and on, it counts from 1970 again.
        let later = NOW + 86_400_000;
        assert_eq!(at(&mut clock, 1_000, later).0, later);
    }

    #[test]
    fn a_clock_ahead_is_moved_back_and_never_into_the_future() {
        let mut clock = DeviceClock::default();
        let ahead = 86_400_000;
        assert_eq!(at(&mut clock, NOW + ahead, NOW + 900).0, NOW + 900);
        // This one was faster: the first had waited for 900 ms.
        let (time, mark) = at(&mut clock, NOW + ahead + 1_000, NOW + 1_000);
        assert_eq!(time, NOW + 1_000);
        assert_eq!(mark.map(|mark| mark.code()), Some("clock-corrected"));
        // Set right, its times stand again.
        assert_eq!(
            at(&mut clock, NOW + 2_000, NOW + 2_010),
            (NOW + 2_000, None)
        );
    }

    /// Marks of measurements of each second, which come as late as `delay_ms` says.
    fn marks(seconds: i64, delay_ms: impl Fn(i64) -> i64) -> Vec<Option<Mark>> {
        let mut clock = DeviceClock::default();
        let each = (0..seconds).map(|second| {
            let received = NOW + second * 1000;
            let said = received - delay_ms(second);
            let (time, mark) = at(&mut clock, said, received);
            assert_eq!(time, said, "the device's time stays");
            mark
        });
        each.collect()
    }

    #[test]
    fn a_clock_that_is_slow_is_known_by_a_delay_that_stays() {
        for slow_ms in [130_000, 200_000] {
            // The line takes some time of its own, now more and now less.
            let marks = marks(300, |second| slow_ms + second % 7 * 100);
            let slow = Some(Mark::ClockSlow { by_ms: slow_ms });
            assert_eq!(marks.iter().position(|mark| *mark == slow), Some(90));
            assert!(marks[90..].iter().all(|mark| *mark == slow));
            assert!(matches!(marks[60], Some(Mark::ClockInDoubt { .. })));
        }
    }

    #[test]
    fn what_was_stored_and_comes_late_is_no_clock_that_is_slow() {
        let is_slow = |mark: &Option<Mark>| matches!(mark, Some(Mark::ClockSlow { .. }));
        // An hour that is sent twice as fast as it was measured, a tenth faster, and one that falls further behind.
        let backlogs: [fn(i64) -> i64; 3] = [
            |second| (3_600_000 - second * 1_000).max(50),
            |second| 3_600_000 - second * 100,
            |second| 60_000 + second * 200,
        ];
        for backlog in backlogs {
            let marks = marks(1_200, backlog);
            assert!(!marks.iter().any(is_slow));
        }
    }

    #[test]
    fn what_comes_in_one_go_was_measured_up_to_then() {
        let mut clock = DeviceClock::default();
        for received in (1..8).map(|five_minutes| NOW + five_minutes * 300_000) {
            for second in (0..300).rev() {
                let (_, mark) = at(&mut clock, received - second * 1_000, received);
                assert_eq!(mark, None);
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_right_is_no_more_slow() {
        let marks = marks(400, |second| if second < 200 { 130_000 } else { 300 });
        assert_eq!(marks[199], Some(Mark::ClockSlow { by_ms: 130_000 }));
        assert!(marks[200..].iter().all(Option::is_none));
    }

    #[test]
    fn samples_are_no_slow_clock_because_they_took_their_time() {
        let mut clock = DeviceClock::default();
        for minute in 1..10 {
            let received = NOW + minute * 60_000;
            let start = Timestamp(received - 60_000);
            let (time, mark) = clock.correct(&LIVE, Some(start), Timestamp(received), 59_000);
            assert_eq!((time, mark), (start, None));
        }
    }

    #[test]
    fn a_clock_that_drifts_fast_is_in_doubt() {
        // It loses 100 ms a second.
        let last = marks(300, |second| second * 100 + 50).pop().unwrap();
        let Some(Mark::ClockInDoubt { by_ms }) = last else {
            panic!("{last:?}")
        };
        assert!((24_000..30_000).contains(&by_ms), "{by_ms}");
    }
}
