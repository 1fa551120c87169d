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

/// A forecast some steps ahead.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Forecast {
    /// How many steps ahead.
    pub ahead: usize,
    /// The value.
    pub value: f64,
    /// The interval; none where there are too few past errors to make one from, where those made before did not hold, or
    /// where those of recordings did not.
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
    /// Whether intervals of this signal so far ahead held on recordings about as often as they say: else none is shown.
    pub is_believed: bool,
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
    /// How many of them had an interval to show, begun with the errors of the other recordings.
    pub shown: usize,
    /// How many of these held the value.
    pub held: usize,
}

impl Measured {
    /// Whether intervals held about as often as they were to, and enough of them to say so.
    pub fn is_believed(self, level: f64) -> bool {
        let share = self.held as f64 / self.shown as f64;
        self.shown >= FEWEST_SHOWN && (share - level).abs() <= FAR_FROM_LEVEL
    }
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
    /// How large its errors were on recordings: see [`summed_up`].
    pub errors: Vec<f64>,
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
/// From so many errors of its own on those of recordings count no more.
const ENOUGH_OF_ITS_OWN: usize = 20;
/// Errors of recordings are kept as so many of them, equally far apart in their order.
const KEPT_ERRORS: usize = 50;
/// How far one interval that missed widens the next ones, and one that held narrows them, as a share of errors.
const STEP: f64 = 0.1;
/// An interval is judged by this many before it; with fewer than the second number by recordings alone.
const JUDGED: usize = 20;
const FEWEST_JUDGED: usize = 5;
/// So much less often than asked for may those before it have held: of few some miss by chance.
const BY_CHANCE: f64 = 0.1;
/// On recordings intervals must have held as often as asked for but for this, and so many must have been shown.
const FAR_FROM_LEVEL: f64 = 0.08;
const FEWEST_SHOWN: usize = 30;

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

/// What the errors of earlier forecasts say about the next one. It begins with those of recordings, and goes by its own
/// once these are enough. The share of errors that an interval spans follows how the intervals before did (adaptive
/// conformal inference, Gibbs and Candès 2021): errors need follow no law, and the future need not be like the past.
struct Past {
    level: f64,
    /// Sizes of its own errors, in order.
    own: Vec<f64>,
    /// The same with those of recordings.
    all: Vec<f64>,
    /// Whether there are errors of recordings to begin with.
    is_begun: bool,
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
    /// Whether the intervals before held often enough to believe this one.
    is_believed: bool,
}

impl Made {
    fn band(self) -> Option<Band> {
        let half = self
            .half
            .filter(|half| half.is_finite() && self.is_believed)?;
        Some(Band {
            low: self.value - half,
            high: self.value + half,
        })
    }
}

impl Past {
    fn new(level: f64, recorded: &[f64]) -> Self {
        let mut all = recorded.to_vec();
        all.sort_by(f64::total_cmp);
        Self {
            level,
            own: Vec::new(),
            is_begun: !all.is_empty(),
            all,
            span: level,
            judged: VecDeque::new(),
        }
    }

    fn make(&self, value: f64) -> Made {
        let sizes = if self.own.len() >= ENOUGH_OF_ITS_OWN {
            &self.own
        } else {
            &self.all
        };
        let held = Held {
            held: self.judged.iter().filter(|held| **held).count(),
            of: self.judged.len(),
        };
        Made {
            value,
            half: (sizes.len() >= FEWEST_ERRORS)
                .then(|| quantile(sizes, self.span).unwrap_or(f64::INFINITY)),
            held,
            is_believed: if held.of < FEWEST_JUDGED {
                self.is_begun
            } else {
                held.held as f64 >= (self.level - BY_CHANCE) * held.of as f64
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
        for sizes in [&mut self.own, &mut self.all] {
            let place = sizes.partition_point(|other| *other < size);
            sizes.insert(place, size);
        }
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

/// Errors of recordings as few enough to be kept in a file: the same share of them lies between any two neighbours. To
/// hundredths, as the file has them.
pub fn summed_up(mut sizes: Vec<f64>) -> Vec<f64> {
    sizes.sort_by(f64::total_cmp);
    let kept = sizes.len().min(KEPT_ERRORS);
    (0..kept)
        .filter_map(|place| sizes.get((2 * place + 1) * sizes.len() / (2 * kept)))
        .map(|size| (size * 100.0).round() / 100.0)
        .collect()
}

/// How large the errors of forecasts would have been, each made from the values before it alone.
pub fn error_sizes(values: &[Option<f64>], ahead: usize, method: Method) -> Vec<f64> {
    let mut sizes = Vec::new();
    walk(values, ahead, method, Past::new(0.5, &[]), |made, value| {
        sizes.push((value - made.value).abs());
    });
    sizes
}

/// Walks through the values, makes a forecast at each from those up to it, and hands each over when its value has
/// come. The last one made is given back.
fn walk(
    values: &[Option<f64>],
    ahead: usize,
    method: Method,
    mut past: Past,
    mut came: impl FnMut(Made, f64),
) -> Option<Made> {
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
/// was a value. The interval is to hold the value with the probability `level`; it begins with the errors of recordings
/// (`recorded`), and is given only where those of the moments before did so about as often.
pub fn forecast(
    values: &[Option<f64>],
    ahead: usize,
    method: Method,
    (level, recorded): (f64, &[f64]),
) -> Option<Forecast> {
    let made = walk(values, ahead, method, Past::new(level, recorded), |_, _| {})?;
    Some(Forecast {
        ahead,
        value: made.value,
        band: made.band(),
        held: made.held,
        method,
        measured: None,
        is_believed: true,
    })
}

/// A forecast of a signal from its minutes, by the method that did better on recordings: see [`forecast`]. Where the
/// intervals of recordings did not hold about as often as they say, none is given.
pub fn forecast_of(
    signal: &str,
    minutes: &[Option<f64>],
    ahead_min: usize,
    level: f64,
) -> Option<Forecast> {
    let chosen = chosen_forecast(signal, ahead_min);
    let method = chosen.map_or(Method::Persistence, |chosen| chosen.method);
    let recorded = chosen.map_or(&[][..], |chosen| chosen.errors.as_slice());
    let made = forecast(minutes, ahead_min, method, (level, recorded))?;
    let measured = chosen.map(|chosen| chosen.measured);
    let is_believed = measured.is_some_and(|measured| measured.is_believed(level));
    Some(Forecast {
        band: made.band.filter(|_| is_believed),
        measured,
        is_believed,
        ..made
    })
}

/// How forecasts would have done at each moment, each made from the values before it, and from the errors of other
/// recordings, alone.
pub fn score_forecasts(
    values: &[Option<f64>],
    ahead: usize,
    method: Method,
    (level, recorded): (f64, &[f64]),
) -> Scored {
    let mut scored = Scored::default();
    let past = Past::new(level, recorded);
    walk(values, ahead, method, past, |made, value| {
        scored.count += 1;
        scored.absolute_errors += (value - made.value).abs();
        if let Some(band) = made.band() {
            scored.shown += 1;
            scored.held += usize::from((band.low..=band.high).contains(&value));
            scored.widths += band.high - band.low;
        }
    });
    scored
}
