//! Which readings of a span bear marks that a person must know of, by the buckets of its roll-up.

use std::collections::BTreeMap;

use policy::Permit;
use record::{QualityMark, Reading, SpanQuery};

use super::{MOST_READINGS, SignalMark, ms};
use crate::{hospital::Hospital, http::Problem};

/// The most different marks that are named of one bucket.
const MOST_NAMED: usize = 8;

/// Where a bucket begins in milliseconds since 1970, how many of its readings are marked, and their marks, each once.
pub(super) type Row = (f64, u64, Vec<SignalMark>);

/// Of a span that has so many readings that measured something, in buckets of this length; none where there are too many
/// to look for marks: who wants to see them zooms in.
pub(super) async fn of_span(
    hospital: &Hospital,
    permit: &Permit,
    span: &SpanQuery,
    (bucket_us, measured): (i64, u64),
) -> Result<Option<Vec<Row>>, Problem> {
    if measured > MOST_READINGS as u64 {
        return Ok(None);
    }
    let bucket_us = bucket_us.max(1);
    // The buckets are whole, so what is looked at is as well.
    let floor = |us: i64| us.div_euclid(bucket_us).saturating_mul(bucket_us);
    let whole = SpanQuery {
        id: span.id.clone(),
        from_us: floor(span.from_us),
        to_us: floor(span.to_us.saturating_add(bucket_us - 1)),
    };
    let page = hospital.signals.read(permit, &whole, MOST_READINGS);
    let page = page.await?;
    let is_all = page.next_us.is_none();
    Ok(is_all.then(|| rows(&page.readings, bucket_us)))
}

fn rows(readings: &[Reading], bucket_us: i64) -> Vec<Row> {
    let mut found: BTreeMap<i64, (u64, Vec<SignalMark>)> = BTreeMap::new();
    for reading in readings {
        // What was corrected is not drawn.
        if reading.marks.contains(&QualityMark::Superseded) {
            continue;
        }
        let told: Vec<&QualityMark> = reading.marks.iter().filter(|mark| is_told(mark)).collect();
        if told.is_empty() {
            continue;
        }
        let (count, named) = found
            .entry(reading.at_us.div_euclid(bucket_us))
            .or_default();
        *count += 1;
        for mark in told {
            name(named, SignalMark::from(mark));
        }
    }
    let row = |(number, (count, named)): (i64, (u64, Vec<SignalMark>))| {
        (ms(number.saturating_mul(bucket_us)), count, named)
    };
    found.into_iter().map(row).collect()
}

/// Whether a person must know of it who looks at the values.
fn is_told(mark: &QualityMark) -> bool {
    match mark {
        QualityMark::ClockCorrected { .. }
        | QualityMark::ClockSlow { .. }
        | QualityMark::ClockUnknown
        | QualityMark::Correction { .. }
        | QualityMark::OutOfRange
        | QualityMark::Conflicting
        | QualityMark::Artefact
        | QualityMark::Questionable
        | QualityMark::Early
        | QualityMark::Calibrating
        | QualityMark::Test
        | QualityMark::LeftBehind => true,
        QualityMark::Other(_) => !mark.is_conversion(),
        QualityMark::ArrivalTime
        | QualityMark::Late
        | QualityMark::Validated
        | QualityMark::FromObservation
        | QualityMark::Superseded
        | QualityMark::Profile { .. }
        | QualityMark::Converted { .. } => false,
    }
}

/// Of marks that differ in how much only the greatest is named.
fn name(named: &mut Vec<SignalMark>, mark: SignalMark) {
    let size = |mark: &SignalMark| (mark.by_ms.map(i64::unsigned_abs), mark.doubt_ms);
    let is_same = |known: &&mut SignalMark| known.code == mark.code && known.text == mark.text;
    if let Some(known) = named.iter_mut().find(is_same) {
        if size(&mark) > size(known) {
            *known = mark;
        }
    } else if named.len() < MOST_NAMED {
        named.push(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_with_marks_are_counted_by_bucket_and_each_mark_is_named_once() {
        let reading = |at_us: i64, marks: &[QualityMark]| Reading {
            at_us,
            value: 1.0,
            marks: marks.into(),
        };
        let corrected = |by_ms: i64| QualityMark::ClockCorrected {
            by_ms,
            doubt_ms: 40,
        };
        let found = rows(
            &[
                reading(-1, &[QualityMark::Test]),
                reading(0, &[]),
                reading(1, &[corrected(-3000), QualityMark::Late]),
                reading(2, &[corrected(2000), QualityMark::Artefact]),
                // What is no doubt, and what is not drawn.
                reading(3, &[QualityMark::Validated]),
                reading(4, &[QualityMark::Artefact, QualityMark::Superseded]),
                reading(2000, &[QualityMark::ArrivalTime]),
            ],
            1000,
        );
        let told: Vec<(f64, u64, Vec<&str>)> = found
            .iter()
            .map(|(start_ms, count, marks)| {
                let codes = marks.iter().map(|mark| mark.code);
                (*start_ms, *count, codes.collect())
            })
            .collect();
        assert_eq!(
            told,
            [
                (-1.0, 1, vec!["test"]),
                (0.0, 2, vec!["clock-corrected", "artefact"]),
            ]
        );
        assert_eq!(found[1].2[0].by_ms, Some(-3000));
    }
}
