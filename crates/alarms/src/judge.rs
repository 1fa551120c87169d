//! Whether a condition holds now.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Timestamp;

use crate::{Condition, RuleSet, watch::Watch};

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
            } => Some(self.history(signal)?.largest_step(now, *within_s)? >= *by),
            Condition::Absent { signal, for_s } => Some(self.absent(signal, *for_s, now)),
            Condition::Known { signal } => Some(self.fresh(signal, now, read).is_some()),
            Condition::Said { input, is } => {
                Some(self.last_seen(input).is_some_and(|(_, value)| value == is))
            }
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

    /// The newest value, where it still says something about now.
    fn fresh(&self, signal: &str, now: Timestamp, read: &mut Vec<Reading>) -> Option<f64> {
        let (at, value) = self.history(signal)?.newest()?;
        if !is_fresh(self.rules(), signal, at, now) {
            return None;
        }
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
        let band = found.band?;
        for used in &found.inputs {
            let measures = |signal: &&crate::Signal| signal.answers.as_ref() == Some(&used.input);
            for signal in self.rules().signals.iter().filter(measures) {
                self.fresh(&signal.id, now, read);
            }
        }
        Some(bands.contains(&band.id))
    }
}

/// Whether a value of this age still says something about now.
pub(crate) fn is_fresh(rules: &RuleSet, signal: &str, at: Timestamp, now: Timestamp) -> bool {
    let fresh_s = rules.signal(signal).map_or(0, |signal| signal.fresh_s);
    now.0 - at.0 <= i64::from(fresh_s) * 1000
}
