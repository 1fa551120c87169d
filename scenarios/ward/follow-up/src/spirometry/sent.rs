//! Blows that a spirometer of the patient sent over the hospital's device door.

use policy::Permit;
use record::{QualityMark, Reading, SeriesQuery, Signals, SpanQuery};
use scenario::{Context, Problem};
use vocabulary::PatientId;

use super::MOST_BLOWS;

/// The most blows of a sitting: those before and those after a bronchodilator.
const MOST_OF_BOTH: usize = 2 * MOST_BLOWS;
/// The stream of the flow, as the profile of spirometers codes it.
const FLOW: &str = "spirometry-flow";
/// Blows of one sitting are at most so old, in milliseconds.
const SITTING_MS: i64 = 12 * 3_600_000;
/// A spirometer's clock may run ahead so far, in milliseconds, as its profile says.
const AHEAD_MS: i64 = 120_000;
/// How many readings are read at once, and altogether.
const PAGE: usize = 50_000;
const MOST_READINGS: usize = 500_000;
/// What is shorter than this, in seconds, is no blow: a device's zero, or the end of one.
const SHORTEST_S: f64 = 1.0;

/// A blow: samples at a steady rate, without a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct SentBlow {
    /// The device.
    pub device: String,
    /// When it began, in microseconds since 1970.
    pub at_us: i64,
    /// Samples a second.
    pub per_second: f64,
    /// Litres a second.
    pub values: Vec<f64>,
}

/// The blows of the last hours, the oldest first; the newest where there were many.
pub async fn blows(
    context: &dyn Context,
    permit: &Permit,
    patient: &PatientId,
) -> Result<Vec<SentBlow>, Problem> {
    let Some(signals) = context.signals() else {
        return Ok(Vec::new());
    };
    let now = context.now();
    let query = SeriesQuery {
        subject: Some(patient.clone()),
        ..SeriesQuery::default()
    };
    let mut found: Vec<SentBlow> = Vec::new();
    for series in signals.series(permit, &query).await? {
        if series.series.code != FLOW {
            continue;
        }
        let span = SpanQuery {
            id: series.id,
            from_us: (now.0 - SITTING_MS) * 1000,
            to_us: (now.0 + AHEAD_MS) * 1000,
        };
        let readings = read(signals, permit, span).await?;
        let device = series.series.stream.device.to_string();
        found.extend(
            runs(&readings)
                .into_iter()
                .map(|(at_us, per_second, values)| {
                    let device = device.clone();
                    SentBlow {
                        device,
                        at_us,
                        per_second,
                        values,
                    }
                }),
        );
    }
    found.sort_by_key(|blow| blow.at_us);
    let before = found.len().saturating_sub(MOST_OF_BOTH);
    Ok(found.split_off(before))
}

async fn read(
    signals: &dyn Signals,
    permit: &Permit,
    mut span: SpanQuery,
) -> Result<Vec<Reading>, Problem> {
    let mut all = Vec::new();
    loop {
        let page = signals.read(permit, &span, PAGE).await?;
        all.extend(page.readings.into_iter().filter(is_blown));
        match page.next_us {
            Some(next) if all.len() < MOST_READINGS => span.from_us = next,
            _ => return Ok(all),
        }
    }
}

/// Whether a sample is of somebody who blew: not of a calibration or a test, and not taken back.
fn is_blown(reading: &Reading) -> bool {
    let is_none = |mark: &QualityMark| {
        matches!(
            mark,
            QualityMark::Calibrating | QualityMark::Test | QualityMark::Superseded
        )
    };
    !reading.marks.iter().any(is_none)
}

/// Where each blow begins, in microseconds, its rate and its samples. Between two blows nothing is sent: where a
/// sample is missing a blow ends, since a volume cannot be reckoned across a gap.
fn runs(readings: &[Reading]) -> Vec<(i64, f64, Vec<f64>)> {
    let mut steps: Vec<i64> = readings
        .iter()
        .zip(readings.iter().skip(1))
        .map(|(one, next)| next.at_us - one.at_us)
        .filter(|step| *step > 0)
        .collect();
    steps.sort_unstable();
    let Some(step_us) = steps.get(steps.len() / 2).copied() else {
        return Vec::new();
    };
    let per_second = 1e6 / step_us as f64;
    let mut runs: Vec<(i64, i64, Vec<f64>)> = Vec::new();
    for reading in readings {
        match runs.last_mut() {
            // The same moment twice is one sample that came again.
            Some((_, last_us, _)) if reading.at_us == *last_us => {}
            Some((_, last_us, values)) if reading.at_us - *last_us <= step_us + step_us / 2 => {
                *last_us = reading.at_us;
                values.push(reading.value);
            }
            _ => runs.push((reading.at_us, reading.at_us, vec![reading.value])),
        }
    }
    let is_blow = |values: &Vec<f64>| values.len() as f64 >= SHORTEST_S * per_second;
    runs.into_iter()
        .filter(|(_, _, values)| is_blow(values))
        .map(|(at_us, _, values)| (at_us, per_second, values))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(at_us: i64, value: f64) -> Reading {
        Reading {
            at_us,
            value,
            marks: std::sync::Arc::from([]),
        }
    }

    #[test]
    fn a_blow_ends_where_a_sample_is_missing() {
        let run =
            |from_us: i64, count: i64| (0..count).map(move |n| reading(from_us + n * 10_000, 1.0));
        // Two blows, and 0.2 s of a device's zero between them.
        let readings: Vec<Reading> = run(0, 300)
            .chain(run(10_000_000, 20))
            .chain(run(20_000_000, 150))
            .collect();
        let found: Vec<(i64, usize)> = runs(&readings)
            .iter()
            .map(|(at_us, per_second, values)| {
                assert!((per_second - 100.0).abs() < 1e-9);
                (*at_us, values.len())
            })
            .collect();
        assert_eq!(found, [(0, 300), (20_000_000, 150)]);
        // One sample is missing: a volume across it would be too small.
        let mut readings: Vec<Reading> = run(0, 500).collect();
        readings.remove(250);
        let lengths: Vec<usize> = runs(&readings)
            .iter()
            .map(|(_, _, values)| values.len())
            .collect();
        assert_eq!(lengths, [250, 249]);
        assert!(runs(&[]).is_empty() && runs(&[reading(0, 1.0)]).is_empty());
    }
}
