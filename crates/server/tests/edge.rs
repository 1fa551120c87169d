//! The cloud's side of an edge, over its doors: what an edge is handed and may say, what becomes of its alarms, and what
//! is asked of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{
    collections::BTreeMap,
    thread::sleep,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use alarms::{
    Act, Alarm, Board, Change, Changed, Dispatch, Outcome, Place, escalation, ward_rules,
};
use hospital::{Hospital, send};
use serde_json::{Value, json};
use vocabulary::Timestamp;

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

fn stay(id: &str, patient: &str, bed: &str, status: &str) -> Value {
    json!({
        "resourceType": "Encounter", "id": id, "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": format!("Patient/{patient}")},
        "location": [{"location": {"reference": format!("Location/{bed}")}, "status": "active"}],
    })
}

/// Two wards with a bed each; `p` lies in that of the edge, `q` in the other.
fn furnish(hospital: &Hospital) {
    hospital.admit_patient();
    let duty = json!({
        "resourceType": "PractitionerRole", "id": "duty", "active": true,
        "practitioner": {"reference": "Practitioner/wang.nurse"},
        "code": [{"coding": [{"system": "urn:yuanyi:duty", "code": "bed-nurse"}]}],
        "location": [{"reference": "Location/b1"}],
    });
    for resource in [
        json!({"resourceType": "Patient", "id": "q", "telecom": [{"value": "13800000000"}]}),
        location("w", "wa", None),
        location("b1", "bd", Some("w")),
        location("other", "wa", None),
        location("b2", "bd", Some("other")),
        duty,
        stay("stay", "p", "b1", "in-progress"),
        stay("stay-2", "q", "b2", "in-progress"),
    ] {
        assert_eq!(hospital.put("importer", &resource), 201, "{resource}");
    }
    for (device, patient, bed) in [("mon-1", "p", "b1"), ("mon-2", "q", "b2")] {
        let new = json!({"profile": "bedside-monitor", "patient": patient, "location": bed});
        let path = format!("/api/devices/{device}");
        assert_eq!(hospital.send("admin", "PUT", &path, &new).0, 200);
        let token = hospital.send("admin", "POST", &format!("{path}/token"), &Value::Null);
        assert_eq!(token.0, 200);
    }
}

/// An edge of the hospital.
struct Edge<'a> {
    hospital: &'a Hospital,
    token: String,
}

impl Edge<'_> {
    fn line(&self, up: &Value) -> (u16, Value) {
        send(
            &self.hospital.address,
            &self.token,
            "POST",
            "/api/edge/line",
            up,
        )
    }

    /// Tells alarms; why which are refused.
    fn tell(&self, told: &[Value]) -> Vec<(u64, String)> {
        let body = zstd::encode_all(&*serde_json::to_vec(told).unwrap(), 3).unwrap();
        let url = format!("http://{}/api/edge/alarms", self.hospital.address);
        let mut answer = ureq::post(url)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/zstd")
            .send(&body[..])
            .unwrap();
        let said = answer.body_mut().read_to_string().unwrap();
        let said: Value = serde_json::from_str(&said).unwrap();
        let refused = said["refused"].as_array().unwrap().iter();
        refused
            .map(|one| {
                (
                    one["index"].as_u64().unwrap(),
                    one["why"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    }
}

/// An alarm of a bed, and what a nurse of the edge does with it, one version for each step.
fn versions(bed: &str, patient: &str, acts: &[Act]) -> Vec<Alarm> {
    let mut board = Board::new(escalation().clone());
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let at = Timestamp(i64::try_from(since.as_millis()).unwrap() - 60_000);
    let began = Change {
        at,
        rule: "no-heart-beat".to_owned(),
        changed: Changed::Began { read: vec![] },
    };
    let id = board
        .apply(bed, Some(patient), &began, &ward_rules(), at)
        .unwrap();
    let mut all = vec![board.alarm(&id).unwrap().clone()];
    for (number, act) in acts.iter().enumerate() {
        let at = Timestamp(at.0 + 1000 * (i64::try_from(number).unwrap() + 1));
        board.act(&id, act.clone(), "edge.nurse", at).unwrap();
        all.push(board.alarm(&id).unwrap().clone());
    }
    all
}

fn told(alarm: &Alarm, sequence: u64) -> Value {
    json!({"sequence": sequence, "kept": {"alarm": alarm}})
}

fn shown(hospital: &Hospital) -> Vec<Value> {
    let (status, ward) = hospital.send("wang.nurse", "GET", "/api/wards/w", &Value::Null);
    assert_eq!(status, 200, "{ward}");
    ward["alarms"].as_array().unwrap().clone()
}

fn until<T>(mut holds: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = holds() {
            return found;
        }
        assert!(
            since.elapsed() < Duration::from_mins(1),
            "it did not come about"
        );
        sleep(Duration::from_millis(200));
    }
}

/// Waits until the ward is known as it was furnished.
fn settled(hospital: &Hospital) {
    until(|| {
        let lies = hospital
            .send("wang.nurse", "GET", "/api/wards/w", &Value::Null)
            .1;
        (lies["beds"][0]["occupied"] == true).then_some(())
    });
}

fn flags(hospital: &Hospital) -> u64 {
    let found = hospital.send("importer", "GET", "/fhir/Flag?_summary=count", &Value::Null);
    found.1["total"].as_u64().unwrap()
}

fn register(hospital: &Hospital) -> Edge<'_> {
    let new = json!({"locations": ["w"]});
    assert_eq!(
        hospital
            .send("wang.nurse", "PUT", "/api/edges/edge-1", &new)
            .0,
        403
    );
    let nowhere = json!({"locations": ["nowhere"]});
    assert_eq!(
        hospital
            .send("admin", "PUT", "/api/edges/edge-1", &nowhere)
            .0,
        400
    );
    // Nobody's account becomes an edge.
    assert_eq!(
        hospital
            .send("admin", "PUT", "/api/edges/wang.nurse", &new)
            .0,
        400
    );
    let (status, put) = hospital.send("admin", "PUT", "/api/edges/edge-1", &new);
    assert_eq!(status, 200, "{put}");
    let token = put["token"].as_str().unwrap().to_owned();
    Edge { hospital, token }
}

#[test]
fn an_edge_is_handed_what_belongs_to_it_and_no_more() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let edge = register(&hospital);
    let (status, down) = edge.line(&json!({}));
    assert_eq!(status, 200, "{down}");
    let registry = &down["registry"];
    let resources = registry["resources"].as_array().unwrap();
    let keys: Vec<String> = resources
        .iter()
        .map(|one| {
            format!(
                "{}/{}",
                one["key"]["kind"].as_str().unwrap(),
                one["key"]["id"].as_str().unwrap()
            )
        })
        .collect();
    let expected = [
        "CareTeam/team",
        "Device/mon-1",
        "Encounter/stay",
        "Location/b1",
        "Location/w",
        "Patient/p",
        "PractitionerRole/duty",
    ];
    assert_eq!(keys, expected);
    let credentials = registry["credentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 1);
    assert_eq!(credentials[0]["device"], "mon-1");
    // Who treats there, with a hash and not with a password; nobody else's.
    let people = registry["people"].as_array().unwrap();
    assert_eq!((people.len(), &people[0]["id"]), (1, &json!("wang.nurse")));
    assert!(
        people[0]["password"]
            .as_str()
            .unwrap()
            .starts_with("$argon2id$")
    );
    // The same again says nothing new, and takes its time; a change is told at once or soon.
    let revision = &down["revision"];
    let unchanged = || edge.line(&json!({"revision": revision})).1["registry"].is_null();
    // The first hears that it was registered just now.
    assert!(unchanged());
    let since = Instant::now();
    assert!(unchanged() && since.elapsed() > Duration::from_secs(4));
    let gone = stay("stay", "p", "b1", "finished");
    assert_eq!(hospital.put("importer", &gone), 200);
    let down = until(|| {
        let down = edge.line(&json!({"revision": "of before"})).1;
        let text = down["registry"].to_string();
        (!text.contains("\"stay\"") && !text.contains("\"Patient\"")).then_some(down)
    });
    assert!(down["registry"]["resources"].as_array().unwrap().len() >= 2);

    // Its token opens nothing else.
    for path in [
        "/api/session",
        "/api/wards",
        "/api/devices",
        "/api/edges",
        "/fhir/Patient/p",
        "/fhir/Flag",
    ] {
        let (status, said) = send(&hospital.address, &edge.token, "GET", path, &Value::Null);
        assert_eq!(status, 403, "{path}: {said}");
    }
    // And nobody else's opens the line.
    for who in ["importer", "admin", "wang.nurse"] {
        assert_eq!(
            hospital.send(who, "POST", "/api/edge/line", &json!({})).0,
            403,
            "{who}"
        );
    }
    assert_eq!(
        hospital
            .send("admin", "DELETE", "/api/edges/edge-1", &Value::Null)
            .0,
        200
    );
    assert_eq!(edge.line(&json!({})).0, 401);
}

#[test]
fn what_is_written_down_here_about_who_lies_in_its_beds_is_handed_to_an_edge() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let edge = register(&hospital);
    settled(&hospital);
    let observed = |id: &str, patient: &str, code: &Value, value: &Value, minute: u32| {
        let mut body = json!({
            "resourceType": "Observation", "id": id, "status": "final", "code": {"coding": [code]},
            "subject": {"reference": format!("Patient/{patient}")},
            "effectiveDateTime": format!("2026-01-01T08:{minute:02}:00Z"),
            "note": [{"text": "told in confidence"}],
        });
        let of = value.as_object().unwrap();
        body.as_object_mut().unwrap().extend(of.clone());
        body
    };
    let scale = json!({"system": "urn:yuanyi:input", "code": "spo2_scale_2"});
    let urea = json!({"system": "http://loinc.org", "code": "22664-7"});
    let yes = json!({"valueBoolean": true});
    let result = json!({"valueQuantity": {
        "value": 9.1, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L",
    }});
    for body in [
        observed("order", "p", &scale, &yes, 0),
        observed("of-another-ward", "q", &scale, &yes, 0),
        observed("urea", "p", &urea, &result, 0),
    ] {
        assert_eq!(hospital.put("importer", &body), 201, "{body}");
    }
    let handed_to = |maintained: Value| {
        let up = json!({"revision": "of before", "maintained": maintained});
        let all = edge.line(&up).1["registry"]["resources"]
            .as_array()?
            .clone();
        let written = all
            .into_iter()
            .filter(|one| one["key"]["kind"] == "Observation");
        let by_id = written.map(|one| (one["key"]["id"].as_str().unwrap().to_owned(), one));
        Some(by_id.collect::<BTreeMap<_, _>>())
    };
    let handed = || handed_to(json!({"fetching": []}));
    let ids = |wanted: &[&str]| until(|| handed().filter(|all| all.keys().eq(wanted)));
    let all = ids(&["order", "urea"]);
    assert_eq!(all["order"]["subject"], "p");
    let body = &all["urea"]["body"];
    assert_eq!(body["valueQuantity"], result["valueQuantity"]);
    assert!(
        body.get("note").is_none(),
        "no more than the watch needs: {body}"
    );
    // An edge of before would take it for what was written down there.
    assert!(handed_to(json!({})).unwrap().is_empty());
    // The newest answer of a question is enough; one that was entered in error is none.
    let later = observed("order-2", "p", &scale, &json!({"valueBoolean": false}), 5);
    assert_eq!(hospital.put("importer", &later), 201);
    ids(&["order-2", "urea"]);
    let mut wrong = observed("urea", "p", &urea, &result, 0);
    wrong["status"] = json!("entered-in-error");
    assert_eq!(hospital.put("importer", &wrong), 200);
    until(|| handed().filter(|all| !all.contains_key("urea")));
}

#[test]
fn an_alarm_of_an_edge_is_one_alarm_whatever_comes_twice_or_late() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let edge = register(&hospital);
    settled(&hospital);
    let acts = [
        Act::Take,
        Act::Pause { for_s: 60 },
        Act::Close {
            outcome: Outcome::Treated,
        },
    ];
    let [raised, taken, paused, closed] = versions("b1", "p", &acts).try_into().unwrap();
    let foreign = versions("b2", "q", &[]);
    // Of another ward nothing is taken; what is taken is there at once.
    let refused = edge.tell(&[told(&foreign[0], 3), told(&raised, 5), told(&taken, 8)]);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].0, 0);
    let open = shown(&hospital);
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["alarm"], json!(taken));
    let id = open[0]["id"].as_str().unwrap().to_owned();
    // What comes again, or late, changes nothing.
    assert!(edge.tell(&[told(&raised, 5), told(&taken, 8)]).is_empty());
    assert_eq!(shown(&hospital)[0]["alarm"], json!(taken));
    assert_eq!(flags(&hospital), 1);

    // Without anybody at the other end nothing is done.
    let path = format!("/api/alarms/{id}/act");
    let pause = json!({"act": "pause", "for_s": 60});
    assert_eq!(hospital.send("wang.nurse", "POST", &path, &pause).0, 503);
    assert!(
        edge.line(&json!({})).1["asked"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(shown(&hospital)[0]["alarm"], json!(taken));

    // What is asked is asked of the edge, in the name of who asks; its answer is the answer.
    let ask = |answer: &dyn Fn(&str) -> Value| {
        std::thread::scope(|scope| {
            let asks = scope.spawn(|| hospital.send("wang.nurse", "POST", &path, &pause));
            let asked = until(|| {
                let down = edge.line(&json!({})).1;
                down["asked"].as_array()?.first().cloned()
            });
            assert_eq!(
                (&asked["by"], &asked["alarm"]),
                (&json!("wang.nurse"), &json!(id))
            );
            let done = json!({"done": [answer(asked["id"].as_str().unwrap())]});
            assert_eq!(edge.line(&done).0, 200);
            asks.join().unwrap()
        })
    };
    let (status, said) =
        ask(&|asked| json!({"id": asked, "result": {"Err": {"why": "not-yours"}}}));
    assert_eq!(status, 409, "{said}");
    assert!(said["detail"].as_str().unwrap().contains("somebody else"));
    assert!(edge.tell(&[told(&paused, 9)]).is_empty());
    let (status, said) = ask(&|asked| json!({"id": asked, "result": {"Ok": {"alarm": paused}}}));
    assert_eq!((status, &said["alarm"]), (200, &json!(paused)), "{said}");

    // A crash of the cloud changes nothing of that, and neither clock nor rules do.
    let token = edge.token.clone();
    hospital.kill();
    let hospital = Hospital::open(data.path());
    let edge = Edge {
        hospital: &hospital,
        token,
    };
    sleep(Duration::from_secs(3));
    assert_eq!(shown(&hospital)[0]["alarm"], json!(paused));
    assert!(edge.tell(&[told(&closed, 12), told(&raised, 5)]).is_empty());
    assert!(shown(&hospital).is_empty());
    let (status, last) = hospital.send(
        "wang.nurse",
        "GET",
        &format!("/api/alarms/{id}"),
        &Value::Null,
    );
    assert_eq!((status, &last["alarm"]), (200, &json!(closed)), "{last}");
    assert_eq!(flags(&hospital), 1);
}

#[test]
fn what_an_ended_edge_left_open_is_led_here_from_then_on() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let edge = register(&hospital);
    settled(&hospital);
    let left = &versions("b1", "p", &[Act::Take])[1];
    let mut left = left.clone();
    left.id = "b1.no-heart-beat.1".to_owned();
    assert!(edge.tell(&[told(&left, 20)]).is_empty());
    let id = shown(&hospital)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        hospital
            .send("admin", "DELETE", "/api/edges/edge-1", &Value::Null)
            .0,
        200
    );
    // Also after a crash: what was taken there lapses, and calls again.
    let is_ours = |hospital: &Hospital| {
        let steps = shown(hospital)[0]["alarm"]["steps"].clone();
        let last = steps.as_array().unwrap().last().unwrap().clone();
        (last["step"] == "unheard").then_some(())
    };
    until(|| is_ours(&hospital));
    let flag = hospital.send("importer", "GET", &format!("/fhir/Flag/{id}"), &Value::Null);
    let kept = flag.1["extension"][0]["valueString"].as_str().unwrap();
    let kept: Value = serde_json::from_str(kept).unwrap();
    assert!(kept.get("led").is_none() && kept["alarm"]["taken"]["by"] == "edge.nurse");
    hospital.kill();
    let hospital = Hospital::open(data.path());
    settled(&hospital);
    until(|| (!shown(&hospital).is_empty()).then_some(()));
    assert!(is_ours(&hospital).is_some());
    let path = format!("/api/alarms/{id}/act");
    let close = json!({"act": "close", "outcome": "technical"});
    assert_eq!(hospital.send("wang.nurse", "POST", &path, &close).0, 409);
    let take = json!({"act": "take"});
    assert_eq!(hospital.send("wang.nurse", "POST", &path, &take).0, 200);
    assert_eq!(hospital.send("wang.nurse", "POST", &path, &close).0, 200);
    let left = shown(&hospital);
    assert!(left.is_empty(), "{left:?}");
}

fn errand(bed: &str, ended: bool, sequence: u64) -> Value {
    let mut mission = json!({
        "id": format!("m-{bed}"), "ward": "w", "bed": bed, "by": "wang.nurse", "at": "2026-11-27T08:00:00Z",
        "sent": [Dispatch::new("bed-nurse", Place::default(), 60)],
    });
    if ended {
        mission["ended"] = json!({"by": "wang.nurse", "at": "2026-11-27T08:05:00Z"});
    }
    json!({"sequence": sequence, "mission": mission})
}

#[test]
fn an_errand_is_one_errand_at_both_ends_and_what_is_done_with_it_is_asked_of_its_edge() {
    let data = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(data.path());
    furnish(&hospital);
    let edge = register(&hospital);
    assert_eq!(edge.line(&json!({})).0, 200);
    settled(&hospital);
    let ask = |method: &str, path: &str, body: &Value| {
        let (status, said) = hospital.send("wang.nurse", method, path, body);
        (
            status,
            said["missions"].as_array().cloned().unwrap_or_default(),
        )
    };
    let shown = || ask("GET", "/api/wards/w/command", &Value::Null).1;
    // Of another ward nothing is taken; what comes again, or late, changes nothing.
    let refused = edge.tell(&[errand("b2", false, 3), errand("b1", false, 5)]);
    assert_eq!((refused.len(), refused[0].0), (1, 0), "{refused:?}");
    assert!(
        edge.tell(&[errand("b1", false, 5), errand("b1", true, 4)])
            .is_empty()
    );
    let open = shown();
    assert_eq!((open.len(), &open[0]["id"]), (1, &json!("m-b1")));
    let history = hospital.send("importer", "GET", "/fhir/Task/m-b1/_history", &Value::Null);
    assert_eq!(history.1["entry"].as_array().unwrap().len(), 1);
    // Nobody is sent for it here, however long it is open.
    sleep(Duration::from_secs(2));
    let open = shown();
    assert!(open[0]["sent"][0]["offers"].as_array().unwrap().is_empty());

    // What somebody does with it here, and what they send to its beds, is asked of the edge; its answer is the answer.
    let asked_of = |method: &str, path: &str, body: &Value, told: Value| {
        std::thread::scope(|scope| {
            let asks = scope.spawn(|| ask(method, path, body));
            let asked = until(|| {
                let down = edge.line(&json!({})).1;
                down["asked"].as_array()?.first().cloned()
            });
            assert!(edge.tell(std::slice::from_ref(&told)).is_empty());
            let done = json!({"id": asked["id"], "result": {"Ok": told["mission"]}});
            assert_eq!(edge.line(&json!({"done": [done]})).0, 200);
            (asked, asks.join().unwrap())
        })
    };
    let end = json!({"act": "end"});
    let (asked, (status, left)) = asked_of(
        "POST",
        "/api/missions/m-b1/act",
        &end,
        errand("b1", true, 9),
    );
    assert_eq!(
        (&asked["by"], &asked["alarm"]),
        (&json!("wang.nurse"), &json!("m-b1"))
    );
    assert_eq!(
        asked["wish"],
        json!({"wish": "mission", "what": {"act": "end"}})
    );
    assert_eq!((status, left.len()), (200, 0));
    let send = json!({"bed": "b1", "send": {"errand": {"role": "bed-nurse"}}});
    let mut begun = errand("b1", false, 12);
    begun["mission"]["id"] = json!("m-2");
    let (asked, (status, now)) = asked_of("POST", "/api/wards/w/missions", &send, begun);
    assert_eq!(asked["wish"]["wish"], "send");
    assert_eq!((status, now.len(), &now[0]["id"]), (200, 1, &json!("m-2")));
    // Without anybody at the other end nothing is done.
    assert_eq!(ask("POST", "/api/missions/m-2/act", &end).0, 503);
    assert_eq!(shown().len(), 1);
    // Where there is no edge it is done here, also with what an edge left that was ended.
    let there = json!({"bed": "b2", "send": {"errand": {"role": "bed-nurse"}}});
    assert_eq!(ask("POST", "/api/wards/other/missions", &there).0, 200);
    let ended = hospital.send("admin", "DELETE", "/api/edges/edge-1", &Value::Null);
    assert_eq!(ended.0, 200);
    assert_eq!(ask("POST", "/api/missions/m-2/act", &end).0, 200);
    assert!(shown().is_empty());
}
