//! A patient comes into a room under a pseudonym: nothing that anybody else is sent or may fetch says who it is, and
//! two people together find it out, with a reason, where the patient can read it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod hospital;

use std::{io::Write as _, process::Stdio, time::Duration};

use hospital::{Hospital, Inside, send, yuanyi};
use room::wire::{ClientFrame, ServerFrame};
use serde_json::{Value, json};

const ROOM: &str = "patients-circle";
const ACCOUNT: &str = "zhao.patient";
const NAME: &str = "赵敏";
const PSEUDONYM: &str = "/api/rooms/patients-circle/pseudonym";
const OPENINGS: &str = "/api/rooms/patients-circle/openings";

/// A hospital with a patient of age who has an account.
fn founded(data: &std::path::Path) -> Hospital {
    let hospital = Hospital::found(data);
    let patient = json!({
        "resourceType": "Patient", "id": "p", "name": [{"text": NAME}], "birthDate": "1961-03-04",
    });
    assert_eq!(hospital.put("importer", &patient), 201);
    let mut put = yuanyi();
    put.args([
        "user",
        "put",
        ACCOUNT,
        "--name",
        NAME,
        "--role",
        "patient",
        "--patient",
        "p",
        "--data",
    ]);
    let mut put = put.arg(data).stdin(Stdio::piped()).spawn().unwrap();
    put.stdin
        .take()
        .unwrap()
        .write_all(b"a password of some length 7")
        .unwrap();
    assert!(put.wait().unwrap().success());
    hospital
}

fn holds(bytes: &[u8], sought: &str) -> bool {
    bytes
        .windows(sought.len())
        .any(|window| window == sought.as_bytes())
}

/// Nothing that somebody else is sent says who the patient is.
fn silent(bytes: &[u8]) {
    assert!(!holds(bytes, ACCOUNT), "the account is told");
    assert!(!holds(bytes, NAME), "the name is told");
}

/// What somebody hears of the room until a frame for which `sought` has an answer; all of it is silent.
fn hear<T>(inside: &mut Inside, sought: impl Fn(&ServerFrame) -> Option<T>) -> T {
    loop {
        let bytes = inside.hear_bytes().expect("the connection ended before");
        silent(&bytes);
        if let Some(found) = sought(&ServerFrame::decode(&bytes).unwrap()) {
            return found;
        }
    }
}

fn act(inside: &mut Inside, seq: u32, act: Value) {
    inside.say(&ClientFrame::Act { seq, act });
}

/// Until an event of which `sought` is true.
fn event(inside: &mut Inside, sought: impl Fn(&room::Event) -> bool) {
    hear(inside, |frame| match frame {
        ServerFrame::Tick { news, .. } => {
            let mut events = news.events.iter().flatten();
            events.any(&sought).then_some(())
        }
        _ => None,
    });
}

/// Until somebody is inside whose account is told as this.
fn seated(inside: &mut Inside, actor: &str) -> room::wire::Participant {
    hear(inside, |frame| match frame {
        ServerFrame::Tick { news, .. } => {
            let mut people = news.people.iter().flatten();
            people.find(|one| one.actor.as_str() == actor).cloned()
        }
        _ => None,
    })
}

fn did(event: &room::Event) -> Value {
    json!(event.order)["did"].clone()
}

#[test]
fn nobody_in_the_room_learns_who_it_is() {
    let data = tempfile::tempdir().unwrap();
    let hospital = founded(data.path());
    let mut doctor = hospital.enter("li.terminal", ROOM).unwrap();
    hear(&mut doctor, |frame| {
        matches!(frame, ServerFrame::Welcome { .. }).then_some(())
    });

    // The patient chooses, and is known by it from then on.
    hospital.agree(ACCOUNT);
    let before = hospital.send(ACCOUNT, "GET", PSEUDONYM, &Value::Null);
    assert_eq!(before, (200, json!({"may_choose": true, "code": null})));
    let (status, known) = hospital.send(ACCOUNT, "POST", PSEUDONYM, &Value::Null);
    assert_eq!(status, 200, "{known}");
    let code = known["code"].as_str().unwrap().to_owned();
    assert_eq!(code.len(), 3);
    let again = hospital.send(ACCOUNT, "POST", PSEUDONYM, &Value::Null).1;
    assert_eq!(again["code"], known["code"], "there is one in a room");
    let alias = format!("pseudonym.{}", code.to_ascii_lowercase());

    // The lobby shows the pseudonym too, and who is let in by it is.
    let mut patient = hospital.knock(ACCOUNT, ROOM).unwrap();
    let knocking = hear(&mut doctor, |frame| match frame {
        ServerFrame::Tick { news, .. } => news.waiting.clone()?.pop(),
        _ => None,
    });
    assert_eq!(
        (knocking.name.as_str(), knocking.role.as_str()),
        (code.as_str(), "patient")
    );
    assert_eq!(knocking.actor.as_str(), alias);
    act(
        &mut doctor,
        1,
        json!({"act": "admit", "waiting": knocking.id}),
    );
    let seen = seated(&mut doctor, &alias);
    assert_eq!(seen.name, code);
    assert!(!seen.may_act, "a guest watches");

    // A recording, to which all agree, with words written and order kept.
    act(&mut doctor, 2, json!({"act": "ask-to-record"}));
    event(&mut doctor, |event| event.recording.is_some());
    act(
        &mut patient,
        1,
        json!({"act": "answer-recording", "agrees": true}),
    );
    event(&mut doctor, |event| {
        json!(event.recording)["did"] == "started"
    });
    patient.say(&ClientFrame::Caption {
        text: "my question".to_owned(),
    });
    let (from, said) = hear(&mut doctor, |frame| match frame {
        ServerFrame::Said {
            participant, text, ..
        } => Some((*participant, text.clone())),
        _ => None,
    });
    assert_eq!((from, said.as_str()), (seen.id, "my question"));
    act(&mut patient, 2, json!({"act": "raise-hand"}));
    hear(&mut doctor, |frame| match frame {
        ServerFrame::Tick { news, .. } => news
            .people
            .iter()
            .flatten()
            .any(|one| one.hand_since.is_some())
            .then_some(()),
        _ => None,
    });
    act(
        &mut doctor,
        3,
        json!({"act": "mute", "participant": seen.id, "reason": "noise"}),
    );
    event(&mut doctor, |event| did(event) == "muted");
    std::thread::sleep(Duration::from_millis(300));
    act(&mut doctor, 4, json!({"act": "stop-recording"}));
    event(&mut doctor, |event| {
        json!(event.recording)["did"] == "stopped"
    });

    // Put out by the pseudonym, and blocked at the door, they stay out by their account as well.
    act(
        &mut doctor,
        5,
        json!({"act": "block", "participant": seen.id, "reason": "enough"}),
    );
    event(&mut doctor, |event| did(event) == "blocked");
    while patient.hear().is_some() {}
    let mut patient = hospital.knock(ACCOUNT, ROOM).unwrap();
    let state = patient.hear_until(|frame| match frame {
        ServerFrame::Threshold { threshold } => Some(threshold.state),
        _ => None,
    });
    assert_eq!(state, room::AtDoor::Blocked);

    // Who comes later is told no more; nor is it in what is replayed or taken away, or in the journal.
    let mut other = hospital.enter("chen.expert", ROOM).unwrap();
    hear(&mut other, |frame| match frame {
        ServerFrame::Threshold { .. } | ServerFrame::Welcome { .. } => Some(()),
        _ => None,
    });
    replayed(&hospital, &alias, &code);
    journal(&hospital);
    for who in ["chen.expert", "wang.nurse", ACCOUNT] {
        let (status, agreed) = hospital.send(who, "GET", "/fhir/Consent", &Value::Null);
        assert_eq!((status, &agreed["total"]), (200, &json!(0)), "{agreed}");
    }
}

/// What a recording shows holds the pseudonym, and nothing of who it is.
fn replayed(hospital: &Hospital, alias: &str, code: &str) {
    let token = hospital.token("chen.expert");
    let path = format!("/api/rooms/{ROOM}/recordings");
    let sealed = (0..100).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let cards = send(&hospital.address, &token, "GET", &path, &Value::Null).1;
        let card = &cards["recordings"][0];
        (card["state"] == "sealed").then(|| card["recording"].clone())
    });
    let path = format!("{path}/{}", sealed.expect("a sealed recording"));
    let whole = bytes_of(hospital, &token, &path);
    silent(&whole);
    assert!(holds(&whole, alias) && holds(&whole, code));
    let part = bytes_of(hospital, &token, &format!("{path}/parts/0"));
    let part = zstd::decode_all(part.as_slice()).unwrap_or(part);
    silent(&part);
    assert!(holds(&part, alias), "the part was read as it is");
    let export = bytes_of(hospital, &token, &format!("{path}/export"));
    silent(&export);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(export)).unwrap();
    for at in 0..archive.len() {
        let mut bytes = Vec::new();
        std::io::copy(&mut archive.by_index(at).unwrap(), &mut bytes).unwrap();
        silent(&bytes);
    }
    let mut people = Vec::new();
    let mut seats = archive.by_name("people.json").unwrap();
    std::io::copy(&mut seats, &mut people).unwrap();
    assert!(holds(&people, alias) && holds(&people, code));
    // A patient, who was there too, does not replay it.
    assert_eq!(hospital.send(ACCOUNT, "GET", &path, &Value::Null).0, 403);
}

fn bytes_of(hospital: &Hospital, token: &str, path: &str) -> Vec<u8> {
    let agent = ureq::Agent::new_with_defaults();
    let answer = agent
        .get(format!("http://{}{path}", hospital.address))
        .header("authorization", format!("Bearer {token}"))
        .call();
    let mut answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
    answer.body_mut().read_to_vec().unwrap()
}

/// Whoever was in the room reads no entry of the journal that tells who came in under the pseudonym.
fn journal(hospital: &Hospital) {
    let token = hospital.token("chen.expert");
    let get = |path: &str| send(&hospital.address, &token, "GET", path, &Value::Null);
    let size = get("/api/ledger/checkpoint").1["size"].as_u64().unwrap();
    let mut acts = 0;
    for sequence in 0..size {
        let (status, entry) = get(&format!("/api/ledger/entry/{sequence}"));
        let text = entry.to_string();
        assert!(!text.contains(NAME) && !text.contains("room-conduct"));
        if status != 200 || !text.contains(ROOM) {
            continue;
        }
        silent(text.as_bytes());
        acts += usize::from(text.contains("pseudonym."));
    }
    assert!(acts > 3, "the room's acts are there to be read");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one way, from its begin to its end")]
fn two_people_open_who_it_is_and_the_patient_reads_of_it() {
    let data = tempfile::tempdir().unwrap();
    let hospital = founded(data.path());
    let (_, known) = hospital.send(ACCOUNT, "POST", PSEUDONYM, &Value::Null);
    let code = known["code"].as_str().unwrap();
    let reason = "they spoke of harming themselves";
    let ask = json!({"pseudonym": code, "reason": reason});

    let (status, rooms) = hospital.send("li.terminal", "GET", "/api/gatherings", &Value::Null);
    assert_eq!((status, &rooms[0]["id"]), (200, &json!(ROOM)), "{rooms}");
    assert_eq!(rooms[0]["pseudonyms"], json!([code]));
    for who in [ACCOUNT, "wang.nurse", "sun.manager"] {
        let answer = hospital.send(who, "GET", "/api/gatherings", &Value::Null);
        assert_eq!(answer.0, 403, "{who}: {}", answer.1);
    }

    for (who, ask, status) in [
        (ACCOUNT, &ask, 403),
        ("wang.nurse", &ask, 403),
        ("sun.manager", &ask, 403),
        (
            "li.terminal",
            &json!({"pseudonym": code, "reason": "why"}),
            400,
        ),
        (
            "li.terminal",
            &json!({"pseudonym": "zzz", "reason": reason}),
            404,
        ),
    ] {
        let answer = hospital.send(who, "POST", OPENINGS, ask);
        assert_eq!(answer.0, status, "{who}: {}", answer.1);
    }
    let (status, asked) = hospital.send("li.terminal", "POST", OPENINGS, &ask);
    assert_eq!(
        (status, &asked["state"]),
        (201, &json!("waiting")),
        "{asked}"
    );
    assert_eq!(
        (&asked["patient"], &asked["account"]),
        (&Value::Null, &Value::Null)
    );

    // Another person may not agree; who asked reads why, and then asks anew.
    let refuse = format!("{OPENINGS}/{}/refuse", asked["id"].as_str().unwrap());
    let no = json!({"reason": "a word with them is enough"});
    for (who, status) in [
        ("li.terminal", 403),
        (ACCOUNT, 403),
        ("chen.expert", 200),
        ("admin", 409),
    ] {
        let answer = hospital.send(who, "POST", &refuse, &no);
        assert_eq!(answer.0, status, "{who}: {}", answer.1);
    }
    let told = hospital
        .send("li.terminal", "GET", OPENINGS, &Value::Null)
        .1;
    assert_eq!(
        (&told[0]["state"], &told[0]["refused"]["reason"]),
        (&json!("refused"), &no["reason"])
    );
    assert_eq!(told[0]["names"]["chen.expert"], "chen.expert");
    assert_eq!(
        (&told[0]["patient"], &told[0]["account"]),
        (&Value::Null, &Value::Null)
    );
    let (status, asked) = hospital.send("li.terminal", "POST", OPENINGS, &ask);
    assert_eq!(status, 201, "{asked}");

    let opening = format!("{OPENINGS}/{}", asked["id"].as_str().unwrap());
    let confirm = format!("{opening}/confirm");
    let agreed = json!({"reason": "heard it as well in the room"});
    for (who, body, status) in [
        ("li.terminal", &agreed, 403),
        (ACCOUNT, &agreed, 403),
        ("admin", &json!({"reason": ""}), 400),
        ("admin", &agreed, 200),
        ("chen.expert", &agreed, 409),
    ] {
        let answer = hospital.send(who, "POST", &confirm, body);
        assert_eq!(answer.0, status, "{who}: {}", answer.1);
    }
    for who in ["li.terminal", "admin"] {
        let shown = hospital.send(who, "GET", &opening, &Value::Null).1;
        assert_eq!(
            (&shown["patient"], &shown["account"]),
            (&json!("p"), &json!(ACCOUNT))
        );
    }
    let other = hospital
        .send("chen.expert", "GET", &opening, &Value::Null)
        .1;
    assert_eq!(
        (&other["patient"], &other["account"]),
        (&Value::Null, &Value::Null)
    );

    // Where the patient reads who did what with their record, both stand with their reasons.
    let audit = "/fhir/AuditEvent?patient=p";
    let found = hospital
        .send(ACCOUNT, "GET", audit, &Value::Null)
        .1
        .to_string();
    for said in [
        "li.terminal",
        "admin",
        reason,
        "heard it as well in the room",
        ROOM,
    ] {
        assert!(found.contains(said), "{said} is missing");
    }
    assert!(!found.contains(&format!("pseudonym.{}", code.to_ascii_lowercase())));
}

#[test]
fn a_pseudonym_is_for_patients_whom_the_room_does_not_know() {
    let data = tempfile::tempdir().unwrap();
    let hospital = founded(data.path());
    hospital.agree(ACCOUNT);
    // Nobody who works here hides, and no account is called as pseudonyms are.
    assert_eq!(
        hospital
            .send("li.terminal", "POST", PSEUDONYM, &Value::Null)
            .0,
        403
    );
    let mut put = yuanyi();
    put.args([
        "user",
        "put",
        "pseudonym.4f7",
        "--name",
        "x",
        "--role",
        "patient",
        "--data",
    ]);
    let mut put = put.arg(data.path()).stdin(Stdio::piped()).spawn().unwrap();
    let _ = put
        .stdin
        .take()
        .unwrap()
        .write_all(b"a password of some length 7");
    assert!(!put.wait().unwrap().success());
    // Who was turned away by name cannot come back as somebody else.
    let mut doctor = hospital.enter("li.terminal", ROOM).unwrap();
    let _patient = hospital.knock(ACCOUNT, ROOM).unwrap();
    let knocking = doctor.hear_until(|frame| match frame {
        ServerFrame::Tick { news, .. } => news.waiting.clone()?.pop(),
        _ => None,
    });
    assert_eq!(
        (knocking.name.as_str(), knocking.actor.as_str()),
        (NAME, ACCOUNT)
    );
    act(
        &mut doctor,
        1,
        json!({"act": "block", "participant": knocking.id, "reason": "enough"}),
    );
    doctor.hear_until(|frame| match frame {
        ServerFrame::Tick { news, .. } => {
            let mut events = news.events.iter().flatten();
            events.any(|event| did(event) == "blocked").then_some(())
        }
        _ => None,
    });
    let known = hospital.send(ACCOUNT, "GET", PSEUDONYM, &Value::Null).1;
    assert_eq!(known, json!({"may_choose": false, "code": null}));
    assert_eq!(
        hospital.send(ACCOUNT, "POST", PSEUDONYM, &Value::Null).0,
        403
    );
}
