//! What clients may send to the media's door: offers of any text, datagrams of any bytes, and any messages and
//! packets by a line that came about. The fuzz targets `media_offer` and `media_line` run the same.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use media::{Attendance, Forwarder, Offer, Told, limits};
use room::Sending;
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::SdpAnswer,
    channel::{ChannelConfig, ChannelId, Reliability},
    format::PayloadParams,
    media::{Direction, Frequency, MediaKind, MediaTime, Mid},
    net::{Protocol, Receive},
};
use vocabulary::RoomId;

const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 7000);
const VOICE: ([u8; 4], u16) = ([10, 0, 0, 2], 9000);
const POSES: ([u8; 4], u16) = ([10, 0, 0, 3], 9000);
const STRANGER: ([u8; 4], u16) = ([10, 9, 9, 9], 5);
const STEP: Duration = Duration::from_millis(5);

fn room() -> RoomId {
    RoomId::new("a").unwrap()
}

/// Offers the text: for voice with its sections named as browsers number them, and for poses. It is answered by what
/// can be read as an answer, or refused, and then nothing is left of it.
pub fn offer(text: &[u8]) {
    let sdp = String::from_utf8_lossy(text).into_owned();
    let now = Instant::now();
    let mut forwarder = Forwarder::new(now, vec![SERVER.into()]);
    let (voice, poses) = (Attendance(1), Attendance(2));
    for names in [&["0", "1", "2", "3"][..], &["audio", "video"], &[]] {
        let name = |at: usize| names.get(at).map(|name| (*name).to_owned());
        let offer = Offer {
            sdp: sdp.clone(),
            microphone: name(0),
            camera: name(1),
            screen: name(2),
            around: name(3),
        };
        if let Ok(answer) = forwarder.join(now, voice, &room(), 1, &offer) {
            SdpAnswer::from_sdp_string(&answer).unwrap();
            let sending = Sending {
                microphone: true,
                camera: true,
                ..Sending::default()
            };
            forwarder.sends(now, voice, sending);
            // Nobody has knocked yet: the server sends to no address that an offer names.
            for ms in [100, 5_000, 40_000] {
                forwarder.wake(now + Duration::from_millis(ms));
                assert!(forwarder.datagram().is_none());
            }
            forwarder.leave(now, voice);
        }
        assert!(forwarder.is_idle());
    }
    if let Ok(answer) = forwarder.join_poses(now, poses, &sdp) {
        SdpAnswer::from_sdp_string(&answer).unwrap();
        forwarder.wake(now + Duration::from_secs(40));
        assert!(forwarder.datagram().is_none());
        forwarder.leave(now, poses);
    }
    assert!(forwarder.is_idle());
}

/// A client with its own stack.
struct Client {
    rtc: Rtc,
    address: SocketAddr,
    /// What it last sent, as it stood on the line.
    last: Vec<u8>,
    open: Option<ChannelId>,
    connected: bool,
}

/// A client by voice and one by poses, and the server.
struct Line {
    now: Instant,
    forwarder: Forwarder,
    clients: Vec<Client>,
    microphone: Mid,
    camera: Mid,
    written: u64,
}

fn stack(now: Instant, address: SocketAddr) -> Rtc {
    let mut rtc = Rtc::builder()
        .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
        .build(now);
    rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
    rtc
}

impl Line {
    fn open() -> Self {
        let now = Instant::now();
        let mut forwarder = Forwarder::new(now, vec![SERVER.into()]);
        let mut voice = stack(now, VOICE.into());
        let mut change = voice.sdp_api();
        let microphone = change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        let camera = change.add_media(MediaKind::Video, Direction::SendOnly, None, None, None);
        // The stack names sections by chance.
        if microphone == camera {
            return Self::open();
        }
        let (sdp, pending) = change.apply().unwrap();
        let offer = Offer {
            sdp: sdp.to_sdp_string(),
            microphone: Some(microphone.to_string()),
            camera: Some(camera.to_string()),
            ..Offer::default()
        };
        let answer = forwarder.join(now, Attendance(1), &room(), 1, &offer);
        let answer = SdpAnswer::from_sdp_string(&answer.unwrap()).unwrap();
        voice.sdp_api().accept_answer(pending, answer).unwrap();
        let mut poses = stack(now, POSES.into());
        let mut change = poses.sdp_api();
        change.add_channel_with_config(ChannelConfig {
            ordered: false,
            reliability: Reliability::MaxRetransmits { retransmits: 0 },
            ..ChannelConfig::default()
        });
        let (sdp, pending) = change.apply().unwrap();
        let answer = forwarder.join_poses(now, Attendance(2), &sdp.to_sdp_string());
        let answer = SdpAnswer::from_sdp_string(&answer.unwrap()).unwrap();
        poses.sdp_api().accept_answer(pending, answer).unwrap();
        let client = |rtc, address: ([u8; 4], u16)| Client {
            rtc,
            address: address.into(),
            last: Vec::new(),
            open: None,
            connected: false,
        };
        let mut line = Self {
            now,
            forwarder,
            clients: vec![client(voice, VOICE), client(poses, POSES)],
            microphone,
            camera,
            written: 0,
        };
        for _ in 0..400 {
            line.pass();
            if line.clients[0].connected && line.clients[1].open.is_some() {
                break;
            }
        }
        assert!(line.clients[0].connected && line.clients[1].open.is_some());
        let sending = Sending {
            microphone: true,
            camera: true,
            echo: true,
            ..Sending::default()
        };
        line.forwarder.sends(line.now, Attendance(1), sending);
        line
    }

    /// Lets a moment pass, in which what was sent arrives.
    fn pass(&mut self) {
        self.now += STEP;
        for at in 0..2 {
            let _ = self.clients[at].rtc.handle_input(Input::Timeout(self.now));
            self.carry(at);
        }
        if self.forwarder.wakes_at() <= self.now {
            self.forwarder.wake(self.now);
        }
        while let Some(datagram) = self.forwarder.datagram() {
            assert_ne!(datagram.to, STRANGER.into(), "nothing goes to strangers");
            for at in 0..2 {
                let client = &mut self.clients[at];
                if client.address == datagram.to
                    && let Ok(received) =
                        Receive::new(Protocol::Udp, SERVER.into(), datagram.to, &datagram.bytes)
                {
                    let _ = client.rtc.handle_input(Input::Receive(self.now, received));
                    self.carry(at);
                }
            }
        }
        while let Some(told) = self.forwarder.told() {
            if let Told::Frame(id, bytes) = told {
                assert_eq!(id, Attendance(2));
                assert!(bytes.len() <= limits::POSE_BYTES);
            }
        }
    }

    /// Brings to the server what a client has to send.
    fn carry(&mut self, at: usize) {
        let client = &mut self.clients[at];
        while client.rtc.is_alive() {
            match client.rtc.poll_output() {
                Ok(Output::Timeout(_)) | Err(_) => return,
                Ok(Output::Transmit(transmit)) => {
                    client.last = transmit.contents.to_vec();
                    self.forwarder
                        .receive(self.now, client.address, &client.last);
                }
                Ok(Output::Event(Event::Connected)) => client.connected = true,
                Ok(Output::Event(Event::ChannelOpen(id, _))) => client.open = Some(id),
                Ok(Output::Event(_)) => {}
            }
        }
    }

    /// Writes a packet of a voice or a picture with this in it.
    fn write(&mut self, mid: Mid, which: u8, bytes: &[u8]) {
        self.written += 1;
        let time = MediaTime::new(self.written * 1_000, Frequency::FORTY_EIGHT_KHZ);
        let Some(writer) = self.clients[0].rtc.writer(mid) else {
            return;
        };
        let kinds: Vec<_> = writer.payload_params().map(PayloadParams::pt).collect();
        let pt = kinds[usize::from(which) % kinds.len()];
        let _ = writer.write(pt, self.now, time, bytes.to_vec());
    }

    fn step(&mut self, what: u8, bytes: &[u8]) {
        let at = usize::from(what) % 2;
        let from = self.clients[at].address;
        match what / 2 % 8 {
            0 => self.forwarder.receive(self.now, from, bytes),
            1 => self.forwarder.receive(self.now, STRANGER.into(), bytes),
            // What was sent, once more with bytes changed, from where it came or from elsewhere.
            2 | 3 => {
                let mut again = self.clients[at].last.clone();
                for change in bytes.chunks_exact(2) {
                    let place = usize::from(change[0]) % again.len().max(1);
                    if let Some(place) = again.get_mut(place) {
                        *place ^= change[1];
                    }
                }
                self.forwarder.receive(self.now, from, &again);
            }
            4 => {
                let client = &mut self.clients[1];
                if let Some(mut channel) = client.open.and_then(|id| client.rtc.channel(id)) {
                    let _ = channel.write(what & 16 == 0, bytes);
                }
            }
            5 => self.write(self.microphone, what / 16, bytes),
            6 => self.write(self.camera, what / 16, bytes),
            _ => self.forwarder.send_poses(Attendance(2), &[bytes.to_vec()]),
        }
        self.pass();
    }
}

/// Does by a line that came about what the bytes say: datagrams from the client and from strangers, what was sent with
/// bytes changed, messages, voices and pictures. Nothing goes to strangers, and all of it ends.
pub fn line(bytes: &[u8]) {
    let mut line = Line::open();
    // A step is a byte that says what, one that says how long, and so many bytes.
    let mut rest = bytes;
    while let [what, length, tail @ ..] = rest {
        let (part, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        line.step(*what, part);
    }
    for _ in 0..10 {
        line.pass();
    }
    line.forwarder.leave(line.now, Attendance(1));
    line.forwarder.leave(line.now, Attendance(2));
    assert!(line.forwarder.is_idle());
}
