//! One task per open room: acts are judged, committed to the record, and only then told to all.

mod attend;
mod carry;
mod checkpoints;
mod journal;
mod lines;
pub mod recorder;
mod recording;
mod stays;

use std::{cell::Cell, collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use policy::Permit;
use record::{Record, RecordError};
use room::{
    Farewell, OpenError, Pace, Person, Pictured, Probe, Reply, ResumeToken, Room, Seat, Sending,
    Voice,
    limits::TEXT_CHARACTERS,
    wire::{ClientFrame, ServerFrame},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::MissedTickBehavior,
};
use vocabulary::{ActorId, PatientId, RoomId};

use attend::Attend;
pub use attend::{AttendError, Offered};
pub use carry::{Ended, Heard, Patience, Said, carry};
pub use checkpoints::Checkpoints;
pub use journal::kept_act;
use journal::{Answering, Keeping, Noted, kept};
use lines::Line;
use recording::Recorded;
pub use stays::{HouseRules, Stayed};

use crate::{
    accounts::Session,
    clock, gatherings,
    media::{Attending, Ear, Media, MediaNews},
    poses::Poses,
    transport::Transport,
};

/// Ticks come 20 times a second.
const TICK: Duration = Duration::from_millis(50);
/// How long a room may take to close.
const CLOSE: Duration = Duration::from_secs(5);
/// Frames that may wait for one connection; one that reads slower than this is told so, and comes back.
const OUTBOX: usize = 64;
/// A place beyond those, for the farewell.
const FAREWELL: usize = 1;
/// Commands that may wait for one room.
const INBOX: usize = 1024;

/// What goes to a connection.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// A frame.
    Frame(Bytes),
    /// A last frame, after which the connection is closed.
    Last(Bytes),
}

/// What a connection asks of its room.
enum Command {
    Join(Visitor, Poses, oneshot::Sender<Result<Seat, Farewell>>),
    Frame(Seat, Bytes),
    Leave(Seat),
    LeaveForGood(Seat),
    GiveUpSeat(ActorId, ResumeToken),
    PutOut(ActorId, Farewell),
    End(Seat, Farewell),
    Attend(Box<Attend>),
    MayBeHeard((ActorId, Session), u16, bool, oneshot::Sender<bool>),
    Heard((ActorId, Session), u16, String),
    Pictured(ActorId, Pictured, oneshot::Sender<Noted>),
    AnswerAppeal(Box<Answering>, oneshot::Sender<Noted>),
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
    /// The account by which they came. The room itself knows them by `person`, which may have a pseudonym in its place.
    pub account: ActorId,
    /// Who, as the server has let them in.
    pub person: Person,
    /// The session by which they came; others of the same account are not in the room.
    pub session: Session,
    /// The first frame of the connection.
    pub hello: Bytes,
    /// Where frames for this connection go.
    pub outbox: mpsc::Sender<Outgoing>,
}

/// The rooms that are open now.
pub struct Rooms {
    open: Mutex<HashMap<RoomId, mpsc::Sender<Command>>>,
    media: Arc<Media>,
    transport: Arc<Transport>,
    rules: HouseRules,
    stayed: Arc<Stayed>,
    checkpoints: Arc<Checkpoints>,
}

/// A connection's place in a room.
#[derive(Clone)]
pub struct Entered {
    seat: Seat,
    room: mpsc::Sender<Command>,
    poses: Poses,
}

impl Entered {
    /// Hands a frame of this connection to the room; `false` once the room has closed.
    ///
    /// Frames stay in order, but for poses that were overtaken by a later one.
    pub async fn frame(&self, bytes: Bytes) -> bool {
        if ClientFrame::is_pose(&bytes) {
            self.poses.lock().by_socket(bytes);
            return !self.room.is_closed();
        }
        let before = self.poses.lock().take_frame();
        for frame in before.into_iter().chain([bytes]) {
            if self
                .room
                .send(Command::Frame(self.seat, frame))
                .await
                .is_err()
            {
                return false;
            }
        }
        true
    }

    /// Counts a sign of life of this connection that says nothing; `false` once the room has closed.
    pub fn sign(&self) -> bool {
        self.poses.lock().sign();
        !self.room.is_closed()
    }

    /// Has an account put out of the room, on whatever connections it is there.
    pub async fn put_out(&self, actor: ActorId, reason: Farewell) {
        let _ = self.room.send(Command::PutOut(actor, reason)).await;
    }

    /// Has this connection ended, whoever else is here by the same account.
    pub async fn end(&self, reason: Farewell) {
        let _ = self.room.send(Command::End(self.seat, reason)).await;
    }

    /// The connection is gone: broken, or because somebody has left on purpose.
    pub async fn leave(self, ended: Ended) {
        let leave = match ended {
            Ended::Broke => Command::Leave(self.seat),
            Ended::Left => Command::LeaveForGood(self.seat),
        };
        let _ = self.room.send(leave).await;
    }
}

impl Rooms {
    /// No rooms yet.
    pub fn new(
        media: Arc<Media>,
        transport: Arc<Transport>,
        rules: HouseRules,
        stayed: Arc<Stayed>,
        checkpoints: Checkpoints,
    ) -> Self {
        Self {
            open: Mutex::default(),
            media,
            transport,
            rules,
            stayed,
            checkpoints: Arc::new(checkpoints),
        }
    }

    /// Whether an account may be heard from this seat of the room now, by the session by which it sits there: by the
    /// room, which nobody may who is muted, or by the hospital alone.
    pub async fn may_be_heard(
        &self,
        room: &RoomId,
        who: (ActorId, Session),
        participant: u16,
        by_all: bool,
    ) -> bool {
        let Some(room) = self.open.lock().get(room).cloned() else {
            return false;
        };
        let (answer, answered) = oneshot::channel();
        let ask = Command::MayBeHeard(who, participant, by_all, answer);
        room.send(ask).await.is_ok() && answered.await.unwrap_or(false)
    }

    /// An account has left a room on purpose while its line was down: no seat is kept for it.
    pub async fn give_up_seat(&self, room: &RoomId, account: ActorId, token: ResumeToken) {
        let room = self.open.lock().get(room).cloned();
        if let Some(room) = room {
            let _ = room.send(Command::GiveUpSeat(account, token)).await;
        }
    }

    /// Tells all of a room what a speech service heard somebody say there.
    pub async fn heard(
        &self,
        room: &RoomId,
        who: (ActorId, Session),
        participant: u16,
        text: String,
    ) {
        let room = self.open.lock().get(room).cloned();
        if let Some(room) = room {
            let _ = room.send(Command::Heard(who, participant, text)).await;
        }
    }

    /// Lets somebody take part by voice and picture, or have a line for poses, if they sit in the room now by the
    /// same session; the answer to their offer.
    pub async fn attend(
        &self,
        room: &RoomId,
        (actor, session): (ActorId, Session),
        participant: u16,
        offer: Offered,
    ) -> Result<String, AttendError> {
        let room = self.open.lock().get(room).cloned();
        let room = room.ok_or(AttendError::NotSeated)?;
        let (answer, answered) = oneshot::channel();
        let attend = Attend {
            actor,
            session,
            participant,
            offer,
            answer,
        };
        let sent = room.send(Command::Attend(Box::new(attend))).await;
        sent.map_err(|_| AttendError::NotSeated)?;
        // A room that does not know them drops the question unanswered.
        let answer = answered.await.map_err(|_| AttendError::NotSeated)?;
        answer.map_err(AttendError::Offer)
    }

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
        let poses = Poses::default();
        let join = Command::Join(visitor, Arc::clone(&poses), answer);
        room.send(join).await.map_err(|_| EnterError::Closing)?;
        let seat = answered
            .await
            .map_err(|_| EnterError::Closing)?
            .map_err(EnterError::Farewell)?;
        Ok(Entered { seat, room, poses })
    }

    async fn find_or_open(
        &self,
        record: &Arc<dyn Record>,
        permit: &Permit,
        about: &About,
    ) -> Result<mpsc::Sender<Command>, EnterError> {
        // Who comes while it is opened waits for that: two would be opened from two states of the journal.
        let (sender, inbox) = {
            let mut open = self.open.lock();
            open.retain(|_, room| !room.is_closed());
            if let Some(room) = open.get(&about.id) {
                return Ok(room.clone());
            }
            let (sender, inbox) = mpsc::channel(INBOX);
            open.insert(about.id.clone(), sender.clone());
            (sender, inbox)
        };
        let opening = self.checkpoints.open(&**record, permit, about);
        let (mut room, checkpoints) = opening.await?;
        room.keep_stays(self.rules.stays);
        room.keep_seats(self.rules.seats_each);
        if let Some(place) = gatherings::place(&about.id) {
            room.stand_in(place);
        }
        let (ear, news) = mpsc::unbounded_channel();
        let mut host = Host {
            room,
            record: Arc::clone(record),
            about: about.clone(),
            connections: HashMap::new(),
            pseudonyms: HashMap::new(),
            media: Arc::clone(&self.media),
            transport: Arc::clone(&self.transport),
            stayed: Arc::clone(&self.stayed),
            checkpoints,
            ear,
            voices: Vec::new(),
            voices_changed: false,
            pace: Pace::default(),
            recorded: Recorded::default(),
            noted: Vec::new(),
            keeping: None,
        };
        host.interrupt_recording();
        tokio::spawn(host.run(inbox, news));
        Ok(sender)
    }

    /// Closes all rooms; those in them come back when the server does.
    pub async fn close_all(&self) {
        let rooms: Vec<_> = self.open.lock().drain().map(|(_, room)| room).collect();
        for room in &rooms {
            let _ = room.send(Command::Close).await;
        }
        // What is recorded is sealed before the record closes.
        for room in rooms {
            let _ = tokio::time::timeout(CLOSE, room.closed()).await;
        }
        self.stayed.keep(clock::now());
    }
}

/// What the room has of a connection.
struct Connection {
    session: Session,
    outbox: mpsc::Sender<Outgoing>,
    poses: Poses,
    /// What others are to hear and see of them.
    sending: Sending,
    /// What of it goes to the others.
    let_through: Sending,
    /// Their media; they end with the connection.
    attending: Option<Attending>,
    /// Their line for poses; it ends with the connection too.
    line: Option<Line>,
    /// Whether the socket has not carried all poses.
    left_out: Cell<bool>,
}

/// A room with its connections.
struct Host {
    room: Room,
    record: Arc<dyn Record>,
    about: About,
    connections: HashMap<Seat, Connection>,
    /// As whom the room knows accounts that came under a pseudonym.
    pseudonyms: HashMap<ActorId, ActorId>,
    media: Arc<Media>,
    transport: Arc<Transport>,
    stayed: Arc<Stayed>,
    checkpoints: checkpoints::Kept,
    ear: Ear,
    /// Who takes part by media, as it was last said.
    voices: Vec<Voice>,
    voices_changed: bool,
    pace: Pace,
    recorded: Recorded,
    /// Who waits until what they noted is in the record.
    noted: Vec<oneshot::Sender<Noted>>,
    /// What the record works on.
    keeping: Option<Keeping>,
}

impl Host {
    async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Command>,
        mut news: mpsc::UnboundedReceiver<MediaNews>,
    ) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(Command::Close) | None => return self.close().await,
                    Some(command) => {
                        self.obey(command);
                        self.mind_recording();
                    }
                },
                Some(news) = news.recv() => self.pass_on(news),
                kept = kept(&mut self.keeping) => if !self.settle(kept) {
                    self.end_recording(true);
                    return;
                },
                due = ticks.tick() => {
                    self.mind_pace(due);
                    // What was sent before a pose is heard before it.
                    for _ in 0..INBOX {
                        match inbox.try_recv() {
                            Ok(Command::Close) => return self.close().await,
                            Ok(command) => {
                                self.obey(command);
                                self.mind_recording();
                            }
                            Err(_) => break,
                        }
                    }
                    self.take_poses();
                    self.furnish();
                    self.take_step();
                    if !self.keep().await {
                        self.end_recording(true);
                        return;
                    }
                    self.send_tick();
                    self.note_stays();
                    if self.room.is_empty() {
                        inbox.close();
                        // Commands that came before the door was shut are still heard.
                        if inbox.is_empty() { break; }
                    }
                }
            }
        }
    }

    async fn close(&mut self) {
        self.interrupt_recording();
        self.keep_all().await;
        self.say_farewell(Farewell::Closing);
        if let Some(sealed) = self.end_recording(true) {
            let _ = sealed.await;
        }
    }

    /// Puts what the room is about into it, once there is something to show.
    fn furnish(&mut self) {
        // What is on its way into the record is not put there a second time.
        if self.keeping.is_none()
            && self.room.world().entities().is_empty()
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
                    account,
                    person,
                    session,
                    hello,
                    outbox,
                },
                poses,
                answer,
            ) => {
                let fresh = ResumeToken(rand::random());
                self.tell_stay(&account, &person.actor);
                if account != person.actor {
                    self.pseudonyms.insert(account, person.actor.clone());
                }
                let joined = self.room.join(now, person, &hello, fresh);
                let seat = joined.map(|joined| {
                    let replaced = joined.replaces;
                    if let Some(old) = replaced.and_then(|seat| self.connections.remove(&seat)) {
                        let _ = old.outbox.try_send(Outgoing::Last(bye(Farewell::Replaced)));
                    }
                    let _ = outbox.try_send(Outgoing::Frame(joined.welcome.into()));
                    let connection = Connection {
                        session,
                        outbox,
                        poses,
                        sending: Sending::default(),
                        let_through: Sending::default(),
                        attending: None,
                        line: None,
                        left_out: Cell::new(false),
                    };
                    self.connections.insert(joined.seat, connection);
                    self.tell_voices(joined.seat);
                    joined.seat
                });
                let _ = answer.send(seat);
            }
            Command::Frame(seat, bytes) => {
                let reply = self.room.receive(now, seat, &bytes, &*self.about.probe);
                self.answer(seat, reply);
            }
            Command::Leave(seat) => {
                self.connections.remove(&seat);
                self.room.leave(now, seat);
            }
            Command::LeaveForGood(seat) => {
                self.connections.remove(&seat);
                self.room.leave_for_good(now, seat);
            }
            Command::GiveUpSeat(account, token) => {
                let actor = self.known_as(&account).clone();
                if let Some(seat) = self.room.give_up_seat(now, &actor, token) {
                    self.connections.remove(&seat);
                }
            }
            Command::PutOut(actor, reason) => {
                let pseudonym = self.pseudonyms.get(&actor).cloned();
                for actor in pseudonym.into_iter().chain([actor]) {
                    for seat in self.room.put_out(now, &actor) {
                        self.send(seat, Outgoing::Last(bye(reason)));
                        self.connections.remove(&seat);
                    }
                }
            }
            Command::End(seat, reason) => {
                self.send(seat, Outgoing::Last(bye(reason)));
                self.connections.remove(&seat);
                self.room.leave(now, seat);
            }
            Command::Attend(attend) => self.attend(*attend),
            Command::MayBeHeard(who, participant, by_all, answer) => {
                let seat = self.seat_of(&who, participant);
                let _ = answer.send(seat.is_some_and(|seat| !by_all || self.speaks(seat)));
            }
            Command::Heard(who, participant, text) => self.heard(&who, participant, &text),
            Command::Pictured(actor, pictured, answer) => {
                let actor = self.known_as(&actor).clone();
                self.room.pictured(now, actor, pictured);
                self.noted.push(answer);
            }
            Command::AnswerAppeal(answering, answer) => self.answer_appeal(*answering, answer),
            Command::Close => {}
        }
    }

    /// As whom the room knows an account.
    fn known_as<'a>(&'a self, account: &'a ActorId) -> &'a ActorId {
        self.pseudonyms.get(account).unwrap_or(account)
    }

    /// Has media be what the order of the room lets through: who is outside hears nothing, who is muted is not
    /// heard.
    fn mind_media(&mut self) {
        for (seat, connection) in &mut self.connections {
            let Some(allowed) = self.room.lets_through(*seat, connection.sending) else {
                connection.attending = None;
                connection.line = None;
                continue;
            };
            if allowed != connection.let_through {
                connection.let_through = allowed;
                if let Some(attending) = &connection.attending {
                    attending.sends(allowed);
                }
            }
        }
    }

    /// Who comes in hears who takes part by voice and picture; who waits at the door does not.
    fn tell_voices(&mut self, seat: Seat) {
        if !self.voices.is_empty() && self.room.is_current(seat) {
            self.send(seat, voices_frame(&self.voices));
        }
    }

    /// The seat of somebody who is here by this session.
    fn seat_of(&self, (actor, session): &(ActorId, Session), participant: u16) -> Option<Seat> {
        let seat = self.room.seated(participant, self.known_as(actor))?;
        (self.connections.get(&seat)?.session == *session).then_some(seat)
    }

    /// Whether nobody has muted them.
    fn speaks(&self, seat: Seat) -> bool {
        let speaks = Sending {
            microphone: true,
            ..Sending::default()
        };
        let through = self.room.lets_through(seat, speaks);
        through.is_some_and(|through| through.microphone)
    }

    /// Shows what a speech service has written down to all, if who said it is still here.
    fn heard(&mut self, who: &(ActorId, Session), participant: u16, text: &str) {
        let seat = self.seat_of(who, participant);
        if seat.is_none_or(|seat| !self.speaks(seat)) {
            return;
        }
        let said = ServerFrame::Said {
            participant,
            text: text.chars().take(TEXT_CHARACTERS).collect(),
            heard: true,
        };
        self.say_to_all(&said.encode().into());
    }

    /// Passes on what was heard of people's media.
    fn pass_on(&mut self, news: MediaNews) {
        match news {
            MediaNews::Voices(voices) => {
                self.voices = voices;
                self.record_voices();
                // Whoever switches their voice on and off all the time is heard of once a tick.
                self.voices_changed = true;
            }
            MediaNews::Slots(seat, slots) => {
                let frame = ServerFrame::Slots { slots }.encode();
                self.send(seat, Outgoing::Frame(frame.into()));
            }
            MediaNews::Ended(seat, id) => {
                if let Some(connection) = self.connections.get_mut(&seat)
                    && connection.attending.as_ref().is_some_and(|a| a.id == id)
                {
                    connection.attending = None;
                }
                if let Some(connection) = self.connections.get_mut(&seat)
                    && connection.line.as_ref().is_some_and(|line| line.id() == id)
                {
                    connection.line = None;
                    connection.poses.lock().line_ended();
                }
            }
        }
    }

    fn inside(&self) -> Vec<Seat> {
        let inside = self.connections.keys().copied();
        inside.filter(|seat| self.room.is_current(*seat)).collect()
    }

    /// Shows words to all who keep up: whoever writes very much at once puts nobody out by it.
    fn say_to_all(&mut self, words: &Bytes) {
        for seat in self.inside() {
            if !self.is_behind(seat) {
                self.send(seat, Outgoing::Frame(words.clone()));
            }
        }
    }

    fn answer(&mut self, seat: Seat, reply: Reply) {
        match reply {
            Reply::Nothing => {}
            Reply::Send(frame) => self.send(seat, Outgoing::Frame(frame.into())),
            Reply::ToAll(frame) => self.say_to_all(&frame.into()),
            Reply::Sending(sending) => {
                if let Some(connection) = self.connections.get_mut(&seat) {
                    connection.sending = sending;
                }
                self.mind_media();
            }
            Reply::Close(_, frame) => {
                self.send(seat, Outgoing::Last(frame.into()));
                self.connections.remove(&seat);
                self.room.leave(clock::now(), seat);
            }
        }
    }

    /// Hears the latest pose of everybody who has moved.
    fn take_poses(&mut self) {
        let now = clock::now();
        let moved = self.connections.iter().filter_map(|(seat, connection)| {
            let (frame, overtaken) = connection.poses.lock().take();
            (frame.is_some() || overtaken > 0).then_some((*seat, frame, overtaken))
        });
        let moved: Vec<_> = moved.collect();
        for (seat, frame, overtaken) in moved {
            let reply = match (self.room.overtaken(now, seat, overtaken), frame) {
                (Reply::Nothing, Some(frame)) => {
                    self.room.receive(now, seat, &frame, &*self.about.probe)
                }
                (reply, _) => reply,
            };
            self.answer(seat, reply);
        }
    }

    fn say_farewell(&mut self, reason: Farewell) {
        let bye = bye(reason);
        for (_, connection) in self.connections.drain() {
            let _ = connection.outbox.try_send(Outgoing::Last(bye.clone()));
        }
    }

    fn send_tick(&mut self) {
        let tick = self.room.tick(clock::now());
        self.record_tick(&tick);
        for parcel in self.room.take_parcels() {
            let frame = parcel.frame.into();
            if parcel.is_last {
                self.send(parcel.seat, Outgoing::Last(frame));
                self.connections.remove(&parcel.seat);
            } else {
                self.send(parcel.seat, Outgoing::Frame(frame));
                self.tell_voices(parcel.seat);
            }
        }
        if std::mem::take(&mut self.voices_changed) {
            for seat in self.inside() {
                self.send(seat, voices_frame(&self.voices));
            }
        }
        self.mind_media();
        self.send_poses(&tick);
        let packets: Vec<_> = tick
            .packets_with(|seat| self.wants(*seat, tick.is_due()))
            .collect();
        for (seat, packet) in packets {
            self.send(seat, Outgoing::Frame(packet.into()));
        }
    }

    /// A connection that does not read its frames is told so and ended; it comes back for what it has missed.
    fn send(&mut self, seat: Seat, mut outgoing: Outgoing) {
        let Some(Connection { outbox, .. }) = self.connections.get(&seat) else {
            return;
        };
        let is_behind = outbox.capacity() <= FAREWELL;
        if is_behind && matches!(outgoing, Outgoing::Frame(_)) {
            outgoing = Outgoing::Last(bye(Farewell::FellBehind));
        }
        if outbox.try_send(outgoing).is_err() || is_behind {
            self.connections.remove(&seat);
            self.room.leave(clock::now(), seat);
        }
    }
}

fn voices_frame(voices: &[Voice]) -> Outgoing {
    let voices = voices.to_vec();
    Outgoing::Frame(ServerFrame::Voices { voices }.encode().into())
}

fn bye(reason: Farewell) -> Bytes {
    ServerFrame::bye(reason).encode().into()
}

/// A connection's outbox.
pub fn outbox() -> (mpsc::Sender<Outgoing>, mpsc::Receiver<Outgoing>) {
    mpsc::channel(OUTBOX + FAREWELL)
}
