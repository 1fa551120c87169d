//! A sealed piece of one series: times, values and marks of its readings.

use std::{collections::HashMap, sync::Arc};

use record::{Gaps, QualityMark, Reading, SignalSeries};
use serde::{Deserialize, Serialize};

use super::packed::{self, Unreadable};

const MAGIC: [u8; 4] = *b"YSC1";

/// A gap is where the next reading comes later than this many usual distances.
const GAP: i64 = 3;

/// What stands before the numbers.
#[derive(Serialize, Deserialize)]
struct Header {
    series: SignalSeries,
    number: u64,
    /// Combinations of marks; each reading has one of them.
    marks: Vec<Vec<QualityMark>>,
}

/// The bytes that are kept for chunk `number` of a series. Readings are in the order of their times.
pub fn encode(
    series: &SignalSeries,
    number: u64,
    readings: &[Reading],
) -> Result<Vec<u8>, Unreadable> {
    let mut marks: Vec<Vec<QualityMark>> = Vec::new();
    let mut known: HashMap<&[QualityMark], u32> = HashMap::new();
    let mut marked: Vec<u32> = Vec::with_capacity(readings.len());
    for reading in readings {
        let next = u32::try_from(marks.len()).map_err(|_| Unreadable)?;
        let place = *known.entry(&reading.marks).or_insert_with(|| {
            marks.push(reading.marks.to_vec());
            next
        });
        marked.push(place);
    }
    let header = Header {
        series: series.clone(),
        number,
        marks,
    };
    let times: Vec<i64> = readings.iter().map(|reading| reading.at_us).collect();
    let values: Vec<f64> = readings.iter().map(|reading| reading.value).collect();
    let mut bytes = packed::begin(MAGIC, &header)?;
    packed::numbers(&mut bytes, &times)?;
    packed::numbers(&mut bytes, &values)?;
    packed::numbers(&mut bytes, &marked)?;
    Ok(bytes)
}

/// Reads what [`encode`] wrote.
pub fn decode(bytes: &[u8]) -> Result<Vec<Reading>, Unreadable> {
    let (header, mut rest): (Header, _) = packed::header(MAGIC, bytes)?;
    let marks: Vec<Arc<[QualityMark]>> = header.marks.into_iter().map(Arc::from).collect();
    let times: Vec<i64> = packed::take_numbers(&mut rest)?;
    let values: Vec<f64> = packed::take_numbers(&mut rest)?;
    let marked: Vec<u32> = packed::take_numbers(&mut rest)?;
    if times.len() != values.len() || times.len() != marked.len() {
        return Err(Unreadable);
    }
    let columns = times.into_iter().zip(values).zip(marked);
    columns
        .map(|((at_us, value), place)| {
            let place = usize::try_from(place).map_err(|_| Unreadable)?;
            let marks = Arc::clone(marks.get(place).ok_or(Unreadable)?);
            Ok(Reading {
                at_us,
                value,
                marks,
            })
        })
        .collect()
}

/// Where readings are missing, by the distance that is usual among them. Readings are in the order of their
/// times.
pub fn gaps(readings: &[Reading]) -> Gaps {
    let pairs = readings.iter().zip(readings.iter().skip(1));
    let distances: Vec<i64> = pairs
        .map(|(one, next)| next.at_us.saturating_sub(one.at_us))
        .filter(|distance| *distance > 0)
        .collect();
    let mut sorted = distances.clone();
    sorted.sort_unstable();
    let Some(usual) = sorted.get(sorted.len() / 2) else {
        return Gaps::default();
    };
    let longest = usual.saturating_mul(GAP);
    let missing = distances.iter().filter(|distance| **distance > longest);
    missing.fold(Gaps::default(), |gaps, distance| Gaps {
        count: gaps.count + 1,
        total_us: gaps.total_us.saturating_add(distance - usual),
    })
}

#[cfg(test)]
mod tests {
    use record::StreamKey;
    use vocabulary::DeviceId;

    use super::*;

    fn series() -> SignalSeries {
        SignalSeries {
            stream: StreamKey {
                device: DeviceId::new("d").unwrap(),
                stream: "s".to_owned(),
            },
            system: "x".to_owned(),
            code: "y".to_owned(),
            unit: "%".to_owned(),
            subject: None,
        }
    }

    fn reading(at_us: i64, value: f64, marks: &[QualityMark]) -> Reading {
        Reading {
            at_us,
            value,
            marks: marks.into(),
        }
    }

    #[test]
    fn a_chunk_is_read_as_written_to_the_last_bit() {
        let late = [QualityMark::Late];
        let readings: Vec<Reading> = (0..5000_i64)
            .map(|n| {
                let marks: &[QualityMark] = if n % 100 == 7 { &late } else { &[] };
                reading(n * 2000 - 77, (n as f64 * 0.37).sin() * 1.7, marks)
            })
            .chain([reading(10_000_000, -0.0, &[QualityMark::Other("?".into())])])
            .collect();
        let bytes = encode(&series(), 0, &readings).unwrap();
        let again = decode(&bytes).unwrap();
        assert_eq!(again, readings);
        let last = again.last().unwrap().value;
        assert_eq!(last.to_bits(), (-0.0_f64).to_bits());
        for cut in (0..bytes.len()).step_by(97) {
            assert!(decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn numbers_with_one_decimal_at_equal_distances_take_little_room() {
        let readings: Vec<Reading> = (0..3600_i64)
            .map(|n| reading(n * 1_000_000, 36.0 + (n / 60 % 9) as f64 / 10.0, &[]))
            .collect();
        let bytes = encode(&series(), 0, &readings).unwrap();
        assert!(
            bytes.len() < 3600,
            "{} bytes for 3600 readings",
            bytes.len()
        );
    }

    #[test]
    fn a_gap_is_much_longer_than_what_is_usual() {
        let check = |times_s: &[i64], expected: (u64, i64)| {
            let readings: Vec<Reading> = times_s
                .iter()
                .map(|s| reading(s * 1_000_000, 1.0, &[]))
                .collect();
            let found = gaps(&readings);
            assert_eq!(
                (found.count, found.total_us),
                (expected.0, expected.1 * 1_000_000),
                "{times_s:?}"
            );
        };
        check(&[], (0, 0));
        check(&[5], (0, 0));
        check(&[0, 1, 2, 3, 5, 6], (0, 0));
        check(&[0, 1, 2, 3, 13, 14], (1, 9));
        check(&[0, 900, 1800, 2700], (0, 0));
        check(&[0, 0, 1, 1, 2, 12, 12], (1, 9));
    }
}
