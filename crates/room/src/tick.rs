use std::{collections::BTreeMap, ops::Range};

use crate::{
    Pose,
    limits::{POSE_FAR_M, POSE_NEAR_M, QUIET_TICKS, SHED_MOST},
    pose::distance_m,
    seat::Seat,
    wire::{self, Ack, News, PoseOf, ServerFrame},
};

/// A pose as a tick may show it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub participant: u16,
    pub pose: Pose,
    /// How many ticks ago it was new.
    pub age: u32,
}

impl Shown {
    /// As a frame says it.
    pub fn pose_of(&self) -> PoseOf {
        PoseOf {
            participant: self.participant,
            pose: self.pose,
        }
    }
}

/// Which poses somebody is to get by the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// None: they come another way, or the line does not carry them now.
    Nothing,
    /// Those that are new to whoever got all before.
    New,
    /// All, after some were left out.
    All,
}

/// One tick's packets. All that anybody gets is encoded once; a packet is cut from it.
#[derive(Debug)]
pub struct Tick {
    pub(crate) number: u32,
    /// Whether this tick is sent even where there is nothing to say.
    pub(crate) is_due: bool,
    /// How much less often poses are sent than they would be, as a power of two.
    shed: u32,
    head: Vec<u8>,
    has_news: bool,
    /// All poses, one after the other, and where each one's is; in the order of the participants.
    poses: Vec<u8>,
    places: Vec<Place>,
    acks: BTreeMap<u16, Vec<Ack>>,
    seats: Vec<Seat>,
    recorded: Option<Vec<u8>>,
}

/// Where a pose stands among the encoded ones, and what decides who gets it.
#[derive(Debug)]
struct Place {
    participant: u16,
    range: Range<usize>,
    head_m: [f64; 3],
    age: u32,
    /// What is in somebody's hold, and where somebody points, is looked at from everywhere.
    shows: bool,
}

impl Tick {
    pub(crate) fn new(number: u32, is_due: bool, shed: u32, news: &News, poses: &[Shown]) -> Self {
        let mut head = Vec::new();
        wire::write_tick_head(&mut head, number, news);
        let (mut packed, mut places) = (Vec::with_capacity(poses.len() * 48), Vec::new());
        for Shown {
            participant,
            pose,
            age,
        } in poses.iter().take(usize::from(u8::MAX))
        {
            let from = packed.len();
            packed.extend(participant.to_le_bytes());
            pose.write(&mut packed);
            places.push(Place {
                participant: *participant,
                range: from..packed.len(),
                head_m: pose.head.position_m,
                age: *age,
                shows: pose.held.is_some() || pose.pointer.is_some_and(|pointer| pointer.on),
            });
        }
        Self {
            number,
            is_due,
            shed,
            head,
            has_news: *news != News::default(),
            poses: packed,
            places,
            acks: BTreeMap::new(),
            seats: Vec::new(),
            recorded: None,
        }
    }

    pub(crate) fn add_recipient(&mut self, seat: Seat, acks: Vec<Ack>) {
        self.seats.push(seat);
        if !acks.is_empty() {
            self.acks.insert(seat.participant, acks);
        }
    }

    /// Keeps what everybody inside sees of this tick, for a recording; who waits at the door or is
    /// kept out is no part of it.
    pub(crate) fn record(&mut self, news: News, poses: Vec<PoseOf>) {
        let news = News {
            waiting: None,
            sanctions: None,
            ..news
        };
        if news == News::default() && poses.is_empty() {
            return;
        }
        let frame = ServerFrame::Tick {
            tick: self.number,
            news,
            poses,
            acks: Vec::new(),
        };
        self.recorded = Some(frame.encode());
    }

    /// The frame that goes into a recording, where the room is recorded and something has changed.
    pub fn recorded(&self) -> Option<&[u8]> {
        self.recorded.as_deref()
    }

    /// Counts up, one each tick.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whether something goes to everybody, so that they can tell a broken line from a quiet room.
    pub fn is_due(&self) -> bool {
        self.is_due
    }

    /// The packets to send, at most one for each connection.
    pub fn packets(&self) -> impl Iterator<Item = (Seat, Vec<u8>)> {
        self.packets_with(|_| Wants::New)
    }

    /// The same, with such poses as each is to get.
    pub fn packets_with(
        &self,
        wants: impl Fn(&Seat) -> Wants,
    ) -> impl Iterator<Item = (Seat, Vec<u8>)> {
        self.seats
            .iter()
            .filter_map(move |seat| Some((*seat, self.packet(*seat, wants(seat))?)))
    }

    /// The packet for one connection, if it is to get one.
    fn packet(&self, seat: Seat, wants: Wants) -> Option<Vec<u8>> {
        let poses: Vec<_> = match wants {
            Wants::Nothing => Vec::new(),
            Wants::New => self.for_whom(seat, 0).collect(),
            Wants::All => self.others(seat).collect(),
        };
        let acks = self
            .acks
            .get(&seat.participant)
            .map_or(&[][..], Vec::as_slice);
        if !self.is_due && !self.has_news && poses.is_empty() && acks.is_empty() {
            return None;
        }
        let length: usize = poses.iter().map(|place| place.range.len()).sum();
        let mut packet = Vec::with_capacity(self.head.len() + length + 3 + acks.len() * 13);
        packet.extend_from_slice(&self.head);
        self.write_poses(&mut packet, &poses);
        wire::write_acks(&mut packet, acks);
        Some(packet)
    }

    /// The poses for one connection as frames of at most so many bytes each, for a line on which some are lost. All
    /// poses come along when a tick is due, so that whatever was lost is made good.
    pub fn datagrams(&self, seat: Seat, bytes: usize) -> Vec<Vec<u8>> {
        let places: Vec<_> = if self.is_due {
            self.others(seat).collect()
        } else {
            // Where somebody came to rest is said twice.
            self.for_whom(seat, 1).collect()
        };
        let mut head = Vec::new();
        wire::write_tick_head(&mut head, self.number, &News::default());
        // Beside the poses a frame has its head, their count and the count of answers.
        let room = bytes.saturating_sub(head.len() + 3);
        let (mut frames, mut from, mut length) = (Vec::new(), 0, 0);
        for (index, place) in places.iter().enumerate() {
            if length + place.range.len() > room && index > from {
                frames.push(places.get(from..index).unwrap_or_default());
                (from, length) = (index, 0);
            }
            length += place.range.len();
        }
        let rest = places.get(from..).unwrap_or_default();
        if !rest.is_empty() || (self.is_due && frames.is_empty()) {
            frames.push(rest);
        }
        let frame = |poses: &[&Place]| {
            let mut frame = head.clone();
            self.write_poses(&mut frame, poses);
            wire::write_acks(&mut frame, &[]);
            frame
        };
        frames.into_iter().map(frame).collect()
    }

    fn write_poses(&self, out: &mut Vec<u8>, poses: &[&Place]) {
        out.push(u8::try_from(poses.len()).unwrap_or(u8::MAX));
        for place in poses {
            out.extend_from_slice(self.poses.get(place.range.clone()).unwrap_or_default());
        }
    }

    fn others(&self, seat: Seat) -> impl Iterator<Item = &Place> {
        let places = self.places.iter();
        places.filter(move |place| place.participant != seat.participant)
    }

    /// The poses that somebody gets now: of whoever is far away less often, then the latest. `again` is for how many
    /// ticks more a pose counts as new.
    fn for_whom(&self, seat: Seat, again: u32) -> impl Iterator<Item = &Place> {
        let own = self
            .places
            .iter()
            .find(|place| place.participant == seat.participant);
        let from_m = own.map(|place| place.head_m);
        self.others(seat).filter(move |place| {
            let distance_m = from_m.map(|from_m| distance_m(from_m, place.head_m));
            let every = every(distance_m.filter(|_| !place.shows)) << self.shed.min(SHED_MOST);
            // What was new since the last due tick comes with this one: whoever walks from far to near in between
            // has missed nothing.
            let (is_turn, new_for) = if self.is_due {
                (true, QUIET_TICKS)
            } else {
                // Not everybody who is far away comes with the same tick.
                let turn = self.number.wrapping_add(u32::from(place.participant));
                (turn.is_multiple_of(every), every)
            };
            is_turn && place.age < new_for + again
        })
    }
}

/// Every how many ticks somebody's pose is sent to one who is so far away from them.
fn every(distance_m: Option<f64>) -> u32 {
    match distance_m {
        Some(far) if far > POSE_FAR_M => 4,
        Some(middle) if middle > POSE_NEAR_M => 2,
        _ => 1,
    }
}
