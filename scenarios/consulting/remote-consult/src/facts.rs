//! The case's facts as FHIR R4 resources, and their ids, which all begin with the case's own.

use knowledge::{Answers, Assessment, Recommendation};
use record::{NewFact, ResourceKey};
use serde_json::{Value, json};
use vocabulary::{Assessed, PatientId, Timestamp};

use crate::case::{Case, GUIDELINES, MODELS, Person};

/// The scenario's id, by which its facts are tagged.
pub const SCENARIO: &str = "remote-consult";
/// Marks the `ServiceRequest`s of this scenario.
pub const SCENARIO_URI: &str = "urn:yuanyi:scenario:remote-consult";
const VOTE_URI: &str = "urn:yuanyi:vote";
/// Marks the requests for an outcome, and the outcome's own words in its Observation.
pub const OUTCOME_URI: &str = "urn:yuanyi:scenario:remote-consult:outcome";
/// The minutes' own words in their Composition.
pub const MINUTES_URI: &str = "urn:yuanyi:minutes";

fn key(kind: &str, id: String) -> ResourceKey {
    ResourceKey {
        kind: kind.to_owned(),
        id,
    }
}

pub fn request_key(case: &str) -> ResourceKey {
    key("ServiceRequest", case.to_owned())
}

pub fn task_key(case: &str) -> ResourceKey {
    key("Task", case.to_owned())
}

pub fn invite_key(case: &str, place: usize) -> ResourceKey {
    key("Task", format!("{case}-invite-{place}"))
}

pub fn minutes_key(case: &str) -> ResourceKey {
    key("Composition", format!("{case}-minutes"))
}

pub fn outcome_request_key(case: &str) -> ResourceKey {
    key("ServiceRequest", format!("{case}-outcome"))
}

pub fn outcome_key(case: &str) -> ResourceKey {
    key("Observation", format!("{case}-outcome"))
}

pub fn answers_key(case: &str) -> ResourceKey {
    key("QuestionnaireResponse", format!("{case}-answers"))
}

pub fn vote_key(case: &str, place: usize) -> ResourceKey {
    key("ClinicalImpression", format!("{case}-vote-{place}"))
}

pub fn risk_key(case: &str, model: &str) -> ResourceKey {
    key("RiskAssessment", format!("{case}-{model}"))
}

pub fn guidance_key(case: &str, guideline: &str) -> ResourceKey {
    key("GuidanceResponse", format!("{case}-{guideline}"))
}

pub fn plan_key(case: &str) -> ResourceKey {
    key("CarePlan", case.to_owned())
}

pub fn signature_key(case: &str, place: usize) -> ResourceKey {
    key("Provenance", format!("{case}-sign-{place}"))
}

pub fn report_key(case: &str) -> ResourceKey {
    key("DiagnosticReport", case.to_owned())
}

/// All keys of a case of so many people but the request's and the invitations'.
pub fn keys(case: &str, people: usize) -> Vec<ResourceKey> {
    let mut keys = vec![
        task_key(case),
        answers_key(case),
        plan_key(case),
        report_key(case),
        minutes_key(case),
        outcome_request_key(case),
        outcome_key(case),
    ];
    keys.extend((0..people).flat_map(|place| [vote_key(case, place), signature_key(case, place)]));
    keys.extend(MODELS.iter().map(|model| risk_key(case, model)));
    keys.extend(
        GUIDELINES
            .iter()
            .map(|guideline| guidance_key(case, guideline)),
    );
    keys
}

/// `Type/id`.
pub fn reference(key: &ResourceKey) -> String {
    format!("{}/{}", key.kind, key.id)
}

/// A reference to a person.
pub fn practitioner(person: &Person) -> Value {
    person.reference()
}

/// A reference to the patient.
pub fn patient(case: &Case) -> Value {
    json!({"reference": format!("Patient/{}", case.patient), "display": case.patient_name})
}

fn based_on(case: &Case) -> Value {
    json!([{"reference": reference(&request_key(&case.id))}])
}

/// Sets an element of a resource.
pub fn set(body: &mut Value, element: &str, value: Value) {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(element.to_owned(), value);
    }
}

/// A resource of the case, ready to be committed.
pub fn put(key: ResourceKey, subject: &PatientId, body: Value) -> NewFact {
    scenario::put(SCENARIO, key, subject, body)
}

/// The answers, with who or what each comes from.
pub fn answers(
    case: &Case,
    answers: &Answers,
    by: &Person,
    at: Timestamp,
    is_final: bool,
) -> NewFact {
    let body = json!({
        "questionnaire": "urn:yuanyi:questionnaire:nodule-risk",
        "basedOn": based_on(case),
        "status": if is_final { "completed" } else { "in-progress" },
        "subject": patient(case),
        "authored": at,
        "author": practitioner(by),
        "item": knowledge::questionnaire::items(answers),
    });
    put(answers_key(&case.id), &case.patient, body)
}

/// A vote: sealed while others have yet to vote, else open.
pub fn vote(
    case: &Case,
    place: usize,
    content: &str,
    is_open: bool,
    at: Timestamp,
) -> Option<NewFact> {
    let body = json!({
        "extension": [{"url": VOTE_URI, "valueString": content}],
        "status": if is_open { "completed" } else { "in-progress" },
        "description": if is_open { "Vote" } else { "Vote, sealed until all have voted" },
        "subject": patient(case),
        "date": at,
        "assessor": practitioner(case.people.get(place)?),
    });
    Some(put(vote_key(&case.id, place), &case.patient, body))
}

/// What a model says. Without a number it has no prediction, and a note that names what is missing.
pub fn risk(case: &Case, assessment: &Assessment, at: Timestamp) -> NewFact {
    let written = serde_json::to_string(assessment).unwrap_or_default();
    let mut body = json!({
        "extension": [{"url": knowledge::RECOMMENDATION_URI, "valueString": written}],
        "basedOn": {"reference": reference(&request_key(&case.id))},
        "status": "final",
        "method": {"text": format!("{} (version {})", assessment.title.en, assessment.version)},
        "subject": patient(case),
        "occurrenceDateTime": at,
        "basis": [{"reference": reference(&answers_key(&case.id))}],
        "mitigation": assessment.notice.en,
        "note": [{"text": format!("{}. {}", assessment.citation, assessment.interval.en)}],
    });
    match &assessment.result {
        Assessed::Assessed { value } => {
            set(
                &mut body,
                "prediction",
                json!([{
                    "outcome": {"text": "Malignancy of the pulmonary nodule"},
                    "probabilityDecimal": value * 100.0,
                }]),
            );
        }
        Assessed::NotAssessable { missing } => {
            let missing: Vec<&str> = missing
                .iter()
                .map(|missing| missing.input.as_str())
                .collect();
            let text = format!("Not assessable: {}", missing.join(", "));
            set(
                &mut body,
                "note",
                json!([{"text": text}, {"text": assessment.citation}]),
            );
        }
    }
    put(risk_key(&case.id, &assessment.model), &case.patient, body)
}

/// What a guideline says: its advice with the rule that led to it, or why it says nothing.
pub fn guidance(case: &Case, said: &Recommendation, at: Timestamp) -> NewFact {
    let mut body = said.guidance_response();
    set(&mut body, "subject", patient(case));
    set(&mut body, "occurrenceDateTime", json!(at));
    set(&mut body, "reasonReference", based_on(case));
    put(guidance_key(&case.id, &said.guideline), &case.patient, body)
}

/// The joint report: what was decided, who decided it, and who dissents.
pub fn report(case: &Case, conclusion: &str, at: Timestamp) -> NewFact {
    let people: Vec<Value> = case
        .voters()
        .map(|(_, person)| practitioner(person))
        .collect();
    let body = json!({
        "basedOn": based_on(case),
        "status": "final",
        "code": {"text": "Human-computer MDT report on a pulmonary nodule"},
        "subject": patient(case),
        "effectiveDateTime": at,
        "issued": at,
        "performer": people.clone(),
        "resultsInterpreter": people,
        "conclusion": conclusion,
    });
    put(report_key(&case.id), &case.patient, body)
}
