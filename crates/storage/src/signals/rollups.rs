//! Readings at a coarser zoom: least, greatest and mean value and count, by spans of time whose lengths are
//! powers of two, so that the spans of one zoom are made of whole spans of the next finer one.

use std::collections::BTreeMap;

use record::Bucket;
use serde::{Deserialize, Serialize};

use super::packed::{self, Unreadable};

/// The finest zoom: 1.024 s, in microseconds.
const FINEST_US: i64 = 1_024_000;
/// The coarsest zoom, about 139 years.
const COARSEST_US: i64 = FINEST_US << 32;
/// Into at most about so many spans a chunk is rolled up.
const SPANS: i64 = 128;

const MAGIC: [u8; 4] = *b"YSR1";

/// What one span of time holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// All values together.
    pub sum: f64,
    /// How many there are.
    pub count: u64,
}

impl Span {
    fn of(value: f64) -> Self {
        Self {
            min: value,
            max: value,
            sum: value,
            count: 1,
        }
    }

    fn take(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.count += other.count;
    }
}

/// Spans of one length, by their number: span `n` begins at `n` times the length.
#[derive(Clone, Debug, PartialEq)]
pub struct Spans {
    /// How long each is, in microseconds.
    pub length_us: i64,
    spans: BTreeMap<i64, Span>,
}

/// What stands before the numbers of a kept roll-up.
#[derive(Serialize, Deserialize)]
struct Header {
    series: String,
    number: u64,
    length_us: i64,
}

impl Spans {
    /// No spans yet, of a length of `length_us` microseconds.
    pub fn new(length_us: i64) -> Self {
        Self {
            length_us: length_us.max(1),
            spans: BTreeMap::new(),
        }
    }

    /// Takes a reading in.
    pub fn reading(&mut self, at_us: i64, value: f64) {
        self.take(at_us.div_euclid(self.length_us), &Span::of(value));
    }

    /// Takes spans in that are as long or shorter by a power of two, and begin within `from_us..to_us`.
    pub fn spans(&mut self, finer: &Self, from_us: i64, to_us: i64) {
        for (number, span) in &finer.spans {
            let start_us = number.saturating_mul(finer.length_us);
            if (from_us..to_us).contains(&start_us) {
                self.take(start_us.div_euclid(self.length_us), span);
            }
        }
    }

    fn take(&mut self, number: i64, span: &Span) {
        self.spans
            .entry(number)
            .and_modify(|known| known.take(span))
            .or_insert(*span);
    }

    /// The spans as they are shown.
    pub fn buckets(&self) -> Vec<Bucket> {
        let bucket = |(number, span): (&i64, &Span)| Bucket {
            start_us: number.saturating_mul(self.length_us),
            min: span.min,
            max: span.max,
            mean: span.sum / span.count as f64,
            count: span.count,
        };
        self.spans.iter().map(bucket).collect()
    }

    /// The bytes that are kept for chunk `number` of a series.
    pub fn encode(&self, series: &str, number: u64) -> Result<Vec<u8>, Unreadable> {
        let header = Header {
            series: series.to_owned(),
            number,
            length_us: self.length_us,
        };
        let numbers: Vec<i64> = self.spans.keys().copied().collect();
        let column = |of: fn(&Span) -> f64| -> Vec<f64> { self.spans.values().map(of).collect() };
        let counts: Vec<u64> = self.spans.values().map(|span| span.count).collect();
        let mut bytes = packed::begin(MAGIC, &header)?;
        packed::numbers(&mut bytes, &numbers)?;
        packed::numbers(&mut bytes, &column(|span| span.min))?;
        packed::numbers(&mut bytes, &column(|span| span.max))?;
        packed::numbers(&mut bytes, &column(|span| span.sum))?;
        packed::numbers(&mut bytes, &counts)?;
        Ok(bytes)
    }

    /// Reads what [`Spans::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let (header, mut rest): (Header, _) = packed::header(MAGIC, bytes)?;
        let numbers: Vec<i64> = packed::take_numbers(&mut rest)?;
        let min: Vec<f64> = packed::take_numbers(&mut rest)?;
        let max: Vec<f64> = packed::take_numbers(&mut rest)?;
        let sum: Vec<f64> = packed::take_numbers(&mut rest)?;
        let counts: Vec<u64> = packed::take_numbers(&mut rest)?;
        let lengths = [min.len(), max.len(), sum.len(), counts.len()];
        if lengths.iter().any(|length| *length != numbers.len()) || header.length_us < 1 {
            return Err(Unreadable);
        }
        let values = min.into_iter().zip(max).zip(sum).zip(counts);
        let spans = numbers.into_iter().zip(values);
        let spans = spans.map(|(number, (((min, max), sum), count))| {
            let span = Span {
                min,
                max,
                sum,
                count,
            };
            (number, span)
        });
        Ok(Self {
            length_us: header.length_us,
            spans: spans.collect(),
        })
    }
}

/// The length, in microseconds, of the spans into which a chunk from `first_us` to `last_us` is rolled up.
pub fn length_for_chunk(first_us: i64, last_us: i64) -> i64 {
    shortest(last_us.saturating_sub(first_us), SPANS)
}

/// The length, in microseconds, of the shortest spans of which at most `points` cover `from_us..to_us`. It may be
/// finer than what chunks are rolled up to: then readings are taken.
pub fn length_for_points(from_us: i64, to_us: i64, points: usize) -> i64 {
    let points = i64::try_from(points).unwrap_or(i64::MAX).max(2);
    let whole = to_us.saturating_sub(from_us).max(0);
    let mut length_us = 1000;
    // A span that only begins or only ends within is one more.
    while length_us < COARSEST_US && whole / length_us + 2 > points {
        length_us *= 2;
    }
    length_us
}

fn shortest(whole_us: i64, spans: i64) -> i64 {
    let mut length_us = FINEST_US;
    while length_us < COARSEST_US && whole_us / length_us > spans {
        length_us *= 2;
    }
    length_us
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarse_spans_are_made_of_fine_ones() {
        let mut fine = Spans::new(FINEST_US);
        let mut coarse = Spans::new(FINEST_US * 8);
        for second in -300..300_i64 {
            let value = (second * 37 % 101) as f64;
            fine.reading(second * 1_000_000, value);
            coarse.reading(second * 1_000_000, value);
        }
        let mut made = Spans::new(FINEST_US * 8);
        made.spans(&fine, i64::MIN, i64::MAX);
        assert_eq!(made, coarse);
        assert_eq!(made.buckets().iter().map(|b| b.count).sum::<u64>(), 600);
    }

    #[test]
    fn kept_spans_are_read_as_written() {
        let mut spans = Spans::new(length_for_chunk(0, 3_600_000_000));
        for second in 0..3600_i64 {
            spans.reading(second * 1_000_000, 36.0 + (second % 7) as f64 / 10.0);
        }
        let bytes = spans.encode("00", 3).unwrap();
        assert_eq!(Spans::decode(&bytes).unwrap(), spans);
        for cut in 0..bytes.len() {
            assert!(Spans::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_zoom_has_at_most_as_many_points_as_asked_for() {
        for (whole_us, points) in [
            (1, 2),
            (1_000_000, 10),
            (86_400_000_000, 800),
            (COARSEST_US * 90, 100),
        ] {
            let length_us = length_for_points(0, whole_us, points);
            let places = usize::try_from(whole_us / length_us).unwrap();
            assert!(places < points, "{whole_us} {points}");
            assert_eq!((length_us / 1000).count_ones(), 1);
        }
    }
}
