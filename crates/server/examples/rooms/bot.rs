//! One person in a room, who moves, acts, and looks at what the others do.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use room::{
    Change, Event, Hand, Placement, Pose,
    wire::{Ack, ClientFrame, ServerFrame, VERSION},
};
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior};

use crate::{
    Result,
    connection::Connection,
    figures::{All, Heard, RoomLog},
    hospital::Session,
    line::Conditions,
    pose_line::{PoseLine, Way},
};

/// How long is listened after the last pose that counts, on a line without delay.
const GRACE: Duration = Duration::from_secs(1);
/// How long an answer to an act is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all people know.
pub struct Plan {
    /// Whether the server merges poses, as a hospital does, or relays them.
    pub merged: bool,
    pub started: Instant,
    /// When poses count: microseconds from the start, the end not included.
    pub window_us: OnceLock<[u32; 2]>,
    pub poses_per_s: f64,
    /// Acts a minute of each.
    pub acts_per_min: f64,
    /// Where people stand, as `[x, z]` in metres.
    pub spots: Vec<[f64; 2]>,
    pub line: Conditions,
    /// By which way people are in their rooms, and which line they have for poses beside it.
    pub way: Way,
    /// How many of these have opened.
    pub lines_open: AtomicUsize,
    /// How many of them are sessions of WebTransport.
    pub transports_open: AtomicUsize,
    /// Lines for poses that ended before their people left.
    pub lines_ended: AtomicUsize,
    pub seed: u64,
    pub all: All,
}

/// Where somebody goes, and by which session.
#[derive(Clone)]
pub struct Door {
    pub address: String,
    pub room: String,
    pub cookie: String,
}

impl Plan {
    pub fn now_us(&self) -> u32 {
        u32::try_from(self.started.elapsed().as_micros()).unwrap_or(u32::MAX)
    }

    fn counts(&self, at_us: u32) -> bool {
        let window = self.window_us.get();
        window.is_some_and(|[from, to]| (*from..*to).contains(&at_us))
    }

    fn is_over(&self, now_us: u32) -> bool {
        self.window_us.get().is_some_and(|[_, to]| now_us >= *to)
    }
}

/// Somebody in a room.
pub struct Bot {
    plan: Arc<Plan>,
    room: Arc<Mutex<RoomLog>>,
    door: Door,
    /// The seat, once they have one.
    seat: Option<u16>,
    poses: Option<PoseLine>,
    /// Whether they had a line for poses; who loses it goes on by the socket, as a browser does.
    had_poses: bool,
    poses_were_heard: bool,
    /// Counts everybody, from 0.
    number: u32,
    /// The place among those of the room.
    place: u32,
    connection: Connection,
    chance: StdRng,
    heard: Heard,
    /// What is acted upon.
    hologram: Option<u32>,
    seq: u32,
    /// Acts that wait for their answer, and when they were sent.
    asked: BTreeMap<u32, u32>,
    last_kept: u64,
    last_seq_kept: u32,
}

impl Bot {
    /// By a connection of their own.
    pub async fn open(
        plan: &Arc<Plan>,
        room: &Arc<Mutex<RoomLog>>,
        door: Door,
        [number, place]: [u32; 2],
    ) -> Result<Self> {
        let mut chance = StdRng::seed_from_u64(plan.seed.wrapping_add(u64::from(number)));
        let own = || StdRng::seed_from_u64(chance.random());
        let connection = Connection::open(&door, plan.way, plan.line, own).await?;
        Ok(Self {
            plan: Arc::clone(plan),
            room: Arc::clone(room),
            door,
            seat: None,
            poses: None,
            had_poses: false,
            poses_were_heard: false,
            number,
            place,
            connection,
            chance,
            heard: Heard::default(),
            hologram: None,
            seq: 0,
            asked: BTreeMap::new(),
            last_kept: 0,
            last_seq_kept: 0,
        })
    }

    /// Lives until some time after the window; who loses the connection before says why.
    pub async fn live(mut self) -> Heard {
        if let Err(error) = self.go_on().await {
            self.heard.lost = Some(error.to_string());
        }
        self.heard.unanswered = self.asked.len() as u64;
        self.heard
    }

    async fn go_on(&mut self) -> Result<()> {
        let hello = ClientFrame::Hello {
            version: VERSION,
            resume: None,
            next_event: 0,
        };
        if self.plan.merged {
            self.connection.say(&hello.encode()).await?;
        }
        let between = Duration::from_secs_f64(1.0 / self.plan.poses_per_s);
        // People do not move in step: each begins at another moment of the tick.
        let offset = between * (self.number * 37 % 100) / 100;
        let mut poses = tokio::time::interval_at(Instant::now() + offset, between);
        poses.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut acts_at = self.next_act();
        while !self.is_done() {
            self.open_line().await?;
            let line = self.poses.as_ref().and_then(PoseLine::wakes_at);
            let wakes_at = self.connection.wakes_at().into_iter().chain(line).min();
            tokio::select! {
                due = poses.tick() => self.move_on(due).await?,
                () = tokio::time::sleep_until(acts_at), if self.plan.acts_per_min > 0.0 => {
                    self.act().await?;
                    acts_at = self.next_act();
                }
                heard = self.connection.hear() => heard?,
                heard = hear(&mut self.poses) => self.keep_line(&heard),
                () = tokio::time::sleep_until(wakes_at.unwrap_or(acts_at)), if wakes_at.is_some() => {}
            }
            self.carry().await?;
        }
        Ok(())
    }

    /// Some time after the window, when every act is answered or nobody hopes any more.
    fn is_done(&self) -> bool {
        let Some([_, to]) = self.plan.window_us.get() else {
            return false;
        };
        let after = self.plan.now_us().saturating_sub(*to);
        let after = Duration::from_micros(u64::from(after));
        let grace = GRACE + 5 * self.plan.line.round_trip;
        after > grace && (self.asked.is_empty() || after > PATIENCE)
    }

    fn next_act(&mut self) -> Instant {
        let mean_s = 60.0 / self.plan.acts_per_min.max(1e-9);
        let wait_s = mean_s * self.chance.random_range(0.5..1.5);
        Instant::now() + Duration::from_secs_f64(wait_s.min(1e6))
    }

    async fn move_on(&mut self, due: Instant) -> Result<()> {
        let at_us = self.plan.now_us();
        if self.plan.is_over(at_us) {
            return Ok(());
        }
        let pose = self.pose(at_us);
        let bytes = if self.plan.merged {
            ClientFrame::Pose { pose }.encode()
        } else {
            let number = u16::try_from(self.number).unwrap_or(u16::MAX);
            let mut bytes = number.to_le_bytes().to_vec();
            pose.write(&mut bytes);
            bytes
        };
        match self.poses.as_mut().filter(|line| line.carries()) {
            Some(line) => {
                let sent = line.send(&bytes);
                self.keep_line(&sent);
            }
            None => self.connection.say(&bytes).await?,
        }
        if self.plan.counts(at_us) {
            self.heard.poses += 1;
            let late = due.elapsed().as_micros();
            self.plan
                .all
                .sent
                .note(u32::try_from(late).unwrap_or(u32::MAX));
        }
        Ok(())
    }

    /// A head and two hands on the move, at one's own place.
    fn pose(&self, at_us: u32) -> Pose {
        let turn = f64::from(at_us) / 1e6;
        let spot = self.plan.spots.get(self.place as usize);
        let [x, z] = spot.copied().unwrap_or_default();
        let rotation = [0.0, (turn / 2.0).sin(), 0.0, (turn / 2.0).cos()];
        let at = |height: f64| [x + 0.3 * turn.sin(), height, z + 0.3 * turn.cos()];
        let hand = |height: f64| Hand {
            position_m: at(height),
            rotation,
            fingers: None,
        };
        Pose {
            at_ms: at_us,
            head: Placement {
                position_m: at(1.6),
                rotation,
            },
            left: Some(hand(1.1)),
            right: Some(hand(1.2)),
            pointer: None,
            held: None,
            mouth: None,
        }
    }

    /// Sets the window of the hologram to what nobody has set it to before.
    async fn act(&mut self) -> Result<()> {
        let now_us = self.plan.now_us();
        let (Some(hologram), true) = (self.hologram, self.plan.counts(now_us)) else {
            return Ok(());
        };
        self.seq += 1;
        let centre = 40.0 + f64::from(self.number % 500) + f64::from(self.seq) / 1000.0;
        let patch = json!({"type": "hologram", "window": {"centre_hu": centre, "width_hu": 400.0}});
        let frame = ClientFrame::Act {
            seq: self.seq,
            act: json!({"act": "set", "id": hologram, "patch": patch}),
        };
        self.asked.insert(self.seq, now_us);
        self.heard.acts += 1;
        self.connection.say(&frame.encode()).await
    }

    /// Has a line for poses as soon as there is a seat to have it for.
    async fn open_line(&mut self) -> Result<()> {
        let (Some(seat), false) = (self.seat, self.had_poses) else {
            return Ok(());
        };
        self.had_poses = true;
        let session = Session::of(&self.door.address, &self.door.cookie);
        let at = (self.door.room.clone(), seat);
        let chance = || StdRng::seed_from_u64(self.chance.random());
        let opening = PoseLine::open(self.plan.way, session, at, self.plan.line, chance);
        self.poses = opening.await?;
        Ok(())
    }

    /// Goes on by the socket where the line for poses has ended.
    fn keep_line(&mut self, did: &Result<()>) {
        if did.is_err() {
            self.poses = None;
            self.plan.lines_ended.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Has what comes by the line for poses be seen.
    fn see_datagrams(&mut self) -> Result<()> {
        let Some(line) = &mut self.poses else {
            return Ok(());
        };
        let went_on = line.go_on();
        let received = line.take();
        let is_transport = line.is_transport();
        self.keep_line(&went_on);
        for frame in received {
            let ServerFrame::Tick { tick, poses, .. } = ServerFrame::decode(&frame)? else {
                return Err("something else than poses came by the line for poses".into());
            };
            if let Some(line) = &mut self.poses {
                let confirmed = line.confirm(tick);
                self.keep_line(&confirmed);
            }
            for other in poses {
                self.see(other.pose.at_ms);
            }
            if !std::mem::replace(&mut self.poses_were_heard, true) {
                self.plan.lines_open.fetch_add(1, Ordering::Relaxed);
                let transports = usize::from(is_transport);
                self.plan
                    .transports_open
                    .fetch_add(transports, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Has what is on its way arrive.
    async fn carry(&mut self) -> Result<()> {
        self.see_datagrams()?;
        self.connection.go_on().await?;
        while let Some(frame) = self.connection.take() {
            self.take(&frame)?;
        }
        Ok(())
    }

    fn see(&self, at_us: u32) {
        if self.plan.counts(at_us) {
            let age = self.plan.now_us().saturating_sub(at_us);
            self.plan.all.poses.note(age);
        }
    }

    fn take(&mut self, content: &[u8]) -> Result<()> {
        if !self.plan.merged {
            let at = content.get(2..).and_then(|rest| rest.first_chunk());
            self.see(u32::from_le_bytes(*at.ok_or("a short message")?));
            return Ok(());
        }
        match ServerFrame::decode(content)? {
            ServerFrame::Welcome {
                participant,
                entrance,
                next_event,
                ..
            } => {
                self.heard.next_event = next_event;
                self.seat = Some(participant);
                for change in entrance.snapshot.iter().flatten() {
                    self.find_hologram(change);
                }
            }
            ServerFrame::Tick {
                news, poses, acks, ..
            } => {
                for other in poses {
                    self.see(other.pose.at_ms);
                }
                for event in news.events.unwrap_or_default() {
                    self.learn(&event);
                }
                for ack in acks {
                    self.answered(ack);
                }
            }
            ServerFrame::Refused { seq, .. } => {
                self.heard.refused += u64::from(self.asked.remove(&seq).is_some());
            }
            ServerFrame::Bye { reason, .. } => return Err(format!("put out: {reason:?}").into()),
            ServerFrame::Threshold { .. } => return Err("left waiting at the door".into()),
            _ => {}
        }
        Ok(())
    }

    fn find_hologram(&mut self, change: &Change) {
        let entity = change.placed.as_ref().map(|placed| &placed.entity);
        if let Some(entity) = entity
            && json!(entity).get("type") == Some(&json!("hologram"))
        {
            self.hologram = Some(change.id);
        }
    }

    fn learn(&mut self, event: &Event) {
        if event.number < self.heard.next_event {
            return;
        }
        self.heard.disordered += u64::from(event.number > self.heard.next_event);
        self.heard.next_event = event.number + 1;
        self.room
            .lock()
            .seen
            .push((event.number, self.plan.now_us()));
        if self.hologram.is_none() {
            for change in &event.changes {
                self.find_hologram(change);
            }
        }
    }

    fn answered(&mut self, Ack { seq, event }: Ack) {
        let Some(sent_us) = self.asked.remove(&seq) else {
            return;
        };
        let took = self.plan.now_us().saturating_sub(sent_us);
        self.plan.all.answers.note(took);
        if let Some(event) = event {
            let in_order = event > self.last_kept && seq > self.last_seq_kept;
            self.heard.disordered += u64::from(!in_order && self.last_seq_kept > 0);
            (self.last_kept, self.last_seq_kept) = (event, seq);
            self.room.lock().acted.insert(event, sent_us);
        }
    }
}

/// Waits for a datagram by a line, if there is one.
async fn hear(line: &mut Option<PoseLine>) -> Result<()> {
    match line {
        Some(line) => line.hear().await,
        None => std::future::pending().await,
    }
}
