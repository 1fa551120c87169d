//! Whether a condition holds now.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Timestamp;

use crate::{Condition, watch::Watch};

/// True, false, or open because a value is missing or too old.
pub type Truth = Option<bool>;

/// A value that a rule looked at, so that an alarm can be followed to its samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Reading {
    /// The signal.
    pub signal: String,
    /// When it was measured.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What was measured.
    pub value: f64,
}

impl Watch {
    /// Whether the condition holds at `now`; what was looked at goes to `read`.
    pub(crate) fn judge(
        &self,
        condition: &Condition,
        now: Timestamp,
        read: &mut Vec<Reading>,
    ) -> Truth {
        match condition {
            Condition::AtMost { signal, value } => Some(self.fresh(signal, now, read)? <= *value),
            Condition::AtLeast { signal, value } => Some(self.fresh(signal, now, read)? >= *value),
            Condition::Apart { one, other, by } => {
                let one = self.fresh(one, now, read);
                let other = self.fresh(other, now, read);
                Some((one? - other?).abs() >= *by)
            }
            Condition::Falls {
                signal,
                by,
                within_s,
            } => {
                self.fresh(signal, now, read)?;
                Some(-self.history(signal)?.rise(now, *within_s)? >= *by)
            }
            Condition::Rises {
                signal,
                by,
                within_s,
            } => {
                self.fresh(signal, now, read)?;
                Some(self.history(signal)?.rise(now, *within_s)? >= *by)
            }
            Condition::Jumps {
                signal,
                by,
                within_s,
            } => self.history(signal)?.jumped(now, *within_s, *by),
            Condition::Absent { signal, for_s } => Some(self.absent(signal, *for_s, now)),
            Condition::Known { signal } => Some(self.fresh(signal, now, read).is_some()),
            Condition::Said { input, is } => match self.last_seen(input) {
                Some((at, value)) => self.still_counts(input, at, now).then(|| value == is),
                None => Some(false),
            },
            Condition::Score { id, bands } => self.in_bands(id, bands, now, read),
            Condition::All(inner) => {
                let truths: Vec<Truth> =
                    inner.iter().map(|one| self.judge(one, now, read)).collect();
                if truths.contains(&Some(false)) {
                    Some(false)
                } else {
                    truths.iter().all(Option::is_some).then_some(true)
                }
            }
            Condition::Any(inner) => {
                let truths: Vec<Truth> =
                    inner.iter().map(|one| self.judge(one, now, read)).collect();
                if truths.contains(&Some(true)) {
                    Some(true)
                } else {
                    truths.iter().all(Option::is_some).then_some(false)
                }
            }
            Condition::Not(inner) => self.judge(inner, now, read).map(|truth| !truth),
        }
    }

    /// Whether this contradicts at `now` what has been so since `onset`: by values that were measured since, and just
    /// now. A sensor that fell silent, or that measured before, contradicts nothing.
    pub(crate) fn contradicts(
        &self,
        condition: &Condition,
        onset: Timestamp,
        now: Timestamp,
        read: &mut Vec<Reading>,
    ) -> bool {
        let mut counter = Vec::new();
        let holds = self.judge(condition, now, &mut counter) == Some(true);
        let is_new = |reading: &Reading| {
            let signal = self.rules().signal(&reading.signal);
            let at_most_s = signal.map_or(0, |signal| signal.contradicts_s);
            reading.at >= onset && now.0 - reading.at.0 <= i64::from(at_most_s) * 1000
        };
        let contradicts = holds && counter.iter().all(is_new);
        if contradicts {
            counter.retain(|reading| !read.contains(reading));
            read.append(&mut counter);
        }
        contradicts
    }

    /// The newest value, where it still says something about now.
    fn fresh(&self, signal: &str, now: Timestamp, read: &mut Vec<Reading>) -> Option<f64> {
        let (at, value) = self.fresh_value(signal, now)?;
        let reading = Reading {
            signal: signal.to_owned(),
            at,
            value,
        };
        if !read.contains(&reading) {
            read.push(reading);
        }
        Some(value)
    }

    /// What never was there and is not expected is not absent.
    fn absent(&self, signal: &str, for_s: u32, now: Timestamp) -> bool {
        let since = self.awaited_since(signal);
        since.is_some_and(|since| now.0 - since.0 >= i64::from(for_s) * 1000)
    }

    fn in_bands(
        &self,
        id: &str,
        bands: &[String],
        now: Timestamp,
        read: &mut Vec<Reading>,
    ) -> Truth {
        let found = self.score(id, now)?;
        // What the sum comes to at least is enough to raise an alarm; that it may be more is no reason to end one.
        let truth = match (&found.band, &found.at_least) {
            (Some(band), _) => Some(bands.contains(&band.id)),
            (None, Some(at_least)) => {
                let is_in = at_least
                    .band
                    .as_ref()
                    .is_some_and(|band| bands.contains(&band.id));
                let may_be = at_least.may_be.iter().any(|band| bands.contains(band));
                (is_in || !may_be).then_some(is_in)
            }
            (None, None) => None,
        };
        truth?;
        for used in &found.inputs {
            let measures = |signal: &&crate::Signal| signal.answers.as_ref() == Some(&used.input);
            for signal in self.rules().signals.iter().filter(measures) {
                self.fresh(&signal.id, now, read);
            }
        }
        truth
    }

    /// The newest value of a signal with its time, where it still says something about now: it is young enough, and
    /// the sensor has not said since that it finds nothing to measure.
    pub(crate) fn fresh_value(&self, signal: &str, now: Timestamp) -> Option<(Timestamp, f64)> {
        let history = self.history(signal)?;
        let (at, value) = history.newest()?;
        let fresh_s = self.rules().signal(signal)?.fresh_s;
        let is_young = now.0 - at.0 <= i64::from(fresh_s) * 1000;
        (is_young && history.none_since().is_none()).then_some((at, value))
    }
}
