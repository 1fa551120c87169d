//! All media connections of the server, and what passes between them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    net::SocketAddr,
    time::Instant,
};

use room::{Sending, Slot, Source, Voice};
use str0m::{
    Input,
    media::{Frequency, MediaData, Mid},
    net::{Protocol, Receive},
};
use vocabulary::RoomId;

use crate::{
    connection::{Connection, Happening, JoinError, Offer, Origin},
    limits::{
        ADDRESSES, CONNECT, ONE_PICTURE_BPS, PEOPLE, ROUND, SPARE_PERCENT, VOICE_RESERVE_BPS,
    },
    poses::{Came, PoseLine},
    slots::{Rates, Size, carried},
};

/// One person's taking part by media, from the offer to the end of their connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attendance(pub u64);

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Where to.
    pub to: SocketAddr,
    /// What.
    pub bytes: Vec<u8>,
}

/// A packet of a voice that is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The room.
    pub room: RoomId,
    /// The speaker's seat.
    pub participant: u16,
    /// The sender's own clock, 48,000 a second; it may begin anywhere and wrap round.
    pub clock: u32,
    /// The packet (Opus).
    pub packet: Vec<u8>,
}

/// What the people of a room are to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// To all of a room: who takes part by media, and how.
    Voices(RoomId, Vec<Voice>),
    /// To one: what comes by which of their sections.
    Slots(Attendance, Vec<Slot>),
    /// A connection has broken, or was never made.
    Ended(Attendance),
    /// A line for poses has opened.
    PosesOpen(Attendance),
    /// A frame came by a line for poses.
    Frame(Attendance, Vec<u8>),
}

/// Forwards media within rooms.
pub struct Forwarder {
    /// Where clients find the server, the first of each kind before the others.
    addresses: Vec<SocketAddr>,
    connections: BTreeMap<Attendance, Connection>,
    /// Lines for poses, of which there may be many more.
    lines: BTreeMap<Attendance, PoseLine>,
    /// When each connection and each line wants to be woken.
    alarms: BTreeSet<(Instant, Attendance)>,
    /// Whose the addresses are from which datagrams come.
    by_source: HashMap<SocketAddr, Attendance>,
    /// Addresses that became somebody's, or are nobody's any more.
    sources: VecDeque<(SocketAddr, bool)>,
    rooms: BTreeMap<RoomId, Members>,
    happened: VecDeque<(Attendance, Happening)>,
    out: VecDeque<Datagram>,
    told: VecDeque<Told>,
    /// Rooms whose voices are recorded.
    recorded: BTreeSet<RoomId>,
    heard: VecDeque<Heard>,
    next_round: Instant,
}

/// Those of one room who take part by media.
#[derive(Default)]
struct Members {
    ids: Vec<Attendance>,
    /// As it was last told.
    voices: Vec<Voice>,
}

impl Forwarder {
    /// A forwarder that is found at these addresses.
    pub fn new(now: Instant, addresses: Vec<SocketAddr>) -> Self {
        Self {
            addresses,
            connections: BTreeMap::new(),
            lines: BTreeMap::new(),
            alarms: BTreeSet::new(),
            by_source: HashMap::new(),
            sources: VecDeque::new(),
            rooms: BTreeMap::new(),
            happened: VecDeque::new(),
            out: VecDeque::new(),
            told: VecDeque::new(),
            recorded: BTreeSet::new(),
            heard: VecDeque::new(),
            next_round: now,
        }
    }

    /// Lets somebody take part whom the room has seated; the answer to their offer.
    ///
    /// # Errors
    /// If the offer cannot be taken, or the room has as many as it may.
    pub fn join(
        &mut self,
        now: Instant,
        id: Attendance,
        room: &RoomId,
        participant: u16,
        offer: &Offer,
    ) -> Result<String, JoinError> {
        let members = self.rooms.get(room).map_or(0, |members| members.ids.len());
        if members >= PEOPLE {
            return Err(JoinError::Full);
        }
        let (connection, answer) =
            Connection::answer(now, room.clone(), participant, offer, &self.addresses)?;
        self.alarms.insert((connection.timeout, id));
        self.connections.insert(id, connection);
        self.rooms.entry(room.clone()).or_default().ids.push(id);
        self.look_at(now, room);
        self.settle(now);
        Ok(answer)
    }

    /// Lets somebody have a line for poses whom the room has seated; the answer to their offer.
    ///
    /// # Errors
    /// If the offer is not one of a single channel.
    pub fn join_poses(
        &mut self,
        now: Instant,
        id: Attendance,
        sdp: &str,
    ) -> Result<String, JoinError> {
        let (line, answer) = PoseLine::answer(now, sdp, &self.addresses)?;
        self.alarms.insert((line.timeout, id));
        self.lines.insert(id, line);
        self.poll_line(id);
        Ok(answer)
    }

    /// Sends frames by somebody's line for poses, if it is open and takes them now.
    pub fn send_poses(&mut self, id: Attendance, frames: &[Vec<u8>]) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.send(frames);
            self.poll_line(id);
        }
    }

    /// Takes somebody out at once: from now on nothing goes to them, and nothing of theirs to others.
    pub fn leave(&mut self, now: Instant, id: Attendance) {
        if let Some(line) = self.lines.remove(&id) {
            self.alarms.remove(&(line.timeout, id));
            self.free_sources(id);
            self.told
                .retain(|told| !matches!(told, Told::Frame(of, _) if *of == id));
            return;
        }
        let Some(connection) = self.connections.remove(&id) else {
            return;
        };
        self.alarms.remove(&(connection.timeout, id));
        self.free_sources(id);
        self.happened.retain(|(of, _)| *of != id);
        if let Some(members) = self.rooms.get_mut(&connection.room) {
            members.ids.retain(|member| *member != id);
        }
        self.look_at(now, &connection.room);
        self.settle(now);
    }

    /// What others are to hear and see of somebody from now on.
    pub fn sends(&mut self, now: Instant, id: Attendance, sending: Sending) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.sending = sending;
        let room = connection.room.clone();
        self.look_at(now, &room);
        self.settle(now);
    }

    /// Takes in a datagram; one that belongs to no connection is dropped unanswered.
    pub fn receive(&mut self, now: Instant, source: SocketAddr, bytes: &[u8]) {
        let is_kind = |address: &&SocketAddr| address.is_ipv4() == source.is_ipv4();
        let Some(destination) = self.addresses.iter().find(is_kind).copied() else {
            return;
        };
        let Ok(received) = Receive::new(Protocol::Udp, source, destination, bytes) else {
            return;
        };
        let input = Input::Receive(now, received);
        let Some(id) = self.whose(source, bytes, &input) else {
            return;
        };
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.take(input);
        } else if let Some(line) = self.lines.get_mut(&id) {
            line.take(input);
            return self.poll_line(id);
        }
        self.poll(id);
        self.settle(now);
    }

    /// Whose a datagram is. An address belongs to who first proved from it to be of a connection, until that
    /// connection ends: somebody who forges a neighbour's address cannot have it, and what the neighbour sends with
    /// it. Nor can anybody have addresses without end.
    fn whose(&mut self, source: SocketAddr, bytes: &[u8], input: &Input<'_>) -> Option<Attendance> {
        let accepts = |id: &Attendance| match self.connections.get(id) {
            Some(connection) => connection.accepts(input),
            None => self.lines.get(id).is_some_and(|line| line.accepts(input)),
        };
        if let Some(owner) = self.by_source.get(&source).copied() {
            return Some(owner).filter(accepts);
        }
        // Only STUN proves anything (RFC 7983).
        if bytes.first().is_none_or(|first| *first > 3) {
            return None;
        }
        let all = self.connections.keys().chain(self.lines.keys());
        let id = all.copied().find(accepts)?;
        let addresses = self.by_source.values().filter(|of| **of == id).count();
        if addresses >= ADDRESSES {
            return None;
        }
        self.by_source.insert(source, id);
        self.sources.push_back((source, true));
        Some(id)
    }

    fn free_sources(&mut self, id: Attendance) {
        let theirs = self.by_source.extract_if(|_, of| *of == id);
        self.sources
            .extend(theirs.map(|(source, _)| (source, false)));
    }

    /// The time has come to one of [`Forwarder::wakes_at`].
    pub fn wake(&mut self, now: Instant) {
        // Each once: who wants to be woken at once is woken with the next datagram, tick or time.
        let due = self.alarms.range(..=(now, Attendance(u64::MAX)));
        let due: Vec<_> = due.map(|(_, id)| *id).collect();
        for id in due {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.take(Input::Timeout(now));
                self.poll(id);
            } else if let Some(line) = self.lines.get_mut(&id) {
                line.take(Input::Timeout(now));
                self.poll_line(id);
            }
        }
        self.settle(now);
        if now >= self.next_round {
            self.next_round = now + ROUND;
            self.round(now);
        }
    }

    /// When to be woken, if nothing comes before.
    pub fn wakes_at(&self) -> Instant {
        let first = self.alarms.first().map(|(at, _)| *at);
        first.map_or(self.next_round, |at| at.min(self.next_round))
    }

    /// Nobody takes part, so that nothing needs waking.
    pub fn is_idle(&self) -> bool {
        self.connections.is_empty() && self.lines.is_empty()
    }

    /// Whether the voices of a room are recorded from now on; nothing of what came before.
    pub fn record(&mut self, room: &RoomId, recorded: bool) {
        if recorded {
            self.recorded.insert(room.clone());
        } else {
            self.recorded.remove(room);
            self.heard.retain(|heard| heard.room != *room);
        }
    }

    /// The next packet of a voice that is recorded.
    pub fn heard(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// The next datagram to send.
    pub fn datagram(&mut self) -> Option<Datagram> {
        self.out.pop_front()
    }

    /// The next address that became somebody's here, or is nobody's any more: from it comes what this forwarder is to
    /// take in.
    pub fn source(&mut self) -> Option<(SocketAddr, bool)> {
        self.sources.pop_front()
    }

    /// The next that people are to be told.
    pub fn told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    fn poll(&mut self, id: Attendance) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let before = connection.timeout;
        let mut happened = VecDeque::new();
        connection.poll(&mut self.out, &mut happened);
        let next = connection.is_alive().then_some(connection.timeout);
        self.set_alarm(id, before, next);
        self.happened
            .extend(happened.into_iter().map(|one| (id, one)));
    }

    /// Has a line for poses give out what has come of it.
    fn poll_line(&mut self, id: Attendance) {
        let Some(line) = self.lines.get_mut(&id) else {
            return;
        };
        let before = line.timeout;
        let mut came = Vec::new();
        line.poll(&mut self.out, &mut came);
        let next = line.is_alive().then_some(line.timeout);
        self.set_alarm(id, before, next);
        self.told.extend(came.into_iter().map(|one| match one {
            Came::Opened => Told::PosesOpen(id),
            Came::Bytes(bytes) => Told::Frame(id, bytes),
        }));
    }

    /// Wakes somebody at another time than before, or, who has gone, never.
    fn set_alarm(&mut self, id: Attendance, before: Instant, next: Option<Instant>) {
        if next == Some(before) {
            return;
        }
        self.alarms.remove(&(before, id));
        if let Some(at) = next {
            self.alarms.insert((at, id));
        }
    }

    /// Carries on until nothing is left that happened.
    fn settle(&mut self, now: Instant) {
        while let Some((from, happening)) = self.happened.pop_front() {
            match happening {
                Happening::Media(data) => self.forward(now, from, &data),
                Happening::WholePicture(mid) => self.ask_whole(now, from, mid),
            }
        }
    }

    /// Passes what somebody has sent to those of their room who have a place for it.
    fn forward(&mut self, now: Instant, from: Attendance, data: &MediaData) {
        let Some(sender) = self.connections.get_mut(&from) else {
            return;
        };
        let Some((source, size)) = sender.sent(now, data) else {
            return;
        };
        // What comes back to the speaker alone is heard by nobody, and recorded for nobody.
        let is_heard = source == Source::Microphone && sender.shows(source);
        if is_heard && self.recorded.contains(&sender.room) {
            self.heard.push_back(Heard {
                room: sender.room.clone(),
                participant: sender.participant,
                clock: clock_of(data),
                packet: data.data.to_vec(),
            });
        }
        let origin = Origin { from, source };
        let members = self.rooms.get(&sender.room);
        let members = members
            .map(|members| members.ids.clone())
            .unwrap_or_default();
        let mut whole_needed = false;
        for id in members {
            if let Some(receiver) = self.connections.get_mut(&id) {
                whole_needed |= !receiver.pass(now, (origin, size), data);
                self.poll(id);
            }
        }
        if whole_needed && let Some(sender) = self.connections.get_mut(&from) {
            sender.ask_whole(now, source, size);
            self.poll(from);
        }
    }

    fn ask_whole(&mut self, now: Instant, by: Attendance, mid: Mid) {
        let whose = self.connections.get(&by).and_then(|c| c.origin(mid));
        let Some((Origin { from, source }, size)) = whose else {
            return;
        };
        if let Some(sender) = self.connections.get_mut(&from) {
            sender.ask_whole(now, source, size);
            self.poll(from);
        }
    }

    /// Sees who has gone, who speaks, and who is laid where.
    fn round(&mut self, now: Instant) {
        let is_gone = |c: &Connection| {
            !c.is_alive() || (!c.connected && now.saturating_duration_since(c.joined) > CONNECT)
        };
        let gone = |(id, c): (&Attendance, &Connection)| is_gone(c).then_some(*id);
        let gone: Vec<_> = self.connections.iter().filter_map(gone).collect();
        for id in gone {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.end();
            }
            self.leave(now, id);
            self.told.push_back(Told::Ended(id));
        }
        let is_gone = |line: &PoseLine| {
            !line.is_alive()
                || (!line.is_open() && now.saturating_duration_since(line.joined) > CONNECT)
        };
        let gone = |(id, line): (&Attendance, &PoseLine)| is_gone(line).then_some(*id);
        let gone: Vec<_> = self.lines.iter().filter_map(gone).collect();
        for id in gone {
            if let Some(line) = self.lines.get_mut(&id) {
                line.end();
            }
            self.leave(now, id);
            self.told.push_back(Told::Ended(id));
        }
        let rooms: Vec<_> = self.rooms.keys().cloned().collect();
        for room in rooms {
            self.look_at(now, &room);
        }
        self.settle(now);
    }

    /// Lays the people of a room into each other's places, and tells what has changed.
    fn look_at(&mut self, now: Instant, room: &RoomId) {
        let ids = self.rooms.get(room).map(|members| members.ids.clone());
        let ids = ids.unwrap_or_default();
        let voices = self.sources_of(now, &ids, &[Source::Microphone]);
        let pictures = [Source::Around, Source::Screen, Source::Camera];
        let pictures = self.sources_of(now, &ids, &pictures);
        let mut fresh = Vec::new();
        for id in &ids {
            fresh.extend(self.lay(now, *id, &voices, &pictures));
        }
        for (Origin { from, source }, size) in fresh {
            if let Some(sender) = self.connections.get_mut(&from) {
                sender.ask_whole(now, source, size);
                self.poll(from);
            }
        }
        for id in &ids {
            self.tell_slots(*id);
        }
        self.tell_voices(now, room, &ids);
    }

    /// What these people show of such kinds: kind by kind, within each who spoke last first.
    fn sources_of(
        &self,
        now: Instant,
        ids: &[Attendance],
        kinds: &[Source],
    ) -> Vec<(Origin, Rates)> {
        let mut found = Vec::new();
        for source in kinds {
            let shows = |id: &Attendance| {
                let connection = self.connections.get(id).filter(|c| c.shows(*source))?;
                let origin = Origin {
                    from: *id,
                    source: *source,
                };
                Some((connection.loud_at(), origin, connection.rates(now, *source)))
            };
            let mut all: Vec<_> = ids.iter().filter_map(shows).collect();
            all.sort_by_key(|(loud_at, origin, _)| (Reverse(*loud_at), *origin));
            found.extend(all.into_iter().map(|(_, origin, rates)| (origin, rates)));
        }
        found
    }

    fn lay(
        &mut self,
        now: Instant,
        id: Attendance,
        voices: &[(Origin, Rates)],
        pictures: &[(Origin, Rates)],
    ) -> Vec<(Origin, Size)> {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Vec::new();
        };
        let others = |list: &[(Origin, Rates)]| -> Vec<(Origin, Rates)> {
            let of_others = list.iter().filter(|(origin, _)| origin.from != id);
            of_others.copied().collect()
        };
        let mut heard: Vec<_> = others(voices).into_iter().map(|(one, _)| one).collect();
        if connection.sending.echo {
            let own = Origin {
                from: id,
                source: Source::Microphone,
            };
            heard.insert(0, own);
        }
        // Voices come first: pictures get what the line carries beside them.
        let pictures = others(pictures);
        let voices = heard.len().min(connection.voice_places());
        let reserve = VOICE_RESERVE_BPS.saturating_mul(u64::try_from(voices).unwrap_or(u64::MAX));
        let all: u64 = pictures.iter().map(|(_, rates)| rates.most()).sum();
        // Some more than that, so that it is found out whether there is some to spare.
        let wish = reserve.saturating_add(all).saturating_mul(100) / (100 - 2 * SPARE_PERCENT);
        if !pictures.is_empty() {
            connection.measure_anew(now, reserve.saturating_add(ONE_PICTURE_BPS));
        }
        connection.wish_bps(wish);
        let left = connection.estimate_bps.saturating_sub(reserve);
        let wanted = pictures
            .iter()
            .map(|(origin, rates)| (*rates, connection.size(*origin)));
        let sizes = carried(wanted, left);
        let pictures = pictures.into_iter().map(|(origin, _)| origin);
        let seen: Vec<_> = pictures.zip(sizes).collect();
        let laid: Vec<_> = seen.iter().map(|(origin, _)| *origin).collect();
        let came = connection.lay(&heard, &laid);
        let mut fresh = connection.resize(&seen);
        fresh.extend(came.into_iter().map(|origin| (origin, Size::Large)));
        fresh
    }

    fn tell_slots(&mut self, id: Attendance) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let slot = |(mid, origin): (Mid, Origin)| {
            Some(Slot {
                mid: mid.to_string(),
                participant: self.connections.get(&origin.from)?.participant,
                source: origin.source,
            })
        };
        let slots: Vec<_> = connection.laid().filter_map(slot).collect();
        if let Some(connection) = self.connections.get_mut(&id)
            && connection.told != slots
        {
            connection.told.clone_from(&slots);
            self.told.push_back(Told::Slots(id, slots));
        }
    }

    fn tell_voices(&mut self, now: Instant, room: &RoomId, ids: &[Attendance]) {
        let voice = |id: &Attendance| {
            let connection = self.connections.get(id)?;
            Some(Voice {
                participant: connection.participant,
                muted: !connection.shows(Source::Microphone),
                speaking: connection.speaks(now),
                camera: connection.shows(Source::Camera),
                screen: connection.shows(Source::Screen),
                around: connection.shows(Source::Around),
            })
        };
        let mut voices: Vec<_> = ids.iter().filter_map(voice).collect();
        voices.sort_by_key(|voice| voice.participant);
        let Some(members) = self.rooms.get_mut(room) else {
            return;
        };
        if members.voices != voices {
            members.voices.clone_from(&voices);
            self.told.push_back(Told::Voices(room.clone(), voices));
        }
        if members.ids.is_empty() {
            self.rooms.remove(room);
        }
    }
}

/// The sender's clock, of which the lower 32 bits are what comes over the line.
fn clock_of(data: &MediaData) -> u32 {
    let ticks = data.time.rebase(Frequency::FORTY_EIGHT_KHZ).numer();
    u32::try_from(ticks & u64::from(u32::MAX)).unwrap_or(0)
}
