//! Whether probabilities come true as often as they say.

use serde::Serialize;
use ts_rs::TS;

use crate::{Interval, proportion};

/// A probability that was given, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// From 0 to 1.
    pub probability: f64,
    /// Whether it came true.
    pub came_true: bool,
}

/// The cases whose probability lies in one range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/decision.ts")]
pub struct Group {
    /// From this probability.
    pub from: f64,
    /// Up to but not including this one; the last range includes 1.
    pub until: f64,
    /// How many cases.
    pub cases: u32,
    /// In how many it came true.
    pub events: u32,
    /// The mean of the probabilities that were given.
    pub forecast: f64,
    /// The share in which it came true.
    pub observed: f64,
    /// The share's 95 per cent interval (Wilson).
    pub interval: Interval,
}

/// How the probabilities of one source came true.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/decision.ts")]
pub struct Calibration {
    /// All cases with a probability and an outcome.
    pub cases: u32,
    /// In how many it came true.
    pub events: u32,
    /// The ranges in which there are cases.
    pub groups: Vec<Group>,
    /// What is said of all cases together; nothing where they are too few.
    pub overall: Option<Overall>,
}

/// What is said of all cases together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/decision.ts")]
pub struct Overall {
    /// The mean of the probabilities that were given.
    pub forecast: f64,
    /// The share in which it came true.
    pub observed: f64,
    /// The share's 95 per cent interval (Wilson).
    pub interval: Interval,
    /// The mean squared difference between probability and outcome, Brier 1950: 0 is perfect, and always
    /// saying one half gives 0.25.
    pub brier: f64,
}

/// How many ranges of equal width the probabilities are put into.
pub const RANGES: u8 = 5;

/// Groups the probabilities by ranges of equal width and counts how often each came true.
///
/// Equation: in each range the mean of the probabilities, beside the share that came true with its interval
/// by [`proportion`]. Over all cases the same, and Brier's `mean((p − y)²)`, unless fewer than `least`.
/// Inputs: probabilities from 0 to 1; others are left out. Not for: cases chosen by their outcome.
/// Source: `collins-2016` for how many cases an opinion on a model takes: 100 with and 100 without the event
pub fn calibration(forecasts: &[Forecast], least: u32) -> Calibration {
    let usable: Vec<Forecast> = forecasts
        .iter()
        .filter(|one| (0.0..=1.0).contains(&one.probability))
        .copied()
        .collect();
    let groups = (0..RANGES).filter_map(|at| group(&usable, at)).collect();
    let (cases, events) = counts(&usable);
    let overall = (cases >= least).then(|| overall(&usable)).flatten();
    Calibration {
        cases,
        events,
        groups,
        overall,
    }
}

fn group(forecasts: &[Forecast], at: u8) -> Option<Group> {
    let width = 1.0 / f64::from(RANGES);
    let (from, until) = (f64::from(at) * width, f64::from(at + 1) * width);
    let is_last = at + 1 == RANGES;
    let inside: Vec<Forecast> = forecasts
        .iter()
        .filter(|one| one.probability >= from && (one.probability < until || is_last))
        .copied()
        .collect();
    let (cases, events) = counts(&inside);
    Some(Group {
        from,
        until,
        cases,
        events,
        forecast: mean(inside.iter().map(|one| one.probability))?,
        observed: f64::from(events) / f64::from(cases),
        interval: proportion(events, cases)?,
    })
}

fn overall(forecasts: &[Forecast]) -> Option<Overall> {
    let (cases, events) = counts(forecasts);
    let squared = |one: &Forecast| (one.probability - f64::from(u8::from(one.came_true))).powi(2);
    Some(Overall {
        forecast: mean(forecasts.iter().map(|one| one.probability))?,
        observed: f64::from(events) / f64::from(cases),
        interval: proportion(events, cases)?,
        brier: mean(forecasts.iter().map(squared))?,
    })
}

fn counts(forecasts: &[Forecast]) -> (u32, u32) {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let events = forecasts.iter().filter(|one| one.came_true).count();
    (count(forecasts.len()), count(events))
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let n = numbers.len();
    (n > 0).then(|| numbers.sum::<f64>() / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(f64, bool)]) -> Vec<Forecast> {
        let one = |&(probability, came_true)| Forecast {
            probability,
            came_true,
        };
        pairs.iter().map(one).collect()
    }

    #[test]
    fn groups_count_and_average_by_hand() {
        // 0.1 and 0.15 fall into the first fifth, 0.2 into the second, 1.0 into the last.
        let said = of(&[(0.1, false), (0.15, true), (0.2, false), (1.0, true)]);
        let found = calibration(&said, 4);
        let rows: Vec<_> = found
            .groups
            .iter()
            .map(|g| (g.cases, g.events, format!("{:.3}", g.forecast), g.observed))
            .collect();
        assert_eq!(
            rows,
            [
                (2, 1, "0.125".to_owned(), 0.5),
                (1, 0, "0.200".to_owned(), 0.0),
                (1, 1, "1.000".to_owned(), 1.0),
            ]
        );
        // (0.01 + 0.7225 + 0.04 + 0) / 4
        let overall = found.overall.unwrap();
        assert_eq!(format!("{:.6}", overall.brier), "0.193125");
        assert_eq!(format!("{:.4}", overall.forecast), "0.3625");
        assert_eq!(format!("{:.2}", overall.observed), "0.50");
    }

    #[test]
    fn too_few_cases_have_points_but_no_summary() {
        let found = calibration(&of(&[(0.3, true)]), 2);
        assert_eq!((found.cases, found.groups.len()), (1, 1));
        assert_eq!(found.overall, None);
        assert_eq!(calibration(&[], 0).overall, None);
    }

    #[test]
    fn what_is_no_probability_is_left_out() {
        let found = calibration(&of(&[(1.2, true), (f64::NAN, true), (0.5, true)]), 1);
        assert_eq!((found.cases, found.events), (1, 1));
    }
}
