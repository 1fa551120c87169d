//! The programme's facts as FHIR R4 resources: their ids, which all begin with the programme's own, and what
//! they have in common.

use record::{NewFact, ResourceKey};
pub use scenario::text;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use vocabulary::{PatientId, Text};

use crate::programme::{Person, Programme};

/// The scenario's id, by which its facts are tagged.
pub const SCENARIO: &str = "screening";
/// Marks the `CarePlan`s of the programme.
pub const PROGRAMME_URI: &str = "urn:yuanyi:scenario:screening:pnapp5a";
/// The coding system of the category by which the programme's plans are found.
pub const CATEGORY: &str = "urn:yuanyi:scenario";
/// What a fact says in the scenario's own words, beside the elements of FHIR.
pub const OWN_URI: &str = "urn:yuanyi:screening";
/// What a model or guideline said, with its trace.
pub const ASSESSMENT_URI: &str = "urn:yuanyi:assessment";

fn key(kind: &str, id: String) -> ResourceKey {
    ResourceKey {
        kind: kind.to_owned(),
        id,
    }
}

pub fn plan_key(programme: &str) -> ResourceKey {
    key("CarePlan", programme.to_owned())
}

pub fn answers_key(programme: &str) -> ResourceKey {
    key("QuestionnaireResponse", format!("{programme}-answers"))
}

pub fn risk_key(programme: &str, model: &str) -> ResourceKey {
    key("RiskAssessment", format!("{programme}-{model}"))
}

pub fn guidance_key(programme: &str, guideline: &str) -> ResourceKey {
    key("GuidanceResponse", format!("{programme}-{guideline}"))
}

pub fn dependence_key(programme: &str) -> ResourceKey {
    key("Observation", format!("{programme}-ftnd"))
}

pub fn pack_years_key(programme: &str) -> ResourceKey {
    key("Observation", format!("{programme}-pack-years"))
}

pub fn advice_key(programme: &str) -> ResourceKey {
    key("Communication", format!("{programme}-advice"))
}

pub fn teaching_key(programme: &str) -> ResourceKey {
    key("Communication", format!("{programme}-teaching"))
}

pub fn order_key(programme: &str, n: usize) -> ResourceKey {
    key("ServiceRequest", format!("{programme}-order-{n}"))
}

pub fn visit_key(programme: &str, n: usize) -> ResourceKey {
    key("Appointment", format!("{programme}-visit-{n}"))
}

pub fn referral_key(programme: &str) -> ResourceKey {
    key("ServiceRequest", format!("{programme}-referral"))
}

pub fn letter_key(programme: &str) -> ResourceKey {
    key("Composition", format!("{programme}-letter"))
}

/// Where a deviation stands; `place` is a step of the programme, or `order-3`.
pub fn deviation_key(programme: &str, place: &str) -> ResourceKey {
    key(
        "ClinicalImpression",
        format!("{programme}-deviation-{place}"),
    )
}

pub fn signature_key(programme: &str) -> ResourceKey {
    key("Provenance", format!("{programme}-sign"))
}

/// `Type/id`.
pub fn reference(key: &ResourceKey) -> String {
    format!("{}/{}", key.kind, key.id)
}

/// A FHIR reference to a fact of the programme.
pub fn refer(key: &ResourceKey) -> Value {
    json!({"reference": reference(key)})
}

/// A reference to a person.
pub fn practitioner(person: &Person) -> Value {
    person.reference()
}

/// A reference to the patient.
pub fn patient(programme: &Programme) -> Value {
    json!({
        "reference": format!("Patient/{}", programme.patient),
        "display": programme.patient_name,
    })
}

/// Sets an element of a resource.
pub fn set(body: &mut Value, element: &str, value: Value) {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(element.to_owned(), value);
    }
}

/// A resource of the programme, ready to be committed.
pub fn put(key: ResourceKey, subject: &PatientId, body: Value) -> NewFact {
    scenario::put(SCENARIO, key, subject, body)
}

/// An extension that holds a value of the scenario's own as JSON.
pub fn own(url: &str, value: &impl Serialize) -> Value {
    let written = serde_json::to_string(value).unwrap_or_default();
    json!([{"url": url, "valueString": written}])
}

/// Reads a value of the scenario's own again.
pub fn read_own<T: DeserializeOwned>(body: &Value, url: &str) -> Option<T> {
    let extensions = body.get("extension")?.as_array()?;
    let ours = extensions
        .iter()
        .find(|one| one.get("url").and_then(Value::as_str) == Some(url))?;
    serde_json::from_str(ours.get("valueString")?.as_str()?).ok()
}

/// Both languages, as resources that have one text only hold them: Chinese, then English.
pub fn both(text: &Text) -> String {
    format!("{}\n{}", text.zh, text.en)
}
