//! What every recording becomes: samples in their unit, at a steady rate, with gaps that stay gaps.

use serde::Serialize;

/// Beyond this place floating point no longer counts one by one.
const FARTHEST: u64 = 1 << 53;

/// Samples without a gap between them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Run {
    /// The place of the first sample, counted from the start of the recording.
    pub first: u64,
    /// The values, in the trace's unit.
    pub values: Vec<f64>,
}

/// One signal of a recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// What the recorder calls it.
    pub name: String,
    /// The unit, as the recorder writes it.
    pub unit: String,
    /// Samples a second.
    pub per_second: f64,
    /// The samples, in order. What lies between two runs was not recorded.
    pub runs: Vec<Run>,
}

impl Trace {
    /// A trace of samples that may be missing one by one.
    pub fn from_samples(
        (name, unit, per_second): (&str, &str, f64),
        samples: impl IntoIterator<Item = Option<f64>>,
    ) -> Self {
        let mut trace = Self::empty(name, unit, per_second);
        trace.extend(0, samples);
        trace
    }

    /// A trace without a sample.
    pub fn empty(name: &str, unit: &str, per_second: f64) -> Self {
        Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            per_second,
            runs: Vec::new(),
        }
    }

    /// Adds samples from this place on; it must not lie before what is there already. Places that no recording
    /// reaches are a mistake of the file, and nothing is added there.
    pub fn extend(&mut self, first: u64, samples: impl IntoIterator<Item = Option<f64>>) {
        if first >= FARTHEST {
            return;
        }
        for (place, sample) in (first..).zip(samples) {
            if let Some(value) = sample.filter(|value| value.is_finite()) {
                let follows = |run: &Run| run.first + run.values.len() as u64 == place;
                match self.runs.last_mut().filter(|run| follows(run)) {
                    Some(run) => run.values.push(value),
                    None => self.runs.push(Run {
                        first: place,
                        values: vec![value],
                    }),
                }
            }
        }
    }

    /// How many samples there are.
    pub fn count(&self) -> usize {
        self.runs.iter().map(|run| run.values.len()).sum()
    }

    /// All values in order, without the gaps.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.runs.iter().flat_map(|run| run.values.iter().copied())
    }

    /// How long was recorded, without the gaps, in seconds.
    pub fn seconds(&self) -> f64 {
        self.count() as f64 / self.per_second
    }
}

/// A quantile of values by the nearest rank: the smallest value that at least this share of them does not exceed.
/// `None` of no values.
pub fn quantile(values: impl IntoIterator<Item = f64>, share: f64) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let rank = (share.clamp(0.0, 1.0) * values.len() as f64)
        .ceil()
        .max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank lies between 1 and the number of values"
    )]
    values.get(rank as usize - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_a_gap_and_no_value() {
        let samples = [Some(1.0), Some(2.0), None, Some(f64::NAN), Some(3.0)];
        let trace = Trace::from_samples(("x", "%", 2.0), samples);
        let runs: Vec<(u64, Vec<f64>)> = trace
            .runs
            .iter()
            .map(|run| (run.first, run.values.clone()))
            .collect();
        assert_eq!(runs, [(0, vec![1.0, 2.0]), (4, vec![3.0])]);
        assert_eq!((trace.count(), trace.seconds()), (3, 1.5));
    }

    #[test]
    fn a_place_that_no_recording_reaches_is_none() {
        let mut trace = Trace::empty("x", "%", 1.0);
        trace.extend(u64::MAX, [Some(1.0), Some(2.0)]);
        assert_eq!(trace.count(), 0);
    }

    #[test]
    fn quantiles_are_values_that_occur() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        for (share, expected) in [(0.0, 1.0), (0.5, 3.0), (0.95, 5.0), (0.2, 1.0), (1.0, 5.0)] {
            assert_eq!(quantile(values, share), Some(expected), "{share}");
        }
        assert_eq!(quantile([], 0.5), None);
    }
}
