//! Sums of small departures, which show a shift sooner than single points do.

use serde::Serialize;
use ts_rs::TS;

use crate::chart::Period;

/// How large a departure is not summed, in standard errors: half of the shift that is to be found.
pub const ALLOWANCE: f64 = 0.5;
/// From which sum on there is a signal, in standard errors.
pub const DECISION: f64 = 5.0;

/// The sums after one period.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/decision.ts")]
pub struct Sum {
    /// The period.
    pub period: String,
    /// The cases that were looked at.
    pub cases: u32,
    /// How far the period lies above the target, in standard errors.
    pub departure: f64,
    /// The sum of departures upwards: more deviations than the target.
    pub above: f64,
    /// The sum of departures downwards: fewer.
    pub below: f64,
    /// Whether one of them has passed the limit.
    pub is_signal: bool,
}

/// Sums the departures of shares from a target (tabular CUSUM), Page 1954.
///
/// Equation: `z = (x − n·p₀) / √(n·p₀(1 − p₀))`; `C⁺ = max(0, z − k + C⁺)`, `C⁻ = max(0, −z − k + C⁻)`, from 0,
/// with `k` = [`ALLOWANCE`]; a signal where one is above `h` = [`DECISION`]. With these two, a process on
/// target gives a false signal once in about 465 periods on average.
/// Inputs: counts for each period; the target as a share between 0 and 1. Result: standard errors.
/// Not for: targets of 0 or 1, from which nothing departs in standard errors.
/// Source: `montgomery-2013` section 9.1 and table 9.3
pub fn sums(periods: &[Period], target: f64) -> Option<Vec<Sum>> {
    if !(target > 0.0 && target < 1.0) {
        return None;
    }
    let counted = periods.iter().filter(|period| period.cases > 0);
    let departures = counted.map(|period| {
        let n = f64::from(period.cases);
        let z = (f64::from(period.found) - n * target) / (n * target * (1.0 - target)).sqrt();
        (period, z)
    });
    let mut sums = Vec::new();
    let mut running = (0.0, 0.0);
    for (period, departure) in departures {
        running = step(running, departure);
        sums.push(Sum {
            period: period.name.clone(),
            cases: period.cases,
            departure,
            above: running.0,
            below: running.1,
            is_signal: running.0 > DECISION || running.1 > DECISION,
        });
    }
    Some(sums)
}

fn step((above, below): (f64, f64), departure: f64) -> (f64, f64) {
    (
        (departure - ALLOWANCE + above).max(0.0),
        (-departure - ALLOWANCE + below).max(0.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_textbooks_table() {
        // Montgomery, table 9.2: target 10, standard deviation 1; the first signal is at period 29.
        let observed = [
            9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51,
            9.40, 10.08, 9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08,
            10.38, 11.62, 11.31, 10.52,
        ];
        let mut running = (0.0, 0.0);
        let mut signals = Vec::new();
        for (at, x) in observed.iter().enumerate() {
            running = step(running, x - 10.0);
            if at == 1 {
                assert_eq!(format!("{:.2} {:.2}", running.0, running.1), "0.00 1.56");
            }
            if running.0 > DECISION {
                signals.push((at + 1, format!("{:.2}", running.0)));
            }
        }
        assert_eq!(signals, [(29, "5.28".to_owned()), (30, "5.30".to_owned())]);
    }

    #[test]
    fn shares_become_departures_by_hand() {
        let period = |found| Period {
            name: "x".to_owned(),
            cases: 100,
            found,
        };
        // 0.2 of 100 has a standard error of 4: 28 lies two above, 20 none.
        let sums = sums(&[period(28), period(20), period(4)], 0.2).unwrap();
        let rows: Vec<_> = sums
            .iter()
            .map(|s| (s.departure, s.above, s.below))
            .collect();
        assert_eq!(rows, [(2.0, 1.5, 0.0), (0.0, 1.0, 0.0), (-4.0, 0.0, 3.5)]);
        assert!(sums.iter().all(|sum| !sum.is_signal));
    }

    #[test]
    fn from_nothing_and_from_all_nothing_departs() {
        for target in [0.0, 1.0, f64::NAN] {
            assert_eq!(sums(&[], target), None);
        }
    }
}
