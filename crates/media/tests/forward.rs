//! People with real WebRTC stacks talk through the forwarder over a network that loses, delays and reorders.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::{Duration, Instant},
};

use media::{Attendance, Datagram, Forwarder, JoinError, Offer, Told};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use room::{Sending, Slot, Source, Voice};
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    format::{Codec, PayloadParams},
    media::{Direction, Frequency, MediaKind, MediaTime, Mid, Rid, Simulcast, SimulcastLayer},
    net::{Protocol, Receive},
};
use vocabulary::RoomId;

const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 7000);
const STEP: Duration = Duration::from_millis(5);
/// How large the pictures are that people show.
const LARGE_BYTES: usize = 3_000;
const SMALL_BYTES: usize = 400;
const TALK: Sending = Sending {
    microphone: true,
    camera: false,
    screen: false,
    around: false,
    echo: false,
};

/// A person with a browser's stack.
struct Person {
    rtc: Rtc,
    address: SocketAddr,
    id: Attendance,
    microphone: Mid,
    camera: Mid,
    /// Voices and pictures as they came: first byte, and whether they were whole pictures.
    heard: Vec<Vec<u8>>,
    seen: Vec<Vec<u8>>,
    /// The whole pictures that were asked for, by the name of their size.
    whole_asked: Vec<Option<Rid>>,
    /// Whether the camera is sent in two sizes.
    two_sizes: bool,
    connected: bool,
    frames: u32,
}

/// The network and the server.
struct World {
    now: Instant,
    began: Instant,
    forwarder: Forwarder,
    people: BTreeMap<&'static str, Person>,
    /// What is under way: when it arrives, from where, to where.
    under_way: Vec<(Instant, SocketAddr, SocketAddr, Vec<u8>)>,
    rng: StdRng,
    loss: f64,
    /// How much longer some take than others, in milliseconds.
    jitter: u64,
    /// What each last sent of STUN (RFC 7983), with the password of their own connection.
    stun: BTreeMap<SocketAddr, Vec<u8>>,
    /// All that the server ever sent.
    captured: Vec<Datagram>,
    slots: BTreeMap<Attendance, Vec<Slot>>,
    voices: BTreeMap<RoomId, Vec<Voice>>,
    ended: Vec<Attendance>,
    /// Lines for poses that have opened, and what came by them.
    open: Vec<Attendance>,
    frames: Vec<(Attendance, Vec<u8>)>,
    /// Whether those who come from now on offer what they show as a picture of all around.
    shows_around: bool,
    /// Whether their cameras are sent in two sizes.
    two_sizes: bool,
    step: Duration,
    /// Who has a narrow line from the server: what it carries in bits a second, and until when it is full.
    narrow: BTreeMap<SocketAddr, (u64, Instant)>,
}

impl World {
    fn new(seed: u64, loss: f64) -> Self {
        println!("seed {seed}");
        let now = Instant::now();
        Self {
            now,
            began: now,
            forwarder: Forwarder::new(now, vec![SERVER.into()]),
            people: BTreeMap::new(),
            under_way: Vec::new(),
            rng: StdRng::seed_from_u64(seed),
            loss,
            jitter: 20,
            stun: BTreeMap::new(),
            captured: Vec::new(),
            slots: BTreeMap::new(),
            voices: BTreeMap::new(),
            ended: Vec::new(),
            open: Vec::new(),
            frames: Vec::new(),
            shows_around: false,
            two_sizes: false,
            step: STEP,
            narrow: BTreeMap::new(),
        }
    }

    fn enter(&mut self, name: &'static str, room: &str) -> Attendance {
        let number = u8::try_from(self.people.len() + 2).unwrap();
        let address: SocketAddr = ([10, 0, 0, number], 9000).into();
        let (mut rtc, mut offer, pending, microphone, camera) =
            offer(self.now, address, 3, 2, self.two_sizes);
        if self.shows_around {
            offer.around = offer.camera.take();
        }
        let id = Attendance(u64::from(number));
        let answer = self
            .forwarder
            .join(
                self.now,
                id,
                &RoomId::new(room).unwrap(),
                number.into(),
                &offer,
            )
            .unwrap();
        let answer = str0m::change::SdpAnswer::from_sdp_string(&answer).unwrap();
        rtc.sdp_api().accept_answer(pending, answer).unwrap();
        let person = Person {
            rtc,
            address,
            id,
            microphone,
            camera,
            heard: Vec::new(),
            seen: Vec::new(),
            whole_asked: Vec::new(),
            two_sizes: self.two_sizes,
            connected: false,
            frames: 0,
        };
        self.people.insert(name, person);
        id
    }

    fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        if self.rng.random_bool(self.loss) {
            return;
        }
        // Some take so long that later ones overtake them.
        let delay = Duration::from_millis(self.rng.random_range(10..10 + self.jitter));
        let mut at = self.now;
        if let Some((bps, free)) = self.narrow.get_mut(&to) {
            // One waits for the other; of more than a third of a second nothing is kept.
            at = at.max(*free);
            if at > self.now + Duration::from_millis(300) {
                return;
            }
            let bits = 8 * u64::try_from(bytes.len()).unwrap();
            at += Duration::from_micros(bits * 1_000_000 / *bps);
            *free = at;
        }
        self.under_way.push((at + delay, from, to, bytes));
    }

    fn drain(&mut self) {
        while let Some(datagram) = self.forwarder.datagram() {
            self.captured.push(datagram.clone());
            self.send(SERVER.into(), datagram.to, datagram.bytes);
        }
        while let Some(told) = self.forwarder.told() {
            match told {
                Told::Voices(room, voices) => drop(self.voices.insert(room, voices)),
                Told::Slots(id, slots) => drop(self.slots.insert(id, slots)),
                Told::Ended(id) => self.ended.push(id),
                Told::PosesOpen(id) => self.open.push(id),
                Told::Frame(id, bytes) => self.frames.push((id, bytes)),
            }
        }
    }

    /// Lets time pass; every 20 ms each of those who talk says something, every 40 ms they show something.
    fn pass(&mut self, time: Duration, talking: &[&str], showing: &[&str]) {
        let end = self.now + time;
        while self.now < end {
            self.now += self.step;
            let elapsed_ms = u64::try_from((self.now - self.began).as_millis()).unwrap();
            let mut outgoing = Vec::new();
            for (name, person) in &mut self.people {
                let _ = person.rtc.handle_input(Input::Timeout(self.now));
                person.poll(&mut outgoing);
                if elapsed_ms.is_multiple_of(20) && talking.contains(name) {
                    person.talk(self.now, elapsed_ms);
                    person.poll(&mut outgoing);
                }
                if elapsed_ms.is_multiple_of(40) && showing.contains(name) {
                    person.show(self.now, elapsed_ms, &mut outgoing);
                }
            }
            for (from, to, bytes) in outgoing {
                self.send(from, to, bytes);
            }
            self.deliver();
            if self.forwarder.wakes_at() <= self.now {
                self.forwarder.wake(self.now);
            }
            self.drain();
        }
    }

    fn deliver(&mut self) {
        let now = self.now;
        let (due, later) = std::mem::take(&mut self.under_way)
            .into_iter()
            .partition::<Vec<_>, _>(|(at, ..)| *at <= now);
        self.under_way = later;
        let mut outgoing = Vec::new();
        for (_, from, to, bytes) in due {
            if to == SERVER.into() {
                if bytes[0] < 4 {
                    self.stun.insert(from, bytes.clone());
                }
                self.forwarder.receive(now, from, &bytes);
            } else if let Some(person) = self.people.values_mut().find(|p| p.address == to) {
                let received = Receive::new(Protocol::Udp, from, to, &bytes).unwrap();
                let _ = person.rtc.handle_input(Input::Receive(now, received));
                person.poll(&mut outgoing);
            }
        }
        for (from, to, bytes) in outgoing {
            self.send(from, to, bytes);
        }
    }

    fn connect(&mut self) {
        for _ in 0..200 {
            self.pass(Duration::from_millis(50), &[], &[]);
            if self.people.values().all(|person| person.connected) {
                return;
            }
        }
        panic!("not everybody could connect");
    }

    fn of(&self, name: &str) -> &Person {
        &self.people[name]
    }

    fn sends(&mut self, name: &str, sending: Sending) {
        let id = self.of(name).id;
        self.forwarder.sends(self.now, id, sending);
    }
}

/// An offer with a microphone, a camera and so many places for the voices and pictures of others.
fn offer(
    now: Instant,
    address: SocketAddr,
    voices: usize,
    pictures: usize,
    two_sizes: bool,
) -> (Rtc, Offer, str0m::change::SdpPendingOffer, Mid, Mid) {
    let mut rtc = Rtc::builder()
        .set_crypto_provider(std::sync::Arc::new(str0m::crypto::from_feature_flags()))
        .set_reordering_timeout_audio(Some(Duration::from_millis(80)))
        .set_reordering_timeout_video(Some(Duration::from_millis(100)))
        .build(now);
    rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
    let mut change = rtc.sdp_api();
    let microphone = change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    let sizes = two_sizes.then(|| Simulcast {
        send: vec![SimulcastLayer::new("l"), SimulcastLayer::new("h")],
        recv: vec![],
    });
    let camera = change.add_media(MediaKind::Video, Direction::SendOnly, None, None, sizes);
    for _ in 0..voices {
        change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
    }
    for _ in 0..pictures {
        change.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
    }
    let (sdp, pending) = change.apply().unwrap();
    let offer = Offer {
        sdp: sdp.to_sdp_string(),
        microphone: Some(microphone.to_string()),
        camera: Some(camera.to_string()),
        screen: None,
        around: None,
    };
    (rtc, offer, pending, microphone, camera)
}

impl Person {
    fn poll(&mut self, outgoing: &mut Vec<(SocketAddr, SocketAddr, Vec<u8>)>) {
        while self.rtc.is_alive() {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(_)) | Err(_) => return,
                Ok(Output::Transmit(t)) => {
                    outgoing.push((self.address, t.destination, t.contents.to_vec()));
                }
                Ok(Output::Event(Event::Connected)) => self.connected = true,
                Ok(Output::Event(Event::KeyframeRequest(asked))) => {
                    self.whole_asked.push(asked.rid);
                }
                Ok(Output::Event(Event::MediaData(data))) => {
                    if data.params.spec().codec.is_audio() {
                        self.heard.push(data.data.to_vec());
                    } else {
                        self.seen.push(data.data.to_vec());
                    }
                }
                Ok(Output::Event(_)) => {}
            }
        }
    }

    /// 20 ms of something loud, with the speaker's own number in it.
    fn talk(&mut self, now: Instant, ms: u64) {
        let own = u8::try_from(self.id.0).unwrap();
        let mut frame = vec![own; 60];
        frame[1..9].copy_from_slice(&ms.to_be_bytes());
        let writer = self.rtc.writer(self.microphone).unwrap();
        let pt = writer.payload_params().next().unwrap().pt();
        let time = MediaTime::new(ms * 48, Frequency::FORTY_EIGHT_KHZ);
        writer
            .audio_level(-20, true)
            .write(pt, now, time, frame)
            .unwrap();
    }

    /// A picture of VP8 in each size: a whole one first and whenever one was asked for.
    fn show(
        &mut self,
        now: Instant,
        ms: u64,
        outgoing: &mut Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    ) {
        let own = u8::try_from(self.id.0).unwrap();
        let asked = std::mem::take(&mut self.whole_asked);
        let sizes: &[(Option<&str>, usize)] = if self.two_sizes {
            &[(Some("l"), SMALL_BYTES), (Some("h"), LARGE_BYTES)]
        } else {
            &[(None, LARGE_BYTES)]
        };
        for (name, bytes) in sizes {
            let rid = name.map(Rid::from);
            let is_whole = self.frames == 0 || asked.contains(&rid);
            let mut frame = vec![u8::from(!is_whole), 0, 0, 0x9d, 0x01, 0x2a, own];
            frame.resize(*bytes, own);
            let mut writer = self.rtc.writer(self.camera).unwrap();
            let is_vp8 = |p: &&PayloadParams| p.spec().codec == Codec::Vp8;
            let pt = writer.payload_params().find(is_vp8).unwrap().pt();
            let time = MediaTime::new(ms * 90, Frequency::NINETY_KHZ);
            if let Some(rid) = rid {
                writer = writer.rid(rid);
            }
            writer.write(pt, now, time, frame).unwrap();
            self.poll(outgoing);
        }
        self.frames += 1;
    }

    /// How many of the voices were this person's.
    fn heard_of(&self, id: Attendance) -> usize {
        let own = u8::try_from(id.0).unwrap();
        self.heard.iter().filter(|frame| frame[0] == own).count()
    }
}

/// Whether a datagram carries media, by its first two bytes (RFC 7983, RFC 5761). Packets of padding alone, which
/// measure what a line carries, are none.
fn is_media(bytes: &[u8]) -> bool {
    let is_rtp = (128..192).contains(&bytes[0]) && !(192..224).contains(&bytes[1]);
    is_rtp && bytes[0] & 0x20 == 0
}

#[test]
fn a_voice_reaches_the_room_and_nobody_outside_though_the_line_is_bad() {
    for seed in 1..4 {
        let mut world = World::new(seed, 0.05);
        let li = world.enter("li", "a");
        let chen = world.enter("chen", "a");
        world.enter("outside", "b");
        world.connect();
        world.sends("li", TALK);
        world.sends("outside", TALK);
        world.pass(Duration::from_secs(6), &["li", "outside"], &[]);
        let heard = world.of("chen").heard_of(li);
        assert!(heard > 230, "heard {heard} of 300");
        assert_eq!(world.of("chen").heard.len(), heard);
        // Each at most once.
        let heard_li = &world.of("chen").heard;
        let mut times: Vec<_> = heard_li.iter().map(|f| f[1..9].to_vec()).collect();
        times.sort();
        times.dedup();
        assert_eq!(times.len(), heard);
        assert_eq!(world.of("li").heard.len(), 0, "nobody hears themselves");
        assert_eq!(world.of("outside").heard.len(), 0);
        let outside = world.of("outside").address;
        let to_outside = |d: &&Datagram| d.to == outside && is_media(&d.bytes);
        assert_eq!(world.captured.iter().filter(to_outside).count(), 0);
        // Those of the room are told who speaks, and where.
        let voices = &world.voices[&RoomId::new("a").unwrap()];
        assert!(voices[0].speaking && !voices[0].muted && voices[1].muted);
        assert_eq!(world.slots[&chen].len(), 1);
        assert_eq!(
            (
                world.slots[&chen][0].participant,
                world.slots[&chen][0].source
            ),
            (2, Source::Microphone)
        );
    }
}

#[test]
fn who_is_muted_is_not_heard_whatever_they_send() {
    let mut world = World::new(5, 0.0);
    world.enter("li", "a");
    world.enter("chen", "a");
    world.connect();
    world.pass(Duration::from_secs(1), &["li"], &[]);
    assert_eq!(world.of("chen").heard.len(), 0, "muted at first");
    world.sends("li", TALK);
    world.pass(Duration::from_secs(1), &["li"], &[]);
    assert!(world.of("chen").heard.len() > 30);
    world.sends("li", Sending::default());
    world.pass(Duration::from_millis(200), &["li"], &[]);
    let before = world.of("chen").heard.len();
    world.pass(Duration::from_secs(1), &["li"], &[]);
    assert_eq!(world.of("chen").heard.len(), before);
    assert!(world.voices[&RoomId::new("a").unwrap()][0].muted);
}

#[test]
fn who_is_put_out_gets_nothing_from_that_moment() {
    let mut world = World::new(6, 0.0);
    world.enter("li", "a");
    let chen = world.enter("chen", "a");
    world.connect();
    world.sends("li", TALK);
    world.sends("chen", TALK);
    world.pass(Duration::from_secs(1), &["li", "chen"], &[]);
    assert!(world.of("chen").heard.len() > 30);
    world.captured.clear();
    world.forwarder.leave(world.now, chen);
    world.pass(Duration::from_millis(100), &["li", "chen"], &[]);
    let before = world.of("li").heard.len();
    world.pass(Duration::from_secs(1), &["li", "chen"], &[]);
    let to_chen = world.of("chen").address;
    assert_eq!(world.captured.iter().filter(|d| d.to == to_chen).count(), 0);
    assert_eq!(
        world.of("li").heard.len(),
        before,
        "nor is anything heard of them"
    );
    assert_eq!(world.voices[&RoomId::new("a").unwrap()].len(), 1);
}

#[test]
fn who_comes_late_begins_with_a_whole_picture() {
    let mut world = World::new(7, 0.0);
    world.jitter = 3;
    world.enter("li", "a");
    world.enter("chen", "a");
    world.connect();
    let camera = Sending {
        camera: true,
        ..Sending::default()
    };
    world.sends("li", camera);
    world.pass(Duration::from_secs(3), &[], &["li"]);
    assert!(
        world.of("chen").seen.len() > 40,
        "{}",
        world.of("chen").seen.len()
    );
    world.enter("wang", "a");
    world.connect();
    world.pass(Duration::from_secs(4), &[], &["li"]);
    let seen = &world.of("wang").seen;
    assert!(seen.len() > 40, "{}", seen.len());
    assert_eq!(seen[0][0] & 1, 0, "the first picture is whole");
}

#[test]
fn a_picture_of_all_around_comes_before_the_others() {
    let mut world = World::new(14, 0.0);
    world.jitter = 3;
    world.shows_around = true;
    let li = world.enter("li", "a");
    world.shows_around = false;
    world.enter("chen", "a");
    let wang = world.enter("wang", "a");
    world.enter("zhao", "a");
    world.connect();
    let camera = Sending {
        camera: true,
        ..Sending::default()
    };
    let around = Sending {
        around: true,
        ..Sending::default()
    };
    for name in ["chen", "wang", "zhao"] {
        world.sends(name, camera);
    }
    let showing = ["li", "chen", "wang", "zhao"];
    world.pass(Duration::from_secs(2), &[], &showing);
    // What is sent by its section without its being switched on goes to nobody.
    assert!(world.of("chen").seen.iter().all(|frame| frame[6] != 2));
    world.sends("li", around);
    world.pass(Duration::from_secs(3), &[], &showing);
    // There are two places for pictures, and four are shown: this one is always among them.
    let slots = &world.slots[&wang];
    let of_li = slots.iter().find(|slot| slot.source == Source::Around);
    assert_eq!(of_li.map(|slot| slot.participant), Some(2));
    assert!(slots.len() <= 2, "{slots:?}");
    let seen = &world.of("wang").seen;
    assert!(seen.iter().filter(|frame| frame[6] == 2).count() > 40);
    let voices = &world.voices[&RoomId::new("a").unwrap()];
    assert_eq!((voices[0].participant, voices[0].around), (2, true));
    assert!(!voices[0].camera);
    assert_eq!(li.0, 2);
}

#[test]
fn whoever_has_a_narrow_line_gets_a_smaller_picture_and_every_voice() {
    let mut world = World::new(15, 0.0);
    world.jitter = 1;
    // What a line carries is measured by what comes within some milliseconds.
    world.step = Duration::from_millis(1);
    world.two_sizes = true;
    let li = world.enter("li", "a");
    world.enter("chen", "a");
    world.enter("wang", "a");
    world.connect();
    let chen = world.of("chen").address;
    world.narrow.insert(chen, (350_000, world.now));
    let both = Sending {
        microphone: true,
        camera: true,
        ..Sending::default()
    };
    world.sends("li", both);
    world.pass(Duration::from_secs(20), &["li"], &["li"]);
    for name in ["chen", "wang"] {
        let person = world.people.get_mut(name).unwrap();
        person.seen.clear();
        person.heard.clear();
    }
    world.pass(Duration::from_secs(5), &["li"], &["li"]);
    let sizes = |name: &str| {
        let seen = &world.of(name).seen;
        let small = seen.iter().filter(|frame| frame.len() == SMALL_BYTES);
        (small.count(), seen.len())
    };
    let (small, all) = sizes("chen");
    assert!(small == all && all > 100, "{small} small of {all} of 125");
    let (small, all) = sizes("wang");
    assert!(small == 0 && all > 100, "{small} small of {all} of 125");
    let heard = world.of("chen").heard_of(li);
    assert!(heard > 235, "heard {heard} of 250");
    // The line becomes broad again, and the picture large.
    world.narrow.clear();
    world.pass(Duration::from_secs(20), &["li"], &["li"]);
    let last = world.of("chen").seen.last().unwrap();
    assert_eq!(last.len(), LARGE_BYTES);
}

#[test]
fn a_picture_comes_back_on_a_line_that_is_broad_again_though_nobody_speaks() {
    let mut world = World::new(16, 0.0);
    world.jitter = 1;
    world.step = Duration::from_millis(1);
    world.enter("li", "a");
    let chen = world.enter("chen", "a");
    world.connect();
    let camera = Sending {
        camera: true,
        ..Sending::default()
    };
    world.sends("li", camera);
    world.pass(Duration::from_secs(2), &[], &["li"]);
    assert_eq!(world.slots[&chen].len(), 1);
    let address = world.of("chen").address;
    world.narrow.insert(address, (60_000, world.now));
    world.pass(Duration::from_secs(20), &[], &["li"]);
    world.narrow.clear();
    world.people.get_mut("chen").unwrap().seen.clear();
    world.pass(Duration::from_secs(20), &[], &["li"]);
    assert_eq!(world.slots[&chen].len(), 1);
    let seen = world.of("chen").seen.len();
    assert!(seen > 100, "{seen} of 500");
}

#[test]
fn an_echo_comes_back_to_oneself_alone() {
    let mut world = World::new(8, 0.0);
    let li = world.enter("li", "a");
    world.enter("chen", "a");
    world.connect();
    let echo = Sending {
        microphone: true,
        echo: true,
        ..Sending::default()
    };
    world.sends("li", echo);
    world.pass(Duration::from_secs(1), &["li"], &[]);
    assert!(world.of("li").heard_of(li) > 30);
    assert_eq!(world.of("chen").heard.len(), 0);
    world.sends("li", TALK);
    world.pass(Duration::from_secs(1), &["li"], &[]);
    assert!(world.of("chen").heard_of(li) > 30);
}

#[test]
fn of_more_voices_than_places_those_who_speak_are_heard() {
    let mut world = World::new(9, 0.0);
    for name in ["a", "b", "c", "d", "e"] {
        world.enter(name, "room");
    }
    world.connect();
    for name in ["a", "b", "c", "d", "e"] {
        world.sends(name, TALK);
    }
    // Three places, four others: the one who was silent gives way.
    world.pass(Duration::from_secs(1), &["a", "b", "c"], &[]);
    world.pass(Duration::from_secs(1), &["d"], &[]);
    let (d, e) = (world.of("d").id, world.of("e"));
    assert!(e.heard_of(d) > 25, "{}", e.heard_of(d));
    assert_eq!(world.slots[&e.id].len(), 3);
}

#[test]
fn offers_that_cannot_be_taken_are_refused_and_leave_nothing_behind() {
    let now = Instant::now();
    let mut forwarder = Forwarder::new(now, vec![SERVER.into()]);
    let address = ([10, 0, 0, 9], 1).into();
    let mut join = |offer: &Offer| {
        let room = RoomId::new("a").unwrap();
        forwarder
            .join(now, Attendance(1), &room, 1, offer)
            .unwrap_err()
    };
    let garbage = Offer {
        sdp: "v=0\r\nm=audio".into(),
        ..Offer::default()
    };
    assert!(matches!(join(&garbage), JoinError::Unreadable));
    let long = Offer {
        sdp: "x".repeat(200_000),
        ..Offer::default()
    };
    assert!(matches!(join(&long), JoinError::TooLong));
    let (_, good, ..) = offer(now, address, 1, 1, false);
    let wrong = Offer {
        microphone: good.camera.clone(),
        ..good.clone()
    };
    assert!(matches!(
        join(&wrong),
        JoinError::NoSuchSection(Source::Microphone)
    ));
    let (_, many, ..) = offer(now, address, 13, 1, false);
    assert!(matches!(join(&many), JoinError::TooManyPlaces));
    let (_, long, ..) = offer(now, address, 12, 11, false);
    assert!(matches!(join(&long), JoinError::TooManySections));
    // Microphone, camera and three more that send.
    let (_, mut loud, ..) = offer(now, address, 3, 0, false);
    loud.sdp = loud.sdp.replace("a=recvonly", "a=sendonly");
    assert!(matches!(join(&loud), JoinError::TooManySections));
    assert!(forwarder.is_idle());
}

#[test]
fn a_connection_that_is_never_made_ends() {
    let mut world = World::new(10, 1.0);
    let li = world.enter("li", "a");
    world.pass(Duration::from_secs(31), &[], &[]);
    assert_eq!(world.ended, [li]);
    assert!(world.forwarder.is_idle());
}

#[test]
fn bytes_of_strangers_change_nothing() {
    let mut world = World::new(11, 0.0);
    world.enter("li", "a");
    world.enter("chen", "a");
    world.connect();
    world.captured.clear();
    let stranger: SocketAddr = ([10, 9, 9, 9], 5).into();
    for length in 0..300 {
        let mut bytes = vec![0_u8; length];
        world.rng.fill(&mut bytes[..]);
        world.forwarder.receive(world.now, stranger, &bytes);
    }
    world.drain();
    assert!(world.captured.iter().all(|d| d.to != stranger));
    world.sends("li", TALK);
    world.pass(Duration::from_secs(1), &["li"], &[]);
    assert!(world.of("chen").heard.len() > 30);
}

#[test]
fn who_forges_a_neighbours_address_does_not_get_their_voice() {
    let mut world = World::new(12, 0.0);
    let li = world.enter("li", "a");
    world.enter("chen", "a");
    world.connect();
    world.sends("li", TALK);
    world.pass(Duration::from_secs(1), &["li"], &[]);
    let (own, other) = (world.of("chen").address, world.of("li").address);
    let before = world.of("chen").heard_of(li);
    for _ in 0..100 {
        let forged = world.stun[&own].clone();
        world.forwarder.receive(world.now, other, &forged);
        world.pass(Duration::from_millis(20), &["li"], &[]);
    }
    let heard = world.of("chen").heard_of(li) - before;
    assert!(heard > 90, "heard {heard} of 100");
}

#[test]
fn it_is_said_whose_datagrams_are_to_come_here_and_come_no_more() {
    let mut world = World::new(14, 0.0);
    let li = world.enter("li", "a");
    world.enter("chen", "a");
    world.connect();
    let own = ["li", "chen"].map(|name| (world.of(name).address, true));
    let said: Vec<_> = std::iter::from_fn(|| world.forwarder.source()).collect();
    assert_eq!(BTreeSet::from_iter(said), BTreeSet::from(own));
    world.forwarder.leave(world.now, li);
    let gone = (world.of("li").address, false);
    assert_eq!(world.forwarder.source(), Some(gone));
    assert_eq!(world.forwarder.source(), None);
}

#[test]
fn nobody_has_addresses_without_end() {
    let mut world = World::new(13, 0.0);
    let li = world.enter("li", "a");
    world.enter("chen", "a");
    world.connect();
    let knock = world.stun[&world.of("chen").address].clone();
    let away = |n: u8| -> SocketAddr { ([10, 7, 7, n], 9).into() };
    world.captured.clear();
    for n in 0..100 {
        world.forwarder.receive(world.now, away(n), &knock);
    }
    world.drain();
    let is_answered = |n: &u8| world.captured.iter().any(|d| d.to == away(*n));
    // One of the sixteen is their own.
    assert_eq!((0..100).filter(is_answered).count(), 15);
    world.sends("li", TALK);
    world.pass(Duration::from_secs(1), &["li"], &[]);
    assert!(world.of("chen").heard_of(li) > 30);
}
