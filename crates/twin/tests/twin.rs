//! What is known carries its source; what is unknown says why and is never a no or a zero.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use jiff::civil::{Date, date};
use knowledge::{AnswerValue, lasting_inputs};
use serde_json::{Value, json};
use twin::{Facts, Lesion, PatientTwin, Study, TwinAnswer};
use vocabulary::Text;

const TODAY: Date = date(2026, 9, 21);

fn patient() -> Value {
    json!({"resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "1961-03-04",
           "name": [{"family": "赵", "given": ["敏"]}],
           "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": "M-7"}]})
}

fn smoking(id: &str, at: &str, status: &str, code: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": status, "effectiveDateTime": at,
           "code": {"coding": [{"system": "http://loinc.org", "code": "72166-2"}]},
           "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": "shown"}]}})
}

fn lesion(id: &str, long_axis_mm: f64) -> Lesion {
    Lesion {
        series: "1.2.3".into(),
        id: id.into(),
        label: Text::new("病灶", "Lesion"),
        source: "mask".into(),
        centre_lps_mm: [0.0; 3],
        volume_mm3: 1.0,
        long_axis_mm,
        short_axis_mm: 1.0,
        mean_diameter_mm: 1.0,
    }
}

fn make(patient: &Value, resources: &[Value], lesions: &[Lesion]) -> PatientTwin {
    let studies = [Study {
        uid: "1.2".into(),
        modality: "CT".into(),
        description: String::new(),
        date: "20260301".into(),
        series: vec![],
    }];
    PatientTwin::from_facts(&Facts {
        patient,
        resources,
        studies: &studies,
        lesions,
        today: TODAY,
    })
}

#[test]
fn an_empty_record_answers_nothing() {
    let twin = make(&json!({"resourceType": "Patient", "id": "p1"}), &[], &[]);
    assert_eq!(twin.answers.len(), lasting_inputs().count());
    for (input, answer) in &twin.answers {
        let TwinAnswer::Unknown(unknown) = answer else {
            panic!("{input} is known")
        };
        assert!(!unknown.why.zh.is_empty() && !unknown.why.en.is_empty());
    }
    assert!(twin.known_answers().is_empty());
    assert_eq!((twin.name, twin.age), (None, None));
    let shown = serde_json::to_value(make(&json!({"id": "p1"}), &[], &[])).unwrap();
    assert!(
        shown.get("age").is_none() && shown.get("sex").is_none(),
        "absent, not null"
    );
}

#[test]
fn what_is_known_carries_its_source() {
    let resources = [
        smoking("old", "2019-01-01T00:00:00Z", "final", "449868002"),
        smoking("new", "2025-01-01T00:00:00Z", "final", "8517006"),
        smoking(
            "wrong",
            "2026-01-01T00:00:00Z",
            "entered-in-error",
            "266919005",
        ),
        json!({"resourceType": "FamilyMemberHistory", "id": "f1", "date": "2024",
               "condition": [{"code": {"coding": [{"code": "C34.1", "display": "Lung cancer"}]}}]}),
        json!({"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "code": {"text": "MDT"}, "conclusion": "ok"}),
        json!({"resourceType": "DiagnosticReport", "id": "r2", "status": "preliminary", "code": {"text": "draft"}}),
    ];
    let twin = make(
        &patient(),
        &resources,
        &[lesion("a", 7.0), lesion("b", 9.26)],
    );
    let known = |input: &str| {
        let known = twin.answers[input]
            .known()
            .unwrap_or_else(|| panic!("{input}"));
        (known.value.clone(), known.source.reference.clone())
    };
    // Three days short of the birthday on the day of the scan.
    assert_eq!(
        known("age_years"),
        (AnswerValue::Number(64.0), "Patient/p1".into())
    );
    assert_eq!(twin.age, Some(65));
    assert_eq!(
        known("female"),
        (AnswerValue::YesNo(false), "Patient/p1".into())
    );
    assert_eq!(
        known("ever_smoker"),
        (AnswerValue::YesNo(true), "Observation/new".into())
    );
    assert_eq!(
        known("diameter_mm"),
        (AnswerValue::Number(9.3), "series/1.2.3".into())
    );
    assert_eq!(
        known("family_history_lung_cancer"),
        (AnswerValue::YesNo(true), "FamilyMemberHistory/f1".into())
    );
    assert_eq!(
        known("family_history_any_cancer").0,
        AnswerValue::YesNo(true)
    );
    assert!(
        twin.answers["years_since_quit"].known().is_none(),
        "stopped, and nobody wrote when"
    );
    let references: Vec<_> = twin.findings.iter().map(|f| f.reference.as_str()).collect();
    assert_eq!(references, ["DiagnosticReport/r1"]);
    assert_eq!(
        (twin.name.as_deref(), twin.mrn.as_deref()),
        (Some("赵敏"), Some("M-7"))
    );
}

#[test]
fn smoking_status_by_its_codes() {
    for (code, ever, quit) in [
        ("266919005", Some(false), Some(0.0)),
        ("LA18976-3", Some(true), Some(0.0)),
        ("LA15920-4", Some(true), None),
        ("266927001", None, None),
    ] {
        let twin = make(&patient(), &[smoking("o", "2025", "final", code)], &[]);
        let value = |input: &str| twin.answers[input].known().map(|known| known.value.clone());
        assert_eq!(value("ever_smoker"), ever.map(AnswerValue::YesNo), "{code}");
        assert_eq!(
            value("years_since_quit"),
            quit.map(AnswerValue::Number),
            "{code}"
        );
    }
}
