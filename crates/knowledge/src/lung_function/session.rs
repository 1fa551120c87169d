//! A session of blows: which may be used, and how well they repeat.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use vocabulary::{Missing, Text};

use crate::{Confidence, check};

static QUALITY: LazyLock<Quality> = LazyLock::new(|| {
    toml::from_str(include_str!("../../lung-function/quality-2019.toml"))
        .unwrap_or_else(|error| unreachable!("spirometry quality: {error}"))
});

/// The rules of quality that come with the program.
pub fn quality() -> &'static Quality {
    &QUALITY
}

/// `lung-function/quality-2019.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Quality {
    /// Its name.
    pub id: String,
    /// Version of the file.
    pub version: String,
    /// Year of the standard.
    pub year: u16,
    /// Key of `docs/evidence`.
    pub evidence: String,
    /// How well it was checked.
    pub confidence: Confidence,
    /// What people call it.
    pub title: Text,
    back_extrapolated_percent: f64,
    back_extrapolated_l: f64,
    last_second_l: f64,
    expiration_s: f64,
    blows_for_a: usize,
    older: Older,
    younger: Younger,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Older {
    above_years: f64,
    within_l: [f64; 3],
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Younger {
    confidence: Confidence,
    within_l: [f64; 3],
    or_percent: f64,
}

/// What is known of a blow: what the curve says, and what the person beside the patient saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlowFacts {
    /// Volume of the first second, in litres.
    pub fev1_l: f64,
    /// Forced vital capacity, in litres.
    pub fvc_l: f64,
    /// Back-extrapolated volume, in litres.
    pub back_extrapolated_l: f64,
    /// Volume of the last second, in litres.
    pub last_second_l: Option<f64>,
    /// Length of the expiration, in seconds.
    pub expiration_s: f64,
    /// A cough in the first second.
    pub cough: Option<bool>,
    /// The glottis closed, or the patient stopped early.
    pub glottic_closure: Option<bool>,
    /// A leak at the mouth.
    pub leak: Option<bool>,
    /// The patient cannot breathe out longer, so that the volume does not exceed that of an earlier blow.
    pub cannot_exceed: Option<bool>,
    /// Somebody looked at a blow that is not acceptable, and finds it usable.
    pub usable: Option<bool>,
}

/// Whether a value of a blow may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judged {
    /// It meets the standard, as far as the curve and the observer say.
    Acceptable,
    /// It does not, but somebody finds it usable.
    Usable,
    /// It does not.
    NotAcceptable,
}

/// What is said of one blow.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlowJudged {
    /// Whether its FEV1 may be used.
    pub fev1: Judged,
    /// Whether its FVC may be used.
    pub fvc: Judged,
    /// What is against it.
    pub against: Vec<Text>,
    /// What nobody said, so that it was not looked at.
    pub not_judged: Vec<Text>,
}

/// How a session is graded for one measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SessionGrade {
    /// `A` to `F`.
    pub grade: char,
    /// Acceptable values.
    pub acceptable: usize,
    /// The largest acceptable value, in litres; of usable ones where none is acceptable.
    pub best_l: Option<f64>,
    /// What lies between the two largest acceptable values, in litres.
    pub between_l: Option<f64>,
    /// Whether a person with the source has yet to confirm the rule.
    pub needs_confirmation: bool,
}

/// Room for rounding: volumes are measured to a millilitre.
const HAIR: f64 = 1e-9;

/// The blows of a session judged, and its grades for FEV1 and FVC
///
/// Equation: acceptable by back-extrapolated volume, end of expiration and what was seen; A to F by the difference
/// of the two largest acceptable values · Inputs: litres, seconds, age (years) · Result: grades · Not for: slow
/// expirations. `Err` names the age where it is missing.
/// Source: `graham-2019`
pub fn judge_session(
    blows: &[BlowFacts],
    age_years: Option<f64>,
) -> Result<(Vec<BlowJudged>, [SessionGrade; 2]), Missing> {
    let Some(age) = age_years.filter(|age| age.is_finite() && *age >= 0.0) else {
        return Err(check::unusable(
            "age_years",
            "缺少：年龄",
            "not answered: age",
        ));
    };
    let judged: Vec<BlowJudged> = blows.iter().map(|blow| QUALITY.judge(blow)).collect();
    let values = |of: fn(&BlowFacts) -> f64, how: fn(&BlowJudged) -> Judged| {
        blows
            .iter()
            .zip(&judged)
            .map(|(blow, judged)| (of(blow), how(judged)))
            .collect::<Vec<_>>()
    };
    let fev1 = QUALITY.grade(&values(|blow| blow.fev1_l, |judged| judged.fev1), age);
    let fvc = QUALITY.grade(&values(|blow| blow.fvc_l, |judged| judged.fvc), age);
    Ok((judged, [fev1, fvc]))
}

impl Quality {
    /// The most that may be out before the back-extrapolated start, in litres.
    pub fn back_extrapolated_limit_l(&self, fvc_l: f64) -> f64 {
        (fvc_l * self.back_extrapolated_percent / 100.0).max(self.back_extrapolated_l)
    }

    fn judge(&self, blow: &BlowFacts) -> BlowJudged {
        let mut against = Vec::new();
        let mut not_judged = Vec::new();
        let starts = blow.back_extrapolated_l <= self.back_extrapolated_limit_l(blow.fvc_l) + HAIR;
        if !starts {
            against.push(Text::new(
                "起始过慢（外推容积过大）",
                "a hesitating start (back-extrapolated volume too large)",
            ));
        }
        let ends = blow
            .last_second_l
            .is_some_and(|last| last <= self.last_second_l + HAIR)
            || blow.expiration_s >= self.expiration_s
            || blow.cannot_exceed == Some(true);
        if !ends {
            against.push(Text::new(
                "呼气未到平台",
                "the end of expiration was not reached",
            ));
        }
        let mut seen = |said: Option<bool>, zh: &str, en: &str| {
            let list = match said {
                Some(true) => &mut against,
                None => &mut not_judged,
                Some(false) => return false,
            };
            list.push(Text::new(zh, en));
            said == Some(true)
        };
        let cough = seen(blow.cough, "第一秒内咳嗽", "a cough in the first second");
        let closure = seen(
            blow.glottic_closure,
            "声门关闭或提前停止",
            "closure of the glottis or an early stop",
        );
        let leak = seen(blow.leak, "漏气", "a leak");
        let judged = |good: bool| match (good, blow.usable) {
            (true, _) => Judged::Acceptable,
            (false, Some(true)) => Judged::Usable,
            (false, _) => Judged::NotAcceptable,
        };
        BlowJudged {
            fev1: judged(starts && !cough && !closure && !leak),
            fvc: judged(starts && ends && !closure && !leak),
            against,
            not_judged,
        }
    }

    /// The grade of values with what was said of each.
    pub fn grade(&self, values: &[(f64, Judged)], age_years: f64) -> SessionGrade {
        let of = |wanted: Judged| {
            let found = values.iter().filter(move |(_, judged)| *judged == wanted);
            let mut found: Vec<f64> = found.map(|(value, _)| *value).collect();
            found.sort_by(|one, other| other.total_cmp(one));
            found
        };
        let (good, usable) = (of(Judged::Acceptable), of(Judged::Usable));
        let is_older = age_years > self.older.above_years;
        let within = |place: usize| {
            if is_older {
                return self.older.within_l.get(place).copied().unwrap_or_default();
            }
            let least = self
                .younger
                .within_l
                .get(place)
                .copied()
                .unwrap_or_default();
            least.max(good.first().copied().unwrap_or_default() * self.younger.or_percent / 100.0)
        };
        let between = match good.as_slice() {
            [one, two, ..] => Some(one - two),
            _ => None,
        };
        let grade = match between {
            Some(between) if between <= within(0) + HAIR => {
                if good.len() >= self.blows_for_a {
                    'A'
                } else {
                    'B'
                }
            }
            Some(between) if between <= within(1) + HAIR => 'C',
            Some(between) if between <= within(2) + HAIR => 'D',
            Some(_) => 'E',
            None if good.len() == 1 => 'E',
            None if !usable.is_empty() => 'U',
            None => 'F',
        };
        let confidence = if is_older {
            self.confidence
        } else {
            self.younger.confidence
        };
        SessionGrade {
            grade,
            acceptable: good.len(),
            best_l: good.first().or(usable.first()).copied(),
            between_l: between,
            needs_confirmation: confidence.needs_confirmation(),
        }
    }
}
