use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Measured values with their times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readings {
    /// One value.
    One {
        /// When it was measured.
        at: Timestamp,
        /// The value, in the unit of what arrived.
        value: f64,
    },
    /// Values at equal distances, such as a piece of a waveform.
    Regular {
        /// When the first was measured.
        start: Timestamp,
        /// From one value to the next, in microseconds.
        period_us: u64,
        /// The values, in the unit of what arrived.
        values: Vec<f64>,
    },
}

impl Readings {
    /// How many values these are.
    pub fn count(&self) -> usize {
        match self {
            Self::One { .. } => 1,
            Self::Regular { values, .. } => values.len(),
        }
    }

    /// When the first was measured.
    pub fn start(&self) -> Timestamp {
        match self {
            Self::One { at, .. } => *at,
            Self::Regular { start, .. } => *start,
        }
    }

    /// Each value with its time in microseconds since 1970; `None` for the time where no clock shows it.
    pub fn timed(&self) -> impl Iterator<Item = (Option<i64>, f64)> + '_ {
        let (start, period_us, values) = match self {
            Self::One { at, value } => (at, 0, std::slice::from_ref(value)),
            Self::Regular {
                start,
                period_us,
                values,
            } => (start, *period_us, values.as_slice()),
        };
        let start = start.0.checked_mul(1000);
        (0_u64..).zip(values).map(move |(number, value)| {
            let after = number.checked_mul(period_us);
            let after = after.and_then(|after| i64::try_from(after).ok());
            let at_us = start
                .zip(after)
                .and_then(|(start, after)| start.checked_add(after));
            (at_us, *value)
        })
    }
}
