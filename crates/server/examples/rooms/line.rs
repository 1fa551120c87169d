//! A bad line, as a program sees it that sends over it.
//!
//! The machines that run this can seldom be told to lose packets, so the line is worked out here, in the bots'
//! own transport, in both directions. A TCP connection is worked out as its receiver feels it: each segment is lost
//! with a chance; whatever comes after a lost one waits for it; it is sent again after three later ones have come
//! and their acknowledgements have gone back, else when the sender's clock runs out, which doubles each time.
//! Datagrams are lost or late, each for itself. Left out, in favour of TCP: the sender's window, which shrinks with
//! each loss, and acknowledgements that are lost.

use std::{collections::VecDeque, time::Duration};

use rand::{RngExt as _, rngs::StdRng};
use tokio::time::Instant;

/// The longest datagram that comes.
pub const DATAGRAM_BYTES: usize = 2048;
/// What a segment of Ethernet carries of a TCP connection over IPv4 with time stamps.
const SEGMENT_BYTES: usize = 1448;
/// Three acknowledgements that say the same (RFC 5681).
const LATER_ONES: u32 = 3;
/// Linux waits at least this long beyond a round trip before it sends again unasked.
const LEAST_WAIT: Duration = Duration::from_millis(200);

/// What a line does to what goes over it.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// The chance that a packet is lost.
    pub loss: f64,
    /// There and back.
    pub round_trip: Duration,
}

impl Conditions {
    /// A line on which nothing is lost or late.
    pub fn is_perfect(self) -> bool {
        self.loss <= 0.0 && self.round_trip.is_zero()
    }

    fn one_way(self) -> Duration {
        self.round_trip / 2
    }

    fn wait(self) -> Duration {
        LEAST_WAIT + self.round_trip
    }
}

/// One direction of a TCP connection.
pub struct Stream<T> {
    line: Conditions,
    chance: StdRng,
    segments: VecDeque<Segment<T>>,
}

struct Segment<T> {
    /// When it comes; `None` while it is lost and has not been sent again.
    arrives: Option<Instant>,
    /// When the sender's clock runs out.
    again_at: Instant,
    /// How many that were sent after it have come.
    later: u32,
    /// A message, in the last of its segments.
    carries: Option<T>,
}

impl<T> Stream<T> {
    pub fn new(line: Conditions, chance: StdRng) -> Self {
        Self {
            line,
            chance,
            segments: VecDeque::new(),
        }
    }

    /// Sends a message of so many bytes, in segments of its own.
    pub fn push(&mut self, now: Instant, bytes: usize, message: T) {
        let segments = bytes.div_ceil(SEGMENT_BYTES).max(1);
        let mut carries = Some(message);
        for left in (0..segments).rev() {
            let is_lost = self.chance.random_bool(self.line.loss);
            if !is_lost {
                self.acknowledge_again(now);
            }
            self.segments.push_back(Segment {
                arrives: (!is_lost).then(|| now + self.line.one_way()),
                again_at: now + self.line.wait(),
                later: 0,
                carries: if left == 0 { carries.take() } else { None },
            });
        }
    }

    /// A segment sent now comes: those lost before it are asked for once more.
    fn acknowledge_again(&mut self, now: Instant) {
        for segment in &mut self.segments {
            if segment.arrives.is_some() {
                continue;
            }
            segment.later += 1;
            if segment.later == LATER_ONES {
                // The acknowledgement is back after a round trip.
                let at = now + self.line.round_trip;
                segment.arrives = Some(sent_again(self.line, &mut self.chance, at));
            }
        }
    }

    /// The next message that has come, in order.
    pub fn pop(&mut self, now: Instant) -> Option<T> {
        while let Some(first) = self.segments.front_mut() {
            if first.arrives.is_none() && first.again_at <= now {
                first.arrives = Some(sent_again(self.line, &mut self.chance, first.again_at));
            }
            if first.arrives.is_none_or(|at| at > now) {
                return None;
            }
            let first = self.segments.pop_front();
            if let Some(message) = first.and_then(|segment| segment.carries) {
                return Some(message);
            }
        }
        None
    }

    /// When to look again.
    pub fn wakes_at(&self) -> Option<Instant> {
        let first = self.segments.front()?;
        Some(first.arrives.unwrap_or(first.again_at))
    }
}

/// Datagrams in one direction.
pub struct Datagrams<T> {
    line: Conditions,
    chance: StdRng,
    under_way: VecDeque<(Instant, T)>,
}

impl<T> Datagrams<T> {
    pub fn new(line: Conditions, chance: StdRng) -> Self {
        Self {
            line,
            chance,
            under_way: VecDeque::new(),
        }
    }

    /// Sends one, which may be lost.
    pub fn push(&mut self, now: Instant, datagram: T) {
        if !self.chance.random_bool(self.line.loss) {
            self.under_way
                .push_back((now + self.line.one_way(), datagram));
        }
    }

    /// The next that has come.
    pub fn pop(&mut self, now: Instant) -> Option<T> {
        let is_due = self.under_way.front().is_some_and(|(at, _)| *at <= now);
        let first = is_due.then(|| self.under_way.pop_front())?;
        first.map(|(_, datagram)| datagram)
    }

    /// When to look again.
    pub fn wakes_at(&self) -> Option<Instant> {
        self.under_way.front().map(|(at, _)| *at)
    }
}

/// When a segment comes that is sent again from a moment on, as often as it takes.
fn sent_again(line: Conditions, chance: &mut StdRng, mut at: Instant) -> Instant {
    let mut wait = line.wait();
    while chance.random_bool(line.loss) {
        at += wait;
        wait *= 2;
    }
    at + line.one_way()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    const SEED: u64 = 20_261_126;

    fn line(loss: f64) -> Conditions {
        Conditions {
            loss,
            round_trip: Duration::from_millis(200),
        }
    }

    /// Messages every 50 ms; how late each came, in order, in milliseconds.
    fn late_ms(loss: f64, messages: u32) -> Vec<u128> {
        let start = Instant::now();
        let mut stream = Stream::new(line(loss), StdRng::seed_from_u64(SEED));
        let mut late = Vec::new();
        let mut sent = 0;
        for ms in 0..u64::from(messages) * 50 + 60_000 {
            let now = start + Duration::from_millis(ms);
            if ms % 50 == 0 && sent < messages {
                stream.push(now, 60, (sent, now));
                sent += 1;
            }
            while let Some((number, at)) = stream.pop(now) {
                assert_eq!(number as usize, late.len(), "seed {SEED}");
                late.push((now - at).as_millis());
            }
        }
        assert_eq!(late.len(), messages as usize, "seed {SEED}");
        late
    }

    #[test]
    fn on_a_line_that_loses_nothing_everything_comes_after_half_a_round_trip() {
        assert!(late_ms(0.0, 200).iter().all(|ms| *ms == 100));
    }

    #[test]
    fn what_comes_after_a_lost_segment_waits_for_it_and_nothing_is_lost_for_good() {
        let late = late_ms(0.05, 4000);
        let waited = late.iter().filter(|ms| **ms > 100).count();
        // One in twenty is lost; each of these holds up the six or seven that follow until it comes.
        assert!((800..2000).contains(&waited), "{waited}, seed {SEED}");
        // Three later ones, a round trip, and half of one.
        assert!(late.contains(&(150 + 200 + 100)));
        assert!(*late.iter().max().unwrap() > 600, "seed {SEED}");
    }

    #[test]
    fn datagrams_are_lost_each_for_itself_and_those_that_come_are_not_late() {
        let start = Instant::now();
        let mut datagrams = Datagrams::new(line(0.05), StdRng::seed_from_u64(SEED));
        for number in 0..4000 {
            datagrams.push(start, number);
        }
        assert_eq!(datagrams.pop(start + Duration::from_millis(99)), None);
        let come: Vec<i32> =
            std::iter::from_fn(|| datagrams.pop(start + Duration::from_millis(100))).collect();
        assert!((3740..3860).contains(&come.len()), "seed {SEED}");
    }

    #[test]
    fn with_nothing_after_it_a_lost_segment_comes_when_the_senders_clock_runs_out() {
        let start = Instant::now();
        let mut stream = Stream::new(line(1.0), StdRng::seed_from_u64(SEED));
        // The line is mended right after.
        stream.push(start, 60, ());
        stream.line.loss = 0.0;
        let wait = stream.wakes_at().unwrap() - start;
        assert_eq!(wait, Duration::from_millis(400));
        assert_eq!(stream.pop(start + wait), None);
        assert_eq!(
            stream.wakes_at().unwrap() - start,
            Duration::from_millis(500)
        );
        assert_eq!(stream.pop(start + Duration::from_millis(500)), Some(()));
    }
}
