//! Growth of a nodule between two scans, and when it cannot be called.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

use super::{
    NoduleKind, NoduleMeasures,
    limits::SizeLimit,
    measures::{REPEAT_LIMIT_PERCENT, REPEATED_ABOVE_MM3, SMALL_MM},
};
use crate::{Notice, series::THICK_SLICE_MM};

/// Volume grows from this change on, percent of the prior volume (BTS 2015, NELSON).
const BTS_PERCENT: f64 = 25.0;
/// A mean diameter grows beyond this change, mm, within 12 months (Lung-RADS 2022).
const LUNG_RADS_MM: f64 = 1.5;
/// A diameter grows from this change on, mm (Fleischner 2017).
const FLEISCHNER_MM: f64 = 2.0;
/// The longest interval that is within 12 months, days.
const YEAR_DAYS: f64 = 366.0;

/// How a value changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct Change {
    /// The prior value.
    pub prior: f64,
    /// The current value.
    pub current: f64,
    /// Current less prior.
    pub difference: f64,
    /// The difference in percent of the prior value.
    pub percent: f64,
    /// Within what the difference lies with 95 %, in the unit of `difference` for diameters and in
    /// percent for volumes and masses; absent where no error is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub interval: Option<[f64; 2]>,
}

/// A rule by which a nodule grows or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub enum GrowthRule {
    /// British Thoracic Society 2015 and NELSON: volume by 25 % or more.
    Bts2015,
    /// Lung-RADS 2022: mean diameter by more than 1.5 mm within 12 months.
    #[serde(rename = "lung-rads-2022")]
    LungRads2022,
    /// Fleischner 2017: diameter by 2 mm or more.
    #[serde(rename = "fleischner-2017")]
    Fleischner2017,
}

/// What a rule says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub enum Verdict {
    /// It grew.
    Grew,
    /// It did not change by as much as the rule asks for.
    Stable,
    /// It became smaller by as much as the rule asks for of growth.
    Shrank,
    /// Nobody can tell at this size, in these slices.
    TooSmallToCall {
        /// Why.
        #[ts(type = "{ zh: string; en: string }")]
        why: Text,
    },
    /// Something is missing that the rule needs.
    NotAssessable {
        /// What.
        #[ts(type = "{ zh: string; en: string }")]
        why: Text,
    },
}

/// A rule with what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct RuleVerdict {
    /// The rule.
    pub rule: GrowthRule,
    /// The rule in words.
    #[ts(type = "{ zh: string; en: string }")]
    pub text: Text,
    /// What it says.
    pub verdict: Verdict,
}

/// How a nodule changed between two scans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct Growth {
    /// Days from the prior to the current scan.
    pub interval_days: f64,
    /// Volume, mm³.
    pub volume: Change,
    /// Mass, mg.
    pub mass: Change,
    /// Mean diameter, mm.
    pub mean_diameter: Change,
    /// Mean diameter of the solid part, mm, where both have one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub solid_mean_diameter: Option<Change>,
    /// Volume doubling time, days; negative where it shrinks; absent where there is none to be used.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub vdt_days: Option<f64>,
    /// Its shortest and longest value within the interval of the volume, where all of it is growth.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub vdt_interval_days: Option<[f64; 2]>,
    /// Mass doubling time, days, as `vdt_days`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub mdt_days: Option<f64>,
    /// What each rule says.
    pub rules: Vec<RuleVerdict>,
    /// What they say together: it grew where one says so, and cannot be called where one cannot
    /// and none says that it grew.
    pub verdict: Verdict,
    /// What a person who uses it must know.
    pub notices: Vec<Notice>,
}

/// Volume or mass doubling time, exponential growth.
///
/// Equation: Δt · ln 2 / ln(V₂ / V₁) · Inputs: V₁, V₂ (mm³, or mg for masses, above 0), Δt (days,
/// above 0) · Result: days; negative where it shrinks; none where nothing changed or an input is
/// out of range. Typical error: see [`Growth::vdt_interval_days`]. Not for: nodules below 6 mm or in
/// slices of 2.5 mm and more.
/// Source: `callister-2015` and hospital's clinical notes, nodule management, section 2.
pub fn doubling_days(prior: f64, current: f64, interval_days: f64) -> Option<f64> {
    let usable = prior > 0.0 && current > 0.0 && interval_days > 0.0;
    let days = interval_days * std::f64::consts::LN_2 / (current / prior).ln();
    (usable && days.is_finite()).then_some(days)
}

/// Volume doubling time from diameters.
///
/// Equation: Δt · ln 2 / (3 · ln(d₂ / d₁)) · Inputs: d₁, d₂ (mm, above 0), Δt (days, above 0) ·
/// Result, typical error and limits as [`doubling_days`].
/// Source: `callister-2015` and hospital's clinical notes, nodule management, section 2.
pub fn doubling_days_by_diameter(
    prior_mm: f64,
    current_mm: f64,
    interval_days: f64,
) -> Option<f64> {
    doubling_days(prior_mm, current_mm, interval_days).map(|days| days / 3.0)
}

/// How a nodule changed between two scans, and what the rules make of it.
///
/// A rule says that a nodule grew only where the change is larger than what scans of unchanged
/// phantoms of this size and slice thickness show, and that it is stable only where a growth as
/// large as the rule asks for would have been seen. The interval of the volume takes the wider of
/// that limit and the published one of same-day repeats (±27 %, solid nodules above 60 mm³).
/// Inputs: measurements of the same nodule, and the days between, above 0. Result: percent, mm, days.
/// Typical error: the intervals themselves. Not for: nodules measured by different means.
/// Source: `callister-2015` volume by 25 %; `christensen-2024` 1.5 mm; `macmahon-2017` 2 mm.
pub fn growth(prior: &NoduleMeasures, current: &NoduleMeasures, interval_days: f64) -> Growth {
    let limit = worse(prior.limit, current.limit);
    let volume = relative(
        prior.volume_mm3,
        current.volume_mm3,
        limit_percent(limit, prior),
    );
    let mass = relative(prior.mass_mg, current.mass_mg, limit_percent(limit, prior));
    let mean_diameter = absolute(prior.mean_diameter_mm, current.mean_diameter_mm, limit);
    let solid_mean_diameter = prior
        .solid
        .as_ref()
        .zip(current.solid.as_ref())
        .map(|(a, b)| absolute(a.mean_diameter_mm, b.mean_diameter_mm, limit));
    let refused = doubling_refused(prior, current, limit, interval_days);
    let days = |a: f64, b: f64| {
        refused
            .is_none()
            .then(|| doubling_days(a, b, interval_days))
            .flatten()
    };
    let rules = vec![
        by_volume(&volume, limit),
        by_lung_rads(&mean_diameter, limit, interval_days),
        by_fleischner(&mean_diameter, limit),
    ];
    let mut notices = notices_of(prior, current);
    notices.extend(refused.clone());
    Growth {
        interval_days,
        vdt_days: days(prior.volume_mm3, current.volume_mm3),
        vdt_interval_days: volume.interval.and_then(|[least, most]| {
            let at = |percent: f64| days(100.0, 100.0 + percent);
            (least > 0.0).then(|| Some([at(most)?, at(least)?]))?
        }),
        mdt_days: days(prior.mass_mg, current.mass_mg),
        volume,
        mass,
        mean_diameter,
        solid_mean_diameter,
        verdict: together(&rules),
        rules,
        notices,
    }
}

/// The wider of two limits; none where one is not known.
fn worse(a: Option<SizeLimit>, b: Option<SizeLimit>) -> Option<SizeLimit> {
    let (a, b) = a.zip(b)?;
    Some(if a.volume_percent > b.volume_percent {
        a
    } else {
        b
    })
}

/// The 95 % limit of a change of volume, percent: the wider of the phantoms' and the published one.
fn limit_percent(limit: Option<SizeLimit>, prior: &NoduleMeasures) -> Option<f64> {
    let limit = limit?.volume_percent;
    let published = prior.kind == NoduleKind::Solid && prior.volume_mm3 > REPEATED_ABOVE_MM3;
    Some(if published {
        limit.max(REPEAT_LIMIT_PERCENT)
    } else {
        limit
    })
}

fn relative(prior: f64, current: f64, limit_percent: Option<f64>) -> Change {
    let percent = (current / prior - 1.0) * 100.0;
    Change {
        prior,
        current,
        difference: current - prior,
        percent,
        // Limits are those of the ratio: as far down as up on its logarithm.
        interval: limit_percent.map(|limit| {
            let (ratio, factor) = (current / prior, 1.0 + limit / 100.0);
            [
                (ratio / factor - 1.0) * 100.0,
                (ratio * factor - 1.0) * 100.0,
            ]
        }),
    }
}

fn absolute(prior: f64, current: f64, limit: Option<SizeLimit>) -> Change {
    let difference = current - prior;
    Change {
        prior,
        current,
        difference,
        percent: (current / prior - 1.0) * 100.0,
        interval: limit.map(|limit| {
            [
                difference - limit.mean_diameter_mm,
                difference + limit.mean_diameter_mm,
            ]
        }),
    }
}

/// What a rule makes of a change, given the error of that change.
///
/// `grows` and `shrinks` are what the rule asks for, `asked` the size of change it asks for, and
/// `limit` the change that unchanged phantoms show, both in the unit of `change`.
fn judged(
    change: f64,
    [grows, shrinks]: [bool; 2],
    asked: f64,
    limit: Option<f64>,
    callable: bool,
) -> Verdict {
    let Some(limit) = limit else {
        return too_small(
            "此大小和层厚没有误差数据，无法判断是否增长",
            "no error is known for this size and slice thickness, so growth cannot be called",
        );
    };
    let is_seen = change.abs() > limit;
    match (grows, shrinks) {
        (true, _) if is_seen => Verdict::Grew,
        (_, true) if is_seen => Verdict::Shrank,
        (false, false) if limit < asked && callable => Verdict::Stable,
        (false, false) => too_small(
            "结节太小或层厚太大：即使有这一规则所要求的变化也看不出来",
            "the nodule is too small or the slices too thick: a change as large as the rule asks for would not be seen",
        ),
        _ => too_small(
            "变化在此大小和层厚的测量误差之内",
            "the change lies within the error of measurement at this size and slice thickness",
        ),
    }
}

fn too_small(zh: &str, en: &str) -> Verdict {
    Verdict::TooSmallToCall {
        why: Text::new(zh, en),
    }
}

fn by_volume(volume: &Change, limit: Option<SizeLimit>) -> RuleVerdict {
    let callable = limit
        .and_then(|limit| limit.callable_percent)
        .is_some_and(|least| least <= BTS_PERCENT);
    RuleVerdict {
        rule: GrowthRule::Bts2015,
        text: Text::new(
            "BTS 2015 / NELSON：体积增加 ≥ 25%",
            "BTS 2015 / NELSON: volume grows by 25 % or more",
        ),
        verdict: judged(
            volume.percent,
            [
                volume.percent >= BTS_PERCENT,
                volume.percent <= -BTS_PERCENT,
            ],
            BTS_PERCENT,
            limit.map(|limit| limit.volume_percent),
            callable,
        ),
    }
}

fn by_lung_rads(diameter: &Change, limit: Option<SizeLimit>, interval_days: f64) -> RuleVerdict {
    let grows = diameter.difference > LUNG_RADS_MM;
    let verdict = if grows && interval_days > YEAR_DAYS {
        Verdict::NotAssessable {
            why: Text::new(
                "两次检查相隔超过 12 个月，规则只适用于 12 个月以内；请与更近的检查比较，或按缓慢增长判断",
                "the scans are more than 12 months apart and the rule holds within 12: compare with a nearer scan, or judge as slow growth",
            ),
        }
    } else {
        judged(
            diameter.difference,
            [grows, diameter.difference < -LUNG_RADS_MM],
            LUNG_RADS_MM,
            limit.map(|limit| limit.mean_diameter_mm),
            true,
        )
    };
    RuleVerdict {
        rule: GrowthRule::LungRads2022,
        text: Text::new(
            "Lung-RADS 2022：12 个月内平均直径增加 > 1.5 mm",
            "Lung-RADS 2022: mean diameter grows by more than 1.5 mm within 12 months",
        ),
        verdict,
    }
}

fn by_fleischner(diameter: &Change, limit: Option<SizeLimit>) -> RuleVerdict {
    RuleVerdict {
        rule: GrowthRule::Fleischner2017,
        text: Text::new(
            "Fleischner 2017：直径增加 ≥ 2 mm",
            "Fleischner 2017: diameter grows by 2 mm or more",
        ),
        verdict: judged(
            diameter.difference,
            [
                diameter.difference >= FLEISCHNER_MM,
                diameter.difference <= -FLEISCHNER_MM,
            ],
            FLEISCHNER_MM,
            limit.map(|limit| limit.mean_diameter_mm),
            true,
        ),
    }
}

fn together(rules: &[RuleVerdict]) -> Verdict {
    let any = |test: &dyn Fn(&Verdict) -> bool| {
        rules
            .iter()
            .find(|rule| test(&rule.verdict))
            .map(|rule| rule.verdict.clone())
    };
    any(&|v| matches!(v, Verdict::Grew))
        .or_else(|| any(&|v| matches!(v, Verdict::TooSmallToCall { .. })))
        .or_else(|| any(&|v| matches!(v, Verdict::Shrank)))
        .or_else(|| any(&|v| matches!(v, Verdict::NotAssessable { .. })))
        .unwrap_or(Verdict::Stable)
}

/// Why a doubling time is not given, if it is not.
fn doubling_refused(
    prior: &NoduleMeasures,
    current: &NoduleMeasures,
    limit: Option<SizeLimit>,
    interval_days: f64,
) -> Option<Notice> {
    let of = |zh: &str, en: &str| Some(Notice::new("doubling-time-refused", zh, en));
    if !(interval_days.is_finite() && interval_days > 0.0) {
        return of(
            "没有倍增时间：两次检查的间隔未知或不为正",
            "No doubling time: the interval between the scans is not known or not above zero",
        );
    }
    if prior.slice_mm.max(current.slice_mm) >= THICK_SLICE_MM {
        return of(
            "没有倍增时间：层厚 2.5 mm 及以上时误差过大",
            "No doubling time: in slices of 2.5 mm and more its error is too wide",
        );
    }
    if prior.mean_diameter_mm.min(current.mean_diameter_mm) < SMALL_MM {
        return of(
            "没有倍增时间：小于 6 mm 时误差过大",
            "No doubling time: below 6 mm its error is too wide",
        );
    }
    if limit.is_none() {
        return of(
            "没有倍增时间：此大小和层厚没有误差数据",
            "No doubling time: no error is known for this size and slice thickness",
        );
    }
    None
}

fn notices_of(prior: &NoduleMeasures, current: &NoduleMeasures) -> Vec<Notice> {
    let mut notices = Vec::new();
    if (prior.slice_mm - current.slice_mm).abs() > 0.25 * prior.slice_mm.max(current.slice_mm) {
        notices.push(Notice::new(
            "growth-slices-differ",
            format!(
                "两次检查层厚不同（{:.1} mm 与 {:.1} mm），变化可能来自层厚",
                prior.slice_mm, current.slice_mm
            ),
            format!(
                "The scans have slices of {:.1} mm and {:.1} mm: a change may come from that",
                prior.slice_mm, current.slice_mm
            ),
        ));
    }
    if prior.kind != current.kind {
        let (from, to) = (prior.kind.label(), current.kind.label());
        notices.push(Notice::new(
            "growth-kind-changed",
            format!("密度类型由{}变为{}", from.zh, to.zh),
            format!("The nodule was {} and is {}", from.en, to.en),
        ));
    }
    if prior.solid.is_none() && current.solid.is_some() {
        notices.push(Notice::new(
            "growth-new-solid-part",
            "出现新的实性成分",
            "There is a solid part that was not there before",
        ));
    }
    notices
}

#[cfg(test)]
mod tests;
