//! A short forecast of a vital sign, with an interval, and how it does against "it stays as it is".

use std::{collections::VecDeque, sync::LazyLock};

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

/// Of the last intervals that could be judged, how many held the value that came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Held {
    /// How many held.
    pub held: usize,
    /// Of how many.
    pub of: usize,
}

impl Held {
    /// Whether they held often enough to believe the next one.
    fn is_enough(self, level: f64) -> bool {
        self.of >= FEWEST_JUDGED && self.held as f64 >= level * self.of as f64
    }
}

/// A forecast some steps ahead.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Forecast {
    /// How many steps ahead.
    pub ahead: usize,
    /// The value.
    pub value: f64,
    /// The interval; none where there are too few past errors to make one from, or where those made before did not
    /// hold.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub band: Option<Band>,
    /// How the intervals of the moments before did.
    pub held: Held,
    /// How it was made.
    pub method: Method,
    /// How this method did on recordings; none where that is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub measured: Option<Measured>,
}

/// How a method did on recordings, against that the last value stays.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Measured {
    /// How many forecasts of recordings there were.
    pub forecasts: usize,
    /// Mean absolute error where the last value stays.
    pub stays: f64,
    /// Mean absolute error of the method.
    pub error: f64,
}

/// How a signal is forecast: by the method whose error was smaller on recordings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Chosen {
    /// The signal.
    pub signal: String,
    /// How many minutes ahead.
    pub ahead_min: usize,
    /// The method.
    pub method: Method,
    /// How it did.
    pub measured: Measured,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChosenFile {
    forecast: Vec<Chosen>,
}

static CHOSEN: LazyLock<Vec<Chosen>> = LazyLock::new(|| {
    let read: Result<ChosenFile, _> = toml::from_str(include_str!("../rules/forecast.toml"));
    read.unwrap_or_else(|error| unreachable!("{error}"))
        .forecast
});

/// How this signal is forecast so many minutes ahead; none where no recording said which method is better.
pub fn chosen_forecast(signal: &str, ahead_min: usize) -> Option<&'static Chosen> {
    let mut all = CHOSEN.iter();
    all.find(|one| one.signal == signal && one.ahead_min == ahead_min)
}

/// How forecasts did on values that were not known when they were made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scored {
    /// How many forecasts there were.
    pub count: usize,
    /// Sum of the absolute errors.
    pub absolute_errors: f64,
    /// How many of them had an interval to show.
    pub shown: usize,
    /// How many of these held the value.
    pub held: usize,
    /// Sum of their widths.
    pub widths: f64,
}

// Weights of the newest value and of the newest trend, and how much of the trend is left at each step. Fixed
// beforehand, so that nothing is fitted to what is scored.
const LEVEL_WEIGHT: f64 = 0.5;
const TREND_WEIGHT: f64 = 0.1;
const TREND_LEFT: f64 = 0.9;

/// With fewer past errors than this there is no interval.
const FEWEST_ERRORS: usize = 10;
/// How far one interval that missed widens the next ones, and one that held narrows them, as a share of errors.
const STEP: f64 = 0.05;
/// An interval is judged by this many before it, and believed after at least so few.
const JUDGED: usize = 20;
const FEWEST_JUDGED: usize = 5;

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

/// What the errors of earlier forecasts say about the next one. The share of errors that an interval spans follows
/// how the intervals before did (adaptive conformal inference, Gibbs and Candès 2021): errors need follow no law, and
/// the future need not be like the past.
struct Past {
    level: f64,
    /// Sizes of the errors, in order.
    sizes: Vec<f64>,
    span: f64,
    judged: VecDeque<bool>,
}

/// A forecast before it is known what came.
#[derive(Clone, Copy)]
struct Made {
    value: f64,
    /// Half the width of its interval: infinite where no error so far was large enough.
    half: Option<f64>,
    held: Held,
}

impl Made {
    fn band(self, level: f64) -> Option<Band> {
        let half = self
            .half
            .filter(|half| half.is_finite() && self.held.is_enough(level))?;
        Some(Band {
            low: self.value - half,
            high: self.value + half,
        })
    }
}

impl Past {
    fn new(level: f64) -> Self {
        Self {
            level,
            sizes: Vec::new(),
            span: level,
            judged: VecDeque::new(),
        }
    }

    fn make(&self, value: f64) -> Made {
        Made {
            value,
            half: (self.sizes.len() >= FEWEST_ERRORS)
                .then(|| quantile(&self.sizes, self.span).unwrap_or(f64::INFINITY)),
            held: Held {
                held: self.judged.iter().filter(|held| **held).count(),
                of: self.judged.len(),
            },
        }
    }

    fn learn(&mut self, made: Made, came: f64) {
        let size = (came - made.value).abs();
        if let Some(half) = made.half {
            let held = size <= half;
            let missed = if held { 0.0 } else { 1.0 };
            self.span = (self.span + STEP * (missed - (1.0 - self.level))).max(0.0);
            self.judged.push_back(held);
            if self.judged.len() > JUDGED {
                self.judged.pop_front();
            }
        }
        let place = self.sizes.partition_point(|other| *other < size);
        self.sizes.insert(place, size);
    }
}

/// The value that a share of all and of the next one lies at or below, without interpolation; none where even the
/// largest is not large enough.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length"
    )]
    let rank = (share * (sorted.len() as f64 + 1.0)).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// Walks through the values, makes a forecast at each from those up to it, and hands each over when its value has
/// come. The last one made is given back.
fn walk(
    values: &[Option<f64>],
    ahead: usize,
    method: Method,
    level: f64,
    mut came: impl FnMut(Made, f64),
) -> Option<Made> {
    let mut past = Past::new(level);
    let mut state: Option<State> = None;
    let mut made: Vec<Option<Made>> = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let earlier = at.checked_sub(ahead).and_then(|then| *made.get(then)?);
        if let (Some(earlier), Some(value)) = (earlier, value) {
            came(earlier, *value);
            past.learn(earlier, *value);
        }
        state = match (state, value) {
            (Some(state), value) => Some(state.after(*value, method)),
            (None, Some(value)) => Some(State::first(*value)),
            (None, None) => None,
        };
        made.push(state.map(|state| past.make(state.ahead(ahead))));
    }
    made.pop().flatten()
}

/// A forecast `ahead` steps after the last of the values, which are equally far apart; `None` where there never
/// was a value. The interval is to hold the value with the probability `level`; it is given only where those of the
/// moments before did so about as often.
pub fn forecast(
    values: &[Option<f64>],
    ahead: usize,
    method: Method,
    level: f64,
) -> Option<Forecast> {
    let made = walk(values, ahead, method, level, |_, _| {})?;
    Some(Forecast {
        ahead,
        value: made.value,
        band: made.band(level),
        held: made.held,
        method,
        measured: None,
    })
}

/// A forecast of a signal from its minutes, by the method that did better on recordings: see [`forecast`].
pub fn forecast_of(
    signal: &str,
    minutes: &[Option<f64>],
    ahead_min: usize,
    level: f64,
) -> Option<Forecast> {
    let chosen = chosen_forecast(signal, ahead_min);
    let method = chosen.map_or(Method::Persistence, |chosen| chosen.method);
    Some(Forecast {
        measured: chosen.map(|chosen| chosen.measured),
        ..forecast(minutes, ahead_min, method, level)?
    })
}

/// How forecasts would have done at each moment, each made from the values before it alone.
pub fn score_forecasts(values: &[Option<f64>], ahead: usize, method: Method, level: f64) -> Scored {
    let mut scored = Scored::default();
    walk(values, ahead, method, level, |made, value| {
        scored.count += 1;
        scored.absolute_errors += (value - made.value).abs();
        if let Some(band) = made.band(level) {
            scored.shown += 1;
            scored.held += usize::from((band.low..=band.high).contains(&value));
            scored.widths += band.high - band.low;
        }
    });
    scored
}
