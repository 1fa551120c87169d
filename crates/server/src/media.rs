//! The door for voice, picture and poses: one UDP socket, and the task that forwards what comes by it.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, Result, bail};
use media::{Attendance, Forwarder, JoinError, Offer, Relay, Told};
use parking_lot::Mutex;
use room::{Seat, Sending, Slot, Voice};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot, watch},
};
use vocabulary::RoomId;

use crate::{config::Config, poses::Poses, rooms::recorder::VoiceTap};

/// The longest datagram that is read; a longer one is no WebRTC.
const DATAGRAM_BYTES: usize = 2048;
/// Datagrams read at once before others have their turn.
const AT_ONCE: usize = 64;
/// Rooms' ticks of poses that may wait to be sent. What comes when as many wait is left out: the next tick says more.
/// What rooms ask for beside poses is little, and all of it is heard.
const TICKS_WAIT: usize = 1024;

/// What a room hears of its people's media.
#[derive(Debug)]
pub enum MediaNews {
    /// Everybody who takes part by voice or picture.
    Voices(Vec<Voice>),
    /// What comes by which section of one connection.
    Slots(Seat, Vec<Slot>),
    /// The media of one connection have ended by themselves.
    Ended(Seat, Attendance),
}

/// Where a room hears of its people's media.
pub type Ear = mpsc::UnboundedSender<MediaNews>;

/// Somebody whom their room lets take part.
struct Joining {
    id: Attendance,
    room: RoomId,
    seat: Seat,
    ear: Ear,
    offer: Offer,
    answer: oneshot::Sender<Result<String, JoinError>>,
}

/// Somebody whom their room lets have a line for poses.
struct JoiningPoses {
    id: Attendance,
    seat: Seat,
    ear: Ear,
    /// Where their room takes their poses.
    poses: Poses,
    sdp: String,
    answer: oneshot::Sender<Result<String, JoinError>>,
}

/// Frames for each of those who have a line for poses.
pub type PosesFor = Vec<(Attendance, Vec<Vec<u8>>)>;

enum Ask {
    Join(Box<Joining>),
    JoinPoses(Box<JoiningPoses>),
    Sends(Attendance, Sending),
    Leave(Attendance),
    Record(RoomId, Option<VoiceTap>),
}

/// The way of the rooms to the task that forwards.
pub struct Media {
    ask: mpsc::UnboundedSender<Ask>,
    poses: mpsc::Sender<PosesFor>,
    asked: Mutex<Option<Asked>>,
    next: AtomicU64,
    is_open: AtomicBool,
    relay: Option<Relay>,
}

/// What comes to the task that forwards.
struct Asked {
    asks: mpsc::UnboundedReceiver<Ask>,
    poses: mpsc::Receiver<PosesFor>,
}

/// Somebody's taking part by media. It ends with this value: whatever takes a connection out of its room takes
/// its media out too.
pub struct Attending {
    /// Which.
    pub id: Attendance,
    ask: mpsc::UnboundedSender<Ask>,
}

impl Attending {
    /// Says what others are to hear and see.
    pub fn sends(&self, sending: Sending) {
        let _ = self.ask.send(Ask::Sends(self.id, sending));
    }
}

impl Drop for Attending {
    fn drop(&mut self) {
        let _ = self.ask.send(Ask::Leave(self.id));
    }
}

impl Media {
    /// The way there, by the configuration; nothing passes before [`serve`] runs.
    pub fn new(config: &Config) -> Result<Self> {
        let (ask, asks) = mpsc::unbounded_channel();
        let (poses, all_poses) = mpsc::channel(TICKS_WAIT);
        let asked = Asked {
            asks,
            poses: all_poses,
        };
        Ok(Self {
            ask,
            poses,
            asked: Mutex::new(Some(asked)),
            next: AtomicU64::new(1),
            is_open: AtomicBool::new(false),
            relay: relay(config)?,
        })
    }

    /// Whether there is a door for media.
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// The relay that people may go by.
    pub fn relay(&self) -> Option<&Relay> {
        self.relay.as_ref()
    }

    /// Has the voices of a room go into a recording from now on, or no more.
    pub fn record(&self, room: RoomId, tap: Option<VoiceTap>) {
        let _ = self.ask.send(Ask::Record(room, tap));
    }

    /// A number that nothing of anybody's has had.
    pub fn number(&self) -> Attendance {
        Attendance(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Lets somebody take part whom the room has seated; the answer to their offer follows.
    pub fn join(
        &self,
        room: RoomId,
        seat: Seat,
        ear: Ear,
        offer: Offer,
        answer: oneshot::Sender<Result<String, JoinError>>,
    ) -> Attending {
        let id = self.number();
        let joining = Joining {
            id,
            room,
            seat,
            ear,
            offer,
            answer,
        };
        let _ = self.ask.send(Ask::Join(Box::new(joining)));
        Attending {
            id,
            ask: self.ask.clone(),
        }
    }

    /// Lets somebody have a line for poses whom the room has seated; the answer to their offer follows.
    pub fn join_poses(
        &self,
        (seat, poses): (Seat, Poses),
        ear: Ear,
        sdp: String,
        answer: oneshot::Sender<Result<String, JoinError>>,
    ) -> Attending {
        let id = self.number();
        let joining = JoiningPoses {
            id,
            seat,
            ear,
            poses,
            sdp,
            answer,
        };
        let _ = self.ask.send(Ask::JoinPoses(Box::new(joining)));
        Attending {
            id,
            ask: self.ask.clone(),
        }
    }

    /// Sends poses to those who have a line for them, unless too many wait to be sent.
    pub fn send_poses(&self, poses: PosesFor) {
        let _ = self.poses.try_send(poses);
    }
}

fn relay(config: &Config) -> Result<Option<Relay>> {
    if config.turn_urls.is_empty() {
        return Ok(None);
    }
    let file = config.turn_secret_file.as_ref();
    let file = file.context("use turn_urls: name the relay's secret with turn_secret_file")?;
    let secret = std::fs::read_to_string(file)
        .with_context(|| format!("read the relay's secret from {}", file.display()))?;
    Ok(Some(Relay {
        urls: config.turn_urls.clone(),
        secret: secret.trim().to_owned(),
    }))
}

/// The addresses at which clients find the door.
pub fn announced(config: &Config, bound: SocketAddr) -> Result<Vec<SocketAddr>> {
    if config.media_addresses.is_empty() {
        if bound.ip().is_unspecified() {
            bail!(
                "announce media = {:?}: it listens everywhere; name the addresses by which people reach it with media_addresses",
                config.media
            );
        }
        return Ok(vec![bound]);
    }
    let address = |text: &String| {
        let alone = text.parse::<IpAddr>();
        let address = alone.map(|ip| SocketAddr::new(ip, bound.port()));
        address
            .or_else(|_| text.parse())
            .with_context(|| format!("use {text:?} of media_addresses: write ADDR or ADDR:PORT"))
    };
    config.media_addresses.iter().map(address).collect()
}

/// The task's state beside the forwarder: who is to be told.
#[derive(Default)]
struct Listeners {
    seats: HashMap<Attendance, (RoomId, Seat)>,
    rooms: HashMap<RoomId, Ear>,
    lines: HashMap<Attendance, (Seat, Ear, Poses)>,
    /// Where voices go that are recorded.
    taps: HashMap<RoomId, VoiceTap>,
}

impl Listeners {
    fn tell(&mut self, told: Told) {
        match told {
            Told::Voices(room, voices) => {
                let is_last = voices.is_empty();
                let ear = self.rooms.get(&room);
                let heard = ear.is_some_and(|ear| ear.send(MediaNews::Voices(voices)).is_ok());
                if is_last || !heard {
                    self.rooms.remove(&room);
                }
            }
            Told::Slots(id, slots) => {
                if let Some((room, seat)) = self.seats.get(&id)
                    && let Some(ear) = self.rooms.get(room)
                {
                    let _ = ear.send(MediaNews::Slots(*seat, slots));
                }
            }
            Told::Ended(id) => {
                if let Some((room, seat)) = self.seats.remove(&id)
                    && let Some(ear) = self.rooms.get(&room)
                {
                    let _ = ear.send(MediaNews::Ended(seat, id));
                }
                if let Some((seat, ear, _)) = self.lines.remove(&id) {
                    let _ = ear.send(MediaNews::Ended(seat, id));
                }
            }
            Told::PosesOpen(id) => {
                if let Some((_, _, poses)) = self.lines.get(&id) {
                    poses.lock().opened();
                }
            }
            Told::Frame(id, bytes) => {
                if let Some((_, _, poses)) = self.lines.get(&id) {
                    poses.lock().by_line(bytes.into());
                }
            }
        }
    }

    fn obey(&mut self, forwarder: &mut Forwarder, ask: Ask) {
        let now = Instant::now();
        match ask {
            Ask::Join(joining) => {
                let Joining {
                    id,
                    room,
                    seat,
                    ear,
                    offer,
                    answer,
                } = *joining;
                self.rooms.insert(room.clone(), ear);
                self.seats.insert(id, (room.clone(), seat));
                let joined = forwarder.join(now, id, &room, seat.participant, &offer);
                let _ = answer.send(joined);
            }
            Ask::JoinPoses(joining) => {
                let JoiningPoses {
                    id,
                    seat,
                    ear,
                    poses,
                    sdp,
                    answer,
                } = *joining;
                self.lines.insert(id, (seat, ear, poses));
                let _ = answer.send(forwarder.join_poses(now, id, &sdp));
            }
            Ask::Sends(id, sending) => forwarder.sends(now, id, sending),
            Ask::Record(room, tap) => {
                forwarder.record(&room, tap.is_some());
                match tap {
                    Some(tap) => self.taps.insert(room, tap),
                    None => self.taps.remove(&room),
                };
            }
            Ask::Leave(id) => {
                forwarder.leave(now, id);
                self.seats.remove(&id);
                self.lines.remove(&id);
            }
        }
    }
}

/// Forwards what comes by the socket until the hospital closes.
pub async fn serve(
    socket: UdpSocket,
    addresses: Vec<SocketAddr>,
    media: Arc<Media>,
    mut closed: watch::Receiver<bool>,
) {
    let Some(mut asked) = media.asked.lock().take() else {
        return;
    };
    media.is_open.store(true, Ordering::Relaxed);
    let mut forwarder = Forwarder::new(Instant::now(), addresses.clone());
    let mut listeners = Listeners::default();
    let mut datagram = vec![0; DATAGRAM_BYTES];
    loop {
        let wake = tokio::time::Instant::from_std(forwarder.wakes_at());
        let idle = forwarder.is_idle();
        let came = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            ask = asked.asks.recv() => match ask {
                Some(ask) => Came::Asked(ask),
                None => return,
            },
            Some(poses) = asked.poses.recv() => Came::Poses(poses),
            got = socket.recv_from(&mut datagram) => match got {
                Ok((length, from)) => Came::Datagram(length, from),
                // An earlier answer that could not be delivered comes back as an error of the socket.
                Err(_) => continue,
            },
            () = tokio::time::sleep_until(wake), if !idle => Came::Time,
        };
        // What strangers send goes through much code; were it to fail, those who take part begin anew, and
        // nothing else of the hospital hears of it.
        let went = std::panic::catch_unwind(AssertUnwindSafe(|| {
            step(&mut forwarder, &mut listeners, &socket, &mut datagram, came);
        }));
        if went.is_err() {
            tracing::error!("media begin anew after a failure");
            forwarder = Forwarder::new(Instant::now(), addresses.clone());
            for room in listeners.taps.keys() {
                forwarder.record(room, true);
            }
            let seats = listeners.seats.keys().chain(listeners.lines.keys());
            let ended: Vec<_> = seats.copied().collect();
            for id in ended {
                listeners.tell(Told::Ended(id));
            }
        }
    }
}

/// Why the task woke.
enum Came {
    Asked(Ask),
    Poses(PosesFor),
    Datagram(usize, SocketAddr),
    Time,
}

fn step(
    forwarder: &mut Forwarder,
    listeners: &mut Listeners,
    socket: &UdpSocket,
    datagram: &mut [u8],
    came: Came,
) {
    match came {
        Came::Asked(ask) => listeners.obey(forwarder, ask),
        Came::Poses(poses) => {
            for (id, frames) in poses {
                forwarder.send_poses(id, &frames);
            }
        }
        Came::Datagram(length, from) => {
            let mut next = Some((length, from));
            for _ in 0..AT_ONCE {
                let Some((length, from)) = next else { break };
                if let Some(bytes) = datagram.get(..length) {
                    forwarder.receive(Instant::now(), from, bytes);
                }
                send(forwarder, socket);
                next = socket.try_recv_from(datagram).ok();
            }
        }
        Came::Time => {}
    }
    let now = Instant::now();
    if forwarder.wakes_at() <= now {
        forwarder.wake(now);
    }
    send(forwarder, socket);
    while let Some(heard) = forwarder.heard() {
        if let Some(tap) = listeners.taps.get(&heard.room) {
            tap.take(heard.participant, heard.clock, heard.packet);
        }
    }
    while let Some(told) = forwarder.told() {
        listeners.tell(told);
    }
}

/// Sends what there is. What the socket cannot take now is lost, as on any line.
fn send(forwarder: &mut Forwarder, socket: &UdpSocket) {
    while let Some(datagram) = forwarder.datagram() {
        let _ = socket.try_send_to(&datagram.bytes, datagram.to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poses_that_nobody_fetches_are_left_out_and_all_else_is_kept() {
        let media = Media::new(&Config::default()).unwrap();
        let mut asked = media.asked.lock().take().unwrap();
        let id = Attendance(1);
        let attending = Attending {
            id,
            ask: media.ask.clone(),
        };
        for _ in 0..3 * TICKS_WAIT {
            media.send_poses(vec![(id, Vec::new())]);
        }
        attending.sends(Sending::default());
        drop(attending);
        let mut waiting = 0;
        while asked.poses.try_recv().is_ok() {
            waiting += 1;
        }
        assert_eq!(waiting, TICKS_WAIT);
        assert!(matches!(asked.asks.try_recv(), Ok(Ask::Sends(..))));
        assert!(matches!(asked.asks.try_recv(), Ok(Ask::Leave(_))));
    }
}
