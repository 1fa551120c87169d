//! What the record knows of the questions that models ask.

use jiff::civil::Date;
use knowledge::{AnswerValue, Answers, Source};
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;
use vocabulary::Text;

use crate::{
    Facts, demographics,
    smoking::{self, Smoking},
};

/// How an answer came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/twin.ts")]
pub enum Certainty {
    /// Someone entered it into the record.
    Recorded,
    /// Measured on images by a program.
    Measured,
    /// Worked out from what is recorded.
    Derived,
}

/// An answer that the record knows.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/twin.ts")]
pub struct KnownAnswer {
    /// The answer.
    #[ts(type = "boolean | number | string")]
    pub value: AnswerValue,
    /// UCUM unit of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unit: Option<String>,
    /// The fact that it comes from.
    // Named by its file: `ts-rs` would write that file anew, without what else is in it.
    #[ts(type = "import('./knowledge').Source")]
    pub source: Source,
    /// How it came to be known.
    pub certainty: Certainty,
}

/// A question that the record cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/twin.ts")]
pub struct UnknownAnswer {
    /// Why not.
    #[ts(type = "{ zh: string, en: string }")]
    pub why: Text,
}

/// What the record says to one question.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[ts(export, export_to = "../../../contract/twin.ts")]
pub enum TwinAnswer {
    /// It answers it.
    Known(KnownAnswer),
    /// It does not.
    Unknown(UnknownAnswer),
}

impl TwinAnswer {
    fn unknown(zh: &str, en: &str) -> Self {
        Self::Unknown(UnknownAnswer {
            why: Text::new(zh, en),
        })
    }

    /// The answer, where it is known.
    pub fn known(&self) -> Option<&KnownAnswer> {
        match self {
            Self::Known(known) => Some(known),
            Self::Unknown(_) => None,
        }
    }
}

/// What the record says to the question named `input`.
pub(crate) fn answer(input: &str, facts: &Facts<'_>) -> TwinAnswer {
    match input {
        "age_years" => age(facts),
        "female" => female(facts),
        "ever_smoker" | "years_since_quit" => smoked(input, facts),
        "diameter_mm" => diameter(facts, "longest axis", |lesion| lesion.long_axis_mm),
        "mean_diameter_mm" => {
            diameter(facts, "mean of both axes", |lesion| lesion.mean_diameter_mm)
        }
        "family_history_lung_cancer" => family(facts, &is_lung_cancer),
        "family_history_any_cancer" => family(facts, &is_cancer),
        "p_mayo" => TwinAnswer::unknown(
            "由 Mayo 模型计算",
            "computed by the Mayo model once its questions are answered",
        ),
        _ => TwinAnswer::unknown(
            "病历中无此项，请询问或阅片",
            "not in the record: ask, or read the images",
        ),
    }
}

fn known(
    value: AnswerValue,
    unit: Option<&str>,
    reference: String,
    certainty: Certainty,
) -> KnownAnswer {
    KnownAnswer {
        value,
        unit: unit.map(str::to_owned),
        source: Source {
            reference,
            how: None,
            at: None,
        },
        certainty,
    }
}

/// The day for which the age is asked: that of the newest CT, else today.
fn age_on(facts: &Facts<'_>) -> (Date, &'static str) {
    let scans = facts
        .studies
        .iter()
        .filter(|study| study.modality.contains("CT"));
    let newest = scans
        .filter_map(|study| demographics::day(&study.date))
        .max();
    match newest {
        Some(day) => (day, "age on the day of the newest CT"),
        None => (facts.today, "age today"),
    }
}

fn age(facts: &Facts<'_>) -> TwinAnswer {
    let birth = facts.patient.get("birthDate").and_then(Value::as_str);
    let (day, how) = age_on(facts);
    let found = birth.and_then(|birth| {
        let years = demographics::age_years(birth, day)?;
        let value = AnswerValue::Number(f64::from(years));
        let mut known = known(
            value,
            Some("a"),
            facts.patient_reference(),
            Certainty::Derived,
        );
        known.source.how = Some(how.to_owned());
        Some(known)
    });
    found.map_or_else(
        || {
            TwinAnswer::unknown(
                "出生日期缺失或不完整",
                "the birth date is missing or incomplete",
            )
        },
        TwinAnswer::Known,
    )
}

fn female(facts: &Facts<'_>) -> TwinAnswer {
    let value = match facts.patient.get("gender").and_then(Value::as_str) {
        Some("female") => true,
        Some("male") => false,
        _ => {
            return TwinAnswer::unknown(
                "病历未写明男或女",
                "the record does not say male or female",
            );
        }
    };
    let reference = facts.patient_reference();
    TwinAnswer::Known(known(
        AnswerValue::YesNo(value),
        None,
        reference,
        Certainty::Recorded,
    ))
}

/// `ever_smoker` and `years_since_quit`, from the newest smoking status.
fn smoked(input: &str, facts: &Facts<'_>) -> TwinAnswer {
    let when =
        |resource: &&Value| text(resource, "/effectiveDateTime").or(text(resource, "/issued"));
    let statements = facts
        .resources
        .iter()
        .filter(|r| smoking::is_smoking_status(r));
    let Some(newest) = statements.max_by_key(when) else {
        return TwinAnswer::unknown("病历中无吸烟状况", "the record has no smoking status");
    };
    let Some(status) = smoking::status(newest) else {
        return TwinAnswer::unknown(
            "吸烟状况记为不明",
            "the smoking status is recorded as unknown",
        );
    };
    let (value, unit) = match (input, status) {
        ("ever_smoker", status) => (AnswerValue::YesNo(status != Smoking::Never), None),
        (_, Smoking::Former) => {
            return TwinAnswer::unknown(
                "已戒烟，但病历未写何时",
                "stopped smoking; the record does not say when",
            );
        }
        (_, Smoking::Current | Smoking::Never) => (AnswerValue::Number(0.0), Some("a")),
    };
    let reference = facts::reference(newest);
    let mut known = known(value, unit, reference, Certainty::Recorded);
    known.source.how = text(newest, "/valueCodeableConcept/coding/0/display");
    known.source.at = when(&newest);
    TwinAnswer::Known(known)
}

fn diameter(facts: &Facts<'_>, which: &str, of: impl Fn(&crate::Lesion) -> f64) -> TwinAnswer {
    let longest =
        |a: &&crate::Lesion, b: &&crate::Lesion| a.long_axis_mm.total_cmp(&b.long_axis_mm);
    let Some(lesion) = facts.lesions.iter().max_by(longest) else {
        return TwinAnswer::unknown("影像上无已标记的病灶", "no lesion is marked on the images");
    };
    let reference = format!("series/{}", lesion.series);
    // Tenths of a millimetre: finer than any scanner resolves, and what the screen shows.
    let value = AnswerValue::Number((of(lesion) * 10.0).round() / 10.0);
    let mut known = known(value, Some("mm"), reference, Certainty::Measured);
    known.source.how = Some(format!(
        "{which} of lesion {} ({})",
        lesion.id, lesion.source
    ));
    TwinAnswer::Known(known)
}

/// A family history counts where it is stated. Nothing stated is not a no.
fn family(facts: &Facts<'_>, matches: &dyn Fn(&Value) -> bool) -> TwinAnswer {
    let histories = facts
        .resources
        .iter()
        .filter(|r| text(r, "/resourceType").as_deref() == Some("FamilyMemberHistory"));
    for history in histories {
        let conditions = history.get("condition").and_then(Value::as_array);
        let codings = conditions
            .into_iter()
            .flatten()
            .filter_map(|condition| condition.pointer("/code/coding")?.as_array())
            .flatten();
        if let Some(coding) = codings.into_iter().find(|coding| matches(coding)) {
            let reference = facts::reference(history);
            let mut known = known(
                AnswerValue::YesNo(true),
                None,
                reference,
                Certainty::Recorded,
            );
            known.source.how = text(coding, "/display");
            known.source.at = text(history, "/date");
            return TwinAnswer::Known(known);
        }
    }
    TwinAnswer::unknown(
        "病历未记载；未记载不等于没有，请询问",
        "the record says nothing; that is not a no: ask",
    )
}

fn text(resource: &Value, path: &str) -> Option<String> {
    resource
        .pointer(path)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

/// ICD-10 C34 is malignant neoplasm of bronchus and lung; 363358000 the SNOMED CT concept.
fn is_lung_cancer(coding: &Value) -> bool {
    text(coding, "/code").is_some_and(|code| code == "363358000" || code.starts_with("C34"))
}

/// ICD-10 C00 to C97 are malignant neoplasms; 363346000 the SNOMED CT concept.
fn is_cancer(coding: &Value) -> bool {
    let is_icd10 = |code: &str| {
        let mut characters = code.chars();
        characters.next() == Some('C') && characters.next().is_some_and(|c| c.is_ascii_digit())
    };
    is_lung_cancer(coding)
        || text(coding, "/code").is_some_and(|code| code == "363346000" || is_icd10(&code))
}

mod facts {
    use serde_json::Value;

    pub(super) fn reference(resource: &Value) -> String {
        let part = |name| {
            resource
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        format!("{}/{}", part("resourceType"), part("id"))
    }
}

/// The answers that are known, as the models take them.
pub(crate) fn known_answers(all: &std::collections::BTreeMap<String, TwinAnswer>) -> Answers {
    let known = all.iter().filter_map(|(input, answer)| {
        let known = answer.known()?;
        let answer = knowledge::Answer {
            value: known.value.clone(),
            unit: known.unit.clone(),
            source: Some(known.source.clone()),
        };
        Some((input.clone(), answer))
    });
    known.collect()
}
