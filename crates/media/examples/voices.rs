//! What it costs to forward voices, as the hospital fills with rooms: `cargo run --release --example voices`.
//!
//! In each room four people with a real WebRTC stack, of whom one speaks. Only the forwarders' own time is counted;
//! there is no socket. Time goes on in steps of 20 ms, as fast as the machine can. Where several threads carry the
//! rooms, each has some of them and a forwarder of its own, as in the hospital, and the busiest is shown.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on fails"
)]

use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use media::{Attendance, Forwarder, Offer};
use room::Sending;
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::SdpAnswer,
    media::{Direction, Frequency, MediaKind, MediaTime, Mid},
    net::{Protocol, Receive},
};
use vocabulary::RoomId;

const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 7000);
const STEP: Duration = Duration::from_millis(20);
const PEOPLE: usize = 4;
const CONNECTING: Duration = Duration::from_secs(4);
const TALKING: Duration = Duration::from_secs(4);

struct Person {
    rtc: Rtc,
    address: SocketAddr,
    microphone: Mid,
    connected: bool,
    heard: u64,
}

impl Person {
    fn enter(now: Instant, number: usize, forwarder: &mut Forwarder) -> (Self, Attendance) {
        let [_, _, high, low] = u32::try_from(number + 2).unwrap().to_be_bytes();
        let address: SocketAddr = ([10, 1, high, low], 9000).into();
        let mut rtc = Rtc::builder()
            .set_crypto_provider(std::sync::Arc::new(str0m::crypto::from_feature_flags()))
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        let mut change = rtc.sdp_api();
        let microphone = change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        for _ in 1..PEOPLE {
            change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        }
        let (sdp, pending) = change.apply().unwrap();
        let offer = Offer {
            sdp: sdp.to_sdp_string(),
            microphone: Some(microphone.to_string()),
            ..Offer::default()
        };
        let id = Attendance(u64::try_from(number).unwrap());
        let room = RoomId::new(format!("room-{}", number / PEOPLE)).unwrap();
        let seat = u16::try_from(number % PEOPLE).unwrap();
        let answer = forwarder.join(now, id, &room, seat, &offer).unwrap();
        let answer = SdpAnswer::from_sdp_string(&answer).unwrap();
        rtc.sdp_api().accept_answer(pending, answer).unwrap();
        let person = Self {
            rtc,
            address,
            microphone,
            connected: false,
            heard: 0,
        };
        (person, id)
    }

    fn poll(&mut self, outgoing: &mut Vec<(SocketAddr, Vec<u8>)>) {
        while self.rtc.is_alive() {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(_)) | Err(_) => return,
                Ok(Output::Transmit(t)) => outgoing.push((self.address, t.contents.to_vec())),
                Ok(Output::Event(Event::Connected)) => self.connected = true,
                Ok(Output::Event(Event::MediaData(_))) => self.heard += 1,
                Ok(Output::Event(_)) => {}
            }
        }
    }

    fn talk(&mut self, now: Instant, elapsed: Duration) {
        let writer = self.rtc.writer(self.microphone).unwrap();
        let Some(pt) = writer
            .payload_params()
            .next()
            .map(str0m::format::PayloadParams::pt)
        else {
            return;
        };
        let ms = u64::try_from(elapsed.as_millis()).unwrap();
        let time = MediaTime::new(ms * 48, Frequency::FORTY_EIGHT_KHZ);
        let _ = writer
            .audio_level(-20, true)
            .write(pt, now, time, vec![7; 60]);
    }
}

/// A hospital full of talking people: what each step costs the forwarder.
fn main() {
    println!("rooms  threads  people  joining, ms each  packets in/s  out/s  µs each  of one core");
    for rooms in [10, 50, 100, 250, 500] {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for threads in [1, cores.min(rooms)] {
            let costs: Vec<Cost> = std::thread::scope(|scope| {
                let of = |thread| rooms / threads + usize::from(thread < rooms % threads);
                let all: Vec<_> = (0..threads)
                    .map(|thread| scope.spawn(move || measure(of(thread))))
                    .collect();
                all.into_iter().map(|one| one.join().unwrap()).collect()
            });
            let busiest = costs.iter().max_by_key(|cost| cost.own).unwrap();
            println!("{rooms:5}  {threads:7}  {busiest}");
        }
    }
}

/// What one forwarder took.
struct Cost {
    people: usize,
    joining: Duration,
    packets_in: u64,
    packets_out: u64,
    own: Duration,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = TALKING.as_secs_f64();
        let packets = (self.packets_in + self.packets_out) as f64;
        write!(
            f,
            "{:6}  {:16.2}  {:12.0}  {:5.0}  {:7.1}  {:11.2}",
            self.people,
            self.joining.as_secs_f64() * 1e3 / self.people as f64,
            self.packets_in as f64 / seconds,
            self.packets_out as f64 / seconds,
            self.own.as_secs_f64() * 1e6 / packets,
            self.own.as_secs_f64() / seconds,
        )
    }
}

fn measure(rooms: usize) -> Cost {
    let began = Instant::now();
    let mut now = began;
    let mut forwarder = Forwarder::new(now, vec![SERVER.into()]);
    let mut own = Duration::ZERO;
    let mut people = Vec::new();
    let mut ids = Vec::new();
    let joining = Instant::now();
    for number in 0..rooms * PEOPLE {
        let (person, id) = Person::enter(now, number, &mut forwarder);
        people.push(person);
        ids.push(id);
    }
    let joining = joining.elapsed();
    let by_address: HashMap<_, _> = people
        .iter()
        .enumerate()
        .map(|(n, p)| (p.address, n))
        .collect();
    let mut packets_in = 0_u64;
    let mut packets_out = 0_u64;
    while now < began + CONNECTING + TALKING {
        now += STEP;
        let talks = now > began + CONNECTING;
        let mut outgoing = Vec::new();
        for (number, person) in people.iter_mut().enumerate() {
            let _ = person.rtc.handle_input(Input::Timeout(now));
            if talks && number.is_multiple_of(PEOPLE) {
                person.talk(now, now - began);
            }
            person.poll(&mut outgoing);
        }
        let mut sent = Vec::new();
        let started = Instant::now();
        for (from, bytes) in &outgoing {
            forwarder.receive(now, *from, bytes);
            sent.extend(std::iter::from_fn(|| forwarder.datagram()));
            // As the task does before it waits again.
            std::hint::black_box(forwarder.wakes_at());
        }
        if forwarder.wakes_at() <= now {
            forwarder.wake(now);
        }
        sent.extend(std::iter::from_fn(|| forwarder.datagram()));
        while forwarder.told().is_some() {}
        if talks {
            own += started.elapsed();
            packets_in += u64::try_from(outgoing.len()).unwrap();
            packets_out += u64::try_from(sent.len()).unwrap();
        }
        let mut lost = Vec::new();
        for datagram in sent {
            let person = &mut people[by_address[&datagram.to]];
            let received = Receive::new(
                Protocol::Udp,
                SERVER.into(),
                person.address,
                &datagram.bytes,
            );
            let _ = person
                .rtc
                .handle_input(Input::Receive(now, received.unwrap()));
            person.poll(&mut lost);
        }
        for (from, bytes) in lost {
            forwarder.receive(now, from, &bytes);
        }
        if !talks && now + STEP > began + CONNECTING {
            let connected = people.iter().filter(|person| person.connected).count();
            assert_eq!(connected, people.len(), "not everybody could connect");
            let talk = Sending {
                microphone: true,
                ..Sending::default()
            };
            for id in ids.iter().step_by(PEOPLE) {
                forwarder.sends(now, *id, talk);
            }
        }
    }
    let heard: u64 = people.iter().map(|person| person.heard).sum();
    let said = u64::try_from(rooms * (PEOPLE - 1)).unwrap() * 50 * TALKING.as_secs();
    assert!(heard * 100 > said * 95, "heard {heard} of {said}");
    Cost {
        people: people.len(),
        joining,
        packets_in,
        packets_out,
        own,
    }
}
