use std::collections::BTreeMap;

use jiff::civil::Date;
use knowledge::Answers;
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;

use crate::{Finding, Lesion, Study, TwinAnswer, answers, demographics, findings};

/// All that a twin is made of. Whoever fills it has read it with a permit.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The FHIR `Patient`.
    pub patient: &'a Value,
    /// Current FHIR resources about the patient: Observations, family histories, reports, plans. Others
    /// are not looked at.
    pub resources: &'a [Value],
    /// Imaging studies.
    pub studies: &'a [Study],
    /// Lesions marked on the images.
    pub lesions: &'a [Lesion],
    /// The day for which the twin is made, as the patient counts days.
    pub today: Date,
}

impl Facts<'_> {
    pub(crate) fn patient_reference(&self) -> String {
        format!(
            "Patient/{}",
            self.patient
                .get("id")
                .and_then(Value::as_str)
                .unwrap_or_default()
        )
    }
}

/// The twin of a patient.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/twin.ts")]
pub struct PatientTwin {
    /// Logical id of the FHIR `Patient`.
    pub id: String,
    /// The name to show; absent where the record has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// FHIR administrative gender; absent where the record has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sex: Option<String>,
    /// Birth date, as exactly as the record knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub birth_date: Option<String>,
    /// Whole years today; absent where the birth date is missing or incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub age: Option<i16>,
    /// Medical record number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub mrn: Option<String>,
    /// What the record says to each question that a model asks.
    pub answers: BTreeMap<String, TwinAnswer>,
    /// Imaging studies.
    pub studies: Vec<Study>,
    /// Lesions marked on the images.
    pub lesions: Vec<Lesion>,
    /// Signed reports and active plans, newest first.
    pub findings: Vec<Finding>,
    /// Where days begin and end, by the name of the IANA database; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub time_zone: Option<String>,
}

impl PatientTwin {
    /// Makes the twin from facts.
    pub fn from_facts(facts: &Facts<'_>) -> Self {
        let text = |name| {
            facts
                .patient
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let birth_date = text("birthDate");
        let questions = knowledge::lasting_inputs();
        let mut signed: Vec<Finding> = facts.resources.iter().filter_map(findings::of).collect();
        signed.sort_by(|a, b| b.at.cmp(&a.at));
        Self {
            id: text("id").unwrap_or_default(),
            name: demographics::name(facts.patient),
            sex: text("gender"),
            age: (birth_date.as_deref())
                .and_then(|birth| demographics::age_years(birth, facts.today)),
            birth_date,
            mrn: demographics::record_number(facts.patient),
            answers: questions
                .map(|input| (input.clone(), answers::answer(input, facts)))
                .collect(),
            studies: facts.studies.to_vec(),
            lesions: facts.lesions.to_vec(),
            findings: signed,
            time_zone: None,
        }
    }

    /// The answers that the record knows, as the models take them.
    pub fn known_answers(&self) -> Answers {
        answers::known_answers(&self.answers)
    }
}
