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

/// What stands of the readings of `p` about a moment: as they are read, and as they are drawn.
fn standing(hospital: &Hospital, at: Timestamp) -> [Vec<f64>; 2] {
    let get = |path: &str| {
        let (status, body) = hospital.send("wang.nurse", "GET", path, &Value::Null);
        assert_eq!(status, 200, "{body}");
        body
    };
    let rows = get("/api/patients/p/signals");
    let Some(series) = rows[0]["series"].as_str() else {
        return [vec![], vec![]];
    };
    let (from, to) = (at.0 - 1000, at.0 + 1000);
    let span = format!("/api/patients/p/signals/{series}?from={from}&to={to}");
    let is_superseded = |reading: &&Value| {
        let marks = reading["marks"].as_array();
        marks.is_some_and(|marks| marks.iter().any(|mark| mark["code"] == "superseded"))
    };
    let read = get(&format!("{span}&readings=99"));
    let read = read["readings"].as_array().unwrap().iter();
    let drawn = get(&format!("{span}&points=10"));
    let drawn = drawn["buckets"].as_array().unwrap().iter();
    [
        read.filter(|reading| !is_superseded(reading))
            .map(|reading| reading["value"].as_f64().unwrap())
            .collect(),
        drawn.map(|bucket| bucket[3].as_f64().unwrap()).collect(),
    ]
}

#[test]
fn a_reading_goes_with_the_observation_that_it_was_made_of() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    hospital.admit_patient();
    register(&hospital, "ox-p", "p");
    let at = now();
    let path = "/fhir/Observation/o";
    let says = |status: &str, value: f64| {
        let body = json!({
            "resourceType": "Observation", "id": "o", "status": status,
            "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
            "subject": {"reference": "Patient/p"}, "device": {"reference": "Device/ox-p"},
            "effectiveDateTime": at,
            "valueQuantity": {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
        });
        let (status, body) = hospital.send("importer", "PUT", path, &body);
        assert!([200, 201].contains(&status), "{body}");
    };
    let stands = |expected: &[f64]| {
        let begun = Instant::now();
        loop {
            let found = standing(&hospital, at);
            if found.iter().all(|found| found == expected) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "{found:?}");
            sleep(Duration::from_millis(100));
        }
    };
    says("final", 96.0);
    stands(&[96.0]);
    says("entered-in-error", 96.0);
    stands(&[]);
    says("final", 96.0);
    stands(&[96.0]);
    says("corrected", 93.0);
    stands(&[93.0]);
    let (status, body) = hospital.send("importer", "DELETE", path, &Value::Null);
    assert_eq!(status, 204, "{body}");
    stands(&[]);
    hospital.kill();
}

/// A ward with two beds; `p` lies in the first, whom `wang.nurse` treats, and `q` in the second, whom nobody does.
fn furnish(hospital: &Hospital) {
    hospital.admit_patient();
    let place = |id: &str, kind: &str, within: Option<&str>| {
        let system = "http://terminology.hl7.org/CodeSystem/location-physical-type";
        let mut body = json!({
            "resourceType": "Location", "id": id, "status": "active", "name": id,
            "physicalType": {"coding": [{"system": system, "code": kind}]},
        });
        if let Some(within) = within {
            body["partOf"] = json!({"reference": format!("Location/{within}")});
        }
        body
    };
    for resource in [
        json!({"resourceType": "Patient", "id": "q"}),
        place("w", "wa", None),
        place("b1", "bd", Some("w")),
        place("b2", "bd", Some("w")),
        stay("p", "b1", "in-progress"),
        stay("q", "b2", "in-progress"),
    ] {
        assert_eq!(hospital.put("importer", &resource), 201, "{resource}");
    }
}

fn stay(patient: &str, bed: &str, status: &str) -> Value {
    json!({
        "resourceType": "Encounter", "id": format!("stay-{patient}"), "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": format!("Patient/{patient}")},
        "location": [{"location": {"reference": format!("Location/{bed}")}, "status": "active"}],
    })
}

/// How devices belong to a bed, once that is as expected.
fn ties(hospital: &Hospital, bed: usize, expected: &Value) {
    let begun = Instant::now();
    loop {
        let (status, ward) = hospital.send("wang.nurse", "GET", "/api/wards/w", &Value::Null);
        assert_eq!(status, 200, "{ward}");
        let devices = ward["beds"][bed]["devices"].as_array().unwrap().iter();
        let found: Value = devices.map(|one| json!([one["id"], one["tie"]])).collect();
        if found == *expected {
            return;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{found}");
        sleep(Duration::from_millis(200));
    }
}

#[test]
fn who_treats_whoever_lies_there_connects_a_device_at_a_bed() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    for (id, of, place) in [
        ("mon-1", Some("p"), "b1"),
        ("mon-2", Some("q"), "b2"),
        ("free", None, "w"),
    ] {
        let device = json!({"profile": "bedside-monitor", "patient": of, "location": place});
        let (status, body) = hospital.send("admin", "PUT", &format!("/api/devices/{id}"), &device);
        assert_eq!(
            (status, &body["left_behind"]),
            (200, &json!(false)),
            "{body}"
        );
    }
    let at = |who: &str, method: &str, bed: &str, device: &str, body: Value| {
        let path = format!("/api/wards/w/beds/{bed}/devices/{device}");
        hospital.send(who, method, &path, &body).0
    };
    ties(&hospital, 0, &json!([["mon-1", "connected"]]));
    // Who does not treat them, whom one does not mean, and what measures another.
    for (who, method, bed, device, body, expected) in [
        ("chen.expert", "PUT", "b1", "free", json!({}), 403),
        ("admin", "PUT", "b1", "free", json!({}), 403),
        ("wang.nurse", "PUT", "b2", "free", json!({}), 403),
        (
            "wang.nurse",
            "PUT",
            "b1",
            "free",
            json!({"patient": "q"}),
            409,
        ),
        (
            "wang.nurse",
            "PUT",
            "b1",
            "mon-2",
            json!({"patient": "p"}),
            409,
        ),
        ("wang.nurse", "DELETE", "b1", "mon-2", json!(null), 409),
        ("wang.nurse", "PUT", "b1", "none", json!({}), 404),
        ("wang.nurse", "PUT", "b3", "free", json!({}), 404),
    ] {
        assert_eq!(
            at(who, method, bed, device, body),
            expected,
            "{who} {method} {bed} {device}"
        );
    }
    let (status, found) = hospital.send(
        "wang.nurse",
        "GET",
        "/api/wards/w/beds/b1/devices",
        &Value::Null,
    );
    assert_eq!(status, 200, "{found}");
    assert_eq!(found["free"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&found["free"][0]["id"], &found["free"][0]["place"]),
        (&json!("free"), &json!("w"))
    );
    assert_eq!(
        at("wang.nurse", "PUT", "b1", "free", json!({"patient": "p"})),
        204
    );
    ties(
        &hospital,
        0,
        &json!([["free", "connected"], ["mon-1", "connected"]]),
    );
    // `p` goes home: the devices are left behind, and go to nobody who lies there until somebody says so.
    assert_eq!(hospital.put("importer", &stay("p", "b1", "finished")), 200);
    ties(
        &hospital,
        0,
        &json!([["free", "of-another"], ["mon-1", "of-another"]]),
    );
    let (_, row) = hospital.send("admin", "GET", "/api/devices/mon-1", &Value::Null);
    assert_eq!(row["left_behind"], true);
    assert_eq!(at("wang.nurse", "PUT", "b1", "mon-1", json!({})), 409);
    assert_eq!(at("wang.nurse", "DELETE", "b1", "mon-1", json!(null)), 204);
    ties(&hospital, 0, &json!([["free", "of-another"]]));
    let (_, device) = hospital.send("importer", "GET", "/fhir/Device/mon-1", &Value::Null);
    assert_eq!(
        (&device["patient"], &device["location"]),
        (&Value::Null, &json!({"reference": "Location/w"}))
    );
    let said = json!({
        "url": "urn:yuanyi:device-connected-by",
        "valueReference": {"reference": "Practitioner/wang.nurse"},
    });
    assert!(
        device["extension"].as_array().unwrap().contains(&said),
        "{device}"
    );
    hospital.kill();
}

#[test]
fn a_device_that_was_out_of_service_comes_back_as_nobodys_with_a_new_token() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let device = json!({"profile": "bedside-monitor", "patient": "p", "location": "b1"});
    let path = "/api/devices/mon-1";
    assert_eq!(hospital.send("admin", "PUT", path, &device).0, 200);
    let reinstate = |who: &str| {
        let path = format!("{path}/reinstate");
        hospital.send(who, "POST", &path, &json!({}))
    };
    assert_eq!(reinstate("admin").0, 409, "it is in service");
    let (status, ended) = hospital.send("admin", "DELETE", path, &Value::Null);
    assert_eq!(status, 200, "{ended}");
    // Until it is put back it has no access and is what it is, however it is asked for.
    let nothing = json!({});
    for (method, at, body) in [
        ("PUT", "", &device),
        ("POST", "/token", &nothing),
        ("POST", "/certificate", &nothing),
    ] {
        let (status, refused) = hospital.send("admin", method, &format!("{path}{at}"), body);
        let why = refused["detail"].as_str().unwrap_or_default();
        assert_eq!(status, 409, "{method} {at} {refused}");
        assert!(why.ends_with("put it back into service first"), "{why}");
    }
    // Who may not is told what.
    for (method, at, body, what) in [
        ("POST", "/reinstate", &nothing, "look after devices"),
        ("POST", "/token", &nothing, "look after devices"),
        ("PUT", "", &device, "say whose a device is"),
    ] {
        let (status, refused) = hospital.send("wang.nurse", method, &format!("{path}{at}"), body);
        let why = refused["detail"].as_str().unwrap_or_default();
        assert_eq!(status, 403, "{method} {at} {refused}");
        assert!(why.contains(&format!("You cannot {what}")), "{why}");
    }
    let (status, made) = reinstate("admin");
    assert_eq!(status, 200, "{made}");
    assert!(
        made["token"]
            .as_str()
            .is_some_and(|token| !token.is_empty())
    );
    assert_eq!(reinstate("admin").0, 409, "it is done");
    let (_, row) = hospital.send("admin", "GET", path, &Value::Null);
    assert_eq!(
        (&row["active"], &row["credentials"], &row["location"]),
        (&json!(true), &json!(1), &Value::Null)
    );
    let (_, now) = hospital.send("importer", "GET", "/fhir/Device/mon-1", &Value::Null);
    assert_eq!(
        (&now["status"], &now["patient"], &now["location"]),
        (&json!("active"), &Value::Null, &Value::Null)
    );
    assert_eq!(now["meta"]["versionId"], "3", "its history goes on: {now}");
    let acts = "/fhir/AuditEvent?subtype=urn:yuanyi:device-act%7Creinstate&_summary=count";
    let (_, noted) = hospital.send("importer", "GET", acts, &Value::Null);
    assert_eq!(noted["total"], 1, "{noted}");
    // Whose it is, is said anew: who treats whoever lies there connects it.
    ties(&hospital, 0, &json!([]));
    let bed = "/api/wards/w/beds/b1/devices/mon-1";
    let whom = json!({"patient": "p"});
    assert_eq!(hospital.send("wang.nurse", "PUT", bed, &whom).0, 204);
    ties(&hospital, 0, &json!([["mon-1", "connected"]]));
    hospital.kill();
}
