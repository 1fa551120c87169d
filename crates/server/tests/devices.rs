//! A device of the patient's own over the doors of a running hospital: from an observation that names it to an answer
//! of the follow-up, and to the person who hears that the patient got worse.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{
    thread::sleep,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hospital::Hospital;
use serde_json::{Value, json};
use vocabulary::Timestamp;

const HERE: &str = "/api/scenarios/follow-up/courses";
const AT_HOME_MS: i64 = 8 * 3_600_000;

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_millis()).unwrap())
}

fn register(hospital: &Hospital, id: &str, patient: &str) {
    let device = json!({"profile": "pulse-oximeter", "patient": patient, "name": format!("Oximeter of {patient}")});
    let path = format!("/api/devices/{id}");
    let (status, body) = hospital.send("admin", "PUT", &path, &device);
    assert_eq!(status, 200, "{body}");
}

/// What somebody writes down of a device by FHIR.
fn observe(
    hospital: &Hospital,
    device: &str,
    patient: &str,
    (code, unit): (&str, &str),
    value: f64,
) {
    let body = json!({
        "resourceType": "Observation", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": format!("Patient/{patient}")},
        "device": {"reference": format!("Device/{device}")},
        "effectiveDateTime": now(),
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    });
    let (status, body) = hospital.send("importer", "POST", "/fhir/Observation", &body);
    assert_eq!(status, 201, "{body}");
}

fn see(hospital: &Hospital, id: &str) -> Value {
    let (status, body) = hospital.send("li.terminal", "GET", &format!("{HERE}/{id}"), &Value::Null);
    assert_eq!(status, 200, "{body}");
    body
}

/// Looks again and again until it is so; a minute at most.
fn within_a_minute(hospital: &Hospital, id: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let seen = see(hospital, id);
        if holds(&seen) {
            return seen;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{seen}");
        sleep(Duration::from_millis(500));
    }
}

fn sent(seen: &Value, name: &str) -> Vec<f64> {
    let reports = seen["reports"].as_array().unwrap().iter();
    let of_devices = reports.filter(|one| !one["device"].is_null());
    of_devices
        .filter_map(|one| one["answers"][name].as_f64())
        .collect()
}

#[test]
fn a_reading_answers_and_an_alert_reaches_the_named_person() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    hospital.admit_patient();
    let other = json!({"resourceType": "Patient", "id": "q", "name": [{"text": "Other"}]});
    assert_eq!(hospital.put("importer", &other), 201);
    let (status, course) = hospital.send(
        "li.terminal",
        "POST",
        HERE,
        &json!({"patient": "p", "plan": "copd"}),
    );
    assert_eq!(status, 201, "{course}");
    let id = course["id"].as_str().unwrap().to_owned();
    register(&hospital, "ox-p", "p");
    register(&hospital, "ox-q", "q");

    // What cannot be, what no question takes, and what another patient's device sent.
    observe(&hospital, "ox-p", "p", ("59408-5", "%"), 130.0);
    observe(&hospital, "ox-p", "p", ("59408-5", "%"), 20.0);
    observe(&hospital, "ox-q", "q", ("59408-5", "%"), 85.0);
    observe(&hospital, "ox-q", "p", ("59408-5", "%"), 84.0);
    // The pulse comes after these: once it is there, they were looked at.
    observe(&hospital, "ox-p", "p", ("8867-4", "/min"), 72.0);
    let seen = within_a_minute(&hospital, &id, |seen| {
        !sent(seen, "pulse_per_min").is_empty()
    });
    assert_eq!(sent(&seen, "pulse_per_min"), [72.0]);
    assert_eq!(sent(&seen, "spo2_percent"), [0.0; 0]);
    assert_eq!(seen["reports"][0]["by"], "Oximeter of p");

    // What was typed stays beside it; three signs together tell the doctor.
    let at = now();
    let day = Timestamp(at.0 + AT_HOME_MS).to_string()[..10].to_owned();
    let report = json!({"id": "typed00001", "at": at, "day": day, "answers": {"dyspnoea_vas": 7, "spo2_percent": 96}});
    let path = format!("{HERE}/{id}/reports");
    let (status, body) = hospital.send("li.terminal", "PUT", &path, &json!({"reports": [report]}));
    assert_eq!((status, &body["state"]), (200, &json!("unclear")), "{body}");
    observe(&hospital, "ox-p", "p", ("8867-4", "/min"), 112.0);
    observe(&hospital, "ox-p", "p", ("59408-5", "%"), 88.0);
    let seen = within_a_minute(&hospital, &id, |seen| seen["state"] == "alert");
    assert_eq!(sent(&seen, "spo2_percent"), [88.0]);
    let typed = seen["reports"].as_array().unwrap().iter();
    let typed: Vec<&Value> = typed.filter(|one| one["device"].is_null()).collect();
    assert_eq!(typed[0]["answers"]["spo2_percent"], 96.0);
    let (_, home) = hospital.send("li.terminal", "GET", "/api/home", &Value::Null);
    let mut waiting = home["waiting"].as_array().unwrap().iter();
    assert!(
        waiting.any(|one| one["kind"] == "alert" && one["id"] == json!(id)),
        "{home}"
    );
    hospital.kill();
}
