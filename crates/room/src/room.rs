mod door;
mod events;
mod holds;
mod lead;
mod order;
mod place;
mod poses;
mod rates;
mod recording;
mod said;
mod stays;

use std::collections::{BTreeMap, VecDeque};

use vocabulary::{ActorId, Place, RoomId, Timestamp};

use door::Knock;
pub use door::Parcel;
use holds::NoProbe;

use crate::{
    Act, Change, Deed, Did, EntityId, Event, Farewell, KeptAct, Knocking, Leading, Ordered, Placed,
    Probe, RecordingNow, Refusal, Sanction, Sending, Standing, Stay, Stays, Transform,
    judge::{Case, Verdict},
    limits,
    seat::{Outcome, Person, Rates, Seat, Sitter, free_colour, free_place},
    tick::{Shown, Tick},
    wire::{Ack, ClientFrame, Entrance, News, Participant, ResumeToken, ServerFrame, VERSION},
    world::World,
};

/// Why a room could not be opened from its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// An act is missing or comes twice.
    #[error("open the room: its journal has act {found} where {expected} was expected")]
    Gap {
        /// The number that was expected.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// An act is not one that this version knows.
    #[error("open the room: act {number} of its journal cannot be read")]
    Unreadable {
        /// The act's number.
        number: u64,
    },
}

/// A hologram, board or page in somebody's hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    pub participant: u16,
    pub transform: Transform,
    pub moved_at: Timestamp,
    /// The act that leaves it where it is let go, once there is one. Until the record has it the hold is
    /// shown, so that for others it does not jump back and forth.
    pub ends_with: Option<u64>,
}

/// What the server does after a frame was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing; the answer, if any, comes with a tick.
    Nothing,
    /// Send this frame to the connection that the frame came from.
    Send(Vec<u8>),
    /// Send this frame and close the connection.
    Close(Farewell, Vec<u8>),
    /// Send this frame to everybody.
    ToAll(Vec<u8>),
    /// Tell what carries media what others are to hear and see of the sender.
    Sending(Sending),
}

impl Reply {
    fn close(reason: Farewell) -> Self {
        Self::Close(reason, ServerFrame::bye(reason).encode())
    }
}

/// A participant who has come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The seat of this connection.
    pub seat: Seat,
    /// The welcome to send before anything else.
    pub welcome: Vec<u8>,
    /// The older connection that this one takes the place of; send it [`Farewell::Replaced`] and close it.
    pub replaces: Option<Seat>,
}

/// An act that is carried out in `staged` and waits to be written to the record.
#[derive(Debug)]
struct Waiting {
    kept: KeptAct,
    deed: Deed,
    from: Option<(u16, u32)>,
}

/// A room: who is in it, what stands in it, and who may do what to it.
///
/// Acts are judged against `staged`. They become visible to others only after the server has written them
/// to the record and said so with [`Room::kept`]; `durable` is what has been.
#[derive(Debug)]
pub struct Room {
    id: RoomId,
    durable: World,
    staged: World,
    waiting: VecDeque<Waiting>,
    handed_out: u64,
    recent: VecDeque<Event>,
    next_to_send: u64,
    sitters: BTreeMap<u16, Sitter>,
    next_participant: u16,
    holds: BTreeMap<EntityId, Hold>,
    /// Who asks for what another holds, the first one first.
    asks: BTreeMap<EntityId, Vec<u16>>,
    people_changed: bool,
    holds_changed: bool,
    /// Who lets people in and keeps order.
    host: Option<ActorId>,
    at_door: BTreeMap<u16, Knock>,
    /// Who is known to wait at the door.
    said_to_wait: Vec<Knocking>,
    /// Whom a block is known to keep out.
    said_sanctions: Vec<Sanction>,
    /// How long those stay who do not treat the patient, and how long all were in rooms who have not rested since.
    stays: Stays,
    stayed: BTreeMap<ActorId, Stay>,
    /// In which place of the hospital it is until its host has said so.
    stands_in: Option<Place>,
    /// How many seats one account may have here.
    seats_each: usize,
    /// How fast accounts send.
    rates: BTreeMap<ActorId, Rates>,
    /// What was last told of the recording.
    said_recording: RecordingNow,
    parcels: Vec<Parcel>,
    /// Who shows the others the way.
    leading: Option<Leading>,
    leading_changed: bool,
    /// Who brings everybody to their view with the next tick.
    gathers: Option<Leading>,
    /// Whose picture of all around is shown.
    shows_around: Option<u16>,
    tick: u32,
    /// How much less often poses are sent than they would be, as a power of two.
    shed: u32,
}

impl Room {
    /// Opens a room as its kept acts, in order, have left it.
    pub fn open(id: RoomId, acts: impl IntoIterator<Item = KeptAct>) -> Result<Self, OpenError> {
        Ok(Self::holding(id, Self::replay(acts)?))
    }

    /// What kept acts, in order, make of an empty room.
    pub fn replay(acts: impl IntoIterator<Item = KeptAct>) -> Result<World, OpenError> {
        World::default().replay(acts)
    }

    /// Opens a room in which acts up to one have left this.
    pub fn holding(id: RoomId, durable: World) -> Self {
        let next = durable.next_number();
        let said_recording = durable.recording().told();
        Self {
            id,
            staged: durable.clone(),
            durable,
            waiting: VecDeque::new(),
            handed_out: next,
            recent: VecDeque::new(),
            next_to_send: next,
            sitters: BTreeMap::new(),
            next_participant: 1,
            holds: BTreeMap::new(),
            asks: BTreeMap::new(),
            people_changed: false,
            holds_changed: false,
            host: None,
            at_door: BTreeMap::new(),
            said_to_wait: Vec::new(),
            said_sanctions: Vec::new(),
            stays: Stays::default(),
            stayed: BTreeMap::new(),
            stands_in: None,
            seats_each: limits::SEATS_EACH,
            rates: BTreeMap::new(),
            said_recording,
            parcels: Vec::new(),
            leading: None,
            leading_changed: false,
            gathers: None,
            shows_around: None,
            tick: 0,
            shed: 0,
        }
    }

    /// The room's id.
    pub fn id(&self) -> &RoomId {
        &self.id
    }

    /// What stands in the room, as far as the record has it.
    pub fn world(&self) -> &World {
        &self.durable
    }

    /// Who is in the room, those included whose seat is kept for them.
    pub fn people(&self) -> Vec<Participant> {
        let sitters = self.sitters.values();
        sitters.map(|sitter| self.as_seen(sitter)).collect()
    }

    /// The connection by which an account sits in a seat at this moment.
    pub fn seated(&self, participant: u16, actor: &ActorId) -> Option<Seat> {
        let sitter = self.sitters.get(&participant)?;
        let is_here = sitter.person.actor == *actor && sitter.away_since.is_none();
        is_here.then_some(sitter.seat)
    }

    /// Whether this connection is still the participant's.
    pub fn is_current(&self, seat: Seat) -> bool {
        let sitter = self.sitters.get(&seat.participant);
        sitter.is_some_and(|sitter| sitter.seat == seat && sitter.away_since.is_none())
    }

    /// Lets somebody in who has sent their first frame, or has them wait at the door. `fresh` is a new token of 16 random bytes, which
    /// nobody can guess; it is not used by one who comes back.
    pub fn join(
        &mut self,
        now: Timestamp,
        person: Person,
        hello: &[u8],
        fresh: ResumeToken,
    ) -> Result<Joined, Farewell> {
        let frame = ClientFrame::decode(hello).map_err(|_| Farewell::HelloExpected)?;
        let ClientFrame::Hello {
            version,
            resume,
            next_event,
        } = frame
        else {
            return Err(Farewell::HelloExpected);
        };
        if version != VERSION {
            return Err(Farewell::VersionMismatch);
        }
        self.clear_seats(now);
        if self.rests(&person, now) {
            return Err(Farewell::StayIsOver);
        }
        self.rate(&person.actor, now);
        // Nobody comes back past the door whose licence went meanwhile.
        let back = resume.filter(|_| !self.durable.lacks_licence(&person, now));
        let is_own =
            |one: &&mut Sitter| Some(one.token) == back && one.person.actor == person.actor;
        let (seat, replaces) = if let Some(sitter) = self.sitters.values_mut().find(is_own) {
            let replaces = sitter.away_since.is_none().then_some(sitter.seat);
            sitter.seat.connection += 1;
            sitter.away_since = None;
            sitter.person = person;
            // The clock of a page that was loaded anew begins anew.
            sitter.pose = None;
            // Answers that the broken line may have swallowed are asked for again with the acts.
            sitter.acks.clear();
            (sitter.seat, replaces)
        } else if self.waits(&person, now).is_some() || self.keeps_at_full_door(&person, now) {
            let (seat, welcome) = self.knock(now, person, fresh)?;
            return Ok(Joined {
                seat,
                welcome,
                replaces: None,
            });
        } else {
            (self.take_seat(now, person, fresh)?, None)
        };
        self.people_changed = true;
        self.show_all_poses();
        self.settle_host(now);
        let resumed = seat.connection > 1;
        let welcome = self.welcome(seat, resumed, resumed.then_some(next_event));
        Ok(Joined {
            seat,
            welcome,
            replaces,
        })
    }

    fn take_seat(
        &mut self,
        now: Timestamp,
        person: Person,
        token: ResumeToken,
    ) -> Result<Seat, Farewell> {
        if self.seats_of(&person.actor).count() >= self.seats_each {
            return Err(Farewell::TooManySeats);
        }
        if self.is_full_for(&person.actor, now) {
            return Err(Farewell::RoomFull);
        }
        let id = self.free_number();
        let sitter = Sitter::new(person, id, token, now);
        let seat = sitter.seat;
        self.seat(sitter, now);
        Ok(seat)
    }

    /// Gives somebody who comes in a colour and a place at the table; nobody else's place changes.
    fn seat(&mut self, mut sitter: Sitter, now: Timestamp) {
        self.begin_stay(&sitter.person, now);
        sitter.colour = free_colour(&self.sitters);
        sitter.place = free_place(&self.sitters);
        self.sitters.insert(sitter.seat.participant, sitter);
    }

    fn free_number(&mut self) -> u16 {
        let is_taken =
            |id: &u16| *id == 0 || self.sitters.contains_key(id) || self.at_door.contains_key(id);
        while is_taken(&self.next_participant) {
            self.next_participant = self.next_participant.wrapping_add(1);
        }
        let id = self.next_participant;
        self.next_participant = id.wrapping_add(1);
        id
    }

    /// The welcome to a seat; `seen` is the first event that it has not seen, where it has seen any.
    fn welcome(&self, seat: Seat, resumed: bool, seen: Option<u64>) -> Vec<u8> {
        let next_event = self.durable.next_number();
        let oldest = self.recent.front().map_or(next_event, |event| event.number);
        let missed = seen.filter(|from| (oldest..=next_event).contains(from));
        let events = match missed {
            Some(from) => self
                .recent
                .iter()
                .filter(|e| e.number >= from)
                .cloned()
                .collect(),
            None => Vec::new(),
        };
        let snapshot = missed.is_none().then(|| {
            let all = self.durable.entities().iter();
            all.map(|(id, placed)| Change {
                id: *id,
                placed: Some(placed.clone()),
            })
            .collect()
        });
        let sitter = self.sitters.get(&seat.participant);
        let token = sitter.map(|sitter| sitter.token);
        ServerFrame::Welcome {
            version: VERSION,
            participant: seat.participant,
            resume: token.unwrap_or(ResumeToken([0; 16])),
            resumed,
            tick: self.tick,
            last_seq: sitter.map_or(0, |sitter| sitter.last_seq),
            next_event,
            entrance: Entrance {
                snapshot,
                events,
                people: self.people(),
                leading: self.leading.into_iter().collect(),
                waiting: self.said_to_wait.clone(),
                sanctions: self.said_sanctions.clone(),
                holds: self.holdings(),
                recording: self.durable.recording().told(),
                place: self.durable.place().or(self.stands_in),
            },
        }
        .encode()
    }

    /// Notes that a connection broke or was closed. The seat is kept for [`limits::RESUME_MS`].
    pub fn leave(&mut self, now: Timestamp, seat: Seat) {
        if self
            .at_door
            .get(&seat.participant)
            .is_some_and(|knock| knock.sitter.seat == seat)
        {
            self.at_door.remove(&seat.participant);
        }
        if let Some(sitter) = self.sitters.get_mut(&seat.participant)
            && sitter.seat == seat
            && sitter.away_since.is_none()
        {
            sitter.away_since = Some(now);
            sitter.pose = None;
            sitter.acks.clear();
            self.people_changed = true;
        }
    }

    /// Takes the seat of one who leaves on purpose: none is kept for them, and what they held lies where it is.
    pub fn leave_for_good(&mut self, now: Timestamp, seat: Seat) {
        self.leave(now, seat);
        let sitter = self.sitters.get(&seat.participant);
        let Some(sitter) = sitter.filter(|sitter| sitter.seat == seat) else {
            return;
        };
        let actor = sitter.person.actor.clone();
        self.sitters.remove(&seat.participant);
        self.people_changed = true;
        self.leave_in_place(now, &actor, &[seat]);
        self.settle_host(now);
    }

    /// Takes the seat of who left while their line was down, by what would have let them come back. Answers which.
    pub fn give_up_seat(
        &mut self,
        now: Timestamp,
        actor: &ActorId,
        token: ResumeToken,
    ) -> Option<Seat> {
        let mut sitters = self.sitters.values();
        let theirs = sitters.find(|one| one.token == token && one.person.actor == *actor);
        let seat = theirs?.seat;
        self.leave_for_good(now, seat);
        Some(seat)
    }

    /// Somebody inside or at the door.
    fn somebody(&mut self, participant: u16) -> Option<&mut Sitter> {
        let at_door = self.at_door.get_mut(&participant);
        let at_door = at_door.map(|knock| &mut knock.sitter);
        self.sitters.get_mut(&participant).or(at_door)
    }

    /// Takes in a frame of a connection that has joined.
    pub fn receive(
        &mut self,
        now: Timestamp,
        seat: Seat,
        bytes: &[u8],
        probe: &dyn Probe,
    ) -> Reply {
        let is_theirs = |sitter: &Sitter| sitter.seat == seat && sitter.away_since.is_none();
        let rated = self.rated(seat.participant);
        let Some((_, rates)) = rated.filter(|(sitter, _)| is_theirs(sitter)) else {
            return Reply::close(Farewell::Replaced);
        };
        if !rates.frames.take(now) {
            return Reply::close(Farewell::TooFast);
        }
        if bytes.len() > limits::CLIENT_FRAME_BYTES {
            return Reply::close(Farewell::TooLong);
        }
        match ClientFrame::decode(bytes) {
            Ok(ClientFrame::Hello { .. }) => Reply::close(Farewell::HelloExpected),
            Ok(ClientFrame::Pose { pose }) => {
                self.pose(now, seat.participant, pose);
                Reply::Nothing
            }
            Ok(ClientFrame::Act { seq, act }) => self.act(now, seat.participant, seq, act, probe),
            Ok(ClientFrame::Ping { nonce }) => Reply::Send(
                ServerFrame::Pong {
                    nonce,
                    tick: self.tick,
                }
                .encode(),
            ),
            Ok(ClientFrame::Sending { sending }) => Reply::Sending(sending),
            Ok(ClientFrame::Caption { text }) => self.caption(now, seat.participant, text),
            Err(_) => Reply::close(Farewell::Malformed),
        }
    }

    fn act(
        &mut self,
        now: Timestamp,
        participant: u16,
        seq: u32,
        act: serde_json::Value,
        probe: &dyn Probe,
    ) -> Reply {
        let Some(sitter) = self.somebody(participant) else {
            return Reply::close(Farewell::Replaced);
        };
        let outcome = if let Some(outcome) = sitter.seen_before(seq) {
            outcome
        } else {
            let outcome = match self.try_act(now, participant, seq, act, probe) {
                Ok(outcome) => outcome,
                Err(refusal) => Outcome::Refused(refusal),
            };
            if let Some(sitter) = self.somebody(participant) {
                sitter.note(seq, outcome);
            }
            outcome
        };
        match outcome {
            Outcome::Waiting => Reply::Nothing,
            Outcome::Done(event) => {
                if let Some(sitter) = self.somebody(participant) {
                    sitter.acks.push(Ack { seq, event });
                }
                Reply::Nothing
            }
            Outcome::Refused(reason) => Reply::Send(ServerFrame::refused(seq, reason).encode()),
        }
    }

    fn try_act(
        &mut self,
        now: Timestamp,
        participant: u16,
        seq: u32,
        act: serde_json::Value,
        probe: &dyn Probe,
    ) -> Result<Outcome, Refusal> {
        let (_, rates) = self.rated(participant).ok_or(Refusal::NobodyThere)?;
        // Letting go is always heard: what is stuck to a hand helps nobody.
        let act = ClientFrame::read_act(act)?;
        let lets_go = matches!(act, Act::Release { .. });
        if !rates.acts.take(now) && !lets_go {
            return Err(Refusal::TooFast);
        }
        let from = (participant, seq);
        let of_order = self.keep_order(now, from, &act);
        let of_room = of_order.or_else(|| self.about_recording(now, from, &act));
        if let Some(outcome) = of_room.or_else(|| self.about_place(now, from, &act)) {
            return outcome;
        }
        let (person, is_inside) = self.person(participant)?;
        if !is_inside {
            return Err(Refusal::NotInside);
        }
        self.may_do(person, &act)?;
        if self.waiting.len() >= limits::UNKEPT && !lets_go {
            return Err(Refusal::NotKept);
        }
        let actor = person.actor.clone();
        // Nobody learns by the room what they may not see by the record.
        let probe: &dyn Probe = if person.sees_images { probe } else { &NoProbe };
        let kept = self.decide(now, &actor, Some((participant, seq)), act, probe)?;
        Ok(kept.map_or(Outcome::Done(None), |_| Outcome::Waiting))
    }

    /// Carries out an act of the hospital itself, such as placing the first hologram. Answers the number
    /// of the act that is now to be kept, if any.
    pub fn place(
        &mut self,
        now: Timestamp,
        actor: &ActorId,
        act: Act,
        probe: &dyn Probe,
    ) -> Result<Option<u64>, Refusal> {
        self.decide(now, actor, None, act, probe)
    }

    fn decide(
        &mut self,
        now: Timestamp,
        actor: &ActorId,
        from: Option<(u16, u32)>,
        act: Act,
        probe: &dyn Probe,
    ) -> Result<Option<u64>, Refusal> {
        let participant = from.map(|(participant, _)| participant);
        let verdict = self.case(now, actor, participant, probe).judge(act)?;
        match verdict {
            Verdict::Nothing => Ok(None),
            Verdict::Keep(deed) => {
                let changes = deed.changes.len();
                // What the hospital does itself counts against nobody.
                let rates = participant.and_then(|id| self.rated(id));
                if rates.is_some_and(|(_, rates)| !rates.changes.take_all(changes, now)) {
                    return Err(Refusal::TooFast);
                }
                Ok(Some(self.stage(now, actor.clone(), deed, from)))
            }
            Verdict::TakeHold(entity, transform) => {
                let participant = participant.ok_or(Refusal::NotHeld)?;
                let hold = Hold {
                    participant,
                    transform,
                    moved_at: now,
                    ends_with: None,
                };
                self.holds.insert(entity, hold);
                self.holds_changed = true;
                Ok(None)
            }
            Verdict::LetGo(entity, deed) => Ok(self.let_go(now, actor.clone(), entity, deed, from)),
            Verdict::Ask(entity) => {
                self.ask(entity, participant.ok_or(Refusal::NotInside)?);
                Ok(None)
            }
            Verdict::GiveTo(_, to, _) if Some(to) == participant => Ok(None),
            Verdict::GiveTo(_, to, _) if !self.can_hold(to) => Err(Refusal::CannotHold),
            Verdict::GiveTo(entity, to, deed) => {
                Ok(self.pass(now, actor.clone(), (entity, to), deed, from))
            }
            Verdict::KeepHold(entity) => {
                self.holds_changed |= self.asks.remove(&entity).is_some();
                Ok(None)
            }
        }
    }

    fn case<'a>(
        &'a self,
        at: Timestamp,
        actor: &'a ActorId,
        participant: Option<u16>,
        probe: &'a dyn Probe,
    ) -> Case<'a> {
        let sitter = participant.and_then(|id| self.sitters.get(&id));
        let standing = sitter.map(|sitter| self.standing(&sitter.person, self.staged.order()));
        Case {
            world: &self.staged,
            holds: &self.holds,
            actor,
            name: sitter.map_or("", |sitter| &sitter.person.name),
            keeps_order: standing.is_some_and(Standing::keeps_order),
            participant,
            at,
            probe,
        }
    }

    fn stage(
        &mut self,
        at: Timestamp,
        actor: ActorId,
        deed: Deed,
        from: Option<(u16, u32)>,
    ) -> u64 {
        let number = self.staged.next_number();
        let stood = self.transforms_in_hand();
        self.staged.fold(&actor, at, &deed);
        let stands = self.transforms_in_hand();
        let before = self.holds.len();
        self.holds.retain(|entity, hold| {
            let (stood, stands) = (stood.get(entity), stands.get(entity));
            // Whoever holds something may also set it somewhere: it is then in hand there.
            if let Some(transform) = stands
                && stands != stood
            {
                hold.transform = *transform;
            }
            stands.is_some()
        });
        self.holds_changed |= self.holds.len() != before;
        let act = serde_json::to_value(&deed).unwrap_or_default();
        debug_assert!(act.is_object(), "a deed always has a JSON form");
        let kept = KeptAct {
            number,
            actor,
            at,
            act,
        };
        self.waiting.push_back(Waiting { kept, deed, from });
        number
    }

    /// The acts that were accepted since the last call, in order, for the record to keep. Afterwards call
    /// [`Room::kept`], or [`Room::lost`] if the record could not keep them.
    pub fn take_unkept(&mut self) -> Vec<KeptAct> {
        let from = std::mem::replace(&mut self.handed_out, self.staged.next_number());
        let unkept = self.waiting.iter().map(|waiting| &waiting.kept);
        unkept.filter(|kept| kept.number >= from).cloned().collect()
    }

    /// Says that the record has the acts up to and including `through`: they become events.
    pub fn kept(&mut self, through: u64) {
        while self
            .waiting
            .front()
            .is_some_and(|waiting| waiting.kept.number <= through)
        {
            let Some(Waiting { kept, deed, from }) = self.waiting.pop_front() else {
                return;
            };
            let KeptAct {
                number, actor, at, ..
            } = kept;
            self.durable.fold(&actor, at, &deed);
            let before = self.holds.len();
            self.holds.retain(|_, hold| hold.ends_with != Some(number));
            self.holds_changed |= self.holds.len() != before;
            if let Some(Ordered { whom, did, .. }) = &deed.order {
                self.people_changed = true;
                if let Did::Appointed {
                    standing: Standing::Host,
                } = did
                {
                    self.hand_over(whom);
                }
                if let Did::Appointed { .. } = did {
                    self.end_words_of(whom);
                }
                if let Did::TakenFrom { entity } = did {
                    let to = from.map(|(participant, _)| participant);
                    self.take_over(at, whom, *entity, to);
                }
                self.take_from_hands(at, whom);
            }
            self.recent.push_back(deed.told(number, actor, at));
            if let Some((participant, seq)) = from
                && let Some(sitter) = self.somebody(participant)
            {
                sitter.settle(seq, Outcome::Done(Some(number)));
                sitter.acks.push(Ack {
                    seq,
                    event: Some(number),
                });
            }
        }
    }

    /// Says that the record could not keep the acts that it was handed: all that wait are taken back, and
    /// the frames to send tell their authors so.
    pub fn lost(&mut self) -> Vec<(Seat, Vec<u8>)> {
        self.staged = self.durable.clone();
        self.handed_out = self.durable.next_number();
        self.holds.retain(|entity, hold| {
            hold.ends_with.is_none() && self.staged.entities().contains_key(entity)
        });
        self.holds_changed = true;
        let mut refusals = Vec::new();
        for waiting in std::mem::take(&mut self.waiting) {
            if let Some((participant, seq)) = waiting.from
                && let Some(sitter) = self.somebody(participant)
            {
                sitter.settle(seq, Outcome::Refused(Refusal::NotKept));
                let frame = ServerFrame::refused(seq, Refusal::NotKept).encode();
                refusals.push((sitter.seat, frame));
            }
        }
        refusals
    }

    /// Ends a tick: what is to be sent to whom. Call it 20 times a second.
    pub fn tick(&mut self, now: Timestamp) -> Tick {
        self.tick = self.tick.wrapping_add(1);
        self.clear_seats(now);
        self.forget_rates(now);
        self.keep_the_door(now);
        self.let_go_of_the_forgotten(now);
        self.settle_leading();
        self.settle_around();
        self.settle_asks();
        let (waiting, sanctions) = (self.knocking(now), self.sanctions(now));
        let recording = self.durable.recording().told();
        let news = News {
            people: std::mem::take(&mut self.people_changed).then(|| self.people()),
            leading: std::mem::take(&mut self.leading_changed)
                .then(|| self.leading.into_iter().collect()),
            gather: self.gathers.take(),
            waiting: (waiting != self.said_to_wait).then(|| waiting.clone()),
            sanctions: (sanctions != self.said_sanctions).then(|| sanctions.clone()),
            holds: std::mem::take(&mut self.holds_changed).then(|| self.holdings()),
            events: self.events_to_send(),
            recording: (recording != self.said_recording).then(|| recording.clone()),
        };
        self.said_to_wait = waiting;
        self.said_sanctions = sanctions;
        self.said_recording = recording;
        let is_due = self.tick.is_multiple_of(limits::QUIET_TICKS);
        let shown = self.poses_shown();
        let mut tick = Tick::new(self.tick, is_due, self.shed, &news, &shown);
        if self.is_recorded().is_some() {
            let fresh = shown.iter().filter(|one| one.age == 0);
            tick.record(news, fresh.map(Shown::pose_of).collect());
        }
        for sitter in self
            .sitters
            .values_mut()
            .filter(|sitter| sitter.away_since.is_none())
        {
            tick.add_recipient(sitter.seat, std::mem::take(&mut sitter.acks));
        }
        tick
    }

    fn clear_seats(&mut self, now: Timestamp) {
        let before = self.sitters.len();
        self.sitters.retain(|_, sitter| !sitter.is_gone(now));
        self.people_changed |= self.sitters.len() != before;
    }

    /// An entity as far as the record has it.
    pub fn entity(&self, id: EntityId) -> Option<&Placed> {
        self.durable.entities().get(&id)
    }
}
