use std::collections::BTreeSet;

use serde_json::Value;
use vocabulary::PatientId;

use crate::{definitions, index::referred};

/// Whom a resource is about, by the rules of the patient compartment; `None` where it names no patient, or
/// several.
pub fn patient_of(resource: &Value) -> Option<PatientId> {
    let patients = patients_of(resource);
    let mut patients = patients.into_iter();
    match (patients.next(), patients.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// All patients that a resource is about. `subject` and `patient` come before those who only took part.
pub(crate) fn patients_of(resource: &Value) -> BTreeSet<PatientId> {
    let kind = resource
        .get("resourceType")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match kind {
        "Patient" => {
            let id = resource.get("id").and_then(Value::as_str);
            id.and_then(|id| PatientId::new(id).ok())
                .into_iter()
                .collect()
        }
        "Bundle" => {
            let entries = resource.get("entry").and_then(Value::as_array);
            let resources = entries
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.get("resource"));
            resources.flat_map(patients_of).collect()
        }
        _ => {
            let compartment = definitions::compartment(kind).into_iter().flatten();
            ["patient", "subject"]
                .into_iter()
                .chain(compartment.map(String::as_str))
                .map(|parameter| referred_patients(kind, parameter, resource))
                .find(|patients| !patients.is_empty())
                .unwrap_or_default()
        }
    }
}

fn referred_patients(kind: &str, parameter: &str, resource: &Value) -> BTreeSet<PatientId> {
    referred(kind, parameter, resource)
        .into_iter()
        .filter(|(kind, _)| *kind == "Patient")
        .filter_map(|(_, id)| PatientId::new(id).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_subject_comes_before_the_author() {
        let subject = |body: Value| patient_of(&body).map(|id| id.to_string());
        let patient = |id: &str| json!({"reference": format!("Patient/{id}")});
        for (body, expect) in [
            (json!({"resourceType": "Patient", "id": "p"}), Some("p")),
            (
                json!({"resourceType": "Condition", "subject": patient("p"), "asserter": patient("q")}),
                Some("p"),
            ),
            (
                json!({"resourceType": "DocumentReference", "subject": {"reference": "Group/g"}, "author": [patient("q")]}),
                Some("q"),
            ),
            (
                json!({"resourceType": "Device", "patient": patient("p")}),
                Some("p"),
            ),
            (json!({"resourceType": "Organization", "id": "o"}), None),
            (
                json!({"resourceType": "Claim", "patient": {"reference": "https://x.org/fhir/Patient/p"}}),
                Some("p"),
            ),
            (
                json!({"resourceType": "Task", "for": patient("p"), "focus": patient("q")}),
                Some("p"),
            ),
            (
                json!({"resourceType": "Group", "member": [{"entity": patient("p")}, {"entity": patient("q")}]}),
                None,
            ),
            (
                json!({"resourceType": "Provenance", "target": [{"reference": "Plan/1"}, patient("p")]}),
                Some("p"),
            ),
            (
                json!({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "p"}}]}),
                Some("p"),
            ),
            (
                json!({"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}}),
                None,
            ),
            (json!(3), None),
        ] {
            assert_eq!(subject(body.clone()).as_deref(), expect, "{body}");
        }
    }
}
