//! How a room is opened anew: by its journal, or by a checkpoint beside it and the acts that came later.

use room::{Checkpoint, KeptAct, Room};
use vocabulary::{Digest, RoomId};

use crate::stage::Chance;

pub fn open(journal: &[KeptAct]) -> Room {
    Room::open(RoomId::new("r1").unwrap(), journal.iter().cloned()).unwrap()
}

/// The last checkpoint that was made.
#[derive(Default)]
pub struct Checkpoints {
    last: Option<Vec<u8>>,
    /// How often a room was opened by one.
    pub used: usize,
}

impl Checkpoints {
    /// Makes one now and then.
    pub fn make(&mut self, room: &Room, chance: &mut Chance) {
        if chance.in_percent(5) {
            let (id, world) = (room.id().clone(), room.world().clone());
            let made = Checkpoint::new(id, None, Digest::of(b"an entry"), world);
            self.last = Some(made.encode());
        }
    }

    /// Opens the room by the last one, unless it is damaged: to what the whole journal makes of it.
    pub fn open(&mut self, journal: &[KeptAct], chance: &mut Chance) -> Room {
        let whole = open(journal);
        let Some(mut bytes) = self.last.clone() else {
            return whole;
        };
        if chance.in_percent(20) {
            let at = chance.below(bytes.len());
            if chance.in_percent(50) {
                bytes.truncate(at);
            } else {
                bytes[at] ^= 1 << chance.below(8);
            }
            assert_eq!(Checkpoint::decode(&bytes), None, "it is damaged");
            return whole;
        }
        let checkpoint = Checkpoint::decode(&bytes).unwrap();
        let next = checkpoint.last().map_or(0, |last| last + 1);
        let later = journal[usize::try_from(next).unwrap()..].iter().cloned();
        let world = checkpoint.into_world().replay(later).unwrap();
        assert_eq!(&world, whole.world());
        self.used += 1;
        Room::holding(whole.id().clone(), world)
    }
}
