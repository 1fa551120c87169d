//! Voice by the doors of a running hospital: who hears whom, and that nothing goes to anybody else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on fails, and tells one story"
)]

mod hospital;
#[path = "hospital/poses.rs"]
mod poses;

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use hospital::{Hospital, Inside, refusal, send};
use poses::{aside, x_mm};
use room::{
    Farewell, Sending,
    wire::{ClientFrame, ServerFrame},
};
use serde_json::{Value, json};
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    channel::{ChannelConfig, ChannelId, Reliability},
    format::PayloadParams,
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
    around: Mid,
    talks: bool,
    shows: bool,
    connected: bool,
    heard: usize,
    seen: usize,
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

/// An offer with a microphone, a picture of all around, two places for voices and one for a picture.
fn offer(socket: &UdpSocket) -> (Rtc, Value, str0m::change::SdpPendingOffer, [Mid; 2]) {
    let mut rtc = Rtc::builder()
        .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
        .build(Instant::now());
    let address = socket.local_addr().unwrap();
    rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
    let mut change = rtc.sdp_api();
    let microphone = change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    let around = change.add_media(MediaKind::Video, Direction::SendOnly, None, None, None);
    change.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
    for _ in 0..2 {
        change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
    }
    let (sdp, pending) = change.apply().unwrap();
    let body = json!({
        "sdp": sdp.to_sdp_string(),
        "microphone": microphone.to_string(),
        "around": around.to_string(),
    });
    (rtc, body, pending, [microphone, around])
}

impl Person {
    fn join(hospital: &Hospital, who: &str, room: &str) -> Self {
        hospital.agree(who);
        Self::join_by(hospital, &hospital.token(who), room)
    }

    /// By a session or token.
    fn join_by(hospital: &Hospital, token: &str, room: &str) -> Self {
        let mut inside = hospital.enter_by(token, room).unwrap();
        let participant = seat(&mut inside);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let (mut rtc, mut body, pending, [microphone, around]) = offer(&socket);
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
            around,
            talks: false,
            shows: false,
            connected: false,
            heard: 0,
            seen: 0,
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
        } else if self.connected && self.shows && due > self.said {
            self.said = due;
            self.show(now, due);
            self.poll();
        }
    }

    /// A whole picture of VP8, by the section for one of all around.
    fn show(&mut self, now: Instant, due: u64) {
        let writer = self.rtc.writer(self.around).unwrap();
        let is_vp8 = |p: &&PayloadParams| p.spec().codec == str0m::format::Codec::Vp8;
        let pt = writer.payload_params().find(is_vp8).unwrap().pt();
        let time = MediaTime::new(due * 1800, Frequency::NINETY_KHZ);
        let frame = vec![0, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 32, 0];
        writer.write(pt, now, time, frame).unwrap();
    }

    fn poll(&mut self) {
        while self.rtc.is_alive() {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(_)) | Err(_) => return,
                Ok(Output::Transmit(t)) => {
                    let _ = self.socket.send_to(&t.contents, t.destination);
                }
                Ok(Output::Event(Event::Connected)) => self.connected = true,
                Ok(Output::Event(Event::MediaData(data))) => {
                    if data.params.spec().codec.is_audio() {
                        self.heard += 1;
                    } else {
                        self.seen += 1;
                    }
                }
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
    around: false,
    echo: false,
};

#[test]
fn a_voice_goes_to_those_in_the_room_and_to_nobody_else() {
    let (_folder, hospital) = opened();
    let (room, other) = (hospital.consult(), hospital.consult());
    let mut li = Person::join(&hospital, "li.terminal", &room);
    let mut chen = Person::join(&hospital, "chen.expert", &room);
    let mut elsewhere = Person::join(&hospital, "li.terminal", &other);
    until(&mut [&mut li, &mut chen, &mut elsewhere], |people| {
        people.iter().all(|person| person.connected)
    });
    // Muted at first: what is sent all the same goes nowhere.
    li.talks = true;
    while_saying(&mut [&mut li, &mut chen, &mut elsewhere], 30);
    assert_eq!((chen.heard, chen.media_captured()), (0, 0));
    li.sends(TALK);
    until(&mut [&mut li, &mut chen, &mut elsewhere], |people| {
        people[1].heard > 50
    });
    assert_eq!((elsewhere.heard, elsewhere.media_captured()), (0, 0));
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
fn one_picture_of_all_around_at_a_time_reaches_the_others() {
    let (_folder, hospital) = opened();
    let (room, other) = (hospital.consult(), hospital.consult());
    let mut li = Person::join(&hospital, "li.terminal", &room);
    let mut chen = Person::join(&hospital, "chen.expert", &room);
    let mut elsewhere = Person::join(&hospital, "li.terminal", &other);
    let around = Sending {
        around: true,
        ..Sending::default()
    };
    let asks = |person: &mut Person, seq: u32, shows: bool| {
        let act = json!({"act": "show-around", "shows": shows});
        person.inside.say(&ClientFrame::Act { seq, act });
    };
    let is_told = |person: &mut Person, whom: Option<u16>| {
        person.inside.hear_until(|frame| match frame {
            ServerFrame::Voices { voices } => {
                let shown = voices.iter().find(|voice| voice.around);
                (shown.map(|voice| voice.participant) == whom).then_some(())
            }
            _ => None,
        });
    };
    // Without being asked for it is not shown, whatever is sent.
    chen.sends(around);
    chen.shows = true;
    until(&mut [&mut chen, &mut li, &mut elsewhere], |people| {
        people.iter().all(|person| person.connected)
    });
    while_saying(&mut [&mut chen, &mut li], 30);
    assert_eq!((li.seen, li.media_captured()), (0, 0));
    asks(&mut chen, 1, true);
    until(&mut [&mut chen, &mut li, &mut elsewhere], |people| {
        people[1].seen > 20
    });
    assert_eq!((elsewhere.seen, elsewhere.media_captured()), (0, 0));
    is_told(&mut li, Some(2));
    // The second is refused where they are not the host, and what they send goes to nobody.
    let mut another = Person::join(&hospital, "chen.expert", &room);
    another.sends(around);
    another.shows = true;
    asks(&mut another, 1, true);
    let refusal = another.inside.hear_until(|frame| match frame {
        ServerFrame::Refused { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(refusal, room::Refusal::AroundByAnother);
    until(&mut [&mut another, &mut chen, &mut li], |people| {
        people[0].connected
    });
    let before = chen.seen;
    while_saying(&mut [&mut another, &mut chen, &mut li], 30);
    assert_eq!(chen.seen, before);
    // The host ends it: not one more is passed on.
    asks(&mut li, 1, false);
    is_told(&mut li, None);
    while_saying(&mut [&mut chen, &mut li], 10);
    let before = li.seen;
    while_saying(&mut [&mut chen, &mut li], 40);
    assert_eq!(li.seen, before);
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
    hospital.agree("chen.expert");
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

/// Somebody's line for poses, with a browser's stack.
struct Line {
    socket: UdpSocket,
    address: SocketAddr,
    rtc: Rtc,
    channel: ChannelId,
    /// Frames that came by it.
    received: Vec<ServerFrame>,
    /// How many datagrams came.
    datagrams: usize,
    /// What was sent, as it stood on the line, and where to.
    sent: Vec<(Vec<u8>, SocketAddr)>,
    /// Whether it is said that something is heard.
    confirms: bool,
}

fn offer_poses(socket: &UdpSocket) -> (Rtc, String, str0m::change::SdpPendingOffer, ChannelId) {
    let mut rtc = Rtc::builder()
        .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
        .build(Instant::now());
    let address = socket.local_addr().unwrap();
    rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
    let mut change = rtc.sdp_api();
    let channel = change.add_channel_with_config(ChannelConfig {
        ordered: false,
        reliability: Reliability::MaxRetransmits { retransmits: 0 },
        ..ChannelConfig::default()
    });
    let (sdp, pending) = change.apply().unwrap();
    (rtc, sdp.to_sdp_string(), pending, channel)
}

impl Line {
    fn open(hospital: &Hospital, token: &str, room: &str, participant: u16) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let (mut rtc, sdp, pending, channel) = offer_poses(&socket);
        let body = json!({"participant": participant, "sdp": sdp});
        let path = format!("/api/rooms/{room}/poses");
        let (status, answer) = send(&hospital.address, token, "POST", &path, &body);
        assert_eq!(status, 200, "{answer}");
        let answer = answer["sdp"].as_str().unwrap();
        let answer = str0m::change::SdpAnswer::from_sdp_string(answer).unwrap();
        rtc.sdp_api().accept_answer(pending, answer).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            socket,
            rtc,
            channel,
            received: Vec::new(),
            datagrams: 0,
            sent: Vec::new(),
            confirms: true,
        }
    }

    fn go_on(&mut self) {
        let before = self.received.len();
        self.read();
        if self.confirms && self.received.len() > before {
            self.say(&ClientFrame::Ping { nonce: 1 });
        }
    }

    fn read(&mut self) {
        let mut buffer = [0; 2000];
        while let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
            self.datagrams += 1;
            let received =
                Receive::new(Protocol::Udp, from, self.address, &buffer[..length]).unwrap();
            let _ = self
                .rtc
                .handle_input(Input::Receive(Instant::now(), received));
            self.poll();
        }
        let _ = self.rtc.handle_input(Input::Timeout(Instant::now()));
        self.poll();
    }

    fn poll(&mut self) {
        while self.rtc.is_alive() {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(_)) | Err(_) => return,
                Ok(Output::Transmit(t)) => {
                    let _ = self.socket.send_to(&t.contents, t.destination);
                    self.sent.push((t.contents.to_vec(), t.destination));
                }
                Ok(Output::Event(Event::ChannelData(data))) => {
                    self.received.push(ServerFrame::decode(&data.data).unwrap());
                }
                Ok(Output::Event(_)) => {}
            }
        }
    }

    fn say(&mut self, frame: &ClientFrame) {
        if let Some(mut channel) = self.rtc.channel(self.channel) {
            let _ = channel.write(true, &frame.encode());
        }
        self.poll();
    }

    /// The x of the head of everybody's poses that came, in order.
    fn seen(&self) -> Vec<i64> {
        let poses = self.received.iter().flat_map(|frame| match frame {
            ServerFrame::Tick { poses, .. } => poses.clone(),
            other => panic!("{other:?} came by a line for poses"),
        });
        poses.map(|one| x_mm(&one.pose)).collect()
    }
}

fn lines_until(lines: &mut [&mut Line], mut is_so: impl FnMut(&mut [&mut Line]) -> bool) {
    while !is_so(lines) {
        for line in &mut *lines {
            line.go_on();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Lets lines go on until so many ticks have passed, by what the first hears.
fn lines_for(lines: &mut [&mut Line], time: Duration) {
    let end = Instant::now() + time;
    lines_until(lines, |_| Instant::now() > end);
}

#[test]
fn poses_go_as_datagrams_both_ways_and_strangers_have_no_part_in_it() {
    let (_folder, hospital) = opened();
    let (room, other) = (hospital.consult(), hospital.consult());
    let (li_token, chen_token) = (hospital.token("li.terminal"), hospital.token("chen.expert"));
    let mut li = hospital.enter_as("li.terminal", &li_token, &room);
    let mut chen = hospital.enter_as("chen.expert", &chen_token, &room);
    let (li_seat, chen_seat) = (seat(&mut li), seat(&mut chen));

    // A line is for one's own seat, by the session by which one sits there.
    let path = format!("/api/rooms/{room}/poses");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let offer = json!({"participant": li_seat, "sdp": offer_poses(&socket).1});
    let status = |token: &str, body: &Value| send(&hospital.address, token, "POST", &path, body).0;
    assert_eq!(status(&chen_token, &offer), 409, "somebody else's seat");
    let other_session = hospital.token("li.terminal");
    assert_eq!(status(&other_session, &offer), 409, "another session");
    assert_eq!(
        status(&hospital.token("wang.nurse"), &offer),
        409,
        "not in the room"
    );
    assert_eq!(
        status(&hospital.token("sun.manager"), &offer),
        403,
        "not let into the room"
    );
    assert_eq!(
        status(&li_token, &json!({"participant": li_seat, "sdp": "v=0"})),
        400
    );

    let mut to_li = Line::open(&hospital, &li_token, &room, li_seat);
    let mut to_chen = Line::open(&hospital, &chen_token, &room, chen_seat);
    let mut elsewhere = hospital.enter_by(&li_token, &other).unwrap();
    let other_seat = seat(&mut elsewhere);
    let mut to_elsewhere = Line::open(&hospital, &li_token, &other, other_seat);
    // The server says something each second by a line that is open.
    let mut all = [&mut to_li, &mut to_chen, &mut to_elsewhere];
    lines_until(&mut all, |lines| {
        lines.iter().all(|line| !line.received.is_empty())
    });
    to_li.say(&aside(1_000, 1));
    lines_until(&mut [&mut to_li, &mut to_chen], |lines| {
        lines[1].seen().contains(&1)
    });
    to_chen.say(&aside(7, 2));
    lines_until(&mut [&mut to_li, &mut to_chen], |lines| {
        lines[0].seen().contains(&2)
    });
    // Nobody moves in the other room, by whichever way it is told there.
    lines_for(&mut [&mut to_elsewhere], Duration::from_millis(300));
    assert_eq!(to_elsewhere.seen(), Vec::<i64>::new());
    elsewhere.say(&ClientFrame::Ping { nonce: 3 });
    elsewhere.hear_until(|frame| match frame {
        ServerFrame::Pong { nonce: 3, .. } => Some(()),
        ServerFrame::Tick { poses, .. } => {
            assert!(poses.is_empty(), "{poses:?}");
            None
        }
        _ => None,
    });

    // What is older than what was heard moves nobody, by whichever way it comes.
    to_li.say(&aside(900, 3));
    li.say(&aside(950, 4));
    lines_for(&mut [&mut to_li, &mut to_chen], Duration::from_millis(300));
    // Acts, and what is no frame, are not heard by a line; nor do they end anything.
    let act = json!({"act": "raise-hand"});
    to_li.say(&ClientFrame::Act { seq: 1, act });
    // Strangers: what was sent once more, from elsewhere, and forged.
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    for (bytes, to) in to_li.sent.clone() {
        stranger.send_to(&bytes, to).unwrap();
        to_li.socket.send_to(&bytes, to).unwrap();
        let mut forged = bytes.clone();
        let last = forged.len() - 1;
        forged[last] ^= 1;
        to_li.socket.send_to(&forged, to).unwrap();
    }
    lines_for(&mut [&mut to_li, &mut to_chen], Duration::from_millis(300));
    to_li.say(&aside(2_000, 5));
    lines_until(&mut [&mut to_li, &mut to_chen], |lines| {
        lines[1].seen().contains(&5)
    });
    assert!(
        !to_chen.seen().iter().any(|x| [3, 4].contains(x)),
        "{:?}",
        to_chen.seen()
    );
    for inside in [&mut li, &mut chen] {
        inside.say(&ClientFrame::Ping { nonce: 9 });
        inside.hear_until(|frame| match frame {
            ServerFrame::Pong { nonce: 9, .. } => Some(()),
            ServerFrame::Tick {
                news, poses, acks, ..
            } => {
                assert!(acks.is_empty(), "an act was heard by a line for poses");
                let hand = |p: &room::wire::Participant| p.hand_since.is_some();
                assert!(!news.people.iter().flatten().any(hand));
                // While the line is heard, the socket need not carry them as well.
                assert!(!poses.iter().any(|one| x_mm(&one.pose) == 5));
                None
            }
            _ => None,
        });
    }

    // Who does not say that they hear by their line gets all by the socket again.
    to_chen.confirms = false;
    lines_for(
        &mut [&mut to_li, &mut to_chen],
        Duration::from_millis(3_500),
    );
    to_li.say(&aside(9_000, 6));
    let sees = |frame: &ServerFrame| match frame {
        ServerFrame::Tick { poses, .. } => {
            poses.iter().any(|one| x_mm(&one.pose) == 6).then_some(())
        }
        _ => None,
    };
    to_li.go_on();
    chen.hear_until(sees);

    // Put out, Chen's line ends with the seat.
    assert_eq!(hospital.put("importer", &refusal("no", "chen.expert")), 201);
    chen.hear_until(|frame| matches!(frame, ServerFrame::Bye { .. }).then_some(()));
    lines_for(&mut [&mut to_li, &mut to_chen], Duration::from_millis(300));
    to_chen.datagrams = 0;
    for at in 0..20 {
        to_li.say(&aside(10_000 + at * 50, 7));
        lines_for(&mut [&mut to_li, &mut to_chen], Duration::from_millis(50));
    }
    assert_eq!(to_chen.datagrams, 0, "a pose was sent to somebody outside");
}
