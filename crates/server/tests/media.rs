//! Voice by the doors of a running hospital: who hears whom, and that nothing goes to anybody else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use hospital::{Hospital, Inside, refusal, send};
use room::{
    Farewell, Sending,
    wire::{ClientFrame, ServerFrame},
};
use serde_json::{Value, json};
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    media::{Direction, Frequency, MediaKind, MediaTime, Mid},
    net::{Protocol, Receive},
};

fn opened() -> (tempfile::TempDir, Hospital) {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(&folder.path().join("data"));
    hospital.admit_patient();
    (folder, hospital)
}

/// Somebody in a room with a browser's stack for media.
struct Person {
    inside: Inside,
    socket: UdpSocket,
    address: SocketAddr,
    rtc: Rtc,
    microphone: Mid,
    talks: bool,
    connected: bool,
    heard: usize,
    /// Every datagram that came, by its first two bytes.
    captured: Vec<[u8; 2]>,
    began: Instant,
    said: u64,
}

/// The seat by the room's welcome.
fn seat(inside: &mut Inside) -> u16 {
    inside.hear_until(|frame| match frame {
        ServerFrame::Welcome { participant, .. } => Some(*participant),
        _ => None,
    })
}

/// An offer with a microphone and two places for voices.
fn offer(socket: &UdpSocket) -> (Rtc, Value, str0m::change::SdpPendingOffer, Mid) {
    let mut rtc = Rtc::builder()
        .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
        .build(Instant::now());
    let address = socket.local_addr().unwrap();
    rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
    let mut change = rtc.sdp_api();
    let microphone = change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    for _ in 0..2 {
        change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
    }
    let (sdp, pending) = change.apply().unwrap();
    let body = json!({"sdp": sdp.to_sdp_string(), "microphone": microphone.to_string()});
    (rtc, body, pending, microphone)
}

impl Person {
    fn join(hospital: &Hospital, who: &str, room: &str) -> Self {
        Self::join_by(hospital, &hospital.token(who), room)
    }

    /// By a session or token.
    fn join_by(hospital: &Hospital, token: &str, room: &str) -> Self {
        let mut inside = hospital.enter_by(token, room).unwrap();
        let participant = seat(&mut inside);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let (mut rtc, mut body, pending, microphone) = offer(&socket);
        body["participant"] = json!(participant);
        let path = format!("/api/rooms/{room}/media");
        let (status, answer) = send(&hospital.address, token, "POST", &path, &body);
        assert_eq!(status, 200, "{answer}");
        let answer = answer["sdp"].as_str().unwrap();
        let answer = str0m::change::SdpAnswer::from_sdp_string(answer).unwrap();
        rtc.sdp_api().accept_answer(pending, answer).unwrap();
        let address = socket.local_addr().unwrap();
        let began = Instant::now();
        Self {
            inside,
            socket,
            address,
            rtc,
            microphone,
            talks: false,
            connected: false,
            heard: 0,
            captured: Vec::new(),
            began,
            said: 0,
        }
    }

    fn sends(&mut self, sending: Sending) {
        self.inside.say(&ClientFrame::Sending { sending });
        self.talks = sending.microphone;
    }

    /// Reads, speaks and sends what there is.
    fn go_on(&mut self) {
        let mut buffer = [0; 2000];
        while let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
            let bytes = &buffer[..length];
            self.captured.push([bytes[0], bytes[1]]);
            let received = Receive::new(Protocol::Udp, from, self.address, bytes).unwrap();
            let _ = self
                .rtc
                .handle_input(Input::Receive(Instant::now(), received));
            self.poll();
        }
        let now = Instant::now();
        let _ = self.rtc.handle_input(Input::Timeout(now));
        self.poll();
        let due = u64::try_from(self.began.elapsed().as_millis()).unwrap() / 20;
        if self.connected && self.talks && due > self.said {
            self.said = due;
            let writer = self.rtc.writer(self.microphone).unwrap();
            let pt = writer.payload_params().next().unwrap().pt();
            let time = MediaTime::new(due * 960, Frequency::FORTY_EIGHT_KHZ);
            let writer = writer.audio_level(-20, true);
            writer.write(pt, now, time, vec![7; 60]).unwrap();
            self.poll();
        }
    }

    fn poll(&mut self) {
        while self.rtc.is_alive() {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(_)) | Err(_) => return,
                Ok(Output::Transmit(t)) => {
                    let _ = self.socket.send_to(&t.contents, t.destination);
                }
                Ok(Output::Event(Event::Connected)) => self.connected = true,
                Ok(Output::Event(Event::MediaData(_))) => self.heard += 1,
                Ok(Output::Event(_)) => {}
            }
        }
    }

    /// Datagrams that carried voice or picture (RFC 7983, RFC 5761), those of padding alone left out.
    fn media_captured(&self) -> usize {
        let is_media = |[first, second]: &&[u8; 2]| {
            (128..192).contains(first) && !(192..224).contains(second) && first & 0x20 == 0
        };
        self.captured.iter().filter(is_media).count()
    }
}

/// Lets all go on until something is so.
fn until(people: &mut [&mut Person], is_so: impl Fn(&[&mut Person]) -> bool) {
    while !is_so(people) {
        for person in &mut *people {
            person.go_on();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Lets all go on while the first says so many things.
fn while_saying(people: &mut [&mut Person], words: u64) {
    let end = people[0].said + words;
    until(people, |people| people[0].said >= end);
}

const TALK: Sending = Sending {
    microphone: true,
    camera: false,
    screen: false,
    echo: false,
};

#[test]
fn a_voice_goes_to_those_in_the_room_and_to_nobody_else() {
    let (_folder, hospital) = opened();
    let (room, other) = (hospital.consult(), hospital.consult());
    let mut li = Person::join(&hospital, "li.terminal", &room);
    let mut chen = Person::join(&hospital, "chen.expert", &room);
    let mut wang = Person::join(&hospital, "wang.nurse", &other);
    until(&mut [&mut li, &mut chen, &mut wang], |people| {
        people.iter().all(|person| person.connected)
    });
    // Muted at first: what is sent all the same goes nowhere.
    li.talks = true;
    while_saying(&mut [&mut li, &mut chen, &mut wang], 30);
    assert_eq!((chen.heard, chen.media_captured()), (0, 0));
    li.sends(TALK);
    until(&mut [&mut li, &mut chen, &mut wang], |people| {
        people[1].heard > 50
    });
    assert_eq!((wang.heard, wang.media_captured()), (0, 0));
    // All of the room are told who speaks.
    let speaks = |frame: &ServerFrame| match frame {
        ServerFrame::Voices { voices } => voices.iter().any(|voice| voice.speaking).then_some(()),
        _ => None,
    };
    chen.inside.hear_until(speaks);

    // Put out, Chen hears nothing more: not one datagram comes, though Li goes on.
    assert_eq!(hospital.put("importer", &refusal("no", "chen.expert")), 201);
    chen.inside
        .hear_until(|frame| matches!(frame, ServerFrame::Bye { .. }).then_some(()));
    while_saying(&mut [&mut li, &mut chen], 10);
    chen.captured.clear();
    while_saying(&mut [&mut li, &mut chen], 60);
    assert_eq!(chen.captured.len(), 0);
    // Nor may Chen come back by the side door.
    let (_, mut body, ..) = offer(&chen.socket);
    body["participant"] = json!(2);
    let path = format!("/api/rooms/{room}/media");
    assert_eq!(hospital.send("chen.expert", "POST", &path, &body).0, 403);
}

#[test]
fn who_leaves_the_room_leaves_its_voices_and_only_the_seated_take_part() {
    let (_folder, hospital) = opened();
    let room = hospital.consult();
    let path = format!("/api/rooms/{room}/media");
    let (_, door) = hospital.send("li.terminal", "GET", &path, &Value::Null);
    assert_eq!(door, json!({"open": true, "speech": false, "relays": []}));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (_, mut body, ..) = offer(&socket);
    // Nobody is in the room yet.
    body["participant"] = json!(1);
    assert_eq!(hospital.send("li.terminal", "POST", &path, &body).0, 409);
    let mut li = Person::join(&hospital, "li.terminal", &room);
    let mut chen = Person::join(&hospital, "chen.expert", &room);
    // A seat of somebody else's is no seat.
    assert_eq!(hospital.send("wang.nurse", "POST", &path, &body).0, 409);
    body["sdp"] = json!("v=0");
    // Nor is one's own, by another session than one sits there by.
    let own = json!({"participant": 2, "sdp": "v=0"});
    assert_eq!(hospital.send("chen.expert", "POST", &path, &own).0, 409);
    li.sends(TALK);
    until(&mut [&mut li, &mut chen], |people| people[1].heard > 20);

    let token = hospital.token("chen.expert");
    drop(chen);
    let mut chen = Person::join_by(&hospital, &token, &room);
    let own = json!({"participant": 3, "sdp": "v=0"});
    let offers = |_| send(&hospital.address, &token, "POST", &path, &own).0;
    let mut answers = (0..200).map(offers);
    assert_eq!(answers.next(), Some(400));
    assert!(answers.any(|status| status == 429));
    // The bad offers ended what Chen had; a good one begins anew.
    drop(chen);
    chen = Person::join(&hospital, "chen.expert", &room);
    until(&mut [&mut li, &mut chen], |people| people[1].heard > 20);
    // The line to the room breaks; the media end with it.
    let Person { inside, .. } = &mut chen;
    *inside = hospital.enter("wang.nurse", &room).unwrap();
    while_saying(&mut [&mut li, &mut chen], 20);
    chen.captured.clear();
    while_saying(&mut [&mut li, &mut chen], 60);
    assert_eq!(chen.captured.len(), 0);
}

/// Signs in or out as a browser does; answers the status and the cookie.
fn session(hospital: &Hospital, method: &str, cookie: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let body = json!({"user": "chen.expert", "password": "a password of some length 7"});
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("http://{}/api/session", hospital.address))
        .header("x-yuanyi-client", "1")
        .header("cookie", cookie)
        .body(if method == "POST" {
            body.to_string()
        } else {
            String::new()
        })
        .unwrap();
    let answer = agent.run(request).unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    (answer.status().as_u16(), cookie)
}

#[test]
fn who_signs_out_hears_nothing_more_and_others_of_the_account_stay() {
    let (_folder, hospital) = opened();
    let room = hospital.consult();
    let mut li = Person::join(&hospital, "li.terminal", &room);
    let (status, cookie) = session(&hospital, "POST", "");
    assert_eq!(status, 200);
    let token = cookie.split_once('=').unwrap().1;
    let mut here = Person::join_by(&hospital, token, &room);
    let mut elsewhere = Person::join(&hospital, "chen.expert", &room);
    li.sends(TALK);
    until(&mut [&mut li, &mut here, &mut elsewhere], |people| {
        people[1..].iter().all(|person| person.heard > 20)
    });
    assert_eq!(session(&hospital, "DELETE", &cookie).0, 204);
    let bye = here.inside.hear_until(|frame| match frame {
        ServerFrame::Bye { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(bye, Farewell::SignedOut);
    while_saying(&mut [&mut li, &mut here, &mut elsewhere], 10);
    here.captured.clear();
    let before = elsewhere.heard;
    while_saying(&mut [&mut li, &mut here, &mut elsewhere], 60);
    assert_eq!(here.captured.len(), 0);
    assert!(elsewhere.heard > before);
}
