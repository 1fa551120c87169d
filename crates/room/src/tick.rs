use std::collections::BTreeMap;

use crate::{
    seat::Seat,
    wire::{self, Ack, News, PoseOf},
};

/// One tick's packets. What all get alike is encoded once; a packet is put together from the pieces.
#[derive(Debug)]
pub struct Tick {
    pub(crate) number: u32,
    /// Whether this tick is sent even where there is nothing to say.
    pub(crate) is_due: bool,
    head: Vec<u8>,
    has_news: bool,
    poses: Vec<(u16, Vec<u8>)>,
    acks: BTreeMap<u16, Vec<Ack>>,
    seats: Vec<Seat>,
}

impl Tick {
    pub(crate) fn new(number: u32, is_due: bool, news: &News, poses: &[PoseOf]) -> Self {
        let mut head = Vec::new();
        wire::write_tick_head(&mut head, number, news);
        let packed = poses.iter().map(|PoseOf { participant, pose }| {
            let mut bytes = participant.to_le_bytes().to_vec();
            pose.write(&mut bytes);
            (*participant, bytes)
        });
        Self {
            number,
            is_due,
            head,
            has_news: *news != News::default(),
            poses: packed.collect(),
            acks: BTreeMap::new(),
            seats: Vec::new(),
        }
    }

    pub(crate) fn add_recipient(&mut self, seat: Seat, acks: Vec<Ack>) {
        self.seats.push(seat);
        if !acks.is_empty() {
            self.acks.insert(seat.participant, acks);
        }
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
        let others = || self.poses.iter().filter(|(id, _)| *id != seat.participant);
        let acks = self
            .acks
            .get(&seat.participant)
            .map_or(&[][..], Vec::as_slice);
        let count = others().count();
        if !self.is_due && !self.has_news && count == 0 && acks.is_empty() {
            return None;
        }
        let length = others().map(|(_, bytes)| bytes.len()).sum::<usize>();
        let mut packet = Vec::with_capacity(self.head.len() + length + 3 + acks.len() * 13);
        packet.extend_from_slice(&self.head);
        packet.push(u8::try_from(count).unwrap_or(u8::MAX));
        for (_, bytes) in others().take(usize::from(u8::MAX)) {
            packet.extend_from_slice(bytes);
        }
        wire::write_acks(&mut packet, acks);
        Some(packet)
    }
}
