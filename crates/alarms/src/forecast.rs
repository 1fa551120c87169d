//! A short forecast of a vital sign, with an interval, and how it does against "it stays as it is".

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a forecast is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub enum Method {
    /// The last value stays.
    Persistence,
    /// A level and a trend that fades, both by exponential smoothing (Gardner and `McKenzie` 1985).
    DampedTrend,
}

/// Between these the value lies with the probability that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Band {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A forecast some steps ahead.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Forecast {
    /// How many steps ahead.
    pub ahead: usize,
    /// The value.
    pub value: f64,
    /// The interval; none where there are too few past errors to make one from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub band: Option<Band>,
    /// How it was made.
    pub method: Method,
}

/// How forecasts did on values that were not known when they were made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// How many forecasts there were.
    pub count: usize,
    /// Mean absolute error.
    pub mean_absolute_error: f64,
    /// Share of the values that lay in their interval.
    pub coverage: f64,
    /// Mean width of the intervals.
    pub mean_width: f64,
    /// Mean interval score (Gneiting & Raftery 2007): width, and a penalty for what lies outside. Smaller is better.
    pub interval_score: f64,
}

// Weights of the newest value and of the newest trend, and how much of the trend is left at each step. Fixed
// beforehand, so that nothing is fitted to what is scored.
const LEVEL_WEIGHT: f64 = 0.5;
const TREND_WEIGHT: f64 = 0.1;
const TREND_LEFT: f64 = 0.9;

/// With fewer past errors than this there is no interval.
const FEWEST_ERRORS: usize = 10;

/// What a method knows after each value.
#[derive(Clone, Copy, Debug)]
struct State {
    level: f64,
    trend: f64,
}

impl State {
    fn first(value: f64) -> Self {
        Self {
            level: value,
            trend: 0.0,
        }
    }

    fn after(self, value: Option<f64>, method: Method) -> Self {
        let expected = self.level + self.trend * TREND_LEFT;
        match (method, value) {
            (Method::Persistence, None) => self,
            (Method::Persistence, Some(value)) => Self::first(value),
            // A gap: the trend fades, nothing is learnt.
            (Method::DampedTrend, None) => Self {
                level: expected,
                trend: self.trend * TREND_LEFT,
            },
            (Method::DampedTrend, Some(value)) => {
                let level = LEVEL_WEIGHT * value + (1.0 - LEVEL_WEIGHT) * expected;
                let trend = TREND_WEIGHT * (level - self.level)
                    + (1.0 - TREND_WEIGHT) * TREND_LEFT * self.trend;
                Self { level, trend }
            }
        }
    }

    fn ahead(self, steps: usize) -> f64 {
        let mut left = 1.0;
        let mut sum = 0.0;
        for _ in 0..steps {
            left *= TREND_LEFT;
            sum += left;
        }
        self.level + self.trend * sum
    }
}

/// Walks through the values and hands over, at each, what would have been forecast from those before.
fn walk(
    values: &[Option<f64>],
    ahead: usize,
    method: Method,
    mut seen: impl FnMut(usize, f64),
) -> Option<State> {
    let mut state: Option<State> = None;
    for (at, value) in values.iter().enumerate() {
        state = match (state, value) {
            (Some(state), value) => Some(state.after(*value, method)),
            (None, Some(value)) => Some(State::first(*value)),
            (None, None) => None,
        };
        if let Some(state) = state {
            seen(at + ahead, state.ahead(ahead));
        }
    }
    state
}

/// The value that a share of all lies at or below, without interpolation.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length"
    )]
    let rank = (share * (sorted.len() as f64 + 1.0)).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

/// The interval around a forecast from the errors of earlier forecasts alone: they need follow no law.
fn band(value: f64, errors: &[f64], level: f64) -> Option<Band> {
    if errors.len() < FEWEST_ERRORS {
        return None;
    }
    let mut sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let half = quantile(&sizes, level)?;
    Some(Band {
        low: value - half,
        high: value + half,
    })
}

/// A forecast `ahead` steps after the last of the values, which are equally far apart; `None` where there never
/// was a value. The interval holds the value with about the probability `level`, if the future is like the past.
pub fn forecast(
    values: &[Option<f64>],
    ahead: usize,
    method: Method,
    level: f64,
) -> Option<Forecast> {
    let mut errors = Vec::new();
    let state = walk(values, ahead, method, |at, expected| {
        if let Some(Some(value)) = values.get(at) {
            errors.push(value - expected);
        }
    })?;
    let value = state.ahead(ahead);
    Some(Forecast {
        ahead,
        value,
        band: band(value, &errors, level),
        method,
    })
}

/// How forecasts with intervals would have done at each moment, each made from the values before it alone.
/// `None` where there are too few.
pub fn score_forecasts(
    values: &[Option<f64>],
    ahead: usize,
    method: Method,
    level: f64,
) -> Option<Scored> {
    let mut made = Vec::new();
    walk(values, ahead, method, |at, expected| {
        made.push((at, expected));
    })?;
    let (mut errors, mut waiting) = (Vec::new(), made.iter().peekable());
    let mut sum = [0.0; 4];
    let mut count = 0_usize;
    for (at, expected) in &made {
        let Some(Some(value)) = values.get(*at) else {
            continue;
        };
        // When this forecast was made, only errors of values up to then were known.
        let made_at = at - ahead;
        while let Some((earlier, guess)) = waiting.next_if(|(earlier, _)| *earlier <= made_at) {
            if let Some(Some(value)) = values.get(*earlier) {
                errors.push(value - guess);
            }
        }
        let Some(band) = band(*expected, &errors, level) else {
            continue;
        };
        count += 1;
        let width = band.high - band.low;
        let outside = (band.low - value).max(value - band.high).max(0.0);
        let parts = [
            (value - expected).abs(),
            if outside > 0.0 { 0.0 } else { 1.0 },
            width,
            width + 2.0 / (1.0 - level) * outside,
        ];
        for (sum, part) in sum.iter_mut().zip(parts) {
            *sum += part;
        }
    }
    if count == 0 {
        return None;
    }
    let [mean_absolute_error, coverage, mean_width, interval_score] =
        sum.map(|sum| sum / count as f64);
    Some(Scored {
        count,
        mean_absolute_error,
        coverage,
        mean_width,
        interval_score,
    })
}
