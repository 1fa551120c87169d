//! A client in a room that lies, breaks the protocol and sends more than it may, over the doors of a running hospital:
//! it is corrected or put out with the reason, and two others, who act all the while, notice nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;
#[path = "hospital/poses.rs"]
mod poses;

use std::{
    io::{BufRead, BufReader},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use hospital::{Heard, Hospital, Inside};
use poses::pose;
use room::{
    Farewell, Hand, Held, Pointer, Pose, Refusal, ResumeToken, Sending, Transform, limits,
    wire::{ClientFrame, ServerFrame, VERSION},
};
use serde_json::{Value, json};
use tungstenite::Message;

/// Nobody who is honest waits longer for an answer, on a machine that builds and tests beside this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody inside.
struct Person {
    line: Inside,
    seat: u16,
    token: ResumeToken,
    seq: u32,
}

impl Person {
    fn new(mut line: Inside) -> Self {
        let (seat, token, seq) = line.hear_until(|frame| match frame {
            ServerFrame::Welcome {
                participant,
                resume,
                last_seq,
                ..
            } => Some((*participant, *resume, *last_seq)),
            _ => None,
        });
        Self {
            line,
            seat,
            token,
            seq,
        }
    }

    fn asks(&mut self, act: Value) {
        self.seq += 1;
        let seq = self.seq;
        self.line.say(&ClientFrame::Act { seq, act });
    }

    /// What becomes of an act: the number of its event, if it made one, or why it is refused.
    fn acts(&mut self, act: Value) -> Result<Option<u64>, Refusal> {
        self.asks(act);
        let own = self.seq;
        self.line.hear_until(|frame| match frame {
            ServerFrame::Refused { seq, reason, .. } if *seq == own => Some(Err(*reason)),
            ServerFrame::Tick { acks, .. } => {
                let ack = acks.iter().find(|ack| ack.seq == own);
                ack.map(|ack| Ok(ack.event))
            }
            _ => None,
        })
    }
}

/// Why the hospital ends a line; nothing comes after that.
fn farewell(line: &mut Inside) -> Option<Farewell> {
    loop {
        if let ServerFrame::Bye { reason, .. } = line.hear()? {
            assert!(line.hear_bytes().is_none(), "after the farewell");
            return Some(reason);
        }
    }
}

fn board(title: &str, position_m: [f64; 3]) -> Value {
    let transform = json!({"position_m": position_m, "rotation": [0, 0, 0, 1], "scale": 1});
    json!({"act": "add", "entity": {"type": "board", "transform": transform, "title": title}})
}

/// Somebody who acts and moves ten times a second until told to stop, and what they noticed meanwhile.
struct Honest {
    stop: Arc<AtomicBool>,
    acts: Arc<AtomicU32>,
    thread: JoinHandle<()>,
}

impl Honest {
    fn starts(mut person: Person, name: &'static str, liar: &'static str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let acts = Arc::new(AtomicU32::new(0));
        let answered = Arc::clone(&acts);
        let thread = std::thread::spawn(move || {
            let board = places(&mut person, name);
            while !told.load(Ordering::Relaxed) {
                let acts = answered.load(Ordering::Relaxed) + 1;
                let at_ms = acts * 100;
                let head = pose(at_ms, [f64::from(at_ms % 1000) / 1000.0, 1.6, 0.0]);
                person.line.say(&ClientFrame::Pose { pose: head });
                let title = format!("{name} {acts}");
                let patch = json!({"type": "board", "title": title});
                person.asks(json!({"act": "set", "id": board, "patch": patch}));
                until_answered(&mut person, liar);
                answered.store(acts, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        Self { stop, acts, thread }
    }

    /// Lets them act ten times at least, whatever was done to the room; each time they are answered in time.
    fn stops(self) {
        while self.acts.load(Ordering::Relaxed) < 10 && !self.thread.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("somebody honest noticed");
    }
}

/// Places a board; answers which entity it is.
fn places(person: &mut Person, title: &str) -> u64 {
    person.asks(board(title, [0.0, 1.0, 0.0]));
    person.line.hear_until(|frame| {
        let ServerFrame::Tick { news, .. } = frame else {
            return None;
        };
        let events = serde_json::to_value(&news.events).unwrap();
        let events = events.as_array()?.iter();
        let mut changes = events.flat_map(|event| event["changes"].as_array().unwrap());
        let own = changes.find(|change| change["placed"]["entity"]["title"] == title)?;
        own["id"].as_u64()
    })
}

/// Waits for an answer, which comes in time, and sees nobody where nobody can be.
fn until_answered(person: &mut Person, liar: &str) {
    let asked = Instant::now();
    loop {
        assert!(asked.elapsed() < PATIENCE, "no answer for {PATIENCE:?}");
        match person.line.hear_within(Duration::from_millis(50)) {
            Heard::Frame(ServerFrame::Tick {
                news, poses, acks, ..
            }) => {
                for one in poses {
                    is_possible(&one.pose);
                }
                for event in news.events.into_iter().flatten() {
                    assert_ne!(event.actor.as_str(), liar, "{event:?}");
                }
                if acks.iter().any(|ack| ack.seq == person.seq) {
                    return;
                }
            }
            Heard::Frame(ServerFrame::Refused { reason, .. }) => panic!("{reason:?}"),
            Heard::Frame(ServerFrame::Bye { reason, .. }) => panic!("{reason:?}"),
            Heard::Frame(_) | Heard::Nothing => {}
            Heard::Ended => panic!("their line has ended"),
        }
    }
}

fn is_possible(pose: &Pose) {
    let far = |a: [f64; 3], b: [f64; 3]| {
        let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
        squares.sum::<f64>().sqrt()
    };
    let head = pose.head.position_m;
    assert!(far(head, [0.0; 3]) <= limits::POSITION_M + 0.01, "{pose:?}");
    for hand in [pose.left, pose.right].into_iter().flatten() {
        assert!(far(hand.position_m, head) <= limits::REACH_M + 0.01);
    }
    if let Some(pointer) = pose.pointer {
        assert!(far(pointer.origin_m, head) <= limits::REACH_M + 0.01);
    }
    assert!(pose.held.is_none(), "nobody holds anything");
}

/// A room with a host, an expert, and a nurse whom the host has let in: she is the liar.
struct World {
    _folder: tempfile::TempDir,
    hospital: Hospital,
    room: String,
    liar: String,
}

const LIAR: &str = "wang.nurse";

impl World {
    /// With the host, the expert and the liar.
    fn opens() -> (Self, [Person; 3]) {
        let folder = tempfile::tempdir().unwrap();
        let hospital = Hospital::found(&folder.path().join("data"));
        hospital.admit_patient();
        let room = hospital.consult();
        let mut li = Person::new(hospital.enter("li.terminal", &room).unwrap());
        let chen = Person::new(hospital.enter("chen.expert", &room).unwrap());
        hospital.agree(LIAR);
        let liar = hospital.token(LIAR);
        let line = hospital.enter_by(&liar, &room).unwrap();
        let knock = li.line.hear_until(|frame| {
            let ServerFrame::Tick { news, .. } = frame else {
                return None;
            };
            Some(news.waiting.as_ref()?.first()?.id)
        });
        li.acts(json!({"act": "admit", "waiting": knock})).unwrap();
        let wang = Person::new(line);
        let world = Self {
            _folder: folder,
            hospital,
            room,
            liar,
        };
        (world, [li, chen, wang])
    }

    /// The liar comes in once more.
    fn again(&self) -> Person {
        Person::new(self.hospital.enter_by(&self.liar, &self.room).unwrap())
    }

    /// Resident memory of the hospital, in MiB.
    fn memory_mib(&self) -> u64 {
        let status = format!("/proc/{}/status", self.hospital.server.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS"));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse::<u64>().unwrap() / 1024
    }
}

/// Acts that lie, and what each is refused by.
#[expect(clippy::too_many_lines, reason = "a list, one lie after the other")]
fn lies(own: u16, own_board: u64, chens: u16, chens_board: u64) -> Vec<(Value, Refusal)> {
    let set = |id: u64, patch: Value| json!({"act": "set", "id": id, "patch": patch});
    let placed = |position_m: Value, rotation: Value, scale: Value| {
        json!({"act": "add", "entity": {"type": "board", "title": "x", "transform":
            {"position_m": position_m, "rotation": rotation, "scale": scale}}})
    };
    let (here, still) = (json!([0, 1, 0]), json!([0, 0, 0, 1]));
    let mut as_chen = board("x", [0.0; 3]);
    as_chen["actor"] = json!("chen.expert");
    let mut by_chen = board("x", [0.0; 3]);
    by_chen["entity"]["by"] = json!("chen.expert");
    let ink = |points: Value| json!({"act": "add", "entity": {"type": "ink", "board": own_board, "points": points}});
    let elsewhere = json!({"position_m": [3, 1, 0], "rotation": [0, 0, 0, 1], "scale": 1});
    vec![
        // Claims what they are not.
        (
            json!({"act": "appoint", "participant": own, "standing": "host"}),
            Refusal::KeepsNoOrder,
        ),
        (
            json!({"act": "put-out", "participant": chens, "reason": "x"}),
            Refusal::KeepsNoOrder,
        ),
        (
            json!({"act": "mute", "participant": chens, "reason": "x"}),
            Refusal::KeepsNoOrder,
        ),
        (
            json!({"act": "lower-hand", "participant": chens}),
            Refusal::KeepsNoOrder,
        ),
        (json!({"act": "lift", "whom": LIAR}), Refusal::KeepsNoOrder),
        (json!({"act": "take-over", "id": 1}), Refusal::KeepsNoOrder),
        (as_chen, Refusal::Malformed),
        (by_chen, Refusal::Malformed),
        // Moves what another has locked, and what does not stand there.
        (
            set(
                chens_board,
                json!({"type": "board", "transform": elsewhere}),
            ),
            Refusal::Locked,
        ),
        (json!({"act": "remove", "id": chens_board}), Refusal::Locked),
        (
            json!({"act": "unlock", "id": chens_board}),
            Refusal::LockedByAnother,
        ),
        (
            set(own_board, json!({"type": "hologram", "apart": 0.5})),
            Refusal::WrongType,
        ),
        (
            json!({"act": "grab", "id": 4_000_000_000_u32}),
            Refusal::UnknownEntity,
        ),
        (
            json!({"act": "take", "series": "1.2.3"}),
            Refusal::UnknownSeries,
        ),
        // Beyond all bounds.
        (
            placed(json!([1e9, 1, 0]), still.clone(), json!(1)),
            Refusal::TooFarAway,
        ),
        (
            placed(json!([0, -1e300, 0]), still.clone(), json!(1)),
            Refusal::TooFarAway,
        ),
        (
            placed(json!(["NaN", 1, 0]), still.clone(), json!(1)),
            Refusal::Malformed,
        ),
        (
            placed(json!([null, 1, 0]), still.clone(), json!(1)),
            Refusal::Malformed,
        ),
        (
            placed(json!([0, 1]), still.clone(), json!(1)),
            Refusal::Malformed,
        ),
        (
            placed(here.clone(), json!([0, 0, 0, 9]), json!(1)),
            Refusal::NotUnitLength,
        ),
        (
            placed(here.clone(), still.clone(), json!(1e9)),
            Refusal::ScaleOutOfRange,
        ),
        (
            placed(here.clone(), still.clone(), json!(-1)),
            Refusal::ScaleOutOfRange,
        ),
        (placed(here, still, json!(0)), Refusal::ScaleOutOfRange),
        (
            board(&"x".repeat(limits::TITLE_CHARACTERS + 1), [0.0; 3]),
            Refusal::TextTooLong,
        ),
        (ink(json!([[0, 0], [7, 0]])), Refusal::ValueOutOfRange),
        (
            ink(json!(vec![[0.5, 0.5]; limits::STROKE_POINTS + 1])),
            Refusal::WrongNumberOfPoints,
        ),
        // No acts at all.
        (json!({"act": "fly"}), Refusal::Malformed),
        (json!([]), Refusal::Malformed),
        (json!(null), Refusal::Malformed),
        (
            json!({"act": "set", "id": -1, "patch": {}}),
            Refusal::Malformed,
        ),
    ]
}

#[test]
fn who_lies_is_told_why_it_is_refused_and_nothing_comes_of_it() {
    let (world, [li, mut chen, mut wang]) = World::opens();
    let own_board = places(&mut wang, "wang");
    let chens_board = places(&mut chen, "chen");
    let lock = json!({"act": "lock", "id": chens_board, "marks": true});
    chen.acts(lock).unwrap();
    let (own, chens) = (wang.seat, chen.seat);
    // Two who act all the while, and see nothing of the liar's.
    let li = Honest::starts(li, "li", LIAR);
    let World {
        hospital,
        room,
        liar,
        ..
    } = &world;
    for (number, (lie, reason)) in lies(own, own_board, chens, chens_board)
        .into_iter()
        .enumerate()
    {
        // No faster than anybody may.
        std::thread::sleep(Duration::from_millis(30));
        assert_eq!(wang.acts(lie.clone()), Err(reason), "{number}: {lie}");
    }
    // Where nobody can be, with arms that nobody has, pointing from elsewhere, holding what stands still.
    for (at_ms, x) in [(50, 25.0), (100, 1.0), (150, -32.0)] {
        let mut pose = pose(at_ms, [x, 1.6, 0.0]);
        let far = Hand {
            position_m: [x - 9.0, 1.0, 0.0],
            rotation: [0.0, 0.0, 0.0, 1.0],
            fingers: None,
        };
        (pose.left, pose.right) = (Some(far), Some(far));
        pose.pointer = Some(Pointer {
            origin_m: [0.0, 1.0, 9.0],
            hit_m: [0.0, 1.0, 30.0],
            on: true,
        });
        pose.held = Some(Held {
            entity: u32::try_from(chens_board).unwrap(),
            transform: Transform {
                position_m: [5.0, 1.0, 0.0],
                rotation: [0.0, 0.0, 0.0, 1.0],
                scale: 20.0,
            },
        });
        wang.line.say(&ClientFrame::Pose { pose });
        std::thread::sleep(Duration::from_millis(100));
    }
    // Another's seat, by their token and by their number.
    let stolen = hospital.come_back(liar, room, Some(chen.token), 0);
    let stolen = Person::new(stolen.unwrap());
    assert_ne!(stolen.seat, chens, "a seat is its own account's");
    for path in ["poses", "media"] {
        let path = format!("/api/rooms/{room}/{path}");
        let offer = json!({"participant": chens, "sdp": "v=0"});
        let (status, answer) = hospital::send(&hospital.address, liar, "POST", &path, &offer);
        assert!([409, 503].contains(&status), "{path} {status} {answer}");
    }
    // What stands locked is as it was, and is still its author's to move.
    let unlock = json!({"act": "unlock", "id": chens_board});
    chen.acts(unlock).unwrap();
    li.stops();
}

/// What ends a line, and why.
fn outrages() -> Vec<(Vec<Message>, Farewell)> {
    let binary = |bytes: Vec<u8>| vec![Message::binary(bytes)];
    let act = |json: &str| [&[3, 1, 0, 0, 0], json.as_bytes()].concat();
    let hello = ClientFrame::Hello {
        version: VERSION,
        resume: None,
        next_event: 0,
    };
    let mut held = pose(1, [0.0, 1.6, 0.0]);
    held.held = Some(Held {
        entity: 1,
        transform: Transform {
            position_m: [0.0; 3],
            rotation: [0.0, 0.0, 0.0, 1.0],
            scale: f64::NAN,
        },
    });
    let held = ClientFrame::Pose { pose: held }.encode();
    // What is answered by nothing comes in as fast as it can be sent.
    let sending = ClientFrame::Sending {
        sending: Sending::default(),
    };
    let sending = Message::binary(sending.encode());
    let move_on = |at_ms| {
        let pose = pose(at_ms, [0.5, 1.6, 0.0]);
        Message::binary(ClientFrame::Pose { pose }.encode())
    };
    let sign = Message::Ping(Vec::new().into());
    vec![
        (binary(Vec::new()), Farewell::Malformed),
        (binary(vec![0xff; 90]), Farewell::Malformed),
        (binary(vec![2, 0]), Farewell::Malformed),
        (binary(vec![0x81; 300]), Farewell::Malformed),
        (binary(hello.encode()), Farewell::HelloExpected),
        (binary(held), Farewell::Malformed),
        (
            binary(act(r#"{"act":"add","entity":{"scale":NaN}}"#)),
            Farewell::Malformed,
        ),
        (
            binary(act(r#"{"act":"add","entity":{"scale":1e999}}"#)),
            Farewell::Malformed,
        ),
        (binary(act(&"[".repeat(9_000))), Farewell::Malformed),
        (
            binary(vec![3; limits::CLIENT_FRAME_BYTES + 1]),
            Farewell::TooLong,
        ),
        (
            binary(vec![3; limits::CLIENT_FRAME_BYTES + 2]),
            Farewell::TooLong,
        ),
        (binary(vec![3; 100_000]), Farewell::TooLong),
        (
            vec![Message::text(r#"{"act":"undo"}"#)],
            Farewell::Malformed,
        ),
        (vec![sending; 400], Farewell::TooFast),
        ((1..4_000).map(move_on).collect(), Farewell::TooFast),
        (vec![sign; 4_000], Farewell::TooFast),
    ]
}

#[test]
fn who_breaks_the_protocol_is_put_out_with_the_reason_and_nobody_else_notices() {
    let (world, [li, chen, wang]) = World::opens();
    drop(wang);
    let honest = [("li", li), ("chen", chen)].map(|(name, one)| Honest::starts(one, name, LIAR));
    for (number, (messages, reason)) in outrages().into_iter().enumerate() {
        let mut wang = world.again();
        let longest = messages.iter().map(Message::len).max();
        let is_unread = messages.len() > 1 || longest > Some(limits::CLIENT_FRAME_BYTES + 1);
        for message in messages {
            if !wang.line.utter(message) {
                break;
            }
        }
        let said = farewell(&mut wang.line);
        // What is not read to its end resets the line, and may take the farewell with it.
        let may_be_reset = said.is_none() && is_unread;
        assert!(
            may_be_reset || said == Some(reason),
            "outrage {number}: {said:?}"
        );
    }
    // Before a hello there is nothing to be said.
    let act = ClientFrame::Ping { nonce: 1 }.encode();
    let old = ClientFrame::Hello {
        version: VERSION + 1,
        resume: None,
        next_event: 0,
    };
    for (first, reason) in [
        (act, Farewell::HelloExpected),
        (Vec::new(), Farewell::HelloExpected),
        (vec![0xff; 2_000], Farewell::HelloExpected),
        (old.encode(), Farewell::VersionMismatch),
    ] {
        let mut line = world.hospital.connect(&world.liar, &world.room).unwrap();
        line.utter(Message::binary(first));
        assert_eq!(farewell(&mut line), Some(reason));
    }
    for honest in honest {
        honest.stops();
    }
}

/// A flood by three lines at once: acts, words and poses, as fast as they go, of which nothing is read.
fn flood(world: &World) {
    let mut lines: Vec<_> = (0..3).map(|_| world.again()).collect();
    let long = "x".repeat(12_000);
    for step in 0..180_u32 {
        for person in &mut lines {
            let frame = match step % 3 {
                0 => ClientFrame::Caption {
                    text: format!("words {step} {}", "x".repeat(400)),
                },
                1 => ClientFrame::Pose {
                    pose: pose(step, [1.0, 1.6, f64::from(step) / 100.0]),
                },
                _ => {
                    person.seq += 1;
                    let act = json!({"act": "lift", "whom": long});
                    ClientFrame::Act {
                        seq: person.seq,
                        act,
                    }
                }
            };
            person.line.utter(Message::binary(frame.encode()));
        }
    }
}

#[test]
fn a_flood_costs_nobody_else_an_answer_and_the_hospital_no_memory() {
    let (world, [li, chen, wang]) = World::opens();
    drop(wang);
    let honest = [("li", li), ("chen", chen)].map(|(name, one)| Honest::starts(one, name, LIAR));
    for _ in 0..5 {
        flood(&world);
    }
    let before = world.memory_mib();
    let (began, mut floods) = (Instant::now(), 0);
    while floods < 20 || began.elapsed() < Duration::from_secs(2) {
        flood(&world);
        floods += 1;
    }
    let after = world.memory_mib();
    println!("{before} MiB, after {floods} floods more {after} MiB");
    assert!(after < before + 48, "{before} MiB became {after} MiB");
    for honest in honest {
        honest.stops();
    }
}

/// Opens a stream; its name, and the rest of it.
fn stream(world: &World, token: &str) -> (String, impl BufRead + use<>) {
    let hello = ClientFrame::Hello {
        version: VERSION,
        resume: None,
        next_event: 0,
    };
    let path = format!(
        "http://{}/api/rooms/{}/stream",
        world.hospital.address, world.room
    );
    let answer = ureq::post(path)
        .header("authorization", format!("Bearer {token}"))
        .send(&hello.encode()[..])
        .unwrap();
    let mut events = BufReader::new(answer.into_body().into_reader());
    let mut line = String::new();
    loop {
        let mut text = String::new();
        assert!(
            events.read_line(&mut text).unwrap() > 0,
            "the stream has ended"
        );
        if let Some(data) = text.strip_prefix("data:") {
            line.push_str(data.trim());
            return (line, events);
        }
    }
}

/// Sends a request of a stream; answers the status.
fn request(world: &World, token: &str, line: &str, number: Option<&str>, body: &[u8]) -> u16 {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let path = format!(
        "http://{}/api/rooms/{}/frames",
        world.hospital.address, world.room
    );
    let mut request = agent
        .post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("x-yuanyi-line", line);
    if let Some(number) = number {
        request = request.header("x-yuanyi-number", number);
    }
    request.send(body).unwrap().status().as_u16()
}

fn body(frame: &ClientFrame) -> Vec<u8> {
    let frame = frame.encode();
    let length = u16::try_from(frame.len()).unwrap().to_le_bytes();
    [&length[..], &frame].concat()
}

#[test]
fn requests_of_a_stream_are_heard_once_in_their_turn_and_of_its_owner_alone() {
    let (world, [mut li, ..]) = World::opens();
    let chen = world.hospital.token("chen.expert");
    let (line, _events) = stream(&world, &chen);
    let words = |text: &str| {
        body(&ClientFrame::Caption {
            text: text.to_owned(),
        })
    };
    let asks = |number: Option<&str>, body: &[u8]| request(&world, &chen, &line, number, body);
    assert_eq!(
        request(&world, &world.liar, &line, Some("1"), &words("lie")),
        404
    );
    assert_eq!(asks(None, &words("no number")), 400);
    assert_eq!(asks(Some("-1"), &words("no number")), 400);
    assert_eq!(asks(Some("2"), &words("too early")), 409);
    assert_eq!(asks(Some("1"), &[9, 0, 1]), 400, "a frame that breaks off");
    assert_eq!(asks(Some("1"), &words("one")), 204);
    assert_eq!(asks(Some("1"), &words("once more")), 204);
    assert_eq!(asks(Some("2"), &words("two")), 204);
    assert_eq!(asks(Some("1"), &words("late")), 204);
    assert_eq!(asks(Some("3"), &words("three")), 204);
    let mut heard = Vec::new();
    while heard.last().map(String::as_str) != Some("three") {
        heard.push(li.line.hear_until(|frame| match frame {
            ServerFrame::Said { text, .. } => Some(text.clone()),
            _ => None,
        }));
    }
    assert_eq!(heard, ["one", "two", "three"]);
}
