//! A ward over the doors of a running hospital: from what a nurse writes down to an alarm that is taken, planned
//! for and ended; whom it calls, what outsiders see, and that a crash loses none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{path::Path, sync::Arc, thread::sleep, time::Duration};

use hospital::Hospital;
use record::{Arrived, Readings, Signals as _, StreamKey};
use serde_json::{Value, json};
use storage::{Embedded, EmbeddedSignals, SignalOptions, SystemClock};
use vocabulary::{Coding, DeviceId, PatientId, Timestamp};

fn location(id: &str, kind: &str, within: Option<&str>) -> Value {
    let mut body = json!({
        "resourceType": "Location", "id": id, "status": "active", "name": id,
        "physicalType": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/location-physical-type", "code": kind,
        }]},
    });
    if let Some(within) = within {
        body["partOf"] = json!({"reference": format!("Location/{within}")});
    }
    body
}

fn duty(who: &str, roles: &[&str], place: &str) -> Value {
    let code = |role: &&str| json!({"coding": [{"system": "urn:yuanyi:duty", "code": role}]});
    json!({
        "resourceType": "PractitionerRole", "id": format!("duty-{who}"), "active": true,
        "practitioner": {"reference": format!("Practitioner/{who}")},
        "code": roles.iter().map(code).collect::<Vec<_>>(),
        "location": [{"reference": format!("Location/{place}")}],
    })
}

/// A ward with two beds, patient `p` in the first.
fn furnish(hospital: &Hospital) {
    hospital.admit_patient();
    let stay = json!({
        "resourceType": "Encounter", "id": "stay", "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/p"},
        "location": [{"location": {"reference": "Location/b1"}, "status": "active"}],
    });
    for resource in [
        location("w", "wa", None),
        location("r", "ro", Some("w")),
        location("b1", "bd", Some("r")),
        location("b2", "bd", Some("r")),
        duty("wang.nurse", &["bed-nurse"], "b1"),
        duty("li.terminal", &["doctor-on-duty"], "w"),
        stay,
    ] {
        assert_eq!(hospital.put("importer", &resource), 201, "{resource}");
    }
}

fn ward(hospital: &Hospital, who: &str) -> Value {
    let (status, body) = hospital.send(who, "GET", "/api/wards/w", &Value::Null);
    assert_eq!(status, 200, "{body}");
    body
}

fn until(mut holds: impl FnMut() -> Option<Value>) -> Value {
    loop {
        if let Some(found) = holds() {
            return found;
        }
        sleep(Duration::from_millis(300));
    }
}

fn alarm(hospital: &Hospital, who: &str, rule: &str) -> Option<Value> {
    let ward = ward(hospital, who);
    let mut alarms = ward["alarms"].as_array().unwrap().iter();
    alarms.find(|one| one["alarm"]["rule"] == rule).cloned()
}

fn act(hospital: &Hospital, who: &str, alarm: &Value, act: &Value) -> (u16, Value) {
    let path = format!("/api/alarms/{}/act", alarm["id"].as_str().unwrap());
    hospital.send(who, "POST", &path, act)
}

fn see(hospital: &Hospital, who: &str, seen: &Value) -> (u16, Value) {
    hospital.send(who, "POST", "/api/wards/w/beds/b1/seen", seen)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one way, from its begin to its end")]
fn an_alarm_from_what_was_seen_until_it_is_ended() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let bed = until(|| {
        let ward = ward(&hospital, "wang.nurse");
        let bed = ward["beds"][0].clone();
        (bed["patient"]["id"] == "p").then_some(bed)
    });
    // Nothing was measured: the score says everything that is missing.
    assert_eq!(bed["news2"]["result"]["state"], "not-assessable");
    assert_eq!(
        bed["news2"]["result"]["missing"].as_array().unwrap().len(),
        8
    );

    // What cannot be is refused, and nothing of it is kept.
    for wrong in [
        json!({"spo2_percent": 98, "temperature_c": 370}),
        json!({"consciousness": "X"}),
        json!({"mood": "good"}),
    ] {
        assert_eq!(see(&hospital, "wang.nurse", &wrong).0, 422, "{wrong}");
    }
    assert_eq!(
        see(&hospital, "sun.manager", &json!({"on_oxygen": true})).0,
        403
    );

    let seen = json!({
        "consciousness": "V", "on_oxygen": true, "spo2_scale_2": false,
        "respiratory_rate_per_min": 26, "spo2_percent": 90, "systolic_mmhg": 95,
        "pulse_per_min": 118, "temperature_c": 38.6,
    });
    let (status, written) = see(&hospital, "wang.nurse", &seen);
    assert_eq!((status, &written["written"]), (200, &json!(8)));
    let high = until(|| alarm(&hospital, "wang.nurse", "news2-high"));
    assert_eq!(high["alarm"]["priority"], "high");
    assert_eq!(
        (&high["mine"], &high["calls"]),
        (&json!(true), &json!(true))
    );
    let called: Vec<&str> = high["called"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["id"].as_str().unwrap())
        .collect();
    assert_eq!(called, ["wang.nurse"]);
    // It leads to what was written down.
    let source = high["sources"]["spo2"]["device"].as_str().unwrap();
    let (status, observation) = hospital.send(
        "wang.nurse",
        "GET",
        &format!("/fhir/{source}"),
        &Value::Null,
    );
    assert_eq!(
        (status, &observation["valueQuantity"]["value"]),
        (200, &json!(90.0))
    );

    // A doctor of another ward sees that there is an alarm, but not whose.
    let ward_of_another = ward(&hospital, "chen.expert");
    assert_eq!(ward_of_another["beds"][0]["patient"], Value::Null);
    assert_eq!(ward_of_another["beds"][0]["occupied"], true);
    assert_eq!(ward_of_another["beds"][0]["vitals"], json!([]));
    // What signals are called says nothing of anybody.
    assert_eq!(ward_of_another["signals"]["systolic"]["unit"], "mm[Hg]");
    let theirs = alarm(&hospital, "chen.expert", "news2-high").unwrap();
    assert_eq!(theirs["alarm"]["patient"], Value::Null);
    let take = json!({"act": "take"});
    assert_eq!(act(&hospital, "chen.expert", &high, &take).0, 403);
    assert_eq!(act(&hospital, "sun.manager", &high, &take).0, 403);

    // Not ended by one who did not take it; not paused for ever.
    let close = json!({"act": "close", "outcome": "treated"});
    assert_eq!(act(&hospital, "wang.nurse", &high, &close).0, 409);
    assert_eq!(
        act(
            &hospital,
            "wang.nurse",
            &high,
            &json!({"act": "pause", "for_s": 9999})
        )
        .0,
        409
    );
    let (status, taken) = act(&hospital, "wang.nurse", &high, &take);
    assert_eq!(
        (status, &taken["alarm"]["taken"]["by"]),
        (200, &json!("wang.nurse"))
    );
    assert_eq!(taken["calls"], false);

    // The plan asks the doctor on duty, who comes.
    let plan = json!({"act": "start-plan", "plan": "emergency-response", "drill": true});
    let (status, planned) = act(&hospital, "wang.nurse", &high, &plan);
    assert_eq!((status, &planned["run"]["drill"]), (200, &json!(true)));
    let asked = alarm(&hospital, "li.terminal", "news2-high").unwrap();
    assert_eq!(asked["asked"], true);
    let path = format!("/api/alarms/{}", high["id"].as_str().unwrap());
    let answer = |who| {
        hospital.send(
            who,
            "POST",
            &format!("{path}/answer"),
            &json!({"accepts": true}),
        )
    };
    assert_eq!(answer("chen.expert").0, 404);
    let (status, comes) = answer("li.terminal");
    assert_eq!((status, &comes["asked"]), (200, &json!(false)));
    let step = |name: &str| {
        hospital.send(
            "wang.nurse",
            "POST",
            &format!("{path}/steps/{name}"),
            &json!({}),
        )
    };
    assert_eq!(step("at-bed").0, 200);
    assert_eq!(step("dance").0, 404);

    // The hospital crashes: what was acknowledged is there again.
    hospital.kill();
    let hospital = Hospital::open(data.path());
    let again = until(|| alarm(&hospital, "wang.nurse", "news2-high"));
    assert_eq!(again["alarm"]["taken"]["by"], "wang.nurse");
    assert_eq!(again["run"]["done"][0]["step"], "at-bed");
    assert_eq!(
        again["sent"].as_array().unwrap().len(),
        planned["sent"].as_array().unwrap().len()
    );
    let (status, ended) = act(&hospital, "wang.nurse", &high, &close);
    assert_eq!(
        (status, &ended["alarm"]["closed"]["outcome"]),
        (200, &json!("treated"))
    );
    assert_eq!(act(&hospital, "wang.nurse", &high, &take).0, 409);

    // Each step is a version of its fact.
    let id = high["id"].as_str().unwrap();
    let history = format!("/fhir/Flag/{id}/_history");
    let (status, versions) = hospital.send("wang.nurse", "GET", &history, &Value::Null);
    assert_eq!(status, 200);
    assert!(
        versions["entry"].as_array().unwrap().len() >= 6,
        "{versions}"
    );
    assert_eq!(versions["entry"][0]["resource"]["status"], "inactive");

    // Figures name nobody, and are not for everybody.
    let figures = |who| hospital.send(who, "GET", "/api/ward-figures", &Value::Null);
    let (status, body) = figures("sun.manager");
    assert_eq!(status, 200);
    assert_eq!(
        (&body[0]["beds"], &body[0]["occupied"]),
        (&json!(2), &json!(1))
    );
    assert!(body[0]["alarms"].as_u64().unwrap() >= 1);
    assert_eq!(figures("wang.nurse").0, 403);
}

#[test]
fn what_was_written_down_by_mistake_is_taken_back_and_holds_no_alarm() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    until(|| {
        let bed = ward(&hospital, "wang.nurse")["beds"][0].clone();
        (bed["patient"]["id"] == "p").then_some(bed)
    });
    let wrong = json!({"consciousness": "U", "systolic_mmhg": 60});
    assert_eq!(see(&hospital, "wang.nurse", &wrong).0, 200);
    for rule in ["consciousness-altered", "systolic-low"] {
        until(|| alarm(&hospital, "wang.nurse", rule));
    }
    let path = "/api/wards/w/beds/b1/seen";
    let list = |who| hospital.send(who, "GET", path, &Value::Null);
    let (status, entered) = list("wang.nurse");
    assert_eq!((status, entered.as_array().unwrap().len()), (200, 2));
    assert_eq!(entered[0]["by"], "wang.nurse");
    assert_eq!(list("chen.expert").0, 403);
    let of = |value: &str| {
        let mut all = entered.as_array().unwrap().iter();
        let found = all.find(|one| {
            one["said"][0]["value"]["en"]
                .as_str()
                .unwrap()
                .starts_with(value)
        });
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let take_back = |who, id: &str| {
        let path = format!("{path}/{id}");
        hospital.send(who, "DELETE", &path, &Value::Null).0
    };
    let unresponsive = of("U ·");
    assert_eq!(take_back("chen.expert", &unresponsive), 403);
    assert_eq!(take_back("wang.nurse", "no-such-entry"), 404);
    // Not who wrote it, but who treats as well.
    assert_eq!(take_back("li.terminal", &unresponsive), 204);
    assert_eq!(take_back("li.terminal", &unresponsive), 404);
    let observation = format!("/fhir/Observation/{unresponsive}");
    let (_, kept) = hospital.send("wang.nurse", "GET", &observation, &Value::Null);
    assert_eq!(kept["status"], "entered-in-error");
    // Another system deletes what it finds wrong.
    let low = format!("/fhir/Observation/{}", of("60"));
    let (status, _) = hospital.send("importer", "DELETE", &low, &Value::Null);
    assert!((200..300).contains(&status), "{status}");
    for rule in ["consciousness-altered", "systolic-low"] {
        until(|| {
            let found = alarm(&hospital, "wang.nurse", rule)?;
            (found["alarm"]["presence"]["state"] == "gone").then_some(found)
        });
    }
    assert_eq!(list("wang.nurse").1, json!([]));
    let bed = ward(&hospital, "wang.nurse")["beds"][0].clone();
    let missing = bed["news2"]["result"]["missing"].as_array().unwrap();
    assert_eq!(missing.len(), 8);
}

/// Pulse and saturation of patient `p`, one each ten seconds over two hours; the pulse is counted up.
#[tokio::main(flavor = "current_thread")]
async fn measure(data: &Path, until: Timestamp) {
    let clock = Arc::new(SystemClock);
    let indexer = Arc::new(fhir::SearchIndexer);
    let record = Embedded::open(data, indexer, clock.clone()).unwrap();
    let signals = EmbeddedSignals::open(Arc::new(record), clock, SignalOptions::default()).unwrap();
    let one = |stream: &str, code: &str, unit: &str, at: Timestamp, value: f64| Arrived {
        stream: StreamKey {
            device: DeviceId::new("monitor").unwrap(),
            stream: stream.to_owned(),
        },
        subject: Some(PatientId::new("p").unwrap()),
        coding: Coding::new("urn:iso:std:iso:11073:10101", code),
        unit: unit.to_owned(),
        readings: Readings::One { at, value },
        received: at,
        quality: vec![],
        message: None,
    };
    let mut all = Vec::new();
    for n in 0..720 {
        let at = Timestamp(until.0 - (719 - n) * 10_000);
        let value = 60.0 + f64::from(i32::try_from(n / 36).unwrap());
        all.push(one("pulse", "149530", "/min", at, value));
        all.push(one("spo2", "150456", "%", at, 97.0));
    }
    signals.append(all).await.unwrap();
    signals.seal().await.unwrap();
}

fn vital(bed: &Value, signal: &str) -> Option<f64> {
    let vitals = bed["vitals"].as_array().unwrap();
    let found = vitals.iter().find(|vital| vital["signal"] == signal)?;
    found["value"].as_f64()
}

fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}

#[test]
fn a_bed_has_its_hour_back_after_a_restart_and_any_hour_is_seen_as_it_was() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let furnished = now();
    hospital.kill();
    // The pulse at this moment is 78; it goes on a little after it, and is 79 then.
    measure(data.path(), Timestamp(furnished.0 + 400_000));
    let hospital = Hospital::open(data.path());

    // The line of the last hour is there before anything is measured again.
    let bed = until(|| {
        let bed = ward(&hospital, "wang.nurse")["beds"][0].clone();
        vital(&bed, "pulse").is_some().then_some(bed)
    });
    assert!(matches!(vital(&bed, "pulse"), Some(78.0 | 79.0)), "{bed}");
    let line = bed["lines"]["pulse"].as_array().unwrap();
    assert!(line.len() > 30, "{line:?}");
    assert_eq!(bed["sources"]["pulse"]["device"], "monitor");

    // The patient goes home, and another comes to the bed.
    let left = json!({
        "resourceType": "Encounter", "id": "stay", "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/p"},
        "location": [{"location": {"reference": "Location/b1"}, "status": "completed"}],
    });
    assert_eq!(hospital.put("importer", &left), 200);
    until(|| {
        let bed = ward(&hospital, "wang.nurse")["beds"][0].clone();
        (bed["occupied"] == false).then_some(bed)
    });

    let then = |who: &str, at: Timestamp| {
        let path = format!("/api/wards/w?at={at}");
        let (status, body) = hospital.send(who, "GET", &path, &Value::Null);
        (status, body)
    };
    // Before the patient went: who lay there, and what was measured by then.
    let (status, view) = then("wang.nurse", furnished);
    assert_eq!(status, 200, "{view}");
    let bed = &view["beds"][0];
    assert_eq!(bed["patient"]["id"], "p");
    assert_eq!(vital(bed, "pulse"), Some(78.0));
    assert_eq!(vital(bed, "spo2"), Some(97.0));
    assert!(bed["lines"]["pulse"].as_array().unwrap().len() > 30);
    // Before the record knew of any bed there was no ward to look at.
    assert_eq!(
        then("wang.nurse", Timestamp(furnished.0 - 3_600_000)).0,
        404
    );
    // Another who may not see the patient sees an occupied bed, then as now.
    let (status, view) = then("chen.expert", furnished);
    assert_eq!((status, &view["beds"][0]["patient"]), (200, &Value::Null));
    assert_eq!(view["beds"][0]["vitals"], json!([]));
}

/// A location with its outline on the floor, in metres.
fn drawn(id: &str, kind: &str, within: Option<&str>, outline: &str) -> Value {
    let mut body = location(id, kind, within);
    body["extension"] = json!([{"url": "urn:yuanyi:floor-outline", "valueString": outline}]);
    body
}

fn kit(id: &str, place: &str) -> Value {
    json!({
        "resourceType": "Device", "id": id, "status": "active",
        "deviceName": [{"name": id, "type": "user-friendly-name"}],
        "type": {"coding": [{"system": "urn:yuanyi:device-kind", "code": "resuscitation-trolley"}]},
        "location": {"reference": format!("Location/{place}")},
    })
}

#[tokio::main(flavor = "current_thread")]
async fn append(data: &Path, all: Vec<Arrived>) {
    let clock = Arc::new(SystemClock);
    let indexer = Arc::new(fhir::SearchIndexer);
    let record = Embedded::open(data, indexer, clock.clone()).unwrap();
    let signals = EmbeddedSignals::open(Arc::new(record), clock, SignalOptions::default()).unwrap();
    signals.append(all).await.unwrap();
}

/// A place that a tag named.
fn named(tag: &str, patient: Option<&str>, place: &str, at: Timestamp) -> Arrived {
    Arrived {
        stream: StreamKey {
            device: DeviceId::new(tag).unwrap(),
            stream: "place".to_owned(),
        },
        subject: patient.map(|id| PatientId::new(id).unwrap()),
        coding: Coding::new("urn:yuanyi:code", format!("tag-place:{place}")),
        unit: "1".to_owned(),
        readings: Readings::One { at, value: 1.0 },
        received: at,
        quality: vec![],
        message: None,
    }
}

/// Where tags are, each second of a minute that ends then; each goes half a metre along x at its end.
fn walk(data: &Path, until: Timestamp, tags: &[(&str, Option<&str>, [f64; 2])]) {
    let mut all = Vec::new();
    for (tag, patient, [x, y]) in tags {
        for second in 0..=60 {
            let at = Timestamp(until.0 - i64::from(60 - second) * 1000);
            let before = if second <= 58 { 0.5 } else { 0.0 };
            for (axis, value) in [("x", x - before), ("y", *y)] {
                all.push(Arrived {
                    stream: StreamKey {
                        device: DeviceId::new(*tag).unwrap(),
                        stream: axis.to_owned(),
                    },
                    subject: patient.map(|id| PatientId::new(id).unwrap()),
                    coding: Coding::new("urn:yuanyi:code", format!("tag-{axis}")),
                    unit: "m".to_owned(),
                    readings: Readings::One { at, value },
                    received: at,
                    quality: vec![],
                    message: None,
                });
            }
        }
    }
    append(data, all);
}

fn found<'a>(list: &'a Value, id: &str) -> &'a Value {
    let list = list.as_array().unwrap();
    list.iter().find(|one| one["id"] == id).unwrap()
}

/// Two rooms side by side, two trolleys, tags on one of them, on the nurse and on the patient.
fn furnish_with_tags(hospital: &Hospital) {
    furnish(hospital);
    for resource in [
        drawn("r", "ro", Some("w"), "0,0 6,0 6,5 0,5"),
        drawn("b1", "bd", Some("r"), "1,4"),
    ] {
        assert_eq!(hospital.put("importer", &resource), 200, "{resource}");
    }
    for resource in [
        drawn("r2", "ro", Some("w"), "6,0 12,0 12,5 6,5"),
        drawn("b3", "bd", Some("r2"), "11,4"),
        kit("kit-a", "r2"),
        kit("kit-b", "w"),
    ] {
        assert_eq!(hospital.put("importer", &resource), 201, "{resource}");
    }
    for (tag, carrier) in [
        ("tag-nurse", json!({"carrier": "Practitioner/wang.nurse"})),
        ("tag-kit", json!({"carrier": "Device/kit-b"})),
        ("tag-p", json!({"patient": "p"})),
    ] {
        let mut new = carrier;
        new["profile"] = json!("location-tag");
        let path = format!("/api/devices/{tag}");
        let (status, body) = hospital.send("admin", "PUT", &path, &new);
        assert!(status == 200 || status == 201, "{status} {body}");
    }
    let wrong = json!({"profile": "location-tag", "carrier": "Patient/p"});
    assert_eq!(
        hospital
            .send("admin", "PUT", "/api/devices/tag-x", &wrong)
            .0,
        400
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one way, from its begin to its end")]
fn who_and_what_is_where_and_is_sent_from_there() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish_with_tags(&hospital);
    hospital.kill();
    let moment = now();
    let tags = [
        ("tag-nurse", None, [8.0, 2.0]),
        ("tag-kit", None, [2.0, 3.0]),
        ("tag-p", Some("p"), [1.0, 4.0]),
    ];
    walk(data.path(), moment, &tags);
    let hospital = Hospital::open(data.path());
    let get = |who: &str, path: &str| hospital.send(who, "GET", path, &Value::Null);
    let command = |who: &str| {
        let (status, body) = get(who, "/api/wards/w/command");
        assert_eq!(status, 200, "{body}");
        body
    };
    // The places are read first, then where the tags were last.
    let view = until(|| {
        let (status, view) = get("wang.nurse", "/api/wards/w/command");
        let lists = ["people", "equipment", "patients"].iter();
        let all = lists.filter_map(|list| view[list].as_array()).flatten();
        let located = all.filter(|one| !one["position"].is_null()).count();
        (status == 200 && located == 3).then_some(view)
    });
    // By its tag the nurse is in the other room than the duty says; the trolley stands by its own tag too.
    let nurse = found(&view["people"], "wang.nurse");
    assert_eq!(nurse["position"]["floor_m"], json!([8.0, 2.0]));
    assert_eq!(nurse["room"], "r2");
    assert_eq!(found(&view["equipment"], "kit-b")["room"], "r");
    assert_eq!(found(&view["patients"], "p")["room"], "r");
    // Whose patient it is not sees no patient on the plan.
    assert_eq!(command("chen.expert")["patients"], json!([]));

    // Traces: one's own, a thing's, a patient's whom one may see; nobody else's.
    let trace = |who: &str, tag: &str| get(who, &format!("/api/tags/{tag}/trace?to={moment}"));
    let (status, walked) = trace("wang.nurse", "tag-nurse");
    assert_eq!(
        (status, walked["points"].as_array().unwrap().len()),
        (200, 61)
    );
    assert_eq!(walked["points"][0][1], json!(7.5));
    assert_eq!(trace("li.terminal", "tag-nurse").0, 403);
    assert_eq!(trace("li.terminal", "tag-kit").0, 200);
    assert_eq!(trace("wang.nurse", "tag-p").0, 200);
    assert_eq!(trace("chen.expert", "tag-p").0, 403);
    assert_eq!(trace("sun.manager", "tag-kit").0, 403);
    assert_eq!(get("li.terminal", "/api/devices/tag-nurse/streams").0, 404);

    // The nearest trolley by its tag is kept for the bed; the doctor is asked, declines nothing, and comes.
    let send = |who: &str, bed: &str, what: Value| {
        let body = json!({"bed": bed, "send": what});
        hospital.send(who, "POST", "/api/wards/w/missions", &body)
    };
    assert_eq!(send("wang.nurse", "b1", json!({"errand": {}})).0, 404);
    assert_eq!(
        send("sun.manager", "b1", json!({"drill": {"plan": "fall"}})).0,
        403
    );
    let errand =
        json!({"errand": {"role": "doctor-on-duty", "equipment": "resuscitation-trolley"}});
    let (status, view) = send("wang.nurse", "b1", errand);
    assert_eq!(status, 200, "{view}");
    let mission = view["missions"][0].clone();
    let offers = |view: &Value, n: usize| view["missions"][0]["sent"][n]["offers"].clone();
    assert_eq!(offers(&view, 0)[0]["to"], "li.terminal");
    assert_eq!(offers(&view, 0)[0]["state"], "offered");
    assert_eq!(offers(&view, 1)[0]["to"], "kit-b");
    assert_eq!(offers(&view, 1)[0]["state"], "accepted");
    let path = format!("/api/missions/{}/act", mission["id"].as_str().unwrap());
    let act = |who: &str, act: Value| hospital.send(who, "POST", &path, &act);
    let arrived = json!({"act": "arrived", "who": null});
    assert_eq!(act("li.terminal", arrived.clone()).0, 404);
    assert_eq!(
        act("wang.nurse", json!({"act": "answer", "accepts": true})).0,
        404
    );
    let (status, view) = act("li.terminal", json!({"act": "answer", "accepts": true}));
    assert_eq!(
        (status, &offers(&view, 0)[0]["state"]),
        (200, &json!("accepted"))
    );
    // Both are not free for another bed: there the other trolley is the nearest that is.
    assert_eq!(found(&view["people"], "li.terminal")["free"], false);
    let other = json!({"errand": {"equipment": "resuscitation-trolley"}});
    let (_, elsewhere) = send("wang.nurse", "b3", other);
    let second = elsewhere["missions"].as_array().unwrap();
    let second = second.iter().find(|one| one["bed"] == "b3").unwrap();
    assert_eq!(second["sent"][0]["offers"][0]["to"], "kit-a");
    let (status, _) = act("li.terminal", arrived);
    assert_eq!(status, 200);
    assert_eq!(
        act("wang.nurse", json!({"act": "arrived", "who": "kit-b"})).0,
        200
    );

    // An exercise needs no alarm, keeps nobody, and is listed with its plan once it was held.
    let (status, view) = send("wang.nurse", "b3", json!({"drill": {"plan": "fall"}}));
    assert_eq!(status, 200, "{view}");
    let drills = view["missions"].as_array().unwrap().iter();
    let drill = drills.clone().find(|one| !one["run"].is_null()).unwrap();
    assert_eq!(drill["run"]["drill"], true);
    let path = format!("/api/missions/{}/act", drill["id"].as_str().unwrap());
    let step = |name: &str| {
        let body = json!({"act": "step", "step": name});
        hospital.send("wang.nurse", "POST", &path, &body).0
    };
    assert_eq!((step("find"), step("dance")), (200, 404));
    // A crash keeps what is under way.
    hospital.kill();
    let hospital = Hospital::open(data.path());
    let again = until(|| {
        let (_, view) = hospital.send("wang.nurse", "GET", "/api/wards/w/command", &Value::Null);
        (view["missions"].as_array()?.len() == 3).then_some(view)
    });
    let again = again["missions"].as_array().unwrap().clone();
    let drill = again.iter().find(|one| !one["run"].is_null()).unwrap();
    assert_eq!(drill["run"]["done"][0]["step"], "find");
    let end = json!({"act": "end"});
    let (status, view) = hospital.send("wang.nurse", "POST", &path, &end);
    assert_eq!(
        (status, view["missions"].as_array().unwrap().len()),
        (200, 2)
    );
    assert_eq!(hospital.send("wang.nurse", "POST", &path, &end).0, 404);
    let (status, plans) = hospital.send("sun.manager", "GET", "/api/plans", &Value::Null);
    assert_eq!(status, 200);
    let held = plans["held"].as_array().unwrap();
    assert_eq!(held.len(), 1, "{plans}");
    assert_eq!(
        (&held[0]["done"], &held[0]["steps"]),
        (&json!(1), &json!(3))
    );
    assert!(!held[0]["ended"].is_null());
    let get = |who: &str, path: &str| hospital.send(who, "GET", path, &Value::Null);
    assert_eq!(get("admin", "/api/plans").0, 403);
    // Who administers sees accesses by account, and no patient.
    let (status, security) = get("admin", "/api/security");
    assert_eq!(status, 200, "{security}");
    let refused = &security["accounts"]["chen.expert"]["refused"];
    assert!(refused.as_u64().unwrap() >= 1, "{security}");
    assert!(!security.to_string().contains("Patient/"));
    assert_eq!(get("sun.manager", "/api/security").0, 403);

    // Week by week, from the record.
    let weeks =
        |who: &str| hospital.send(who, "GET", "/api/ward-figures/weeks?weeks=2", &Value::Null);
    let (status, body) = weeks("sun.manager");
    assert_eq!(
        (status, body[0]["weeks"].as_array().unwrap().len()),
        (200, 2)
    );
    assert!(body[0]["weeks"][1]["bed_days"].as_f64().unwrap() > 0.0);
    assert_eq!(body[0]["weeks"][0]["alarms_per_bed_day"], Value::Null);
    assert_eq!(weeks("wang.nurse").0, 403);
}

#[test]
fn a_thing_that_leaves_the_ward_is_told_and_the_past_knows_where_it_was() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish_with_tags(&hospital);
    let ward_drawn = drawn("w", "wa", None, "0,0 12,0 12,5 0,5");
    assert_eq!(hospital.put("importer", &ward_drawn), 200);
    // A past is asked for in which the ward was there already.
    sleep(Duration::from_secs(4));
    hospital.kill();
    let moment = now();
    // The patient is in bed; the trolley is four metres behind the wall, and so is the nurse.
    let tags = [
        ("tag-nurse", None, [16.0, 2.0]),
        ("tag-kit", None, [16.0, 2.0]),
        ("tag-p", Some("p"), [1.0, 4.0]),
    ];
    walk(data.path(), moment, &tags);
    let hospital = Hospital::open(data.path());
    let raised = until(|| alarm(&hospital, "wang.nurse", "thing-outside"));
    assert_eq!(raised["alarm"]["priority"], "low");
    assert_eq!(raised["alarm"]["needs_confirmation"], true);
    assert_eq!(raised["bed_name"], "kit-b");
    assert_eq!(raised["sources"]["thing-outside"]["device"], "tag-kit");
    let read = &raised["alarm"]["steps"][0]["read"][0];
    assert_eq!(read["value"], json!(4.0), "{raised}");
    // It goes to who is on duty on the ward, and is a fact about the ward.
    assert!(!raised["called"].as_array().unwrap().is_empty());
    let flag = format!("/fhir/Flag/{}", raised["id"].as_str().unwrap());
    let (status, flag) = hospital.send("wang.nurse", "GET", &flag, &Value::Null);
    assert_eq!(
        (status, &flag["subject"]["reference"]),
        (200, &json!("Location/w"))
    );
    // Neither the patient, who is in bed, nor the nurse raised one.
    let (_, view) = hospital.send("wang.nurse", "GET", "/api/wards/w/command", &Value::Null);
    let kit = found(&view["equipment"], "kit-b");
    assert_eq!(
        (&kit["outside"], &kit["alarm"]),
        (&json!(true), &json!("low"))
    );
    assert_eq!(kit["room"], Value::Null);
    assert_eq!(found(&view["patients"], "p")["outside"], false);
    let alarms = ward(&hospital, "wang.nurse")["alarms"].clone();
    assert_eq!(alarms.as_array().unwrap().len(), 1, "{alarms}");
    assert_eq!(
        act(&hospital, "li.terminal", &raised, &json!({"act": "take"})).0,
        200
    );

    // A result of the laboratory answers a score at the bed.
    let urea = json!({
        "resourceType": "Observation", "id": "urea", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "22664-7"}]},
        "subject": {"reference": "Patient/p"}, "effectiveDateTime": moment,
        "valueQuantity": {"value": 9.5, "unit": "mmol/L", "code": "mmol/L",
            "system": "http://unitsofmeasure.org"},
    });
    assert_eq!(hospital.put("importer", &urea), 201);
    let used = until(|| {
        let bed = ward(&hospital, "wang.nurse")["beds"][0].clone();
        let scores = bed["scores"].as_array()?.clone();
        let curb = scores.iter().find(|one| one["score"] == "curb-65")?;
        let inputs = curb["inputs"].as_array()?;
        inputs
            .iter()
            .find(|one| one["input"] == "urea_mmol_l")
            .cloned()
    });
    assert_eq!(used["value"], json!(9.5));
    assert_eq!(used["source"]["at"], json!(moment));

    // An errand, which ends; then the moment in between as it was.
    let body = json!({"bed": "b1", "send": {"errand": {"role": "doctor-on-duty"}}});
    let (status, begun) = hospital.send("wang.nurse", "POST", "/api/wards/w/missions", &body);
    assert_eq!(status, 200, "{begun}");
    let between = now();
    let mission = begun["missions"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/missions/{mission}/act");
    let (status, ended) = hospital.send("wang.nurse", "POST", &path, &json!({"act": "end"}));
    assert_eq!((status, &ended["missions"]), (200, &json!([])));
    let then = |who: &str, at: Timestamp| {
        let path = format!("/api/wards/w/command?at={at}");
        let (status, view) = hospital.send(who, "GET", &path, &Value::Null);
        assert_eq!(status, 200, "{view}");
        view
    };
    let view = then("wang.nurse", between);
    assert_eq!(view["missions"][0]["id"], json!(mission));
    assert_eq!(then("wang.nurse", moment)["missions"], json!([]));
    let before = Timestamp(moment.0 - 2_000);
    let view = then("wang.nurse", before);
    assert_eq!(
        found(&view["equipment"], "kit-b")["position"]["floor_m"],
        json!([15.5, 2.0])
    );
    assert_eq!(found(&view["patients"], "p")["room"], "r");
    // One's own tag of the past is shown, a colleague's is not.
    assert!(!found(&view["people"], "wang.nurse")["position"].is_null());
    let view = then("li.terminal", before);
    assert!(found(&view["people"], "wang.nurse")["position"].is_null());
    assert!(!found(&view["equipment"], "kit-b")["position"].is_null());
    assert_eq!(then("chen.expert", before)["patients"], json!([]));
}

#[test]
fn who_and_what_names_its_room_is_there_and_is_sent_from_there() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish_with_tags(&hospital);
    // Beside the ward, and not drawn.
    assert_eq!(
        hospital.put("importer", &location("lobby", "area", None)),
        201
    );
    hospital.kill();
    let moment = now();
    let ago = |seconds: i64| Timestamp(moment.0 - seconds * 1000);
    let said = vec![
        named("tag-kit", None, "r", ago(2)),
        named("tag-nurse", None, "r", ago(40)),
        named("tag-nurse", None, "r2", ago(2)),
        named("tag-p", Some("p"), "lobby", ago(2)),
    ];
    append(data.path(), said);
    let hospital = Hospital::open(data.path());
    let get = |who: &str, path: &str| hospital.send(who, "GET", path, &Value::Null).1;
    let view = until(|| {
        let view = get("wang.nurse", "/api/wards/w/command");
        let position = &view["patients"].as_array()?.first()?["position"];
        (!position.is_null()).then_some(view)
    });
    let nurse = found(&view["people"], "wang.nurse");
    assert_eq!(
        (&nurse["room"], &nurse["outside"]),
        (&json!("r2"), &json!(false))
    );
    // It is drawn in the middle of the room, and has its time.
    assert_eq!(
        nurse["position"],
        json!({"floor_m": [9.0, 2.5], "place": "r2", "at": ago(2), "uncertainty_m": null})
    );
    let patient = found(&view["patients"], "p");
    assert_eq!(
        (&patient["room"], &patient["outside"]),
        (&json!("lobby"), &json!(true))
    );
    let walked = get("wang.nurse", "/api/tags/tag-nurse/trace");
    let places = walked["places"].as_array().unwrap().iter();
    let places: Vec<_> = places.map(|one| (&one["id"], &one["at"])).collect();
    assert_eq!(
        places,
        [
            (&json!("r"), &json!(ago(40).0)),
            (&json!("r2"), &json!(ago(2).0))
        ]
    );
    // The trolley whose tag names the room of the bed goes before the one that is listed elsewhere.
    let body = json!({"bed": "b1", "send": {"errand": {"equipment": "resuscitation-trolley"}}});
    let (status, sent) = hospital.send("wang.nurse", "POST", "/api/wards/w/missions", &body);
    assert_eq!(status, 200, "{sent}");
    assert_eq!(sent["missions"][0]["sent"][0]["offers"][0]["to"], "kit-b");
}
