//! The door for voice, picture and poses: one UDP socket, and the tasks that forward what comes by it. Each carries some
//! of the rooms, whole, and has a forwarder of its own.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use media::{Attendance, Forwarder, JoinError, Offer, Relay, Told};
use parking_lot::{Mutex, RwLock};
use room::{Seat, Sending, Slot, Voice};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
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
/// Datagrams that may wait for one task; what comes when as many wait is lost, as on any line.
const DATAGRAMS_WAIT: usize = 1024;
/// More tasks than this share nothing but a socket, which is then what holds them up.
const MOST_TASKS: usize = 16;
/// Only datagrams of STUN prove whose an address is (RFC 7983).
const STUN: u8 = 3;

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

/// The way of the rooms to the tasks that forward.
pub struct Media {
    first: Way,
    others: Vec<Way>,
    asked: Mutex<Vec<Asked>>,
    /// From which addresses comes what which of the tasks is to take in.
    sources: RwLock<HashMap<SocketAddr, usize>>,
    next: AtomicU64,
    is_open: AtomicBool,
    relay: Option<Relay>,
}

/// The way to one task.
struct Way {
    ask: mpsc::UnboundedSender<Ask>,
    poses: mpsc::Sender<PosesFor>,
    datagrams: mpsc::Sender<(SocketAddr, Bytes)>,
}

/// What comes to one task.
struct Asked {
    asks: mpsc::UnboundedReceiver<Ask>,
    poses: mpsc::Receiver<PosesFor>,
    datagrams: mpsc::Receiver<(SocketAddr, Bytes)>,
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
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let (first, asked) = way();
        let (others, more): (Vec<_>, Vec<_>) = (1..cores.min(MOST_TASKS)).map(|_| way()).unzip();
        Ok(Self {
            first,
            others,
            asked: Mutex::new([vec![asked], more].into_iter().flatten().collect()),
            sources: RwLock::default(),
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

    /// The task that carries a room: the same one as long as the program runs.
    fn task(&self, room: &RoomId) -> &Way {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(room);
        let tasks = u64::try_from(self.others.len()).unwrap_or(0) + 1;
        let place = usize::try_from(hash % tasks).unwrap_or(0);
        self.others.get(place).unwrap_or(&self.first)
    }

    /// Hands a datagram to the task whose it is. Where the address is nobody's yet each sees whether it proves to be of
    /// a connection there.
    fn pass_on(&self, from: SocketAddr, bytes: &[u8]) {
        let of = self.sources.read().get(&from).copied();
        if of.is_none() && bytes.first().is_none_or(|first| *first > STUN) {
            return;
        }
        let bytes = Bytes::copy_from_slice(bytes);
        let tasks = std::iter::once(&self.first).chain(&self.others);
        for (number, task) in tasks.enumerate() {
            if of.is_none_or(|of| of == number) {
                let _ = task.datagrams.try_send((from, bytes.clone()));
            }
        }
    }

    /// Has the voices of a room go into a recording from now on, or no more.
    pub fn record(&self, room: RoomId, tap: Option<VoiceTap>) {
        let task = self.task(&room).ask.clone();
        let _ = task.send(Ask::Record(room, tap));
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
        let (id, ask) = (self.number(), self.task(&room).ask.clone());
        let joining = Joining {
            id,
            room,
            seat,
            ear,
            offer,
            answer,
        };
        let _ = ask.send(Ask::Join(Box::new(joining)));
        Attending { id, ask }
    }

    /// Lets somebody have a line for poses whom the room has seated; the answer to their offer follows.
    pub fn join_poses(
        &self,
        room: &RoomId,
        (seat, poses): (Seat, Poses),
        ear: Ear,
        sdp: String,
        answer: oneshot::Sender<Result<String, JoinError>>,
    ) -> Attending {
        let (id, ask) = (self.number(), self.task(room).ask.clone());
        let joining = JoiningPoses {
            id,
            seat,
            ear,
            poses,
            sdp,
            answer,
        };
        let _ = ask.send(Ask::JoinPoses(Box::new(joining)));
        Attending { id, ask }
    }

    /// Sends poses to those of a room who have a line for them, unless too many wait to be sent.
    pub fn send_poses(&self, room: &RoomId, poses: PosesFor) {
        let _ = self.task(room).poses.try_send(poses);
    }
}

/// The way to a task, and what comes by it.
fn way() -> (Way, Asked) {
    let (ask, asks) = mpsc::unbounded_channel();
    let (poses, all_poses) = mpsc::channel(TICKS_WAIT);
    let (datagrams, all_datagrams) = mpsc::channel(DATAGRAMS_WAIT);
    let way = Way {
        ask,
        poses,
        datagrams,
    };
    let asked = Asked {
        asks,
        poses: all_poses,
        datagrams: all_datagrams,
    };
    (way, asked)
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

/// A task's state beside its forwarder: who is to be told.
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
    let asked = std::mem::take(&mut *media.asked.lock());
    if asked.is_empty() {
        return;
    }
    media.is_open.store(true, Ordering::Relaxed);
    let socket = Arc::new(socket);
    // They end with this.
    let mut tasks = JoinSet::new();
    for (number, asked) in asked.into_iter().enumerate() {
        let task = Task {
            number,
            forwarder: Forwarder::new(Instant::now(), addresses.clone()),
            listeners: Listeners::default(),
            socket: Arc::clone(&socket),
            media: Arc::clone(&media),
        };
        tasks.spawn(task.run(asked, addresses.clone()));
    }
    let mut datagram = vec![0; DATAGRAM_BYTES];
    loop {
        let got = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            got = socket.recv_from(&mut datagram) => got,
        };
        // An earlier answer that could not be delivered comes back as an error of the socket.
        let mut next = got.ok();
        for _ in 0..AT_ONCE {
            let Some((length, from)) = next else { break };
            if let Some(bytes) = datagram.get(..length) {
                media.pass_on(from, bytes);
            }
            next = socket.try_recv_from(&mut datagram).ok();
        }
    }
}

/// Why a task woke.
enum Came {
    Asked(Ask),
    Poses(PosesFor),
    Datagram((SocketAddr, Bytes)),
    Time,
}

/// One that forwards, for some of the rooms.
struct Task {
    number: usize,
    forwarder: Forwarder,
    listeners: Listeners,
    socket: Arc<UdpSocket>,
    media: Arc<Media>,
}

impl Task {
    async fn run(mut self, mut asked: Asked, addresses: Vec<SocketAddr>) {
        loop {
            let wake = tokio::time::Instant::from_std(self.forwarder.wakes_at());
            let idle = self.forwarder.is_idle();
            let came = tokio::select! {
                Some(ask) = asked.asks.recv() => Came::Asked(ask),
                Some(poses) = asked.poses.recv() => Came::Poses(poses),
                Some(datagram) = asked.datagrams.recv() => Came::Datagram(datagram),
                () = tokio::time::sleep_until(wake), if !idle => Came::Time,
            };
            // What strangers send goes through much code; were it to fail, those who take part begin anew, and
            // nothing else of the hospital hears of it.
            let went = std::panic::catch_unwind(AssertUnwindSafe(|| {
                self.step(came, &mut asked.datagrams);
            }));
            if went.is_err() {
                tracing::error!("media begin anew after a failure");
                self.begin_anew(addresses.clone());
            }
        }
    }

    fn begin_anew(&mut self, addresses: Vec<SocketAddr>) {
        self.forwarder = Forwarder::new(Instant::now(), addresses);
        let mut sources = self.media.sources.write();
        sources.retain(|_, of| *of != self.number);
        drop(sources);
        for room in self.listeners.taps.keys() {
            self.forwarder.record(room, true);
        }
        let seats = self.listeners.seats.keys();
        let ended: Vec<_> = seats.chain(self.listeners.lines.keys()).copied().collect();
        for id in ended {
            self.listeners.tell(Told::Ended(id));
        }
    }

    fn step(&mut self, came: Came, more: &mut mpsc::Receiver<(SocketAddr, Bytes)>) {
        match came {
            Came::Asked(ask) => self.listeners.obey(&mut self.forwarder, ask),
            Came::Poses(poses) => {
                for (id, frames) in poses {
                    self.forwarder.send_poses(id, &frames);
                }
            }
            Came::Datagram(first) => {
                let mut next = Some(first);
                for _ in 0..AT_ONCE {
                    let Some((from, bytes)) = next else { break };
                    self.forwarder.receive(Instant::now(), from, &bytes);
                    self.send();
                    next = more.try_recv().ok();
                }
            }
            Came::Time => {}
        }
        let now = Instant::now();
        if self.forwarder.wakes_at() <= now {
            self.forwarder.wake(now);
        }
        self.send();
        while let Some(heard) = self.forwarder.heard() {
            if let Some(tap) = self.listeners.taps.get(&heard.room) {
                tap.take(heard.participant, heard.clock, heard.packet);
            }
        }
        while let Some(told) = self.forwarder.told() {
            self.listeners.tell(told);
        }
    }

    /// Sends what there is. What the socket cannot take now is lost, as on any line.
    fn send(&mut self) {
        // Known before it is answered: what follows the answer comes here alone.
        while let Some((address, is_somebodys)) = self.forwarder.source() {
            let mut sources = self.media.sources.write();
            if is_somebodys {
                sources.entry(address).or_insert(self.number);
            } else if sources.get(&address) == Some(&self.number) {
                sources.remove(&address);
            }
        }
        while let Some(datagram) = self.forwarder.datagram() {
            let _ = self.socket.try_send_to(&datagram.bytes, datagram.to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str) -> RoomId {
        RoomId::new(name).unwrap()
    }

    #[test]
    fn poses_that_nobody_fetches_are_left_out_and_all_else_is_kept() {
        let media = Media::new(&Config::default()).unwrap();
        let r1 = room("r1");
        let id = Attendance(1);
        let attending = Attending {
            id,
            ask: media.task(&r1).ask.clone(),
        };
        for _ in 0..3 * TICKS_WAIT {
            media.send_poses(&r1, vec![(id, Vec::new())]);
        }
        attending.sends(Sending::default());
        drop(attending);
        let mut waiting = 0;
        let mut asks = Vec::new();
        for asked in media.asked.lock().iter_mut() {
            while asked.poses.try_recv().is_ok() {
                waiting += 1;
            }
            asks.extend(std::iter::from_fn(|| asked.asks.try_recv().ok()));
        }
        assert_eq!(waiting, TICKS_WAIT);
        assert!(matches!(asks[..], [Ask::Sends(..), Ask::Leave(_)]));
    }

    #[test]
    fn a_datagram_comes_to_whose_address_it_is_from_and_to_all_who_may_know_it_else() {
        let mut media = Media::new(&Config::default()).unwrap();
        let (others, more): (Vec<_>, Vec<_>) = (0..3).map(|_| way()).unzip();
        media.others = others;
        media.asked.lock().truncate(1);
        media.asked.lock().extend(more);
        let known = SocketAddr::from(([10, 0, 0, 1], 9));
        let stranger = SocketAddr::from(([10, 0, 0, 2], 9));
        media.sources.write().insert(known, 2);
        let (stun, voice) = (&[0, 1][..], &[128, 111][..]);
        for (from, bytes, heard_by) in [
            (known, voice, &[2][..]),
            (known, stun, &[2]),
            (stranger, stun, &[0, 1, 2, 3]),
            (stranger, voice, &[]),
            (stranger, b"", &[]),
        ] {
            media.pass_on(from, bytes);
            let mut asked = media.asked.lock();
            let hears = |(number, asked): (usize, &mut Asked)| {
                let (whose, heard) = asked.datagrams.try_recv().ok()?;
                assert_eq!((whose, &heard[..]), (from, bytes));
                Some(number)
            };
            let all: Vec<_> = asked.iter_mut().enumerate().filter_map(hears).collect();
            assert_eq!(all, heard_by, "{from} {bytes:?}");
        }
    }

    #[test]
    fn a_room_is_carried_by_one_task_and_rooms_are_shared_out() {
        let mut media = Media::new(&Config::default()).unwrap();
        media.others = (0..3).map(|_| way().0).collect();
        let place = |name: &str| std::ptr::from_ref(media.task(&room(name)));
        let rooms = (0..200).map(|n| format!("room-{n}"));
        let mut shares = HashMap::new();
        for name in rooms {
            assert_eq!(place(&name), place(&name));
            *shares.entry(place(&name)).or_insert(0) += 1;
        }
        assert_eq!(shares.len(), 4);
        assert!(shares.values().all(|share| *share > 25), "{shares:?}");
    }
}
