//! What the demo hospital adds to its patients: the house, its people, who cares for whom, who comes with whom, and
//! answers.

use anyhow::Result;
use serde_json::{Value, json};

use crate::patients::{AORTA, AT_HOME, NODULE, Patient, find};

/// Marks what was invented for the demo and is in no original.
const DEMO_TAG: (&str, &str) = ("https://demo.yuanyi.example/tags", "demo");

/// Whom the nurse helps to care for; the terminal's doctor cares for all of the county clinic's patients.
const COUNTY_CLINIC: &[&str] = &[NODULE, AORTA, "YY100003", "YY100004", "YY100005", AT_HOME];
const WITH_NURSE: &[&str] = &[NODULE, AORTA, "YY100003"];

/// The transaction. To be sent after the patients'.
pub fn bundle(patients: &[Patient]) -> Result<Value> {
    let mut resources = vec![
        organization(
            "yuanyi-demo-hospital",
            "Yuanyi Demo Hospital",
            "元医示范医院",
        ),
        organization("county-clinic", "County Clinic (demo)", "县医院（示范）"),
        practitioner("chen.expert", "Chen", "Yu", "female", "陈瑜"),
        practitioner("li.terminal", "Li", "Jian", "male", "李健"),
        practitioner("wang.nurse", "Wang", "Fang", "female", "王芳"),
        role(
            "chen.expert",
            "yuanyi-demo-hospital",
            ("doctor", "Doctor"),
            "Expert of the cloud hospital",
        ),
        role(
            "li.terminal",
            "county-clinic",
            ("doctor", "Doctor"),
            "Doctor at the terminal",
        ),
        role(
            "wang.nurse",
            "county-clinic",
            ("nurse", "Nurse"),
            "Nurse at the terminal",
        ),
    ];
    for patient in patients
        .iter()
        .filter(|patient| COUNTY_CLINIC.contains(&patient.mrn))
    {
        resources.push(care_team(patient));
    }
    resources.push(relative(find(patients, AT_HOME)?));
    resources.extend(answers(&find(patients, NODULE)?.id));
    let entries: Vec<Value> = resources.into_iter().map(entry).collect();
    Ok(json!({"resourceType": "Bundle", "type": "transaction", "entry": entries}))
}

/// A resource with the demo's mark, as an entry that can be sent again without harm.
fn entry(mut resource: Value) -> Value {
    let url = format!(
        "{}/{}",
        resource["resourceType"].as_str().unwrap_or_default(),
        resource["id"].as_str().unwrap_or_default()
    );
    let (system, code) = DEMO_TAG;
    resource["meta"] =
        json!({"tag": [{"system": system, "code": code, "display": "Invented for the demo"}]});
    json!({"resource": resource, "request": {"method": "PUT", "url": url}})
}

fn organization(id: &str, en: &str, zh: &str) -> Value {
    json!({
        "resourceType": "Organization",
        "id": id,
        "active": true,
        "type": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/organization-type",
            "code": "prov",
            "display": "Healthcare Provider"
        }]}],
        "name": en,
        "alias": [zh]
    })
}

fn practitioner(id: &str, family: &str, given: &str, gender: &str, zh: &str) -> Value {
    json!({
        "resourceType": "Practitioner",
        "id": id,
        "identifier": [{"system": "https://demo.yuanyi.example/account", "value": id}],
        "active": true,
        "name": [
            {"use": "official", "family": family, "given": [given], "text": format!("{given} {family}")},
            {"use": "usual", "text": zh}
        ],
        "gender": gender,
        "qualification": [{
            "code": {"coding": [{
                "system": "urn:yuanyi:licence", "code": "virtual-room",
                "display": "Licence to practise in virtual rooms"
            }]},
            "period": {"start": "2025-01-01"}
        }]
    })
}

fn role(who: &str, organization: &str, (code, display): (&str, &str), text: &str) -> Value {
    json!({
        "resourceType": "PractitionerRole",
        "id": format!("role-{who}"),
        "active": true,
        "practitioner": {"reference": format!("Practitioner/{who}")},
        "organization": {"reference": format!("Organization/{organization}")},
        "code": [{
            "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/practitioner-role",
                "code": code,
                "display": display
            }],
            "text": text
        }]
    })
}

/// Who cares for a patient. The cloud expert is in no team: a consultation lets them in.
fn care_team(patient: &Patient) -> Value {
    let member = |who: &str, code: &str, display: &str| {
        json!({
            "role": [{"coding": [{
                "system": "http://snomed.info/sct", "code": code, "display": display
            }]}],
            "member": {"reference": format!("Practitioner/{who}")},
            "onBehalfOf": {"reference": "Organization/county-clinic"}
        })
    };
    let mut participants = vec![member("li.terminal", "158965000", "Medical practitioner")];
    if WITH_NURSE.contains(&patient.mrn) {
        participants.push(member("wang.nurse", "106292003", "Professional nurse"));
    }
    json!({
        "resourceType": "CareTeam",
        "id": format!("care-{}", patient.mrn.to_lowercase()),
        "status": "active",
        "name": "County clinic",
        "subject": {"reference": format!("Patient/{}", patient.id)},
        "participant": participants,
        "managingOrganization": [{"reference": "Organization/county-clinic"}]
    })
}

/// Who comes into rooms with the patient at home: the account is named here, and sees nothing of the record by it.
fn relative(patient: &Patient) -> Value {
    json!({
        "resourceType": "RelatedPerson",
        "id": "wu.relative",
        "identifier": [{"system": "urn:yuanyi:account", "value": "wu.relative"}],
        "active": true,
        "patient": {"reference": format!("Patient/{}", patient.id)},
        "relationship": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
            "code": "SPS",
            "display": "spouse"
        }]}],
        "name": [
            {"use": "official", "family": "Ma", "given": ["Li"], "text": "Li Ma"},
            {"use": "usual", "text": "马丽"}
        ],
        "gender": "female"
    })
}

/// What the nodule patient answered when they came for the scan. Risk models ask for it.
fn answers(patient: &str) -> Vec<Value> {
    const WHEN: &str = "2020-06-08T09:10:00+00:00";
    let note =
        "Invented for the demo. The generated history of this patient says otherwise or nothing.";
    let answer = |id: &str, code: Value, value: (&str, Value)| {
        let mut observation = json!({
            "resourceType": "Observation",
            "id": id,
            "status": "final",
            "category": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": "social-history",
                "display": "Social History"
            }]}],
            "code": code,
            "subject": {"reference": format!("Patient/{patient}")},
            "effectiveDateTime": WHEN,
            "issued": WHEN,
            "performer": [{"reference": "Practitioner/wang.nurse"}],
            "note": [{"text": note}]
        });
        observation[value.0] = value.1;
        observation
    };
    let loinc = |code: &str, display: &str| {
        json!({
            "coding": [{"system": "http://loinc.org", "code": code, "display": display}],
            "text": display
        })
    };
    let snomed = |code: &str, display: &str| {
        json!({
            "coding": [{"system": "http://snomed.info/sct", "code": code, "display": display}],
            "text": display
        })
    };
    vec![
        answer(
            "demo-smoking-status",
            loinc("72166-2", "Tobacco smoking status"),
            ("valueCodeableConcept", snomed("8517006", "Ex-smoker")),
        ),
        answer(
            "demo-pack-years",
            loinc(
                "8664-5",
                "Cigarettes smoked total (pack per year) - Reported",
            ),
            (
                "valueQuantity",
                json!({
                    "value": 25, "unit": "pack-years",
                    "system": "http://unitsofmeasure.org", "code": "{PackYears}"
                }),
            ),
        ),
        json!({
            "resourceType": "FamilyMemberHistory",
            "id": "demo-family-history",
            "status": "completed",
            "patient": {"reference": format!("Patient/{patient}")},
            "date": WHEN,
            "relationship": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
                "code": "FTH",
                "display": "father"
            }]},
            "condition": [{"code": snomed("363358000", "Malignant tumor of lung")}],
            "note": [{"text": note}]
        }),
    ]
}
