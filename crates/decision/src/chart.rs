//! Shewhart's charts of shares and of counts, with limits that follow each period's size.

use serde::Serialize;
use ts_rs::TS;

/// What one period had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// What people call it, such as `2026-11`.
    pub name: String,
    /// The cases that were looked at.
    pub cases: u32,
    /// Of a share: the cases with at least one deviation. Of a count: all deviations.
    pub found: u32,
}

/// A point of a chart with the limits for its own number of cases.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/decision.ts")]
pub struct Point {
    /// The period.
    pub period: String,
    /// The cases that were looked at.
    pub cases: u32,
    /// What was found among them.
    pub found: u32,
    /// The share, or the count for each case.
    pub value: f64,
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
    /// Whether the value lies outside of the limits.
    pub is_outside: bool,
}

/// A chart.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/decision.ts")]
pub struct Chart {
    /// The mean of all periods together, by which the limits are drawn.
    pub centre: f64,
    /// The points in the order of their periods.
    pub points: Vec<Point>,
}

/// How many standard errors the limits lie away from the centre.
const WIDTH: f64 = 3.0;

/// A chart of shares (p chart), Shewhart 1931.
///
/// Equation: `p̄ ± 3·√(p̄(1 − p̄)/n)`, cut at 0 and 1, with `p̄` over all periods and `n` the period's cases.
/// Inputs: counts for each period; periods without cases are left out. Result: shares from 0 to 1.
/// Not for: fewer than about 20 periods, unless the limits are called trial limits.
/// Source: `montgomery-2013` section 7.2
pub fn shares(periods: &[Period]) -> Option<Chart> {
    chart(
        periods,
        |centre, cases| (centre * (1.0 - centre) / cases).sqrt(),
        1.0,
    )
}

/// A chart of counts for each case (u chart), Shewhart 1931.
///
/// Equation: `ū ± 3·√(ū/n)`, cut at 0, with `ū` over all periods and `n` the period's cases.
/// Inputs: counts for each period; periods without cases are left out. Result: deviations for each case.
/// Not for: fewer than about 20 periods, unless the limits are called trial limits.
/// Source: `montgomery-2013` section 7.3
pub fn counts(periods: &[Period]) -> Option<Chart> {
    chart(
        periods,
        |centre, cases| (centre / cases).sqrt(),
        f64::INFINITY,
    )
}

fn chart(periods: &[Period], error: impl Fn(f64, f64) -> f64, most: f64) -> Option<Chart> {
    let counted = || periods.iter().filter(|period| period.cases > 0);
    let cases: f64 = counted().map(|period| f64::from(period.cases)).sum();
    if cases == 0.0 {
        return None;
    }
    let found: f64 = counted().map(|period| f64::from(period.found)).sum();
    let centre = found / cases;
    let point = |period: &Period| {
        let n = f64::from(period.cases);
        let value = f64::from(period.found) / n;
        let half = WIDTH * error(centre, n);
        let (low, high) = ((centre - half).max(0.0), (centre + half).min(most));
        Point {
            period: period.name.clone(),
            cases: period.cases,
            found: period.found,
            value,
            low,
            high,
            is_outside: value < low || value > high,
        }
    };
    let points = counted().map(point).collect();
    Some(Chart { centre, points })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(all: &[(u32, u32)]) -> Vec<Period> {
        let period = |(at, &(cases, found)): (usize, &(u32, u32))| Period {
            name: at.to_string(),
            cases,
            found,
        };
        all.iter().enumerate().map(period).collect()
    }

    #[test]
    fn the_textbooks_cans_of_juice() {
        // Montgomery, example 7.1: 30 samples of 50 with 347 nonconforming; limits 0.0524 and 0.4102.
        let found = [
            12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15,
            9, 12, 7, 13, 9, 6,
        ];
        let chart = shares(&periods(&found.map(|found| (50, found)))).unwrap();
        assert_eq!(format!("{:.4}", chart.centre), "0.2313");
        let first = chart.points.first().unwrap();
        assert_eq!(
            format!("{:.4} {:.4}", first.low, first.high),
            "0.0524 0.4102"
        );
        let outside: Vec<&str> = chart
            .points
            .iter()
            .filter(|point| point.is_outside)
            .map(|point| point.period.as_str())
            .collect();
        // Samples 15 and 23, from 1.
        assert_eq!(outside, ["14", "22"]);
    }

    #[test]
    fn the_textbooks_computers() {
        // Montgomery, example 7.5: 193 nonconformities in 20 samples of 5; limits 0.07 and 3.79.
        let mut all = [(5, 10); 20];
        all[0].1 = 3;
        let chart = counts(&periods(&all)).unwrap();
        assert_eq!(format!("{:.2}", chart.centre), "1.93");
        let first = chart.points.first().unwrap();
        assert_eq!(format!("{:.2} {:.2}", first.low, first.high), "0.07 3.79");
        assert!(!first.is_outside);
    }

    #[test]
    fn limits_follow_the_size_and_empty_periods_have_none() {
        let chart = shares(&periods(&[(4, 1), (0, 0), (400, 100)])).unwrap();
        let [small, large] = chart.points.as_slice() else {
            panic!("two points");
        };
        assert!(small.high - small.low > large.high - large.low);
        assert_eq!((small.low, small.high < 1.0), (0.0, true));
        assert_eq!(shares(&periods(&[(0, 0)])), None);
        assert_eq!(counts(&[]), None);
    }
}
