//! Who and what is where in the ward, by tags and by the names of rooms.

use super::*;

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
    // Who sees figures sees them counted, and nobody's account.
    let (status, counts) = get("sun.manager", "/api/security/counts");
    assert_eq!(status, 200, "{counts}");
    assert!(counts["refused"].as_u64().unwrap() >= 1, "{counts}");
    assert!(!counts.to_string().contains("chen.expert"), "{counts}");
    for who in ["admin", "wang.nurse"] {
        assert_eq!(get(who, "/api/security/counts").0, 403, "{who}");
    }

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
