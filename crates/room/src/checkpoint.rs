//! What a room's acts up to one of them have made of it, so that whoever opens the room replays only those that came
//! later. The journal stays the truth: of a checkpoint that is damaged, of another room or of another journal nothing
//! is taken.

use serde::{Deserialize, Serialize};
use vocabulary::{Digest, PatientId, RoomId};

use crate::World;

/// Raised whenever kept acts come to mean something else, or a world is written otherwise: checkpoints of before are
/// not taken then.
const VERSION: u16 = 1;

/// The state of a room by its acts up to one of them. Its bytes are their own SHA-256 digest, then JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    version: u16,
    /// The room.
    pub room: RoomId,
    /// The patient met there.
    pub patient: Option<PatientId>,
    /// What the ledger has of the last act in it: the digest of its entry in the journal, which no other entry has.
    pub entry: Digest,
    world: World,
}

impl Checkpoint {
    /// A room as its acts have left it, the last of which is this entry.
    pub fn new(room: RoomId, patient: Option<PatientId>, entry: Digest, world: World) -> Self {
        Self {
            version: VERSION,
            room,
            patient,
            entry,
            world,
        }
    }

    /// The number of the last act in it; `None` where there is none.
    pub fn last(&self) -> Option<u64> {
        self.world.next_number().checked_sub(1)
    }

    /// What stands in the room by then.
    pub fn into_world(self) -> World {
        self.world
    }

    /// The checkpoint as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let body = serde_json::to_vec(self).unwrap_or_default();
        debug_assert!(!body.is_empty(), "a world always has a JSON form");
        [Digest::of(&body).0.as_slice(), &body].concat()
    }

    /// Reads a checkpoint; `None` where it is damaged or of another version.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (digest, body) = bytes.split_first_chunk()?;
        if Digest::of(body) != Digest(*digest) {
            return None;
        }
        let read: Self = serde_json::from_slice(body).ok()?;
        (read.version == VERSION).then_some(read)
    }
}
