use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;

/// The lane of the timeline that something lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub enum Lane {
    /// Imaging studies.
    Imaging,
    /// Measurements on images that belong to no lesion.
    Measurements,
    /// Reports and what models and guidelines said.
    Findings,
    /// Laboratory results.
    Labs,
    /// Vital signs.
    Vitals,
    /// Questionnaires and social history.
    Questionnaires,
    /// Conditions, and those of the family.
    Conditions,
    /// Procedures, immunisations, medication.
    Treatments,
    /// Plans, votes, advice and signatures.
    Decisions,
    /// What was ordered and is due.
    FollowUps,
}

impl Lane {
    /// The lane of a resource; `None` for what is not part of a twin.
    pub(super) fn of(kind: &str, body: &Value) -> Option<Self> {
        Some(match kind {
            "Observation" => of_observation(body),
            "DiagnosticReport" | "RiskAssessment" | "GuidanceResponse" => Self::Findings,
            "QuestionnaireResponse" => Self::Questionnaires,
            "Condition" | "FamilyMemberHistory" | "AllergyIntolerance" => Self::Conditions,
            "Procedure" | "Immunization" | "MedicationRequest" => Self::Treatments,
            "CarePlan" | "ClinicalImpression" | "Communication" | "Composition" => Self::Decisions,
            // Where an object comes from is no event; that somebody signed is one.
            "Provenance" if body.get("signature").is_some() => Self::Decisions,
            "ServiceRequest" | "Appointment" => Self::FollowUps,
            _ => return None,
        })
    }

    /// The resource types that have a lane.
    pub const KINDS: &[&str] = &[
        "Observation",
        "DiagnosticReport",
        "RiskAssessment",
        "GuidanceResponse",
        "QuestionnaireResponse",
        "Condition",
        "FamilyMemberHistory",
        "AllergyIntolerance",
        "Procedure",
        "Immunization",
        "MedicationRequest",
        "CarePlan",
        "ClinicalImpression",
        "Communication",
        "Composition",
        "Provenance",
        "ServiceRequest",
        "Appointment",
    ];
}

fn of_observation(body: &Value) -> Lane {
    let categories = body.get("category").and_then(Value::as_array);
    let codes = categories
        .into_iter()
        .flatten()
        .filter_map(|category| category.get("coding")?.as_array())
        .flatten()
        .filter_map(|coding| coding.get("code")?.as_str());
    for code in codes {
        match code {
            "vital-signs" => return Lane::Vitals,
            "laboratory" => return Lane::Labs,
            "survey" | "social-history" => return Lane::Questionnaires,
            "imaging" => return Lane::Measurements,
            _ => {}
        }
    }
    // What a device measured and nobody put among anything else, such as glucose or a peak flow.
    if categories.is_none() && body.get("device").is_some() {
        return Lane::Vitals;
    }
    Lane::Findings
}
