//! Lung function: what is expected of a person, how a measurement compares with it, and whether a session of
//! blows may be used.

mod equation;
mod examination;
mod session;

pub use equation::{Equations, Measure, Person, Predicted, Sex, equations, equations_of, predict};
pub use examination::{Change, Expected, FOR_CLASSES, Part, changes};
pub use session::{BlowFacts, BlowJudged, Judged, Quality, SessionGrade, judge_session, quality};

use vocabulary::{Assessed, Text};

use crate::check;

/// How much peak flow differs between morning and evening, day by day
///
/// Equation: mean over the days of 100 · (max − min) / mean(max, min) · Inputs: morning and evening peak flow (one
/// unit for all), at least 7 days with both · Result: per cent · Not for: days with one value.
/// Source: `gina-2025`
pub fn pef_variability_percent(days: &[(f64, f64)]) -> Assessed<f64> {
    const DAYS: usize = 7;
    let usable = |value: f64| value.is_finite() && value > 0.0;
    let whole = days
        .iter()
        .filter(|(one, other)| usable(*one) && usable(*other));
    let each: Vec<f64> = whole
        .map(|(one, other)| 100.0 * (one - other).abs() / f64::midpoint(*one, *other))
        .collect();
    if each.len() < DAYS {
        let count = each.len();
        return Assessed::NotAssessable {
            missing: vec![check::unusable(
                "pef_diary",
                format!("峰流速日记须有至少 {DAYS} 天早晚两次，现有 {count} 天"),
                format!("the diary needs {DAYS} days with both values, it has {count}"),
            )],
        };
    }
    Assessed::Assessed {
        value: each.iter().sum::<f64>() / each.len() as f64,
    }
}

/// The change after a bronchodilator.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Response {
    /// In per cent of the predicted value; none where nothing is predicted.
    pub percent_of_predicted: Option<f64>,
    /// In per cent of the value before.
    pub percent_of_baseline: f64,
    /// In millilitres.
    pub millilitres: f64,
}

/// The change after a bronchodilator, in the measures of both rules
///
/// Equation: 100 · (post − pre) / predicted; 100 · (post − pre) / pre · Inputs: litres, positive · Result: per cent,
/// millilitres.
/// Source: `stanojevic-2022`, `pellegrino-2005`
pub fn response(pre_l: f64, post_l: f64, predicted_l: Option<f64>) -> Assessed<Response> {
    let usable = |value: f64| value.is_finite() && value > 0.0;
    if !usable(pre_l) || !usable(post_l) || !predicted_l.is_none_or(usable) {
        let why = Text::new("容积须为正数", "volumes must be positive numbers");
        return Assessed::NotAssessable {
            missing: vec![check::unusable("volumes", why.zh, why.en)],
        };
    }
    // Volumes are measured to a millilitre: what binary fractions add to exactly 10 % is no rise.
    let clean = |value: f64| (value * 1e9).round() / 1e9;
    let change = post_l - pre_l;
    Assessed::Assessed {
        value: Response {
            percent_of_predicted: predicted_l.map(|predicted| clean(100.0 * change / predicted)),
            percent_of_baseline: clean(100.0 * change / pre_l),
            millilitres: clean(change * 1000.0),
        },
    }
}
