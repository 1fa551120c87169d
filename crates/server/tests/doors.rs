//! What goes to somebody who is not inside, or in another room, read as bytes off their line while others move and act;
//! and what is said to those whose line falls behind, or whose stay is over.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{io::Write, path::Path, process::Stdio, thread::sleep, time::Duration};

use hospital::{Hospital, Inside, yuanyi};
use room::{
    Did, Farewell, Placement, Pose, ResumeToken,
    wire::{ClientFrame, News, ServerFrame},
};
use serde_json::{Value, json};
use vocabulary::Place;

/// Somebody with a line to the room, inside or not.
struct Person {
    line: Inside,
    seq: u32,
    at_ms: u32,
}

impl Person {
    fn comes(hospital: &Hospital, who: &str, room: &str) -> Self {
        Self {
            line: hospital.enter(who, room).unwrap(),
            seq: 0,
            at_ms: 0,
        }
    }

    fn acts(&mut self, act: Value) {
        self.seq += 1;
        let seq = self.seq;
        self.line.say(&ClientFrame::Act { seq, act });
    }

    fn moves(&mut self) {
        self.at_ms += 50;
        let head = Placement {
            position_m: [f64::from(self.at_ms) / 1e4, 1.6, 0.0],
            rotation: [0.0, 0.0, 0.0, 1.0],
        };
        self.line.say(&ClientFrame::Pose {
            pose: Pose {
                at_ms: self.at_ms,
                head,
                left: None,
                right: None,
                pointer: None,
                held: None,
                mouth: None,
            },
        });
    }

    /// The seat in the welcome that comes.
    fn is_in(&mut self) -> u16 {
        self.line.hear_until(|frame| match frame {
            ServerFrame::Welcome { participant, .. } => Some(*participant),
            _ => None,
        })
    }

    fn is_at_the_door(&mut self) {
        self.line
            .hear_until(|frame| matches!(frame, ServerFrame::Threshold { .. }).then_some(()));
    }

    /// Hears that something with these words was placed.
    fn hears_of(&mut self, words: &str) {
        self.line.hear_until(|frame| {
            let ServerFrame::Tick { news, .. } = frame else {
                return None;
            };
            let events = serde_json::to_string(&news.events).unwrap();
            events.contains(words).then_some(())
        });
    }

    /// Sees somebody move.
    fn sees_somebody(&mut self) {
        self.line.hear_until(|frame| {
            matches!(frame, ServerFrame::Tick { poses, .. } if !poses.is_empty()).then_some(())
        });
    }

    /// The number at the door of whoever waits there.
    fn sees_waiting(&mut self, who: &str) -> u16 {
        self.line.hear_until(|frame| {
            let ServerFrame::Tick { news, .. } = frame else {
                return None;
            };
            let mut waiting = news.waiting.iter().flatten();
            let knock = waiting.find(|knock| knock.actor.as_str() == who)?;
            Some(knock.id)
        })
    }

    /// All that has come until an own ping is answered is of one's own room: nobody moves, acts or speaks there.
    fn heard_nothing_of(&mut self, words: &str, who: &str) {
        self.line.say(&ClientFrame::Ping { nonce: 8 });
        loop {
            let bytes = self.line.hear_bytes().expect("the line ended before");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(!text.contains(words) && !text.contains(who), "{text}");
            match ServerFrame::decode(&bytes).unwrap() {
                ServerFrame::Pong { nonce: 8, .. } => return,
                ServerFrame::Tick { news, poses, .. } => {
                    assert_eq!(news.events, None);
                    assert!(poses.is_empty(), "{poses:?}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The reason in the farewell that comes.
    fn is_sent_away(&mut self) -> (Farewell, bool) {
        self.line.hear_until(|frame| match frame {
            ServerFrame::Bye { reason, again, .. } => Some((*reason, *again)),
            _ => None,
        })
    }

    /// All that has come until an own ping is answered says nothing of the room.
    fn saw_nothing(&mut self, words: &str) {
        self.line.say(&ClientFrame::Ping { nonce: 7 });
        loop {
            let bytes = self.line.hear_bytes().expect("the line ended before");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(!text.contains(words), "{text}");
            match ServerFrame::decode(&bytes).unwrap() {
                ServerFrame::Pong { nonce: 7, .. } => return,
                ServerFrame::Threshold { .. } => {}
                ServerFrame::Tick { news, poses, .. } => {
                    assert_eq!(news, News::default());
                    assert!(poses.is_empty(), "{poses:?}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Nobody has recorded when the patient was born: they are inside only beside somebody.
fn give_zhao_an_account(data: &Path) {
    let own = ["--role", "patient", "--patient", "p"];
    give_an_account(data, ("zhao.patient", "赵敏"), &own);
}

fn give_an_account(data: &Path, (who, name): (&str, &str), roles: &[&str]) {
    let mut put = yuanyi();
    put.args(["user", "put", who, "--name", name]);
    put.args(roles).arg("--data");
    let mut put = put.arg(data).stdin(Stdio::piped()).spawn().unwrap();
    let password = b"a password of some length 7";
    put.stdin.take().unwrap().write_all(password).unwrap();
    assert!(put.wait().unwrap().success());
}

fn board(title: &str) -> Value {
    let transform = json!({"position_m": [0, 1, 0], "rotation": [0, 0, 0, 1], "scale": 1});
    json!({"act": "add", "entity": {"type": "board", "transform": transform, "title": title}})
}

fn put_out(whom: u16) -> Value {
    json!({"act": "put-out", "participant": whom, "reason": "x"})
}

/// Both move, and the first places something; both have seen it when this returns.
fn go_on(li: &mut Person, chen: &mut Person, title: &str) {
    li.moves();
    chen.sees_somebody();
    chen.moves();
    li.sees_somebody();
    li.acts(board(title));
    li.hears_of(title);
    chen.hears_of(title);
}

#[test]
fn nothing_of_the_room_goes_to_who_is_at_its_door_put_out_or_sent_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let hospital = Hospital::found(&data);
    hospital.admit_patient();
    give_zhao_an_account(&data);
    let room = hospital.consult();
    let mut li = Person::comes(&hospital, "li.terminal", &room);
    li.is_in();
    let mut chen = Person::comes(&hospital, "chen.expert", &room);
    chen.is_in();

    let mut wang = Person::comes(&hospital, "wang.nurse", &room);
    wang.is_at_the_door();
    let knock = li.sees_waiting("wang.nurse");
    go_on(&mut li, &mut chen, "seen inside 1");
    wang.saw_nothing("seen inside");

    li.acts(json!({"act": "admit", "waiting": knock}));
    let nurse = wang.is_in();
    let mut zhao = Person::comes(&hospital, "zhao.patient", &room);
    zhao.is_at_the_door();
    let knock = li.sees_waiting("zhao.patient");
    li.acts(json!({"act": "admit", "waiting": knock, "companion": nurse}));
    zhao.is_in();
    go_on(&mut li, &mut chen, "seen inside 2");
    zhao.hears_of("seen inside 2");
    wang.hears_of("seen inside 2");

    // The nurse goes, and the patient beside them goes back to the door.
    li.acts(put_out(nurse));
    wang.line
        .hear_until(|frame| matches!(frame, ServerFrame::Bye { .. }).then_some(()));
    zhao.is_at_the_door();
    go_on(&mut li, &mut chen, "seen inside 3");
    assert_eq!(wang.line.hear_bytes(), None, "after the farewell");
    zhao.saw_nothing("seen inside");
}

/// The right answers of the exam for the licence, as its file has them.
fn right_answers() -> Value {
    let exam = include_str!("../exam/virtual-room.toml");
    let exam: toml::Value = toml::from_str(exam).unwrap();
    let questions = exam["questions"].as_array().unwrap().iter();
    let answers: serde_json::Map<String, Value> = questions
        .map(|one| {
            let word = |key: &str| one[key].as_str().unwrap().to_owned();
            (word("id"), word("answer").into())
        })
        .collect();
    json!({"version": exam["version"].as_str().unwrap(), "answers": answers})
}

#[test]
fn who_is_not_licensed_waits_at_the_door_and_walks_in_with_the_exam() {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(&folder.path().join("data"));
    hospital.admit_patient();
    let room = hospital.consult();
    // An account as a new hospital makes it: the record says nothing of a licence.
    let mut bare = hospital::licensed("chen.expert");
    bare.as_object_mut().unwrap().remove("qualification");
    assert_eq!(hospital.put("importer", &bare), 200);
    let state = |line: &mut Inside| {
        line.hear_until(|frame| match frame {
            ServerFrame::Threshold { threshold } => Some(threshold.state),
            _ => None,
        })
    };
    let mut li = Person::comes(&hospital, "li.terminal", &room);
    li.is_in();
    let mut chen = Person::comes(&hospital, "chen.expert", &room);
    assert_eq!(state(&mut chen.line), room::AtDoor::Licence);
    let knock = li.sees_waiting("chen.expert");
    li.acts(json!({"act": "admit", "waiting": knock}));
    li.acts(board("seen inside"));
    li.hears_of("seen inside");
    chen.saw_nothing("seen inside");
    // Nothing is taken out of the room by who is not let in to work there.
    let export = format!("/api/rooms/{room}/export");
    assert_ne!(
        hospital.send("chen.expert", "POST", &export, &json!({})).0,
        200
    );

    let (status, sat) = hospital.send("chen.expert", "POST", "/api/licence/exam", &right_answers());
    assert_eq!((status, &sat["passed"]), (200, &json!(true)), "{sat}");
    // Whoever waits is told to come again at once, and is not held any more.
    let again = chen.line.hear_until(|frame| match frame {
        ServerFrame::Bye { again, .. } => Some(*again),
        _ => None,
    });
    assert!(again);
    let mut chen = Person::comes(&hospital, "chen.expert", &room);
    chen.is_in();

    // In an emergency who treats the patient does not sit an exam first.
    let mut bare = hospital::licensed("wang.nurse");
    bare.as_object_mut().unwrap().remove("qualification");
    assert_eq!(hospital.put("importer", &bare), 200);
    let mut wang = Person::comes(&hospital, "wang.nurse", &room);
    assert_eq!(state(&mut wang.line), room::AtDoor::Licence);
    wang.acts(json!({"act": "come-urgently", "reason": "the patient bleeds"}));
    wang.is_in();
    li.hears_of("the patient bleeds");
}

#[test]
fn nothing_of_a_room_goes_into_another_of_the_same_people() {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(&folder.path().join("data"));
    hospital.admit_patient();
    let (room, other) = (hospital.consult(), hospital.consult());
    let mut li = Person::comes(&hospital, "li.terminal", &room);
    let mut chen = Person::comes(&hospital, "chen.expert", &room);
    // The same doctor, about the same patient, and where no patient is: each is a room of its own.
    let mut elsewhere = [other.as_str(), "patients-circle"].map(|room| {
        let mut person = Person::comes(&hospital, "li.terminal", room);
        person.is_in();
        person
    });
    li.is_in();
    chen.is_in();
    go_on(&mut li, &mut chen, "seen inside");
    let text = "said seen inside".to_owned();
    li.line.say(&ClientFrame::Caption { text });
    chen.line
        .hear_until(|frame| matches!(frame, ServerFrame::Said { .. }).then_some(()));
    for person in &mut elsewhere {
        person.heard_nothing_of("seen inside", "chen.expert");
        // They do see what is done where they are.
        person.acts(board("here"));
        person.hears_of("here");
    }
    chen.line.say(&ClientFrame::Ping { nonce: 9 });
    chen.line.hear_until(|frame| match frame {
        ServerFrame::Pong { nonce: 9, .. } => Some(()),
        ServerFrame::Tick { news, .. } => {
            assert_eq!(news.events, None, "of another room");
            None
        }
        _ => None,
    });
}

/// Where somebody is who comes in.
fn place_of(person: &mut Person) -> Option<Place> {
    person.line.hear_until(|frame| match frame {
        ServerFrame::Welcome { entrance, .. } => Some(entrance.place),
        _ => None,
    })
}

#[test]
fn staff_meet_in_rooms_of_their_own_and_patients_in_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let hospital = Hospital::found(&data);
    hospital.admit_patient();
    give_zhao_an_account(&data);
    let rooms = |who: &str| {
        let (status, home) = hospital.send(who, "GET", "/api/home", &Value::Null);
        assert_eq!(status, 200, "{home}");
        let all = home["gatherings"].as_array().unwrap().iter();
        let ids = all.map(|one| one["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(rooms("zhao.patient"), ["patients-circle"]);
    let all = rooms("sun.manager");
    assert_eq!(all.len(), 5, "{all:?}");
    hospital.agree("zhao.patient");
    for room in &all {
        let refused = hospital.knock("zhao.patient", room).err();
        let expected = (room != "patients-circle").then_some(403);
        assert_eq!(refused, expected, "{room}");
    }

    // Managers meet without a doctor who lets them in; elsewhere they wait for one.
    let mut sun = Person::comes(&hospital, "sun.manager", "management-meeting");
    assert_eq!(place_of(&mut sun), Some(Place::Management));
    Person::comes(&hospital, "sun.manager", "research-round").is_at_the_door();
    sun.acts(json!({"act": "set-place", "place": "operating"}));
    sun.hears_of("operating");
    // Who may be the host waits as well while there is one.
    let mut li = Person::comes(&hospital, "li.terminal", "management-meeting");
    li.is_at_the_door();
    let knock = sun.sees_waiting("li.terminal");
    sun.acts(json!({"act": "admit", "waiting": knock}));
    assert_eq!(place_of(&mut li), Some(Place::Operating));

    // Nobody has a pseudonym where no patient comes.
    let (_, coded) = hospital.send("li.terminal", "GET", "/api/gatherings", &Value::Null);
    assert_eq!(coded.as_array().unwrap().len(), 1, "{coded}");
    let openings = "/api/rooms/research-round/openings";
    let asked = hospital.send("li.terminal", "GET", openings, &Value::Null);
    assert_eq!(asked.0, 404, "{}", asked.1);
}

/// A line on a board, as long as one may be.
fn long_line(board: u32) -> Value {
    let points = (0..250_u32).map(|n| [f64::from(n) / 261.7, f64::from(n) / 293.3]);
    let points: Vec<_> = points.collect();
    json!({"act": "add", "entity": {"type": "ink", "board": board, "points": points}})
}

/// The seat, its token, whether it is the old one, and the number of the next event in the welcome that comes.
fn welcome(person: &mut Person) -> (u16, ResumeToken, bool, u64) {
    person.line.hear_until(|frame| match frame {
        ServerFrame::Welcome {
            participant,
            resume,
            resumed,
            next_event,
            ..
        } => Some((*participant, *resume, *resumed, *next_event)),
        _ => None,
    })
}

#[test]
fn who_does_not_read_is_told_that_they_fell_behind_and_comes_back_for_what_they_missed() {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(&folder.path().join("data"));
    hospital.admit_patient();
    let room = hospital.consult();
    let mut li = Person::comes(&hospital, "li.terminal", &room);
    li.is_in();
    let mut chen = Person::comes(&hospital, "chen.expert", &room);
    let (seat, token, _, mut next) = welcome(&mut chen);
    li.acts(board("to draw on"));
    let board = li.line.hear_until(|frame| match frame {
        ServerFrame::Tick { news, .. } => Some(news.events.as_ref()?.first()?.changes.first()?.id),
        _ => None,
    });
    // Chen reads nothing, while Li draws as fast as one may: what the network holds back fills, then the outbox.
    let mut drawn = 0;
    loop {
        drawn += 1;
        assert!(drawn < 2_000, "the line holds whatever is sent");
        // Taken back each time: a room has only so much in it.
        li.acts(long_line(board));
        li.acts(json!({"act": "undo"}));
        let seq = li.seq;
        let is_away = li.line.hear_until(|frame| match frame {
            ServerFrame::Refused { reason, .. } => panic!("{reason:?}"),
            ServerFrame::Tick { news, acks, .. } => {
                let mut people = news.people.iter().flatten();
                let is_away = people.any(|one| one.id == seat && one.away);
                (is_away || acks.iter().any(|ack| ack.seq == seq)).then_some(is_away)
            }
            _ => None,
        });
        if is_away {
            break;
        }
    }
    let farewell = loop {
        // On a machine that is too busy to read in the time that a farewell has, the line ends without a word.
        let Some(frame) = chen.line.hear() else {
            break None;
        };
        match frame {
            ServerFrame::Tick { news, .. } => {
                for event in news.events.iter().flatten() {
                    assert_eq!(event.number, next);
                    next += 1;
                }
            }
            ServerFrame::Bye { reason, again, .. } => break Some((reason, again)),
            _ => {}
        }
    };
    assert!(farewell.is_none_or(|said| said == (Farewell::FellBehind, true)));
    let by = hospital.token("chen.expert");
    chen.line = hospital.come_back(&by, &room, Some(token), next).unwrap();
    let (same, _, resumed, up_to) = welcome(&mut chen);
    assert_eq!((same, resumed), (seat, true));
    assert!(up_to > next, "nothing was missed: {up_to}");
    go_on(&mut li, &mut chen, "seen again");
}

/// What is said of a patient while they are inside counts inside too.
#[test]
fn who_comes_to_need_somebody_beside_them_is_at_the_door_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let hospital = Hospital::found(&data);
    hospital.admit_patient();
    give_zhao_an_account(&data);
    let patient = json!({"resourceType": "Patient", "id": "p", "name": [{"text": "赵敏"}], "birthDate": "1960-05-01"});
    assert_eq!(hospital.put("importer", &patient), 200);
    let room = hospital.consult();
    let mut li = Person::comes(&hospital, "li.terminal", &room);
    li.is_in();
    let token = hospital.token("zhao.patient");
    let mut zhao = Person {
        line: hospital.enter_as("zhao.patient", &token, &room),
        seq: 0,
        at_ms: 0,
    };
    zhao.is_at_the_door();
    let knock = li.sees_waiting("zhao.patient");
    li.acts(json!({"act": "admit", "waiting": knock}));
    let (_, resume, _, next) = welcome(&mut zhao);

    let frail = json!({"needed": true, "reason": "falls"});
    let flag = "/api/patients/p/companion";
    assert_eq!(hospital.send("li.terminal", "PUT", flag, &frail).0, 204);
    // They come back by themselves, and not past the door.
    assert_eq!(zhao.is_sent_away(), (Farewell::Restarted, true));
    zhao.line = hospital
        .come_back(&token, &room, Some(resume), next)
        .unwrap();
    let state = zhao.line.hear_until(|frame| match frame {
        ServerFrame::Threshold { threshold } => Some(threshold.state),
        _ => None,
    });
    assert_eq!(state, room::AtDoor::Companion);
}

#[test]
fn a_stay_is_as_long_as_the_hospital_sets_it_unless_the_patient_needs_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let founded = Hospital::found(&data);
    founded.admit_patient();
    give_zhao_an_account(&data);
    let room = founded.consult();
    founded.kill();
    let spans = [("YUANYI_ROOM_STAY_S", "6"), ("YUANYI_ROOM_REST_S", "2")];
    let hospital = Hospital::open_with(&data, &spans);
    let mut li = Person::comes(&hospital, "li.terminal", &room);
    li.is_in();
    let mut wang = Person::comes(&hospital, "wang.nurse", &room);
    wang.is_at_the_door();
    let knock = li.sees_waiting("wang.nurse");
    li.acts(json!({"act": "admit", "waiting": knock}));
    let nurse = wang.is_in();
    let mut zhao = Person::comes(&hospital, "zhao.patient", &room);
    zhao.is_at_the_door();
    let knock = li.sees_waiting("zhao.patient");
    li.acts(json!({"act": "admit", "waiting": knock, "companion": nurse}));
    zhao.is_in();

    // Who does not treat goes when the time is over, and rests.
    assert_eq!(zhao.is_sent_away(), (Farewell::StayIsOver, false));
    let mut early = Person::comes(&hospital, "zhao.patient", &room);
    assert_eq!(early.is_sent_away(), (Farewell::StayIsOver, false));
    sleep(Duration::from_millis(2_200));
    let mut zhao = Person::comes(&hospital, "zhao.patient", &room);
    let is_inside = zhao.line.hear_until(|frame| match frame {
        ServerFrame::Welcome { participant, .. } => Some(Some(*participant)),
        ServerFrame::Threshold { .. } => Some(None),
        _ => None,
    });
    let patient = is_inside.unwrap_or_else(|| {
        let knock = li.sees_waiting("zhao.patient");
        li.acts(json!({"act": "admit", "waiting": knock, "companion": nurse}));
        zhao.is_in()
    });

    // Let stay, with the reason, they are there when it would have been over, and the reason is kept.
    sleep(Duration::from_secs(4));
    let stay = json!({"act": "let-stay", "participant": patient, "reason": "a result is due"});
    li.acts(stay);
    zhao.line.hear_until(|frame| {
        let ServerFrame::Tick { news, .. } = frame else {
            return None;
        };
        let mut orders = news.events.iter().flatten();
        orders
            .any(|event| {
                let did = event.order.as_ref().map(|order| &order.did);
                matches!(did, Some(Did::Stays { reason, .. }) if reason == "a result is due")
            })
            .then_some(())
    });
    sleep(Duration::from_secs(3));
    go_on(&mut li, &mut zhao, "with the result");
    // Who treats is there all the while.
    wang.hears_of("with the result");
}

/// That somebody with an account is a relative of a patient.
fn relative(id: &str, account: &str, of: &str, active: bool) -> Value {
    json!({
        "resourceType": "RelatedPerson", "id": id, "active": active,
        "identifier": [{"system": "urn:yuanyi:account", "value": account}],
        "patient": {"reference": format!("Patient/{of}")},
        "relationship": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "PRN"}]}],
    })
}

/// A hospital with a child who has an account, as their mother has and another child's father.
fn with_a_child(data: &Path) -> Hospital {
    let hospital = Hospital::found(data);
    hospital.admit_patient();
    give_zhao_an_account(data);
    let relatives = ["--role", "related-person"];
    give_an_account(data, ("zhao.mother", "孙莉"), &relatives);
    give_an_account(data, ("qian.father", "钱强"), &relatives);
    let child = json!({"resourceType": "Patient", "id": "p", "name": [{"text": "赵敏"}], "birthDate": "2019-05-01"});
    assert_eq!(hospital.put("importer", &child), 200);
    let other = json!({"resourceType": "Patient", "id": "q", "name": [{"text": "钱小"}]});
    assert_eq!(hospital.put("importer", &other), 201);
    let father = relative("f", "qian.father", "q", true);
    assert_eq!(hospital.put("importer", &father), 201);
    hospital
}

#[test]
fn a_child_is_inside_beside_a_parent_whom_the_record_names_for_as_long_as_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let hospital = with_a_child(&data);
    let room = hospital.consult();
    // The account alone lets nobody in; whoever treats the child says whose parent it is, and that is a doctor.
    let mother = relative("m", "zhao.mother", "p", true);
    assert_eq!(hospital.knock("zhao.mother", &room).err(), Some(403));
    assert_eq!(hospital.put("wang.nurse", &mother), 403);
    assert_eq!(hospital.put("li.terminal", &mother), 201);
    let mut unread = Person {
        line: hospital
            .connect(&hospital.token("zhao.mother"), &room)
            .unwrap(),
        seq: 0,
        at_ms: 0,
    };
    assert_eq!(unread.is_sent_away().0, Farewell::ConductNotAgreed);

    let mut li = Person::comes(&hospital, "li.terminal", &room);
    li.is_in();
    let mut parent = Person::comes(&hospital, "zhao.mother", &room);
    parent.is_at_the_door();
    let knock = li.sees_waiting("zhao.mother");
    li.acts(json!({"act": "admit", "waiting": knock}));
    let beside = parent.line.hear_until(|frame| match frame {
        ServerFrame::Welcome { entrance, .. } => {
            let mut people = entrance.people.iter();
            people
                .find(|one| one.actor.as_str() == "zhao.mother")
                .cloned()
        }
        _ => None,
    });
    assert_eq!(beside.standing, room::Standing::Observer);
    assert!(beside.may_accompany && !beside.may_act);
    assert_eq!(beside.role, "related-person");
    let mut child = Person::comes(&hospital, "zhao.patient", &room);
    child.is_at_the_door();
    let knock = li.sees_waiting("zhao.patient");
    li.acts(json!({"act": "admit", "waiting": knock, "companion": beside.id}));
    child.is_in();

    // Who is beside one patient is beside no other, in no other room, and reads nothing of the record.
    assert_eq!(hospital.knock("qian.father", &room).err(), Some(403));
    let circle = hospital.knock("zhao.mother", "patients-circle");
    assert_eq!(circle.err(), Some(403));
    for path in [
        "/fhir/Patient/p",
        "/api/patients/p/twin",
        "/fhir/RelatedPerson/m",
        "/api/staff",
    ] {
        let (status, _) = hospital.send("zhao.mother", "GET", path, &Value::Null);
        assert!([403, 404].contains(&status), "{path} {status}");
    }
    // Nor does the list of colleagues say who comes with patients.
    let relatives = "/api/staff?role=related-person";
    let (_, listed) = hospital.send("wang.nurse", "GET", relatives, &Value::Null);
    assert_eq!(listed, json!([]));

    // When the record says so no more, they go at once, and the child is at the door again.
    let ended = relative("m", "zhao.mother", "p", false);
    assert_eq!(hospital.put("li.terminal", &ended), 200);
    assert_eq!(parent.is_sent_away(), (Farewell::NotPermitted, false));
    child.is_at_the_door();
    assert_eq!(hospital.knock("zhao.mother", &room).err(), Some(403));
}

#[test]
fn a_parent_hears_at_home_that_the_doctor_waits_for_the_child_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let hospital = with_a_child(&folder.path().join("data"));
    let mother = relative("m", "zhao.mother", "p", true);
    assert_eq!(hospital.put("li.terminal", &mother), 201);
    let courses = "/api/scenarios/follow-up/courses";
    let wish = json!({"patient": "p", "plan": "osa"});
    let (status, begun) = hospital.send("li.terminal", "POST", courses, &wish);
    assert_eq!(status, 201, "{begun}");
    let course = begun["id"].as_str().unwrap();
    let home = |who: &str| hospital.send(who, "GET", "/api/home", &Value::Null).1;
    assert_eq!(home("zhao.mother")["waiting"], json!([]));
    let visit = format!("{courses}/{course}/visit");
    let (status, _) = hospital.send("li.terminal", "POST", &visit, &json!({}));
    assert_eq!(status, 200);
    let seen = home("zhao.mother");
    let waiting = seen["waiting"].as_array().unwrap();
    let [visit] = waiting.as_slice() else {
        panic!("{seen}");
    };
    assert_eq!(
        (&visit["kind"], &visit["room"]),
        (&json!("visit"), &json!(course))
    );
    assert_eq!(seen["patients"], json!([]));
    assert_eq!(seen["gatherings"], json!([]));
    assert_eq!(home("qian.father")["waiting"], json!([]));
    let mut parent = Person::comes(&hospital, "zhao.mother", course);
    parent.is_at_the_door();
    let (status, _) = hospital.send(
        "zhao.mother",
        "GET",
        &format!("{courses}/{course}"),
        &Value::Null,
    );
    assert!([403, 404].contains(&status), "{status}");

    // Whom the patient refuses goes, and does not hear of the visit either.
    let mut refused = hospital::refusal("no", "zhao.mother");
    refused["provision"]["actor"][0]["reference"]["reference"] = json!("RelatedPerson/m");
    assert_eq!(hospital.put("li.terminal", &refused), 201);
    assert_eq!(parent.is_sent_away().0, Farewell::NotPermitted);
    assert_eq!(home("zhao.mother")["waiting"], json!([]));
    assert_eq!(hospital.knock("zhao.mother", course).err(), Some(403));
}
