//! What a case says of its patient: values only, under names of ours, with days that were moved.

use jiff::{ToSpan as _, tz::TimeZone};
use knowledge::{AnswerValue, Answers};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use twin::{
    Timeline,
    timeline::{Event, Lane},
};
use vocabulary::Text;

/// Ages above this are told apart by nobody: they are rare enough to name a person.
const OLDEST: f64 = 89.0;
/// Units that values may carry; another is left out with its value, since a unit is a text that anyone can write.
const UNITS: &[&str] = &[
    "%",
    "kg",
    "cm",
    "m",
    "mm",
    "kg/m2",
    "mm[Hg]",
    "Cel",
    "/min",
    "{score}",
    "mg/dL",
    "g/dL",
    "g/L",
    "mmol/L",
    "umol/L",
    "10*3/uL",
    "10*6/uL",
    "10*9/L",
    "10*12/L",
    "fL",
    "pg",
    "mg/g",
    "U/L",
    "mL/min/{1.73_m2}",
    "ng/mL",
    "1",
];
/// What the questions ask about: hidden until they are answered, whatever its name in the record.
const HIDDEN: &[&str] = &[
    "nodule_type",
    "diameter_mm",
    "mean_diameter_mm",
    "solid_diameter_mm",
    "solid_mean_diameter_mm",
    "volume_mm3",
    "malignancy_probability",
    "p_mayo",
];

/// An answer that the trainee may know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/teaching.ts")]
pub struct Known {
    /// The question.
    pub name: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// The answer.
    #[ts(type = "boolean | number | string")]
    pub value: AnswerValue,
    /// The answer is this or more: ages above 89.
    #[serde(default)]
    pub or_more: bool,
}

/// A value of a laboratory or a vital sign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/teaching.ts")]
pub struct Measured {
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// The day, moved.
    pub day: String,
    /// The number.
    pub number: f64,
    /// UCUM unit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub unit: Option<String>,
}

/// What a case says of its patient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/teaching.ts")]
pub struct CaseFacts {
    /// Answers to the questions of models that the questions of the case do not ask.
    pub known: Vec<Known>,
    /// Values over time, the newest first.
    pub measured: Vec<Measured>,
}

/// The most values that a case shows.
const MOST: usize = 40;

/// What may be said: answers and values, with all days, those of the hospital's time zone, moved by `days`.
pub fn facts(answers: &Answers, timeline: &Timeline, days: i64, zone: &TimeZone) -> CaseFacts {
    let known = answers.iter().filter_map(|(name, answer)| {
        let is_hidden = HIDDEN.contains(&name.as_str()) || name.ends_with("_mm");
        let input = knowledge::inputs().get(name).filter(|_| !is_hidden)?;
        let too_old = match &answer.value {
            AnswerValue::Number(age) if name == "age_years" => *age > OLDEST,
            _ => false,
        };
        Some(Known {
            name: name.clone(),
            label: input.label.clone(),
            value: if too_old {
                AnswerValue::Number(OLDEST + 1.0)
            } else {
                answer.value.clone()
            },
            or_more: too_old,
        })
    });
    let measured = timeline.events.iter().rev();
    CaseFacts {
        known: known.collect(),
        measured: measured
            .filter_map(|event| measured_of(event, days, zone))
            .take(MOST)
            .collect(),
    }
}

/// A laboratory value or vital sign that we have a name for; what others wrote is never taken.
fn measured_of(event: &Event, days: i64, zone: &TimeZone) -> Option<Measured> {
    if !matches!(event.lane, Lane::Labs | Lane::Vitals) {
        return None;
    }
    let (system, code) = event.series.as_deref()?.split_once('|')?;
    let label = (system == "http://loinc.org").then(|| twin::timeline::loinc(code))??;
    let [part] = event.parts.as_slice() else {
        return None;
    };
    let unit = part.unit.clone();
    let is_known = unit.as_deref().is_none_or(|unit| UNITS.contains(&unit));
    let number = part.number.filter(|_| is_known)?;
    Some(Measured {
        label,
        day: moved(&event.at, days, zone)?,
        number,
        unit,
    })
}

/// A day, that of a moment in the time zone, moved; `None` where the text is no whole day.
fn moved(text: &str, days: i64, zone: &TimeZone) -> Option<String> {
    let moment = text.parse::<jiff::Timestamp>().ok();
    let day = moment.map(|moment| zone.to_datetime(moment).date());
    let day = day.or_else(|| twin::demographics::day(text))?;
    Some(day.checked_add(days.days()).ok()?.to_string())
}
