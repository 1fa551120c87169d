//! The twin over time, asked for over HTTP: two clocks, sources, and who may see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod hospital;

use hospital::{Hospital, refusal};
use serde_json::{Value, json};

fn weight(kg: f64, status: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": "weight", "status": status,
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs",
        }]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2025-05-01",
        "performer": [{"reference": "Practitioner/wang.nurse", "display": "王芳"}],
        "valueQuantity": {"value": kg, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    })
}

fn order(status: &str) -> Value {
    json!({
        "resourceType": "ServiceRequest", "id": "order", "status": status, "intent": "order",
        "code": {"text": "Follow-up CT"}, "subject": {"reference": "Patient/p"},
        "authoredOn": "2026-01-10",
        "occurrencePeriod": {"start": "2030-04-01", "end": "2030-06-01"},
    })
}

fn timeline(hospital: &Hospital, who: &str, asked: &str) -> (u16, Value) {
    let path = format!("/api/patients/p/timeline{asked}");
    hospital.send(who, "GET", &path, &Value::Null)
}

fn shown(hospital: &Hospital, asked: &str) -> Value {
    let (status, timeline) = timeline(hospital, "li.terminal", asked);
    assert_eq!(status, 200, "{timeline}");
    timeline
}

fn event<'a>(timeline: &'a Value, reference: &str) -> Option<&'a Value> {
    let events = timeline["events"].as_array().unwrap();
    events
        .iter()
        .find(|event| event["origin"]["reference"] == reference)
}

#[test]
fn a_timeline_shows_what_was_known_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(folder.path());
    hospital.admit_patient();
    assert_eq!(shown(&hospital, "")["events"], json!([]), "an empty record");

    assert_eq!(hospital.put("li.terminal", &weight(70.0, "final")), 201);
    let first = shown(&hospital, "");
    let entered = event(&first, "Observation/weight").unwrap().clone();
    assert_eq!(entered["title"], json!({"zh": "体重", "en": "Weight"}));
    assert_eq!(
        (&entered["lane"], &entered["parts"][0]["number"]),
        (&json!("vitals"), &json!(70.0))
    );
    let origin = &entered["origin"];
    assert_eq!(
        (&origin["by"], &origin["entered_by"], &origin["version"]),
        (&json!("王芳"), &json!("li.terminal"), &json!(1))
    );
    // The number of its entry leads to the bytes that the ledger proves.
    let proved = format!("/api/ledger/entry/{}", origin["sequence"]);
    let (status, entry) = hospital.send("li.terminal", "GET", &proved, &Value::Null);
    assert_eq!(
        (status, &entry["fact"]["body"]["resource"]["key"]["id"]),
        (200, &json!("weight"))
    );

    let recorded = origin["recorded"].as_str().unwrap();
    assert_eq!(hospital.put("li.terminal", &weight(71.0, "corrected")), 200);
    let number = |asked: &str| {
        let timeline = shown(&hospital, asked);
        event(&timeline, "Observation/weight").map(|event| event["parts"][0]["number"].clone())
    };
    assert_eq!(number(""), Some(json!(71.0)));
    assert_eq!(number(&format!("?recorded={recorded}")), Some(json!(70.0)));
    assert_eq!(
        number("?recorded=2025-06-01"),
        None,
        "nobody had entered it"
    );
    assert_eq!(number("?at=2025-05-01"), Some(json!(71.0)));
    assert_eq!(number("?at=2025-04-30"), None, "nobody had weighed");
    assert_eq!(number("?from=2025-06-01"), None);
    assert_eq!(
        shown(&hospital, "?at=2025-04-30")["span"],
        json!(["2025-05-01", "2025-05-01"])
    );

    // What is planned lies where it is due, also when it is asked for by a span of days.
    assert_eq!(hospital.put("li.terminal", &order("active")), 201);
    let due = |asked: &str| {
        let timeline = shown(&hospital, asked);
        event(&timeline, "ServiceRequest/order").map(|event| event["due"]["state"].clone())
    };
    assert_eq!(due(""), Some(json!("planned")));
    assert_eq!(
        due("?from=2030-03-01&to=2030-05-01"),
        Some(json!("planned"))
    );
    assert_eq!(due("?at=2030-05-01"), Some(json!("due")));
    assert_eq!(due("?at=2030-07-01"), Some(json!("overdue")));
    assert_eq!(due("?at=2026-01-09"), None, "nobody had ordered it");
}

#[test]
fn a_timeline_is_for_who_may_read_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(folder.path());
    hospital.admit_patient();
    assert_eq!(hospital.put("li.terminal", &weight(70.0, "final")), 201);
    assert_eq!(timeline(&hospital, "wang.nurse", "").0, 200);
    for who in ["chen.expert", "admin"] {
        let (status, answer) = timeline(&hospital, who, "");
        assert_eq!(status, 403, "{who}");
        assert!(
            !answer.to_string().contains("29463-7") && answer.get("events").is_none(),
            "{answer}"
        );
    }
    assert_eq!(hospital.put("importer", &refusal("no", "wang.nurse")), 201);
    assert_eq!(timeline(&hospital, "wang.nurse", "").0, 403);
    for odd in ["?at=yesterday", "?recorded=2025-13-01", "?since=2025"] {
        assert_eq!(timeline(&hospital, "li.terminal", odd).0, 400, "{odd}");
    }
}
