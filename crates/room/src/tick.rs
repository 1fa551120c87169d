use std::{collections::BTreeMap, ops::Range};

use crate::{
    seat::Seat,
    wire::{self, Ack, News, PoseOf, ServerFrame},
};

/// One tick's packets. All that anybody gets is encoded once; a packet is cut from it.
#[derive(Debug)]
pub struct Tick {
    pub(crate) number: u32,
    /// Whether this tick is sent even where there is nothing to say.
    pub(crate) is_due: bool,
    head: Vec<u8>,
    has_news: bool,
    /// All poses, one after the other, and where each one's is; in the order of the participants.
    poses: Vec<u8>,
    places: Vec<(u16, Range<usize>)>,
    acks: BTreeMap<u16, Vec<Ack>>,
    seats: Vec<Seat>,
    recorded: Option<Vec<u8>>,
}

impl Tick {
    pub(crate) fn new(number: u32, is_due: bool, news: &News, poses: &[PoseOf]) -> Self {
        let mut head = Vec::new();
        wire::write_tick_head(&mut head, number, news);
        let (mut packed, mut places) = (Vec::with_capacity(poses.len() * 48), Vec::new());
        for PoseOf { participant, pose } in poses.iter().take(usize::from(u8::MAX)) {
            let from = packed.len();
            packed.extend(participant.to_le_bytes());
            pose.write(&mut packed);
            places.push((*participant, from..packed.len()));
        }
        Self {
            number,
            is_due,
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
            kept_out: None,
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

    /// The packets to send, at most one for each connection.
    pub fn packets(&self) -> impl Iterator<Item = (Seat, Vec<u8>)> {
        self.seats
            .iter()
            .filter_map(|seat| Some((*seat, self.packet(*seat)?)))
    }

    /// The packet for one connection, if it is to get one.
    fn packet(&self, seat: Seat) -> Option<Vec<u8>> {
        let own = self
            .places
            .binary_search_by_key(&seat.participant, |(id, _)| *id);
        let own = own.ok().and_then(|index| self.places.get(index));
        let (own, count) = match own {
            Some((_, own)) => (own.clone(), self.places.len() - 1),
            None => (0..0, self.places.len()),
        };
        let acks = self
            .acks
            .get(&seat.participant)
            .map_or(&[][..], Vec::as_slice);
        if !self.is_due && !self.has_news && count == 0 && acks.is_empty() {
            return None;
        }
        let length = self.poses.len() - own.len();
        let mut packet = Vec::with_capacity(self.head.len() + length + 3 + acks.len() * 13);
        packet.extend_from_slice(&self.head);
        packet.push(u8::try_from(count).unwrap_or(u8::MAX));
        packet.extend_from_slice(self.poses.get(..own.start).unwrap_or_default());
        packet.extend_from_slice(self.poses.get(own.end..).unwrap_or_default());
        wire::write_acks(&mut packet, acks);
        Some(packet)
    }
}
