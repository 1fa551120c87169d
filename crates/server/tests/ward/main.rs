//! A ward over the doors of a running hospital: from what a nurse writes down to an alarm that is taken, planned
//! for and ended; whom it calls, what outsiders see, and that a crash loses none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../hospital/mod.rs"]
mod hospital;
mod tags;

use std::{
    path::Path,
    sync::{Arc, Barrier},
    thread::{scope, sleep},
    time::{Duration, Instant},
};

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

/// Every open page of whom an alarm calls says so, without a message gateway too, and no more than where it is taken.
fn pages_say(hospital: &Hospital, who: &str, rule: &str) {
    let alarm = alarm(hospital, who, rule).unwrap();
    let id = alarm["id"].as_str().unwrap();
    let place = format!("/scenarios/ward-twin/w#alarm-{id}");
    let call = until(|| {
        let calls = hospital.send(who, "GET", "/api/calls", &Value::Null).1;
        let mut calls = calls.as_array().unwrap().iter();
        calls.find(|one| one["path"] == place.as_str()).cloned()
    });
    let mut said: Vec<&String> = call.as_object().unwrap().keys().collect();
    said.sort_unstable();
    assert_eq!(said, ["id", "kind", "path", "priority", "since"]);
    assert_eq!(call["kind"], "alarm");
}

#[test]
fn who_comes_on_duty_is_called_and_who_goes_off_is_not() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let path = "/api/wards/w/duty";
    let ask = |who: &str| hospital.send(who, "GET", path, &Value::Null);
    let come = |who: &str, duty: &Value| hospital.send(who, "POST", path, duty).0;
    let go = |who: &str, whom: &str| {
        let path = format!("{path}/{whom}");
        hospital.send(who, "DELETE", &path, &Value::Null).0
    };
    let are_on = |people: &[&str]| {
        until(|| {
            let ward = ward(&hospital, "wang.nurse");
            let staff = ward["staff"].as_array().unwrap().iter();
            let mut on: Vec<&str> = staff.map(|one| one["id"].as_str().unwrap()).collect();
            on.sort_unstable();
            on.dedup();
            (on == people).then(|| ward["staff"].clone())
        })
    };
    are_on(&["li.terminal", "wang.nurse"]);

    // A nurse takes no doctor's duty, and sends off themselves alone.
    let (status, may) = ask("wang.nurse");
    assert_eq!(status, 200, "{may}");
    assert_eq!(may["take"], json!(["ward-nurse", "charge-nurse"]));
    assert_eq!(may["end"], json!(["wang.nurse"]));
    assert_eq!(ask("sun.manager").0, 403);
    let doctors = json!({"duty": "doctor-on-duty"});
    assert_eq!(come("wang.nurse", &doctors), 403);
    assert_eq!(go("wang.nurse", "li.terminal"), 403);

    // Who went off is not called, though the role in the record had no end.
    assert_eq!(go("wang.nurse", "wang.nurse"), 204);
    are_on(&["li.terminal"]);
    let low = json!({"consciousness": "U", "systolic_mmhg": 60});
    assert_eq!(see(&hospital, "wang.nurse", &low).0, 200);
    let calls = |whom: &str| {
        until(|| {
            let alarm = alarm(&hospital, "li.terminal", "systolic-low")?;
            let called = alarm["called"].as_array().unwrap();
            called
                .iter()
                .any(|one| one["id"] == whom)
                .then(|| alarm["called"].clone())
        })
    };
    let called = calls("li.terminal");
    assert_eq!(called.as_array().unwrap().len(), 1, "{called}");
    pages_say(&hospital, "li.terminal", "systolic-low");
    let others = hospital.send("wang.nurse", "GET", "/api/calls", &Value::Null);
    assert_eq!(others, (200, json!([])));
    let heard = |who: &str| hospital.send(who, "GET", "/api/alarms/sounding", &Value::Null);
    let (status, sounding) = heard("li.terminal");
    assert_eq!(status, 200, "{sounding}");
    assert!(
        !sounding["signalling"]["pulses"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(heard("wang.nurse").1["signalling"], Value::Null);
    assert_eq!(heard("sun.manager").0, 403);

    // Nobody comes for a bed of elsewhere, or until yesterday.
    let elsewhere = json!({"duty": "bed-nurse", "beds": ["nowhere"]});
    assert_eq!(come("wang.nurse", &elsewhere), 404);
    let over = json!({"duty": "bed-nurse", "until": "2026-01-01T00:00:00Z"});
    assert_eq!(come("wang.nurse", &over), 422);
    let at_bed = json!({"duty": "bed-nurse", "beds": ["b1"]});
    assert_eq!(come("wang.nurse", &at_bed), 204);
    calls("wang.nurse");
    assert_eq!(come("wang.nurse", &at_bed), 403);
    // It is the same role as before: its versions are the shifts.
    let role = "/fhir/PractitionerRole/duty-wang.nurse";
    let (status, role) = hospital.send("importer", "GET", role, &Value::Null);
    assert_eq!(status, 200, "{role}");
    assert!(role["period"]["start"].is_string() && role["period"]["end"].is_null());

    // Who is in charge sends off who forgot.
    assert_eq!(go("li.terminal", "wang.nurse"), 403);
    let in_charge = json!({"duty": "charge-nurse"});
    assert_eq!(come("li.terminal", &in_charge), 204);
    until(|| {
        let may = ask("li.terminal").1;
        (may["end"] == json!(["li.terminal", "wang.nurse"])).then_some(may)
    });
    assert_eq!(go("li.terminal", "wang.nurse"), 204);
    are_on(&["li.terminal"]);
    assert_eq!(go("li.terminal", "li.terminal"), 204);
    are_on(&[]);
}

#[test]
fn what_somebody_took_calls_again_once_their_role_is_set_inactive() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let low = json!({"consciousness": "U", "systolic_mmhg": 60});
    until(|| {
        let (status, seen) = see(&hospital, "wang.nurse", &low);
        (status == 200).then_some(seen)
    });
    let found = || alarm(&hospital, "li.terminal", "systolic-low");
    let raised = until(found);
    let take = json!({"act": "take"});
    assert_eq!(act(&hospital, "wang.nurse", &raised, &take).0, 200);
    assert_eq!(found().unwrap()["alarm"]["taken"]["by"], "wang.nurse");
    let mut role = duty("wang.nurse", &["bed-nurse"], "b1");
    role["active"] = json!(false);
    assert_eq!(hospital.put("importer", &role), 200);
    let since = Instant::now();
    until(|| {
        // By the reminder alone it would, too, after half an hour.
        assert!(since.elapsed() < Duration::from_mins(10), "it is held");
        found().filter(|one| one["alarm"]["taken"].is_null())
    });
}

#[test]
fn who_treats_says_who_lies_where() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    // Who lies in the first and in the second bed.
    let lie = |first: &Value, second: &Value| {
        until(|| {
            let ward = ward(&hospital, "wang.nurse");
            let [one, two] = [0_usize, 1].map(|bed| ward["beds"][bed]["patient"]["id"].clone());
            (one == *first && two == *second).then_some(ward)
        })
    };
    let (p, nobody) = (json!("p"), Value::Null);
    lie(&p, &nobody);
    let path = |bed: &str| format!("/api/wards/w/beds/{bed}/patient");
    let whom = json!({"patient": "p"});
    let put = |who: &str, bed: &str| hospital.send(who, "PUT", &path(bed), &whom).0;
    let delete = |who: &str, bed: &str| hospital.send(who, "DELETE", &path(bed), &Value::Null).0;

    // Not by who does not treat them, and not into a bed that is taken or is none.
    for who in ["chen.expert", "sun.manager"] {
        assert_eq!(put(who, "b2"), 403, "{who}");
        assert_eq!(delete(who, "b1"), 403, "{who}");
    }
    assert_eq!(put("wang.nurse", "b1"), 409);
    assert_eq!(put("wang.nurse", "b9"), 404);

    assert_eq!(put("wang.nurse", "b2"), 204);
    lie(&nobody, &p);
    assert_eq!(delete("wang.nurse", "b1"), 409);
    assert_eq!(delete("wang.nurse", "b2"), 204);
    lie(&nobody, &nobody);
    // It was one stay, in two beds, and is over.
    let stay = "/fhir/Encounter/stay";
    let (status, stay) = hospital.send("wang.nurse", "GET", stay, &Value::Null);
    assert_eq!((status, &stay["status"]), (200, &json!("finished")));
    let places = stay["location"].as_array().unwrap();
    assert_eq!(places.len(), 2);
    assert!(places.iter().all(|place| place["status"] == "completed"));

    // Who comes again comes for another stay.
    assert_eq!(put("wang.nurse", "b1"), 204);
    lie(&p, &nobody);
}

#[test]
fn of_two_who_are_put_into_a_bed_at_once_one_lies_there() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let other = json!({"resourceType": "Patient", "id": "q", "name": [{"text": "李伟"}]});
    let mut team = hospital::care_team("team-q", &["li.terminal", "wang.nurse"]);
    team["subject"]["reference"] = json!("Patient/q");
    for resource in [&other, &team] {
        assert_eq!(hospital.put("importer", resource), 201);
    }
    // Each time into another bed: who was later stays where they were.
    let beds: Vec<String> = (3..11).map(|n| format!("b{n}")).collect();
    for bed in &beds {
        let bed = location(bed, "bd", Some("r"));
        assert_eq!(hospital.put("importer", &bed), 201);
    }
    until(|| {
        let ward = ward(&hospital, "wang.nurse");
        (ward["beds"].as_array().unwrap().len() == 2 + beds.len()).then_some(ward)
    });
    let (nurse, doctor) = (hospital.token("wang.nurse"), hospital.token("li.terminal"));
    for bed in &beds {
        let path = format!("/api/wards/w/beds/{bed}/patient");
        let together = Barrier::new(2);
        let lie = |token: &str, patient: &str| {
            let whom = json!({"patient": patient});
            together.wait();
            hospital::send(&hospital.address, token, "PUT", &path, &whom).0
        };
        let mut answers = scope(|scope| {
            let one = scope.spawn(|| lie(&nurse, "p"));
            let other = lie(&doctor, "q");
            [one.join().unwrap(), other]
        });
        answers.sort_unstable();
        assert_eq!(answers, [204, 409], "{bed}");
    }
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
