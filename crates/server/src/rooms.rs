//! One task per open room: acts are judged, committed to the record, and only then told to all.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use policy::Permit;
use record::{Batch, NewFact, Precondition, Record, RecordError, RoomAct};
use room::{Farewell, KeptAct, OpenError, Person, Probe, Reply, ResumeToken, Room, Seat};
use tokio::{
    sync::{mpsc, oneshot},
    time::MissedTickBehavior,
};
use vocabulary::{ActorId, PatientId, RoomId};

use crate::clock;

/// Ticks come 20 times a second.
const TICK: Duration = Duration::from_millis(50);
/// Frames that may wait for one connection; one that reads slower than this is put out.
const OUTBOX: usize = 64;
/// Commands that may wait for one room.
const INBOX: usize = 1024;

/// What goes to a connection.
#[derive(Debug)]
pub enum Outgoing {
    /// A frame.
    Frame(Vec<u8>),
    /// A last frame, after which the connection is closed.
    Last(Vec<u8>),
}

/// What a connection asks of its room.
enum Command {
    Join(Visitor, oneshot::Sender<Result<Seat, Farewell>>),
    Frame(Seat, Vec<u8>),
    Leave(Seat),
    PutOut(ActorId, Farewell),
    Close,
}

/// Why a room could not be entered.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// Its journal could not be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Its journal makes no sense.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The room let nobody in.
    #[error("enter the room")]
    Farewell(Farewell),
    /// The room closed at this moment.
    #[error("enter the room: it is closing")]
    Closing,
}

/// What a room is about: whose twin stands in it.
#[derive(Clone)]
pub struct About {
    /// The room.
    pub id: RoomId,
    /// The patient met there.
    pub patient: Option<PatientId>,
    /// Who answers for the room's own acts.
    pub host: ActorId,
    /// The act that furnishes it while nothing stands in it; `None` as long as there is nothing to show.
    pub furnish: Arc<dyn Fn() -> Option<room::Act> + Send + Sync>,
    /// What the room may ask of the series that stands in it.
    pub probe: Arc<dyn Probe + Send + Sync>,
}

/// A person at the door of a room.
pub struct Visitor {
    /// Who, as the server has let them in.
    pub person: Person,
    /// The first frame of the connection.
    pub hello: Vec<u8>,
    /// Where frames for this connection go.
    pub outbox: mpsc::Sender<Outgoing>,
}

/// The rooms that are open now.
#[derive(Default)]
pub struct Rooms {
    open: Mutex<HashMap<RoomId, mpsc::Sender<Command>>>,
}

/// A connection's place in a room.
#[derive(Clone)]
pub struct Entered {
    seat: Seat,
    room: mpsc::Sender<Command>,
}

impl Entered {
    /// Hands a frame of this connection to the room; `false` once the room has closed.
    pub async fn frame(&self, bytes: Vec<u8>) -> bool {
        self.room
            .send(Command::Frame(self.seat, bytes))
            .await
            .is_ok()
    }

    /// Has an account put out of the room, on whatever connections it is there.
    pub async fn put_out(&self, actor: ActorId, reason: Farewell) {
        let _ = self.room.send(Command::PutOut(actor, reason)).await;
    }

    /// The connection is gone.
    pub async fn leave(self) {
        let _ = self.room.send(Command::Leave(self.seat)).await;
    }
}

impl Rooms {
    /// How many rooms are open.
    pub fn open_count(&self) -> usize {
        self.open
            .lock()
            .values()
            .filter(|room| !room.is_closed())
            .count()
    }

    /// Lets a person in by their first frame, opening the room from its journal when nobody is there yet.
    pub async fn enter(
        &self,
        record: &Arc<dyn Record>,
        permit: &Permit,
        about: &About,
        visitor: Visitor,
    ) -> Result<Entered, EnterError> {
        let room = self.find_or_open(record, permit, about).await?;
        let (answer, answered) = oneshot::channel();
        let join = Command::Join(visitor, answer);
        room.send(join).await.map_err(|_| EnterError::Closing)?;
        let seat = answered
            .await
            .map_err(|_| EnterError::Closing)?
            .map_err(EnterError::Farewell)?;
        Ok(Entered { seat, room })
    }

    async fn find_or_open(
        &self,
        record: &Arc<dyn Record>,
        permit: &Permit,
        about: &About,
    ) -> Result<mpsc::Sender<Command>, EnterError> {
        let running = |open: &HashMap<RoomId, mpsc::Sender<Command>>| {
            open.get(&about.id)
                .filter(|room| !room.is_closed())
                .cloned()
        };
        if let Some(room) = running(&self.open.lock()) {
            return Ok(room);
        }
        let acts = record
            .room_acts(permit, &about.id, about.patient.as_ref(), 0)
            .await?;
        let room = Room::open(about.id.clone(), acts.into_iter().map(kept_act))?;
        let mut open = self.open.lock();
        // Somebody else may have opened it while its journal was read.
        if let Some(room) = running(&open) {
            return Ok(room);
        }
        let (sender, inbox) = mpsc::channel(INBOX);
        open.retain(|_, room| !room.is_closed());
        open.insert(about.id.clone(), sender.clone());
        let host = Host {
            room,
            record: Arc::clone(record),
            about: about.clone(),
            outboxes: HashMap::new(),
        };
        tokio::spawn(host.run(inbox));
        Ok(sender)
    }

    /// Closes all rooms; those in them come back when the server does.
    pub async fn close_all(&self) {
        let rooms: Vec<_> = self.open.lock().drain().map(|(_, room)| room).collect();
        for room in rooms {
            let _ = room.send(Command::Close).await;
        }
    }
}

fn kept_act(act: RoomAct) -> KeptAct {
    KeptAct {
        number: act.number,
        actor: act.actor,
        at: act.at,
        act: act.act,
    }
}

/// A room with its connections.
struct Host {
    room: Room,
    record: Arc<dyn Record>,
    about: About,
    outboxes: HashMap<Seat, mpsc::Sender<Outgoing>>,
}

impl Host {
    async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(Command::Close) | None => {
                        self.keep().await;
                        self.say_farewell(Farewell::Closing);
                        return;
                    }
                    Some(command) => self.obey(command),
                },
                _ = ticks.tick() => {
                    self.furnish();
                    if !self.keep().await {
                        return;
                    }
                    self.send_tick();
                    if self.room.is_empty() {
                        inbox.close();
                        // Commands that came before the door was shut are still heard.
                        if inbox.is_empty() { break; }
                    }
                }
            }
        }
    }

    /// Puts what the room is about into it, once there is something to show.
    fn furnish(&mut self) {
        if self.room.world().entities().is_empty()
            && let Some(act) = (self.about.furnish)()
            && let Err(refusal) =
                self.room
                    .place(clock::now(), &self.about.host, act, &*self.about.probe)
        {
            tracing::warn!(?refusal, "a room could not be furnished");
        }
    }

    fn obey(&mut self, command: Command) {
        let now = clock::now();
        match command {
            Command::Join(
                Visitor {
                    person,
                    hello,
                    outbox,
                },
                answer,
            ) => {
                let fresh = ResumeToken(rand::random());
                let joined = self.room.join(now, person, &hello, fresh);
                let seat = joined.map(|joined| {
                    if let Some(old) = joined.replaces.and_then(|seat| self.outboxes.remove(&seat))
                    {
                        let bye = room::wire::ServerFrame::bye(Farewell::Replaced).encode();
                        let _ = old.try_send(Outgoing::Last(bye));
                    }
                    let _ = outbox.try_send(Outgoing::Frame(joined.welcome));
                    self.outboxes.insert(joined.seat, outbox);
                    joined.seat
                });
                let _ = answer.send(seat);
            }
            Command::Frame(seat, bytes) => {
                match self.room.receive(now, seat, &bytes, &*self.about.probe) {
                    Reply::Nothing => {}
                    Reply::Send(frame) => self.send(seat, Outgoing::Frame(frame)),
                    Reply::Close(_, frame) => {
                        self.send(seat, Outgoing::Last(frame));
                        self.outboxes.remove(&seat);
                        self.room.leave(now, seat);
                    }
                }
            }
            Command::Leave(seat) => {
                self.outboxes.remove(&seat);
                self.room.leave(now, seat);
            }
            Command::PutOut(actor, reason) => {
                let bye = room::wire::ServerFrame::bye(reason).encode();
                for seat in self.room.put_out(&actor) {
                    self.send(seat, Outgoing::Last(bye.clone()));
                    self.outboxes.remove(&seat);
                }
            }
            Command::Close => {}
        }
    }

    /// Commits what was accepted since the last tick; only then does anyone see it.
    ///
    /// Answers whether the room may go on: where it is not known whether acts are on disk, the room starts
    /// over from its journal.
    async fn keep(&mut self) -> bool {
        let unkept = self.room.take_unkept();
        let Some(last) = unkept.last().map(|act| act.number) else {
            return true;
        };
        let facts = unkept.into_iter().map(|kept| {
            let act = RoomAct {
                room: self.about.id.clone(),
                number: kept.number,
                actor: kept.actor,
                at: kept.at,
                act: kept.act,
            };
            (
                NewFact::RoomAct {
                    act,
                    subject: self.about.patient.clone(),
                },
                Precondition::None,
            )
        });
        let batch = Batch {
            actor: self.about.host.clone(),
            facts: facts.collect(),
        };
        match self.record.commit(batch).await {
            Ok(_) => self.room.kept(last),
            Err(RecordError::Full) => {
                for (seat, frame) in self.room.lost() {
                    self.send(seat, Outgoing::Frame(frame));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a room starts over from its journal");
                self.say_farewell(Farewell::Restarted);
                return false;
            }
        }
        true
    }

    fn say_farewell(&mut self, reason: Farewell) {
        let bye = room::wire::ServerFrame::bye(reason).encode();
        for (_, outbox) in self.outboxes.drain() {
            let _ = outbox.try_send(Outgoing::Last(bye.clone()));
        }
    }

    fn send_tick(&mut self) {
        let tick = self.room.tick(clock::now());
        let packets: Vec<_> = tick.packets().collect();
        for (seat, packet) in packets {
            self.send(seat, Outgoing::Frame(packet));
        }
    }

    /// A connection that does not read its frames is put out; it comes back with what it has missed.
    fn send(&mut self, seat: Seat, outgoing: Outgoing) {
        let Some(outbox) = self.outboxes.get(&seat) else {
            return;
        };
        if outbox.try_send(outgoing).is_err() {
            self.outboxes.remove(&seat);
            self.room.leave(clock::now(), seat);
        }
    }
}

/// A connection's outbox.
pub fn outbox() -> (mpsc::Sender<Outgoing>, mpsc::Receiver<Outgoing>) {
    mpsc::channel(OUTBOX)
}
