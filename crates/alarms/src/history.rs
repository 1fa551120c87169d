//! What of a signal is kept in memory: as far back as some rule looks.

use std::collections::VecDeque;

use vocabulary::Timestamp;

/// The last values of one signal, in the order of their time.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    values: VecDeque<(Timestamp, f64)>,
    /// The last time when something came, or since when it is expected.
    pub(crate) awaited_since: Option<Timestamp>,
    /// Since when its device is at the bed, where that was said.
    pub(crate) expected_since: Option<Timestamp>,
    /// Since when the sensor says that it finds nothing to measure.
    none_since: Option<Timestamp>,
}

impl History {
    /// Adds a value, unless a newer one is there, and forgets what no rule looks at any more. The newest value
    /// stays however old it is: that it is old is what is said about it.
    pub(crate) fn push(&mut self, at: Timestamp, value: f64, reach_s: u32) {
        if self.newest().is_some_and(|(newest, _)| at < newest) {
            return;
        }
        // A value and a none of the same moment come from two sensors: one of them measures.
        if self.none_since.is_some_and(|since| since <= at) {
            self.none_since = None;
        }
        self.values.push_back((at, value));
        self.awaited_since = Some(at);
        let oldest = at.0 - i64::from(reach_s) * 1000;
        while self.values.len() > 1 && self.values.front().is_some_and(|(t, _)| t.0 < oldest) {
            self.values.pop_front();
        }
    }

    /// Takes from the sensor that it finds nothing to measure: the value before says nothing about now any more.
    pub(crate) fn none(&mut self, at: Timestamp) {
        if self.newest().is_some_and(|(newest, _)| newest < at) {
            self.none_since.get_or_insert(at);
        }
    }

    /// Takes a value back, or that there was none. Whether it was there.
    pub(crate) fn take_back(&mut self, at: Timestamp, value: f64) -> bool {
        if value.is_nan() {
            return self.none_since.take_if(|since| *since == at).is_some();
        }
        let is_it =
            |known: &(Timestamp, f64)| known.0 == at && known.1.to_bits() == value.to_bits();
        let Some(place) = self.values.iter().rposition(is_it) else {
            return false;
        };
        self.values.remove(place);
        let newest = self.newest().map(|(at, _)| at);
        self.awaited_since = newest.or(self.expected_since);
        true
    }

    /// Since when the sensor says that it finds nothing to measure.
    pub(crate) fn none_since(&self) -> Option<Timestamp> {
        self.none_since
    }

    pub(crate) fn newest(&self) -> Option<(Timestamp, f64)> {
        self.values.back().copied()
    }

    /// The values of the last `within_s` seconds before `now`.
    pub(crate) fn within(
        &self,
        now: Timestamp,
        within_s: u32,
    ) -> impl Iterator<Item = (Timestamp, f64)> {
        let from = now.0 - i64::from(within_s) * 1000;
        self.values
            .iter()
            .copied()
            .filter(move |(at, _)| at.0 >= from)
    }

    /// By how much a straight line through the last `within_s` seconds rises over that time; none where the
    /// values cover less than two thirds of it or are fewer than four.
    pub(crate) fn rise(&self, now: Timestamp, within_s: u32) -> Option<f64> {
        let points: Vec<(f64, f64)> = self
            .within(now, within_s)
            .map(|(at, value)| ((at.0 - now.0) as f64 / 1000.0, value))
            .collect();
        let (first, last) = (points.first()?, points.last()?);
        let window = f64::from(within_s);
        if points.len() < 4 || last.0 - first.0 < window * 2.0 / 3.0 {
            return None;
        }
        let count = points.len() as f64;
        let mean_t = points.iter().map(|(t, _)| t).sum::<f64>() / count;
        let mean_v = points.iter().map(|(_, v)| v).sum::<f64>() / count;
        let spread: f64 = points.iter().map(|(t, _)| (t - mean_t).powi(2)).sum();
        let shared: f64 = points
            .iter()
            .map(|(t, v)| (t - mean_t) * (v - mean_v))
            .sum();
        (spread > 0.0).then(|| shared / spread * window)
    }

    /// Whether there was a step between neighbours by at least so much in the last `within_s` seconds from which the
    /// values came back: one after it is nearer to where it began than to where it led. None where nothing is known.
    pub(crate) fn jumped(&self, now: Timestamp, within_s: u32, by: f64) -> Option<bool> {
        let values: Vec<f64> = self.within(now, within_s).map(|(_, value)| value).collect();
        if values.len() < 2 {
            return None;
        }
        let came_back = |pair: &[f64], after: &[f64]| match *pair {
            [from, to] if (to - from).abs() >= by => after
                .iter()
                .any(|value| (value - from).abs() < (value - to).abs()),
            _ => false,
        };
        let mut pairs = values.windows(2).enumerate();
        Some(
            pairs.any(|(place, pair)| came_back(pair, values.get(place + 2..).unwrap_or_default())),
        )
    }
}
