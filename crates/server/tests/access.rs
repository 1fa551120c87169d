//! Who lets others in, and who has to go, over the doors of a running hospital.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use hospital::{Hospital, Inside, care_team, refusal};
use room::{
    Farewell,
    wire::{ClientFrame, ServerFrame},
};
use serde_json::{Value, json};

fn opened() -> (tempfile::TempDir, Hospital) {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(&folder.path().join("data"));
    hospital.admit_patient();
    (folder, hospital)
}

fn invitation(kind: &str) -> Value {
    let chen = json!({"reference": "Practitioner/chen.expert"});
    let of_p = json!({"reference": "Patient/p"});
    match kind {
        "CareTeam" => care_team("mine", &["chen.expert"]),
        "Consent" => refusal("mine", "li.terminal"),
        "RelatedPerson" => json!({
            "resourceType": "RelatedPerson", "id": "mine", "patient": of_p,
            "identifier": [{"system": "urn:yuanyi:account", "value": "chen.expert"}],
        }),
        "Task" => json!({
            "resourceType": "Task", "id": "mine", "status": "requested", "intent": "order",
            "for": of_p, "owner": chen,
        }),
        _ => json!({
            "resourceType": "ServiceRequest", "id": "mine", "status": "active", "intent": "order",
            "subject": of_p, "performer": [chen],
        }),
    }
}

#[test]
fn a_nurse_lets_nobody_in_by_any_door_and_a_doctor_of_the_team_does() {
    let (_folder, hospital) = opened();
    let sees = |who: &str| hospital.send(who, "GET", "/fhir/Patient/p", &Value::Null).0 == 200;
    assert!(sees("wang.nurse") && !sees("chen.expert"));
    for kind in [
        "CareTeam",
        "Consent",
        "RelatedPerson",
        "ServiceRequest",
        "Task",
    ] {
        let body = invitation(kind);
        let create = format!("/fhir/{kind}");
        let status = |who: &str, path: &str, body: &Value| hospital.send(who, "POST", path, body).0;
        for who in ["wang.nurse", "chen.expert", "admin"] {
            assert_eq!(hospital.put(who, &body), 403, "{who} {kind}");
            assert_eq!(status(who, &create, &body), 403, "{who} {kind}");
            for (how, refused) in [("transaction", 403), ("batch", 200)] {
                let request = json!({"method": "PUT", "url": format!("{kind}/mine")});
                let bundle = json!({
                    "resourceType": "Bundle", "type": how,
                    "entry": [{"resource": body, "request": request}],
                });
                let (status, answer) = hospital.send(who, "POST", "/fhir", &bundle);
                if how == "batch" && status == 200 {
                    assert_eq!(
                        answer["entry"][0]["response"]["status"], "403",
                        "{who} {kind}"
                    );
                } else {
                    assert!(status == 403 || status == refused, "{who} {kind} {status}");
                }
            }
        }
        assert!(!sees("chen.expert"), "{kind}");
    }
    let ask = json!({"patient": "p", "expert": "chen.expert", "reason": "x"});
    let requests = "/api/scenarios/remote-consult/requests";
    assert_eq!(hospital.send("wang.nurse", "POST", requests, &ask).0, 403);
    // The same team's nurse still writes what lets nobody in.
    let finding = json!({
        "resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"},
        "subject": {"reference": "Patient/p"},
    });
    assert_eq!(hospital.put("wang.nurse", &finding), 201);
    // The refused attempts are in the ledger, about this patient: of each person and act once within a minute.
    let audit = "/fhir/AuditEvent?patient=p&outcome=4&_summary=count";
    let (_, refused) = hospital.send("importer", "GET", audit, &Value::Null);
    assert!(refused["total"].as_u64().unwrap() >= 3, "{refused}");

    assert_eq!(hospital.put("li.terminal", &invitation("Task")), 201);
    assert!(sees("chen.expert"));
    // Who was let in lets nobody else in.
    assert_eq!(hospital.put("chen.expert", &invitation("CareTeam")), 403);
}

#[test]
fn who_stores_images_of_nobody_sends_none_and_calls_no_other_system() {
    let (_folder, hospital) = opened();
    // Who may is told what is wrong with what they sent: this is no image, and there is no such system.
    for (who, stored, called) in [
        ("li.terminal", 415, 404),
        ("chen.expert", 403, 403),
        ("sun.manager", 403, 403),
        ("admin", 403, 404),
    ] {
        let status = |path: &str| hospital.send(who, "POST", path, &json!({})).0;
        assert_eq!(status("/dicom-web/studies"), stored, "{who} stores");
        assert_eq!(status("/api/pacs/PACS/echo"), called, "{who} calls");
    }
}

/// Waits for the farewell, after which the server closes.
fn farewell(inside: &mut Inside) -> Farewell {
    let reason = inside.hear_until(|frame| match frame {
        ServerFrame::Bye { reason, again, .. } => Some((*reason, *again)),
        _ => None,
    });
    assert_eq!(inside.hear(), None, "nothing comes after a farewell");
    assert!(!reason.1, "who may not come in need not try again");
    reason.0
}

/// Waits until the room is said to hold exactly these people.
fn wait_for_people(inside: &mut Inside, expect: &[&str]) {
    inside.hear_until(|frame| {
        let people = match frame {
            ServerFrame::Welcome { entrance, .. } => &entrance.people,
            ServerFrame::Tick { news, .. } => news.people.as_ref()?,
            other => panic!("{other:?}"),
        };
        let people: Vec<_> = people.iter().map(|one| one.actor.as_str()).collect();
        (people == expect).then_some(())
    });
}

#[test]
fn a_consent_withdrawn_puts_out_whom_it_names_and_nobody_else() {
    let (_folder, hospital) = opened();
    let room = hospital.consult();
    let mut li = hospital.enter("li.terminal", &room).unwrap();
    let mut chen = hospital.enter("chen.expert", &room).unwrap();
    wait_for_people(&mut li, &["li.terminal", "chen.expert"]);
    assert_eq!(hospital.put("importer", &refusal("no", "chen.expert")), 201);
    assert_eq!(farewell(&mut chen), Farewell::NotPermitted);
    wait_for_people(&mut li, &["li.terminal"]);
    assert_eq!(hospital.enter("chen.expert", &room).err(), Some(403));
    // The refusal taken back opens the door again.
    let mut taken_back = refusal("no", "chen.expert");
    taken_back["status"] = json!("inactive");
    assert_eq!(hospital.put("li.terminal", &taken_back), 200);
    let _chen = hospital.enter("chen.expert", &room).unwrap();
    wait_for_people(&mut li, &["li.terminal", "chen.expert"]);
}

#[test]
fn an_invitation_that_ends_puts_the_guest_out() {
    let (_folder, hospital) = opened();
    let room = hospital.consult();
    let mut li = hospital.enter("li.terminal", &room).unwrap();
    let mut chen = hospital.enter("chen.expert", &room).unwrap();
    wait_for_people(&mut li, &["li.terminal", "chen.expert"]);
    // What the consultation wrote is not ended by FHIR, also not by who asked.
    for (kind, status) in [("ServiceRequest", "revoked"), ("Task", "cancelled")] {
        let path = format!("/fhir/{kind}/{room}");
        let (_, mut body) = hospital.send("li.terminal", "GET", &path, &Value::Null);
        body["status"] = json!(status);
        assert_eq!(hospital.put("li.terminal", &body), 403, "{kind}");
    }
    let withdraw = format!("/api/scenarios/remote-consult/cases/{room}/withdraw");
    let reason = json!({"reason": "the patient was moved"});
    assert_eq!(
        hospital.send("li.terminal", "POST", &withdraw, &reason).0,
        200
    );
    assert_eq!(farewell(&mut chen), Farewell::NotPermitted);
    wait_for_people(&mut li, &["li.terminal"]);
}

#[test]
fn nobody_writes_a_vote_by_fhir() {
    let (_folder, hospital) = opened();
    let case = hospital.consult();
    let vote = format!("/api/scenarios/remote-consult/cases/{case}/vote");
    let ballot = json!({"opinion": "benign", "management": "pet-ct"});
    // A vote that is not there yet is not forged: what takes its place is none.
    let forged = json!({
        "resourceType": "ClinicalImpression", "id": format!("{case}-vote-1"), "status": "completed",
        "subject": {"reference": "Patient/p"},
        "extension": [{"url": "urn:yuanyi:vote", "valueString": ballot.to_string()}],
    });
    hospital.put("li.terminal", &forged);
    let (status, view) = hospital.send("li.terminal", "POST", &vote, &ballot);
    assert_eq!(status, 200, "{view}");
    assert_eq!(view["step"], "voting");
    let (status, view) = hospital.send("chen.expert", "POST", &vote, &ballot);
    assert_eq!((status, &view["step"]), (200, &json!("planning")), "{view}");
    // One that is there stays as it was cast.
    for place in 0..2 {
        let path = format!("/fhir/ClinicalImpression/{case}-vote-{place}");
        let (_, mut body) = hospital.send("li.terminal", "GET", &path, &Value::Null);
        for untagged in [false, true] {
            if untagged {
                body["meta"] = json!({});
            }
            body["extension"][0]["valueString"] = json!("{}");
            for who in [
                "li.terminal",
                "chen.expert",
                "wang.nurse",
                "importer",
                "admin",
            ] {
                assert_eq!(hospital.put(who, &body), 403, "{who} {place}");
            }
        }
        let gone = hospital.send("li.terminal", "DELETE", &path, &Value::Null);
        assert_eq!(gone.0, 403);
    }
}

#[test]
fn a_care_team_left_puts_its_member_out() {
    let (_folder, hospital) = opened();
    let room = hospital.consult();
    let mut chen = hospital.enter("chen.expert", &room).unwrap();
    let mut wang = hospital.enter("wang.nurse", &room).unwrap();
    // A nurse was not asked in; who treats the patient comes in by saying why.
    let urgent = json!({"act": "come-urgently", "reason": "the patient needs it"});
    wang.say(&ClientFrame::Act {
        seq: 1,
        act: urgent,
    });
    wang.hear_until(|frame| matches!(frame, ServerFrame::Welcome { .. }).then_some(()));
    wait_for_people(&mut chen, &["chen.expert", "wang.nurse"]);
    assert_eq!(
        hospital.put("li.terminal", &care_team("team", &["li.terminal"])),
        200
    );
    assert_eq!(farewell(&mut wang), Farewell::NotPermitted);
    wait_for_people(&mut chen, &["chen.expert"]);
}

/// A request of which only the head was sent.
fn begun(hospital: &Hospital, path: &str, token: Option<&str>, bytes: usize) -> TcpStream {
    let mut line = TcpStream::connect(&hospital.address).unwrap();
    let wait = Duration::from_secs(20);
    line.set_read_timeout(Some(wait)).unwrap();
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n"));
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\n{}content-type: application/fhir+json\r\ncontent-length: {bytes}\r\n\r\n",
        token.unwrap_or_default()
    );
    line.write_all(head.as_bytes()).unwrap();
    line
}

/// What a request is answered with, as far as that is said first.
fn status_of(mut line: TcpStream) -> String {
    let mut answer = [0; 64];
    let length = line.read(&mut answer).unwrap_or(0);
    let answer = String::from_utf8_lossy(&answer[..length]);
    answer.split(' ').nth(1).unwrap_or("none").to_owned()
}

#[test]
fn who_may_not_write_is_told_before_anything_of_the_body_is_waited_for() {
    const LARGE: usize = 60 << 20;
    let (_folder, hospital) = opened();
    let status = |path: &str, who: Option<&str>, bytes| {
        let token = who.map(|who| hospital.token(who));
        status_of(begun(&hospital, path, token.as_deref(), bytes))
    };
    for path in [
        "/fhir",
        "/fhir/Patient",
        "/fhir/Patient/_search",
        "/api/devices/packages",
    ] {
        assert_eq!(status(path, None, LARGE), "401", "{path}");
    }
    for path in ["/fhir", "/api/devices/packages", "/api/edge/readings"] {
        assert_eq!(status(path, Some("sun.manager"), LARGE), "403", "{path}");
    }
}

#[test]
fn what_was_long_on_its_way_is_decided_when_all_of_it_is_there() {
    let (_folder, hospital) = opened();
    let finding = json!({
        "resourceType": "Observation", "status": "final", "code": {"text": "cough"},
        "subject": {"reference": "Patient/p"},
    });
    let finding = finding.to_string();
    let (first, rest) = finding.as_bytes().split_at(9);
    let send = |token: &str, meanwhile: &dyn Fn()| {
        let mut line = begun(&hospital, "/fhir/Observation", Some(token), finding.len());
        line.write_all(first).unwrap();
        // Its head was heard, and decided upon, long before.
        std::thread::sleep(Duration::from_secs(1));
        meanwhile();
        line.write_all(rest).unwrap();
        status_of(line)
    };
    let token = hospital.token("li.terminal");
    assert_eq!(send(&token, &|| {}), "201");
    let signs_out = || {
        let session = ureq::delete(format!("http://{}/api/session", hospital.address));
        let session = session.header("cookie", format!("yuanyi_session={token}"));
        session.header("x-yuanyi-client", "1").call().unwrap();
    };
    assert_eq!(send(&token, &signs_out), "401");
    let refuses = || assert_eq!(hospital.put("importer", &refusal("no", "li.terminal")), 201);
    assert_eq!(send(&hospital.token("li.terminal"), &refuses), "403");
}

#[test]
fn what_one_listens_to_ends_with_the_session() {
    let (_folder, hospital) = opened();
    for path in ["/api/events", "/api/signals/live"] {
        let cookie = format!("yuanyi_session={}", hospital.token("li.terminal"));
        let mut heard = TcpStream::connect(&hospital.address).unwrap();
        // Shorter than the time after which a line is said to live.
        let wait = Duration::from_secs(10);
        heard.set_read_timeout(Some(wait)).unwrap();
        write!(
            heard,
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n",
            hospital.address
        )
        .unwrap();
        let mut status = [0; 12];
        heard.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 200", "{path}");
        ureq::delete(format!("http://{}/api/session", hospital.address))
            .header("cookie", &cookie)
            .header("x-yuanyi-client", "1")
            .call()
            .unwrap();
        let ended = heard.read_to_end(&mut Vec::new());
        assert!(ended.is_ok(), "{path} goes on: {ended:?}");
    }
}

#[test]
fn what_became_of_a_card_is_said_by_who_writes_and_once_by_each() {
    let (_folder, hospital) = opened();
    hospital.consult();
    let call = json!({
        "hook": "patient-view", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"patientId": "p"},
    });
    let service = "/cds-services/fleischner-2017";
    let (status, said) = hospital.send("li.terminal", "POST", service, &call);
    assert_eq!(status, 200, "{said}");
    let card = said["cards"][0]["uuid"].as_str().unwrap();
    let feedback = |who: &str, comment: &str| {
        let one = json!({
            "card": card, "outcome": "overridden", "overrideReason": {"userComment": comment},
        });
        let path = format!("{service}/feedback");
        hospital
            .send(who, "POST", &path, &json!({"feedback": [one]}))
            .0
    };
    // Who is asked for an opinion reads, and does not write.
    assert_eq!(feedback("chen.expert", "no"), 403);
    assert_eq!(feedback("li.terminal", &"x".repeat(5000)), 400);
    for comment in ["later", "never"] {
        assert_eq!(feedback("li.terminal", comment), 200);
    }
    assert_eq!(feedback("wang.nurse", "soon"), 200);
    let path = format!("/fhir/GuidanceResponse/{card}");
    let kept = hospital.send("li.terminal", "GET", &path, &Value::Null).1;
    let extensions = kept["extension"].as_array().unwrap().iter();
    let said: Vec<&str> = extensions
        .filter(|one| one["url"] == "urn:yuanyi:cds-feedback")
        .filter_map(|one| one["valueString"].as_str())
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("never") && said[1].contains("soon"));
}
